"""Outbound messages are taken from this org alone, and nothing but ids of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.connectors.salesforce.org import Org

from fairlead.plugins.webhooks import WebhookError, WebhookEvent, WebhookRequest
from fairlead_salesforce.sandbox.outbound import outbound_message
from fairlead_salesforce.webhooks import receive_outbound_message

TOKEN = "Pz7c1Kf0dQ9mJxWv"  # noqa: S105 - made up
ORG = "00D5f0000000001EAA"
LEAD = "00Q5f0000000001EAA"


def message(body: str | bytes | None = None, **more: Any) -> WebhookRequest:
    text = outbound_message(ORG, "https://clinic.my.salesforce.com", "Lead", [LEAD]) if body is None else body
    request = WebhookRequest(
        method="POST",
        url=f"https://clinic.example.com/webhooks/{TOKEN}",
        headers={"content-type": "text/xml; charset=utf-8"},
        body=text if isinstance(text, bytes) else text.encode(),
    )
    return replace(request, **more)


def test_records_are_announced_and_the_message_is_acknowledged() -> None:
    reply = receive_outbound_message(message(), TOKEN, ORG)

    assert reply.events == (WebhookEvent("Lead", LEAD),)
    assert reply.content_type == "text/xml; charset=utf-8"
    assert b"<Ack>true</Ack>" in reply.body


def test_a_message_may_announce_many_records() -> None:
    ids = [f"00Q5f00000000{number:02d}AAA" for number in range(10, 30)]
    body = outbound_message(ORG, "https://clinic.my.salesforce.com", "Lead", ids)

    assert [event.id for event in receive_outbound_message(message(body), TOKEN, ORG).events] == ids


def test_an_org_id_of_fifteen_characters_is_the_same_org() -> None:
    assert receive_outbound_message(message(), TOKEN, ORG[:15]).events


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(message(url="https://clinic.example.com/webhooks/"), id="no token"),
        pytest.param(message(url=f"https://clinic.example.com/webhooks/{TOKEN}x"), id="another token"),
        pytest.param(message(url=f"https://clinic.example.com/webhooks/?{TOKEN}"), id="not in the path"),
        pytest.param(message(method="GET"), id="no post"),
        pytest.param(message(headers={}), id="no type"),
        pytest.param(message(b""), id="nothing"),
        pytest.param(message(b" " * 2_000_000), id="too large"),
        pytest.param(message(b"<a>"), id="cut off"),
        pytest.param(message("<a>" * 50 + "</a>" * 50), id="too deep"),
        pytest.param(message("<a/>"), id="no org"),
        pytest.param(
            message(outbound_message("00D000000000000AAA", "https://x", "Lead", [LEAD])), id="another org"
        ),
        pytest.param(message(outbound_message(ORG, "https://x", "Lead", ["1 OR 1=1"])), id="no id"),
        pytest.param(message(outbound_message(ORG, "https://x", "../../Lead", [LEAD])), id="no object"),
    ],
)
def test_anything_else_is_refused(request_: WebhookRequest) -> None:
    with pytest.raises(WebhookError):
        receive_outbound_message(request_, TOKEN, ORG)


@pytest.mark.parametrize(
    "declaration",
    [
        '<!DOCTYPE a [<!ENTITY b "c">]>',
        '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE a [<!ENTITY % b SYSTEM "http://127.0.0.1/x"> %b;]>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1/x">',
        "<?xml-stylesheet href='http://127.0.0.1/x'?>",
    ],
)
def test_a_message_with_a_declaration_is_refused_before_it_is_read(declaration: str) -> None:
    """Entities make a parser read files, call hosts, or fill the memory."""
    head, _, rest = outbound_message(ORG, "https://x", "Lead", [LEAD]).partition("?>")
    body = f"{head}?>{declaration}{rest}"

    with pytest.raises(WebhookError, match="document type or entity"):
        receive_outbound_message(message(body), TOKEN, ORG)


@pytest.mark.parametrize("token", [None, "", "short"])
def test_without_a_token_of_some_length_no_message_is_taken(token: str | None) -> None:
    request = message(url=f"https://clinic.example.com/webhooks/{token or ''}")

    with pytest.raises(WebhookError, match="SALESFORCE_WEBHOOK_TOKEN"):
        receive_outbound_message(request, token, ORG)


def test_webhooks_are_offered_where_their_token_is_set(clinic: Org) -> None:
    offered = clinic.connector.capabilities().webhooks
    del clinic.secrets.values["SALESFORCE_WEBHOOK_TOKEN"]

    assert offered is True
    assert clinic.connector.capabilities().webhooks is False


def test_a_stranger_does_not_make_us_log_in(clinic: Org) -> None:
    """Without `org_id` the login tells the org; only who knows the address gets that far."""
    connector = clinic.open(org_id=None)
    made = clinic.sandbox.do("webhook", object="Lead", id=clinic.ids(1)[0])
    forged = clinic.sandbox.do("webhook", object="Lead", id=clinic.ids(1)[0], forged="signature")
    with pytest.raises(WebhookError):
        connector.receive(message(forged["body"], url=forged["url"]))
    before = clinic.sandbox.count("POST", "/oauth2/token")
    reply = connector.receive(message(made["body"], url=made["url"]))

    assert before == 0
    assert [event.id for event in reply.events] == clinic.ids(1)
