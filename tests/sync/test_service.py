"""`fairlead run` obeys the schedule, follows webhooks, and tells a person of trouble."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import responses
from aiosmtpd.controller import Controller
from tests.sync.clinic import Clinic

from fairlead.plugins.connector import ConnectorContext
from fairlead.problems import Problem
from fairlead.project.settings import AlertSettings, WebhookSettings
from fairlead.sync.alerts import Alert, Alerts
from fairlead.sync.receiver import Receiver
from fairlead.sync.report import RunReport
from fairlead.sync.service import Service
from fairlead.sync.session import Session, open_session

OpenClinic = Callable[..., Clinic]
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
FAILED = Alert("failed", "clinic", "the token was refused [INVALID]", "set it anew")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Inbox:
    """A mail server's handler that keeps what it gets."""

    def __init__(self) -> None:
        self.received: list[bytes] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.received.append(envelope.content)
        return "250 taken"


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, int]]:
    made = Inbox()
    controller = Controller(made, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield made, controller.port
    controller.stop()


def test_an_alert_is_mailed_once_while_it_lasts(inbox: tuple[Inbox, int]) -> None:
    mail, port = inbox
    warned: list[str] = []
    settings = AlertSettings(email_to=["a@example.com"], smtp_host="127.0.0.1", smtp_port=port)
    alerts = Alerts(settings, {}, warned.append)

    first = alerts.tell([FAILED], NOW)
    again = alerts.tell([FAILED], NOW + timedelta(hours=1))
    next_day = alerts.tell([FAILED], NOW + timedelta(hours=25))

    assert [len(each) for each in (first, again, next_day)] == [1, 0, 1]
    assert len(mail.received) == 2
    message = message_from_bytes(mail.received[0])
    assert message["Subject"] == "Fairlead, clinic: failed"
    assert "the token was refused" in str(message.get_payload())
    assert warned == []


def test_what_ended_and_came_back_is_told_anew(inbox: tuple[Inbox, int]) -> None:
    alerts = Alerts(AlertSettings(), {}, lambda text: None)

    assert alerts.tell([FAILED], NOW) == [FAILED]
    assert alerts.tell([], NOW + timedelta(minutes=5)) == []
    assert alerts.tell([FAILED], NOW + timedelta(minutes=10)) == [FAILED]


@responses.activate
def test_an_alert_goes_to_a_webhook_as_json() -> None:
    responses.post("https://ops.example/alerts", status=204)
    alerts = Alerts(AlertSettings(webhook_url="https://ops.example/alerts"), {}, lambda text: None)

    alerts.tell([FAILED], NOW)

    (call,) = responses.calls
    assert call.request.body == (
        b'{"kind": "failed", "project": "clinic", "message": "the token was refused [INVALID]", '
        b'"remedy": "set it anew"}'
    )


def test_a_password_is_not_sent_without_encryption(inbox: tuple[Inbox, int]) -> None:
    mail, port = inbox
    warned: list[str] = []
    settings = AlertSettings(
        email_to=["a@example.com"], smtp_host="127.0.0.1", smtp_port=port, smtp_user="clinic"
    )

    Alerts(settings, {"FAIRLEAD_SMTP_PASSWORD": "hush-hush"}, warned.append).tell([FAILED], NOW)

    assert warned == ["the mail server offers no STARTTLS: the password is not sent"]
    assert len(mail.received) == 1


def test_an_alert_that_cannot_be_sent_does_not_stop_the_runs() -> None:
    warned: list[str] = []
    settings = AlertSettings(email_to=["a@example.com"], smtp_host="127.0.0.1", smtp_port=free_port())

    assert Alerts(settings, {}, warned.append).tell([FAILED], NOW) == [FAILED]
    assert warned == ["an alert could not be sent: ConnectionRefusedError"]


def service(clinic: Clinic, said: list[Any], events: list[Any]) -> Service:
    def opening(
        opened: Any,
        context: Callable[[ConnectorContext], ConnectorContext] = lambda made: made,
        **options: Any,
    ) -> Session:
        def quick(made: ConnectorContext) -> ConnectorContext:
            return replace(context(made), timeout=(2.0, 5.0), sleep=clinic.sandbox.advance)

        return open_session(opened, clock=clinic.sandbox.now, context=quick, **options)

    return Service(
        clinic.folder,
        clinic.environment,
        said.append,
        lambda text: events.append(("warned", text)),
        lambda name, **members: events.append((name, members)),
        clock=clinic.sandbox.now,
        open_session=opening,
    )


def test_a_failing_run_is_told_and_the_next_one_succeeds(open_clinic: OpenClinic) -> None:
    clinic = open_clinic(leads=10, partners=2)
    said: list[Any] = []
    events: list[Any] = []

    service(clinic, said, events).run(once=True)
    clinic.provision()
    service(clinic, said, events).run(once=True)

    assert isinstance(said[0], Problem)
    assert said[0].code == "missing-result-field"
    assert [members["kind"] for name, members in events if name == "alert"] == ["failed"]
    assert isinstance(said[1], RunReport)
    assert said[1].state == "done"


def test_rejects_above_the_limit_are_told(open_clinic: OpenClinic) -> None:
    clinic = open_clinic(leads=10, partners=2, settings="[sync.alerts]\nmost_rejects = 0\n")
    clinic.provision()
    clinic.sandbox.do("edit", object="people", id="P000004", values={"fl_pages_read": -3})
    events: list[Any] = []

    service(clinic, [], events).run(once=True)

    alerts = [members for name, members in events if name == "alert"]
    assert alerts == [{"kind": "rejects", "message": "1 rejects are open"}]


def test_everything_is_compared_when_the_last_time_is_long_ago(open_clinic: OpenClinic) -> None:
    clinic = open_clinic(leads=10, partners=2)
    clinic.provision()
    said: list[Any] = []

    for days in (0, 1, 8):
        clinic.sandbox.advance(days * 86_400)
        service(clinic, said, []).run(once=True)

    assert [report.kind for report in said] == ["incremental", "incremental", "full"]


@pytest.mark.parametrize("crm", ["acme", "hubspot", "salesforce", "zoho"])
def test_a_webhook_leads_to_reading_what_it_names_and_nothing_else(open_clinic: OpenClinic, crm: str) -> None:
    clinic = open_clinic(crm, leads=20, partners=3, limits=False)
    clinic.provision()
    assert clinic.sync().state == "done"
    clinic.sandbox.advance(600)
    clinic.sync()
    role = clinic.sandbox.objects["lead"]
    id_ = min(clinic.sandbox.truth("lead"))
    sent = clinic.sandbox.do("webhook", object=role, id=id_)
    forged = clinic.sandbox.do("webhook", object=role, id=id_, forged="body")
    refused: list[str] = []
    session = clinic.session()
    address = urlsplit(sent["url"])
    settings = WebhookSettings(
        public_url=f"{address.scheme}://{address.netloc}{address.path}", host="127.0.0.1", port=free_port()
    )
    receiver = Receiver(session.connector, settings, refused.append)
    try:
        base = f"http://127.0.0.1:{settings.port}"
        target = base + address.path + (f"?{address.query}" if address.query else "")
        answer = requests.post(target, data=sent["body"], headers=sent["headers"], timeout=5)
        assert answer.status_code == 200, refused
        assert receiver.announced.is_set()
        assert receiver.take() == {role: [id_]}
        assert requests.get(target, timeout=5).status_code == 405
        assert requests.post(target, data=b"x" * (1024 * 1024 + 1), timeout=5).status_code == 413
        if crm != "zoho":
            # Zoho signs nothing: a token in the body is all there is
            answer = requests.post(target, data=forged["body"], headers=forged["headers"], timeout=5)
            assert answer.status_code == 401
            assert receiver.take() == {}
    finally:
        receiver.stop()
        session.connector.close()

    clinic.sandbox.do("edit", object=role, id=id_, values={field_name(clinic, "pages_read"): 9})
    before = len(clinic.sandbox.calls)
    report = clinic.sync(announced={role: [id_]})

    assert report.kind == "announced"
    assert report.objects[role].read == 1
    assert len(clinic.sandbox.calls) - before < 40


def field_name(clinic: Clinic, base: str) -> str:
    session = clinic.session()
    try:
        return session.connector.field_name(base)
    finally:
        session.connector.close()


def test_a_service_manager_can_stop_it(open_clinic: OpenClinic, acme_installed: Path) -> None:
    clinic = open_clinic(leads=5, partners=1)
    clinic.provision()
    path = f"{acme_installed}{os.pathsep}{Path(__file__).parents[2] / 'docs/examples/connector'}"
    process = subprocess.Popen(
        [sys.executable, "-m", "fairlead.cli", "run", str(clinic.folder)],
        env={**clinic.environment, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    threading.Timer(0.2, process.send_signal, (signal.SIGTERM,)).start()
    began = time.monotonic()

    _, errors = process.communicate(timeout=30)

    assert "done" in line, errors
    assert process.returncode == 0, errors
    assert time.monotonic() - began < 15


def test_a_channel_that_ends_is_renewed_each_day(open_clinic: OpenClinic) -> None:
    port = free_port()
    clinic = open_clinic(
        "zoho",
        leads=5,
        partners=1,
        settings=f'[sync.webhooks]\npublic_url = "https://clinic.example/hooks"\nport = {port}\n',
    )
    clinic.provision()
    running = service(clinic, [], [])

    for days in (0, 1, 4):
        clinic.sandbox.advance(days * 86_400 + 60)
        running.run(once=True)

    # made when it was provisioned, looked at each day, and renewed before its six days end
    assert clinic.sandbox.count(path="/actions/watch") >= 3
    with requests.Session() as calls:
        looked = calls.get(clinic.sandbox.url + "/_control/calls", timeout=5).json()
    assert {"POST", "PUT"} <= {each["method"] for each in looked if "/actions/watch" in each["path"]}


@pytest.mark.parametrize("crm", ["hubspot", "salesforce", "zoho"])
def test_a_lead_that_becomes_hot_makes_one_task(open_clinic: OpenClinic, crm: str) -> None:
    clinic = open_clinic(crm, leads=60, partners=3, limits=False, settings="tasks = true\n")
    clinic.provision()

    first = clinic.sync()
    clinic.sandbox.advance(600)
    second = clinic.sync()
    session = clinic.session()
    try:
        fields = session.result_fields(session.plan(session.clock()))[clinic.sandbox.objects["lead"]]
    finally:
        session.connector.close()
    [priority] = [slot.spec.name for slot in fields.by_decision["lead.priority"]]
    with clinic.store() as store, store.reading() as tx:
        held = [
            values
            for page in tx.mirror.refs(clinic.sandbox.objects["lead"])
            for values in tx.held.get(page).values()
        ]

    hot = [values for values in held if values.get(priority) == "call_now"]
    assert len(hot) >= 1
    assert (first.tasks, second.tasks) == (len(hot), 0)
