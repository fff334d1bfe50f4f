"""Writing: batches as large as Zoho takes them, a result for each record, automations left asleep."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from tests.connectors.zoho.conftest import Start
from tests.connectors.zoho.desk import Desk

from fairlead.plugins.failures import FailureKind
from fairlead.plugins.fields import FieldKind, FieldSpec
from fairlead.plugins.records import Change, Link, LinkChange, Scalar

PARTNER = Link("partner", "Vendors", "Fairlead_partner")


def test_a_hundred_records_in_a_call_and_no_automation_runs(start: Start) -> None:
    desk = start(leads=250)

    results = desk.connector.write([desk.change(id_, Fairlead_pages_read=7) for id_ in desk.ids()])

    assert [result.id for result in results] == desk.ids()
    assert [result.failure for result in results if result.failure] == []
    assert sorted(run.records for run in desk.sandbox.account.runs) == [50, 100, 100]
    assert not any(run.runs_automations for run in desk.sandbox.account.runs)
    assert {record.values["Fairlead_pages_read"] for record in desk.sandbox.truth("lead").values()} == {7}
    assert desk.calls("PUT", "/Leads") == 3
    assert len(desk.sandbox.calls) == 5  # with the token and one look at the fields


def test_the_fields_are_looked_at_once_a_minute_whatever_is_written(desk: Desk) -> None:
    one, two, three = desk.ids()[:3]

    for id_ in (one, two, three):
        desk.connector.write([desk.change(id_, Fairlead_pages_read=7)])
        desk.sandbox.advance(25)
    assert desk.calls("GET", "/settings/fields") == 1

    desk.sandbox.do("drop_field", object="Leads", name="Fairlead_pages_read")
    (result,) = desk.connector.write([desk.change(one, Fairlead_pages_read=8)])

    assert desk.calls("GET", "/settings/fields") == 2
    assert result.failure is not None
    assert (result.failure.code, result.failure.field) == ("unknown-field", "Fairlead_pages_read")


def test_a_field_that_was_made_a_moment_ago_is_written(desk: Desk) -> None:
    """What a description lacks is looked for again at once."""
    (id_,) = desk.ids()[:1]
    desk.connector.write([desk.change(id_, Fairlead_pages_read=7)])
    other = desk.open()
    spec = FieldSpec("Leads", "Fairlead_later", "Later", FieldKind.INTEGER, "result")
    other.provision([spec], dry_run=False)

    (result,) = desk.connector.write([desk.change(id_, Fairlead_later=3)])

    assert result.failure is None


def test_the_stamp_of_each_write_is_told(desk: Desk) -> None:
    id_ = desk.ids()[0]

    (result,) = desk.connector.write([desk.change(id_, Fairlead_pages_read=7)])

    assert result.modified_at == desk.sandbox.truth("lead")[id_].modified_at


def test_batches_run_side_by_side_up_to_the_ceiling_and_not_above(start: Start) -> None:
    desk = start(leads=1600)
    desk.sandbox.latency = 0.05

    results = desk.connector.write([desk.change(id_, Fairlead_pages_read=7) for id_ in desk.ids()])

    assert [result.failure for result in results if result.failure] == []
    assert desk.sandbox.most_in_flight == 10
    assert desk.connector.usage().throttled == 0


@pytest.mark.parametrize(
    ("field", "value", "stored"),
    [
        ("Fairlead_language", "العربية", "العربية"),
        ("Fairlead_pages_read", 0, 0),
        ("Fairlead_budget", Decimal("1250.50"), Decimal("1250.5")),
        ("Fairlead_introduced_on", date(2026, 2, 28), date(2026, 2, 28)),
        (
            "Fairlead_disclosure_fa981",
            datetime(2026, 3, 29, 0, 30, 0, 900_000, tzinfo=UTC),
            datetime(2026, 3, 29, 0, 30, tzinfo=UTC),  # Zoho keeps whole seconds
        ),
        ("Fairlead_channel", "whatsapp", "whatsapp"),
        ("Fairlead_file_complete", True, True),
        ("Fairlead_file_complete", False, False),
        ("Fairlead_file_complete", None, None),
        ("Fairlead_language", "", None),
    ],
)
def test_values_of_each_kind(desk: Desk, field: str, value: Scalar, stored: Scalar) -> None:
    id_ = desk.ids()[0]

    (result,) = desk.connector.write([desk.change(id_, **{field: value})])

    assert result.failure is None
    found, _ = desk.read(desk.query(field))
    assert found[id_].values[field] == stored


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("Fairlead_pages_read", "seven", "wrong-kind-of-value"),
        ("Fairlead_pages_read", True, "wrong-kind-of-value"),
        ("Fairlead_disclosure_fa981", datetime(2026, 3, 29), "wrong-kind-of-value"),  # noqa: DTZ001 - meant
        ("Fairlead_nothing", 1, "unknown-field"),
        ("Created_Time", datetime(2026, 3, 29, tzinfo=UTC), "field-not-writable"),
        ("Fairlead_channel", "pigeon", "INVALID_DATA"),
        ("Fairlead_language", "x" * 256, "INVALID_DATA"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_alone(desk: Desk, field: str, value: Scalar, code: str) -> None:
    one, two = desk.ids()[:2]

    bad, good = desk.connector.write([desk.change(one, **{field: value}), desk.change(two, Country="SE")])

    assert bad.failure is not None
    assert (bad.failure.kind, bad.failure.code, bad.failure.field) == (FailureKind.REJECT, code, field)
    assert str(value) not in str(bad.failure)
    assert good.failure is None


def test_a_value_that_another_record_has_names_that_record(desk: Desk) -> None:
    one, two = desk.ids("partner")[:2]
    taken = desk.sandbox.truth("partner")[one].values["Fairlead_code"]

    (result,) = desk.connector.write([Change("Vendors", two, {"Fairlead_code": taken})])

    assert result.failure is not None
    assert (result.failure.kind, result.failure.other_id) == (FailureKind.ADOPT, one)


def test_converted_deleted_and_locked_records_each_have_their_answer(desk: Desk) -> None:
    converted, deleted, locked, good = desk.ids()[:4]
    desk.sandbox.do("convert", object="Leads", id=converted)
    desk.sandbox.do("delete", object="Leads", id=deleted)
    desk.sandbox.do("lock", object="Leads", id=locked, seconds=60)

    results = desk.connector.write(
        [desk.change(id_, Fairlead_pages_read=7) for id_ in (converted, deleted, locked, good)]
    )

    kinds = [result.failure.kind if result.failure else None for result in results]
    assert kinds == [FailureKind.REJECT, FailureKind.GONE, FailureKind.RETRY, None]


def test_items_out_of_order_land_on_their_records(desk: Desk) -> None:
    """That items come in the order sent is nowhere promised."""
    ids = desk.ids()[:5]
    answer = desk.sandbox.writing.update

    def shuffled(request: object, version: str, module: str) -> object:
        import json

        from fairlead.testing.server import json_response

        response = answer(request, version, module)  # type: ignore[arg-type]
        items = json.loads(response.get_data())["data"]
        return json_response({"data": items[::-1]}, response.status_code)

    desk.sandbox._handlers["PUT /crm/<version>/<module>"] = shuffled  # type: ignore[assignment]
    changes = [desk.change(id_, Fairlead_pages_read=7) for id_ in ids]
    changes[1] = desk.change(ids[1], Fairlead_channel="pigeon")
    results = desk.connector.write(changes)

    assert [result.id for result in results] == ids
    assert [result.failure is not None for result in results] == [False, True, False, False, False]


def test_a_record_named_twice_ends_with_its_last_value(start: Start) -> None:
    desk = start(leads=150)
    first = [desk.change(id_, Fairlead_pages_read=1) for id_ in desk.ids()]
    second = [desk.change(id_, Fairlead_pages_read=2) for id_ in desk.ids()]

    results = desk.connector.write([*first, *second])

    assert len(results) == 300
    assert {record.values["Fairlead_pages_read"] for record in desk.sandbox.truth("lead").values()} == {2}


def test_what_was_not_tried_because_the_credits_ended_says_so(start: Start) -> None:
    desk = start(leads=1500, settings={"concurrent_calls": 1})
    desk.connector.describe(["Leads"])
    desk.sandbox.credits.limit = desk.sandbox.credits.used + 31

    results = desk.connector.write([desk.change(id_, Fairlead_pages_read=7) for id_ in desk.ids()])

    kinds = [result.failure.kind if result.failure else None for result in results]
    assert kinds == [None] * 300 + [FailureKind.LIMIT] * 1200
    # the answers said how many were left: the call that would have been refused was not made
    assert desk.calls("PUT", "/Leads") == 3


def test_a_time_out_after_the_write_took_effect_changes_nothing_twice(desk: Desk) -> None:
    desk.connector.describe(["Leads"])
    desk.sandbox.fault("reset_after", method="PUT")

    (result,) = desk.connector.write([desk.change(desk.ids()[0], Fairlead_pages_read=7)])

    assert result.failure is None
    assert desk.calls("PUT", "/Leads") == 2
    assert len(desk.sandbox.truth("lead")) == 60


def test_a_link_is_a_lookup_field(desk: Desk) -> None:
    lead, partner = desk.ids()[0], desk.ids("partner")[2]

    (result,) = desk.connector.write_links([LinkChange("Leads", lead, PARTNER, partner)])

    assert result.failure is None
    assert desk.sandbox.truth("lead")[lead].links == {"partner": (partner,)}
    unnamed = LinkChange("Leads", lead, Link("partner", "Vendors"), partner)
    (refused,) = desk.connector.write_links([unnamed])
    assert refused.failure is not None
    assert refused.failure.code == "link-without-field"
