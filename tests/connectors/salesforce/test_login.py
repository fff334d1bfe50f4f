"""Logging in to an org: three flows, hosts, sessions that end, refresh tokens that are used once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import requests
import responses
from tests.connectors.salesforce.org import KeptSecrets, Org, org, read_all

from fairlead.plugins.connector import ConnectorContext
from fairlead.plugins.failures import ConnectorError, FailureKind
from fairlead.plugins.records import Page, ReadQuery
from fairlead_salesforce.auth import checked_host
from fairlead_salesforce.connector import SalesforceConnector

LEADS = ReadQuery("Lead", ("LastName",))


@pytest.mark.parametrize("flow", ["client_credentials", "jwt", "refresh"])
def test_each_flow_logs_in(clinic: Org, flow: str) -> None:
    found, _ = read_all(clinic.open(flow=flow), LEADS)

    assert len(found) == 20


@pytest.mark.parametrize(
    ("flow", "name"),
    [
        ("client_credentials", "SALESFORCE_CLIENT_SECRET"),
        ("jwt", "SALESFORCE_PRIVATE_KEY"),
        ("jwt", "SALESFORCE_USERNAME"),
        ("refresh", "SALESFORCE_REFRESH_TOKEN"),
    ],
)
def test_a_secret_that_is_not_set_is_named(clinic: Org, flow: str, name: str) -> None:
    del clinic.secrets.values[name]

    (problem,) = clinic.open(flow=flow).check()

    assert problem.code == "missing-secret"
    assert f"`{name}`" in problem.message
    assert problem.remedy is not None


def test_a_key_on_one_line_is_read_too(clinic: Org) -> None:
    key = clinic.secrets.values["SALESFORCE_PRIVATE_KEY"]
    clinic.secrets.values["SALESFORCE_PRIVATE_KEY"] = key.replace("\n", "\\n")

    assert clinic.open(flow="jwt").check() == []


def test_a_text_that_is_no_key_is_told_and_not_shown(clinic: Org) -> None:
    clinic.secrets.values["SALESFORCE_PRIVATE_KEY"] = "-----BEGIN PRIVATE KEY-----\nnotakeyatall"

    (problem,) = clinic.open(flow="jwt").check()

    assert "bad-private-key" in problem.message
    assert "notakey" not in str(problem)


def test_an_assertion_that_a_wrong_clock_made_is_refused_with_a_word_about_the_clock(clinic: Org) -> None:
    late = ConnectorContext(
        settings={**clinic.sandbox.settings(), "flow": "jwt"},
        secrets=clinic.secrets,
        clock=lambda: datetime.now(UTC) - timedelta(hours=1),
        sleep=clinic.sandbox.advance,
    )
    connector = SalesforceConnector(late)

    (problem,) = connector.check()
    connector.close()

    assert (problem.code, "invalid_grant" in problem.message) == ("crm-refused", True)
    assert "clock" in str(problem.remedy)


@pytest.mark.parametrize(
    "url",
    [
        "https://clinic.my.salesforce.com.evil.example",
        "https://evil.example/clinic.my.salesforce.com",
        "http://clinic.my.salesforce.com",
        "https://user@clinic.my.salesforce.com",
        "https://clinic.my.salesforce.com:8443",
        "https://notsalesforce.com",
        "ftp://127.0.0.1",
        "",
    ],
)
def test_a_secret_is_sent_to_no_host_but_salesforces(url: str) -> None:
    with pytest.raises(ConnectorError) as caught:
        checked_host(url, loopback=True)

    assert (caught.value.failure.kind, caught.value.failure.code) == (FailureKind.STOP, "wrong-host")


@responses.activate
@pytest.mark.parametrize("instance", ["http://127.0.0.1:8080", "https://evil.example", "", None])
def test_a_session_is_sent_to_no_instance_but_salesforces(instance: str | None) -> None:
    url = "https://clinic.my.salesforce.com"
    answer = {"access_token": "00D!AQ", "instance_url": instance, "id": f"{url}/id/00D/005"}
    responses.post(f"{url}/services/oauth2/token", json=answer)
    secrets = KeptSecrets({"SALESFORCE_CLIENT_ID": "id", "SALESFORCE_CLIENT_SECRET": "a secret"})
    connector = SalesforceConnector(ConnectorContext(settings={"login_url": url}, secrets=secrets))

    with pytest.raises(ConnectorError) as caught:
        connector.describe(["Lead"])
    connector.close()

    assert caught.value.failure.code == "wrong-host"
    assert len(responses.calls) == 1


def test_an_instance_on_this_machine_is_none_of_salesforces() -> None:
    assert checked_host("https://clinic.my.salesforce.com/x", loopback=False) == (
        "https://clinic.my.salesforce.com"
    )
    with pytest.raises(ConnectorError):
        checked_host("http://127.0.0.1:8080", loopback=False)


def test_a_refresh_token_is_kept_before_it_is_used(clinic: Org) -> None:
    """The old one is used up the moment that the answer comes."""
    calls: list[int] = []
    clinic.secrets.put_before = lambda: calls.append(clinic.sandbox.count(path="/services/data"))
    first = clinic.secrets.values["SALESFORCE_REFRESH_TOKEN"]

    read_all(clinic.open(flow="refresh"), LEADS)

    assert clinic.secrets.puts == ["SALESFORCE_REFRESH_TOKEN"]
    assert clinic.secrets.values["SALESFORCE_REFRESH_TOKEN"] != first
    assert calls == [0]


def test_each_renewal_takes_the_token_that_the_last_one_gave(clinic: Org) -> None:
    connector = clinic.open(flow="refresh")
    for _ in range(3):
        clinic.sandbox.do("expire_credentials")
        assert len(read_all(connector, LEADS)[0]) == 20

    assert len(clinic.secrets.puts) == 3


def test_a_refresh_token_that_comes_again_ends_the_grant(clinic: Org) -> None:
    spent = KeptSecrets(clinic.secrets.values)
    read_all(clinic.open(flow="refresh"), LEADS)
    clinic.secrets.values = spent.values

    (problem,) = clinic.open(flow="refresh").check()

    assert (problem.code, "invalid_grant" in problem.message) == ("crm-refused", True)
    assert "authorise the app again" in str(problem.remedy)


def test_a_session_that_ends_in_the_middle_of_a_bulk_job_is_renewed_once() -> None:
    with org(leads=2_300, partners=2) as made:
        connector = made.open(bulk_reads_above=0)
        seen = 0

        def pages() -> list[Page]:
            nonlocal seen
            found = []
            for page in connector.read_changes(LEADS, None):
                found.append(page)
                seen += len(page.records)
                made.sandbox.do("expire_credentials")
            return found

        pages()

        assert seen == 2_300
        assert made.sandbox.count("POST", "/oauth2/token") == 2
        assert made.sandbox.count("GET", "/results") == 1


def test_the_token_tells_no_time_and_ends_all_the_same(clinic: Org) -> None:
    """A session ends two hours after its last call; nothing in the answer says so."""
    form = {
        "grant_type": "client_credentials",
        "client_id": clinic.secrets.values["SALESFORCE_CLIENT_ID"],
        "client_secret": clinic.secrets.values["SALESFORCE_CLIENT_SECRET"],
    }
    answer = requests.post(f"{clinic.sandbox.url}/services/oauth2/token", data=form, timeout=5).json()
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    address = f"{clinic.sandbox.url}/services/data/v62.0/limits"
    before = requests.get(address, headers=headers, timeout=5)
    clinic.sandbox.advance(3 * 3_600)
    after = requests.get(address, headers=headers, timeout=5)

    assert "expires_in" not in answer
    assert before.status_code == 200
    assert (after.status_code, after.json()[0]["errorCode"]) == (401, "INVALID_SESSION_ID")


@pytest.mark.parametrize("host", ["login.salesforce.com", "test.salesforce.com"])
def test_the_login_host_of_all_orgs_does_not_know_an_external_client_app(clinic: Org, host: str) -> None:
    form = {"grant_type": "client_credentials"}
    url = f"{clinic.sandbox.url}/services/oauth2/token"
    answer = requests.post(url, data=form, headers={"Host": host}, timeout=5)

    assert (answer.status_code, answer.json()["error"]) == (400, "app_not_found")


def test_nothing_of_a_secret_stands_in_what_the_login_shows(clinic: Org) -> None:
    connector = clinic.open()
    read_all(connector, LEADS)
    shown = f"{connector!r} {vars(connector)!r} {connector._client.login!r} {vars(connector._client.login)!r}"

    assert clinic.secrets.values["SALESFORCE_CLIENT_SECRET"] not in shown
    for token in clinic.sandbox.credentials_seen:
        assert token not in shown


def test_another_org_than_the_one_named_is_a_problem(clinic: Org) -> None:
    (problem,) = clinic.open(org_id="00D000000000001").check()

    assert problem.code == "wrong-account"


def test_a_version_that_the_org_does_not_offer_is_a_problem(clinic: Org) -> None:
    (problem,) = clinic.open(api_version="99.0").check()

    assert problem.code == "unknown-api-version"
    assert problem.allowed[-1] == "68.0"


def test_an_object_that_is_out_of_reach_is_a_problem_with_its_name(clinic: Org) -> None:
    refusal = [{"errorCode": "NOT_FOUND", "message": "no"}]
    clinic.sandbox.fault("status", path="/sobjects/Opportunity/describe", status=404, body=refusal)

    (problem,) = clinic.open().check()

    assert (problem.code, problem.found) == ("missing-permission", "Opportunity")


@pytest.mark.parametrize(
    ("action", "code"),
    [("use_up_quota", "crm-limit"), ("revoke_credentials", "crm-refused")],
)
def test_what_keeps_the_connector_from_working_is_told_by_its_kind(
    clinic: Org, action: str, code: str
) -> None:
    connector = clinic.open()
    connector.check()
    clinic.sandbox.do(action)
    connector.describe([])

    (problem,) = connector.check()

    assert problem.code == code
    assert problem.remedy is not None
