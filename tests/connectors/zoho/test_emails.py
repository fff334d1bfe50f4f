"""E-mails: time and direction alone, where the settings ask for them, a call for each lead with activity."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.connectors.zoho.conftest import Start
from tests.connectors.zoho.desk import Desk
from tests.sync.clinic import Clinic

from fairlead.plugins.manager import connector, load_plugins
from fairlead.plugins.records import Record
from fairlead.ruleset.models import load_model
from fairlead.sync.mapping import CrmMapping, load_crm_mapping


@pytest.fixture(scope="module")
def mapping() -> CrmMapping:
    path = connector(load_plugins(), "zoho").mapping
    assert path is not None
    return load_crm_mapping(path, load_model("medical-travel/facts"))


@pytest.fixture
def desk(start: Start) -> Desk:
    return start(leads=30, settings={"emails": True})


def of_lead(found: dict[str, Record], lead: str) -> list[Record]:
    return [record for record in found.values() if record.links["lead"] == (lead,)]


def test_without_the_setting_no_call_is_made(start: Start, mapping: CrmMapping) -> None:
    desk = start(leads=30)
    desk.sandbox.do("email", id=desk.ids()[0], sent=False)

    found, _ = desk.read(mapping.query("Emails"))
    assert desk.connector.read(mapping.query("Emails"), ["7"]) == []
    assert [page.last for page in desk.connector.read_deletions("Emails", None)] == [True]

    assert found == {}
    assert desk.sandbox.calls == []
    (note,) = desk.connector.notes()
    assert note.code == "emails-not-read"
    assert desk.open(emails=True).notes() == []


@pytest.mark.parametrize(
    ("sent", "direction", "author"), [(True, "outbound", "coordinator"), (False, "inbound", "patient")]
)
def test_an_email_says_when_it_was_and_in_which_direction(
    desk: Desk, mapping: CrmMapping, sent: bool, direction: str, author: str
) -> None:
    lead = desk.ids()[3]
    _, cursor = desk.read(mapping.query("Emails"))
    desk.settle()
    at = desk.sandbox.stamp()
    desk.sandbox.do("email", id=lead, sent=sent)

    found, _ = desk.read(mapping.query("Emails"), cursor)

    newest = max(of_lead(found, lead), key=lambda each: each.modified_at)
    (interaction,) = mapping.map(newest)
    facts = {name: value for name, value in interaction.facts.items() if name != "id"}
    assert facts == {
        "occurred_at": at.isoformat(),
        "direction": direction,
        "author_kind": author,
        "channel": "email",
    }
    assert interaction.links == {"lead": lead}
    # the answer has subject and addresses; nothing of them goes on
    assert "example.com" not in repr(newest)
    assert "enquiry" not in repr(newest)


def test_a_first_read_costs_a_call_for_each_lead_with_activity_and_a_later_one_for_those_alone(
    desk: Desk, mapping: CrmMapping
) -> None:
    rows = desk.sandbox.account.tables["Leads"].rows.values()
    active = [row.id for row in rows if row.get("Last_Activity_Time") is not None]
    assert 5 < len(active) < 30
    found, cursor = desk.read(mapping.query("Emails"))
    assert desk.calls("GET", "/Emails") == len(active)
    assert len(found) == sum(map(len, desk.sandbox.account.emails.values()))

    desk.settle()
    desk.sandbox.calls.clear()
    for id_ in desk.ids()[:2]:
        desk.sandbox.do("email", id=id_, sent=True)
    found, cursor = desk.read(mapping.query("Emails"), cursor)
    assert desk.calls("GET", "/Emails") == 2
    assert {link for record in found.values() for link in record.links["lead"]} == set(desk.ids()[:2])

    # the cursor stays two minutes behind: what was sent within them comes once more
    desk.settle()
    _, cursor = desk.read(mapping.query("Emails"), cursor)
    desk.settle()
    desk.sandbox.calls.clear()
    assert desk.read(mapping.query("Emails"), cursor)[0] == {}
    assert desk.calls("GET", "/Emails") == 0


def test_an_email_moves_no_modification_stamp(desk: Desk, mapping: CrmMapping) -> None:
    """The lead's own change would not tell of it."""
    _, cursor = desk.read(desk.query())
    desk.settle()
    desk.sandbox.do("email", id=desk.ids()[0], sent=False)
    desk.settle()

    assert desk.read(desk.query(), cursor)[0] == {}


