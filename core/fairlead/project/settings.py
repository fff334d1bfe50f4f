"""The shape of `fairlead.toml`, and reading it with the place of every problem."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, Field, model_validator

from fairlead.documents.found import found_text
from fairlead.documents.json_text import Document
from fairlead.documents.positions import split_pointer
from fairlead.documents.shapes import DocumentModel, DocumentName, check_shape, shape_error
from fairlead.plugins.manager import connector, load_plugins
from fairlead.plugins.settings import validate_settings
from fairlead.problems import DocumentError, Problem, UsageError, nearest_name
from fairlead.ruleset.parts import DigestText

__all__ = [
    "SETTINGS_FILE",
    "AccountNames",
    "AlertSettings",
    "ConnectorSettings",
    "LedgerSettings",
    "PilotSettings",
    "ProjectSettings",
    "RetentionSettings",
    "StoreSettings",
    "SyncSettings",
    "WebhookSettings",
    "place_in_settings",
    "read_settings",
]

#: the file that makes a folder a project
SETTINGS_FILE = "fairlead.toml"
#: no settings file that a person wrote is larger, in bytes
_MAX_BYTES = 1024 * 1024

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_TOML_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_TABLE = re.compile(r"\s*\[([^\[\]]+)\]\s*(?:#.*)?$")
_KEY = re.compile(r"\s*([A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*')\s*[=.]")


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise shape_error(
            "unknown-zone",
            f"`{found_text(name)}` is not a time zone",
            found=found_text(name),
            nearest=nearest_name(name[:100], available_timezones()),
            remedy="use a name of the IANA time zone database, such as `Europe/Istanbul`",
        ) from None
    return name


def _language_tag(tag: str) -> str:
    if not _LANGUAGE.fullmatch(tag):
        raise shape_error(
            "invalid-value",
            f"`{found_text(tag)}` is not a language tag",
            found=found_text(tag),
            remedy="use tags such as `en`, `de` or `pt-BR`",
        )
    return tag


class ConnectorSettings(DocumentModel):
    """The table `[connector]`: which CRM, and how to reach it; secrets come from the environment."""

    name: str = Field(min_length=1, description="The name of an installed connector, such as `hubspot`.")
    settings: dict[str, Any] = Field(
        default_factory=dict, description="The connector's own settings, as it announces them."
    )
    mapping: str | None = Field(
        default=None, min_length=1, description="The mapping's file; left out, the connector's default one."
    )
    secrets: Literal["environment", "keyring"] = Field(
        default="environment", description="Where secrets come from besides the environment."
    )


def _without_password(url: str) -> str:
    authority = url.partition("://")[2].partition("/")[0]
    if ":" in authority.rpartition("@")[0]:
        raise shape_error(
            "secret-in-file",
            "the store's address holds a password",
            remedy="leave it out here and set `FAIRLEAD_STORE_URL` in the environment to the whole address",
        )
    return url


class StoreSettings(DocumentModel):
    """The table `[store]`: where the mirror, the outbox and the decision log are kept."""

    url: Annotated[str, AfterValidator(_without_password)] | None = Field(
        default=None, description="An SQLAlchemy address. Left out: SQLite in the project's folder."
    )
    anchor: str | None = Field(
        default=None, description="The file that the head of the decision log is anchored in."
    )


class PilotSettings(DocumentModel):
    """The table `[sync.pilot]`: results are written back only where a fact has one of these values."""

    fact: str = Field(
        pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$", description="A fact, such as `lead.country`."
    )
    values: Annotated[list[str | bool | int], Field(min_length=1)] = Field(description="The values.")


class WebhookSettings(DocumentModel):
    """The table `[sync.webhooks]`: where the CRM announces changes."""

    public_url: str = Field(pattern=r"^https?://", description="The address that the CRM calls.")
    host: str = Field(default="127.0.0.1", description="The address that is listened on.")
    port: int = Field(ge=1, le=65535, description="The port that is listened on.")


class AlertSettings(DocumentModel):
    """The table `[sync.alerts]`: who is told when runs fail, stay out or leave rejects.

    The password of the mail server comes from `FAIRLEAD_SMTP_PASSWORD`.
    """

    email_to: list[str] = Field(default_factory=list, description="Addresses that are written to.")
    email_from: str | None = Field(default=None, description="The sender.")
    smtp_host: str | None = Field(default=None, description="The mail server.")
    smtp_port: int = Field(default=587, ge=1, le=65535, description="Its port; STARTTLS is used.")
    smtp_user: str | None = Field(default=None, description="The user, where the server asks for one.")
    webhook_url: str | None = Field(
        default=None, pattern=r"^https?://", description="An address that gets each alert as JSON."
    )
    stale_after_minutes: int = Field(
        default=240, ge=1, description="How long no run may succeed before that is told."
    )
    most_rejects: int = Field(default=0, ge=0, description="Open rejects above this number are told.")


class SyncSettings(DocumentModel):
    """The table `[sync]`."""

    every_minutes: int = Field(default=15, ge=1, le=1440, description="How often `fairlead run` syncs.")
    full_every_days: int = Field(default=7, ge=1, le=366, description="How often everything is compared.")
    daily_share: float = Field(
        default=0.5, gt=0, le=1, description="The part of the CRM's daily quota that may be used."
    )
    since: date | None = Field(
        default=None, description="The first sync reads what changed from this day on; left out, everything."
    )
    pilot: PilotSettings | None = Field(default=None, description="Whose results are written back.")
    tasks: bool = Field(default=False, description="Make a task in the CRM for each lead that becomes hot.")
    late_code_days: int = Field(
        default=7, ge=0, description="A tracking code entered later than this is reported, not followed."
    )
    webhooks: WebhookSettings | None = Field(default=None, description="Where changes are announced.")
    alerts: AlertSettings | None = Field(default=None, description="Who is told of trouble.")


class AccountNames(DocumentModel):
    """The table `[ledger.accounts]`: what accounting calls the accounts of the ledger."""

    expense: str = Field(default="expense", min_length=1, description="What rewards cost.")
    opening: str = Field(
        default="opening", min_length=1, description="What was carried into the ledger at a cut-over."
    )
    accrued: str = Field(
        default="accrued", min_length=1, description="Earned, and not told to the payee yet."
    )
    payable: str = Field(default="payable", min_length=1, description="On a statement, and not paid yet.")
    paid: str = Field(default="paid", min_length=1, description="Paid: the bank, or what clears it.")
    reversed: str = Field(
        default="reversed", min_length=1, description="Taken back before the payee was told."
    )


class LedgerSettings(DocumentModel):
    """The table `[ledger]`."""

    accounts: AccountNames = Field(
        default_factory=AccountNames, description="The names of accounts in the export for accounting."
    )


class RetentionSettings(DocumentModel):
    """The table `[retention]`: for how many years what is kept about payments is not to be thrown away.

    Ten years are the outer limit of claims under the US False Claims Act (31 USC 3731(b), from memory; HIPAA
    asks for 6, Open Payments for 5). Nothing is deleted by it: bundles of evidence say until when.
    """

    ledger: int = Field(default=10, ge=1, le=100, description="Years for the ledger and its decision log.")
    evidence: int = Field(default=10, ge=1, le=100, description="Years for bundles of evidence.")


class ProjectSettings(DocumentModel):
    """The settings of a project.

    One of `ruleset` and `rulesets` is given; `ruleset_names` is the list in both cases.
    """

    name: str = Field(min_length=1, max_length=200, description="What people call the project.")
    zone: Annotated[str, AfterValidator(_known_zone)] = Field(
        default="UTC", description="The IANA time zone in which days begin and end."
    )
    language: Annotated[str, AfterValidator(_language_tag)] = Field(
        default="en", description="The language of texts where none is asked for."
    )
    ruleset: DocumentName | None = Field(default=None, description="The one ruleset of the project.")
    rulesets: Annotated[list[DocumentName], Field(min_length=1)] | None = Field(
        default=None, description="The rulesets of the project, the main one first."
    )
    packs: list[DocumentName] = Field(
        default_factory=list, description="The policy packs that the rules are audited against."
    )
    require_approval: bool = Field(
        default=False, description="Only what is approved runs: evaluate, explain, sync and run."
    )
    register_root: DigestText | None = Field(
        default=None, description="The digest of the first entry of the register of people."
    )
    connector: ConnectorSettings | None = Field(default=None, description="The CRM.")
    store: StoreSettings = Field(default_factory=StoreSettings, description="Where what is synced is kept.")
    retention: RetentionSettings = Field(
        default_factory=RetentionSettings, description="How long what is about payments is kept."
    )
    sync: SyncSettings = Field(default_factory=SyncSettings, description="How the CRM is synced.")
    rates: str | None = Field(
        default=None,
        min_length=1,
        description="The file of the exchange rates that programmes convert with, of kind `rates`.",
    )
    ledger: LedgerSettings = Field(default_factory=LedgerSettings, description="How the ledger is kept.")

    @model_validator(mode="after")
    def _names_its_rulesets_once(self) -> ProjectSettings:
        if self.ruleset is not None and self.rulesets is not None:
            raise shape_error(
                "unexpected-key",
                "`ruleset` and `rulesets` do not go together",
                below=("ruleset",),
                remedy="keep `rulesets` and remove `ruleset`",
            )
        names = self.ruleset_names
        if not names:
            raise shape_error(
                "missing-key",
                "the project names no ruleset",
                remedy='add a line such as `ruleset = "medical-travel/lead-scoring"`',
            )
        for position, name in enumerate(names):
            if name in names[:position]:
                raise shape_error(
                    "duplicate-name", f"`{name}` is listed twice", below=("rulesets", position), found=name
                )
        for position, name in enumerate(self.packs):
            if name in self.packs[:position]:
                raise shape_error(
                    "duplicate-name", f"`{name}` is listed twice", below=("packs", position), found=name
                )
        return self

    @property
    def ruleset_names(self) -> list[str]:
        """The names of the project's rulesets, the main one first."""
        return [self.ruleset] if self.ruleset is not None else list(self.rulesets or ())


