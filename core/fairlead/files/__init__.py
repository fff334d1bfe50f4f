"""Evaluation of files and tables of databases: records in, decisions and rejects out."""

from fairlead.files.engines import ENGINES, evaluate_with
from fairlead.files.evaluate import Summary, evaluate_file
from fairlead.files.inputs import InputFile, open_input
from fairlead.files.json_rows import parse_record
from fairlead.files.mapped_layout import mapping_problems
from fairlead.files.mappings import Stated
from fairlead.files.opening import FORMATS, format_of, is_url
from fairlead.files.output_file import STANDARD_STREAM
from fairlead.files.reading import Reading
from fairlead.files.rejects import Reject
from fairlead.files.related import RelatedFile, RelatedSummary

__all__ = [
    "ENGINES",
    "FORMATS",
    "STANDARD_STREAM",
    "InputFile",
    "Reading",
    "Reject",
    "RelatedFile",
    "RelatedSummary",
    "Stated",
    "Summary",
    "evaluate_file",
    "evaluate_with",
    "format_of",
    "is_url",
    "mapping_problems",
    "open_input",
    "parse_record",
]
