"""A person's word stands above a decision as long as it lasts, and is told from what was decided."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.sync.clinic import Clinic

from fairlead.plugins.fields import FieldKind
from fairlead.plugins.records import Scalar
from fairlead.problems import DocumentError
from fairlead.store import LogEntry
from fairlead.sync.doctor import diagnose
from fairlead.sync.overrides import in_force, override_line
from fairlead.sync.provisioning import provisioned_specs

OpenClinic = Callable[..., Clinic]

#: what the rules say of the first lead
DECIDED = "Asked for specific dates\nMentioned a budget\nWrote through the web form"
ISTANBUL = ZoneInfo("Europe/Istanbul")


def overriding(open_clinic: OpenClinic, *decisions: str, settings: str = "") -> Clinic:
    clinic = open_clinic(leads=10, partners=2, settings=settings)
    path = clinic.folder / "mappings" / "acme.json"
    document = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**document, "overrides": list(decisions)}), "utf-8")
    return clinic


@pytest.fixture
def clinic(open_clinic: OpenClinic) -> Clinic:
    """A clinic whose people may override priorities and tiers, and that has synced and settled."""
    clinic = overriding(open_clinic, "lead.priority", "partner.tier")
    clinic.provision()
    assert clinic.sync().state == "done"
    clinic.sandbox.advance(600)
    assert clinic.sync().written == 0
    return clinic


def person(clinic: Clinic) -> Mapping[str, Scalar]:
    return clinic.sandbox.truth("lead")["P000001"].values


def edit(clinic: Clinic, **values: Scalar) -> None:
    clinic.sandbox.advance(120)
    clinic.sandbox.do("edit", object="people", id="P000001", values=values)


def until(clinic: Clinic, instant: datetime) -> None:
    clinic.sandbox.advance((instant - clinic.sandbox.now()).total_seconds())


def log_of(clinic: Clinic) -> list[LogEntry]:
    with clinic.store() as store, store.reading() as tx:
        assert store.verify().sound
        return list(tx.log.entries(entity="lead", id_="P000001"))


def stated(clinic: Clinic) -> Any:
    with clinic.store() as store, store.reading() as tx:
        record = tx.mirror.record("lead", "P000001")
    assert record is not None
    return record.facts.get("@overrides")


def test_each_decision_that_is_listed_gets_three_fields_of_its_own(open_clinic: OpenClinic) -> None:
    clinic = overriding(open_clinic, "lead.priority", "partner.tier")
    session = clinic.session()

    specs = {spec.name: spec for spec in provisioned_specs(session) if spec.purpose == "override"}
    session.connector.close()

    assert {name: (spec.object, spec.kind) for name, spec in specs.items()} == {
        "fl_priority_override": ("people", FieldKind.ONE_OF),
        "fl_priority_override_reason": ("people", FieldKind.TEXT),
        "fl_priority_override_until": ("people", FieldKind.DATE),
        "fl_tier_override": ("agents", FieldKind.ONE_OF),
        "fl_tier_override_reason": ("agents", FieldKind.TEXT),
        "fl_tier_override_until": ("agents", FieldKind.DATE),
    }
    tiers = [option.value for option in specs["fl_tier_override"].options]
    assert tiers == ["none", "bronze", "silver", "gold"]


def test_what_a_person_sets_is_written_with_the_reason_first(clinic: Clinic) -> None:
    edit(clinic, fl_priority_override="call_now", fl_priority_override_reason="Called\nus  twice")

    report = clinic.sync()

    assert (report.evaluated, report.written, report.notes, report.edits) == (1, 1, [], [])
    assert person(clinic)["fl_priority"] == "call_now"
    assert person(clinic)["fl_reasons"] == f"Set by hand (Who to call now): Called us twice\n{DECIDED}"
    # what is not overridden is decided as ever
    assert (person(clinic)["fl_score"], person(clinic)["fl_band"]) == (35, "warm")


def test_the_log_has_what_was_decided_and_that_it_was_overridden(clinic: Clinic) -> None:
    edit(clinic, fl_priority_override="call_now", fl_priority_override_reason="Called us twice")
    clinic.sync()

    first, second = log_of(clinic)
    assert "lead.priority.override" not in first.decisions
    assert second.decisions["lead.priority"] == "call_next"
    assert second.decisions["lead.priority.override"] == {
        "value": "call_now",
        "reason": "Called us twice",
        "until": None,
    }
    assert second.inputs is not None
    assert "@overrides" not in second.inputs["lead"]


def test_it_ends_with_its_last_day_in_the_projects_zone(clinic: Clinic) -> None:
    last = date(2026, 11, 25)
    edit(
        clinic,
        fl_priority_override="call_now",
        fl_priority_override_reason="On holiday",
        fl_priority_override_until=last,
    )
    clinic.sync()

    # the 25th ends in Istanbul at nine in the evening, UTC
    until(clinic, datetime(2026, 11, 25, 20, 55, tzinfo=UTC))
    before = clinic.sync()
    assert (before.written, person(clinic)["fl_priority"]) == (0, "call_now")

    until(clinic, datetime(2026, 11, 25, 21, 0, tzinfo=UTC))
    after = clinic.sync()
    assert after.evaluated == 1
    assert (person(clinic)["fl_priority"], person(clinic)["fl_reasons"]) == ("call_next", DECIDED)
    assert log_of(clinic)[-1].decisions.keys() >= {"lead.priority"}
    assert "lead.priority.override" not in log_of(clinic)[-1].decisions


def test_one_that_has_ended_already_changes_nothing(clinic: Clinic) -> None:
    edit(
        clinic,
        fl_priority_override="call_now",
        fl_priority_override_reason="Old",
        fl_priority_override_until=date(2026, 11, 1),
    )

    report = clinic.sync()

    assert (report.evaluated, report.written) == (1, 0)
    assert person(clinic)["fl_priority"] == "call_next"


def test_one_without_a_reason_is_followed_and_reported(clinic: Clinic) -> None:
    edit(clinic, fl_priority_override="call_now")

    report = clinic.sync()

    assert person(clinic)["fl_priority"] == "call_now"
    assert str(person(clinic)["fl_reasons"]).splitlines()[0] == "Set by hand (Who to call now)"
    assert report.notes == [
        ("override-without-reason", "people/P000001", "`lead.priority` is overridden without a reason")
    ]


def test_a_value_that_is_no_option_is_reported_and_not_followed(clinic: Clinic) -> None:
    edit(clinic, fl_priority_override="tomorrow", fl_priority_override_reason="Later")

    report = clinic.sync()

    assert [code for code, _, _ in report.notes] == ["unknown-override"]
    assert (report.written, person(clinic)["fl_priority"]) == (0, "call_next")


def test_taking_it_back_brings_the_decision_back(clinic: Clinic) -> None:
    edit(clinic, fl_priority_override="call_now", fl_priority_override_reason="Called us twice")
    clinic.sync()

    edit(clinic, fl_priority_override=None)
    report = clinic.sync()

    assert (report.evaluated, report.written) == (1, 1)
    assert (person(clinic)["fl_priority"], person(clinic)["fl_reasons"]) == ("call_next", DECIDED)


def test_the_overridden_field_is_restored_to_the_persons_word(clinic: Clinic) -> None:
    edit(clinic, fl_priority_override="call_now", fl_priority_override_reason="Called us twice")
    clinic.sync()
    clinic.sandbox.advance(600)
    clinic.sync()

    edit(clinic, fl_priority="call_next")
    report = clinic.sync()

    assert report.edits == ["people/P000001: fl_priority"]
    assert person(clinic)["fl_priority"] == "call_now"


def test_nothing_writes_to_the_fields_of_overrides(clinic: Clinic) -> None:
    edit(clinic, fl_priority_override="call_now", fl_priority_override_until=date(2026, 11, 22))
    clinic.sync()
    until(clinic, datetime(2027, 1, 1, tzinfo=UTC))
    clinic.sync()

    assert person(clinic)["fl_priority_override"] == "call_now"
    assert person(clinic)["fl_priority_override_until"] == date(2026, 11, 22)


def test_the_mirror_keeps_no_more_of_it_than_counts_and_loses_it_with_the_record(clinic: Clinic) -> None:
    edit(clinic, fl_priority_override_reason="Nothing is set")
    clinic.sync()
    assert stated(clinic) is None

    edit(clinic, fl_priority_override="call_now", fl_priority_override_reason="Called us twice")
    clinic.sync()
    assert stated(clinic) == {"lead.priority": {"value": "call_now", "reason": "Called us twice"}}

    clinic.sandbox.do("delete", object="people", id="P000001")
    clinic.sandbox.advance(600)
    clinic.sync()
    left = b"".join(path.read_bytes() for path in (clinic.folder / ".fairlead").iterdir())
    assert b"Called us twice" not in left


@pytest.mark.parametrize(
    ("decision", "code", "said"),
    [
        ("introduction.reward", "no-override", "`introduction.reward` cannot be overridden: it is a check"),
        ("introduction.licence_valid", "no-override", "it is a check, a reward"),
        ("lead.priorty", "unknown-decision", "no ruleset of the project decides `lead.priorty`"),
        ("partner.tier", "duplicate-name", "`partner.tier` is listed twice"),
    ],
)
def test_what_cannot_be_overridden_is_refused_in_its_place(
    open_clinic: OpenClinic, decision: str, code: str, said: str
) -> None:
    clinic = overriding(open_clinic, "partner.tier", decision)

    with pytest.raises(DocumentError) as raised:
        clinic.sync()

    (problem,) = raised.value.problems
    assert (problem.code, problem.pointer) == (code, "/overrides/1")
    assert said in problem.message
    assert problem.file is not None
    assert problem.file.endswith("mappings/acme.json")


def test_a_result_that_is_written_nowhere_cannot_be_overridden(open_clinic: OpenClinic) -> None:
    clinic = overriding(open_clinic, "lead.priority")
    path = clinic.folder / "mappings" / "acme.json"
    document = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**document, "results": {"lead.priority": None}}), "utf-8")

    with pytest.raises(DocumentError, match="`results` writes it nowhere"):
        clinic.sync()


def test_fields_of_overrides_that_are_missing_or_of_another_kind_end_the_run_first(
    clinic: Clinic,
) -> None:
    clinic.sandbox.do("drop_field", object="people", name="fl_priority_override")
    clinic.sandbox.do("retype_field", object="people", name="fl_priority_override_until", kind="text")

    with pytest.raises(DocumentError) as raised:
        clinic.sync()

    assert [(problem.code, problem.found) for problem in raised.value.problems] == [
        ("missing-result-field", "fl_priority_override"),
        ("wrong-kind", "text"),
    ]


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "Set by hand (Priority): twice"),
        ("de-AT", "Von Hand gesetzt (Priority): twice"),
        ("tr", "Elle ayarlandı (Priority): twice"),
        ("ar", "تم التعيين يدويًا (Priority): twice"),
        ("fr", "Set by hand (Priority): twice"),
    ],
)
def test_the_line_is_in_the_projects_language(clinic: Clinic, language: str, line: str) -> None:
    session = clinic.session()
    fields = session.result_fields(session.plan(session.clock()))["people"].overrides["lead.priority"]
    session.connector.close()
    override = in_force({"value": "call_now", "reason": "twice"}, datetime(2026, 1, 1, tzinfo=UTC), UTC)

    assert override is not None
    titled = type(fields)(
        fields.decision, "Priority", fields.result, fields.value, fields.reason, fields.until
    )
    assert override_line(titled, override, language) == line


@pytest.mark.parametrize(
    ("day", "ends"),
    [
        (None, None),
        # summer time begins on the 29th: the day before ends all the same at midnight
        ("2026-03-28", datetime(2026, 3, 28, 23, 0, tzinfo=UTC)),
        ("9999-12-31", None),
    ],
)
def test_the_last_day_ends_at_midnight_where_the_project_is(day: str | None, ends: datetime | None) -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    override = in_force({"value": 1} | ({"until": day} if day else {}), now, ZoneInfo("Europe/Berlin"))

    assert override is not None
    assert override.ends == ends


@pytest.mark.parametrize("crm", ["hubspot", "salesforce", "zoho"])
def test_it_works_in_each_crm_as_its_connector_comes(open_clinic: OpenClinic, crm: str) -> None:
    clinic = open_clinic(crm, leads=6, partners=2, limits=False)
    clinic.provision()
    session = clinic.session()
    fields = session.result_fields(session.plan(session.clock()))[clinic.sandbox.objects["lead"]]
    assert diagnose(session).problems == []
    session.connector.close()
    by_hand = fields.overrides["lead.priority"]
    assert clinic.sync().state == "done"
    clinic.sandbox.advance(3600)
    clinic.sync()
    id_ = min(clinic.sandbox.truth("lead"))

    def set_by_hand(**values: Scalar) -> Mapping[str, Scalar]:
        clinic.sandbox.advance(3600)
        named = {getattr(by_hand, key).name: value for key, value in values.items()}
        clinic.sandbox.do("edit", object=clinic.sandbox.objects["lead"], id=id_, values=named)
        clinic.sandbox.advance(3600)
        report = clinic.sync()
        assert (report.state, report.evaluated, report.rejects_open) == ("done", 1, 0)
        session = clinic.session()
        query = session.mapping.query(clinic.sandbox.objects["lead"])
        names = (by_hand.result, fields.reasons["lead"].name)
        (record,) = session.connector.read(type(query)(query.object, names), [id_])
        session.connector.close()
        return {"priority": record.values[names[0]], "reasons": str(record.values[names[1]]).splitlines()[0]}

    set_now = set_by_hand(value="reply_in_turn", reason="Asked us to wait", until=date(2026, 12, 24))
    assert set_now == {
        "priority": "reply_in_turn",
        "reasons": "Set by hand (Who to call now): Asked us to wait",
    }
    taken_back = set_by_hand(value=None)
    assert taken_back["priority"] != "reply_in_turn"
    assert not str(taken_back["reasons"]).startswith("Set by hand")
