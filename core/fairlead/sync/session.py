"""A project with its CRM: the connector that is open, the mapping, and what is decided and written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fairlead.plugins.connector import Connector, ConnectorContext, Secrets
from fairlead.plugins.failures import ConnectorError, Failure, FailureKind
from fairlead.plugins.fields import FieldSpec
from fairlead.plugins.hookspecs import ConnectorInfo
from fairlead.plugins.manager import connector as find_connector
from fairlead.plugins.manager import installed_plugins
from fairlead.problems import Problem, UsageError
from fairlead.project import Project
from fairlead.sync.fields import ResultFields, input_specs, result_fields
from fairlead.sync.mapping import CrmMapping, load_crm_mapping
from fairlead.sync.place import recent_calls
from fairlead.sync.plan import Plan, make_plan
from fairlead.sync.secrets import ProjectSecrets

__all__ = [
    "Session",
    "as_problem",
    "connector_of",
    "failing_calls",
    "mapping_path",
    "open_session",
    "own_mapping_path",
]

#: what remains to do about a failure that passes, once it was tried several times
_AGAIN = (
    "run again later: the next run goes on from here; if it stays so, look at the connection of this machine "
    "and at the status page of the CRM"
)


@dataclass(frozen=True)
class Session:
    """One project and its CRM account."""

    project: Project
    info: ConnectorInfo
    connector: Connector
    mapping: CrmMapping
    clock: Callable[[], datetime]
    #: the mapping is the connector's default one, which may name what the project does not decide
    shipped: bool = False

    def plan(self, as_of: datetime, *, draft: bool = False) -> Plan:
        """Return what the project decides as of an instant; with `draft` also what is not approved."""
        return make_plan(self.project, self.mapping, as_of, draft=draft)

    def result_fields(self, plan: Plan) -> dict[str, ResultFields]:
        """Return the fields that results go to, by object."""
        return result_fields(
            plan, self.mapping, self.connector.field_name, self.project.language, shipped=self.shipped
        )

    def input_specs(self, plan: Plan) -> list[FieldSpec]:
        """Return the fields of ours that people fill in."""
        return input_specs(self.mapping, plan, self.connector.field_name, self.project.language)


def connector_of(project: Project) -> ConnectorInfo:
    """Return what the project's connector says of itself; raises UsageError where it names none."""
    settings = project.settings.connector
    if settings is None:
        message = f"the project `{project.name}` names no connector"
        remedy = 'add a table `[connector]` with `name = "hubspot"` to fairlead.toml'
        raise UsageError([Problem("no-connector", message, remedy=remedy)])
    return find_connector(installed_plugins(), settings.name)


def mapping_path(project: Project, info: ConnectorInfo) -> Path:
    """Return the file of the project's mapping: the one named, its own, or the connector's default."""
    settings = project.settings.connector
    own = own_mapping_path(project, info)
    named = settings is not None and settings.mapping is not None
    return own if named or own.is_file() else _shipped_path(info)


def own_mapping_path(project: Project, info: ConnectorInfo) -> Path:
    """Return the file that a project's own mapping has, whether it is there or not."""
    settings = project.settings.connector
    named = None if settings is None else settings.mapping
    return project.folder / (named or f"mappings/{info.name}.json")


def _shipped_path(info: ConnectorInfo) -> Path:
    if info.mapping is None:
        message = f"connector `{info.name}` brings no mapping"
        remedy = f"write `mappings/{info.name}.json`"
        raise UsageError([Problem("no-mapping", message, remedy=remedy)])
    return info.mapping


def open_session(
    project: Project,
    *,
    environment: Mapping[str, str] | None = None,
    used_today: int = 0,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    context: Callable[[ConnectorContext], ConnectorContext] = lambda made: made,
    shipped: bool = False,
) -> Session:
    """Open a project's connector; nothing is called yet.

    `environment` stands in for the process's own, `context` may change what the connector is opened with.
    With `shipped` the connector's default mapping is used, whatever the project has.
    Raises UsageError and DocumentError as the project and the mapping do, and UsageError where a setting is
    missing.
    """
    info = connector_of(project)
    settings = project.settings.connector
    assert settings is not None
    model = project.ruleset(as_of=clock()).model
    path = _shipped_path(info) if shipped else mapping_path(project, info)
    mapping = load_crm_mapping(path, model, project.zone)
    if mapping.document.connector != info.name:
        message = f"the mapping is for the connector `{mapping.document.connector}`, not for `{info.name}`"
        raise UsageError([Problem("wrong-mapping", message, found=mapping.document.connector)])
    if info.open is None:
        message = f"connector `{info.name}` cannot connect to anything"
        raise UsageError([Problem("no-connection", message, remedy="install a version of it that can")])
    secrets: Secrets = ProjectSecrets(
        f"fairlead/{project.name}" if settings.secrets == "keyring" else None, environment
    )
    made = ConnectorContext(
        settings=settings.settings,
        secrets=secrets,
        daily_share=project.settings.sync.daily_share,
        used_today=used_today,
        recent=recent_calls(project),
        clock=clock,
    )
    with failing_calls():
        connector = info.open(context(made))
    return Session(project, info, connector, mapping, clock, path == info.mapping)


@contextmanager
def failing_calls() -> Iterator[None]:
    """Turn a failure of the CRM into a UsageError with its remedy."""
    try:
        yield
    except ConnectorError as error:
        raise UsageError([as_problem(error.failure)]) from None


def as_problem(failure: Failure) -> Problem:
    """Return a failure of the CRM as a problem for a person."""
    remedy = failure.remedy or (_AGAIN if failure.kind is FailureKind.RETRY else None)
    return Problem(failure.code, failure.message, found=failure.field, remedy=remedy)
