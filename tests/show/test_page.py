"""What is shown of a ruleset: the rules of the domain as tables and sentences, in the reader's language."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from tests.show.all_kinds import BAND, COUNT, PAGES, REWARD, RULESET, load

from fairlead.problems import UsageError
from fairlead.ruleset.load import load_ruleset
from fairlead.show import Page, page_of

SCORING = "medical-travel/lead-scoring"
PROGRAMME = "medical-travel/partner-programme"
CHECKS = "medical-travel/ethics-checks"


def shipped(name: str, language: str = "en") -> Page:
    return page_of(load_ruleset(name), language)


def section(page: Page, name: str) -> dict[str, Any]:
    (found,) = (
        section for section in page.as_json()["sections"] if name in (section["name"], section["title"])
    )
    return dict(found)


def blocks(page: Page, name: str, kind: str) -> list[Any]:
    return [block for block in section(page, name)["content"] if block["block"] == kind]


def rows(page: Page, name: str) -> list[list[str]]:
    """The cells of a decision's first table, each as its lines joined by a bar."""
    (first, *_) = (
        grid for each in page.sections if each.name == name for grid in each.blocks if hasattr(grid, "rows")
    )
    return [[" | ".join(line.text for line in cell.lines) for cell in row] for row in first.rows]


def columns(page: Page, name: str) -> list[str]:
    return list(blocks(page, name, "table")[0]["columns"])


def note(page: Page, name: str) -> str:
    return str(blocks(page, name, "note")[0]["text"])


def fields(page: Page, name: str) -> dict[str, Any]:
    return {
        field["label"]: field["value"]
        for block in blocks(page, name, "fields")
        for field in block["fields"]
    }  # fmt: skip


@pytest.fixture
def page(tmp_path: Path) -> Page:
    return page_of(load(tmp_path))


def test_the_published_points_stand_in_a_table() -> None:
    page = shipped(SCORING)

    assert columns(page, "lead.score") == ["Row", "Condition", "Points", "Reason"]
    assert rows(page, "lead.score") == [
        [
            "medical_records",
            "the patient sent medical records",
            "+25",
            "Sent medical records | medical_records",
        ],
        [
            "specific_dates",
            "the patient asked for specific dates",
            "+20",
            "Asked for specific dates | specific_dates",
        ],
        [
            "direct_channel",
            'enquiry channel is one of "whatsapp" or "phone"',
            "+15",
            "Got in touch by WhatsApp or phone | direct_channel",
        ],
        ["budget", "budget the patient mentioned is known", "+10", "Mentioned a budget | budget"],
        ["web_form", 'enquiry channel is "web_form"', "+5", "Wrote through the web form | web_form"],
    ]
    assert fields(page, "lead.score")["Possible results"] == "0 to 75"


def test_the_tiers_have_a_column_for_each_input() -> None:
    page = shipped(PROGRAMME)

    assert columns(page, "partner.tier") == ["Row", "number of introductions this year", "Result"]
    assert rows(page, "partner.tier") == [
        ["none", "0", "none"],
        ["bronze", "1 to 5", "bronze"],
        ["silver", "6 to 14", "silver"],
        ["gold", "15 or more", "gold"],
    ]


def test_a_reward_says_what_it_pays_when_and_up_to_what() -> None:
    page = shipped(PROGRAMME)
    said = fields(page, "introduction.reward")

    assert said["Paid to"]["code"] == "partner"
    assert said["Amount before limits"] == "fee for a verified introduction (500.00 USD)"
    assert said["Earned when"] == {
        "text": "all of these:",
        "items": ["the facility verified the introduction", "the introduction file is complete"],
    }
    assert said["Payable when"]["items"] == [
        "the agreement was in force",
        "the patient was told in time",
        "the partner's licence was valid",
        "the partner may be paid",
    ]
    assert said["Equal work is told by"]["items"] == said["Earned when"]["items"]
    assert rows(page, "introduction.reward") == [
        ["one_patient", "each patient", "all time", "fee for a verified introduction (500.00 USD)"],
        [
            "partner_year",
            "each payee",
            "calendar year",
            "most that one partner earns in a calendar year (7500.00 USD)",
        ],
    ]


