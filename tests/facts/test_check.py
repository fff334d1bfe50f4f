"""A record fits the model, or each bad fact is named; nothing else is ever raised."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.facts.clinic import model_document

from fairlead.documents.json_text import Document
from fairlead.facts.check import Check, _CarefulCheck, compile_check
from fairlead.facts.model import FactModel
from fairlead.facts.values import Money
from fairlead.problems import RecordError

MODEL = FactModel.from_document(Document(model_document()))
ISTANBUL = ZoneInfo("Europe/Istanbul")
check = compile_check(MODEL, ISTANBUL)


def problems_of(record: Any) -> list[tuple[str, str, str | None]]:
    with pytest.raises(RecordError) as raised:
        check(record)
    return [(problem.code, problem.pointer, problem.nearest) for problem in raised.value.problems]


def test_a_lead_becomes_internal_values() -> None:
    record = {
        "lead": {
            "id": "L-1",
            "channel": "phone",
            "submitted_medical_records": True,
            "budget": {"amount": "8000", "currency": "EUR"},
            "deposit": {"amount": "150.50", "currency": "EUR"},
            "companions": 2,
            "discount": "12.5",
            "first_contact_on": "2026-11-21",
            "first_contact_at": "2026-11-21T09:00",
            "languages": ["Türkçe", "Deutsch"],
        }
    }
    kept = json.dumps(record)
    assert check(record) == {
        "lead": {
            "id": "L-1",
            "channel": "phone",
            "submitted_medical_records": True,
            "budget": (80000000, "EUR"),
            "deposit": 15050,
            "companions": 2,
            "discount": 1250,
            "first_contact_on": date(2026, 11, 21),
            "first_contact_at": datetime(2026, 11, 21, 6, tzinfo=UTC),
            "languages": ("Türkçe", "Deutsch"),
        }
    }
    assert json.dumps(record) == kept


def test_python_values_are_taken_too() -> None:
    record = {
        "lead": {
            "budget": Money(Decimal("8000.00"), "EUR"),
            "discount": Decimal("12.5"),
            "first_contact_on": date(2026, 11, 21),
            "first_contact_at": datetime(2026, 11, 21, 6, tzinfo=UTC),
            "languages": ("de",),
        }
    }
    assert check(record) == {
        "lead": {
            "budget": (80000000, "EUR"),
            "discount": 1250,
            "first_contact_on": date(2026, 11, 21),
            "first_contact_at": datetime(2026, 11, 21, 6, tzinfo=UTC),
            "languages": ("de",),
        }
    }


@pytest.mark.parametrize("absent", [None, ""])
def test_null_and_empty_text_are_absent(absent: object) -> None:
    facts = MODEL.entities["lead"].facts
    assert check({"lead": dict.fromkeys(facts, absent)}) == {"lead": {}}
    assert check({"lead": {"id": "x"}, "partner": absent}) == {"lead": {"id": "x"}}
    assert check({"partner": {"introductions_this_year": absent, "introductions": absent}}) == {"partner": {}}


def test_an_empty_record_has_no_entity_and_an_empty_entity_no_facts() -> None:
    assert check({}) == {}
    assert check({"lead": {}}) == {"lead": {}}


def test_an_aggregate_may_be_stated() -> None:
    record = {"partner": {"introductions_this_year": 3, "last_introduction_on": "2026-11-21"}}
    assert check(record) == {
        "partner": {"introductions_this_year": 3, "last_introduction_on": date(2026, 11, 21)}
    }
    assert problems_of({"partner": {"introductions_this_year": -1}}) == [
        ("out-of-range", "/partner/introductions_this_year", None)
    ]


def test_related_records_are_kept_as_a_list() -> None:
    record = {
        "partner": {
            "id": "P-1",
            "introductions": [
                {"id": "I-1", "introduced_on": "2026-11-21", "ended_well": True},
                {"id": "I-2", "introduced_on": None},
            ],
        }
    }
    assert check(record) == {
        "partner": {
            "id": "P-1",
            "introductions": [
                {"id": "I-1", "introduced_on": date(2026, 11, 21), "ended_well": True},
                {"id": "I-2"},
            ],
        }
    }


def test_a_fact_stated_twice_is_refused() -> None:
    record = {"partner": {"introductions_this_year": 3, "introductions": []}}
    assert problems_of(record) == [("stated-twice", "/partner/introductions_this_year", None)]
    # an absent one is not stated
    assert check({"partner": {"introductions_this_year": None, "introductions": []}}) == {
        "partner": {"introductions": []}
    }


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"led": {}}, [("unknown-entity", "/led", "lead")]),
        ({"lead": {"chanel": "phone"}}, [("unknown-fact", "/lead/chanel", "lead.channel")]),
        ({"lead": {"chanel": None}}, [("unknown-fact", "/lead/chanel", "lead.channel")]),
        ({"lead": {"chanel": ""}}, [("unknown-fact", "/lead/chanel", "lead.channel")]),
        ({"lead": {"chanel": True}}, [("unknown-fact", "/lead/chanel", "lead.channel")]),
        ({"lead": {"chanel": 1}}, [("unknown-fact", "/lead/chanel", "lead.channel")]),
        ({"lead": {"channel": "phon"}}, [("unknown-value", "/lead/channel", "phone")]),
        ({"lead": {"channel": True}}, [("wrong-type", "/lead/channel", None)]),
        ({"lead": {"channel": ["phone"]}}, [("wrong-type", "/lead/channel", None)]),
        (
            {"lead": {"submitted_medical_records": 1}},
            [("wrong-type", "/lead/submitted_medical_records", None)],
        ),
        (
            {"lead": {"submitted_medical_records": "true"}},
            [("wrong-type", "/lead/submitted_medical_records", None)],
        ),
        ({"lead": {"companions": 21}}, [("out-of-range", "/lead/companions", None)]),
        ({"lead": {"companions": "2"}}, [("wrong-type", "/lead/companions", None)]),
        ({"lead": {"companions": 2.0}}, [("wrong-type", "/lead/companions", None)]),
        ({"lead": {"companions": True}}, [("wrong-type", "/lead/companions", None)]),
        ({"lead": {"discount": "100.01"}}, [("out-of-range", "/lead/discount", None)]),
        ({"lead": {"discount": "1.001"}}, [("too-many-digits", "/lead/discount", None)]),
        ({"lead": {"discount": float("nan")}}, [("not-exact", "/lead/discount", None)]),
        (
            {"lead": {"budget": {"amount": "-1", "currency": "EUR"}}},
            [("out-of-range", "/lead/budget", None)],
        ),
        (
            {"lead": {"budget": {"amount": True, "currency": "EUR"}}},
            [("wrong-type", "/lead/budget", None)],
        ),
        (
            {"lead": {"budget": {"amount": "1", "currency": "eur"}}},
            [("unknown-currency", "/lead/budget", "EUR")],
        ),
        (
            {"lead": {"budget": {"amount": "1", "currency": {}}}},
            [("wrong-type", "/lead/budget", None)],
        ),
        (
            {"lead": {"deposit": {"amount": "1", "currency": "USD"}}},
            [("wrong-currency", "/lead/deposit", None)],
        ),
        ({"lead": {"first_contact_on": "21.11.2026"}}, [("wrong-type", "/lead/first_contact_on", None)]),
        ({"lead": {"languages": ["de", 1]}}, [("wrong-type", "/lead/languages", None)]),
        ({"lead": {"id": "\ud800"}}, [("invalid-text", "/lead/id", None)]),
        ({"lead": [1]}, [("wrong-type", "/lead", None)]),
        ({"partner": {"introductions": {}}}, [("wrong-type", "/partner/introductions", None)]),
        ({"partner": {"introductions": [1]}}, [("wrong-type", "/partner/introductions/0", None)]),
        (
            {"partner": {"introductions": [{}, {"introduced": "2026-11-21"}]}},
            [
                (
                    "unknown-fact",
                    "/partner/introductions/1/introduced",
                    "partner.introductions.1.introduced_on",
                )
            ],
        ),
        ([], [("bad-record", "", None)]),
        (None, [("bad-record", "", None)]),
        ({1: {}}, [("unknown-entity", "/1", None)]),
        ({"lead": {1: "x"}}, [("unknown-fact", "/lead/1", None)]),
    ],
)
def test_a_bad_fact_is_named(record: Any, expected: list[tuple[str, str, str | None]]) -> None:
    assert problems_of(record) == expected


def test_all_bad_facts_of_a_record_are_named_in_the_words_of_the_model() -> None:
    with pytest.raises(RecordError) as raised:
        check({"lead": {"channel": "fax", "companions": "many", "id": "L-1"}})
    assert str(raised.value) == (
        "`lead.channel` has a value that is not allowed [unknown-value]\n"
        "  at /lead/channel\n"
        "  allowed: `whatsapp`, `phone`, `web_form`\n"
        "`lead.companions` must be an integer; this is text [wrong-type]\n"
        "  at /lead/companions\n"
        "  remedy: write it without quotes and without a point"
    )


def test_a_linked_record_stands_under_the_name_of_its_link() -> None:
    document = model_document()
    document["entities"]["lead"]["links"]["referrer"] = {"entity": "partner", "description": "Who sent."}
    check_linked = compile_check(FactModel.from_document(Document(document)))
    assert check_linked({"lead": {}, "referrer": {"code": "P"}}) == {"lead": {}, "referrer": {"code": "P"}}


def test_a_value_that_equals_one_seen_before_is_still_read_by_its_own_type() -> None:
    for _ in range(2):
        assert check({"lead": {"discount": "1"}}) == {"lead": {"discount": 100}}
        assert check({"lead": {"discount": 1}}) == {"lead": {"discount": 100}}
        assert problems_of({"lead": {"discount": True}}) == [("wrong-type", "/lead/discount", None)]
        assert check({"lead": {"budget": {"amount": 1, "currency": "EUR"}}})["lead"] == {
            "budget": (10000, "EUR")
        }
        assert problems_of({"lead": {"budget": {"amount": 1.00001, "currency": "EUR"}}}) == [
            ("too-many-digits", "/lead/budget", None)
        ]


def test_remembered_texts_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fairlead.facts.check._MOST_REMEMBERED", 10)
    for cents in range(100):
        assert check({"lead": {"discount": f"0.{cents:02}"}}) == {"lead": {"discount": cents}}


names = st.sampled_from(
    [
        *MODEL.entities,
        *MODEL.entities["lead"].facts,
        *MODEL.entities["partner"].aggregates,
        "introductions",
        "introduced_on",
        "amount",
        "currency",
        "",
    ]
)
leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(10**5000), 10**5000)
    | st.floats()
    | st.decimals()
    | st.text(max_size=5)
    | st.text(st.characters(categories=["Cs"]), max_size=2)
    | st.binary(max_size=3)
    | st.dates()
    | st.just(object())
    | st.sampled_from(
        ["phone", "EUR", "USD", "12.50", "0", "2026-11-21", "2026-11-21T09:00", "2026-11-21T09:00Z"]
    )
    | st.fixed_dictionaries({"amount": st.sampled_from(["1", "1.5", 2, ""]), "currency": st.just("EUR")})
)
junk = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(names | st.integers() | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=8,
)
leads = st.dictionaries(st.sampled_from(list(MODEL.entities["lead"].facts)), leaves, max_size=4)
introductions = st.lists(
    st.dictionaries(st.sampled_from(list(MODEL.entities["introduction"].facts)), leaves, max_size=2),
    max_size=2,
)
partners = st.fixed_dictionaries(
    {}, optional={"id": leaves, "introductions_this_year": leaves, "introductions": introductions | leaves}
)
records = junk | st.fixed_dictionaries({}, optional={"lead": leads, "partner": partners})


def outcome(check_record: Check, record: Any) -> str:
    """Return what a check makes of a record: the checked record, or every problem."""
    try:
        return repr(check_record(record))
    except RecordError as error:
        return "\n".join(str(problem) for problem in error.problems)


@given(records)
def test_both_paths_mean_the_same_and_raise_nothing_else(record: Any) -> None:
    expected = outcome(_CarefulCheck(MODEL, dict(MODEL.record_keys()), ISTANBUL), record)
    assert expected.encode()
    assert outcome(check, record) == expected
    # texts that were seen before take another way
    assert outcome(check, record) == expected
