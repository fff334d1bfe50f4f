"""What an audit does not prove: bad declarations, doubtful sources, limits, what cannot be encoded."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.audit.planted.workshop import (
    NULL,
    Edit,
    V,
    add,
    at,
    audited,
    findings,
    obligation,
    replays,
    subject_of,
)

from fairlead.audit.auditor import AcceptedRisk, Subject, audit
from fairlead.audit.findings import Finding
from fairlead.audit.realised import Unrealisable, with_records
from fairlead.engine import Program
from fairlead.facts.model import Entity, Fact, FactModel
from fairlead.ruleset.policy_pack import load_pack

BASE = "planted/programme"
REWARD = "introduction.reward"
FEE = V("parameters.fee")
COUNT = V("partner.introductions_this_year")
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ITEM = {"var": ""}


def usd(amount: str) -> dict[str, Any]:
    return {"money": [amount, "USD"]}


VOLUME = {"kind": "independent", "label": "referral_volume"}
OUTCOME = {"kind": "independent", "label": "outcome"}
#: each kind of property, in a form that the clean programme meets
MET: list[tuple[str, dict[str, Any]]] = [
    ("introduction", OUTCOME),
    ("introduction", {"kind": "no_positive_correlation", "label": "treatment_value", "per": "unit"}),
    ("introduction", {"kind": "implies", "part": "accrues_when", "requirement": V("introduction.verified")}),
    ("introduction", {"kind": "never_paid", "when": V("partner.is_clinician")}),
    ("introduction", {"kind": "period_cap", "per": "payee", "unit": "year"}),
    ("introduction", {"kind": "item_cap", "maximum": usd("500.00")}),
    ("introduction", {"kind": "clawback_neutral"}),
    ("introduction", {"kind": "no_cliff", "count": "partner.introductions_this_year"}),
    ("introduction", {"kind": "equal_work"}),
    ("introduction", {"kind": "total"}),
    ("introduction", {"kind": "disjoint"}),
    ("introduction", {"kind": "no_dead_row"}),
    ("introduction", {"kind": "no_shadowed_row", "of": ["introduction.share"]}),
    ("introduction", {"kind": "determined"}),
    ("lead", {"kind": "bounded", "of": ["lead.score"], "minimum": 0, "maximum": 100}),
    ("lead", {"kind": "monotone", "of": ["lead.score"], "in": "lead.pages", "direction": "up"}),
    ("lead", {"kind": "reachable", "of": ["lead.band"], "value": "hot"}),
    ("lead", {"kind": "needs", "of": ["lead.band"], "value": "hot", "label": "special_category"}),
]


def all_kinds() -> list[dict[str, Any]]:
    return [
        obligation(asked, id=f"asked-{number}", entity=entity) for number, (entity, asked) in enumerate(MET)
    ]


def one(subject: Subject, asked: dict[str, Any], **keys: Any) -> Finding:
    (found,) = findings(subject, obligation(asked, **keys))
    return found


def impossible(subject: Subject, *names: str) -> Subject:
    """Return a ruleset whose model declares these decimals or amounts to be above and below 5."""
    model = subject.ruleset.model
    entities: dict[str, Entity] = dict(model.entities)
    for name in names:
        entity, _, short = name.partition(".")
        facts: dict[str, Fact] = dict(entities[entity].facts)
        facts[short] = replace(facts[short], low=6, high=4)
        entities[entity] = replace(entities[entity], facts=facts)
    contradictory: FactModel = replace(model, entities=entities, digest="sha256:contradictory")
    ruleset = replace(subject.ruleset, model=contradictory, digest="sha256:contradictory")
    return Subject(ruleset, Program(ruleset))


def test_every_kind_of_property_is_proved_of_the_clean_programme() -> None:
    found = findings(subject_of(BASE), *all_kinds())
    assert {each.property for each in found} == {asked["kind"] for _, asked in MET}
    assert {each.verdict for each in found} == {"proved"}


def test_under_contradictory_declarations_nothing_is_proved() -> None:
    budget = at(
        "introduction.fee", "rows", "complex", "when", {">=": [V("treatment.list_price"), usd("0.00")]}
    )
    visits = at("lead.score", "rows", "visits", "when", {">": [V("lead.spent"), usd("1.00")]})
    spent = Edit(
        ("entities", "lead", "facts", "spent"),
        {
            "type": "money",
            "currency": "USD",
            "title": "spent",
            "description": "Spent.",
            "labels": [],
            "reviewed_by": "the writers of these tests",
        },
    )
    share = add(
        "decisions",
        "introduction.share",
        "rows",
        {"id": "more", "when": {">=": [V("treatment.list_price"), usd("0.00")]}, "then": 1},
    )
    subject = subject_of(BASE, (budget, visits, share), (spent,))
    broken = impossible(subject, "treatment.list_price", "lead.spent")
    found = [each for each in findings(broken, *all_kinds()) if each.verdict != "not applicable"]
    assert len(found) > 15
    assert {each.verdict for each in found} == {"undecided"}
    said = "no case is admitted at all: the declarations contradict one another"
    assert {each.why for each in found} == {(said,)}


@pytest.mark.parametrize(
    "asked", [OUTCOME, VOLUME, {"kind": "clawback_neutral"}], ids=lambda asked: asked["kind"]
)
def test_labels_that_nobody_reviewed_decide_nothing(asked: dict[str, Any]) -> None:
    unreviewed = tuple(
        Edit(("entities", "introduction", "facts", name, "reviewed_by"), NULL)
        for name in ("complexity", "reversal_cause")
    )
    found = one(subject_of(BASE, (), unreviewed), asked)
    assert found.verdict == "undecided"
    assert "nobody has reviewed the labels of `introduction." in found.why[0]


def test_what_a_derived_fact_comes_from_must_be_reviewed_as_well() -> None:
    amount = at(REWARD, "amount", {"if": [{"==": [V("introduction.case_class"), "a"]}, FEE, FEE]})
    nobody = Edit(("entities", "treatment", "facts", "total_cost", "reviewed_by"), NULL)
    found = one(subject_of(BASE, (amount,), (nobody,)), VOLUME)
    assert found.verdict == "undecided"
    assert "`treatment.total_cost`" in found.why[0]


def test_a_refutation_needs_no_review() -> None:
    amount = at(REWARD, "amount", {"if": [V("treatment.completed"), FEE, usd("1.00")]})
    nobody = Edit(("entities", "introduction", "facts", "verified", "reviewed_by"), NULL)
    assert one(subject_of(BASE, (amount,), (nobody,)), OUTCOME).verdict == "refuted"


@pytest.mark.parametrize(
    ("edits", "words"),
    [
        ((at(REWARD, "accrues_when", False),), "the reward never pays anything"),
        ((at(REWARD, "amount", usd("0.00")),), "the reward never pays anything"),
        (
            (
                at(
                    REWARD,
                    "accrues_when",
                    {"and": [V("introduction.verified"), {"!": V("introduction.verified")}]},
                ),
            ),
            "the reward never pays anything",
        ),
    ],
    ids=["never-accrues", "pays-nothing", "contradicts-itself"],
)
def test_of_a_reward_that_never_pays_nothing_is_proved(edits: tuple[Edit, ...], words: str) -> None:
    asked = [
        obligation(asked, id=f"asked-{number}")
        for number, (entity, asked) in enumerate(MET)
        if asked["kind"] in ("independent", "no_positive_correlation", "never_paid", "period_cap", "item_cap")
    ]
    found = findings(subject_of(BASE, edits), *asked)
    assert len(found) == 5
    assert {each.verdict for each in found} == {"undecided"}
    assert all(words in each.why[0] for each in found)


def test_nothing_is_proved_where_the_obligation_is_for_nobody() -> None:
    never = {"and": [V("partner.is_staff"), {"!": V("partner.is_staff")}]}
    known = {"and": [{"!": {"absent": "partner.is_staff"}}, never]}
    found = one(subject_of(BASE), {"kind": "item_cap", "maximum": usd("500.00")}, applies_when=known)
    assert found.verdict == "not applicable"
    assert found.why == ("no admitted case falls under it",)


def test_a_requirement_of_what_never_happens_is_not_proved() -> None:
    asked = {"kind": "implies", "part": "reversed_when", "requirement": V("introduction.verified")}
    found = one(subject_of(BASE, (at(REWARD, "reversed_when", False),)), asked)
    assert found.verdict == "undecided"
    assert "so the property says nothing" in found.why[0]


def test_a_limit_of_one_step_proves_nothing() -> None:
    found = audited(subject_of(BASE), *all_kinds(), limit=1)
    decided = [each for each in found.findings if each.verdict != "not applicable"]
    assert {each.verdict for each in decided} == {"undecided"}
    assert all(each.why == ("the solver's limit was reached",) for each in decided)


def test_the_same_question_costs_the_same() -> None:
    one, other = (audited(subject_of(BASE), *all_kinds()) for _ in range(2))
    assert [(each.id, each.verdict, each.steps, each.formula) for each in one.findings] == [
        (each.id, each.verdict, each.steps, each.formula) for each in other.findings
    ]


def test_a_formula_out_of_reach_is_undecided_by_name() -> None:
    # n to the third plus m to the third is never p to the third, which no solver of this kind can tell
    cubes = {
        "==": [
            {"+": [{"*": [V(name)] * 3} for name in ("lead.pages_a", "lead.pages_b")]},
            {"*": [V("lead.pages_c")] * 3},
        ]
    }
    counts = tuple(
        Edit(
            ("entities", "lead", "facts", f"pages_{letter}"),
            {
                "type": "integer",
                "minimum": 1,
                "maximum": 1_000_000,
                "title": f"pages {letter}",
                "description": "Pages.",
                "labels": [],
                "reviewed_by": "the writers of these tests",
            },
        )
        for letter in "abc"
    )
    edits = (at("lead.score", "rows", "dates", "when", cubes), at("lead.score", "maximum", 99))
    asked = {"kind": "bounded", "of": ["lead.score"], "maximum": 60}
    (found,) = audited(
        subject_of(BASE, edits, counts), obligation(asked, entity="lead"), limit=300_000
    ).findings[:1]
    assert found.verdict == "undecided"
    assert found.why[0].startswith(("the solver's limit was reached", "the solver could not tell"))


def test_a_list_of_free_texts_is_undecided_by_name() -> None:
    accrues = at(REWARD, "accrues_when", {"all": [V("introduction.remarks"), {"!=": [ITEM, "died"]}]})
    found = one(subject_of(BASE, (accrues,)), OUTCOME)
    assert found.verdict == "undecided"
    assert found.why == ("`all` over a list of free values cannot be encoded",)


def test_joined_texts_are_never_taken_for_what_they_are_not() -> None:
    joined = {"==": [{"cat": ["note: ", V("introduction.note")]}, "note: died"]}
    found = one(subject_of(BASE, (at(REWARD, "accrues_when", joined),)), OUTCOME)
    assert found.verdict == "undecided"
    assert found.why == ("the solver found a case that the engine does not confirm",)


#: always true: `dex` and `yde` are not equal, which only the engine can tell
UNLIKE = {"!=": [{"cat": [V("partner.country"), "x"]}, {"cat": ["y", V("partner.country")]}]}
KNOWN = {"!": {"absent": "partner.country"}}
NEVER = {"and": [KNOWN, {"!": UNLIKE}]}


@pytest.mark.parametrize(
    ("asked", "keys"),
    [
        (
            {
                "kind": "implies",
                "part": "payable_when",
                "requirement": {"or": [{"absent": "partner.country"}, UNLIKE]},
            },
            {},
        ),
        ({"kind": "never_paid", "when": NEVER}, {}),
        ({"kind": "item_cap", "maximum": usd("100.00")}, {"applies_when": NEVER}),
    ],
    ids=["requirement", "condition", "applies-when"],
)
def test_a_condition_of_a_pack_is_confirmed_by_the_engine(
    asked: dict[str, Any], keys: dict[str, Any]
) -> None:
    """Of joined texts the encoding knows less than the engine: that alone refutes nothing."""
    found = one(subject_of(BASE), asked, **keys)
    assert found.verdict == "undecided"
    assert found.why == ("the solver found a case that the engine does not confirm",)


def test_a_label_that_nothing_carries_decides_nothing() -> None:
    found = one(subject_of(BASE), {"kind": "independent", "label": "unused"})
    assert found.verdict == "undecided"
    assert found.why == ("nothing in the fact model carries the label `unused`, so there is nothing to vary",)


def test_an_obligation_of_low_confidence_is_never_proved() -> None:
    found = one(subject_of(BASE), OUTCOME, confidence="low")
    assert found.verdict == "undecided"
    assert found.why[0] == (
        "the property is proved, but the source of the obligation itself was not re-read: "
        "the confidence is low"
    )
    amount = at(REWARD, "amount", {"if": [V("treatment.completed"), FEE, usd("1.00")]})
    assert one(subject_of(BASE, (amount,)), OUTCOME, confidence="low").verdict == "refuted"


def test_a_figure_of_low_confidence_proves_nothing() -> None:
    figure = {
        "type": "money",
        "currency": "USD",
        "value": {"amount": "500.00", "currency": "USD"},
        "title": "most",
        "source": "From memory.",
        "confidence": "low",
    }
    asked = obligation({"kind": "item_cap", "maximum": V("parameters.most")})
    (found,) = findings(subject_of(BASE), asked, parameters={"most": figure})
    assert found.verdict == "undecided"
    assert "`parameters.most`" in found.why[0]
    (surer,) = findings(subject_of(BASE), asked, parameters={"most": {**figure, "confidence": "medium"}})
    assert surer.verdict == "proved"


def test_a_limit_before_its_first_value_limits_nothing() -> None:
    figure = {
        "type": "money",
        "currency": "USD",
        "dated": [{"from": "2030-01-01", "value": {"amount": "5000.00", "currency": "USD"}}],
        "title": "most",
        "source": "Seen.",
        "confidence": "high",
    }
    asked = {"kind": "period_cap", "per": "payee", "unit": "year", "maximum": V("parameters.most")}
    (found,) = findings(subject_of(BASE), obligation(asked), parameters={"most": figure})
    assert found.verdict == "undecided"
    assert found.why == ("the limit of the pack has no value then",)


def test_a_bill_in_another_currency_is_not_compared() -> None:
    part = {
        "round": [
            {
                "*": [
                    {
                        "convert": [
                            V("treatment.any_cost"),
                            V("introduction.introduced_on"),
                            {"currency": "USD", "rounding": "down"},
                        ]
                    },
                    {"decimal": "0.10"},
                ]
            },
            {"scale": 2, "rounding": "down"},
        ]
    }
    asked = {"kind": "case_cap", "share": {"decimal": "0.20"}, "cost": "treatment.any_cost"}
    found = one(subject_of(BASE, (at(REWARD, "amount", part),)), asked)
    assert found.verdict == "undecided"


def test_a_cap_that_follows_a_label_is_not_passed_over() -> None:
    most = {"if": [{">": [COUNT, 10]}, usd("9000.00"), usd("5000.00")]}
    found = one(subject_of(BASE, (at(REWARD, "caps", 0, "maximum", most),)), VOLUME)
    assert found.verdict == "undecided"
    (why,) = found.why
    assert why == (
        "a cap of the reward reads `partner.introductions_this_year`, which carries the label "
        "`referral_volume`"
    )


def test_a_risk_that_is_forbidden_cannot_be_accepted() -> None:
    subject = subject_of("medical-travel/partner-tiers-as-published")
    pack = load_pack("introduction-only", model=subject.ruleset.model)
    day = NOON.date()
    ids = ["introduction-only:outcome:medical-travel/partner-tiers-as-published:introduction.reward"]
    ids.append(ids[0].replace(":outcome:", ":one-reward:"))
    risks = [AcceptedRisk(each, "known", "counsel", day.replace(year=2027)) for each in ids]
    found = {each.id: each for each in audit("x", [subject], [pack], day, risks=risks).findings}
    assert [found[each].verdict for each in ids] == ["refuted", "accepted risk"]


# aggregates are realised by records

PLANTED = subject_of(BASE)
READS_ALL = subject_of(
    BASE,
    (
        at(
            REWARD,
            "amount",
            {
                "if": [
                    {
                        "and": [
                            {">=": [COUNT, 3]},
                            {"==": [V("partner.verified_this_year"), 2]},
                            {">": [V("partner.hours_this_year"), 40]},
                            {"<": [V("partner.first_introduced_on"), {"date": "2026-02-01"}]},
                            V("partner.has_introduced"),
                        ]
                    },
                    usd("400.00"),
                    usd("300.00"),
                ]
            },
        ),
    ),
)


def test_several_numbers_over_one_list_come_true_together() -> None:
    found = one(READS_ALL, VOLUME)
    assert found.verdict == "refuted"
    first, second = replays(found, READS_ALL)
    assert {first.reward().amount.amount, second.reward().amount.amount} == {300, 400}  # type: ignore[union-attr]
    paid_more = next(case for case in (first, second) if case.reward().amount.amount == 400)  # type: ignore[union-attr]
    listed = paid_more.fact("partner.introductions")
    this_year = [each for each in listed if each["introduced_on"].startswith("2026")]
    assert len(this_year) >= 3
    assert sum(each.get("verified") is True for each in this_year) == 2
    assert sum(each.get("hours", 0) for each in this_year) > 40
    assert min(each["introduced_on"] for each in listed) < "2026-02-01"
    assert len({each["id"] for each in listed}) == len(listed)


STATED: list[dict[str, Any]] = [
    {"introductions_this_year": 0},
    {"introductions_this_year": 16},
    {"introductions_this_year": 5, "verified_this_year": 5},
    {"introductions_this_year": 5, "verified_this_year": 0, "hours_this_year": 77},
    {"verified_this_year": 2, "first_introduced_on": "2020-02-29", "has_introduced": True},
    {"introductions_this_year": 0, "has_introduced": True, "first_introduced_on": "2025-12-31"},
    {"hours_this_year": 1000, "introductions_this_year": 12},
]


@pytest.mark.parametrize("stated", STATED, ids=lambda stated: "-".join(map(str, stated.values())))
def test_the_engine_computes_the_stated_numbers_from_the_records(stated: dict[str, Any]) -> None:
    record = {"introduction": {}, "partner": {"id": "P-1", **stated}}
    listed = with_records(record, [], READS_ALL.program, NOON)
    assert set(listed["partner"]) == {"id", "introductions"}
    computed = READS_ALL.program.aggregating(NOON)(READS_ALL.program.check(dict(listed)))["partner"]
    as_json = {name: str(computed[name]) for name in stated}
    assert as_json == {name: str(value) for name, value in stated.items()}


@pytest.mark.parametrize(
    "stated",
    [
        {"introductions_this_year": 2, "verified_this_year": 3},
        {"introductions_this_year": 1, "has_introduced": False},
        {"introductions_this_year": 1, "first_introduced_on": "2027-06-01"},
        {"introductions_this_year": 2, "hours_this_year": 201},
        {"introductions_this_year": 10_000_000},
    ],
    ids=lambda stated: "-".join(map(str, stated.values())),
)
def test_numbers_that_no_records_come_to_are_refused_by_name(stated: dict[str, Any]) -> None:
    record = {"introduction": {}, "partner": stated}
    with pytest.raises(Unrealisable) as raised:
        with_records(record, [], READS_ALL.program, NOON)
    assert str(raised.value).startswith("the numbers of the case cannot be realised by records: `partner.")
    assert {name.partition(".")[2] for name in raised.value.names} == set(stated)


def test_a_number_that_is_absent_stays_so() -> None:
    record = {"introduction": {}, "partner": {"introductions_this_year": 2}}
    names = ["partner.verified_this_year"]
    listed = with_records(record, names, READS_ALL.program, NOON)
    computed = READS_ALL.program.aggregating(NOON)(READS_ALL.program.check(dict(listed)))["partner"]
    assert computed["introductions_this_year"] == 2
    assert computed["verified_this_year"] is None


def test_a_case_that_no_records_come_to_is_undecided() -> None:
    more_verified = {">": [V("partner.verified_this_year"), COUNT]}
    subject = subject_of(BASE, (at(REWARD, "amount", {"if": [more_verified, usd("600.00"), FEE]}),))
    found = one(subject, {"kind": "item_cap", "maximum": usd("500.00")})
    assert found.verdict == "undecided"
    (why,) = found.why
    assert why == (
        "the numbers of the case cannot be realised by records: `partner.introductions_this_year`, "
        "`partner.verified_this_year`"
    )
