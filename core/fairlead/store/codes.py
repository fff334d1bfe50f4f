"""Tracking codes: each belongs to one partner, and a partner's code never changes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, Integer, cast, func, insert, select

from fairlead.store.identity import Identity
from fairlead.store.records import Ref
from fairlead.store.schema import codes
from fairlead.store.statements import any_of
from fairlead.store.stored_values import micros

__all__ = ["Codes", "code_key"]

#: the first number that is given: the codes of the domain begin at TA-101
_FIRST_NUMBER = 101


class Codes:
    """The tracking codes within one transaction. Codes are compared without regard to case."""

    def __init__(self, connection: Connection, identity: Identity) -> None:
        self._connection = connection
        self._identity = identity

    def owner(self, code: str) -> Ref | None:
        """Return the partner that a code belongs to, under the id that it lives on as; None for none."""
        row = self._connection.execute(select(codes).where(codes.c.code == code_key(code))).first()
        return None if row is None else self._identity.resolve(Ref(row.object, row.crm_id))

    def owners(self, stated: Iterable[str]) -> dict[str, Ref]:
        """Return the partners that codes belong to, by the code as it was asked; others have no key."""
        asked = {code: code_key(code) for code in stated}
        condition = any_of(self._connection, codes.c.code, set(asked.values()))
        found = {
            row.code: Ref(row.object, row.crm_id)
            for row in self._connection.execute(select(codes).where(condition)).all()
        }
        lives_on = self._identity.resolve_all(found.values())
        return {code: lives_on.get(found[key], found[key]) for code, key in asked.items() if key in found}

    def register(self, code: str, partner: Ref, *, at: datetime) -> Ref:
        """Keep that the CRM states a code for a partner; return whose it is: the first one's it was."""
        owner = self.owner(code)
        if owner is not None:
            return owner
        self._insert(code, partner, at)
        return partner

    def assign(self, partner: Ref, prefix: str, *, at: datetime) -> tuple[str, bool]:
        """Return the code of a partner, a new one where it has none, and whether it is new.

        A new code is the prefix with the next number that nobody has; it is kept before it is written
        anywhere, so that a partner never gets two.
        """
        found = self._connection.scalar(
            select(codes.c.shown)
            .where(codes.c.object == partner.object, codes.c.crm_id == partner.id)
            .order_by(codes.c.at, codes.c.code)
            .limit(1)
        )
        if found is not None:
            return found, False
        number = cast(func.substr(codes.c.code, len(prefix) + 1), Integer)
        digits = func.substr(codes.c.code, len(prefix) + 1)
        highest = self._connection.scalar(
            select(func.max(number)).where(
                func.substr(codes.c.code, 1, len(prefix)) == code_key(prefix),
                func.length(digits).between(1, 9),
                # what is left after the digits are trimmed off is nothing
                func.ltrim(digits, "0123456789") == "",
            )
        )
        code = f"{prefix}{max(highest or 0, _FIRST_NUMBER - 1) + 1}"
        self._insert(code, partner, at)
        return code, True

    def _insert(self, code: str, partner: Ref, at: datetime) -> None:
        self._connection.execute(
            insert(codes).values(
                code=code_key(code), shown=code, object=partner.object, crm_id=partner.id, at=micros(at)
            )
        )


def code_key(code: str) -> str:
    """Return what is the same for equal codes, whatever their case."""
    return code.strip().upper()
