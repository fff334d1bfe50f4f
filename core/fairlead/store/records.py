"""What goes into the store and comes out of it: plain values, no database in sight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from fairlead.problems import Problem

__all__ = [
    "Alias",
    "Decided",
    "Due",
    "Forgotten",
    "LogEntry",
    "MirrorRecord",
    "OutboxState",
    "Put",
    "Queued",
    "RecordState",
    "Ref",
    "Refusal",
    "Reject",
    "RejectState",
    "Run",
    "RunState",
    "Stage",
    "Touch",
    "Want",
    "Wanted",
    "Way",
]


class Ref(NamedTuple):
    """One record of the CRM: its object (`contacts`) and its id there."""

    object: str
    id: str

    def __str__(self) -> str:
        return f"{self.object}/{self.id}"


class Put(StrEnum):
    """What putting a record into the mirror did; `forgotten`: its person was, so nothing was kept."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    FORGOTTEN = "forgotten"


class RecordState(StrEnum):
    """Whether a mirrored record is there, or why only its tombstone is."""

    LIVE = "live"
    DELETED = "deleted"
    FORGOTTEN = "forgotten"


@dataclass(frozen=True, slots=True)
class MirrorRecord:
    """One entity as the CRM last showed it.

    `ref` is the CRM record that embodies it; several entities may share one. `facts` are JSON as the caller
    gives them. `links` name the CRM records that it points to; empty links are left out when it is read.
    `person` is whom it is about: the record itself where it is None.
    """

    entity: str
    id: str
    ref: Ref
    modified_at: datetime
    facts: Mapping[str, Any]
    links: Mapping[str, Ref | None] = field(default_factory=dict)
    person: Ref | None = None


@dataclass(frozen=True, slots=True)
class Alias:
    """An id that lives on under another one, since a merge or a conversion."""

    old: Ref
    new: Ref


@dataclass(frozen=True, slots=True)
class Due:
    """When time alone may change the decisions about a record."""

    entity: str
    id: str
    due_at: datetime


class Want(StrEnum):
    """What became of a desired state.

    QUEUED     the CRM holds something else: it is to be written
    UNCHANGED  the CRM holds it already
    RETIRED    a person decided that this very state is not tried again
    """

    QUEUED = "queued"
    UNCHANGED = "unchanged"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Wanted:
    """All our result fields of one CRM record as they should be; None is an empty field. Values are JSON."""

    ref: Ref
    values: Mapping[str, Any]


class OutboxState(StrEnum):
    """Where a queued write stands; a written one leaves the outbox."""

    PENDING = "pending"
    DEFERRED = "deferred"
    REJECTED = "rejected"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Queued:
    """One write to make: the fields that differ from what the CRM holds. `position` is its place in order."""

    position: int
    ref: Ref
    values: Mapping[str, Any]
    attempts: int


class Stage(StrEnum):
    """Where a record was rejected."""

    READ = "read"
    EVALUATE = "evaluate"
    WRITE = "write"
    LEDGER = "ledger"


class RejectState(StrEnum):
    """OPEN is retried; RESOLVED succeeded later; RETIRED is no longer tried, because a person said so."""

    OPEN = "open"
    RESOLVED = "resolved"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a record was rejected. `message` holds no value of the record; `input` holds them, as they came."""

    code: str
    message: str
    field: str | None = None
    input: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Reject:
    """One record that could not be read, evaluated or written, with the newest reason.

    `entity` is empty where the CRM record as a whole is meant. `retired_by` and `retired_because` are set by
    the person who retired it.
    """

    id: int
    stage: Stage
    ref: Ref
    entity: str
    code: str
    message: str
    field: str | None
    input: Mapping[str, Any] | None
    attempts: int
    first_seen: datetime
    last_seen: datetime
    state: RejectState
    retired_by: str | None = None
    retired_because: str | None = None


class Way(StrEnum):
    """How a code came with a lead: as itself, or as a part of an address."""

    TRACKING_CODE = "tracking_code"
    URL = "url"


@dataclass(frozen=True, slots=True)
class Touch:
    """A lead came with a code.

    `code` is as the CRM shows it: a code, or with the way `url` the address that it is in. `at` is when it
    was entered, as far as that is known; `seen_at` when it was read.
    """

    ref: Ref
    code: str
    way: Way
    at: datetime
    seen_at: datetime


class RunState(StrEnum):
    """Where a run stands; one that is `running` after a crash was cut short."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Run:
    """One run with its report (JSON) and the calls that it made to the CRM."""

    id: int
    kind: str
    started: datetime
    ended: datetime | None
    state: RunState
    calls: int
    report: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Decided:
    """One evaluation for the decision log.

    `inputs`, `decisions` and `reasons` (JSON) are encrypted with the key of `person`, but for the decisions
    named in `clear`: these can still be read when the person was forgotten.
    """

    entity: str
    id: str
    person: Ref
    ruleset: str
    model: str
    semantics: str
    approval: str
    inputs: Mapping[str, Any]
    decisions: Mapping[str, Any]
    reasons: tuple[Any, ...] = ()
    clear: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One entry of the decision log.

    Where the person was forgotten, `erased` is true, `inputs` is None, and `decisions` has only those that
    were kept in clear. `person` is the id of the key, not of the person. Hashes and digests are
    `sha256:` and hex.
    """

    seq: int
    at: datetime
    run: int | None
    entity: str
    id: str
    person: str
    ruleset: str
    model: str
    semantics: str
    approval: str
    decisions: Mapping[str, Any]
    reasons: tuple[Any, ...]
    inputs: Mapping[str, Any] | None
    erased: bool
    previous: str
    hash: str

    @property
    def note(self) -> str | None:
        """What a reader is told instead of the inputs, where they are gone."""
        return "inputs erased" if self.erased else None


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What forgetting a person removed, in counts.

    `people` are the id asked for and those merged into it. `residue` says what may still lie in the files
    of the database, and what to do about it; None where the space was overwritten.
    """

    people: tuple[Ref, ...]
    records: int
    held: int
    queued: int
    rejects: int
    keys: int
    residue: Problem | None = None
