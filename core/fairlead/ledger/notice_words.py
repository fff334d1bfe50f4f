"""The fixed words of the notice for patients and of the thanks for referrers, in four languages.

No native speaker has reviewed the German, Turkish and Arabic words. Whoever hands a notice out states what
it says: that prices do not change has to be true.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["LANGUAGES", "NOTICE_VERSION", "WORDS"]

#: the languages of the words, in the order of the columns below
LANGUAGES = ("en", "de", "tr", "ar")
#: changed whenever a word below is: disclosures on record name it
NOTICE_VERSION = "1.0.0"

_TABLE: tuple[tuple[str, str, str, str, str], ...] = (
    ("contents", "Contents", "Inhalt", "İçindekiler", "المحتويات"),
    (
        "title",
        "Somebody may be paid for introducing you",
        "Für Ihre Vermittlung wird möglicherweise gezahlt",
        "Yönlendirilmeniz için ödeme yapılabilir",
        "قد يُدفع لشخص مقابل إحالتك",
    ),
    (
        "about",
        "You should know this before you decide anything.",
        "Das sollten Sie wissen, bevor Sie etwas entscheiden.",
        "Herhangi bir karar vermeden önce bunu bilmelisiniz.",
        "ينبغي أن تعرف هذا قبل أن تقرر أي شيء.",
    ),
    (
        "who_pays",
        "{payer} pays {payee} for introducing patients.",
        "{payer} bezahlt {payee} für die Vermittlung von Patienten.",
        "{payer}, hasta yönlendirmesi için şuna ödeme yapar: {payee}.",
        "تدفع {payer} إلى {payee} مقابل إحالة المرضى.",
    ),
    ("payer", "Paid by", "Zahlt", "Ödeyen", "الدافع"),
    ("payee", "Paid to", "Empfänger", "Ödeme alan", "المستفيد"),
    ("how_much", "How much", "Wie viel", "Ne kadar", "كم المبلغ"),
    ("amount", "Amount", "Betrag", "Tutar", "المبلغ"),
    ("given_as", "Given as", "Gegeben als", "Ödül türü", "شكل المكافأة"),
    ("earned", "Earned when", "Verdient, wenn", "Hak edilme koşulu", "يُستحق عندما"),
    ("at_most", "At most", "Höchstens", "En çok", "على الأكثر"),
    ("means", "What this means for you", "Was das für Sie bedeutet", "Sizin için anlamı", "ماذا يعني هذا لك"),
    (
        "same_price",
        "The price of your treatment does not change: it is the same with and without an introduction.",
        "Der Preis Ihrer Behandlung ändert sich nicht: Er ist mit und ohne Vermittlung gleich.",
        "Tedavinizin ücreti değişmez: yönlendirme olsa da olmasa da aynıdır.",
        "لا يتغير سعر علاجك: فهو نفسه مع الإحالة وبدونها.",
    ),
    (
        "free_choice",
        "Your choice is free: you may choose another facility, another partner or none, at any time.",
        "Ihre Wahl ist frei: jederzeit eine andere Einrichtung, ein anderer Partner oder keiner.",
        "Seçiminiz serbesttir: her an başka bir kurumu, iş ortağını ya da hiçbirini seçebilirsiniz.",
        "اختيارك حر: يمكنك في أي وقت اختيار منشأة أخرى أو شريك آخر أو عدم اختيار أحد.",
    ),
    ("ask", "What you may ask", "Was Sie fragen können", "Sorabilecekleriniz", "ما يمكنك أن تسأل عنه"),
    (
        "ask_amount",
        "How much is paid for my introduction, and when?",
        "Wie viel wird für meine Vermittlung gezahlt, und wann?",
        "Yönlendirilmem için ne kadar ve ne zaman ödeniyor?",
        "كم يُدفع مقابل إحالتي، ومتى؟",
    ),
    (
        "ask_others",
        "Which other facilities could treat me, and do they pay for introductions too?",
        "Welche anderen Einrichtungen kommen in Frage, und zahlen auch sie für Vermittlungen?",
        "Beni başka hangi kurumlar tedavi edebilir; onlar da yönlendirme için ödüyor mu?",
        "ما المنشآت الأخرى التي يمكن أن تعالجني، وهل تدفع هي أيضًا مقابل الإحالات؟",
    ),
    (
        "ask_ties",
        "Are there other ties between the two, such as shared owners, jobs or family?",
        "Gibt es andere Verbindungen zwischen beiden, etwa gemeinsame Eigentümer, Anstellung oder Familie?",
        "Aralarında ortak sahiplik, iş ya da aile gibi başka bağlar var mı?",
        "هل بينهما روابط أخرى كملكية مشتركة أو عمل أو قرابة؟",
    ),
    (
        "ask_complaint",
        "Whom can I turn to if something is not as I was told?",
        "An wen kann ich mich wenden, wenn etwas nicht so ist, wie mir gesagt wurde?",
        "Bir şey söylendiği gibi değilse kime başvurabilirim?",
        "إلى من ألجأ إذا لم يكن الأمر كما قيل لي؟",
    ),
    ("confirmation", "Confirmation", "Bestätigung", "Onay", "إقرار"),
    (
        "confirmed",
        "I was given this notice and could ask questions before I decided.",
        "Ich habe diesen Hinweis erhalten und konnte Fragen stellen, bevor ich entschieden habe.",
        "Bu bilgilendirmeyi karar vermeden önce aldım ve soru sorabildim.",
        "استلمت هذا البيان وأمكنني طرح الأسئلة قبل أن أقرر.",
    ),
    ("patient_name", "Name", "Name", "Ad soyad", "الاسم"),
    ("date_and_time", "Date and time", "Datum und Uhrzeit", "Tarih ve saat", "التاريخ والوقت"),
    ("signature", "Signature", "Unterschrift", "İmza", "التوقيع"),
    ("versions", "What this notice rests on", "Worauf der Hinweis beruht", "Dayanağı", "مستند هذا البيان"),
    ("programme", "Programme", "Programm", "Program", "البرنامج"),
    (
        "programme_digest",
        "Digest of the programme",
        "Prüfsumme des Programms",
        "Programın özeti",
        "بصمة البرنامج",
    ),
    ("notice", "Notice", "Hinweis", "Bilgilendirme", "البيان"),
    (
        "notice_digest",
        "Digest of the notice",
        "Prüfsumme des Hinweises",
        "Bilgilendirmenin özeti",
        "بصمة البيان",
    ),
    ("in_force_on", "In force on", "In Kraft am", "Yürürlük tarihi", "سارٍ في"),
    # for referrers
    ("thanks_title", "Thank you", "Danke", "Teşekkürler", "شكرًا لك"),
    (
        "thanks_about",
        "{payer} thanks you for introducing somebody.",
        "{payer} dankt Ihnen für Ihre Vermittlung.",
        "{payer}, yönlendirmeniz için teşekkür eder.",
        "تشكرك {payer} على إحالتك.",
    ),
    ("may_know", "What you may know", "Was Sie erfahren dürfen", "Bilebilecekleriniz", "ما يجوز أن تعرفه"),
    (
        "may_know_received",
        "That the introduction was received, and on which day.",
        "Dass die Vermittlung eingegangen ist, und an welchem Tag.",
        "Yönlendirmenin alındığını ve hangi gün alındığını.",
        "أن الإحالة وصلت، وفي أي يوم.",
    ),
    (
        "may_know_verified",
        "That it was verified, or what is missing of your own papers.",
        "Dass sie bestätigt ist, oder was von Ihren eigenen Unterlagen fehlt.",
        "Doğrulandığını ya da size ait belgelerden neyin eksik olduğunu.",
        "أنه جرى التحقق منها، أو ما ينقص من أوراقك أنت.",
    ),
    (
        "may_know_paid",
        "What you are paid for it, and what is held and why: your statement says so.",
        "Was Sie dafür erhalten, und was warum angehalten ist: Das steht in Ihrer Abrechnung.",
        "Bunun için size ne ödendiğini, neyin neden bekletildiğini: hesap özetinizde yazar.",
        "ما يُدفع لك عنها وما عُلّق ولماذا: يذكره كشف حسابك.",
    ),
    (
        "never_told",
        "What you are never told",
        "Was Sie nie erfahren",
        "Size asla söylenmeyecekler",
        "ما لا يُقال لك أبدًا",
    ),
    (
        "never_treated",
        "Whether the person came, decided anything or was treated, what for, and how it went.",
        "Ob die Person kam, sich entschied oder behandelt wurde, weshalb, und wie es ausging.",
        "Kişinin gelip gelmediği, ne karar verdiği, tedavi edilip edilmediği, nedeni ve sonucu.",
        "هل جاء الشخص أو قرر شيئًا أو عولج، ولأي سبب، وكيف سارت الأمور.",
    ),
    (
        "never_ask",
        "Please do not ask for it: this belongs to the person alone.",
        "Bitte fragen Sie nicht danach: Das gehört allein dieser Person.",
        "Lütfen sormayın: bu yalnızca o kişiye aittir.",
        "نرجو ألا تسأل عنه: فهذا يخص الشخص وحده.",
    ),
)

#: key -> language -> words
WORDS: Mapping[str, Mapping[str, str]] = {
    key: dict(zip(LANGUAGES, words, strict=True)) for key, *words in _TABLE
}
