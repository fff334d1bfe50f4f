"""Verification: whether the decision log is what was written, whole and in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, select

from fairlead.store.anchor import AnchorFile, AnchorLine, Unreadable
from fairlead.store.chain import GENESIS, Head, entry_hash
from fairlead.store.schema import decision_log

__all__ = ["Finding", "FindingKind", "Verification", "verify_log"]

_AT_ONCE = 1000
#: findings that are listed; the others are counted
_LISTED = 1000
#: how far an entry that moved is looked for, and for how many of them
_REACH, _SEARCHES = 64, 200


class FindingKind(StrEnum):
    """What is wrong.

    EDITED        an entry is not what was written in its place
    MOVED         an entry stands in another place than the one it was written in
    REMOVED       entries are missing between others
    INSERTED      an entry stands where none was written
    UNLINKED      an entry does not follow from the one before it: one of the two was replaced
    CUT           the log is older than its anchor: entries at its end are missing
    REWRITTEN     the log up to here is not the one that was anchored
    NO_ANCHOR     the anchor file is gone
    BAD_ANCHOR    a line of the anchor file is no anchor of this store
    """

    EDITED = "edited"
    MOVED = "moved"
    REMOVED = "removed"
    INSERTED = "inserted"
    UNLINKED = "unlinked"
    CUT = "cut"
    REWRITTEN = "rewritten"
    NO_ANCHOR = "no-anchor"
    BAD_ANCHOR = "bad-anchor"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong, with its place: the entry, or the line of the anchor file, or both."""

    kind: FindingKind
    message: str
    seq: int | None = None
    anchor_line: int | None = None


@dataclass(frozen=True, slots=True)
class Verification:
    """What verification saw.

    `anchors` is how many lines of the anchor file were compared, None where the store has none;
    `first_anchor` and `last_anchor` are the first and the newest of them. `unanchored` entries were written
    after the newest anchor (a run under way, or a crash between commit and anchor): they chain, and nothing
    outside the database vouches for them yet. `findings` has the first 1,000, `found` counts all.
    """

    head: Head
    anchors: int | None
    first_anchor: AnchorLine | None
    last_anchor: AnchorLine | None
    unanchored: int
    findings: tuple[Finding, ...]
    found: int

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return self.found == 0


class _Findings:
    def __init__(self) -> None:
        self.listed: list[Finding] = []
        self.found = 0

    def add(
        self, kind: FindingKind, message: str, *, seq: int | None = None, line: int | None = None
    ) -> None:
        self.found += 1
        if len(self.listed) < _LISTED:
            self.listed.append(Finding(kind, message, seq, line))


def verify_log(
    connection: Connection,
    anchor: AnchorFile | None,
    size: int | None,
    *,
    store: str,
    progress: Callable[[int], None] | None = None,
) -> Verification:
    """Check every entry and every anchor, in bounded memory.

    `size` is that of the anchor file before the connection's snapshot was taken, so that a run that goes on
    meanwhile is no finding. `progress` is called with the entries checked so far.
    """
    findings = _Findings()
    head = _check_chain(connection, findings, progress)
    lines: list[AnchorLine] = []
    compared = 0
    if anchor is not None and size is None:
        findings.add(
            FindingKind.NO_ANCHOR, f"the anchor file `{anchor.path}` is gone: a cut end would not be seen"
        )
    elif anchor is not None and size is not None:
        for batch in _batches(anchor.lines(size)):
            good = _own_lines(batch, store, findings)
            _check_anchors(connection, good, head, findings)
            compared += len(good)
            lines = [*lines[:1], *good[-1:]] if lines else [*good[:1], *good[-1:]]
    anchored = max((line.head.count for line in lines[-1:]), default=0)
    return Verification(
        head=head,
        anchors=None if anchor is None else compared,
        first_anchor=lines[0] if lines else None,
        last_anchor=lines[-1] if lines else None,
        unanchored=max(head.count - anchored, 0),
        findings=tuple(findings.listed),
        found=findings.found,
    )


