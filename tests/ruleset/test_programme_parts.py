"""Who introduced a patient, how is paid, and what a reward gives: read, refused, changed and compared."""

from __future__ import annotations

import copy
import json
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tests.ruleset.clinic import fact, model, overlay, ruleset, write

from fairlead.documents.json_text import Document
from fairlead.facts.types import MoneyType
from fairlead.logic.terms import Literal, Variable
from fairlead.problems import DocumentError, Problem
from fairlead.ruleset.catalogue import Catalogue
from fairlead.ruleset.differences import differences
from fairlead.ruleset.document import check_ruleset
from fairlead.ruleset.load import load_ruleset
from fairlead.ruleset.lock import Lock
from fairlead.ruleset.schema import json_schema
from fairlead.ruleset.typed import Attribution, Benefit, Reward
from fairlead.ruleset.upgrade import plan_upgrade

ATTRIBUTION: dict[str, Any] = {
    "by": ["tracking_code", "url"],
    "url_parameter": "partner",
    "window_days": 90,
    "touch": "first",
    "ties": "hold",
    "late_code_days": 7,
    "holds": ["self_referral", "late_code"],
}
SETTLEMENT: dict[str, Any] = {
    "period": "quarter",
    "minimum_payout": {"money": ["100.00", "USD"]},
    "reportable_from": {"var": "parameters.reportable_from"},
    "dispute_days": 30,
    "tax_form_needed": True,
}
REPORTABLE: dict[str, Any] = {
    "type": "money",
    "currency": "USD",
    "title": "reportable from",
    "dated": [
        {"from": "2020-01-01", "value": {"amount": "600.00", "currency": "USD"}},
        {"from": "2026-01-01", "value": {"amount": "2000.00", "currency": "USD"}},
    ],
}
REWARD: dict[str, Any] = {
    "name": "lead.fee",
    "kind": "reward",
    "title": "fee",
    "currency": "USD",
    "payee": "partner",
    "amount": {"money": ["500.00", "USD"]},
    "accrues_when": {"var": "lead.records"},
    "payable_when": True,
    "reversed_when": False,
    "work": ["lead.records"],
}
POINTS_REWARD: dict[str, Any] = {
    **REWARD,
    "name": "lead.points",
    "currency": "PTS",
    "benefit": {"kind": "points", "expires_after_months": 24},
    "amount": {"*": [3, {"money": ["50", "PTS"]}]},
}


def facts() -> dict[str, Any]:
    value = model()
    value["entities"]["lead"]["links"] = {"partner": {"entity": "partner", "description": "d"}}
    value["entities"]["lead"]["facts"]["budget"] = fact(type="money")
    value["entities"]["partner"] = {
        "title": "Partner",
        "description": "d",
        "facts": {"id": fact(type="text")},
    }
    return value


def programme(*, reward: dict[str, Any] = REWARD, **keys: Any) -> dict[str, Any]:
    """A ruleset with a reward; a key that is None is left out."""
    whole = {
        **ruleset(),
        "decisions": [*ruleset()["decisions"], reward],
        "parameters": {**ruleset()["parameters"], "reportable_from": REPORTABLE},
        "attribution": ATTRIBUTION,
        "settlement": SETTLEMENT,
        **keys,
    }
    return {key: value for key, value in whole.items() if value is not None}


@pytest.fixture(autouse=True)
def _model(shipped: Path) -> None:
    write(shipped, facts())


def refused(shipped: Path, value: dict[str, Any]) -> list[Problem]:
    write(shipped, value)
    with pytest.raises(DocumentError) as caught:
        load_ruleset("base/scoring")
    assert all(problem.line is not None for problem in caught.value.problems)
    return list(caught.value.problems)


def said(found: list[Problem]) -> list[tuple[str, str]]:
    return [(problem.code, problem.pointer) for problem in found]


def without(part: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in part.items() if key not in keys}


def test_a_ruleset_without_them_loads_and_its_rewards_are_money(shipped: Path) -> None:
    write(shipped, programme(attribution=None, settlement=None))
    loaded = load_ruleset("base/scoring")

    assert (loaded.attribution, loaded.settlement) == (None, None)
    fee = loaded.decision("lead.fee")
    assert isinstance(fee, Reward)
    assert fee.benefit == Benefit("money", None)


