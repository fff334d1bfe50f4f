"""A change of law: what the packs ask otherwise from a day on, and the records that this touches."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date
from pathlib import Path
from typing import Any

import pytest

from fairlead.files import InputFile, RelatedFile
from fairlead.problems import UsageError
from fairlead.project.impact import Impact, changes_of_law, days_of_change, touched_records
from fairlead.ruleset.models import load_model
from fairlead.ruleset.policy_pack import PolicyPack, load_pack

MODEL = load_model("medical-travel/facts")
GERMANY = {"==": [{"var": "facility.country"}, "DE"]}
CLEAR = {"var": "partner.screening_clear"}
FEE = {
    "type": "money",
    "currency": "USD",
    "dated": [
        {"from": "2026-01-01", "value": {"amount": "400.00", "currency": "USD"}},
        {"from": "2027-01-01", "value": {"amount": "300.00", "currency": "USD"}},
    ],
    "title": "most that one introduction earns",
    "source": "Official journal.",
    "confidence": "high",
}
DAY = date(2027, 1, 1)

Make = Callable[..., PolicyPack]


def obligation(name: str, **keys: Any) -> dict[str, Any]:
    return {
        "id": name,
        "title": f"The {name}",
        "text": "Something is asked.",
        "citation": f"Act s. {name}",
        "source": "Seen.",
        "binds": "payer",
        "force": "allow_if",
        "governing": "introduction",
        "confidence": "high",
        "reviewed_by": None,
        **keys,
    }


def guarded(name: str, requirement: Any = CLEAR, **keys: Any) -> dict[str, Any]:
    return obligation(name, guard={"requirement": requirement, "text": "Not screened."}, **keys)


@pytest.fixture
def pack(tmp_path: Path) -> Make:
    def made(*obligations: dict[str, Any], **keys: Any) -> PolicyPack:
        path = tmp_path / "rulesets" / "policies" / "small.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        value = {
            "fairlead": 1,
            "kind": "policy-pack",
            "name": "policies/small",
            "version": "1.0.0",
            "title": "Small",
            "about": "A small pack.",
            "model": {"name": "medical-travel/facts", "version": "1.0.0"},
            "obligations": list(obligations),
            **keys,
        }
        path.write_text(json.dumps(value))
        return load_pack(path, [tmp_path / "rulesets"], MODEL)

    return made


@pytest.fixture
def look(tmp_path: Path) -> Callable[..., Impact]:
    def looked(law: PolicyPack, *records: Any, as_of: date = date(2026, 11, 22), related: Any = ()) -> Impact:
        path = tmp_path / "records.jsonl"
        path.write_text("".join(json.dumps(record) + "\n" for record in records))
        return touched_records([law], MODEL, UTC, DAY, as_of, InputFile(str(path), related=related))

    return looked


def introduced(name: str, on: str | None, **others: Any) -> dict[str, Any]:
    facts = {"id": name} if on is None else {"id": name, "introduced_on": on}
    return {"introduction": facts, **others}


def answers(found: Impact) -> list[tuple[str, str | None, bool | None, bool | None, bool | None]]:
    return [
        (each.record, str(each.governing_date), each.applies, each.before, each.after)
        for each in found.touched
    ]


def test_an_obligation_begins_and_ends_on_the_days_of_the_pack(pack: Make) -> None:
    law = pack(
        guarded("new", effective={"from": "2027-01-01"}),
        guarded("old", effective={"from": "2020-01-01", "to": "2027-01-01"}),
    )
    assert [(each.kind, each.name, each.citations) for each in changes_of_law([law], DAY)] == [
        ("begins", "new", ("Act s. new",)),
        ("ends", "old", ("Act s. old",)),
    ]
    assert changes_of_law([law], date(2027, 1, 2)) == []
    assert changes_of_law([law], date(2026, 12, 31)) == []
    assert days_of_change([law]) == [date(2020, 1, 1), date(2027, 1, 1)]


def test_a_dated_figure_changes_for_the_obligations_that_read_it(pack: Make) -> None:
    cap = {"kind": "item_cap", "maximum": {"var": "parameters.fee"}}
    law = pack(obligation("ceiling", property=cap), guarded("other"), parameters={"fee": FEE})
    (change,) = changes_of_law([law], DAY)
    assert change.as_json() == {
        "pack": "policies/small",
        "kind": "changes",
        "name": "parameters.fee",
        "title": {"en": "most that one introduction earns"},
        "obligations": ["ceiling"],
        "citations": ["Act s. ceiling"],
        "source": "Official journal.",
        "confidence": "high",
        "old": {"amount": "400.00", "currency": "USD"},
        "new": {"amount": "300.00", "currency": "USD"},
    }
    (first,) = changes_of_law([law], date(2026, 1, 1))
    assert first.old is None
    assert days_of_change([law]) == [date(2026, 1, 1), date(2027, 1, 1)]


def test_the_first_day_of_the_calendar_has_none_before_it(pack: Make) -> None:
    with pytest.raises(UsageError, match="`0001-01-01` has no day before it"):
        changes_of_law([pack(guarded("new"))], date.min)


def test_records_from_the_day_on_are_touched_and_those_before_are_not(pack: Make, look: Any) -> None:
    law = pack(guarded("new", effective={"from": "2027-01-01"}))
    clear, not_clear = {"screening_clear": True}, {"screening_clear": False}
    found = look(
        law,
        introduced("I-4", "2027-02-01", partner=not_clear),
        introduced("I-1", "2026-12-31", partner=not_clear),
        introduced("I-2", "2027-01-01", partner=clear),
        introduced("I-3", "2027-01-02"),
    )
    assert answers(found) == [
        ("I-2", "2027-01-01", True, True, True),
        ("I-3", "2027-01-02", True, True, False),
        ("I-4", "2027-02-01", True, True, False),
    ]
    assert [each.changes for each in found.touched] == [False, True, True]
    assert found.touched[1].why == ("whether its requirement is met is not known",)
    assert found.touched[2].why == ("its requirement is not met",)
    assert (found.read, found.looked_at, found.rejected, found.records, found.changed) == (4, 4, 0, 3, 2)


def test_what_ends_lets_records_pass(pack: Make, look: Any) -> None:
    law = pack(guarded("old", effective={"from": "2020-01-01", "to": "2027-01-01"}))
    found = look(law, introduced("I-1", "2027-01-01", partner={"screening_clear": False}))
    assert answers(found) == [("I-1", "2027-01-01", True, False, True)]
    assert found.touched[0].why == ()


def test_a_missing_governing_date_is_touched_and_stands_first(pack: Make, look: Any) -> None:
    law = pack(guarded("new", effective={"from": "2027-01-01"}))
    found = look(
        law, introduced("I-1", "2027-01-01"), introduced("I-2", None, partner={"screening_clear": True})
    )
    assert answers(found) == [
        ("I-2", "None", True, True, False),
        ("I-1", "2027-01-01", True, True, False),
    ]
    assert found.touched[0].why == ("its governing date, `introduction.introduced_on`, is missing",)


def test_a_record_that_the_obligation_cannot_apply_to_is_not_touched(pack: Make, look: Any) -> None:
    law = pack(guarded("new", effective={"from": "2027-01-01"}), applies_when=GERMANY)
    found = look(
        law,
        introduced("I-1", "2027-01-01", facility={"country": "DE"}, partner={"screening_clear": True}),
        introduced("I-2", "2027-01-01", facility={"country": "FR"}),
        introduced("I-3", "2027-01-01", partner={"screening_clear": True}),
    )
    assert answers(found) == [
        ("I-1", "2027-01-01", True, True, True),
        ("I-3", "2027-01-01", None, True, False),
    ]


def test_a_figure_in_a_guard_changes_its_answer(pack: Make, look: Any) -> None:
    year = {"<=": [{"var": "partner.introductions_this_year"}, {"var": "parameters.most"}]}
    most = {
        "type": "integer",
        "dated": [{"from": "2026-01-01", "value": 10}, {"from": "2027-01-01", "value": 5}],
        "title": "most introductions of a year",
        "source": "Seen.",
        "confidence": "high",
    }
    law = pack(guarded("count", year), parameters={"most": most})
    found = look(
        law,
        *(
            introduced(f"I-{count}", "2027-03-01", partner={"introductions_this_year": count})
            for count in (5, 6, 10, 11)
        ),
    )
    assert [(each.record, each.before, each.after, each.changes) for each in found.touched] == [
        ("I-5", True, True, False),
        ("I-6", True, False, True),
        ("I-10", True, False, True),
        ("I-11", False, False, False),
    ]


def test_a_property_alone_asks_nothing_of_a_record(pack: Make, look: Any) -> None:
    proved = {"kind": "independent", "label": "treatment_value"}
    law = pack(obligation("value", property=proved, effective={"from": "2027-01-01"}))
    found = look(law, introduced("I-1", "2027-01-01"))
    assert answers(found) == [("I-1", "2027-01-01", True, None, None)]
    assert found.changed == 0


@pytest.mark.parametrize(
    ("as_of", "day"), [(date(2026, 11, 22), "2027-01-01"), (date(2027, 5, 5), "2027-05-05")]
)
def test_what_the_payment_governs_is_paid_on_the_day_or_later(
    pack: Make, look: Any, as_of: date, day: str
) -> None:
    law = pack(guarded("new", governing="payment", effective={"from": "2027-01-01"}))
    found = look(law, introduced("I-1", "2026-01-01", partner={"screening_clear": True}), as_of=as_of)
    assert answers(found) == [("I-1", day, True, True, True)]


def test_each_record_is_asked_what_is_about_it(pack: Make, look: Any) -> None:
    law = pack(
        guarded("new", effective={"from": "2027-01-01"}),
        guarded(
            "story",
            {"==": [{"var": "story.id"}, "S-1"]},
            entity="story",
            governing="payment",
            effective={"from": "2027-01-01"},
        ),
    )
    found = look(law, {"story": {"id": "S-1"}}, introduced("I-1", "2027-01-01"), {"lead": {"id": "L-1"}})
    assert [(each.record, each.obligation) for each in found.touched] == [("S-1", "story"), ("I-1", "new")]
    assert found.unfit[0][0] == 3
    assert (found.read, found.looked_at, found.rejected) == (3, 2, 1)


def test_related_records_are_counted_as_evaluate_counts_them(pack: Make, look: Any, tmp_path: Path) -> None:
    few = {"<=": [{"var": "partner.introductions_this_year"}, 1]}
    law = pack(guarded("few", few, effective={"from": "2027-01-01"}))
    path = tmp_path / "introductions.csv"
    path.write_text(
        "introduction.id,introduction.introduced_on,partner.id\n"
        "I-7,2027-01-01,P-1\nI-8,2027-01-01,P-2\nI-9,2027-01-01,P-2\n"
    )
    found = look(
        law,
        introduced("I-1", "2027-01-01", partner={"id": "P-1"}),
        introduced("I-2", "2027-01-01", partner={"id": "P-2"}),
        related=[RelatedFile("introductions", str(path))],
    )
    assert [(each.record, each.after) for each in found.touched] == [("I-1", True), ("I-2", False)]


def test_where_nothing_changes_no_file_is_read(pack: Make) -> None:
    found = touched_records([pack(guarded("always"))], MODEL, UTC, DAY, DAY, InputFile("no-such-file.csv"))
    assert (found.read, found.touched, found.reading) == (0, [], None)
