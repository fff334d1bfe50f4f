"""Whatever happens in a CRM and on the way to it, every record is accounted for, and all ends right."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Mapping
from typing import Any, cast

import pytest
from tests.sync.accounts import standing_still
from tests.sync.clinic import Clinic
from tests.sync.forks import crm_state, differences

from fairlead.testing.seed import LEAD_INPUTS, PARTNER_INPUTS

OpenClinic = Callable[..., Clinic]

#: what a person may type, by field
_TYPED: Mapping[str, tuple[Any, ...]] = {
    "fl_channel": ("web_form", "whatsapp", "phone", None),
    "fl_asked_for_specific_dates": (True, False, None),
    "fl_submitted_medical_records": (True, False, None),
    "fl_reversal_cause": ("fraud", None),
    # a result of ours, typed over
    "fl_score": (99, None),
    "country": ("DE", "FR"),
    # no number of pages: the record is rejected until somebody mends it
    "fl_pages_read": (-3, 2, 9, None),
}
_INPUTS = {f"fl_{each.base}" for each in (*LEAD_INPUTS, *PARTNER_INPUTS)}


class History:
    """An account to which things happen by chance."""

    def __init__(self, clinic: Clinic, seed: int, *, answers_lost: bool) -> None:
        self.clinic = clinic
        self.sandbox = cast("Any", clinic.sandbox)
        self.chance = random.Random(seed)  # noqa: S311 - made-up happenings, no secret
        self.faults = ["status", "reset_before", *(["reset_after"] if answers_lost else [])]
        #: records that were written with what they held already
        self.idle: list[str] = []
        edit = self.sandbox._edit

        def watched(object_: str, id_: str, values: Mapping[str, Any]) -> None:
            held = self.sandbox._rows[object_][id_].fields
            if all(held.get(name) == value for name, value in values.items()):
                self.idle.append(f"{object_}/{id_}: {dict(values)}")
            edit(object_, id_, values)

        self.sandbox._edit = watched

    def happen(self) -> None:
        """Let a few things happen, and some time pass; what was broken may be mended meanwhile."""
        if self.chance.random() < 0.4:
            self.sandbox.faults.clear()
        deeds = (
            self.edit,
            self.edit,
            self.edit,
            self.delete,
            self.fault,
            self.throttle,
            self.forbid,
            self.lock,
        )
        for _ in range(self.chance.randint(3, 10)):
            self.chance.choice(deeds)()
        self.sandbox.advance(self.chance.choice((60, 600, 40_000)))

    def edit(self) -> None:
        name = self.chance.choice(sorted(_TYPED))
        values = {name: self.chance.choice(_TYPED[name])}
        self.sandbox.do("edit", object="people", id=self.somebody(), values=values)

    def delete(self) -> None:
        if len(self.sandbox.truth("lead")) > 10:
            self.sandbox.do("delete", object="people", id=self.somebody())

    def fault(self) -> None:
        kind = self.chance.choice(self.faults)
        # a call is tried six times before it counts as failed
        if self.chance.random() < 0.7:
            self.sandbox.fault(kind, method="PATCH", status=500, times=self.chance.choice((1, 3, 6, 14)))
        else:
            skip = self.chance.randint(0, 9)
            self.sandbox.fault(kind, path="/api", status=500, skip=skip, times=self.chance.choice((1, 3, 6)))

    def throttle(self) -> None:
        self.sandbox.do("throttle", times=self.chance.randint(1, 4))

    def forbid(self) -> None:
        field, value = self.chance.choice(
            (("fl_band", "warm"), ("fl_band", "cold"), ("fl_priority", "call_next"))
        )
        self.sandbox.do("forbid", object="people", field=field, value=value)

    def lock(self) -> None:
        self.sandbox.do("lock", object="people", id=self.somebody(), seconds=900)

    def somebody(self) -> str:
        return str(self.chance.choice(sorted(self.sandbox.truth("lead"))))

    def calm(self) -> None:
        """Let all faults end, and what cannot be read be mended."""
        for each in (
            self.sandbox.faults,
            self.sandbox._refusals,
            self.sandbox._forbidden,
            self.sandbox._locked,
        ):
            each.clear()
        for id_, lead in self.sandbox.truth("lead").items():
            if lead.values["fl_pages_read"] == -3:
                self.sandbox.do("edit", object="people", id=id_, values={"fl_pages_read": 2})
        self.sandbox.advance(600)


def copied(clinic: Clinic, fresh: Clinic) -> None:
    """Give a fresh clinic the account of another one, without any result."""
    one, other = clinic.sandbox, fresh.sandbox
    for name in ("_rows", "_gone", "_kinds", "_options"):
        setattr(other, name, copy.deepcopy(getattr(one, name)))
    other._offset = one._offset
    for rows in other._rows.values():  # type: ignore[attr-defined]
        for row in rows.values():
            row.fields |= {
                name: None for name in row.fields if name.startswith("fl_") and name not in _INPUTS
            }


@pytest.mark.parametrize("answers_lost", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_every_record_is_accounted_for_and_in_the_end_all_is_right(
    open_clinic: OpenClinic, seed: int, answers_lost: bool
) -> None:
    size: dict[str, Any] = {"leads": 24, "partners": 4, "limits": False}
    clinic = standing_still(open_clinic(**size))
    clinic.provision()
    history = History(clinic, seed, answers_lost=answers_lost)
    for _ in range(8):
        history.happen()
        report = clinic.sync()
        # a run that lost sight of a record says that it failed
        assert (report.state in ("done", "stopped"), report.imbalances()) == (True, [])
        # where no answer was lost, it is known what the CRM holds
        assert answers_lost or history.idle == []

    history.calm()
    last = clinic.sync()

    assert (last.state, last.imbalances(), last.rejects_open) == ("done", [], 0)
    assert (last.deferred, last.write_rejected) == (0, 0)
    history.idle.clear()
    again = clinic.sync()
    assert (again.queued, again.written, history.idle) == (0, 0, [])
    fresh = standing_still(open_clinic(**size))
    copied(clinic, fresh)
    assert fresh.sync().state == "done"
    assert differences(crm_state(clinic), crm_state(fresh)) == {}