def test_what_a_programme_states_is_read(shipped: Path) -> None:
    write(shipped, programme())
    loaded = load_ruleset("base/scoring")

    assert loaded.attribution == Attribution(
        by=("tracking_code", "url"),
        url_parameter="partner",
        window_days=90,
        touch="first",
        ties="hold",
        late_code_days=7,
        holds=("self_referral", "late_code"),
    )
    settlement = loaded.settlement
    assert settlement is not None
    assert (settlement.period, settlement.dispute_days, settlement.tax_form_needed) == ("quarter", 30, True)
    least, reported = settlement.minimum_payout, settlement.reportable_from
    assert isinstance(least, Literal)
    assert isinstance(reported, Variable)
    assert (least.value, least.type) == (10000, MoneyType("USD", 5, 2))
    assert reported.name == "parameters.reportable_from"
    # in cents; before the first day that a value is stated for there is none
    assert loaded.amount_on(least, date(2019, 1, 1)) == 10000
    assert loaded.amount_on(reported, date(2019, 12, 31)) is None
    assert loaded.amount_on(reported, date(2025, 12, 31)) == 60000
    assert loaded.amount_on(reported, date(2026, 1, 1)) == 200000


def test_they_are_part_of_the_digest(shipped: Path) -> None:
    digests = set()
    for value in (
        programme(),
        programme(attribution={**ATTRIBUTION, "window_days": 60}),
        programme(settlement={**SETTLEMENT, "dispute_days": 31}),
        programme(reward={**REWARD, "benefit": {"kind": "gift"}}),
    ):
        write(shipped, value)
        digests.add(load_ruleset("base/scoring").digest)
    assert len(digests) == 4


@pytest.mark.parametrize(
    ("part", "code", "pointer"),
    [
        ({**ATTRIBUTION, "holds": ["self_referal"]}, "unknown-value", "/attribution/holds/0"),
        ({**ATTRIBUTION, "holds": ["tie"]}, "unknown-value", "/attribution/holds/0"),
        ({**ATTRIBUTION, "holds": ["late_code"] * 2}, "duplicate-id", "/attribution/holds/1"),
        ({**ATTRIBUTION, "by": []}, "empty-value", "/attribution/by"),
        ({**ATTRIBUTION, "by": ["url", "url"]}, "duplicate-id", "/attribution/by/1"),
        ({**ATTRIBUTION, "by": ["cookie"]}, "unknown-value", "/attribution/by/0"),
        ({**ATTRIBUTION, "by": ["tracking_code"]}, "unexpected-key", "/attribution/url_parameter"),
        (without(ATTRIBUTION, "url_parameter"), "missing-key", "/attribution/url_parameter"),
        ({**ATTRIBUTION, "url_parameter": "a&b"}, "bad-name", "/attribution/url_parameter"),
        ({**ATTRIBUTION, "window_days": 0}, "value-out-of-range", "/attribution/window_days"),
        ({**ATTRIBUTION, "window_days": 3654}, "value-out-of-range", "/attribution/window_days"),
        ({**ATTRIBUTION, "window_days": True}, "wrong-type", "/attribution/window_days"),
        ({**ATTRIBUTION, "touch": "every"}, "unknown-value", "/attribution/touch"),
        ({**ATTRIBUTION, "ties": "random"}, "unknown-value", "/attribution/ties"),
        (without(ATTRIBUTION, "late_code_days"), "missing-key", "/attribution/late_code_days"),
        ({**ATTRIBUTION, "late_code_days": -1}, "value-out-of-range", "/attribution/late_code_days"),
        ({**ATTRIBUTION, "hold": []}, "unknown-key", "/attribution/hold"),
        (without(ATTRIBUTION, "holds"), "missing-key", "/attribution/holds"),
    ],
)
def test_a_wrong_attribution_is_refused_in_its_place(
    part: dict[str, Any], code: str, pointer: str, shipped: Path
) -> None:
    found = refused(shipped, programme(attribution=part))

    assert (code, pointer) in said(found)


def test_an_unknown_detection_names_the_nearest(shipped: Path) -> None:
    (problem,) = refused(shipped, programme(attribution={**ATTRIBUTION, "holds": ["self_referal"]}))

    assert problem.nearest == "self_referral"
    assert problem.allowed == (
        "self_referral", "existing_patient", "duplicate_patient", "staff_referral", "late_code", "reciprocal",
        "outside_window", "unknown_code", "another_partner",
    )  # fmt: skip


PARAMETERS = {
    "number": {"type": "integer", "value": 5, "title": "t"},
    "any_money": {"type": "money", "value": {"amount": "5", "currency": "USD"}, "title": "t"},
    "below": {
        "type": "money",
        "currency": "USD",
        "value": {"amount": "-1.00", "currency": "USD"},
        "title": "t",
    },
    "reportable_from": REPORTABLE,
}


