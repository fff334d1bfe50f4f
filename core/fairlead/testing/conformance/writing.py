"""Cases: each change lands on its record once, and each result tells the truth about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fairlead.plugins.failures import FailureKind
from fairlead.plugins.fields import FieldKind
from fairlead.plugins.records import Change, Link, LinkChange, Record, Scalar, Task
from fairlead.testing.conformance.reading import difference, expect
from fairlead.testing.conformance.rig import Cases, Rig
from fairlead.testing.conformance.stage import (
    BULK,
    KIT_VALUES,
    Stage,
    all_failed,
    all_written,
    unknown_id,
)

__all__ = ["WritingCases"]


class WritingCases(Cases):
    """Values are written by record id."""

    @pytest.mark.parametrize("kind", list(KIT_VALUES), ids=str)
    def test_values_of_each_kind_come_back_as_they_were_written(self, stage: Stage, kind: FieldKind) -> None:
        """Texts in any script, numbers, dates and options are read back equal, and can be emptied."""
        field = stage.field(kind)
        values = KIT_VALUES[kind]
        wanted: dict[str, Scalar] = dict(zip(stage.ids(len(values)), values, strict=True))
        all_written(stage.write(stage.changes(field, wanted)))
        stage.holds(field, wanted)
        emptied: dict[str, Scalar] = dict.fromkeys(wanted)
        all_written(stage.write(stage.changes(field, emptied)))
        stage.holds(field, emptied)

    def test_several_fields_are_written_at_once_and_the_others_are_left_alone(self, stage: Stage) -> None:
        """A change names some fields; what people keep in the others stays as it is."""
        names = stage.provision(FieldKind.TEXT, FieldKind.INTEGER, FieldKind.BOOLEAN)
        before = _without(stage.truth(), names.values())
        ids = stage.ids(5)
        values: dict[str, Scalar] = {
            names[FieldKind.TEXT]: "Call now",
            names[FieldKind.INTEGER]: 70,
            names[FieldKind.BOOLEAN]: True,
        }
        # two kinds of change in one batch: most interfaces send what one of them lacks as empty
        changes = [Change(stage.object(), id_, values) for id_ in ids[:3]]
        changes += stage.changes(names[FieldKind.TEXT], dict.fromkeys(ids[3:], "Call next"))
        all_written(stage.write(changes))
        for name, value in values.items():
            stage.holds(name, dict.fromkeys(ids[:3], value))
        stage.holds(names[FieldKind.TEXT], dict.fromkeys(ids[3:], "Call next"))
        all_written(stage.write(stage.changes(names[FieldKind.TEXT], dict.fromkeys(ids[:3], "Called"))))
        stage.holds(names[FieldKind.INTEGER], dict.fromkeys(ids[:3], 70))
        said = difference(_without(stage.truth(), names.values()), before)
        expect(not said, f"fields that no change named were altered:\n{said}")

    def test_nothing_to_write_gives_no_results(self, stage: Stage) -> None:
        """An empty batch makes no call."""
        calls = len(stage.sandbox.calls)
        stage.write([])
        expect(len(stage.sandbox.calls) == calls, "there was nothing to write, and a call was made")

    def test_many_changes_have_their_results_in_order(self, rig: Rig) -> None:
        """Over several batches each value lands on its record, and the one refused is the one reported."""
        size = rig.limits().write_batch
        stage = rig.start(leads=min(3 * size + 20, 2_000))
        stage.need("forbid")
        field = stage.field()
        stage.do("forbid", stage.object(), field, "refused")
        ids = stage.ids(min(3 * size + 7, 1_990))
        refused = {ids[0], ids[size // 2], ids[-1]} | ({ids[size]} if size < len(ids) else set())
        _write_some_refused(stage, field, ids, refused)

    def test_a_first_load_over_the_bulk_interface(self, rig: Rig) -> None:
        """Thousands of changes land on their records too, and those refused are reported."""
        if not rig.capabilities().bulk_write:
            pytest.skip("the connector has no bulk interface for writing")
        stage = rig.start(leads=BULK + 50, timeout=(5.0, 120.0))
        stage.need("forbid")
        field = stage.field()
        stage.do("forbid", stage.object(), field, "refused")
        ids = stage.ids(BULK)
        _write_some_refused(stage, field, ids, set(ids[7::1_000]))

    def test_each_item_of_a_partial_failure_lands_on_its_record(self, stage: Stage) -> None:
        """Of a batch with one record refused, one deleted and one unknown, the others are written."""
        field = stage.field()
        ids = stage.ids(8)
        all_written(stage.write(stage.changes(field, dict.fromkeys(ids, "before"))))
        wanted: dict[str, Scalar] = {id_: f"for {id_}" for id_ in ids}
        refused: set[str] = set()
        gone = {unknown_id(stage.truth())}
        if "forbid" in stage.sandbox.actions():
            refused.add(ids[1])
            wanted[ids[1]] = "refused"
            stage.do("forbid", stage.object(), field, "refused")
        if "delete" in stage.sandbox.actions():
            gone.add(ids[4])
            stage.do("delete", stage.object(), ids[4])
        order = [*ids[:6], *(gone - set(ids)), *ids[6:]]
        results = stage.write(
            [Change(stage.object(), id_, {field: wanted.get(id_, "lost")}) for id_ in order]
        )
        all_written(each for each in results if each.id not in refused | gone)
        all_failed((each for each in results if each.id in refused), FailureKind.REJECT)
        all_failed((each for each in results if each.id in gone), FailureKind.GONE, FailureKind.REJECT)
        stage.holds(field, {id_: wanted[id_] for id_ in ids if id_ not in refused | gone})
        stage.holds(field, dict.fromkeys(refused, "before"))

    def test_a_failure_tells_no_value_of_a_record(self, stage: Stage) -> None:
        """CRMs repeat in their refusals what was refused; failures are logged, and it may be about health."""
        stage.need("forbid")
        field = stage.field()
        stage.do("forbid", stage.object(), field, "kidney stones")
        results = stage.write(stage.changes(field, dict.fromkeys(stage.ids(1), "kidney stones")))
        all_failed(results, FailureKind.REJECT)
        expect("kidney" not in repr(results), f"the failure repeats the value: {results[0].failure!r}")

    def test_a_locked_record_is_written_later_or_kept_for_later(self, stage: Stage) -> None:
        """A lock that passes is waited for, or the record alone fails as RETRY."""
        stage.need("lock")
        field = stage.field()
        ids = stage.ids(4)
        stage.do("lock", stage.object(), ids[2], 2)
        results = stage.write(stage.changes(field, dict.fromkeys(ids, "written")))
        all_written(each for each in results if each.id != ids[2])
        if results[2].failure is not None:
            all_failed([results[2]], FailureKind.RETRY)
        stage.holds(field, {each.id: None if each.failure else "written" for each in results})

    def test_a_batch_written_again_changes_nothing(self, stage: Stage) -> None:
        """After a crash the same batch is sent again: no record is made, no value is added to."""
        names = stage.provision(FieldKind.TEXT, FieldKind.INTEGER)
        ids = stage.ids(6)
        changes = [
            Change(stage.object(), id_, {names[FieldKind.TEXT]: "hot", names[FieldKind.INTEGER]: 55})
            for id_ in ids
        ]
        all_written(stage.write(changes))
        before = {role: dict(stage.truth(role)) for role in stage.sandbox.objects}
        all_written(stage.write(changes))
        all_written(stage.write(changes, stage.reopen()))
        stage.holds(names[FieldKind.TEXT], dict.fromkeys(ids, "hot"))
        stage.holds(names[FieldKind.INTEGER], dict.fromkeys(ids, 55))
        for role, records in before.items():
            after = stage.truth(role)
            expect(
                set(after) == set(records),
                f"writing a batch again made or removed records: {sorted(set(after) ^ set(records))[:5]}",
            )

    def test_a_link_is_pointed_to_another_record(self, stage: Stage) -> None:
        """The link holds the new record alone, also when it is written again; a wrong one fails."""
        link, ids, partners = _linked(stage)
        wanted = {ids[0]: partners[0], ids[1]: partners[1], ids[2]: partners[0]}

        def changes() -> list[LinkChange]:
            return [LinkChange(stage.object(), id_, link, target) for id_, target in wanted.items()]

        for _ in range(2):
            results = stage.connector.write_links(changes())
            expect([each.id for each in results] == list(wanted), "one result per link, in order")
            all_written(results)
            _link_holds(stage, link, wanted)
        wanted = {ids[0]: partners[1], ids[1]: partners[0], ids[2]: partners[1]}
        all_written(stage.connector.write_links(changes()))
        _link_holds(stage, link, wanted)

    def test_a_link_to_a_record_that_is_not_there_fails_alone(self, stage: Stage) -> None:
        """One wrong target is reported on its record, the other links are written."""
        link, ids, partners = _linked(stage)
        nobody = unknown_id(stage.truth("partner"))
        targets = [partners[0], nobody, partners[1]]
        results = stage.connector.write_links(
            [LinkChange(stage.object(), id_, link, to) for id_, to in zip(ids, targets, strict=True)]
        )
        expect([each.id for each in results] == ids, "one result per link, in order")
        all_written([results[0], results[2]])
        all_failed([results[1]], FailureKind.GONE, FailureKind.REJECT)
        _link_holds(stage, link, {ids[0]: partners[0], ids[2]: partners[1]})

    def test_a_task_is_created_once(self, stage: Stage) -> None:
        """A task whose key is there already is not made again."""
        if not stage.connector.capabilities().tasks:
            pytest.skip("the connector says that it creates no tasks")
        due = stage.sandbox.now() + timedelta(hours=4)
        tasks = [
            Task(stage.object(), id_, f"kit/{id_}/hot", "Call now", "Score 70: medical records", due)
            for id_ in stage.ids(2)
        ]
        all_written(stage.connector.create_tasks(tasks))
        stage.settle()
        before = stage.sandbox.state()
        all_written(stage.reopen().create_tasks(tasks))
        expect(stage.sandbox.state() == before, "a task was created again, or the CRM changed otherwise")

    def test_several_threads_read_and_write_at_once(self, rig: Rig) -> None:
        """Some threads read all while others write: nothing is lost, mixed up or raised."""
        stage = rig.start(leads=240)
        field = stage.field()
        ids = stage.ids(120)
        wanted = {id_: f"for {id_}" for id_ in ids}
        batches = [ids[start::6] for start in range(6)]

        def work(number: int) -> None:
            if number < len(batches):
                batch = {id_: wanted[id_] for id_ in batches[number]}
                all_written(rig.attempt(stage.write, stage.changes(field, batch)).value or ())
                return
            found = rig.attempt(stage.read)
            lost = set(stage.truth()) - set(found.value.latest if found.value else ())
            expect(not lost, f"a thread read {len(lost):,} records too few: {found.failure or 'silently'}")

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(work, [len(batches), *range(len(batches)), len(batches)]))
        stage.holds(field, dict(wanted))


def _without(records: Mapping[str, Record], names: Iterable[str]) -> dict[str, Record]:
    """Return records without some fields and without their stamps, which writing moves."""
    left = set(names)
    return {
        id_: replace(
            record,
            modified_at=datetime.min.replace(tzinfo=UTC),
            values={name: value for name, value in record.values.items() if name not in left},
        )
        for id_, record in records.items()
    }


def _write_some_refused(stage: Stage, field: str, ids: list[str], refused: set[str]) -> None:
    __tracebackhide__ = True
    wanted: dict[str, Scalar] = {id_: "refused" if id_ in refused else f"for {id_}" for id_ in ids}
    results = stage.write(stage.changes(field, wanted))
    all_written(each for each in results if each.id not in refused)
    all_failed((each for each in results if each.id in refused), FailureKind.REJECT)
    stage.holds(field, {id_: None if id_ in refused else value for id_, value in wanted.items()})


def _linked(stage: Stage) -> tuple[Link, list[str], list[str]]:
    stage.object("partner")
    link = next((each for each in stage.query().links if each.target == stage.object("partner")), None)
    if link is None:
        pytest.skip("the mapping has no link from a lead to a partner")
    return link, stage.ids(3), stage.ids(2, "partner")


def _link_holds(stage: Stage, link: Link, wanted: dict[str, str]) -> None:
    __tracebackhide__ = True
    truth = stage.truth()
    for id_, target in wanted.items():
        found = truth[id_].links.get(link.name, ())
        expect(
            found == (target,),
            f"link `{link.name}` of record {id_} is to hold {target} alone; it holds {found}",
        )
