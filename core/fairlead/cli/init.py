"""`fairlead init`: a client's folder, ready to run."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairlead.cli.failures import with_messages
from fairlead.cli.options import AsJson, help_text
from fairlead.cli.screen import column_lines, print_json, say
from fairlead.problems import DocumentError, Problem, UsageError

if TYPE_CHECKING:
    from fairlead.project.starting import NewProject
    from fairlead.sync.proposal import Proposal

__all__ = ["register"]

_PURPOSE = (
    "Make a client's folder: settings, lock file, first scenarios, and for each ruleset an overlay to fill "
    "in. It runs the shipped rulesets as they are until an overlay is put in their place."
)

#: what each kind of file is for, by the beginning or the whole of its path
_FOR = {
    "fairlead.toml": "name, zone, language and rulesets",
    "fairlead.lock": "version and digest of every document it builds on",
    "rulesets/": "an overlay to fill in, not in use yet",
    "tests/": "a first scenario, to go on from",
    "mappings/": "for exports with columns of the client's own",
}


#: from a folder to results in the CRM
_CRM_STEPS = ("doctor", "provision --dry-run", "provision", "sync --dry-run", "sync")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "init",
        help=help_text(
            _PURPOSE,
            "fairlead init clients/clinic-a",
            "fairlead init clients/clinic-a --zone Europe/Istanbul --language tr \\",
            "    --ruleset medical-travel/lead-scoring --ruleset medical-travel/partner-programme",
            "fairlead init clients/clinic-a --crm hubspot",
            "fairlead init clients/clinic-a --dry-run",
        ),
    )(with_messages(_init))


def _init(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER", help="The folder to make: empty, or not there yet.", show_default=False
        ),
    ],
    zone: Annotated[
        str, typer.Option("--zone", metavar="ZONE", help="The time zone of days, such as Europe/Istanbul.")
    ] = "UTC",
    language: Annotated[
        str, typer.Option("--language", metavar="TAG", help="The language of texts, such as `de`.")
    ] = "en",
    ruleset: Annotated[
        list[str] | None,
        typer.Option(
            "--ruleset",
            metavar="NAME",
            help="A shipped ruleset to run; once for each. Default: medical-travel/lead-scoring; with --crm "
            "also partner-programme and partner-review.",
            show_default=False,
        ),
    ] = None,
    crm: Annotated[
        str | None,
        typer.Option(
            "--crm", metavar="NAME", help="The CRM to sync with, such as hubspot.", show_default=False
        ),
    ] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option(
            "--setting",
            metavar="KEY=VALUE",
            help="A setting of the CRM's connector, such as data_centre=eu; once for each.",
            show_default=False,
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be made and end.")] = False,
    as_json: AsJson = False,
) -> int:
    from fairlead.project.starting import plan_project, write_project

    project = plan_project(
        folder,
        ruleset or (),
        zone=zone,
        language=language,
        crm=crm,
        crm_settings=_settings(setting or (), crm),
    )
    if not dry_run:
        write_project(project)
    mapping = None if crm is None or dry_run else _propose_mapping(folder)
    if as_json:
        print_json(
            {
                "folder": str(folder),
                "made": not dry_run,
                "rulesets": list(project.rulesets),
                "files": sorted([*project.texts, *_mapping_files(crm, mapping)]),
                "examples": dict(project.examples),
                **_mapping_as_json(mapping),
            }
        )
        return 0
    say((str(folder), "bold"), " would be made" if dry_run else " is made")
    for line in column_lines([[path, _purpose(path)] for path in sorted(project.texts)], indent="  "):
        say(line)
    if dry_run:
        say("nothing was written: this was a dry run")
    else:
        _print_mapping(project, crm, mapping)
        _print_next(project, crm, mapping)
    return 0


def _purpose(path: str) -> str:
    return next(text for start, text in _FOR.items() if path.startswith(start))


def _propose_mapping(folder: Path) -> Proposal | Problem:
    """Write a mapping proposed from the account; return why not, where it cannot be asked yet."""
    from fairlead import project
    from fairlead.cli.mapping import proposed, write_mapping
    from fairlead.sync.session import connector_of, open_session

    opened = project.open(folder)
    try:
        # nothing is called yet: this tells of a setting that is missing, whether secrets are set or not
        open_session(opened, shipped=True).connector.close()
    except (DocumentError, UsageError) as error:
        return error.problems[0]
    secrets = connector_of(opened).secrets
    if secrets and not any(os.environ.get(secret.name) for secret in secrets):
        message = "the account was not asked for its fields: none of the connector's secrets is set"
        return Problem("missing-secret", message)
    try:
        proposal = proposed(opened)
    except (DocumentError, UsageError) as error:
        return error.problems[0]
    write_mapping(opened, proposal)
    return proposal


def _mapping_files(crm: str | None, mapping: Proposal | Problem | None) -> list[str]:
    return [] if mapping is None or isinstance(mapping, Problem) else [f"mappings/{crm}.json"]


def _mapping_as_json(mapping: Proposal | Problem | None) -> dict[str, object]:
    from fairlead.cli.mapping import proposal_as_json

    match mapping:
        case None:
            return {}
        case Problem():
            return {"mapping": None, "mapping_problem": mapping.as_json()}
    return proposal_as_json(mapping)


def _print_mapping(project: NewProject, crm: str | None, mapping: Proposal | Problem | None) -> None:
    from fairlead.cli.mapping import print_proposal

    match mapping:
        case None:
            return
        case Problem(message=message, remedy=remedy):
            say((message, "yellow"), f": {remedy}" if remedy else "")
            later = f"`fairlead mapping {project.folder} --write` proposes one for the account later"
            say(f"the connector's default mapping applies; {later}")
        case _:
            say((f"mappings/{crm}.json", "bold"), " is proposed from the account")
            print_proposal(mapping)


def _print_next(project: NewProject, crm: str | None, mapping: Proposal | Problem | None) -> None:
    folder = project.folder
    ruleset = project.rulesets[0]
    say("it runs ", (", ".join(project.rulesets), "bold"), " as shipped; next:")
    say(f"  fairlead test {folder}")
    if crm is None:
        say(f"  fairlead evaluate {folder} --input leads.csv --output queue.csv")
    else:
        if isinstance(mapping, Problem):
            say(f"  set the CRM's secrets in the environment: {folder / 'fairlead.toml'} names them")
        for words in _CRM_STEPS:
            command, _, options = words.partition(" ")
            say(f"  fairlead {command} {folder} {options}".rstrip())
    say(f"  to change {ruleset} for this client, see the steps in {folder / 'fairlead.toml'}")


def _settings(stated: Sequence[str], crm: str | None) -> dict[str, object]:
    """Return settings stated as KEY=VALUE; they are read as JSON where they are no texts."""
    if not stated:
        return {}
    if crm is None:
        message = "`--setting` states a setting of a CRM's connector, and no CRM is named"
        raise UsageError([Problem("wrong-usage", message, found=stated[0], remedy="give `--crm NAME` too")])
    texts = _text_settings(crm)
    settings: dict[str, object] = {}
    for text in stated:
        key, equals, value = text.partition("=")
        if not equals or not key:
            message = f"`{text}` is not a setting"
            remedy = "write `--setting KEY=VALUE`"
            raise UsageError([Problem("wrong-usage", message, found=text, remedy=remedy)])
        settings[key.strip()] = _value(value, is_text=key.strip() in texts)
    return settings


def _value(text: str, *, is_text: bool) -> object:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return text if is_text and not isinstance(value, str) else value


def _text_settings(crm: str) -> set[str]:
    """Return the settings of a connector that are texts: a version such as `62.0` is no number."""
    from fairlead.plugins.manager import connector, load_plugins

    known: Any = connector(load_plugins(), crm).settings_schema.get("properties", {})
    return {name for name, schema in known.items() if schema.get("type") == "string"}
