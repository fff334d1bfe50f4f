"""The part of SOQL that integrations write: its words, and what a query asks for.

SELECT Id, Owner.Name FROM Lead WHERE SystemModstamp >= 2026-01-01T00:00:00Z AND (IsConverted = false OR
Status IN ('Open', 'New')) ORDER BY SystemModstamp, Id DESC NULLS LAST LIMIT 2000 OFFSET 10
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

__all__ = ["Comparison", "Condition", "Logical", "Order", "Query", "QuerySyntaxError", "parse"]


class QuerySyntaxError(Exception):
    """The text is not a query; the message says where."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A field path compared with a value: `operator` is =, !=, <, <=, >, >=, like, in or not in."""

    path: tuple[str, ...]
    operator: str
    value: Any


@dataclass(frozen=True, slots=True)
class Logical:
    """Conditions under `and`, `or` or `not`."""

    operator: str
    parts: tuple[Condition, ...]


Condition = Comparison | Logical


@dataclass(frozen=True, slots=True)
class Order:
    """A field to sort by."""

    path: tuple[str, ...]
    descending: bool
    nulls_last: bool


@dataclass(frozen=True, slots=True)
class Query:
    """A query: `paths` is empty where it only counts."""

    object: str
    paths: tuple[tuple[str, ...], ...]
    counts: bool
    where: Condition | None
    order: tuple[Order, ...]
    limit: int | None
    offset: int


_TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>'(?:[^'\\]|\\.)*')
      | (?P<instant>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))
      | (?P<day>\d{4}-\d\d-\d\d)
      | (?P<number>[+-]?\d+(?:\.\d+)?)
      | (?P<word>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)
      | (?P<sign><=|>=|!=|<>|=|<|>|\(|\)|,)
    )""",
    re.VERBOSE,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", "'": "'", '"': '"', "_": "\\_", "%": "\\%"}
_MAX_NESTING = 30


def parse(text: str) -> Query:
    """Return what a query asks for; raises QuerySyntaxError."""
    return _Parser(text).query()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[tuple[str, str, int]] = []
        self._at = 0
        self._depth = 0
        place = 0
        stripped = text.rstrip()
        while place < len(stripped):
            match = _TOKEN.match(stripped, place)
            if match is None:
                raise QuerySyntaxError(f"unexpected token at position {place + 1}")
            kind = str(match.lastgroup)
            self._tokens.append((kind, match.group(kind), match.start(kind)))
            place = match.end()
        self._tokens.append(("end", "<EOF>", len(stripped)))

    def query(self) -> Query:
        self._expect("select")
        paths: list[tuple[str, ...]] = []
        counts = False
        if self._word() == "count" and self._tokens[self._at + 1][1] == "(":
            self._at += 1
            self._sign("(")
            self._sign(")")
            counts = True
        else:
            paths.append(self._path())
            while self._takes(","):
                paths.append(self._path())
        self._expect("from")
        object_ = self._path()[0]
        where = self._condition() if self._accept("where") else None
        order: list[Order] = []
        if self._accept("order"):
            self._expect("by")
            order.append(self._order())
            while self._takes(","):
                order.append(self._order())
        limit = self._whole() if self._accept("limit") else None
        offset = self._whole() if self._accept("offset") else 0
        if self._tokens[self._at][0] != "end":
            raise self._unexpected()
        return Query(object_, tuple(paths), counts, where, tuple(order), limit, offset)

    def _condition(self) -> Condition:
        """Return conditions joined by one operator: SOQL asks for parentheses where both are mixed."""
        self._depth += 1
        if self._depth > _MAX_NESTING:
            raise QuerySyntaxError("the condition is nested too deep")
        first = self._single()
        parts = [first]
        operator = self._word()
        if operator in ("and", "or"):
            while self._accept(operator):
                parts.append(self._single())
            if self._word() in ("and", "or"):
                raise self._unexpected()
        self._depth -= 1
        return Logical(operator, tuple(parts)) if len(parts) > 1 else first

    def _single(self) -> Condition:
        if self._takes("("):
            inner = self._condition()
            self._sign(")")
            return inner
        if self._accept("not"):
            return Logical("not", (self._single(),))
        path = self._path()
        kind, sign, _ = self._tokens[self._at]
        if kind == "sign" and sign in ("=", "!=", "<>", "<", "<=", ">", ">="):
            self._at += 1
            return Comparison(path, "!=" if sign == "<>" else sign, self._value())
        if self._accept("like"):
            return Comparison(path, "like", self._value())
        operator = "in"
        if self._accept("not"):
            operator = "not in"
        self._expect("in")
        self._sign("(")
        values = [self._value()]
        while self._takes(","):
            values.append(self._value())
        self._sign(")")
        return Comparison(path, operator, tuple(values))

    def _value(self) -> Any:
        kind, token, _ = self._tokens[self._at]
        self._at += 1
        match kind:
            case "text":
                return re.sub(r"\\(.)", _unescaped, token[1:-1])
            case "instant":
                return datetime.fromisoformat(token).astimezone(UTC)
            case "day":
                return datetime.fromisoformat(token).date()
            case "number":
                return float(token)
            case "word" if token.lower() in ("true", "false", "null"):
                return {"true": True, "false": False, "null": None}[token.lower()]
        self._at -= 1
        raise self._unexpected()

    def _order(self) -> Order:
        path = self._path()
        descending = self._accept("desc")
        if not descending:
            self._accept("asc")
        nulls_last = False
        if self._accept("nulls"):
            nulls_last = self._accept("last")
            if not nulls_last:
                self._expect("first")
        return Order(path, descending, nulls_last)

    def _path(self) -> tuple[str, ...]:
        kind, token, _ = self._tokens[self._at]
        if kind != "word":
            raise self._unexpected()
        self._at += 1
        return tuple(token.split("."))

    def _whole(self) -> int:
        kind, token, _ = self._tokens[self._at]
        if kind != "number" or not token.isdigit():
            raise self._unexpected()
        self._at += 1
        return int(token)

    def _word(self) -> str:
        kind, token, _ = self._tokens[self._at]
        return token.lower() if kind == "word" else ""

    def _accept(self, word: str) -> bool:
        if self._word() != word:
            return False
        self._at += 1
        return True

    def _expect(self, word: str) -> None:
        if not self._accept(word):
            raise self._unexpected()

    def _takes(self, sign: str) -> bool:
        kind, token, _ = self._tokens[self._at]
        if kind != "sign" or token != sign:
            return False
        self._at += 1
        return True

    def _sign(self, sign: str) -> None:
        if not self._takes(sign):
            raise self._unexpected()

    def _unexpected(self) -> QuerySyntaxError:
        _, token, place = self._tokens[self._at]
        return QuerySyntaxError(f"unexpected token: '{token}' at position {place + 1}")


def _unescaped(match: re.Match[str]) -> str:
    letter = match.group(1)
    if letter not in _ESCAPES:
        raise QuerySyntaxError(f"Illegal escape: \\{letter}")
    return _ESCAPES[letter]
