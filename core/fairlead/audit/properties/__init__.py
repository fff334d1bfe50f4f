"""The properties that a policy pack can ask for, each with its definition of design section 8."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from fairlead.audit.bench import Bench, Settled
from fairlead.audit.properties.caps import case_cap, item_cap, period_cap
from fairlead.audit.properties.conditions import (
    clawback_neutral,
    disclosed_before,
    implied,
    never_paid,
)
from fairlead.audit.properties.flow import equal_work, independent, no_cliff, no_positive_correlation
from fairlead.audit.properties.results import bounded, determined, monotone, needs, reachable
from fairlead.audit.properties.tables import disjoint, no_dead_row, no_shadowed_row, total
from fairlead.ruleset.policy_pack import PackProperty

__all__ = ["PROPERTIES"]

#: from a bench and a property to what was settled, by subject
PROPERTIES: Mapping[str, Callable[[Bench, PackProperty], Iterable[tuple[str, Settled]]]] = {
    "bounded": bounded,
    "case_cap": case_cap,
    "clawback_neutral": clawback_neutral,
    "determined": determined,
    "disclosed_before": disclosed_before,
    "disjoint": disjoint,
    "equal_work": equal_work,
    "implies": implied,
    "independent": independent,
    "item_cap": item_cap,
    "monotone": monotone,
    "needs": needs,
    "never_paid": never_paid,
    "no_cliff": no_cliff,
    "no_dead_row": no_dead_row,
    "no_positive_correlation": no_positive_correlation,
    "no_shadowed_row": no_shadowed_row,
    "period_cap": period_cap,
    "reachable": reachable,
    "total": total,
}
