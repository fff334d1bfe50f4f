"""Evidence: one pseudonymised bundle of everything that a partner's rewards rest on."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from fairlead.documents.texts import pick
from fairlead.engine.runtime import add_months
from fairlead.facts.model import FactModel
from fairlead.facts.types import TextType
from fairlead.ledger.archived import ArchivedVersions, ruleset_of
from fairlead.ledger.explaining import disclosure_in
from fairlead.ledger.payees import payee_of_code
from fairlead.ledger.pseudonyms import Pseudonyms
from fairlead.ledger.recomputing import Recomputation
from fairlead.ledger.replay import ReplayReport, replay
from fairlead.ledger.verifying import verify_ledger
from fairlead.problems import DocumentError, StoreError, UsageError
from fairlead.project import Project
from fairlead.project.assembling import all_records
from fairlead.project.envelope import moment_text
from fairlead.ruleset.policy_pack import PolicyPack
from fairlead.show import markdown, page_of
from fairlead.store import Store, Transaction
from fairlead.store.ledger_records import Act, Entry
from fairlead.store.ledger_states import State

__all__ = ["Evidence", "gather"]

#: facts with these labels say something about patients' health, or what a partner's patients came to
_LEFT_OUT = {"outcome", "treatment_value", "special_category", "protected", "acceptance", "personal"}

#: what the names of a bundle's files do without
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")

_README = """\
Evidence of the rewards of one partner: {partner}, days {first} to {last}, project {project}.

manifest.json    the digests (SHA-256) of all other files; signed, where somebody signed it
entries.jsonl    each entry of the ledger with its amount, limits, movements, holds, the disclosure to the
                 patient, and whether it could be recomputed
partner.json     the partner and its agreements, as the CRM has them now
replay.json      the replay of the whole ledger, and whether it is what was written
rules/           each version of a rule in words
documents/       each version of a rule as it ran, by its digest
packs/           the obligations of the policy packs in words
approvals/       the signed approvals that the rules ran under

