"""Writing to an org: collections, bulk jobs, locks, rules of the org."""

from __future__ import annotations

import pytest
from tests.connectors.salesforce.org import Org, org

from fairlead.plugins.failures import FailureKind
from fairlead.plugins.fields import FieldKind, FieldSpec
from fairlead.plugins.records import Change, Link, LinkChange

LANGUAGE = "Fairlead_language__c"
PARTNER = Link("partner", "Account")


def test_a_call_that_succeeds_may_hold_records_that_failed(clinic: Org) -> None:
    """Salesforce answers 200 even where every record was refused."""
    first, second, third = clinic.ids(3)
    results = clinic.write({first: {LANGUAGE: "de"}, second: {LANGUAGE: "x" * 300}, third: {LANGUAGE: "tr"}})

    assert [result.failure and result.failure.code for result in results] == [None, "STRING_TOO_LONG", None]
    assert [call.status for call in clinic.sandbox.calls if call.method == "PATCH"] == [200]
    assert clinic.field_of_lead(third, LANGUAGE) == "tr"


def test_a_row_that_is_locked_is_tried_again_alone(clinic: Org) -> None:
    ids = clinic.ids(3)
    clinic.sandbox.do("lock", object="Lead", id=ids[1], seconds=2)
    before = clinic.sandbox.truth("lead")
    results = clinic.write({id_: {LANGUAGE: "de"} for id_ in ids})

    assert [result.failure for result in results] == [None, None, None]
    assert clinic.sandbox.count("PATCH", "/composite/sobjects") == 3
    after = clinic.sandbox.truth("lead")
    # the others were written once: before the clock had moved by the waits
    assert after[ids[0]].modified_at < after[ids[1]].modified_at
    assert after[ids[0]].modified_at > before[ids[0]].modified_at


def test_a_row_that_stays_locked_is_kept_for_the_next_run(clinic: Org) -> None:
    (id_,) = clinic.ids(1)
    clinic.sandbox.do("lock", object="Lead", id=id_, seconds=3_600)

    (result,) = clinic.write({id_: {LANGUAGE: "de"}})

    assert result.failure is not None
    assert (result.failure.kind, result.failure.code) == (FailureKind.RETRY, "UNABLE_TO_LOCK_ROW")


