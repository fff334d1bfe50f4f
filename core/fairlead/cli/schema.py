"""`fairlead schema`: the JSON Schema of a kind of document, for editors."""

from __future__ import annotations

from typing import Annotated

import typer

from fairlead.cli.failures import with_messages
from fairlead.cli.options import AsJson, help_text
from fairlead.cli.screen import print_json
from fairlead.problems import Problem, UsageError, nearest_name

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "schema",
        help=help_text(
            "Print the JSON Schema of a kind of document, such as ruleset, fact-model or scenarios.",
            "fairlead schema ruleset > ruleset.schema.json",
        ),
    )(with_messages(_schema))


def _schema(
    kind: Annotated[
        str, typer.Argument(metavar="KIND", help="What `kind` says in the document.", show_default=False)
    ],
    as_json: AsJson = False,
) -> int:
    from fairlead.audit.report_document import KIND, report_schema
    from fairlead.ruleset.schema import json_schema, json_schemas

    try:
        schema = report_schema() if kind == KIND else json_schema(kind)
    except KeyError:
        kinds = (*json_schemas(), KIND)
        problem = Problem(
            "unknown-kind",
            f"there is no kind of document `{kind}`",
            found=kind,
            allowed=kinds,
            nearest=nearest_name(kind, kinds),
        )
        raise UsageError([problem]) from None
    print_json(schema)
    return 0
