"""The gate: where a project demands approval, only what was approved runs, on the days it was approved."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.project.approved_clinic import (
    DAY,
    RECORD,
    SIGNED_AT,
    added,
    approve,
    approved,
    codes,
    make,
    model,
    problems,
    repin,
    ruleset,
    signer,
    write,
)

from fairlead import project
from fairlead.documents.canonical import digest
from fairlead.engine import load
from fairlead.facts.values import Money
from fairlead.problems import DocumentError, FairleadError, UsageError
from fairlead.project.envelope import Envelope, sign


def test_results_of_an_approved_program_say_by_whom_and_when(tmp_path: Path) -> None:
    opened = approved(tmp_path)

    result = opened.evaluate(RECORD, DAY)

    (path,) = (tmp_path / "approvals").glob("*.json")
    signed = json.loads(path.read_text("utf-8"))
    assert result.approval == f"approved by Ayşe Yılmaz on 2026-03-02 ({digest(signed['payload'])})"
    assert result.decisions["introduction.reward"].amount == Money(Decimal("50.00"), "USD")
    assert path.name == f"rewards-2026-03-02-{digest(signed['payload'])[7:19]}.json"


def test_without_an_approval_nothing_runs(tmp_path: Path) -> None:
    make(tmp_path)

    (problem,) = problems(tmp_path)

    assert problem.code == "not-approved"
    assert problem.message == "`clinic/rewards` 1.0.0 is not approved, and the project demands approval"
    assert problem.remedy is not None
    assert "fairlead approve" in problem.remedy


def test_without_a_register_nothing_runs(tmp_path: Path) -> None:
    approved(tmp_path)
    (tmp_path / "people.json").unlink()

    (problem,) = problems(tmp_path)

    assert problem.code == "no-such-file"
    assert problem.remedy == "begin one with `fairlead register init`"


def test_where_no_approval_is_demanded_results_say_unapproved(tmp_path: Path) -> None:
    approved(tmp_path)
    settings = tmp_path / "fairlead.toml"
    settings.write_text(settings.read_text("utf-8").replace("approval = true", "approval = false"), "utf-8")

    assert project.open(tmp_path).evaluate(RECORD, DAY).approval == "unapproved"


def test_a_ruleset_loaded_without_its_project_stays_unapproved(tmp_path: Path) -> None:
    approved(tmp_path)

    program = load("clinic/rewards", roots=[tmp_path / "rulesets"])

    assert program.evaluate(RECORD, DAY).approval == "unapproved"


def test_tests_run_drafts(tmp_path: Path) -> None:
    make(tmp_path)

    assert project.open(tmp_path).draft().evaluate(RECORD, DAY).approval == "unapproved"


def test_an_approval_of_one_ruleset_is_none_of_another(tmp_path: Path) -> None:
    make(tmp_path)
    approve(tmp_path, names=("clinic/rewards",))

    assert project.open(tmp_path).evaluate(RECORD, DAY).approval.startswith("approved by")
    assert codes(tmp_path, name="clinic/looks") == {"not-approved"}


def test_the_rewards_of_all_rulesets_are_bound_to_the_approval_of_each(tmp_path: Path) -> None:
    make(tmp_path)
    approve(tmp_path, names=("clinic/looks",))
    changed = ruleset()
    changed["decisions"][0]["payable_when"] = True
    write(tmp_path / "rulesets/clinic/rewards.json", changed)

    (problem,) = problems(tmp_path, name="clinic/looks")

    assert problem.code == "approval-mismatch"
    assert problem.message == "the ruleset with rewards `clinic/rewards` is not what was approved"


def test_the_day_has_to_be_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        approved(tmp_path).program()

    assert [problem.code for problem in caught.value.problems] == ["not-approved"]


# what is bound


def edited_label(value: Any) -> None:
    value["entities"]["introduction"]["facts"]["invoice"]["labels"] = []


def edited_fee(value: Any) -> None:
    value["parameters"]["fee"]["dated"][0]["value"]["amount"] = "500.00"


def edited_rule(value: Any) -> None:
    value["decisions"][0]["payable_when"] = True


def edited_pack(value: Any) -> None:
    value["obligations"][0]["force"] = "register"


def edited_mapping(value: Any) -> None:
    value["facts"]["introduction.records"]["column"] = ["Invoice paid"]


@pytest.mark.parametrize(
    ("path", "edit", "message"),
    [
        (
            "rulesets/clinic/facts.json",
            edited_label,
            "the fact model of `clinic/rewards`, with its labels, is not what was approved",
        ),
        (
            "rulesets/clinic/rewards.json",
            edited_fee,
            "the parameters of `clinic/rewards` are not what was approved",
        ),
        ("rulesets/clinic/rewards.json", edited_rule, "`clinic/rewards` 1.0.0 is not what was approved"),
        (
            "rulesets/policies/house.json",
            edited_pack,
            "the policy pack `policies/house` is not what was approved",
        ),
        ("mappings/list.json", edited_mapping, "the mapping `mappings/list` is not what was approved"),
    ],
)
def test_what_changed_since_the_approval_is_named(tmp_path: Path, path: str, edit: Any, message: str) -> None:
    approved(tmp_path)
    value = json.loads((tmp_path / path).read_text("utf-8"))
    edit(value)
    write(tmp_path / path, value)
    repin(tmp_path)

    found = problems(tmp_path)

    assert {problem.code for problem in found} == {"approval-mismatch"}
    assert found[0].message == message
    assert found[0].remedy == "`fairlead approve` shows what changed, and approves it"


def test_a_mapping_that_came_after_the_approval_is_not_approved(tmp_path: Path) -> None:
    approved(tmp_path)
    shutil.copy(tmp_path / "mappings/list.json", tmp_path / "mappings/other.json")

    assert codes(tmp_path) == {"approval-mismatch"}


def test_a_program_is_used_with_a_mapping_that_was_approved_with_it(tmp_path: Path) -> None:
    opened = approved(tmp_path)
    program = opened.program(as_of=DAY)
    listed = json.loads((tmp_path / "mappings/list.json").read_text("utf-8"))

    assert opened.approved_with(digest(listed), program) is program
    with pytest.raises(UsageError) as caught:
        opened.approved_with(digest({**listed, "about": "Another."}), program)
    assert [problem.code for problem in caught.value.problems] == ["approval-mismatch"]


@pytest.mark.parametrize(
    ("line", "other", "message"),
    [
        (
            'zone = "Europe/Istanbul"',
            'zone = "UTC"',
            "the time zone is `UTC`; approved is `Europe/Istanbul`",
        ),
        ('name = "Clinic"', 'name = "Other"', "the project is `Other`; approved is `Clinic`"),
        (
            'packs = ["policies/house"]',
            "packs = []",
            "the policy pack `policies/house` was approved and is not there any more",
        ),
    ],
)
def test_settings_that_decide_are_bound(tmp_path: Path, line: str, other: str, message: str) -> None:
    approved(tmp_path)
    settings = tmp_path / "fairlead.toml"
    text = settings.read_text("utf-8")
    assert line in text
    settings.write_text(text.replace(line, other), "utf-8")

    assert [problem.message for problem in problems(tmp_path)] == [message]


def test_a_newer_approval_of_what_changed_lets_it_run_again(tmp_path: Path) -> None:
    approved(tmp_path)
    changed = ruleset()
    edited_fee(changed)
    write(tmp_path / "rulesets/clinic/rewards.json", changed)

    approve(tmp_path, "can", at=SIGNED_AT + timedelta(hours=1))

    result = project.open(tmp_path).evaluate(RECORD, DAY)
    assert result.approval.startswith("approved by Can Aksoy on 2026-03-02 (sha256:")
    assert result.decisions["introduction.reward"].amount == Money(Decimal("500.00"), "USD")


def test_an_approval_replayed_in_another_project_counts_for_nothing(tmp_path: Path) -> None:
    approved(tmp_path / "one")
    other = make(tmp_path / "other")
    settings = other / "fairlead.toml"
    settings.write_text(settings.read_text("utf-8").replace('name = "Clinic"', 'name = "Other"'), "utf-8")
    shutil.copytree(tmp_path / "one/approvals", other / "approvals")

    assert codes(other) == {"approval-mismatch"}


def test_an_approval_replayed_under_another_register_counts_for_nothing(tmp_path: Path) -> None:
    approved(tmp_path / "one")
    other = make(tmp_path / "other")
    shutil.copytree(tmp_path / "one/approvals", other / "approvals")
    (other / "people.json").unlink()
    begun = datetime(2026, 1, 6, tzinfo=UTC)
    from fairlead.project.register import begin_register

    begin_register(other / "people.json", added("rana"), signer("rana"), begun)

    assert codes(other) == {"register-mismatch"}


def test_a_project_can_name_the_register_it_trusts(tmp_path: Path) -> None:
    make(tmp_path, register_root="sha256:" + "0" * 64)

    (problem,) = problems(tmp_path)

    assert problem.code == "register-mismatch"


# days


def test_an_approval_covers_the_days_around_it_on_which_nothing_dated_changes(tmp_path: Path) -> None:
    opened = approved(tmp_path)
    (approval,) = opened.approvals.all

    # an obligation begins on 1 February, the fee changes on 1 July, the obligation ends in October
    assert (approval.document.covers.first, approval.document.covers.until) == (
        date(2026, 2, 1),
        date(2026, 7, 1),
    )
    opened.evaluate(RECORD, date(2026, 2, 1))
    opened.evaluate(RECORD, date(2026, 6, 30))
    assert codes(tmp_path, date(2026, 7, 1)) == {"approval-expired"}
    assert codes(tmp_path, date(2026, 1, 31)) == {"approval-expired"}


def test_days_are_those_of_the_projects_zone(tmp_path: Path) -> None:
    opened = approved(tmp_path)

    # in Istanbul this is half past midnight on 1 July
    late = datetime(2026, 6, 30, 21, 30, tzinfo=UTC)
    opened.evaluate(RECORD, late - timedelta(hours=1))
    assert codes(tmp_path, late) == {"approval-expired"}


def test_a_program_refuses_days_that_its_approval_does_not_cover(tmp_path: Path) -> None:
    program = approved(tmp_path).program(as_of=DAY)

    assert program.evaluate(RECORD, date(2026, 6, 30)).approval.startswith("approved by Ayşe")
    for use in (program.evaluate, lambda record, day: program.runner(day)):
        with pytest.raises(UsageError) as caught:
            use(RECORD, date(2026, 7, 1))
        assert [problem.code for problem in caught.value.problems] == ["approval-expired"]


def test_the_time_of_a_decision_comes_from_the_caller(tmp_path: Path) -> None:
    """What an approval covers is judged by the day that is decided, on whatever day this runs."""
    opened = approved(tmp_path)
    approval = opened.approvals.all[0]
    bound = opened.approvals.binder.bind([opened.ruleset(as_of=DAY)], DAY)

    assert opened.approvals.refusals(approval, bound, DAY) == []
    modules = ["approvals", "approving", "binding", "register", "envelope", "keys", "approved_program"]
    for module in modules:
        source = (Path(project.__file__).parent / f"{module}.py").read_text("utf-8")
        assert ".now(" not in source
        assert ".today(" not in source
        assert "import time" not in source


def test_an_approval_ends_where_its_signer_says(tmp_path: Path) -> None:
    make(tmp_path)
    approve(tmp_path, expires=date(2026, 4, 1))

    project.open(tmp_path).evaluate(RECORD, date(2026, 3, 31))
    (problem,) = problems(tmp_path, date(2026, 4, 1))
    assert problem.code == "approval-expired"
    assert problem.message == "the approval expired on 2026-04-01; 2026-04-01 was asked for"


def test_an_end_beyond_the_next_change_does_not_prolong_it(tmp_path: Path) -> None:
    make(tmp_path)
    approve(tmp_path, expires=date(2027, 1, 1))

    assert codes(tmp_path, date(2026, 7, 1)) == {"approval-expired"}


def test_an_end_in_the_past_is_refused(tmp_path: Path) -> None:
    make(tmp_path)

    with pytest.raises(UsageError) as caught:
        approve(tmp_path, expires=date(2026, 3, 2))

    assert [problem.code for problem in caught.value.problems] == ["wrong-usage"]
    assert not (tmp_path / "approvals").exists()


def test_an_approval_ends_when_another_version_begins(tmp_path: Path) -> None:
    make(tmp_path)
    write(tmp_path / "rulesets/clinic/rewards@1.0.0.json", ruleset())
    later = {**ruleset(), "version": "1.1.0", "effective": {"from": "2026-05-01"}}
    write(tmp_path / "rulesets/clinic/rewards.json", later)

    approve(tmp_path)

    opened = project.open(tmp_path)
    opened.evaluate(RECORD, date(2026, 4, 30))
    assert opened.approvals.all[0].document.covers.until == date(2026, 5, 1)
    assert codes(tmp_path, date(2026, 5, 1)) == {"approval-mismatch"}


def test_days_that_a_signer_made_up_do_not_count(tmp_path: Path) -> None:
    """A payload that says it covers a day on which the fee changes is refused, although it is signed."""
    approval = approve(make(tmp_path))
    payload = json.loads(json.dumps(approval.envelope.payload))
    payload["covers"]["until"] = "2030-01-01"
    signed = Envelope(payload, (sign(payload, signer("ayse"), "approver", SIGNED_AT),))
    approval.path.write_text(signed.text(), "utf-8")

    (problem,) = problems(tmp_path)

    assert problem.code == "approval-expired"
    assert problem.message == (
        "the approval goes beyond 2026-07-01, when something dated in what it is about changes"
    )


# packs


def test_a_project_loads_its_packs_with_its_own_facts(tmp_path: Path) -> None:
    make(tmp_path)
    opened = project.open(tmp_path)

    (pack,) = opened.packs()

    assert (pack.name, pack.model.digest) == ("policies/house", opened.ruleset().model.digest)


def test_a_pack_that_does_not_exist_is_named_with_its_place(tmp_path: Path) -> None:
    make(tmp_path)
    settings = tmp_path / "fairlead.toml"
    settings.write_text(settings.read_text("utf-8").replace("policies/house", "policies/hose"), "utf-8")

    with pytest.raises(DocumentError) as caught:
        project.open(tmp_path)

    (problem,) = caught.value.problems
    assert (problem.code, problem.nearest) == ("unknown-document", "policies/house")
    assert (problem.file, problem.line, problem.pointer) == (str(settings), 4, "/packs/0")


def test_a_pack_that_does_not_fit_the_facts_is_said_before_anybody_signs(tmp_path: Path) -> None:
    make(tmp_path)
    facts = model()
    del facts["labels"]["treatment_value"]
    facts["entities"]["introduction"]["facts"]["invoice"]["labels"] = []
    write(tmp_path / "rulesets/clinic/facts.json", facts)
    repin(tmp_path)

    with pytest.raises(FairleadError) as caught:
        approve(tmp_path)

    assert "unknown-label" in str(caught.value)
