"""Who is suspected to be entered twice, and who is not."""

from __future__ import annotations

import pytest

from fairlead.files.duplicates import Person, Suspected, suspected_duplicates


def pairs(*people: Person) -> list[Suspected]:
    return list(suspected_duplicates(people))


@pytest.mark.parametrize(
    ("first", "second", "shared"),
    [
        (Person("1", email="anna@example.org"), Person("2", email=" ANNA@Example.ORG "), "email"),
        (Person("1", phone="+44 20 7946 0123"), Person("2", phone="0044 20-7946.0123"), "phone"),
        (Person("1", phone="+49 30 23125 017"), Person("2", phone="+49 (0)30 / 23125017"), "phone"),
        (Person("1", phone="+1 (202) 555-0101"), Person("2", phone="+12025550101"), "phone"),
        # dialled from abroad and at home, in the digits of either
        (
            Person("1", phone="+90 555 123 45 67"),
            Person("2", phone="٠٥٥٥ ١٢٣ ٤٥ ٦٧", country="TR"),
            "phone",
        ),
        (Person("1", phone="011 44 20 7946 0123", country="us"), Person("2", phone="+442079460123"), "phone"),
        # the zero is a part of numbers in Italy
        (Person("1", phone="06 1234 5678", country="IT"), Person("2", phone="+39 06 12345678"), "phone"),
        (
            Person("1", "Jürgen Groß", born="1984-03-02"),
            Person("2", "GROSS, Jürgen", born="02.03.1984"),
            "name_and_birth_year",
        ),
        (
            Person("1", "مريم الحربي", born="1990"),
            Person("2", "مريم  الحربي", born="1990-07-01"),
            "name_and_birth_year",
        ),
        # the same letters, composed and decomposed
        (
            Person("1", "Bj\u00f6rn Koch", born="1975"),
            Person("2", "Bjo\u0308rn Koch", born="1975"),
            "name_and_birth_year",
        ),
    ],
)
def test_one_thing_that_is_clearly_the_same_is_enough(first: Person, second: Person, shared: str) -> None:
    assert pairs(first, second) == [Suspected("1", "2", (shared,))]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        # nothing is known of either
        (Person("1"), Person("2")),
        (Person("1", "", "", "", ""), Person("2", "", "", "", "")),
        # some hosts tell these apart
        (Person("1", email="an.na@example.org"), Person("2", email="anna@example.org")),
        (Person("1", email="anna+a@example.org"), Person("2", email="anna@example.org")),
        # no addresses
        (Person("1", email="none"), Person("2", email="none")),
        (Person("1", email="@"), Person("2", email="@")),
        # the country of one is not known
        (Person("1", phone="+44 20 7946 0012"), Person("2", phone="020 7946 0012")),
        (Person("1", phone="020 7946 0012"), Person("2", phone="020 7946 0012")),
        (Person("1", phone="020 7946 0012", country="GB"), Person("2", phone="020 7946 0012")),
        # the same digits in two countries, and in a place that is no country
        (
            Person("1", phone="0212 555 12 34", country="TR"),
            Person("2", phone="0212 555 12 34", country="DE"),
        ),
        (Person("1", phone="020 7946 0012", country="UK"), Person("2", phone="020 7946 0012", country="UK")),
        # typed in for want of a number
        (Person("1", phone="+1 000 000 0000"), Person("2", phone="+1 000 000 0000")),
        (Person("1", phone="+49 111111"), Person("2", phone="+49 111111")),
        # no telephone numbers
        (Person("1", phone="+44"), Person("2", phone="+44")),
        (Person("1", phone="+44 20 7946 0123 ext. 4"), Person("2", phone="+44 20 7946 0123 ext. 4")),
        # many people have the same name
        (Person("1", "Anna Koch"), Person("2", "Anna Koch")),
        (Person("1", "Anna Koch", born="1984"), Person("2", "Anna Koch", born="1985")),
        (Person("1", "Anna Koch", born="1984"), Person("2", "Anna Koch")),
        (Person("1", "Anna", born="1984"), Person("2", "Anna", born="1984")),
        (Person("1", "Anna Koch", born="1984"), Person("2", "Anne Koch", born="1984")),
        # a year of two digits, and two years
        (Person("1", "Anna Koch", born="02.03.84"), Person("2", "Anna Koch", born="02.03.84")),
        (Person("1", "Anna Koch", born="1984 or 1985"), Person("2", "Anna Koch", born="1984 or 1985")),
    ],
)
def test_what_may_be_chance_is_not_enough(first: Person, second: Person) -> None:
    assert pairs(first, second) == []


def test_all_that_two_share_is_told_at_once() -> None:
    first = Person("1", "Anna Koch", "anna@example.org", "+44 20 7946 0123", "1984-03-02")
    second = Person("2", "anna koch", "ANNA@example.org", "0044 20 7946 0123", "1984")

    assert pairs(first, second) == [Suspected("1", "2", ("email", "phone", "name_and_birth_year"))]


def test_of_three_that_share_one_thing_the_later_two_stand_beside_the_first() -> None:
    people = [Person(name, email="family@example.org") for name in ("1", "2", "3")]

    assert pairs(*people) == [Suspected("1", "2", ("email",)), Suspected("1", "3", ("email",))]


def test_one_may_share_different_things_with_two_others() -> None:
    found = pairs(
        Person("1", email="a@example.org"),
        Person("2", phone="+44 20 7946 0123"),
        Person("3", email="a@example.org", phone="+44 20 7946 0123"),
    )

    assert found == [Suspected("1", "3", ("email",)), Suspected("2", "3", ("phone",))]


def test_a_record_is_no_duplicate_of_itself() -> None:
    person = Person("1", email="a@example.org")

    assert pairs(person, person) == []


def test_people_are_read_one_by_one() -> None:
    def endless() -> object:
        number = 0
        while True:
            yield Person(str(number), email="a@example.org")
            number += 1

    found = suspected_duplicates(endless())  # type: ignore[arg-type]

    assert next(found) == Suspected("0", "1", ("email",))
