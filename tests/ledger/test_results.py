"""What the ledger says of partners and introductions to a CRM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairlead.ledger.results import introduction_states, partner_states
from fairlead.store import Ref
from fairlead.store.ledger_states import State

if TYPE_CHECKING:
    from tests.ledger.world import World


def test_an_empty_ledger_says_nothing(world: World) -> None:
    world.partner()
    with world.store.reading() as tx:
        assert partner_states(tx, [Ref("partners", "p1")], "en") == {}
        assert introduction_states(tx, "introduction", [Ref("introductions", "i1")], "en") == {}


def test_what_stands_under_merged_ids_is_said_of_the_one_that_lives_on(world: World) -> None:
    for partner in ("p1", "p2", "p3"):
        world.partner(partner)
    world.introduction("i1", "2026-10-01", "p1")
    world.introduction("i2", "2026-10-02", "p2")
    # the disclosure is missing
    world.introduction("i3", "2026-10-03", "p1", disclosure={})
    ledger = world.ledger()
    ledger.accrue()
    ledger.assess()
    world.merge("partners", "p1", "p2")
    world.merge("introductions", "i1", "i9")
    with world.store.reading() as tx:
        partners = partner_states(tx, [Ref("partners", id_) for id_ in ("p2", "p3")], "en")
        found = introduction_states(tx, "introduction", [Ref("introductions", "i9")], "en")
    # two fees of 500.00 released, one held
    assert {id_: each.balance for id_, each in partners.items()} == {
        "p2": "Held: 500.00 USD\nReleased: 1,000.00 USD"
    }
    assert partners["p2"].next_steps.endswith("(1)")
    assert {id_: (each.state, each.missing) for id_, each in found.items()} == {"i9": (State.RELEASED, "")}
