"""The shape of the documents of this package: rulesets, lock files and rates.

These models are the one source of the checks on a document's shape and of the published JSON Schemas
(`fairlead.ruleset.schema`). Overlays stand in `fairlead.ruleset.overlay_document`, scenarios in
`fairlead.ruleset.scenarios`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, WithJsonSchema

from fairlead.documents.json_text import Document
from fairlead.documents.shapes import DocumentModel, DocumentName, Name, SemanticVersion, check_shape
from fairlead.documents.texts import Texts
from fairlead.facts.document import (
    BooleanKeys,
    DateKeys,
    DateTimeKeys,
    DecimalKeys,
    DocumentReference,
    IntegerKeys,
    ListKeys,
    MoneyKeys,
    OneOfKeys,
    TextKeys,
)
from fairlead.problems import DocumentError, Problem
from fairlead.ruleset.consistency import rates_problems, ruleset_problems
from fairlead.ruleset.decisions import DecisionPart
from fairlead.ruleset.operator_document import OperatorPart
from fairlead.ruleset.parts import CurrencyCode, Day, DigestText, Effective, Number, ValueJson
from fairlead.ruleset.programme_parts import AttributionPart, SettlementPart

__all__ = [
    "DatedValue",
    "LineageEntry",
    "LockDocument",
    "ParameterPart",
    "Pin",
    "RatePart",
    "RatesDocument",
    "ResolvedRulesetDocument",
    "RulesetBody",
    "RulesetDocument",
    "check_form",
    "check_rates",
    "check_resolved",
    "check_ruleset",
]


class DatedValue(DocumentModel):
    """A parameter's value from a day on."""

    first: Day = Field(alias="from", description="The first day of the value.")
    value: ValueJson = Field(description="The value.")


class _Parameter(DocumentModel):
    title: Texts = Field(description="What the parameter is.")
    description: Texts | None = Field(default=None, description="What it is for.")
    value: ValueJson = Field(default=None, description="The value, at all times.")
    # not `values`: that key lists what a one-of type allows
    dated: Annotated[list[DatedValue], Field(min_length=1)] | None = Field(
        default=None, description="Values by their first day, oldest first; instead of `value`."
    )


class BooleanParameter(_Parameter, BooleanKeys):
    """A setting that is true or false."""


class IntegerParameter(_Parameter, IntegerKeys):
    """A setting that is a whole number."""


class DecimalParameter(_Parameter, DecimalKeys):
    """A setting that is an exact decimal."""


class MoneyParameter(_Parameter, MoneyKeys):
    """A setting that is an amount of money."""


class TextParameter(_Parameter, TextKeys):
    """A setting that is a text."""


class OneOfParameter(_Parameter, OneOfKeys):
    """A setting that is one of listed texts."""


class DateParameter(_Parameter, DateKeys):
    """A setting that is a calendar day."""


class DateTimeParameter(_Parameter, DateTimeKeys):
    """A setting that is an instant."""


class ListParameter(_Parameter, ListKeys):
    """A setting that is a list."""


#: a parameter, told apart by `type`
ParameterPart = Annotated[
    BooleanParameter
    | IntegerParameter
    | DecimalParameter
    | MoneyParameter
    | TextParameter
    | OneOfParameter
    | DateParameter
    | DateTimeParameter
    | ListParameter,
    Field(discriminator="type"),
]


class RulesetBody(DocumentModel):
    """What a ruleset says, as written or resolved; `fairlead.ruleset.build` reads this."""

    fairlead: Literal[1] = Field(description="The version of the document format.")
    kind: Literal["ruleset"]
    name: DocumentName = Field(description="The path below the rulesets folder, without `.json`.")
    version: SemanticVersion = Field(description="The version of this document.")
    title: Texts = Field(description="What the ruleset is called.")
    about: Texts = Field(description="What it decides, for whom, and what it rests on.")
    effective: Effective | None = Field(
        default=None, description="When this version is in force; left out, always."
    )
    parameters: dict[Name, ParameterPart] = Field(
        default={}, description="Settings that expressions read as `parameters.name`."
    )
    decisions: list[DecisionPart] = Field(min_length=1, description="The decisions.")
    attribution: AttributionPart | None = Field(
        default=None, description="Who introduced a patient, and what is held; for rulesets with rewards."
    )
    settlement: SettlementPart | None = Field(
        default=None, description="When and from what amount on is paid; for rulesets with rewards."
    )


