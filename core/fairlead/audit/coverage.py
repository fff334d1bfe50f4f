"""Whether some case that is paid falls under no policy pack at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from fairlead.audit.bench import Bench, Claim, Settled
from fairlead.audit.cases import Outcome, SymbolicCase
from fairlead.audit.encoding.conditions import FALSE, all_of, negate
from fairlead.audit.encoding.values import is_true
from fairlead.audit.findings import Difference
from fairlead.audit.properties.flow import currency_of, paid
from fairlead.audit.words import case_words, reward_words, sentence_case
from fairlead.logic.terms import Variable, walk
from fairlead.ruleset.policy_pack import PackObligation, PolicyPack
from fairlead.ruleset.typed import Reward

__all__ = ["OBLIGATION", "no_escape", "pack_of_all"]

OBLIGATION = PackObligation(
    id="no-case-escapes",
    title={
        "en": "No paid case escapes every policy pack",
        "de": "Kein bezahlter Fall entgeht allen Regelwerken",
        "tr": "Ödenen hiçbir vaka bütün kural paketlerinin dışında kalmaz",
        "ar": "لا تفلت حالة مدفوعة من كل حزم القواعد",
    },
    text={
        "en": "Every case that can be paid falls under at least one of the packs of this audit. A case whose "
        "connecting facts are not known is held by the guards, and does not count as escaping."
    },
    citation="Fairlead, choosing packs case by case",
    source="the design of the audit",
    binds="both",
    force="allow_if",
    effective_from=None,
    effective_to=None,
    governing="payment",
    entity="introduction",
    applies_when=None,
    confidence="high",
    reviewed_by=None,
    checks=(),
    advice={"en": "Add the pack of the place where such a case happens, or do not pay it."},
    property=None,
    guard=None,
    evidence=(),
    parameters=(),
    pointer="",
)


def no_escape(bench: Bench, packs: Sequence[PolicyPack]) -> Iterator[tuple[str, Settled]]:
    """Settle for each reward about the entity of the packs that no case which it pays escapes them all."""
    statement = "Whether every case that is paid falls under at least one policy pack."
    for subject in bench.rewards():
        about = [pack for pack in packs if pack.entity == subject.entity]
        reading = bench.taints.reading(subject.name)
        names = {
            each.name
            for pack in about
            if pack.applies_when is not None
            for each in walk(pack.applies_when)
            if isinstance(each, Variable) and each.origin == "fact"
        }

        def build(
            case: SymbolicCase,
            subject: Reward = subject,
            about: Sequence[PolicyPack] = about,
            names: set[str] = names,
        ) -> Claim:
            outside = []
            for pack in about:
                case.read_as(pack)
                if pack.applies_when is None:
                    outside.append(FALSE)
                else:
                    applies = case.of_pack(pack.applies_when)
                    outside.append(all_of((applies.known, negate(applies.term))))
            reward = case.decider.reward(subject.name)

            def sentence(outcomes: Sequence[Outcome], _: Sequence[Difference]) -> str:
                given = sentence_case(reward_words(outcomes[0].reward(subject.name)))
                facts = [(name, outcomes[0].value(name)) for name in sorted(names)]
                return f"{given} with {case_words(bench.ruleset.model, facts)}: under no pack of this audit."

            return Claim(
                all_of((*outside, is_true(reward.payable), reward.pay > 0)),
                lambda outcomes: paid(subject, outcomes[0]) > 0,
                sentence,
                pays=reward.pay > 0,
                currency=currency_of(subject),
            )

        yield subject.name, bench.ask_single(statement, subject.entity, reading, build)


def pack_of_all(packs: Sequence[PolicyPack]) -> PolicyPack:
    """Return the pack that the question of coverage is quoted under."""
    title = {"en": "All packs together", "de": "Alle Pakete", "tr": "Bütün paketler", "ar": "كل الحزم معًا"}
    return replace(
        packs[0], name="fairlead/coverage", title=title, obligations=(OBLIGATION,), applies_when=None
    )
