"""The default mapping fits the shipped fact model and reads what the sandbox says it reads."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest
from tests.connectors.salesforce.org import Org, org

from fairlead.plugins.records import Record, Scalar
from fairlead.sync.mapping import CrmMapping
from fairlead.testing.seed import LEAD_INPUTS, PARTNER_INPUTS

AT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize("role", ["lead", "partner", "treatment", "interaction"])
def test_the_sandbox_names_what_the_mapping_reads(clinic: Org, mapping: CrmMapping, role: str) -> None:
    query = clinic.sandbox.query(role)

    assert set(mapping.query(query.object).fields) == set(query.fields)
    assert mapping.query(query.object).links == query.links


def test_a_provisioned_org_has_every_field_in_its_kind(clinic: Org, mapping: CrmMapping) -> None:
    described = clinic.connector.describe(mapping.described)

    assert [each.name for each in described] == [
        "Lead",
        "Account",
        "Opportunity",
        "Task",
        "EmailMessageRelation",
        "Event",
        "Contact",
    ]
    assert mapping.kind_problems(described) == []


def test_every_input_field_is_mapped_to_its_fact(mapping: CrmMapping) -> None:
    found = {
        f"{entity}.{fact}": source.field
        for part in mapping.document.objects.values()
        for entity, entity_part in part.entities.items()
        for fact, source in entity_part.facts.items()
    }

    for each in (*LEAD_INPUTS, *PARTNER_INPUTS):
        if each.base != "budget_currency":
            assert found[each.fact] == f"Fairlead_{each.base}__c"


def test_every_seeded_record_is_mapped(mapping: CrmMapping) -> None:
    with org(leads=40, partners=6) as made:
        records = [record for role in made.sandbox.objects for record in made.sandbox.truth(role).values()]
        entities = Counter(each.entity for record in records for each in mapping.map(record))

    assert (entities["lead"], entities["partner"]) == (40, 6)
    assert min(entities[name] for name in ("introduction", "disclosure", "consent", "treatment")) > 0
    assert entities["interaction"] > 40


def test_an_account_that_is_no_partner_is_passed_over(mapping: CrmMapping) -> None:
    def account(type_: str | None) -> Record:
        values: dict[str, Scalar] = dict.fromkeys(mapping.query("Account").fields)
        return Record("Account", "0015f0000000001AAA", AT, values | {"Type": type_})

    assert mapping.in_scope(account("Partner"))
    assert not mapping.in_scope(account("Other"))
    assert not mapping.in_scope(account(None))


@pytest.mark.parametrize(
    ("values", "direction", "author", "channel"),
    [
        ({"TaskSubtype": "Call", "CallType": "Inbound"}, "inbound", "patient", "phone"),
        ({"TaskSubtype": "Call", "CallType": "Outbound"}, "outbound", "coordinator", "phone"),
        ({"TaskSubtype": "Email", "CallType": None}, None, None, "email"),
        ({"TaskSubtype": "Task", "CallType": "Internal"}, None, None, None),
    ],
)
def test_of_a_task_time_direction_and_author_are_read(
    mapping: CrmMapping,
    values: dict[str, Scalar],
    direction: str | None,
    author: str | None,
    channel: str | None,
) -> None:
    values = {"CompletedDateTime": AT, **values}
    record = Record("Task", "00T5f0000000001EAA", AT, values, {"lead": ("00Q5f0000000001EAA",)})

    (interaction,) = mapping.map(record)

    assert interaction.links == {"lead": "00Q5f0000000001EAA"}
    assert [interaction.facts.get(name) for name in ("direction", "author_kind", "channel")] == [
        direction,
        author,
        channel,
    ]


def test_a_mass_mail_is_no_answer_of_a_coordinator(mapping: CrmMapping) -> None:
    values: dict[str, Scalar] = {"TaskSubtype": "ListEmail", "CallType": "Outbound", "CompletedDateTime": AT}

    assert not mapping.in_scope(Record("Task", "00T5f0000000001EAA", AT, values))
