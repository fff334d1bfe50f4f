"""The year 2026 of one facility with twelve partners: what its CRM says, day by day.

The same records go through any programme; what people decide in the ledger is with the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, NamedTuple

from tests.ledger.world import AGREEMENT, DISCLOSURE, INTRODUCTION, PARTNER, World

from fairlead import project
from fairlead.ledger.ledger import Ledger
from fairlead.project.rates import ProjectRates, rates_table
from fairlead.store import MirrorRecord, Ref

__all__ = ["INTRODUCTIONS", "PARTNERS", "Introduced", "Year"]

#: code -> name, type and what is unlike the others
PARTNERS: Mapping[str, Mapping[str, Any]] = {
    "TA-101": {"name": "Atlas Travel"},
    "TA-102": {"name": "Bosporus Care", "type": "facilitator"},
    "TA-103": {"name": "Cedar Health", "type": "facilitator", "licence_valid_until": "2026-06-30"},
    "TA-104": {"name": "Danube Clinic Finder", "type": "facilitator"},
    "TA-105": {"name": "Ege Services", "type": "facilitator"},
    "TA-106": {"name": "Fjord Medical Travel"},
    "TA-107": {"name": "Gulf Expats", "type": "expat_community"},
    "TA-108": {"name": "Helix Brokers", "type": "insurance_broker"},
    "TA-109": {"name": "Isar Reisen"},
    "TA-110": {"name": "Juniper Travel"},
    "TA-111": {"name": "Dr. Kaya", "type": "sending_doctor", "is_clinician": True},
    "TA-112": {"name": "Levant Tours", "has_tax_form": None},
}

#: agreements are alike but for the one that ends
AGREED = {
    **AGREEMENT,
    "fee_depends_on_outcome": False,
    "fee_depends_on_cost": False,
    "fee_depends_on_acceptance": False,
    "fee_depends_on_volume": False,
    "mixes_services": False,
    "depends_on_return_referrals": False,
    "demands_exclusivity": False,
    "valued_by_third_party": True,
    "valued_on": "2025-11-15",
    "valuation_maximum": {"amount": "600.00", "currency": "USD"},
}


class Introduced(NamedTuple):
    """An introduction: its day, complexity, and the treatment's day and bill, where there was one."""

    day: str
    complexity: str = "simple"
    treated_on: str = ""
    cost: str = "5000.00 USD"
    facts: Mapping[str, Any] = {}
    #: the day that it is recorded on, where that is a later one
    recorded_on: str = ""


#: one euro was 1.10 USD on 15 June 2026; nobody said what a pound was
_RATES = {
    "fairlead": 1,
    "kind": "rates",
    "name": "rates",
    "version": "1.0.0",
    "rates": [{"on": "2026-06-15", "from": "EUR", "to": "USD", "rate": "1.10"}],
}
RATES = ProjectRates(_RATES, rates_table(_RATES))
_TRANSLATED = {"file_complete": False, "translation_done": True}

