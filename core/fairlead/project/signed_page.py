"""Signed reports: as JSON, or as a page that holds the report's JSON and, apart from it, its signatures.

The page without its signatures is, byte for byte, what its JSON renders to. So what a person reads is what
was signed, and whoever changes a word of the page is found out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairlead.documents.json_text import Document, read_document
from fairlead.documents.shapes import check_shape
from fairlead.problems import DocumentError, Problem, UsageError
from fairlead.project.envelope import (
    Envelope,
    SignaturePart,
    SignaturesDocument,
    read_envelope,
    signatures_json,
)

__all__ = ["REPORT_KIND", "SignedFile", "read_signed"]

#: what the payload of a report says that it is
REPORT_KIND = "audit-report"
#: the elements of a page that hold the report and its signatures
_REPORT_TAG = '<script type="application/json" id="fairlead-report">'
_SIGNATURES_TAG = '<script type="application/json" id="fairlead-signatures">'
_END_TAG = "</script>"
_END_OF_BODY = "</body>"
#: no page that was rendered here is larger, in bytes
_MAX_BYTES = 64 * 1024 * 1024

#: from a report's JSON to its page
Rendering = Callable[[Mapping[str, Any]], str]


@dataclass(frozen=True)
class SignedFile:
    """A file that holds, or can hold, signatures.

    `page` is the page without its signatures, None where the file is JSON. An envelope without signatures is
    a report that nobody has signed yet.
    """

    path: Path
    envelope: Envelope
    page: str | None = None
    written: str = ""

    @property
    def kind(self) -> str:
        """What the payload says that it is."""
        return str(self.envelope.payload.get("kind"))

    def text_with(self, added: SignaturePart) -> str:
        """Return the text of the file with one more signature."""
        signed = self.envelope.with_signature(added)
        return signed.text() if self.page is None else _with_signatures(self.page, signed.signatures)

    def page_problem(self, rendering: Rendering) -> Problem | None:
        """Return that the page is not what its JSON renders to; None where it is, or where there is none."""
        if self.page is None:
            return None
        is_whole = self.written == _with_signatures(self.page, self.envelope.signatures)
        try:
            is_rendered = rendering(self.envelope.payload) == self.page
        except (DocumentError, UsageError):
            # what cannot be rendered was not rendered from it
            is_rendered = False
        if is_whole and is_rendered:
            return None
        message = (
            "the page is not what the report inside it renders to: the page or the report was changed, or it "
            "was made by another version"
        )
        remedy = "read the JSON report, or make the page anew from it in the version that it names"
        return Problem("page-altered", message, file=str(self.path), remedy=remedy)


def read_signed(path: Path) -> SignedFile:
    """Return a signed document, a report, or a page with one. Raises DocumentError for anything else."""
    name = str(path)
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise DocumentError([Problem("too-large", "the file is larger than 64 MiB", file=name)])
        content = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or "it cannot be used").lower()
        code = "no-such-file" if isinstance(error, FileNotFoundError) else "unreadable-file"
        raise DocumentError([Problem(code, f"`{name}` cannot be read: {reason}", file=name)]) from None
    if content.lstrip()[:1] != b"<":
        return _from_json(path, read_document(content, name=name))
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise DocumentError([Problem("not-utf8", "the page is not UTF-8", file=name)]) from None
    return _from_page(path, text)


def _from_json(path: Path, document: Document) -> SignedFile:
    value = document.value
    if isinstance(value, dict) and value.get("kind") == REPORT_KIND:
        return SignedFile(path, Envelope(value, ()))
    if not isinstance(value, dict) or value.get("kind") != "signed":
        message = "this is neither a signed document nor a report"
        remedy = "name an approval, a report or a page that was made from one"
        problem = Problem("wrong-kind", message, allowed=("signed", REPORT_KIND), remedy=remedy)
        raise DocumentError(document.locate([problem]))
    return SignedFile(path, read_envelope(document))


def _from_page(path: Path, text: str) -> SignedFile:
    report = _element(path, text, _REPORT_TAG)
    if report is None:
        message = "the page holds no report"
        remedy = "name a page that `fairlead audit` wrote"
        raise DocumentError([Problem("wrong-kind", message, file=str(path), remedy=remedy)])
    payload = read_document(report, name=str(path)).value
    if not isinstance(payload, dict) or payload.get("kind") != REPORT_KIND:
        message = "what the page holds is no report"
        raise DocumentError([Problem("wrong-kind", message, file=str(path), allowed=(REPORT_KIND,))])
    block = _element(path, text, _SIGNATURES_TAG)
    if block is None:
        return SignedFile(path, Envelope(payload, ()), page=text, written=text)
    document = read_document(block, name=str(path))
    # the places are those in the element, not in the page
    shape = check_shape(SignaturesDocument, Document(document.value, file=str(path)))
    page = text.replace(f"{_SIGNATURES_TAG}{block}{_END_TAG}\n", "")
    return SignedFile(path, Envelope(payload, tuple(shape.signatures)), page=page, written=text)


def _element(path: Path, text: str, tag: str) -> str | None:
    """Return what stands in an element; None where there is none. Raises DocumentError for two of them."""
    before, found, after = text.partition(tag)
    if not found:
        return None
    content, end, rest = after.partition(_END_TAG)
    if not end or tag in rest or tag in before:
        message = "an element of the page is not closed, or is there twice"
        raise DocumentError([Problem("page-altered", message, file=str(path))])
    return content


def _with_signatures(page: str, signatures: Sequence[SignaturePart]) -> str:
    """Return a page with its signatures, which stand last in its body."""
    if not signatures:
        return page
    value = {"fairlead": 1, "kind": "signatures", "signatures": signatures_json(signatures)}
    # within this element nothing but its end tag and comments is markup
    inert = json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    start, body, end = page.rpartition(_END_OF_BODY)
    return f"{start}{_SIGNATURES_TAG}{inert}{_END_TAG}\n{body}{end}"
