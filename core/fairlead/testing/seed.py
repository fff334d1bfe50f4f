"""Made-up leads, partners, treatments and messages that every sandbox is filled with.

The same seed gives the same records, one by one, so that a large sandbox need not hold them twice. Nobody in
them is real: addresses end in `example.com`, telephone numbers are of ranges set aside for fiction.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from fairlead.plugins.fields import FieldKind, Option
from fairlead.plugins.records import Scalar

__all__ = [
    "LEAD_INPUTS",
    "PARTNER_INPUTS",
    "InputField",
    "Seed",
    "SeedInteraction",
    "SeedLead",
    "SeedPartner",
    "SeedTreatment",
]

#: the seeded data ends here: later instants are a test's own
SEEDED_UNTIL = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class InputField:
    """A field that people fill in and stock CRMs lack: `base` names it in every CRM, `fact` is its fact."""

    base: str
    fact: str
    label: str
    kind: FieldKind
    values: tuple[str, ...] = ()
    unique: bool = False

    @property
    def options(self) -> tuple[Option, ...]:
        """The pick list: the fact's values with readable labels."""
        return tuple(Option(value, value.replace("_", " ").capitalize()) for value in self.values)


_TEXT, _BOOLEAN, _INTEGER = FieldKind.TEXT, FieldKind.BOOLEAN, FieldKind.INTEGER
_DATE, _DATE_TIME, _ONE_OF, _DECIMAL = (
    FieldKind.DATE,
    FieldKind.DATE_TIME,
    FieldKind.ONE_OF,
    FieldKind.DECIMAL,
)

#: 555-0100 to 555-0199 are set aside in every area
_AREAS = (*range(201, 204), *range(205, 211), *range(212, 220), *range(301, 311), *range(312, 322))
_IN_AN_AREA = 100

CHANNELS = ("whatsapp", "phone", "email", "chat", "web_form")
SPECIALTIES = (
    "cardiology",
    "cosmetic_surgery",
    "dentistry",
    "fertility",
    "hair_transplant",
    "oncology",
    "ophthalmology",
    "orthopaedics",
    "weight_loss_surgery",
    "general_medicine",
    "other",
)
PARTNER_TYPES = (
    "sending_clinic",
    "sending_doctor",
    "insurance_broker",
    "payer",
    "travel_agency",
    "facilitator",
    "patient_group",
    "expat_community",
    "ambassador",
    "influencer",
    "marketing_agency",
    "event_organiser",
    "health_company",
)
STAGES = (
    "discovery",
    "enquiry",
    "qualification",
    "considering",
    "booked",
    "arrived",
    "treated",
    "follow_up",
    "advocate",
    "lost",
)

