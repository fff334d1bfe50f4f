# ruff: noqa: INP001 - a script beside its data, never imported
"""Write the demo's leads, partners and introductions: synthetic, seeded, the same bytes every time.

Run it in any folder: `python generate.py` rewrites the three files beside this script. Nobody in them is
real. Facts are absent as often as in a CRM that people fill in by hand.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

Record = dict[str, Any]

SEED = 2026
FOLDER = Path(__file__).parent
LEADS = 500
#: the demo evaluates as of 2026-11-21; the last enquiry arrives on the evening before
LAST_ENQUIRY = datetime(2026, 11, 20, 19, 30, tzinfo=UTC)

#: country, its usual enquiry language, time zone, currency, weight
COUNTRIES = (
    ("DE", "de", "Europe/Berlin", "EUR", 22),
    ("GB", "en", "Europe/London", "GBP", 18),
    ("NL", "nl", "Europe/Amsterdam", "EUR", 8),
    ("AT", "de", "Europe/Vienna", "EUR", 6),
    ("FR", "fr", "Europe/Paris", "EUR", 8),
    ("SA", "ar", "Asia/Riyadh", "SAR", 10),
    ("AE", "ar", "Asia/Dubai", "AED", 8),
    ("KW", "ar", "Asia/Kuwait", "KWD", 4),
    ("US", "en", "America/New_York", "USD", 10),
    ("TR", "tr", "Europe/Istanbul", "TRY", 6),
)
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
CHANNELS = (("web_form", 40), ("whatsapp", 22), ("email", 16), ("phone", 12), ("chat", 10))
#: channels in countries where WhatsApp is the usual way to write to a business
WHATSAPP_FIRST = (("whatsapp", 52), ("phone", 16), ("web_form", 18), ("email", 6), ("chat", 8))
SPECIALTIES = ("dentistry", "hair_transplant", "cosmetic_surgery", "orthopaedics", "ophthalmology")
SOURCES = (("organic_search", 34), ("paid_search", 24), ("social_media", 18), ("partner", 16), ("other", 8))

#: code, kind, country, introductions in 2026 (None: not counted yet), clinician, last day of the licence
PARTNERS = (
    ("TA-101", "travel_agency", "DE", 16, False, "2027-06-30"),
    ("TA-102", "travel_agency", "GB", 15, False, "2027-03-31"),
    ("TA-103", "facilitator", "SA", 14, False, "2026-12-31"),
    ("TA-104", "facilitator", "AE", 6, False, "2026-09-30"),
    ("TA-105", "insurance_broker", "NL", 5, False, "2027-12-31"),
    ("TA-106", "patient_group", "DE", 0, False, None),
    ("TA-107", "sending_doctor", "GB", 1, True, "2027-12-31"),
    ("TA-108", "sending_clinic", "AT", 3, True, "2027-12-31"),
    ("TA-109", "expat_community", "NL", 2, False, None),
    ("TA-110", "ambassador", "FR", 4, False, "2027-01-31"),
    ("TA-111", "influencer", "US", 0, False, None),
    ("TA-112", "travel_agency", "KW", None, None, None),
)
#: partners that bring leads in November, the busier the likelier
LEAD_PARTNERS = (("TA-101", 5), ("TA-102", 4), ("TA-103", 4), ("TA-104", 2), ("TA-105", 1), ("TA-112", 1))


def pick(random: Random, weighted: tuple[tuple[str, int], ...]) -> str:
    """Return one of the weighted values."""
    values, weights = zip(*weighted, strict=True)
    return str(random.choices(values, weights)[0])


def known(random: Random, share: float, value: Any) -> Any:
    """Return the value, or None where nobody filled the field in: known in `share` of the cases."""
    return value if random.random() < share else None


def instant(moment: datetime) -> str:
    """Return the moment as text, in UTC."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def present(record: Record) -> Record:
    """Return the record without its absent facts."""
    return {name: value for name, value in record.items() if value is not None}


