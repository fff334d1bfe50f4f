# ruff: noqa: INP001 - a script beside its data, never imported
"""Write the demo's files: a CRM export of contacts, a list of partners, a report of introductions.

Run it in any folder: `python generate.py` rewrites the three files beside this script; `python generate.py
FOLDER` writes them elsewhere. Seeded: the same bytes every time. Nobody in them is real. Facts are absent as
often as in a CRM that people fill in by hand; what goes wrong is stated in the tables below and in
`invented_year.py`.
"""

from __future__ import annotations

import csv
import io
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from invented_people import (
    BUDGETS,
    COORDINATORS,
    COUNTRIES,
    LANGUAGES,
    LATIN,
    MESSAGES,
    NAMES,
    OWN_WORDS,
    PHONES,
)
from invented_year import PARTNERS, YEAR, Partner

Row = dict[str, str]

SEED = 2026
LEADS = 500
FIRST_RECORD = 151001
#: the demo evaluates as of 2026-11-21; the last enquiry arrives on the evening before
LAST_ENQUIRY = datetime(2026, 11, 20, 19, 30, tzinfo=UTC)
#: the fee programme needs the partner screened within 31 days
SCREENED_ON = "2026-11-10"

CONTACT_COLUMNS = (
    "Record ID",
    "First Name",
    "Last Name",
    "Email",
    "Phone Number",
    "Date of birth",
    "Contact owner",
    "Create Date",
    "Lifecycle Stage",
    "Country/Region",
    "Preferred language",
    "Time zone",
    "Original Traffic Source",
    "Number of Pageviews",
    "Medical records received",
    "Specific dates asked for",
    "Treatment budget",
    "Budget currency",
    "Enquiry channel",
    "Specialty of interest",
    "Price quote asked for",
    "Virtual consultation asked for",
    "Detailed enquiry sent",
    "Urgent symptoms reported",
    "Brochure downloaded",
    "Newsletter signed up for",
    "Tracking code",
    "Asked not to be contacted",
    "Message",
)

CHANNELS = (("Web form", 40), ("WhatsApp", 22), ("Email", 16), ("Phone", 12), ("Chat", 10))
#: where WhatsApp is the usual way to write to a business
WHATSAPP_FIRST = (("WhatsApp", 52), ("Phone", 16), ("Web form", 18), ("Email", 6), ("Chat", 8))
SPECIALTIES = ("Dentistry", "Hair transplant", "Cosmetic surgery", "Orthopaedics", "Ophthalmology")
SOURCES = (
    ("Organic Search", 34),
    ("Paid Search", 22),
    ("Paid Social", 12),
    ("Organic Social", 8),
    ("Offline Sources", 12),
    ("Direct Traffic", 8),
    ("AI Referrals", 4),
)
LEAD_PARTNERS = (("", 84), ("TA-101", 5), ("TA-102", 4), ("TA-103", 4), ("TA-104", 2), ("TA-105", 1))

#: how letters stand in addresses
PLAIN_LETTERS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"}
    | {"ş": "s", "ç": "c", "ğ": "g", "ı": "i", "'": "", "\u0307": ""}
)