def test_a_check_says_what_it_requires_how_severe_it_is_and_on_what_it_rests() -> None:
    page = shipped(CHECKS)
    said = fields(page, "introduction.disclosed_in_own_language")

    assert said["Required"] == "language of the disclosure is patient's language"
    assert said["Severity"] == "warning"
    assert said["Where it fails"]["text"] == "The disclosure is not in the patient's language"
    assert said["Where it fails"]["code"] == "disclosed_in_other_language"
    cited = fields(page, "introduction.consent_given")
    assert cited["Source"] == "GDPR art. 9(2)(a): explicit consent (article from memory)"
    assert "undetermined where something it needs is not known" in page.notes[0].text


def test_the_head_names_version_days_model_and_digest() -> None:
    ruleset = load_ruleset(SCORING)
    said = {field.label.text: field.value for field in page_of(ruleset).fields.fields}

    assert said["Version"].text.text == "1.0.0"
    assert said["In force"].text.text == "from 2026-01-01"
    assert said["Fact model"].code == "medical-travel/facts 1.0.0"
    assert said["Digest"].text.text == ruleset.digest


def test_a_long_text_has_a_paragraph_for_each_point_it_counts() -> None:
    about = [paragraph.text for paragraph in shipped(SCORING).about]

    assert [text[:3] for text in about[1:]] == ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)"]
    assert about[4] == "(4) A lead that meets both lists is sales qualified: the stronger sign wins."


def test_decay_groups_and_bounds_are_said(page: Page) -> None:
    assert note(page, "lead.score") == (
        "The points of all rows that are true are added up, beginning with 1.5. The score is never below 0. "
        "The score is never above 40. A row that cannot be decided because something is not known gives no "
        "points, and is named."
    )
    assert columns(page, "lead.score") == ["Row", "Condition", "Points", "Points fade", "Group", "Reason"]
    assert rows(page, "lead.score") == [
        [
            "records",
            "the patient sent records",
            "+2.5",
            (
                "counted from day of the enquiry | from 30 days on: 0.5 of the points | "
                "from 90 days on: 0 of the points"
            ),
            "–",
            "because of records | records",
        ],
        [
            "pages",
            "all of these: | the patient sent records | pages read is more than 3",
            "pages read",
            "counted from day of the enquiry | from 7 days on: 0.25 of the points",
            "reading",
            "because of pages | pages",
        ],
        [
            "few",
            "at least one of these: | pages read is less than 2 | pages read is not known",
            "-5",
            "–",
            "reading",
            "because of few | few",
        ],
    ]
    groups = blocks(page, "lead.score", "table")[1]
    assert groups["rows"] == [["reading", {"text": "-5", "number": "-5"}, {"text": "10.5", "number": "10.5"}]]


def test_cells_say_what_they_ask_and_the_rest_stands_beside_them(page: Page) -> None:
    assert columns(page, "lead.desk") == [
        *("Row", "channel", "pages read", "day of the enquiry", "budget", "the patient sent records"),
        *("And", "Result", "Reason"),
    ]
    assert rows(page, "lead.desk") == [
        [
            *("a", "phone or fax", "1 to 5", "–", "–", "–"),
            *("it is not so that the patient sent records", "north", "–"),
        ],
        ["b", "–", "more than 5, less than 9", "2026-01-31 or later", "–", "–", "–", "south", "–"],
        [
            *("c", "–", "–", "after 2026-01-01, 2026-01-30 or earlier", "9.50 USD", "no", "–", "south", "–"),
        ],
        ["d", "–", "–", "–", "–", "–", "pages read is 77", "north", "because of d | d"],
    ]
    assert blocks(page, "lead.desk", "table")[0]["legend"] == "– means that the row does not ask for this."


HOLDS = {
    "first": "Rows are read from top to bottom: the first that is true gives the result.",
    "unique": (
        "At most one row may be true, and gives the result. Two true rows are a conflict: there is no result."
    ),
    "any": (
        "Several rows may be true if they give the same result. Different results are a conflict: there is "
        "none."
    ),
    "sum": "The results of all rows that are true are added up; where none is true the result is 0.",
    "count": "The rows that are true are counted; where none is true the result is 0.",
    "min": "Of the results of all rows that are true the smallest or earliest holds.",
    "max": "Of the results of all rows that are true the largest or latest holds.",
}
UNKNOWN = "A row that cannot be decided because something is not known does not count, and is named."


