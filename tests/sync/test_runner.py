"""A run reads, decides and writes, accounts for every record, and writes nothing that is there already."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest
from tests.sync.clinic import Clinic

from fairlead.plugins.records import Scalar
from fairlead.problems import DocumentError
from fairlead.store import OutboxState, Ref
from fairlead.sync.report import RunReport

OpenClinic = Callable[..., Clinic]


def person(clinic: Clinic, number: int) -> Mapping[str, Scalar]:
    return clinic.sandbox.truth("lead")[f"P{number:06}"].values


def agent(clinic: Clinic, number: int) -> Mapping[str, Scalar]:
    return clinic.sandbox.truth("partner")[f"A{number:06}"].values


def edit(clinic: Clinic, id_: str, **values: Scalar) -> None:
    clinic.sandbox.advance(120)
    clinic.sandbox.do("edit", object="people" if id_[0] == "P" else "agents", id=id_, values=values)


def synced(open_clinic: OpenClinic, **options: Any) -> Clinic:
    clinic = open_clinic(**options)
    clinic.provision()
    assert clinic.sync().state == "done"
    return clinic


def written(clinic: Clinic) -> int:
    return clinic.sandbox.count("PATCH")


def balances(report: RunReport) -> bool:
    return report.imbalances() == []


def test_the_first_run_writes_results_and_reasons_in_words(open_clinic: OpenClinic) -> None:
    clinic = open_clinic(leads=30, partners=6)
    clinic.provision()

    report = clinic.sync()

    assert report.state == "done"
    assert balances(report)
    assert (report.objects["people"].read, report.objects["people"].new) == (30, 30)
    # 30 leads and 6 partners
    assert (report.evaluated, report.queued, report.written) == (36, 36, 36)
    # dates asked for 20, a budget 10, the web form 5
    first = person(clinic, 1)
    assert (first["fl_score"], first["fl_band"], first["fl_priority"]) == (35, "warm", "call_next")
    assert first["fl_reasons"] == "Asked for specific dates\nMentioned a budget\nWrote through the web form"
    # written on 5 June at 22:09, answered within two hours
    assert first["fl_follow_up_by"] == datetime(2026, 6, 6, 0, 9, tzinfo=UTC)


def test_a_second_run_writes_nothing(open_clinic: OpenClinic) -> None:
    clinic = synced(open_clinic)
    before = written(clinic)
    clinic.sandbox.advance(600)

    report = clinic.sync()

    # our own writes moved the stamps: all come again, and all are the same
    assert report.objects["people"].read == 40
    assert report.objects["people"].same == 40
    assert report.queued == 0
    assert written(clinic) == before


def test_a_dry_run_shows_the_same_changes_and_changes_nothing(open_clinic: OpenClinic) -> None:
    clinic = open_clinic(leads=10, partners=2)
    clinic.provision()
    before = clinic.sandbox.state()

    tried = clinic.sync(dry_run=True)
    again = clinic.sync(dry_run=True)

    assert clinic.sandbox.state() == before
    assert (tried.queued, again.queued) == (12, 12)
    scores = {change.id: change.after for change in tried.planned if change.field == "fl_score"}
    assert scores["P000001"] == "35"
    with clinic.store() as store, store.reading() as tx:
        assert tx.mirror.counts() == {}
        assert tx.outbox.counts()[OutboxState.PENDING] == 0


def test_only_what_reads_a_changed_fact_is_decided_anew(open_clinic: OpenClinic) -> None:
    clinic = synced(open_clinic)
    introduced = next(
        lead
        for lead in clinic.sandbox.truth("lead").values()
        if lead.values["fl_introduced_on"] and lead.links["partner"]
    )
    clinic.sandbox.advance(600)
    clinic.sync()

    edit(clinic, introduced.id, fl_reversal_cause="fraud")
    report = clinic.sync()

    # the referral and its partner, whose count it leaves
    assert report.evaluated == 2
    assert person(clinic, int(introduced.id[1:]))["fl_reward_state"] in ("reversed", "not_earned")


def test_a_fact_that_no_rule_reads_leads_to_no_decision(open_clinic: OpenClinic) -> None:
    clinic = synced(open_clinic)

    edit(clinic, "P000003", country="FR")
    report = clinic.sync()

    assert report.objects["people"].changed == 1
    assert report.evaluated == 0


def test_a_persons_edit_of_a_result_is_reported_and_restored(open_clinic: OpenClinic) -> None:
    clinic = synced(open_clinic)
    clinic.sandbox.advance(600)
    clinic.sync()

    edit(clinic, "P000001", fl_score=99)
    report = clinic.sync()

    assert report.edits == ["people/P000001: fl_score"]
    assert person(clinic, 1)["fl_score"] == 35


def test_a_deleted_introduction_leaves_its_partners_count(open_clinic: OpenClinic) -> None:
    clinic = synced(open_clinic, leads=60, partners=3)
    counted = {
        id_: sum(
            bool(lead.links["partner"] == (id_,) and lead.values["fl_introduced_on"].year == 2026)  # type: ignore[union-attr]
            for lead in clinic.sandbox.truth("lead").values()
            if lead.values["fl_introduced_on"] and lead.values["fl_reversal_cause"] is None
        )
        for id_ in clinic.sandbox.truth("partner")
    }
    # 6 introductions in a year make silver, 5 bronze
    silver = next(id_ for id_, count in counted.items() if 6 <= count <= 15)
    assert agent(clinic, int(silver[1:]))["fl_tier"] == "silver"
    of_silver = [
        lead.id
        for lead in clinic.sandbox.truth("lead").values()
        if lead.links["partner"] == (silver,) and lead.values["fl_introduced_on"]
    ]
    clinic.sandbox.advance(600)
    for id_ in of_silver[: len(of_silver) - 5]:
        clinic.sandbox.do("delete", object="people", id=id_)
    clinic.sandbox.advance(600)

    report = clinic.sync()

    assert report.objects["people"].deleted == len(of_silver) - 5
    assert agent(clinic, int(silver[1:]))["fl_tier"] == "bronze"


def test_a_merged_lead_stays_one_introduction(open_clinic: OpenClinic) -> None:
    clinic = synced(open_clinic)
    lead = next(each for each in clinic.sandbox.truth("lead").values() if each.values["fl_introduced_on"])
    other = next(
        each for each in clinic.sandbox.truth("lead").values() if not each.values["fl_introduced_on"]
    )
    clinic.sandbox.advance(600)
    clinic.sandbox.do("edit", object="people", id=other.id, values={"fl_introduced_on": date(2026, 3, 1)})
    clinic.sandbox.do("merge", object="people", keep=other.id, lose=lead.id)
    clinic.sandbox.advance(600)

    clinic.sync()

    with clinic.store() as store, store.reading() as tx:
        assert tx.identity.resolve(Ref("people", lead.id)) == Ref("people", other.id)
        introductions = [id_ for page in tx.mirror.ids("introduction") for id_ in page]
    assert introductions.count(other.id) == 1
    assert lead.id not in introductions


def test_a_refused_write_is_kept_with_its_reason_and_tried_again(open_clinic: OpenClinic) -> None:
    clinic = open_clinic(leads=10, partners=2)
    clinic.provision()
    clinic.sandbox.do("forbid", object="people", field="fl_band", value="warm")

    refused = clinic.sync()

    assert refused.write_rejected > 0
    assert refused.written + refused.write_rejected == 12
    assert person(clinic, 1)["fl_band"] is None
    with clinic.store() as store, store.reading() as tx:
        reject = next(each for each in tx.rejects.entries() if each.ref.id == "P000001")
    assert (reject.code, reject.field, reject.attempts) == ("INVALID_VALUE", "fl_band", 1)

    clinic.sandbox._forbidden.clear()  # type: ignore[attr-defined]
    mended = clinic.sync()

    assert mended.written == refused.write_rejected
    assert mended.rejects_open == 0
    assert person(clinic, 1)["fl_band"] == "warm"


def test_an_unreadable_record_is_rejected_and_the_rest_goes_on(open_clinic: OpenClinic) -> None:
    clinic = open_clinic(leads=10, partners=2)
    clinic.provision()
    clinic.sandbox.do("edit", object="people", id="P000004", values={"fl_pages_read": -3})

    report = clinic.sync()

    assert (report.objects["people"].rejected, report.objects["people"].mirrored) == (1, 9)
    assert balances(report)
    assert report.rejects_open == 1


def test_a_new_partner_gets_one_code_and_keeps_it(open_clinic: OpenClinic) -> None:
    clinic = open_clinic(leads=5, partners=9)
    clinic.provision()
    assert agent(clinic, 9)["fl_code"] is None

    report = clinic.sync()
    clinic.sandbox.advance(600)
    again = clinic.sync()

    # TA-101 to TA-108 are taken
    assert agent(clinic, 9)["fl_code"] == "TA-109"
    assert (report.codes, again.codes) == (1, 0)


def test_a_leads_code_fills_its_partner_and_an_unknown_one_is_reported(open_clinic: OpenClinic) -> None:
    clinic = synced(open_clinic)
    free = [lead for lead in clinic.sandbox.truth("lead").values() if not lead.links["partner"]]
    now = clinic.sandbox.now()
    edit(clinic, free[0].id, fl_tracking_code="ta-102", created=now)
    edit(clinic, free[1].id, fl_tracking_code="TA-999", created=now)
    edit(clinic, free[2].id, fl_tracking_code="TA-103")

    report = clinic.sync()

    leads = clinic.sandbox.truth("lead")
    assert leads[free[0].id].links["partner"] == ("A000002",)
    assert not leads[free[1].id].links["partner"]
    assert not leads[free[2].id].links["partner"]
    assert {(code, ref) for code, ref, _ in report.notes} == {
        ("unknown-code", f"people/{free[1].id}"),
        ("late-code", f"people/{free[2].id}"),
    }


def test_time_alone_makes_records_due(open_clinic: OpenClinic) -> None:
    clinic = synced(open_clinic, leads=60, partners=3)
    tiers = [partner.values["fl_tier"] for partner in clinic.sandbox.truth("partner").values()]
    assert "none" not in tiers
    # a new year begins with no introductions
    clinic.sandbox.advance((datetime(2027, 1, 2, tzinfo=UTC) - clinic.sandbox.now()).total_seconds())

    clinic.sync()

    assert [partner.values["fl_tier"] for partner in clinic.sandbox.truth("partner").values()] == ["none"] * 3


def test_a_pilot_writes_back_for_some_and_counts_for_all(open_clinic: OpenClinic) -> None:
    clinic = open_clinic(
        settings='pilot = { fact = "lead.country", values = ["DE"] }\n', leads=30, partners=3
    )
    clinic.provision()

    report = clinic.sync()

    german = [lead for lead in clinic.sandbox.truth("lead").values() if lead.values["country"] == "DE"]
    others = [lead for lead in clinic.sandbox.truth("lead").values() if lead.values["country"] != "DE"]
    assert all(lead.values["fl_score"] is not None for lead in german)
    assert all(lead.values["fl_score"] is None for lead in others)
    assert report.outside_pilot == len(others)
    assert balances(report)


def test_used_up_quota_stops_the_run_and_the_next_one_goes_on(open_clinic: OpenClinic) -> None:
    clinic = open_clinic(leads=10, partners=2)
    clinic.provision()
    clinic.sandbox.do("use_up_quota")

    stopped = clinic.sync()

    assert stopped.state == "stopped"
    assert stopped.problem is not None
    assert stopped.problem.code == "QUOTA_USED"
    clinic.sandbox._quota_left = True  # type: ignore[attr-defined]
    assert clinic.sync().written == 12


def test_a_missing_result_field_ends_the_run_before_anything_is_read(open_clinic: OpenClinic) -> None:
    clinic = open_clinic(leads=10, partners=2)
    clinic.provision()
    clinic.sandbox.do("drop_field", object="people", name="fl_score")

    with pytest.raises(DocumentError) as raised:
        clinic.sync()

    (problem,) = raised.value.problems
    assert (problem.code, problem.found, problem.remedy) == (
        "missing-result-field",
        "fl_score",
        "run `fairlead provision --dry-run`, then `fairlead provision`",
    )
    assert clinic.sandbox.count("GET", "/api/people?") == 0


def test_a_full_run_buries_what_is_gone_unheard(open_clinic: OpenClinic) -> None:
    clinic = synced(open_clinic)
    # the account forgot its recycle bin
    clinic.sandbox.do("delete", object="people", id="P000002")
    clinic.sandbox._gone["people"].clear()  # type: ignore[attr-defined]
    clinic.sandbox.advance(600)

    assert clinic.sync().objects["people"].deleted == 0
    assert clinic.sync(full=True).objects["people"].deleted == 1


def test_every_decision_that_was_written_is_in_the_log_and_its_documents_in_the_archive(
    open_clinic: OpenClinic,
) -> None:
    clinic = synced(open_clinic, leads=5, partners=2)

    with clinic.store() as store:
        assert store.verify().sound
        with store.reading() as tx:
            entries = list(tx.log.entries(entity="lead", id_="P000001"))
            (entry,) = entries
            archived = tx.archive.get(entry.ruleset)
    assert entry.decisions["lead.score"] == 35
    assert entry.reasons == ("specific_dates", "budget", "web_form")
    assert archived["name"] == "medical-travel/lead-scoring"
    assert entry.inputs is not None
    assert entry.inputs["lead"]["budget"] == {"amount": "12600", "currency": "EUR"}


def test_new_rules_decide_every_record_anew(open_clinic: OpenClinic) -> None:
    clinic = synced(open_clinic, leads=20, partners=2)
    folder = clinic.folder
    overlay = {
        "fairlead": 1,
        "kind": "ruleset-overlay",
        "name": "clinic/lead-scoring",
        "version": "1.0.0",
        "title": "Lead scoring",
        "about": "Warm from 36 on.",
        "extends": {"name": "medical-travel/lead-scoring", "version": "1.0.0"},
        "changes": [
            {
                "action": "replace",
                "what": "parameter",
                "id": "warm_from",
                "value": {"type": "integer", "value": 36, "title": "Warm from"},
            }
        ],
    }
    (folder / "rulesets/clinic").mkdir(exist_ok=True)
    (folder / "rulesets/clinic/lead-scoring.json").write_text(json.dumps(overlay), "utf-8")
    settings = folder / "fairlead.toml"
    text = settings.read_text("utf-8")
    settings.write_text(text.replace('  "medical-travel/lead-scoring"', '  "clinic/lead-scoring"'), "utf-8")
    assert person(clinic, 1)["fl_band"] == "warm"

    report = clinic.sync()

    # 35 points are no longer warm
    assert report.evaluated == 22
    assert person(clinic, 1)["fl_band"] == "cold"


def test_a_pilot_that_is_lifted_reaches_the_others(open_clinic: OpenClinic) -> None:
    pilot = 'pilot = { fact = "lead.country", values = ["DE"] }\n'
    clinic = open_clinic(settings=pilot, leads=20, partners=2)
    clinic.provision()
    held_back = clinic.sync().outside_pilot
    settings = clinic.folder / "fairlead.toml"
    settings.write_text(settings.read_text("utf-8").removesuffix(pilot), "utf-8")

    report = clinic.sync()

    assert held_back > 0
    assert report.written == held_back
    assert clinic.sync().evaluated == 0


def test_a_changed_mapping_reads_everything_again(open_clinic: OpenClinic) -> None:
    clinic = synced(open_clinic, leads=20, partners=2)
    clinic.sandbox.advance(600)
    clinic.sync()
    clinic.sandbox.advance(600)
    path = clinic.folder / "mappings/acme.json"
    mapping = json.loads(path.read_text("utf-8"))
    del mapping["objects"]["people"]["entities"]["lead"]["facts"]["budget"]
    path.write_text(json.dumps(mapping), "utf-8")

    report = clinic.sync()

    assert report.objects["people"].read == 20
    # without the budget's 10 points
    assert person(clinic, 1)["fl_score"] == 25
