"""Evaluation of files: CSV, JSON Lines and Parquet in, decisions and rejects out."""

from fairlead.files.evaluate import FORMATS, Summary, evaluate_file, format_of, open_rows
from fairlead.files.json_rows import parse_record
from fairlead.files.mappings import Stated
from fairlead.files.output_file import STANDARD_STREAM
from fairlead.files.rejects import Reject
from fairlead.files.related import RelatedFile

__all__ = [
    "FORMATS",
    "STANDARD_STREAM",
    "Reject",
    "RelatedFile",
    "Stated",
    "Summary",
    "evaluate_file",
    "format_of",
    "open_rows",
    "parse_record",
]
