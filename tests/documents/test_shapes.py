"""A document of the wrong shape is answered in its own terms."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import Field

from fairlead.documents.json_text import read_document
from fairlead.documents.shapes import DocumentModel, DocumentName, Name, SemanticVersion, check_shape
from fairlead.documents.texts import Texts, pick
from fairlead.problems import DocumentError, Problem


class Text(DocumentModel):
    type: Literal["text"]
    text: int = 0


class Listing(DocumentModel):
    type: Literal["list"]
    items: Kind
    more: Kind | None = None


Kind = Annotated[Text | Listing, Field(discriminator="type")]
Listing.model_rebuild()


class Everything(DocumentModel):
    fairlead: Literal[1] = 1
    name: DocumentName = "a"
    version: SemanticVersion = "1.0.0"
    title: Texts = Field(default_factory=lambda: {"en": "x"})
    kinds: dict[Name, Kind] = Field(default_factory=dict)
    some: list[Text] = Field(default_factory=list)
    either: int | str = 0
    high: Annotated[int, Field(ge=3)] = 3
    from_: Annotated[str, Field(alias="from")] = ""


def problems_of(text: str) -> list[Problem]:
    with pytest.raises(DocumentError) as raised:
        check_shape(Everything, read_document(text, name="x.json"))
    return list(raised.value.problems)


@pytest.mark.parametrize(
    ("text", "code", "pointer", "column", "nearest"),
    [
        ('{"titel": "x"}', "unknown-key", "/titel", 2, "title"),
        ('{"form": "x"}', "unknown-key", "/form", 2, "from"),
        ('{"fairlead": 2}', "unknown-value", "/fairlead", 14, None),
        ('{"name": "A"}', "bad-name", "/name", 2, None),
        ('{"version": "1.0"}', "invalid-value", "/version", 13, None),
        ('{"version": "01.0.0"}', "invalid-value", "/version", 13, None),
        ('{"high": 2}', "value-out-of-range", "/high", 10, None),
        ('{"high": "3"}', "wrong-type", "/high", 10, None),
        ('{"high": true}', "wrong-type", "/high", 10, None),
        ('{"high": 3.5}', "wrong-type", "/high", 10, None),
        ('{"either": []}', "wrong-type", "/either", 12, None),
        ('{"kinds": {"A": {"type": "text"}}}', "bad-name", "/kinds/A", 12, None),
        ('{"kinds": {"a": {"type": "txt"}}}', "unknown-value", "/kinds/a/type", 26, "text"),
        ('{"kinds": {"a": {"type": 5}}}', "unknown-value", "/kinds/a/type", 26, None),
        ('{"kinds": {"a": {}}}', "missing-key", "/kinds/a/type", 17, None),
        ('{"kinds": {"a": 5}}', "wrong-type", "/kinds/a", 17, None),
        # a branch of a union may have the name of a key that is there
        ('{"kinds": {"a": {"type": "text", "text": ""}}}', "wrong-type", "/kinds/a/text", 42, None),
        ('{"kinds": {"a": {"type": "text", "tex": 1}}}', "unknown-key", "/kinds/a/tex", 34, "text"),
        ('{"kinds": {"list": {"type": "list"}}}', "missing-key", "/kinds/list/items", 20, None),
        (
            '{"kinds":{"a": {"type":"list","items": {"type":"list", "itms": 1, "items": {"type": "text"}}}}}',
            "unknown-key",
            "/kinds/a/items/itms",
            56,
            "items",
        ),
        (
            '{"kinds": {"a": {"type": "list", "items": {"type": "text"}, "more": {"type": "text", "a": 1}}}}',
            "unknown-key",
            "/kinds/a/more/a",
            86,
            None,
        ),
        ('{"some": [{"type": "text"}, {"type": "text", "t": 1}]}', "unknown-key", "/some/1/t", 46, None),
        ('{"some": {}}', "wrong-type", "/some", 10, None),
        ('{"title": {"de": "x"}}', "missing-key", "/title/en", 11, None),
        ('{"title": {"en": "x", "de": 1}}', "wrong-type", "/title/de", 29, None),
        ('{"title": ""}', "empty-value", "/title", 11, None),
        ('{"title": {"en": "x", "German": "y"}}', "invalid-value", "/title/German", 33, None),
        ('{"title": 1}', "wrong-type", "/title", 11, None),
        ("[]", "wrong-type", "", 1, None),
    ],
)
def test_each_problem_has_code_pointer_place_and_nearest_name(
    text: str, code: str, pointer: str, column: int, nearest: str | None
) -> None:
    found = [
        (problem.code, problem.pointer, problem.column, problem.nearest) for problem in problems_of(text)
    ]
    assert found == [(code, pointer, column, nearest)]


def test_all_problems_of_a_document_come_at_once_and_in_its_order() -> None:
    text = '{"high": 1,\n "hi": 1,\n "kinds": {"a": {"type": "text", "x": 1},\n "b": {"type": "x"}}}'
    assert [(problem.line, problem.code) for problem in problems_of(text)] == [
        (1, "value-out-of-range"),
        (2, "unknown-key"),
        (3, "unknown-key"),
        (4, "unknown-value"),
    ]


@pytest.mark.parametrize("text", ['{"high": "x"}', '{"either": {}}', "5", '{"kinds": []}', '{"name": null}'])
def test_no_problem_names_a_type_of_the_host_language(text: str) -> None:
    for problem in problems_of(text):
        words = str(problem).replace("`", " ").split()
        assert not {"str", "int", "dict", "string", "dictionary", "NoneType", "None"} & set(words)


def test_several_wants_at_one_place_are_one_problem() -> None:
    [problem] = problems_of('{"either": []}')
    assert problem.message == "an integer or text is expected here; this is a list"


def test_texts_are_read_as_a_mapping() -> None:
    assert check_shape(Everything, read_document('{"title": "Score"}')).title == {"en": "Score"}


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "colour"),
        ("de", "Farbe"),
        ("de-AT", "Farbe"),
        ("pt-BR", "cor"),
        ("fr", "colour"),
        ("", "colour"),
    ],
)
def test_a_text_falls_back_to_the_base_language_and_then_to_english(language: str, expected: str) -> None:
    assert pick({"en": "colour", "de": "Farbe", "pt-BR": "cor"}, language) == expected
