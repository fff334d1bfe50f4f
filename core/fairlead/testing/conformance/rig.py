"""What makes sandboxes and connectors for the cases, and listens for secrets in what they say."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import ClassVar, Generic, ParamSpec, TypeVar

import pytest

from fairlead.plugins.connector import Capabilities, Connector, ConnectorContext
from fairlead.plugins.failures import ConnectorError, Failure
from fairlead.plugins.hookspecs import ConnectorInfo
from fairlead.plugins.limits import Limits
from fairlead.plugins.manager import connector, load_plugins
from fairlead.plugins.sandboxes import SandboxOptions
from fairlead.testing.conformance.reading import expect
from fairlead.testing.conformance.stage import Stage
from fairlead.testing.seed import SEEDED_UNTIL
from fairlead.testing.server import SandboxServer

__all__ = ["Cases", "KitSecrets", "Outcome", "Rig"]

P = ParamSpec("P")
T = TypeVar("T")

#: a shorter part of a secret may stand in any text by chance, in characters
_SHORTEST_SECRET = 8
#: leads that the cases about paging use at most: a bulk interface has pages of any size
_MOST_LEADS = 4_500


class KitSecrets:
    """The sandbox's made-up secrets, kept in memory; renewed ones are put here."""

    def __init__(self, values: Iterable[tuple[str, str]]) -> None:
        self._values = dict(values)
        self.ever = set(self._values.values())

    def get(self, name: str) -> str | None:
        """Return a secret, or None where it is not set."""
        return self._values.get(name)

    def put(self, name: str, value: str) -> None:
        """Keep a secret that the CRM renewed."""
        self._values[name] = value
        self.ever.add(value)


class Outcome(Generic[T]):
    """What a call came to: its value, or the failure that it raised."""

    def __init__(self, value: T | None, failure: Failure | None) -> None:
        self.value = value
        self.failure = failure


