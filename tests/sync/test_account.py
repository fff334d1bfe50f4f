"""What an account lacks is said once for all fields that provisioning makes, and exactly for the others."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.sync.clinic import Clinic

from fairlead.plugins.connector import Capabilities
from fairlead.plugins.fields import FieldInfo, FieldKind, ObjectInfo, Option
from fairlead.problems import DocumentError, Problem, UsageError
from fairlead.sync.account import Comparison, compare
from fairlead.sync.doctor import Diagnosis, diagnose

OpenClinic = Callable[..., Clinic]

CRMS = ("hubspot", "salesforce", "zoho")


def edited(clinic: Clinic, **changes: Any) -> None:
    """Change members of the mapping; a path of names is joined by double underscores."""
    path = clinic.folder / "mappings" / "acme.json"
    document = json.loads(path.read_text("utf-8"))
    for names, value in changes.items():
        *parents, last = names.split("__")
        place = document
        for name in parents:
            place = place[name]
        place[last] = value
    path.write_text(json.dumps(document), "utf-8")


def refused(clinic: Clinic) -> list[Problem]:
    """Return why a run does not begin; nothing is read or written then."""
    before = clinic.sandbox.state()
    with pytest.raises(DocumentError) as raised:
        clinic.sync()
    assert clinic.sandbox.state() == before
    return list(raised.value.problems)


def diagnosed(clinic: Clinic) -> Diagnosis:
    session = clinic.session()
    try:
        return diagnose(session)
    finally:
        session.connector.close()


@pytest.fixture
def clinic(open_clinic: OpenClinic) -> Clinic:
    clinic = open_clinic(leads=10, partners=2)
    clinic.provision()
    return clinic


@pytest.mark.parametrize("crm", CRMS)
def test_an_account_without_our_fields_gets_one_problem_for_each_object(
    open_clinic: OpenClinic, crm: str
) -> None:
    clinic = open_clinic(crm, leads=6, partners=2, limits=False, provisioned=False)
    lead, partner = clinic.sandbox.objects["lead"], clinic.sandbox.objects["partner"]

    problems = refused(clinic)

    objects = [problem.message.split("`")[1] for problem in problems]
    assert len(objects) == len(set(objects))
    # the lookup from a deal to its lead is a field of ours in Zoho
    assert {lead, partner, *(["Deals"] if crm == "zoho" else [])} <= set(objects)
    assert {problem.code for problem in problems} == {"missing-result-field"}
    assert {problem.remedy for problem in problems} == {
        "run `fairlead provision --dry-run`, then `fairlead provision`"
    }
    found = diagnosed(clinic)
    assert found.problems[: len(problems)] == problems
    # HubSpot's label is no field: reading tells of it
    labels = ["no-association-label"] if crm == "hubspot" else []
    assert [problem.code for problem in found.problems[len(problems) :]] == labels
    assert found.sampled[lead] == 6


def test_interactions_of_several_objects_are_counted_once(open_clinic: OpenClinic) -> None:
    clinic = open_clinic("hubspot", leads=12, partners=2, limits=False)
    clinic.provision()

    found = diagnosed(clinic)

    talks = found.sampled["calls"] + found.sampled["emails"] + found.sampled["communications"]
    rows = [each for each in found.coverage if each.fact == "interaction.occurred_at"]
    assert [(each.filled, each.records) for each in rows] == [(talks, talks)]
    # messages have no direction, and are interactions all the same
    (direction,) = (each for each in found.coverage if each.fact == "interaction.direction")
    assert direction.records == talks
    assert direction.filled <= talks - found.sampled["communications"]


@pytest.mark.parametrize(
    ("change", "code", "pointer", "said"),
    [
        (
            {"objects__people__only": {"field": "stagee", "values": ["lead"]}},
            "unknown-field",
            "/objects/people/only/field",
            "`people` has no field `stagee`",
        ),
        (
            {"objects__people__entities__introduction__present": ["fl_introduced_on", "introduced"]},
            "unknown-field",
            "/objects/people/entities/introduction/present/1",
            "`people` has no field `introduced`",
        ),
        (
            {"objects__people__links__agent__via": "agnet"},
            "unknown-field",
            "/objects/people/links/agent/via",
            "`people` has no field `agnet`",
        ),
        (
            {"objects__people__links__agent__via": "country"},
            "wrong-field-kind",
            "/objects/people/links/agent/via",
            "the field `people.country` holds text, and the link needs one to `agents`",
        ),
        (
            {"tracking_code__partner": "code"},
            "unknown-field",
            "/tracking_code/partner",
            "`agents` has no field `code`",
        ),
        (
            {"tracking_code__lead": "fl_pages_read"},
            "wrong-field-kind",
            "/tracking_code/lead",
            "the field `people.fl_pages_read` holds integer, and a code is a text",
        ),
    ],
)
def test_what_a_mapping_names_besides_facts_is_compared_with_the_account(
    clinic: Clinic, change: dict[str, Any], code: str, pointer: str, said: str
) -> None:
    edited(clinic, **change)

    (problem,) = refused(clinic)

    assert (problem.code, problem.pointer) == (code, pointer)
    assert said in problem.message
    assert str(problem.file).endswith("mappings/acme.json")
    assert problem in diagnosed(clinic).problems


def test_the_nearest_field_is_named(clinic: Clinic) -> None:
    edited(clinic, objects__people__links__agent__via="agnet")

    (problem,) = refused(clinic)

    assert problem.nearest == "agent"


class Described:
    """An account that is described as a test wants it, in the place of the one that a session is open on."""

    def __init__(self, clinic: Clinic, *, labels: bool = False) -> None:
        self._session = clinic.session()
        self._labels = labels
        names = self._session.mapping.described
        self.objects = {each.name: each for each in self._session.connector.describe(names)}

    def change(self, object_: str, field: FieldInfo) -> None:
        described = self.objects[object_]
        others = tuple(each for each in described.fields if each.name != field.name)
        self.objects[object_] = ObjectInfo(object_, described.label, (*others, field))

    def of(self, object_: str, name: str) -> FieldInfo:
        found = self.objects[object_].field(name)
        assert found is not None
        return found

    def compared(self) -> Comparison:
        connector = self._session.connector
        capabilities = replace(connector.capabilities(), labelled_links=self._labels)
        connector.capabilities = lambda: capabilities  # type: ignore[method-assign]
        return compare(self._session, self.objects)

    def close(self) -> None:
        self._session.connector.close()


@pytest.fixture
def described(clinic: Clinic) -> Iterator[Callable[..., Described]]:
    made: list[Described] = []

    def make(**options: bool) -> Described:
        made.append(Described(clinic, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_a_filter_that_no_option_passes_is_a_problem_and_one_that_some_pass_a_note(
    clinic: Clinic, described: Callable[..., Described]
) -> None:
    edited(clinic, objects__people__only={"field": "stage", "values": ["lead", "patient"]})
    options = tuple(Option(value, value) for value in ("lead", "customer"))
    account = described()
    account.change("people", FieldInfo("stage", "Stage", FieldKind.ONE_OF, options))

    some = account.compared()

    assert some.problems == []
    (note,) = some.notes
    assert (note.code, note.pointer) == ("unknown-option", "/objects/people/only/values/1")
    assert note.message == "`people.stage` has no option `patient`"

    account.change("people", FieldInfo("stage", "Stage", FieldKind.ONE_OF, (Option("customer", "C"),)))
    none = account.compared()
    assert none.notes == []
    assert [problem.pointer for problem in none.problems] == [
        "/objects/people/only/values/0",
        "/objects/people/only/values/1",
    ]
    assert "so that no record is read at all" in none.problems[0].message


def test_a_lookup_to_another_object_is_named(described: Callable[..., Described]) -> None:
    account = described()
    account.change("people", replace(account.of("people", "agent"), links_to=("people",)))

    (problem,) = account.compared().problems

    assert (
        problem.message == "the field `people.agent` points to `people`, and the link needs one to `agents`"
    )


def test_labels_of_associations_are_no_fields(clinic: Clinic, described: Callable[..., Described]) -> None:
    edited(clinic, objects__people__links__agent__via="Referring partner")

    assert [problem.code for problem in described().compared().problems] == ["unknown-field"]
    assert described(labels=True).compared().problems == []
    assert Capabilities().labelled_links is False


@pytest.mark.parametrize(
    ("object_", "name", "said"),
    [
        ("people", "fl_score", "the integration user may not write 1 field of ours of `people`: `fl_score`"),
        (
            "agents",
            "fl_code",
            "the integration user may not write `agents.fl_code`, which a new partner's code",
        ),
        (
            "people",
            "agent",
            "the integration user may not write `people.agent`, which the partner of a lead's",
        ),
    ],
)
def test_what_may_not_be_written_is_named(
    described: Callable[..., Described], object_: str, name: str, said: str
) -> None:
    account = described()
    account.change(object_, replace(account.of(object_, name), writable=False))

    (problem,) = account.compared().problems

    assert problem.code == "missing-result-field"
    assert said in problem.message


def test_fields_of_ours_are_told_by_their_object(clinic: Clinic, described: Callable[..., Described]) -> None:
    """A field that is missed where nothing provisions it is named, though another object lacks one alike."""
    edited(clinic, objects__people__entities__introduction__present=["fl_code"])
    account = described()
    agents = account.objects["agents"]
    account.objects["agents"] = replace(
        agents, fields=tuple(each for each in agents.fields if each.name != "fl_code")
    )

    problems = account.compared().problems

    assert [(problem.code, problem.found, problem.pointer) for problem in problems] == [
        ("unknown-field", "fl_code", "/objects/people/entities/introduction/present/0"),
        ("missing-result-field", "fl_code", ""),
    ]


def test_a_run_with_the_credentials_of_another_account_is_refused(clinic: Clinic) -> None:
    session = clinic.session()
    connector = type(session.connector)
    session.connector.close()
    first: list[str | None] = ["4711"]
    patch = pytest.MonkeyPatch()
    patch.setattr(connector, "account", lambda _: first[0])
    try:
        assert clinic.sync().state == "done"
        before = clinic.sandbox.state()
        first[0] = "4712"
        with pytest.raises(UsageError) as raised:
            clinic.sync()
    finally:
        patch.undo()

    (problem,) = raised.value.problems
    assert problem.code == "wrong-account"
    assert problem.message == "the credentials are of account 4712, and the store is of account 4711"
    assert clinic.sandbox.state() == before


@pytest.mark.parametrize(
    ("crm", "account"), [("hubspot", "48112903"), ("salesforce", "00D5f0000000001EAA"), ("zoho", None)]
)
def test_the_check_names_the_account(open_clinic: OpenClinic, crm: str, account: str | None) -> None:
    clinic = open_clinic(crm, leads=2, partners=1, limits=False)

    assert diagnosed(clinic).account == account
