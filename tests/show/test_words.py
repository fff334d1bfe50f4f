"""The fixed words: each in every language, with the same things to fill in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import fairlead.show
from fairlead.show.words import LANGUAGES, WORDS

SOURCES = [
    path
    for path in Path(fairlead.show.__file__).parent.glob("*.py")
    if path.name not in ("words.py", "paying_words.py")
]
ARABIC = re.compile("[\u0600-\u06ff]")


def test_the_languages_are_those_of_the_shipped_texts() -> None:
    assert LANGUAGES == ("en", "de", "tr", "ar")


@pytest.mark.parametrize("key", WORDS)
def test_each_word_is_there_in_every_language_with_the_same_braces(key: str) -> None:
    words = WORDS[key]

    assert tuple(words) == LANGUAGES
    assert all(text.strip() for text in words.values())
    assert len({frozenset(re.findall(r"\{(\w+)\}", text)) for text in words.values()}) == 1
    assert ARABIC.search(words["ar"])
    assert not any(ARABIC.search(words[language]) for language in ("en", "de", "tr"))


def test_no_word_is_left_over() -> None:
    source = "".join(path.read_text("utf-8") for path in SOURCES)
    # the others are put together from what a document says
    made = re.compile(
        "sum_|collect_|per_|window_|first$|unique$|any$|error$|warning$|info$|benefit_|by_|touch_|ties_"
    )

    assert [key for key in WORDS if f'"{key}"' not in source and not made.match(key)] == []
