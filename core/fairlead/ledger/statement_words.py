"""The fixed words of a statement in English, German, Turkish and Arabic.

No native speaker has reviewed the German, Turkish and Arabic words.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["LANGUAGES", "WORDS"]

#: the languages of the words, in the order of the columns below
LANGUAGES = ("en", "de", "tr", "ar")

_TABLE: tuple[tuple[str, str, str, str, str], ...] = (
    ("title", "Statement {period}", "Abrechnung {period}", "Hesap özeti {period}", "كشف حساب {period}"),
    ("contents", "Contents", "Inhalt", "İçindekiler", "المحتويات"),
    (
        "about",
        "What {payer} pays for introductions, what is held, and what can be done about it.",
        "Was {payer} für Vermittlungen zahlt, was angehalten ist und was dagegen getan werden kann.",
        "{payer} tarafından yönlendirmeler için ödenenler, bekletilenler ve yapılabilecekler.",
        "ما يدفعه {payer} عن الإحالات، وما عُلّق منها، وما يمكن فعله.",
    ),
    (
        "preview",
        "This is a preview: nothing in it is approved yet, and it may change.",
        "Dies ist eine Vorschau: Nichts davon ist freigegeben, und es kann sich ändern.",
        "Bu bir önizlemedir: henüz hiçbir şey onaylanmadı ve değişebilir.",
        "هذه معاينة: لم يُعتمد شيء منها بعد، وقد تتغير.",
    ),
    (
        "no_health",
        "It holds no data about anybody's health or treatment.",
        "Sie enthält keine Daten über Gesundheit oder Behandlung.",
        "Sağlık ya da tedaviyle ilgili hiçbir veri içermez.",
        "لا يتضمن أي بيانات عن صحة أحد أو علاجه.",
    ),
    (
        "gift",
        "These are gifts. They are handed over and never paid in money; the amounts are their value.",
        "Das sind Geschenke. Sie werden übergeben und nie in Geld gezahlt; die Beträge sind ihr Wert.",
        "Bunlar hediyedir. Teslim edilir, asla parayla ödenmez; tutarlar değerleridir.",
        "هذه هدايا تُسلَّم ولا تُدفع نقدًا أبدًا؛ والمبالغ هي قيمتها.",
    ),
    (
        "voucher",
        "These are vouchers. They are handed over and never paid in money; the amounts are their value.",
        "Das sind Gutscheine. Sie werden übergeben und nie in Geld gezahlt; die Beträge sind ihr Wert.",
        "Bunlar kupondur. Teslim edilir, asla parayla ödenmez; tutarlar değerleridir.",
        "هذه قسائم تُسلَّم ولا تُدفع نقدًا أبدًا؛ والمبالغ هي قيمتها.",
    ),
    (
        "discount",
        "These are discounts. They are granted and never paid in money; the amounts are their value.",
        "Das sind Nachlässe. Sie werden gewährt und nie in Geld gezahlt; die Beträge sind ihr Wert.",
        "Bunlar indirimdir. Tanınır, asla parayla ödenmez; tutarlar değerleridir.",
        "هذه خصومات تُمنح ولا تُدفع نقدًا أبدًا؛ والمبالغ هي قيمتها.",
    ),
    ("total_value", "Value", "Wert", "Değer", "القيمة"),
    ("lines_given", "What is given", "Was gegeben wird", "Verilenler", "ما يُعطى"),
    ("payee", "For", "Für", "Alacaklı", "إلى"),
    ("payer", "From", "Von", "Ödeyen", "من"),
    ("period", "Period", "Zeitraum", "Dönem", "الفترة"),
    ("made_on", "Made on", "Erstellt am", "Düzenlenme tarihi", "حُرر في"),
    ("total", "To be paid", "Auszuzahlen", "Ödenecek", "المبلغ المستحق"),
    ("carried_over", "Carried over", "Übertragen", "Devredilen", "مُرحّل"),
    ("digest", "Digest", "Prüfsumme", "Özet değeri", "البصمة الرقمية"),
    ("lines", "What is paid", "Was gezahlt wird", "Ödenenler", "ما يُدفع"),
    ("no_lines", "Nothing is paid.", "Es wird nichts gezahlt.", "Ödenecek bir şey yok.", "لا يُدفع شيء."),
    ("entry", "Entry", "Posten", "Kayıt", "القيد"),
    ("introduction", "Introduction", "Vermittlung", "Yönlendirme", "الإحالة"),
    ("day", "Day", "Tag", "Gün", "اليوم"),
    ("reward", "What for", "Wofür", "Ne için", "مقابل"),
    ("amount", "Amount", "Betrag", "Tutar", "المبلغ"),
    (
        "takes_back",
        "takes back entry {entry}: {cause}",
        "nimmt Posten {entry} zurück: {cause}",
        "{entry} numaralı kaydı geri alır: {cause}",
        "يسترد القيد {entry}: {cause}",
    ),
    ("did_not_occur", "it did not occur", "sie fand nicht statt", "gerçekleşmedi", "لم تحدث"),
    ("fraud", "a fraud", "ein Betrug", "dolandırıcılık", "احتيال"),
    ("duplicate", "a duplicate", "eine Doppelung", "mükerrer", "مكررة"),
    (
        "dispute_upheld",
        "an objection was upheld",
        "einem Einwand wurde stattgegeben",
        "itiraz kabul edildi",
        "قُبل الاعتراض",
    ),
    (
        "limited",
        "limited; it would have been {amount}",
        "begrenzt; es wären {amount} gewesen",
        "sınırlandı; {amount} olurdu",
        "محدود؛ وكان سيبلغ {amount}",
    ),
    ("held", "What is held", "Was angehalten ist", "Bekletilenler", "ما عُلّق"),
    ("no_held", "Nothing is held.", "Nichts ist angehalten.", "Bekletilen bir şey yok.", "لا شيء معلّق."),
    (
        "not_assessed",
        "it was not looked at yet",
        "es wurde noch nicht geprüft",
        "henüz incelenmedi",
        "لم يُنظر فيه بعد",
    ),
    ("why", "Why", "Warum", "Neden", "السبب"),
    ("remedy", "What to do", "Was zu tun ist", "Ne yapılmalı", "ما العمل"),
    ("year", "The year {year}", "Das Jahr {year}", "{year} yılı", "سنة {year}"),
    ("paid_before", "Paid before", "Bisher gezahlt", "Önceden ödenen", "دُفع سابقًا"),
    ("with_this", "With this statement", "Mit dieser Abrechnung", "Bu özetle birlikte", "مع هذا الكشف"),
    ("reportable_from", "Reported from", "Gemeldet ab", "Bildirim sınırı", "يُبلّغ عنه ابتداءً من"),
    (
        "to_be_reported",
        "Reported to the tax office",
        "Wird dem Finanzamt gemeldet",
        "Vergi dairesine bildirilir",
        "يُبلّغ إلى دائرة الضرائب",
    ),
    (
        "tax_form",
        "Tax form on file",
        "Steuerformular liegt vor",
        "Vergi formu dosyada",
        "النموذج الضريبي في الملف",
    ),
    ("yes", "yes", "ja", "evet", "نعم"),
    ("no", "no", "nein", "hayır", "لا"),
    ("objections", "If you disagree", "Wenn Sie nicht einverstanden sind", "İtiraz ederseniz", "إذا اعترضت"),
    (
        "object_until",
        "Object until {day} and name the number of the entry.",
        "Widersprechen Sie bis {day} und nennen Sie die Nummer des Postens.",
        "{day} tarihine kadar kayıt numarasını belirterek itiraz edin.",
        "اعترض حتى {day} واذكر رقم القيد.",
    ),
    (
        "who_decides",
        "Somebody else than who made the statement decides, and you are told the outcome.",
        "Jemand anderes als der Aussteller entscheidet, und Sie erfahren das Ergebnis.",
        "Kararı özeti düzenleyenden başka bir kişi verir ve sonuç size bildirilir.",
        "يقرر شخص غير من أعدّ الكشف، وتُبلّغ بالنتيجة.",
    ),
)

#: key -> language -> words
WORDS: Mapping[str, Mapping[str, str]] = {
    key: dict(zip(LANGUAGES, words, strict=True)) for key, *words in _TABLE
}
