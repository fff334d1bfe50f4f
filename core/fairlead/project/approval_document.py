"""The shape of an approval: what it is about, for which days, and which risks are accepted with it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from fairlead.documents.shapes import DocumentModel, DocumentName, SemanticVersion, shape_error
from fairlead.ruleset.parts import Day, DigestText, Identifier

__all__ = [
    "AcceptedRisk",
    "ApprovalDocument",
    "BoundDocument",
    "BoundMapping",
    "BoundRuleset",
    "Covers",
    "RegisterState",
]


class BoundDocument(DocumentModel):
    """A document that the approval is about."""

    name: DocumentName = Field(description="Its name.")
    version: SemanticVersion = Field(description="Its version.")
    digest: DigestText = Field(description="The SHA-256 of its canonical form; of a ruleset, resolved.")


class BoundRuleset(BoundDocument):
    """A ruleset that is approved."""

    model: BoundDocument = Field(description="The fact model inside it, with its labels.")
    parameters: DigestText = Field(description="The digest of its parameters.")


class BoundMapping(BoundDocument):
    """A mapping that the approval is about."""

    file: str | None = Field(description="The file in the project; null for the connector's own.")


class RegisterState(DocumentModel):
    """How far the register of people had come."""

    root: DigestText = Field(description="The digest of its first entry: which register it is.")
    entries: int = Field(ge=1, description="The number of its entries.")
    head: DigestText = Field(description="The digest of the last of them.")


class Covers(DocumentModel):
    """The days that can be decided under the approval: nothing that is dated changes within them."""

    first: Day | None = Field(default=None, alias="from", description="The first day; left out, always.")
    until: Day | None = Field(
        default=None, description="The first day on which it is expired; left out, never."
    )

    @model_validator(mode="after")
    def _has_days(self) -> Covers:
        if self.first is not None and self.until is not None and self.until <= self.first:
            raise shape_error("inconsistent-range", "the approval covers no day", below=("until",))
        return self

    def covers(self, day: date) -> bool:
        """Tell whether a day can be decided."""
        return (self.first is None or self.first <= day) and (self.until is None or day < self.until)


class AcceptedRisk(DocumentModel):
    """A finding that a person accepts, for a time."""

    finding: Annotated[str, Field(min_length=1, max_length=400)] = Field(description="The finding's id.")
    pack: DocumentName = Field(description="The policy pack.")
    obligation: Identifier = Field(description="The obligation that is not met.")
    by: Identifier = Field(description="Who accepts it: an approver who signs.")
    reason: Annotated[str, Field(min_length=1)] = Field(description="Why.")
    until: Day = Field(description="The first day on which it is no longer accepted.")


class ApprovalDocument(DocumentModel):
    """What is signed when a project's rules are approved."""

    fairlead: Literal[1] = Field(description="The version of the document format.")
    kind: Literal["approval"]
    project: str = Field(min_length=1, description="The project's name.")
    zone: str = Field(min_length=1, description="The time zone in which its days begin.")
    semantics: str = Field(min_length=1, description="The version of what rules mean.")
    register_: RegisterState = Field(alias="register", description="The register of people as it was.")
    author: Identifier = Field(description="Who wrote the rules; no approver.")
    rulesets: Annotated[list[BoundRuleset], Field(min_length=1)] = Field(description="What is approved.")
    rewards: list[BoundDocument] = Field(
        description="All rulesets of the project with rewards: caps and totals hold over all of them."
    )
    packs: list[BoundDocument] = Field(description="The policy packs of the project.")
    mappings: list[BoundMapping] = Field(description="From which field each fact is read.")
    covers: Covers = Field(description="The days that can be decided under it.")
    accepted: list[AcceptedRisk] = Field(default=[], description="Findings that are accepted.")
    previous: DigestText | None = Field(default=None, description="The approval that was the last before it.")

    @model_validator(mode="after")
    def _ends_with_what_is_accepted(self) -> ApprovalDocument:
        for position, risk in enumerate(self.accepted):
            if self.covers.until is None or self.covers.until > risk.until:
                raise shape_error(
                    "inconsistent-range",
                    f"the approval goes on after `{risk.finding}` is no longer accepted",
                    below=("accepted", position, "until"),
                    found=str(risk.until),
                )
        return self

    def ruleset(self, name: str) -> BoundRuleset | None:
        """Return what is approved of a ruleset, or None."""
        return next((each for each in self.rulesets if each.name == name), None)
