"""The exchange rates of a project: one document, that every amount converted by it can be traced to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fairlead.documents.canonical import digest
from fairlead.documents.json_text import Document, read_document
from fairlead.engine import Rates
from fairlead.problems import DocumentError, Problem
from fairlead.project.project import Project
from fairlead.project.settings import SETTINGS_FILE, place_in_settings
from fairlead.ruleset.document import check_rates

__all__ = ["ProjectRates", "rates_of", "rates_table", "table_of"]


@dataclass(frozen=True, slots=True)
class ProjectRates:
    """A rates document as written, and the table that the engine converts with."""

    document: Mapping[str, Any]
    table: Rates

    @property
    def digest(self) -> str:
        """The digest of the document."""
        return digest(self.document)


def table_of(rates: ProjectRates | None) -> Rates | None:
    """Return the table of rates, None for none."""
    return None if rates is None else rates.table


def rates_table(document: Mapping[str, Any]) -> Rates:
    """Return the table of a rates document. Raises DocumentError."""
    return check_rates(Document(document)).table()


def rates_of(project: Project) -> ProjectRates | None:
    """Return the rates that the project's settings name, None where they name none.

    Raises DocumentError with everything wrong with the document, or with its place in the settings where it
    is not there.
    """
    if project.settings.rates is None:
        return None
    path = project.folder / project.settings.rates
    if not path.is_file():
        message = f"there is no file `{project.settings.rates}` with exchange rates"
        problem = Problem("no-such-file", message, "/rates", found=project.settings.rates)
        raise DocumentError(place_in_settings([problem], project.folder / SETTINGS_FILE))
    document = read_document(path)
    return ProjectRates(document.value, check_rates(document).table())
