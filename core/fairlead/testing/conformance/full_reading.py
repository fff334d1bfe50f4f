"""Cases: what is read equals what the CRM holds, and reading can go on from every cursor."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

import pytest

from fairlead.plugins.records import Page, ReadQuery
from fairlead.plugins.settings import validate_settings
from fairlead.problems import Problem
from fairlead.testing.conformance.reading import difference, expect, read_through
from fairlead.testing.conformance.rig import Cases, KitSecrets, Rig
from fairlead.testing.conformance.stage import Stage, unknown_id

__all__ = ["FullReadingCases"]

_MANY = 10_500


class FullReadingCases(Cases):
    """A connector opens, describes what there is, and reads all of it."""

    #: how long after its stamp a change may show, in seconds
    late_by: ClassVar[float] = 20.0

    def test_it_announces_what_it_needs(self, rig: Rig, stage: Stage) -> None:
        """The sandbox's settings fit the announced schema, its secrets are announced."""
        problems = validate_settings(rig.info, stage.sandbox.settings())
        expect(
            not problems,
            "the sandbox's settings do not fit the announced `settings_schema`:\n"
            + "\n".join(str(problem) for problem in problems),
        )
        announced = {secret.name for secret in rig.info.secrets}
        unknown = sorted(set(stage.sandbox.secrets()) - announced)
        expect(not unknown, f"the sandbox needs secrets that are not announced: {', '.join(unknown)}")
        if rig.info.mapping is not None:
            expect(rig.info.mapping.is_file(), "the announced `mapping` is not there")

    def test_a_sound_account_has_no_problems(self, stage: Stage) -> None:
        """`check` finds nothing wrong with a sandbox."""
        problems = stage.connector.check()
        expect(not problems, "`check` reports about a sound account:\n" + "\n".join(map(str, problems)))

    def test_missing_secrets_are_named_with_a_remedy(self, rig: Rig, stage: Stage) -> None:
        """Without secrets, opening or checking says which one is missing and what to do."""
        names = [secret.name for secret in rig.info.secrets]
        if not names:
            pytest.skip("the connector needs no secrets")

        def open_and_check() -> list[Problem]:
            return rig.open(stage.sandbox, secrets=KitSecrets(())).check()

        outcome = rig.attempt(open_and_check)
        said = (
            f"{outcome.failure}"
            if outcome.failure is not None
            else "\n".join(str(problem) for problem in outcome.value or ())
        )
        expect(any(name in said for name in names), f"no missing secret is named, but: {said}")
        expect("remedy" in said, f"there is no remedy: {said}")

    def test_described_objects_have_every_field_that_is_read(self, stage: Stage) -> None:
        """`describe` gives each object that exists, with the fields that the mapping reads."""
        roles = list(stage.sandbox.objects)
        names = [stage.object(role) for role in roles]
        described = {each.name: each for each in stage.connector.describe([*names, "no_such_object"])}
        expect("no_such_object" not in described, "`describe` gives an object that does not exist")
        for role in roles:
            query = stage.query(role)
            expect(query.object in described, f"`describe` does not give the object `{query.object}`")
            missing = [name for name in query.fields if described[query.object].field(name) is None]
            expect(not missing, f"`{query.object}` is described without the fields {', '.join(missing)}")

    def test_a_full_read_equals_the_truth(self, rig: Rig) -> None:
        """Every record of every role is read with its values, links and stamp, over several pages."""
        stage = rig.start_with_pages()
        for role in stage.sandbox.objects:
            found = stage.read(role=role)
            said = difference(found.latest, stage.truth(role))
            expect(
                not said, f"a full read of `{stage.object(role)}` differs from what the CRM holds:\n{said}"
            )

    def test_a_stock_account_is_read_too(self, rig: Rig) -> None:
        """An account without any field of ours is read with its stock fields."""
        stage = rig.start(provisioned=False)
        for role in stage.sandbox.objects:
            said = difference(stage.read(role=role).latest, stage.truth(role))
            expect(
                not said, f"a full read of `{stage.object(role)}` differs from what the CRM holds:\n{said}"
            )

    def test_reading_goes_on_from_every_cursor(self, rig: Rig) -> None:
        """From each page's cursor a new run reads all that the pages before it did not have."""
        stage = rig.start_with_pages()
        pages = stage.read().pages
        wanted = set(stage.truth())
        before: set[str] = set()
        for number, page in enumerate(pages, start=1):
            before |= {record.id for record in page.records}
            if number > 6 and number < len(pages):
                continue
            rest = read_through(stage.reopen(), stage.query(), page.cursor)
            lost = sorted(wanted - before - set(rest.latest))
            expect(
                not lost,
                f"resumed from the cursor of page {number} of {len(pages)}, {len(lost):,} records were never "
                f"read, {', '.join(lost[:5])} among them",
            )

    def test_a_second_read_gives_nothing_new(self, rig: Rig) -> None:
        """What comes again for the overlap was seen before, and after a quiet day nothing comes."""
        stage = rig.start_with_pages()
        first = stage.read()
        second = stage.read(first.cursor)
        new = sorted(id_ for id_, _ in second.versions - first.versions)
        expect(
            not new,
            f"nothing was changed, and yet {len(new):,} records came that were not read before: "
            f"{', '.join(new[:5])}",
        )
        stage.sandbox.advance(86_400)
        third = stage.read(second.cursor)
        stage.sandbox.advance(86_400)
        fourth = stage.read(third.cursor)
        expect(
            not fourth.records,
            f"two days without a change, and yet {len(fourth.records):,} records are read: the cursor is to "
            "move on to now, less a margin",
        )

    def test_a_first_read_may_start_at_an_instant(self, stage: Stage) -> None:
        """With `since`, the records changed at or after it come, and not those of long before."""
        truth = stage.truth()
        since = sorted(record.modified_at for record in truth.values())[len(truth) * 3 // 4]
        found = stage.read(since=since).latest
        wanted = {id_ for id_, record in truth.items() if record.modified_at >= since}
        lost = sorted(wanted - set(found))
        expect(not lost, f"changed at or after `since`, not read: {', '.join(lost[:5])}")
        early = {id_ for id_, record in truth.items() if record.modified_at < since - timedelta(days=1)}
        extra = sorted(early & set(found))
        expect(not extra, f"changed more than a day before `since`, and read: {', '.join(extra[:5])}")

    def test_records_are_read_by_id(self, rig: Rig) -> None:
        """Any number of ids gives their records; those that the CRM does not have are left out."""
        stage = rig.start(leads=450)
        ids = list(stage.truth())
        expect(stage.connector.read(stage.query(), []) == [], "no ids were asked for, and records came")
        unknown = unknown_id(ids)
        records = stage.connector.read(stage.query(), [ids[0], unknown, *ids[1:]])
        found = {record.id: record for record in records}
        expect(len(found) == len(records), "a record came twice, asked for once")
        expect(unknown not in found, f"a record came for the id {unknown}, which the CRM does not have")
        said = difference(found, stage.truth())
        expect(not said, f"records read by id differ from what the CRM holds:\n{said}")

    def test_more_records_of_one_stamp_than_a_page_holds(self, rig: Rig) -> None:
        """Records changed in one transaction share a stamp; all of them are read, over page borders too."""
        stage = rig.start_with_pages()
        stage.need("edit_many")
        field = stage.field()
        ids = stage.ids(len(stage.truth()) - 10)
        cursor = stage.read().cursor
        stage.settle()
        stage.do("edit_many", stage.object(), ids, {field: "imported"})
        stage.settle()
        found = stage.read(cursor)
        lost = sorted(set(ids) - set(found.latest))
        expect(not lost, f"of {len(ids):,} records with one stamp {len(lost):,} were not read: {lost[:5]}")
        seen: set[str] = set()
        for page in found.pages[:4]:
            seen |= {record.id for record in page.records}
            rest = read_through(stage.reopen(), stage.query(), page.cursor).latest
            lost = sorted(set(ids) - seen - set(rest))
            expect(
                not lost,
                f"resumed between records of one stamp, {len(lost):,} were never read: {lost[:5]}",
            )
        stage.holds(field, dict.fromkeys(ids[:: max(len(ids) // 50, 1)], "imported"))

    def test_more_than_ten_thousand_changed_records(self, rig: Rig) -> None:
        """A mass update of 10,500 records is read in one pass: search interfaces end at 10,000 or before."""
        stage = rig.start(leads=_MANY, partners=20, timeout=(5.0, 120.0))
        stage.need("edit_many")
        field = stage.field()
        query = ReadQuery(stage.object(), (field,))
        cursor = read_through(stage.connector, query, since=stage.sandbox.now()).cursor
        stage.settle()
        ids = stage.ids(_MANY - 5)
        stage.do("edit_many", stage.object(), ids, {field: "updated"})
        stage.settle()
        found = read_through(stage.connector, query, cursor).latest
        lost = [id_ for id_ in ids if id_ not in found or found[id_].values[field] != "updated"]
        expect(
            not lost,
            f"of {len(ids):,} records changed at once {len(lost):,} were not read, or with the value of "
            f"before: {', '.join(lost[:5])}",
        )

    def test_a_change_that_is_committed_late_is_read(self, stage: Stage) -> None:
        """A transaction shows after its stamp, when a run has already read past it."""
        stage.need("edit_late")
        field = stage.field()
        (id_,) = stage.ids(1)
        stage.settle()
        cursor = stage.read().cursor
        stage.do("edit_late", stage.object(), id_, {field: "late"}, self.late_by)
        stage.settle()
        found = read_through(stage.connector, stage.query(extra=(field,)), cursor).latest
        expect(
            id_ in found and found[id_].values[field] == "late",
            f"a change with a stamp {self.late_by:g} seconds before the end of the last run was not read: "
            "the cursor stays behind now by a margin, or the next run overlaps the last",
        )

    def test_a_change_during_reading_is_not_lost(self, rig: Rig) -> None:
        """Records that change while pages are read come in this run or the next, and push out no others."""
        stage = rig.start_with_pages()
        stage.need("edit")
        field = stage.field()
        query = stage.query(extra=(field,))
        wanted: dict[str, str] = {}

        def edit(page: Page) -> None:
            unread = sorted(set(stage.truth()) - {record.id for record in page.records})
            for id_ in [record.id for record in page.records[:12]] + unread[:3]:
                stage.sandbox.advance(1)
                stage.do("edit", stage.object(), id_, {field: f"changed {id_}"})
                wanted[id_] = f"changed {id_}"

        first = read_through(stage.connector, query, after_first=edit)
        stage.settle()
        second = read_through(stage.connector, query, first.cursor)
        found = {**first.latest, **second.latest}
        lost = sorted(set(stage.truth()) - set(found))
        expect(
            not lost,
            f"records changed while others were read, and {len(lost):,} of those were never read: "
            f"{', '.join(lost[:5])}; pages are to go on after a stamp and id, not after a count",
        )
        stale = sorted(id_ for id_, value in wanted.items() if found[id_].values[field] != value)
        expect(not stale, f"changed during a read, and the change came in no run: {', '.join(stale[:5])}")
