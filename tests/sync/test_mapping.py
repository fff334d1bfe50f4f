"""A record of a CRM becomes the entities that it embodies, or a reason why it cannot."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import fairlead
from fairlead.documents.json_text import Document
from fairlead.plugins.failures import Failure, FailureKind
from fairlead.plugins.fields import FieldInfo, FieldKind, ObjectInfo, Option
from fairlead.plugins.records import Record, Scalar
from fairlead.problems import DocumentError
from fairlead.sync.mapping import CrmMapping, Unmapped

MODEL = fairlead.load("medical-travel/lead-scoring").ruleset.model
CHANGED = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def mapping_document(**contacts: Any) -> dict[str, Any]:
    lead = {
        "facts": {
            "name": {"fields": ["first", "last"]},
            "created_at": {"field": "made"},
            "created_on": {"field": "made"},
            "channel": {"field": "way", "values": {"WA": "whatsapp", "Call": "phone", "Fax": None}},
            "source": {"field": "source", "values": {"Web": "organic_search"}, "other": "absent"},
            "budget": {"field": "budget", "currency_field": "budget_currency"},
            "pages_read": {"field": "pages"},
            "submitted_medical_records": {"field": "records"},
        },
        "links": {"partner": "partner", "consent": "record"},
    }
    introduction = {
        "present": ["introduced"],
        "facts": {"introduced_on": {"field": "introduced"}},
        "links": {"lead": "record", "partner": "partner"},
    }
    consent = {
        "present": ["consent"],
        "facts": {
            "purpose": {"constant": "introduction"},
            "given_on": {"field": "consent"},
            "covers_health_data": {"field": "health"},
            "withdrawn": {"field": "withdrawn"},
        },
        "links": {"lead": "record"},
    }
    return {
        "fairlead": 1,
        "kind": "crm-mapping",
        "name": "clinic/acme",
        "version": "1.0.0",
        "connector": "acme",
        "title": "Acme",
        "about": "An introduction is a contact with the day of the introduction.",
        "objects": {
            "contacts": {
                "links": {"partner": {"object": "companies"}},
                "entities": {"lead": lead, "introduction": introduction, "consent": consent},
                **contacts,
            },
            "companies": {"entities": {"partner": {"facts": {"code": {"field": "code"}}}}},
        },
    }


def made(document: dict[str, Any] | None = None) -> CrmMapping:
    return CrmMapping(Document(document or mapping_document()), MODEL, ZoneInfo("Europe/Istanbul"))


def record(**values: Scalar) -> Record:
    return Record("contacts", "7", CHANGED, values)


def of_partner(id_: str, **values: Scalar) -> Record:
    return Record("contacts", "7", CHANGED, values, {"partner": (id_,)})


def facts(values: Record, entity: str = "lead") -> Any:
    return next(each.facts for each in made().map(values) if each.entity == entity)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"first": "Ayşe", "last": "Yılmaz"}, {"name": "Ayşe Yılmaz"}),
        ({"last": "Yılmaz"}, {"name": "Yılmaz"}),
        ({"way": "WA"}, {"channel": "whatsapp"}),
        # an option that says nothing of the channel, one that only this fact may pass over
        ({"way": "Fax"}, {}),
        ({"source": "Bing"}, {}),
        ({"source": "Web"}, {"source": "organic_search"}),
        (
            {"budget": Decimal("8000.50"), "budget_currency": "EUR"},
            {"budget": {"amount": "8000.50", "currency": "EUR"}},
        ),
        # an amount in an unknown currency is no amount
        ({"budget": Decimal(8000)}, {}),
        ({"pages": Decimal("5.0")}, {"pages_read": 5}),
        # half past ten at night in London is the next day in Istanbul
        (
            {"made": datetime(2026, 11, 19, 22, 30, tzinfo=UTC)},
            {"created_at": "2026-11-19T22:30:00+00:00", "created_on": "2026-11-20"},
        ),
    ],
)
def test_fields_become_facts(values: dict[str, Scalar], expected: dict[str, Any]) -> None:
    assert facts(record(**values)) == {"id": "7", **expected}


def test_health_facts_need_a_live_consent_that_covers_them() -> None:
    consented: dict[str, Scalar] = {"records": True, "consent": date(2026, 1, 2), "health": True}

    assert facts(record(**consented))["submitted_medical_records"] is True
    lacks: list[dict[str, Scalar]] = [
        {"records": True},
        {**consented, "health": None},
        {**consented, "withdrawn": True},
    ]
    for lacking in lacks:
        lead = next(each for each in made().map(record(**lacking)) if each.entity == "lead")
        assert "submitted_medical_records" not in lead.facts
        assert lead.withheld == ("submitted_medical_records",)


def test_a_contact_embodies_an_introduction_once_its_day_is_known() -> None:
    without = made().map(of_partner("31"))
    with_day = made().map(of_partner("31", introduced=date(2026, 11, 2)))

    assert [each.entity for each in without] == ["lead"]
    introduction = next(each for each in with_day if each.entity == "introduction")
    assert introduction.facts == {"id": "7", "introduced_on": "2026-11-02"}
    assert introduction.links == {"lead": "7", "partner": "31"}


@pytest.mark.parametrize(
    ("values", "code", "said"),
    [
        ({"way": "Telex"}, "unknown-option", "`lead.channel` has an option value"),
        ({"pages": -1}, "out-of-range", "pages_read"),
        ({"made": "yesterday"}, "wrong-type", "created_at"),
    ],
)
def test_what_does_not_fit_is_named_with_its_fact(values: dict[str, Scalar], code: str, said: str) -> None:
    with pytest.raises(Unmapped) as raised:
        made().map(record(**values))

    assert code in [problem.code for problem in raised.value.problems]
    assert said in str(raised.value) or any(said in problem.pointer for problem in raised.value.problems)


def test_a_value_that_the_connector_could_not_read_rejects_the_record() -> None:
    broken = Record(
        "contacts", "7", CHANGED, {}, problem=Failure(FailureKind.REJECT, "unreadable", "no date", "made")
    )

    with pytest.raises(Unmapped, match="no date"):
        made().map(broken)


def test_a_filter_lets_only_its_values_in() -> None:
    mapping = made(mapping_document(only={"field": "stage", "values": ["lead", "customer"]}))

    assert mapping.in_scope(record(stage="lead"))
    assert not mapping.in_scope(record(stage="vendor"))
    assert not mapping.in_scope(record())
    assert "stage" in mapping.query("contacts").fields


@pytest.mark.parametrize(
    ("place", "value", "code", "pointer"),
    [
        (("entities", "lead", "facts", "chanel"), {"field": "x"}, "unknown-fact", "/facts/chanel"),
        (("entities", "patient"), {"facts": {}}, "unknown-entity", "/entities/patient"),
        (("entities", "lead", "links", "friend"), "partner", "unknown-link", "/links/friend"),
        (("entities", "lead", "links", "facility"), "hospital", "unknown-link", "/links/facility"),
        (("entities", "lead", "links", "facility"), "record", "unknown-entity", "/links/facility"),
        (("links", "partner"), {"object": "vendors"}, "unknown-object", "/links/partner/object"),
        (
            ("entities", "lead", "facts", "channel", "values"),
            {"WA": "telegram"},
            "unknown-value",
            "/channel/values/WA",
        ),
        (("entities", "lead", "facts", "channel"), {}, "missing-key", "/facts/channel"),
        (
            ("after_conversion",),
            {"object": "companies", "entities": ["introduction"]},
            "duplicate-name",
            "/objects/contacts/after_conversion/object",
        ),
        (
            ("after_conversion",),
            {"object": "people", "entities": ["introduction", "treatment"]},
            "unknown-entity",
            "/objects/contacts/after_conversion/entities/1",
        ),
    ],
)
def test_a_mapping_that_does_not_fit_the_model_is_refused_in_its_place(
    place: tuple[str, ...], value: Any, code: str, pointer: str
) -> None:
    document = mapping_document()
    part: Any = document["objects"]["contacts"]
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = value

    with pytest.raises(DocumentError) as raised:
        made(document)

    (problem,) = raised.value.problems
    assert problem.code == code
    assert pointer in problem.pointer


def described(*changed: FieldInfo) -> list[ObjectInfo]:
    kinds = {
        "first": FieldKind.TEXT,
        "last": FieldKind.TEXT,
        "made": FieldKind.DATE_TIME,
        "way": FieldKind.ONE_OF,
        "source": FieldKind.ONE_OF,
        "budget": FieldKind.DECIMAL,
        "budget_currency": FieldKind.TEXT,
        "pages": FieldKind.INTEGER,
        "records": FieldKind.BOOLEAN,
        "introduced": FieldKind.DATE,
        "consent": FieldKind.DATE,
        "health": FieldKind.BOOLEAN,
        "withdrawn": FieldKind.BOOLEAN,
    }
    fields = {name: FieldInfo(name, name, kind) for name, kind in kinds.items()}
    fields |= {field.name: field for field in changed}
    code = FieldInfo("code", "Code", FieldKind.TEXT)
    return [
        ObjectInfo("contacts", "Contacts", tuple(fields.values())),
        ObjectInfo("companies", "Companies", (code,)),
    ]


def test_an_account_that_has_all_fields_fits() -> None:
    assert made().kind_problems(described()) == []


def test_a_field_of_another_kind_is_named() -> None:
    (problem,) = made().kind_problems(described(FieldInfo("records", "Records", FieldKind.TEXT)))

    assert problem.code == "wrong-field-kind"
    assert problem.pointer == "/objects/contacts/entities/lead/facts/submitted_medical_records"
    assert problem.allowed == ("boolean",)


def test_missing_fields_and_objects_are_named_with_the_nearest() -> None:
    contacts, companies = described()
    fewer = tuple(field for field in contacts.fields if field.name != "pages")
    lacking = [ObjectInfo("contacts", "Contacts", (*fewer, FieldInfo("pages_", "P", FieldKind.INTEGER)))]

    problems = {problem.code: problem for problem in made().kind_problems(lacking)}

    assert set(problems) == {"unknown-field", "unknown-object"}
    assert problems["unknown-field"].nearest == "pages_"
    assert problems["unknown-object"].found == companies.name


def test_option_values_that_nothing_maps_are_listed() -> None:
    way = FieldInfo("way", "Way", FieldKind.ONE_OF, (Option("WA", "WhatsApp"), Option("Telex", "Telex")))

    assert made().unmapped_options(described(way)[0]) == {"way": ("Telex",)}


def told_by(**same_person: Any) -> CrmMapping:
    return made(mapping_document(same_person=same_person))


def test_what_people_are_told_by_is_read_and_becomes_no_fact() -> None:
    mapping = told_by(email=["mail"], phone=["phone", "mobile"], name=["first", "last"], born="born")
    values: dict[str, Scalar] = {
        "mail": "Ana@Example.org",
        "phone": "020 7946 0012",
        "mobile": "+90 555 123 45 67",
        "first": "Ana",
        "last": "Quintero",
        "born": date(1984, 3, 2),
    }

    assert {"mail", "phone", "mobile", "born"} <= set(mapping.query("contacts").fields)
    assert mapping.same_person(record(**values), "GB") == [
        ("email", "ana@example.org"),
        ("phone", "+442079460012"),
        ("phone", "+905551234567"),
        ("name_and_birth_year", "ana quintero 1984"),
    ]
    # where a number without its country is dialled is not known
    assert ("phone", "+442079460012") not in mapping.same_person(record(**values), None)
    assert mapping.same_person(record(), "GB") == []
    assert made().same_person(record(**values), "GB") == []
    # the name is kept as a fact as well
    assert mapping.unkept_fields("contacts") == {"mail", "phone", "mobile", "born", "records"}


@pytest.mark.parametrize(
    ("same_person", "pointer"),
    [({"name": ["first"]}, "born"), ({"born": "born"}, "name")],
)
def test_a_name_is_compared_with_the_year_of_birth_alone(same_person: dict[str, Any], pointer: str) -> None:
    with pytest.raises(DocumentError) as error:
        told_by(**same_person)
    [problem] = error.value.problems
    assert (problem.code, problem.pointer) == (
        "missing-key",
        f"/objects/contacts/same_person/{pointer}",
    )


def test_a_field_that_people_are_told_by_has_to_be_there() -> None:
    fields = [FieldInfo(name, name, FieldKind.TEXT) for name in ("mail", "first", "last", "made", "way")]
    account = [ObjectInfo("contacts", "Contacts", tuple(fields)), ObjectInfo("companies", "Companies", ())]

    found = told_by(email=["mail"], phone=["phnoe", "way"], name=["first"], born="born").kind_problems(
        account
    )

    place = "/objects/contacts/same_person"
    assert [(problem.code, problem.pointer) for problem in found if problem.pointer.startswith(place)] == [
        ("unknown-field", f"{place}/phone/0"),
        ("unknown-field", f"{place}/born"),
    ]
