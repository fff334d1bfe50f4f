"""The sandbox's query language: what it answers, and what it refuses in Zoho's words."""

from __future__ import annotations

import pytest
from tests.connectors.zoho.desk import Desk


@pytest.mark.parametrize(
    ("text", "code", "detail"),
    [
        ("select id from Leads limit 5", "SYNTAX_ERROR", {"clause": "where"}),
        (
            "select id from Leads where id is not null and Last_Name is not null and Country = 'DE'",
            "SYNTAX_ERROR",
            {"near": "and"},
        ),
        ("select id from Leads where (id > 1", "SYNTAX_ERROR", {"near": "end of query", "expected": ")"}),
        ("select Nothing from Leads where id > 1", "INVALID_QUERY", {"column_name": "Nothing"}),
        ("select id from Nothing where id > 1", "INVALID_QUERY", {"module": "Nothing"}),
        (
            "select id from Leads where Modified_Time >= '2026-11-01'",
            "INVALID_QUERY",
            {"column_name": "Modified_Time", "expected_data_type": "datetime"},
        ),
        (
            "select id from Leads where Description = 'x'",
            "INVALID_QUERY",
            {"column_name": "Description", "data_type": "textarea"},
        ),
        (
            "select id from Leads where id > 1 limit 2001",
            "LIMIT_EXCEEDED",
            {"limit": 2000, "clause": "limit"},
        ),
        (
            "select id from Leads where id > 1 limit 2000 offset 98001",
            "LIMIT_EXCEEDED",
            {"limit": 100000, "clause": "offset"},
        ),
        ("select id from Leads where id > 1 order by id, id", "DUPLICATE_DATA", {"clause": "order by"}),
    ],
)
def test_refusals(desk: Desk, text: str, code: str, detail: dict[str, object]) -> None:
    answer = desk.coql(text)

    assert answer.status_code == 400
    assert (answer.json()["code"], answer.json()["details"]) == (code, detail)


def test_a_list_takes_fifty_values(desk: Desk) -> None:
    def asked(number: int) -> int:
        values = ", ".join(f"'{each}'" for each in range(number))
        return desk.leads_where(f"Country in ({values})").status_code

    assert (asked(50), asked(51)) == (204, 400)


def test_columns_are_500_since_version_8_and_50_before(desk: Desk) -> None:
    names = ", ".join(["Last_Name", *(f"Nothing_{number}" for number in range(50))])
    before = desk.call("POST", "/coql", version="v7", json={"select_query": _selecting(names)})

    assert before.json()["details"] == {"limit": 50, "clause": "select"}
    assert desk.coql(_selecting(names)).json()["code"] == "INVALID_QUERY"


def _selecting(names: str) -> str:
    return " ".join(["select", names, "from Leads where id > 1"])


def test_keyset_reading_in_order_of_id(desk: Desk) -> None:
    first = desk.coql("select Last_Name from Leads where id is not null order by id limit 25").json()
    after = first["data"][-1]["id"]
    second = desk.leads_where(f"id > {after}", more="order by id limit 25").json()

    assert [row["id"] for row in first["data"] + second["data"]] == desk.ids()[:50]
    assert first["info"] == {"count": 25, "more_records": True}
    assert set(first["data"][0]) == {"Last_Name", "id"}


def test_criteria_narrow_what_is_found(desk: Desk) -> None:
    one, two, three = desk.ids()[:3]
    desk.sandbox.do("edit", object="Leads", id=one, values={"Last_Name": "O'Hara", "Country": "DE"})
    desk.sandbox.do("edit", object="Leads", id=two, values={"Last_Name": "O'Hara", "Country": "FR"})
    desk.sandbox.do("edit", object="Leads", id=three, values={"Last_Name": "Ohara 100%", "Country": None})

    def found(where: str) -> list[str]:
        answer = desk.leads_where(where)
        return [row["id"] for row in answer.json()["data"]] if answer.status_code == 200 else []

    assert found(r"Last_Name = 'O\'Hara'") == [one, two]
    assert found(r"(Last_Name = 'O\'Hara' and Country != 'FR')") == [one]
    assert found(f"(id in ({one}, {three}) and Country is null)") == [three]
    assert found("Last_Name like 'ohara%'") == [three]
    assert found(f"((id >= {one} and id <= {two}) and (Country = 'FR' or Country = 'XX'))") == [two]
    assert found("Last_Name = 'nobody'") == []


def test_nothing_found_is_204(desk: Desk) -> None:
    answer = desk.coql("select id from Leads where Last_Name = 'nobody'")

    assert (answer.status_code, answer.content) == (204, b"")


def test_instants_compare_over_offsets_and_inclusively(desk: Desk) -> None:
    id_ = desk.ids()[0]
    stamp = desk.sandbox.truth("lead")[id_].modified_at
    utc = stamp.isoformat()
    with_offset = stamp.isoformat().replace("+00:00", "-00:00")

    for text in (utc, with_offset):
        answer = desk.leads_where(f"(Modified_Time >= '{text}' and id = {id_})")
        assert [row["id"] for row in answer.json()["data"]] == [id_]
    assert desk.leads_where(f"(Modified_Time > '{utc}' and id = {id_})").status_code == 204


def test_converted_leads_are_not_shown(desk: Desk) -> None:
    id_ = desk.ids()[0]
    desk.sandbox.do("convert", object="Leads", id=id_)

    assert desk.leads_where(f"id = {id_}").status_code == 204
