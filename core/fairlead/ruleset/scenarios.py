"""The shape of scenarios: what a ruleset must decide for given records, said in domain words."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, WithJsonSchema

from fairlead.documents.json_text import Document, read_document
from fairlead.documents.shapes import DocumentModel, DocumentName, Name, SemanticVersion, shape_error
from fairlead.ruleset.consistency import scenarios_problems
from fairlead.ruleset.document import check_form
from fairlead.ruleset.parts import FullName, Moment

__all__ = ["ScenarioPart", "ScenariosDocument", "check_scenarios", "load_scenarios"]

_RECORD = {"type": "object", "additionalProperties": {"type": "object"}}


def _one_line(text: str) -> str:
    if not text.strip() or "\n" in text:
        raise shape_error("invalid-value", "a scenario's name is one line of text")
    return text


class ScenarioPart(DocumentModel):
    """One case: a record and what must be decided for it."""

    name: Annotated[str, AfterValidator(_one_line)] = Field(
        description="The case in one sentence, such as `A patient who sent records scores 25`."
    )
    as_of: Moment | None = Field(default=None, description="The instant to decide at, for this case alone.")
    given: Annotated[dict[str, Any], WithJsonSchema(_RECORD)] = Field(description="The record.")
    expect: Annotated[dict[FullName, Any], Field(min_length=1)] = Field(
        description="Decisions by name: the value as in output, or `undetermined` or `conflict` as true."
    )
    reasons: list[Name] | None = Field(default=None, description="The reason codes, in order.")
    missing: list[str] | None = Field(default=None, description="The facts that are named as missing.")


class ScenariosDocument(DocumentModel):
    """Cases that a ruleset must decide as stated."""

    fairlead: Literal[1] = Field(description="The version of the document format.")
    kind: Literal["scenarios"]
    name: DocumentName = Field(description="The path below the rulesets folder, without `.json`.")
    version: SemanticVersion = Field(description="The version of this document.")
    ruleset: DocumentName = Field(description="The ruleset that decides.")
    as_of: Moment = Field(description="The instant to decide at: a date or a date-time.")
    scenarios: list[ScenarioPart] = Field(min_length=1, description="The cases.")


def check_scenarios(document: Document) -> ScenariosDocument:
    """Return a scenarios document; raise DocumentError with every problem of its form."""
    return check_form(ScenariosDocument, document, scenarios_problems)


def load_scenarios(path: Path) -> ScenariosDocument:
    """Return the scenarios in a file; raise DocumentError with every problem of their form."""
    return check_scenarios(read_document(path))
