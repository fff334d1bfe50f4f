"""The default mapping: it fits the shipped fact model and reads what the sandbox says it reads."""

from __future__ import annotations

import pytest
from tests.connectors.zoho.desk import Desk

from fairlead.ruleset.models import load_model
from fairlead.sync.mapping import CrmMapping, load_crm_mapping
from fairlead_zoho import fairlead_connectors


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

    assert entities["lead"] == 60
    assert entities["partner"] == 6
    assert min(entities[name] for name in ("introduction", "disclosure", "consent", "treatment")) > 0
    assert entities["interaction"] > 0


def test_an_unknown_answer_stays_unknown(desk: Desk, mapping: CrmMapping) -> None:
    """A checkbox would make it a no, and a no about consent is another matter than an open question."""
    id_ = desk.ids()[0]
    field = "Fairlead_submitted_8aef1"
    for given, fact in ((True, True), (False, False), (None, None)):
        desk.sandbox.do("edit", object="Leads", id=id_, values={field: given})
        (record,) = desk.connector.read(mapping.query("Leads"), [id_])
        assert mapping.map(record)[0].facts.get("submitted_medical_records") is fact