LEAD_INPUTS = (
    InputField("channel", "lead.channel", "Enquiry channel", _ONE_OF, CHANNELS),
    InputField(
        "submitted_medical_records", "lead.submitted_medical_records", "Medical records received", _BOOLEAN
    ),
    InputField(
        "asked_for_specific_dates", "lead.asked_for_specific_dates", "Specific dates asked for", _BOOLEAN
    ),
    InputField("budget", "lead.budget", "Treatment budget", _DECIMAL),
    InputField("budget_currency", "lead.budget", "Treatment budget: currency", _TEXT),
    InputField("downloaded_brochure", "lead.downloaded_brochure", "Brochure downloaded", _BOOLEAN),
    InputField("pages_read", "lead.pages_read", "Pages read", _INTEGER),
    InputField(
        "signed_up_for_newsletter", "lead.signed_up_for_newsletter", "Newsletter signed up for", _BOOLEAN
    ),
    InputField("sent_detailed_enquiry", "lead.sent_detailed_enquiry", "Detailed enquiry sent", _BOOLEAN),
    InputField("asked_for_price_quote", "lead.asked_for_price_quote", "Price quote asked for", _BOOLEAN),
    InputField(
        "asked_for_virtual_consultation",
        "lead.asked_for_virtual_consultation",
        "Virtual consultation asked for",
        _BOOLEAN,
    ),
    InputField(
        "reported_urgent_symptoms", "lead.reported_urgent_symptoms", "Urgent symptoms reported", _BOOLEAN
    ),
    InputField(
        "specialty_of_interest",
        "lead.specialty_of_interest",
        "Specialty of interest",
        _ONE_OF,
        SPECIALTIES,
    ),
    InputField("language", "lead.language", "Preferred language", _TEXT),
    InputField("tracking_code", "lead.tracking_code", "Tracking code given", _TEXT),
    InputField(
        "asked_not_to_be_contacted", "lead.asked_not_to_be_contacted", "Asked not to be contacted", _BOOLEAN
    ),
    InputField("introduced_on", "introduction.introduced_on", "Introduced on", _DATE),
    InputField("introduction_verified", "introduction.verified", "Introduction verified", _BOOLEAN),
    InputField("file_complete", "introduction.file_complete", "File complete", _BOOLEAN),
    InputField(
        "patient_already_known",
        "introduction.patient_already_known",
        "Patient was already known",
        _BOOLEAN,
    ),
    InputField("is_self_referral", "introduction.is_self_referral", "Self-referral", _BOOLEAN),
    InputField(
        "decision_state",
        "introduction.decision_state",
        "Patient's decision",
        _ONE_OF,
        ("none_so_far", "decided"),
    ),
    InputField("patient_decided_at", "introduction.patient_decided_at", "Patient decided at", _DATE_TIME),
    InputField(
        "reversal_cause",
        "introduction.reversal_cause",
        "Reversal cause",
        _ONE_OF,
        ("did_not_occur", "fraud", "duplicate"),
    ),
    InputField("disclosure_given_at", "disclosure.given_at", "Disclosure given at", _DATE_TIME),
    InputField("disclosure_recorded_at", "disclosure.recorded_at", "Disclosure recorded at", _DATE_TIME),
    InputField("disclosure_language", "disclosure.language", "Disclosure language", _TEXT),
    InputField(
        "disclosure_states_payment", "disclosure.states_payment", "Disclosure states payment", _BOOLEAN
    ),
    InputField("disclosure_states_amount", "disclosure.states_amount", "Disclosure states amount", _BOOLEAN),
    InputField("consent_given_on", "consent.given_on", "Consent given on", _DATE),
    InputField("consent_explicit", "consent.explicit", "Consent is explicit", _BOOLEAN),
    InputField(
        "consent_covers_health_data",
        "consent.covers_health_data",
        "Consent covers health data",
        _BOOLEAN,
    ),
    InputField("consent_withdrawn", "consent.withdrawn", "Consent withdrawn", _BOOLEAN),
)

PARTNER_INPUTS = (
    InputField("code", "partner.code", "Tracking code", _TEXT, unique=True),
    InputField("partner_type", "partner.type", "Partner type", _ONE_OF, PARTNER_TYPES),
    InputField("is_clinician", "partner.is_clinician", "Is a clinician", _BOOLEAN),
    InputField("is_facility_staff", "partner.is_facility_staff", "Works for the facility", _BOOLEAN),
    InputField("is_public_official", "partner.is_public_official", "Is a public official", _BOOLEAN),
    InputField("onboarded_on", "partner.onboarded_on", "Onboarded on", _DATE),
    InputField("licence_valid_from", "partner.licence_valid_from", "Licence valid from", _DATE),
    InputField("licence_valid_until", "partner.licence_valid_until", "Licence valid until", _DATE),
    InputField("screened_on", "partner.screened_on", "Screened on", _DATE),
    InputField("screening_clear", "partner.screening_clear", "Screening clear", _BOOLEAN),
    InputField("rating", "partner.rating", "Rating", _INTEGER),
    InputField("complaints_this_year", "partner.complaints_this_year", "Complaints this year", _INTEGER),
    InputField("usual_answer_hours", "partner.usual_answer_hours", "Usual hours to answer", _INTEGER),
    InputField("agreement_signed_on", "agreement.signed_on", "Agreement signed on", _DATE),
    InputField("agreement_effective_from", "agreement.effective_from", "Agreement effective from", _DATE),
    InputField("agreement_ends_on", "agreement.ends_on", "Agreement ends on", _DATE),
    InputField("agreement_open_ended", "agreement.open_ended", "Agreement open-ended", _BOOLEAN),
)


