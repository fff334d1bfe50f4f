"""The vendor's own client, `zohocrmsdk8-0`, works against the sandbox."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.connectors.zoho.desk import Desk

pytest.importorskip("zohocrmsdk", reason="the vendor's client is not installed")

from zohocrmsdk.src.com.zoho.api.authenticator.oauth_token import OAuthToken
from zohocrmsdk.src.com.zoho.api.authenticator.store.file_store import FileStore
from zohocrmsdk.src.com.zoho.crm.api import (
    HeaderMap,
    Initializer,
    ParameterMap,
    SDKConfig,
    coql,
    fields,
    notifications,
    record,
)
from zohocrmsdk.src.com.zoho.crm.api import bulk_read as bulk
from zohocrmsdk.src.com.zoho.crm.api.dc.data_center import DataCenter
from zohocrmsdk.src.com.zoho.crm.api.modules.minified_module import MinifiedModule
from zohocrmsdk.src.com.zoho.crm.api.util import Choice


@pytest.fixture
def sdk(desk: Desk, tmp_path: Path) -> Iterator[Desk]:
    """The client, initialised on the sandbox; its tokens and field files stay in the test's folder."""
    secrets = desk.sandbox.secrets()
    token = OAuthToken(
        client_id=secrets["ZOHO_CLIENT_ID"],
        client_secret=secrets["ZOHO_CLIENT_SECRET"],
        refresh_token=secrets["ZOHO_REFRESH_TOKEN"],
        find_user=False,
    )
    # the environment's accounts address is that of the token call itself
    environment = DataCenter.Environment(
        desk.sandbox.url, f"{desk.sandbox.url}/oauth/v2/token", desk.sandbox.url
    )
    Initializer.initialize(
        environment,
        token,
        store=FileStore(str(tmp_path / "tokens.csv")),
        sdk_config=SDKConfig(read_timeout=5, connect_timeout=5),
        resource_path=str(tmp_path),
    )
    yield desk
    Initializer.initializer = None
    Initializer.LOCAL.init = None


def _answer(response: Any, status: int) -> Any:
    assert response.get_status_code() == status
    return response.get_object()


def _choice(found: Any) -> Any:
    return found.get_value() if isinstance(found, Choice) else found


def test_list_pages_through_records(sdk: Desk) -> None:
    parameters = ParameterMap()
    parameters.add(record.GetRecordsParam.fields, "Last_Name,Lead_Status,Created_Time,Fairlead_partner")
    parameters.add(record.GetRecordsParam.per_page, 50)
    parameters.add(record.GetRecordsParam.sort_by, "id")
    parameters.add(record.GetRecordsParam.sort_order, "asc")
    operations = record.RecordOperations("Leads")

    first = _answer(operations.get_records(parameters, HeaderMap()), 200)
    parameters.add(record.GetRecordsParam.page_token, first.get_info().get_next_page_token())
    second = _answer(operations.get_records(parameters, HeaderMap()), 200)

    found = [*first.get_data(), *second.get_data()]
    assert [str(each.get_id()) for each in found] == sdk.ids()
    one = found[0]
    truth = sdk.sandbox.truth("lead")[str(one.get_id())].values
    assert one.get_key_value("Last_Name") == truth["Last_Name"]
    assert _choice(one.get_key_value("Lead_Status")) == truth["Lead_Status"]
    assert one.get_key_value("Created_Time") == truth["Created_Time"]


def test_search_finds_an_address(sdk: Desk) -> None:
    sdk.sandbox.do("edit", object="Leads", id=sdk.ids()[3], values={"Email": "ayse@example.com"})
    parameters = ParameterMap()
    parameters.add(record.SearchRecordsParam.email, "ayse@example.com")

    found = _answer(record.RecordOperations("Leads").search_records(parameters, HeaderMap()), 200)

    assert [str(each.get_id()) for each in found.get_data()] == [sdk.ids()[3]]


def test_query_by_coql(sdk: Desk) -> None:
    body = coql.BodyWrapper()
    body.set_select_query("select Last_Name from Leads where id is not null order by id limit 20")

    found = _answer(coql.CoqlOperations().get_records(body), 200)

    assert [str(each.get_id()) for each in found.get_data()] == sdk.ids()[:20]
    assert (found.get_info().get_count(), found.get_info().get_more_records()) == (20, True)


def test_a_query_that_is_refused_is_told_in_zohos_words(sdk: Desk) -> None:
    body = coql.BodyWrapper()
    body.set_select_query("select Last_Name from Leads")

    refused = _answer(coql.CoqlOperations().get_records(body), 400)

    assert isinstance(refused, coql.APIException)
    assert _choice(refused.get_code()) == "SYNTAX_ERROR"


