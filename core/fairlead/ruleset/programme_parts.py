"""The parts of a ruleset by which its rewards are attributed and settled, and what a reward gives.

No decision reads them: the ledger does.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from fairlead.documents.found import found_text, json_kind
from fairlead.documents.shapes import DocumentModel, shape_error
from fairlead.facts.currencies import POINTS
from fairlead.ruleset.parts import check_currency

__all__ = [
    "Amount",
    "AttributionPart",
    "BenefitPart",
    "Detection",
    "RewardCurrency",
    "SettlementPart",
    "Way",
]

#: how an introduction may be known to be a partner's
Way = Literal["tracking_code", "url", "partner_link"]

#: what may be found wrong with an introduction's attribution
Detection = Literal[
    "self_referral",
    "existing_patient",
    "duplicate_patient",
    "staff_referral",
    "late_code",
    "reciprocal",
    "outside_window",
    "unknown_code",
    "another_partner",
]

#: the most days and months that a document states here: ten years and a day, and fifty years
_MOST_DAYS, _MOST_MONTHS = 3653, 600

_URL_PARAMETER = re.compile("[A-Za-z0-9_.~-]{1,64}")
_PARAMETER = re.compile("parameters[.][a-z][a-z0-9_]{0,62}")


def _url_parameter(text: str) -> str:
    if not _URL_PARAMETER.fullmatch(text):
        raise shape_error(
            "bad-name",
            f"`{found_text(text)}` is not the name of a parameter of a web address",
            found=found_text(text),
            remedy="use letters, digits, `_`, `.`, `~` and `-`, at most 64 of them",
        )
    return text


def _amount(value: Any) -> Any:
    if isinstance(value, dict) and len(value) == 1:
        if "money" in value:
            return value
        name = value.get("var")
        if isinstance(name, str) and _PARAMETER.fullmatch(name):
            return value
    raise shape_error(
        "wrong-expression" if isinstance(value, dict) else "wrong-type",
        "an amount or a parameter is expected here"
        + ("" if isinstance(value, dict) else f"; this is {json_kind(value)}"),
        found=found_text(value),
        remedy='write {"money": ["100.00", "USD"]}, or {"var": "parameters.minimum_payout"}',
    )


def _reward_currency(code: str) -> str:
    return code if code == POINTS else check_currency(code)


#: an amount that a programme states: a literal or a parameter; it is checked when the ruleset is built
Amount = Annotated[
    Any,
    BeforeValidator(_amount),
    WithJsonSchema(
        {
            "anyOf": [
                {
                    "type": "object",
                    "properties": {
                        "money": {
                            "type": "array",
                            "items": {"type": "string"},
                            "minItems": 2,
                            "maxItems": 2,
                        }
                    },
                    "required": ["money"],
                    "additionalProperties": False,
                },
                {
                    "type": "object",
                    "properties": {"var": {"type": "string", "pattern": f"^({_PARAMETER.pattern})$"}},
                    "required": ["var"],
                    "additionalProperties": False,
                },
            ]
        }
    ),
]
#: the currency of a reward: one of ISO 4217, or `PTS` for points
RewardCurrency = Annotated[
    str, AfterValidator(_reward_currency), WithJsonSchema({"type": "string", "pattern": "^[A-Z]{3}$"})
]
_UrlParameter = Annotated[
    str,
    AfterValidator(_url_parameter),
    WithJsonSchema({"type": "string", "pattern": f"^({_URL_PARAMETER.pattern})$"}),
]
_Days = Annotated[int, Field(ge=1, le=_MOST_DAYS)]


class BenefitPart(DocumentModel):
    """What a reward gives."""

    kind: Literal["money", "gift", "voucher", "discount", "points"] = Field(
        description="What it is; the amount of a gift, voucher or discount is its value."
    )
    expires_after_months: Annotated[int, Field(ge=1, le=_MOST_MONTHS)] | None = Field(
        default=None, description="Months until it can no longer be used; not for money."
    )


class AttributionPart(DocumentModel):
    """Who introduced a patient: what counts as a partner's touch, and what is held for a person."""

    by: Annotated[list[Way], Field(min_length=1)] = Field(
        description="What counts as a touch; no order is meant."
    )
    url_parameter: _UrlParameter | None = Field(
        default=None, description="The parameter of a web address that holds the code; with `url` in `by`."
    )
    window_days: _Days = Field(
        description="Touches count on the day of the introduction and on so many days before it."
    )
    touch: Literal["first", "last"] = Field(description="Which of several touches counts.")
    ties: Literal["hold", "lowest_code"] = Field(
        description="What holds where two partners touch at one instant."
    )
    late_code_days: Annotated[int, Field(ge=0, le=_MOST_DAYS)] | None = Field(
        default=None,
        description="A code entered after the introduction counts up to so many days after the enquiry; "
        "left out, at any time.",
    )
    holds: list[Detection] = Field(description="What holds an introduction; the rest is noted only.")


class SettlementPart(DocumentModel):
    """When, and from what amount on, a payee is paid."""

    period: Literal["month", "quarter", "half_year", "year"] = Field(
        description="The calendar period that a payout run covers."
    )
    minimum_payout: Amount | None = Field(
        default=None, description="A smaller balance is carried over; left out, any is paid."
    )
    reportable_from: Amount | None = Field(
        default=None, description="A payee's yearly total that has to be reported; left out, none has."
    )
    dispute_days: _Days = Field(description="Days after a statement in which it may be disputed.")
    tax_form_needed: bool = Field(description="Whether a payee without a tax form is not paid.")