@dataclass(frozen=True, slots=True)
class SeedPartner:
    """A partner; `inputs` are values by the base names of `PARTNER_INPUTS`."""

    number: int
    name: str
    country: str
    created_at: datetime
    modified_at: datetime
    inputs: Mapping[str, Scalar]


@dataclass(frozen=True, slots=True)
class SeedLead:
    """A lead; `partner` is the number of the partner who introduced the patient.

    `stage` is a value of `lead.stage`, `inputs` are values by the base names of `LEAD_INPUTS`.
    """

    number: int
    first_name: str
    last_name: str
    email: str | None
    phone: str | None
    country: str
    created_at: datetime
    modified_at: datetime
    stage: str
    partner: int | None
    inputs: Mapping[str, Scalar]


@dataclass(frozen=True, slots=True)
class SeedTreatment:
    """A treatment that was offered to a lead: `outcome` is open, won or lost."""

    number: int
    lead: int
    name: str
    outcome: str
    amount: Decimal
    created_at: datetime
    modified_at: datetime
    arrival_planned_on: date | None


@dataclass(frozen=True, slots=True)
class SeedInteraction:
    """A call, e-mail or message: only its time, direction and the kind of its author."""

    number: int
    lead: int
    occurred_at: datetime
    direction: str
    author_kind: str
    channel: str


