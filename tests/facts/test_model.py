"""A fact model is resolved, or every problem of it is told."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.facts.clinic import model_document

from fairlead.documents.json_text import read_document
from fairlead.facts.model import Aggregate, Fact, FactModel, Window
from fairlead.facts.types import DATE, DecimalType, IntegerType, ListType, MoneyType, OneOfType, TextType
from fairlead.problems import DocumentError, Problem


def load(document: dict[str, Any]) -> FactModel:
    return FactModel.from_document(read_document(json.dumps(document, indent=1), name="facts.json"))


def problems_of(document: dict[str, Any]) -> list[Problem]:
    with pytest.raises(DocumentError) as raised:
        load(document)
    return list(raised.value.problems)


MODEL = load(model_document())


def test_a_fact_has_its_full_name_type_and_labels() -> None:
    fact = MODEL.get("lead.deposit")
    assert isinstance(fact, Fact)
    assert (fact.name, fact.entity, fact.short) == ("lead.deposit", "lead", "deposit")
    assert fact.type == MoneyType("EUR", 18, 2)
    assert fact.labels == ("treatment_value",)
    assert fact.reviewed_by is None
    assert fact.known_at_decision
    assert fact.title == {"en": "deposit"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("lead.id", TextType()),
        ("lead.channel", OneOfType(("whatsapp", "phone", "web_form"))),
        ("lead.budget", MoneyType(None, 18, 4)),
        ("lead.companions", IntegerType(0, 20)),
        ("lead.discount", DecimalType(5, 2)),
        ("lead.languages", ListType(TextType())),
        ("partner.introductions_this_year", IntegerType(0, 2**63 - 1)),
        ("partner.last_introduction_on", DATE),
    ],
)
def test_each_declaration_has_its_type(name: str, expected: object) -> None:
    found = MODEL.get(name)
    assert found is not None
    assert found.type == expected


def test_bounds_are_units_of_the_scale() -> None:
    budget, discount = MODEL.entities["lead"].facts["budget"], MODEL.entities["lead"].facts["discount"]
    assert (budget.low, budget.high) == (0, None)
    assert (discount.low, discount.high) == (None, 10000)


def test_an_aggregate_knows_the_records_it_reads() -> None:
    aggregate = MODEL.get("partner.introductions_this_year")
    assert isinstance(aggregate, Aggregate)
    assert (aggregate.function, aggregate.of, aggregate.record) == ("count", "introductions", "introduction")
    assert aggregate.where == {"==": [{"var": "introduction.ended_well"}, True]}
    assert aggregate.window == Window("calendar", "year", None, None, "introduction.introduced_on")
    assert aggregate.derived_from == ("introduction.ended_well", "introduction.introduced_on")
    assert aggregate.pointer == "/entities/partner/aggregates/introductions_this_year"


def test_an_expression_sees_the_own_entity_and_the_linked_ones() -> None:
    assert list(MODEL.visible("introduction")) == [
        "introduction.id",
        "introduction.introduced_on",
        "introduction.amount",
        "introduction.ended_well",
        "partner.id",
        "partner.code",
        "partner.introductions_this_year",
        "partner.last_introduction_on",
    ]
    assert MODEL.visible("introduction")["introduction.introduced_on"] == DATE
    assert list(MODEL.visible("partner")) == [
        "partner.id",
        "partner.code",
        "partner.introductions_this_year",
        "partner.last_introduction_on",
    ]


def test_a_link_with_a_name_of_its_own_gives_its_facts_that_name() -> None:
    document = model_document()
    document["entities"]["lead"]["links"]["referrer"] = {"entity": "partner", "description": "Who sent."}
    model = load(document)
    assert model.visible("lead")["referrer.code"] == TextType()
    assert model.find("lead", "referrer.code") == model.get("partner.code")
    assert model.find("lead", "introduction.id") is None
    assert dict(model.record_keys()) == {
        "lead": "lead",
        "partner": "partner",
        "introduction": "introduction",
        "referrer": "partner",
    }


def test_labels_flow_along_derivations_and_through_aggregates() -> None:
    assert MODEL.labels_of("lead.channel") == frozenset()
    assert MODEL.labels_of("partner.introductions_this_year") == {"referral_volume", "outcome"}
    assert MODEL.labels_of("lead.expected_revenue") == {"treatment_value", "referral_volume", "outcome"}
    with pytest.raises(KeyError):
        MODEL.labels_of("lead.nothing")


def test_the_digest_is_that_of_the_document() -> None:
    document = model_document()
    assert load(document).digest == MODEL.digest
    document["entities"]["lead"]["facts"]["companions"]["maximum"] = 21
    assert load(document).digest != MODEL.digest


def _put(path: str, value: object) -> dict[str, Any]:
    """Return the model's document with `value` at a path of keys."""
    document = model_document()
    *way, last = path.split("/")
    place: Any = document
    for part in way:
        place = place.setdefault(part, {})
    place[last] = value
    return document


