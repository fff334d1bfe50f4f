"""Why somebody got an amount: an entry with its rule, inputs, approver, disclosure and movements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from fairlead.engine import json_value
from fairlead.ledger.payees import read_payees
from fairlead.ledger.programmes import amount_text, major
from fairlead.ledger.recomputing import Difference, Recomputation, Recomputer
from fairlead.problems import FairleadError
from fairlead.ruleset.typed import Ruleset
from fairlead.show import Page, page_of
from fairlead.store import LogEntry, Store, Transaction
from fairlead.store.ledger_records import Act, Entry, Held, Movement
from fairlead.store.ledger_states import State

__all__ = ["DISCLOSURE_FACTS", "Explanation", "disclosure_in", "explain", "rule_page"]

#: what is shown of the disclosure to the patient
DISCLOSURE_FACTS = ("given_at", "recorded_at", "language", "version", "in_writing", "signed")


@dataclass(frozen=True, slots=True)
class Explanation:
    """An entry with everything that it rests on.

    `rule` is the rule in words, None where its document is not in the archive. `inputs` are those that it
    accrued by, and `inputs_erased` tells that a person was forgotten. `release` is the logged decision that
    it was released on; `release_differences` are in what that differs when it is recomputed. `payee_code` is
    what people call the payee by.
    """

    entry: Entry
    recomputation: Recomputation
    rule: Page | None
    inputs_erased: bool
    disclosure: Mapping[str, Any]
    holds: tuple[tuple[Held, Act], ...]
    movements: tuple[tuple[Movement, Act], ...]
    release: LogEntry | None
    release_differences: tuple[Difference, ...]
    payee_code: str

    @property
    def differences(self) -> tuple[Difference, ...]:
        """Everything that is not as the ledger has it."""
        return self.recomputation.differences + self.release_differences

    @property
    def amount(self) -> str:
        """The amount within limits."""
        return amount_text(self.entry.units, self.entry.currency)

    @property
    def asked(self) -> str:
        """The amount before limits."""
        return amount_text(self.entry.asked, self.entry.currency)

    def as_json(self) -> dict[str, Any]:
        """Return the explanation for machines."""
        entry = self.entry
        return {
            "entry": entry.id,
            "kind": entry.kind,
            "state": entry.state.value,
            "programme": entry.programme,
            "reward": entry.reward,
            "record": {"entity": entry.entity, "id": entry.subject, "revision": entry.revision},
            "payee": entry.payee,
            "partner": self.payee_code,
            "patient": entry.patient,
            "day": entry.day.isoformat(),
            "amount": json_value(major(entry.units, entry.currency)),
            "before_limits": json_value(major(entry.asked, entry.currency)),
            "limits": list(entry.content.get("limits") or []),
            "corrects": entry.corrects,
            "rule": {
                "version": entry.content.get("version"),
                "digest": entry.content.get("ruleset"),
                "approval": entry.content.get("approval"),
                "in_words": None if self.rule is None else self.rule.as_json()["sections"],
            },
            "inputs": dict(self.recomputation.inputs),
            "inputs_erased": self.inputs_erased,
            "disclosure": dict(self.disclosure),
            "holds": [
                {"act": act.id, "at": act.at.isoformat(), "reasons": [dict(each) for each in held.reasons]}
                for held, act in self.holds
            ],
            "movements": [
                {
                    "from": None if movement.from_state is None else movement.from_state.value,
                    "to": movement.state.value,
                    "act": act.id,
                    "kind": act.kind,
                    "at": act.at.isoformat(),
                    "actor": act.actor,
                    "reason": act.reason,
                }
                for movement, act in self.movements
            ],
            "recomputed": {
                "outcome": self.recomputation.outcome.value,
                "asked": self.recomputation.asked,
                "units": self.recomputation.units,
                "differences": [each.as_json() for each in self.differences],
            },
        }


def explain(store: Store, number: int, zone: str, *, rates: Any = None, language: str = "en") -> Explanation:
    """Return an entry with what it rests on, recomputed.

    `zone` is where days begin where the entry does not say so. Raises UsageError for an entry that is not
    there.
    """
    with store.reading() as tx:
        entry = tx.book.entry(number)
        recomputer = Recomputer(tx, zone, rates)
        recomputation = _recomputed(tx, recomputer, entry)
        movements = tuple((each, tx.book.act(each.act)) for each in tx.book.movements(number))
        release, differences = _release(tx, recomputer, entry, movements)
        logged = _decision(tx, entry.decision)
        inputs = release.inputs if release is not None else None if logged is None else logged.inputs
        return Explanation(
            entry,
            recomputation,
            _rule(recomputer, entry, zone, language),
            logged is not None and logged.erased,
            disclosure_in(inputs),
            tuple((each, tx.book.act(each.act)) for each in tx.book.hold_history(number)),
            movements,
            release,
            differences,
            read_payees(tx, [entry.payee])[entry.payee].code,
        )


def disclosure_in(inputs: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what a decided record says of the disclosure to the patient; empty where it says nothing."""
    stated = (inputs or {}).get("disclosure") or {}
    return {name: stated[name] for name in DISCLOSURE_FACTS if stated.get(name) is not None}


def rule_page(ruleset: Ruleset, reward: str, language: str = "en") -> Page:
    """Return a reward block in words: what it pays, when, and what it reads."""
    page = page_of(ruleset, language, [reward])
    return replace(page, about=(), notes=())


def _recomputed(tx: Transaction, recomputer: Recomputer, entry: Entry) -> Recomputation:
    if entry.kind != "accrual":
        former = None if entry.corrects is None else next(tx.book.entries(numbers=[entry.corrects]), None)
        return recomputer.plain(entry, former)
    # the limits of an act's entries go by their order
    entered = [each for each in tx.book.entries(act=entry.act) if each.kind == "accrual"]
    up_to = [each for each in entered if each.id <= entry.id]
    return list(recomputer.accruals(entry.act, up_to))[-1]


def _release(
    tx: Transaction, recomputer: Recomputer, entry: Entry, movements: tuple[tuple[Movement, Act], ...]
) -> tuple[LogEntry | None, tuple[Difference, ...]]:
    for movement, act in movements:
        if movement.state is State.RELEASED and act.kind == "assess" and entry.kind == "accrual":
            [(_, _, differences)] = recomputer.releases(act, [entry])
            seq = (act.content.get("decisions") or {}).get(str(entry.id))
            return _decision(tx, seq), tuple(differences)
    return None, ()


def _decision(tx: Transaction, seq: int | None) -> LogEntry | None:
    if seq is None:
        return None
    try:
        return tx.log.numbered([seq]).get(seq)
    except FairleadError:
        # the recomputation says that it is damaged
        return None


def _rule(recomputer: Recomputer, entry: Entry, zone: str, language: str) -> Page | None:
    digest = entry.content.get("ruleset")
    if digest is None:
        return None
    try:
        version = recomputer.versions.version(str(digest), entry.content.get("zone", zone))
        return rule_page(version.ruleset, entry.reward, language)
    except FairleadError:
        # the recomputation says what is wrong with it
        return None
