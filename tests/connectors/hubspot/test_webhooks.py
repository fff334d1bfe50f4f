"""Webhooks: the signature, its age, and what events announce."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fairlead.plugins.webhooks import WebhookError, WebhookEvent, WebhookRequest
from fairlead_hubspot.webhooks import decoded_address, receive, signature

SECRET = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"  # noqa: S105 - the one of HubSpot's documentation
URL = "https://www.example.com/webhook_uri"
NOW = datetime.fromtimestamp(1_700_000_000, UTC)
ACCOUNT = 62515


def request(body: bytes, url: str = URL, **changed: str) -> WebhookRequest:
    stamp = changed.pop("stamp", "1700000000000")
    signed = signature(SECRET, "POST", url, body, stamp)
    headers = {"x-hubspot-request-timestamp": stamp, "x-hubspot-signature-v3": signed, **changed}
    return WebhookRequest("POST", url, headers, body)


def events(*members: Mapping[str, Any]) -> tuple[WebhookEvent, ...]:
    body = json.dumps([{"portalId": ACCOUNT, **each} for each in members]).encode()
    return receive(request(body), secret=SECRET, account_id=lambda: ACCOUNT, now=NOW).events


def test_the_signature_of_the_documented_request() -> None:
    """Secret, address and body are those of HubSpot's page on request validation; the digest was computed
    apart from this code.
    """
    found = signature(SECRET, "POST", URL, b'{"example_field":"example_value"}', "1700000000000")

    assert found == "rQEKkaNUiu+1qGF//O/pw4BCzstSqO1PyUnGICmf+7o="


def test_the_documented_vectors_of_the_older_versions_use_the_same_secret_and_bodies() -> None:
    """They anchor the inputs above: HubSpot publishes digests for versions 1 and 2 alone."""
    body = '{"example_field":"example_value"}'
    second = hashlib.sha256(f"{SECRET}POST{URL}{body}".encode()).hexdigest()

    assert second == "9569219f8ba981ffa6f6f16aa0f48637d35d728c7e4d93d0d52efaa512af7900"


@pytest.mark.parametrize(
    ("url", "decoded"),
    [
        ("https://a.example/x?to=%2Fhome%3Fa", "https://a.example/x?to=/home?a"),
        ("https://a.example/%3a%40%21%24%27%28%29%2A%2C%3B", "https://a.example/:@!$'()*,;"),
        ("https://a.example/x?q=a%20b%26c%3Dd%25", "https://a.example/x?q=a%20b%26c%3Dd%25"),
        ("https://a.example/x?y=1", "https://a.example/x?y=1"),
        ("https://a.example/%253A", "https://a.example/%253A"),
    ],
)
def test_only_the_documented_escapes_are_decoded(url: str, decoded: str) -> None:
    assert decoded_address(url) == decoded


def test_a_request_to_an_address_with_escapes_is_hubspots() -> None:
    url = "https://sync.example.com/hook?project=clinic%2Feu&note=a%20b"
    text = b"POSThttps://sync.example.com/hook?project=clinic/eu&note=a%20b[]1700000000000"
    signed = base64.b64encode(hmac.new(SECRET.encode(), text, hashlib.sha256).digest()).decode()
    headers = {"x-hubspot-request-timestamp": "1700000000000", "x-hubspot-signature-v3": signed}

    sent = WebhookRequest("POST", url, headers, b"[]")
    reply = receive(sent, secret=SECRET, account_id=lambda: ACCOUNT, now=NOW)

    assert (reply.status, reply.events) == (200, ())


@pytest.mark.parametrize(
    "changed",
    [
        {"x-hubspot-signature-v3": "forged"},
        {"x-hubspot-signature-v3": ""},
        {"x-hubspot-signature-v3": "ş"},
        {"x-hubspot-request-timestamp": "1700000000001"},
        {"x-hubspot-request-timestamp": "١٧٠٠٠٠٠٠٠٠٠٠٠"},
        {"x-hubspot-request-timestamp": ""},
    ],
)
def test_an_altered_request_is_refused(changed: dict[str, str]) -> None:
    with pytest.raises(WebhookError):
        receive(request(b"[]", **changed), secret=SECRET, account_id=lambda: ACCOUNT, now=NOW)


@pytest.mark.parametrize(("seconds", "taken"), [(299, True), (301, False), (-299, True), (-301, False)])
def test_a_request_is_good_for_five_minutes(seconds: int, taken: bool) -> None:
    now = NOW + timedelta(seconds=seconds)
    if taken:
        assert receive(request(b"[]"), secret=SECRET, account_id=lambda: ACCOUNT, now=now).events == ()
    else:
        with pytest.raises(WebhookError, match="five minutes"):
            receive(request(b"[]"), secret=SECRET, account_id=lambda: ACCOUNT, now=now)


@pytest.mark.parametrize("body", [b"{}", b"null", b"[1]", b"", b"\xff"])
def test_a_signed_body_that_is_no_list_of_events_is_refused(body: bytes) -> None:
    with pytest.raises(WebhookError):
        receive(request(body), secret=SECRET, account_id=lambda: ACCOUNT, now=NOW)


def test_without_a_secret_nothing_is_taken() -> None:
    with pytest.raises(WebhookError, match="HUBSPOT_CLIENT_SECRET"):
        receive(request(b"[]"), secret=None, account_id=lambda: ACCOUNT, now=NOW)


def test_changes_and_deletions_are_announced_once_each() -> None:
    assert events(
        {"subscriptionType": "contact.creation", "objectId": 11},
        {"subscriptionType": "contact.propertyChange", "objectId": 11},
        {"subscriptionType": "company.deletion", "objectId": 12},
        {"subscriptionType": "contact.privacyDeletion", "objectId": 13},
        {"subscriptionType": "contact.restore", "objectId": 14},
        {"subscriptionType": "object.propertyChange", "objectTypeId": "0-48", "objectId": 15},
    ) == (
        WebhookEvent("contacts", "11"),
        WebhookEvent("companies", "12", deleted=True),
        WebhookEvent("contacts", "13", deleted=True),
        WebhookEvent("contacts", "14"),
        WebhookEvent("calls", "15"),
    )


def test_a_merge_announces_the_new_record_and_ends_both_old_ones() -> None:
    merge = {"primaryObjectId": 21, "mergedObjectIds": [22], "newObjectId": 23, "objectId": 23}

    assert events({"subscriptionType": "contact.merge", **merge}) == (
        WebhookEvent("contacts", "23"),
        WebhookEvent("contacts", "22", deleted=True),
        WebhookEvent("contacts", "21", deleted=True),
    )


def test_an_association_announces_both_ends() -> None:
    change = {"associationType": "CONTACT_TO_COMPANY", "fromObjectId": 31, "toObjectId": 32}

    assert events({"subscriptionType": "contact.associationChange", **change}) == (
        WebhookEvent("contacts", "31"),
        WebhookEvent("companies", "32"),
    )


def test_events_of_other_accounts_and_of_what_is_not_read_are_left_out() -> None:
    assert (
        events(
            {"subscriptionType": "contact.creation", "objectId": 41, "portalId": 7},
            {"subscriptionType": "ticket.creation", "objectId": 42},
            {"subscriptionType": "contact.creation", "objectId": "../43"},
            {"subscriptionType": "contact.creation"},
        )
        == ()
    )