def read_settings(path: Path) -> ProjectSettings:
    """Read a `fairlead.toml`; the connector's settings are checked against what it announces.

    Raises DocumentError with every problem, each with its line where there is one.
    """
    text = _text(path)
    value = _parsed(text, path)
    document = Document(value, file=str(path))
    try:
        settings = check_shape(ProjectSettings, document)
    except DocumentError as error:
        raise DocumentError(_placed(error.problems, text)) from None
    if settings.connector is not None:
        problems = [replace(problem, file=str(path)) for problem in _connector_problems(settings.connector)]
        if problems:
            raise DocumentError(_placed(problems, text))
    return settings


def place_in_settings(problems: Iterable[Problem], path: Path) -> list[Problem]:
    """Return problems with JSON pointers into a `fairlead.toml` with their line and column in it."""
    return _placed([replace(problem, file=str(path)) for problem in problems], _text(path))


def _text(path: Path) -> str:
    name = str(path)
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise DocumentError([Problem("too-large", f"`{name}` is larger than 1 MiB", file=name)])
        content = path.read_bytes()
    except FileNotFoundError:
        remedy = f"give the folder of a project, or write a `{SETTINGS_FILE}` in it"
        message = f"there is no file `{name}`"
        raise DocumentError([Problem("no-such-file", message, file=name, remedy=remedy)]) from None
    except OSError as error:
        message = f"`{name}` cannot be read: {(error.strerror or '').lower()}"
        raise DocumentError([Problem("unreadable-file", message, file=name)]) from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        found = f"byte 0x{content[error.start]:02x}"
        raise DocumentError(
            [
                Problem(
                    "not-utf8",
                    "the file is not UTF-8",
                    found=found,
                    remedy="save it as UTF-8",
                    file=name,
                    line=line,
                    column=error.start - content.rfind(b"\n", 0, error.start),
                )
            ]
        ) from None


