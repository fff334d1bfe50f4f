"""The fixed words for who introduced a patient and how is paid, in the languages of `fairlead.show.words`.

No native speaker has reviewed the German, Turkish and Arabic words.
"""

from __future__ import annotations

__all__ = ["PAYING_TABLE"]

#: key, then the words in each language
PAYING_TABLE: tuple[tuple[str, str, str, str, str], ...] = (
    # what a reward gives
    ("benefit", "Given as", "Gegeben als", "Ödül türü", "شكل المكافأة"),
    ("benefit_money", "money", "Geld", "para", "نقد"),
    (
        "benefit_gift",
        "a gift of this value",
        "Geschenk in diesem Wert",
        "bu değerde hediye",
        "هدية بهذه القيمة",
    ),
    (
        "benefit_voucher",
        "a voucher of this value",
        "Gutschein in diesem Wert",
        "bu değerde kupon",
        "قسيمة بهذه القيمة",
    ),
    (
        "benefit_discount",
        "a discount of this value",
        "Nachlass in diesem Wert",
        "bu değerde indirim",
        "خصم بهذه القيمة",
    ),
    ("benefit_points", "points", "Punkte", "puan", "نقاط"),
    (
        "benefit_expires",
        "It expires after {months} months.",
        "Verfällt nach {months} Monaten.",
        "{months} ay sonra geçersiz olur.",
        "تنتهي صلاحيتها بعد {months} من الأشهر.",
    ),
    # who introduced a patient
    ("attribution", "Who introduced", "Wer vermittelt hat", "Yönlendiren", "صاحب الإحالة"),
    ("known_by", "Known by", "Erkannt an", "Tanınma yolu", "يُعرف عن طريق"),
    (
        "by_tracking_code",
        "the partner's code on the enquiry",
        "Code des Partners an der Anfrage",
        "başvurudaki iş ortağı kodu",
        "رمز الشريك في الاستفسار",
    ),
    (
        "by_url",
        "the code in a web address, in its parameter {parameter}",
        "Code in einer Webadresse, in ihrem Parameter {parameter}",
        "bir web adresindeki kod, {parameter} parametresinde",
        "الرمز في عنوان ويب، في معامله {parameter}",
    ),
    (
        "by_partner_link",
        "the partner that the CRM names",
        "Partner, den das CRM nennt",
        "CRM'de belirtilen iş ortağı",
        "الشريك المذكور في نظام العملاء",
    ),
    ("touches", "What counts", "Was zählt", "Ne sayılır", "ما يُحتسب"),
    (
        "touches_within",
        "Touches on the day of the introduction and in the {days} days before it count.",
        "Kontakte am Tag der Vermittlung und in den {days} Tagen davor zählen.",
        "Yönlendirme günündeki ve önceki {days} gündeki temaslar sayılır.",
        "تُحتسب الاتصالات في يوم الإحالة وفي {days} من الأيام قبله.",
    ),
    (
        "touch_first",
        "Of several, the first decides.",
        "Von mehreren entscheidet der erste.",
        "Birden çok temasta ilki belirleyicidir.",
        "إذا تعددت فالأول هو الحاسم.",
    ),
    (
        "touch_last",
        "Of several, the last decides.",
        "Von mehreren entscheidet der letzte.",
        "Birden çok temasta sonuncusu belirleyicidir.",
        "إذا تعددت فالأخير هو الحاسم.",
    ),
    (
        "ties_hold",
        "Two partners at the same instant: a person decides.",
        "Zwei Partner im selben Augenblick: Ein Mensch entscheidet.",
        "Aynı anda iki iş ortağı: kararı bir kişi verir.",
        "شريكان في اللحظة نفسها: يقرر شخص.",
    ),
    (
        "ties_lowest_code",
        "Two partners at the same instant: the code that sorts first decides.",
        "Zwei Partner im selben Augenblick: Der Code, der zuerst sortiert, entscheidet.",
        "Aynı anda iki iş ortağı: sıralamada önce gelen kod belirleyicidir.",
        "شريكان في اللحظة نفسها: يحسم الرمز الأسبق ترتيبًا.",
    ),
    (
        "late_after",
        "A code may be entered up to {days} days after the enquiry; after that it is late.",
        "Ein Code darf bis {days} Tage nach der Anfrage eingetragen werden; danach ist er verspätet.",
        "Kod, başvurudan en çok {days} gün sonra girilebilir; daha sonrası geç sayılır.",
        "يجوز إدخال الرمز حتى {days} من الأيام بعد الاستفسار؛ وبعدها يُعدّ متأخرًا.",
    ),
    ("held_if", "Held where", "Angehalten, wenn", "Bekletme nedenleri", "يُعلَّق عندما"),
    ("noted_if", "Only noted where", "Nur vermerkt, wenn", "Yalnızca not edilir", "يُذكر فقط عندما"),
    # how is paid
    ("settlement", "How it is paid", "Wie gezahlt wird", "Ödeme biçimi", "كيفية الدفع"),
    ("paid_per", "Paid for each", "Gezahlt je", "Ödeme dönemi", "يُدفع عن كل"),
    ("window_half_year", "calendar half-year", "Kalenderhalbjahr", "takvim yarıyılı", "نصف سنة تقويمي"),
    (
        "paid_from",
        "Smallest payout",
        "Kleinste Auszahlung",
        "En küçük ödeme",
        "أصغر دفعة",
    ),
    (
        "carried_over",
        "a smaller balance is carried over",
        "ein kleinerer Betrag wird vorgetragen",
        "daha küçük bakiye devreder",
        "يُرحَّل الرصيد الأصغر",
    ),
    (
        "reported_from",
        "Reported from this yearly total on",
        "Zu melden ab dieser Jahressumme",
        "Bu yıllık toplamdan itibaren bildirilir",
        "يُبلَّغ عنه بدءًا من هذا المجموع السنوي",
    ),
    ("disputes", "Disputes", "Einwände", "İtirazlar", "الاعتراضات"),
    (
        "disputed_within",
        "within {days} days of the statement",
        "innerhalb von {days} Tagen nach der Abrechnung",
        "hesap özetinden sonraki {days} gün içinde",
        "خلال {days} من الأيام بعد كشف الحساب",
    ),
    (
        "tax_form",
        "Needs a tax form",
        "Steuerformular nötig",
        "Vergi formu gerekir",
        "يلزم نموذج ضريبي",
    ),
)
