"""The version of what rules mean: decisions are logged with it, and approvals bind it."""

from __future__ import annotations

__all__ = ["SEMANTICS"]

#: changes when the same documents could decide the same record in another way
SEMANTICS = "1"
