"""The default mapping: it fits the shipped fact model and reads what the sandbox says it reads."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.connectors.hubspot.desk import Desk

from fairlead.plugins.records import Record, Scalar
from fairlead.ruleset.models import load_model
from fairlead.sync.mapping import CrmMapping, load_crm_mapping
from fairlead_hubspot import fairlead_connectors


@pytest.fixture(scope="module")
def mapping() -> CrmMapping:
    (info,) = fairlead_connectors()
    assert info.mapping is not None
    return load_crm_mapping(info.mapping, load_model("medical-travel/facts"))


@pytest.mark.parametrize("role", ["lead", "partner", "treatment", "interaction"])
def test_the_sandbox_names_what_the_mapping_reads(desk: Desk, mapping: CrmMapping, role: str) -> None:
    query = desk.sandbox.query(role)

    assert set(mapping.query(query.object).fields) == set(query.fields)
    assert mapping.query(query.object).links == query.links


def test_a_provisioned_account_has_every_field_in_its_kind(desk: Desk, mapping: CrmMapping) -> None:
    assert mapping.kind_problems(desk.connector.describe(mapping.objects)) == []


def test_every_seeded_record_is_mapped(desk: Desk, mapping: CrmMapping) -> None:
    entities: dict[str, int] = {}
    for role in desk.sandbox.objects:
        for record in desk.sandbox.truth(role).values():
            for each in mapping.map(record):
                entities[each.entity] = entities.get(each.entity, 0) + 1

    assert entities["lead"] == 40
    assert entities["partner"] == 6
    assert min(entities[name] for name in ("introduction", "disclosure", "consent", "treatment")) > 0
    assert entities["interaction"] > 0


def test_a_company_that_is_no_partner_is_passed_over(mapping: CrmMapping) -> None:
    def company(type_: str | None) -> Record:
        fields = mapping.query("companies").fields
        values: dict[str, Scalar] = {name: type_ if name == "type" else None for name in fields}
        return Record("companies", "1", datetime(2026, 11, 1, tzinfo=UTC), values)

    assert mapping.in_scope(company("PARTNER"))
    assert not mapping.in_scope(company("VENDOR"))
    assert not mapping.in_scope(company(None))


@pytest.mark.parametrize(
    ("object_", "values", "direction", "author", "channel"),
    [
        ("calls", {"hs_call_direction": "INBOUND"}, "inbound", "patient", "phone"),
        ("calls", {"hs_call_direction": "OUTBOUND"}, "outbound", "coordinator", "phone"),
        ("emails", {"hs_email_direction": "INCOMING_EMAIL"}, "inbound", "patient", "email"),
        ("emails", {"hs_email_direction": "EMAIL"}, "outbound", "coordinator", "email"),
        ("communications", {"hs_communication_channel_type": "WHATS_APP"}, None, None, "whatsapp"),
    ],
)
def test_of_what_was_said_time_direction_and_author_are_read(
    mapping: CrmMapping,
    object_: str,
    values: dict[str, Scalar],
    direction: str | None,
    author: str | None,
    channel: str,
) -> None:
    at = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
    record = Record(object_, "7", at, {"hs_timestamp": at, **values}, {"lead": ("81",)})

    (interaction,) = mapping.map(record)

    assert interaction.links == {"lead": "81"}
    assert interaction.facts["occurred_on"] == "2026-11-02"
    assert interaction.facts.get("direction") == direction
    assert interaction.facts.get("author_kind") == author
    assert interaction.facts["channel"] == channel