def lead(random: Random, number: int) -> Record:
    """Return one lead; `eagerness` between 0 and 1 drives everything the lead did."""
    country, language, zone, currency, _ = random.choices(COUNTRIES, [row[-1] for row in COUNTRIES])[0]
    eagerness = random.random() ** 1.9
    arrived = LAST_ENQUIRY - timedelta(minutes=int(random.expovariate(1 / (60 * 18))) % (60 * 24 * 14))
    channel = pick(random, WHATSAPP_FIRST if currency in ("SAR", "AED", "KWD", "TRY") else CHANNELS)
    source = pick(random, SOURCES)
    low, high = BUDGETS[currency]
    step = 500 if high > 1000 else 50
    budget = {"amount": str(random.randrange(low, high, step)), "currency": currency}
    facts = {
        "id": f"L-{number:04}",
        "name": f"Lead {number:04}",
        "created_at": instant(arrived),
        "channel": known(random, 0.97, channel),
        "submitted_medical_records": known(random, 0.8, random.random() < 0.38 * eagerness),
        "asked_for_specific_dates": known(random, 0.75, random.random() < 0.45 * eagerness),
        "budget": budget if random.random() < 0.08 + 0.4 * eagerness else None,
        "downloaded_brochure": known(random, 0.7, random.random() < 0.15 + 0.3 * eagerness),
        "pages_read": known(random, 0.65, int(random.expovariate(1 / (1.5 + 6 * eagerness)))),
        "signed_up_for_newsletter": known(random, 0.6, random.random() < 0.12),
        "sent_detailed_enquiry": known(random, 0.7, channel == "web_form" and random.random() < eagerness),
        "asked_for_price_quote": known(random, 0.7, random.random() < 0.1 + 0.6 * eagerness),
        "asked_for_virtual_consultation": known(random, 0.6, random.random() < 0.3 * eagerness),
        "reported_urgent_symptoms": known(random, 0.35, random.random() < 0.012),
        "specialty_of_interest": known(random, 0.6, random.choice(SPECIALTIES)),
        "language": known(random, 0.9, language if random.random() < 0.85 else "en"),
        "country": known(random, 0.8, country),
        "time_zone": known(random, 0.5, zone),
        "source": known(random, 0.75, source),
        "asked_not_to_be_contacted": known(random, 0.5, random.random() < 0.02),
    }
    record: Record = {"lead": facts}
    if source == "partner":
        code = pick(random, LEAD_PARTNERS)
        facts["tracking_code"] = known(random, 0.9, code)
        record["partner"] = {"id": code, "code": code}
    record["lead"] = present(facts)
    return record


def partner(random: Random, row: tuple[Any, ...]) -> Record:
    """Return one partner of the table above."""
    code, kind, country, count, clinician, licence = row
    onboarded = date(2025, 2, 3) + timedelta(days=random.randrange(300))
    return present(
        {
            "id": code,
            "name": f"Partner {code[-3:]}",
            "code": code,
            "type": kind,
            "country": country,
            "onboarded_on": onboarded.isoformat(),
            "introductions_this_year": count,
            "is_clinician": clinician,
            "is_facility_staff": known(random, 0.95, False) if clinician is not None else None,
            "is_public_official": known(random, 0.95, False) if clinician is not None else None,
            "shares_owner_with_facility": known(random, 0.8, code == "TA-104"),
            "licence_valid_from": "2025-01-01" if licence else None,
            "licence_valid_until": licence,
        }
    )


def agreement(random: Random, code: str) -> Record:
    """Return the agreement with a partner; two are signed late or missing, one has the published terms."""
    late = code == "TA-105"
    as_published = code == "TA-102"
    if code in ("TA-109", "TA-112"):
        return {}
    open_ended = code in ("TA-103", "TA-107")
    return present(
        {
            "id": f"A-{code[-3:]}",
            "signed_on": "2026-08-03" if late else "2025-12-15",
            "effective_from": "2026-01-01",
            "open_ended": open_ended,
            "ends_on": None if open_ended else "2026-12-31",
            "in_writing": True,
            "fee_per_introduction": {"amount": "500.00", "currency": "USD"},
            "valuation_maximum": {"amount": "550.00", "currency": "USD"},
            "valued_on": "2025-11-20",
            "valued_by_third_party": True,
            "fee_depends_on_outcome": False,
            "fee_depends_on_cost": as_published,
            "fee_depends_on_acceptance": as_published,
            "fee_depends_on_volume": as_published,
            "demands_exclusivity": known(random, 0.8, code == "TA-110"),
            "mixes_services": known(random, 0.8, False),
            "depends_on_return_referrals": known(random, 0.8, False),
        }
    )


