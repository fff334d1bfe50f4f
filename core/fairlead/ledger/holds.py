"""What stands against paying an entry: the programme's conditions, the packs' guards, the ledger itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from fairlead.documents.texts import pick
from fairlead.engine.guards import GuardResult, Guards
from fairlead.engine.program import Checked
from fairlead.ledger.attributing import Found
from fairlead.ledger.programmes import Earned, Version
from fairlead.ledger.reasons import HoldReason
from fairlead.ledger.subjects import SubjectRecord
from fairlead.store.ledger_records import Entry

__all__ = ["Holds"]


def _words(*texts: str) -> dict[str, str]:
    return dict(zip(("en", "de", "tr", "ar"), texts, strict=True))


#: no native speaker has reviewed the German, Turkish and Arabic words
_TEXTS = {
    "programme-changed": _words(
        "The programme that it was accrued by is not the one in force for its day any more",
        "Das Programm, nach dem es entstand, ist nicht mehr das für seinen Tag geltende",
        "Tahakkuk ettiği program, o gün için artık yürürlükte olan program değil",
        "البرنامج الذي استُحق بموجبه لم يعد هو الساري ليومه",
    ),
    "record-gone": _words(
        "The record that it was accrued for is not there any more",
        "Der Datensatz, für den es entstand, ist nicht mehr da",
        "Tahakkuk ettiği kayıt artık yok",
        "السجل الذي استُحق عنه لم يعد موجودًا",
    ),
    "payee-gone": _words(
        "Whom it would be paid to is not in the CRM any more",
        "Wem es gezahlt würde, steht nicht mehr im CRM",
        "Ödemenin yapılacağı kişi artık CRM'de yok",
        "من كان سيُدفع له لم يعد في نظام إدارة العملاء",
    ),
    "amount-changed": _words(
        "By what is known now the amount is another one",
        "Nach dem jetzigen Stand ist der Betrag ein anderer",
        "Şu an bilinenlere göre tutar farklı",
        "بحسب المعلوم الآن فالمبلغ مختلف",
    ),
    "no-longer-earned": _words(
        "By what is known now nothing is earned",
        "Nach dem jetzigen Stand ist nichts verdient",
        "Şu an bilinenlere göre hak edilen bir şey yok",
        "بحسب المعلوم الآن لا شيء مستحق",
    ),
    "not-known-any-more": _words(
        "What the amount rests on is not known any more",
        "Worauf der Betrag beruht, ist nicht mehr bekannt",
        "Tutarın dayandığı bilgi artık bilinmiyor",
        "ما يستند إليه المبلغ لم يعد معلومًا",
    ),
    "limit-unknown": _words(
        "How much may be paid is not known: a limit cannot be computed",
        "Wie viel gezahlt werden darf, ist nicht bekannt: eine Grenze ist nicht berechenbar",
        "Ne kadar ödenebileceği bilinmiyor: bir sınır hesaplanamıyor",
        "مقدار ما يجوز دفعه غير معلوم: تعذر حساب أحد الحدود",
    ),
    "not_payable": _words(
        "The programme's condition for paying is not met",
        "Die Bedingung des Programms für eine Zahlung ist nicht erfüllt",
        "Programın ödeme koşulu sağlanmadı",
        "لم يتحقق شرط البرنامج للدفع",
    ),
    "record-refused": _words(
        "The record cannot be read: a value in it is not one that the fact may have",
        "Der Datensatz ist nicht lesbar: ein Wert darin ist keiner, den das Merkmal haben darf",
        "Kayıt okunamıyor: içindeki bir değer o bilgi için geçerli değil",
        "تعذرت قراءة السجل: فيه قيمة لا تصح لهذه المعلومة",
    ),
}


class Holds:
    """Finds what stands against paying entries, as of one instant."""

    def __init__(self, guards: Guards | None, now: datetime) -> None:
        self._guards = guards
        self._now = now

    def reasons(
        self,
        entry: Entry,
        version: Version | None,
        record: SubjectRecord | None,
        then: Earned | None,
        checked: Checked,
        found: Found,
        now: Earned | None,
    ) -> list[HoldReason]:
        """Return the reasons, the ledger's own first; empty where the entry may be released.

        `then` is what the reward gives as of the day of the introduction by what is known now, `now` what it
        gives as of this instant.
        """
        if record is None:
            return [_own("record-gone")]
        if version is None or version.digest != entry.content["ruleset"]:
            return [_own("programme-changed")]
        if then is None or now is None:
            return [_own("record-refused")]
        if not record.linked(now.reward.payee):
            # whatever is asked about a payee who is not there is not known: that would tell nobody anything
            return [_own("payee-gone")]
        reasons = list(self._amount(entry, then))
        reasons += found.reasons
        if now.result is None or now.result.payable is not True:
            reasons += _conditions(version, now, checked, self._now)
        reasons += self._guarded(checked, record.entity)
        return reasons

    def _amount(self, entry: Entry, then: Earned) -> Iterator[HoldReason]:
        if entry.content.get("limit_unknown"):
            yield _own("limit-unknown")
        if then.result is None or (then.result.accrues and then.units is None):
            missing = tuple(cause.subject for cause in then.causes if cause.kind == "absent")
            yield _own("not-known-any-more", missing)
        elif not then.result.accrues:
            yield _own("no-longer-earned")
        elif entry.kind == "accrual" and then.units != entry.asked:
            yield _own("amount-changed")

    def _guarded(self, checked: Checked, entity: str) -> Iterator[HoldReason]:
        if self._guards is None:
            return
        for result in self._guards.check_checked(checked, self._now, entity):
            if not result.passed:
                yield _of_guard(result)


def _own(code: str, missing: tuple[str, ...] = ()) -> HoldReason:
    return HoldReason(code, _TEXTS[code], "ledger", missing)


def _of_guard(result: GuardResult) -> HoldReason:
    return HoldReason(
        code=result.obligation,
        text=result.text,
        source=result.pack,
        missing=result.missing,
        citation=result.citation,
    )


def _conditions(
    version: Version, now: Earned, checked: Checked, as_of: datetime | date
) -> Sequence[HoldReason]:
    """Return the checks behind `payable_when` that are not passed; failed ones first."""
    result = version.program.evaluate_checked(checked, as_of)
    failed: list[HoldReason] = []
    unknown: list[HoldReason] = []
    for check in version.checks_behind(now.reward):
        value: Any = result.decisions[check.name]
        if value is True:
            continue
        missing = tuple(
            cause.subject for cause in result.undetermined.get(check.name, ()) if cause.kind == "absent"
        )
        reason = HoldReason(
            code=check.reason.code,
            text=check.reason.text if value is False else _not_known(check.title),
            source="programme",
            missing=missing,
            citation=check.citation or "",
        )
        (failed if value is False else unknown).append(reason)
    if not failed and not unknown:
        missing = tuple(
            cause.subject for cause in result.undetermined.get(now.reward.name, ()) if cause.kind == "absent"
        )
        return [HoldReason("not_payable", _TEXTS["not_payable"], "programme", missing)]
    return [*failed, *unknown]


def _not_known(title: Any) -> dict[str, str]:
    words = {
        "en": "It is not on record that {}",
        "de": "Nicht belegt: {}",
        "tr": "Kayıtlı değil: {}",
        "ar": "غير مسجل: {}",
    }
    return {
        language: form.format(pick(title, language))
        for language, form in words.items()
        if language == "en" or (not isinstance(title, str) and language in title)
    }