@pytest.mark.parametrize(
    ("amount", "code", "below"),
    [
        ({"money": ["100.00", "EUR"]}, "wrong-currency", ""),
        ({"money": ["100.001", "USD"]}, "too-many-digits", "/money"),
        ({"money": ["-1.00", "USD"]}, "value-out-of-range", ""),
        ({"money": ["5", "PTS"]}, "wrong-currency", ""),
        ({"var": "parameters.minimum"}, "unknown-fact", "/var"),
        ({"var": "parameters.number"}, "wrong-type", ""),
        ({"var": "parameters.any_money"}, "wrong-currency", ""),
        ({"var": "parameters.below"}, "value-out-of-range", ""),
        ({"var": "lead.budget"}, "wrong-expression", ""),
        ({"+": [{"money": ["1.00", "USD"]}, {"money": ["1.00", "USD"]}]}, "wrong-expression", ""),
        ({"var": ["parameters.reportable_from", 0]}, "wrong-expression", ""),
        ("100.00", "wrong-type", ""),
        ([], "wrong-type", ""),
    ],
)
def test_an_amount_is_a_literal_or_a_parameter_in_the_currency_of_the_rewards(
    amount: Any, code: str, below: str, shipped: Path
) -> None:
    value = programme(settlement={**SETTLEMENT, "minimum_payout": amount})
    value["parameters"] |= PARAMETERS
    found = refused(shipped, value)

    assert [each for each in said(found) if each[1].startswith("/settlement")] == [
        (code, f"/settlement/minimum_payout{below}")
    ]


@pytest.mark.parametrize(
    ("part", "code", "pointer"),
    [
        ({**SETTLEMENT, "period": "week"}, "unknown-value", "/settlement/period"),
        ({**SETTLEMENT, "dispute_days": 0}, "value-out-of-range", "/settlement/dispute_days"),
        ({**SETTLEMENT, "tax_form_needed": "yes"}, "wrong-type", "/settlement/tax_form_needed"),
        (without(SETTLEMENT, "period"), "missing-key", "/settlement/period"),
    ],
)
def test_a_wrong_settlement_is_refused_in_its_place(
    part: dict[str, Any], code: str, pointer: str, shipped: Path
) -> None:
    assert said(refused(shipped, programme(settlement=part))) == [(code, pointer)]


def test_amounts_may_be_left_out(shipped: Path) -> None:
    write(shipped, programme(settlement=without(SETTLEMENT, "minimum_payout", "reportable_from")))
    settlement = load_ruleset("base/scoring").settlement

    assert settlement is not None
    assert (settlement.minimum_payout, settlement.reportable_from) == (None, None)


def test_without_a_reward_there_is_nothing_to_attribute_or_to_pay(shipped: Path) -> None:
    found = refused(shipped, {**programme(), "decisions": ruleset()["decisions"]})

    assert said(found) == [("unexpected-key", "/attribution"), ("unexpected-key", "/settlement")]
    assert "the ruleset has no reward" in found[0].message


def test_a_problem_in_one_part_does_not_hide_those_of_others(shipped: Path) -> None:
    found = refused(
        shipped,
        programme(
            attribution={**ATTRIBUTION, "window_days": 0},
            settlement={**SETTLEMENT, "period": "week"},
            reward={**REWARD, "benefit": {"kind": "cash"}, "accrues_when": {"var": "lead.record"}},
        ),
    )

    assert sorted(said(found)) == [
        ("unknown-fact", "/decisions/3/accrues_when/var"),
        ("unknown-value", "/decisions/3/benefit/kind"),
        ("unknown-value", "/settlement/period"),
        ("value-out-of-range", "/attribution/window_days"),
    ]