FACT: dict[str, Any] = {"type": "text", "title": "x", "description": "x", "labels": [], "reviewed_by": None}
LINK = {"entity": "partner", "description": "x"}
RELATED = {"entity": "introduction", "link": "partner", "description": "x"}
COUNT: dict[str, Any] = {
    "title": "x",
    "description": "x",
    "labels": [],
    "reviewed_by": None,
    "function": "count",
    "of": "introductions",
}
LEAD, PARTNER = "entities/lead", "entities/partner"


@pytest.mark.parametrize(
    ("path", "value", "code", "pointer", "nearest"),
    [
        (f"{LEAD}/links/clinic", LINK | {"entity": "partnr"}, "unknown-entity", "/entity", "partner"),
        (f"{LEAD}/links/lead", LINK, "ambiguous-name", "", None),
        (f"{LEAD}/links/introduction", LINK, "ambiguous-name", "", None),
        (f"{LEAD}/links/parameters", LINK, "bad-name", "", None),
        (f"{LEAD}/links/channel", LINK, "duplicate-name", "", None),
        (f"{PARTNER}/aggregates/code", COUNT, "duplicate-name", "", None),
        (f"{PARTNER}/related/leads", RELATED | {"entity": "led"}, "unknown-entity", "/entity", "lead"),
        (f"{PARTNER}/related/leads", RELATED | {"link": "partnr"}, "unknown-link", "/link", "partner"),
        (f"{LEAD}/related/introductions", RELATED, "wrong-link", "/link", None),
        (f"{LEAD}/facts/x", FACT | {"labels": ["outcom"]}, "unknown-label", "/labels/0", "outcome"),
        (
            f"{LEAD}/facts/x",
            FACT | {"derived_from": ["lead.chanel"]},
            "unknown-fact",
            "/derived_from/0",
            "lead.channel",
        ),
        (f"{LEAD}/facts/x", FACT | {"derived_from": ["lead.x"]}, "cycle", "/derived_from", None),
        (f"{LEAD}/facts/id", FACT | {"type": "date"}, "missing-id-fact", "..", None),
        (
            f"{PARTNER}/aggregates/x",
            COUNT | {"of": "introduction"},
            "unknown-related",
            "/of",
            "introductions",
        ),
        (
            f"{PARTNER}/aggregates/x",
            COUNT | {"function": "sum", "value": "introduction.amont"},
            "unknown-fact",
            "/value",
            "introduction.amount",
        ),
        (
            f"{PARTNER}/aggregates/x",
            COUNT | {"function": "sum", "value": "lead.budget"},
            "unknown-fact",
            "/value",
            None,
        ),
        (
            f"{PARTNER}/aggregates/x",
            COUNT | {"function": "sum", "value": "introduction.introduced_on"},
            "wrong-fact-type",
            "/value",
            None,
        ),
        (
            f"{PARTNER}/aggregates/x",
            COUNT | {"function": "latest", "value": "introduction.amount"},
            "wrong-fact-type",
            "/value",
            None,
        ),
        (
            f"{PARTNER}/aggregates/x",
            COUNT | {"window": {"kind": "rolling", "days": 30, "on": "introduction.amount"}},
            "wrong-fact-type",
            "/window/on",
            None,
        ),
        (f"{PARTNER}/aggregates/x", COUNT | {"function": "sum"}, "missing-key", "/value", None),
        (
            f"{PARTNER}/aggregates/x",
            COUNT | {"value": "introduction.amount"},
            "unexpected-key",
            "/value",
            None,
        ),
        (
            f"{PARTNER}/aggregates/x",
            COUNT | {"window": {"kind": "rolling", "on": "introduction.introduced_on"}},
            "missing-key",
            "/window/days",
            None,
        ),
        (
            f"{PARTNER}/aggregates/x",
            COUNT
            | {"window": {"kind": "rolling", "days": 1, "months": 1, "on": "introduction.introduced_on"}},
            "unexpected-key",
            "/window/months",
            None,
        ),
        (f"{LEAD}/facts/x", FACT | {"type": "txt"}, "unknown-value", "/type", "text"),
        (f"{LEAD}/facts/x", FACT | {"lables": []}, "unknown-key", "/lables", "labels"),
        (f"{LEAD}/facts/X", FACT, "bad-name", "", None),
        (
            f"{LEAD}/facts/x",
            FACT | {"type": "money", "currency": "EURO"},
            "unknown-currency",
            "/currency",
            "EUR",
        ),
        (
            f"{LEAD}/facts/x",
            FACT | {"type": "integer", "minimum": 2, "maximum": 1},
            "inconsistent-range",
            "/minimum",
            None,
        ),
        (
            f"{LEAD}/facts/x",
            FACT | {"type": "decimal", "precision": 5, "scale": 2, "minimum": "2", "maximum": "1.99"},
            "inconsistent-range",
            "/minimum",
            None,
        ),
        (
            f"{LEAD}/facts/x",
            FACT | {"type": "decimal", "precision": 5, "scale": 2, "maximum": "1.999"},
            "inconsistent-range",
            "/maximum",
            None,
        ),
        (
            f"{LEAD}/facts/x",
            FACT | {"type": "decimal", "precision": 5, "scale": 6},
            "inconsistent-range",
            "/scale",
            None,
        ),
        (
            f"{LEAD}/facts/x",
            FACT | {"type": "decimal", "precision": 39, "scale": 2},
            "value-out-of-range",
            "/precision",
            None,
        ),
        (
            f"{LEAD}/facts/x",
            FACT | {"type": "decimal", "precision": 5, "scale": 2, "minimum": "1e2"},
            "invalid-value",
            "/minimum",
            None,
        ),
        (f"{LEAD}/facts/x", FACT | {"type": "one_of", "values": []}, "empty-value", "/values", None),
        (
            f"{LEAD}/facts/x",
            FACT | {"type": "one_of", "values": ["a", "a"]},
            "duplicate-id",
            "/values/1",
            None,
        ),
        (
            f"{LEAD}/facts/x",
            FACT | {"type": "list", "items": {"type": "list", "items": {"type": "text"}}},
            "unknown-value",
            "/items/type",
            None,
        ),
    ],
)
def test_a_faulty_model_is_refused_at_the_fault(
    path: str, value: object, code: str, pointer: str, nearest: str | None
) -> None:
    [problem] = problems_of(_put(path, value))
    place = f"/{path}".rpartition("/")[0] if pointer == ".." else f"/{path}{pointer}"
    assert (problem.code, problem.pointer, problem.nearest) == (code, place, nearest)
    assert problem.file == "facts.json"
    assert problem.line is not None
    assert problem.line > 1


