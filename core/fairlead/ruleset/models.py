"""Loading a fact model by itself, by name or from a file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from fairlead.documents.shapes import check_shape
from fairlead.facts.model import FactModel
from fairlead.facts.overlay import apply_overlay
from fairlead.facts.overlay_document import FactModelOverlay
from fairlead.problems import DocumentError, Problem
from fairlead.ruleset.catalogue import FACT_MODELS, Catalogue, split_version
from fairlead.ruleset.resolve import LONGEST_CHAIN

__all__ = ["load_model"]


def load_model(name_or_path: str, roots: Iterable[Path] = ()) -> FactModel:
    """Return a fact model by name, by `name@version` or from its file (`….json`), its overlays applied.

    `roots` are folders of documents that come before the shipped ones. Raises UsageError for an unknown
    name, and DocumentError with every problem of the documents.
    """
    catalogue = Catalogue(roots)
    if name_or_path.endswith(".json"):
        found = catalogue.at_path(Path(name_or_path), FACT_MODELS)
    else:
        found = catalogue.find(*split_version(name_or_path), FACT_MODELS)
    overlays = []
    while found.kind == "fact-model-overlay":
        overlays.append(found.document)
        if len(overlays) > LONGEST_CHAIN:
            message = f"more than {LONGEST_CHAIN} documents extend one another"
            raise DocumentError(found.document.locate([Problem("chain-too-long", message, "/extends")]))
        extends = check_shape(FactModelOverlay, found.document).extends
        found = catalogue.find(extends.name, extends.version, FACT_MODELS)
    return FactModel.from_document(apply_overlay(found.document, *reversed(overlays)))