Ids of patients and of their records are pseudonyms: whoever has the project's key can find the person behind
one. Reasons that people wrote are left out, since they may name a patient.
`fairlead verify` checks this file without a network.
"""


@dataclass(frozen=True)
class Evidence:
    """The files of a bundle by name, and what its manifest says besides their digests."""

    files: Mapping[str, bytes]
    facts: Mapping[str, Any]


def gather(
    project: Project,
    store: Store,
    partner: str,
    first: date,
    last: date,
    *,
    pseudonyms: Pseudonyms,
    now: datetime | None = None,
    rates: Any = None,
    progress: Callable[[int], None] | None = None,
) -> Evidence:
    """Return the evidence of what a partner earned on the days from `first` to `last`, both included.

    `partner` is a tracking code. The whole ledger is replayed and verified for it. Raises UsageError for an
    unknown partner.
    """
    now = now or datetime.now(UTC)
    zone = str(project.zone)
    with store.reading() as tx:
        payee = payee_of_code(tx, partner)
    recomputed: dict[int, Recomputation] = {}

    def seen(entry: Entry, found: Recomputation) -> None:
        if entry.payee in payee.ids and first <= entry.day <= last:
            recomputed[entry.id] = found

    replayed = replay(store, zone, rates, progress, seen)
    verified = verify_ledger(store)
    with store.reading() as tx:
        writing = _Writing(tx, pseudonyms, ArchivedVersions(tx.archive.get), zone)
        entries = list(tx.book.entries(payees=payee.ids, first=first, last=last))
        lines = [writing.entry(each, recomputed.get(each.id)) for each in entries]
        digests = sorted({str(each.content["ruleset"]) for each in entries if "ruleset" in each.content})
        partner_facts = {
            "partner": {"id": payee.id, "code": payee.code},
            "facts": writing.partner(project, payee.id),
            "agreements": writing.agreements(project, payee.id),
        }
        documents = {each: tx.archive.get(each) for each in digests if tx.archive.has(each)}
    said = {"partner": f"{payee.code} {payee.name}", "first": first, "last": last, "project": project.name}
    files = {
        "README.txt": _README.format(**said).encode(),
        "entries.jsonl": "".join(f"{_text(line)}\n" for line in lines).encode(),
        "partner.json": _json(partner_facts),
        "replay.json": _json({"replay": _of_all(replayed), "verification": verified.as_json()}),
        **dict(_rules(documents)),
        **dict(_packs(project.packs(project.day_of(now)))),
        **dict(_approvals(project, entries)),
    }
    facts = {
        "project": project.name,
        "partner": {"id": payee.id, "code": payee.code},
        "from": first.isoformat(),
        "to": last.isoformat(),
        "made_at": moment_text(now),
        "keep_until": _years_after(project.day_of(now), project.settings.retention.evidence).isoformat(),
        "entries": len(entries),
        "recomputed": not any(found.differences for found in recomputed.values()) and replayed.is_same,
        "verified": verified.sound,
        "log_head": {"entries": verified.log.head.count, "hash": verified.log.head.hash},
    }
    return Evidence(files, facts)


class _Writing:
    """Writes what the ledger and the mirror hold, without who the patients are."""

    def __init__(
        self, tx: Transaction, pseudonyms: Pseudonyms, versions: ArchivedVersions, zone: str
    ) -> None:
        self._tx = tx
        self._pseudonyms = pseudonyms
        self._versions = versions
        self._zone = zone
        self._acts: dict[int, Act] = {}

    def entry(self, entry: Entry, found: Recomputation | None) -> dict[str, Any]:
        """Return an entry with its history and what became of recomputing it."""
        content = entry.content
        return {
            "entry": entry.id,
            "kind": entry.kind,
            "state": entry.state.value,
            "programme": entry.programme,
            "version": content.get("version"),
            "ruleset": content.get("ruleset"),
            "approval": content.get("approval"),
            "zone": content.get("zone", self._zone),
            "reward": entry.reward,
            "record": self._pseudonyms.of(entry.entity, entry.subject),
            "patient": self._pseudonyms.of("lead", entry.patient),
            "payee": entry.payee,
            "day": entry.day.isoformat(),
            "currency": entry.currency,
            "units": entry.units,
            "asked_units": entry.asked,
            "limits": list(content.get("limits") or []),
            "corrects": entry.corrects,
            "cause": content.get("cause"),
            "basis": self._basis(entry),
            "disclosure": self._disclosure(entry),
            "movements": [
                {
                    "from": None if each.from_state is None else each.from_state.value,
                    "to": each.state.value,
                    **self._act(each.act),
                }
                for each in self._tx.book.movements(entry.id)
            ],
            "holds": [
                {**self._act(held.act), "reasons": list(map(_reason, held.reasons))}
                for held in self._tx.book.hold_history(entry.id)
            ],
            "recomputed": None
            if found is None
            else {
                "outcome": found.outcome.value,
                # what differs may quote what people wrote, and ids
                "differences": [each.what for each in found.differences],
            },
        }

    def partner(self, project: Project, payee: str) -> dict[str, Any]:
        """Return the partner's facts that say nothing about patients."""
        record = self._tx.mirror.records("partner", [payee]).get(payee)
        return {} if record is None else _shareable(_model(project), "partner", record.facts)

    def agreements(self, project: Project, payee: str) -> list[dict[str, Any]]:
        """Return the partner's agreements."""
        record = self._tx.mirror.records("partner", [payee]).get(payee)
        if record is None:
            return []
        return [
            _shareable(_model(project), "agreement", each.facts)
            for page in all_records(self._tx, "agreement")
            for each in page.values()
            if each.links.get("partner") == record.ref
        ]

    def _act(self, number: int) -> dict[str, Any]:
        if number not in self._acts:
            self._acts[number] = self._tx.book.act(number)
        act = self._acts[number]
        return {
            "act": act.id,
            "kind": act.kind,
            "at": act.at.isoformat(),
            "actor": act.actor,
            "digest": act.digest,
            "decision_log": act.log_seq,
        }

    def _basis(self, entry: Entry) -> dict[str, Any]:
        """Return the facts that the amount rests on; a text may be a name, and becomes a pseudonym."""
        basis: Mapping[str, Any] = entry.content.get("basis") or {}
        try:
            model = self._versions.version(
                str(entry.content.get("ruleset")), entry.content.get("zone", self._zone)
            ).ruleset.model
        except (DocumentError, StoreError, UsageError):
            # without its model nobody knows what is a text; the replay says that it is not there
            return {}
        return {
            name: self._pseudonyms.of("text", str(value))
            if (fact := model.find(entry.entity, name)) is not None and isinstance(fact.type, TextType)
            else value
            for name, value in basis.items()
        }

    def _disclosure(self, entry: Entry) -> dict[str, Any]:
        """Return the disclosure as the release saw it, else the accrual; or that it is erased."""
        seq = entry.decision
        for movement in self._tx.book.movements(entry.id):
            if movement.state is State.RELEASED:
                seq = (self._tx.book.act(movement.act).content.get("decisions") or {}).get(str(entry.id), seq)
        if seq is None:
            return {}
        try:
            logged = self._tx.log.numbered([seq]).get(seq)
        except StoreError:
            return {}
        if logged is None:
            return {}
        return {"inputs_erased": True} if logged.erased else disclosure_in(logged.inputs)


