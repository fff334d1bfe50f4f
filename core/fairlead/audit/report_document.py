"""The report of an audit as a document of the kind `audit-report`: JSON out, JSON in, and its schema."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Final, Literal

from pydantic import ConfigDict, Field, ValidationError

from fairlead.audit.findings import Audit, AuditedPack, AuditedRuleset, Finding, Verdict
from fairlead.documents.canonical import digest
from fairlead.documents.shape_problems import shape_problems
from fairlead.documents.shapes import DocumentModel
from fairlead.problems import DocumentError
from fairlead.ruleset.schema import schema_of

__all__ = [
    "KIND",
    "AuditReport",
    "Change",
    "DataTest",
    "Response",
    "audit_from_json",
    "read_report",
    "report_json",
    "report_schema",
]

#: what `kind` says in the document
KIND: Final = "audit-report"

#: hex digits of the digest in the id of a report: enough to tell all reports of one client apart
_ID_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Change:
    """A result that changed since the last report: the decision, and in a sentence for whom and how."""

    decision: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Response:
    """What management answers to a finding: the corrective action, who owns it, and until when."""

    finding: str
    text: str
    owner: str | None = None
    due: date | None = None


@dataclass(frozen=True, slots=True)
class DataTest:
    """A test on records that exist.

    `population` says which, `method` how they were chosen (with the seed), `records` how many were tested
    and `exceptions` how many broke what was tested.
    """

    title: str
    population: str
    method: str
    records: int
    exceptions: int


class AuditReport(DocumentModel):
    """What an audit found, with what a report says besides: everything that the page shows is in here."""

    model_config = ConfigDict(
        # `from` is a word of the language that this is written in
        alias_generator=lambda name: name.rstrip("_"),
    )

    fairlead: Literal[1]
    kind: Literal["audit-report"]
    id: str = Field(min_length=1)
    client: str | None
    supersedes: str | None
    subject: str
    as_of: date
    rulesets: tuple[AuditedRuleset, ...]
    packs: tuple[AuditedPack, ...]
    findings: tuple[Finding, ...]
    verdict: Verdict
    decided_by: str | None
    solver: str
    limit: int
    valid_until: date | None
    engine: str
    data_tests: tuple[DataTest, ...]
    changes: tuple[Change, ...] | None
    responses: tuple[Response, ...]

    @property  # type: ignore[pydantic-alias]  # the alias is that of a nested field
    def audit(self) -> Audit:
        """The audit without what stands beside it in a report."""
        return Audit(**{field.name: getattr(self, field.name) for field in fields(Audit)})


def report_json(
    audit: Audit,
    *,
    client: str | None = None,
    supersedes: str | None = None,
    changes: Sequence[Change] | None = None,
    responses: Sequence[Response] = (),
    data_tests: Sequence[DataTest] = (),
) -> dict[str, Any]:
    """Return the report as a JSON value.

    `client` is whom it is for, `supersedes` the id of the report before it. `changes` are those since that
    report, None where none was compared. The id of the report follows from all that it says: the day and
    the first digits of the digest.
    """
    said = {field.name: getattr(audit, field.name) for field in fields(Audit)}
    report = AuditReport(
        fairlead=1,
        kind=KIND,
        id="-",
        client=client,
        supersedes=supersedes,
        data_tests=tuple(data_tests),
        changes=None if changes is None else tuple(changes),
        responses=tuple(responses),
        **said,
    )
    value: dict[str, Any] = report.model_dump(mode="json", by_alias=True)
    _, _, digits = digest({key: member for key, member in value.items() if key != "id"}).partition(":")
    value["id"] = f"{audit.as_of.isoformat()}-{digits[:_ID_DIGITS]}"
    return value


def read_report(payload: Mapping[str, Any]) -> AuditReport:
    """Return a report from its JSON value; raise DocumentError with every problem of its form."""
    try:
        # JSON has neither dates nor tuples: strict reading takes them from text alone
        return AuditReport.model_validate_json(json.dumps(payload))
    except ValidationError as error:
        problems = shape_problems(error, AuditReport, dict(payload))
    raise DocumentError(problems)


def report_schema() -> dict[str, Any]:
    """Return the JSON Schema of a report."""
    return schema_of(KIND, AuditReport)


def audit_from_json(payload: Mapping[str, Any]) -> Audit:
    """Return the audit of a report; raise DocumentError with every problem of its form."""
    return read_report(payload).audit
