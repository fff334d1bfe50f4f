"""Policy packs: what a document may say, what it is typed to, and what the shipped packs hold."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fairlead.documents.json_text import read_document
from fairlead.facts.model import FactModel
from fairlead.facts.overlay import apply_overlay
from fairlead.facts.types import DecimalType, MoneyType
from fairlead.logic.to_jsonlogic import to_jsonlogic
from fairlead.problems import DocumentError, UsageError
from fairlead.ruleset.models import load_model
from fairlead.ruleset.policy_pack import PolicyPack, load_pack

POLICIES = Path(__file__).parents[2] / "rulesets" / "policies"
EXPECTED = Path(__file__).parents[1] / "audit" / "expected_verdicts.json"
SIXTEEN = [
    "au",
    "de",
    "eu-gdpr",
    "fr",
    "ftc-endorsements",
    "in",
    "introduction-only",
    "kr",
    "sg",
    "tr",
    "uk",
    "us-ekra",
    "us-federal",
    "us-florida",
    "us-patient-gifts",
    "us-stark",
]
MODEL = load_model("medical-travel/facts")
PACKS = {name: load_pack(name, model=MODEL) for name in SIXTEEN}


def obligation(**keys: Any) -> dict[str, Any]:
    return {
        "id": "value",
        "title": "Not by value",
        "text": "The fee does not follow the bill.",
        "citation": "Act 1",
        "source": "Seen.",
        "binds": "both",
        "force": "forbid",
        "governing": "introduction",
        "confidence": "high",
        "reviewed_by": None,
        "property": {"kind": "independent", "label": "treatment_value"},
        **keys,
    }


def document(*obligations: dict[str, Any], **keys: Any) -> dict[str, Any]:
    return {
        "fairlead": 1,
        "kind": "policy-pack",
        "name": "policies/small",
        "version": "1.0.0",
        "title": "Small",
        "about": "A small pack.",
        "model": {"name": "medical-travel/facts", "version": "1.0.0"},
        "obligations": list(obligations or (obligation(),)),
        **keys,
    }


def parameter(confidence: str = "high", **keys: Any) -> dict[str, Any]:
    return {
        "type": "money",
        "currency": "USD",
        "title": "most",
        "source": "Seen.",
        "confidence": confidence,
        **keys,
    }


FIFTEEN = {"amount": "15.00", "currency": "USD"}
SEVENTY = {"amount": "70.00", "currency": "USD"}


@pytest.fixture
def load(tmp_path: Path) -> Any:
    def loaded(value: dict[str, Any], model: FactModel | None = None) -> PolicyPack:
        path = tmp_path / "rulesets" / "policies" / "small.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value, indent=1))
        return load_pack(path, [tmp_path / "rulesets"], model)

    return loaded


def problems_of(load: Any, value: dict[str, Any], model: FactModel | None = None) -> list[Any]:
    with pytest.raises(DocumentError) as raised:
        load(value, model)
    return list(raised.value.problems)


def test_an_obligation_is_typed_with_its_options_and_their_defaults(load: Any) -> None:
    pack = load(
        document(
            obligation(effective={"from": "2021-01-19", "to": "2030-01-01"}),
            obligation(id="cliff", property={"kind": "no_cliff", "factor": "2.5"}),
            obligation(id="clawback", property={"kind": "clawback_neutral"}),
            obligation(id="told", property={"kind": "disclosed_before"}),
            obligation(id="hot", property={"kind": "reachable", "of": ["lead.band"], "value": "hot"}),
            obligation(
                id="up",
                property={
                    "kind": "monotone",
                    "of": ["lead.score"],
                    "in": "lead.pages_read",
                    "direction": "up",
                },
            ),
            obligation(id="range", property={"kind": "bounded", "of": "scorecards", "maximum": 75}),
            obligation(id="tables", property={"kind": "total"}),
        )
    )
    options = {each.id: each.property.options for each in pack.obligations}
    assert options["value"] == {"label": "treatment_value", "of": "rewards"}
    assert options["cliff"] == {"factor": Decimal("2.5"), "count": "partner.introductions_this_year"}
    assert options["clawback"] == {
        "labels": ("outcome", "acceptance"),
        "cause": "introduction.reversal_cause",
        "causes": ("did_not_occur", "fraud", "duplicate"),
    }
    assert options["told"] == {
        "facts": {
            "given_at": "disclosure.given_at",
            "recorded_at": "disclosure.recorded_at",
            "state": "introduction.decision_state",
            "undecided": "none_so_far",
            "decided": "decided",
            "decided_at": "introduction.patient_decided_at",
        }
    }
    assert options["hot"] == {"of": ("lead.band",), "value": "hot"}
    assert options["up"] == {"of": ("lead.score",), "fact": "lead.pages_read", "direction": "up"}
    assert options["range"] == {"of": "scorecards", "maximum": Decimal(75)}
    assert options["tables"] == {"of": "tables"}
    first = pack.obligations[0]
    assert (first.in_force(date(2021, 1, 18)), first.in_force(date(2021, 1, 19))) == (False, True)
    assert (first.in_force(date(2029, 12, 31)), first.in_force(date(2030, 1, 1))) == (True, False)
    assert (first.entity, first.applies_when, first.asks()) == ("introduction", None, ("property",))


def test_expressions_become_typed_terms_and_figures_internal_values(load: Any) -> None:
    pack = load(
        document(
            obligation(property={"kind": "item_cap", "maximum": {"var": "parameters.most"}}),
            obligation(
                id="share",
                property={
                    "kind": "case_cap",
                    "share": {
                        "if": [
                            {"==": [{"var": "facility.type"}, "clinic"]},
                            {"decimal": "0.30"},
                            {"decimal": "0.15"},
                        ]
                    },
                },
            ),
            parameters={
                "most": parameter(
                    "low",
                    dated=[
                        {"from": "2016-12-07", "value": FIFTEEN},
                        {"from": "2027-01-01", "value": SEVENTY},
                    ],
                )
            },
        )
    )
    most = pack.parameters["most"]
    assert most.values == ((date(2016, 12, 7), 1500), (date(2027, 1, 1), 7000))
    assert [most.on(date(2016, 12, 6)), most.on(date(2026, 12, 31)), most.on(date(2027, 1, 1))] == [
        None,
        1500,
        7000,
    ]
    assert (most.source, most.confidence) == ("Seen.", "low")
    cap, share = pack.obligations
    assert cap.property.options["maximum"].type == MoneyType("USD", 18, 2)
    assert isinstance(share.property.options["share"].type, DecimalType)
    assert share.property.options["cost"] == "treatment.total_cost"
    assert (cap.parameters, share.parameters) == (("most",), ())
    assert (pack.doubts(cap), pack.doubts(share)) == (("parameters.most",), ())


def test_the_packs_condition_and_the_obligations_own_hold_together(load: Any) -> None:
    germany = {"==": [{"var": "facility.country"}, "DE"]}
    clinician = {"var": "partner.is_clinician"}
    pack = load(
        document(
            obligation(id="both", applies_when=clinician),
            obligation(id="pack"),
            obligation(
                id="own", entity="story", governing="payment", applies_when={"var": "story.states_reward"}
            ),
            obligation(id="none", entity="story", governing="payment"),
            applies_when=germany,
        )
    )
    conditions = {each.id: each.applies_when and to_jsonlogic(each.applies_when) for each in pack.obligations}
    assert conditions == {
        "both": {"and": [germany, clinician]},
        "pack": germany,
        "own": {"var": "story.states_reward"},
        "none": None,
    }


def test_a_wrong_pack_is_refused_with_every_place_and_the_nearest_name(load: Any) -> None:
    found = problems_of(
        load,
        document(
            obligation(property={"kind": "independent", "label": "treatment_valu"}),
            obligation(id="fact", property={"kind": "never_paid", "when": {"var": "partner.is_clinican"}}),
            obligation(id="type", guard={"requirement": {"var": "introduction.introduced_on"}, "text": "x"}),
            obligation(id="evidence", evidence=[{"id": "a", "title": "A", "fact": "agreement.signed"}]),
            obligation(id="cause", property={"kind": "clawback_neutral", "causes": ["frod"]}),
            obligation(id="count", property={"kind": "no_cliff", "count": "partner.code"}),
            obligation(id="told", property={"kind": "disclosed_before", "facts": {"decided": "yes"}}),
            obligation(id="who", entity="storry"),
            obligation(id="when", entity="story"),
            obligation(id="cap", property={"kind": "item_cap", "maximum": 15}),
            applies_when={"==": [{"var": "facility.contry"}, "DE"]},
        ),
    )
    assert [(each.pointer, each.code, each.nearest) for each in found] == [
        ("/applies_when/==/0/var", "unknown-fact", "facility.country"),
        ("/obligations/0/property/label", "unknown-label", "treatment_value"),
        ("/obligations/1/property/when/var", "unknown-fact", "partner.is_clinician"),
        ("/obligations/2/guard/requirement", "wrong-type", None),
        ("/obligations/3/evidence/0/fact", "unknown-fact", "agreement.signed_on"),
        ("/obligations/4/property/causes/0", "unknown-value", "fraud"),
        ("/obligations/5/property/count", "wrong-fact-type", None),
        ("/obligations/6/property/facts/decided", "unknown-value", None),
        ("/obligations/7/entity", "unknown-entity", "story"),
        ("/obligations/8/governing", "name-not-readable", None),
        ("/obligations/9/property/maximum", "wrong-type", None),
    ]
    assert (found[1].line, found[1].column) == (26, 14)
    assert found[1].message == "`treatment_valu` is not a label of the fact model"


@pytest.mark.parametrize(
    ("changed", "pointer", "code", "nearest"),
    [
        (
            {"property": {"kind": "independant", "label": "outcome"}},
            "property/kind",
            "unknown-value",
            "independent",
        ),
        (
            {"property": {"kind": "implies", "part": "payable", "requirement": True}},
            "property/part",
            "unknown-value",
            "payable_when",
        ),
        (
            {"property": {"kind": "independent", "label": "outcome", "of": "reward"}},
            "property/of",
            "unknown-value",
            "rewards",
        ),
        ({"property": {"kind": "independent", "labels": "outcome"}}, "property/label", "missing-key", None),
        ({"property": {"kind": "bounded", "of": "scorecards"}}, "property/maximum", "missing-key", None),
        (
            {"property": {"kind": "bounded", "of": "scorecards", "minimum": 5, "maximum": 4}},
            "property/minimum",
            "inconsistent-range",
            None,
        ),
        ({"property": None}, "property", "missing-key", None),
        ({"property": None, "evidence": []}, "property", "missing-key", None),
        ({"force": "forbids"}, "force", "unknown-value", "forbid"),
        ({"governing": "referral"}, "governing", "unknown-value", None),
        ({"confidence": "medium-high"}, "confidence", "unknown-value", "medium"),
        ({"checks": ["C3", "C31"]}, "checks/1", "unknown-value", None),
        (
            {"effective": {"from": "2021-01-19", "to": "2021-01-19"}},
            "effective/to",
            "inconsistent-range",
            None,
        ),
        (
            {"evidence": [{"id": "a", "title": "A"}, {"id": "a", "title": "B"}]},
            "evidence/1/id",
            "duplicate-id",
            None,
        ),
    ],
)
def test_the_form_of_an_obligation_is_checked(
    load: Any, changed: dict[str, Any], pointer: str, code: str, nearest: str | None
) -> None:
    found = problems_of(load, document(obligation(**changed)))
    assert (f"/obligations/0/{pointer}", code, nearest) in [
        (each.pointer, each.code, each.nearest) for each in found
    ]


def test_two_obligations_of_one_id_and_a_figure_without_a_value_are_refused(load: Any) -> None:
    found = problems_of(load, document(obligation(), obligation(), parameters={"most": parameter()}))
    assert [(each.pointer, each.code) for each in found] == [
        ("/obligations/1/id", "duplicate-id"),
        ("/parameters/most/value", "missing-key"),
    ]
    wrong = problems_of(load, document(parameters={"most": parameter(value="15 dollars")}))
    assert [(each.pointer, each.code) for each in wrong] == [("/parameters/most/value", "wrong-type")]


def overlaid(*changes: dict[str, Any]) -> FactModel:
    base = read_document(POLICIES.parent / "medical-travel" / "facts.json")
    overlay = {
        "fairlead": 1,
        "kind": "fact-model-overlay",
        "name": "client/facts",
        "version": "1.0.0",
        "extends": {"name": "medical-travel/facts", "version": "1.0.0"},
        "changes": list(changes),
    }
    return FactModel.from_document(apply_overlay(base, read_document(json.dumps(overlay))))


def test_a_pack_is_read_against_the_model_given(load: Any) -> None:
    reads_card = document(obligation(guard={"requirement": {"var": "partner.keeps_register"}, "text": "x"}))
    assert [each.code for each in problems_of(load, reads_card)] == ["unknown-fact"]
    client = overlaid(
        {
            "action": "add",
            "what": "fact",
            "entity": "partner",
            "id": "keeps_register",
            "value": {"type": "boolean", "title": "x", "description": "x", "labels": [], "reviewed_by": None},
        }
    )
    assert load(reads_card, client).model.name == "client/facts"
    assert load(document(), client).obligations[0].property.options["label"] == "treatment_value"


def test_a_fact_that_the_model_lacks_is_a_problem_of_the_pack(load: Any) -> None:
    without = overlaid({"action": "remove", "what": "fact", "entity": "facility", "id": "is_public"})
    with pytest.raises(DocumentError) as raised:
        load_pack("sg", model=without)
    assert {(each.code, each.found) for each in raised.value.problems} == {
        ("unknown-fact", "facility.is_public")
    }
    assert all((each.file or "").endswith("policies/sg.json") for each in raised.value.problems)


def test_a_projects_own_pack_comes_before_the_shipped_one(load: Any, tmp_path: Path) -> None:
    own = tmp_path / "rulesets" / "policies"
    own.mkdir(parents=True)
    (own / "de.json").write_text(json.dumps({**document(), "name": "policies/de"}))
    assert load_pack("de", [tmp_path / "rulesets"]).title == {"en": "Small"}
    assert load_pack("policies/de").title["en"] == "Germany"


def test_an_unknown_pack_is_named_with_the_nearest_one() -> None:
    with pytest.raises(UsageError) as raised:
        load_pack("us-starc")
    problem = raised.value.problems[0]
    assert (problem.code, problem.nearest) == ("unknown-document", "policies/us-stark")
    assert problem.allowed == tuple(f"policies/{name}" for name in SIXTEEN)


def test_there_are_sixteen_packs() -> None:
    assert sorted(path.stem for path in POLICIES.glob("*.json")) == SIXTEEN


@pytest.mark.parametrize("name", SIXTEEN)
def test_a_shipped_pack_says_what_it_is_not_and_that_nobody_reviewed_it(name: str) -> None:
    pack = PACKS[name]
    assert pack.about["en"].endswith("Not legal advice; no counsel has reviewed this pack.")
    assert [each.id for each in pack.obligations if each.reviewed_by is not None] == []
    assert [each.id for each in pack.obligations if each.advice is None] == []
    assert "complian" not in (POLICIES / f"{name}.json").read_text("utf-8").lower()


@pytest.mark.parametrize("name", SIXTEEN)
def test_what_is_from_memory_has_low_confidence(name: str) -> None:
    for each in PACKS[name].obligations:
        assert (each.source == "From memory, text not re-read.") <= (each.confidence == "low"), each.id
    for figure in PACKS[name].parameters.values():
        assert figure.source.startswith("From memory") <= (figure.confidence == "low"), figure.name


@pytest.mark.parametrize(
    ("name", "figure", "day", "value"),
    [
        ("us-patient-gifts", "item_maximum", date(2026, 11, 21), 1500),
        ("us-patient-gifts", "year_maximum", date(2026, 11, 21), 7500),
        ("us-patient-gifts", "engagement_year_maximum", date(2024, 6, 1), 59100),
        ("us-stark", "nonmonetary_year_maximum", date(2024, 6, 1), 50700),
        ("us-stark", "nonmonetary_year_maximum", date(2026, 1, 1), 53500),
        ("us-federal", "openpayments_item", date(2026, 1, 1), 1382),
        ("us-federal", "openpayments_year", date(2026, 1, 1), 13813),
        ("us-federal", "tax_report_threshold", date(2025, 12, 31), 60000),
        ("us-federal", "tax_report_threshold", date(2026, 1, 1), 200000),
        ("kr", "share_clinic", date(2026, 1, 1), 30),
        ("kr", "share_hospital", date(2026, 1, 1), 20),
        ("kr", "share_tertiary", date(2026, 1, 1), 15),
        ("de", "introduction_fee_allowed", date(2026, 1, 1), False),
        ("de", "trifle_maximum", date(2026, 1, 1), 100),
        ("fr", "meal", date(2026, 1, 1), 3000),
        ("fr", "meals_per_year", date(2026, 1, 1), 2),
        ("fr", "office_supplies_year", date(2026, 1, 1), 2000),
        ("tr", "payer_is_physician_allowed", date(2026, 1, 1), False),
        ("in", "physician_party_allowed", date(2026, 1, 1), False),
        ("sg", "percent_of_bill_allowed", date(2017, 6, 30), None),
        ("sg", "percent_of_bill_allowed", date(2017, 7, 1), False),
    ],
)
def test_the_figures_are_those_of_the_sources(name: str, figure: str, day: date, value: Any) -> None:
    assert PACKS[name].parameters[figure].on(day) == value


def test_the_strictest_obligation_of_each_family_of_law() -> None:
    forces = {
        (name, each.id): (each.force, each.property and each.property.kind)
        for name, pack in PACKS.items()
        for each in pack.obligations
    }
    assert forces["de", "introduction-fee"] == ("forbid", "never_paid")
    assert forces["us-florida", "patient-brokering"] == ("forbid", "never_paid")
    assert forces["kr", "commission-cap"] == ("cap", "case_cap")
    assert forces["sg", "actual-work"] == ("allow_if", "implies")
    assert forces["introduction-only", "disclosed-before"] == ("disclose", "disclosed_before")
    assert forces["tr", "intermediary-licence"] == ("register", "implies")
    assert forces["us-stark", "volume"] == ("forbid", "no_positive_correlation")


def test_introduction_only_is_for_every_case_so_that_none_escapes() -> None:
    pack = PACKS["introduction-only"]
    assert pack.applies_when is None
    assert {"C1", "C2", "C3", "C4", "C5", "C7", "C12", "C13", "C14", "C15", "C16", "C22", "C23", "C24"} <= {
        check for each in pack.obligations for check in each.checks
    }


def test_the_verdicts_expected_by_hand_name_every_obligation_once() -> None:
    expected = json.loads(EXPECTED.read_text("utf-8"))["rulesets"]
    known = {f"policies/{name}": [each.id for each in pack.obligations] for name, pack in PACKS.items()}
    assert list(expected) == [
        "medical-travel/partner-tiers-as-published",
        "medical-travel/partner-programme",
        "medical-travel/handling-fee-programme",
    ]
    for packs in expected.values():
        assert {name: list(verdicts) for name, verdicts in packs.items()} == known


def test_nothing_of_low_confidence_is_expected_to_be_proved() -> None:
    expected = json.loads(EXPECTED.read_text("utf-8"))["rulesets"]
    for packs in expected.values():
        for name, verdicts in packs.items():
            pack = load_pack(name, model=MODEL)
            for each in pack.obligations:
                assert not (pack.doubts(each) and verdicts[each.id]["expected"] == "proved"), (name, each.id)


@pytest.mark.parametrize(
    ("fact", "labels"),
    [
        ("treatment.id", ["acceptance", "special_category"]),
        ("story.id", ["acceptance", "outcome", "personal", "special_category"]),
        ("disclosure.id", []),
        ("consent.id", []),
        ("interaction.id", []),
    ],
)
def test_an_id_carries_what_the_existence_of_its_record_reveals(fact: str, labels: list[str]) -> None:
    assert sorted(MODEL.labels_of(fact)) == labels


@pytest.mark.parametrize(
    "fact",
    [
        "facility.country",
        "facility.region",
        "facility.type",
        "facility.is_public",
        "facility.payer_entity",
        "facility.payer_is_clinician",
        "partner.country",
        "partner.region",
        "partner.profession",
        "partner.licence_number",
        "partner.licence_valid_from",
        "partner.licence_valid_until",
        "lead.country",
        "lead.region",
        "lead.payer_of_care",
        "lead.channel_country",
        "introduction.service_line",
    ],
)
def test_the_connecting_facts_are_readable_about_an_introduction(fact: str) -> None:
    assert fact in MODEL.visible("introduction")
    found = MODEL.find("introduction", fact)
    assert found is not None
    assert found.reviewed_by is not None
    assert {"en", "de", "tr", "ar"} <= set(found.title)
