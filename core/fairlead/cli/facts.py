"""`fairlead facts`: the catalogue of everything a rule can read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairlead.cli.failures import with_messages
from fairlead.cli.options import AsJson, Language, help_text
from fairlead.cli.screen import column_lines, print_json, say
from fairlead.problems import Problem, UsageError, nearest_name

if TYPE_CHECKING:
    from fairlead.facts.model import Entity, FactModel

__all__ = ["register"]

_DEFAULT_MODEL = "medical-travel/facts"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "facts",
        help=help_text(
            "List the facts that rules can read, with their types, what they reveal and what they mean.",
            "fairlead facts",
            "fairlead facts medical-travel/facts --entity partner",
        ),
    )(with_messages(_facts))


def _facts(
    model: Annotated[
        str | None,
        typer.Argument(
            metavar="[MODEL]",
            help="A fact model, by name or file. Default: the project's, else medical-travel/facts.",
            show_default=False,
        ),
    ] = None,
    entity: Annotated[
        str | None,
        typer.Option("--entity", metavar="NAME", help="Only the facts of one entity.", show_default=False),
    ] = None,
    language: Language = None,
    as_json: AsJson = False,
) -> int:
    facts = _model(model)
    entities = list(facts.entities.values())
    if entity is not None:
        if entity not in facts.entities:
            raise UsageError(
                [
                    Problem(
                        "unknown-entity",
                        f"`{entity}` is not an entity of `{facts.name}`",
                        found=entity,
                        allowed=tuple(facts.entities),
                        nearest=nearest_name(entity, facts.entities),
                    )
                ]
            )
        entities = [facts.entities[entity]]
    tag = language or "en"
    if as_json:
        listed = [row for each in entities for row in _rows(each, tag)]
        print_json({"model": facts.name, "version": facts.version, "digest": facts.digest, "facts": listed})
        return 0
    for each in entities:
        _print_entity(each, tag)
    return 0


def _model(name: str | None) -> FactModel:
    from fairlead.cli.targets import Target, project_in
    from fairlead.ruleset.models import load_model

    project = project_in(Path())
    if name is None and project is not None:
        return project.ruleset().model
    if name is not None and Path(name).is_dir():
        return Target.of(name).ruleset().model
    return load_model(name or _DEFAULT_MODEL, project.roots if project is not None else ())


def _rows(entity: Entity, language: str) -> list[dict[str, Any]]:
    from fairlead.documents.texts import pick

    return [
        {
            "name": fact.name,
            "type": str(fact.type),
            "kind": kind,
            "labels": list(fact.labels),
            "reviewed_by": fact.reviewed_by,
            "title": pick(fact.title, language),
            "description": pick(fact.description, language),
        }
        for kind, facts in (("fact", entity.facts), ("aggregate", entity.aggregates))
        for fact in facts.values()
    ]


def _print_entity(entity: Entity, language: str) -> None:
    from fairlead.documents.texts import pick

    say((entity.name, "bold"), f": {pick(entity.description, language)}")
    rows = [
        (row["name"], _plain_type(row), ", ".join(row["labels"]) or "-", row["description"])
        for row in _rows(entity, language)
    ]
    heads = ("fact", "type", "labels", "description")
    for line in column_lines([heads, *rows], indent="  "):
        say(line)
    for link in entity.links.values():
        say(f"  link {link.name} to {link.entity}: {pick(link.description, language)}")
    for related in entity.related.values():
        say(f"  list {related.name} of {related.entity}: {pick(related.description, language)}")
    say("")


def _plain_type(row: dict[str, Any]) -> str:
    shown = str(row["type"]).replace("`", "")
    return shown if row["kind"] == "fact" else f"{shown}, computed"
