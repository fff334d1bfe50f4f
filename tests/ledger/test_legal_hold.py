"""While an order to keep a person's records stands, nobody forgets them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.ledger.world import World

from fairlead.ledger.legal_hold import lift_legal_hold, place_legal_hold
from fairlead.ledger.verifying import verify_ledger
from fairlead.problems import UsageError
from fairlead.store import Ref

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
PERSON = Ref("leads", "l1")


@pytest.fixture
def known(world: World) -> World:
    world.partner()
    world.introduction("i1", "2026-10-05", lead="l1")
    return world


def test_a_held_person_is_not_forgotten_until_the_order_is_lifted(known: World) -> None:
    place_legal_hold(known.store, PERSON, by="Rana", reason="claim 7/2026", at=AT)
    with pytest.raises(UsageError, match=r"Rana ordered on 2026-11-22 to keep the records \(claim 7/2026\)"):
        known.store.forget(PERSON)
    lift_legal_hold(known.store, PERSON, by="Rana", reason="settled", at=AT)
    assert known.store.forget(PERSON).records > 0
    with known.store.reading() as tx:
        assert [(act.kind, act.actor, act.reason) for act in tx.book.acts()] == [
            ("legal_hold", "Rana", "claim 7/2026"),
            ("lift_legal_hold", "Rana", "settled"),
        ]
    assert verify_ledger(known.store).sound


def test_an_order_follows_a_person_who_was_merged(known: World) -> None:
    place_legal_hold(known.store, PERSON, by="Rana", reason="claim", at=AT)
    with known.store.transaction() as tx:
        tx.identity.merge(PERSON, Ref("leads", "l2"), at=AT)
    with pytest.raises(UsageError, match="legal-hold"):
        known.store.forget(Ref("leads", "l2"))
    lift_legal_hold(known.store, Ref("leads", "l2"), by="Rana", reason="settled", at=AT)
    known.store.forget(Ref("leads", "l2"))


def test_orders_that_change_nothing_are_refused(known: World) -> None:
    with pytest.raises(UsageError, match="no order stands"):
        lift_legal_hold(known.store, PERSON, by="Rana", reason="settled", at=AT)
    with pytest.raises(UsageError, match="knows nothing"):
        place_legal_hold(known.store, Ref("leads", "nobody"), by="Rana", reason="claim", at=AT)
    with pytest.raises(UsageError, match="why"):
        place_legal_hold(known.store, PERSON, by="Rana", reason=" ", at=AT)
    place_legal_hold(known.store, PERSON, by="Rana", reason="claim", at=AT)
    with pytest.raises(UsageError, match="kept already"):
        place_legal_hold(known.store, PERSON, by="Rana", reason="claim", at=AT)
