# ruff: noqa: INP001 - a script beside what it makes
"""Make a project with a small ledger: `python ledger/fill.py clinic-b`. Nobody in it exists."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from fairlead import project
from fairlead.ledger.ledger import Ledger
from fairlead.ruleset.catalogue import Catalogue
from fairlead.ruleset.lock import lock_text
from fairlead.ruleset.upgrade import current_pins
from fairlead.store import MirrorRecord, Ref
from fairlead.sync.place import open_store

PROGRAMME = "medical-travel/partner-programme"
#: when the ledger was run
RUN_AT = datetime(2026, 11, 21, 9, tzinfo=UTC)
PARTNERS = {"TA-101": ("Atlas Travel", "2027-12-31"), "TA-102": ("Bosporus Care", "2026-06-30")}
#: introduction -> partner and day
INTRODUCTIONS = {
    "I-1": ("TA-101", "2026-03-02"),
    "I-2": ("TA-101", "2026-03-09"),
    "I-3": ("TA-102", "2026-10-05"),
}


def main(folder: Path) -> None:
    """Write the project, put partners and introductions into its mirror, and run its ledger."""
    folder.mkdir()
    settings = f'name = "clinic-b"\nrulesets = ["{PROGRAMME}"]\n'
    (folder / "fairlead.toml").write_text(settings, "utf-8")
    pins = current_pins(Catalogue([folder / "rulesets"]), [PROGRAMME])
    (folder / "fairlead.lock").write_text(lock_text(pins), "utf-8")
    opened = project.open(folder)
    with open_store(opened) as store:
        with store.transaction() as tx:
            tx.mirror.put(_records())
        ledger = Ledger(opened, store, now=RUN_AT)
        ledger.accrue()
        ledger.assess()


def _records() -> list[MirrorRecord]:
    records = []

    def put(entity: str, id_: str, facts: dict[str, object], **links: str) -> None:
        named = {name: Ref(f"{name}s", target) for name, target in links.items()}
        person = named.get("lead")
        ref = Ref(f"{entity}s", id_)
        records.append(MirrorRecord(entity, id_, ref, RUN_AT, {"id": id_, **facts}, named, person))

    for code, (name, licence_ends) in PARTNERS.items():
        no = {"is_clinician": False, "is_facility_staff": False, "is_public_official": False}
        licence = {"licence_valid_from": "2025-01-01", "licence_valid_until": licence_ends}
        put("partner", code, {"code": code, "name": name, "has_tax_form": True, **no, **licence})
        signed = {"signed_on": "2025-12-01", "effective_from": "2026-01-01", "open_ended": True}
        put("agreement", f"A-{code}", signed, partner=code)
    for id_, (code, day) in INTRODUCTIONS.items():
        lead, disclosure = f"L-{id_}", f"D-{id_}"
        put("lead", lead, {"created_at": f"{day}T08:00:00Z"})
        told = {"given_at": f"{day}T09:00:00Z", "recorded_at": f"{day}T09:05:00Z", "language": "en"}
        put("disclosure", disclosure, {"states_payment": True, "states_amount": True, **told}, lead=lead)
        checked = {"verified": True, "file_complete": True, "decision_state": "none_so_far"}
        plain = {"is_self_referral": False, "patient_already_known": False}
        links = {"lead": lead, "partner": code, "agreement": f"A-{code}", "disclosure": disclosure}
        put("introduction", id_, {"introduced_on": day, **checked, **plain}, **links)
    return records


if __name__ == "__main__":
    main(Path(sys.argv[1]))
