"""The notice that tells a patient who is paid for the introduction, and the thanks to a referrer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from fairlead.documents.canonical import digest
from fairlead.ledger.notice_words import LANGUAGES, NOTICE_VERSION, WORDS
from fairlead.logic.terms import Term, Variable
from fairlead.problems import Problem, UsageError, nearest_name
from fairlead.ruleset.typed import Decision, Formula, Reward, Ruleset, Table
from fairlead.show.content import Block, Field, Fields, Grid, Heading, Page, Paragraph, Phrase, Section, Value
from fairlead.show.paying import benefit_words
from fairlead.show.sections import DecisionSections, terms_of
from fairlead.show.wording import Wording, names_read

__all__ = ["check_language", "notice_digest", "notice_page", "thanks_page"]

#: the place for a name, a day or a signature
_BLANK = "_" * 40


def check_language(language: str) -> str:
    """Return the language of a notice by its tag. Raises UsageError for one that has no words."""
    known = language.partition("-")[0]
    if known not in LANGUAGES:
        message = f"there is no notice in `{language}`"
        nearest = nearest_name(language[:20], LANGUAGES)
        remedy = "use one of these, or have the notice translated by a person"
        raise UsageError(
            [
                Problem(
                    "unknown-language",
                    message,
                    found=language,
                    allowed=LANGUAGES,
                    nearest=nearest,
                    remedy=remedy,
                )
            ]
        )
    return known


def notice_digest(page: Page) -> str:
    """Return the digest of a notice: of all that it says but this."""
    return digest(page.as_json())


def notice_page(
    ruleset: Ruleset, language: str, *, payer: str, payee: str, code: str, day: date
) -> tuple[Page, str]:
    """Return the notice for a patient by the programme in force on a day, and its digest.

    `language` is one of those of the words; texts of the programme without it are in English. `payer` is the
    facility, `payee` the partner's name. Raises UsageError for a ruleset that pays nobody.
    """
    writer = _Notice(ruleset, language, payer, payee, code, day)
    page = writer.page()
    found = notice_digest(page)
    *sections, last = page.sections
    stated = Fields((writer.field("notice_digest", Value(Phrase.name(found))),))
    return replace(page, sections=(*sections, replace(last, blocks=(*last.blocks, stated)))), found


class _Notice:
    def __init__(self, ruleset: Ruleset, language: str, payer: str, payee: str, code: str, day: date) -> None:
        self._ruleset = ruleset
        self._words = Wording(ruleset, language)
        self._language = language
        self._payer, self._payee, self._code = payer, payee or code, code
        self._day = day
        rewards = [each for each in ruleset.decisions if isinstance(each, Reward)]
        self._rewards = [each for each in rewards if each.entity == "introduction"] or rewards
        if not self._rewards:
            message = f"`{ruleset.name}` pays nobody"
            raise UsageError([Problem("no-rewards", message, found=ruleset.name)])

    def page(self) -> Page:
        payer, payee = Phrase.plain(self._payer), Phrase.plain(self._payee)
        means = (self.word("same_price"), self.word("free_choice"))
        questions = [self.word(key) for key in ("ask_amount", "ask_others", "ask_ties", "ask_complaint")]
        blanks = [
            self.field(key, Value(Phrase.plain(_BLANK)))
            for key in ("patient_name", "date_and_time", "signature")
        ]
        return Page(
            language=self._language,
            title=self.word("title"),
            name=self._ruleset.name,
            version=self._ruleset.version,
            about=(self.word("about"), self.word("who_pays", payer=payer, payee=payee)),
            fields=Fields(
                (
                    self.field("payer", Value(payer)),
                    self.field("payee", Value(payee, code=self._code)),
                )
            ),
            notes=(),
            contents=self.word("contents"),
            sections=(
                Section("how-much", self.word("how_much"), tuple(self._amounts())),
                Section("means", self.word("means"), tuple(Paragraph(each) for each in means)),
                Section("ask", self.word("ask"), tuple(Paragraph(each) for each in questions)),
                Section(
                    "confirmation",
                    self.word("confirmation"),
                    (Paragraph(self.word("confirmed")), Fields(tuple(blanks))),
                ),
                Section("versions", self.word("versions"), (self._versions(),)),
            ),
        )

    def _amounts(self) -> Iterator[Block]:
        words = self._words
        behind: dict[str, Decision] = {}
        for reward in self._rewards:
            yield Heading(words.title(reward.title))
            fields = [
                self.field("amount", self._amount(reward.amount, reward.entity)),
                self.field("given_as", benefit_words(reward.benefit, words)),
                self.field("earned", words.condition(reward.accrues_when, reward.entity)),
            ]
            if reward.caps:
                fields.append(self.field("at_most", Value(items=tuple(self._limits(reward)))))
            yield Fields(tuple(fields))
            behind |= self._behind(reward.amount)
        sections = DecisionSections(self._ruleset, words)
        for decision in behind.values():
            yield Heading(words.title(decision.title))
            blocks = sections.section(decision).blocks
            # a patient needs the rows, not how a table is read
            tables = [block for block in blocks if isinstance(block, Grid)]
            yield tables[0] if tables else blocks[0]
        settings = list(self._settings(behind))
        if settings:
            yield Fields(tuple(settings))

    def _amount(self, term: Term, entity: str) -> Value:
        """Return an amount: that of the day where a setting states it, else how it is found."""
        if isinstance(term, Variable) and term.origin == "parameter":
            value = self._ruleset.amount_on(term, self._day)
            if value is not None:
                return Value(self._words.value(term.type, value))
        return self._words.result(term, entity)

    def _limits(self, reward: Reward) -> Iterator[Phrase]:
        words = self._words
        for cap in reward.caps:
            per = words.word(f"per_{cap.per}")
            window = words.word(f"window_{cap.window['unit'] if cap.window else 'all'}")
            amount = self._amount(cap.maximum, reward.entity).text
            yield amount + Phrase.plain(" (") + per + Phrase.plain(", ") + window + Phrase.plain(")")

    def _behind(self, amount: Term) -> dict[str, Decision]:
        """Return the tables and formulas that an amount is found by, in the order in which they are read."""
        found: dict[str, Decision] = {}
        waiting = [amount]
        while waiting:
            for variable in names_read([waiting.pop(0)]):
                if variable.origin != "decision" or variable.name in found:
                    continue
                decision = self._ruleset.decision(variable.name)
                if isinstance(decision, Table | Formula):
                    found[variable.name] = decision
                    waiting += terms_of(decision)
        return found

    def _settings(self, behind: dict[str, Decision]) -> Iterator[Field]:
        """Yield what the settings that the tables and formulas read are on the day."""
        read = names_read(term for decision in behind.values() for term in terms_of(decision))
        for variable in read:
            if variable.origin == "parameter":
                parameter = self._ruleset.parameters[variable.name.partition(".")[2]]
                value = parameter.on(self._day)
                # one that never changes is said where it stands
                if value is not None and self._words.constant(variable.name) is None:
                    said = self._words.value(parameter.type, value)
                    yield Field(self._words.title(parameter.title), Value(said))

    def _versions(self) -> Fields:
        ruleset = self._ruleset
        return Fields(
            (
                self.field(
                    "programme",
                    Value(self._words.text(ruleset.title), code=f"{ruleset.name} {ruleset.version}"),
                ),
                self.field("in_force_on", Value(Phrase.plain(self._day.isoformat()))),
                self.field("programme_digest", Value(Phrase.name(ruleset.digest))),
                self.field("notice", Value(Phrase.plain(NOTICE_VERSION))),
            )
        )

    def word(self, key: str, **parts: Phrase | str) -> Phrase:
        return _word(self._language, key, **parts)

    def field(self, key: str, value: Value) -> Field:
        return Field(self.word(key), value)


def thanks_page(language: str, *, payer: str) -> Page:
    """Return what a referrer is told: that an introduction came and was verified, never what became of it."""

    def listed(anchor: str, key: str, *texts: str) -> Section:
        paragraphs = tuple(Paragraph(_word(language, text)) for text in texts)
        return Section(anchor, _word(language, key), paragraphs)

    return Page(
        language=language,
        title=_word(language, "thanks_title"),
        name=payer,
        version=NOTICE_VERSION,
        about=(_word(language, "thanks_about", payer=payer),),
        fields=Fields((Field(_word(language, "notice"), Value(Phrase.plain(NOTICE_VERSION))),)),
        notes=(),
        contents=_word(language, "contents"),
        sections=(
            listed("may-know", "may_know", "may_know_received", "may_know_verified", "may_know_paid"),
            listed("never-told", "never_told", "never_treated", "never_ask"),
        ),
    )


def _word(language: str, key: str, **parts: Phrase | str) -> Phrase:
    return Phrase.filled(WORDS[key][language], language, parts)
