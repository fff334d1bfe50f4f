"""API names of Fairlead's own fields in Zoho CRM."""

from __future__ import annotations

import hashlib

__all__ = ["LABEL_AT_CREATION", "PREFIX", "creation_label", "field_name"]

PREFIX = "Fairlead_"
#: characters of a field's label when it is created, by the vendor's schema (crm-oas v8.0, fields)
LABEL_AT_CREATION = 25
_ROOM = LABEL_AT_CREATION - len(PREFIX)
_DIGITS = 5


def field_name(base: str) -> str:
    """Return the API name of a field of ours.

    Zoho makes the API name of the label, which may have 25 characters when the field is created. A base of
    more than 16 characters keeps its first ten and gets five hexadecimal digits of its SHA-256 digest.
    """
    if len(base) <= _ROOM:
        return f"{PREFIX}{base}"
    digest = hashlib.sha256(base.encode()).hexdigest()[:_DIGITS]
    return f"{PREFIX}{base[: _ROOM - _DIGITS - 1].rstrip('_')}_{digest}"


def creation_label(name: str) -> str:
    """Return the label from which Zoho makes this API name: underscores are spaces."""
    return name.replace("_", " ")