#: rows typed in a second time: (place of the first among the leads, what the second row says otherwise)
ENTERED_TWICE: tuple[tuple[int, Row], ...] = (
    (12, {"Email": "UPPER", "Phone Number": "", "Date of birth": ""}),
    (57, {"Email": "UPPER", "Phone Number": "", "First Name": "", "Date of birth": ""}),
    (103, {"Email": "", "Phone Number": "double zero", "Date of birth": ""}),
    (166, {"Email": "", "Phone Number": "trunk zero", "Date of birth": "", "Last Name": ""}),
    (231, {"Email": "", "Phone Number": "", "Date of birth": "day first"}),
    (318, {"Email": "", "Phone Number": "", "Date of birth": "year"}),
    (402, {"Email": "UPPER", "Phone Number": "double zero", "Date of birth": ""}),
)
#: rows that look alike and are two people, or cannot be told to be one
ALIKE: tuple[tuple[int, Row], ...] = (
    (80, {"Email": "", "Phone Number": "", "Date of birth": "1931-05-06"}),
    (204, {"Email": "", "Phone Number": "", "Date of birth": ""}),
    (290, {"Email": "", "Phone Number": "national", "Date of birth": "", "First Name": ""}),
)
#: cells that nobody can read: (place among the rows, column, what stands in it)
UNREADABLE = (
    (21, "Create Date", "2026-13-05 10:00"),
    (74, "Enquiry channel", "Fax"),
    (139, "Treatment budget", "about 8000"),
    (222, "Number of Pageviews", "many"),
    (301, "Medical records received", "maybe"),
    (377, "Create Date", "last Tuesday"),
)
#: a row that lost its last cells, and rows with nothing in them
TORN, EMPTY = 260, (50, 180, 333, 505)

#: the partners one of whose leads was entered weeks after the introduction
LATE = ("TA-101", "TA-103", "TA-104")


def weighted(random: Random, values: tuple[tuple[str, int], ...]) -> str:
    """Return one of the values."""
    names, weights = zip(*values, strict=True)
    return str(random.choices(names, weights)[0])


def known(random: Random, share: float, value: object) -> str:
    """Return the cell of a value, empty where nobody filled the field in: filled in `share` of the rows."""
    cell = ("true" if value else "false") if isinstance(value, bool) else str(value)
    return cell if random.random() < share else ""


def moment(when: datetime) -> str:
    """Return a date and time as the CRM writes them."""
    return when.strftime("%Y-%m-%d %H:%M")


def instant(when: datetime) -> str:
    """Return the moment as text, in UTC."""
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


