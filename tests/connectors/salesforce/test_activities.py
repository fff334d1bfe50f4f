"""E-mails and events: of each only time, direction and who wrote are read, for the response checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.connectors.salesforce.org import Org, org, read_all
from tests.sync.clinic import Clinic

from fairlead.plugins.records import Record
from fairlead.problems import DocumentError
from fairlead.sync.mapping import CrmMapping
from fairlead_salesforce.sandbox.org import USER_ID

EMAILS, EVENTS = "EmailMessageRelation", "Event"


@pytest.fixture
def clinic() -> Iterator[Org]:
    with org(leads=12) as made:
        yield made


def now(clinic: Org) -> datetime:
    return clinic.sandbox.now().replace(microsecond=0)


def do(clinic: Org, object_: str, **values: Any) -> str:
    made = clinic.sandbox.do("create", object=object_, values=values)
    assert isinstance(made, str)
    return made


def email(clinic: Org, lead: str, relation: str, **values: Any) -> str:
    """Create an e-mail that a lead is related to; return the id of the relation."""
    message = do(clinic, "EmailMessage", **{"MessageDate": now(clinic), "Status": "3", **values})
    do(clinic, EMAILS, EmailMessageId=message, RelationId=USER_ID, RelationObjectType="User")
    return do(
        clinic,
        EMAILS,
        EmailMessageId=message,
        RelationId=lead,
        RelationObjectType="Lead",
        RelationType=relation,
    )


def interaction(mapping: CrmMapping, record: Record) -> dict[str, Any]:
    (found,) = mapping.map(record)
    names = ("occurred_at", "direction", "author_kind", "channel")
    return {name: found.facts[name] for name in names if name in found.facts} | dict(found.links)


@pytest.mark.parametrize(
    ("relation", "direction", "author"),
    [
        ("FromAddress", "inbound", "patient"),
        ("ToAddress", "outbound", "coordinator"),
        ("CcAddress", "outbound", "coordinator"),
    ],
)
def test_an_email_says_when_it_was_and_who_wrote(
    clinic: Org, mapping: CrmMapping, relation: str, direction: str, author: str
) -> None:
    (lead,) = clinic.ids(1)
    sent = datetime(2026, 11, 20, 8, 15, tzinfo=UTC)
    id_ = email(clinic, lead, relation, MessageDate=sent)

    found, _ = read_all(clinic.connector, mapping.query(EMAILS))

    assert interaction(mapping, found[id_]) == {
        "occurred_at": "2026-11-20T08:15:00+00:00",
        "direction": direction,
        "author_kind": author,
        "channel": "email",
        "lead": lead,
    }
    # nothing of its text, subject or addresses is asked for
    assert set(found[id_].values) == {"EmailMessage.MessageDate", "EmailMessage.Status", "RelationType"}


def test_relations_to_others_than_leads_are_not_read(clinic: Org, mapping: CrmMapping) -> None:
    (lead,) = clinic.ids(1)
    email(clinic, lead, "ToAddress")

    found, _ = read_all(clinic.connector, mapping.query(EMAILS))

    assert {link for record in found.values() for link in record.links["lead"]} <= set(
        clinic.sandbox.truth("lead")
    )
    assert all(record.links["lead"] for record in found.values())
    relations = clinic.sandbox.state()[EMAILS]["records"].values()
    assert len(found) == sum(each["values"]["RelationObjectType"] == "Lead" for each in relations) > 3


def test_a_draft_is_no_contact(clinic: Org, mapping: CrmMapping) -> None:
    (lead,) = clinic.ids(1)
    id_ = email(clinic, lead, "ToAddress", Status="5")

    found, _ = read_all(clinic.connector, mapping.query(EMAILS))

    assert not mapping.in_scope(found[id_])


def test_emails_are_read_alike_by_a_bulk_job_and_by_their_id(clinic: Org, mapping: CrmMapping) -> None:
    query = mapping.query(EMAILS)
    by_query, _ = read_all(clinic.connector, query)
    by_job, _ = read_all(clinic.open(bulk_reads_above=0), query)

    assert by_job == by_query
    ids = sorted(by_query)
    assert {record.id: record for record in clinic.connector.read(query, ids)} == by_query
    assert len(ids) > 3


def test_an_event_counts_once_it_is_over_though_its_end_does_not_modify_it(
    clinic: Org, mapping: CrmMapping
) -> None:
    (lead,) = clinic.ids(1)
    query = mapping.query(EVENTS)
    begins = now(clinic) + timedelta(hours=2)
    ends = begins + timedelta(hours=1)
    id_ = do(clinic, EVENTS, WhoId=lead, StartDateTime=begins, EndDateTime=ends)

    found, pages = read_all(clinic.connector, query)
    assert found == {}
    clinic.sandbox.advance(3_600)
    found, pages = read_all(clinic.connector, query, pages[-1].cursor)
    assert found == {}
    clinic.sandbox.advance(3 * 3_600)
    found, pages = read_all(clinic.connector, query, pages[-1].cursor)

    assert interaction(mapping, found[id_]) == {
        "occurred_at": begins.isoformat(),
        "author_kind": "coordinator",
        "lead": lead,
    }
    clinic.sandbox.advance(3_600)
    assert read_all(clinic.connector, query, pages[-1].cursor)[0] == {}


def test_events_that_ended_while_a_read_was_interrupted_are_read(clinic: Org, mapping: CrmMapping) -> None:
    """The cursor of a page under way says since when on events came due."""
    query = mapping.query(EVENTS)
    ends = now(clinic) + timedelta(hours=1)
    waiting = do(clinic, EVENTS, StartDateTime=now(clinic), EndDateTime=ends)
    clinic.sandbox.advance(60)
    _, pages = read_all(clinic.connector, query)
    clinic.sandbox.advance(7_200)
    over = now(clinic) - timedelta(hours=1)
    with clinic.sandbox.lock:
        for _ in range(2_010):
            do(clinic, EVENTS, StartDateTime=over, EndDateTime=over)

    first = next(iter(clinic.connector.read_changes(query, pages[-1].cursor)))
    assert not first.last
    clinic.sandbox.advance(7_200)
    found, _ = read_all(clinic.open(), query, first.cursor)

    assert waiting in found


def test_a_copy_of_a_group_event_is_no_second_contact(clinic: Org, mapping: CrmMapping) -> None:
    over = now(clinic) - timedelta(hours=1)
    id_ = do(clinic, EVENTS, StartDateTime=over, EndDateTime=over, IsChild=True)

    found, _ = read_all(clinic.connector, mapping.query(EVENTS))

    assert not mapping.in_scope(found[id_])


@pytest.mark.parametrize(
    ("hidden", "code"),
    [(EMAILS, "unknown-object"), (EVENTS, "unknown-object"), ("EmailMessage", "unknown-field")],
)
def test_what_the_user_may_not_see_is_named_before_a_run(
    open_clinic: Callable[..., Clinic], hidden: str, code: str
) -> None:
    """An org without Enhanced Email, or a user without access: the mapping is to leave the object out."""
    made = open_clinic("salesforce", leads=4, partners=2)
    made.provision()
    made.sandbox.do("restrict_object", object=hidden, to="hidden")

    with pytest.raises(DocumentError) as raised:
        made.sync()

    assert {problem.code for problem in raised.value.problems} == {code}
    assert any(hidden in str(problem.found) for problem in raised.value.problems)


def test_the_first_reply_by_a_person_is_read_from_an_email(open_clinic: Callable[..., Clinic]) -> None:
    made = open_clinic("salesforce", leads=10, partners=2)
    made.provision()
    made.sync()

    with made.store() as store, store.reading() as tx:
        leads = list(made.sandbox.truth("lead"))
        talks = tx.mirror.related("interaction", "lead", leads)
        outbound = [
            each
            for found in talks.values()
            for each in found
            if (each.facts.get("direction"), each.facts.get("channel")) == ("outbound", "email")
        ]
    assert {each.ref.object for each in outbound} == {EMAILS}
    assert {each.facts["author_kind"] for each in outbound} == {"coordinator"}
