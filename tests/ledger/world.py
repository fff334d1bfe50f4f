"""A facility's project with a store, and short ways to put partners and introductions into it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fairlead import project
from fairlead.ledger.ledger import Ledger
from fairlead.ruleset.catalogue import Catalogue
from fairlead.ruleset.lock import lock_text
from fairlead.ruleset.upgrade import current_pins
from fairlead.store import MirrorRecord, Ref, Store

SHIPPED = Path(__file__).resolve().parents[2] / "rulesets" / "medical-travel"
#: the instant that tests stand at, where they say no other
NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)

#: a partner who may be paid by the shipped programmes
PARTNER = {
    "name": "Atlas Travel",
    "type": "travel_agency",
    "is_clinician": False,
    "is_facility_staff": False,
    "is_public_official": False,
    "licence_valid_from": "2025-01-01",
    "licence_valid_until": "2027-12-31",
    "has_tax_form": True,
}
AGREEMENT = {"signed_on": "2025-12-01", "effective_from": "2026-01-01", "open_ended": True}
INTRODUCTION = {
    "verified": True,
    "file_complete": True,
    "decision_state": "none_so_far",
    "is_self_referral": False,
    "patient_already_known": False,
}
DISCLOSURE = {
    "states_payment": True,
    "states_amount": True,
    "given_at": "2026-01-02T09:00:00Z",
    "recorded_at": "2026-01-02T09:05:00Z",
}


class World:
    """A project's folder with its store; each record is one object of the CRM named after its entity."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.folder = folder
        self.store = store

    def put(
        self,
        entity: str,
        id_: str,
        facts: Mapping[str, Any],
        links: Mapping[str, str] | None = None,
        *,
        now: datetime = NOW,
    ) -> None:
        """Put a record into the mirror; `links` are ids of records of the entity that the link names."""
        named = {name: Ref(f"{name}s", target) for name, target in (links or {}).items()}
        person = named.get("lead") if entity in ("introduction", "disclosure", "consent") else None
        record = MirrorRecord(entity, id_, Ref(f"{entity}s", id_), now, {"id": id_, **facts}, named, person)
        with self.store.transaction() as tx:
            tx.mirror.put_record(record)

    def merge(self, object_: str, old: str, new: str) -> None:
        """Merge a record of the CRM into another, as a sync that reads the merge does."""
        with self.store.transaction() as tx:
            tx.identity.merge(Ref(object_, old), Ref(object_, new), at=NOW)

    def partner(self, id_: str = "p1", *, agreement: Mapping[str, Any] | None = None, **facts: Any) -> None:
        """Put a partner who may be paid, with an agreement since 2026."""
        code = f"TA-{100 + int(id_[1:])}" if id_[1:].isdigit() else id_
        self.put("partner", id_, {**PARTNER, "code": code, **facts})
        self.put("agreement", f"a-{id_}", AGREEMENT if agreement is None else agreement, {"partner": id_})

    def introduction(
        self,
        id_: str,
        day: str,
        partner: str = "p1",
        *,
        lead: str | None = None,
        disclosure: Mapping[str, Any] | None = None,
        now: datetime = NOW,
        **facts: Any,
    ) -> None:
        """Put a verified introduction with a complete file, disclosed beforehand."""
        lead = lead or f"l-{id_}"
        self.put("lead", lead, {"created_at": f"{day}T08:00:00Z"})
        self.put(
            "disclosure",
            f"d-{id_}",
            {"given_at": f"{day}T09:00:00Z", "recorded_at": f"{day}T09:05:00Z", **DISCLOSURE}
            if disclosure is None
            else disclosure,
            {"lead": lead, "partner": partner},
        )
        links = {"lead": lead, "partner": partner, "agreement": f"a-{partner}", "disclosure": f"d-{id_}"}
        self.put("introduction", id_, {"introduced_on": day, **INTRODUCTION, **facts}, links, now=now)

    def ledger(self, now: datetime = NOW, **options: Any) -> Ledger:
        """Return the ledger as of an instant."""
        return Ledger(project.open(self.folder), self.store, now=now, **options)


def write_project(folder: Path, *rulesets: str, packs: tuple[str, ...] = (), zone: str = "UTC") -> Path:
    """Write the settings and the lock file of a project into a folder."""
    folder.mkdir(exist_ok=True)
    chosen = rulesets or ("medical-travel/partner-programme",)
    named = ", ".join(f'"{name}"' for name in chosen)
    packed = ", ".join(f'"{name}"' for name in packs)
    text = f'name = "clinic"\nzone = "{zone}"\nrulesets = [{named}]\npacks = [{packed}]\n'
    (folder / "fairlead.toml").write_text(text)
    pins = current_pins(Catalogue([folder / "rulesets"]), chosen)
    (folder / "fairlead.lock").write_text(lock_text(pins))
    return folder


def write_own_programme(folder: Path, **members: Any) -> None:
    """Write a project whose programme is the shipped one with other members of its reward."""
    document = json.loads((SHIPPED / "partner-programme.json").read_text("utf-8"))
    document["name"] = "clinic/programme"
    for decision in document["decisions"]:
        if decision["kind"] == "reward":
            decision.update(members)
    path = folder / "rulesets" / "clinic" / "programme.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(document), "utf-8")
    write_project(folder, "clinic/programme")