class Contacts:
    """Writes the contacts one after the other; no two share an address, a number, or a name and year."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._numbers = dict.fromkeys(PHONES, 0)
        self._addresses: set[str] = set()
        self._people: set[tuple[str, str]] = set()

    def lead(self, number: int) -> Row:
        """Return one lead; `eagerness` between 0 and 1 drives everything the lead did."""
        random = self._random
        country, language, zone, currency, _ = random.choices(COUNTRIES, [row[-1] for row in COUNTRIES])[0]
        eagerness = random.random() ** 1.9
        minutes = int(random.expovariate(1 / (60 * 18))) % (60 * 24 * 14)
        arrived = LAST_ENQUIRY - timedelta(minutes=minutes)
        gulf = currency in ("SAR", "AED", "KWD", "TRY")
        channel = weighted(random, WHATSAPP_FIRST if gulf else CHANNELS)
        low, high = BUDGETS[currency]
        has_budget = random.random() < 0.08 + 0.4 * eagerness
        budget = random.randrange(low, high, 500 if high > 1000 else 50)
        written = language if random.random() < 0.85 else "en"
        own_words = OWN_WORDS.get(country) if random.random() < 0.06 else None
        code = weighted(random, LEAD_PARTNERS)
        source = "Referrals" if code else known(random, 0.75, weighted(random, SOURCES))
        has_details = channel == "Web form" and random.random() < eagerness
        return {
            "Record ID": str(FIRST_RECORD + number),
            **self._person(language, country),
            "Contact owner": random.choice(COORDINATORS),
            "Create Date": moment(arrived),
            "Lifecycle Stage": random.choice(("Lead", "Lead", "Lead", "Marketing Qualified Lead", "")),
            "Country/Region": known(random, 0.8, own_words or country),
            "Preferred language": known(random, 0.9, LANGUAGES[written]),
            "Time zone": known(random, 0.5, zone),
            "Original Traffic Source": source,
            "Number of Pageviews": known(random, 0.65, int(random.expovariate(1 / (1.5 + 6 * eagerness)))),
            "Medical records received": known(random, 0.8, random.random() < 0.38 * eagerness),
            "Specific dates asked for": known(random, 0.75, random.random() < 0.45 * eagerness),
            "Treatment budget": str(budget) if has_budget else "",
            "Budget currency": currency if has_budget else "",
            "Enquiry channel": known(random, 0.97, channel),
            "Specialty of interest": known(random, 0.6, random.choice(SPECIALTIES)),
            "Price quote asked for": known(random, 0.7, random.random() < 0.1 + 0.6 * eagerness),
            "Virtual consultation asked for": known(random, 0.6, random.random() < 0.3 * eagerness),
            "Detailed enquiry sent": known(random, 0.7, has_details),
            "Urgent symptoms reported": known(random, 0.35, random.random() < 0.012),
            "Brochure downloaded": known(random, 0.7, random.random() < 0.15 + 0.3 * eagerness),
            "Newsletter signed up for": known(random, 0.6, random.random() < 0.12),
            "Tracking code": code,
            "Asked not to be contacted": known(random, 0.5, random.random() < 0.02),
            "Message": known(random, 0.7, random.choice(MESSAGES[written])),
        }

    def _person(self, language: str, country: str) -> Row:
        random = self._random
        first_names, last_names = NAMES[language]
        while True:
            first, last = random.randrange(len(first_names)), random.randrange(len(last_names))
            born = date(random.randrange(1948, 2006), 1, 1) + timedelta(days=random.randrange(365))
            person = (f"{first_names[first]} {last_names[last]}", str(born.year))
            if person not in self._people:
                break
        self._people.add(person)
        phone = self._phone(country)
        return {
            "First Name": first_names[first],
            "Last Name": last_names[last],
            "Email": known(random, 0.8, self._address(language, first, last)),
            "Phone Number": known(random, 0.7, phone) if phone else "",
            "Date of birth": known(random, 0.45, born.isoformat()),
        }

    def _phone(self, country: str) -> str:
        start, digits = PHONES[country]
        number = self._numbers[country]
        if number >= 10**digits:
            return ""
        self._numbers[country] = number + 1
        return f"{start}{number:0{digits}}"

    def _address(self, language: str, first: int, last: int) -> str:
        names = LATIN if language == "ar" else NAMES[language]
        plain = f"{names[0][first]}.{names[1][last]}".lower().translate(PLAIN_LETTERS)
        ends = ("example.com", "example.org", "posta.example", "mail.example")
        number = 1
        while True:
            address = f"{plain}{'' if number == 1 else number}@{self._random.choice(ends)}"
            if address not in self._addresses:
                self._addresses.add(address)
                return address
            number += 1


def again(first: Row, number: int, otherwise: Row) -> Row:
    """Return a second row about the person of the first, typed in an hour and a half later."""
    entered = datetime.fromisoformat(first["Create Date"]) + timedelta(minutes=90)
    row = {
        **first,
        "Record ID": str(FIRST_RECORD + number),
        "Create Date": moment(min(entered, LAST_ENQUIRY.replace(tzinfo=None))),
        "Enquiry channel": "Phone",
        "Message": "",
        "Tracking code": "",
        "Asked not to be contacted": "",
    }
    for column, how in otherwise.items():
        row[column] = retyped(first[column], how)
    return row


def retyped(cell: str, how: str) -> str:
    """Return a cell as another person types it."""
    digits = "".join(character for character in cell if character.isdigit())
    match how:
        case "UPPER":
            return cell.upper()
        case "double zero":
            return f"00{digits[:2]}-{digits[2:]}"
        case "trunk zero":
            return f"+{digits[:2]} (0){digits[2:4]} / {digits[4:]}"
        case "national":
            return f"0{digits[2:]}"
        case "day first":
            return f"{cell[8:]}.{cell[5:7]}.{cell[:4]}"
        case "year":
            return cell[:4]
    return how


def contacts() -> list[Row | None]:
    """Return the rows of the export in order, None for an empty one."""
    random = Random(SEED)  # noqa: S311 - made-up records, nothing secret
    writer = Contacts(random)
    leads = [writer.lead(number) for number in range(LEADS)]
    for place, _ in (*ENTERED_TWICE, *ALIKE):
        # whoever is entered twice gave all there is
        filled_in(leads[place], place)
    rows = list(leads)
    for place, otherwise in (*ENTERED_TWICE, *ALIKE):
        rows.append(again(leads[place], len(rows), otherwise))
    for record, code in zip(entered_late(), LATE, strict=True):
        row = writer.lead(len(rows))
        rows.append({**row, "Record ID": record, "Tracking code": code, "Create Date": "2026-11-16 10:05"})
    for place, column, cell in UNREADABLE:
        rows[place][column] = cell
    with_empty: list[Row | None] = list(rows)
    for place in EMPTY:
        with_empty.insert(place, None)
    return with_empty


def entered_late() -> list[str]:
    """Return the record ids of the leads that were entered late."""
    first = FIRST_RECORD + LEADS + len(ENTERED_TWICE) + len(ALIKE)
    return [str(first + number) for number in range(len(LATE))]


def filled_in(row: Row, place: int) -> None:
    """Give a row an address, a telephone number and a date of birth."""
    row["Email"] = row["Email"] or f"patient.{place}@mail.example"
    row["Phone Number"] = f"+44 20 7946 0{700 + place % 200:03}"
    row["Date of birth"] = row["Date of birth"] or f"{1950 + place % 40}-03-0{1 + place % 9}"


def partners() -> list[Row]:
    """Return the list of partners as a coordinator keeps it in a spreadsheet: days first, semicolons."""

    def day(text: str | None) -> str:
        return f"{text[8:]}.{text[5:7]}.{text[:4]}" if text else ""

    return [
        {
            "partner.id": code,
            "partner.name": name,
            "partner.code": code,
            "partner.type": kind,
            "partner.country": country,
            "partner.is_clinician": "" if clinician is None else str(clinician).lower(),
            "partner.licence_valid_from": day("2025-01-01") if licence else "",
            "partner.licence_valid_until": day(licence),
        }
        for code, name, kind, country, clinician, licence in PARTNERS
    ]


def introductions() -> list[Row]:
    """Return the report of introductions, each with the partner, agreement and disclosure it belongs to."""
    rows: list[Row] = []
    late = dict(zip(LATE, entered_late(), strict=True))
    twice = str(FIRST_RECORD + ENTERED_TWICE[2][0]), str(FIRST_RECORD + LEADS + 2)
    for partner in PARTNERS:
        for place, (day, complexity, otherwise) in enumerate(YEAR.get(partner[0], ())):
            number = len(rows) + 1
            patients = {
                "entered late": late.get(partner[0], ""),
                "of two partners": "148102",
                "entered twice": twice[0],
                "entered twice again": twice[1],
            }
            changes = dict(otherwise)
            row = {
                **introduction(number, partner[0], date.fromisoformat(f"2026-{day}"), complexity, place),
                **terms_of(partner),
                "lead.id": patients.get(changes.pop("lead", ""), str(148000 + number)),
            }
            disclose(row, changes.pop("disclosure", "in time"))
            row.update(changes)
            rows.append(row)
    return rows


def introduction(number: int, code: str, day: date, complexity: str, place: int) -> Row:
    """Return what is recorded of an introduction where all went well."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    decided = noon + timedelta(days=9, hours=3)
    is_decided = decided < LAST_ENQUIRY
    accepted = "accepted" if number % 3 else "declined"
    return {
        "introduction.id": f"I-{number:03}",
        "introduction.introduced_on": day.isoformat(),
        "introduction.recorded_at": instant(noon + timedelta(hours=number % 5)),
        "introduction.tracking_code": code,
        "introduction.verified": "true",
        "introduction.file_complete": "true",
        "introduction.complexity": complexity,
        "introduction.complexity_set_on": (day + timedelta(days=number % 6)).isoformat(),
        "introduction.complexity_set_by_facility": "true",
        "introduction.translation_done": "true" if code in ("TA-103", "TA-104") else "false",
        "introduction.travel_file_complete": "true" if code == "TA-101" and place % 6 == 5 else "false",
        "introduction.decision_state": "decided" if is_decided else "none_so_far",
        "introduction.patient_decided_at": instant(decided) if is_decided else "",
        "introduction.patient_decision": accepted if is_decided else "",
        "introduction.reversal_cause": "",
    }


