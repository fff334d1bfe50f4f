"""The shape of policy packs: dated obligations of one place or code, each with its citation.

An obligation asks for a property (shown over all inputs), a guard (checked on each record) or evidence (a
document that must exist); `fairlead.ruleset.policy_pack` reads this.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from fairlead.documents.found import found_text, json_kind
from fairlead.documents.json_text import Document
from fairlead.documents.shapes import DocumentModel, DocumentName, Name, SemanticVersion, shape_error
from fairlead.documents.texts import Texts
from fairlead.facts.document import DocumentReference
from fairlead.problems import nearest_name
from fairlead.ruleset.consistency import policy_pack_problems
from fairlead.ruleset.document import (
    BooleanParameter,
    DateParameter,
    DateTimeParameter,
    DecimalParameter,
    IntegerParameter,
    ListParameter,
    MoneyParameter,
    OneOfParameter,
    TextParameter,
    check_form,
)
from fairlead.ruleset.parts import Effective, Expression, FullName, Identifier, Number, ValueJson

__all__ = [
    "TARGETS",
    "EvidencePart",
    "GuardPart",
    "ObligationPart",
    "PackParameterPart",
    "PolicyPackDocument",
    "PropertyPart",
    "check_policy_pack",
]

#: groups of decisions that a property can be asked of
TARGETS = ("rewards", "tables", "all_tables", "scorecards")

_CHECK = re.compile("C([1-9]|1[0-9]|2[0-9]|30)")

ConfidenceText = Literal["high", "medium", "low"]
Citation = Annotated[str, Field(min_length=1)]


def _target(value: Any) -> Any:
    if isinstance(value, str):
        if value not in TARGETS:
            raise shape_error(
                "unknown-value",
                f"`{found_text(value)}` is no group of decisions",
                found=found_text(value),
                allowed=TARGETS,
                nearest=nearest_name(value[:200], TARGETS),
                remedy="name a group, or list the decisions",
            )
    elif not isinstance(value, list):
        raise shape_error(
            "wrong-type",
            f"a group of decisions or a list of their names is expected here; this is {json_kind(value)}",
            found=found_text(value),
            allowed=TARGETS,
        )
    return value


def _check_id(text: str) -> str:
    if not _CHECK.fullmatch(text):
        raise shape_error(
            "unknown-value",
            f"`{found_text(text)}` is no check of the catalogue",
            found=found_text(text),
            remedy="the checks are C1 to C30",
        )
    return text


DecisionNames = Annotated[list[FullName], Field(min_length=1)]
LabelNames = Annotated[list[Name], Field(min_length=1)]
#: the decisions that a property is asked of: a group, or their names
Target = Annotated[
    Literal["rewards", "tables", "all_tables", "scorecards"] | DecisionNames, BeforeValidator(_target)
]
CheckId = Annotated[
    str,
    AfterValidator(_check_id),
    WithJsonSchema({"type": "string", "pattern": f"^({_CHECK.pattern})$"}),
]


class _Sourced(DocumentModel):
    source: Citation = Field(description="Where the figure was seen, or that it is from memory.")
    confidence: ConfidenceText = Field(description="How well the figure is known; low never proves.")


class BooleanPackParameter(BooleanParameter, _Sourced):
    """A rule of law that is true or false."""


class IntegerPackParameter(IntegerParameter, _Sourced):
    """A figure that is a whole number."""


class DecimalPackParameter(DecimalParameter, _Sourced):
    """A figure that is an exact decimal."""


class MoneyPackParameter(MoneyParameter, _Sourced):
    """A figure that is an amount of money."""


class TextPackParameter(TextParameter, _Sourced):
    """A text that the law gives."""


class OneOfPackParameter(OneOfParameter, _Sourced):
    """One of listed texts."""


class DatePackParameter(DateParameter, _Sourced):
    """A calendar day."""


class DateTimePackParameter(DateTimeParameter, _Sourced):
    """An instant."""


class ListPackParameter(ListParameter, _Sourced):
    """A list of figures or texts."""


#: a dated figure of a pack, told apart by `type`
PackParameterPart = Annotated[
    BooleanPackParameter
    | IntegerPackParameter
    | DecimalPackParameter
    | MoneyPackParameter
    | TextPackParameter
    | OneOfPackParameter
    | DatePackParameter
    | DateTimePackParameter
    | ListPackParameter,
    Field(discriminator="type"),
]


class IndependentPart(DocumentModel):
    """No reward, or no value of the named decisions, varies with what carries the label."""

    kind: Literal["independent"]
    label: Name = Field(description="The label.")
    of: Target = Field(default="rewards", description="The decisions.")


class NoPositiveCorrelationPart(DocumentModel):
    """Pay never rises where what carries the label rises."""

    kind: Literal["no_positive_correlation"]
    label: Name = Field(description="The label.")
    per: Literal["unit", "total"] = Field(description="The pay for one case, or the total of a period.")


class DisclosureFacts(DocumentModel):
    """The facts that say when the patient was told, and when the patient decided."""

    given_at: FullName = Field(default="disclosure.given_at", description="When the patient was told.")
    recorded_at: FullName = Field(default="disclosure.recorded_at", description="When that was recorded.")
    state: FullName = Field(
        default="introduction.decision_state", description="Whether the patient has decided."
    )
    undecided: Citation = Field(default="none_so_far", description="The value for no decision so far.")
    decided: Citation = Field(default="decided", description="The value for a decision made.")
    decided_at: FullName = Field(
        default="introduction.patient_decided_at", description="When the patient decided."
    )


class DisclosedBeforePart(DocumentModel):
    """Payable only where the patient was told before deciding."""

    kind: Literal["disclosed_before"]
    facts: DisclosureFacts = Field(
        default_factory=DisclosureFacts, description="Other facts than the shipped model's."
    )


class ImpliesPart(DocumentModel):
    """Wherever a part of a reward is true, the requirement is true."""

    kind: Literal["implies"]
    part: Literal["payable_when", "accrues_when", "reversed_when"] = Field(
        description="The part of the reward."
    )
    requirement: Expression = Field(description="What must then be true.")


class NeverPaidPart(DocumentModel):
    """Nothing is paid where the condition is true or unknown."""

    kind: Literal["never_paid"]
    when: Expression = Field(description="The condition.")


class PeriodCapPart(DocumentModel):
    """What is paid in a period has a limit."""

    kind: Literal["period_cap"]
    per: Literal["payee", "patient", "programme"] = Field(description="What the limit holds for.")
    unit: Literal["year", "quarter", "month"] = Field(description="The calendar period.")
    maximum: Expression = Field(
        default=None, description="The highest limit; left out, any stated limit will do."
    )


class ItemCapPart(DocumentModel):
    """One reward is never above an amount."""

    kind: Literal["item_cap"]
    maximum: Expression = Field(description="The most that one reward pays.")


class CaseCapPart(DocumentModel):
    """All rewards of one case together are at most a share of its cost."""

    kind: Literal["case_cap"]
    share: Expression = Field(description="The share, a decimal.")
    cost: FullName = Field(default="treatment.total_cost", description="The fact with the cost.")


class ClawbackNeutralPart(DocumentModel):
    """A reward is taken back only for the listed causes, and never for what carries the labels."""

    kind: Literal["clawback_neutral"]
    labels: LabelNames = Field(default=["outcome", "acceptance"], description="The labels.")
    cause: FullName = Field(default="introduction.reversal_cause", description="The fact with the cause.")
    causes: Annotated[list[Citation], Field(min_length=1)] = Field(
        default=["did_not_occur", "fraud", "duplicate"], description="The causes that are allowed."
    )


class NoCliffPart(DocumentModel):
    """One more case changes the total by at most so many times the pay for one."""

    kind: Literal["no_cliff"]
    factor: Number = Field(default="2", description="How many times the pay for one case.")
    count: FullName = Field(
        default="partner.introductions_this_year", description="The fact that counts cases."
    )


class EqualWorkPart(DocumentModel):
    """Equal work earns equal pay."""

    kind: Literal["equal_work"]


class TotalPart(DocumentModel):
    """Some row of each table matches every input."""

    kind: Literal["total"]
    of: Target = Field(default="tables", description="The tables.")


class DisjointPart(DocumentModel):
    """No two rows of a table match one input."""

    kind: Literal["disjoint"]
    of: Target = Field(default="tables", description="The tables.")


class NoDeadRowPart(DocumentModel):
    """Every row matches some input."""

    kind: Literal["no_dead_row"]
    of: Target = Field(default="tables", description="The tables or scorecards.")


class NoShadowedRowPart(DocumentModel):
    """No row is always hidden by earlier ones."""

    kind: Literal["no_shadowed_row"]
    of: Target = Field(default="tables", description="The tables.")


class DeterminedPart(DocumentModel):
    """Where all that a decision reads is known, it has a value."""

    kind: Literal["determined"]
    of: Target = Field(default="rewards", description="The decisions.")


class BoundedPart(DocumentModel):
    """A result stays within limits."""

    kind: Literal["bounded"]
    of: Target = Field(description="The decisions.")
    minimum: Number | None = Field(default=None, description="The least value.")
    maximum: Number | None = Field(default=None, description="The greatest value.")


class MonotonePart(DocumentModel):
    """A result never falls, or never rises, where a fact rises."""

    kind: Literal["monotone"]
    of: DecisionNames = Field(description="The decisions.")
    fact: FullName = Field(alias="in", description="The fact that rises.")
    direction: Literal["up", "down"] = Field(description="Where the result may go.")


class ReachablePart(DocumentModel):
    """Some input gives the value; the smallest combinations that do are listed."""

    kind: Literal["reachable"]
    of: DecisionNames = Field(description="The decisions.")
    value: ValueJson = Field(description="The value.")


class NeedsPart(DocumentModel):
    """A value must not depend on handing over what carries the label."""

    kind: Literal["needs"]
    of: DecisionNames = Field(description="The decisions.")
    value: ValueJson = Field(description="The value.")
    label: Name = Field(description="The label.")


#: a property, told apart by `kind`
PropertyPart = Annotated[
    IndependentPart
    | NoPositiveCorrelationPart
    | DisclosedBeforePart
    | ImpliesPart
    | NeverPaidPart
    | PeriodCapPart
    | ItemCapPart
    | CaseCapPart
    | ClawbackNeutralPart
    | NoCliffPart
    | EqualWorkPart
    | TotalPart
    | DisjointPart
    | NoDeadRowPart
    | NoShadowedRowPart
    | DeterminedPart
    | BoundedPart
    | MonotonePart
    | ReachablePart
    | NeedsPart,
    Field(discriminator="kind"),
]


class GuardPart(DocumentModel):
    """What must be true of each record."""

    requirement: Expression = Field(description="What must be true.")
    text: Texts = Field(description="Why a record that does not meet it is held.")


class EvidencePart(DocumentModel):
    """A document that must exist."""

    id: Identifier = Field(description="The item's id within the obligation.")
    title: Texts = Field(description="The document.")
    fact: FullName | None = Field(
        default=None, description="The fact that holds it; left out, the fact model has none."
    )


class ObligationPart(DocumentModel):
    """One obligation; it asks for a property, a guard or evidence, or several of them."""

    id: Identifier = Field(description="The obligation's id within the pack.")
    title: Texts = Field(description="The obligation in a few words.")
    text: Texts = Field(description="What it asks, in sentences.")
    citation: Citation = Field(description="The statute, rule or code.")
    source: Citation = Field(description="Where its text was seen, or that it is from memory.")
    binds: Literal["payer", "payee", "both"] = Field(description="Who is bound.")
    force: Literal["forbid", "cap", "allow_if", "disclose", "register"] = Field(
        description="How it binds; packs combine by the strictest."
    )
    effective: Effective | None = Field(default=None, description="When it is law; left out, always.")
    governing: Literal["introduction", "disclosure", "release", "payment"] = Field(
        description="The date that decides whether it is law for a case."
    )
    entity: Name | None = Field(default=None, description="What a case is, where not the pack's entity.")
    applies_when: Expression = Field(
        default=None, description="When it applies, besides the pack's own condition."
    )
    confidence: ConfidenceText = Field(description="How well the text is known; low never proves.")
    reviewed_by: Citation | None = Field(description="The counsel who reviewed it; null for nobody yet.")
    checks: list[CheckId] = Field(default=[], description="Checks of the catalogue, C1 to C30.")
    advice: Texts | None = Field(default=None, description="What to do where it is not met.")
    ask: PropertyPart | None = Field(
        default=None, alias="property", description="What is shown over all inputs."
    )
    guard: GuardPart | None = Field(default=None, description="What is checked on each record.")
    evidence: list[EvidencePart] = Field(default=[], description="The documents that must exist.")


class PolicyPackDocument(DocumentModel):
    """A policy pack: the obligations of one place or code."""

    fairlead: Literal[1] = Field(description="The version of the document format.")
    kind: Literal["policy-pack"]
    name: DocumentName = Field(description="The path below the rulesets folder, without `.json`.")
    version: SemanticVersion = Field(description="The version of this document.")
    title: Texts = Field(description="The place or code.")
    about: Texts = Field(description="What the pack covers, what it rests on and who reviewed it.")
    model: DocumentReference = Field(description="The fact model that the pack was written for.")
    entity: Name = Field(default="introduction", description="What a case is: what expressions are about.")
    applies_when: Expression = Field(
        default=None, description="The cases that the pack is for; left out, every case."
    )
    parameters: dict[Name, PackParameterPart] = Field(
        default={}, description="Figures that expressions read as `parameters.name`."
    )
    obligations: list[ObligationPart] = Field(min_length=1, description="The obligations.")


def check_policy_pack(document: Document) -> PolicyPackDocument:
    """Return a policy pack; raise DocumentError with every problem of its form."""
    return check_form(PolicyPackDocument, document, policy_pack_problems)
