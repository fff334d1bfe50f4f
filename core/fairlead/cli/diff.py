"""`fairlead diff`: prove that two rulesets decide alike, or show where they do not."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairlead.cli.failures import FINDINGS, with_messages
from fairlead.cli.inputs import Said, reading_json, related_json, with_input_options
from fairlead.cli.options import AsJson, AsOf, PastEngine, Witnesses, help_text
from fairlead.cli.progress import reading
from fairlead.cli.screen import Styled, print_json, say
from fairlead.problems import Problem, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from fairlead.audit.equality import ComparedDecision
    from fairlead.cli.targets import Target
    from fairlead.engine import Program
    from fairlead.project.changes import ChangeSection
    from fairlead.project.witnesses import RulesetEffects
    from fairlead.store import Store

__all__ = ["register"]

_PURPOSE = (
    "Compare two rulesets, or two folders of one project: first what changed in labels and mappings, then "
    "for each decision a proof that it is the same for every input, or a case in which it is not. With "
    "--data also how many past records come out otherwise. The exit code is 1 where anything differs."
)

#: characters of a change that are printed; `--json` has all
_LONGEST = 200

#: stands for the records of the store in the place of a file
_MIRROR = "mirror"

_STYLES = {"different": "bold yellow", "undecided": "yellow", "equal": "green"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "diff",
        help=help_text(
            _PURPOSE,
            "fairlead diff medical-travel/partner-programme clinic/rulesets/partner-programme.json",
            "fairlead diff clinic-before clinic --data introductions-2026.csv",
            "fairlead diff clinic-before clinic --data mirror",
        ),
    )(with_messages(with_input_options(_diff)))


def _diff(
    old: Annotated[
        str, typer.Argument(metavar="OLD", help="A ruleset by name or file, or a project's folder.")
    ],
    new: Annotated[str, typer.Argument(metavar="NEW", help="What to compare it with.")],
    data: Annotated[
        str | None,
        typer.Option(
            "--data",
            metavar="FILE",
            help="Past records, CSV, JSON Lines or Parquet: which of them come out otherwise. `mirror`: the "
            "records that the store of the new project holds.",
            show_default=False,
        ),
    ] = None,
    engine: PastEngine = "auto",
    witnesses: Witnesses = 3,
    as_of: AsOf = None,
    *,
    said: Said,
    as_json: AsJson = False,
) -> int:
    from fairlead.audit.equality import compare
    from fairlead.cli.targets import Target, moment_of
    from fairlead.project.past_records import PastRecords
    from fairlead.project.witnesses import compared_records, mirror_effects

    before, after = Target.of(old), Target.of(new)
    moment = moment_of(as_of, after.zone)
    pairs = _pairs(before, after)
    sections = _sections(before, after, pairs)
    found: list[tuple[str, Sequence[ComparedDecision], RulesetEffects | None]] = []
    with reading(data) as progress, _mirror_of(after, data, engine) as mirror:
        for name, one, other in pairs:
            effects = None
            if mirror is not None:
                effects = mirror_effects(name, one, other, moment, *mirror, witnesses=witnesses)
            elif data is not None:
                past = PastRecords(said.of(after, data), progress, engine)
                effects = compared_records(name, one, other, moment, past, witnesses=witnesses)
            found.append((name, compare(one, other, after.day_of(moment)), effects))
    differs = any(section.changes for section in sections if section.key in ("labels", "mapping")) or any(
        each.likeness != "equal" for _, compared, _ in found for each in compared
    )
    if as_json:
        print_json(
            {
                "as_of": moment.isoformat(),
                "changes": {each.key: [change.text for change in each.changes] for each in sections},
                "rulesets": [_as_json(*each) for each in found],
            }
        )
    else:
        _print(sections, found, data or "", after.language)
    return FINDINGS if differs else 0


@contextmanager
def _mirror_of(
    target: Target, data: str | None, engine: str
) -> Iterator[tuple[Store, Callable[[str], bool]] | None]:
    """Open the store of a project where its records are the data, and tell which entities it holds."""
    if data != _MIRROR:
        yield None
        return
    if target.project is None:
        message = "the mirror is a project's, and the new ruleset is in none"
        remedy = "name the project's folder, or a file of past records"
        raise UsageError([Problem("wrong-usage", message, found=data, remedy=remedy)])
    if engine not in ("row", "auto"):
        message = f"the records of the mirror are for the row engine, not for `{engine}`"
        remedy = "leave out `--engine`, or say `--engine row`"
        raise UsageError([Problem("not-columnar", message, found=data, remedy=remedy)])
    from fairlead.cli.ledger_place import reads
    from fairlead.sync.place import open_store

    with open_store(target.project) as store:
        with store.reading() as tx:
            held = tx.mirror.counts()
        if not held:
            message = "the project's store holds no records"
            remedy = "run `fairlead sync`, or name a file of past records"
            raise UsageError([Problem("wrong-usage", message, found=data, remedy=remedy)])
        yield store, reads(target.project, store)


def _programs(target: Target) -> dict[str, Program]:
    """Return the rulesets that a target names, by name, as they are written."""
    if target.project is None or target.name is not None:
        program = target.draft()
        return {program.name: program}
    return {name: target.project.draft(name) for name in target.project.ruleset_names}


def _pairs(before: Target, after: Target) -> list[tuple[str, Program, Program]]:
    old, new = _programs(before), _programs(after)
    if len(old) == len(new) == 1:
        ((_, one),), ((name, other),) = old.items(), new.items()
        return [(name, one, other)]
    both = [name for name in old if name in new]
    if not both:
        message = "the two have no ruleset in common"
        raise UsageError([Problem("wrong-usage", message, found=", ".join(new), allowed=tuple(old))])
    return [(name, old[name], new[name]) for name in both]


def _sections(
    before: Target, after: Target, pairs: Sequence[tuple[str, Program, Program]]
) -> list[ChangeSection]:
    """Return what changed in the documents: labels and mappings first, because every proof rests on them."""
    from fairlead.project.changes import in_sections, mapping_changes, ruleset_changes

    changes: list[tuple[str, Any]] = []
    for _, one, other in pairs:
        changes += ruleset_changes(one.ruleset.document, other.ruleset.document)
    old, new = _mappings(before), _mappings(after)
    changes += [("mapping", mapping_changes(old[name], new[name])) for name in old if name in new]
    return in_sections(changes)


def _mappings(target: Target) -> dict[str, Mapping[str, Any]]:
    from fairlead.documents.json_text import read_document

    if target.project is None:
        return {}
    paths = sorted((target.project.folder / "mappings").glob("*.json"))
    return {path.name: read_document(path).value for path in paths}


def _as_json(
    name: str, compared: Sequence[ComparedDecision], effects: RulesetEffects | None
) -> dict[str, Any]:
    members: dict[str, Any] = {
        "ruleset": name,
        "decisions": [
            {
                "decision": each.name,
                "likeness": str(each.likeness),
                "why": each.why,
                "witness": each.sentence,
                "cases": [
                    {"record": case.record, "as_of": case.as_of, "results": case.results}
                    for case in each.cases
                ],
            }
            for each in compared
        ],
    }
    if effects is not None:
        members.update(effects.as_json())
        members.update(reading_json(effects.reading) if effects.reading is not None else {})
        members["related"] = [related_json(each) for each in effects.related]
    return members


def _print(
    sections: Sequence[ChangeSection],
    found: Sequence[tuple[str, Sequence[ComparedDecision], RulesetEffects | None]],
    data: str,
    language: str,
) -> None:
    from fairlead.cli.effects import print_effects

    for section in sections:
        say((f"{section.title}:", "bold"))
        for change in section.changes:
            say(f"  {_shortened(change.text)}")
    for name, compared, effects in found:
        say((f"{name}:", "bold"))
        for each in compared:
            _print_decision(each)
        if effects is not None:
            print_effects(effects, data, language)


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _print_decision(compared: ComparedDecision) -> None:
    words = {
        "equal": "the same rules" if compared.written_alike else "proved equal for every input",
        "different": compared.sentence or compared.why,
        "undecided": f"undecided: {compared.why}",
        "added": "new",
        "removed": "removed",
    }[compared.likeness]
    style = _STYLES.get(compared.likeness, "")
    mark: Styled = (f"  {compared.name}: ", "")
    say(mark, (words, style))
