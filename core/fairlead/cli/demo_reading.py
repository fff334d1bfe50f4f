"""What the demo reads from its files, along the same way as `fairlead evaluate`, and decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from fairlead.engine import Program, Result
    from fairlead.files import InputFile, Reading, Reject
    from fairlead.files.duplicates import Person, Suspected
    from fairlead.files.related import RelatedSummary

__all__ = [
    "AS_OF",
    "PRIORITIES",
    "Contacts",
    "Decided",
    "FileRead",
    "Late",
    "PartnerTier",
    "Waiting",
    "decided",
    "late_entries",
    "read_contacts",
    "read_partners",
]

#: the day on which the demo's data end
AS_OF = date(2026, 11, 21)

#: the order of the queue; whoever asked to be left alone is not in it
PRIORITIES = ("clinician_now", "call_now", "call_next", "reply_and_nurture", "reply_in_turn")

#: days after which an entry counts as late; the demo's own choice, no rule reads it
_LATE_AFTER_DAYS = 14

#: a checked record with what was decided about it
Decided = tuple[dict[str, dict[str, Any]], "Result"]


@dataclass(frozen=True)
class FileRead:
    """A file, what became of its rows, and how it was understood."""

    name: str
    read: int
    evaluated: int
    rejects: Sequence[Reject]
    reading: Reading
    related: Sequence[RelatedSummary]


class Waiting(NamedTuple):
    """A lead in the queue, in the order in which the queue stands; `score` is negative for that order."""

    place: int
    score: int
    deadline: datetime
    id: str
    name: str
    priority: str
    reasons: tuple[str, ...]


class PartnerTier(NamedTuple):
    """A partner with the introductions of the year and the tier, None where they are not known."""

    id: str
    name: str
    introductions: int | None
    tier: str | None


class Late(NamedTuple):
    """Something entered long after the introduction: `what` is the introduction itself or its lead."""

    what: str
    id: str
    introduction: str
    introduced_on: date
    entered_on: date

    @property
    def days(self) -> int:
        """How many days lie between."""
        return (self.entered_on - self.introduced_on).days


@dataclass(frozen=True)
class Contacts:
    """The leads of the export. `entered_on` is by id; `explanation` is of the first in the queue."""

    file: FileRead
    queue: list[Waiting]
    left_alone: list[str]
    explanation: list[str]
    entered_on: dict[str, date]
    duplicates: list[Suspected]


def decided(program: Program, file: InputFile) -> tuple[list[Decided], FileRead]:
    """Return the records of a file with what is decided about them as of AS_OF, and how it was read."""
    from fairlead.files import open_input

    rejects: list[Reject] = []
    with open_input(program, file, rejects.append) as records:
        found = [(record, program.evaluate_checked(record, AS_OF)) for _, _, record in records]
        rows = records.rows.read
        reading, related = records.reading(), records.related_summaries()
    assert rows == len(found) + len(rejects), "a record is not accounted for"
    return found, FileRead(Path(file.path).name, rows, len(found), rejects, reading, related)


def read_contacts(folder: Path, language: str) -> Contacts:
    """Return the queue of the export, the most pressing first, and what else is to be told of its leads."""
    from fairlead.documents.texts import pick
    from fairlead.engine import explain, load
    from fairlead.files import InputFile
    from fairlead.files.duplicates import suspected_duplicates
    from fairlead.ruleset.reasons import reason_texts

    program = load("medical-travel/lead-scoring", as_of=AS_OF)
    texts = reason_texts(program.ruleset)
    leads, file = decided(program, InputFile(str(folder / "contacts.csv")))
    queue: list[Waiting] = []
    records = {record["lead"]["id"]: record for record, _ in leads}
    left_alone = []
    for record, result in leads:
        lead, decisions = record["lead"], result.decisions
        if decisions["lead.priority"] not in PRIORITIES:
            left_alone.append(lead["id"])
            continue
        queue.append(
            Waiting(
                PRIORITIES.index(decisions["lead.priority"]),
                -decisions["lead.score"],
                lead["created_at"] + timedelta(hours=decisions["lead.follow_up_within_hours"]),
                lead["id"],
                lead.get("name", ""),
                decisions["lead.priority"],
                tuple(pick(texts[code], language) for code in result.reasons),
            )
        )
    queue.sort()
    trace = program.trace(records[queue[0].id], AS_OF)
    return Contacts(
        file,
        queue,
        left_alone,
        explain(program.ruleset, trace, language, only=("lead.score", "lead.priority")),
        {name: record["lead"]["created_on"] for name, record in records.items()},
        list(suspected_duplicates(_people(folder))),
    )


def _people(folder: Path) -> Iterator[Person]:
    """Yield the people of the export, read with a model and a mapping of their own.

    The shipped facts leave addresses and telephone numbers out: no rule needs them.
    """
    from fairlead.facts.check import compile_check
    from fairlead.files import Stated
    from fairlead.files.duplicates import Person
    from fairlead.files.opening import rows_of
    from fairlead.ruleset.models import load_model

    model = load_model("medical-travel/demo/people")
    stated = Stated(mapping=str(folder / "people-columns.json"))
    path = folder / "contacts.csv"
    with path.open("rb") as stream:
        # what cannot be read is told where the leads are read
        rows = rows_of(
            model,
            UTC,
            ("person",),
            stream,
            "csv",
            lambda _reject: None,
            check=compile_check(model, UTC),
            name=str(path),
            stated=stated,
        )
        for _, _, record in rows:
            yield Person(**record["person"])


def read_partners(folder: Path) -> tuple[list[PartnerTier], FileRead]:
    """Return the partners with their tiers, the introductions counted from their own file."""
    from fairlead.engine import load
    from fairlead.files import InputFile, RelatedFile

    count = "partner.introductions_this_year"
    programme = load("medical-travel/partner-programme", as_of=AS_OF, select=("partner.tier",))
    related = [RelatedFile("introductions", str(folder / "introductions.csv"))]
    found, file = decided(programme, InputFile(str(folder / "partners.csv"), related=related))
    tiers = [
        PartnerTier(
            record["partner"]["id"],
            record["partner"].get("name", ""),
            result.trace().decisions["partner.tier"].facts.get(count),
            result.decisions["partner.tier"],
        )
        for record, result in found
    ]
    return tiers, file


def late_entries(introductions: Sequence[Decided], entered_on: dict[str, date]) -> list[Late]:
    """Return the introductions recorded late and the leads entered late, in the order of the file."""
    late = []
    for record, _ in introductions:
        facts = record["introduction"]
        name, day = facts["id"], facts["introduced_on"]
        lead = record.get("lead", {}).get("id", "")
        entries = [("introduction", name, facts["recorded_at"].date())]
        if lead in entered_on:
            entries.append(("lead", lead, entered_on[lead]))
        found = (Late(what, id_, name, day, entered) for what, id_, entered in entries)
        late += [each for each in found if each.days > _LATE_AFTER_DAYS]
    return late
