"""Outbound messages as a workflow or flow of the org sends them."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from fairlead_salesforce.sandbox.ids import make_id

__all__ = ["outbound_message"]

_MESSAGE = """<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" \
xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <soapenv:Body>
  <notifications xmlns="http://soap.sforce.com/2005/09/outbound">
   <OrganizationId>{org}</OrganizationId>
   <ActionId>{action}</ActionId>
   <SessionId xsi:nil="true"/>
   <EnterpriseUrl>{url}/services/Soap/c/62.0/{short}</EnterpriseUrl>
   <PartnerUrl>{url}/services/Soap/u/62.0/{short}</PartnerUrl>
{notifications}  </notifications>
 </soapenv:Body>
</soapenv:Envelope>
"""
_NOTIFICATION = """   <Notification>
    <Id>{id}</Id>
    <sObject xsi:type="sf:{object}" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">
     <sf:Id>{record}</sf:Id>
    </sObject>
   </Notification>
"""


def outbound_message(org: str, url: str, object_: str, ids: Sequence[str]) -> str:
    """Return the text that the org posts about up to 100 records."""
    notifications = "".join(
        _NOTIFICATION.format(id=make_id("04l", number), object=escape(object_), record=escape(id_))
        for number, id_ in enumerate(ids, start=1)
    )
    return _MESSAGE.format(
        org=escape(org),
        action=make_id("04k", 1),
        url=escape(url),
        short=org[:15],
        notifications=notifications,
    )
