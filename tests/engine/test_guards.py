"""Guards: the obligations of packs on one record, where everything unknown counts against it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from fairlead.documents.json_text import read_document
from fairlead.engine.guards import GuardResult, Guards
from fairlead.facts.model import FactModel
from fairlead.facts.overlay import apply_overlay
from fairlead.problems import RecordError, UsageError
from fairlead.ruleset.models import load_model
from fairlead.ruleset.policy_pack import PolicyPack, load_pack

MODEL = load_model("medical-travel/facts")
DAY = date(2026, 11, 21)
GERMANY = {"==": [{"var": "facility.country"}, "DE"]}
CLEAR = {"var": "partner.screening_clear"}
TWENTY = {"amount": "20.00", "currency": "USD"}
THIRTY = {"amount": "30.00", "currency": "USD"}


def obligation(name: str, **keys: Any) -> dict[str, Any]:
    return {
        "id": name,
        "title": "Screened",
        "text": "Partners are screened.",
        "citation": "Act 7",
        "source": "Seen.",
        "binds": "payer",
        "force": "allow_if",
        "governing": "introduction",
        "confidence": "high",
        "reviewed_by": None,
        **keys,
    }


def guarded(name: str, requirement: Any = CLEAR, **keys: Any) -> dict[str, Any]:
    return obligation(name, guard={"requirement": requirement, "text": "Not screened."}, **keys)


@pytest.fixture
def pack(tmp_path: Path) -> Any:
    def made(*obligations: dict[str, Any], name: str = "small", **keys: Any) -> PolicyPack:
        path = tmp_path / "rulesets" / "policies" / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        value = {
            "fairlead": 1,
            "kind": "policy-pack",
            "name": f"policies/{name}",
            "version": "1.0.0",
            "title": "Small",
            "about": "A small pack.",
            "model": {"name": "medical-travel/facts", "version": "1.0.0"},
            "obligations": list(obligations),
            **keys,
        }
        path.write_text(json.dumps(value))
        return load_pack(path, [tmp_path / "rulesets"], MODEL)

    return made


def record(**facts: dict[str, Any]) -> dict[str, Any]:
    return {"introduction": {"id": "I-1", "introduced_on": "2026-11-01"}, **facts}


def only(packs: PolicyPack, given: dict[str, Any], as_of: date = DAY) -> GuardResult:
    (result,) = Guards([packs], MODEL).check(given, as_of)
    return result


def test_a_record_that_meets_the_requirement_passes(pack: Any) -> None:
    result = only(pack(guarded("screened")), record(partner={"screening_clear": True}))
    assert (result.pack, result.obligation, result.citation) == ("policies/small", "screened", "Act 7")
    assert (result.applies, result.passed, result.in_force) == (True, True, True)
    assert (result.governing_date, result.missing, result.why) == (date(2026, 11, 1), (), ())
    assert result.text == {"en": "Not screened."}


@pytest.mark.parametrize(
    ("partner", "missing", "why"),
    [
        ({"screening_clear": False}, (), "its requirement is not met"),
        ({}, ("partner.screening_clear",), "whether its requirement is met is not known"),
    ],
)
def test_a_requirement_that_is_not_known_to_be_met_holds_the_record(
    pack: Any, partner: dict[str, Any], missing: tuple[str, ...], why: str
) -> None:
    result = only(pack(guarded("screened")), record(partner=partner))
    assert (result.applies, result.passed, result.missing, result.why) == (True, False, missing, (why,))


@pytest.mark.parametrize(
    ("facility", "applies", "passed", "missing"),
    [
        ({"country": "DE"}, True, False, ()),
        ({"country": "TR"}, False, True, ()),
        ({}, None, False, ("facility.country",)),
    ],
)
def test_a_missing_connecting_fact_holds_the_record(
    pack: Any, facility: dict[str, Any], applies: bool | None, passed: bool, missing: tuple[str, ...]
) -> None:
    packs = pack(guarded("screened"), applies_when=GERMANY)
    result = only(packs, record(facility=facility, partner={"screening_clear": False}))
    assert (result.applies, result.passed, result.missing) == (applies, passed, missing)


def test_what_is_not_known_to_apply_holds_the_record_though_the_requirement_is_met(pack: Any) -> None:
    result = only(pack(guarded("screened"), applies_when=GERMANY), record(partner={"screening_clear": True}))
    assert (result.applies, result.passed, result.why) == (None, False, ("whether it applies is not known",))


@pytest.mark.parametrize(
    ("introduced_on", "applies", "passed", "in_force", "why"),
    [
        ("2025-04-25", False, True, False, ("it is not law on 2025-04-25",)),
        ("2025-04-26", True, False, True, ("its requirement is not met",)),
        ("2026-12-31", True, False, True, ("its requirement is not met",)),
        ("2027-01-01", False, True, False, ("it is not law on 2027-01-01",)),
        (
            None,
            True,
            False,
            None,
            ("its governing date, `introduction.introduced_on`, is missing", "its requirement is not met"),
        ),
    ],
)
def test_the_day_of_the_introduction_decides_whether_it_is_law(
    pack: Any,
    introduced_on: str | None,
    applies: bool,
    passed: bool,
    in_force: bool | None,
    why: tuple[str, ...],
) -> None:
    packs = pack(guarded("screened", effective={"from": "2025-04-26", "to": "2027-01-01"}))
    given = {
        "introduction": {"id": "I-1", "introduced_on": introduced_on},
        "partner": {"screening_clear": False},
    }
    result = only(packs, given)
    assert (result.applies, result.passed, result.in_force, result.why) == (applies, passed, in_force, why)


def test_a_missing_governing_date_holds_a_record_that_meets_all_else(pack: Any) -> None:
    given = {"introduction": {"id": "I-1"}, "partner": {"screening_clear": True}}
    result = only(pack(guarded("screened")), given)
    assert (result.passed, result.missing) == (False, ("introduction.introduced_on",))
    assert result.governing_date is None


@pytest.mark.parametrize(
    ("governing", "expected"),
    [
        ("introduction", date(2026, 11, 1)),
        ("disclosure", date(2026, 11, 4)),
        ("release", date(2026, 11, 21)),
        ("payment", date(2026, 11, 21)),
    ],
)
def test_the_governing_date_is_a_day_in_the_zone(pack: Any, governing: str, expected: date) -> None:
    guards = Guards([pack(guarded("screened", governing=governing))], MODEL, "Europe/Istanbul")
    given = record(disclosure={"given_at": "2026-11-03T22:30:00Z"})
    (result,) = guards.check(given, datetime(2026, 11, 20, 22, 0, tzinfo=UTC))
    assert result.governing_date == expected


@pytest.mark.parametrize(
    ("introduced_on", "passed"), [("2025-12-31", False), ("2026-01-01", True), ("2024-12-31", False)]
)
def test_a_figure_is_that_of_the_governing_date(pack: Any, introduced_on: str, passed: bool) -> None:
    packs = pack(
        guarded("limit", {"<=": [{"var": "partner.rewards_this_year"}, {"var": "parameters.most"}]}),
        parameters={
            "most": {
                "type": "money",
                "currency": "USD",
                "title": "most",
                "source": "Seen.",
                "confidence": "high",
                "dated": [{"from": "2025-01-01", "value": TWENTY}, {"from": "2026-01-01", "value": THIRTY}],
            }
        },
    )
    given = {
        "introduction": {"id": "I-1", "introduced_on": introduced_on},
        "partner": {"rewards_this_year": {"amount": "25.00", "currency": "USD"}},
    }
    result = only(packs, given)
    assert result.passed is passed
    assert result.missing == (("parameters.most",) if introduced_on == "2024-12-31" else ())


@pytest.mark.parametrize(
    ("agreement", "present", "passed"),
    [
        ({"signed_on": "2026-10-01", "lists_all_services": True}, [True, True, None], True),
        ({"signed_on": "2026-10-01", "lists_all_services": False}, [True, False, None], False),
        ({"lists_all_services": True}, [False, True, None], False),
    ],
)
def test_evidence_is_looked_up_in_the_record(
    pack: Any, agreement: dict[str, Any], present: list[bool | None], passed: bool
) -> None:
    items = [
        {"id": "signed", "title": "The signed agreement", "fact": "agreement.signed_on"},
        {"id": "services", "title": "The list of services", "fact": "agreement.lists_all_services"},
        {"id": "opinion", "title": "Counsel's opinion"},
    ]
    result = only(pack(obligation("paper", evidence=items)), record(agreement=agreement))
    assert ([each.present for each in result.evidence], result.passed) == (present, passed)


def test_an_absent_document_is_named(pack: Any) -> None:
    items = [{"id": "signed", "title": "The signed agreement", "fact": "agreement.signed_on"}]
    result = only(pack(guarded("paper", evidence=items)), record(partner={"screening_clear": True}))
    assert result.why == ("`agreement.signed_on` does not show it: The signed agreement",)


def test_obligations_about_another_entity_and_mere_properties_are_passed_over(pack: Any) -> None:
    packs = pack(
        obligation("shown", property={"kind": "independent", "label": "outcome"}),
        guarded("told", {"var": "story.states_reward"}, entity="story", governing="payment"),
        guarded("screened"),
    )
    guards = Guards([packs], MODEL)
    assert [each.obligation for each in guards.check(record(), DAY)] == ["screened"]
    stories = guards.check({"story": {"id": "S-1", "states_reward": True}}, DAY, entity="story")
    assert [(each.obligation, each.passed) for each in stories] == [("told", True)]


def test_packs_are_checked_one_after_the_other_with_figures_of_their_own(pack: Any) -> None:
    def most(amount: str) -> dict[str, Any]:
        return {
            "most": {
                "type": "integer",
                "value": int(amount),
                "title": "most",
                "source": "Seen.",
                "confidence": "high",
            }
        }

    limit = {"<=": [{"var": "partner.complaints_this_year"}, {"var": "parameters.most"}]}
    packs = [
        pack(guarded("limit", limit), name="one", parameters=most("3")),
        pack(guarded("limit", limit), name="two", parameters=most("5")),
    ]
    results = Guards(packs, MODEL).check(record(partner={"complaints_this_year": 4}), DAY)
    assert [(each.pack, each.passed) for each in results] == [("policies/one", False), ("policies/two", True)]


def test_an_aggregate_is_computed_from_the_related_records(pack: Any) -> None:
    few = {"<=": [{"var": "partner.introductions_this_year"}, 1]}
    packs = pack(guarded("few", few))
    introductions = [
        {"id": "I-1", "introduced_on": "2026-11-01"},
        {"id": "I-2", "introduced_on": "2026-11-02"},
    ]
    assert only(packs, record(partner={"introductions": introductions[:1]})).passed is True
    assert only(packs, record(partner={"introductions": introductions})).passed is False
    introductions[1]["reversal_cause"] = "duplicate"
    assert only(packs, record(partner={"introductions": introductions})).passed is True


def test_a_record_that_does_not_fit_the_model_is_refused(pack: Any) -> None:
    with pytest.raises(RecordError):
        Guards([pack(guarded("screened"))], MODEL).check(record(partner={"screening_cleer": True}), DAY)


def test_a_pack_that_was_read_against_another_model_is_refused(pack: Any) -> None:
    base = read_document(Path(__file__).parents[2] / "rulesets" / "medical-travel" / "facts.json")
    overlay = {
        "fairlead": 1,
        "kind": "fact-model-overlay",
        "name": "client/facts",
        "version": "1.0.0",
        "extends": {"name": "medical-travel/facts", "version": "1.0.0"},
        "changes": [{"action": "remove", "what": "fact", "entity": "facility", "id": "is_public"}],
    }
    other = FactModel.from_document(apply_overlay(base, read_document(json.dumps(overlay))))
    with pytest.raises(UsageError) as raised:
        Guards([pack(guarded("screened"))], other)
    assert raised.value.problems[0].code == "different-models"


def lawful() -> dict[str, Any]:
    """A documented introduction of a patient from Nevada to Turkey, told and signed before."""
    return {
        "introduction": {
            "id": "I-1",
            "introduced_on": "2026-11-02",
            "verified": True,
            "file_complete": True,
            "decision_state": "none_so_far",
        },
        "lead": {"country": "US", "channel_country": "US", "region": "US-NV", "payer_of_care": "self_pay"},
        "partner": {
            "country": "TR",
            "type": "facilitator",
            "is_clinician": False,
            "is_facility_staff": False,
            "is_public_official": False,
            "makes_medical_claims": False,
            "posts_checked_on": "2026-10-01",
            "licence_number": "A-17",
            "licence_valid_from": "2026-01-01",
            "licence_valid_until": "2026-12-31",
        },
        "facility": {
            "country": "TR",
            "payer_is_clinician": False,
            "travel_licence_valid_from": "2026-01-01",
            "travel_licence_valid_until": "2026-12-31",
        },
        "agreement": {"signed_on": "2026-01-10", "effective_from": "2026-01-10", "open_ended": True},
        "disclosure": {
            "given_at": "2026-11-02T09:00:00Z",
            "recorded_at": "2026-11-02T10:00:00Z",
            "states_payment": True,
            "states_amount": True,
        },
    }


def test_a_documented_introduction_passes_the_programme_and_turkey() -> None:
    packs = [load_pack(name, model=MODEL) for name in ("introduction-only", "tr", "us-florida", "de")]
    results = Guards(packs, MODEL).check(lawful(), DAY)
    assert [(each.obligation, each.why) for each in results if not each.passed] == []
    assert {each.pack for each in results if each.applies} == {"policies/introduction-only", "policies/tr"}


@pytest.mark.parametrize(
    ("entity", "fact", "value", "held"),
    [
        ("facility", "payer_is_clinician", True, ["physician-payer", "no-intermediation"]),
        ("partner", "licence_valid_until", "2026-11-01", ["intermediary-licence"]),
        ("partner", "is_clinician", None, ["who-may-be-paid", "no-intermediation"]),
        ("introduction", "decision_state", None, ["disclosed-before"]),
        ("lead", "country", "DE", ["introduction-fee", "unbundled"]),
        ("lead", "region", "US-FL", ["patient-brokering"]),
    ],
)
def test_one_fact_that_is_wrong_or_missing_holds_it(
    entity: str, fact: str, value: Any, held: list[str]
) -> None:
    packs = [load_pack(name, model=MODEL) for name in ("introduction-only", "tr", "us-florida", "de")]
    given = lawful()
    given[entity][fact] = value
    results = Guards(packs, MODEL).check(given, DAY)
    assert [each.obligation for each in results if not each.passed] == held
