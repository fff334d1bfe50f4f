"""What the engine says of a condition of a policy pack in a concrete case."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from fairlead.audit.cases import Outcome
from fairlead.engine import Program
from fairlead.facts.types import BOOLEAN
from fairlead.logic.terms import Term
from fairlead.ruleset.policy_pack import PolicyPack
from fairlead.ruleset.typed import Check, Reason

__all__ = ["engine_says"]

_TITLE = {"en": "what a policy pack asks"}


def engine_says(program: Program, pack: PolicyPack, entity: str, term: Term, outcome: Outcome) -> bool | None:
    """Return whether a condition about `entity` holds in a case, None where that is unknown.

    It is compiled as a check of a ruleset that is made for it: there is no second interpreter.
    """
    name = f"{entity}.asked_by_a_pack"
    check = Check(
        name=name,
        type=BOOLEAN,
        title=_TITLE,
        description=_TITLE,
        strict=True,
        pointer="",
        requirement=term,
        severity="error",
        citation=None,
        reason=Reason("asked", _TITLE),
    )
    asked = replace(program.ruleset, parameters=pack.parameters, decisions=(check,), document_order=(name,))
    moment = datetime.fromisoformat(outcome.as_of)
    result: bool | None = Program(asked, program.zone).evaluate(outcome.listed, moment).decisions[name]
    return result
