"""The shape of mapping documents: from the columns of a CRM's export to facts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from fairlead.documents.json_text import Document, read_document
from fairlead.documents.shapes import DocumentModel, DocumentName, SemanticVersion, check_shape, shape_error
from fairlead.documents.texts import Texts
from fairlead.problems import DocumentError
from fairlead.ruleset.parts import CurrencyCode, FullName

__all__ = [
    "Century",
    "ColumnSource",
    "DateOrder",
    "DecimalSign",
    "MappingDocument",
    "check_mapping",
    "load_mapping",
]

#: what stands before the fraction of a number, and what a date begins with
DecimalSign = Literal[".", ","]
DateOrder = Literal["year_first", "day_first", "month_first"]
Century = Literal[1900, 2000]

ColumnName = Annotated[str, Field(min_length=1, max_length=255)]
ColumnNames = Annotated[list[ColumnName], Field(min_length=1)]
OptionValue = str | bool | int | None


class ColumnSource(DocumentModel):
    """Where one fact comes from, and how its cells are read.

    Exactly one of `column`, `columns` and `filled` is there.
    """

    column: ColumnNames | None = Field(
        default=None, description="The names that the column may have; the first that is there is read."
    )
    columns: ColumnNames | None = Field(
        default=None, description="Columns whose texts make one text, with a space between them."
    )
    filled: ColumnNames | None = Field(
        default=None, description="Columns for a boolean: true where any of those that are there is filled."
    )
    values: dict[str, OptionValue] | None = Field(
        default=None, description="From option values to values of the fact; null is absent."
    )
    other: Literal["refused", "absent"] = Field(
        default="refused", description="What an option value is that `values` does not have."
    )
    currency: CurrencyCode | None = Field(
        default=None, description="The currency of amounts that state none."
    )
    currency_column: ColumnNames | None = Field(
        default=None, description="The names that the column with the currency may have."
    )
    decimal: DecimalSign | None = Field(default=None, description="The decimal sign of this column.")
    dates: DateOrder | None = Field(default=None, description="The order of dates of this column.")
    century: Century | None = Field(
        default=None, description="Where years of two digits of this column begin."
    )
    separator: Annotated[str, Field(min_length=1)] | None = Field(
        default=None, description="What stands between the items of a list in this column."
    )

    @model_validator(mode="after")
    def _one_source(self) -> ColumnSource:
        named = [key for key in ("column", "columns", "filled") if getattr(self, key) is not None]
        if len(named) != 1:
            message = "exactly one of `column`, `columns` and `filled` is needed"
            if not named:
                raise shape_error("missing-key", message, below=("column",))
            raise shape_error("unexpected-key", message, below=(named[1],), found=named[1])
        return self


class MappingDocument(DocumentModel):
    """How the columns of an export become facts."""

    fairlead: Literal[1] = Field(description="The version of the document format.")
    kind: Literal["mapping"]
    name: DocumentName = Field(description="The path of the file without `.json`.")
    version: SemanticVersion = Field(description="The version of this document.")
    title: Texts = Field(description="What the mapping is called.")
    about: Texts = Field(description="Which export it reads, and the choices it makes.")
    recognised_by: Annotated[list[ColumnNames], Field(min_length=1)] = Field(
        description="Lists of columns: an export with all columns of one list is known by this mapping."
    )
    decimal: DecimalSign | None = Field(
        default=None, description="The decimal sign. Left out: as the data of each column show."
    )
    dates: DateOrder | None = Field(
        default=None, description="The order of dates. Left out: as the data of each column show."
    )
    century: Century | None = Field(
        default=None, description="Where years of two digits begin. Left out: such years are refused."
    )
    list_separator: Annotated[str, Field(min_length=1)] = Field(
        default=";", description="What stands between the items of a list in one cell."
    )
    facts: Annotated[dict[FullName, ColumnSource], Field(min_length=1)] = Field(
        description="The facts with the columns they are read from."
    )
    ignored: list[ColumnName] = Field(
        default_factory=list, description="Columns that are known and not used."
    )


def check_mapping(document: Document) -> MappingDocument:
    """Return a mapping; raise DocumentError with every problem of its form."""
    return check_shape(MappingDocument, document)


def is_crm_mapping(path: Path) -> bool:
    """Tell whether a file among the mappings is one of a CRM's objects, and not of an export's columns."""
    try:
        value = read_document(path).value
    except DocumentError:
        # what is wrong with it is said where it is read
        return False
    return isinstance(value, dict) and value.get("kind") == "crm-mapping"


def load_mapping(path: Path) -> tuple[MappingDocument, Document]:
    """Return the mapping in a file, and its text for the places of problems. Raises DocumentError."""
    document = read_document(path)
    return check_mapping(document), document
