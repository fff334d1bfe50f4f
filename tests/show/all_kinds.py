"""A ruleset with every kind of decision and all that one can say, for the tests of this folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fairlead.ruleset.load import load_ruleset
from fairlead.ruleset.typed import Ruleset


def fact(title: Any, **keys: Any) -> dict[str, Any]:
    return {
        "title": title,
        "description": f"What {keys['type']} it is.",
        "labels": [],
        "reviewed_by": None,
        **keys,
    }


MODEL: dict[str, Any] = {
    "fairlead": 1,
    "kind": "fact-model",
    "name": "clinic/facts",
    "version": "1.0.0",
    "title": "Facts",
    "about": "Leads and partners.",
    "entities": {
        "lead": {
            "title": "Lead",
            "description": "A person who asks.",
            "links": {"partner": {"entity": "partner", "description": "Who introduced the lead."}},
            "facts": {
                "id": fact("id", type="text"),
                "records": fact(
                    {"en": "the patient sent records", "de": "Unterlagen sind da"}, type="boolean"
                ),
                "channel": fact("channel", type="one_of", values=["phone", "email", "fax"]),
                "pages": fact("pages read", type="integer", minimum=0, maximum=100),
                "asked_on": fact("day of the enquiry", type="date"),
                "answered_at": fact("time of the answer", type="date_time"),
                "budget": fact("budget", type="money", currency="USD"),
                "languages": fact("languages", type="list", items={"type": "text"}),
            },
        },
        "partner": {
            "title": "Partner",
            "description": "Who introduces.",
            "facts": {"id": fact("id", type="text")},
        },
    },
}


def reason(code: str) -> dict[str, Any]:
    return {"code": code, "text": {"en": f"because of {code}", "de": f"wegen {code}"}}


RECORDS = {"var": "lead.records"}
PAGES = {"var": "lead.pages"}

SCORE: dict[str, Any] = {
    "name": "lead.score",
    "kind": "scorecard",
    "title": "score",
    "initial": "1.5",
    "minimum": 0,
    "maximum": 40,
    "groups": [{"id": "reading", "minimum": "-5", "maximum": "10.5"}],
    "rows": [
        {
            "id": "records",
            "when": RECORDS,
            "points": "2.5",
            "decay": {
                "since": "lead.asked_on",
                "steps": [{"after_days": 30, "factor": "0.5"}, {"after_days": 90, "factor": 0}],
            },
            "reason": reason("records"),
        },
        {
            "id": "pages",
            "when": {"and": [RECORDS, {">": [PAGES, 3]}]},
            "points": PAGES,
            "group": "reading",
            "decay": {"since": "lead.asked_on", "steps": [{"after_days": 7, "factor": "0.25"}]},
            "reason": reason("pages"),
        },
        {
            "id": "few",
            "when": {"or": [{"<": [PAGES, 2]}, {"absent": "lead.pages"}]},
            "points": -5,
            "group": "reading",
            "reason": reason("few"),
        },
    ],
}

CELLS: dict[str, Any] = {
    "name": "lead.desk",
    "kind": "table",
    "title": "desk",
    "result": {"type": "one_of", "values": ["north", "south"]},
    "hit_policy": "unique",
    "rows": [
        {
            "id": "a",
            "cells": {"lead.channel": ["phone", "fax"], "lead.pages": {"at_least": 1, "at_most": 5}},
            "when": {"!": RECORDS},
            "then": "north",
        },
        {
            "id": "b",
            "cells": {"lead.pages": {"above": 5, "below": 9}, "lead.asked_on": {"at_least": "2026-01-31"}},
            "then": "south",
        },
        {
            "id": "c",
            "cells": {
                "lead.asked_on": {"above": "2026-01-01", "at_most": "2026-01-30"},
                "lead.budget": {"money": ["9.50", "USD"]},
                "lead.records": False,
            },
            "then": "south",
        },
        {"id": "d", "when": {"==": [PAGES, 77]}, "then": "north", "reason": reason("d")},
    ],
    "otherwise": "undetermined",
}

COUNT: dict[str, Any] = {
    "name": "lead.signs",
    "kind": "table",
    "title": "signs",
    "result": {"type": "integer"},
    "hit_policy": "collect",
    "aggregate": "count",
    "rows": [{"id": "a", "when": RECORDS}, {"id": "b", "cells": {"lead.channel": "phone"}}],
}

FEE: dict[str, Any] = {
    "name": "lead.fee",
    "kind": "formula",
    "title": "fee",
    "result": {"type": "money", "currency": "USD"},
    "value": {"var": "parameters.fee"},
}

ASKED: dict[str, Any] = {
    "name": "lead.asked",
    "kind": "check",
    "title": "the lead asked",
    "requirement": {"<=": [{"var": "lead.asked_on"}, {"var": "as_of_date"}]},
    "severity": "warning",
    "citation": "House rule 7",
    "reason": reason("not_asked"),
}

REWARD: dict[str, Any] = {
    "name": "lead.reward",
    "kind": "reward",
    "title": "reward",
    "currency": "USD",
    "payee": "partner",
    "amount": {"money": ["20.00", "USD"]},
    "accrues_when": {"and": [{"var": "lead.asked"}, {"==": [{"var": "lead.band"}, "hot"]}]},
    "payable_when": True,
    "reversed_when": False,
    "caps": [
        {
            "id": "quarter",
            "per": "programme",
            "window": {"kind": "calendar", "unit": "quarter"},
            "maximum": {"money": ["100.00", "USD"]},
        }
    ],
    "work": [],
}

BAND: dict[str, Any] = {
    "name": "lead.band",
    "kind": "table",
    "title": "band",
    "result": {"type": "one_of", "values": ["hot", "cold"]},
    "hit_policy": "first",
    "rows": [{"id": "hot", "when": {">": [PAGES, {"var": "parameters.hot_above"}]}, "then": "hot"}],
    "otherwise": {"then": "cold", "reason": reason("cold")},
}

RULESET: dict[str, Any] = {
    "fairlead": 1,
    "kind": "ruleset",
    "name": "clinic/all-kinds",
    "version": "2.1.0",
    "title": {"en": "all kinds", "de": "alle Arten", "ar": "كل الأنواع"},
    "about": "Everything: (1) one `thing`. (2) another.",
    "effective": {"from": "2026-01-01", "to": "2027-01-01"},
    "model": {"name": "clinic/facts", "version": "1.0.0"},
    "parameters": {
        "fee": {
            "type": "money",
            "currency": "USD",
            "title": "yearly fee",
            "dated": [
                {"from": "2026-01-01", "value": {"amount": "5.00", "currency": "USD"}},
                {"from": "2026-07-01", "value": {"amount": "6.00", "currency": "USD"}},
            ],
        },
        "hot_above": {"type": "integer", "title": "pages above which a lead is hot", "value": 9},
        "unused": {"type": "boolean", "title": "not read by any rule", "value": True},
    },
    "decisions": [SCORE, CELLS, COUNT, BAND, FEE, ASKED, REWARD],
}


def load(root: Path, ruleset: dict[str, Any] = RULESET, model: dict[str, Any] = MODEL) -> Ruleset:
    """Return the ruleset as it loads from files below `root`."""
    for document in (ruleset, model):
        path = root / f"{document['name']}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document), "utf-8")
    return load_ruleset(ruleset["name"], roots=[root])


SCRIPT = "<script>document.title='owned'</script>"
#: texts that would do harm where they are not escaped
HOSTILE: dict[str, Any] = {
    **RULESET,
    "title": SCRIPT,
    "about": "</title></style><img src='https://example.org/x.png' onerror='alert(1)'> & \u202egnp.exe",
    "decisions": [
        {
            **BAND,
            "title": '=HYPERLINK("https://example.org","click")',
            "description": "[bold red]not markup[/] \x1b[31mred\x1b[0m \x00",
            "rows": [
                {
                    "id": "hot",
                    "when": {"==": [{"var": "lead.channel"}, "fax"]},
                    "then": "hot",
                    "reason": {"code": "hot", "text": "@SUM(1+1)*cmd|' /C calc'!A0"},
                },
                {
                    "id": "cold",
                    "when": {"==": [{"var": "lead.channel"}, "email"]},
                    "then": "cold",
                    "reason": {"code": "cold", "text": "#REF!"},
                },
            ],
            "otherwise": {"then": "cold", "reason": {"code": "none", "text": "-1+2 \"quoted\" 'text'"}},
        },
        {**ASKED, "citation": f"+1 {SCRIPT}"},
    ],
}
