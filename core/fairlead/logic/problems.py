"""The one error of the factory: a term that would be ill-typed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from fairlead.documents.found import found_text
from fairlead.problems import FairleadError, Problem, nearest_name

__all__ = ["IllTyped", "at_operand"]


class IllTyped(FairleadError):
    """A term cannot be built; `path` leads to the operand at fault, outermost position first."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        found: str | None = None,
        allowed: Iterable[str] = (),
        remedy: str | None = None,
        argument: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.found = found
        self.allowed = tuple(allowed)
        self.remedy = remedy
        self.path: tuple[int, ...] = () if argument is None else (argument,)

    def problem(self, pointer: str) -> Problem:
        """Return the error as a problem at a place in a document."""
        return Problem(
            code=self.code,
            message=self.message,
            pointer=pointer,
            found=found_text(self.found) if self.found is not None else None,
            allowed=self.allowed,
            nearest=nearest_name(self.found[:200], self.allowed) if self.found and self.allowed else None,
            remedy=self.remedy,
        )


@contextmanager
def at_operand(*path: int) -> Iterator[None]:
    """Say of an ill-typed operand where it stands."""
    try:
        yield
    except IllTyped as error:
        error.path = (*path, *error.path)
        raise
