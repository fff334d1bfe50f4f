"""Notification channels: unsigned, short-lived, and nothing but ids is taken from them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.connectors.zoho.desk import Desk

from fairlead.plugins.failures import ConnectorError
from fairlead.plugins.webhooks import WebhookError, WebhookEvent, WebhookRequest
from fairlead_zoho.webhooks import receive

URL = "https://clinic.example.com/webhooks/zoho"
TOKEN = "a-token-of-the-channel"  # noqa: S105 - made up


def request(**changes: Any) -> WebhookRequest:
    body = {
        "server_time": 1_795_000_000_000,
        "module": "Leads",
        "operation": "update",
        "ids": ["5725767000001000061", "5725767000001000062"],
        "token": TOKEN,
        "affected_values": [{"record_id": "5725767000001000061", "values": {"Last_Name": "Forged"}}],
        "channel_id": "1000000068001",
        **changes,
    }
    return WebhookRequest("POST", URL, {"content-type": "application/json"}, json.dumps(body).encode())


def test_ids_alone_are_taken() -> None:
    reply = receive(request(), TOKEN)

    assert reply.status == 200
    assert reply.events == (
        WebhookEvent("Leads", "5725767000001000061"),
        WebhookEvent("Leads", "5725767000001000062"),
    )


def test_a_deletion_is_told() -> None:
    reply = receive(request(operation="delete", ids=["5725767000001000061"]), TOKEN)

    assert reply.events == (WebhookEvent("Leads", "5725767000001000061", deleted=True),)


@pytest.mark.parametrize(
    "changes",
    [
        {"token": "another"},
        {"token": None},
        {"token": ["a-token-of-the-channel"]},
        {"token": "ş\ud800"},
        {"ids": "5725767000001000061"},
        {"ids": ["1; delete"]},
        {"ids": [{"id": "1"}]},
        {"ids": ["1"] * 10_001},
        {"module": None},
    ],
)
def test_anything_else_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(WebhookError) as raised:
        receive(request(**changes), TOKEN)

    assert TOKEN not in str(raised.value)


def test_without_a_token_nothing_can_be_told_from_a_forgery() -> None:
    with pytest.raises(WebhookError):
        receive(request(token=None), None)


def test_a_channel_is_opened_for_six_days_and_renewed_ahead_of_its_end(desk: Desk) -> None:
    def keep() -> tuple[str, bool]:
        [step] = desk.connector.watch(URL, ["Leads", "Vendors"], dry_run=False)
        return step.action, step.done

    assert keep() == ("create", True)
    assert keep() == ("exists", True)
    desk.sandbox.advance(3 * 86_400)
    assert keep() == ("exists", True)
    desk.sandbox.advance(86_400 + 60)
    assert keep() == ("change", True)
    (channel,) = desk.sandbox.watching.live()
    assert channel.events == ["Leads.all", "Vendors.all"]
    assert (channel.expiry - desk.sandbox.now()).days == 5
    desk.sandbox.advance(7 * 86_400)
    assert list(desk.sandbox.watching.live()) == []
    assert keep() == ("create", True)


def test_a_dry_run_opens_no_channel(desk: Desk) -> None:
    [step] = desk.connector.watch(URL, ["Leads"], dry_run=True)

    assert (step.action, step.done) == ("create", False)
    assert list(desk.sandbox.watching.live()) == []


def test_a_channel_is_closed(desk: Desk) -> None:
    desk.connector.watch(URL, ["Leads"], dry_run=False)

    [step] = desk.connector.unwatch(URL, dry_run=False)

    assert step is not None
    assert (step.action, step.done) == ("remove", True)
    assert desk.connector.unwatch(URL, dry_run=False) == []


def test_a_channel_lives_for_a_week_at_most(desk: Desk) -> None:
    watch = {
        "channel_id": "1",
        "events": ["Leads.all"],
        "notify_url": URL,
        "channel_expiry": (desk.sandbox.now().replace(microsecond=0)).replace(year=2028).isoformat(),
    }
    answer = desk.call("POST", "/actions/watch", json={"watch": [watch]})

    assert answer.status_code == 202
    assert answer.json()["watch"][0]["details"]["api_name"] == "channel_expiry"


def test_a_channel_without_a_token_is_not_opened(desk: Desk) -> None:
    desk.connector._context.secrets.values.pop("ZOHO_WEBHOOK_TOKEN")  # type: ignore[attr-defined]

    with pytest.raises(ConnectorError) as raised:
        desk.connector.watch(URL, ["Leads"], dry_run=False)

    assert raised.value.failure.code == "missing-secret"
    assert desk.connector.capabilities().webhooks is False