@pytest.mark.parametrize("policy", HOLDS)
def test_a_sentence_says_which_row_holds_and_what_otherwise(policy: str, tmp_path: Path) -> None:
    table = {
        **COUNT,
        "hit_policy": policy if policy in ("first", "unique", "any") else "collect",
        "rows": [{"id": "a", "when": {"var": "lead.records"}, "then": 3}],
    }
    del table["aggregate"]
    if table["hit_policy"] == "collect":
        table["aggregate"] = policy
    if policy == "count":
        del table["rows"][0]["then"]
    otherwise = ""
    if policy not in ("sum", "count"):
        table["otherwise"] = {"then": 8} if policy == "first" else "undetermined"
        otherwise = (
            "Where no row is true, the result is: 8. "
            if policy == "first"
            else "Where no row is true, the result is undetermined. "
        )
    page = page_of(load(tmp_path, {**RULESET, "decisions": [table]}))

    assert note(page, "lead.signs") == f"{HOLDS[policy]} {otherwise}{UNKNOWN}"


def test_where_money_follows_a_row_that_is_not_known_stops_it(page: Page) -> None:
    assert note(page, "lead.band").endswith(
        "A reward depends on this table: where a row before the first true one cannot be decided because "
        "something is not known, the result is undetermined."
    )
    assert rows(page, "lead.band")[1] == ["otherwise", "–", "cold", "because of cold | cold"]


def test_a_score_that_money_follows_says_so(tmp_path: Path) -> None:
    score = {
        "name": "lead.score",
        "kind": "scorecard",
        "title": "score",
        "rows": [
            {
                "id": "a",
                "when": {">": [PAGES, 1]},
                "points": 1,
                "reason": {"code": "a", "text": "a"},
            }
        ],
    }
    reward = {**REWARD, "accrues_when": {">": [{"var": "lead.score"}, 0]}}
    page = page_of(load(tmp_path, {**RULESET, "decisions": [score, reward]}))

    assert note(page, "lead.score").endswith(
        "A reward depends on this score: where a row cannot be decided because something is not known, the "
        "score is undetermined."
    )


def test_a_reward_without_conditions_and_limits_says_so(tmp_path: Path, page: Page) -> None:
    said = fields(page, "lead.reward")

    assert (said["Payable when"], said["Taken back when"]) == ("always", "never")
    assert said["Equal work is told by"] == "nothing is stated"
    free = page_of(load(tmp_path, {**RULESET, "decisions": [{**REWARD, "accrues_when": True, "caps": []}]}))
    assert blocks(free, "lead.reward", "paragraph") == [{"block": "paragraph", "text": "Nothing limits it."}]


def test_settings_are_listed_with_the_days_on_which_they_change(page: Page) -> None:
    (grid,) = blocks(page, "Settings", "table")

    assert grid["rows"] == [
        [
            {"text": "yearly fee", "code": "fee"},
            "5.00 USD",
            "from 2026-01-01, and no longer from 2026-07-01 on",
        ],
        [{"text": "yearly fee", "code": "fee"}, "6.00 USD", "from 2026-07-01"],
        [{"text": "pages above which a lead is hot", "code": "hot_above"}, "9", "always"],
        [{"text": "not read by any rule", "code": "unused"}, "yes", "always"],
    ]
    # the value of a setting that changes is not part of a sentence
    assert fields(page, "lead.fee")["Is"] == "yearly fee"
    assert rows(page, "lead.band")[0][1] == "pages read is more than pages above which a lead is hot (9)"


def test_what_a_decision_reads_is_named_and_explained(page: Page) -> None:
    assert fields(page, "lead.band")["Reads"]["items"] == [
        "pages read lead.pages",
        "pages above which a lead is hot parameters.hot_above",
    ]
    (grid,) = blocks(page, "What the rules read", "table")
    assert grid["rows"][0] == [
        {"text": "the patient sent records", "code": "lead.records"},
        "yes or no",
        "What boolean it is.",
    ]


