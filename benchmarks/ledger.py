"""How long the ledger takes: 100,000 introductions of 1,000 partners over four quarters, on SQLite.

    python -m benchmarks.ledger
    python -m benchmarks.ledger --introductions 25000 --partners 250

Each quarter is run as a facility runs it: what came is accrued, assessed, proposed, approved, put on
statements and paid. At the end the whole ledger is replayed from the archived documents and inputs. One run.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from benchmarks.machine import machine

from fairlead import project
from fairlead.ledger.ledger import Ledger
from fairlead.ledger.payout import Payout
from fairlead.ledger.periods import read_period
from fairlead.ledger.replay import replay
from fairlead.ledger.verifying import verify_ledger
from fairlead.ruleset.catalogue import Catalogue
from fairlead.ruleset.lock import lock_text
from fairlead.ruleset.upgrade import current_pins
from fairlead.store import MirrorRecord, Ref, Store

#: the shipped programme with a yearly limit that leaves room for all introductions
PROGRAMME = {
    "fairlead": 1,
    "kind": "ruleset-overlay",
    "name": "clinic/programme",
    "version": "1.0.0",
    "title": "Programme",
    "about": "For the benchmark.",
    "extends": {"name": "medical-travel/partner-programme", "version": "1.0.0"},
    "changes": [
        {
            "action": "replace",
            "what": "parameter",
            "id": "partner_year_maximum",
            "value": {
                "type": "money",
                "currency": "USD",
                "value": {"amount": "1000000.00", "currency": "USD"},
                "title": "most that one partner earns in a calendar year",
            },
        }
    ],
}
AT_ONCE = 3000


@contextmanager
def timed(what: str, count: int = 0) -> Iterator[None]:
    """Print the seconds that something takes, and how many a second."""
    began = time.monotonic()
    yield
    seconds = time.monotonic() - began
    rate = f", {count / seconds:,.0f} a second" if count else ""
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{what}: {seconds:.1f} s{rate}; at most {memory} MB so far")
    sys.stdout.flush()


def records(quarter: int, introductions: int, partners: int) -> Iterator[MirrorRecord]:
    """Yield the introductions of a quarter with leads and disclosures."""
    first = date(2026, 3 * quarter - 2, 1)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(introductions):
        key = f"{quarter}-{number:06}"
        day = (first + timedelta(days=number * 88 // introductions)).isoformat()
        lead, partner = Ref("leads", f"l{key}"), Ref("partners", f"p{number % partners:04}")
        yield MirrorRecord(
            "lead", lead.id, lead, at, {"id": lead.id, "created_at": f"{day}T08:00:00Z"}, {}, lead
        )
        disclosure = Ref("disclosures", f"d{key}")
        yield MirrorRecord(
            "disclosure",
            disclosure.id,
            disclosure,
            at,
            {
                "id": disclosure.id,
                "states_payment": True,
                "states_amount": True,
                "given_at": f"{day}T09:00:00Z",
                # one in twenty was never recorded
                **({"recorded_at": f"{day}T09:05:00Z"} if number % 20 else {}),
            },
            {"lead": lead},
            lead,
        )
        yield MirrorRecord(
            "introduction",
            f"i{key}",
            Ref("introductions", f"i{key}"),
            at,
            {
                "id": f"i{key}",
                "introduced_on": day,
                "verified": True,
                "file_complete": True,
                "decision_state": "none_so_far",
            },
            {
                "lead": lead,
                "partner": partner,
                "agreement": Ref("agreements", f"a{partner.id}"),
                "disclosure": disclosure,
            },
            lead,
        )


def partner_records(partners: int) -> Iterator[MirrorRecord]:
    """Yield partners who may be paid, with their agreements."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(partners):
        id_ = f"p{number:04}"
        facts = {
            "id": id_,
            "code": f"TA-{101 + number}",
            "name": f"Sample Travel {number}",
            "is_clinician": False,
            "is_facility_staff": False,
            "is_public_official": False,
            "licence_valid_from": "2025-01-01",
            "licence_valid_until": "2027-12-31",
            "has_tax_form": True,
        }
        yield MirrorRecord("partner", id_, Ref("partners", id_), at, facts)
        terms = {
            "id": f"a{id_}",
            "signed_on": "2025-12-01",
            "effective_from": "2026-01-01",
            "open_ended": True,
        }
        partner = {"partner": Ref("partners", id_)}
        yield MirrorRecord("agreement", f"a{id_}", Ref("agreements", f"a{id_}"), at, terms, partner)


def put(store: Store, found: Iterator[MirrorRecord]) -> None:
    """Put records into the mirror."""
    batch: list[MirrorRecord] = []
    for record in found:
        batch.append(record)
        if len(batch) == AT_ONCE:
            with store.transaction() as tx:
                tx.mirror.put(batch)
            batch = []
    with store.transaction() as tx:
        tx.mirror.put(batch)


def write_clinic(folder: Path) -> None:
    """Write the project."""
    (folder / "rulesets" / "clinic").mkdir(parents=True)
    (folder / "rulesets" / "clinic" / "programme.json").write_text(json.dumps(PROGRAMME))
    (folder / "fairlead.toml").write_text('name = "clinic"\nzone = "UTC"\nruleset = "clinic/programme"\n')
    pins = current_pins(Catalogue([folder / "rulesets"]), ["clinic/programme"])
    (folder / "fairlead.lock").write_text(lock_text(pins))


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--introductions", type=int, default=100_000)
    parser.add_argument("--partners", type=int, default=1_000)
    asked = parser.parse_args()
    # as the command line does
    gc.set_threshold(50_000, 20, 20)
    quarterly = asked.introductions // 4
    print(machine())
    print(f"{asked.introductions:,} introductions of {asked.partners:,} partners")
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "clinic"
        write_clinic(folder)
        with Store.open(f"sqlite:///{Path(parent) / 'store.db'}", anchor=Path(parent) / "anchor") as store:
            put(store, partner_records(asked.partners))
            for quarter in range(1, 5):
                with timed(f"quarter {quarter}: filling the mirror"):
                    put(store, records(quarter, quarterly, asked.partners))
                now = datetime(2026, 3 * quarter, 30, 12, tzinfo=UTC)
                period = read_period(f"2026-Q{quarter}")
                with timed(f"quarter {quarter}: the whole run, with statements"):
                    ledger = Ledger(project.open(folder), store, now=now)
                    with timed("  accrual", quarterly):
                        accrued = ledger.accrue()
                    with timed("  assessment"):
                        assessed = ledger.assess()
                    payout = Payout(ledger)
                    with timed("  proposal, approval"):
                        proposal = payout.propose(period, "Ana").proposal
                        payout.approve(period, "Mehmet")
                    with timed("  statements"):
                        statements = payout.state(period, "Ana")
                    with timed("  payment"):
                        payout.pay(period, "Ana", on=now.date(), reference="1")
                assert accrued.entries == quarterly
                assert assessed.released == quarterly - quarterly // 20
                print(f"  {len(statements):,} statements, {proposal.totals['USD'] / 100:,.2f} USD")
            with timed("replay of the whole ledger", asked.introductions):
                report = replay(store, "UTC")
            assert report.is_same, report.as_json()
            with timed("verification of the ledger"):
                assert verify_ledger(store).sound


if __name__ == "__main__":
    main()
