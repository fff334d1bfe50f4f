"""HubSpot's own client against the sandbox: what it sends is understood, what it is sent it parses."""

from __future__ import annotations

from typing import Any

import pytest
from hubspot import HubSpot
from hubspot.crm.associations.v4 import BatchInputPublicFetchAssociationsBatchRequest
from hubspot.crm.contacts import (
    BatchInputSimplePublicObjectBatchInput,
    BatchInputSimplePublicObjectBatchInputForCreate,
    BatchInputSimplePublicObjectBatchInputUpsert,
    BatchReadInputSimplePublicObjectId,
    PublicObjectSearchRequest,
    SimplePublicObjectInputForCreate,
)
from hubspot.crm.contacts.exceptions import ApiException
from hubspot.crm.properties import PropertyCreate, PropertyGroupCreate
from hubspot.crm.properties.exceptions import ApiException as PropertiesException
from tests.connectors.hubspot.desk import Desk


@pytest.fixture
def hubspot(desk: Desk) -> Any:
    client = HubSpot(access_token=desk.sandbox.gate.token)
    client.config["host"] = desk.sandbox.url
    return client


def test_it_lists_contacts_with_their_companies_in_pages(desk: Desk, hubspot: Any) -> None:
    found: dict[str, Any] = {}
    after = None
    while True:
        page = hubspot.crm.contacts.basic_api.get_page(
            limit=15, after=after, properties=["firstname"], associations=["companies"]
        )
        found.update({each.id: each for each in page.results})
        if page.paging is None:
            break
        after = page.paging.next.after

    truth = desk.sandbox.truth("lead")
    assert {id_: each.properties["firstname"] for id_, each in found.items()} == {
        id_: record.values["firstname"] for id_, record in truth.items()
    }
    linked = next(id_ for id_, record in truth.items() if record.links["partner"])
    assert found[linked].associations["companies"].results[0].id == truth[linked].links["partner"][0]


def test_it_searches_with_filters_a_sort_and_pages(desk: Desk, hubspot: Any) -> None:
    request = PublicObjectSearchRequest(
        filter_groups=[
            {"filters": [{"propertyName": "hs_object_id", "operator": "GT", "value": "0"}]},
        ],
        sorts=["-hs_object_id"],
        properties=["firstname"],
        limit=25,
        after="25",
    )
    answer = hubspot.crm.contacts.search_api.do_search(public_object_search_request=request)

    ids = sorted(map(int, desk.ids()), reverse=True)
    assert answer.total == 40
    assert [int(each.id) for each in answer.results] == ids[25:]


def test_it_searches_companies_by_a_property(desk: Desk, hubspot: Any) -> None:
    from hubspot.crm.companies import PublicObjectSearchRequest as Request

    code = desk.held(desk.ids("partner")[2], "fairlead_code", "companies")
    filters = [{"propertyName": "fairlead_code", "operator": "EQ", "value": code}]
    request = Request(
        filter_groups=[{"filters": filters}], sorts=[], properties=["name"], limit=10, after="0"
    )

    (found,) = hubspot.crm.companies.search_api.do_search(public_object_search_request=request).results

    assert found.id == desk.ids("partner")[2]


def test_it_upserts_by_a_unique_property_with_partial_success(desk: Desk, hubspot: Any) -> None:
    known = desk.held(desk.ids()[0], "email")
    rows = [
        {"id": known, "idProperty": "email", "properties": {"country": "NL"}, "objectWriteTraceId": "a"},
        {"id": "new@mail.example.com", "idProperty": "email", "properties": {}, "objectWriteTraceId": "b"},
        {
            "id": "bad@mail.example.com",
            "idProperty": "email",
            "properties": {"lifecyclestage": "smoke"},
            "objectWriteTraceId": "c",
        },
    ]
    answer = hubspot.crm.contacts.batch_api.upsert(
        batch_input_simple_public_object_batch_input_upsert=BatchInputSimplePublicObjectBatchInputUpsert(
            inputs=rows
        )
    )

    assert answer.num_errors == 1
    assert {each.new for each in answer.results} == {False, True}
    assert answer.errors[0].context["objectWriteTraceId"] == ["c"]
    assert desk.held(desk.ids()[0], "country") == "NL"


