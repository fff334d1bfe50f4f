"""The part of COQL that the sandbox speaks: select, where, order by, limit and offset.

Grammar as the vendor's pages give it: criteria are joined two at a time, more of them need brackets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from fairlead_zoho.sandbox.errors import Refusal

__all__ = ["Comparison", "Condition", "Junction", "Literal_", "Query", "parse_query"]

#: a text stays a text; numbers, truth values and lists are what they are
Literal_ = str | int | float | bool | None | tuple["Literal_", ...]

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^'\\]|\\.)*')|(?P<number>-?\d+(?:\.\d+)?)(?![\w.])"
    r"|(?P<word>[A-Za-z_$][\w.$]*)|(?P<sign><=|>=|!=|<>|[=<>(),]))"
)
_MOST_ROWS = 2000
_LAST_ROW = 100_000
_MOST_CRITERIA = 25
_MOST_IN_LIST = 50


@dataclass(frozen=True, slots=True)
class Comparison:
    """A criterion: `operator` is a sign, `in`, `like`, `between` or `is null`, each with `not` before it."""

    column: str
    operator: str
    value: Literal_


@dataclass(frozen=True, slots=True)
class Junction:
    """Two conditions that are joined."""

    word: Literal["and", "or"]
    left: Condition
    right: Condition


Condition = Comparison | Junction


@dataclass(frozen=True, slots=True)
class Query:
    """A query as read; `order` has (column, descending)."""

    columns: tuple[str, ...]
    module: str
    condition: Condition
    order: tuple[tuple[str, bool], ...]
    limit: int
    offset: int

    @property
    def credits(self) -> int:
        """What the query costs: 1 to 3 by its limit (vendor's COQL overview)."""
        return 1 if self.limit <= 200 else 2 if self.limit <= 1000 else 3


def parse_query(text: str, *, most_columns: int) -> Query:
    """Return a query that was sent; raises Refusal with Zoho's code."""
    parser = _Parser(list(_tokens(text)))
    query = parser.query()
    if len(query.columns) > most_columns:
        raise Refusal(400, "LIMIT_EXCEEDED", {"limit": most_columns, "clause": "select"})
    if query.limit > _MOST_ROWS:
        raise Refusal(400, "LIMIT_EXCEEDED", {"limit": _MOST_ROWS, "clause": "limit"})
    if query.offset + query.limit > _LAST_ROW:
        raise Refusal(400, "LIMIT_EXCEEDED", {"limit": _LAST_ROW, "clause": "offset"})
    if parser.criteria > _MOST_CRITERIA:
        raise Refusal(400, "LIMIT_EXCEEDED", {"limit": _MOST_CRITERIA, "clause": "where"})
    return query


def _syntax(**details: object) -> Refusal:
    return Refusal(400, "SYNTAX_ERROR", details, "invalid query formed")


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    position = 0
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _syntax(line=1, column=position + 1, near=text[position : position + 10])
        position = match.end()
        kind = match.lastgroup or ""
        yield kind, match[kind]


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0
        self.criteria = 0

    def query(self) -> Query:
        self._expect("select")
        columns = [self._word()]
        while self._takes(","):
            columns.append(self._word())
        self._expect("from")
        module = self._word()
        if not self._takes("where"):
            raise Refusal(400, "SYNTAX_ERROR", {"clause": "where"}, "missing clause")
        condition = self._condition()
        order = []
        if self._takes("order"):
            self._expect("by")
            order.append(self._ordering())
            while self._takes(","):
                order.append(self._ordering())
        limit, offset = 200, 0
        if self._takes("limit"):
            limit = self._whole()
            if self._takes(","):
                offset, limit = limit, self._whole()
            elif self._takes("offset"):
                offset = self._whole()
        if self._at < len(self._tokens):
            raise _syntax(near=self._tokens[self._at][1])
        names = [name for name, _ in order]
        if len(set(names)) < len(names):
            raise Refusal(400, "DUPLICATE_DATA", {"clause": "order by"})
        return Query(tuple(dict.fromkeys(columns)), module, condition, tuple(order), limit, offset)

    def _condition(self) -> Condition:
        left = self._term()
        for word in ("and", "or"):
            if self._takes(word):
                # a third criterion at this level is left over, and refused
                return Junction("and" if word == "and" else "or", left, self._term())
        return left

    def _term(self) -> Condition:
        if self._takes("("):
            inner = self._condition()
            self._expect(")")
            return inner
        self.criteria += 1
        column = self._word()
        if self._takes("is"):
            negated = self._takes("not")
            self._expect("null")
            return Comparison(column, "is not null" if negated else "is null", None)
        before = "not " if self._takes("not") else ""
        if self._takes("in"):
            return Comparison(column, f"{before}in", self._list())
        if self._takes("like"):
            return Comparison(column, f"{before}like", self._value())
        if self._takes("between"):
            low = self._value()
            self._expect("and")
            return Comparison(column, f"{before}between", (low, self._value()))
        kind, sign = self._next()
        if kind != "sign" or sign in "(),":
            raise _syntax(near=sign)
        return Comparison(column, "!=" if sign == "<>" else sign, self._value())

    def _list(self) -> tuple[Literal_, ...]:
        self._expect("(")
        values = [self._value()]
        while self._takes(","):
            values.append(self._value())
        self._expect(")")
        if len(values) > _MOST_IN_LIST:
            raise Refusal(400, "LIMIT_EXCEEDED", {"limit": _MOST_IN_LIST, "operator": "in"})
        return tuple(values)

    def _value(self) -> Literal_:
        kind, text = self._next()
        match kind:
            case "text":
                return re.sub(r"\\(.)", r"\1", text[1:-1])
            case "number":
                return float(text) if "." in text else int(text)
            case "word" if text.lower() in ("true", "false"):
                return text.lower() == "true"
            case "word" if text.lower() == "null":
                return None
        raise _syntax(near=text)

    def _ordering(self) -> tuple[str, bool]:
        name = self._word()
        if self._takes("desc"):
            return name, True
        self._takes("asc")
        return name, False

    def _whole(self) -> int:
        kind, text = self._next()
        if kind != "number" or not text.isdigit():
            raise _syntax(clause="limit", near=text)
        return int(text)

    def _word(self) -> str:
        kind, text = self._next()
        if kind != "word":
            raise _syntax(near=text)
        return text

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise _syntax(near="end of query")
        self._at += 1
        return self._tokens[self._at - 1]

    def _takes(self, word: str) -> bool:
        kind, text = self._tokens[self._at] if self._at < len(self._tokens) else ("text", "")
        if kind == "text" or text.lower() != word:
            return False
        self._at += 1
        return True

    def _expect(self, word: str) -> None:
        if not self._takes(word):
            near = self._tokens[self._at][1] if self._at < len(self._tokens) else "end of query"
            raise _syntax(near=near, expected=word)
