"""No override hides a result that keeps somebody safe: it stands, and the override is reported."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.sync.clinic import Clinic
from typer.testing import CliRunner

from fairlead.cli.app import make_app
from fairlead.plugins.fields import FieldSpec
from fairlead.plugins.records import Scalar
from fairlead.problems import DocumentError
from fairlead.sync.overrides import override_words

OpenClinic = Callable[..., Clinic]

CRMS = ("hubspot", "salesforce", "zoho")
#: what makes a priority that no override may hide, and that priority
SAFETY = {"asked_not_to_be_contacted": "no_contact", "reported_urgent_symptoms": "clinician_now"}


class Desk:
    """One lead of a clinic, with the fields that people set in its CRM."""

    def __init__(self, clinic: Clinic) -> None:
        self.clinic = clinic
        self.object = clinic.sandbox.objects["lead"]
        session = clinic.session()
        fields = session.result_fields(session.plan(session.clock()))[self.object]
        by_hand = fields.overrides["lead.priority"]
        self.specs: Mapping[str, FieldSpec] = {
            "value": by_hand.value,
            "reason": by_hand.reason,
            "until": by_hand.until,
        }
        self.result, self.reasons = by_hand.result, fields.reasons["lead"].name
        part = session.mapping.document.objects[self.object].entities
        self.facts = {
            short: str(source.field)
            for entity in ("lead", "consent")
            for short, source in part[entity].facts.items()
        }
        session.connector.close()
        self.id = min(clinic.sandbox.truth("lead"))

    def edit(self, **facts: Scalar) -> None:
        self._edit({self.facts[short]: value for short, value in facts.items()})

    def set_by_hand(self, **parts: Scalar) -> None:
        self._edit({self.specs[part].name: value for part, value in parts.items()})

    def _edit(self, values: Mapping[str, Scalar]) -> None:
        self.clinic.sandbox.advance(3600)
        self.clinic.sandbox.do("edit", object=self.object, id=self.id, values=values)
        self.clinic.sandbox.advance(3600)

    def held(self) -> tuple[str, list[str]]:
        """Return the priority and the reasons that the CRM holds."""
        session = self.clinic.session()
        query = session.mapping.query(self.object)
        (record,) = session.connector.read(type(query)(query.object, (self.result, self.reasons)), [self.id])
        session.connector.close()
        return str(record.values[self.result]), str(record.values[self.reasons]).splitlines()


def opened(open_clinic: OpenClinic, crm: str) -> Desk:
    clinic = open_clinic(crm, leads=6, partners=2, limits=False)
    clinic.provision()
    assert clinic.sync().state == "done"
    return Desk(clinic)


@pytest.mark.parametrize("crm", CRMS)
def test_a_safety_result_stands_against_an_override(open_clinic: OpenClinic, crm: str) -> None:
    desk = opened(open_clinic, crm)
    # health facts are read with a consent alone
    desk.edit(given_on=date(2026, 1, 2), covers_health_data=True, withdrawn=False)
    desk.set_by_hand(value="call_now", reason="A friend of the house")
    desk.clinic.sync()
    assert desk.held()[0] == "call_now"

    for fact, safety in SAFETY.items():
        desk.edit(**{fact: True})
        report = desk.clinic.sync()

        priority, reasons = desk.held()
        assert priority == safety
        assert reasons[0] == "Set by hand, not followed (Who to call now): A friend of the house"
        assert report.notes == [
            (
                "override-not-followed",
                f"{desk.object}/{desk.id}",
                f"`lead.priority` is `{safety}`, which stands against the override to `call_now`",
            )
        ]

        desk.edit(**{fact: False})
        report = desk.clinic.sync()
        assert (desk.held()[0], report.notes) == ("call_now", [])


def test_an_override_to_a_safety_result_is_followed(open_clinic: OpenClinic) -> None:
    desk = opened(open_clinic, "hubspot")

    desk.set_by_hand(value="no_contact", reason="Asked on the phone")
    report = desk.clinic.sync()

    assert (desk.held()[0], report.notes) == ("no_contact", [])


def shown(desk: Desk, *options: str) -> str:
    words = ["log", "show", str(desk.clinic.folder), "--id", desk.id, *options]
    result = CliRunner().invoke(make_app("log"), words)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_log_says_in_words_what_was_set_and_whether_it_was_followed(open_clinic: OpenClinic) -> None:
    desk = opened(open_clinic, "hubspot")
    desk.set_by_hand(value="call_now", reason="A friend", until=date(2030, 1, 31))
    desk.clinic.sync()
    followed = shown(desk)

    desk.edit(asked_not_to_be_contacted=True)
    desk.clinic.sync()
    printed = shown(desk)

    assert "    set by hand to call_now until 2030-01-31; why: A friend\n" in followed
    stands = "not followed: this result stands against any override"
    line = f"    set by hand to call_now until 2030-01-31, {stands}; why: A friend\n"
    assert f"  lead.priority = no_contact\n{line}" in printed
    # rewards and amounts are objects in the log
    assert "{" not in printed
    entries = json.loads(shown(desk, "--json"))["entries"]
    logged = [each["decisions"].get("lead.priority.override") for each in entries]
    override = {"value": "call_now", "reason": "A friend", "until": "2030-01-31"}
    assert [each for each in logged if each] == [override, {**override, "followed": False}]


@pytest.mark.parametrize(
    ("logged", "words"),
    [
        ({"value": "gold", "reason": None, "until": None}, "set by hand to gold"),
        ({"value": 3, "reason": "twice", "until": None}, "set by hand to 3; why: twice"),
    ],
)
def test_what_was_logged_of_an_override_in_words(logged: dict[str, Any], words: str) -> None:
    assert override_words(logged) == words


@pytest.mark.parametrize(
    ("decision", "value", "said"),
    [
        ("lead.priority", "no_contct", "`lead.priority` is never `no_contct`"),
        ("lead.score", "70", "`lead.score` has no listed values"),
    ],
)
def test_a_value_that_is_never_decided_cannot_be_protected(
    open_clinic: OpenClinic, decision: str, value: str, said: str
) -> None:
    clinic = open_clinic(leads=2, partners=1)
    path = clinic.folder / "mappings" / "acme.json"
    document = json.loads(path.read_text("utf-8"))
    document["overrides"] = [{"decision": decision, "never_over": [value]}]
    path.write_text(json.dumps(document), "utf-8")

    with pytest.raises(DocumentError) as raised:
        clinic.provision()

    (problem,) = raised.value.problems
    assert (problem.code, problem.pointer) == ("unknown-value", "/overrides/0/never_over/0")
    assert said in problem.message


@pytest.mark.parametrize("crm", CRMS)
def test_the_shipped_mappings_protect_what_keeps_people_safe(crm: str) -> None:
    root = Path(__file__).parents[2] / "connectors" / crm / f"fairlead_{crm}"
    document = json.loads((root / "mapping.json").read_text("utf-8"))

    assert document["overrides"] == [
        {"decision": "lead.priority", "never_over": ["no_contact", "clinician_now"]},
        {"decision": "partner.tier", "never_over": []},
    ]
