"""What becomes of values that Zoho drops: a field that goes while a run writes it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.sync.clinic import Clinic

from fairlead.problems import DocumentError

SCORE = "Fairlead_score"


def test_values_that_were_dropped_under_way_are_written_once_the_field_is_back(
    open_clinic: Callable[..., Clinic],
) -> None:
    """Within a minute of its last look nothing tells: the next run does, and nothing is lost."""
    clinic = open_clinic("zoho", leads=12)
    clinic.provision()
    peaceful = open_clinic("zoho", leads=12)
    peaceful.provision()
    peaceful.sync()

    def drop(name: str, **members: object) -> None:
        if name == "writing" and members["object"] == "Leads":
            clinic.sandbox.do("drop_field", object="Leads", name=SCORE)

    report = clinic.sync(event=drop)
    assert (report.state, report.write_rejected) == ("done", 0)

    with pytest.raises(DocumentError) as raised:
        clinic.sync()
    assert [(each.code, each.found) for each in raised.value.problems] == [("missing-result-field", SCORE)]

    clinic.provision()
    clinic.sandbox.advance(600)
    clinic.sync()

    assert scores(clinic) == scores(peaceful)


def scores(clinic: Clinic) -> list[object]:
    rows = clinic.sandbox.account.tables["Leads"].rows  # type: ignore[attr-defined]
    found = [row.get(SCORE) for _, row in sorted(rows.items())]
    assert len([each for each in found if each is not None]) > 3
    return found