def test_a_trigger_that_failed_is_given_one_more_chance(clinic: Org) -> None:
    (id_,) = clinic.ids(1)
    error = {"statusCode": "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "message": "Trigger", "fields": []}
    refusal = [{"id": id_, "success": False, "errors": [error]}]
    clinic.sandbox.fault("status", path="/composite/sobjects", status=200, body=refusal, times=9)

    (result,) = clinic.write({id_: {LANGUAGE: "de"}})

    assert result.failure is not None
    assert result.failure.kind is FailureKind.REJECT
    assert clinic.sandbox.count("PATCH", "/composite/sobjects") == 2


def test_a_converted_lead_is_not_written_to_and_the_reason_is_told(clinic: Org) -> None:
    """Salesforce refuses it; once it was seen to be converted it is not tried."""
    (id_,) = clinic.ids(1)
    clinic.sandbox.do("convert", object="Lead", id=id_)
    (refused,) = clinic.write({id_: {LANGUAGE: "de"}})
    clinic.lead(id_, "LastName")
    before = len(clinic.sandbox.calls)
    (untried,) = clinic.write({id_: {LANGUAGE: "de"}})

    for result in (refused, untried):
        assert result.failure is not None
        assert (result.failure.kind, result.failure.code) == (
            FailureKind.REJECT,
            "CANNOT_UPDATE_CONVERTED_LEAD",
        )
        assert "converted" in result.failure.message
    assert len(clinic.sandbox.calls) == before


def test_a_duplicate_alert_does_not_stop_us_and_a_block_rejects(clinic: Org) -> None:
    first, second = clinic.ids(2)
    for id_ in (first, second):
        clinic.sandbox.do("edit", object="Lead", id=id_, values={"Email": "same@mail1.example.com"})
    clinic.sandbox.do("duplicate_rule", mode="alert")
    (alerted,) = clinic.write({first: {LANGUAGE: "de"}})
    clinic.sandbox.do("duplicate_rule", mode="block")
    (blocked,) = clinic.write({first: {LANGUAGE: "tr"}})

    assert alerted.failure is None
    assert blocked.failure is not None
    assert (blocked.failure.kind, blocked.failure.code) == (FailureKind.REJECT, "DUPLICATES_DETECTED")
    assert clinic.field_of_lead(first, LANGUAGE) == "de"


def test_a_tracking_code_that_is_taken_names_the_partner_who_has_it(clinic: Org) -> None:
    first, second = list(clinic.sandbox.truth("partner"))[:2]

    (result,) = clinic.connector.write([Change("Account", second, {"Fairlead_code__c": "TA-101"})])

    assert result.failure is not None
    assert (result.failure.kind, result.failure.other_id) == (FailureKind.REJECT, first)


def test_a_checkbox_is_emptied_by_taking_the_tick_away(clinic: Org) -> None:
    (id_,) = clinic.ids(1)
    name = "Fairlead_file_complete__c"
    clinic.write({id_: {name: True}})

    (result,) = clinic.write({id_: {name: None}})

    assert result.failure is None
    assert clinic.field_of_lead(id_, name) is False


def test_a_record_named_twice_is_written_once(clinic: Org) -> None:
    (id_,) = clinic.ids(1)
    changes = [
        Change("Lead", id_, {LANGUAGE: "de"}),
        Change("Lead", id_, {"Fairlead_tracking_code__c": "TA-1"}),
        Change("Lead", id_, {LANGUAGE: "tr"}),
    ]

    results = clinic.connector.write(changes)

    assert [result.failure for result in results] == [None, None, None]
    record = clinic.lead(id_, LANGUAGE, "Fairlead_tracking_code__c")
    assert record.values == {LANGUAGE: "tr", "Fairlead_tracking_code__c": "TA-1"}


def test_rows_of_a_bulk_job_are_told_apart_by_their_id() -> None:
    with org(leads=60, partners=2) as made:
        ids = made.ids(40)
        made.sandbox.do("forbid", object="Lead", field=LANGUAGE, value="xx")
        made.sandbox.do("delete", object="Lead", id=ids[5])
        wanted = {id_: {LANGUAGE: "xx" if number % 10 == 3 else "de"} for number, id_ in enumerate(ids)}

        results = made.write(wanted, bulk_writes_above=10)

        codes = {result.id: result.failure.code for result in results if result.failure is not None}
        assert codes == {
            ids[3]: "FIELD_CUSTOM_VALIDATION_EXCEPTION",
            ids[5]: "ENTITY_IS_DELETED",
            ids[13]: "FIELD_CUSTOM_VALIDATION_EXCEPTION",
            ids[23]: "FIELD_CUSTOM_VALIDATION_EXCEPTION",
            ids[33]: "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        }
        assert made.field_of_lead(ids[4], LANGUAGE) == "de"
        assert made.sandbox.count("PATCH", "/composite/sobjects") == 0


def test_rows_that_a_bulk_job_did_not_try_are_written_by_collections() -> None:
    with org(leads=60, partners=2) as made:
        ids = made.ids(40)
        made.sandbox.switches["bulk_stops_after"] = 25

        results = made.write({id_: {LANGUAGE: "de"} for id_ in ids}, bulk_writes_above=10)

        assert not [result for result in results if result.failure is not None]
        assert {made.field_of_lead(id_, LANGUAGE) for id_ in ids} == {"de"}
        assert made.sandbox.count("GET", "/unprocessedrecords") == 1
        assert made.sandbox.count("PATCH", "/composite/sobjects") == 1


def test_rows_that_were_locked_in_a_bulk_job_are_tried_again_alone() -> None:
    with org(leads=60, partners=2) as made:
        ids = made.ids(40)
        made.sandbox.do("lock", object="Lead", id=ids[7], seconds=3)

        results = made.write({id_: {LANGUAGE: "de"} for id_ in ids}, bulk_writes_above=10)

        assert not [result for result in results if result.failure is not None]
        assert made.field_of_lead(ids[7], LANGUAGE) == "de"


def test_an_empty_value_is_said_by_a_word_in_a_bulk_job_and_an_unnamed_field_stays() -> None:
    """In a CSV file an empty cell leaves the field as it is; `#N/A` empties it."""
    with org(leads=60, partners=2) as made:
        ids = made.ids(12)
        made.write({id_: {LANGUAGE: "de", "Fairlead_tracking_code__c": "TA-7"} for id_ in ids})
        wanted = {id_: {LANGUAGE: None} for id_ in ids[:6]} | {
            id_: {"Fairlead_tracking_code__c": "TA-8"} for id_ in ids[6:]
        }

        results = made.write(wanted, bulk_writes_above=5)

        assert not [result for result in results if result.failure is not None]
        names = (LANGUAGE, "Fairlead_tracking_code__c")
        assert made.lead(ids[0], *names).values == dict(zip(names, (None, "TA-7"), strict=True))
        assert made.lead(ids[6], *names).values == dict(zip(names, ("de", "TA-8"), strict=True))


def test_a_text_that_means_empty_in_csv_is_written_by_a_collection() -> None:
    with org(leads=30, partners=2) as made:
        ids = made.ids(8)
        texts = {id_: {LANGUAGE: "de"} for id_ in ids} | {ids[2]: {LANGUAGE: "#N/A"}}

        results = made.write(texts, bulk_writes_above=5)

        assert not [result for result in results if result.failure is not None]
        assert made.field_of_lead(ids[2], LANGUAGE) == "#N/A"


@pytest.mark.parametrize("fault", ["reset_after", "html", "invalid_json"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/jobs/ingest$"),
        ("PUT", "/batches"),
        ("PATCH", "/jobs/ingest/"),
        ("GET", "/jobs/ingest/[^/]+$"),
        ("GET", "/failedResults"),
    ],
)
def test_a_bulk_job_outlives_a_fault_in_each_of_its_calls(fault: str, method: str, path: str) -> None:
    with org(leads=30, partners=2) as made:
        ids = made.ids(12)
        made.sandbox.do("forbid", object="Lead", field=LANGUAGE, value="xx")
        made.sandbox.fault(fault, method=method, path=path)
        wanted = {id_: {LANGUAGE: "xx" if id_ == ids[4] else "de"} for id_ in ids}

        results = made.write(wanted, bulk_writes_above=5)

        failed = [result.id for result in results if result.failure is not None]
        assert failed == [ids[4]]
        assert {made.field_of_lead(id_, LANGUAGE) for id_ in ids if id_ != ids[4]} == {"de"}


def test_a_bulk_job_with_a_field_that_is_gone_tells_each_record(clinic: Org) -> None:
    ids = clinic.ids(10)
    clinic.sandbox.do("drop_field", object="Lead", name=LANGUAGE)

    results = clinic.write({id_: {LANGUAGE: "de"} for id_ in ids}, bulk_writes_above=5)

    assert {result.failure.field for result in results if result.failure} == {LANGUAGE}
    assert {result.failure.kind for result in results if result.failure} == {FailureKind.STOP}


def test_links_are_written_in_the_order_of_what_they_point_to(clinic: Org) -> None:
    """Rows with one parent in several calls lock each other out."""
    first, second, *_ = clinic.sandbox.truth("partner")
    ids = clinic.ids(4)
    targets = [second, first, second, first]
    changes = [LinkChange("Lead", id_, PARTNER, target) for id_, target in zip(ids, targets, strict=True)]

    results = clinic.connector.write_links(changes)

    assert [(result.id, result.failure) for result in results] == [(id_, None) for id_ in ids]
    truth = clinic.sandbox.truth("lead")
    assert [truth[id_].links["partner"] for id_ in ids] == [(second,), (first,), (second,), (first,)]


def test_a_treatment_is_pointed_to_its_lead(clinic: Org) -> None:
    treatment = next(iter(clinic.sandbox.truth("treatment")))
    (lead,) = clinic.ids(1)
    link = Link("lead", "Lead")

    (result,) = clinic.connector.write_links([LinkChange("Opportunity", treatment, link, lead)])

    assert result.failure is None
    assert clinic.sandbox.truth("treatment")[treatment].links["lead"] == (lead,)


def test_what_was_not_tried_after_the_quota_was_used_up_carries_that_failure() -> None:
    with org(leads=900, partners=2) as made:
        ids = made.ids(800)
        made.write({ids[0]: {LANGUAGE: "en"}})
        made.sandbox.do("use_up_quota")
        before = len(made.sandbox.calls)

        results = made.write({id_: {LANGUAGE: "de"} for id_ in ids})

        assert {result.failure.kind for result in results if result.failure} == {FailureKind.LIMIT}
        assert len([result for result in results if result.failure]) == 800
        assert len(made.sandbox.calls) - before <= 5


def test_long_reasons_in_any_script_come_back_from_a_bulk_job() -> None:
    with org(leads=30, partners=2) as made:
        spec = FieldSpec("Lead", "Fairlead_reasons__c", "Reasons", FieldKind.LONG_TEXT, "result")
        made.connector.provision([spec], dry_run=False)
        text = 'Sent records: +25\n"soon", said O\'Neill; أحمد, Şükran 🙂\n=1+1'
        ids = made.ids(8)

        results = made.write({id_: {spec.name: text} for id_ in ids}, bulk_writes_above=5)

        assert not [result for result in results if result.failure is not None]
        assert made.field_of_lead(ids[3], spec.name) == text


def test_what_is_written_is_not_quiet(clinic: Org) -> None:
    """Salesforce has no way to write past a customer's triggers and flows."""
    assert clinic.connector.capabilities().quiet_writes is False


def test_a_duplicate_alert_in_a_bulk_job_is_passed_over_by_a_collection() -> None:
    """The header that saves in spite of an alert is none of the bulk interface's."""
    with org(leads=30, partners=2) as made:
        ids = made.ids(8)
        for id_ in ids[:2]:
            made.sandbox.do("edit", object="Lead", id=id_, values={"Email": "same@mail1.example.com"})
        made.sandbox.do("duplicate_rule", mode="alert")

        results = made.write({id_: {LANGUAGE: "de"} for id_ in ids}, bulk_writes_above=5)

        assert not [result for result in results if result.failure is not None]
        assert made.field_of_lead(ids[0], LANGUAGE) == "de"
        assert made.sandbox.count("PATCH", "/composite/sobjects") == 1