@pytest.mark.parametrize("kind", ["gift", "voucher", "discount"])
def test_a_benefit_may_expire(kind: str, shipped: Path) -> None:
    write(shipped, programme(reward={**REWARD, "benefit": {"kind": kind, "expires_after_months": 24}}))
    fee = load_ruleset("base/scoring").decision("lead.fee")

    assert isinstance(fee, Reward)
    assert fee.benefit == Benefit(kind, 24)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"benefit": {"kind": "cash"}}, [("unknown-value", "/benefit/kind")]),
        ({"benefit": {}}, [("missing-key", "/benefit/kind")]),
        (
            {"benefit": {"kind": "money", "expires_after_months": 3}},
            [("unexpected-key", "/benefit/expires_after_months")],
        ),
        (
            {"benefit": {"kind": "gift", "expires_after_months": 0}},
            [("value-out-of-range", "/benefit/expires_after_months")],
        ),
        ({"benefit": {"kind": "points"}}, [("wrong-benefit", "/currency")]),
        ({"currency": "PTS"}, [("wrong-benefit", "/currency")]),
        ({"currency": "PTS", "benefit": {"kind": "gift"}}, [("wrong-benefit", "/currency")]),
        ({"currency": "XTS"}, [("unknown-currency", "/currency")]),
        ({"currency": "pts"}, [("unknown-currency", "/currency")]),
        ({"amount": {"money": ["50", "PTS"]}}, [("points-elsewhere", "/amount/money")]),
    ],
)
def test_a_wrong_benefit_is_refused_in_its_place(
    changes: dict[str, Any], expected: list[tuple[str, str]], shipped: Path
) -> None:
    found = refused(shipped, programme(reward={**REWARD, **changes}))

    assert set(expected) <= {(code, pointer.removeprefix("/decisions/3")) for code, pointer in said(found)}


def test_a_reward_of_points_counts_whole_points(shipped: Path) -> None:
    write(shipped, programme(reward=POINTS_REWARD, attribution=None, settlement=None))
    reward = load_ruleset("base/scoring").decision("lead.points")

    assert isinstance(reward, Reward)
    assert reward.benefit == Benefit("points", 24)
    assert isinstance(reward.type, MoneyType)
    assert (reward.type.currency, reward.type.scale) == ("PTS", 0)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount": {"money": ["1.5", "PTS"]}}, "too-many-digits"),
        ({"amount": {"money": ["5.00", "USD"]}}, "wrong-currency"),
        # points are compared and added with nothing else, and there is no rate for them
        ({"accrues_when": {"<": [{"var": "lead.budget"}, {"money": ["5", "PTS"]}]}}, "wrong-type"),
        (
            {
                "amount": {
                    "convert": [
                        {"var": "lead.budget"},
                        {"var": "as_of_date"},
                        {"currency": "PTS", "rounding": "half_up"},
                    ]
                }
            },
            "points-elsewhere",
        ),
        (
            {
                "accrues_when": {
                    "<": [
                        {"money": ["5.00", "USD"]},
                        {
                            "convert": [
                                {"money": ["5", "PTS"]},
                                {"var": "as_of_date"},
                                {"currency": "USD", "rounding": "half_up"},
                            ]
                        },
                    ]
                }
            },
            "points-elsewhere",
        ),
    ],
)
def test_points_are_no_currency(changes: dict[str, Any], code: str, shipped: Path) -> None:
    found = refused(
        shipped, programme(reward={**POINTS_REWARD, **changes}, attribution=None, settlement=None)
    )

    assert [problem.code for problem in found] == [code]


def test_no_fact_parameter_or_other_decision_is_in_points(shipped: Path) -> None:
    value = programme(reward=POINTS_REWARD, attribution=None, settlement=None)
    value["parameters"]["points"] = {
        "type": "money",
        "currency": "PTS",
        "title": "t",
        "value": {"amount": "5", "currency": "PTS"},
    }
    value["decisions"][2]["value"] = {"<": [{"money": ["5", "PTS"]}, {"money": ["6", "PTS"]}]}

    assert said(refused(shipped, value)) == [
        ("unknown-currency", "/parameters/points/currency"),
        ("points-elsewhere", "/decisions/2/value/</0/money"),
        ("points-elsewhere", "/decisions/2/value/</1/money"),
    ]


