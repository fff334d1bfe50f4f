# ruff: noqa: INP001 - beside the script that reads it
"""The demo's partners and the introductions they make in 2026, with what goes wrong in each."""

Partner = tuple[str, str, str, str, bool | None, str | None]

#: code, name, kind, country, clinician, last day of the licence; None is not filled in
PARTNERS: tuple[Partner, ...] = (
    ("TA-101", "Reisebüro Beispiel", "travel_agency", "DE", False, "2027-06-30"),
    ("TA-102", "Harbour Sample Travel", "travel_agency", "GB", False, "2027-03-31"),
    ("TA-103", "مكتب المثال", "facilitator", "SA", False, "2026-12-31"),
    ("TA-104", "Example Care Gulf", "facilitator", "AE", False, "2026-09-30"),
    ("TA-105", "Voorbeeld Verzekeringen", "insurance_broker", "NL", False, "2027-12-31"),
    ("TA-106", "Hüfte und Knie Muster", "patient_group", "DE", False, None),
    ("TA-107", "Dr Sample", "sending_doctor", "GB", True, "2027-12-31"),
    ("TA-108", "Ordination Muster", "sending_clinic", "AT", True, "2027-12-31"),
    ("TA-109", "Expats of Exampleton", "expat_community", "NL", False, "2027-12-31"),
    ("TA-110", "Ayşe Örnek", "ambassador", "TR", False, "2027-01-31"),
    ("TA-111", "Sample & Smile", "influencer", "US", False, None),
    ("TA-112", "Kuwait Example Tours", "travel_agency", "KW", None, "2027-12-31"),
)

#: the introductions of each partner in 2026, by day: (month and day, complexity, what is otherwise)
YEAR: dict[str, tuple[tuple[str, str, dict[str, str]], ...]] = {
    "TA-101": (
        ("01-12", "complex", {}),
        ("01-29", "complex", {}),
        ("02-16", "complex", {"disclosure": "missing"}),
        ("03-03", "complex", {}),
        ("03-20", "complex", {"disclosure": "after the decision"}),
        ("04-07", "complex", {}),
        ("04-24", "complex", {}),
        ("05-11", "complex", {"introduction.verified": ""}),
        ("05-28", "complex", {}),
        ("06-15", "complex", {}),
        ("06-16", "complex", {"introduction.reversal_cause": "duplicate"}),
        ("07-20", "complex", {}),
        ("08-06", "complex", {"introduction.complexity_set_on": "2026-08-18"}),
        ("08-24", "complex", {}),
        ("09-10", "complex", {}),
        ("09-28", "complex", {}),
        ("10-05", "complex", {"lead": "entered late"}),
        ("11-02", "complex", {}),
    ),
    "TA-102": (
        ("01-20", "standard", {}),
        ("02-18", "standard", {"disclosure": "without the amount"}),
        ("03-19", "standard", {}),
        ("04-15", "standard", {"introduction.travel_file_complete": "true"}),
        ("05-13", "standard", {}),
        ("06-10", "standard", {"introduction.decision_state": "", "introduction.patient_decided_at": ""}),
        ("07-08", "standard", {"lead": "of two partners"}),
        ("07-30", "standard", {"introduction.travel_file_complete": "true"}),
        ("08-10", "standard", {"introduction.recorded_at": "2026-09-21T09:10:00Z"}),
        ("09-16", "standard", {"introduction.file_complete": "false"}),
        ("10-14", "standard", {}),
        ("11-09", "standard", {"lead": "entered twice"}),
    ),
    "TA-103": (
        ("02-02", "simple", {}),
        ("03-09", "standard", {}),
        ("04-13", "simple", {}),
        ("07-15", "simple", {"lead": "of two partners"}),
        ("08-12", "standard", {"introduction.recorded_at": "2026-09-03T16:40:00Z"}),
        ("09-07", "simple", {"introduction.translation_done": ""}),
        ("09-30", "standard", {}),
        ("10-12", "simple", {"lead": "entered late"}),
        ("11-11", "simple", {"lead": "entered twice again"}),
    ),
    "TA-104": (
        ("03-23", "standard", {}),
        ("05-18", "standard", {}),
        ("08-31", "standard", {}),
        ("10-08", "standard", {}),
        ("10-26", "standard", {}),
        ("10-28", "standard", {"lead": "entered late"}),
    ),
    "TA-105": (
        ("04-20", "simple", {}),
        ("06-08", "simple", {}),
        ("07-22", "simple", {}),
        ("08-19", "simple", {"introduction.recorded_at": "2026-10-02T08:00:00Z"}),
        ("10-21", "simple", {}),
    ),
    "TA-107": (("05-05", "standard", {}),),
    "TA-108": (("03-16", "standard", {}), ("09-21", "complex", {})),
    "TA-109": (("06-24", "simple", {}), ("10-19", "simple", {})),
    "TA-110": (("05-27", "simple", {}), ("07-13", "simple", {}), ("10-30", "simple", {})),
    "TA-112": (("09-02", "standard", {}), ("10-22", "standard", {})),
}