def _of_all(replayed: ReplayReport) -> dict[str, Any]:
    """Return the replay of the whole ledger without what it says of other partners and their patients."""
    report = replayed.as_json()
    del report["entered_units"]
    report["differences"] = [
        {"entry": each.entry, "what": [one.what for one in each.differences]} for each in replayed.differences
    ]
    return report


def _years_after(day: date, years: int) -> date:
    after = add_months(day, 12 * years)
    return date.max if after is None else after


def _reason(reason: Mapping[str, Any]) -> dict[str, Any]:
    """Return a reason; the words of attribution name records, and are left out."""
    kept = {key: reason[key] for key in ("code", "source", "missing", "citation") if key in reason}
    if reason.get("source") != "attribution":
        kept["text"] = pick(reason["text"])
    return kept


def _model(project: Project) -> FactModel:
    return project.ruleset().model


def _shareable(model: FactModel, entity: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    known = model.entities[entity].facts if entity in model.entities else {}
    return {
        name: value
        for name, value in sorted(facts.items())
        if name in known and not (set(known[name].labels) & _LEFT_OUT)
    }


def _rules(documents: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    for digest, document in documents.items():
        hexed = digest.partition(":")[2]
        yield f"documents/{hexed}.json", _json(document)
        try:
            ruleset = ruleset_of(document, digest)
        except (DocumentError, StoreError):
            # the replay says that it cannot be read
            continue
        name = _UNSAFE.sub("-", f"{ruleset.name}-{ruleset.version}-{hexed[:12]}")
        yield f"rules/{name}.md", markdown(page_of(ruleset)).encode()


def _packs(packs: Iterable[PolicyPack]) -> Iterator[tuple[str, bytes]]:
    for pack in packs:
        lines = [f"# {pick(pack.title)}", "", f"{pack.name} {pack.version}, {pack.digest}", ""]
        for each in pack.obligations:
            lines += [
                f"## {each.id}: {pick(each.title)}",
                "",
                pick(each.text),
                "",
                f"Citation: {each.citation}",
                "",
            ]
        yield f"packs/{_UNSAFE.sub('-', pack.name)}.md", "\n".join(lines).encode()


def _approvals(project: Project, entries: Iterable[Entry]) -> Iterator[tuple[str, bytes]]:
    texts = {str(each.content.get("approval", "")) for each in entries}
    if not any("sha256:" in text for text in texts):
        return
    for approval in project.approvals.all:
        if any(approval.digest in text for text in texts):
            yield (
                f"approvals/{approval.digest.partition(':')[2][:16]}.json",
                approval.envelope.text().encode(),
            )


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
