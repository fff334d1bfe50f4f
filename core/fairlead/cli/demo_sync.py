"""`fairlead demo --crm`: a sandbox of a CRM, provisioned, synced, changed and synced again."""

from __future__ import annotations

import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fairlead.cli.screen import column_lines, print_json, say
from fairlead.problems import Problem, UsageError

if TYPE_CHECKING:
    from fairlead.plugins.hookspecs import ConnectorInfo
    from fairlead.store import Store
    from fairlead.sync.session import Session
    from fairlead.testing.server import SandboxServer

__all__ = ["demo_on"]

_LEADS, _PARTNERS = 200, 12
#: the order of the queue; whoever asked to be left alone is not in it
_PRIORITIES = ("clinician_now", "call_now", "call_next", "reply_and_nurture", "reply_in_turn")


@dataclass(frozen=True, slots=True)
class _Held:
    """What the CRM holds of one record in our fields, by decision, with a name from the mirror."""

    id: str
    name: str
    values: dict[str, Any]
    reasons: str


def demo_on(crm: str, *, first: int | None, keep: bool, language: str, as_json: bool) -> int:
    """Run the whole job on a fresh sandbox of a CRM and show it."""
    from fairlead.cli.demo_audit import audit_json, print_audit
    from fairlead.cli.demo_reading import AS_OF
    from fairlead.plugins.manager import connector, load_plugins
    from fairlead.plugins.sandboxes import SandboxOptions
    from fairlead.testing.server import SandboxServer

    info = connector(load_plugins(), crm)
    if info.sandbox is None:
        raise UsageError([Problem("no-sandbox", f"connector `{info.name}` brings no sandbox", found=crm)])
    sandbox = info.sandbox(SandboxOptions(leads=_LEADS, partners=_PARTNERS))
    assert isinstance(sandbox, SandboxServer)
    try:
        with tempfile.TemporaryDirectory(prefix="fairlead-demo-") as folder:
            told = _job(info, sandbox, Path(folder) / "clinic", language)
            if as_json:
                print_json({**told, "audit": audit_json(AS_OF)})
            else:
                _print(info, sandbox, told, first)
                print_audit(AS_OF)
            sys.stdout.flush()
            if keep:
                say("")
                say((f"Look at the CRM at {sandbox.url}; stop it with Ctrl-C.", "bold"))
                sys.stdout.flush()
                threading.Event().wait()
    finally:
        sandbox.stop()
    return 0


def _job(info: ConnectorInfo, sandbox: SandboxServer, folder: Path, language: str) -> dict[str, Any]:
    from fairlead import project
    from fairlead.project.starting import plan_project, write_project
    from fairlead.sync.place import open_store
    from fairlead.sync.provisioning import provision
    from fairlead.sync.runner import sync
    from fairlead.sync.session import failing_calls, open_session

    write_project(plan_project(folder, language=language, crm=info.name, crm_settings=sandbox.settings()))
    opened = project.open(folder)
    session = open_session(opened, environment=sandbox.secrets(), clock=sandbox.now)
    try:
        with failing_calls(), open_store(opened, {}) as store:
            steps = provision(session, dry_run=False)
            spoilt = _spoil(sandbox, session)
            runs = [sync(session, store)]
            queue, partners = _queue(session, store), _partners(session, store)
            rejects = _rejects(store)
            # what was written is seen by the CRM's own search a little later
            sandbox.advance(300)
            runs.append(sync(session, store))
            changed = _change(sandbox, session, store, queue, spoilt)
            sandbox.advance(300)
            runs.append(sync(session, store))
            after = {lead.id: lead for lead in _queue(session, store)}
            return {
                "crm": info.crm,
                "url": sandbox.url,
                "synthetic": True,
                "fields": sum(step.spec is not None for step in steps),
                "fields_created": sum(
                    step.done and step.spec is not None and step.action == "create" for step in steps
                ),
                "runs": [run.as_json() for run in runs],
                "queue": [_lead_json(lead) for lead in queue],
                "partners": [{"id": each.id, "name": each.name, **each.values} for each in partners],
                "rejects": rejects,
                "rejects_after": _rejects(store),
                "changed": changed,
                "moved": [_lead_json(after[each["id"]]) for each in changed if each["id"] in after],
            }
    finally:
        session.connector.close()


def _spoil(sandbox: SandboxServer, session: Session) -> str:
    """Enter a value that no rule can read, as happens in every account; return whose."""
    role = sandbox.objects["lead"]
    id_ = sorted(sandbox.truth("lead"))[3]
    sandbox.do("edit", object=role, id=id_, values={session.connector.field_name("pages_read"): -4})
    return id_


def _change(
    sandbox: SandboxServer, session: Session, store: Store, queue: list[_Held], spoilt: str
) -> list[dict[str, Any]]:
    """Do what people do in a day: records arrive, a score is typed over, a mistake is mended."""
    role, name = sandbox.objects["lead"], session.connector.field_name
    with store.reading() as tx:
        facts = {
            id_: record.facts
            for page in tx.mirror.ids("lead")
            for id_, record in tx.mirror.records("lead", page).items()
        }
    # whose consent covers health data, and whose records are not there yet
    waiting = next(
        lead
        for lead in queue
        if lead.values["lead.priority"] in _PRIORITIES[2:]
        and facts[lead.id].get("submitted_medical_records") is False
    )
    typed_over = next(lead for lead in queue if lead.values["lead.priority"] == "call_now")
    edits: list[tuple[str, str, dict[str, Any]]] = [
        (
            waiting.id,
            "medical records, dates and a telephone call came in",
            {
                name("submitted_medical_records"): True,
                name("asked_for_specific_dates"): True,
                name("channel"): "phone",
            },
        ),
        (typed_over.id, "somebody typed 1 over the score", {name("score"): 1}),
        (spoilt, "the pages read were corrected to 4", {name("pages_read"): 4}),
    ]
    for id_, _, values in edits:
        sandbox.do("edit", object=role, id=id_, values=values)
    return [{"id": id_, "what": what} for id_, what, _ in edits]


