"""Cases: webhooks are the CRM's own or are refused, and they announce ids, nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from fairlead.plugins.connector import Connector
from fairlead.plugins.webhooks import WebhookError, WebhookReply, WebhookRequest
from fairlead.testing.conformance.reading import expect
from fairlead.testing.conformance.rig import Cases, Rig
from fairlead.testing.conformance.stage import Stage

__all__ = ["WebhookCases"]

_FORGERIES = ("signature", "age", "body", "unsigned")
_GARBAGE = (
    b"",
    b"\x00\xff\xfe garbage",
    b"{",
    b"[]",
    b"null",
    b"[1, null, {}]",
    b'{"id": {"id": []}}',
    b"[" * 100_000,
    b"1" * 10_000,
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;&b;">]><a>&d;</a>',
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>',
    "ş".encode("utf-16"),
)


class WebhookCases(Cases):
    """Requests come in from the internet."""

    def test_a_genuine_webhook_announces_its_record(self, stage: Stage) -> None:
        """A change and a deletion are announced with object and id; a repetition is taken again."""
        _need(stage)
        (id_,) = stage.ids(1)
        for deleted in (False, True):
            request = _request(stage, id_, deleted=deleted)
            for _ in range(2):
                events = _received(stage.connector, request).events
                expect(
                    any(each.object == stage.object() and each.id == id_ for each in events),
                    f"the CRM announced record {id_} of `{stage.object()}`; `receive` gave {events}",
                )

    @pytest.mark.parametrize("forged", _FORGERIES)
    def test_a_forged_webhook_is_refused(self, stage: Stage, forged: str) -> None:
        """A wrong signature, an old request, an altered body, or no signature at all: WebhookError."""
        _need(stage)
        try:
            request = _request(stage, stage.ids(1)[0], forged=forged)
        except (KeyError, ValueError):
            pytest.skip(f"the CRM's webhooks have nothing of the sort of `{forged}` to forge")
        try:
            reply = stage.connector.receive(request)
        except WebhookError:
            return
        pytest.fail(f"a webhook with a forged `{forged}` was taken for the CRM's: {reply.events}")

    def test_garbage_is_refused(self, rig: Rig, stage: Stage) -> None:
        """Any bytes, with the headers of a genuine request, are refused or announce nothing."""
        _need(stage)
        genuine = _request(stage, stage.ids(1)[0])
        requests = [replace(genuine, body=body) for body in _GARBAGE]
        requests += [replace(genuine, body=genuine.body[:-7]), replace(genuine, headers={})]
        requests += [replace(genuine, headers=dict.fromkeys(genuine.headers, "ş\x00"))]
        for request in requests:
            try:
                reply = stage.connector.receive(request)
            except WebhookError:
                continue
            except Exception as error:  # noqa: BLE001 - that anything else comes out is what is looked for
                pytest.fail(f"`{type(error).__name__}` left `receive` for {request.body[:40]!r}: {error}")
            if request.body != genuine.body or request.headers != genuine.headers:
                expect(not reply.events, f"{request.body[:40]!r} was taken for the CRM's: {reply.events}")


def _need(stage: Stage) -> None:
    if not stage.connector.capabilities().webhooks:
        pytest.skip("the connector says that it takes no webhooks")
    stage.need("webhook")


def _request(stage: Stage, id_: str, **named: Any) -> WebhookRequest:
    made: Mapping[str, Any] = stage.do("webhook", stage.object(), id_, **named)
    body = made["body"]
    return WebhookRequest(
        method=made["method"],
        url=made["url"],
        headers={name.lower(): value for name, value in made["headers"].items()},
        body=body if isinstance(body, bytes) else body.encode(),
    )


def _received(connector: Connector, request: WebhookRequest) -> WebhookReply:
    __tracebackhide__ = True
    try:
        return connector.receive(request)
    except WebhookError as error:
        pytest.fail(f"a genuine webhook was refused: {error}")
