"""The words of conditions in German, Turkish and Arabic; English has sentences of its own.

No native speaker has reviewed them. Names stand in quotes and in their dictionary form, and what they are
asked for stands after a colon, so that no title has to be inflected.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["CONDITION_WORDS"]

_LANGUAGES = ("de", "tr", "ar")

_TABLE: tuple[tuple[str, str, str, str], ...] = (
    ("quoted", "„{name}“", "“{name}”", "«{name}»"),
    ("brackets", "({said})", "({said})", "({said})"),
    ("with_value", "{name} ({value})", "{name} ({value})", "{name} ({value})"),
    ("series", ", ", ", ", "، "),
    # what a name is asked for
    ("asked", "{subject}: {answer}", "{subject}: {answer}", "{subject}: {answer}"),
    ("known", "bekannt", "biliniyor", "معروف"),
    ("not_known", "nicht bekannt", "bilinmiyor", "غير معروف"),
    ("other_than", "nicht {object}", "{object} değil", "ليس {object}"),
    ("none_of", "keines von {choices}", "şunlardan hiçbiri: {choices}", "لا شيء من: {choices}"),
    ("nothing", "nichts", "hiçbir şey", "لا شيء"),
    ("contains", "enthält {item}", "{item} içeriyor", "يحتوي على {item}"),
    ("lacks", "enthält nicht {item}", "{item} içermiyor", "لا يحتوي على {item}"),
    (
        "where_unknown",
        "{known} (wenn nicht bekannt: {other})",
        "{known} (bilinmiyorsa: {other})",
        "{known} (إن لم يُعرف: {other})",
    ),
    # clauses
    ("and", " und ", " ve ", " و "),
    ("not", "nicht ({clause})", "({clause}) doğru değil", "ليس صحيحًا أن ({clause})"),
    ("same", "{left} = {right}", "{left} = {right}", "{left} = {right}"),
    ("different", "{left} ≠ {right}", "{left} ≠ {right}", "{left} ≠ {right}"),
    (
        "when",
        "wenn ({condition}), dann {value}",
        "({condition}) ise {value}",
        "إذا ({condition}) فالنتيجة {value}",
    ),
    ("else", "sonst {value}", "aksi hâlde {value}", "وإلا فالنتيجة {value}"),
    ("steps", "; ", "; ", "؛ "),
    ("element", "Element", "öğe", "العنصر"),
    (
        "all",
        "jedes Element von {source} (mindestens eines): ({body})",
        "{source} içindeki her öğe (en az bir tane): ({body})",
        "كل عنصر من {source} (عنصر واحد على الأقل): ({body})",
    ),
    (
        "some",
        "mindestens ein Element von {source}: ({body})",
        "{source} içindeki en az bir öğe: ({body})",
        "عنصر واحد على الأقل من {source}: ({body})",
    ),
    (
        "none",
        "kein Element von {source}: ({body})",
        "{source} içindeki hiçbir öğe: ({body})",
        "لا عنصر من {source}: ({body})",
    ),
    (
        "missing",
        "nicht bekannt unter: {names}",
        "şunlardan bilinmeyenler: {names}",
        "غير المعروف من: {names}",
    ),
    (
        "missing_some",
        "{missing} (nichts, sobald so viele bekannt sind: {count})",
        "{missing} (bu kadarı biliniyorsa hiçbiri: {count})",
        "{missing} (لا شيء متى عُرف منها هذا العدد: {count})",
    ),
    # numbers
    ("plus", " + ", " + ", " + "),
    ("minus", " − ", " − ", " − "),
    ("times", " × ", " × ", " × "),
    ("divided", " ÷ ", " ÷ ", " ÷ "),
    ("negative", "−{value}", "−{value}", "−{value}"),
    ("remainder", "Rest von {quotient}", "{quotient} işleminin kalanı", "باقي {quotient}"),
    ("smallest", "kleinster Wert von ({all})", "({all}) içinden en küçüğü", "الأصغر من ({all})"),
    ("largest", "größter Wert von ({all})", "({all}) içinden en büyüğü", "الأكبر من ({all})"),
    ("earliest", "frühester Zeitpunkt von ({all})", "({all}) içinden en erkeni", "الأسبق من ({all})"),
    ("latest", "spätester Zeitpunkt von ({all})", "({all}) içinden en geçi", "الأحدث من ({all})"),
    (
        "rounded",
        "{value}, gerundet auf {places} ({mode})",
        "{value}, yuvarlama: {places} ({mode})",
        "{value}، مقرّبًا إلى {places} ({mode})",
    ),
    ("whole", "eine ganze Zahl", "tam sayı", "عدد صحيح"),
    ("places", "Nachkommastellen: {count}", "ondalık basamak: {count}", "منازل عشرية: {count}"),
    (
        "half_even",
        "zur nächsten Zahl, bei Gleichstand zur geraden",
        "en yakına, eşitlikte çift sayıya",
        "إلى الأقرب، وعند التساوي إلى الزوجي",
    ),
    (
        "half_up",
        "zur nächsten Zahl, bei Gleichstand von null weg",
        "en yakına, eşitlikte sıfırdan uzağa",
        "إلى الأقرب، وعند التساوي بعيدًا عن الصفر",
    ),
    (
        "half_down",
        "zur nächsten Zahl, bei Gleichstand zur Null hin",
        "en yakına, eşitlikte sıfıra doğru",
        "إلى الأقرب، وعند التساوي نحو الصفر",
    ),
    ("up", "von null weg", "sıfırdan uzağa", "بعيدًا عن الصفر"),
    ("down", "zur Null hin", "sıfıra doğru", "نحو الصفر"),
    ("floor", "abgerundet", "aşağı", "إلى الأسفل"),
    ("ceiling", "aufgerundet", "yukarı", "إلى الأعلى"),
    (
        "convert",
        "{amount} in {currency} zum Kurs von {day} ({mode})",
        "{amount}, {currency} olarak, {day} kuruyla ({mode})",
        "{amount} بعملة {currency} بسعر صرف {day} ({mode})",
    ),
    # texts
    ("followed", " gefolgt von ", " ardından ", " يليه "),
    (
        "part",
        "Teil von {text} ab Stelle {start}",
        "{text} metninin {start} konumundan sonraki bölümü",
        "جزء {text} ابتداءً من الموضع {start}",
    ),
    ("part_of_length", "{part}, Länge {length}", "{part}, uzunluk {length}", "{part}، الطول {length}"),
    # time
    (
        "days_between",
        "Tage von {start} bis {end}",
        "{start} ile {end} arasındaki gün sayısı",
        "عدد الأيام من {start} إلى {end}",
    ),
    (
        "hours_between",
        "Stunden von {start} bis {end}",
        "{start} ile {end} arasındaki saat sayısı",
        "عدد الساعات من {start} إلى {end}",
    ),
    (
        "minutes_between",
        "Minuten von {start} bis {end}",
        "{start} ile {end} arasındaki dakika sayısı",
        "عدد الدقائق من {start} إلى {end}",
    ),
    (
        "seconds_between",
        "Sekunden von {start} bis {end}",
        "{start} ile {end} arasındaki saniye sayısı",
        "عدد الثواني من {start} إلى {end}",
    ),
    ("days", "{moved} (Tage)", "{moved} (gün)", "{moved} (أيام)"),
    ("hours", "{moved} (Stunden)", "{moved} (saat)", "{moved} (ساعات)"),
    ("months", "{moved} (Monate)", "{moved} (ay)", "{moved} (أشهر)"),
)

#: key -> language -> words
CONDITION_WORDS: Mapping[str, Mapping[str, str]] = {
    key: dict(zip(_LANGUAGES, words, strict=True)) for key, *words in _TABLE
}
