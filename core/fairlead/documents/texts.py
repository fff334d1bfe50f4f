"""Texts in several languages: English always, others by language tag."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from fairlead.documents.found import found_text, json_kind
from fairlead.documents.shapes import shape_error

__all__ = ["Texts", "count_of", "pick"]

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def _as_map(value: Any) -> Any:
    is_string = isinstance(value, str)
    if is_string:
        value = {"en": value}
    if not isinstance(value, dict):
        raise shape_error(
            "wrong-type",
            f"a text is expected, or an object with a text per language; this is {json_kind(value)}",
            found=found_text(value),
        )
    if "en" not in value:
        raise shape_error("missing-key", "the English text is missing", below=("en",), remedy="add `en`")
    for language, text in value.items():
        below = () if is_string else (language,)
        if not _LANGUAGE.fullmatch(language):
            raise shape_error(
                "invalid-value",
                f"`{found_text(language)}` is not a language tag",
                below=(language,),
                found=found_text(language),
                remedy="use tags such as `en`, `de` or `pt-BR`",
            )
        if not isinstance(text, str):
            raise shape_error(
                "wrong-type",
                f"the text in `{language}` is {json_kind(text)}, not text",
                below=(language,),
                found=found_text(text),
            )
        if not text.strip():
            raise shape_error("empty-value", f"the text in `{language}` is empty", below=below)
    return value


#: in a document a string (English), or an object with a text per language tag, `en` required;
#: in a model always the mapping from tag to text
Texts = Annotated[
    Mapping[str, str],
    BeforeValidator(_as_map),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "minLength": 1},
                {
                    "type": "object",
                    "required": ["en"],
                    "propertyNames": {"pattern": f"^{_LANGUAGE.pattern}$"},
                    "additionalProperties": {"type": "string", "minLength": 1},
                },
            ],
            "description": "English, or a text per language tag (`en` required).",
        }
    ),
]


def pick(texts: Mapping[str, str], language: str = "en") -> str:
    """Return the text in `language`, else in its base language (`de` for `de-AT`), else in English."""
    while language:
        if language in texts:
            return texts[language]
        language = language.rpartition("-")[0]
    return texts["en"]


def count_of(count: int, what: str) -> str:
    """Return a count with an English word, in the plural where it is not one: `1 finding`, `2 findings`."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"
