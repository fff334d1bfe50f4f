"""Z3's own ways of writing, said in SMT-LIB 2, so that any solver can read a question."""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["standard_text"]

#: how many of some conditions hold at most, or at least, which SMT-LIB 2 has no word for
_COUNTING = re.compile(r"\(\(_ at-(most|least) ([0-9]+)\)")
#: a quoted name, a parenthesis, or anything else without space
_TOKEN = re.compile(r"\|[^|]*\||[()]|[^\s()|]+")
_SIGNS = {"most": "<=", "least": ">="}


def standard_text(text: str) -> str:
    """Return SMT-LIB 2 text in which counted conditions are sums; the same conditions, for any solver."""
    pieces: list[str] = []
    done = 0
    for found in _COUNTING.finditer(text):
        if found.start() < done:
            # within the operands of one that is written already
            continue
        operands = list(_operands(text, found.end()))
        end = text.index(")", operands[-1][1] if operands else found.end()) + 1
        ones = " ".join(f"(ite {standard_text(text[first:last])} 1 0)" for first, last in operands)
        pieces += [text[done : found.start()], f"({_SIGNS[found[1]]} (+ 0 {ones}) {found[2]})"]
        done = end
    return "".join([*pieces, text[done:]])


def _operands(text: str, start: int) -> Iterator[tuple[int, int]]:
    """Yield where each operand begins and ends, up to the parenthesis that closes the whole."""
    depth, first = 0, start
    for token in _TOKEN.finditer(text, start):
        if token[0] == ")" and depth == 0:
            return
        if depth == 0:
            first = token.start()
        depth += {"(": 1, ")": -1}.get(token[0], 0)
        if depth == 0:
            yield first, token.end()
