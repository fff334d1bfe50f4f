"""An audit as SARIF 2.1.0, for the tools that show findings beside the lines of a file.

The members follow the OASIS standard "Static Analysis Results Interchange Format (SARIF) Version 2.1.0";
numbers in comments are its sections.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any
from urllib.parse import quote

from fairlead.audit.findings import Audit, Finding, Force, Obligation, Place, Verdict
from fairlead.audit.report_words import (
    BINDS,
    CONDITIONS,
    FORCES,
    GOVERNING,
    LIMITS,
    advice_on,
    checked,
    in_force,
    reviewer,
    sourced,
    worst_first,
)
from fairlead.documents.canonical import digest
from fairlead.documents.shapes import is_version
from fairlead.documents.texts import pick

__all__ = ["sarif"]

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

#: domain facts, 5.3
_KINDS: Mapping[Verdict, str] = {
    Verdict.PROVED: "pass",
    Verdict.REFUTED: "fail",
    Verdict.UNDECIDED: "open",
    Verdict.TESTED: "informational",
    Verdict.EVIDENCE_MISSING: "review",
    Verdict.NOT_APPLICABLE: "notApplicable",
    # what does not hold does not hold: that it is accepted is a suppression of the failure
    Verdict.ACCEPTED_RISK: "fail",
}

#: how loud a failure is, by how the obligation binds
_LEVELS: Mapping[Force, str] = {
    Force.FORBID: "error",
    Force.CAP: "error",
    Force.ALLOW_IF: "error",
    Force.DISCLOSE: "error",
    Force.REGISTER: "warning",
}

# what a viewer would take for a placeholder (3.11.5), and where it would see a link (3.11.6)
_BRACES = re.compile(r"([{}])")
_LINK = re.compile(r"\](?=\()")

#: the folder that relative places are below
_BASE = "SRCROOT"


def sarif(audit: Audit) -> dict[str, Any]:
    """Return the findings as a SARIF 2.1.0 log of one run; the same audit gives the same log.

    A rule is an obligation, a result a finding. Places are relative to the folder that paths were given
    from; a path from the root of the disk is given by the name of the ruleset.
    """
    obligations = {
        _rule_id(finding.obligation): finding.obligation for finding in worst_first(audit.findings)
    }
    places = {name: place for place, name in enumerate(obligations)}
    names = {ruleset.name for ruleset in audit.rulesets}
    run = {
        "tool": {"driver": _driver(audit, obligations)},
        "automationDetails": {"id": f"fairlead/audit/{audit.subject}/"},
        "originalUriBaseIds": {
            _BASE: {"description": {"text": "The folder from which the audit was started."}}
        },
        # 3.14.17: columns count characters, not the units of an encoding
        "columnKind": "unicodeCodePoints",
        "results": [_result(each, places, names) for each in worst_first(audit.findings)],
        "properties": _audited(audit),
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _driver(audit: Audit, obligations: Mapping[str, Obligation]) -> dict[str, Any]:
    version = audit.engine.rpartition(" ")[2]
    return {
        "name": "Fairlead",
        "fullDescription": {"text": " ".join(LIMITS)},
        "version": audit.engine,
        **({"semanticVersion": version} if is_version(version) else {}),
        "rules": [_rule(id_, obligation) for id_, obligation in obligations.items()],
    }


def _audited(audit: Audit) -> dict[str, Any]:
    return {
        "verdict": audit.verdict.value,
        "asOf": audit.as_of.isoformat(),
        "solver": audit.solver,
        "limit": audit.limit,
        "rulesets": {f"{each.name}@{each.version}": each.digest for each in audit.rulesets},
        "models": {each.name: each.model_digest for each in audit.rulesets},
        "packs": {f"{each.name}@{each.version}": each.digest for each in audit.packs},
    }


def _rule_id(obligation: Obligation) -> str:
    return f"{obligation.pack}/{obligation.id}"


def _rule(id_: str, obligation: Obligation) -> dict[str, Any]:
    asked = f"It {FORCES[obligation.force]}, and binds {BINDS.get(obligation.binds, obligation.binds)}."
    governing = GOVERNING.get(obligation.governing, obligation.governing)
    dated = f"In force {in_force(obligation)}; {governing} decides."
    return {
        "id": id_,
        "shortDescription": {"text": _plain(pick(obligation.title))},
        "fullDescription": {"text": _plain(pick(obligation.text))},
        "help": {"text": f"{_plain(pick(obligation.text))} {_plain(sourced(obligation))}. {asked} {dated}"},
        "defaultConfiguration": {"level": _LEVELS[obligation.force]},
        "properties": {
            "citation": obligation.citation,
            "source": obligation.source,
            "confidence": obligation.confidence.value,
            "reviewer": reviewer(obligation.reviewed_by),
            "tags": list(obligation.checks),
        },
    }


def _result(finding: Finding, places: Mapping[str, int], names: set[str]) -> dict[str, Any]:
    rule = _rule_id(finding.obligation)
    kind = _KINDS[finding.verdict]
    result: dict[str, Any] = {
        "ruleId": rule,
        "ruleIndex": places[rule],
        "kind": kind,
        # 3.27.10: only a failure has a level
        "level": _LEVELS[finding.obligation.force] if kind == "fail" else "none",
        "message": {"text": _message(finding)},
        "locations": [_location(finding)],
        "partialFingerprints": {"fairleadFinding/v1": _fingerprint(rule, finding)},
        "properties": {
            "finding": finding.id,
            "verdict": finding.verdict.value,
            "method": finding.method.value,
            "steps": finding.steps,
            **({"formula": finding.formula} if finding.formula is not None else {}),
        },
    }
    if finding.accepted is not None:
        said = "; ".join(f"{key}: {value}" for key, value in finding.accepted.items())
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": said}]
    return result


def _message(finding: Finding) -> str:
    said = [checked(finding), CONDITIONS[finding.verdict]]
    said += [each.sentence for each in finding.counterexamples]
    said += finding.why
    missing = [pick(item.title) for item in finding.evidence if not item.present]
    if missing:
        said.append(f"Missing: {', '.join(missing)}.")
    said.append(f"{sourced(finding.obligation)}.")
    if finding.verdict in (Verdict.REFUTED, Verdict.UNDECIDED, Verdict.EVIDENCE_MISSING):
        said.append(advice_on(finding))
    return _plain(" ".join(said))


def _plain(text: str) -> str:
    """Return a text that a viewer shows as it is: neither a placeholder nor a link."""
    return _LINK.sub(r"\\]", _BRACES.sub(r"\1\1", text))


def _location(finding: Finding) -> dict[str, Any]:
    subject = f"/{finding.subject}" if finding.subject is not None else ""
    location: dict[str, Any] = {"logicalLocations": [{"fullyQualifiedName": f"{finding.ruleset}{subject}"}]}
    place = finding.place
    if place is not None and place.file is not None:
        location["physicalLocation"] = _physical(place, finding)
    return location


def _physical(place: Place, finding: Finding) -> dict[str, Any]:
    physical: dict[str, Any] = {
        "artifactLocation": {"uri": _uri(str(place.file), finding.ruleset), "uriBaseId": _BASE}
    }
    if place.line is not None:
        column = {"startColumn": place.column} if place.column is not None else {}
        physical["region"] = {"startLine": place.line, **column}
    return physical


def _uri(file: str, ruleset: str) -> str:
    """Return a relative URI reference; a place on somebody's disk stays out of the log."""
    windows = PureWindowsPath(file)
    path = PurePosixPath(windows.as_posix() if "\\" in file else file)
    if windows.drive or path.is_absolute():
        path = PurePosixPath(f"{ruleset}.json")
    return quote(path.as_posix())


def _fingerprint(rule: str, finding: Finding) -> str:
    """Return what stays the same while lines move and wording changes."""
    return digest([rule, finding.ruleset, finding.subject, finding.property]).removeprefix("sha256:")
