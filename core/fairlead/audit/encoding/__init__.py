"""Typed rulesets as SMT terms: exact integers, three-valued logic, every kind of decision.

A `Space` holds what is shared, `Facts` are the unknowns of one case, and a `Decider` builds the decisions of
a ruleset over them. What has no exact encoding raises `Undecidable` by name; nothing is skipped.
"""

from fairlead.audit.encoding.decider import Decider, RewardTerms
from fairlead.audit.encoding.facts import Facts, Time
from fairlead.audit.encoding.space import Space, Undecidable
from fairlead.audit.encoding.values import ListValue, Value

__all__ = ["Decider", "Facts", "ListValue", "RewardTerms", "Space", "Time", "Undecidable", "Value"]
