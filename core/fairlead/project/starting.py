"""Starting a client's project: the folder, what is in it, and its first lock file."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fairlead.documents.json_text import Document, read_document
from fairlead.documents.shapes import check_shape
from fairlead.plugins.hookspecs import ConnectorInfo
from fairlead.plugins.manager import connector, load_plugins
from fairlead.plugins.settings import validate_settings
from fairlead.problems import DocumentError, Problem, UsageError
from fairlead.project.project import LOCK_FILE
from fairlead.project.settings import SETTINGS_FILE, ProjectSettings
from fairlead.ruleset.catalogue import RULESETS, Catalogue, shipped_root
from fairlead.ruleset.load import load_ruleset
from fairlead.ruleset.lock import lock_text
from fairlead.ruleset.upgrade import current_pins

__all__ = ["CRM_RULESETS", "EXAMPLE_END", "FIRST_RULESET", "NewProject", "plan_project", "write_project"]

#: what a project runs where no ruleset is chosen
FIRST_RULESET = "medical-travel/lead-scoring"
#: what a project with a CRM runs where no ruleset is chosen: leads, partners and their rewards
CRM_RULESETS = (FIRST_RULESET, "medical-travel/partner-programme", "medical-travel/partner-review")
#: how the names of overlays end that are not in use yet
EXAMPLE_END = ".json.example"

_MOST_NAMED = 12
#: keys of a scenarios document that a client's own copy states anew
_OF_THE_SHIPPED = ("name", "version", "ruleset", "scenarios", "title", "about")


@dataclass(frozen=True)
class NewProject:
    """A project to be: `texts` are its files by their path below the folder, the settings file last.

    `examples` are the overlays that wait to be filled in, by the ruleset that they extend.
    """

    folder: Path
    rulesets: tuple[str, ...]
    texts: Mapping[str, str]
    examples: Mapping[str, str]


def plan_project(
    folder: Path,
    rulesets: Sequence[str] = (),
    *,
    zone: str = "UTC",
    language: str = "en",
    crm: str | None = None,
    crm_settings: Mapping[str, object] | None = None,
) -> NewProject:
    """Return what a new project in a folder holds: it runs shipped rulesets as they are.

    `crm` is the connector to sync with, `crm_settings` are its settings. Raises UsageError where the folder
    is not empty, for an unknown zone, language, ruleset or connector and settings that do not fit it, and
    DocumentError where a shipped ruleset is broken.
    """
    _check_empty(folder)
    chosen = tuple(rulesets) or (CRM_RULESETS if crm is not None else (FIRST_RULESET,))
    connector_text = "" if crm is None else _connector_text(crm, dict(crm_settings or {}))
    name = _name(folder)
    _check_settings(
        {
            "name": name,
            "zone": zone,
            "language": language,
            "rulesets": list(chosen),
        }
    )
    catalogue = Catalogue()
    for ruleset in chosen:
        catalogue.find(ruleset, kinds=RULESETS)
        load_ruleset(ruleset)
    client = _client(name, catalogue)
    texts: dict[str, str] = {}
    examples: dict[str, str] = {}
    for ruleset in chosen:
        last = _short(ruleset, chosen)
        examples[ruleset] = f"rulesets/{client}/{last}{EXAMPLE_END}"
        texts[examples[ruleset]] = _json(_overlay(f"{client}/{last}", ruleset, name, catalogue))
        scenarios = _scenarios(f"{client}/tests/{last}", ruleset)
        if scenarios is not None:
            texts[f"tests/{last}.json"] = _json(scenarios)
    texts["mappings/README.md"] = _MAPPINGS
    texts[LOCK_FILE] = lock_text(current_pins(catalogue, chosen))
    texts[SETTINGS_FILE] = _settings_text(name, zone, language, chosen, client) + connector_text
    return NewProject(folder, chosen, texts, examples)


def write_project(project: NewProject) -> None:
    """Write the files of a new project; where one cannot be written, none stays. Raises OSError."""
    made: list[Path] = []
    try:
        for relative, text in project.texts.items():
            path = project.folder / relative
            _make_folders(path.parent, made)
            made.append(path)
            path.write_bytes(text.encode("utf-8"))
    except OSError:
        for path in reversed(made):
            if path.is_dir():
                path.rmdir()
            else:
                path.unlink(missing_ok=True)
        raise


def _make_folders(folder: Path, made: list[Path]) -> None:
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir()
        made.append(each)


# what is checked


def _check_empty(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        message = f"`{folder}` is a file, not a folder"
        raise UsageError([Problem("folder-not-empty", message, found=str(folder), remedy=_REMEDY)])
    there = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    if there:
        shown = ", ".join(f"`{name}`" for name in there[:_MOST_NAMED])
        more = f" and {len(there) - _MOST_NAMED:,} more" if len(there) > _MOST_NAMED else ""
        message = f"the folder `{folder}` is not empty: it holds {shown}{more}"
        raise UsageError([Problem("folder-not-empty", message, found=there[0], remedy=_REMEDY)])


def _check_settings(settings: dict[str, Any]) -> None:
    try:
        check_shape(ProjectSettings, Document(settings))
    except DocumentError as error:
        # the values were typed, so that there is no file to point into
        raise UsageError([replace(problem, pointer="") for problem in error.problems]) from None


def _name(folder: Path) -> str:
    """Return what people call the client: the folder's name, where that can be written."""
    name = folder.resolve().name[:200].strip()
    return name if name and name.isprintable() else "client"