@pytest.mark.parametrize(
    ("key", "part"),
    [("attribution", ATTRIBUTION), ("settlement", SETTLEMENT)],
)
def test_the_schema_takes_and_refuses_the_same(key: str, part: dict[str, Any]) -> None:
    schema = json_schema("ruleset")
    check_ruleset(Document(programme()))
    jsonschema.validate(programme(reward=POINTS_REWARD), schema)
    for bad in (
        {**part, "more": 1},
        {**part, "window_days": 0} if key == "attribution" else {**part, "dispute_days": 0},
        {**part, "holds": ["tie"]}
        if key == "attribution"
        else {**part, "minimum_payout": {"var": "lead.id"}},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(programme(**{key: bad}), schema)


# overlays, differences, upgrades


def change(action: str, what: str, **keys: Any) -> dict[str, Any]:
    return {"action": action, "what": what, **keys}


def client(own: Path, *changes: dict[str, Any], **keys: Any) -> Any:
    write(own, overlay(*changes, **keys))
    return load_ruleset("client/scoring", roots=[own])


@pytest.fixture
def base(shipped: Path) -> Path:
    write(shipped, programme(settlement=None))
    return shipped


@pytest.mark.usefixtures("base")
def test_an_overlay_adds_replaces_and_removes_them(own: Path) -> None:
    loaded = client(
        own,
        change("replace", "attribution", value={**ATTRIBUTION, "window_days": 30}),
        change("add", "settlement", value=SETTLEMENT),
    )
    assert loaded.attribution.window_days == 30
    assert loaded.settlement.period == "quarter"
    assert client(own, change("remove", "attribution")).attribution is None
    # what no change names is kept
    untouched = client(own, change("remove", "row", decision="lead.score", id="phone"))
    assert untouched.attribution.window_days == 90


@pytest.mark.usefixtures("base")
@pytest.mark.parametrize(
    ("made", "code", "pointer", "remedy"),
    [
        (
            change("add", "attribution", value=ATTRIBUTION),
            "duplicate-id",
            "/what",
            "use the action `replace`",
        ),
        (change("replace", "settlement", value=SETTLEMENT), "unknown-id", "/what", "use the action `add`"),
        (change("remove", "settlement"), "unknown-id", "/what", "take the change out"),
        (change("replace", "attribution", value=ATTRIBUTION), "no-change", "/value", "take the change out"),
        (change("remove", "attribution", id="attribution"), "unknown-key", "/id", None),
        (
            change("replace", "attribution", value={**ATTRIBUTION, "by": ["tracking_code"]}),
            "unexpected-key",
            "/value/url_parameter",
            None,
        ),
        (
            change("add", "settlement", value={**SETTLEMENT, "minimum_payout": {"money": ["1.00", "EUR"]}}),
            "wrong-currency",
            "/value/minimum_payout",
            "state it in the currency of the rewards that are paid out",
        ),
    ],
)
def test_a_change_that_cannot_be_made_is_refused_in_the_overlay(
    made: dict[str, Any], code: str, pointer: str, remedy: str | None, own: Path
) -> None:
    with pytest.raises(DocumentError) as caught:
        client(own, made)
    (problem,) = caught.value.problems
    assert (problem.code, problem.pointer) == (code, f"/changes/0{pointer}")
    assert remedy in (None, problem.remedy)
    assert problem.file is not None
    assert problem.file.endswith("client/scoring.json")
    assert problem.line is not None


def test_differences_say_which_member_changed() -> None:
    old = {**programme(), "model": facts()}
    new = copy.deepcopy(old)
    new["attribution"]["window_days"] = 60
    del new["settlement"]["minimum_payout"]
    new["decisions"][3]["benefit"] = {"kind": "gift"}
    assert [each.text for each in differences(old, new)] == [
        'decision `lead.fee`: benefit added: {"kind": "gift"}',
        "attribution: window_days changed from 90 to 60",
        'settlement: minimum_payout removed: {"money": ["100.00", "USD"]}',
    ]


def test_differences_say_what_came_and_went() -> None:
    old = {**programme(settlement=None), "model": facts()}
    new = {**programme(attribution=None), "model": facts()}
    gone, come = differences(old, new)

    assert gone.text == f"attribution removed: {json.dumps(ATTRIBUTION)}"
    assert come.text == f"settlement added: {json.dumps(SETTLEMENT)}"


def test_an_upgrade_says_what_an_overlay_meets(base: Path, own: Path) -> None:
    write(own, overlay(change("replace", "attribution", value={**ATTRIBUTION, "window_days": 30})))
    write(base, programme(settlement=None, effective={"from": "2026-01-01", "to": "2026-06-01"}), older=True)
    newer = {**ATTRIBUTION, "window_days": 60}
    write(
        base, programme(settlement=None, attribution=newer, version="1.1.0", effective={"from": "2026-06-01"})
    )
    (upgraded,) = plan_upgrade(Catalogue([own]), Lock({})).rulesets

    assert upgraded.problems == ()
    (note,) = upgraded.notes
    assert (note.case, note.what, note.pointer) == ("changed", "attribution", "/changes/0/what")
    assert note.text == (
        f"`attribution`, which the overlay changes, was {json.dumps(ATTRIBUTION)} "
        f"and is now {json.dumps(newer)}"
    )
