"""Verification: whether the ledger is what was written, whole, in balance and by the declared machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from fairlead.problems import StoreError
from fairlead.store import Store, Transaction, Verification
from fairlead.store.ledger_act import LEDGER_ENTITY, act_digest
from fairlead.store.ledger_records import Act
from fairlead.store.records import LogEntry
from fairlead.store.stored_values import micros

__all__ = ["LedgerFinding", "LedgerVerification", "verify_ledger"]

#: findings that are listed; the others are counted
_LISTED = 1000


@dataclass(frozen=True, slots=True)
class LedgerFinding:
    """One thing wrong, with the act or the entry that it is about.

    `kind` is `act-edited`, `act-not-logged`, `act-missing`, `no-act`, `not-balanced`, `wrong-state`,
    `wrong-correction` or `accrued-twice`.
    """

    kind: str
    message: str
    act: int | None = None
    entry: int | None = None


@dataclass
class LedgerVerification:
    """What verification saw; `log` is that of the decision log, which every act is an entry of.

    `findings` has the first 1,000, `found` counts all.
    """

    log: Verification
    acts: int = 0
    found: int = 0
    findings: list[LedgerFinding] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong, the decision log included."""
        return self.found == 0 and self.log.sound

    def add(self, finding: LedgerFinding) -> None:
        """Note a finding."""
        self.found += 1
        if len(self.findings) < _LISTED:
            self.findings.append(finding)

    def as_json(self) -> dict[str, Any]:
        """Return what was seen for machines."""
        return {
            "acts": self.acts,
            "found": self.found,
            "findings": [
                {"kind": each.kind, "message": each.message, "act": each.act, "entry": each.entry}
                for each in self.findings
            ],
            "log": {
                "entries": self.log.head.count,
                "head": self.log.head.hash,
                "anchors": self.log.anchors,
                "found": self.log.found,
            },
        }


def verify_ledger(store: Store, progress: Callable[[int], None] | None = None) -> LedgerVerification:
    """Check the decision log, every act over its rows, and the ledger's tables.

    `progress` is called with the number of acts checked since.
    """
    report = LedgerVerification(store.verify())
    with store.reading() as tx:
        for act, logged in _side_by_side(tx):
            if act is None:
                assert logged is not None
                message = f"act {logged.id} is in the decision log, and not in the ledger"
                report.add(LedgerFinding("act-missing", message))
                continue
            report.acts += 1
            for finding in _of_act(tx, act, logged):
                report.add(finding)
            if progress is not None:
                progress(1)
        for fault in tx.ledger_checks.faults():
            report.add(LedgerFinding(fault.kind, f"entry {fault.entry}: {fault.message}", entry=fault.entry))
        for payee, currency in _out_of_balance(tx):
            message = f"the accounts of `{payee}` in {currency} do not sum to zero"
            report.add(LedgerFinding("not-balanced", message))
    return report


def _side_by_side(tx: Transaction) -> Iterator[tuple[Act | None, LogEntry | None]]:
    """Yield each act with its entry of the decision log; one of both is None where the other is alone."""
    logged = _logged(tx)
    waiting = next(logged, None)
    for act in tx.book.acts():
        while waiting is not None and waiting.seq < act.log_seq:
            yield None, waiting
            waiting = next(logged, None)
        if waiting is not None and waiting.seq == act.log_seq:
            yield act, waiting
            waiting = next(logged, None)
        else:
            yield act, None
    while waiting is not None:
        yield None, waiting
        waiting = next(logged, None)


def _logged(tx: Transaction) -> Iterator[LogEntry]:
    try:
        yield from tx.log.entries(entity=LEDGER_ENTITY)
    except StoreError:
        # `log` names what was damaged; the acts after it show as not logged
        return


def _of_act(tx: Transaction, act: Act, logged: LogEntry | None) -> Iterator[LedgerFinding]:
    if logged is None:
        message = f"act {act.id} has no entry in the decision log"
        yield LedgerFinding("act-not-logged", message, act=act.id)
    if act_digest(tx.book.stored_content(act.id), tx.book.rows_of(act.id)) != act.digest:
        message = f"act {act.id} ({act.kind}) or what it wrote is not what was written"
        yield LedgerFinding("act-edited", message, act=act.id)
    head = {
        "id": act.id,
        "at": micros(act.at),
        "kind": act.kind,
        "actor": act.actor,
        "reason": act.reason,
        "key": act.key,
        "digest": act.digest,
    }
    if logged is not None and logged.decisions.get("ledger.act") != head:
        message = f"act {act.id} ({act.kind}) is not the one that the decision log has as entry {logged.seq}"
        yield LedgerFinding("act-edited", message, act=act.id)


def _out_of_balance(tx: Transaction) -> list[tuple[str, str]]:
    sums: dict[tuple[str, str], int] = {}
    for balance in tx.book.balances():
        key = (balance.payee, balance.currency)
        sums[key] = sums.get(key, 0) + balance.units
    return [key for key, units in sums.items() if units != 0]
