"""A clinic's project on a sandbox: made as a consultant makes it, with what stands in for a CRM account."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from fairlead import project
from fairlead.plugins.connector import ConnectorContext
from fairlead.plugins.manager import connector, installed_plugins
from fairlead.plugins.recent_calls import RecentCalls
from fairlead.plugins.sandboxes import SandboxOptions
from fairlead.project import Project
from fairlead.project.starting import NewProject, plan_project, write_project
from fairlead.store import Store
from fairlead.sync.place import STATE_FOLDER, open_store
from fairlead.sync.provisioning import provision
from fairlead.sync.report import RunReport
from fairlead.sync.runner import sync
from fairlead.sync.session import Session, open_session
from fairlead.testing.seed import LEAD_INPUTS, PARTNER_INPUTS, InputField
from fairlead.testing.server import SandboxServer

__all__ = ["ACME_FOLDER", "Clinic", "acme_mapping", "clinic_on"]

#: the tutorial's connector: a CRM that is small enough to see through
ACME_FOLDER = Path(__file__).parents[2] / "docs/examples/connector"


def acme_mapping() -> dict[str, Any]:
    """Return the mapping for the tutorial's CRM, with its own fields named as it names them."""
    people: dict[str, Any] = {
        "lead": {
            "facts": {
                "name": {"field": "name"},
                "created_at": {"field": "created"},
                "created_on": {"field": "created"},
                "country": {"field": "country"},
                **_sources(LEAD_INPUTS, "lead"),
            },
            "links": {"partner": "agent", "consent": "record"},
        },
        "introduction": {
            "present": ["fl_introduced_on"],
            "facts": _sources(LEAD_INPUTS, "introduction"),
            "links": {
                "lead": "record",
                "partner": "agent",
                "agreement": "agent",
                "disclosure": "record",
                "consent": "record",
            },
        },
        "disclosure": {
            "present": ["fl_disclosure_given_at"],
            "facts": _sources(LEAD_INPUTS, "disclosure"),
            "links": {"lead": "record", "introduction": "record", "partner": "agent"},
        },
        "consent": {
            "present": ["fl_consent_given_on"],
            "facts": {"purpose": {"constant": "introduction"}, **_sources(LEAD_INPUTS, "consent")},
            "links": {"lead": "record"},
        },
    }
    agents = {
        "partner": {
            "facts": {
                "name": {"field": "name"},
                "country": {"field": "country"},
                **_sources(PARTNER_INPUTS, "partner"),
            }
        },
        "agreement": {
            "present": ["fl_agreement_signed_on"],
            "facts": _sources(PARTNER_INPUTS, "agreement"),
            "links": {"partner": "record"},
        },
    }
    return {
        "fairlead": 1,
        "kind": "crm-mapping",
        "name": "clinic/acme",
        "version": "1.0.0",
        "connector": "acme",
        "title": "Acme",
        "about": "An introduction is a person with the day of the introduction.",
        "objects": {
            "agents": {"entities": agents},
            "people": {"links": {"agent": {"object": "agents", "via": "agent"}}, "entities": people},
        },
        "tracking_code": {"partner": "fl_code", "lead": "fl_tracking_code"},
    }


def _sources(inputs: tuple[InputField, ...], entity: str) -> dict[str, Any]:
    sources: dict[str, Any] = {}
    for each in inputs:
        of, _, short = each.fact.partition(".")
        if of != entity or each.base == "budget_currency":
            continue
        sources[short] = {"field": f"fl_{each.base}"}
        if each.base == "budget":
            sources[short]["currency_field"] = "fl_budget_currency"
    return sources


@dataclass
class Clinic:
    """A project folder and the sandbox that it syncs with."""

    folder: Path
    sandbox: SandboxServer
    crm: str
    environment: Mapping[str, str] = field(default_factory=dict)
    _opened: tuple[dict[Path, bytes], Project] | None = field(default=None, init=False)

    def project(self) -> Project:
        """Open the project anew where a file of it changed: loading takes longer than a small sync."""
        written = {
            path: path.read_bytes()
            for path in self.folder.rglob("*")
            if path.is_file() and STATE_FOLDER not in path.relative_to(self.folder).parts
        }
        if self._opened is None or self._opened[0] != written:
            self._opened = written, project.open(self.folder)
        return self._opened[1]

    def session(self) -> Session:
        """Open the project with its CRM, at the sandbox's time and without real waiting."""

        def quick(context: ConnectorContext) -> ConnectorContext:
            return replace(context, recent=RecentCalls(), timeout=(2.0, 5.0), sleep=self.sandbox.advance)

        return open_session(
            self.project(), environment=self.environment, clock=self.sandbox.now, context=quick
        )

    def store(self) -> Store:
        """Open the project's store."""
        return open_store(self.project(), self.environment)

    def provision(self) -> None:
        """Create the fields of ours."""
        session = self.session()
        try:
            steps = provision(session, dry_run=False)
            assert [step for step in steps if step.failure] == []
        finally:
            session.connector.close()

    def sync(self, **options: Any) -> RunReport:
        """Run once."""
        session = self.session()
        try:
            with self.store() as store:
                return sync(session, store, **options)
        finally:
            session.connector.close()


#: stands in for the address of a sandbox
_NOWHERE = "http://127.0.0.1:1"


@cache
def _planned(name: str, crm: str, settings: str) -> NewProject:
    """Plan a project, once for all of one name: that loads all its rulesets."""
    return plan_project(
        Path("/nowhere") / name, zone="Europe/Istanbul", crm=crm, crm_settings=json.loads(settings)
    )


def clinic_on(
    crm: str, folder: Path, *, leads: int = 40, partners: int = 6, settings: str = "", **options: Any
) -> Clinic:
    """Make a clinic on a fresh sandbox of a CRM."""
    info = connector(installed_plugins(), crm)
    assert info.sandbox is not None
    sandbox = info.sandbox(SandboxOptions(leads=leads, partners=partners, **options))
    assert isinstance(sandbox, SandboxServer)
    made = _planned(folder.name, crm, json.dumps(sandbox.settings()).replace(sandbox.url, _NOWHERE))
    texts = {name: text.replace(_NOWHERE, sandbox.url) for name, text in made.texts.items()}
    write_project(replace(made, folder=folder, texts=texts))
    if info.mapping is None:
        (folder / "mappings" / f"{crm}.json").write_text(json.dumps(acme_mapping()), "utf-8")
    if settings:
        path = folder / "fairlead.toml"
        path.write_text(path.read_text("utf-8") + settings, "utf-8")
    return Clinic(folder, sandbox, crm, {**os.environ, **sandbox.secrets()})
