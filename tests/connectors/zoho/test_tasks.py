"""Tasks: one for each key, also where a call is repeated."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.connectors.zoho.desk import Desk

from fairlead.plugins.records import Task

DUE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def tasks(desk: Desk, number: int = 2) -> list[Task]:
    return [Task("Leads", id_, f"hot/it's/{id_}", "Call now", "Score 70", DUE) for id_ in desk.ids()[:number]]


def made(desk: Desk) -> list[tuple[object, ...]]:
    rows = desk.sandbox.account.tables["Tasks"].rows.values()
    return [(row.get("Subject"), row.get("What_Id"), row.se_module, str(row.get("Due_Date"))) for row in rows]


def test_a_task_points_to_its_lead(desk: Desk) -> None:
    (result,) = desk.connector.create_tasks(tasks(desk, 1))

    assert result.failure is None
    assert made(desk) == [("Call now", desk.ids()[0], "Leads", "2026-11-23")]
    assert desk.sandbox.account.runs[-1].runs_automations is False


def test_a_key_makes_one_task(desk: Desk) -> None:
    desk.connector.create_tasks(tasks(desk))
    again = desk.open()

    results = again.create_tasks([*tasks(desk, 3), *tasks(desk, 3)])

    assert [result.failure for result in results] == [None] * 6
    assert len(made(desk)) == 3


def test_a_call_that_is_cut_after_it_took_effect_makes_no_second_task(desk: Desk) -> None:
    desk.connector.create_tasks(tasks(desk, 1))
    desk.sandbox.fault("reset_after", method="POST", path="/Tasks$")

    results = desk.connector.create_tasks(tasks(desk, 2))

    assert [result.failure for result in results] == [None, None]
    assert len(made(desk)) == 2


def test_removing_our_fields_removes_the_one_for_the_key(desk: Desk) -> None:
    desk.connector.create_tasks(tasks(desk))
    assert "Fairlead_key" in desk.sandbox.account.modules["Tasks"].fields

    steps = desk.connector.unprovision([], dry_run=False)

    assert [step.target for step in steps] == ["Tasks.Fairlead_key"]
    assert "Fairlead_key" not in desk.sandbox.account.modules["Tasks"].fields