class Seed:
    """The records of one sandbox, made anew on each pass, always alike."""

    def __init__(self, leads: int, partners: int, seed: int = 1) -> None:
        self._leads = leads
        self._partners = partners
        self._seed = seed

    def partners(self) -> Iterator[SeedPartner]:
        """Yield the partners, numbered from 1."""
        for number in range(1, self._partners + 1):
            yield self._partner(number)

    def leads(self) -> Iterator[SeedLead]:
        """Yield the leads, numbered from 1. A third of them share one modification stamp: a mass import."""
        for number in range(1, self._leads + 1):
            yield _lead(self._seed, self._partners, number)

    def treatments(self) -> Iterator[SeedTreatment]:
        """Yield the treatments of the leads that came far enough, numbered from 1."""
        number = 0
        for lead in self.leads():
            if lead.stage in ("booked", "arrived", "treated", "follow_up", "advocate", "lost"):
                number += 1
                yield self._treatment(number, lead)

    def interactions(self) -> Iterator[SeedInteraction]:
        """Yield what was said to and by the leads, numbered from 1."""
        number = 0
        for lead in self.leads():
            for found in self._talk(lead):
                number += 1
                yield SeedInteraction(number, lead.number, *found)

    def _partner(self, number: int) -> SeedPartner:
        chance = _chance(self._seed, "partner", number)
        created = SEEDED_UNTIL - timedelta(days=chance.randint(60, 900), minutes=chance.randint(0, 600))
        type_ = chance.choice(PARTNER_TYPES)
        onboarded = created.date() + timedelta(days=chance.randint(0, 20))
        licensed = chance.random() < 0.85
        inputs: dict[str, Scalar] = {
            # every ninth partner is new: the code is given at the next sync
            "code": None if number % 9 == 0 else f"TA-{100 + number}",
            "partner_type": type_,
            "is_clinician": type_ == "sending_doctor",
            "is_facility_staff": number % 17 == 0,
            "is_public_official": number % 23 == 0,
            "onboarded_on": onboarded,
            "licence_valid_from": onboarded - timedelta(days=200) if licensed else None,
            "licence_valid_until": date(2027, 6, 30) if licensed and number % 5 else date(2026, 3, 31),
            "screened_on": date(2026, chance.randint(1, 11), chance.randint(1, 20)),
            "screening_clear": chance.random() < 0.95,
            "rating": chance.choice((None, 3, 4, 4, 5)),
            "complaints_this_year": chance.choice((0, 0, 0, 1)),
            "usual_answer_hours": chance.choice((4, 12, 24, 72)),
            "agreement_signed_on": onboarded if number % 6 else None,
            "agreement_effective_from": onboarded if number % 6 else None,
            "agreement_ends_on": date(2027, 12, 31) if number % 6 and number % 4 else None,
            "agreement_open_ended": bool(number % 6 and not number % 4),
        }
        name = f"{chance.choice(_PARTNER_WORDS)} {chance.choice(_PARTNER_KINDS)} {number}"
        modified = created + timedelta(days=chance.randint(0, 50), seconds=chance.randint(0, 86_000))
        country = chance.choice(_COUNTRIES)
        return SeedPartner(
            number, name, country, _whole(created), _whole(min(modified, SEEDED_UNTIL)), inputs
        )

    def _treatment(self, number: int, lead: SeedLead) -> SeedTreatment:
        chance = _chance(self._seed, "treatment", lead.number)
        outcome = "lost" if lead.stage == "lost" else "open" if lead.stage == "booked" else "won"
        arrival = date(2026, 12, 1) + timedelta(days=chance.randint(0, 90)) if outcome == "open" else None
        return SeedTreatment(
            number,
            lead.number,
            f"{chance.choice(_TREATMENTS)} ({lead.number})",
            outcome,
            Decimal(chance.randint(20, 300) * 100),
            lead.created_at + timedelta(days=1),
            _whole(min(lead.created_at + timedelta(days=chance.randint(1, 30)), SEEDED_UNTIL)),
            arrival,
        )

    def _talk(self, lead: SeedLead) -> Iterator[tuple[datetime, str, str, str]]:
        chance = _chance(self._seed, "talk", lead.number)
        channel = str(lead.inputs.get("channel") or "email")
        yield lead.created_at, "inbound", "patient", channel
        if chance.random() < 0.7:
            yield lead.created_at + timedelta(minutes=1), "outbound", "automation", "email"
        if chance.random() < 0.8:
            answered = lead.created_at + timedelta(minutes=chance.randint(5, 600))
            yield answered, "outbound", "coordinator", chance.choice(("phone", "email"))


def _chance(seed: int, kind: str, number: int) -> random.Random:
    return random.Random(f"{seed}/{kind}/{number}")  # noqa: S311 - made-up records are no secrets


@lru_cache(maxsize=5000)
def _lead(seed: int, partners: int, number: int) -> SeedLead:
    # kept, since treatments and messages are made from them again
    chance = _chance(seed, "lead", number)
    created = _whole(SEEDED_UNTIL - timedelta(minutes=chance.randint(30, 300 * 24 * 60)))
    imported = chance.random() < 1 / 3
    modified = _MASS_IMPORT if imported else created + timedelta(minutes=chance.randint(0, 20 * 24 * 60))
    first, last, language = chance.choice(_NAMES)
    partner = chance.randint(1, partners) if partners and chance.random() < 0.25 else None
    inputs: dict[str, Scalar] = {
        "channel": chance.choice((*CHANNELS, "web_form", None)),
        "submitted_medical_records": chance.choice((True, False, False, None)),
        "asked_for_specific_dates": chance.choice((True, False, None)),
        "downloaded_brochure": chance.choice((True, False, None, None)),
        "pages_read": chance.choice((None, 0, 1, 2, 5, 9)),
        "sent_detailed_enquiry": chance.choice((True, False, None)),
        "asked_for_price_quote": chance.choice((True, False, None)),
        "reported_urgent_symptoms": True if chance.random() < 0.01 else None,
        "specialty_of_interest": chance.choice((*SPECIALTIES, None)),
        "language": language,
        "asked_not_to_be_contacted": True if chance.random() < 0.02 else None,
        "consent_given_on": created.date() if chance.random() < 0.9 else None,
        "consent_explicit": True,
        "consent_covers_health_data": True,
        "consent_withdrawn": chance.random() < 0.02,
    }
    if chance.random() < 0.4:
        inputs["budget"] = Decimal(chance.randint(10, 200) * 100)
        inputs["budget_currency"] = chance.choice(("EUR", "USD", "GBP"))
    if partner is not None:
        inputs.update(_introduction(chance, created, partner, language))
    known = {name: value for name, value in inputs.items() if value is not None}
    email = None if chance.random() < 0.1 else f"lead{number}@mail{number % 7}.example.com"
    phone = None if chance.random() < 0.2 else _phone(number)
    stage = chance.choice((*STAGES[:4], *STAGES[:4], *STAGES))
    country = chance.choice(_COUNTRIES)
    stamp = _whole(min(modified, SEEDED_UNTIL))
    return SeedLead(number, first, last, email, phone, country, created, stamp, stage, partner, known)


