"""A ruleset to one Python function, generated as a syntax tree.

No text of a ruleset becomes source: its strings enter the tree as constants, and every identifier is made
here. The generated module sees the names of `runtime.NAMES` and nothing else.

    make(as_of, as_of_date, rates, p1, …) -> run
    run(record) -> (decisions, reasons, unknown)
    run(record) -> (decisions, reasons, unknown, recorded)      when tracing

`record` maps an entity or link to its facts, and those to internal values. `unknown` has the bits of
`Generated.marks`. `recorded` maps slots (see `nodes`) to the values the terms had.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from fairlead.engine import tree
from fairlead.engine.bounds import score_bounds
from fairlead.engine.decisions import DecisionEmitter, payee_fact
from fairlead.engine.emitter import RECORDED, Emitter
from fairlead.engine.fragments import Fragment
from fairlead.engine.marks import Marks
from fairlead.engine.nodes import DecisionNodes, Node
from fairlead.engine.runtime import NAMES
from fairlead.logic.terms import Variable
from fairlead.ruleset.typed import Check, Parameter, Reward, Ruleset, Scorecard, Table

__all__ = ["Generated", "generate", "generate_filter"]

#: the names of the time, in rules and in generated code
_TIMES = {"as_of": "as_of", "as_of_date": "as_of_date"}


@dataclass(frozen=True, slots=True)
class Generated:
    """A generated function with the meaning of what it returns.

    `parameters` are the names of the parameters that `make` takes, in order.
    """

    make: Callable[..., Callable[[Any], Any]]
    marks: Marks
    parameters: tuple[str, ...]


@dataclass(slots=True)
class _Names:
    """The generated names of one function."""

    emitter: Emitter
    entities: dict[str, str] = field(default_factory=dict)
    facts: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    decisions: dict[str, str] = field(default_factory=dict)

    def entity(self, key: str) -> str:
        """Return the name that holds the facts under a record's key."""
        if key not in self.entities:
            self.entities[key] = self.emitter.fresh("e")
            self.facts[key] = []
        return self.entities[key]

    def fact(self, full_name: str) -> None:
        """Bind a fact to a name."""
        if full_name in self.emitter.names:
            return
        key, _, short = full_name.partition(".")
        self.entity(key)
        target = self.emitter.fresh("f")
        self.facts[key].append((target, short))
        self.emitter.names[full_name] = target
        self.emitter.empty.add(target)


def generate(ruleset: Ruleset, nodes: Sequence[DecisionNodes], *, tracing: bool = False) -> Generated:
    """Generate the function of the given decisions, which stand in evaluation order."""
    emitter = Emitter(tracing=tracing)
    marks = Marks()
    names = _Names(emitter)
    for entity in dict.fromkeys(item.decision.entity for item in nodes):
        names.entity(entity)
    parameters = _bind_variables(names, ruleset.parameters, nodes)
    body = _function_body(ruleset, names, marks, nodes)
    make = _compiled(emitter, [emitter.names[name] for name in parameters], body)
    return Generated(make, marks, parameters)


def generate_filter(node: Node) -> Callable[..., Callable[[Any], bool | None]]:
    """Generate the filter of an aggregate: make(as_of, as_of_date, rates) -> test(facts of one record)."""
    emitter = Emitter(tracing=False)
    names = _Names(emitter)
    for part in node.walk():
        if isinstance(part.term, Variable) and part.term.origin == "fact":
            names.fact(part.term.name)
    emitter.names.update(_TIMES)
    facts = tree.name("record")
    for loads in names.facts.values():
        emitter.emit(
            *(tree.assign(target, tree.method(facts, "get", tree.constant(short))) for target, short in loads)
        )
    emitter.emit(tree.returns(emitter.value_or_none(emitter.test(node))))
    return _compiled(emitter, [], emitter.block)


def _compiled(
    emitter: Emitter, parameters: Sequence[str], body: Sequence[ast.stmt]
) -> Callable[..., Callable[[Any], Any]]:
    """Compile the function that is made for a time, rates and parameter values."""
    make = tree.function(
        "make",
        [*_TIMES, "rates", *parameters],
        [tree.function("run", ["record"], body), tree.returns(tree.name("run"))],
    )
    namespace: dict[str, Any] = {**NAMES, **emitter.pool}
    code = compile(tree.module([make]), "<ruleset>", "exec")
    exec(code, namespace)  # noqa: S102 - the tree is the generator's own; a ruleset adds constants to it
    made: Callable[..., Callable[[Any], Any]] = namespace["make"]
    return made


def _bind_variables(names: _Names, declared: Any, nodes: Sequence[DecisionNodes]) -> tuple[str, ...]:
    emitter = names.emitter
    emitter.names.update(_TIMES)
    parameters: list[str] = []
    for item in nodes:
        for variable in item.variables():
            if variable.origin == "fact":
                names.fact(variable.name)
            elif variable.origin == "parameter" and variable.name not in emitter.names:
                target = emitter.fresh("p")
                emitter.names[variable.name] = target
                parameters.append(variable.name)
                if not _always(declared[variable.name.partition(".")[2]]):
                    emitter.empty.add(target)
        if isinstance(item.decision, Reward):
            names.fact(payee_fact(item.decision))
    return tuple(parameters)


def _always(parameter: Parameter) -> bool:
    """Tell whether a parameter has a value on every day."""
    return bool(parameter.values) and parameter.values[0][0] is None


def _loads(names: _Names, key: str) -> list[ast.stmt]:
    """Return the statements that fetch the facts of one entity."""
    entity = tree.name(names.entities[key])
    return [
        tree.assign(target, tree.method(entity, "get", tree.constant(short)))
        for target, short in names.facts[key]
    ]