def _check_chain(connection: Connection, findings: _Findings, progress: Callable[[int], None] | None) -> Head:
    before = Head(0, GENESIS)
    searches = 0
    checked = 0
    for row in _rows(connection):
        checked += 1
        if row.seq < 1:
            findings.add(FindingKind.INSERTED, f"entry {row.seq} stands before the first one", seq=row.seq)
            continue
        if row.seq > before.count + 1:
            missing = f"entry {before.count + 1}" + (
                f" to {row.seq - 1}" if row.seq - 1 > before.count + 1 else ""
            )
            findings.add(FindingKind.REMOVED, f"{missing} is missing", seq=before.count + 1)
        elif row.previous != before.hash:
            findings.add(
                FindingKind.UNLINKED,
                f"entry {row.seq} does not follow from entry {before.count}: one of the two was replaced",
                seq=row.seq,
            )
        if not _is_intact(row):
            written_as = _place_of(row) if searches < _SEARCHES else None
            searches += 1
            if written_as is None:
                message = f"entry {row.seq} is not what was written in its place"
                findings.add(FindingKind.EDITED, message, seq=row.seq)
            else:
                message = f"entry {row.seq} was written as entry {written_as}"
                findings.add(FindingKind.MOVED, message, seq=row.seq)
        before = Head(row.seq, row.hash)
        if progress is not None and checked % _AT_ONCE == 0:
            progress(checked)
    return before


def _rows(connection: Connection) -> Iterator[Row[Any]]:
    after: int | None = None
    query = select(decision_log).order_by(decision_log.c.seq).limit(_AT_ONCE)
    while True:
        page = query if after is None else query.where(decision_log.c.seq > after)
        rows = connection.execute(page).all()
        yield from rows
        if len(rows) < _AT_ONCE:
            return
        after = rows[-1].seq


def _is_intact(row: Row[Any], *, seq: int | None = None) -> bool:
    try:
        return bool(entry_hash(row, seq=seq) == row.hash)
    except (ArithmeticError, TypeError, ValueError):
        return False  # a member is not even of the kind that is written


def _place_of(row: Row[Any]) -> int | None:
    """Return the number under which an entry is intact, where that is near."""
    own: int = row.seq
    for distance in range(1, _REACH + 1):
        for seq in (own - distance, own + distance):
            if seq > 0 and _is_intact(row, seq=seq):
                return seq
    return None


def _batches(lines: Iterator[AnchorLine | Unreadable]) -> Iterator[list[AnchorLine | Unreadable]]:
    while batch := list(islice(lines, 500)):
        yield batch


def _own_lines(batch: list[AnchorLine | Unreadable], store: str, findings: _Findings) -> list[AnchorLine]:
    good = []
    for line in batch:
        if isinstance(line, Unreadable):
            message = f"line {line.number} of the anchor file cannot be read"
            findings.add(FindingKind.BAD_ANCHOR, message, line=line.number)
        elif line.store != store:
            message = f"line {line.number} of the anchor file belongs to another store"
            findings.add(FindingKind.BAD_ANCHOR, message, line=line.number)
        else:
            good.append(line)
    return good


def _check_anchors(connection: Connection, lines: list[AnchorLine], head: Head, findings: _Findings) -> None:
    hashes = {}
    for row in connection.execute(
        select(decision_log.c.seq, decision_log.c.hash).where(
            decision_log.c.seq.in_({line.head.count for line in lines})
        )
    ):
        hashes[row.seq] = row.hash
    hashes[0] = GENESIS
    for line in lines:
        count = line.head.count
        if count > head.count:
            findings.add(
                FindingKind.CUT,
                f"the log ends with entry {head.count}; on {line.at} it had {count}",
                seq=head.count + 1,
                line=line.number,
            )
        elif hashes.get(count) != line.head.hash:
            findings.add(
                FindingKind.REWRITTEN,
                f"entry {count} is not the one that was last on {line.at}",
                seq=count,
                line=line.number,
            )