def _introduction(chance: random.Random, created: datetime, partner: int, language: str) -> dict[str, Scalar]:
    disclosed = chance.random() < 0.8
    decided = chance.random() < 0.4
    return {
        "tracking_code": f"TA-{100 + partner}" if partner % 9 else None,
        "introduced_on": created.date(),
        "introduction_verified": chance.random() < 0.9,
        "file_complete": chance.random() < 0.8,
        "decision_state": "decided" if decided else "none_so_far",
        "patient_decided_at": created + timedelta(days=14) if decided else None,
        "reversal_cause": "did_not_occur" if chance.random() < 0.02 else None,
        "disclosure_given_at": created + timedelta(hours=1) if disclosed else None,
        "disclosure_recorded_at": created + timedelta(hours=2) if disclosed else None,
        "disclosure_language": language if disclosed else None,
        "disclosure_states_payment": True if disclosed else None,
        "disclosure_states_amount": chance.random() < 0.9 if disclosed else None,
    }


def _phone(number: int) -> str | None:
    """Return a telephone number that no other lead has; None once there are no more of them."""
    area, within = divmod(number, _IN_AN_AREA)
    return f"+1{_AREAS[area]}55501{within:02d}" if area < len(_AREAS) else None


def _whole(instant: datetime) -> datetime:
    """Return an instant without its fraction of a second: what all three CRMs keep."""
    return instant.replace(microsecond=0)


_MASS_IMPORT = datetime(2026, 10, 5, 8, 0, 0, tzinfo=UTC)
_COUNTRIES = ("DE", "GB", "IQ", "KZ", "NL", "SA", "AE", "US", "RO", "AZ")
_PARTNER_WORDS = ("Bosporus", "Nordlicht", "Cedar", "Hayat", "Riverside", "Silk Road", "Anadolu", "Meridian")
_PARTNER_KINDS = ("Travel", "Clinic", "Health", "Partners", "Community", "Agency")
_TREATMENTS = ("Dental implants", "Knee replacement", "Cataract surgery", "Rhinoplasty", "Check-up", "IVF")
_NAMES = (
    ("Anna", "Schäfer", "de"),
    ("Jürgen", "Groß", "de"),
    ("Emily", "O'Neill", "en"),
    ("James", "Carter", "en"),
    ("Ayşe", "Yılmaz", "tr"),
    ("İbrahim", "Çağlar", "tr"),
    ("فاطمة", "الزهراء", "ar"),
    ("أحمد", "منصور", "ar"),
    ("Айгуль", "Нурланова", "kk"),
    ("Ioana", "Popescu", "ro"),
    ("Sanne", "de Vries", "nl"),
    ("=HYPERLINK", '"quoted", Jr.', "en"),
)
