"""What binds an approval to its proposal, and payments to one code and currency."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from tests.ledger.world import NOW

from fairlead.ledger.payees import payee_of_code
from fairlead.ledger.payout import Payout
from fairlead.ledger.periods import read_period
from fairlead.problems import UsageError

if TYPE_CHECKING:
    from tests.ledger.world import World

Q4 = read_period("2026-Q4")


@pytest.fixture
def payout(world: World) -> Payout:
    """Two partners with one introduction each, proposed by Ana."""
    world.partner()
    world.partner("p2", code="rhein-7")
    world.introduction("i1", "2026-10-05")
    world.introduction("i2", "2026-10-06", "p2")
    ledger = world.ledger(NOW)
    ledger.accrue()
    ledger.assess()
    payout = Payout(ledger)
    payout.propose(Q4, "Ana")
    return payout


def test_an_approval_of_one_proposal_is_none_of_another(payout: Payout) -> None:
    with pytest.raises(UsageError) as caught:
        payout.approve(Q4, "Mehmet", digest="sha256:" + "0" * 64)
    assert caught.value.problems[0].code == "proposal-changed"
    with payout.store.reading() as tx:
        digest = payout.proposed(tx, Q4).content["digest"]
    assert len(payout.approve(Q4, "Mehmet", digest=digest).payees) == 2


def test_one_partner_is_paid_in_one_currency(payout: Payout) -> None:
    payout.approve(Q4, "Mehmet")
    payout.state(Q4, "Ana")
    day = date(2026, 11, 21)
    with pytest.raises(UsageError, match="nothing is on a statement"):
        payout.pay(Q4, "Ana", on=day, reference="17", code="TA-101", currency="EUR")
    paid = payout.pay(Q4, "Ana", on=day, reference="17", code="TA-101", currency="USD")
    assert [entry.subject for entry in paid] == ["i1"]


@pytest.mark.parametrize("code", ["rhein-7", "RHEIN-7", " Rhein-7 "])
def test_a_partner_is_known_by_the_code_whatever_its_case(payout: Payout, code: str) -> None:
    with payout.store.reading() as tx:
        assert payee_of_code(tx, code).id == "p2"


def test_a_partner_whom_the_crm_has_no_more_is_known_by_id(world: World, payout: Payout) -> None:
    with world.store.transaction() as tx:
        tx.mirror.delete_record("partner", "p2")
        payee = payee_of_code(tx, "p2")
    assert (payee.id, payee.gone) == ("p2", True)
