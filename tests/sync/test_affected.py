"""A change is seen by those that read it, and by no others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from fairlead.project.assembling import LinkReads, ListReads, Reads
from fairlead.sync.affected import Changed, affected
from fairlead.sync.plan import EntityPlan, Plan

INTRODUCTIONS = ListReads(
    "introductions", "introduction", "partner", frozenset({"introduced_on", "reversal_cause"})
)
READS = (
    ("contacts", Reads("lead", frozenset({"channel"}))),
    (
        "contacts",
        Reads(
            "introduction",
            frozenset({"introduced_on", "verified"}),
            links=(LinkReads("partner", "partner", frozenset({"is_clinician"}), ()),),
        ),
    ),
    ("companies", Reads("partner", frozenset({"rating"}), (INTRODUCTIONS,))),
)
PLANS = {reads.entity: EntityPlan(object_, (), reads) for object_, reads in READS}
# what is affected is found without the facts
PLAN = Plan(None, PLANS, ())  # type: ignore[arg-type]


class Links:
    """Introductions i1 and i2 are of partner p1, i3 is of p2."""

    of: ClassVar = {"p1": ["i1", "i2"], "p2": ["i3"]}

    def pointing(self, entity: str, link: str, ids: Iterable[str]) -> Mapping[str, list[str]]:
        assert (entity, link) == ("introduction", "partner")
        return {id_: self.of[id_] for id_ in ids if id_ in self.of}


def readers(*changes: Changed) -> set[tuple[str, str]]:
    return affected(Links(), PLAN, changes)


def test_a_lead_is_decided_anew_where_its_own_fact_changed() -> None:
    assert readers(Changed("lead", "l1", frozenset({"channel"}))) == {("lead", "l1")}


def test_a_fact_that_nobody_reads_concerns_nobody() -> None:
    assert readers(Changed("lead", "l1", frozenset({"name"}))) == set()
    assert readers(Changed("partner", "p1", frozenset({"name"}))) == set()


def test_a_partners_fact_concerns_the_introductions_that_read_it() -> None:
    assert readers(Changed("partner", "p1", frozenset({"is_clinician"}))) == {
        ("introduction", "i1"),
        ("introduction", "i2"),
    }


def test_a_counted_fact_of_an_introduction_concerns_its_partner_alone() -> None:
    links = {"partner": "p1"}
    change = Changed("introduction", "i1", frozenset({"reversal_cause"}), links, links)

    assert readers(change) == {("partner", "p1")}


def test_an_introduction_that_moved_concerns_both_partners() -> None:
    change = Changed("introduction", "i1", frozenset(), {"partner": "p1"}, {"partner": "p2"})

    assert readers(change) == {("introduction", "i1"), ("partner", "p1"), ("partner", "p2")}


def test_an_introduction_that_went_concerns_its_partner() -> None:
    change = Changed("introduction", "i3", frozenset(), {"partner": "p2"}, {}, whole=True)

    assert readers(change) == {("introduction", "i3"), ("partner", "p2")}
