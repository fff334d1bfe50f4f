"""The fixed words of a page in English, German, Turkish and Arabic.

No native speaker has reviewed the German, Turkish and Arabic words. A word that stands in braces is
filled in; it may stand elsewhere in the sentence in another language.
"""

from __future__ import annotations

from collections.abc import Mapping

from fairlead.show.paying_words import PAYING_TABLE

__all__ = ["LANGUAGES", "WORDS"]

#: the languages of the fixed words, in the order of the columns below
LANGUAGES = ("en", "de", "tr", "ar")

_TABLE: tuple[tuple[str, str, str, str, str], ...] = (
    # kinds of decisions
    ("scorecard", "scorecard", "Punktekarte", "puan kartı", "بطاقة نقاط"),
    ("table", "decision table", "Entscheidungstabelle", "karar tablosu", "جدول قرار"),
    ("formula", "formula", "Formel", "formül", "معادلة"),
    ("check", "check", "Prüfung", "denetim", "فحص"),
    ("reward", "reward", "Vergütung", "ödül", "مكافأة"),
    # the head of a page
    ("contents", "Contents", "Inhalt", "İçindekiler", "المحتويات"),
    ("name", "Name", "Name", "Ad", "الاسم"),
    ("version", "Version", "Version", "Sürüm", "الإصدار"),
    ("in_force", "In force", "In Kraft", "Yürürlük", "سريان المفعول"),
    ("always", "always", "immer", "her zaman", "دائمًا"),
    ("never", "never", "nie", "hiçbir zaman", "أبدًا"),
    ("from_day", "from {first}", "ab {first}", "{first} tarihinden itibaren", "اعتبارًا من {first}"),
    ("before_day", "before {end}", "vor dem {end}", "{end} tarihinden önce", "قبل {end}"),
    (
        "from_before_day",
        "from {first}, and no longer from {end} on",
        "ab {first}, und ab {end} nicht mehr",
        "{first} tarihinden itibaren, {end} tarihinde sona erer",
        "اعتبارًا من {first} وحتى ما قبل {end}",
    ),
    ("model", "Fact model", "Faktenmodell", "Olgu modeli", "نموذج الوقائع"),
    ("made_from", "Made from", "Zusammengesetzt aus", "Kaynak belgeler", "مركّب من"),
    ("digest", "Digest", "Prüfsumme", "Özet değeri", "البصمة الرقمية"),
    (
        "languages_note",
        "Texts that have no translation are in English; names and values stand as the data has them.",
        "Texte ohne Übersetzung stehen auf Englisch; Namen und Werte stehen so, wie die Daten sie führen.",
        "Çevirisi olmayan metinler İngilizcedir; adlar ve değerler verilerde yazıldığı gibidir.",
        "النصوص التي لا ترجمة لها مكتوبة بالإنجليزية؛ والأسماء والقيم كما ترد في البيانات.",
    ),
    (
        "about_in_english",
        "The explanation that follows is in English.",
        "Die folgende Erläuterung gibt es nur auf Englisch.",
        "Aşağıdaki açıklama yalnızca İngilizcedir.",
        "الشرح التالي متوفر بالإنجليزية فقط.",
    ),
    # what all decisions have
    ("reads", "Reads", "Liest", "Okuduğu bilgiler", "يقرأ"),
    ("possible", "Possible results", "Mögliche Ergebnisse", "Olası sonuçlar", "النتائج الممكنة"),
    ("row", "Row", "Zeile", "Satır", "الصف"),
    ("condition", "Condition", "Bedingung", "Koşul", "الشرط"),
    ("and_condition", "And", "Und", "Ve", "وأيضًا"),
    ("reason", "Reason", "Grund", "Gerekçe", "السبب"),
    ("result", "Result", "Ergebnis", "Sonuç", "النتيجة"),
    ("all_of", "all of these:", "all dies:", "bunların hepsi:", "كل ما يلي:"),
    (
        "any_of",
        "at least one of these:",
        "mindestens eines davon:",
        "bunlardan en az biri:",
        "واحد مما يلي على الأقل:",
    ),
    # scorecards
    ("rows_of", "Rows: {title}", "Zeilen: {title}", "Satırlar: {title}", "الصفوف: {title}"),
    ("points", "Points", "Punkte", "Puan", "النقاط"),
    ("group", "Group", "Gruppe", "Grup", "المجموعة"),
    ("fades", "Points fade", "Punkte verfallen", "Puan azalması", "تناقص النقاط"),
    (
        "fades_since",
        "counted from {since}",
        "gerechnet ab: {since}",
        "başlangıç: {since}",
        "محسوبة من: {since}",
    ),
    (
        "fades_step",
        "from {days} days on: {share} of the points",
        "ab {days} Tagen: {share} der Punkte",
        "{days} günden itibaren: puanın {share} kadarı",
        "بعد {days} من الأيام: {share} من النقاط",
    ),
    ("groups_of", "Groups: {title}", "Gruppen: {title}", "Gruplar: {title}", "المجموعات: {title}"),
    ("at_least", "At least", "Mindestens", "En az", "الحد الأدنى"),
    ("at_most", "At most", "Höchstens", "En çok", "الحد الأقصى"),
    (
        "sum",
        "The points of all rows that are true are added up, beginning with {initial}.",
        "Die Punkte aller Zeilen, die zutreffen, werden addiert, beginnend mit {initial}.",
        "Doğru olan tüm satırların puanları toplanır; başlangıç değeri {initial}.",
        "تُجمع نقاط كل الصفوف المتحققة، بدءًا من {initial}.",
    ),
    (
        "sum_minimum",
        "The score is never below {minimum}.",
        "Die Punktzahl ist nie kleiner als {minimum}.",
        "Toplam puan hiçbir zaman {minimum} değerinden az olmaz.",
        "لا يقل مجموع النقاط أبدًا عن {minimum}.",
    ),
    (
        "sum_maximum",
        "The score is never above {maximum}.",
        "Die Punktzahl ist nie größer als {maximum}.",
        "Toplam puan hiçbir zaman {maximum} değerinden çok olmaz.",
        "لا يزيد مجموع النقاط أبدًا على {maximum}.",
    ),
    (
        "score_unknown",
        "A row that cannot be decided because something is not known gives no points, and is named.",
        (
            "Eine Zeile, über die nichts gesagt werden kann, weil etwas nicht bekannt ist, gibt keine "
            "Punkte und wird genannt."
        ),
        "Bir bilgi bilinmediği için karar verilemeyen satır puan vermez ve adı belirtilir.",
        "الصف الذي لا يمكن البت فيه لأن معلومة ما غير معروفة لا يمنح نقاطًا، ويُذكر اسمه.",
    ),
    (
        "score_unknown_strict",
        (
            "A reward depends on this score: where a row cannot be decided because something is not known, "
            "the score is undetermined."
        ),
        (
            "Von dieser Punktzahl hängt eine Vergütung ab: Kann über eine Zeile nichts gesagt werden, weil "
            "etwas nicht bekannt ist, bleibt die Punktzahl unbestimmt."
        ),
        (
            "Bir ödül bu puana bağlıdır: bir bilgi bilinmediği için bir satıra karar verilemezse puan "
            "belirlenmemiş kalır."
        ),
        "تعتمد مكافأة على هذه النقاط: إذا تعذّر البت في صف لأن معلومة ما غير معروفة، تبقى النتيجة غير محددة.",
    ),
    # tables
    (
        "first",
        "Rows are read from top to bottom: the first that is true gives the result.",
        "Die Zeilen werden von oben nach unten gelesen: Die erste, die zutrifft, gibt das Ergebnis.",
        "Satırlar yukarıdan aşağıya okunur: doğru olan ilk satır sonucu verir.",
        "تُقرأ الصفوف من أعلى إلى أسفل: أول صف متحقق يعطي النتيجة.",
    ),
    (
        "unique",
        (
            "At most one row may be true, and gives the result. Two true rows are a conflict: there is no "
            "result."
        ),
        (
            "Höchstens eine Zeile darf zutreffen und gibt das Ergebnis. Treffen zwei zu, ist das ein "
            "Widerspruch: Es gibt kein Ergebnis."
        ),
        "En çok bir satır doğru olabilir ve sonucu o verir. İki satır doğruysa çelişki vardır: sonuç yoktur.",
        "يجوز أن يتحقق صف واحد على الأكثر وهو يعطي النتيجة. إذا تحقق صفان فهذا تعارض: لا توجد نتيجة.",
    ),
    (
        "any",
        (
            "Several rows may be true if they give the same result. Different results are a conflict: there "
            "is none."
        ),
        (
            "Mehrere Zeilen dürfen zutreffen, wenn sie dasselbe Ergebnis geben. Verschiedene Ergebnisse "
            "sind ein Widerspruch: Es gibt dann keines."
        ),
        "Aynı sonucu veriyorlarsa birden çok satır doğru olabilir. Farklı sonuçlar çelişkidir: sonuç yoktur.",
        "يجوز أن تتحقق عدة صفوف إذا أعطت النتيجة نفسها. النتائج المختلفة تعارض: لا توجد نتيجة.",
    ),
    (
        "collect_sum",
        "The results of all rows that are true are added up; where none is true the result is {nothing}.",
        (
            "Die Ergebnisse aller Zeilen, die zutreffen, werden addiert; trifft keine zu, ist das Ergebnis "
            "{nothing}."
        ),
        "Doğru olan tüm satırların sonuçları toplanır; hiçbiri doğru değilse sonuç {nothing} olur.",
        "تُجمع نتائج كل الصفوف المتحققة؛ وإذا لم يتحقق أي صف فالنتيجة {nothing}.",
    ),
    (
        "collect_count",
        "The rows that are true are counted; where none is true the result is {nothing}.",
        "Die Zeilen, die zutreffen, werden gezählt; trifft keine zu, ist das Ergebnis {nothing}.",
        "Doğru olan satırlar sayılır; hiçbiri doğru değilse sonuç {nothing} olur.",
        "تُعدّ الصفوف المتحققة؛ وإذا لم يتحقق أي صف فالنتيجة {nothing}.",
    ),
    (
        "collect_min",
        "Of the results of all rows that are true the smallest or earliest holds.",
        "Von den Ergebnissen aller Zeilen, die zutreffen, gilt das kleinste oder früheste.",
        "Doğru olan tüm satırların sonuçlarından en küçüğü veya en erkeni geçerlidir.",
        "تسري أصغر نتائج الصفوف المتحققة أو أسبقها.",
    ),
    (
        "collect_max",
        "Of the results of all rows that are true the largest or latest holds.",
        "Von den Ergebnissen aller Zeilen, die zutreffen, gilt das größte oder späteste.",
        "Doğru olan tüm satırların sonuçlarından en büyüğü veya en geçi geçerlidir.",
        "تسري أكبر نتائج الصفوف المتحققة أو أحدثها.",
    ),
    ("otherwise", "otherwise", "sonst", "aksi hâlde", "خلاف ذلك"),
    (
        "otherwise_is",
        "Where no row is true, the result is: {result}.",
        "Trifft keine Zeile zu, ist das Ergebnis: {result}.",
        "Hiçbir satır doğru değilse sonuç: {result}.",
        "إذا لم يتحقق أي صف فالنتيجة هي: {result}.",
    ),
    (
        "otherwise_undetermined",
        "Where no row is true, the result is undetermined.",
        "Trifft keine Zeile zu, bleibt das Ergebnis unbestimmt.",
        "Hiçbir satır doğru değilse sonuç belirlenmemiş kalır.",
        "إذا لم يتحقق أي صف تبقى النتيجة غير محددة.",
    ),
    (
        "table_unknown",
        "A row that cannot be decided because something is not known does not count, and is named.",
        (
            "Eine Zeile, über die nichts gesagt werden kann, weil etwas nicht bekannt ist, zählt nicht und "
            "wird genannt."
        ),
        "Bir bilgi bilinmediği için karar verilemeyen satır sayılmaz ve adı belirtilir.",
        "الصف الذي لا يمكن البت فيه لأن معلومة ما غير معروفة لا يُحتسب، ويُذكر اسمه.",
    ),
    (
        "table_unknown_strict",
        (
            "A reward depends on this table: where a row cannot be decided because something is not known, "
            "the result is undetermined."
        ),
        (
            "Von dieser Tabelle hängt eine Vergütung ab: Kann über eine Zeile nichts gesagt werden, weil "
            "etwas nicht bekannt ist, bleibt das Ergebnis unbestimmt."
        ),
        (
            "Bir ödül bu tabloya bağlıdır: bir bilgi bilinmediği için bir satıra karar verilemezse sonuç "
            "belirlenmemiş kalır."
        ),
        "تعتمد مكافأة على هذا الجدول: إذا تعذّر البت في صف لأن معلومة ما غير معروفة، تبقى النتيجة غير محددة.",
    ),
    (
        "table_unknown_first_strict",
        (
            "A reward depends on this table: where a row before the first true one cannot be decided "
            "because something is not known, the result is undetermined."
        ),
        (
            "Von dieser Tabelle hängt eine Vergütung ab: Kann über eine Zeile vor der ersten, die zutrifft, "
            "nichts gesagt werden, weil etwas nicht bekannt ist, bleibt das Ergebnis unbestimmt."
        ),
        (
            "Bir ödül bu tabloya bağlıdır: doğru olan ilk satırdan önceki bir satıra, bir bilgi bilinmediği "
            "için karar verilemezse sonuç belirlenmemiş kalır."
        ),
        (
            "تعتمد مكافأة على هذا الجدول: إذا تعذّر البت في صف يسبق أول صف متحقق لأن معلومة ما غير معروفة، "
            "تبقى النتيجة غير محددة."
        ),
    ),
    (
        "any_value_note",
        "– means that the row does not ask for this.",
        "– heißt, dass die Zeile danach nicht fragt.",
        "– satırın bunu sormadığı anlamına gelir.",
        "– تعني أن الصف لا يسأل عن ذلك.",
    ),
    # what a table cell asks
    ("yes", "yes", "ja", "evet", "نعم"),
    ("no", "no", "nein", "hayır", "لا"),
    ("or", " or ", " oder ", " veya ", " أو "),
    ("range", "{low} to {high}", "{low} bis {high}", "{low} ile {high} arası", "من {low} إلى {high}"),
    ("low_at_least", "{low} or more", "{low} oder mehr", "{low} veya daha çok", "{low} أو أكثر"),
    ("low_above", "more than {low}", "mehr als {low}", "{low} değerinden çok", "أكثر من {low}"),
    ("high_at_most", "at most {high}", "höchstens {high}", "en çok {high}", "{high} على الأكثر"),
    ("high_below", "less than {high}", "weniger als {high}", "{high} değerinden az", "أقل من {high}"),
    ("time_at_least", "{low} or later", "{low} oder später", "{low} veya daha geç", "{low} أو بعده"),
    ("time_above", "after {low}", "nach {low}", "{low} sonrası", "بعد {low}"),
    ("time_at_most", "{high} or earlier", "{high} oder früher", "{high} veya daha erken", "{high} أو قبله"),
    ("time_below", "before {high}", "vor {high}", "{high} öncesi", "قبل {high}"),
    # checks
    ("requirement", "Required", "Verlangt", "Gereken", "المطلوب"),
    ("severity", "Severity", "Schwere", "Önem derecesi", "الخطورة"),
    ("error", "error", "Fehler", "hata", "خطأ"),
    ("warning", "warning", "Warnung", "uyarı", "تحذير"),
    ("info", "information", "Hinweis", "bilgi", "معلومة"),
    ("citation", "Source", "Quelle", "Kaynak", "المصدر"),
    ("failed", "Where it fails", "Wenn nicht bestanden", "Sağlanmazsa", "عند عدم الاستيفاء"),
    (
        "check_meaning",
        (
            "A check is passed where the requirement is true, failed where it is false, and undetermined "
            "where something it needs is not known."
        ),
        (
            "Eine Prüfung ist bestanden, wenn das Verlangte zutrifft, nicht bestanden, wenn nicht, und "
            "unbestimmt, wenn etwas dafür nicht bekannt ist."
        ),
        (
            "Gereken doğruysa denetim sağlanmıştır, yanlışsa sağlanmamıştır; gerekli bir bilgi bilinmiyorsa "
            "belirlenmemiştir."
        ),
        (
            "الفحص مستوفى إذا تحقق المطلوب، وغير مستوفى إذا لم يتحقق، وغير محدد إذا كانت معلومة لازمة غير "
            "معروفة."
        ),
    ),
    # formulas
    ("value", "Is", "Ist", "Değeri", "القيمة"),
    # rewards
    ("payee", "Paid to", "Empfänger", "Ödenen", "المستفيد"),
    ("amount", "Amount before limits", "Betrag vor Grenzen", "Sınırlardan önceki tutar", "المبلغ قبل الحدود"),
    ("accrues", "Earned when", "Verdient, wenn", "Hak edilme koşulu", "يُستحق عندما"),
    ("payable", "Payable when", "Zahlbar, wenn", "Ödenebilme koşulu", "يُدفع عندما"),
    ("reversed", "Taken back when", "Zurückgenommen, wenn", "Geri alınma koşulu", "يُسترد عندما"),
    ("caps_of", "Limits: {title}", "Grenzen: {title}", "Sınırlar: {title}", "الحدود: {title}"),
    ("cap", "Limit", "Grenze", "Sınır", "الحد"),
    ("per", "Holds for", "Gilt für", "Kapsam", "النطاق"),
    ("per_payee", "each payee", "je Empfänger", "her alıcı", "كل مستفيد"),
    ("per_patient", "each patient", "je Patient oder Patientin", "her hasta", "كل مريض"),
    ("per_introduction", "each introduction", "je Vermittlung", "her yönlendirme", "كل إحالة"),
    ("per_programme", "the programme as a whole", "das ganze Programm", "programın tümü", "البرنامج بأكمله"),
    ("window", "Period", "Zeitraum", "Dönem", "الفترة"),
    ("window_year", "calendar year", "Kalenderjahr", "takvim yılı", "سنة تقويمية"),
    ("window_quarter", "calendar quarter", "Kalenderquartal", "takvim çeyreği", "ربع سنة تقويمي"),
    ("window_month", "calendar month", "Kalendermonat", "takvim ayı", "شهر تقويمي"),
    ("window_all", "all time", "unbegrenzt", "süresiz", "بلا حد زمني"),
    ("no_caps", "Nothing limits it.", "Nichts begrenzt sie.", "Hiçbir şey sınırlamaz.", "لا شيء يحدّها."),
    (
        "work",
        "Equal work is told by",
        "Gleiche Arbeit heißt gleich bei",
        "Eşit işin ölçütü",
        "معيار تساوي العمل",
    ),
    ("nothing_stated", "nothing is stated", "nichts angegeben", "belirtilmemiş", "لم يُذكر شيء"),
    # settings and the words of the rules
    ("settings", "Settings", "Einstellungen", "Ayarlar", "الإعدادات"),
    ("setting", "Setting", "Einstellung", "Ayar", "الإعداد"),
    ("setting_value", "Value", "Wert", "Değer", "القيمة"),
    ("valid", "Valid", "Gilt", "Geçerlilik", "السريان"),
    (
        "terms",
        "What the rules read",
        "Was die Regeln lesen",
        "Kuralların okuduğu bilgiler",
        "ما تقرؤه القواعد",
    ),
    ("fact", "Fact", "Fakt", "Olgu", "الواقعة"),
    ("kind_of_value", "Values", "Werte", "Değerler", "القيم"),
    (
        "operators",
        "Operators of plug-ins",
        "Operatoren aus Erweiterungen",
        "Eklenti işleçleri",
        "عوامل الإضافات",
    ),
    ("operator", "Operator", "Operator", "İşleç", "العامل"),
    ("said_as", "Said as", "Wortlaut", "İfadesi", "صياغته"),
    ("stands_for", "Stands for", "Steht für", "Karşılığı", "معناه"),
    ("meaning", "Meaning", "Bedeutung", "Anlamı", "المعنى"),
    ("as_of", "the time of evaluation", "der Zeitpunkt der Auswertung", "değerlendirme anı", "وقت التقييم"),
    ("as_of_date", "the day of evaluation", "der Tag der Auswertung", "değerlendirme günü", "يوم التقييم"),
    # types
    ("boolean", "yes or no", "ja oder nein", "evet veya hayır", "نعم أو لا"),
    ("integer", "whole number", "ganze Zahl", "tam sayı", "عدد صحيح"),
    ("decimal", "number", "Zahl", "sayı", "عدد"),
    ("money", "amount of money", "Geldbetrag", "para tutarı", "مبلغ مالي"),
    (
        "money_in",
        "amount in {currency}",
        "Betrag in {currency}",
        "{currency} cinsinden tutar",
        "مبلغ بعملة {currency}",
    ),
    ("text", "text", "Text", "metin", "نص"),
    ("date", "day", "Tag", "gün", "يوم"),
    ("date_time", "point in time", "Zeitpunkt", "an", "لحظة زمنية"),
    ("list", "list: {items}", "Liste: {items}", "liste: {items}", "قائمة: {items}"),
)

#: key -> language -> words
WORDS: Mapping[str, Mapping[str, str]] = {
    key: dict(zip(LANGUAGES, words, strict=True)) for key, *words in (*_TABLE, *PAYING_TABLE)
}