def introduction(random: Random, number: int, payee: Record, terms: Record) -> Record:
    """Return one introduction of a partner, with its papers."""
    day = date(2026, 1, 8) + timedelta(days=random.randrange(310))
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    told = noon + timedelta(minutes=random.randrange(30, 60 * 24 * 4))
    fate = random.choices(("decided", "none_so_far", None), (62, 28, 10))[0]
    decided = noon + timedelta(days=random.randrange(3, 25), minutes=random.randrange(600))
    if decided > LAST_ENQUIRY:
        fate = "none_so_far"
    elif random.random() < 0.12:
        told = decided + timedelta(hours=random.randrange(1, 40))
    language = random.choice(("de", "en", "ar"))
    disclosure: Record = {}
    if told <= LAST_ENQUIRY and random.random() < 0.85:
        disclosure = present(
            {
                "id": f"D-{number:03}",
                "given_at": instant(told),
                "recorded_at": instant(told + timedelta(minutes=random.randrange(5, 90))),
                "language": known(random, 0.9, language if random.random() < 0.85 else "en"),
                "in_writing": True,
                "states_payment": True,
                "states_amount": known(random, 0.95, random.random() < 0.93),
                "states_free_choice": known(random, 0.8, True),
                "signed": known(random, 0.9, random.random() < 0.9),
            }
        )
    consent: Record = {}
    if random.random() < 0.9:
        consent = present(
            {
                "id": f"C-{number:03}",
                "purpose": "introduction",
                "explicit": True,
                "given_on": (day - timedelta(days=random.randrange(4))).isoformat(),
                "withdrawn": known(random, 0.9, random.random() < 0.05),
            }
        )
    facts = present(
        {
            "id": f"I-{number:03}",
            "introduced_on": day.isoformat(),
            "recorded_at": instant(noon),
            "tracking_code": payee["code"],
            "verified": known(random, 0.93, random.random() < 0.94),
            "file_complete": known(random, 0.93, random.random() < 0.92),
            "patient_already_known": known(random, 0.9, False),
            "is_self_referral": known(random, 0.9, False),
            "decision_state": fate,
            "patient_decided_at": instant(decided) if fate == "decided" else None,
            "patient_decision": random.choice(("accepted", "declined")) if fate == "decided" else None,
        }
    )
    patient = present({"id": f"P-{number:03}", "language": known(random, 0.9, language)})
    record = {
        "introduction": facts,
        "partner": payee,
        "lead": patient,
        "agreement": terms,
        "disclosure": disclosure,
        "consent": consent,
    }
    return {name: value for name, value in record.items() if value}


def write(name: str, records: list[Record]) -> None:
    """Write the records as JSON Lines."""
    lines = [json.dumps(record, ensure_ascii=False, separators=(", ", ": ")) for record in records]
    (FOLDER / name).write_bytes("".join(line + "\n" for line in lines).encode())


def main() -> None:
    """Write the three files."""
    random = Random(SEED)  # noqa: S311 - made-up records, nothing secret
    write("leads.jsonl", [lead(random, number) for number in range(1, LEADS + 1)])
    partners = [partner(random, row) for row in PARTNERS]
    write("partners.jsonl", [{"partner": record} for record in partners])
    introductions: list[Record] = []
    for record in partners:
        terms = agreement(random, record["code"])
        for _ in range(record.get("introductions_this_year", 0)):
            introductions.append(introduction(random, len(introductions) + 1, record, terms))
    # the last introduction of the busiest partner turns out to be a copy; its count leaves copies out
    copy = json.loads(json.dumps(introductions[0]))
    copy["introduction"].update({"id": f"I-{len(introductions) + 1:03}", "reversal_cause": "duplicate"})
    write("introductions.jsonl", [*introductions, copy])


if __name__ == "__main__":
    main()