def test_a_link_name_that_means_two_entities_is_refused() -> None:
    document = model_document()
    document["entities"]["lead"]["links"]["referrer"] = {"entity": "partner", "description": "x"}
    document["entities"]["partner"]["links"] = {"referrer": {"entity": "lead", "description": "x"}}
    [problem] = problems_of(document)
    assert (problem.code, problem.pointer) == ("ambiguous-name", "/entities/partner/links/referrer")


def test_a_circle_of_derivations_is_shown_once() -> None:
    document = model_document()
    facts = document["entities"]["lead"]["facts"]
    facts["deposit"]["derived_from"] = ["lead.expected_revenue"]
    [problem] = problems_of(document)
    assert problem.code == "cycle"
    assert problem.message == (
        "these derive from each other in a circle: `lead.deposit` → `lead.expected_revenue` → `lead.deposit`"
    )
    assert problem.pointer == "/entities/lead/facts/deposit/derived_from"


def test_a_long_chain_of_derivations_is_followed() -> None:
    document = model_document()
    facts = document["entities"]["lead"]["facts"]
    for index in range(3000):
        facts[f"step_{index}"] = FACT | {"derived_from": [f"lead.step_{index + 1}"]}
    facts["step_3000"] = FACT | {"labels": ["outcome"]}
    assert load(document).labels_of("lead.step_0") == {"outcome"}


def test_all_problems_of_a_model_come_at_once() -> None:
    document = model_document()
    document["entities"]["lead"]["facts"]["x"] = FACT | {"labels": ["outcom"], "derived_from": ["lead.y"]}
    document["entities"]["lead"]["links"]["clinic"] = LINK | {"entity": "partnr"}
    assert sorted(problem.code for problem in problems_of(document)) == [
        "unknown-entity",
        "unknown-fact",
        "unknown-label",
    ]
