"""The org: its objects, who may see which field, and the rules that each write goes through."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from fairlead_salesforce.sandbox.ids import full_id, make_id
from fairlead_salesforce.sandbox.refusals import Refused
from fairlead_salesforce.sandbox.schema import MERGEABLE, PREFIXES, Field
from fairlead_salesforce.sandbox.tables import Row, Table

__all__ = ["BIN_SECONDS", "ORG_ID", "USER_ID", "USER_NAME", "Org"]

ORG_ID = make_id("00D", 1)
USER_ID = make_id("005", 1)
USER_NAME = "fairlead@clinic.example.com"
#: how long the org remembers a deletion
BIN_SECONDS = 15 * 86_400

_NUMBERS = ("double", "currency", "percent", "int")


class Org:
    """All tables and the rules of one org; `now` gives the sandbox's seconds since 1970."""

    def __init__(self, now: Callable[[], int]) -> None:
        self.now = now
        self.tables = {name: Table(name) for name in PREFIXES}
        #: fields whose values are refused: {(object, field): values}
        self.forbidden: dict[tuple[str, str], list[Any]] = {}
        #: what the integration user may do with an object: `hidden` or `read`; those not named it may edit
        self.restricted: dict[str, str] = {}
        #: until when writes to a record fail
        self.locks: dict[str, int] = {}
        #: what the duplicate rule on the e-mail address of leads does: `off`, `alert` or `block`
        self.duplicate_rule = "off"
        #: values of unique fields: {(object, field): {folded value: id}}
        self._unique: dict[tuple[str, str], dict[str, str]] = {}
        self._visible: dict[str, dict[str, Field]] = {}
        self._editable: dict[str, set[str]] = {}

    # what there is and who sees it

    def table(self, name: str) -> Table:
        """Return an object by its name, in any spelling; raises Refused."""
        found = self.tables.get(name) or next(
            (table for each, table in self.tables.items() if each.lower() == name.lower()), None
        )
        if found is None or self.restricted.get(found.name) == "hidden":
            raise Refused("INVALID_TYPE", f"sObject type '{name}' is not supported.")
        return found

    def visible(self, table: Table) -> Mapping[str, Field]:
        """Return the fields that the integration user sees, by name in lower case."""
        known = self._visible.get(table.name)
        if known is None:
            granted = self._granted(table.name, "PermissionsRead")
            known = self._visible[table.name] = {
                name.lower(): field
                for name, field in table.fields.items()
                if not field.custom or name in granted
            }
        return known

    def editable(self, table: Table, field: Field) -> bool:
        """Tell whether the integration user may write a field."""
        known = self._editable.get(table.name)
        if known is None:
            known = self._editable[table.name] = self._granted(table.name, "PermissionsEdit")
        return field.writable and (not field.custom or field.name in known)

    def schema_changed(self) -> None:
        """Forget what was worked out about fields and permissions."""
        self._visible.clear()
        self._editable.clear()

    def _granted(self, object_: str, permission: str) -> set[str]:
        assigned = {
            row.values.get("PermissionSetId")
            for row in self.tables["PermissionSetAssignment"].rows.values()
            if row.deleted_at is None and row.values.get("AssigneeId") == USER_ID
        }
        return {
            str(row.values["Field"]).partition(".")[2]
            for row in self.tables["FieldPermissions"].rows.values()
            if row.deleted_at is None
            and row.values.get("SobjectType") == object_
            and row.values.get("ParentId") in assigned
            and row.values.get(permission)
        }

    def row(self, table: Table, id_: str) -> Row:
        """Return a record that is not deleted; raises Refused."""
        found = table.rows.get(full_id(id_))
        if found is None:
            raise Refused("NOT_FOUND", "The requested resource does not exist", status=404)
        if found.deleted_at is not None:
            raise Refused("ENTITY_IS_DELETED", "entity is deleted", status=404)
        return found

    # writing

    def insert(self, table: Table, values: Mapping[str, Any], *, allow_duplicates: bool = False) -> str:
        """Add a record and return its id; raises Refused."""
        self._need_edit(table)
        taken = self._taken(table, values)
        missing = [
            field.name
            for field in table.fields.values()
            if field.required and field.writable and taken.get(field.name) is None
        ]
        if missing:
            raise Refused(
                "REQUIRED_FIELD_MISSING",
                f"Required fields are missing: [{', '.join(missing)}]",
                tuple(missing),
            )
        self._obey_rules(table, None, taken, allow_duplicates)
        now = self.now()
        row = table.add({name: value for name, value in taken.items() if value is not None}, now, now)
        self._index(table, row)
        self._setup_changed(table)
        return row.id

    def update(
        self, table: Table, id_: str, values: Mapping[str, Any], *, allow_duplicates: bool = False
    ) -> None:
        """Write some fields of a record; raises Refused."""
        self._need_edit(table)
        if not re.fullmatch(r"[A-Za-z0-9]{15}|[A-Za-z0-9]{18}", id_):
            raise Refused("MALFORMED_ID", "Id in record has an invalid format", ("Id",))
        row = table.rows.get(full_id(id_))
        if row is None:
            raise Refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        if row.deleted_at is not None:
            raise Refused("ENTITY_IS_DELETED", "entity is deleted")
        if self.locks.get(row.id, 0) > self.now():
            raise Refused(
                "UNABLE_TO_LOCK_ROW",
                "unable to obtain exclusive access to this record or 1 records: " + row.id,
            )
        if row.values.get("IsConverted"):
            raise Refused("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
        taken = self._taken(table, values)
        self._obey_rules(table, row, taken, allow_duplicates)
        self.store(table, row, taken)

    def _need_edit(self, table: Table) -> None:
        if table.name in self.restricted:
            raise Refused("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id")

    def store(self, table: Table, row: Row, values: Mapping[str, Any], stamp: int | None = None) -> None:
        """Write values past all rules, as a person in the CRM does."""
        self._index(table, row, remove=True)
        for name, value in values.items():
            if value is None:
                row.values.pop(name, None)
            else:
                row.values[name] = value
        table.touch(row, self.now() if stamp is None else stamp)
        self._index(table, row)
        self._setup_changed(table)

    def delete(self, table: Table, id_: str) -> None:
        """Put a record into the bin; raises Refused."""
        row = self.row(table, id_)
        self._index(table, row, remove=True)
        row.deleted_at = self.now()
        table.touch(row, self.now())
        self._setup_changed(table)

    def matching(self, table: Table, field: Field, value: str) -> list[str]:
        """Return the ids of the records that an external id stands for."""
        if not field.external_id:
            raise Refused("NOT_FOUND", "The requested resource does not exist", status=404)
        wanted = value.casefold()
        if field.unique:
            found = self._unique.get((table.name, field.name), {}).get(wanted)
            return [found] if found else []
        return [
            row.id
            for row in table.rows.values()
            if row.deleted_at is None and str(row.values.get(field.name, "")).casefold() == wanted
        ]

    def add_field(self, table: Table, field: Field) -> None:
        """Add a custom field, which nobody sees yet."""
        table.fields[field.name] = field
        if field.unique:
            self._unique[table.name, field.name] = {}
        self.schema_changed()

    def index_field(self, table: Table, field: Field) -> None:
        """Enter what records hold in a unique field."""
        self._unique[table.name, field.name] = {
            str(row.values[field.name]).casefold(): row.id
            for row in table.rows.values()
            if field.name in row.values
        }

    def remove_field(self, table: Table, name: str) -> None:
        """Remove a custom field with its values and permissions."""
        field = table.fields.pop(name)
        self._unique.pop((table.name, field.name), None)
        for row in table.rows.values():
            row.values.pop(name, None)
        for name_, key, wanted in (
            ("FieldPermissions", "Field", f"{table.name}.{name}"),
            ("CustomField", "FullName", f"{table.name}.{name}"),
        ):
            rows = self.tables[name_].rows
            for id_ in [row.id for row in rows.values() if row.values.get(key) == wanted]:
                del rows[id_]
            self.tables[name_].settle()
        self.schema_changed()

    def _setup_changed(self, table: Table) -> None:
        if table.name in ("PermissionSet", "PermissionSetAssignment", "FieldPermissions"):
            self.schema_changed()

    def _index(self, table: Table, row: Row, *, remove: bool = False) -> None:
        for (object_, name), known in self._unique.items():
            if object_ == table.name and (value := row.values.get(name)) is not None:
                if remove:
                    known.pop(str(value).casefold(), None)
                else:
                    known[str(value).casefold()] = row.id

    # the rules

    def _taken(self, table: Table, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return values under the schema's names and in stored form; raises Refused."""
        taken: dict[str, Any] = {}
        visible = self.visible(table)
        for name, value in values.items():
            if name.lower() in ("id", "attributes"):
                continue
            field = visible.get(name.lower())
            if field is None:
                raise Refused("INVALID_FIELD", f"No such column '{name}' on sobject of type {table.name}")
            if not self.editable(table, field):
                raise Refused(
                    "INVALID_FIELD_FOR_INSERT_UPDATE",
                    f"Unable to create/update fields: {field.name}. Please check the security settings of "
                    "this field and verify that it is read/write for your profile or permission set.",
                    (field.name,),
                )
            taken[field.name] = self._checked(field, value)
        return taken

    def _checked(self, field: Field, value: Any) -> Any:
        name = field.name
        if value is None or value == "":
            if field.type == "boolean":
                message = f"{field.label}: value not of required type: "
                raise Refused("INVALID_TYPE_ON_FIELD_IN_RECORD", message, (name,))
            return None
        if field.type == "boolean":
            if not isinstance(value, bool):
                raise Refused("JSON_PARSER_ERROR", f"Cannot deserialize instance of boolean from {value!r}")
            return value
        if field.type in _NUMBERS:
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise Refused("JSON_PARSER_ERROR", f"Cannot deserialize instance of double from {value!r}")
            if abs(value) >= 10 ** (field.precision - field.scale):
                raise Refused(
                    "NUMBER_OUTSIDE_VALID_RANGE", f"{field.label}: value outside of valid range", (name,)
                )
            return round(float(value), field.scale)
        if not isinstance(value, str):
            raise Refused("JSON_PARSER_ERROR", f"Cannot deserialize instance of string from {value!r}")
        return self._checked_text(field, value)

    def _checked_text(self, field: Field, value: str) -> Any:
        name = field.name
        match field.type:
            case "date":
                try:
                    return date.fromisoformat(value).isoformat()
                except ValueError:
                    raise Refused(
                        "JSON_PARSER_ERROR", f"Cannot deserialize instance of date from '{value}'"
                    ) from None
            case "datetime":
                try:
                    instant = datetime.fromisoformat(value).astimezone(UTC)
                except ValueError:
                    message = f"Cannot deserialize instance of datetime from '{value}'"
                    raise Refused("JSON_PARSER_ERROR", message) from None
                return instant.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
            case "picklist" | "multipicklist" if field.restricted:
                parts = value.split(";") if field.type == "multipicklist" else [value]
                known = {option for option, _ in field.options}
                wrong = next((part for part in parts if part not in known), None)
                if wrong is not None:
                    raise Refused(
                        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
                        f"{field.label}: bad value for restricted picklist field: {wrong}",
                        (name,),
                    )
            case "reference":
                return self._checked_link(field, value)
        if field.length and len(value) > field.length:
            raise Refused(
                "STRING_TOO_LONG",
                f"{field.label}: data value too large: {value} (max length={field.length})",
                (name,),
            )
        return value

    def _checked_link(self, field: Field, value: str) -> str:
        id_ = full_id(value)
        target = next(
            (self.tables[each] for each in field.references if id_.startswith(PREFIXES[each])), None
        )
        if target is None or len(id_) != 18:
            raise Refused(
                "MALFORMED_ID", f"{field.label}: id value of incorrect type: {value}", (field.name,)
            )
        row = target.rows.get(id_)
        if row is None:
            raise Refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", (field.name,))
        if row.deleted_at is not None:
            raise Refused("ENTITY_IS_DELETED", "entity is deleted", (field.name,))
        return id_

    def _obey_rules(
        self, table: Table, row: Row | None, taken: Mapping[str, Any], allow_duplicates: bool
    ) -> None:
        for (object_, name), refused in self.forbidden.items():
            if object_ == table.name and name in taken and taken[name] in refused:
                raise Refused(
                    "FIELD_CUSTOM_VALIDATION_EXCEPTION", f"This value of {name} is not allowed here", (name,)
                )
        for (object_, name), known in self._unique.items():
            value = taken.get(name) if object_ == table.name else None
            other = known.get(str(value).casefold()) if value is not None else None
            if other is not None and (row is None or other != row.id):
                raise Refused(
                    "DUPLICATE_VALUE",
                    f"duplicate value found: {name} duplicates value on record with id: {other}",
                    (name,),
                )
        if table.name == "Lead" and self.duplicate_rule != "off":
            self._obey_duplicate_rule(table, row, taken, allow_duplicates)

    def _obey_duplicate_rule(
        self, table: Table, row: Row | None, taken: Mapping[str, Any], allow_duplicates: bool
    ) -> None:
        """A duplicate rule looks at the whole record, whichever of its fields is written."""
        email = taken.get("Email") or (row.values.get("Email") if row is not None else None)
        others = [
            other.id
            for other in table.rows.values()
            if email is not None
            and other is not row
            and other.deleted_at is None
            and other.values.get("Email") == email
        ]
        if not others or (self.duplicate_rule == "alert" and allow_duplicates):
            return
        raise Refused(
            "DUPLICATES_DETECTED",
            "You're creating a duplicate record. We recommend you use an existing record instead.",
            more={
                "duplicateResult": {
                    "allowSave": self.duplicate_rule == "alert",
                    "duplicateRule": "Leads_by_e_mail",
                    "duplicateRuleEntityType": "Lead",
                    "matchResults": [
                        {
                            "entityType": "Lead",
                            "matchRecords": [
                                {"record": {"attributes": {"type": "Lead"}, "Id": id_}} for id_ in others
                            ],
                        }
                    ],
                }
            },
        )

    # what ends a record otherwise

    def merge(self, table: Table, keep: str, lose: str) -> None:
        """Merge one record into another, with what points to it."""
        if table.name not in MERGEABLE:
            raise Refused("INVALID_OPERATION", f"{table.name} cannot be merged")
        kept, lost = self.row(table, keep), self.row(table, lose)
        self.delete(table, lost.id)
        lost.values["MasterRecordId"] = kept.id
        table.touch(kept, self.now())
        for other in self.tables.values():
            for field in other.fields.values():
                if table.name not in field.references or field.name == "MasterRecordId":
                    continue
                for row in list(other.rows.values()):
                    if row.values.get(field.name) == lost.id:
                        self.store(other, row, {field.name: kept.id})

    def convert(self, id_: str, into: str | None = None) -> dict[str, str]:
        """Convert a lead, to a contact that is there where one is named; return what it became, by object."""
        leads = self.tables["Lead"]
        lead = self.row(leads, id_)
        now = self.now()
        name = str(leads.value(lead, "Name"))
        contacts = self.tables["Contact"]
        if into is None:
            account = self.tables["Account"].add({"Name": f"{name} household"}, now, now)
            person = {"LastName": lead.values["LastName"], "AccountId": account.id}
            contact = contacts.add(person, now, now)
        else:
            contact = self.row(contacts, into)
            account = self.tables["Account"].rows[contact.values["AccountId"]]
        opportunity = self.tables["Opportunity"].add(
            {
                "Name": f"{name}-",
                "StageName": "Prospecting",
                "CloseDate": "2026-12-31",
                "AccountId": account.id,
            },
            now,
            now,
        )
        became = {"Account": account.id, "Contact": contact.id, "Opportunity": opportunity.id}
        self.mark_converted(lead, became)
        leads.touch(lead, now)
        return became

    @staticmethod
    def mark_converted(lead: Row, became: Mapping[str, str]) -> None:
        """Enter in a lead what it became."""
        lead.values |= {f"Converted{object_}Id": id_ for object_, id_ in became.items()}
        lead.values |= {"IsConverted": True, "Status": "Closed - Converted"}