class Rig:
    """Starts what one case needs and stops it at the end."""

    def __init__(self, info: ConnectorInfo) -> None:
        self.info = info
        self._sandboxes: list[SandboxServer] = []
        self._connectors: list[Connector] = []
        self._secrets: dict[int, KitSecrets] = {}
        self._said: list[str] = []

    def start(
        self,
        leads: int = 60,
        partners: int = 8,
        *,
        limits: bool = False,
        provisioned: bool = True,
        timeout: tuple[float, float] = (5.0, 30.0),
    ) -> Stage:
        """Start a sandbox and open a connector on it."""
        sandbox = self.sandbox(SandboxOptions(0, leads, partners, 1, limits, provisioned))
        return Stage(
            sandbox, self.open(sandbox, timeout=timeout), lambda: self.open(sandbox, timeout=timeout)
        )

    def start_with_pages(self, pages: int = 2, limits: bool = False) -> Stage:
        """Start a sandbox with that many full pages of leads, and some more."""
        return self.start(leads=min(pages * self.limits().read_page + 30, _MOST_LEADS), limits=limits)

    def limits(self) -> Limits:
        """Return the connector's limits."""
        return self.start(leads=2, partners=1).connector.limits()

    def capabilities(self) -> Capabilities:
        """Return what the connector says that it can do."""
        return self.start(leads=2, partners=1).connector.capabilities()

    def sandbox(self, options: SandboxOptions) -> SandboxServer:
        """Start a sandbox whose clock stands after the seeded data."""
        expect(
            self.info.sandbox is not None,
            f"connector `{self.info.name}` announces no sandbox; the kit needs one",
        )
        assert self.info.sandbox is not None
        sandbox = self.info.sandbox(options)
        assert isinstance(sandbox, SandboxServer), (
            "the kit needs a sandbox that is built on `fairlead.testing.server.SandboxServer`"
        )
        self._sandboxes.append(sandbox)
        self._secrets[id(sandbox)] = KitSecrets(sandbox.secrets().items())
        behind = SEEDED_UNTIL + timedelta(days=1) - sandbox.now()
        sandbox.advance(max(behind.total_seconds(), 0.0))
        return sandbox

    def open(
        self,
        sandbox: SandboxServer,
        *,
        timeout: tuple[float, float] = (5.0, 30.0),
        secrets: KitSecrets | None = None,
        daily_share: float = 1.0,
    ) -> Connector:
        """Open a connector on a sandbox; waiting moves the sandbox's clock and takes no time."""
        expect(self.info.open is not None, f"connector `{self.info.name}` announces no function to open it")
        assert self.info.open is not None
        if secrets is not None:
            self._secrets[id(secrets)] = secrets
        opened = self.info.open(
            ConnectorContext(
                settings=sandbox.settings(),
                secrets=secrets or self._secrets[id(sandbox)],
                daily_share=daily_share,
                timeout=timeout,
                clock=sandbox.now,
                sleep=sandbox.advance,
            )
        )
        self._connectors.append(opened)
        return opened

    def attempt(self, call: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> Outcome[T]:
        """Make a call that may fail: only a ConnectorError may come of it."""
        __tracebackhide__ = True
        try:
            value = call(*arguments, **named)
        except ConnectorError as error:
            self._said.extend(("".join(traceback.format_exception(error)), repr(error.failure)))
            return Outcome(None, error.failure)
        except Exception as error:  # noqa: BLE001 - that anything else comes out is what the kit looks for
            self._said.append("".join(traceback.format_exception(error)))
            pytest.fail(f"`{type(error).__name__}` left the connector ({error}); only ConnectorError may")
        self._said.append(repr(value))
        return Outcome(value, None)

    def stop(self) -> None:
        """Close and stop everything."""
        for opened in self._connectors:
            self._said.append(f"{opened!r} {opened}")
            opened.close()
        for sandbox in self._sandboxes:
            sandbox.stop()

    def check_secrets(self, logged: Iterable[logging.LogRecord]) -> None:
        """Fail if a secret stands in what was said or logged."""
        __tracebackhide__ = True
        secrets = {each for kept in self._secrets.values() for each in kept.ever}
        secrets.update(each for sandbox in self._sandboxes for each in sandbox.credentials_seen)
        parts = {part for secret in secrets for part in _parts(secret)}
        formatter = logging.Formatter("%(name)s %(message)s")
        lines = [f"{formatter.format(record)} {record.args!r}" for record in logged]
        for where, texts in (("an error or a result", self._said), ("a log record", lines)):
            for text in texts:
                leaked = next((part for part in parts if part in text), None)
                expect(
                    leaked is None,
                    f"a secret stands in {where}: {text.replace(leaked or '', '<the secret>')[:600]}",
                )


class Cases:
    """Base of the cases: `connector` names the connector as a project does, the fixture `rig` starts it."""

    #: the connector's name; None takes the one of `--fairlead-connector`
    connector: ClassVar[str | None] = None

    @pytest.fixture
    def rig(self, request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[Rig]:
        """Give a rig for the connector, and look for secrets in all that was said when the case is over."""
        name = self.connector or request.config.getoption("--fairlead-connector", None)
        if name is None:
            pytest.fail('name the connector: `connector = "acme"` in the class, or `--fairlead-connector`')
        rig = Rig(connector(load_plugins(), name))
        caplog.set_level(logging.DEBUG)
        try:
            yield rig
        finally:
            rig.stop()
        rig.check_secrets(caplog.get_records("call"))

    @pytest.fixture
    def stage(self, rig: Rig) -> Stage:
        """Give a sandbox of 60 leads and 8 partners with a connector open on it."""
        return rig.start()


def _parts(secret: str) -> Iterator[str]:
    """Yield what of a secret is looked for: each line of a key, but for those that only say what it is."""
    for line in secret.splitlines():
        if len(line) >= _SHORTEST_SECRET and not line.startswith("-----"):
            yield line