def _client(name: str, catalogue: Catalogue) -> str:
    """Return the folder of the client's own documents: not one of the shipped ones, which it would hide."""
    client = re.sub("[^a-z0-9]+", "-", name.lower()).strip("-")[:40].strip("-") or "client"
    shipped = {each.partition("/")[0] for each in catalogue.names()}
    return f"{client}-own" if client in shipped else client


def _short(ruleset: str, chosen: Sequence[str]) -> str:
    """Return the last part of a ruleset's name, or all of it where another one ends alike."""
    last = ruleset.rpartition("/")[2]
    alike = sum(each.rpartition("/")[2] == last for each in chosen) > 1
    return ruleset.replace("/", "-")[:63] if alike else last


# what is written


def _overlay(name: str, ruleset: str, client: str, catalogue: Catalogue) -> dict[str, Any]:
    """Return an overlay whose one change states what is there already: to be edited, and refused before."""
    version = catalogue.find(ruleset).version
    document = load_ruleset(ruleset).document
    return {
        "fairlead": 1,
        "kind": "ruleset-overlay",
        "name": name,
        "version": "1.0.0",
        "title": f"{name.rpartition('/')[2].replace('-', ' ').capitalize()} of {client}",
        "about": "What this client wants otherwise, and why.",
        "extends": {"name": ruleset, "version": version},
        "changes": [_first_change(document)],
    }


def _first_change(ruleset: Mapping[str, Any]) -> dict[str, Any]:
    """Return a replacement of the first parameter, else of the first row, else of the first decision."""
    for name, value in (ruleset.get("parameters") or {}).items():
        return {"action": "replace", "what": "parameter", "id": name, "value": value}
    for decision in ruleset["decisions"]:
        for row in decision.get("rows") or ():
            return {
                "action": "replace",
                "what": "row",
                "decision": decision["name"],
                "id": row["id"],
                "value": row,
            }
    decision = ruleset["decisions"][0]
    return {"action": "replace", "what": "decision", "id": decision["name"], "value": decision}


def _scenarios(name: str, ruleset: str) -> dict[str, Any] | None:
    """Return the first of the shipped scenarios as a client's own; None where there are none."""
    folder, _, last = ruleset.rpartition("/")
    path = shipped_root() / folder / "tests" / f"{last}.json"
    if not path.is_file():
        return None
    shipped = read_document(path).value
    others = {key: value for key, value in shipped.items() if key not in _OF_THE_SHIPPED}
    return {
        **others,
        "name": name,
        "version": "1.0.0",
        "ruleset": ruleset,
        "scenarios": shipped["scenarios"][:1],
    }


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _settings_text(name: str, zone: str, language: str, rulesets: Sequence[str], client: str) -> str:
    last = _short(rulesets[0], rulesets)
    listed = "".join(f"  {_toml(ruleset)},\n" for ruleset in rulesets)
    return f"""\
# One client's folder. Every command that is given this folder goes through it.
name = {_toml(name)}

# the time zone in which days begin and end
zone = {_toml(zone)}

# the language of texts where none is asked for
language = {_toml(language)}

# what is run, the main one first. These are the shipped rulesets as they are. To change one for this client:
#   1. rename rulesets/{client}/{last}{EXAMPLE_END} to {last}.json and edit its changes
#   2. put "{client}/{last}" here in the place of {_toml(rulesets[0])}
#   3. run `fairlead upgrade`, which pins what it builds on in {LOCK_FILE}, and `fairlead test`
# Later, `fairlead upgrade --dry-run` shows what newer versions change.
rulesets = [
{listed}]
"""


def _connector_text(crm: str, settings: Mapping[str, object]) -> str:
    info = connector(load_plugins(), crm)
    problems = validate_settings(info, settings, option="--setting")
    if problems:
        # the values were typed, so that there is no file to point into
        raise UsageError([replace(problem, pointer="") for problem in problems])
    secrets = "".join(f"#   {secret.name}: {secret.purpose}\n" for secret in info.secrets)
    lines = "".join(f"{name} = {_toml(value)}\n" for name, value in settings.items())
    return f"""
# the CRM. Its secrets come from the environment, never from this file:
{secrets}[connector]
name = {_toml(crm)}

[connector.settings]
{lines}{_other_settings(info, settings)}
[sync]
# the part of the CRM's daily quota that may be used; the rest is left to other integrations
daily_share = 0.5
# for a first try, results can be written back for some leads only:
# pilot = {{ fact = "lead.country", values = ["DE"] }}
# and the first sync can begin at a day:
# since = 2026-01-01
"""


def _other_settings(info: ConnectorInfo, settings: Mapping[str, object]) -> str:
    """Return the settings that are not stated, each as a comment that says what it is."""
    known: Any = info.settings_schema.get("properties", {})
    lines = ""
    for name, schema in known.items():
        if name in settings:
            continue
        default = schema.get("default")
        shown = _toml(default) if default is not None else "..."
        lines += f"# {name} = {shown}  # {schema.get('description', '')}".rstrip(" #") + "\n"
    return lines


def _toml(value: object) -> str:
    # JSON's texts, numbers, booleans and lists are TOML's
    return json.dumps(value, ensure_ascii=False)


_REMEDY = "name a folder that is empty or not there yet"
_MAPPINGS = """\
# Mappings

A mapping, `NAME.json`, says which column of an export is which fact. The default exports of common CRMs are
read without one. Where this client's columns have other names, put a mapping here: it is used for exports
that it recognises, or with `--mapping NAME`.
"""
