"""What the ledger says of a partner and of an introduction, as a CRM shows it.

Of an introduction it says the state and what is missing, never an amount: where the introduction is the
patient's own record, no money stands beside the patient.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from fairlead.documents.texts import pick
from fairlead.ledger.programmes import amount_text
from fairlead.store import Ref, Transaction
from fairlead.store.ledger_records import Entry, Held
from fairlead.store.ledger_states import State

__all__ = ["STATE_WORDS", "IntroductionState", "PartnerState", "introduction_states", "partner_states"]

STATE_WORDS = {
    State.ACCRUED: {"en": "Accrued", "de": "Entstanden", "tr": "Tahakkuk etti", "ar": "مستحق مبدئيًا"},
    State.HELD: {"en": "Held", "de": "Zurückgehalten", "tr": "Bekletiliyor", "ar": "محجوز"},
    State.RELEASED: {"en": "Released", "de": "Freigegeben", "tr": "Serbest", "ar": "مفرج عنه"},
    State.APPROVED: {"en": "Approved", "de": "Genehmigt", "tr": "Onaylandı", "ar": "معتمد"},
    State.ON_STATEMENT: {"en": "On statement", "de": "Abgerechnet", "tr": "Ekstrede", "ar": "في كشف الحساب"},
    State.DISPUTED: {"en": "Disputed", "de": "Strittig", "tr": "İtirazlı", "ar": "متنازع عليه"},
    State.PAID: {"en": "Paid", "de": "Bezahlt", "tr": "Ödendi", "ar": "مدفوع"},
    State.REVERSED: {"en": "Reversed", "de": "Storniert", "tr": "İptal edildi", "ar": "ملغى"},
}
#: the entry that is least far along says where its introduction stands
_ORDER = (
    State.DISPUTED,
    State.HELD,
    State.ACCRUED,
    State.RELEASED,
    State.APPROVED,
    State.ON_STATEMENT,
    State.PAID,
    State.REVERSED,
)
#: states of a balance that a partner has something to expect from, or had
_SHOWN = tuple(state for state in State if state is not State.REVERSED)
_MOST_REASONS = 10


@dataclass(frozen=True, slots=True)
class PartnerState:
    """A partner's balance, a line for each state, and what is missing; both may be empty."""

    balance: str
    next_steps: str


@dataclass(frozen=True, slots=True)
class IntroductionState:
    """Where an introduction stands in the ledger, and what is missing; no amount."""

    state: State
    missing: str


def partner_states(tx: Transaction, partners: Collection[Ref], language: str) -> dict[str, PartnerState]:
    """Return what the ledger says of partners, by id; those that it knows nothing of have no key.

    What a partner that was merged into one of these earned is that one's.
    """
    ids = _ids(tx, partners)
    sums: dict[str, dict[tuple[str, int], int]] = {}
    for each in tx.book.balances(ids):
        if each.account in _SHOWN and each.units:
            own = sums.setdefault(ids[each.payee], {})
            key = each.currency, _SHOWN.index(State(each.account))
            own[key] = own.get(key, 0) + each.units
    held: dict[str, list[Entry]] = {}
    for entry in tx.book.entries(payees=ids, states=[State.HELD]):
        held.setdefault(ids[entry.payee], []).append(entry)
    found = {}
    for id_ in sorted({*sums, *held}):
        lines = [
            f"{pick(STATE_WORDS[_SHOWN[position]], language)}: {amount_text(units, currency)}"
            for (currency, position), units in sorted(sums.get(id_, {}).items())
        ]
        found[id_] = PartnerState("\n".join(lines), _steps(tx, held.get(id_, ()), language))
    return found


def introduction_states(
    tx: Transaction, entity: str, subjects: Collection[Ref], language: str
) -> dict[str, IntroductionState]:
    """Return what the ledger says of introductions, by id; those without an entry have no key.

    What stands under an id that was merged into one of these is that one's.
    """
    ids = _ids(tx, subjects)
    entries: dict[str, list[Entry]] = {}
    for entry in tx.book.entries(entity=entity, subjects=ids):
        if entry.kind != "correction":
            entries.setdefault(ids[entry.subject], []).append(entry)
    holds = tx.book.holds([each.id for own in entries.values() for each in own])
    return {
        subject: IntroductionState(
            min((each.state for each in own), key=_ORDER.index), _missing(own, holds, language)
        )
        for subject, own in entries.items()
    }


def _ids(tx: Transaction, refs: Collection[Ref]) -> dict[str, str]:
    """Return the ids of `Identity.ids_of`; none where the ledger is empty, so that most syncs ask nothing."""
    return tx.identity.ids_of(refs) if tx.book.last_act() else {}


def _missing(entries: Sequence[Entry], holds: dict[int, Held], language: str) -> str:
    texts = {
        _line(reason, language): None
        for entry in entries
        if entry.id in holds
        for reason in holds[entry.id].reasons
    }
    return "\n".join(texts)


def _steps(tx: Transaction, held: Sequence[Entry], language: str) -> str:
    """Return what holds a partner's introductions, what holds most of them first."""
    counted: dict[str, int] = {}
    for each in tx.book.holds([entry.id for entry in held]).values():
        for reason in each.reasons:
            line = _line(reason, language)
            counted[line] = counted.get(line, 0) + 1
    ranked = sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:_MOST_REASONS]
    return "\n".join(f"{line} ({count})" for line, count in ranked)


def _line(reason: object, language: str) -> str:
    assert isinstance(reason, dict)
    text = pick(reason["text"], language)
    remedy = pick(reason["remedy"], language) if reason.get("remedy") else ""
    return f"{text}. {remedy}" if remedy else text
