"""The register of people only grows, by signed changes, and is verified whole each time it is read."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.project.approved_clinic import (
    BEGUN_AT,
    NAMES,
    ROLES,
    SIGNED_AT,
    add_people,
    added,
    key_of,
    revoked,
    roles,
    signer,
    write,
)

from fairlead.documents.json_text import Document
from fairlead.documents.shapes import check_shape
from fairlead.problems import DocumentError, UsageError
from fairlead.project.envelope import Envelope, sign
from fairlead.project.keys import key_id, public_text
from fairlead.project.register import append_change, begin_register, read_register
from fairlead.project.register_document import AddKey


@pytest.fixture
def path(tmp_path: Path) -> Path:
    add_people(tmp_path / "people.json")
    return tmp_path / "people.json"


def refused(path: Path, change: Any, person: str = "rana", at: Any = SIGNED_AT) -> str:
    before = path.read_bytes()
    with pytest.raises(UsageError) as caught:
        append_change(path, change, signer(person), at)
    assert path.read_bytes() == before
    return caught.value.problems[0].code


def damaged(path: Path) -> set[str]:
    with pytest.raises(DocumentError) as caught:
        read_register(path)
    assert all(problem.file == str(path) for problem in caught.value.problems)
    return {problem.code for problem in caught.value.problems}


def test_people_come_in_with_roles_and_keys(path: Path) -> None:
    register = read_register(path)

    assert {
        person.id: (person.name, sorted(person.current_roles)) for person in register.people.values()
    } == {
        "rana": ("Rana Demir", ["registrar"]),
        "mehmet": ("Mehmet Kaya", ["author"]),
        "ayse": ("Ayşe Yılmaz", ["approver", "compliance"]),
        "can": ("Can Aksoy", ["approver", "author"]),
    }
    assert register.count == 4
    assert register.owner(public_text(key_of("can"))) == "can"


def test_only_a_registrar_changes_it(path: Path) -> None:
    assert refused(path, roles("ayse", "registrar"), "ayse") == "role-missing"
    assert refused(path, roles("ayse", "registrar"), "mehmet") == "role-missing"


def test_a_second_registrar_can_be_made_and_the_first_sent_away(path: Path) -> None:
    append_change(path, roles("can", "registrar"), signer("rana"), SIGNED_AT)
    append_change(path, roles("rana"), signer("can"), SIGNED_AT)

    assert refused(path, roles("ayse", "legal"), "rana") == "role-missing"
    assert append_change(path, roles("ayse", "legal"), signer("can"), SIGNED_AT).count == 7


def test_the_first_entry_adds_a_registrar_who_signs_it(tmp_path: Path) -> None:
    path = tmp_path / "people.json"
    for change, person in (
        (added("ayse"), "ayse"),
        (added("rana"), "can"),
        (added("rana", key="can"), "rana"),
    ):
        with pytest.raises(UsageError):
            begin_register(path, change, signer(person), BEGUN_AT)
    assert not path.exists()


def test_a_register_is_begun_once(path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        begin_register(path, added("rana"), signer("rana"), BEGUN_AT)

    assert [problem.code for problem in caught.value.problems] == ["file-exists"]


def test_two_names_with_one_key_are_one_person(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(NAMES, "deniz", "Deniz Ak")
    monkeypatch.setitem(ROLES, "deniz", ["approver"])

    assert refused(path, added("deniz", key="mehmet")) == "key-in-use"
    # nor may one person take over the key of another, also a revoked one
    key = key_id(public_text(key_of("mehmet")))
    append_change(path, revoked("mehmet", key, revoked_on="2026-03-01"), signer("rana"), SIGNED_AT)
    part = {"public": public_text(key_of("mehmet")), "valid_from": "2026-03-01"}
    change = check_shape(AddKey, Document({"action": "add-key", "person": "can", "key": part}))
    assert refused(path, change) == "key-in-use"


def test_a_person_can_have_a_further_key(path: Path) -> None:
    part = {"public": public_text(key_of("ayse2")), "valid_from": "2026-03-01"}
    change = check_shape(AddKey, Document({"action": "add-key", "person": "ayse", "key": part}))

    register = append_change(path, change, signer("rana"), SIGNED_AT)

    assert len(register.person("ayse").keys) == 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (roles("nobody", "legal"), "unknown-signer"),
        (revoked("ayse", "0123456789abcdef", revoked_on="2026-03-01"), "unknown-id"),
    ],
)
def test_changes_about_what_is_not_there_are_refused(path: Path, change: Any, code: str) -> None:
    assert refused(path, change) == code


def test_a_person_is_added_once(path: Path) -> None:
    assert refused(path, added("ayse", key="ayse2")) == "duplicate-id"


def test_changes_are_in_the_order_of_their_dates(path: Path) -> None:
    assert refused(path, roles("ayse", "legal"), at=BEGUN_AT - timedelta(seconds=1)) == "register-damaged"


def test_a_registrar_whose_key_is_revoked_changes_nothing_any_more(path: Path) -> None:
    append_change(path, roles("can", "registrar"), signer("rana"), SIGNED_AT)
    key = key_id(public_text(key_of("rana")))
    append_change(path, revoked("rana", key, revoked_on="2026-03-02"), signer("can"), SIGNED_AT)

    assert refused(path, roles("ayse", "registrar")) == "key-revoked"


def edited_name(entries: list[Any]) -> None:
    entries[2]["payload"]["change"]["name"] = "Somebody Else"


def edited_roles(entries: list[Any]) -> None:
    entries[1]["payload"]["change"]["roles"].append("approver")


def without_one(entries: list[Any]) -> None:
    del entries[1]


def swapped(entries: list[Any]) -> None:
    entries[1], entries[2] = entries[2], entries[1]


def put_in_twice(entries: list[Any]) -> None:
    entries.insert(2, entries[1])


def without_the_first(entries: list[Any]) -> None:
    del entries[0]


def other_date(entries: list[Any]) -> None:
    entries[3]["signatures"][0]["at"] = "2026-01-06T08:00:00Z"


def numbered_anew(entries: list[Any]) -> None:
    """The last but one taken out, and the last numbered as if it followed: its signature is not genuine."""
    last = entries.pop()
    last["payload"] |= {"number": 2, "previous": entries[2]["payload"]["previous"]}
    entries[2] = last


@pytest.mark.parametrize(
    "edit",
    [
        edited_name,
        edited_roles,
        without_one,
        swapped,
        put_in_twice,
        without_the_first,
        other_date,
        numbered_anew,
    ],
)
def test_no_entry_can_be_edited_removed_moved_or_put_in(
    path: Path, edit: Callable[[list[Any]], None]
) -> None:
    document = json.loads(path.read_text("utf-8"))
    edit(document["entries"])
    write(path, document)

    assert damaged(path) & {"register-damaged", "bad-signature"}


def test_an_entry_that_somebody_else_signed_for_the_registrar_is_refused(path: Path) -> None:
    from fairlead.documents.canonical import digest

    document = json.loads(path.read_text("utf-8"))
    payload = {
        "fairlead": 1,
        "kind": "register-entry",
        "number": 4,
        "previous": digest(document["entries"][-1]),
        "change": {"action": "set-roles", "person": "can", "roles": ["registrar"]},
    }
    forged = sign(payload, signer("can"), "registrar", SIGNED_AT).model_copy(
        update={"person": "rana", "name": "Rana Demir", "key": key_id(public_text(key_of("rana")))}
    )
    document["entries"].append(Envelope(payload, (forged,)).as_json())
    write(path, document)

    assert damaged(path) == {"bad-signature"}


def test_a_register_tells_whether_it_once_ended_somewhere(path: Path) -> None:
    before = read_register(path)
    after = append_change(path, roles("ayse", "legal"), signer("rana"), SIGNED_AT)

    assert after.had(before.count, before.head)
    assert not before.had(after.count, after.head)
    assert after.root == before.root


def test_an_entry_of_another_history_does_not_follow(path: Path) -> None:
    """The registrar signed two fifth entries; the sixth follows one of them, and not the other."""
    start = path.read_bytes()
    append_change(path, roles("ayse"), signer("rana"), SIGNED_AT)
    other_fifth = json.loads(path.read_text("utf-8"))["entries"][4]
    path.write_bytes(start)
    append_change(path, roles("ayse", "legal"), signer("rana"), SIGNED_AT)
    append_change(path, roles("can", "legal"), signer("rana"), SIGNED_AT)
    document = json.loads(path.read_text("utf-8"))

    document["entries"][4] = other_fifth
    write(path, document)

    assert damaged(path) == {"register-damaged"}