def test_only_the_decisions_asked_for_are_shown_with_what_they_read(tmp_path: Path) -> None:
    page = page_of(load(tmp_path), decisions=["lead.reward"])

    assert [each.name for each in page.sections if each.name] == ["lead.band", "lead.asked", "lead.reward"]
    assert [row[0].code for row in page.sections[3].blocks[0].rows] == ["hot_above"]  # type: ignore[union-attr]


def test_a_decision_that_does_not_exist_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        page_of(load(tmp_path), decisions=["lead.bnad"])

    (problem,) = refused.value.problems
    assert (problem.code, problem.found, problem.nearest) == ("unknown-decision", "lead.bnad", "lead.band")


def test_texts_are_in_the_language_asked_for_and_else_in_english() -> None:
    page = shipped(SCORING, "de-AT")

    assert page.language == "de"
    assert columns(page, "lead.score") == ["Zeile", "Bedingung", "Punkte", "Grund"]
    assert rows(page, "lead.score")[0] == [
        "medical_records",
        "medizinische Unterlagen geschickt: ja",
        "+25",
        "Medizinische Unterlagen geschickt | medical_records",
    ]
    assert page.notes[0].text == (
        "Texte ohne Übersetzung stehen auf Englisch; Namen und Werte stehen so, wie die Daten sie führen."
    )
    assert section(page, "lead.score")["title"] == "Punktzahl des Leads"
    assert page.about[0].text == "Die folgende Erläuterung gibt es nur auf Englisch."
    assert page.about[1].text.startswith("Scores each lead with the published points")


def test_cells_and_bounds_are_said_in_the_language_of_the_page() -> None:
    assert [row[1] for row in rows(shipped(PROGRAMME, "tr"), "partner.tier")] == [
        *("0", "1 ile 5 arası", "6 ile 14 arası", "15 veya daha çok"),
    ]
    assert rows(shipped(SCORING, "ar"), "lead.score")[1][3] == "السؤال عن مواعيد محددة | specific_dates"


def test_an_explanation_in_the_language_of_the_page_needs_no_line_before_it(tmp_path: Path) -> None:
    about = {"en": "Everything.", "de": "Alles."}
    told = [
        [paragraph.text for paragraph in page_of(load(tmp_path, {**RULESET, "about": about}), language).about]
        for language in ("en", "de", "tr")
    ]

    assert told == [["Everything."], ["Alles."], ["Aşağıdaki açıklama yalnızca İngilizcedir.", "Everything."]]


def test_conditions_are_in_the_language_of_the_page() -> None:
    german, turkish, arabic = (shipped(SCORING, language) for language in ("de", "tr", "ar"))

    assert [row[1] for row in rows(german, "lead.score")] == [
        "medizinische Unterlagen geschickt: ja",
        "nach konkreten Terminen gefragt: ja",
        "Kanal der Anfrage: whatsapp oder phone",
        "genanntes Budget: bekannt",
        "Kanal der Anfrage: web_form",
    ]
    assert [row[1] for row in rows(turkish, "lead.band")] == [
        "aday hasta puanı: “aday hastanın sıcak sayılması için aşılması gereken puan” (50) değerinden çok",
        "aday hasta puanı: “aday hastanın ılık sayıldığı en düşük puan” (20) veya daha çok",
        "–",
    ]
    assert [row[1] for row in rows(arabic, "lead.score")][2:4] == [
        "قناة الاستفسار: whatsapp أو phone",
        "الميزانية التي ذكرها المريض: معروف",
    ]


def test_a_reward_is_told_in_the_language_of_the_page() -> None:
    said = fields(shipped(PROGRAMME, "tr"), "introduction.reward")

    assert said["Hak edilme koşulu"]["items"] == [
        "kurum yönlendirmeyi doğruladı: evet",
        "yönlendirme dosyası eksiksiz: evet",
    ]
    assert said["Sınırlardan önceki tutar"] == "doğrulanmış bir yönlendirme için ücret (500.00 USD)"
    checked = fields(shipped(CHECKS, "ar"), "introduction.disclosed_in_own_language")
    assert checked["المطلوب"] == "لغة الإفصاح: «لغة المريض»"
    assert checked["عند عدم الاستيفاء"]["text"] == "الإفصاح ليس بلغة المريض"


