"""What to do about what holds an entry, in words that payees can be told.

No native speaker has reviewed the German, Turkish and Arabic words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fairlead.documents.texts import pick
from fairlead.facts.model import FactModel

__all__ = ["BY_A_PERSON", "open_facts", "remedy_of"]

_LANGUAGES = ("en", "de", "tr", "ar")

#: labels of facts that concern a patient: a payee is not told that one of them is missing, or what it says
_CLOSED = frozenset(("acceptance", "outcome", "personal", "protected", "special_category", "treatment_value"))


def _words(*texts: str) -> dict[str, str]:
    return dict(zip(_LANGUAGES, texts, strict=True))


_MISSING = _words(
    "put on record: {facts}",
    "festhalten: {facts}",
    "kayda geçirin: {facts}",
    "سجّلوا: {facts}",
)
_MISSING_CLOSED = _words(
    "the facility completes its record",
    "die Einrichtung vervollständigt ihren Eintrag",
    "kurum kaydını tamamlar",
    "تستكمل المنشأة سجلها",
)
_FAILED = _words(
    "it is paid once this is in order; where the record is wrong, the facility corrects it",
    "es wird gezahlt, sobald das in Ordnung ist; ist der Eintrag falsch, berichtigt ihn die Einrichtung",
    "bu düzeltilince ödenir; kayıt yanlışsa kurum düzeltir",
    "يُدفع متى استُوفي ذلك؛ وإن كان السجل خاطئًا صححته المنشأة",
)
_DECIDED_BY_A_PERSON = _words(
    "a person of the facility looks at it, and decides it anew or takes it back",
    "eine Person der Einrichtung sieht es an und entscheidet es neu oder nimmt es zurück",
    "kurumdan bir kişi inceler; yeniden karara bağlar ya da geri alır",
    "ينظر فيه شخص من المنشأة، فيقرره من جديد أو يسترده",
)
_CARRIED_OVER = _words(
    "nothing: it is paid with what is due later",
    "nichts: Es wird mit dem gezahlt, was später fällig ist",
    "yapılacak bir şey yok: sonraki hak edişlerle birlikte ödenir",
    "لا شيء: يُدفع مع ما يُستحق لاحقًا",
)
#: reasons that only a person can do something about
BY_A_PERSON = frozenset(
    (
        "amount-changed",
        "duplicate-record",
        "no-longer-earned",
        "payee-gone",
        "programme-changed",
        "record-gone",
        "record-refused",
    )
)
_SETTLED_LATER = frozenset(("below-minimum", "not-above-zero"))


def remedy_of(reason: Mapping[str, Any], language: str, model: FactModel | None = None) -> str:
    """Return what to do about a reason as the ledger keeps it: its own remedy, else what helps in general.

    With `model` missing facts are called by their titles, and those about a patient are not named; without
    it all are named as documents name them.
    """
    if reason.get("remedy"):
        return pick(reason["remedy"], language)
    missing = list(reason.get("missing", ()))
    if missing and model is not None:
        shown = open_facts(missing, model, language)
        return (
            pick(_MISSING, language).format(facts=", ".join(shown))
            if shown
            else pick(_MISSING_CLOSED, language)
        )
    if missing:
        return pick(_MISSING, language).format(facts=", ".join(f"`{name}`" for name in missing))
    if reason["code"] in _SETTLED_LATER:
        return pick(_CARRIED_OVER, language)
    return pick(_DECIDED_BY_A_PERSON if reason["code"] in BY_A_PERSON else _FAILED, language)


def open_facts(names: Iterable[str], model: FactModel, language: str) -> list[str]:
    """Return the titles of the facts among names that say nothing about a patient, each once.

    A name can be that of an entity, where the whole record is missing.
    """
    titles: dict[str, None] = {}
    for name in names:
        if name in model.entities:
            titles[pick(model.entities[name].title, language)] = None
            continue
        fact = model.get(name)
        if fact is not None and not _CLOSED & model.labels_of(name):
            titles[pick(fact.title, language)] = None
    return list(titles)
