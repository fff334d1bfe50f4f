"""Reading JSON Lines: one object per line, each read strictly and on its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from fairlead.documents.found import found_text, json_kind
from fairlead.documents.json_text import MAX_DEPTH
from fairlead.documents.positions import too_deep_at
from fairlead.facts.check import Check
from fairlead.files.lines import LONGEST_LINE, blocks
from fairlead.files.rejects import Reject
from fairlead.files.rows import Row, nothing_to_decide, record_id
from fairlead.files.sources import Readable
from fairlead.problems import Problem, RecordError

__all__ = ["JsonRows", "parse_record"]

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class JsonRows:
    """The checked records of a stream of JSON Lines.

    Iterating yields them once; a line that is no record goes to `reject`. Blank lines are no records: they
    are passed over and not counted. `entities` are those whose `id` names a record, see
    `fairlead.files.rows`. `read` is how many records were read so far, rejected ones included.
    """

    def __init__(
        self,
        stream: Readable,
        check: Check,
        entities: tuple[str, ...],
        reject: Callable[[Reject], None],
    ) -> None:
        self.read = 0
        self._stream = stream
        self._check = check
        self._entities = entities
        self._reject = reject

    def __iter__(self) -> Iterator[Row]:
        for block in blocks(self._stream):
            content = block.content
            if block.too_long:
                self.read += 1
                message = f"the line is longer than {LONGEST_LINE:,} bytes"
                text = content.decode("utf-8", "surrogateescape")
                self._reject(Reject(block.first, [Problem("line-too-long", message)], text))
                continue
            if block.first == 1:
                content = content.removeprefix(_BYTE_ORDER_MARK)
            for number, line in enumerate(content.split(b"\n"), start=block.first):
                if not line or line.isspace():
                    continue
                self.read += 1
                try:
                    record = self._check(parse_record(line))
                    if record.keys().isdisjoint(self._entities):
                        raise RecordError([nothing_to_decide(self._entities)])
                except RecordError as error:
                    text = line.decode("utf-8", "surrogateescape")
                    self._reject(Reject(number, error.problems, text))
                else:
                    yield number, record_id(record, self._entities), record


def parse_record(line: bytes) -> dict[str, Any]:
    """Return the object in a line of JSON; numbers with a point are exact.

    Raises RecordError where the line is not UTF-8, not JSON, no object, or has a key twice.
    """
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        found = f"byte 0x{line[error.start]:02x} at position {error.start + 1}"
        raise _refused("not-utf8", "the line is not UTF-8", found, "save the file as UTF-8") from None
    if too_deep_at(text, MAX_DEPTH) is not None:
        raise _refused("too-deep", f"the line is nested deeper than {MAX_DEPTH} levels")
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        found = f"{found_text(text[error.pos : error.pos + 20])} at position {error.pos + 1}"
        raise _refused("invalid-json", "the line is not JSON", found) from None
    except ValueError:
        # the decoder reads no integer of thousands of digits
        raise _refused("not-exact", "the line has a number that is too long") from None
    if type(value) is not dict:
        kind = json_kind(value)
        remedy = 'write a record such as {"lead": {"channel": "phone"}}'
        raise _refused("bad-record", f"a line must be an object of entities; this is {kind}", None, remedy)
    return value


def _refused(code: str, message: str, found: str | None = None, remedy: str | None = None) -> RecordError:
    return RecordError([Problem(code, message, found=found, remedy=remedy)])


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        shown = found_text(twice)
        raise _refused("duplicate-key", f"the key `{shown}` stands twice in one object", shown)
    return members


def _no_number(token: str) -> Any:
    raise _refused("invalid-json", "the line is not JSON", token, "write no value instead")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_float=Decimal, parse_constant=_no_number)
