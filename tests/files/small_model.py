"""A small fact model that the tests of files share."""

from typing import Any

from fairlead.documents.json_text import Document
from fairlead.facts.model import FactModel

__all__ = ["FACTS", "small_model"]


def _fact(**keys: Any) -> dict[str, Any]:
    return {"title": "fact", "description": "A fact.", "labels": [], "reviewed_by": None, **keys}


FACTS: dict[str, Any] = {
    "fairlead": 1,
    "kind": "fact-model",
    "name": "clinic/facts",
    "version": "1.0.0",
    "title": "Facts",
    "about": "A small model.",
    "labels": {"personal": "Is about one person."},
    "entities": {
        "lead": {
            "title": "lead",
            "description": "A person who asks.",
            "links": {"partner": {"entity": "partner", "description": "Who introduced the lead."}},
            "related": {},
            "facts": {
                "id": _fact(type="text"),
                "name": _fact(type="text"),
                "sent_records": _fact(type="boolean"),
                "channel": _fact(type="one_of", values=["whatsapp", "phone", "web_form"]),
                "pages_read": _fact(type="integer", minimum=0),
                "budget": _fact(type="money"),
                "fee": _fact(type="money", currency="USD"),
                "share": _fact(type="decimal", precision=5, scale=2),
                "asked_on": _fact(type="date"),
                "last_seen_at": _fact(type="date_time"),
                "languages": _fact(type="list", items={"type": "text"}),
            },
            "aggregates": {},
        },
        "partner": {
            "title": "partner",
            "description": "Who introduces leads.",
            "links": {},
            "related": {"leads": {"entity": "lead", "link": "partner", "description": "Their leads."}},
            "facts": {"id": _fact(type="text"), "code": _fact(type="text")},
            "aggregates": {
                "leads_ever": {
                    "title": "leads",
                    "description": "How many.",
                    "labels": [],
                    "reviewed_by": None,
                    "function": "count",
                    "of": "leads",
                }
            },
        },
    },
}


def small_model() -> FactModel:
    """Return the model."""
    return FactModel.from_document(Document(FACTS))
