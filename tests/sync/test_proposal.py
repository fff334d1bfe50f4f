"""A proposed mapping is the default one, less what the account lacks, with every option value it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from fairlead import project
from fairlead.documents.json_text import Document
from fairlead.plugins.connector import Connector
from fairlead.plugins.failures import ConnectorError, Failure, FailureKind
from fairlead.plugins.fields import FieldInfo, FieldKind, ObjectInfo, Option
from fairlead.plugins.hookspecs import ConnectorInfo
from fairlead.problems import UsageError
from fairlead.project.starting import plan_project, write_project
from fairlead.sync.mapping import CrmMapping
from fairlead.sync.proposal import Proposal, propose
from fairlead.sync.session import Session

DEFAULT: dict[str, Any] = {
    "fairlead": 1,
    "kind": "crm-mapping",
    "name": "connectors/acme",
    "version": "3.1.4",
    "connector": "acme",
    "title": {"en": "Acme"},
    "about": {"en": "An introduction is a contact with a day."},
    "objects": {
        "contacts": {
            "links": {"partner": {"object": "companies", "via": None}},
            "entities": {
                "lead": {
                    "facts": {
                        "name": {"fields": ["first", "last"]},
                        "coordinator": {"field": "owner"},
                        "channel": {"field": "fl_channel"},
                        "source": {
                            "field": "source",
                            "values": {"Web": "organic_search", "Fair": "event"},
                            "other": "absent",
                        },
                        "stage": {"field": "stage", "values": {"New": "enquiry", "Won": "booked"}},
                        "budget": {"field": "budget", "currency_field": "currency"},
                    },
                    "links": {"partner": "partner", "consent": "record"},
                },
                "consent": {"present": ["consented"], "facts": {"given_on": {"field": "consented"}}},
            },
        },
        "companies": {
            "only": {"field": "type", "values": ["Partner"]},
            "entities": {"partner": {"facts": {"name": {"field": "name"}, "code": {"field": "fl_code"}}}},
        },
    },
    "overrides": ["lead.priority", "partner.tier"],
    "tracking_code": {"partner": "fl_code", "lead": "fl_tracking_code"},
}


def options(*values: str) -> tuple[Option, ...]:
    return tuple(Option(value, f"the {value}") for value in values)


def contacts(*changed: FieldInfo, without: Sequence[str] = ()) -> ObjectInfo:
    fields = {
        "first": FieldInfo("first", "First", FieldKind.TEXT),
        "last": FieldInfo("last", "Last", FieldKind.TEXT),
        "owner": FieldInfo("owner", "Owner", FieldKind.TEXT),
        "source": FieldInfo("source", "Source", FieldKind.ONE_OF, options("Web", "Fair")),
        "stage": FieldInfo("stage", "Stage", FieldKind.ONE_OF, options("New", "Won")),
        "budget": FieldInfo("budget", "Budget", FieldKind.DECIMAL),
        "currency": FieldInfo("currency", "Currency", FieldKind.TEXT),
        "consented": FieldInfo("consented", "Consented", FieldKind.DATE),
    }
    fields |= {field.name: field for field in changed}
    return ObjectInfo("contacts", "C", tuple(f for name, f in fields.items() if name not in without))


COMPANIES = ObjectInfo(
    "companies",
    "Companies",
    (
        FieldInfo("name", "Name", FieldKind.TEXT),
        FieldInfo("type", "Type", FieldKind.ONE_OF, options("Partner", "Vendor")),
    ),
)


class Account:
    """An account that describes itself and can do nothing else."""

    def __init__(self, *objects: ObjectInfo) -> None:
        self.objects = objects

    def describe(self, names: Sequence[str]) -> list[ObjectInfo]:
        return [each for each in self.objects if each.name in names]

    def field_name(self, base: str) -> str:
        return f"fl_{base}"


@pytest.fixture
def clinic(tmp_path: Path) -> project.Project:
    write_project(plan_project(tmp_path / "clinic", zone="Europe/Istanbul"))
    return project.open(tmp_path / "clinic")


def made(clinic: project.Project, *objects: ObjectInfo, account: object = None) -> Proposal:
    info = ConnectorInfo(name="acme", title="Acme", crm="Acme CRM", settings_schema={})
    mapping = CrmMapping(Document(DEFAULT), clinic.program().ruleset.model, clinic.zone)
    connector = cast(Connector, account or Account(*objects))
    return propose(Session(clinic, info, connector, mapping, lambda: datetime.now(UTC), shipped=True))


def facts(proposal: Proposal) -> Mapping[str, Any]:
    found: Mapping[str, Any] = proposal.document["objects"]["contacts"]["entities"]["lead"]["facts"]
    return found


def test_an_account_that_has_everything_gets_the_default_with_its_own_name(clinic: project.Project) -> None:
    proposal = made(clinic, contacts(), COMPANIES)

    assert (proposal.left_out, proposal.unfilled, proposal.notes) == ([], [], [])
    assert proposal.document == {
        **DEFAULT,
        "name": "mappings/acme",
        "version": "1.0.0",
        # this project runs no ruleset with tiers
        "overrides": ["lead.priority"],
    }


def test_a_fact_whose_field_is_not_there_is_left_out_and_one_of_ours_is_not(clinic: project.Project) -> None:
    proposal = made(clinic, contacts(without=["owner"]), COMPANIES)

    assert "coordinator" not in facts(proposal)
    assert facts(proposal)["channel"] == {"field": "fl_channel"}
    assert [(each.what, each.why) for each in proposal.left_out] == [
        (
            "contacts: lead.coordinator",
            "`contacts` has no field `owner` that the integration user can see",
        )
    ]


@pytest.mark.parametrize("without", [["currency"], ["budget"], ["budget", "currency"]])
def test_an_amount_without_its_currency_is_left_out_once(clinic: project.Project, without: list[str]) -> None:
    proposal = made(clinic, contacts(without=without), COMPANIES)

    assert "budget" not in facts(proposal)
    assert [each.what for each in proposal.left_out] == ["contacts: lead.budget"]


def test_of_several_fields_those_that_are_there_stay(clinic: project.Project) -> None:
    assert facts(made(clinic, contacts(without=["first"]), COMPANIES))["name"] == {"fields": ["last"]}
    assert "name" not in facts(made(clinic, contacts(without=["first", "last"]), COMPANIES))


def test_a_field_of_a_kind_that_cannot_be_read_is_left_out(clinic: project.Project) -> None:
    text = FieldInfo("budget", "Budget", FieldKind.TEXT)
    proposal = made(clinic, contacts(text), COMPANIES)

    assert "budget" not in facts(proposal)
    assert "holds text" in proposal.left_out[0].why


def test_option_values_that_nothing_maps_are_absent_and_listed(clinic: project.Project) -> None:
    stage = FieldInfo("stage", "Stage", FieldKind.ONE_OF, options("New", "Visa", "Won"))
    source = FieldInfo("source", "Source", FieldKind.ONE_OF, options("Web", "Radio"))
    channel = FieldInfo("fl_channel", "Channel", FieldKind.ONE_OF, options("phone", "telegram"))
    proposal = made(clinic, contacts(stage, source, channel), COMPANIES)

    assert facts(proposal)["stage"]["values"] == {"New": "enquiry", "Won": "booked", "Visa": None}
    assert facts(proposal)["source"]["values"] == {"Web": "organic_search", "Fair": "event", "Radio": None}
    # what the fact knows stays what it is
    assert facts(proposal)["channel"]["values"]["phone"] == "phone"
    assert facts(proposal)["channel"]["values"]["telegram"] is None
    listed = {each.fact: [option.value for option in each.options] for each in proposal.unfilled}
    assert listed == {"lead.channel": ["telegram"], "lead.source": ["Radio"], "lead.stage": ["Visa"]}


def test_a_missing_object_goes_with_its_links(clinic: project.Project) -> None:
    proposal = made(clinic, contacts())

    document = proposal.document
    assert list(document["objects"]) == ["contacts"]
    assert document["objects"]["contacts"]["links"] == {}
    assert document["objects"]["contacts"]["entities"]["lead"]["links"] == {"consent": "record"}
    # a code leads to a partner
    assert "tracking_code" not in document
    assert [each.what for each in proposal.left_out] == ["companies"]


def test_an_entity_that_can_never_be_there_goes_with_its_links(clinic: project.Project) -> None:
    proposal = made(clinic, contacts(without=["consented"]), COMPANIES)

    entities = proposal.document["objects"]["contacts"]["entities"]
    assert list(entities) == ["lead"]
    assert entities["lead"]["links"] == {"partner": "partner"}


@pytest.mark.parametrize(
    ("fields", "code", "said"),
    [
        ((), "unknown-field", "the account has no such field"),
        (
            (FieldInfo("type", "Type", FieldKind.ONE_OF, options("Vendor")),),
            "unknown-option",
            "the account has no option `Partner`",
        ),
    ],
)
def test_a_filter_that_cannot_be_kept_is_noted_and_stays(
    clinic: project.Project, fields: tuple[FieldInfo, ...], code: str, said: str
) -> None:
    companies = ObjectInfo("companies", "C", (FieldInfo("name", "Name", FieldKind.TEXT), *fields))
    proposal = made(clinic, contacts(), companies)

    (note,) = proposal.notes
    assert note.code == code
    assert said in note.message
    assert proposal.document["objects"]["companies"]["only"] == {"field": "type", "values": ["Partner"]}


@pytest.mark.parametrize(
    ("has_people", "without", "kept"), [(True, [], True), (False, [], False), (True, ["consented"], False)]
)
def test_what_takes_the_results_of_converted_records_is_left_out_where_it_is_not_there(
    clinic: project.Project, monkeypatch: pytest.MonkeyPatch, has_people: bool, without: list[str], kept: bool
) -> None:
    after = {"object": "people", "entities": ["consent"]}
    contacts_part = {**DEFAULT["objects"]["contacts"], "after_conversion": after}
    monkeypatch.setitem(DEFAULT, "objects", {**DEFAULT["objects"], "contacts": contacts_part})
    people = [ObjectInfo("people", "People", ())] if has_people else []

    proposal = made(clinic, contacts(without=without), COMPANIES, *people)

    assert list(proposal.document["objects"]) == ["contacts", "companies"]
    assert ("after_conversion" in proposal.document["objects"]["contacts"]) is kept
    said = [each.what for each in proposal.left_out if "converted" in each.what]
    assert said == ([] if kept else ["contacts: results of converted records"])


def test_an_account_with_none_of_the_objects_gets_no_mapping(clinic: project.Project) -> None:
    with pytest.raises(UsageError, match="none of the objects"):
        made(clinic)


def test_an_account_that_does_not_answer_is_told_of_with_its_remedy(clinic: project.Project) -> None:
    class Silent(Account):
        def describe(self, names: Sequence[str]) -> list[ObjectInfo]:
            raise ConnectorError(Failure(FailureKind.STOP, "crm-refused", "no entry", remedy="a new key"))

    with pytest.raises(UsageError) as raised:
        made(clinic, account=Silent())

    (problem,) = raised.value.problems
    assert (problem.code, problem.remedy) == ("crm-refused", "a new key")
