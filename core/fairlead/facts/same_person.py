"""What tells that two records are of one person: an address, a telephone number, a name with a birth year.

The keys are conservative: what may be chance gives none. They are the same where two texts clearly mean the
same thing:

- the e-mail address, without regard to case; dots and tags in it count, since some hosts tell them apart;
- the telephone number, where the numbering plan of its country has it; one that is written without its
  country (`020 7946 0012`) is read only where the person's country is known;
- the whole name (two words or more, in any order, without regard to case) together with the year of birth.
"""

from __future__ import annotations

import re
import unicodedata

import phonenumbers

__all__ = ["SHARED", "email_key", "name_key", "phone_key"]

#: what two people can share, the strongest sign first
SHARED = ("email", "phone", "name_and_birth_year")

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
_YEAR = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])")


def email_key(text: str | None) -> str | None:
    """Return what is the same for equal e-mail addresses; None for what is no address."""
    address = _plain(text)
    return address if _ADDRESS.fullmatch(address) else None


def phone_key(text: str | None, country: str | None = None) -> str | None:
    """Return a telephone number with its country, in the form of E.164; None for what is no such number.

    `country` is a two-letter code of the country where a number without its own is dialled; other texts
    are passed over. A number with an extension is that of a house and not of a person: it has no key.
    """
    plain = _plain(text)
    region = (country or "").upper()
    found = _phone(plain, region) if region in phonenumbers.SUPPORTED_REGIONS else None
    if found is None:
        # `00` is dialled ahead of the country's number in most countries, and of no national number
        found = _phone(re.sub(r"^00", "+", plain), None)
    return found


def _phone(text: str, region: str | None) -> str | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if number.extension or not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def name_key(name: str | None, born: str | None) -> str | None:
    """Return what is the same for equal names with one year of birth; None where either is not known.

    `born` is a date in any writing with a year of four digits.
    """
    words = sorted(_plain(name).replace(",", " ").split())
    years = set(_YEAR.findall(_plain(born)))
    if len(words) < 2 or len(years) != 1:
        return None
    return " ".join([*words, *years])


def _plain(text: str | None) -> str:
    return unicodedata.normalize("NFKC", text or "").strip().casefold()
