"""A project that demands approval, with people who can give it, for the tests of approvals.

Rana keeps the register, Mehmet writes the rules, Ayşe and Can approve them. All documents are the project's
own, so that each of them can be changed.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fairlead import project
from fairlead.documents.json_text import Document
from fairlead.documents.shapes import check_shape
from fairlead.problems import DocumentError, Problem, UsageError
from fairlead.project.approvals import Approval
from fairlead.project.approving import draft_approval, write_approval
from fairlead.project.envelope import Role, Signer
from fairlead.project.keys import public_text
from fairlead.project.project import Project
from fairlead.project.register import append_change, begin_register
from fairlead.project.register_document import AddPerson, RevokeKey, SetRoles
from fairlead.ruleset.catalogue import Catalogue
from fairlead.ruleset.lock import pin, write_lock

#: when the tests approve, and the day after that they evaluate on
SIGNED_AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
#: the day that is decided
DAY = date(2026, 3, 3)
#: when the register was begun
BEGUN_AT = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
NAMES = {"rana": "Rana Demir", "mehmet": "Mehmet Kaya", "ayse": "Ayşe Yılmaz", "can": "Can Aksoy"}
ROLES: dict[str, list[str]] = {
    "rana": ["registrar"],
    "mehmet": ["author"],
    "ayse": ["approver", "compliance"],
    "can": ["approver", "author"],
}
RECORD = {"introduction": {"id": "I-1", "records": True}, "partner": {"id": "P-1"}}


@cache
def key_of(person: str) -> Ed25519PrivateKey:
    """The same key in every run: the bytes are the name, repeated."""
    return Ed25519PrivateKey.from_private_bytes((person.encode() * 32)[:32])


def signer(person: str) -> Signer:
    return Signer(person, NAMES[person], key_of(person))


def fact(**keys: Any) -> dict[str, Any]:
    return {"title": "a fact", "description": "A fact.", "labels": [], "reviewed_by": "counsel", **keys}


def model() -> dict[str, Any]:
    return {
        "fairlead": 1,
        "kind": "fact-model",
        "name": "clinic/facts",
        "version": "1.0.0",
        "title": "Facts",
        "about": "Introductions.",
        "labels": {"treatment_value": "What a treatment is worth."},
        "entities": {
            "partner": {
                "title": "Partner",
                "description": "Who introduces.",
                "facts": {"id": fact(type="text")},
            },
            "introduction": {
                "title": "Introduction",
                "description": "The act of introducing.",
                "links": {"partner": {"entity": "partner", "description": "Who introduced."}},
                "facts": {
                    "id": fact(type="text"),
                    "records": fact(type="boolean", title="records were handed over"),
                    "invoice": fact(
                        type="money", currency="USD", title="the invoice", labels=["treatment_value"]
                    ),
                },
            },
        },
    }


def ruleset() -> dict[str, Any]:
    return {
        "fairlead": 1,
        "kind": "ruleset",
        "name": "clinic/rewards",
        "version": "1.0.0",
        "title": "Rewards",
        "about": "A fee for each introduction.",
        "effective": {"from": "2026-01-01"},
        "model": {"name": "clinic/facts", "version": "1.0.0"},
        "parameters": {
            "fee": {
                "type": "money",
                "currency": "USD",
                "title": "fee",
                "dated": [
                    {"from": "2026-01-01", "value": {"amount": "50.00", "currency": "USD"}},
                    {"from": "2026-07-01", "value": {"amount": "60.00", "currency": "USD"}},
                ],
            }
        },
        "decisions": [
            {
                "name": "introduction.reward",
                "kind": "reward",
                "title": "reward",
                "currency": "USD",
                "payee": "partner",
                "amount": {"var": "parameters.fee"},
                "accrues_when": {"var": "introduction.records"},
                "payable_when": {"var": "introduction.records"},
                "reversed_when": False,
                "caps": [],
                "work": ["introduction.records"],
            }
        ],
    }


def scoring() -> dict[str, Any]:
    """A second ruleset of the project, without rewards."""
    return {
        "fairlead": 1,
        "kind": "ruleset",
        "name": "clinic/looks",
        "version": "1.0.0",
        "title": "Looks",
        "about": "What is complete.",
        "model": {"name": "clinic/facts", "version": "1.0.0"},
        "decisions": [
            {
                "name": "introduction.complete",
                "kind": "formula",
                "title": "complete",
                "result": {"type": "boolean"},
                "value": {"var": "introduction.records"},
            }
        ],
    }


def pack() -> dict[str, Any]:
    def obligation(name: str, force: str, **keys: Any) -> dict[str, Any]:
        return {
            "id": name,
            "title": name,
            "text": name,
            "citation": "House rules 1",
            "source": "the house's own rules",
            "binds": "payer",
            "force": force,
            "governing": "release",
            "confidence": "high",
            "reviewed_by": None,
            "property": {"kind": "independent", "label": "treatment_value"},
            **keys,
        }

    return {
        "fairlead": 1,
        "kind": "policy-pack",
        "name": "policies/house",
        "version": "1.0.0",
        "title": "House rules",
        "about": "What the house asks of itself.",
        "model": {"name": "clinic/facts", "version": "1.0.0"},
        "obligations": [
            obligation("no-commission", "forbid"),
            obligation("written-down", "register", effective={"from": "2026-02-01", "to": "2026-10-01"}),
        ],
    }


def mapping() -> dict[str, Any]:
    return {
        "fairlead": 1,
        "kind": "mapping",
        "name": "mappings/list",
        "version": "1.0.0",
        "title": "The list",
        "about": "The house's list.",
        "recognised_by": [["Records"]],
        "facts": {"introduction.records": {"column": ["Records"]}},
    }


SETTINGS = """\
name = "Clinic"
zone = "Europe/Istanbul"
rulesets = ["clinic/rewards", "clinic/looks"]
packs = ["policies/house"]
require_approval = true
"""


def write(path: Path, value: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return path


def make(folder: Path, **settings: Any) -> Path:
    """Write the project without approvals: documents, pins, mapping and the register."""
    folder.mkdir(parents=True, exist_ok=True)
    text = SETTINGS + "".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items())
    (folder / "fairlead.toml").write_text(text, "utf-8")
    for document in (model(), ruleset(), scoring(), pack()):
        write(folder / "rulesets" / f"{document['name']}.json", document)
    write(folder / "mappings" / "list.json", mapping())
    repin(folder)
    add_people(folder / "people.json")
    return folder


def repin(folder: Path) -> None:
    """Pin the fact model as it is, as an upgrade does that accepts an edit."""
    write_lock(
        folder / "fairlead.lock", pin([Catalogue([folder / "rulesets"]).find("clinic/facts", "1.0.0")])
    )


def add_people(path: Path) -> None:
    begin_register(path, added("rana"), signer("rana"), BEGUN_AT)
    for person in ("mehmet", "ayse", "can"):
        append_change(path, added(person), signer("rana"), BEGUN_AT)


def added(person: str, *, key: str | None = None, **part: Any) -> AddPerson:
    return check_shape(
        AddPerson,
        Document(
            {
                "action": "add-person",
                "person": person,
                "name": NAMES.get(person, person),
                "roles": ROLES.get(person, ["approver"]),
                "key": {"public": public_text(key_of(key or person)), "valid_from": "2026-01-01", **part},
            }
        ),
    )


def revoked(person: str, key: str, **keys: Any) -> RevokeKey:
    change = {"action": "revoke-key", "person": person, "key": key, "reason": "laptop lost", **keys}
    return check_shape(RevokeKey, Document(change))


def roles(person: str, *names: str) -> SetRoles:
    return check_shape(SetRoles, Document({"action": "set-roles", "person": person, "roles": list(names)}))


def approve(
    folder: Path,
    person: str = "ayse",
    role: Role = "approver",
    *,
    author: str = "mehmet",
    at: datetime = SIGNED_AT,
    names: tuple[str, ...] = (),
    **options: Any,
) -> Approval:
    opened = project.open(folder)
    draft = draft_approval(opened, names, author=author, approver=person, at=at, **options)
    return write_approval(opened, draft, signer(person), role, at)


def approved(folder: Path) -> Project:
    """The project as made, approved and opened anew."""
    make(folder)
    approve(folder)
    return project.open(folder)


def problems(folder: Path, day: date = DAY, name: str | None = None) -> list[Problem]:
    """Why nothing runs; fails where something does."""
    with pytest.raises((UsageError, DocumentError)) as caught:
        project.open(folder).evaluate(RECORD, day, ruleset=name)
    return list(caught.value.problems)


def codes(folder: Path, day: date = DAY, name: str | None = None) -> set[str]:
    return {problem.code for problem in problems(folder, day, name)}
