"""Outbound messages: SOAP that a workflow or flow of the org posts to us.

They are unsigned. A message is taken for the org's where the address ends in a token that only the org was
told and the message names the org. Ids are all that is used of it.
"""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit
from xml.parsers import expat

from fairlead.plugins.webhooks import WebhookError, WebhookEvent, WebhookReply, WebhookRequest
from fairlead_salesforce.values import is_id

__all__ = ["ACKNOWLEDGED", "check_address", "receive_outbound_message"]

#: what Salesforce waits for; without it the message comes again for 24 hours
ACKNOWLEDGED = (
    b'<?xml version="1.0" encoding="UTF-8"?>'
    b'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    b'<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack>'
    b"</notificationsResponse></soapenv:Body></soapenv:Envelope>"
)
_OUTBOUND = "http://soap.sforce.com/2005/09/outbound"
_TYPE = "http://www.w3.org/2001/XMLSchema-instance type"
#: a message has at most 100 notifications of the fields that the org chose, in bytes
_LARGEST = 1024 * 1024
_DEEPEST = 12
_SHORTEST_TOKEN = 16


def receive_outbound_message(request: WebhookRequest, token: str | None, org_id: str) -> WebhookReply:
    """Return what a message announces; raises WebhookError where it is not this org's."""
    check_address(request, token)
    if request.method != "POST":
        raise WebhookError("an outbound message is a POST")
    if "xml" not in request.headers.get("content-type", "").lower():
        raise WebhookError("an outbound message is XML")
    message = _Message(request.body)
    if not org_id or message.org_id[:15] != org_id[:15] or len(message.org_id) not in (15, 18):
        raise WebhookError("the message is of another org")
    return WebhookReply(tuple(message.events), 200, "text/xml; charset=utf-8", ACKNOWLEDGED)


def check_address(request: WebhookRequest, token: str | None) -> None:
    """Raise WebhookError unless the address ends in the token."""
    if token is None or len(token) < _SHORTEST_TOKEN:
        raise WebhookError("`SALESFORCE_WEBHOOK_TOKEN` is not set, or shorter than 16 characters")
    given = urlsplit(request.url).path.rstrip("/").rpartition("/")[2]
    if not hmac.compare_digest(given.encode("utf-8", "replace"), token.encode()):
        raise WebhookError("the address does not end in this project's token")


class _Message:
    """The org and the records of a message."""

    def __init__(self, body: bytes) -> None:
        if not body or len(body) > _LARGEST:
            raise WebhookError("the message is empty or too large")
        self.org_id = ""
        self.events: list[WebhookEvent] = []
        self._path: list[str] = []
        self._text: list[str] = []
        self._object = ""
        parser = expat.ParserCreate("UTF-8", namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text.append
        # no message has these; each is a way to make a parser read files or fill the memory
        parser.StartDoctypeDeclHandler = _refuse
        parser.EntityDeclHandler = _refuse
        parser.ExternalEntityRefHandler = _refuse
        parser.ProcessingInstructionHandler = _refuse
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        try:
            parser.Parse(body, True)
        except (expat.ExpatError, ValueError):
            raise WebhookError("the message is not readable") from None

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._path.append(name)
        self._text.clear()
        if len(self._path) > _DEEPEST:
            raise WebhookError("the message is nested too deep")
        if name == f"{_OUTBOUND} sObject":
            self._object = attributes.get(_TYPE, "").rpartition(":")[2]

    def _end(self, name: str) -> None:
        text = "".join(self._text).strip()
        self._text.clear()
        inside = [each.rpartition(" ")[2] for each in self._path]
        self._path.pop()
        if name == f"{_OUTBOUND} OrganizationId" and inside[-2:] == ["notifications", "OrganizationId"]:
            self.org_id = text
        elif inside[-3:] == ["Notification", "sObject", "Id"]:
            if not is_id(text) or not self._object.isidentifier():
                raise WebhookError("the message names no record")
            self.events.append(WebhookEvent(self._object, text))


def _refuse(*_: object) -> int:
    raise WebhookError("the message holds a document type or entity")
