"""API names of Fairlead's own fields: deterministic, at most 25 characters, no two alike."""

import pytest

from fairlead.testing.seed import LEAD_INPUTS, PARTNER_INPUTS
from fairlead_zoho.naming import creation_label, field_name

RESULTS = (
    "score",
    "band",
    "segment",
    "priority",
    "reasons",
    "follow_up_by",
    "follow_up_within_hours",
    "tier",
    "next_review_on",
    "reward_state",
    "reward_amount",
    "reward_currency",
    "introductions_this_year",
    "introductions_this_quarter",
    "introductions_last_12_months",
    "partner",
    "lead",
    "key",
)


@pytest.mark.parametrize(
    ("base", "name"),
    [
        ("score", "Fairlead_score"),
        ("patient_decision", "Fairlead_patient_decision"),  # 16 characters fit
        ("licence_valid_from", "Fairlead_licence_va_f5be0"),
        ("licence_valid_until", "Fairlead_licence_va_ef295"),
        ("submitted_medical_records", "Fairlead_submitted_8aef1"),  # no underscore stands before the digits
    ],
)
def test_long_names_are_cut_and_told_apart_by_a_digest(base: str, name: str) -> None:
    assert field_name(base) == name


def test_no_two_names_are_alike_and_each_fits_the_label_of_a_creation() -> None:
    bases = {each.base for each in (*LEAD_INPUTS, *PARTNER_INPUTS)} | set(RESULTS)
    names = [field_name(base) for base in bases]

    # Zoho compares names without regard to letter case
    assert len({name.lower() for name in names}) == len(bases)
    assert [name for name in names if len(name) > 25] == []


def test_the_label_of_a_creation_gives_the_name_back() -> None:
    assert creation_label("Fairlead_follow_up_by") == "Fairlead follow up by"
