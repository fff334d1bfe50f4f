"""simple-salesforce, a client that is not ours, works against the sandbox."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceMalformedRequest,
    SalesforceMoreThanOneRecord,
)
from tests.connectors.salesforce.org import Org, org


class Rewriting(HTTPAdapter):
    """Sends calls for any https host to the sandbox: the client makes https of every instance address."""

    def __init__(self, url: str) -> None:
        self._url = url
        super().__init__()

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        assert request.url is not None
        rest = request.url.partition("://")[2].partition("/")[2]
        request.url = f"{self._url}/{rest}"
        return super().send(request, *args, **options)


def session(made: Org) -> requests.Session:
    opened = requests.Session()
    opened.mount("https://", Rewriting(made.sandbox.url))
    return opened


def logged_in(made: Org) -> Any:
    return Salesforce(
        consumer_key=made.secrets.values["SALESFORCE_CLIENT_ID"],
        consumer_secret=made.secrets.values["SALESFORCE_CLIENT_SECRET"],
        domain="clinic.my",
        session=session(made),
    )


@pytest.fixture
def client(clinic: Org) -> Any:
    return logged_in(clinic)


def test_it_logs_in_by_jwt(clinic: Org) -> None:
    clinic.sandbox.advance(datetime.now(UTC).timestamp() - clinic.sandbox.now().timestamp())
    made = Salesforce(
        username=clinic.secrets.values["SALESFORCE_USERNAME"],
        consumer_key=clinic.secrets.values["SALESFORCE_CLIENT_ID"],
        privatekey=clinic.secrets.values["SALESFORCE_PRIVATE_KEY"],
        domain="clinic.my",
        session=session(clinic),
    )

    assert made.query("SELECT count() FROM Lead")["totalSize"] == 20


def test_a_wrong_secret_is_refused(clinic: Org) -> None:
    clinic.secrets.values["SALESFORCE_CLIENT_SECRET"] = "0" * 8

    with pytest.raises(SalesforceAuthenticationFailed, match="invalid_client"):
        logged_in(clinic)


def test_it_queries_over_pages_of_two_thousand() -> None:
    with org(leads=2_030, partners=2) as made:
        client = logged_in(made)
        first = client.query("SELECT Id, LastName FROM Lead ORDER BY SystemModstamp, Id")
        second = client.query_more(first["nextRecordsUrl"], identifier_is_url=True)

        assert (first["totalSize"], len(first["records"]), first["done"]) == (2_030, 2_000, False)
        assert (len(second["records"]), second["done"]) == (30, True)
        assert {row["Id"] for row in [*first["records"], *second["records"]]} == set(
            made.sandbox.truth("lead")
        )
        assert client.api_usage["api-usage"].total == 100_000


def test_it_upserts_by_an_external_id(client: Any, clinic: Org) -> None:
    made = client.Account.upsert("Fairlead_code__c/TA-900", {"Name": "Riverside"}, raw_response=True)
    changed = client.Account.upsert(
        "Fairlead_code__c/TA-900", {"Name": "Riverside Clinic"}, raw_response=True
    )

    assert (made.status_code, made.json()["created"]) == (201, True)
    assert (changed.status_code, changed.json()["created"]) == (200, False)
    assert client.Account.get_by_custom_id("Fairlead_code__c", "TA-900")["Name"] == "Riverside Clinic"


def test_an_external_id_that_several_records_have_answers_300(client: Any) -> None:
    metadata = {"label": "Old number", "type": "Text", "length": 20, "externalId": True}
    client.toolingexecute(
        "sobjects/CustomField", "POST", {"FullName": "Lead.Fairlead_old__c", "Metadata": metadata}
    )
    grant(client, "Lead.Fairlead_old__c")
    for name in ("Anna", "Emily"):
        client.Lead.create({"LastName": name, "Company": "Private", "Fairlead_old__c": "7"})

    with pytest.raises(SalesforceMoreThanOneRecord):
        client.Lead.upsert("Fairlead_old__c/7", {"LastName": "Sanne"})


def grant(client: Any, field: str) -> None:
    (granted,) = client.query("SELECT Id FROM PermissionSet WHERE Name = 'Fairlead'")["records"]
    client.FieldPermissions.create(
        {
            "ParentId": granted["Id"],
            "SobjectType": field.partition(".")[0],
            "Field": field,
            "PermissionsRead": True,
            "PermissionsEdit": True,
        }
    )


def test_a_field_that_it_creates_is_hidden_until_it_is_granted(client: Any) -> None:
    metadata = {"label": "Score", "type": "Number", "precision": 3, "scale": 0}
    made = client.toolingexecute(
        "sobjects/CustomField", "POST", {"FullName": "Lead.Fairlead_score__c", "Metadata": metadata}
    )

    assert made["success"] is True
    assert "Fairlead_score__c" not in {field["name"] for field in client.Lead.describe()["fields"]}
    with pytest.raises(SalesforceMalformedRequest, match="INVALID_FIELD"):
        client.query("SELECT Fairlead_score__c FROM Lead")

    grant(client, "Lead.Fairlead_score__c")

    assert "Fairlead_score__c" in {field["name"] for field in client.Lead.describe()["fields"]}
    assert client.query("SELECT Fairlead_score__c FROM Lead")["totalSize"] == 20


def test_it_lists_deletions(client: Any, clinic: Org) -> None:
    (id_,) = clinic.ids(1)
    client.Lead.delete(id_)
    clinic.sandbox.advance(300)
    now = clinic.sandbox.now()

    answer = client.Lead.deleted(now - timedelta(hours=1), now)

    assert [each["id"] for each in answer["deletedRecords"]] == [id_]


def test_it_writes_a_collection_with_a_result_for_each_record(client: Any, clinic: Org) -> None:
    first, second = clinic.ids(2)
    records = [
        {"attributes": {"type": "Lead"}, "id": first, "Fairlead_language__c": "de"},
        {"attributes": {"type": "Lead"}, "id": second, "LastName": "x" * 81},
    ]

    answer = client.restful("composite/sobjects", method="PATCH", json={"records": records})

    assert [item["success"] for item in answer] == [True, False]
    assert answer[1]["errors"][0]["statusCode"] == "STRING_TOO_LONG"
    assert client.Lead.get(first)["Fairlead_language__c"] == "de"


@pytest.fixture
def quick(clinic: Org) -> Any:
    """The client on an org whose bulk jobs are complete at the first look: it waits for real."""
    clinic.sandbox.switches["bulk_looks"] = 0
    return logged_in(clinic)


def test_it_inserts_and_upserts_by_bulk_jobs(quick: Any) -> None:
    rows = [{"Name": "Anadolu Travel", "Fairlead_code__c": "TA-901"}]
    (made,) = quick.bulk2.Account.insert(records=rows, wait=0)
    rows = [
        {"Name": "Anadolu Health", "Fairlead_code__c": "TA-901"},
        {"Name": "", "Fairlead_code__c": "TA-902"},
    ]
    (upserted,) = quick.bulk2.Account.upsert(records=rows, external_id_field="Fairlead_code__c", wait=0)
    failed = quick.bulk2.Account.get_failed_records(upserted["job_id"])

    assert made["numberRecordsFailed"] == 0
    assert (upserted["numberRecordsProcessed"], upserted["numberRecordsFailed"]) == (2, 1)
    assert "REQUIRED_FIELD_MISSING" in failed
    names = quick.query("SELECT Name FROM Account WHERE Fairlead_code__c = 'TA-901'")["records"]
    assert [row["Name"] for row in names] == ["Anadolu Health"]


def test_it_queries_by_a_bulk_job_in_parts(quick: Any, clinic: Org) -> None:
    parts = list(quick.bulk2.Lead.query("SELECT Id, LastName FROM Lead", max_records=8, wait=0))
    rows = [row for part in parts for row in csv.DictReader(io.StringIO(str(part)))]

    assert len(parts) == 3
    assert {row["Id"] for row in rows} == set(clinic.sandbox.truth("lead"))
