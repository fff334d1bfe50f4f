"""Terms that can be unknown for one cause only, so that no trace is needed to name it."""

from __future__ import annotations

from collections.abc import Container, Mapping

from fairlead.engine.marks import CONFLICT, ROW, Mark
from fairlead.engine.nodes import DecisionNodes, Node
from fairlead.engine.results import Cause
from fairlead.facts.types import MoneyType
from fairlead.logic.terms import Apply, Missing, Variable
from fairlead.ruleset.typed import Check, Formula

__all__ = ["single_cause"]

#: operators that have causes of their own, or leave out operands
_NOT_PLAIN = frozenset({"/", "%", "substr", "convert", "if", "default"})


def single_cause(
    mark: Mark, nodes: Mapping[str, DecisionNodes], certain: Container[str]
) -> Cause | None:
    """Return the only cause that a mark can have, or None where there may be others.

    `certain` are the names, of decisions and parameters, that always have a value.
    """
    own = nodes[mark.decision]
    if mark.kind == CONFLICT:
        return None
    if mark.kind == ROW and mark.row in own.parts:
        return _only_cause([own.parts[mark.row]], certain)
    if mark.kind == ROW:
        row = next(row for row in own.rows if row.id == mark.row)
        return _only_cause([row.when], certain) if row.then is None or not row.then.children else None
    if isinstance(own.decision, Formula | Check):
        return _only_cause(list(own.parts.values()), certain)
    return None


def _only_cause(roots: list[Node], certain: Container[str]) -> Cause | None:
    causes: set[Cause] = set()
    waiting = list(roots)
    while waiting:
        node = waiting.pop()
        match node.term:
            case Missing() | Apply(operator="absent"):
                continue
            case Variable(origin="time"):
                continue
            case Variable(name=name) if name in certain:
                continue
            case Variable(origin="decision"):
                return None
            case Variable(name=name):
                causes.add(Cause("absent", name))
            case Apply() as term if not _is_plain(term):
                return None
        waiting.extend(node.children)
    return causes.pop() if len(causes) == 1 else None


def _is_plain(term: Apply) -> bool:
    return not (
        term.checked
        or term.operator in _NOT_PLAIN
        or any(_any_currency(argument) for argument in term.arguments)
    )


def _any_currency(argument: object) -> bool:
    type_ = getattr(argument, "type", None)
    return isinstance(type_, MoneyType) and type_.currency is None
