"""Who is paid: partners as the mirror shows them now, and what their programmes say about paying them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from fairlead.documents.found import found_text
from fairlead.ledger.programmes import Programme
from fairlead.problems import Problem, UsageError, nearest_name
from fairlead.store import Ref, Transaction

__all__ = ["Payee", "Terms", "object_of", "payee_of_code", "read_payees", "terms_of"]


@dataclass(frozen=True, slots=True)
class Payee:
    """A partner who is paid: the id that it lives on under, and what a statement says of it.

    `gone` tells that the CRM has no such partner any more; `ids` are its id and those merged into it, under
    which the ledger may know it.
    """

    id: str
    code: str
    name: str
    language: str
    has_tax_form: bool | None
    gone: bool
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Terms:
    """What the programmes say about paying in one currency; amounts are minor units, None is not stated.

    Where several programmes pay one partner, the strictest counts: the highest minimum, the lowest amount to
    report, the longest time to dispute, and a tax form if one of them needs it.
    """

    currency: str
    minimum: int | None
    reportable_from: int | None
    dispute_days: int
    tax_form_needed: bool


#: where a programme states nothing about settlement
_DISPUTE_DAYS = 30


def read_payees(tx: Transaction, ids: Iterable[str]) -> dict[str, Payee]:
    """Return the payees of these ids, by the id asked for; one that was merged is the one it lives on as."""
    wanted = sorted(set(ids))
    found = tx.mirror.records("partner", wanted)
    object_ = next((record.ref.object for record in found.values()), None) or object_of(tx, "partner")
    refs = {id_: Ref(object_, id_) for id_ in wanted if id_ not in found}
    moved = {id_: ref.id for id_, ref in refs.items() for ref in [tx.identity.resolve(ref)]}
    found |= tx.mirror.records("partner", moved.values())
    alive = {id_: moved.get(id_, id_) for id_ in wanted}
    old: dict[str, list[str]] = {}
    for merged, owner in tx.identity.merged_into({Ref(object_, id_) for id_ in alive.values()}).items():
        old.setdefault(owner.id, []).append(merged.id)
    return {id_: _payee(is_, found.get(is_), old.get(is_, ())) for id_, is_ in alive.items()}


def payee_of_code(tx: Transaction, code: str) -> Payee:
    """Return the partner of a tracking code, whatever its case; one without a code goes by its id.

    Raises UsageError for an unknown one, with the nearest code.
    """
    wanted = code.strip().upper()
    codes: list[str] = []
    for page in tx.mirror.facts("partner"):
        for id_, facts in page.items():
            known = str(facts.get("code") or id_)
            if known.upper() == wanted:
                return read_payees(tx, [id_])[id_]
            codes.append(known)
    gone = {balance.payee for balance in tx.book.balances()}
    for id_ in sorted(gone):
        # a partner that the CRM has no more goes by its id
        if id_.upper() == wanted:
            return read_payees(tx, [id_])[id_]
    raise UsageError(
        [
            Problem(
                "unknown-partner",
                f"there is no partner `{found_text(code)}`",
                found=found_text(code),
                nearest=nearest_name(code[:100], codes),
                remedy="give the partner's tracking code",
            )
        ]
    )


def object_of(tx: Transaction, entity: str) -> str:
    """Return the CRM's object of an entity; its name in the plural where the mirror has none."""
    for ids in tx.mirror.ids(entity, page=1):
        return next(iter(tx.mirror.records(entity, ids).values())).ref.object
    return f"{entity}s"


def _payee(id_: str, record: Any, old: Iterable[str]) -> Payee:
    facts: Mapping[str, Any] = {} if record is None else record.facts
    languages = facts.get("languages") or ["en"]
    return Payee(
        id=id_,
        code=str(facts.get("code") or id_),
        name=str(facts.get("name") or ""),
        language=str(languages[0]),
        has_tax_form=facts.get("has_tax_form"),
        gone=record is None,
        ids=(id_, *sorted(old)),
    )


def terms_of(programmes: Sequence[Programme], names: Iterable[str], currency: str, day: date) -> Terms:
    """Return what the programmes of these names say on a day about paying in a currency."""
    minimums: list[int] = []
    reportable: list[int] = []
    days: list[int] = []
    needed = False
    for programme in programmes:
        version = programme.on(day) if programme.name in names else None
        if version is None or version.ruleset.settlement is None:
            continue
        settlement = version.ruleset.settlement
        days.append(settlement.dispute_days)
        needed = needed or settlement.tax_form_needed
        for term, values in ((settlement.minimum_payout, minimums), (settlement.reportable_from, reportable)):
            if term is None or getattr(term.type, "currency", None) != currency:
                continue
            value = version.ruleset.amount_on(term, day)
            if value is not None:
                values.append(value)
    return Terms(
        currency=currency,
        minimum=max(minimums, default=None),
        reportable_from=min(reportable, default=None),
        dispute_days=max(days, default=_DISPUTE_DAYS),
        tax_form_needed=needed,
    )
