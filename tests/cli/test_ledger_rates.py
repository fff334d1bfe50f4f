"""Exchange rates: a table that the project supplies, the rate of the day, and what has none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.cli.test_ledger_commands import Q4, proposed, refused, run
from tests.ledger.world import NOW, World, write_project

from fairlead import project
from fairlead.cli import ledger_place
from fairlead.ruleset.catalogue import shipped_root
from fairlead.sync.place import open_store


@pytest.fixture(autouse=True)
def at_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_place, "now", lambda: NOW)


def in_euro(folder: Path) -> None:
    """Write a programme that states its fee in EUR and pays USD, and make it the project's."""
    document = json.loads((shipped_root() / "medical-travel/partner-programme.json").read_text("utf-8"))
    document["name"] = "clinic/programme"
    document["parameters"]["introduction_fee"] |= {
        "currency": "EUR",
        "value": {"amount": "460.00", "currency": "EUR"},
    }
    reward = document["decisions"][-1]
    day = {"var": "introduction.introduced_on"}
    how = {"currency": "USD", "rounding": "half_up"}
    reward["amount"] = {"convert": [{"var": "parameters.introduction_fee"}, day, how]}
    reward["caps"] = reward["caps"][1:]
    path = folder / "rulesets/clinic/programme.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document), "utf-8")


def rates(folder: Path, *rows: tuple[str, str, str, str]) -> None:
    listed = [{"on": on, "from": source, "to": target, "rate": rate} for on, source, target, rate in rows]
    document = {"fairlead": 1, "kind": "rates", "name": "rates", "version": "1.0.0", "rates": listed}
    (folder / "rates.json").write_text(json.dumps(document), "utf-8")
    settings = folder / "fairlead.toml"
    if "rates" not in settings.read_text():
        settings.write_text('rates = "rates.json"\n' + settings.read_text())


@pytest.fixture
def euro(tmp_path: Path) -> Iterator[World]:
    folder = tmp_path / "clinic"
    in_euro(folder)
    write_project(folder, "clinic/programme")
    with open_store(project.open(folder)) as store:
        world = World(folder, store)
        world.partner()
        world.introduction("i1", "2026-10-05")
        yield world


def test_amounts_are_converted_by_the_rate_of_the_introductions_day(euro: World) -> None:
    rates(euro.folder, ("2026-10-01", "EUR", "USD", "1.10"), ("2026-11-01", "EUR", "USD", "1.20"))

    # 460.00 EUR at 1.10
    assert proposed(euro)["totals"] == [{"amount": "506.00", "currency": "USD"}]
    with euro.store.reading() as tx:
        kept = [tx.archive.get(digest)["kind"] for digest in tx.archive.digests() if _has_kind(tx, digest)]
    assert "rates" in kept


def _has_kind(tx: Any, digest: str) -> bool:
    return "kind" in tx.archive.get(digest)


def test_a_missing_rate_is_a_reject_that_names_the_pair(euro: World) -> None:
    rates(euro.folder, ("2026-10-06", "EUR", "USD", "1.10"))

    result = run("ledger", "run", euro.folder, *Q4, "--by", "Ana Silva")

    assert result.exit_code == 1
    assert "EUR>USD" in result.stdout
    # and with the rate it accrues
    rates(euro.folder, ("2026-10-01", "EUR", "USD", "1.10"))
    assert proposed(euro)["rejects"] == []


def test_a_file_of_rates_that_is_not_there_is_refused_with_its_place(euro: World) -> None:
    rates(euro.folder)
    (euro.folder / "rates.json").unlink()

    problem = refused("ledger", "run", euro.folder, *Q4, "--by", "Ana Silva")

    assert (problem["code"], problem["line"]) == ("no-such-file", 1)


def test_a_replay_converts_with_the_rates_that_were_used(euro: World) -> None:
    rates(euro.folder, ("2026-10-01", "EUR", "USD", "1.10"))
    proposed(euro)

    rates(euro.folder, ("2026-10-01", "EUR", "USD", "2.00"))

    assert run("ledger", "replay", euro.folder).exit_code == 0
