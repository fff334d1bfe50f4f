"""What the ledger says, in fields of the CRM: a partner's balance, and where introductions stand."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from fairlead.documents.texts import pick
from fairlead.ledger.results import STATE_WORDS, introduction_states, partner_states
from fairlead.plugins.fields import FieldKind, FieldSpec, Option
from fairlead.plugins.records import Scalar
from fairlead.ruleset.typed import Reward
from fairlead.store import Due, Ref, Transaction
from fairlead.store.cursors import ALL, LEDGER
from fairlead.store.ledger_states import State
from fairlead.sync.mapping import CrmMapping
from fairlead.sync.plan import Plan

__all__ = ["LedgerFields", "ledger_fields", "ledger_values", "mark_moved"]

_PARTNER, _INTRODUCTION = "partner", "introduction"
_LENGTH = 32_000

_WORDS = {
    "ledger_balance": {
        "en": "Rewards by state",
        "de": "Vergütungen nach Stand",
        "tr": "Duruma göre ödüller",
        "ar": "المكافآت حسب الحالة",
    },
    "ledger_next_steps": {
        "en": "Rewards: what is missing",
        "de": "Vergütungen: was fehlt",
        "tr": "Ödüller: eksik olanlar",
        "ar": "المكافآت: ما ينقص",
    },
    "ledger_state": {
        "en": "Introduction: state of the reward",
        "de": "Vermittlung: Stand der Vergütung",
        "tr": "Yönlendirme: ödülün durumu",
        "ar": "الإحالة: حالة المكافأة",
    },
    "ledger_missing": {
        "en": "Introduction: what is missing",
        "de": "Vermittlung: was fehlt",
        "tr": "Yönlendirme: eksik olanlar",
        "ar": "الإحالة: ما ينقص",
    },
}


@dataclass(frozen=True, slots=True)
class LedgerFields:
    """The fields of one object that the ledger fills, by entity: what they are called, in order."""

    by_entity: Mapping[str, tuple[FieldSpec, ...]]

    @property
    def specs(self) -> tuple[FieldSpec, ...]:
        """All of them."""
        return tuple(spec for specs in self.by_entity.values() for spec in specs)

    def moved_to(self, object_: str, entities: Sequence[str]) -> LedgerFields:
        """Return the same fields of another object, for some entities."""
        return LedgerFields(
            {
                entity: tuple(replace(spec, object=object_) for spec in specs)
                for entity, specs in self.by_entity.items()
                if entity in entities
            }
        )


def ledger_fields(
    plan: Plan, mapping: CrmMapping, object_: str, field_name: Callable[[str], str], language: str
) -> LedgerFields:
    """Return the fields that the ledger fills in an object; none where the project rewards nothing.

    A partner's balance has amounts; where partners are the same records as patients it is left out.
    """
    rewarded = any(
        isinstance(decision, Reward) for program in plan.programs for decision in program.ruleset.decisions
    )
    found: dict[str, tuple[FieldSpec, ...]] = {}
    if rewarded and mapping.embodied_in(object_, _PARTNER) and not mapping.embodied_in(object_, "lead"):
        found[_PARTNER] = tuple(
            _spec(object_, field_name(base), base, FieldKind.LONG_TEXT, language)
            for base in ("ledger_balance", "ledger_next_steps")
        )
    if rewarded and mapping.embodied_in(object_, _INTRODUCTION):
        state = _spec(object_, field_name("ledger_state"), "ledger_state", FieldKind.ONE_OF, language)
        options = tuple(Option(each.value, pick(STATE_WORDS[each], language)) for each in State)
        found[_INTRODUCTION] = (
            replace(state, options=options),
            _spec(object_, field_name("ledger_missing"), "ledger_missing", FieldKind.LONG_TEXT, language),
        )
    return LedgerFields(found)


def _spec(object_: str, name: str, base: str, kind: FieldKind, language: str) -> FieldSpec:
    return FieldSpec(
        object=object_,
        name=name,
        label=f"{pick(_WORDS[base], language)} (Fairlead)",
        kind=kind,
        purpose="result",
        description="Written by Fairlead. What is typed here is overwritten.",
        length=_LENGTH if kind is FieldKind.LONG_TEXT else None,
    )


def ledger_values(
    tx: Transaction, fields: LedgerFields, entity: str, refs: Collection[Ref], language: str
) -> dict[str, dict[str, Scalar]]:
    """Return what the ledger puts into the fields of records of an entity, by their ids."""
    specs = fields.by_entity.get(entity)
    if specs is None or not refs:
        return {}
    first, second = specs
    if entity == _PARTNER:
        return {
            id_: {first.name: each.balance or None, second.name: each.next_steps[:_LENGTH] or None}
            for id_, each in partner_states(tx, refs, language).items()
        }
    return {
        id_: {first.name: each.state.value, second.name: each.missing[:_LENGTH] or None}
        for id_, each in introduction_states(tx, entity, refs, language).items()
    }


def mark_moved(tx: Transaction, mapping: CrmMapping, now: datetime) -> int:
    """Let every record be written anew that the ledger says something else of since the last run."""
    newest = tx.book.last_act()
    before = int(tx.cursors.get(ALL, LEDGER) or 0)
    if newest == before:
        return 0
    moved = list(_moved(tx, mapping, before))
    # what was merged since is written under the id that it lives on as
    alive = tx.identity.resolve_all(ref for _, ref in moved)
    due = {Due(main, alive.get(ref, ref).id, now) for main, ref in moved}
    tx.due.set(list(due))
    tx.cursors.set(ALL, LEDGER, str(newest), at=now)
    return len(due)


def _moved(tx: Transaction, mapping: CrmMapping, before: int) -> Iterator[tuple[str, Ref]]:
    for entity, id_ in tx.book.moved_since(before):
        object_ = mapping.object_of(entity)
        if object_ is not None:
            yield mapping.entities(object_)[0], Ref(object_, id_)