def terms_of(partner: Partner) -> Row:
    """Return what is known of a partner and of the agreement with it."""
    code, _, _, _, clinician, licence = partner
    role = "" if clinician is None else "false"
    row = {
        "partner.id": code,
        "partner.is_clinician": "" if clinician is None else str(clinician).lower(),
        "partner.is_facility_staff": role,
        "partner.is_public_official": role,
        "partner.licence_valid_from": "2025-01-01" if licence else "",
        "partner.licence_valid_until": licence or "",
        "partner.screened_on": "2026-08-15" if code == "TA-110" else SCREENED_ON,
        "partner.screening_clear": "true",
        "partner.has_tax_form": "false" if code == "TA-104" else "true",
    }
    agreement = {
        "agreement.id": f"A-{code[-3:]}",
        "agreement.signed_on": "2026-08-03" if code == "TA-105" else "2025-12-15",
        "agreement.effective_from": "2026-01-01",
        "agreement.open_ended": "false",
        "agreement.ends_on": "2026-12-31",
        "agreement.valuation_maximum": "550.00 USD",
        "agreement.valued_on": "2025-11-20",
        "agreement.valued_by_third_party": "true",
        "agreement.fee_depends_on_outcome": "false",
        "agreement.fee_depends_on_cost": "false",
        "agreement.fee_depends_on_acceptance": "false",
        "agreement.fee_depends_on_volume": "false",
        "agreement.mixes_services": "false",
        "agreement.depends_on_return_referrals": "false",
        "agreement.demands_exclusivity": "false",
    }
    none = dict.fromkeys(agreement, "")
    return {**row, **(none if code == "TA-109" else agreement)}