def test_upsert_inserts_updates_and_refuses_in_one_call(sdk: Desk) -> None:
    sdk.sandbox.do("edit", object="Leads", id=sdk.ids()[0], values={"Email": "old@example.com"})
    records = []
    for email, name in (
        ("old@example.com", "Changed"),
        ("new@example.com", "New"),
        ("bad@example.com", "x" * 81),
    ):
        each = record.Record()
        each.add_key_value("Email", email)
        each.add_key_value("Last_Name", name)
        records.append(each)
    body = record.BodyWrapper()
    body.set_data(records)
    body.set_duplicate_check_fields(["Email"])
    body.set_trigger([])

    items = _answer(record.RecordOperations("Leads").upsert_records(body, HeaderMap()), 207).get_data()

    assert [_choice(item.get_status()) for item in items] == ["success", "success", "error"]
    assert [_choice(item.get_action()) for item in items[:2]] == ["update", "insert"]
    assert str(items[0].get_details()["id"]) == sdk.ids()[0]
    assert _choice(items[2].get_code()) == "INVALID_DATA"
    assert sdk.sandbox.truth("lead")[sdk.ids()[0]].values["Last_Name"] == "Changed"
    assert sdk.sandbox.account.runs[-1].runs_automations is False


def test_update_by_id(sdk: Desk) -> None:
    each = record.Record()
    each.set_id(int(sdk.ids()[1]))
    each.add_key_value("Fairlead_pages_read", 7)
    body = record.BodyWrapper()
    body.set_data([each])

    items = _answer(record.RecordOperations("Leads").update_records(body, HeaderMap()), 200).get_data()

    assert [_choice(item.get_code()) for item in items] == ["SUCCESS"]
    assert sdk.sandbox.truth("lead")[sdk.ids()[1]].values["Fairlead_pages_read"] == 7


def test_deletions_are_listed(sdk: Desk) -> None:
    gone = sdk.ids()[5]
    sdk.sandbox.do("delete", object="Leads", id=gone)
    parameters = ParameterMap()
    parameters.add(record.GetDeletedRecordsParam.type, "all")

    found = _answer(record.RecordOperations("Leads").get_deleted_records(parameters, HeaderMap()), 200)

    assert [str(each.get_id()) for each in found.get_data()] == [gone]


def test_a_field_is_created(sdk: Desk) -> None:
    field = fields.Fields()
    field.set_field_label("Kit score")
    field.set_data_type("integer")
    field.set_length(9)
    profile = fields.Profile()
    profile.set_id(5725767000000026014)
    profile.set_permission_type("read_write")
    field.set_profiles([profile])
    body = fields.BodyWrapper()
    body.set_fields([field])
    parameters = ParameterMap()
    parameters.add(fields.CreateFieldParam.module, "Leads")

    items = _answer(fields.FieldsOperations().create_field(body, parameters), 201).get_fields()

    assert [_choice(item.get_code()) for item in items] == ["SUCCESS"]
    shown = _answer(fields.FieldsOperations().get_fields(_module("Leads")), 200).get_fields()
    (made,) = [each for each in shown if each.get_field_label() == "Kit score"]
    assert (made.get_api_name(), made.get_data_type()) == ("Kit_score", "integer")


def _module(name: str) -> Any:
    parameters = ParameterMap()
    parameters.add(fields.GetFieldsParam.module, name)
    return parameters


def test_bulk_read_gives_all_records(sdk: Desk) -> None:
    module = MinifiedModule()
    module.set_api_name("Leads")
    query = bulk.Query()
    query.set_module(module)
    query.set_fields(["Last_Name"])
    body = bulk.BodyWrapper()
    body.set_query(query)
    operations = bulk.BulkReadOperations()

    (added,) = _answer(operations.create_bulk_read_job(body), 201).get_data()
    job = int(added.get_details()["id"])
    states = []
    for _ in range(3):
        (shown,) = _answer(operations.get_bulk_read_job_details(job), 200).get_data()
        states.append(_choice(shown.get_state()))
    result = _answer(operations.download_result(job), 200)

    assert states == ["IN PROGRESS", "COMPLETED", "COMPLETED"]
    packed = zipfile.ZipFile(io.BytesIO(result.get_file().get_stream().content))
    rows = list(csv.DictReader(io.StringIO(packed.read(packed.namelist()[0]).decode())))
    truth = sdk.sandbox.truth("lead")
    assert {row["Id"]: row["Last_Name"] for row in rows} == {
        id_: each.values["Last_Name"] for id_, each in truth.items()
    }


def test_a_channel_is_opened(sdk: Desk) -> None:
    channel = notifications.Notification()
    channel.set_channel_id("1000000068001")
    channel.set_events(["Leads.all"])
    channel.set_notify_url("https://clinic.example.com/webhooks/zoho")
    channel.set_token("a-token")
    body = notifications.BodyWrapper()
    body.set_watch([channel])

    items = _answer(notifications.NotificationsOperations().enable_notifications(body), 201).get_watch()

    assert [_choice(item.get_code()) for item in items] == ["SUCCESS"]
