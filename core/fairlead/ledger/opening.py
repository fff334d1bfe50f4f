"""Starting in mid-year: what was counted, is due and was paid before a cut-over date, signed by a person.

The day before the cut-over is the day of every opening amount, so that it counts in the limits of the periods
that hold that day. What was paid is entered as paid. What is due is released at once: the signed document
vouches for it, and it is paid by the next payout run, which another person approves. From the cut-over on
the programme accrues by itself; an introduction before it never accrues.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from fairlead.documents.canonical import digest
from fairlead.documents.found import found_text
from fairlead.documents.json_text import Document
from fairlead.engine import Program
from fairlead.facts.currencies import minor_units
from fairlead.facts.model import Aggregate, FactModel
from fairlead.facts.types import MoneyType
from fairlead.files.entity_file import EntityFile, TableKind
from fairlead.files.entity_headings import KnownColumns
from fairlead.ledger.cut_over import cut_overs
from fairlead.ledger.importing import ImportedFile, Line, Outcome, refused
from fairlead.ledger.known_records import KnownRecords, Unmatched, object_of
from fairlead.ledger.periods import period_bounds
from fairlead.ledger.programmes import Programme, Version
from fairlead.problems import Problem, UsageError, nearest_name
from fairlead.project import Project
from fairlead.project.envelope import Envelope, Role, Signer, sign
from fairlead.project.register import Register
from fairlead.ruleset.typed import Reward
from fairlead.store import MirrorRecord, Ref, Transaction
from fairlead.store.ledger_act import ActWriter
from fairlead.store.ledger_records import NewEntry
from fairlead.store.ledger_states import State

__all__ = ["OPENINGS", "Openings", "Terms", "opening_kind"]

#: what files of openings are called
OPENINGS = "openings"
_OBJECT = "import-openings"


def _fact(type_: Mapping[str, Any], *titles: str) -> dict[str, Any]:
    words = dict(zip(("en", "de", "tr", "ar"), titles, strict=True))
    return {**type_, "title": words, "description": words["en"], "labels": [], "reviewed_by": None}


_TEXT: Mapping[str, Any] = {"type": "text"}
_AMOUNT: Mapping[str, Any] = {"type": "decimal", "precision": 18, "scale": 4, "minimum": "0"}
_FACTS = {
    "id": _fact(_TEXT, "line number", "Zeilennummer", "satır numarası", "رقم السطر"),
    "code": _fact(
        _TEXT,
        "partner's tracking code",
        "Tracking-Code des Partners",
        "iş ortağının takip kodu",
        "رمز تتبع الشريك",
    ),
    "partner": _fact(_TEXT, "partner", "Partner", "iş ortağı", "الشريك"),
    "programme": _fact(_TEXT, "programme", "Programm", "program", "البرنامج"),
    "reward": _fact(_TEXT, "reward", "Vergütung", "ödül", "المكافأة"),
    "currency": _fact(_TEXT, "currency", "Währung", "para birimi", "العملة"),
    "introductions": _fact(
        {"type": "integer", "minimum": 0},
        "introductions this year",
        "Vermittlungen in diesem Jahr",
        "bu yılki yönlendirmeler",
        "الإحالات هذا العام",
    ),
    "due": _fact(_AMOUNT, "not paid yet", "noch nicht bezahlt", "henüz ödenmeyen", "لم يُدفع بعد"),
    "paid": _fact(_AMOUNT, "paid this year", "in diesem Jahr bezahlt", "bu yıl ödenen", "دُفع هذا العام"),
    "reference": _fact(_TEXT, "payment reference", "Zahlungsreferenz", "ödeme referansı", "مرجع الدفع"),
}


def opening_kind() -> TableKind:
    """Return what columns a file of openings can have."""
    document = {
        "fairlead": 1,
        "kind": "fact-model",
        "name": OPENINGS,
        "version": "1.0.0",
        "title": "Opening balances",
        "about": "The columns of a file of opening balances.",
        "entities": {"opening": {"title": "opening", "description": "A line.", "facts": _FACTS}},
    }
    model = FactModel.from_document(Document(document))
    telling = frozenset({"opening.programme", "opening.reward"})
    return TableKind(OPENINGS, KnownColumns(model, "opening", telling=telling), exports=False)


@dataclass(frozen=True)
class Terms:
    """As of which day, and who says so; `signer` signs where the project has a register of people."""

    cut_over: date
    by: str
    signer: Signer | None = None
    role: Role = "approver"


@dataclass(frozen=True, slots=True)
class _Opened:
    """A line that was checked; amounts are minor units."""

    partner: MirrorRecord
    code: str
    programme: str
    reward: Reward
    version: Version
    currency: str
    introductions: int
    due: int
    paid: int
    reference: str

    def as_json(self) -> dict[str, Any]:
        """Return the line of the document that is signed."""
        return {
            "partner": self.partner.id,
            "code": self.code,
            "programme": self.programme,
            "reward": self.reward.name,
            "currency": self.currency,
            "introductions": self.introductions,
            "due": self.due,
            "paid": self.paid,
            "reference": self.reference,
        }


@dataclass
class Openings:
    """Takes files of openings into the ledger within one transaction, which a preview undoes."""

    tx: Transaction
    project: Project
    programmes: Sequence[Programme]
    known: KnownRecords
    terms: Terms
    now: datetime
    register: Register | None = None
    _new: list[_Opened] = field(default_factory=list)
    _unnamed: dict[str, int] = field(default_factory=dict)

    def take(self, file: EntityFile) -> ImportedFile:
        """Take a file; what is new in it is one act of the ledger.

        Raises UsageError for a cut-over in the future, and for a signature that does not count.
        """
        terms = self.terms
        if terms.cut_over > self.project.day_of(self.now):
            message = f"the cut-over date {terms.cut_over} is still to come"
            raise UsageError(
                [Problem("wrong-day", message, remedy="open the ledger on that day or after it")]
            )
        self._new.clear()
        self._unnamed.clear()
        self.tx.book.lock()
        self._before = self._opened()
        self._cut_overs = cut_overs(self.tx)
        done = ImportedFile(file, rejects=list(file.rejects))
        seen: dict[tuple[str, str, str], int] = {}
        for line, raw in file.rows:
            try:
                opened = self._checked(raw.get("opening", {}))
                key = opened.partner.id, opened.programme, opened.reward.name
                if key in seen:
                    message = f"line {seen[key]} opens the same partner, programme and reward"
                    raise Unmatched(Problem("already-opened", message, remedy="leave one of the two"))
                seen[key] = line
                outcome = self._take(opened)
            except Unmatched as unmatched:
                done.rejects.append(refused(line, unmatched.problems, raw))
                continue
            done.lines.append(Line(line, outcome, f"{opened.code} {opened.reward.name}"))
        done.rejects.sort(key=lambda each: each.line)
        if self._new:
            self._write(file)
        done.check()
        return done

    def _opened(self) -> dict[tuple[str, str, str], tuple[str, Mapping[str, Any]]]:
        """Return the lines of earlier openings, each with its cut-over date."""
        found = {}
        for act in self.tx.book.acts(["open"]):
            document = self.tx.archive.get(act.content["document"])
            payload = document.get("payload", document)
            for line in payload["lines"]:
                key = line["partner"], line["programme"], line["reward"]
                found[key] = payload["cut_over"], line
        return found

    def _checked(self, row: Mapping[str, Any]) -> _Opened:
        missing = [name for name in ("programme", "reward") if not row.get(name)]
        missing += [] if row.get("code") or row.get("partner") else ["code"]
        if missing:
            message = f"the line has no {' and no '.join(f'`{name}`' for name in missing)}"
            raise Unmatched(Problem("missing-identity", message, remedy="fill it in"))
        partner = self.known.linked_partner({"code": row.get("code"), "id": row.get("partner")})
        programme, version, reward = self._reward(row["programme"], row["reward"])
        assert isinstance(reward.type, MoneyType)
        currency = reward.type.currency or ""
        if row.get("currency", currency).upper() != currency:
            message = f"`{reward.name}` is paid in {currency}"
            raise Unmatched(
                Problem("wrong-currency", message, found=found_text(row["currency"]), allowed=(currency,))
            )
        due, paid = (_units(row.get(name, "0"), currency, name) for name in ("due", "paid"))
        reference = str(row.get("reference", "")).strip()
        if paid and not reference:
            message = "what was paid has a reference"
            raise Unmatched(
                Problem("empty-value", message, remedy="give the bank's reference in `reference`")
            )
        code = str(partner.facts.get("code") or row.get("code") or partner.id)
        count = int(row.get("introductions", 0))
        return _Opened(partner, code, programme.name, reward, version, currency, count, due, paid, reference)

    def _reward(self, name: str, reward_name: str) -> tuple[Programme, Version, Reward]:
        names = [each.name for each in self.programmes]
        programme = next((each for each in self.programmes if each.name == name), None)
        if programme is None:
            message = f"the project rewards nothing by `{found_text(name)}`"
            nearest = nearest_name(name[:100], names)
            raise Unmatched(
                Problem("no-rewards", message, found=found_text(name), allowed=tuple(names), nearest=nearest)
            )
        version = programme.current(self.terms.cut_over)
        rewards = {each.name: each for each in version.rewards}
        if reward_name not in rewards:
            message = f"`{name}` has no reward `{found_text(reward_name)}`"
            raise Unmatched(
                Problem(
                    "no-rewards",
                    message,
                    found=found_text(reward_name),
                    allowed=tuple(rewards),
                    nearest=nearest_name(reward_name[:100], rewards),
                )
            )
        return programme, version, rewards[reward_name]

    def _take(self, opened: _Opened) -> Outcome:
        cut_over = self.terms.cut_over
        before = self._before.get((opened.partner.id, opened.programme, opened.reward.name))
        if before is not None:
            if before == (cut_over.isoformat(), opened.as_json()):
                return Outcome.SAME
            message = f"`{opened.code}` was opened as of {before[0]} already, and an opening is not changed"
            remedy = "put it right in the ledger with a correction: `fairlead ledger correct`"
            raise Unmatched(Problem("already-opened", message, remedy=remedy))
        known = self._cut_overs.get(opened.programme)
        if known is not None and known != cut_over:
            message = f"`{opened.programme}` was opened as of {known}"
            remedy = f"give `--cut-over {known}`: a programme has one"
            raise Unmatched(Problem("already-opened", message, found=str(cut_over), remedy=remedy))
        accrued = self.tx.book.entries(programme=opened.programme, last=_last_day(cut_over))
        if any(entry.kind == "accrual" for entry in accrued):
            message = f"introductions before {cut_over} have accrued by `{opened.programme}` already"
            remedy = "take a later date, or leave these amounts out: the ledger has them"
            raise Unmatched(Problem("already-opened", message, found=str(cut_over), remedy=remedy))
        unnamed = self._not_named(opened)
        self._unnamed[opened.partner.id] = self._unnamed.get(opened.partner.id, 0) + unnamed
        self._place(opened, unnamed)
        self._new.append(opened)
        return Outcome.NEW

    def _not_named(self, opened: _Opened) -> int:
        """Return how many of the counted introductions are not known one by one."""
        last = _last_day(self.terms.cut_over)
        first = period_bounds("year", last)[0]
        named = sum(
            first.isoformat() <= str(day) <= last.isoformat()
            for each in self.known.related("introduction", "partner", opened.partner.id)
            if (day := each.facts.get("introduced_on")) and "reversal_cause" not in each.facts
        )
        if not opened.introductions:
            return 0
        if named > opened.introductions:
            message = (
                f"{named} introductions of {first.year} are known, and the line says {opened.introductions}"
            )
            remedy = "count again, or leave `introductions` empty: those that are known count"
            raise Unmatched(Problem("opening-count", message, found=str(opened.introductions), remedy=remedy))
        unnamed = opened.introductions - named
        by = _window_within(opened.version, last) if unnamed else None
        if by is not None:
            message = f"`{opened.programme}` counts by `{by}`, for which the count of a year is not enough"
            remedy = "import the introductions one by one, and leave `introductions` empty"
            raise Unmatched(Problem("opening-count", message, found=str(opened.introductions), remedy=remedy))
        return unnamed

    def _place(self, opened: _Opened, count: int) -> None:
        """Put introductions that are known by their number alone into the mirror: counts go on by them."""
        last = _last_day(self.terms.cut_over)
        for number in range(1, count + 1):
            id_ = f"{_subject(opened, self.terms.cut_over)}-{number}"
            facts = {"id": id_, "introduced_on": last.isoformat()}
            ref = Ref(object_of("introduction"), id_)
            links = {"partner": opened.partner.ref}
            self.known.put(MirrorRecord("introduction", id_, ref, self.now, facts, links, None))

    def _write(self, file: EntityFile) -> None:
        self.known.write()
        terms = self.terms
        payload = {
            "fairlead": 1,
            "kind": "opening",
            "project": self.project.name,
            "cut_over": terms.cut_over.isoformat(),
            "by": terms.by,
            "lines": [each.as_json() for each in self._new],
        }
        document: Mapping[str, Any] = payload
        signed_by = None
        if terms.signer is not None:
            assert self.register is not None
            signature = sign(payload, terms.signer, terms.role, self.now)
            envelope = Envelope(payload, (signature,))
            fault = self.register.fault(envelope, signature)
            if fault is not None:
                raise UsageError([fault])
            document, signed_by = envelope.as_json(), signature.model_dump()
        kept = self.tx.archive.put(document, at=self.now)
        for version in {each.version.digest: each.version for each in self._new}.values():
            self.tx.archive.put(version.ruleset.document, at=self.now)
            self.tx.archive.put(version.ruleset.model.document, at=self.now)
        act = self.tx.book.begin(
            "open",
            actor=terms.by,
            at=self.now,
            reason=f"opening balances as of {terms.cut_over}",
            key=f"open {digest(payload)}",
            content={
                "document": kept,
                "payload": digest(payload),
                "signature": signed_by,
                "cut_over": {each.programme: terms.cut_over.isoformat() for each in self._new},
                "counted": {id_: terms.cut_over.isoformat() for id_, count in self._unnamed.items() if count},
            },
        )
        attributed: set[tuple[str, str]] = set()
        for each in self._new:
            self._enter(act, each, kept, attributed)
        act.write()

    def _enter(
        self, act: ActWriter, opened: _Opened, document: str, attributed: set[tuple[str, str]]
    ) -> None:
        entity = opened.reward.entity
        for units, state, end in ((opened.due, State.ACCRUED, ""), (opened.paid, State.PAID, "-paid")):
            if not units:
                continue
            subject = _subject(opened, self.terms.cut_over) + end
            if (entity, subject) not in attributed and not self.tx.book.attributions(entity, [subject]):
                act.attribute(entity, subject, 1, opened.partner.id, {"way": "opening"})
            attributed.add((entity, subject))
            number = act.enter(
                NewEntry(
                    kind="opening",
                    programme=opened.programme,
                    reward=opened.reward.name,
                    entity=entity,
                    subject=subject,
                    revision=1,
                    payee=opened.partner.id,
                    # no patient's limit counts it
                    patient=subject,
                    day=_last_day(self.terms.cut_over),
                    currency=opened.currency,
                    units=units,
                    asked=units,
                    content={
                        "object": _OBJECT,
                        "opening": document,
                        "cut_over": self.terms.cut_over.isoformat(),
                        "reference": opened.reference if end else "",
                        "ruleset": opened.version.digest,
                        "version": opened.version.ruleset.version,
                        "approval": opened.version.program.approval,
                    },
                ),
                state=state,
            )
            if state is State.ACCRUED:
                act.move_new(number, State.ACCRUED, State.RELEASED, units)


def _last_day(cut_over: date) -> date:
    """Return the last day of the books before."""
    return cut_over - timedelta(days=1)


def _subject(opened: _Opened, cut_over: date) -> str:
    return f"opening-{opened.code}-{cut_over}"


def _units(text: str, currency: str, name: str) -> int:
    units = Decimal(text).scaleb(minor_units(currency) or 0)
    if units != units.to_integral_value():
        message = f"`{name}` has a smaller part than {currency} has"
        raise Unmatched(Problem("amount-not-rounded", message, found=found_text(text), remedy="round it"))
    return int(units)


def _window_within(version: Version, last: date) -> str | None:
    """Return a count of introductions that a number for the year says nothing of; None where there is none.

    A number for the year is enough for windows of a year, and of periods that ended with the last day.
    """
    program = Program(version.ruleset, zone=version.program.zone)
    model = version.ruleset.model
    year = period_bounds("year", last)[0]
    for decision in program.decisions:
        for name in sorted(program.reads(decision)):
            fact = model.find(decision.partition(".")[0], name)
            if not isinstance(fact, Aggregate) or fact.record != "introduction" or fact.window is None:
                continue
            unit = fact.window.unit
            if unit is None:
                return name
            first, end = period_bounds(unit, last)
            if first != year and end != last:
                return name
    return None
