"""Raw records come out of the mirror with all that rules read of them, and nothing that is not a fact."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.store.samples import AT, company, contact

import fairlead
from fairlead.project.assembling import (
    LinkReads,
    ListReads,
    Reads,
    all_records,
    assembled,
    embodied_by,
    reads_of,
)
from fairlead.store import MirrorRecord, Ref, Store

MODEL = fairlead.load("medical-travel/lead-scoring").ruleset.model


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'fairlead.db'}", anchor=None) as opened:
        yield opened


def partner(id_: str, **facts: Any) -> MirrorRecord:
    return MirrorRecord("partner", id_, company(id_), AT, {"id": id_, **facts})


def introduction(id_: str, on: str, of: str | None, **facts: Any) -> MirrorRecord:
    links = {"partner": None if of is None else company(of)}
    return MirrorRecord(
        "introduction", id_, contact(id_), AT, {"id": id_, "introduced_on": on, **facts}, links
    )


def fill(store: Store) -> None:
    """Two partners, one of them with three introductions, and an introduction by nobody."""
    with store.transaction() as tx:
        tx.mirror.put([partner("7", code="TA-101"), partner("8")])
        tx.mirror.put(
            [
                introduction("a", "2026-03-01", "7"),
                introduction("b", "2026-01-05", "7", **{"@became": {"Contact": "c"}}),
                introduction("c", "2026-02-01", "7"),
                introduction("d", "2026-02-01", None),
            ]
        )


def raws(store: Store, reads: Reads, **options: Any) -> dict[str, Any]:
    with store.reading() as tx:
        [page] = all_records(tx, reads.entity)
        return {ref.id: raw for ref, raw in assembled(tx, reads, page, **options).items()}


def everything(_entity: str) -> bool:
    return True


def test_names_become_facts_lists_and_links() -> None:
    names = ("introduction.verified", "partner.code", "partner.introductions_this_year", "other.thing")

    found = reads_of(MODEL, "introduction", names, everything)

    read = frozenset({"introduced_on", "reversal_cause"})
    introductions = ListReads("introductions", "introduction", "partner", read)
    assert found == Reads(
        "introduction",
        frozenset({"verified"}),
        (),
        (LinkReads("partner", "partner", frozenset({"code"}), (introductions,)),),
    )


def test_a_list_that_the_mirror_does_not_hold_is_left_out() -> None:
    names = ("partner.code", "partner.introductions_this_year")

    found = reads_of(MODEL, "partner", names, lambda entity: entity != "introduction")

    assert found == Reads("partner", frozenset({"code"}))


def test_a_record_comes_with_what_it_links_to(store: Store) -> None:
    fill(store)
    found = raws(store, reads_of(MODEL, "introduction", ["partner.code"], everything))

    assert found["b"] == {
        "introduction": {"id": "b", "introduced_on": "2026-01-05"},
        "partner": {"id": "7", "code": "TA-101"},
    }
    assert found["d"] == {"introduction": {"id": "d", "introduced_on": "2026-02-01"}}


def test_an_owner_has_its_records_and_an_empty_list_where_there_are_none(store: Store) -> None:
    fill(store)
    found = raws(store, reads_of(MODEL, "partner", ["partner.introductions_this_year"], everything))

    assert [each["id"] for each in found["7"]["partner"]["introductions"]] == ["a", "b", "c"]
    assert found["8"] == {"partner": {"id": "8", "introductions": []}}


def test_a_list_can_end_with_the_record_that_is_assembled(store: Store) -> None:
    fill(store)

    def up_to(
        subject: MirrorRecord, listed: ListReads, related: Sequence[MirrorRecord]
    ) -> list[MirrorRecord]:
        assert (listed.name, listed.entity) == ("introductions", "introduction")
        last = (subject.facts["introduced_on"], subject.id)
        return [each for each in related if (each.facts["introduced_on"], each.id) <= last]

    reads = reads_of(MODEL, "introduction", ["partner.introductions_this_year"], everything)
    found = raws(store, reads, chosen=up_to)

    lists = {
        id_: [each["id"] for each in raw["partner"]["introductions"]]
        for id_, raw in found.items()
        if "partner" in raw
    }
    assert lists == {"a": ["a", "b", "c"], "b": ["b"], "c": ["b", "c"]}


def test_all_records_come_in_pages_in_the_order_of_their_ids(store: Store) -> None:
    fill(store)
    with store.transaction() as tx:
        tx.mirror.delete(contact("c"))
        pages = [list(page) for page in all_records(tx, "introduction", page=2)]
        assert list(all_records(tx, "treatment")) == []

    assert pages == [[contact("a"), contact("b")], [contact("d")]]


def test_records_are_found_by_what_embodies_them(store: Store) -> None:
    fill(store)
    with store.reading() as tx:
        found = embodied_by(tx, [contact("a"), company("8"), Ref("contacts", "nobody")])

    assert {entity: list(records) for entity, records in found.items()} == {
        "introduction": [contact("a")],
        "partner": [company("8")],
    }