def disclose(row: Row, how: str) -> None:
    """Put the disclosure into the row of an introduction, or what went wrong with it."""
    told = datetime.fromisoformat(f"{row['introduction.introduced_on']}T16:20:00+00:00")
    if how == "after the decision":
        told += timedelta(days=12)
    missing = how == "missing"
    row.update(
        {
            "disclosure.id": "" if missing else f"D-{row['introduction.id'][2:]}",
            "disclosure.given_at": "" if missing else instant(told),
            "disclosure.recorded_at": "" if missing else instant(told + timedelta(minutes=25)),
            "disclosure.states_payment": "" if missing else "true",
            "disclosure.states_amount": "" if missing else str(how != "without the amount").lower(),
        }
    )


def csv_text(columns: tuple[str, ...], rows: list[Any], **dialect: Any) -> str:
    """Return rows as CSV; None is a row with nothing in it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n", **dialect)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([""] * len(columns) if row is None else [row[column] for column in columns])
    return text.getvalue()


def contacts_text() -> str:
    """Return the export of contacts, each cell in quotes, one row torn off."""
    lines = csv_text(CONTACT_COLUMNS, contacts(), quoting=csv.QUOTE_ALL)
    record = f'"{FIRST_RECORD + TORN}"'
    start = lines.index(record)
    end = lines.index('"\r\n"', start) + 1
    torn = ",".join(lines[start:end].split(",")[:11])
    return lines[:start] + torn + lines[end:]


def main(folder: Path) -> None:
    """Write the three files."""
    people, report = partners(), introductions()
    texts = {
        # the CRM begins its exports with a byte-order mark
        "contacts.csv": "\ufeff" + contacts_text(),
        "partners.csv": csv_text(tuple(people[0]), people, delimiter=";"),
        "introductions.csv": csv_text(tuple(report[0]), report),
    }
    for name, text in texts.items():
        (folder / name).write_bytes(text.encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
