"""The demo's own reasons, in the languages of the shipped rulesets' reasons."""

from __future__ import annotations

from fairlead.documents.texts import pick

__all__ = ["reason"]

_WORDS = {
    "not_on_record": {
        "en": "not on record: {}",
        "de": "nicht belegt: {}",
        "tr": "kayıtlı değil: {}",
        "ar": "غير موثَّق: {}",
    },
    "not_known": {
        "en": "not known: {}",
        "de": "nicht bekannt: {}",
        "tr": "bilinmiyor: {}",
        "ar": "غير معروف: {}",
    },
    "limit_per_payee": {
        "en": "at most {} of this fee for one partner in a calendar year",
        "de": "höchstens {} von diesem Honorar für einen Partner im Kalenderjahr",
        "tr": "bir takvim yılında bir iş ortağına bu ücretten en çok {}",
        "ar": "{} على الأكثر من هذه الأتعاب لشريك واحد في السنة التقويمية",
    },
    "limit_per_patient": {
        "en": "at most {} of this fee for one patient",
        "de": "höchstens {} von diesem Honorar für einen Patienten",
        "tr": "bir hasta için bu ücretten en çok {}",
        "ar": "{} على الأكثر من هذه الأتعاب لمريض واحد",
    },
    "did_not_occur": {
        "en": "the introduction did not occur",
        "de": "die Vermittlung hat nicht stattgefunden",
        "tr": "yönlendirme gerçekleşmedi",
        "ar": "الإحالة لم تحدث",
    },
    "fraud": {
        "en": "the introduction was a fraud",
        "de": "die Vermittlung war ein Betrug",
        "tr": "yönlendirme hileliydi",
        "ar": "الإحالة كانت احتيالًا",
    },
    "duplicate": {
        "en": "the introduction was a duplicate",
        "de": "die Vermittlung war eine Dublette",
        "tr": "yönlendirme mükerrerdi",
        "ar": "الإحالة كانت مكررة",
    },
}


def reason(code: str, language: str, *words: str) -> str:
    """Return a reason in a language, English where there is none, with `words` in its gaps."""
    return pick(_WORDS[code], language).format(*words)
