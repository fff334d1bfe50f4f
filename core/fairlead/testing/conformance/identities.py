"""Cases: deletions, merges and conversions keep the identity of what they end."""

from __future__ import annotations

import pytest

from fairlead.plugins.failures import ConnectorError, FailureKind
from fairlead.plugins.fields import FieldKind
from fairlead.plugins.records import Change, Page, ReadQuery
from fairlead.testing.conformance.reading import expect, read_deletions, read_through, word
from fairlead.testing.conformance.rig import Cases, Rig
from fairlead.testing.conformance.stage import Stage, all_failed, all_written, kit_spec

__all__ = ["IdentityCases"]


class IdentityCases(Cases):
    """Records end, and what they were is still known."""

    def test_deletions_are_read(self, stage: Stage) -> None:
        """Records deleted since the last run come as deletions and are read no more."""
        _need_deletions(stage)
        cursor = stage.deletions().cursor
        changed = stage.read().cursor
        stage.settle()
        gone = stage.ids(3)
        for id_ in gone:
            stage.do("delete", stage.object(), id_)
        stage.settle()
        found = stage.deletions(cursor)
        lost = sorted(set(gone) - set(found.by_id))
        expect(not lost, f"deleted since the last run, not among the deletions: {', '.join(lost)}")
        extra = sorted(set(found.by_id) & set(stage.truth()))
        expect(not extra, f"among the deletions, but not deleted: {', '.join(extra)}")
        records = stage.connector.read(stage.query(), [*gone, *stage.ids(1)])
        expect(
            [record.id for record in records] == stage.ids(1),
            "records read by id are those that are there; deleted ones are left out",
        )
        undead = sorted(set(gone) & set(stage.read(changed).latest))
        expect(not undead, f"deleted, and read as a change all the same: {', '.join(undead)}")

    def test_deletions_during_reading_push_out_no_other_record(self, rig: Rig) -> None:
        """Records of the first page are deleted before the second is read: the others are all read."""
        stage = rig.start_with_pages()
        stage.need("delete")

        def delete(page: Page) -> None:
            for record in page.records[:15]:
                stage.do("delete", stage.object(), record.id)

        found = read_through(stage.connector, stage.query(), after_first=delete).latest
        lost = sorted(set(stage.truth()) - set(found))
        expect(not lost, f"records were deleted while others were read, and {len(lost):,} of those were lost")

    def test_deletions_are_resumed_from_every_cursor(self, stage: Stage) -> None:
        """From each page's cursor a new run reads the deletions that were left, and none after the last."""
        _need_deletions(stage)
        gone = stage.ids(12)
        for id_ in gone:
            stage.do("delete", stage.object(), id_)
            stage.sandbox.advance(1)
        stage.settle()
        first = stage.deletions()
        before: set[str] = set()
        for number, page in enumerate(first.pages[:6], start=1):
            before |= {each.id for each in page.deletions}
            rest = read_deletions(stage.reopen(), stage.object(), page.cursor)
            lost = sorted(set(gone) - before - set(rest.by_id))
            expect(not lost, f"resumed from the cursor of page {number}, deletions were lost: {lost}")
        new = sorted(set(stage.deletions(first.cursor).by_id) - set(first.by_id))
        expect(not new, f"nothing was deleted, and yet deletions came that were not read before: {new}")

    def test_a_cursor_from_long_ago_gives_all_deletions_or_says_that_it_cannot(self, stage: Stage) -> None:
        """Where the CRM has forgotten, `window-passed` calls for a full reconciliation."""
        _need_deletions(stage)
        cursor = stage.deletions().cursor
        stage.settle()
        (id_,) = stage.ids(1)
        stage.do("delete", stage.object(), id_)
        stage.sandbox.advance(200 * 86_400)
        try:
            found = stage.deletions(cursor).by_id
        except ConnectorError as error:
            expect(
                error.failure.kind is FailureKind.REJECT and error.failure.code == "window-passed",
                f"a cursor older than the CRM remembers is REJECT `window-passed`, not {error.failure!r}",
            )
        else:
            expect(id_ in found, "a deletion was lost after 200 days, and nothing says so")

    def test_a_merged_record_lives_on_under_the_other_id(self, stage: Stage) -> None:
        """After a merge the id that ended is an alias, or a deletion that says where it went.

        Where the CRM makes a third record of the two, its id is what the action returns, and both end.
        """
        stage.need("merge")
        deletes = stage.connector.capabilities().deletions
        cursor = stage.read().cursor
        deleted = stage.deletions().cursor if deletes else None
        stage.settle()
        keep, lose = stage.ids(2)
        made = stage.do("merge", stage.object(), keep, lose)
        ended = [lose] if made in (None, keep) else [keep, lose]
        keep = keep if made is None else str(made)
        stage.settle()
        found = stage.read(cursor).latest
        gone = stage.deletions(deleted).by_id if deletes else {}
        for lose in ended:
            as_alias = keep in found and lose in found[keep].aliases
            as_deletion = lose in gone and gone[lose].merged_into == keep
            expect(
                as_alias or as_deletion,
                f"record {lose} was merged into {keep}, and no run tells: neither `aliases` of the one nor "
                "`merged_into` of a deletion",
            )
            expect(lose not in found, f"record {lose} was merged away and is read as a change all the same")
        kept = next((each for each in stage.connector.read(stage.query(), [keep]) if each.id == keep), None)
        expect(kept is not None, f"record {keep} was merged into and cannot be read")

    def test_a_converted_record_tells_what_it_became(self, stage: Stage) -> None:
        """After a conversion the record comes with the ids of what it became."""
        stage.need("convert")
        cursor = stage.read().cursor
        stage.settle()
        (id_,) = stage.ids(1)
        became = stage.do("convert", stage.object(), id_)
        stage.settle()
        found = stage.read(cursor).latest
        expect(id_ in found, f"record {id_} was converted, and the next run does not read it")
        expect(
            dict(found[id_].became) == dict(became),
            f"record {id_} was converted to {dict(became)}; it was read with {dict(found[id_].became)}",
        )

    def test_what_a_converted_record_became_takes_results(self, stage: Stage) -> None:
        """A field of ours is made there, written and read: what comes after the conversion has a place."""
        stage.need("convert")
        (id_,) = stage.ids(1)
        for object_, other in stage.do("convert", stage.object(), id_).items():
            spec = kit_spec(stage.connector, object_, FieldKind.TEXT)
            steps = stage.connector.provision([spec], dry_run=False)
            failed = next((step.failure for step in steps if step.failure is not None), None)
            expect(failed is None, f"`provision` could not make a field of `{object_}`: {failed}")
            name = next((step.name for step in steps if step.name), spec.name)
            all_written(stage.write([Change(object_, other, {name: "payable"})]))
            (found,) = stage.reopen().read(ReadQuery(object_, (name,)), [other])
            expect(
                found.values[name] == "payable",
                f"`{name}` of the record {other} of `{object_}`, which {id_} became, reads as "
                f"{word(found.values[name])}; it was written",
            )

    def test_writes_to_records_that_were_merged_or_converted_harm_no_other(self, stage: Stage) -> None:
        """The record lives on under another id or is closed: its change is written there or fails alone."""
        field = stage.field()
        ids = stage.ids(6)
        ended: list[str] = []
        if "merge" in stage.sandbox.actions():
            stage.do("merge", stage.object(), ids[0], ids[1])
            ended.append(ids[1])
        if "convert" in stage.sandbox.actions():
            stage.do("convert", stage.object(), ids[2])
            ended.append(ids[2])
        if not ended:
            pytest.skip("the sandbox offers neither `merge` nor `convert`")
        results = stage.write(stage.changes(field, {id_: f"for {id_}" for id_ in ids[1:]}))
        all_written(each for each in results if each.id not in ended)
        failed = (each for each in results if each.id in ended and each.failure is not None)
        all_failed(failed, FailureKind.GONE, FailureKind.REJECT, FailureKind.ADOPT)
        stage.holds(field, {id_: f"for {id_}" for id_ in ids[3:]})


def _need_deletions(stage: Stage) -> None:
    if not stage.connector.capabilities().deletions:
        pytest.skip("the connector says that it cannot read deletions")
    stage.need("delete")
