"""The codes that leads come with, kept as touches: reported here, attributed elsewhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from fairlead.facts.values import parse_date_time
from fairlead.store import MirrorRecord, Touch, Transaction, Way
from fairlead.store.codes import code_key

__all__ = ["keep_touches", "way_of"]

_ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]*://|www\.)\S+", re.IGNORECASE)


def way_of(code: str) -> Way:
    """Tell whether what stands in the field of a lead's code is a code, or an address with one in it."""
    return Way.URL if _ADDRESS.fullmatch(code.strip()) else Way.TRACKING_CODE


def keep_touches(
    tx: Transaction, read: Sequence[tuple[MirrorRecord, MirrorRecord | None]], *, now: datetime
) -> int:
    """Keep the codes of leads that were just read, each with what it was before; return how many are new.

    A code that a lead has had all the time, or had when it was last there, is no new touch. A touch is of
    when the code was entered, as far as the CRM tells; else of when the lead was last changed.
    """
    leads = [
        (record, before, str(record.facts["tracking_code"]))
        for record, before in read
        if record.entity == "lead" and record.facts.get("tracking_code") is not None
    ]
    known = tx.touches.of(record.ref for record, _, _ in leads) if leads else {}
    found = []
    for record, before, code in leads:
        changed = before is not None and before.facts.get("tracking_code") != code
        if changed or code_key(code) not in {code_key(each.code) for each in known.get(record.ref, ())}:
            entered = record.facts.get("tracking_code_entered_at")
            at = parse_date_time(entered) if entered is not None else record.modified_at
            found.append(Touch(record.ref, code, way_of(code), at, now))
    return tx.touches.add(found) if found else 0