def _parsed(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        place = _TOML_PLACE.search(message)
        line, column = text.count("\n") + 1, len(text) - text.rfind("\n")
        if place is not None and place[1] is not None:
            line, column = int(place[1]), int(place[2])
        said = _TOML_PLACE.sub("", message)
        raise DocumentError(
            [
                Problem(
                    "invalid-toml",
                    "the text is not TOML: " + said[:1].lower() + said[1:],
                    file=str(path),
                    line=line,
                    column=column,
                )
            ]
        ) from None
    except RecursionError:
        raise DocumentError([Problem("too-deep", "the file is nested too deep", file=str(path))]) from None


def _connector_problems(settings: ConnectorSettings) -> Iterable[Problem]:
    try:
        info = connector(load_plugins(), settings.name)
    except UsageError as error:
        return [replace(problem, pointer="/connector/name") for problem in error.problems]
    return [
        replace(problem, pointer="/connector/settings" + problem.pointer)
        for problem in validate_settings(info, settings.settings)
    ]


def _placed(problems: Iterable[Problem], text: str) -> list[Problem]:
    """Return the problems with the line and column of their key, or of the table it is missing from."""
    places = _key_places(text)
    placed = []
    for problem in problems:
        parts = tuple(split_pointer(problem.pointer))
        while parts and parts not in places:
            parts = parts[:-1]
        line, column = places.get(parts, (1, 1))
        placed.append(problem.at(file=problem.file, line=line, column=column))
    return sorted(placed, key=lambda problem: (problem.line or 0, problem.column or 0, problem.pointer))


def _key_places(text: str) -> dict[tuple[str, ...], tuple[int, int]]:
    places: dict[tuple[str, ...], tuple[int, int]] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        header = _TABLE.match(line)
        if header is not None:
            table = tuple(part.strip().strip("\"'") for part in header[1].split("."))
            places.setdefault(table, (number, header.start(1) + 1))
            continue
        key = _KEY.match(line)
        if key is not None:
            places.setdefault((*table, key[1].strip("\"'")), (number, key.start(1) + 1))
    return places
