"""What is written reads back as the same term, for random typed terms over every operator."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.logic.lead_scope import read
from tests.logic.test_operator_table import VALIDATOR
from tests.logic.test_to_english import SENTENCES
from tests.strategies import ANY_MONEY, CHANNEL, RATE, SMALL, USD, WIDE, TermMaker, variables_in_scope

from fairlead.facts.types import (
    BOOLEAN,
    DATE,
    DATE_TIME,
    TEXT,
    DecimalType,
    ListType,
    MoneyType,
    Type,
)
from fairlead.facts.values import decimal_text
from fairlead.logic import Scope, factory, from_jsonlogic, to_english, to_jsonlogic
from fairlead.logic.operators import OPERATORS
from fairlead.logic.terms import Literal, Term

SCOPE = Scope.of(variables_in_scope("lead"))
KINDS = (BOOLEAN, BOOLEAN, SMALL, WIDE, RATE, USD, ANY_MONEY, TEXT, CHANNEL, DATE, DATE_TIME, ListType(TEXT))


def written_out(type_: Type, value: Any) -> Term:
    """Return the literal that a document can hold for a value."""
    if isinstance(type_, ListType):
        assert type_.item is not None
        return factory.list_of([written_out(type_.item, item) for item in value])
    if isinstance(type_, MoneyType):
        units, currency = value if type_.currency is None else (value, type_.currency)
        return factory.money(decimal_text(units, 2), currency)
    if isinstance(type_, DecimalType):
        return factory.decimal(decimal_text(value, type_.scale))
    if type_ == DATE:
        return factory.date_literal(value)
    if type_ == DATE_TIME:
        return factory.date_time_literal(value)
    return factory.literal(value)


class WrittenTerms(TermMaker):
    """Draws terms whose literals have the types that the reader gives them."""

    def leaf(self, type_: Type) -> Term:
        """Draw a literal or a name."""
        term = super().leaf(type_)
        return written_out(type_, term.value) if isinstance(term, Literal) else term


@st.composite
def terms(draw: st.DrawFn) -> Term:
    maker = WrittenTerms(draw, variables_in_scope("lead"), [])
    return maker.term(draw(st.sampled_from(KINDS)), draw(st.integers(1, 4)))


@settings(deadline=None, max_examples=500)
@given(terms())
def test_a_term_reads_back_as_it_is_written(term: Term) -> None:
    written = to_jsonlogic(term)

    assert from_jsonlogic(written, SCOPE) == term
    assert from_jsonlogic(json.loads(json.dumps(written)), SCOPE) == term


@settings(deadline=None)
@given(terms())
def test_what_is_written_has_the_form_of_the_schema(term: Term) -> None:
    VALIDATOR.validate(to_jsonlogic(term))


@settings(deadline=None)
@given(terms())
def test_every_term_has_a_sentence_of_one_line(term: Term) -> None:
    sentence = to_english(term)

    assert sentence.isprintable()
    assert sentence.count("(") == sentence.count(")")


@pytest.mark.parametrize(
    "expression",
    [case[0] for case in SENTENCES]
    + [operator.example for operator in OPERATORS.values()]
    + [
        {"<": [1, {"var": "lead.pages_read"}, {"var": "lead.likelihood_of_booking"}]},
        {"<=": ["2026-01-01", {"var": "lead.created_on"}, "2026-12-31"]},
        {">": [{"var": "lead.budget"}, {"var": "lead.budget"}, {"var": "lead.deposit"}]},
        {"in": [{"var": "lead.likelihood_of_booking"}, ["0.5", "10"]]},
        {"in": [{"var": "lead.likelihood_of_booking"}, [1, {"decimal": "0.5"}]]},
        {"if": [{"var": "lead.submitted_medical_records"}, [1], [{"decimal": "0.5"}]]},
        {"var": ["lead.likelihood_of_booking", 1]},
        {"*": [{"var": "lead.deposit"}, "0.05", 2]},
    ],
    ids=str,
)
def test_a_rule_reads_back_as_it_is_written(expression: Any) -> None:
    term = read(expression)

    assert read(to_jsonlogic(term)) == term
