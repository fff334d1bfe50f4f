"""Each code that a lead comes with is kept once, with when it came and how."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from tests.sync.clinic import Clinic

from fairlead.plugins.records import Scalar
from fairlead.store import Ref, Touch, Way

OpenClinic = Callable[..., Clinic]

LEAD = Ref("people", "P000001")


def synced(open_clinic: OpenClinic) -> Clinic:
    """A clinic that has synced, and whose first lead came without a code."""
    clinic = open_clinic(leads=5, partners=9)
    clinic.provision()
    edit(clinic, fl_tracking_code=None)
    assert clinic.sync().state == "done"
    assert touches(clinic) == []
    return clinic


def edit(clinic: Clinic, **values: Scalar) -> datetime:
    clinic.sandbox.advance(120)
    clinic.sandbox.do("edit", object="people", id=LEAD.id, values=values)
    return clinic.sandbox.truth("lead")[LEAD.id].modified_at


def touches(clinic: Clinic, ref: Ref = LEAD) -> list[Touch]:
    with clinic.store() as store, store.reading() as tx:
        return tx.touches.of([ref]).get(ref, [])


def test_a_code_is_kept_once_however_often_the_lead_is_read(open_clinic: OpenClinic) -> None:
    clinic = synced(open_clinic)
    edited = edit(clinic, fl_tracking_code="TA-102")

    report = clinic.sync()
    seen = clinic.sandbox.now()
    edit(clinic, country="FR")
    again = [clinic.sync(), clinic.sync(full=True)]

    assert (report.touches, [each.touches for each in again]) == (1, [0, 0])
    [touch] = touches(clinic)
    assert (touch.ref, touch.code, touch.way, touch.at) == (LEAD, "TA-102", Way.TRACKING_CODE, edited)
    assert abs(touch.seen_at - seen) < timedelta(minutes=5)


def test_a_touch_is_of_when_the_code_was_entered_where_that_is_known(open_clinic: OpenClinic) -> None:
    clinic = synced(open_clinic)
    path = clinic.folder / "mappings" / "acme.json"
    document = json.loads(path.read_text("utf-8"))
    lead = document["objects"]["people"]["entities"]["lead"]
    lead["facts"]["tracking_code_entered_at"] = {"field": "created"}
    path.write_text(json.dumps(document), "utf-8")
    edit(clinic, fl_tracking_code="TA-102", created=datetime(2026, 10, 2, 8, 30, tzinfo=UTC))
    clinic.sync()

    assert [touch.at for touch in touches(clinic)] == [datetime(2026, 10, 2, 8, 30, tzinfo=UTC)]


def test_another_code_is_another_touch_and_the_first_one_stays(open_clinic: OpenClinic) -> None:
    clinic = synced(open_clinic)
    for code in ("TA-102", None, "TA-103", "TA-102"):
        edit(clinic, fl_tracking_code=code)
        clinic.sync()

    assert [touch.code for touch in touches(clinic)] == ["TA-102", "TA-103", "TA-102"]


def test_an_address_is_kept_as_it_is_and_no_unknown_code(open_clinic: OpenClinic) -> None:
    clinic = synced(open_clinic)
    address = "https://clinic.example/hair?partner=TA-102&utm_source=blog"
    edit(clinic, fl_tracking_code=address)
    report = clinic.sync()

    assert [(touch.code, touch.way) for touch in touches(clinic)] == [(address, Way.URL)]
    assert report.notes == []


def test_a_code_that_nobody_has_is_a_touch_as_well(open_clinic: OpenClinic) -> None:
    clinic = synced(open_clinic)
    edit(clinic, fl_tracking_code="TA-999", agent=None)
    report = clinic.sync()

    assert [touch.code for touch in touches(clinic)] == ["TA-999"]
    assert [code for code, _, _ in report.notes] == ["unknown-code"]


def test_a_dry_run_keeps_no_touch(open_clinic: OpenClinic) -> None:
    clinic = synced(open_clinic)
    edit(clinic, fl_tracking_code="TA-102")

    assert clinic.sync(dry_run=True).touches == 1
    assert touches(clinic) == []


def test_the_touches_of_a_merged_lead_are_those_of_the_one_that_lives_on(open_clinic: OpenClinic) -> None:
    clinic = synced(open_clinic)
    edit(clinic, fl_tracking_code="TA-102")
    clinic.sync()
    clinic.sandbox.do("merge", object="people", keep="P000002", lose=LEAD.id)
    clinic.sync()

    assert "TA-102" in [touch.code for touch in touches(clinic, Ref("people", "P000002"))]


def test_a_forgotten_person_has_no_touches(open_clinic: OpenClinic) -> None:
    clinic = synced(open_clinic)
    edit(clinic, fl_tracking_code="TA-102")
    clinic.sync()
    with clinic.store() as store:
        store.forget(LEAD)
    clinic.sync(full=True)

    assert touches(clinic) == []
