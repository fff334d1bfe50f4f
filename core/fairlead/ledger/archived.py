"""Programmes as they were archived: typed and compiled anew from the documents kept under their digests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fairlead.documents.canonical import digest
from fairlead.documents.json_text import Document
from fairlead.engine import Program
from fairlead.facts.model import FactModel
from fairlead.ledger.programmes import Version
from fairlead.problems import Problem, StoreError
from fairlead.ruleset.build import build_ruleset
from fairlead.ruleset.document import check_resolved
from fairlead.ruleset.typed import Reward, Ruleset

__all__ = ["ArchivedVersions", "ruleset_of"]

#: compiled programmes kept at once; a project has a few versions of a few programmes
_KEPT = 64


class ArchivedVersions:
    """Versions of programmes by digest. `document` returns the document of a digest, or raises."""

    def __init__(self, document: Callable[[str], Any]) -> None:
        self._document = document
        self._versions: dict[tuple[str, str], Version] = {}

    def version(self, wanted: str, zone: str) -> Version:
        """Return the version of a digest, with days that begin as they do in `zone`.

        Raises what `document` does, StoreError for a document that is not of its digest, DocumentError for
        one that this version of the program cannot read any more, and UsageError for an unknown zone.
        """
        key = (wanted, zone)
        if key not in self._versions:
            if len(self._versions) >= _KEPT:
                self._versions.clear()
            ruleset = ruleset_of(self._document(wanted), wanted)
            rewards = [each.name for each in ruleset.decisions if isinstance(each, Reward)]
            program = Program(ruleset, zone=zone, select=rewards)
            self._versions[key] = Version(ruleset, program)
        return self._versions[key]


def ruleset_of(content: Any, wanted: str) -> Ruleset:
    """Return the typed ruleset of an archived, resolved document.

    Raises StoreError where it is not of the digest that is wanted, DocumentError where it is no ruleset.
    """
    found = digest(content)
    if found != wanted:
        message = "a document is not the one of its digest"
        raise StoreError([Problem("archive-damaged", message, found=found, allowed=(wanted,))])
    document = Document(content, file=wanted)
    body = check_resolved(document)
    model = FactModel.from_document(Document(content["model"], file=wanted))
    return build_ruleset(body, document, model, wanted)
