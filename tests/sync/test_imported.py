"""What was imported is none of the CRM's: no sync writes or buries it, and what reads it is decided anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.sync.clinic import Clinic

from fairlead.files.entity_file import read_entity_file
from fairlead.files.mappings import Stated
from fairlead.ledger.import_run import import_files, table_kinds
from fairlead.store import Ref

OpenClinic = Callable[..., Clinic]

PARTNERS = "code,name\nOLD-1,Casa Verde\n"


def taken(clinic: Clinic, tmp_path: Path, *texts: str) -> list[list[str]]:
    """Import texts of CSV; return the outcomes of the rows of each."""
    opened, now = clinic.project(), clinic.sandbox.now()
    paths = [tmp_path / f"{number}.csv" for number in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text, "utf-8")
    kinds = table_kinds(opened, now)
    files = [read_entity_file(str(path), kinds, None, Stated(), opened.zone) for path in paths]
    with clinic.store() as store:
        done = import_files(store, opened, files, now=now)
    assert [each.rejects for each in done] == [[] for _ in done]
    return [[line.outcome.value for line in each.lines] for each in done]


def synced(open_clinic: OpenClinic) -> Clinic:
    clinic = open_clinic(leads=5, partners=2)
    clinic.provision()
    assert clinic.sync().state == "done"
    return clinic


def test_a_full_sync_leaves_what_was_imported(open_clinic: OpenClinic, tmp_path: Path) -> None:
    clinic = synced(open_clinic)
    introductions = "id,partner,lead.id,introduced_on\nI-1,OLD-1,L-77,2026-07-01\n"
    assert taken(clinic, tmp_path, PARTNERS, introductions) == [["new"], ["new"]]
    clinic.sandbox.advance(600)
    report = clinic.sync(full=True)
    assert (report.state, report.imbalances(), report.written) == ("done", [], 0)
    with clinic.store() as store, store.reading() as tx:
        kept = {
            entity: sorted(id_ for ids in tx.mirror.ids(entity) for id_ in ids if id_.startswith("import-"))
            for entity in ("partner", "introduction", "lead")
        }
        assert not any(name.startswith("import-") for name in tx.outbox.objects())
    assert kept == {
        "partner": ["import-OLD-1"],
        "introduction": ["import-I-1"],
        "lead": ["import-L-77"],
    }


def test_the_crms_partner_is_decided_anew_with_an_imported_introduction(
    open_clinic: OpenClinic, tmp_path: Path
) -> None:
    clinic = synced(open_clinic)
    code = str(clinic.sandbox.truth("partner")["A000001"].values["fl_code"])
    today = clinic.sandbox.now().date()
    introductions = f"id,partner.code,lead.id,introduced_on\nI-1,{code},L-77,{today}\n"
    assert taken(clinic, tmp_path, f"code,name\n{code.lower()},Anything\n", introductions) == [
        ["different"],
        ["new"],
    ]
    clinic.sandbox.advance(600)
    assert clinic.sync().evaluated == 1
    with clinic.store() as store, store.reading() as tx:
        introduction = tx.mirror.record("introduction", "import-I-1")
    assert introduction is not None
    assert introduction.links["partner"] == Ref("agents", "A000001")


def test_a_lead_with_the_code_of_an_imported_partner_is_reported_and_not_linked(
    open_clinic: OpenClinic, tmp_path: Path
) -> None:
    clinic = synced(open_clinic)
    taken(clinic, tmp_path, PARTNERS)
    free = next(lead for lead in clinic.sandbox.truth("lead").values() if not lead.links["partner"])
    now = clinic.sandbox.now()
    clinic.sandbox.advance(120)
    values = {"fl_tracking_code": "OLD-1", "created": now}
    clinic.sandbox.do("edit", object="people", id=free.id, values=values)
    report = clinic.sync()
    assert report.state == "done"
    assert [(code, ref) for code, ref, _ in report.notes] == [("unknown-code", f"people/{free.id}")]
    assert not clinic.sandbox.truth("lead")[free.id].links["partner"]
