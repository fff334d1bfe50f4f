"""What people do in the worked year's ledger: runs, payments, disputes and another payee, day by day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from tests.ledger.worked_year import Year

from fairlead.ledger.corrections import Corrections
from fairlead.ledger.ledger import Ledger
from fairlead.ledger.payout import Payout
from fairlead.ledger.periods import read_period
from fairlead.ledger.proposal import Proposal

__all__ = ["PROGRAMMES", "Done", "live"]


class Done:
    """A year that a programme went through: its proposals by period, and what was paid by period and code."""

    def __init__(self, year: Year) -> None:
        self.year = year
        self.proposals: dict[str, Proposal] = {}
        self.paid: dict[str, dict[str, int]] = {}

    def ledger(self, day: str) -> Ledger:
        """Let the CRM go on to a day, accrue and assess."""
        ledger = self.year.ledger(day)
        ledger.accrue()
        ledger.assess()
        return ledger

    def run(self, day: str, period: str) -> None:
        """Propose, approve and state a period."""
        payout = Payout(self.ledger(day))
        named = read_period(period)
        self.proposals[period] = payout.propose(named, "Ana").proposal
        payout.approve(named, "Mehmet")
        payout.state(named, "Ana")

    def pay(self, day: str, period: str) -> None:
        """Pay what is on the statements of a period and not disputed."""
        payout = Payout(self.year.ledger(day))
        paid = self.paid.setdefault(period, {})
        for entry in payout.pay(
            read_period(period), "Ana", on=date.fromisoformat(day), reference=f"SEPA {day}"
        ):
            paid[entry.payee] = paid.get(entry.payee, 0) + entry.units

    def corrections(self, day: str) -> Corrections:
        """Return the ledger's corrections on a day."""
        return Corrections(self.year.ledger(day))

    def entry(self, subject: str) -> int:
        """Return the number of the only entry of an introduction."""
        with self.year.store.reading() as tx:
            [found] = tx.book.entries(entity="introduction", subjects=[subject])
        return found.id


def _as_published(done: Done) -> None:
    done.run("2026-07-10", "2026-H1")
    done.pay("2026-07-24", "2026-H1")
    done.ledger("2026-08-31")
    done.run("2027-01-11", "2026-H2")
    done.pay("2027-01-25", "2026-H2")


def _quarters(done: Done, disputes: Mapping[str, tuple[str, str]]) -> None:
    """Run four quarters; `disputes` are the outcome and its reason by introduction."""
    done.run("2026-04-10", "2026-Q1")
    for subject in disputes:
        done.corrections("2026-04-17").dispute(done.entry(subject), "TA-106", "the case was complex")
    done.pay("2026-04-24", "2026-Q1")
    for subject, (outcome, reason) in disputes.items():
        done.corrections("2026-04-28").settle(done.entry(subject), "Mehmet", outcome, reason)
    done.pay("2026-04-30", "2026-Q1")
    done.run("2026-07-10", "2026-Q2")
    done.pay("2026-07-24", "2026-Q2")
    done.ledger("2026-08-31")
    done.corrections("2026-09-10").attribute(
        "introduction",
        "109-02",
        "TA-110",
        "Mehmet",
        "the patient named Juniper Travel; the code was mistyped",
    )
    done.run("2026-10-12", "2026-Q3")
    done.pay("2026-10-26", "2026-Q3")
    done.run("2027-01-11", "2026-Q4")
    done.pay("2027-01-25", "2026-Q4")


_ONE_FEE = ("rejected", "the programme has one fee, whatever the case")


def _runnable(done: Done) -> None:
    _quarters(done, {"106-02": _ONE_FEE})


def _redesign(done: Done) -> None:
    _quarters(
        done,
        {
            "106-01": ("upheld", "the complexity was entered wrongly on the day of the introduction"),
            "106-02": ("rejected", "the file shows a simple case"),
        },
    )


#: ruleset -> what people do with it
PROGRAMMES: Mapping[str, Callable[[Done], None]] = {
    "medical-travel/partner-tiers-as-published": _as_published,
    "medical-travel/partner-programme": _runnable,
    "medical-travel/handling-fee-programme": _redesign,
}


def live(year: Year, programme: str) -> Done:
    """Let a year go through a programme."""
    done = Done(year)
    PROGRAMMES[programme](done)
    return done
