# ruff: noqa: INP001, SIM905 - beside the script that reads it; words read best in one line
"""Names, places and messages for the demo's invented people. Nobody in them is real.

Telephone numbers are of ranges that are kept for fiction: Ofcom (United Kingdom), Bundesnetzagentur (Germany)
and 555-0100 to 555-0199 (United States), from memory. The domains of addresses are reserved by RFC 2606.
"""

#: first names and family names, by language
NAMES = {
    "de": (
        "Anna Jürgen Sabine Thomas Katharina Björn Ursula Matthias Heike Stefan Jörg Claudia Günther Birgit "
        "Andreas Käthe Wolfgang Silke Rüdiger Monika".split(),
        "Müller Schneider Fischer Weiß Becker Schäfer Koch Bauer Richter Schröder Neumann Krüger Hofmann "
        "Jäger Lange Köhler Vogel Groß Böhm Winkler".split(),
    ),
    "en": (
        "Amelia Oliver Grace Harry Chloe George Sophie Jack Emily Daniel Hannah Samuel Ruth Peter Megan "
        "Patrick Alice Simon Niamh Edward".split(),
        "Smith Jones Taylor Brown Evans Walker Wright Hughes Green Clarke O'Connor Murphy Baker Turner "
        "Cooper Ward Morris Bell Shaw Mason".split(),
    ),
    "tr": (
        "Ayşe Mehmet Fatma Mustafa Zeynep Emre Elif Hüseyin Gülşen İbrahim Şeyma Çağlar Özlem Yiğit Derya "
        "Uğur".split(),
        "Yılmaz Kaya Demir Şahin Çelik Yıldız Öztürk Aydın Arslan Doğan Kılıç Aslan Çetin Kara Koç "
        "Kurt".split(),
    ),
    "ar": (
        "محمد فاطمة أحمد نورة خالد مريم عبدالله سارة يوسف هند عمر ليلى سلطان عائشة فيصل ريم".split(),
        "الحربي القحطاني العتيبي الشمري الزهراني الغامدي الدوسري المطيري السالم الهاشمي النعيمي المنصوري "
        "العلي الكعبي الصالح الرشيد".split(),
    ),
}

#: how names stand in addresses, where a name in the address book is in Arabic
LATIN = (
    "mohammed fatima ahmed noura khalid maryam abdullah sara yousef hind omar layla sultan aisha faisal "
    "reem".split(),
    "alharbi alqahtani alotaibi alshammari alzahrani alghamdi aldosari almutairi alsalem alhashmi alnuaimi "
    "almansoori alali alkaabi alsaleh alrashid".split(),
)

#: label in the export, language, time zone, currency, weight
COUNTRIES = (
    ("Germany", "de", "Europe/Berlin", "EUR", 26),
    ("Austria", "de", "Europe/Vienna", "EUR", 7),
    ("United Kingdom", "en", "Europe/London", "GBP", 20),
    ("Ireland", "en", "Europe/Dublin", "EUR", 4),
    ("United States", "en", "America/New_York", "USD", 10),
    ("Saudi Arabia", "ar", "Asia/Riyadh", "SAR", 11),
    ("United Arab Emirates", "ar", "Asia/Dubai", "AED", 8),
    ("Kuwait", "ar", "Asia/Kuwait", "KWD", 4),
    ("Turkey", "tr", "Europe/Istanbul", "TRY", 10),
)
#: how some coordinators write what the CRM has an option for
OWN_WORDS = {
    "Germany": "Deutschland",
    "Austria": "Österreich",
    "Saudi Arabia": "KSA",
    "Turkey": "Türkiye",
    "United Kingdom": "England",
}
#: typical budget in whole units of the currency, low and high
BUDGETS = {
    "EUR": (1500, 14000),
    "GBP": (1500, 12000),
    "USD": (2000, 16000),
    "SAR": (8000, 60000),
    "AED": (8000, 60000),
    "KWD": (600, 5000),
    "TRY": (60000, 600000),
}
LANGUAGES = {"de": "German", "en": "English", "tr": "Turkish", "ar": "Arabic"}
COORDINATORS = ("Deniz Sample", "Marta Beispiel", "Omar Example", "")

MESSAGES = {
    "de": (
        "Guten Tag, ich interessiere mich für eine Zahnbehandlung. Was kostet das ungefähr?",
        'Mein Hausarzt hat mir von Ihnen erzählt; er sagt, "die Klinik ist gut". Rufen Sie mich bitte an.',
        "Haben Sie im Januar noch Termine frei?\nIch kann nur in den Schulferien.",
        "Bitte schicken Sie mir Unterlagen, danke!",
    ),
    "en": (
        "Hello, I'd like a quote for a hip replacement, please.",
        "Could I talk to the surgeon first? Mornings are best, after 9.",
        "My sister was treated with you last year;\nshe was very happy, so I am asking too.",
        "Is the price all-in: hotel, transfers, check-ups?",
    ),
    "tr": (
        "Merhaba, saç ekimi için fiyat alabilir miyim?",
        "Göz ameliyatı düşünüyorum; önce doktorla görüşmek isterim.",
        "Annem için soruyorum, 67 yaşında.\nRaporlarını gönderebilirim.",
    ),
    "ar": (
        "السلام عليكم، أريد معرفة تكلفة زراعة الأسنان.",
        "هل يوجد مترجم في المستشفى؟ وكم مدة الإقامة؟",
        "أرسلت التقارير الطبية عبر واتساب،\nأرجو الرد في أقرب وقت.",
    ),
}

#: `+` and the country, where the number is in it, how many digits differ
PHONES = {
    "Germany": ("+49 30 23125 ", 3),
    "Austria": ("+49 89 99998 ", 3),
    "United Kingdom": ("+44 7700 900", 3),
    "Ireland": ("+44 20 7946 0", 3),
    "United States": ("+1 202 555 01", 2),
    "Saudi Arabia": ("+44 131 496 0", 3),
    "United Arab Emirates": ("+44 161 496 0", 3),
    "Kuwait": ("+1 212 555 01", 2),
    "Turkey": ("+49 221 4710 ", 3),
}