def test_a_language_without_fixed_words_keeps_the_rulesets_own_texts(tmp_path: Path) -> None:
    french = {**RULESET, "title": {"en": "all kinds", "fr": "toutes sortes"}}
    page = page_of(load(tmp_path, french), "fr")

    assert (page.title.text, page.language, columns(page, "lead.band")[0]) == ("Toutes sortes", "en", "Row")


def test_what_an_overlay_was_made_from_is_named() -> None:
    clinic = Path(__file__).parents[2] / "docs" / "examples" / "clinic" / "rulesets"
    page = page_of(load_ruleset("clinic/lead-scoring", roots=[clinic]))
    said = {field.label.text: field.value for field in page.fields.fields}

    assert [item.text for item in said["Made from"].items] == [
        "medical-travel/lead-scoring 1.0.0",
        "clinic/lead-scoring 1.0.0",
    ]
    assert "companion" in [row[0] for row in rows(page, "lead.score")]


def test_a_ruleset_without_days_is_in_force_always(tmp_path: Path) -> None:
    timeless = {key: value for key, value in RULESET.items() if key != "effective"}
    page = page_of(load(tmp_path, {**timeless, "decisions": [{**BAND}]}))

    assert page.fields.fields[2].value.text.text == "always"


def test_showing_takes_a_small_part_of_a_second() -> None:
    ruleset = load_ruleset(CHECKS)
    start = time.perf_counter()
    page_of(ruleset, "ar")

    assert time.perf_counter() - start < 0.5


def test_who_introduced_and_how_is_paid_are_sections_of_their_own() -> None:
    page = shipped(PROGRAMME)

    attribution, settlement = fields(page, "Who introduced"), fields(page, "How it is paid")
    assert attribution["Known by"]["items"] == [
        "the partner's code on the enquiry",
        "the code in a web address, in its parameter partner",
        "the partner that the CRM names",
    ]
    assert attribution["What counts"]["items"] == [
        "Touches on the day of the introduction and in the 90 days before it count.",
        "Of several, the first decides.",
        "Two partners at the same instant: a person decides.",
        "A code may be entered up to 7 days after the enquiry; after that it is late.",
    ]
    assert attribution["Held where"]["items"][0] == "The patient introduced themselves"
    assert len(attribution["Held where"]["items"]) == 9
    assert attribution["Only noted where"] == "nothing is stated"
    assert settlement == {
        "Paid for each": "calendar quarter",
        "Smallest payout": {
            "text": "smallest amount that is paid out (100.00 USD)",
            "items": ["a smaller balance is carried over"],
        },
        "Reported from this yearly total on": "yearly total of a payee that has to be reported",
        "Disputes": "within 30 days of the statement",
        "Needs a tax form": "yes",
    }


def test_what_is_only_noted_is_told_apart_from_what_is_held() -> None:
    page = shipped("medical-travel/partner-tiers-as-published", "de")

    attribution = fields(page, "Wer vermittelt hat")
    assert attribution["Angehalten, wenn"] == "nichts angegeben"
    assert "Der Patient hat sich selbst vermittelt" in attribution["Nur vermerkt, wenn"]["items"]
    assert fields(page, "Wie gezahlt wird")["Gezahlt je"] == "Kalenderhalbjahr"


def test_a_page_of_some_decisions_leaves_out_how_is_paid() -> None:
    page = page_of(load_ruleset(PROGRAMME), "en", ["partner.tier"])

    assert not {"attribution", "settlement"} & {each.anchor for each in page.sections}


def test_what_a_reward_gives_is_said(tmp_path: Path) -> None:
    given = fields(shipped("medical-travel/ambassador-rewards"), "story.thanks")
    assert given["Given as"] == "a gift of this value"

    voucher = {**REWARD, "benefit": {"kind": "voucher", "expires_after_months": 24}}
    decisions = [voucher if part["kind"] == "reward" else part for part in RULESET["decisions"]]
    page = page_of(load(tmp_path, {**RULESET, "decisions": decisions}))
    assert fields(page, "lead.reward")["Given as"] == {
        "text": "a voucher of this value",
        "items": ["It expires after 24 months."],
    }
