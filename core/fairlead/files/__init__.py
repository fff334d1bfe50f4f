"""Evaluation of files: CSV and JSON Lines in, decisions and rejects out."""

from fairlead.files.evaluate import FORMATS, Summary, evaluate_file, format_of, open_rows
from fairlead.files.json_rows import parse_record
from fairlead.files.output_file import STANDARD_STREAM
from fairlead.files.rejects import Reject

__all__ = [
    "FORMATS",
    "STANDARD_STREAM",
    "Reject",
    "Summary",
    "evaluate_file",
    "format_of",
    "open_rows",
    "parse_record",
]
