"""The benchmark compares like with like: the hand-written function gives what the engine gives."""

import datetime as dt

from benchmarks.handwritten import score_lead
from benchmarks.leads import synthetic_leads


def test_hand_written_function_and_engine_give_the_same_decisions_reasons_and_unknown_rows() -> None:
    import fairlead

    program = fairlead.load("medical-travel/lead-scoring", select=["lead.score", "lead.band"])
    run = program.runner(as_of=dt.date(2026, 11, 21))
    for lead in synthetic_leads(300):
        assert run(program.check(lead)) == score_lead(lead), lead


def test_leads_are_the_same_in_every_run() -> None:
    assert list(synthetic_leads(50)) == list(synthetic_leads(50))


def test_leads_hold_every_channel_and_lack_every_fact_now_and_then() -> None:
    leads = [record["lead"] for record in synthetic_leads(300)]
    facts = ["submitted_medical_records", "asked_for_specific_dates", "channel", "budget"]
    assert {lead.get("channel") for lead in leads} == {"whatsapp", "phone", "email", "chat", "web_form", None}
    for fact in facts:
        assert 0 < sum(fact not in lead for lead in leads) < len(leads) / 2
