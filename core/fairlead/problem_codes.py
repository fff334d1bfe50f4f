"""Every problem code with its meaning, in one sentence each.

Codes are stable: a release may add codes and never changes the meaning of one. Tests hold that each code
used in the source is listed here.
"""

from __future__ import annotations

__all__ = ["CODES"]

CODES: dict[str, str] = {
    # documents: reading
    "duplicate-key": "A JSON object has the same key twice.",
    "inexact-number": "A JSON number is not exactly representable; exact decimals are written as strings.",
    "invalid-json": "The text is not JSON.",
    "invalid-text": "A string contains half of a surrogate pair.",
    "no-such-file": "The file does not exist.",
    "not-utf8": "The bytes are not UTF-8.",
    "too-deep": "The JSON is nested deeper than 64 levels, or an expression deeper than 48.",
    "too-large": "The document is larger than 5 MiB.",
    "unreadable-file": "The file cannot be read.",
    # documents: shape
    "bad-name": "A name is not in lower snake case, or is reserved.",
    "empty-value": "A text or list that must have content is empty.",
    "inconsistent-range": "A minimum lies above its maximum, or outside the type.",
    "invalid-value": "A value does not have the form its key asks for.",
    "missing-key": "A required key is missing.",
    "unexpected-key": "A key does not belong with the other keys that are there.",
    "unknown-key": "A key is not one that this place allows.",
    "unknown-value": "A value is not one of those allowed here.",
    "value-out-of-range": "A number in a document lies outside the allowed range.",
    "wrong-type": "A value has another type than the one asked for.",
    # fact models
    "ambiguous-name": "A name stands for two different things.",
    "cycle": "Definitions depend on each other in a circle.",
    "duplicate-name": "Two things of one entity have the same name.",
    "missing-id-fact": "An entity has no text fact `id`.",
    "unknown-entity": "An entity is not in the fact model.",
    "unknown-fact": "A fact is not in the fact model.",
    "unknown-label": "A label is not declared in the fact model.",
    "unknown-link": "A link is not declared on the entity.",
    "unknown-related": "A list of related records is not declared on the entity.",
    "wrong-fact-type": "A fact has a type that cannot be used here.",
    "wrong-link": "A link does not lead to the entity it should.",
    # expressions
    "currency-not-known": "Arithmetic on money needs one currency that is known when the ruleset loads.",
    "empty-text": "The empty text is absent and equals nothing.",
    "missing-settings": "An operator does not state its settings.",
    "name-not-readable": "A name exists and may not be read in this place.",
    "nothing-to-round": "A value has no more digits after the point than it is rounded to.",
    "operator-left-out": "An operator of JSONLogic is not part of the profile.",
    "rounding-needed": "A result has more digits after the point than its declared type.",
    "unknown-operator": "An operator does not exist.",
    "wrong-expression": "An expression is not an object with exactly one operator.",
    "wrong-literal": "A literal is not a value of its type.",
    "wrong-operand": "An operand does not have the form that its operator asks for.",
    "wrong-operand-count": "An operator has too few or too many operands.",
    # overlays
    "duplicate-id": "An id is already in use.",
    "label-dropped": "A replacement leaves out labels that the original has.",
    "derivation-dropped": "A replacement leaves out derived_from facts that the original has.",
    "unknown-id": "An overlay names an id that does not exist in what it extends.",
    "wrong-base": "An overlay extends another document than the one given.",
    # rulesets
    "unknown-group": "A row names a group that its scorecard does not have.",
    "wrong-order": "Entries that must ascend do not.",
    # ruleset overlays
    "no-change": "An overlay, or one of its changes, leaves everything as it is.",
    "wrong-decision-kind": "A change is about rows or groups of a decision that has none.",
    "wrong-id": "A replacement has another id than what it replaces.",
    # finding documents
    "chain-too-long": "Overlays extend each other more than 16 deep.",
    "misplaced-document": "A document's name or version does not agree with its file.",
    "unknown-document": "There is no document of that name.",
    "unknown-version": "There is no such version of the document.",
    "wrong-kind": "A document is of another kind than the one needed.",
    "unwritable-file": "A file cannot be written.",
    # locks and versions
    "lock-mismatch": "A document is not the one that the lock file pins.",
    "no-longer-effective": "No version is in force any more on the day asked for.",
    "not-locked": "A document that a project builds on is not in its lock file.",
    "not-yet-effective": "No version is in force yet on the day asked for.",
    "overlapping-versions": "Two versions of a document are in force on the same day.",
    # values and records
    "bad-record": "A record is not an object of entities.",
    "not-exact": "A number cannot be taken over exactly.",
    "out-of-range": "A value lies outside the range of its fact.",
    "stated-twice": "A record states an aggregate and also the records it is computed from.",
    "too-many-digits": "A number has more digits than its type holds.",
    "unknown-currency": "A currency is not an active ISO 4217 code.",
    "wrong-currency": "An amount is in another currency than its fact.",
    # files of records
    "ambiguous-mapping": "Several mappings know the columns of an export.",
    "ambiguous-notation": "A column's numbers or dates can be read in two ways.",
    "invalid-csv": "A row is not CSV.",
    "invalid-parquet": "A file is not Parquet.",
    "line-too-long": "A line is longer than 1 MiB.",
    "nothing-to-decide": "A record has none of the entities that the ruleset decides about.",
    "mixed-notation": "A column's numbers or dates are written in two ways.",
    "missing-header": "A CSV file does not begin with the names of its columns.",
    "ragged-row": "A row has another number of cells than the header.",
    "same-file": "One file is named for two things.",
    "unknown-columns": "The columns of a file are no facts, and no mapping knows them.",
    "unknown-encoding": "A file's encoding is not one that can be read.",
    "unknown-format": "A file's name or an option names no known format.",
    # projects and commands
    "client-failed": "A client of a fleet cannot be looked at.",
    "folder-not-empty": "A new project is to be made where something is already.",
    "invalid-toml": "The text is not TOML.",
    "missing-package": "A format needs a package that is not installed.",
    "no-scenarios": "A ruleset has no scenarios to run.",
    "no-such-line": "No record begins on the line asked for.",
    "unknown-kind": "There is no such kind of document.",
    "unknown-zone": "A time zone is not in the IANA database.",
    "wrong-usage": "Options of a command do not go together.",
    # plug-ins and programs
    "bad-settings-schema": "A connector announces a settings schema that is broken.",
    "plugin-conflict": "Two plug-ins bring something of one name.",
    "plugin-not-loaded": "A plug-in cannot be loaded.",
    "unknown-connector": "There is no connector of that name.",
    "unknown-decision": "A ruleset has no decision of that name.",
}