def _held(session: Session, store: Store, entity: str) -> list[_Held]:
    """Return what the CRM holds of the records that embody an entity, by decision."""
    plan = session.plan(session.clock())
    object_ = session.mapping.object_of(entity)
    assert object_ is not None
    fields = session.result_fields(plan)[object_]
    by_field = {
        slot.spec.name: decision for decision, slots in fields.by_decision.items() for slot in slots[:1]
    }
    reasons = fields.reasons[entity].name
    found = []
    with store.reading() as tx:
        for ids in tx.mirror.ids(entity):
            records = tx.mirror.records(entity, ids)
            held = tx.held.get(record.ref for record in records.values())
            for record in records.values():
                values = held.get(record.ref, {})
                found.append(
                    _Held(
                        record.ref.id,
                        str(record.facts.get("name") or ""),
                        {decision: values.get(name) for name, decision in by_field.items()}
                        | {
                            "code": record.facts.get("code")
                            or values.get(session.connector.field_name("code"))
                        },
                        str(values.get(reasons) or ""),
                    )
                )
    return found


def _queue(session: Session, store: Store) -> list[_Held]:
    leads = [
        lead for lead in _held(session, store, "lead") if lead.values.get("lead.priority") in _PRIORITIES
    ]
    leads.sort(
        key=lambda lead: (
            _PRIORITIES.index(lead.values["lead.priority"]),
            -(lead.values["lead.score"] or 0),
            lead.values["lead.follow_up_by"] or "",
            lead.id,
        )
    )
    return leads


def _partners(session: Session, store: Store) -> list[_Held]:
    shown = ("code", "partner.tier", "partner.review")
    partners = _held(session, store, "partner")
    return [
        _Held(each.id, each.name, {key: each.values.get(key) for key in shown}, each.reasons)
        for each in sorted(partners, key=lambda each: str(each.values.get("code") or ""))
    ]


def _rejects(store: Store) -> list[dict[str, str]]:
    with store.reading() as tx:
        return [
            {"record": str(each.ref), "stage": each.stage.value, "message": each.message}
            for each in tx.rejects.entries()
        ]


def _lead_json(lead: _Held) -> dict[str, Any]:
    return {"id": lead.id, "name": lead.name, **_named(lead.values), "reasons": lead.reasons.splitlines()}


def _named(values: dict[str, Any]) -> dict[str, Any]:
    wanted = ("lead.score", "lead.segment", "lead.priority", "lead.follow_up_by")
    return {name.partition(".")[2]: values.get(name) for name in wanted}


# on a screen


def _print(info: ConnectorInfo, sandbox: SandboxServer, told: dict[str, Any], first: int | None) -> None:
    say(("These people and partners are invented. The rulesets are unapproved.", "italic"))
    say(f"A sandbox of {info.crm} with {_LEADS} leads and {_PARTNERS} partners, at {sandbox.url}")
    say("")
    say((f"fairlead provision: {told['fields_created']} fields made, {told['fields']} wanted", "bold"))
    say("")
    _print_run("fairlead sync, the first time", told["runs"][0])
    say("")
    say((f"What the CRM now holds: who to answer first, of {len(told['queue'])}", "bold"))
    rows = [["  lead", "score", "what next", "answer by", "name"]]
    for lead in told["queue"][:first]:
        what = str(lead["priority"]).replace("_", " ")
        by = str(lead["follow_up_by"] or "")[:16].replace("T", " ")
        rows.append([f"  {lead['id']}", str(lead["score"]), what, by, lead["name"]])
    for line in column_lines(rows):
        say(line)
    say("")
    say(("Partners, with their code, tier and review", "bold"))
    rows = [["  partner", "code", "tier", "review", "name"]]
    for each in told["partners"]:
        said = [str(each[key] or "") for key in ("code", "partner.tier", "partner.review")]
        rows.append([f"  {each['id']}", *said, each["name"]])
    for line in column_lines(rows):
        say(line)
    say("")
    say((f"Rejects: {len(told['rejects'])}", "bold"))
    for each in told["rejects"]:
        say(f"  {each['record']}: {each['message']}")
    say("")
    _print_run("fairlead sync, with nothing changed", told["runs"][1])
    say("")
    say(("Then, in the CRM", "bold"))
    for each in told["changed"]:
        say(f"  {each['id']}: {each['what']}")
    _print_run("fairlead sync, the third time: only these move", told["runs"][2])
    rows = [
        [
            f"  {lead['id']}",
            str(lead["score"]),
            str(lead["priority"]).replace("_", " "),
            "; ".join(lead["reasons"]),
        ]
        for lead in told["moved"]
    ]
    for line in column_lines(rows):
        say(line)
    for edit in told["runs"][2]["edits_restored"]:
        say(f"  edited by a person and restored: {edit}")
    say(f"  rejects left: {len(told['rejects_after'])}")


def _print_run(title: str, run: dict[str, Any]) -> None:
    read = sum(each["read"] for each in run["objects"].values())
    say((title, "bold"), f": {run['state']} in {run['seconds']:.1f} s, {run['calls']['total']} calls")
    say(
        f"  {read:,} records read, {run['evaluated']:,} decided, {run['queued']:,} to write: "
        f"{run['written']:,} written, {run['rejected']:,} rejected, {run['deferred']:,} deferred"
    )