class RulesetDocument(RulesetBody):
    """A ruleset: typed decisions about the entities of a fact model."""

    model: DocumentReference = Field(description="The fact model that the ruleset reads.")


class LineageEntry(DocumentModel):
    """One of the documents that a resolved document was made from."""

    name: DocumentName = Field(description="The document's name.")
    version: SemanticVersion = Field(description="Its version.")
    digest: DigestText = Field(description="The digest of the document as written.")


class ResolvedRulesetDocument(RulesetBody):
    """A ruleset with its overlays applied and its fact model inside: what is run, hashed and archived."""

    model: Annotated[dict[str, Any], WithJsonSchema({"type": "object"})] = Field(
        description="The resolved fact model."
    )
    operators: dict[Name, OperatorPart] = Field(
        default={}, description="The operators of plug-ins that the decisions call."
    )
    lineage: Annotated[list[LineageEntry], Field(min_length=1)] | None = Field(
        default=None, description="The documents it was made from, the base first."
    )


class Pin(DocumentModel):
    """The one version of a document that a project runs."""

    version: SemanticVersion = Field(description="The pinned version.")
    digest: DigestText = Field(description="The digest of the pinned document as written.")


class LockDocument(DocumentModel):
    """A project's lock file: the version and digest of every document its rulesets are made from."""

    fairlead: Literal[1] = Field(description="The version of the document format.")
    kind: Literal["lock"]
    pins: dict[str, Pin] = Field(
        description="Pins by document name; `name@version` for one that only an older version uses."
    )


class RatePart(DocumentModel):
    """What one unit of a currency was worth in another, from a day on."""

    source: CurrencyCode = Field(alias="from", description="The currency that is converted.")
    target: CurrencyCode = Field(alias="to", description="The currency it is converted into.")
    on: Day = Field(description="The day from which the rate holds, until the next one.")
    rate: Number = Field(description="Units of the target for one unit of the source.")


class RatesDocument(DocumentModel):
    """Exchange rates for `convert`."""

    fairlead: Literal[1] = Field(description="The version of the document format.")
    kind: Literal["rates"]
    name: DocumentName = Field(description="The path below the rulesets folder, without `.json`.")
    version: SemanticVersion = Field(description="The version of this document.")
    rates: list[RatePart] = Field(description="The rates.")

    def table(self) -> Mapping[tuple[str, str], list[tuple[date, int, int]]]:
        """Return (from, to) -> [(day, numerator, scale)], oldest first; a rate is numerator / 10**scale."""
        table: dict[tuple[str, str], list[tuple[date, int, int]]] = {}
        for rate in self.rates:
            whole, _, fraction = str(rate.rate).partition(".")
            entry = (rate.on, int(whole + fraction), len(fraction))
            table.setdefault((rate.source, rate.target), []).append(entry)
        for entries in table.values():
            entries.sort()
        return table


Shape = TypeVar("Shape", bound=DocumentModel)


def check_form(
    model: type[Shape], document: Document, agreement: Callable[[Any], Iterable[Problem]]
) -> Shape:
    """Return the document as `model`; raise DocumentError with every problem of form and of agreement."""
    disagreements = document.locate(agreement(document.value))
    shape = None
    try:
        shape = check_shape(model, document)
    except DocumentError as error:
        # a key that is missing by both readings is said once
        said = {(problem.code, problem.pointer) for problem in error.problems}
        disagreements = [
            *error.problems,
            *(problem for problem in disagreements if (problem.code, problem.pointer) not in said),
        ]
    if shape is None or disagreements:
        raise DocumentError(sorted(disagreements, key=_place))
    return shape


def _place(problem: Problem) -> tuple[str, int, int]:
    return problem.file or "", problem.line or 0, problem.column or 0


def check_ruleset(document: Document) -> RulesetDocument:
    """Return a ruleset as written; raise DocumentError with every problem of its form."""
    return check_form(RulesetDocument, document, ruleset_problems)


def check_resolved(document: Document) -> ResolvedRulesetDocument:
    """Return a resolved ruleset; raise DocumentError with every problem of its form."""
    return check_form(ResolvedRulesetDocument, document, ruleset_problems)


def check_rates(document: Document) -> RatesDocument:
    """Return a rates document; raise DocumentError with every problem of its form."""
    return check_form(RatesDocument, document, rates_problems)
