"""A small shipped ruleset, its fact model and a client's overlay, for the tests of this folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def fact(**keys: Any) -> dict[str, Any]:
    return {"title": "a fact", "description": "A fact.", "labels": [], "reviewed_by": None, **keys}


def model(version: str = "1.0.0") -> dict[str, Any]:
    return {
        "fairlead": 1,
        "kind": "fact-model",
        "name": "base/facts",
        "version": version,
        "title": "Facts",
        "about": "Leads.",
        "labels": {"personal": "About a person."},
        "entities": {
            "lead": {
                "title": "Lead",
                "description": "A person who asks.",
                "facts": {
                    "id": fact(type="text"),
                    "records": fact(type="boolean"),
                    "dates": fact(type="boolean"),
                    "channel": fact(type="one_of", values=["phone", "email"]),
                },
            }
        },
    }


def row(name: str, points: Any, when: Any = None, **keys: Any) -> dict[str, Any]:
    return {
        "id": name,
        "when": {"var": "lead.records"} if when is None else when,
        "points": points,
        "reason": {"code": name, "text": name},
        **keys,
    }


def band(name: str, then: str, at_least: int) -> dict[str, Any]:
    return {"id": name, "cells": {"lead.score": {"at_least": at_least}}, "then": then}


def ruleset(version: str = "1.0.0") -> dict[str, Any]:
    return {
        "fairlead": 1,
        "kind": "ruleset",
        "name": "base/scoring",
        "version": version,
        "title": "Scoring",
        "about": "Scores leads.",
        "effective": {"from": "2026-01-01"},
        "model": {"name": "base/facts", "version": "1.0.0"},
        "parameters": {"hot_above": {"type": "integer", "value": 50, "title": "hot above"}},
        "decisions": [
            {
                "name": "lead.score",
                "kind": "scorecard",
                "title": "score",
                "groups": [{"id": "asked", "maximum": 30}],
                "rows": [
                    row("records", 25),
                    row("dates", 20, {"var": "lead.dates"}, group="asked"),
                    row("phone", 15, {"==": [{"var": "lead.channel"}, "phone"]}),
                ],
            },
            {
                "name": "lead.band",
                "kind": "table",
                "title": "band",
                "result": {"type": "one_of", "values": ["hot", "warm", "cold"]},
                "hit_policy": "first",
                "rows": [band("hot", "hot", 50), band("warm", "warm", 20)],
                "otherwise": {"then": "cold"},
            },
            {
                "name": "lead.hot",
                "kind": "formula",
                "title": "hot",
                "result": {"type": "boolean"},
                "value": {">": [{"var": "lead.score"}, {"var": "parameters.hot_above"}]},
            },
        ],
    }


def overlay(*changes: dict[str, Any], **keys: Any) -> dict[str, Any]:
    return {
        "fairlead": 1,
        "kind": "ruleset-overlay",
        "name": "client/scoring",
        "version": "1.0.0",
        "title": "Client's scoring",
        "about": "What the client wants otherwise.",
        "extends": {"name": "base/scoring", "version": "1.0.0"},
        "changes": list(changes),
        **keys,
    }


#: the change that most tests make
MORE_FOR_RECORDS = {
    "action": "replace",
    "what": "row",
    "decision": "lead.score",
    "id": "records",
    "value": row("records", 40),
}


def write(root: Path, value: dict[str, Any], *, older: bool = False) -> Path:
    """Write a document where its name says, as the current version or as an older one."""
    suffix = f"@{value['version']}" if older else ""
    path = root / f"{value['name']}{suffix}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return path
