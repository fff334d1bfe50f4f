"""People who may be in the CRM twice are reported once for each new pair, and never merged."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.store.test_forget import files_with
from tests.sync.clinic import Clinic

from fairlead.store import Ref
from fairlead.sync.doctor import diagnose
from fairlead.sync.proposal import propose
from fairlead.sync.report import RunReport
from fairlead.sync.runner import Runner

OpenClinic = Callable[..., Clinic]


@pytest.fixture
def clinic(open_clinic: OpenClinic) -> Clinic:
    """A clinic on HubSpot, with the mapping as shipped, that has synced and found nobody twice."""
    clinic = open_clinic("hubspot", leads=8, partners=3, limits=False)
    clinic.provision()
    assert told(clinic.sync()) == []
    return clinic


def told(report: RunReport) -> list[tuple[str, str]]:
    assert report.state == "done"
    return [(ref, said) for code, ref, said in report.notes if code == "suspected-duplicate"]


def create(clinic: Clinic, **values: Any) -> str:
    """Make a contact and return its id."""
    before = set(clinic.sandbox.truth("lead"))
    clinic.sandbox.do("create", object="contacts", values=values)
    clinic.sandbox.advance(120)
    [made] = set(clinic.sandbox.truth("lead")) - before
    return made


def suspected(clinic: Clinic, id_: str) -> list[tuple[str, tuple[str, ...]]]:
    with clinic.store() as store, store.reading() as tx:
        return [(ref.id, kinds) for ref, kinds in tx.marks.suspected(Ref("contacts", id_))]


def test_two_with_one_number_are_told_once_and_both_stay(clinic: Clinic) -> None:
    first = create(clinic, firstname="Ana", phone="+90 212 555 12 34")
    second = create(clinic, firstname="Anna", mobilephone="0212 555 12 34", country="Turkey")

    assert told(clinic.sync()) == [
        (f"contacts/{second}", f"may be of the same person as contacts/{first}: the same telephone number")
    ]
    assert told(clinic.sync(full=True)) == []
    assert suspected(clinic, first) == [(second, ("phone",))]
    assert {first, second} <= set(clinic.sandbox.truth("lead"))


def test_a_number_without_its_country_is_not_guessed(clinic: Clinic) -> None:
    create(clinic, firstname="Ana", phone="+90 212 555 12 34")
    create(clinic, firstname="Anna", phone="0212 555 12 34")
    create(clinic, firstname="Anna", phone="0212 555 12 34", country="Germany")

    assert told(clinic.sync()) == []


def test_a_pair_is_told_when_it_comes_to_be(clinic: Clinic) -> None:
    first = create(clinic, firstname="Ana", phone="+90 212 555 12 34")
    second = create(clinic, firstname="Anna")
    assert told(clinic.sync()) == []
    clinic.sandbox.do("edit", object="contacts", id=second, values={"phone": "0090 212 555 12 34"})
    clinic.sandbox.advance(120)

    assert [ref for ref, _ in told(clinic.sync())] == [f"contacts/{second}"]
    assert suspected(clinic, second) == [(first, ("phone",))]


def test_a_pair_that_a_killed_run_found_is_told_by_the_next_one(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(clinic, phone="+90 212 555 12 34")
    second = create(clinic, phone="+90 212 555 12 34")
    with monkeypatch.context() as patch:
        # what a process that is killed before the end leaves
        patch.setattr(Runner, "_end", lambda *_: None)
        clinic.sync()

    assert [ref for ref, _ in told(clinic.sync())] == [f"contacts/{second}"]
    assert told(clinic.sync()) == []


def test_neither_address_nor_number_is_kept(clinic: Clinic) -> None:
    create(clinic, email="quintero.x@example.org", phone="+90 212 555 12 34")
    # a reject keeps what was read
    create(clinic, email="xylander.q@example.org", phone="+90 212 555 12 35", fairlead_pages_read=-4)
    report = clinic.sync()

    assert report.rejects_open == 1
    kept = ("quintero.x", "xylander.q", "2125551234", "212 555 12 3")
    assert [needle for needle in kept if files_with(needle, clinic.folder)] == []


def test_whoever_was_forgotten_is_suspected_of_nothing(clinic: Clinic) -> None:
    first = create(clinic, phone="+90 212 555 12 34")
    second = create(clinic, phone="+90 212 555 12 34")
    clinic.sync()
    with clinic.store() as store:
        store.forget(Ref("contacts", second))

    assert told(clinic.sync(full=True)) == []
    assert suspected(clinic, first) == []


def test_a_merged_pair_is_suspected_no_longer(clinic: Clinic) -> None:
    first = create(clinic, phone="+90 212 555 12 34")
    second = create(clinic, phone="+90 212 555 12 34")
    clinic.sync()
    clinic.sandbox.do("merge", object="contacts", keep=first, lose=second)
    clinic.sandbox.advance(120)

    assert told(clinic.sync()) == []
    # both are names of the contact that lives on
    assert suspected(clinic, first) == suspected(clinic, second) == []


def test_a_mapping_that_no_longer_compares_people_keeps_no_marks(clinic: Clinic) -> None:
    first = create(clinic, phone="+90 212 555 12 34")
    create(clinic, phone="+90 212 555 12 34")
    clinic.sync()
    rewrite(clinic, None)
    clinic.sync()

    assert suspected(clinic, first) == []


def rewrite(clinic: Clinic, same_person: dict[str, Any] | None) -> None:
    session = clinic.session()
    document = json.loads(json.dumps(session.mapping.source))
    session.connector.close()
    document["name"] = "mappings/hubspot"
    if same_person is None:
        del document["objects"]["contacts"]["same_person"]
    else:
        document["objects"]["contacts"]["same_person"] = same_person
    (clinic.folder / "mappings" / "hubspot.json").write_text(json.dumps(document), "utf-8")


def test_a_field_that_the_account_does_not_have_is_named_and_proposed_away(clinic: Clinic) -> None:
    rewrite(
        clinic,
        {
            "email": ["emial"],
            "phone": ["phone", "telex"],
            "name": ["firstname", "lastname"],
            "born": "birthday",
        },
    )
    session = clinic.session()
    try:
        found = diagnose(session, sample=5)
        proposal = propose(session)
    finally:
        session.connector.close()

    named = {(problem.code, problem.found, problem.pointer, problem.nearest) for problem in found.problems}
    place = "/objects/contacts/same_person"
    assert named == {
        ("unknown-field", "emial", f"{place}/email/0", "email"),
        ("unknown-field", "telex", f"{place}/phone/1", None),
        ("unknown-field", "birthday", f"{place}/born", None),
    }
    assert proposal.document["objects"]["contacts"]["same_person"] == {"phone": ["phone"]}
    assert [each.what for each in proposal.left_out] == [
        "contacts: people told by `emial`",
        "contacts: people told by `telex`",
        "contacts: people told by `birthday`",
    ]