INTRODUCTIONS: Mapping[str, Introduced] = {
    "101-01": Introduced("2026-01-12", "complex", "2026-03-02", "6000.00 USD"),
    "101-02": Introduced("2026-01-26", "complex", "2026-03-16", "5500.00 USD"),
    "101-03": Introduced("2026-02-09", "complex"),
    "101-04": Introduced("2026-02-23", "complex", "2026-04-20", "7000.00 USD"),
    "101-05": Introduced("2026-03-09", "complex", "2026-05-11", "6500.00 USD"),
    "101-06": Introduced("2026-04-13", "complex", "2026-06-01", "8000.00 USD"),
    "101-07": Introduced("2026-04-27", "complex", "2026-06-15", "10000.00 EUR"),
    "101-08": Introduced("2026-05-11", "complex"),
    "101-09": Introduced("2026-06-08", "complex", "2026-07-20", "12345.67 USD"),
    "101-10": Introduced("2026-07-06", "complex", "2026-08-24", "4000.10 USD"),
    "101-11": Introduced("2026-07-20", "complex", "2026-09-07", "20000.00 USD"),
    "101-12": Introduced("2026-08-10", "complex", "2026-09-28", "40000.00 USD"),
    "101-13": Introduced("2026-09-07", "complex"),
    "101-14": Introduced("2026-10-05", "standard", "2026-11-23", "9000.00 GBP"),
    "101-15": Introduced("2026-10-19", "standard", "2026-12-07", "10000.00 USD"),
    "101-16": Introduced("2026-11-16", "complex", "2026-12-21", "10000.00 USD"),
    "102-01": Introduced("2026-03-20", treated_on="2026-06-20"),
    "102-02": Introduced("2026-05-18", treated_on="2026-09-01"),
    "103-01": Introduced("2026-04-20", "standard", "2026-06-22"),
    "103-02": Introduced("2026-06-30", "standard"),
    "103-03": Introduced("2026-07-01", "standard", "2026-10-01"),
    "104-01": Introduced("2026-02-16", treated_on="2026-05-04"),
    "104-02": Introduced("2026-08-03"),
    "105-01": Introduced("2026-01-20", treated_on="2026-04-01"),
    "105-02": Introduced("2026-02-10", treated_on="2026-04-01"),
    "105-03": Introduced("2026-03-03"),
    "105-04": Introduced("2026-04-22", treated_on="2026-07-15"),
    "105-05": Introduced("2026-05-27"),
    "106-01": Introduced("2026-01-15", "standard", "2026-03-30"),
    "106-02": Introduced("2026-03-11"),
    "106-03": Introduced("2026-07-14", treated_on="2026-10-10"),
    "106-04": Introduced("2026-09-22"),
    "107-01": Introduced("2026-02-24", treated_on="2026-05-20", facts=_TRANSLATED),
    "107-02": Introduced("2026-05-06", facts=_TRANSLATED),
    "108-01": Introduced("2026-05-31"),
    "108-02": Introduced("2026-06-01", treated_on="2026-08-15"),
    "109-01": Introduced("2026-03-30"),
    "109-02": Introduced("2026-08-24"),
    "110-01": Introduced("2026-03-28", treated_on="2026-07-01", recorded_on="2026-04-20"),
    "110-02": Introduced(
        "2026-11-03", "standard", facts={"translation_done": True, "travel_file_complete": True}
    ),
    "111-01": Introduced("2026-02-05", treated_on="2026-04-15"),
    "111-02": Introduced("2026-10-27", treated_on="2026-12-15"),
    "112-01": Introduced("2026-08-17", treated_on="2026-11-10"),
    "112-02": Introduced("2026-08-18"),
}

#: introductions that the patient was told about on another day than theirs, and when the patient decided
_TOLD_LATER = {"102-01": ("2026-04-20", "2026-05-02"), "102-02": ("2026-05-25", "2026-05-20")}

#: what is entered in the CRM later on: day, introduction, facts
_CHANGES = (
    ("2026-04-22", "106-01", {"complexity": "complex"}),
    ("2026-05-12", "105-02", {"reversal_cause": "duplicate"}),
    ("2026-10-05", "112-02", {"reversal_cause": "did_not_occur"}),
)


