"""The made-up people that sandboxes are filled with."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal

from fairlead.facts.same_person import phone_key
from fairlead.plugins.fields import FieldKind
from fairlead.testing.seed import LEAD_INPUTS, PARTNER_INPUTS, SEEDED_UNTIL, STAGES, InputField, Seed

TYPES = {
    FieldKind.TEXT: str,
    FieldKind.ONE_OF: str,
    FieldKind.BOOLEAN: bool,
    FieldKind.INTEGER: int,
    FieldKind.DECIMAL: Decimal,
}


def test_the_same_seed_gives_the_same_people_and_another_seed_others() -> None:
    one, again, other = (list(Seed(50, 5, seed).leads()) for seed in (1, 1, 2))

    assert one == again
    assert [lead.created_at for lead in one] != [lead.created_at for lead in other]


def test_a_larger_sandbox_begins_with_the_partners_of_a_smaller_one() -> None:
    assert list(Seed(0, 20).partners())[:5] == list(Seed(0, 5).partners())


def test_people_are_numbered_from_one_and_point_to_people_who_are_there() -> None:
    seed = Seed(300, 12)
    leads, partners = list(seed.leads()), list(seed.partners())

    assert [lead.number for lead in leads] == list(range(1, 301))
    assert [partner.number for partner in partners] == list(range(1, 13))
    assert {lead.partner for lead in leads} == {None, *range(1, 13)}
    assert {treatment.lead for treatment in seed.treatments()} <= set(range(1, 301))
    assert {said.lead for said in seed.interactions()} == set(range(1, 301))
    assert [each.number for each in seed.treatments()] == list(range(1, 1 + len(list(seed.treatments()))))


def test_a_sandbox_without_partners_has_leads_of_nobody() -> None:
    assert {lead.partner for lead in Seed(40, 0).leads()} == {None}


def test_a_third_of_the_leads_share_one_stamp() -> None:
    stamps = Counter(lead.modified_at for lead in Seed(600, 5).leads())

    assert 150 < stamps.most_common(1)[0][1] < 250


def test_stamps_are_in_whole_seconds_and_end_with_the_seeded_time() -> None:
    for lead in Seed(200, 5).leads():
        for instant in (lead.created_at, lead.modified_at):
            assert instant.microsecond == 0
            assert instant.tzinfo is not None
            assert instant <= SEEDED_UNTIL


def test_inputs_have_the_kind_and_the_options_of_their_field() -> None:
    def check(fields: tuple[InputField, ...], inputs: dict[str, object]) -> None:
        known = {field.base: field for field in fields}
        for base, value in inputs.items():
            field = known[base]
            if value is not None and field.kind in TYPES:
                assert type(value) is TYPES[field.kind], base
            if field.values and value is not None:
                assert value in field.values, base

    seed = Seed(300, 30)
    for lead in seed.leads():
        check(LEAD_INPUTS, dict(lead.inputs))
        assert lead.stage in STAGES
    for partner in seed.partners():
        check(PARTNER_INPUTS, dict(partner.inputs))


def test_nobody_in_it_can_be_real() -> None:
    leads = list(Seed(300, 5).leads())

    assert all(lead.email is None or lead.email.endswith(".example.com") for lead in leads)
    assert all(lead.phone is None or re.fullmatch(r"\+1[0-9]{3}55501[0-9]{2}", lead.phone) for lead in leads)


def test_no_two_of_the_leads_can_be_told_to_be_one() -> None:
    phones = [lead.phone for lead in Seed(8000, 0).leads() if lead.phone is not None]
    emails = [lead.email for lead in Seed(8000, 0).leads() if lead.email is not None]

    assert 2500 < len(phones) == len(set(phones))
    assert 7000 < len(emails) == len(set(emails))
    # read as numbers of people, or nothing would be compared
    assert all(phone_key(phone) == phone for phone in phones)


def test_a_code_belongs_to_one_partner() -> None:
    codes = [partner.inputs["code"] for partner in Seed(0, 100).partners()]

    given = [code for code in codes if code is not None]
    assert len(given) == len(set(given)) == 89


def test_some_texts_are_those_that_break_exports() -> None:
    names = {lead.last_name for lead in Seed(300, 5).leads()}

    assert {"O'Neill", '"quoted", Jr.', "الزهراء", "Çağlar"} <= names
