"""The expression language: a strict, typed, total profile of JSONLogic.

`from_jsonlogic` reads, `to_jsonlogic` and `to_english` write; `factory` is the only way to make terms.
"""

from fairlead.logic.from_jsonlogic import from_jsonlogic
from fairlead.logic.scope import Scope
from fairlead.logic.to_english import to_english
from fairlead.logic.to_jsonlogic import to_jsonlogic

__all__ = ["Scope", "from_jsonlogic", "to_english", "to_jsonlogic"]
