"""Imports: what a file is about, what its rows are matched with, and what is never written over."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from tests.ledger.importing import codes, mirrored, outcomes, take, taken, write_book
from tests.ledger.world import NOW, World

from fairlead.files.mappings import Stated
from fairlead.problems import DocumentError, UsageError
from fairlead.store import Put, Ref

PARTNERS = "code,name,type\nTA-101,Atlas Travel,travel_agency\nB-77,Casa Verde,expat_community\n"


def problem_of(world: World, content: str | Path, **options: object) -> tuple[str, str]:
    with pytest.raises((UsageError, DocumentError)) as caught:
        take(world, content, **options)
    return caught.value.problems[0].code, caught.value.problems[0].message


def test_new_partners_come_in_with_the_codes_that_they_have(world: World) -> None:
    done = take(world, PARTNERS)
    assert (done.file.kind, done.file.read) == ("partners", 2)
    assert outcomes(done) == [(2, "new", None), (3, "new", None)]
    assert done.codes == ["TA-101", "B-77"]
    record = mirrored(world, "partner", "import-B-77")
    assert record.ref == Ref("import-partners", "import-B-77")
    assert record.facts == {
        "id": "import-B-77",
        "code": "B-77",
        "name": "Casa Verde",
        "type": "expat_community",
    }
    with world.store.transaction() as tx:
        assert tx.codes.owner("b-77") == record.ref
        # a code that is adopted is not given again
        assert tx.codes.assign(Ref("partners", "p9"), "TA-", at=NOW) == ("TA-102", True)


def test_the_same_file_twice_changes_nothing_and_a_changed_one_shows_the_difference(world: World) -> None:
    take(world, PARTNERS)
    again = take(world, PARTNERS)
    assert [line.outcome.value for line in again.lines] == ["same", "same"]
    assert again.codes == []
    changed = take(world, PARTNERS.replace("Casa Verde", "Casa Azul"))
    assert outcomes(changed) == [(2, "same", "code"), (3, "changed", "code")]
    (change,) = changed.lines[1].changes
    assert (change.name, change.before, change.after) == ("partner.name", "Casa Verde", "Casa Azul")
    assert mirrored(world, "partner", "import-B-77").facts["name"] == "Casa Azul"


def test_what_the_crm_holds_is_matched_by_id_code_or_name_and_stays(world: World) -> None:
    world.partner("p1")
    world.partner("p2", name="Bosphorus Care")
    world.partner("p3", name="Casa Verde")
    before = {id_: mirrored(world, "partner", id_) for id_ in ("p1", "p2", "p3")}
    done = take(
        world,
        "id,code,name,country\np1,,,TR\n,ta-102,Bosphorus Care,\n,,Casa Verde,\n",
    )
    assert outcomes(done) == [(2, "different", "id"), (3, "same", "code"), (4, "same", "name")]
    assert [(each.name, each.before, each.after) for each in done.lines[0].changes] == [
        ("partner.country", None, "TR")
    ]
    assert {id_: mirrored(world, "partner", id_) for id_ in ("p1", "p2", "p3")} == before


def test_a_partner_of_the_crm_without_a_code_keeps_the_one_of_the_file(world: World) -> None:
    world.put("partner", "p1", {"name": "Atlas Travel"})
    done = take(world, "name,code\nAtlas Travel,OLD-5\n")
    assert outcomes(done) == [(2, "same", "name")]
    with world.store.transaction() as tx:
        assert tx.codes.owner("OLD-5") == Ref("partners", "p1")
        assert tx.codes.assign(Ref("partners", "p1"), "TA-", at=NOW) == ("OLD-5", False)
        (due,) = next(tx.due.before(NOW))
    assert (due.entity, due.id) == ("partner", "p1")


def test_a_name_that_several_partners_have_is_refused_with_both(world: World) -> None:
    world.put("partner", "p1", {"name": "Atlas Travel"})
    world.put("partner", "p2", {"name": "Atlas Travel", "code": "TA-7"})
    done = take(world, "name,country\nAtlas Travel,TR\n")
    assert codes(done) == [(2, "ambiguous-match")]
    message = done.rejects[0].problems[0].message
    assert "2 partners have this name" in message
    assert "`partners/p1`" in message
    assert "`partners/p2` with the code `TA-7`" in message


def test_a_name_with_another_code_is_not_guessed_to_be_the_same(world: World) -> None:
    world.put("partner", "p1", {"name": "Atlas Travel", "code": "TA-7"})
    assert codes(take(world, "name,code\nAtlas Travel,TA-8\n")) == [(2, "ambiguous-match")]


def test_a_file_tells_its_own_partners_of_one_name_apart(world: World) -> None:
    done = take(world, "id,name\nA,Atlas Travel\nB,Atlas Travel\n")
    assert outcomes(done) == [(2, "new", None), (3, "new", None)]


def test_a_code_of_somebody_else_is_refused(world: World) -> None:
    world.partner("p1")
    world.partner("p2", name="Bosphorus Care")
    done = take(world, "id,code\np2,TA-101\n")
    assert codes(done) == [(2, "code-taken")]
    assert "belongs to `partners/p1`" in done.rejects[0].problems[0].message


def test_the_code_of_a_partner_who_is_gone_is_not_given_to_another(world: World) -> None:
    with world.store.transaction() as tx:
        tx.codes.register("TA-5", Ref("partners", "p5"), at=NOW)
    assert codes(take(world, "code,name\nTA-5,Casa Verde\n")) == [(2, "code-taken")]


def test_two_rows_about_one_record_are_one_too_many(world: World) -> None:
    done = take(world, "code,name\nTA-1,Atlas\nta-1,Atlas\n,\n,Nobody\n")
    assert codes(done) == [(3, "duplicate-id")]
    assert done.file.read == 3


INTRODUCTIONS = (
    "id,partner_code,lead.id,agreement,introduced_on,verified\n"
    "I-1,TA-101,L-1,AG-1,2026-10-05,true\n"
    "I-2,TA-101,l9,AG-1,2026-10-06,false\n"
)


def test_records_are_linked_by_code_and_id_across_files_in_any_order(world: World) -> None:
    world.put("lead", "l9", {"created_at": "2026-10-01T08:00:00Z"})
    agreements = "id,partner code,signed on\nAG-1,TA-101,2026-01-02\n"
    disclosures = "id,introduction,given_at\nD-1,I-1,2026-10-05T10:00:00Z\n"
    done = taken(world, disclosures, INTRODUCTIONS, agreements, PARTNERS)
    assert [each.file.kind for each in done] == ["partners", "agreements", "introductions", "disclosures"]
    assert [codes(each) for each in done] == [[], [], [], []]
    assert done[2].leads == 1
    introduction = mirrored(world, "introduction", "import-I-1")
    assert introduction.links == {
        "agreement": Ref("import-agreements", "import-AG-1"),
        "disclosure": Ref("import-disclosures", "import-D-1"),
        "lead": Ref("import-leads", "import-L-1"),
        "partner": Ref("import-partners", "import-TA-101"),
    }
    assert introduction.person == Ref("import-leads", "import-L-1")
    assert mirrored(world, "introduction", "import-I-2").links["lead"] == Ref("leads", "l9")
    disclosure = mirrored(world, "disclosure", "import-D-1")
    assert disclosure.links["partner"] == Ref("import-partners", "import-TA-101")
    again = taken(world, disclosures, INTRODUCTIONS, agreements, PARTNERS)
    assert {line.outcome.value for each in again for line in each.lines} == {"same"}


def test_what_a_row_refers_to_must_be_there(world: World) -> None:
    world.partner("p1")
    done = take(
        world,
        "id,partner.code,agreement.id,introduced_on\n"
        "I-1,TA-1O1,,2026-10-05\nI-2,TA-101,a-p9,2026-10-05\nI-3,,,2026-10-05\n",
    )
    assert codes(done) == [(2, "unknown-record"), (3, "unknown-record"), (4, "missing-identity")]
    assert done.rejects[0].problems[0].nearest == "TA-101"


def test_a_code_in_the_introduction_itself_names_the_partner(world: World) -> None:
    world.partner("p1")
    take(world, "id,tracking_code,introduced_on\nI-1,ta-101,2026-10-05\n")
    assert mirrored(world, "introduction", "import-I-1").links["partner"] == Ref("partners", "p1")


def test_rows_without_ids_are_known_by_what_they_link_and_their_day(world: World) -> None:
    world.partner("p1")
    world.introduction("i1", "2026-10-05")
    text = (
        "lead.id,partner.code,introduced_on,verified\n"
        "l-i1,TA-101,2026-10-05,true\nl-i1,TA-101,2026-10-09,true\n,TA-101,2026-10-05,true\n"
    )
    done = take(world, text)
    assert outcomes(done) == [(2, "same", "introduced_on"), (3, "new", None)]
    assert codes(done) == [(4, "missing-identity")]
    assert [line.outcome.value for line in take(world, text).lines] == ["same", "same"]


def test_a_disclosure_of_an_introduction_that_the_crm_holds_belongs_there(world: World) -> None:
    world.partner("p1")
    world.introduction("i1", "2026-10-05")
    done = take(world, "id,introduction.id,given_at\nD-1,i1,2026-10-05T10:00:00Z\n")
    # it has one of its own already
    assert codes(done) == [(2, "ambiguous-match")]
    world.put("introduction", "i2", {"introduced_on": "2026-10-06"}, {"partner": "p1"})
    done = take(world, "id,introduction.id,given_at\nD-2,i2,2026-10-05T10:00:00Z\n")
    assert codes(done) == [(2, "held-by-crm")]
    assert "disclosure" not in mirrored(world, "introduction", "i2").links


def test_the_crms_partner_is_decided_anew_when_an_introduction_of_theirs_comes_in(world: World) -> None:
    world.partner("p1")
    take(world, "id,partner.code,introduced_on\nI-1,TA-101,2026-10-05\n")
    with world.store.reading() as tx:
        assert [(due.entity, due.id) for due in next(tx.due.before(NOW))] == [("partner", "p1")]


def test_a_person_who_was_forgotten_does_not_come_back(world: World) -> None:
    take(world, PARTNERS)
    take(world, "id,partner.code,lead.id,introduced_on\nI-1,TA-101,L-1,2026-10-05\n")
    world.store.forget(Ref("import-leads", "import-L-1"), at=NOW)
    done = take(world, "id,partner.code,lead.id,introduced_on\nI-1,TA-101,L-1,2026-10-05\n")
    assert codes(done) == [(2, "person-forgotten")]
    assert done.lines == []


def test_columns_may_have_the_titles_of_facts_in_any_language(world: World) -> None:
    done = take(world, "Tracking-Code des Partners;Name des Partners;Wohnort\nTA-1;Atlas Reisen;Ulm\n")
    assert done.file.by == ["Tracking-Code des Partners", "Name des Partners"]
    assert list(done.file.reading.unused) == ["`Wohnort`"]
    assert mirrored(world, "partner", "import-TA-1").facts["name"] == "Atlas Reisen"


def test_dates_may_be_written_as_people_do_where_the_data_leave_nothing_open(world: World) -> None:
    world.partner("p1")
    take(world, "id,partner.code,introduced on\nI-1,TA-101,21.10.2026\nI-2,TA-101,3.11.2026\n")
    assert mirrored(world, "introduction", "import-I-2").facts["introduced_on"] == "2026-11-03"
    content = "id,partner.code,introduced on\nI-1,TA-101,02/03/2026\n"
    assert problem_of(world, content)[0] == "ambiguous-notation"


def test_what_a_file_is_about_is_never_guessed(world: World) -> None:
    code, message = problem_of(world, "a,b\n1,2\n")
    assert (code, "has no column that tells what it is about" in message) == ("unclear-subject", True)
    code, message = problem_of(world, "id,version\nX,1\n")
    assert (code, "may be about `agreements` or `disclosures`" in message) == ("unclear-subject", True)
    world.partner("p1")
    done = take(world, "id,version,partner\nX,1,TA-101\n", kind="agreements")
    assert (done.file.by, outcomes(done)) == (None, [(2, "new", None)])


def test_a_kind_that_is_named_needs_columns_of_it(world: World) -> None:
    code, message = problem_of(world, "a,b\n1,2\n", kind="partners")
    assert (code, message) == (
        "unknown-columns",
        "none of the columns is a fact of `partner`; they are `a`, `b`",
    )
    assert problem_of(world, "code,partner.code\nTA-1,TA-1\n", kind="partners")[0] == "duplicate-name"
    assert problem_of(world, "", kind="partners")[0] == "missing-header"


def test_a_mapping_says_which_columns_are_which_facts(world: World, tmp_path: Path) -> None:
    mapping = {
        "fairlead": 1,
        "kind": "mapping",
        "name": "mappings/list",
        "version": "1.0.0",
        "title": "List",
        "about": "A list.",
        "recognised_by": [["Agency", "Ref"]],
        "facts": {
            "partner.name": {"column": ["Agency"]},
            "partner.code": {"column": ["Ref"]},
            "partner.type": {"column": ["Sort"], "values": {"Agency": "travel_agency"}},
        },
    }
    path = tmp_path / "list.json"
    path.write_text(json.dumps(mapping), "utf-8")
    done = take(world, "Ref,Agency,Sort\nTA-3,Atlas,Agency\n", stated=Stated(mapping=str(path)))
    assert (done.file.kind, done.file.reading.mapping) == ("partners", "mappings/list")
    assert mirrored(world, "partner", "import-TA-3").facts["type"] == "travel_agency"


def test_formulas_in_csv_are_text(world: World) -> None:
    take(world, 'code,name\nTA-1,"=HYPERLINK(""http://a"",""b"")"\n')
    assert mirrored(world, "partner", "import-TA-1").facts["name"] == '=HYPERLINK("http://a","b")'


def test_facts_about_health_are_not_taken(world: World) -> None:
    world.partner("p1")
    done = take(world, "id,partner.code,introduced_on,service_line\nI-1,TA-101,2026-10-05,transplant\n")
    assert done.file.reading.notes == [
        "not taken, since it is about health and needs the patient's consent: `introduction.service_line`"
    ]
    assert "service_line" not in mirrored(world, "introduction", "import-I-1").facts


def test_values_that_do_not_fit_and_ids_without_end_are_refused_by_row(world: World) -> None:
    done = take(world, f"code,name,type\nTA-1,A,wizard\n{'X' * 65},B,payer\nTA-3,C\nTA-4,D,payer\n")
    assert codes(done) == [(2, "unknown-value"), (3, "bad-record-id"), (4, "ragged-row")]
    assert [line.line for line in done.lines] == [5]


def test_a_workbook_gives_text_numbers_and_dates_exactly(world: World, tmp_path: Path) -> None:
    world.partner("p1")
    # workbooks know no zones
    half_past_two = datetime(2026, 10, 5, 14, 30, tzinfo=UTC).replace(tzinfo=None)
    book = write_book(
        tmp_path / "introductions.xlsx",
        ["Introductions of October"],
        [],
        ["id", "partner code", "introduced on", "recorded_at", "verified"],
        [101, "TA-101", date(2026, 10, 5), half_past_two, True],
        [],
        ["I-2", "TA-101", date(2026, 10, 6), None, False],
    )
    done = take(world, book)
    assert (done.file.reading.header, outcomes(done)) == (3, [(4, "new", None), (6, "new", None)])
    assert mirrored(world, "introduction", "import-101").facts == {
        "id": "import-101",
        "introduced_on": "2026-10-05",
        "recorded_at": "2026-10-05T14:30:00Z",
        "verified": True,
    }
    assert mirrored(world, "introduction", "import-I-2").facts["introduced_on"] == "2026-10-06"


def test_a_workbook_row_with_a_formula_is_refused_and_the_others_are_taken(
    world: World, tmp_path: Path
) -> None:
    book = write_book(
        tmp_path / "partners.xlsx", ["code", "name"], ["TA-1", "=CONCAT(A2)"], ["TA-2", "Casa Verde"]
    )
    done = take(world, book)
    assert (codes(done), outcomes(done)) == ([(2, "formula-cell")], [(3, "new", None)])
    assert json.loads(done.rejects[0].text) == {"code": "TA-1", "name": "=CONCAT(A2)"}


def test_a_workbook_that_is_none_or_has_several_sheets_is_refused(world: World, tmp_path: Path) -> None:
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"PK\x03\x04 no workbook")
    assert problem_of(world, broken)[0] == "invalid-xlsx"
    with zipfile.ZipFile(tmp_path / "odd.xlsx", "w") as archive:
        archive.writestr("xl/workbook.xml", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
    assert problem_of(world, tmp_path / "odd.xlsx")[0] == "invalid-xlsx"
    import openpyxl

    book = openpyxl.Workbook()
    for title in ("Partners", "More"):
        book.create_sheet(title).append(["code", "name"])
    book.save(tmp_path / "two.xlsx")
    code, message = problem_of(world, tmp_path / "two.xlsx")
    assert (code, message) == ("unknown-sheet", "the workbook has several sheets: `Partners`, `More`")
    assert problem_of(world, write_book(tmp_path / "empty.xlsx"))[0] == "missing-header"


def test_imported_records_are_none_of_the_crms(world: World) -> None:
    take(world, PARTNERS)
    with world.store.transaction() as tx:
        # what a reconciliation buries is looked up by the object
        assert [list(page) for page in tx.mirror.refs("partners")] == []
        assert tx.mirror.put([]) == list[Put]()


def test_files_that_are_too_large_are_refused(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [["code", "name"], *([f"TA-{number}", "A"] for number in range(1, 6))]
    book = write_book(tmp_path / "partners.xlsx", *rows)
    text = "".join(",".join(row) + "\n" for row in rows)
    monkeypatch.setattr("fairlead.files.entity_file.MOST_ROWS", 4)
    assert problem_of(world, text)[0] == "too-large"
    assert problem_of(world, book)[0] == "too-large"
    monkeypatch.setattr("fairlead.files.xlsx_rows.MOST_ROWS", 4)
    assert problem_of(world, book)[0] == "too-large"
    monkeypatch.undo()
    monkeypatch.setattr("fairlead.files.xlsx_rows._MOST_BYTES", 100)
    assert problem_of(world, book)[0] == "too-large"