class Year:
    """Puts into a world's store what the CRM says, day by day."""

    def __init__(self, world: World) -> None:
        self.store = world.store
        self._project = project.open(world.folder)
        self._at = _noon("2025-12-01")
        self._put_at_once: list[MirrorRecord] = []
        self._facts: dict[str, dict[str, Any]] = {}
        self._links: dict[str, dict[str, str]] = {}
        self._partners = {code: {**PARTNER, "code": code, **facts} for code, facts in PARTNERS.items()}
        self._waiting = sorted(self._events(), key=lambda event: event[0])

    def ledger(self, day: str) -> Ledger:
        """Let the CRM go on to a day, with that day's screening of partners; return the ledger at noon."""
        while self._waiting and self._waiting[0][0] <= day:
            on, happens = self._waiting.pop(0)
            self._at = _noon(on)
            happens()
        self._at = _noon(day)
        for code, facts in self._partners.items():
            facts |= {"screened_on": day, "screening_clear": True}
            self._put("partner", code, facts)
        self._write()
        return Ledger(self._project, self.store, now=_noon(day), rates=RATES)

    def _put(
        self, entity: str, id_: str, facts: Mapping[str, Any], links: Mapping[str, str] | None = None
    ) -> None:
        named = {name: Ref(f"{name}s", target) for name, target in (links or {}).items()}
        ref = Ref(f"{entity}s", id_)
        person = named.get("lead")
        self._put_at_once.append(
            MirrorRecord(entity, id_, ref, self._at, {"id": id_, **facts}, named, person)
        )

    def _write(self) -> None:
        with self.store.transaction() as tx:
            tx.mirror.put(self._put_at_once)
        self._put_at_once = []

    def _events(self) -> list[tuple[str, Callable[[], None]]]:
        events: list[tuple[str, Callable[[], None]]] = [("2025-12-01", self._agree)]
        for id_, each in INTRODUCTIONS.items():
            events.append((each.recorded_on or each.day, partial(self._introduce, id_)))
            if each.treated_on:
                events.append((each.treated_on, partial(self._treat, id_)))
        for day, id_, facts in _CHANGES:
            events.append((day, partial(self._change, id_, facts)))
        for id_, (told_on, decided_on) in _TOLD_LATER.items():
            decided = {"decision_state": "decided", "patient_decided_at": f"{decided_on}T15:00:00Z"}
            events.append((told_on, partial(self._tell, id_, told_on)))
            events.append((decided_on, partial(self._change, id_, decided)))
        events.append(("2026-09-15", self._delete_partner))
        events.append(("2026-11-02", lambda: self._partners["TA-112"].update(has_tax_form=True)))
        return events

    def _agree(self) -> None:
        for code, facts in self._partners.items():
            self._put("partner", code, facts)
            ends = {"open_ended": False, "ends_on": "2026-05-31"} if code == "TA-108" else {}
            self._put("agreement", f"a-{code}", {**AGREED, **ends}, {"partner": code})

    def _introduce(self, id_: str) -> None:
        each = INTRODUCTIONS[id_]
        code = f"TA-{id_[:3]}"
        self._put("lead", f"l-{id_}", {"created_at": f"{each.day}T08:00:00Z"})
        self._facts[id_] = {
            "introduced_on": each.day,
            **INTRODUCTION,
            "complexity": each.complexity,
            "complexity_set_on": each.day,
            "complexity_set_by_facility": True,
            **each.facts,
        }
        self._links[id_] = {"lead": f"l-{id_}", "partner": code, "agreement": f"a-{code}"}
        if id_ in _TOLD_LATER:
            self._change(id_, {})
        else:
            self._tell(id_, each.day)

    def _tell(self, id_: str, day: str) -> None:
        facts = {**DISCLOSURE, "given_at": f"{day}T09:00:00Z", "recorded_at": f"{day}T09:05:00Z"}
        self._put("disclosure", f"d-{id_}", facts, {"lead": f"l-{id_}"})
        self._links[id_]["disclosure"] = f"d-{id_}"
        self._change(id_, {})

    def _treat(self, id_: str) -> None:
        each = INTRODUCTIONS[id_]
        amount, currency = each.cost.split()
        bill = {"amount": amount, "currency": currency}
        facts = {"completed": True, "total_cost": bill, "billed_on": each.treated_on}
        self._put("treatment", f"t-{id_}", facts, {"lead": f"l-{id_}", "introduction": id_})
        self._links[id_]["treatment"] = f"t-{id_}"
        self._change(id_, {})

    def _change(self, id_: str, facts: Mapping[str, Any]) -> None:
        self._facts[id_] |= facts
        self._put("introduction", id_, self._facts[id_], self._links[id_])

    def _delete_partner(self) -> None:
        del self._partners["TA-104"]
        self._write()
        with self.store.transaction() as tx:
            tx.mirror.delete(Ref("partners", "TA-104"))


def _noon(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC).replace(hour=12)