def test_ten_emails_come_in_a_call_and_the_rest_in_further_ones(desk: Desk, mapping: CrmMapping) -> None:
    lead = desk.ids()[0]
    _, cursor = desk.read(mapping.query("Emails"))
    before = len(desk.sandbox.account.emails.get(int(lead), []))
    desk.settle()
    for _ in range(23):
        desk.sandbox.do("email", id=lead, sent=True)
        desk.sandbox.advance(1)
    desk.sandbox.calls.clear()

    found, _ = desk.read(mapping.query("Emails"), cursor)

    assert len(of_lead(found, lead)) == 23
    assert before <= 2
    assert desk.calls("GET", f"/{lead}/Emails") == 3


def test_an_email_that_a_mailbox_brought_late_is_read(desk: Desk, mapping: CrmMapping) -> None:
    lead = desk.ids()[0]
    desk.sandbox.do("email", id=lead, sent=False)
    desk.settle()
    _, cursor = desk.read(mapping.query("Emails"))
    late = desk.sandbox.stamp()
    desk.sandbox.advance(7_200)
    _, cursor = desk.read(mapping.query("Emails"), cursor)
    desk.sandbox.account.emails[int(lead)].append((late, True))
    desk.sandbox.account.tables["Leads"].rows[int(lead)].values["Last_Activity_Time"] = desk.sandbox.stamp()

    found, _ = desk.read(mapping.query("Emails"), cursor)

    assert late in {record.modified_at for record in of_lead(found, lead)}


def test_a_draft_is_no_contact(desk: Desk, mapping: CrmMapping) -> None:
    lead = desk.ids()[0]
    _, cursor = desk.read(mapping.query("Emails"))
    desk.sandbox.advance(100_000)
    desk.sandbox.do("email", id=lead, sent=False, draft=True)

    assert of_lead(desk.read(mapping.query("Emails"), cursor)[0], lead) == []


def test_reading_goes_on_after_two_hundred_leads(start: Start, mapping: CrmMapping) -> None:
    desk = start(leads=450, settings={"emails": True})
    pages = desk.pages(mapping.query("Emails"))
    whole = {record.id for page in pages for record in page.records}

    first, *_ = pages
    resumed = list(desk.open(emails=True).read_changes(mapping.query("Emails"), first.cursor))

    assert len(pages) == 2
    assert {record.id for page in (first, *resumed) for record in page.records} == whole
    assert not {record.id for record in first.records} & {r.id for page in resumed for r in page.records}


def test_the_scope_is_looked_at_ahead(desk: Desk) -> None:
    desk.sandbox.switches["missing_scope"] = "Emails"

    (problem,) = desk.connector.check()
    assert problem.code == "missing-scope"
    assert "ZohoCRM.modules.emails.READ" in str(problem.remedy)
    assert desk.open(emails=False).check() == []


def test_emails_are_interactions_of_their_lead(open_clinic: Callable[..., Clinic]) -> None:
    made = open_clinic("zoho", leads=10)
    path = made.folder / "fairlead.toml"
    text = path.read_text("utf-8")
    assert "daily_credits" in text
    path.write_text(text.replace("daily_credits", "emails = true\ndaily_credits"), "utf-8")
    made.provision()
    report = made.sync()
    assert (report.state, report.imbalances()) == ("done", [])

    with made.store() as store, store.reading() as tx:
        leads = list(made.sandbox.truth("lead"))
        talks: dict[str, list[Any]] = dict(tx.mirror.related("interaction", "lead", leads))
    channels = {each.facts["channel"] for found in talks.values() for each in found}
    assert channels == {"phone", "email"}
