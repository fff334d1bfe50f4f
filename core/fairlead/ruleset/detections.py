"""What may be found wrong with who introduced a patient, in words.

No native speaker has reviewed the German, Turkish and Arabic words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fairlead.ruleset.typed import Texts

__all__ = ["DETECTIONS", "NO_DAY", "NO_TOUCH", "TIE", "Words"]


@dataclass(frozen=True, slots=True)
class Words:
    """What was found, and what to do about it."""

    text: Texts
    remedy: Texts


def _words(text: tuple[str, str, str, str], remedy: tuple[str, str, str, str]) -> Words:
    languages = ("en", "de", "tr", "ar")
    return Words(
        dict(zip(languages, text, strict=True)),
        dict(zip(languages, remedy, strict=True)),
    )


#: by the name that `holds` of an attribution lists
DETECTIONS: Mapping[str, Words] = {
    "self_referral": _words(
        (
            "The patient introduced themselves",
            "Der Patient hat sich selbst vermittelt",
            "Hasta kendi kendini yönlendirdi",
            "أحال المريض نفسه بنفسه",
        ),
        (
            "nobody is paid for introducing themselves; correct the record if it is wrong",
            "für die eigene Vermittlung wird nichts gezahlt; den Eintrag berichtigen, falls er falsch ist",
            "kendini yönlendirene ödeme yapılmaz; kayıt yanlışsa düzeltin",
            "لا يُدفع لأحد عن إحالة نفسه؛ صحّح السجل إن كان خاطئًا",
        ),
    ),
    "existing_patient": _words(
        (
            "The facility knew the patient before the introduction",
            "Die Einrichtung kannte den Patienten schon vor der Vermittlung",
            "Kurum hastayı yönlendirmeden önce tanıyordu",
            "كانت المنشأة تعرف المريض قبل الإحالة",
        ),
        (
            "decide whether the partner introduced anybody new, and record who decided and why",
            "entscheiden, ob der Partner jemand Neues vermittelt hat; festhalten, wer warum entschied",
            "iş ortağının yeni birini yönlendirdiğine ya da yönlendirmediğine karar verin; nedenini yazın",
            "قرّر هل أحال الشريك شخصًا جديدًا، وسجّل من قرر ولماذا",
        ),
    ),
    "duplicate_patient": _words(
        (
            "The patient may have been introduced already",
            "Der Patient ist vielleicht schon vermittelt worden",
            "Hasta daha önce yönlendirilmiş olabilir",
            "ربما سبقت إحالة المريض",
        ),
        (
            "compare the introductions named here; merge them in the CRM, or record that they are two people",
            "die genannten Vermittlungen vergleichen; im CRM zusammenführen, oder zwei Personen festhalten",
            "anılan yönlendirmeleri karşılaştırın; CRM'de birleştirin ya da iki kişi olduğunu yazın",
            "قارن الإحالات المذكورة هنا؛ ادمجها في نظام العملاء أو سجّل أنها لشخصين",
        ),
    ),
    "staff_referral": _words(
        (
            "The partner is on the facility's staff",
            "Der Partner gehört zum Personal der Einrichtung",
            "İş ortağı kurumun personelidir",
            "الشريك من موظفي المنشأة",
        ),
        (
            "staff are not paid for introductions; correct the partner's record if it is wrong",
            "Personal wird für Vermittlungen nicht bezahlt; den Eintrag berichtigen, falls er falsch ist",
            "personele yönlendirme için ödeme yapılmaz; iş ortağının kaydı yanlışsa düzeltin",
            "لا يُدفع للموظفين عن الإحالات؛ صحّح سجل الشريك إن كان خاطئًا",
        ),
    ),
    "late_code": _words(
        (
            "The partner's code was entered late, after the patient had asked on their own",
            "Der Code des Partners wurde spät eingetragen, nachdem der Patient schon angefragt hatte",
            "İş ortağının kodu, hasta başvurduktan sonra geç girildi",
            "أُدخل رمز الشريك متأخرًا بعد أن استفسر المريض بنفسه",
        ),
        (
            "ask for proof that the partner introduced the patient before the enquiry",
            "einen Beleg verlangen, dass der Partner den Patienten vor der Anfrage vermittelt hat",
            "iş ortağının hastayı başvurudan önce yönlendirdiğine dair kanıt isteyin",
            "اطلب إثباتًا بأن الشريك أحال المريض قبل الاستفسار",
        ),
    ),
    "reciprocal": _words(
        (
            "The agreement depends on patients being sent back",
            "Die Vereinbarung hängt davon ab, dass Patienten zurückvermittelt werden",
            "Sözleşme, karşılıklı hasta gönderilmesine bağlıdır",
            "تعتمد الاتفاقية على إحالة مرضى بالمقابل",
        ),
        (
            "take that term out of the agreement; until then nothing is due under it",
            "diese Klausel aus der Vereinbarung nehmen; bis dahin ist daraus nichts fällig",
            "bu hükmü sözleşmeden çıkarın; o zamana kadar sözleşmeye göre borç doğmaz",
            "احذف هذا الشرط من الاتفاقية؛ وحتى ذلك لا يُستحق شيء بموجبها",
        ),
    ),
    "outside_window": _words(
        (
            "Every touch of a partner lies outside the declared days",
            "Alle Kontakte eines Partners liegen außerhalb der festgelegten Tage",
            "İş ortaklarının tüm temasları belirlenen günlerin dışındadır",
            "تقع كل اتصالات الشركاء خارج الأيام المحددة",
        ),
        (
            "check the dates; otherwise nobody is paid for this introduction",
            "die Daten prüfen; sonst wird für diese Vermittlung niemand bezahlt",
            "tarihleri kontrol edin; aksi hâlde bu yönlendirme için kimseye ödeme yapılmaz",
            "تحقق من التواريخ؛ وإلا فلا يُدفع لأحد عن هذه الإحالة",
        ),
    ),
    "unknown_code": _words(
        (
            "A code belongs to no partner",
            "Ein Code gehört zu keinem Partner",
            "Bir kod hiçbir iş ortağına ait değil",
            "رمز لا يخص أي شريك",
        ),
        (
            "correct the code on the enquiry, or give it to its partner",
            "den Code an der Anfrage berichtigen oder dem Partner zuordnen",
            "başvurudaki kodu düzeltin ya da kodu iş ortağına verin",
            "صحّح الرمز في الاستفسار أو خصّصه لشريكه",
        ),
    ),
    "another_partner": _words(
        (
            "The CRM names another partner than the code does",
            "Das CRM nennt einen anderen Partner als der Code",
            "CRM, kodun gösterdiğinden başka bir iş ortağını gösteriyor",
            "يذكر نظام العملاء شريكًا غير صاحب الرمز",
        ),
        (
            "find out which partner introduced the patient, and correct the CRM or the code",
            "klären, welcher Partner vermittelt hat, und CRM oder Code berichtigen",
            "hastayı hangi iş ortağının yönlendirdiğini bulun; CRM'yi ya da kodu düzeltin",
            "تبيّن أي شريك أحال المريض، وصحّح نظام العملاء أو الرمز",
        ),
    ),
}

#: two partners at one instant, where the programme lets that hold
TIE = _words(
    (
        "Several partners touched at the same instant",
        "Mehrere Partner hatten im selben Augenblick Kontakt",
        "Birden çok iş ortağı aynı anda temas etti",
        "تواصل أكثر من شريك في اللحظة نفسها",
    ),
    (
        "choose the partner, and record who chose and why",
        "den Partner auswählen und festhalten, wer das warum tat",
        "iş ortağını seçin; seçeni ve nedenini yazın",
        "اختر الشريك وسجّل من اختار ولماذا",
    ),
)

#: nothing counts as a touch of a partner
NO_TOUCH = _words(
    (
        "Nothing shows which partner introduced the patient",
        "Nichts zeigt, welcher Partner den Patienten vermittelt hat",
        "Hastayı hangi iş ortağının yönlendirdiğini gösteren bir şey yok",
        "لا شيء يبيّن أي شريك أحال المريض",
    ),
    (
        "enter the partner's code on the enquiry, or link the partner in the CRM",
        "den Code des Partners an der Anfrage eintragen oder den Partner im CRM verknüpfen",
        "iş ortağının kodunu başvuruya girin ya da CRM'de iş ortağını bağlayın",
        "أدخل رمز الشريك في الاستفسار أو اربط الشريك في نظام العملاء",
    ),
)

#: nothing can be within the days before a day that is not known
NO_DAY = _words(
    (
        "The day of the introduction is not known",
        "Der Tag der Vermittlung ist nicht bekannt",
        "Yönlendirme günü bilinmiyor",
        "يوم الإحالة غير معروف",
    ),
    (
        "enter the day of the introduction",
        "den Tag der Vermittlung eintragen",
        "yönlendirme gününü girin",
        "أدخل يوم الإحالة",
    ),
)
