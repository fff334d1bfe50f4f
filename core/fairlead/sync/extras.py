"""What a record should hold besides results: a partner's tracking code, a lead's partner, a task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from fairlead.facts.values import parse_date_time
from fairlead.project.settings import SyncSettings
from fairlead.store import MirrorRecord, Ref, Transaction, Way
from fairlead.sync.mapping import RECORD, CrmMapping
from fairlead.sync.reading import LINK, TASK
from fairlead.sync.report import RunReport
from fairlead.sync.touches import way_of

__all__ = ["HOT_TASK", "Extras"]

#: the task for a lead that became hot
HOT_TASK = TASK + "hot"


@dataclass
class Extras:
    """Gives new partners their code, follows the codes of leads, and asks for tasks.

    An unknown or late code is reported, never guessed.
    """

    mapping: CrmMapping
    settings: SyncSettings
    report: RunReport
    now: datetime
    event: Callable[..., None]
    priority_field: str | None = None
    _link: str | None = field(default=None)

    def __post_init__(self) -> None:
        object_ = self.mapping.object_of("lead")
        if object_ is not None:
            through = self.mapping.document.objects[object_].entities["lead"].links.get("partner")
            self._link = through if through != RECORD else None

    def __call__(
        self, tx: Transaction, ref: Ref, embodied: Mapping[str, MirrorRecord], values: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Return the fields, links and tasks that a record should hold besides its results."""
        wanted: dict[str, Any] = {}
        codes = self.mapping.document.tracking_code
        if codes is not None and "partner" in embodied:
            wanted |= self._code(tx, ref, embodied["partner"], codes.partner, codes.prefix)
        if codes is not None and self._link is not None and "lead" in embodied:
            wanted |= self._partner(tx, ref, embodied["lead"], self._link)
        if self.settings.tasks and self.priority_field and values.get(self.priority_field) == "call_now":
            wanted[HOT_TASK] = f"fairlead-hot-{ref.object}-{ref.id}"
        return wanted

    def _code(
        self, tx: Transaction, ref: Ref, partner: MirrorRecord, field_name: str, prefix: str
    ) -> dict[str, Any]:
        stated = partner.facts.get("code")
        if stated is not None:
            owner = tx.codes.register(str(stated), ref, at=self.now)
            if owner != ref:
                self._note("duplicate-code", ref, f"the code `{stated}` belongs to {owner} already")
            # wanted as it stands: what an unheard write of ours changed is then not taken back
            return {field_name: str(stated)}
        code, new = tx.codes.assign(ref, prefix, at=self.now)
        if new:
            self.report.codes += 1
            self.event("code", object=ref.object, id=ref.id, code=code)
        return {field_name: code}

    def _partner(self, tx: Transaction, ref: Ref, lead: MirrorRecord, link: str) -> dict[str, Any]:
        code = lead.facts.get("tracking_code")
        if code is None or lead.links.get("partner") is not None:
            return {}
        if way_of(str(code)) is Way.URL:
            # which part of an address is the code, programmes say: the ledger reads it from the touch
            return {}
        owner = tx.codes.owner(str(code))
        # a partner who was imported is none that the CRM could link to
        if owner is None or owner.object != self.mapping.object_of("partner"):
            self._note("unknown-code", ref, f"no partner has the code `{code}`")
            return {}
        days = self._days_late(lead)
        if days > self.settings.late_code_days:
            self._note("late-code", ref, f"the code `{code}` was entered {days} days after the enquiry")
            return {}
        return {LINK + link: owner.id}

    def _days_late(self, lead: MirrorRecord) -> int:
        """Return how many days after the enquiry a code was entered, as far as is known."""
        created = lead.facts.get("created_at")
        entered = lead.facts.get("tracking_code_entered_at")
        if created is None:
            return 0
        last = parse_date_time(entered) if entered is not None else lead.modified_at
        return max(last - parse_date_time(created), timedelta(0)).days

    def _note(self, code: str, ref: Ref, message: str) -> None:
        self.report.notes.append((code, str(ref), message))
        self.event(code, object=ref.object, id=ref.id)
