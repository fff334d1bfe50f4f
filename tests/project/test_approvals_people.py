"""Who may approve, what a signature vouches for, and which risks can be accepted with it."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.project import approved_clinic
from tests.project.approved_clinic import (
    DAY,
    RECORD,
    SIGNED_AT,
    add_people,
    added,
    approve,
    approved,
    codes,
    make,
    problems,
    revoked,
    roles,
    signer,
    write,
)

from fairlead import project
from fairlead.problems import UsageError
from fairlead.project.approving import Risk
from fairlead.project.envelope import Envelope, sign
from fairlead.project.keys import key_id
from fairlead.project.register import append_change


def test_the_author_does_not_approve(tmp_path: Path) -> None:
    make(tmp_path)

    with pytest.raises(UsageError) as caught:
        approve(tmp_path, "can", author="can")

    assert [problem.code for problem in caught.value.problems] == ["same-person"]
    assert not list((tmp_path / "approvals").glob("*.json"))


def test_an_approval_by_its_author_that_was_written_by_hand_is_refused(tmp_path: Path) -> None:
    approval = approve(make(tmp_path))
    payload = {**approval.envelope.payload, "author": "can"}
    signed = Envelope(payload, (sign(payload, signer("can"), "approver", SIGNED_AT),))
    approval.path.write_text(signed.text(), "utf-8")

    assert codes(tmp_path) == {"same-person"}


def test_an_author_whom_nobody_knows_is_refused(tmp_path: Path) -> None:
    make(tmp_path)

    with pytest.raises(UsageError) as caught:
        approve(tmp_path, author="mehmed")
    (problem,) = caught.value.problems
    assert (problem.code, problem.nearest) == ("unknown-signer", "mehmet")

    with pytest.raises(UsageError) as caught:
        approve(tmp_path, author="rana")
    assert [problem.code for problem in caught.value.problems] == ["unknown-signer"]


def test_a_role_that_the_person_does_not_have_is_refused(tmp_path: Path) -> None:
    make(tmp_path)

    with pytest.raises(UsageError) as caught:
        approve(tmp_path, "ayse", "legal")

    (problem,) = caught.value.problems
    assert (problem.code, problem.allowed) == ("role-missing", ("approver", "compliance"))


def test_the_signature_of_compliance_alone_lets_nothing_run(tmp_path: Path) -> None:
    make(tmp_path)
    approval = approve(tmp_path, "ayse", "compliance")

    assert codes(tmp_path) == {"role-missing"}

    added_one = sign(approval.envelope.payload, signer("can"), "approver", SIGNED_AT)
    approval.path.write_text(approval.envelope.with_signature(added_one).text(), "utf-8")
    assert project.open(tmp_path).evaluate(RECORD, DAY).approval.startswith("approved by Can Aksoy")


def test_a_role_that_was_taken_away_before_the_signature_does_not_count(tmp_path: Path) -> None:
    make(tmp_path)
    append_change(
        tmp_path / "people.json", roles("ayse", "compliance"), signer("rana"), SIGNED_AT - timedelta(days=1)
    )

    with pytest.raises(UsageError) as caught:
        approve(tmp_path)
    assert [problem.code for problem in caught.value.problems] == ["role-missing"]


def test_a_role_that_was_taken_away_later_does_not_undo_the_signature(tmp_path: Path) -> None:
    approved(tmp_path)
    append_change(tmp_path / "people.json", roles("ayse"), signer("rana"), SIGNED_AT + timedelta(days=1))

    assert project.open(tmp_path).evaluate(RECORD, DAY).approval.startswith("approved by")


@pytest.mark.parametrize(
    ("on", "known", "runs"),
    [
        ("2026-03-01", None, False),
        ("2026-03-02", None, False),
        ("2026-03-03", None, True),
        ("2026-03-03", "this", True),
        ("2026-03-03", "none", False),
    ],
)
def test_a_revoked_key(tmp_path: Path, on: str, known: str | None, runs: bool) -> None:
    """Signed on 2 March: it counts where the key is revoked later and, if compromised, this one is known."""
    make(tmp_path)
    approval = approve(tmp_path)
    keys: dict[str, Any] = {"revoked_on": on}
    if known is not None:
        keys["known"] = [approval.digest] if known == "this" else []
    append_change(
        tmp_path / "people.json",
        revoked("ayse", key_id(signer("ayse").public), **keys),
        signer("rana"),
        SIGNED_AT + timedelta(days=2),
    )

    if runs:
        project.open(tmp_path).evaluate(RECORD, DAY)
    else:
        assert codes(tmp_path) == {"key-revoked"}


def test_a_key_counts_on_the_days_it_is_valid(tmp_path: Path) -> None:
    make(tmp_path)
    path = tmp_path / "people.json"
    path.unlink()
    add_people(path)
    approved_clinic.NAMES["deniz"] = "Deniz Ak"
    append_change(path, added("deniz", valid_until="2026-03-01"), signer("rana"), SIGNED_AT)

    with pytest.raises(UsageError) as caught:
        approve(tmp_path, "deniz")

    assert [problem.code for problem in caught.value.problems] == ["key-not-valid"]


# forging


def test_a_forged_signature_is_refused(tmp_path: Path) -> None:
    """Can signs in Ayşe's name with his own key, and puts her key's id there."""
    approval = approve(make(tmp_path))
    genuine = sign(approval.envelope.payload, signer("can"), "approver", SIGNED_AT)
    forged = genuine.model_copy(
        update={"person": "ayse", "name": "Ayşe Yılmaz", "key": approval.approvers[0].key}
    )
    approval.path.write_text(Envelope(approval.envelope.payload, (forged,)).text(), "utf-8")

    assert codes(tmp_path) == {"bad-signature"}


@pytest.mark.parametrize(
    ("member", "value", "code"),
    [
        ("at", "2026-03-01T09:30:00Z", "bad-signature"),
        ("role", "compliance", "bad-signature"),
        ("person", "can", "unknown-signer"),
        ("name", "Ayşe Yilmaz", "unknown-signer"),
        ("key", "0123456789abcdef", "unknown-signer"),
    ],
)
def test_nothing_beside_the_signature_can_be_changed(
    tmp_path: Path, member: str, value: str, code: str
) -> None:
    approval = approve(make(tmp_path))
    document = json.loads(approval.path.read_text("utf-8"))
    document["signatures"][0][member] = value
    write(approval.path, document)

    assert code in codes(tmp_path)


def test_a_signature_is_written_in_one_way_only(tmp_path: Path) -> None:
    """The last digit of 64 bytes in base64 has four bits that mean nothing; they have to be zero."""
    approval = approve(make(tmp_path))
    document = json.loads(approval.path.read_text("utf-8"))
    text = document["signatures"][0]["signature"]
    assert text[85] in "AQgw"
    document["signatures"][0]["signature"] = text[:85] + chr(ord(text[85]) + 1) + "=="
    write(approval.path, document)

    assert codes(tmp_path) >= {"not-approved", "invalid-value"}


def test_a_file_that_is_no_approval_lets_nothing_run(tmp_path: Path) -> None:
    make(tmp_path)
    write(tmp_path / "approvals/empty.json", {})

    assert codes(tmp_path) >= {"not-approved", "missing-key"}


def test_a_broken_file_beside_a_good_approval_keeps_nothing_from_running(tmp_path: Path) -> None:
    opened = approved(tmp_path)
    (tmp_path / "approvals/broken.json").write_text("{", "utf-8")

    assert opened.evaluate(RECORD, DAY).approval.startswith("approved by")
    assert [path.name for path, _ in opened.approvals.unreadable] == ["broken.json"]


def test_a_register_whose_end_was_cut_off_before_the_approval_lets_nothing_run(tmp_path: Path) -> None:
    approved(tmp_path)
    people = json.loads((tmp_path / "people.json").read_text("utf-8"))
    people["entries"].pop()
    write(tmp_path / "people.json", people)

    (problem,) = problems(tmp_path)

    assert problem.code == "register-mismatch"
    assert "its end was cut off" in problem.message


# accepted risks


def risk(finding: str, until: date = date(2026, 6, 1), reason: str = "signed in May") -> Risk:
    return Risk(finding, reason, until)


def test_an_accepted_risk_names_finding_reason_approver_and_end(tmp_path: Path) -> None:
    approval = approve(make(tmp_path), risks=[risk("house:written-down:clinic/rewards:introduction.reward")])

    (accepted,) = approval.document.accepted
    assert accepted.model_dump(mode="json") == {
        "finding": "house:written-down:clinic/rewards:introduction.reward",
        "pack": "policies/house",
        "obligation": "written-down",
        "by": "ayse",
        "reason": "signed in May",
        "until": "2026-06-01",
    }
    opened = project.open(tmp_path)
    assert opened.approvals.accepted(opened.ruleset(as_of=DAY), DAY) == [(accepted, "Ayşe Yılmaz")]
    # the approval ends with what was accepted
    opened.evaluate(RECORD, date(2026, 5, 31))
    assert codes(tmp_path, date(2026, 6, 1)) == {"approval-expired"}
    assert opened.approvals.accepted(opened.ruleset(as_of=DAY), date(2026, 6, 1)) == []


@pytest.mark.parametrize(
    ("finding", "code"),
    [
        ("house:no-commission:clinic/rewards", "cannot-accept"),
        ("house:written-down:other/rewards", "unknown-finding"),
        ("house:unheard-of:clinic/rewards", "unknown-finding"),
        ("written-down", "unknown-finding"),
    ],
)
def test_what_is_forbidden_or_unknown_cannot_be_accepted(tmp_path: Path, finding: str, code: str) -> None:
    make(tmp_path)

    with pytest.raises(UsageError) as caught:
        approve(tmp_path, risks=[risk(finding)])

    assert [problem.code for problem in caught.value.problems] == [code]
    assert not (tmp_path / "approvals").exists()


def test_accepting_what_is_forbidden_by_hand_does_not_count(tmp_path: Path) -> None:
    approval = approve(make(tmp_path), risks=[risk("house:written-down:clinic/rewards")])
    payload = json.loads(json.dumps(approval.envelope.payload))
    payload["accepted"][0] |= {"finding": "house:no-commission:clinic/rewards", "obligation": "no-commission"}
    signed = Envelope(payload, (sign(payload, signer("ayse"), "approver", SIGNED_AT),))
    approval.path.write_text(signed.text(), "utf-8")

    assert codes(tmp_path) == {"cannot-accept"}


def test_a_risk_that_nobody_who_signs_has_accepted_does_not_count(tmp_path: Path) -> None:
    approval = approve(make(tmp_path), risks=[risk("house:written-down:clinic/rewards")])
    payload = json.loads(json.dumps(approval.envelope.payload))
    payload["accepted"][0]["by"] = "can"
    signed = Envelope(payload, (sign(payload, signer("ayse"), "approver", SIGNED_AT),))
    approval.path.write_text(signed.text(), "utf-8")

    assert codes(tmp_path) == {"role-missing"}
