"""Who introduced a patient: one payee or none, whatever the order of touches, and what holds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.ledger.attribution import Attributed, Override, Touch, Way, attribute, code_of_url
from fairlead.problems import UsageError
from fairlead.ruleset.detections import DETECTIONS
from fairlead.ruleset.typed import Attribution

ISTANBUL = ZoneInfo("Europe/Istanbul")
RULES = Attribution(
    by=("tracking_code", "url", "partner_link"),
    url_parameter="partner",
    window_days=90,
    touch="last",
    ties="hold",
    late_code_days=7,
    holds=tuple(DETECTIONS),
)
#: introduced on 10 June 2026, eight days after the enquiry
INTRODUCED: dict[str, Any] = {
    "introduction": {"id": "I-1", "introduced_on": "2026-06-10"},
    "lead": {"id": "L-1", "created_at": "2026-06-02T09:00:00+03:00"},
}


def touch(partner: str | None, at: str, way: Way = "tracking_code", code: str | None = None) -> Touch:
    return Touch(partner, code or f"TA-{partner}", datetime.fromisoformat(at), way)


def found(
    *touches: Touch,
    rules: Attribution = RULES,
    same: Sequence[str] = (),
    override: Override | None = None,
    **facts: dict[str, Any],
) -> Attributed:
    record = {
        entity: {**INTRODUCED.get(entity, {}), **facts.get(entity, {})} for entity in {**INTRODUCED, **facts}
    }
    return attribute(rules, record, touches, same, ISTANBUL, override)


def held(result: Attributed) -> list[str]:
    return [reason.code for reason in result.reasons]


ONE = touch("101", "2026-06-01T10:00:00+03:00")
OTHER = touch("102", "2026-06-05T10:00:00+03:00")


def test_a_code_in_the_window_names_its_partner() -> None:
    result = found(ONE)

    assert (result.partner, result.way, result.touch) == ("101", "tracking_code", ONE)
    assert (result.reasons, result.notes) == ((), ())


@pytest.mark.parametrize(("which", "partner"), [("first", "101"), ("last", "102")])
def test_the_first_or_the_last_touch_decides_as_the_programme_says(which: str, partner: str) -> None:
    assert found(ONE, OTHER, rules=replace(RULES, touch=which)).partner == partner


@pytest.mark.parametrize(
    ("at", "inside"),
    [
        # 90 days before 10 June is 12 March, which begins in Istanbul at 21:00 UTC of the day before
        ("2026-03-11T21:00:00+00:00", True),
        ("2026-03-11T20:59:59+00:00", False),
        # 10 June ends in Istanbul at 21:00 UTC
        ("2026-06-10T20:59:59+00:00", True),
        ("2026-06-10T21:00:00+00:00", False),
        # without an offset it is the clock of the project's zone
        ("2026-03-12T00:00:00", True),
        ("2026-03-11T23:59:59", False),
    ],
)
def test_the_window_is_of_days_in_the_projects_zone(at: str, inside: bool) -> None:
    result = found(touch("101", at, "url"))

    assert result.partner == ("101" if inside else None)
    assert held(result) == ([] if inside else ["outside_window"])


def test_a_code_may_be_entered_after_the_introduction_but_not_late() -> None:
    rules = replace(RULES, late_code_days=10)

    assert found(touch("101", "2026-06-13T08:59:59+03:00"), rules=rules).partner == "101"
    result = found(touch("101", "2026-06-13T09:00:00+03:00"), rules=rules)
    assert (result.partner, held(result)) == (None, ["late_code", "outside_window"])
    assert found(touch("101", "2026-06-11T09:00:00+03:00", "url"), rules=rules).partner is None
    unlimited = replace(RULES, late_code_days=None)
    assert found(touch("101", "2026-12-13T09:00:00+03:00"), rules=unlimited).partner == "101"
    undated = found(touch("101", "2026-12-13T09:00:00+03:00"), rules=unlimited, lead={"created_at": None})
    assert undated.partner == "101"
    unknown = found(touch("101", "2026-06-11T09:00:00+03:00"), lead={"created_at": None})
    assert (unknown.partner, held(unknown)) == (None, ["outside_window"])


def test_a_code_that_is_entered_again_later_is_not_late() -> None:
    again = touch("101", "2026-06-25T10:00:00+03:00")

    assert (found(ONE, again).touch, held(found(ONE, again))) == (ONE, [])


def test_a_way_that_the_programme_does_not_name_does_not_count() -> None:
    result = found(ONE, rules=replace(RULES, by=("url",)))

    assert (result.partner, held(result)) == (None, ["no_touch"])
    assert result.reasons[0].missing == ("lead.tracking_code",)


def test_two_partners_at_one_instant_are_held() -> None:
    tied = touch("102", "2026-06-01T07:00:00+00:00", "url")
    result = found(tied, ONE)

    assert (result.partner, held(result)) == (None, ["tie"])
    assert result.reasons[0].text["en"] == "Several partners touched at the same instant: 101, 102"
    assert result.reasons[0].as_json()["remedy"]["en"] == "choose the partner, and record who chose and why"


def test_two_partners_at_one_instant_go_to_the_lowest_code_where_the_programme_says_so() -> None:
    late_in_the_list = touch("102", "2026-06-01T10:00:00+03:00", code="ta-100")
    result = found(ONE, late_in_the_list, rules=replace(RULES, ties="lowest_code"))

    assert (result.partner, held(result)) == ("102", [])


def test_two_touches_of_one_partner_at_one_instant_are_no_tie() -> None:
    assert found(ONE, replace(ONE, way="url")).partner == "101"


@pytest.mark.parametrize(
    ("code", "facts"),
    [
        ("self_referral", {"introduction": {"is_self_referral": True}}),
        ("existing_patient", {"introduction": {"patient_already_known": True}}),
        ("existing_patient", {"lead": {"is_former_patient": True}}),
        ("staff_referral", {"partner": {"id": "101", "is_facility_staff": True}}),
        ("reciprocal", {"agreement": {"depends_on_return_referrals": True}}),
        ("another_partner", {"partner": {"id": "102"}}),
        ("late_code", {"lead": {"created_at": "2026-05-24T09:59:59+03:00"}}),
    ],
)
def test_what_is_found_is_held_or_noted_as_the_programme_says(code: str, facts: dict[str, Any]) -> None:
    first = replace(RULES, touch="first", by=("tracking_code", "url"))
    result = found(ONE, rules=first, **facts)
    assert (result.partner, held(result), result.notes) == ("101", [code], ())

    noted = found(ONE, rules=replace(first, holds=()), **facts)
    assert (noted.partner, noted.reasons) == ("101", ())
    assert [note.code for note in noted.notes] == [code]


@pytest.mark.parametrize(
    "facts",
    [
        {"introduction": {"is_self_referral": False, "patient_already_known": False}},
        {"lead": {"is_former_patient": False}},
        {"partner": {"id": "101", "is_facility_staff": False}},
        {"agreement": {"depends_on_return_referrals": False}},
        # what is not known is no finding
        {"introduction": {"is_self_referral": None}, "partner": {"id": "101"}, "agreement": {}},
        # eight days later is late, seven and a half are not
        {"lead": {"created_at": "2026-05-24T22:00:00+03:00"}},
    ],
)
def test_what_is_not_so_or_not_known_holds_nothing(facts: dict[str, Any]) -> None:
    result = found(ONE, rules=replace(RULES, by=("tracking_code", "url")), **facts)

    assert (result.partner, result.reasons, result.notes) == ("101", (), ())


def test_a_patient_who_may_be_the_same_person_is_held_and_named() -> None:
    result = found(ONE, same=["I-7 (phone)", "I-3 (email)"])

    assert held(result) == ["duplicate_patient"]
    assert result.reasons[0].text["en"].endswith(": I-3 (email), I-7 (phone)")
    assert result.reasons[0].text["ar"].endswith(": I-3 (email), I-7 (phone)")


def test_a_code_of_nobody_is_held_beside_the_partner_that_is_found() -> None:
    nobodys = touch(None, "2026-06-03T10:00:00+03:00", code="TA-999")

    assert held(found(nobodys)) == ["unknown_code"]
    assert found(nobodys).partner is None
    both = found(ONE, nobodys)
    assert (both.partner, held(both)) == ("101", ["unknown_code"])
    assert both.reasons[0].text["de"] == "Ein Code gehört zu keinem Partner: TA-999"


def test_nobody_is_paid_and_somebody_is_told_where_nothing_is_found() -> None:
    rules = replace(RULES, holds=())

    assert held(found(rules=rules)) == ["no_touch"]
    nobodys = found(touch(None, "2026-06-03T10:00:00+03:00"), rules=rules)
    assert (held(nobodys), [note.code for note in nobodys.notes]) == (["no_touch"], ["unknown_code"])
    outside = found(touch("101", "2025-01-01T10:00:00+03:00"), rules=rules)
    assert (held(outside), [note.code for note in outside.notes]) == (["no_touch"], ["outside_window"])


@pytest.mark.parametrize("day", [None, "soon", "2026-02-30", 5])
def test_without_the_day_of_the_introduction_nothing_is_decided(day: Any) -> None:
    result = found(ONE, introduction={"introduced_on": day})

    assert (result.partner, held(result)) == (None, ["no_day"])
    assert result.reasons[0].missing == ("introduction.introduced_on",)


def test_the_partner_that_the_crm_names_is_a_touch_where_the_link_counts() -> None:
    linked = {"id": "101", "code": "TA-101"}

    result = found(partner=linked)
    assert (result.partner, result.way, held(result)) == ("101", "partner_link", [])
    assert found(partner=linked, rules=replace(RULES, by=("tracking_code",))).partner is None


def test_a_person_decides_and_is_named() -> None:
    choice = Override("102", "ayse", "the partner's letter of 30 May")
    result = found(ONE, OTHER, partner={"id": "101"}, same=["I-2 (email)"], override=choice)

    assert (result.partner, result.way, result.override, result.reasons) == ("102", "override", choice, ())
    assert [note.code for note in result.notes] == ["duplicate_patient", "another_partner"]


def test_the_choice_of_a_partner_leaves_held_what_it_does_not_settle() -> None:
    choice = Override("102", "ayse", "the partner's letter of 30 May")
    result = found(
        introduction={"is_self_referral": True},
        partner={"id": "102", "is_facility_staff": True},
        agreement={"depends_on_return_referrals": True},
        override=choice,
    )

    assert result.partner == "102"
    assert held(result) == ["self_referral", "staff_referral", "reciprocal"]


@pytest.mark.parametrize("missing", ["partner", "by", "reason"])
def test_a_choice_needs_a_partner_a_person_and_a_reason(missing: str) -> None:
    with pytest.raises(UsageError) as caught:
        Override(**{"partner": "102", "by": "ayse", "reason": "a letter", missing: "  "})
    assert [problem.code for problem in caught.value.problems] == ["empty-value"]


def test_each_reason_can_be_stored_and_stands_in_every_language() -> None:
    (reason,) = found(ONE, introduction={"is_self_referral": True}).reasons

    assert reason.as_json() == {
        "code": "self_referral",
        "text": {
            "en": "The patient introduced themselves",
            "de": "Der Patient hat sich selbst vermittelt",
            "tr": "Hasta kendi kendini yönlendirdi",
            "ar": "أحال المريض نفسه بنفسه",
        },
        "remedy": dict(DETECTIONS["self_referral"].remedy),
        "source": "attribution",
    }


INSTANTS = st.integers(-4, 4).map(
    lambda days: datetime(2026, 6, 10, 9, tzinfo=UTC) + timedelta(days=days * 30)
)
TOUCHES = st.builds(
    Touch,
    partner=st.sampled_from([None, "101", "102", "103"]),
    code=st.sampled_from(["TA-1", "ta-1", "TA-2", "TA-3"]),
    at=INSTANTS,
    way=st.sampled_from(["tracking_code", "url", "partner_link"]),
)
ANY_RULES = st.builds(
    Attribution,
    by=st.lists(st.sampled_from(RULES.by), unique=True, min_size=1).map(tuple),
    url_parameter=st.just("partner"),
    window_days=st.integers(1, 120),
    touch=st.sampled_from(["first", "last"]),
    ties=st.sampled_from(["hold", "lowest_code"]),
    late_code_days=st.none() | st.integers(0, 60),
    holds=st.lists(st.sampled_from(list(DETECTIONS)), unique=True).map(tuple),
)


@given(
    rules=ANY_RULES,
    touches=st.lists(TOUCHES, max_size=6),
    linked=st.sampled_from([None, "101"]),
    data=st.data(),
)
def test_the_order_of_touches_does_not_matter_and_nobody_is_paid_without_a_touch(
    rules: Attribution, touches: list[Touch], linked: str | None, data: st.DataObject
) -> None:
    partner = {} if linked is None else {"id": linked}
    result = found(*touches, rules=rules, partner=partner)

    assert found(*data.draw(st.permutations(touches)), rules=rules, partner=partner) == result
    if result.partner is None:
        assert result.reasons
        assert result.touch is None
    else:
        assert result.touch is not None
        assert result.partner == result.touch.partner
        assert result.way in rules.by
    told = [each.code for each in (*result.reasons, *result.notes)]
    assert len(told) == len(set(told))
    assert {each.code for each in result.reasons} <= {*rules.holds, "tie", "no_touch", "no_day"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("https://clinic.example/?partner=TA-101", "TA-101"),
        ("http://clinic.example/tr/implant?utm_source=x&partner=%20TA-101%20#top", "TA-101"),
        ("/implant?partner=TA-101&partner=ta-101", "ta-101"),
        ("?partner=TA-101", "TA-101"),
        ("https://clinic.example/?partner=TA-101&partner=TA-102", None),
        ("https://clinic.example/?Partner=TA-101", None),
        ("https://clinic.example/#partner=TA-101", None),
        ("https://clinic.example/?partner=", None),
        ("https://clinic.example/?partner=TA-101%00", None),
        ("https://clinic.example/?partner=%3Cscript%3E", None),
        ("https://clinic.example/?partner=../../etc", None),
        ("javascript:alert(1)?partner=TA-101", None),
        ("https://[::1/?partner=TA-101", None),
        ("https://clinic.example/?" + "a=1&" * 200 + "partner=TA-101", None),
        ("https://clinic.example/?partner=TA-101&x=" + "a" * 5000, None),
        ("https://clinic.example/?partner=" + "A" * 65, None),
        ("TA-101", None),
        ("", None),
    ],
)
def test_the_code_of_an_address_is_read_and_never_guessed(text: str, code: str | None) -> None:
    assert code_of_url(text, "partner") == code


@given(text=st.text(max_size=200) | st.text("https:/?&=%#[]@.partneTA-10", max_size=80))
def test_any_text_gives_a_code_or_none(text: str) -> None:
    for address in (text, f"https://clinic.example/?partner={text}"):
        code = code_of_url(address, "partner")
        assert code is None or (code.isascii() and 1 <= len(code) <= 64)
