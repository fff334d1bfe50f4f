"""From a typed ruleset to the page that shows it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date

from fairlead.facts.model import Aggregate, Fact
from fairlead.problems import Problem, UsageError, nearest_name
from fairlead.ruleset.typed import Check, Decision, Parameter, Ruleset
from fairlead.show.content import Fields, Grid, Page, Phrase, Section, Value
from fairlead.show.operators import operators_section
from fairlead.show.paying import paying_sections
from fairlead.show.sections import DecisionSections, terms_of
from fairlead.show.wording import Wording, names_read

__all__ = ["page_of"]


def page_of(
    ruleset: Ruleset, language: str = "en", decisions: Sequence[str] | None = None, *, prefix: str = ""
) -> Page:
    """Return what is shown of a ruleset.

    `language` is a tag: texts without it are in English, and so are the fixed words where they are not in
    that language. `decisions` keeps those of these names and what they read. `prefix` begins all anchors.
    Raises UsageError for a decision that does not exist.
    """
    shown = _selected(ruleset, decisions)
    words = Wording(ruleset, language, prefix)
    sections = DecisionSections(ruleset, words)
    # a name can stand for different facts in decisions about different entities
    names = {
        (decision.entity, variable.name): variable.origin
        for decision in shown
        for variable in names_read(terms_of(decision))
    }
    listed = [sections.section(decision) for decision in shown]
    if decisions is None:
        listed += paying_sections(ruleset, words)
    settings = [name.partition(".")[2] for (_, name), origin in names.items() if origin == "parameter"]
    if decisions is None:
        settings = list(ruleset.parameters)
    if settings:
        parameters = [ruleset.parameters[name] for name in ruleset.parameters if name in set(settings)]
        listed.append(_settings(ruleset, parameters, words))
    operators = operators_section((term for decision in shown for term in terms_of(decision)), words)
    if operators is not None:
        listed.append(operators)
    facts = {
        fact.name: fact
        for (entity, name), origin in names.items()
        if origin == "fact" and (fact := ruleset.model.find(entity, name)) is not None
    }
    if facts:
        listed.append(_facts(list(facts.values()), words))
    return Page(
        language=words.language,
        title=words.title(ruleset.title),
        name=ruleset.name,
        version=ruleset.version,
        about=tuple(_about(ruleset, words)),
        fields=_head(ruleset, words),
        notes=tuple(_notes(shown, words)),
        contents=words.word("contents"),
        sections=tuple(listed),
    )


def _selected(ruleset: Ruleset, names: Collection[str] | None) -> list[Decision]:
    """Return the decisions of these names and those they read, in document order."""
    order = ruleset.document_order
    if names is None:
        return [ruleset.decision(name) for name in order]
    problems = [
        Problem(
            "unknown-decision",
            f"`{name}` is not a decision of `{ruleset.name}`",
            found=name,
            allowed=tuple(order),
            nearest=nearest_name(name, order),
        )
        for name in names
        if name not in order
    ]
    if problems:
        raise UsageError(problems)
    wanted: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in wanted:
            wanted.add(name)
            read = names_read(terms_of(ruleset.decision(name)))
            waiting += [variable.name for variable in read if variable.origin == "decision"]
    return [ruleset.decision(name) for name in order if name in wanted]


def _about(ruleset: Ruleset, words: Wording) -> Iterable[Phrase]:
    """Yield the paragraphs of what the ruleset says about itself, after a line where they are in English."""
    paragraphs = list(words.paragraphs(ruleset.about))
    languages = {span.language for paragraph in paragraphs for span in paragraph.spans}
    if words.language != "en" and "en" in languages:
        yield words.word("about_in_english")
    yield from paragraphs


def _notes(decisions: Sequence[Decision], words: Wording) -> Iterable[Phrase]:
    if words.language != "en":
        yield words.word("languages_note")
    if any(isinstance(decision, Check) for decision in decisions):
        yield words.word("check_meaning")


def _head(ruleset: Ruleset, words: Wording) -> Fields:
    model = ruleset.model
    fields = [
        words.field("name", Phrase.name(ruleset.name)),
        words.field("version", Phrase.plain(ruleset.version)),
        words.field("in_force", _period(ruleset.effective_from, ruleset.effective_to, words)),
        words.field("model", Value(words.text(model.title), code=f"{model.name} {model.version}")),
        words.field("digest", Phrase.name(ruleset.digest)),
    ]
    lineage = ruleset.document.get("lineage") or ()
    if len(lineage) > 1:
        made = tuple(Phrase.name(f"{entry['name']} {entry['version']}") for entry in lineage)
        fields.insert(3, words.field("made_from", Value(items=made)))
    return Fields(tuple(fields))


def _period(first: date | None, end: date | None, words: Wording) -> Phrase:
    """Return from which day on something holds, and from which it no longer does."""
    if first is not None and end is not None:
        return words.word("from_before_day", first=first.isoformat(), end=end.isoformat())
    if first is not None:
        return words.word("from_day", first=first.isoformat())
    return words.word("before_day", end=end.isoformat()) if end is not None else words.word("always")


def _settings(ruleset: Ruleset, parameters: Sequence[Parameter], words: Wording) -> Section:
    rows = []
    for parameter in parameters:
        for place, (first, value) in enumerate(parameter.values):
            later = parameter.values[place + 1 :]
            end = later[0][0] if later else None
            rows.append(
                (
                    Value(words.text(parameter.title), code=parameter.name),
                    Value(words.value(parameter.type, value)),
                    Value(_period(first, end, words)),
                )
            )
    title = words.word("settings")
    heads = tuple(map(words.word, ("setting", "setting_value", "valid")))
    return Section(words.prefix + "settings", title, (Grid(title, heads, tuple(rows)),))


def _facts(facts: Sequence[Fact | Aggregate], words: Wording) -> Section:
    rows = [
        (
            Value(words.text(fact.title), code=fact.name),
            Value(words.type_words(fact.type)),
            Value(words.text(fact.description)),
        )
        for fact in facts
    ]
    title = words.word("terms")
    heads = tuple(map(words.word, ("fact", "kind_of_value", "meaning")))
    return Section(words.prefix + "facts", title, (Grid(title, heads, tuple(rows)),))
