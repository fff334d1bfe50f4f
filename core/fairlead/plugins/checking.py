"""What a connector's check says of a call that failed."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from fairlead.plugins.failures import Failure, FailureKind
from fairlead.problems import Problem

__all__ = ["as_finding"]

_NO_CODES: Mapping[str, str] = MappingProxyType({})


def as_finding(failure: Failure, status_page: str, codes: Mapping[str, str] = _NO_CODES) -> Problem:
    """Return a failure as a problem of `Connector.check`, with the CRM's own code in its message.

    `codes` gives the problem's code for codes of the CRM that mean something of their own, such as a scope
    that is missing. `status_page` is the address where the CRM tells of outages.
    """
    match failure:
        case Failure(code=known) if known in codes:
            code = codes[known]
        case Failure(code="missing-secret"):
            code = "missing-secret"
        case Failure(kind=FailureKind.LIMIT):
            code = "crm-limit"
        case Failure(kind=FailureKind.RETRY):
            code = "crm-unreachable"
        case _:
            code = "crm-refused"
    said = failure.message if failure.code == code else f"{failure.message} ({failure.code})"
    return Problem(code, said, remedy=failure.remedy or f"try again later; look at {status_page}")
