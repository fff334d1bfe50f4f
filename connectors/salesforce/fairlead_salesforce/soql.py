"""Writing queries: only names and ids of the right form come into their text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from fairlead.plugins.failures import ConnectorError, Failure, FailureKind
from fairlead_salesforce.values import is_id

__all__ = ["ID_PARTS", "equals", "one_of", "select"]

#: ids in one condition: an encoded one takes 27 of the 12,000 bytes that a query may have
ID_PARTS = 400
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)*")


def select(names: Iterable[str], object_: str, *conditions: str, order: str = "") -> str:
    """Return a query; raises ConnectorError (STOP) for a field or object that has no name of Salesforce's."""
    listed = list(names)
    for name in (*listed, object_):
        if not _NAME.fullmatch(name):
            raise ConnectorError(
                Failure(
                    FailureKind.STOP,
                    "INVALID_FIELD",
                    f"`{name}` is not the name of a field or object",
                    field=name,
                    remedy="correct the mapping: API names have letters, digits and underscores",
                )
            )
    text = f"SELECT {', '.join(listed)} FROM {object_}"  # noqa: S608 - the names were checked
    if conditions:
        text += f" WHERE {' AND '.join(conditions)}"
    return f"{text} ORDER BY {order}" if order else text


def equals(name: str, id_: str) -> str:
    """Return the condition that a field holds an id."""
    return one_of(name, [id_])


def one_of(name: str, ids: Sequence[str]) -> str:
    """Return the condition that a field holds one of some ids; those of another form are left out."""
    listed = [f"'{id_}'" for id_ in ids if is_id(id_)]
    if len(listed) == 1:
        return f"{name} = {listed[0]}"
    return f"{name} IN ({', '.join(listed)})"
