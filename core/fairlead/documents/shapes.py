"""The shape of documents: the base of their pydantic models, and pydantic's errors as problems."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError, WithJsonSchema
from pydantic_core import PydanticCustomError

from fairlead.documents.found import found_text
from fairlead.documents.json_text import Document
from fairlead.problems import DocumentError

__all__ = [
    "DocumentModel",
    "DocumentName",
    "Name",
    "SemanticVersion",
    "check_shape",
    "is_document_name",
    "is_version",
    "shape_error",
]


class DocumentModel(BaseModel):
    """Base of everything inside a document: unknown keys refused, immutable, nothing coerced.

    Lists are `list[...]`: strict mode takes no JSON list for a tuple.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


Shape = TypeVar("Shape", bound=DocumentModel)


def check_shape(model: type[Shape], document: Document) -> Shape:
    """Return the document as `model`; raise DocumentError with every problem in its place."""
    from fairlead.documents.shape_problems import shape_problems

    try:
        return model.model_validate(document.value)
    except ValidationError as error:
        problems = document.locate(shape_problems(error, model, document.value))
    # a problem without a line stands before those that have one
    problems.sort(key=lambda problem: (problem.file or "", problem.line or 0, problem.column or 0))
    raise DocumentError(problems)


def shape_error(
    code: str,
    message: str,
    *,
    below: tuple[str | int, ...] = (),
    found: str | None = None,
    allowed: Iterable[str] = (),
    nearest: str | None = None,
    remedy: str | None = None,
) -> PydanticCustomError:
    """Return the error to raise in a pydantic validator so that a Problem with `code` comes of it.

    `below` leads from the validated value to the faulty place inside it.
    """
    context = {
        "message": message,
        "below": below,
        "found": found,
        "allowed": tuple(allowed),
        "nearest": nearest,
        "remedy": remedy,
    }
    return PydanticCustomError(code, "{message}", context)


class _Form:
    """Checks a text against a pattern, as a whole."""

    def __init__(self, pattern: str, code: str, kind: str, remedy: str) -> None:
        self._pattern = re.compile(pattern)
        self._code = code
        self._kind = kind
        self._remedy = remedy

    def __call__(self, text: str) -> str:
        if not self.fits(text):
            shown = found_text(text)
            raise shape_error(self._code, f"`{shown}` is not {self._kind}", found=shown, remedy=self._remedy)
        return text

    def fits(self, text: str) -> bool:
        """Tell whether a text has the form."""
        return self._pattern.fullmatch(text) is not None

    @property
    def schema(self) -> WithJsonSchema:
        """The same as JSON Schema."""
        return WithJsonSchema({"type": "string", "pattern": f"^({self._pattern.pattern})$"})


_NAME = _Form(
    "[a-z][a-z0-9_]{0,62}",
    "bad-name",
    "a name",
    "use lower-case letters, digits and `_`, a letter first, at most 63 of them",
)
#: the name of an entity, fact, link, decision result or parameter
Name = Annotated[str, AfterValidator(_NAME), _NAME.schema]

_DOCUMENT_NAME = _Form(
    # no longer than file systems take
    "[a-z0-9][a-z0-9_-]{0,62}(/[a-z0-9][a-z0-9_-]{0,62}){0,7}",
    "bad-name",
    "a document name",
    "use the path below the rulesets folder, such as `medical-travel/lead-scoring`",
)
#: the name of a document: its path below a rulesets folder, without `.json`
DocumentName = Annotated[str, AfterValidator(_DOCUMENT_NAME), _DOCUMENT_NAME.schema]
is_document_name = _DOCUMENT_NAME.fits

_SEMANTIC_VERSION = _Form(
    "(0|[1-9][0-9]{0,8})([.](0|[1-9][0-9]{0,8})){2}(-[0-9A-Za-z-]{1,30}([.][0-9A-Za-z-]{1,30}){0,4})?",
    "invalid-value",
    "a version",
    "write three numbers, such as `1.0.0`",
)
#: a version in the form of semver.org, without build metadata
SemanticVersion = Annotated[str, AfterValidator(_SEMANTIC_VERSION), _SEMANTIC_VERSION.schema]
is_version = _SEMANTIC_VERSION.fits