def _fetch(key: str, target: str) -> ast.stmt:
    return tree.assign(target, tree.method(tree.name("record"), "get", tree.constant(key)))


def _returned(decisions: ast.expr, *, tracing: bool) -> ast.stmt:
    results = [decisions, tree.name("reasons"), tree.name("mask")]
    return tree.returns(tree.display([*results, tree.name(RECORDED)] if tracing else results))


def _function_body(
    ruleset: Ruleset, names: _Names, marks: Marks, nodes: Sequence[DecisionNodes]
) -> list[ast.stmt]:
    emitter = names.emitter
    emit = DecisionEmitter(emitter, marks)
    lists = _reason_lists(ruleset, emitter, nodes)
    owners = list(dict.fromkeys(item.decision.entity for item in nodes))
    lone = owners[0] if len(owners) == 1 else None
    abroad = _read_abroad(nodes)
    start: list[ast.stmt] = [
        tree.assign("mask", tree.constant(0)),
        tree.assign("reasons", tree.display((), mutable=True)),
    ]
    if emitter.tracing:
        start.append(tree.assign(RECORDED, tree.mapping(())))
    blocks: list[ast.stmt] = []
    for entity, group in groupby(nodes, key=lambda item: item.decision.entity):
        with emitter.into() as block:
            for item in group:
                name = item.decision.name
                target = names.decisions[name] = emitter.fresh("d")
                emit.decision(item, target, lists[name])
                emitter.names[name] = target
                if name in emit.maybe or name in abroad:
                    emitter.empty.add(target)
        if lone is None:
            present = tree.is_not_none(names.entities[entity])
            blocks.append(tree.when(present, block))
        else:
            blocks += block
    defaults = [] if lone else [tree.assign(names.decisions[name], tree.NONE) for name in sorted(abroad)]
    own_lists = [reasons for reasons in lists.values() if reasons != "reasons"]
    return [
        *start,
        *(tree.assign(reasons, tree.display((), mutable=True)) for reasons in own_lists),
        *defaults,
        *_fetches(names, lone),
        *blocks,
        *(
            tree.expression(tree.method(tree.name("reasons"), "extend", tree.name(reasons)))
            for reasons in own_lists
        ),
        *_conclusion(ruleset, names, emit, nodes, lone),
    ]


def _read_abroad(nodes: Iterable[DecisionNodes]) -> set[str]:
    """Return the decisions that a decision of another entity reads."""
    return {
        variable.name
        for item in nodes
        for variable in item.variables()
        if variable.origin == "decision" and variable.name.partition(".")[0] != item.decision.entity
    }


def _gives_reasons(item: DecisionNodes) -> bool:
    match item.decision:
        case Scorecard() | Check():
            return True
        case Table(rows=rows, otherwise_reason=otherwise):
            return otherwise is not None or any(row.reason for row in rows)
        case Reward(reason=reason):
            return reason is not None
    return False


def _reason_lists(ruleset: Ruleset, emitter: Emitter, nodes: Sequence[DecisionNodes]) -> dict[str, str]:
    """Return the name of the list that each decision adds its reasons to, in document order.

    It is one list for all where the order of evaluation is that of the document, and no decision takes
    back what it gave.
    """
    giving = {item.decision.name: item.decision for item in nodes if _gives_reasons(item)}
    ordered = [name for name in ruleset.document_order if name in giving]
    taken_back = any(
        isinstance(decision, Scorecard) and (decision.strict or score_bounds(decision).overflows)
        for decision in giving.values()
    )
    shared = ordered == list(giving) and not taken_back
    lists = {name: "reasons" if shared else emitter.fresh("r") for name in ordered}
    return lists | {item.decision.name: "reasons" for item in nodes if item.decision.name not in lists}


def _fetches(names: _Names, lone: str | None) -> list[ast.stmt]:
    statements: list[ast.stmt] = []
    for key, target in names.entities.items():
        statements.append(_fetch(key, target))
        loads = _loads(names, key)
        if key == lone:
            nothing = _returned(tree.mapping(()), tracing=names.emitter.tracing)
            statements += [tree.when(tree.is_none(target), [nothing]), *loads]
        elif loads:
            empty = [tree.assign(fact, tree.NONE) for fact, _ in names.facts[key]]
            statements.append(tree.when(tree.is_not_none(target), loads, empty))
    return statements


def _conclusion(
    ruleset: Ruleset,
    names: _Names,
    emit: DecisionEmitter,
    nodes: Sequence[DecisionNodes],
    lone: str | None,
) -> list[ast.stmt]:
    """Return the statements that put the public values together, in document order."""
    emitter = names.emitter
    compiled = {item.decision.name: item.decision for item in nodes}
    values: list[tuple[str, ast.expr, ast.expr]] = []
    for name in ruleset.document_order:
        if name not in compiled:
            continue
        if name in emit.rewards:
            value = tree.name(emit.rewards[name])
        else:
            target = names.decisions[name]
            fragment = Fragment(tree.name(target), (target,) if name in emit.maybe else ())
            value = emitter.public(compiled[name].type, fragment)
        values.append((compiled[name].entity, tree.constant(name), value))
    if lone is not None:
        decisions = tree.mapping((key, value) for _, key, value in values)
        return [_returned(decisions, tracing=emitter.tracing)]
    statements: list[ast.stmt] = [tree.assign("decisions", tree.mapping(()))]
    for entity, members in groupby(values, key=lambda item: item[0]):
        stores = [tree.store(tree.name("decisions"), key, value) for _, key, value in members]
        statements.append(tree.when(tree.is_not_none(names.entities[entity]), stores))
    return [*statements, _returned(tree.name("decisions"), tracing=emitter.tracing)]