def test_it_updates_reads_and_archives_in_batches(desk: Desk, hubspot: Any) -> None:
    first, second = desk.ids()[:2]
    batch = hubspot.crm.contacts.batch_api
    updated = batch.update(
        batch_input_simple_public_object_batch_input=BatchInputSimplePublicObjectBatchInput(
            inputs=[{"id": id_, "properties": {"country": "NL"}} for id_ in (first, second)]
        )
    )
    assert {each.id for each in updated.results} == {first, second}
    batch.archive(batch_input_simple_public_object_id={"inputs": [{"id": second}]})
    read = batch.read(
        batch_read_input_simple_public_object_id=BatchReadInputSimplePublicObjectId(
            inputs=[{"id": first}, {"id": second}], properties=["country"], properties_with_history=[]
        )
    )

    assert [(each.id, each.properties["country"]) for each in read.results] == [(first, "NL")]
    assert read.errors[0].category == "OBJECT_NOT_FOUND"
    archived = hubspot.crm.contacts.basic_api.get_page(archived=True)
    assert [each.id for each in archived.results] == [second]


def test_one_bad_input_without_a_trace_id_fails_a_batch_of_new_records(desk: Desk, hubspot: Any) -> None:
    inputs = [
        {"properties": {"firstname": "Ayşe"}, "associations": []},
        {"properties": {"email": "no address"}, "associations": []},
    ]
    before = len(desk.ids())
    with pytest.raises(ApiException) as caught:
        hubspot.crm.contacts.batch_api.create(
            batch_input_simple_public_object_batch_input_for_create=(
                BatchInputSimplePublicObjectBatchInputForCreate(inputs=inputs)
            )
        )

    assert caught.value.status == 400
    assert len(desk.ids()) == before


def test_it_is_told_of_a_duplicate(desk: Desk, hubspot: Any) -> None:
    taken = next(id_ for id_ in desk.ids() if desk.held(id_, "email"))
    new = SimplePublicObjectInputForCreate(properties={"email": desk.held(taken, "email")}, associations=[])
    with pytest.raises(ApiException) as caught:
        hubspot.crm.contacts.basic_api.create(simple_public_object_input_for_create=new)

    assert caught.value.status == 409
    assert f"Existing ID: {taken}" in caught.value.body


def test_it_makes_a_group_and_a_property(desk: Desk, hubspot: Any) -> None:
    hubspot.crm.properties.groups_api.create(
        "deals", property_group_create=PropertyGroupCreate(name="ours", label="Ours", display_order=-1)
    )
    wanted = PropertyCreate(
        name="our_band",
        label="Band",
        type="enumeration",
        field_type="select",
        group_name="ours",
        options=[{"label": "Hot", "value": "hot", "displayOrder": 0, "hidden": False}],
    )
    made = hubspot.crm.properties.core_api.create("deals", property_create=wanted)
    assert made.options[0].value == "hot"
    with pytest.raises(PropertiesException) as caught:
        hubspot.crm.properties.core_api.create("deals", property_create=wanted)

    assert caught.value.status == 409
    assert "our_band" in {each.name for each in hubspot.crm.properties.core_api.get_all("deals").results}
    hubspot.crm.properties.core_api.archive("deals", "our_band")
    with pytest.raises(PropertiesException) as gone:
        hubspot.crm.properties.core_api.get_by_name("deals", "our_band")
    assert gone.value.status == 404


def test_it_reads_associations_in_batches(desk: Desk, hubspot: Any) -> None:
    truth = desk.sandbox.truth("lead")
    answer = hubspot.crm.associations.v4.batch_api.get_page(
        "contacts",
        "companies",
        batch_input_public_fetch_associations_batch_request=BatchInputPublicFetchAssociationsBatchRequest(
            inputs=[{"id": id_} for id_ in truth]
        ),
    )

    found = {each._from.id: (str(each.to[0].to_object_id),) for each in answer.results}
    assert found == {id_: record.links["partner"] for id_, record in truth.items() if record.links["partner"]}
    assert answer.num_errors == len(truth) - len(found)


def test_it_gets_an_access_token(desk: Desk, hubspot: Any) -> None:
    gate = desk.sandbox.gate
    token = hubspot.oauth.tokens_api.create(
        grant_type="refresh_token",
        client_id=gate.client_id,
        client_secret=gate.client_secret,
        refresh_token=gate.refresh_token,
    )

    assert token.expires_in == 1_800
    hubspot.access_token = token.access_token
    assert hubspot.crm.contacts.basic_api.get_page(limit=1).results


def test_it_merges_two_contacts(desk: Desk, hubspot: Any) -> None:
    keep, lose = desk.ids()[:2]
    merged = hubspot.crm.contacts.basic_api.merge(
        public_merge_input={"primaryObjectId": keep, "objectIdToMerge": lose}
    )

    assert merged.id not in (keep, lose)
    assert hubspot.crm.contacts.basic_api.get_by_id(lose).id == merged.id
