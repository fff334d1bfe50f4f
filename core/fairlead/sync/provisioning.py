"""Setting up an account: our fields, the views, the channel for announcements; and leaving it cleanly."""

from __future__ import annotations

from fairlead.plugins.fields import FieldSpec, SetupStep
from fairlead.sync.session import Session

__all__ = ["provision", "provisioned_specs", "unprovision", "watch"]

#: the results that views are made of: the decision, and what its value is called there
_VIEWED = {
    "lead.priority": "lead.priority",
    "lead.score": "lead.score",
    "introduction.reward": "introduction.reward_state",
}


def provisioned_specs(session: Session) -> list[FieldSpec]:
    """Return all fields of ours: for results, for overrides, and for what people fill in."""
    plan = session.plan(session.clock(), draft=True)
    fields = session.result_fields(plan).values()
    results = [spec for each in fields for spec in (*each.specs, *each.override_specs)]
    taken = {(spec.object, spec.name) for spec in results}
    inputs = [spec for spec in session.input_specs(plan) if (spec.object, spec.name) not in taken]
    return [*results, *inputs]


def provision(session: Session, *, dry_run: bool) -> list[SetupStep]:
    """Create what the account lacks: fields, views, and the channel where webhooks are configured.

    Raises ConnectorError for a call that failed as a whole.
    """
    steps = session.connector.provision(provisioned_specs(session), dry_run=dry_run)
    steps += session.connector.views(_viewed(session), dry_run=dry_run)
    return [*steps, *watch(session, dry_run=dry_run)]


def unprovision(session: Session, *, dry_run: bool) -> list[SetupStep]:
    """Remove what provisioning made. Raises ConnectorError."""
    settings = session.project.settings.sync.webhooks
    steps = [] if settings is None else session.connector.unwatch(settings.public_url, dry_run=dry_run)
    return [*steps, *session.connector.unprovision(provisioned_specs(session), dry_run=dry_run)]


def watch(session: Session, *, dry_run: bool) -> list[SetupStep]:
    """Open or renew the channel that announces changes, where webhooks are configured."""
    settings = session.project.settings.sync.webhooks
    if settings is None:
        return []
    return session.connector.watch(settings.public_url, session.mapping.objects, dry_run=dry_run)


def _viewed(session: Session) -> dict[str, str]:
    fields = session.result_fields(session.plan(session.clock(), draft=True))
    return {
        _VIEWED[decision]: slots[0].spec.name
        for each in fields.values()
        for decision, slots in each.by_decision.items()
        if decision in _VIEWED and slots
    }
