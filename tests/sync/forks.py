"""Runs in forked processes, one at a time, and what a CRM and a store hold after them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, inspect, text
from tests.sync.clinic import ACME_FOLDER, Clinic

from fairlead.sync.place import STORE_URL

__all__ = ["Forks", "crm_state", "differences", "store_state"]

CHILD = Path(__file__).with_name("crash_child.py")
#: columns that hold instants, attempts, run ids, keys, or what depends on them (hashes, ciphertext, marks)
_OWN = {
    "at",
    "attempts",
    "calls",
    "calls_at",
    "change",
    "created_at",
    "cursor",
    "destroyed_at",
    "due_at",
    "ended",
    "first_seen",
    "fingerprint",
    "hash",
    "id_of_store",
    "key",
    "key_id",
    "last_seen",
    "made_at",
    "mark",
    "modified_at",
    "person",
    "position",
    "previous",
    "queued_at",
    "run",
    "sealed",
    "seen_at",
    "seq",
    "started",
    "tried_at",
}
#: where the sandboxes keep stamps of writes, in what `state()` returns
_STAMPS = {"Created_Time", "modified", "stamp"}


class Forks:
    """Runs syncs, one at a time, in forked processes where they may be killed; tests may share one."""

    def __init__(self, installed: Path) -> None:
        self._installed = installed
        self._server = self._served()
        self._awaited = False

    def start(self, clinic: Clinic, step: int = 0) -> int:
        """Start a sync in a process of its own and return the process id."""
        return self._ask(clinic, "sync", step, in_peace=False)

    def _ask(self, clinic: Clinic, what: str, step: int, *, in_peace: bool) -> int:
        asked = {
            "folder": str(clinic.folder),
            "step": step,
            "what": what,
            "in_peace": in_peace,
            "now": clinic.sandbox.now().isoformat(),
            "environment": dict(clinic.environment),
        }
        if self._awaited or self._server.poll() is not None:
            # a test that failed left a run behind
            self.close()
            self._server = self._served()
        self._awaited = True
        assert self._server.stdin is not None
        self._server.stdin.write(json.dumps(asked) + "\n")
        self._server.stdin.flush()
        return int(self._line()["pid"])

    def result(self) -> tuple[int, str]:
        """Wait for the run and return its exit code and what it said."""
        found = self._line()
        self._awaited = False
        return found["code"], found["out"]

    def killed(self, clinic: Clinic, step: int) -> None:
        """Let a sync kill itself at a step."""
        assert self.ended(clinic, step) == -signal.SIGKILL

    def ended(self, clinic: Clinic, step: int) -> int:
        """Let a sync kill itself at a step, if it comes that far; return its exit code."""
        self.start(clinic, step)
        return self.result()[0]

    def killed_during_call(self, clinic: Clinic, number: int) -> None:
        """Kill a sync while the CRM answers a call, counted from 0: it takes effect unheard."""
        first, process, known = len(clinic.sandbox.calls), [0], threading.Event()

        def called(before: int) -> None:
            if before - first == number and known.wait(10):
                os.kill(process[0], signal.SIGKILL)

        clinic.sandbox.on_call = called
        process[0] = self.start(clinic)
        known.set()
        assert self.result() == (-9, "")
        clinic.sandbox.on_call = None

    def done(self, clinic: Clinic, what: str = "sync") -> int:
        """Run to the end, without a process of its own, and return the number of steps."""
        self._ask(clinic, what, 0, in_peace=True)
        code, out = self.result()
        assert (code, out.split()[0]) == (0, "done"), out
        return int(out.split()[1])

    def close(self) -> None:
        """End the process that the runs are forked from."""
        self._server.communicate()

    def _served(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(CHILD)],
            env={**os.environ, "PYTHONPATH": f"{self._installed}:{ACME_FOLDER}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def _line(self) -> dict[str, Any]:
        assert self._server.stdout is not None
        found: dict[str, Any] = json.loads(self._server.stdout.readline())
        return found


def crm_state(clinic: Clinic) -> dict[str, str]:
    """Everything that the account holds (fields of ours, links and tasks too), without its stamps.

    The CRM numbers tasks as they are made, and after a crash another one may be made first: a task is known
    by what it says.
    """
    found = dict(_leaves("state", with_tasks_named(clinic.sandbox.state())))
    for role in ("lead", "partner"):
        for record in clinic.sandbox.truth(role).values():
            for name, value in (*record.values.items(), *record.links.items()):
                found[f"{role}/{record.id}/{name}"] = repr(value)
    return found


def with_tasks_named(state: Any) -> Any:
    """Return a state whose tasks are numbered by what they say, wherever they are named."""
    names: dict[str, str] = {}
    waiting = [state]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Mapping):
            for key, value in part.items():
                if str(key).lower() in ("task", "tasks") and isinstance(value, Mapping):
                    said = {
                        id_: repr(sorted(_leaves("", each)))
                        for id_, each in value.get("records", value).items()
                    }
                    ranked = sorted(said, key=lambda id_: (said[id_], id_))
                    names |= {id_: f"task {number}" for number, id_ in enumerate(ranked)}
            waiting += part.values()
        elif isinstance(part, list | tuple):
            waiting += part
    return _renamed(state, names)


def _renamed(part: Any, names: Mapping[str, str]) -> Any:
    if isinstance(part, Mapping):
        return {names.get(str(key), key): _renamed(value, names) for key, value in part.items()}
    if isinstance(part, list | tuple):
        items = [_renamed(each, names) for each in part]
        # pairs of linked records have no order of their own
        return sorted(items, key=repr) if items != list(part) else items
    return names.get(str(part), part) if isinstance(part, str | int) else part


def _leaves(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, each in value.items():
            if name not in _STAMPS:
                yield from _leaves(f"{path}/{name}", each)
    elif isinstance(value, list | tuple):
        for number, each in enumerate(value):
            yield from _leaves(f"{path}/{number}", each)
    else:
        yield path, repr(value)


def store_state(clinic: Clinic) -> dict[str, str]:
    """Everything that the store holds, but for what is a run's own."""
    url = clinic.environment.get(STORE_URL) or f"sqlite:///{clinic.folder / '.fairlead/store.db'}"
    engine = create_engine(url)
    found: dict[str, str] = {}
    with engine.connect() as connection:
        for table in inspect(connection).get_table_names():
            if table in ("runs", "store", "cursors", "person_keys"):
                continue
            rows = connection.execute(text(f"SELECT * FROM {table}")).mappings()  # noqa: S608 - our own tables
            kept = [{name: value for name, value in row.items() if name not in _OWN} for row in rows]
            if table == "decision_log":
                # a decision may be logged again after a crash: it was made again
                kept = [dict(each) for each in {tuple(sorted(row.items())) for row in kept}]
            rows_found = sorted(map(repr, kept))
            found |= {f"{table}/{number}": row for number, row in enumerate(rows_found)}
    engine.dispose()
    return found


def differences(found: Mapping[str, str], expected: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """What is not as expected, by its place: found and expected."""
    names = sorted(set(found) | set(expected))
    return {
        name: (found.get(name, "-"), expected.get(name, "-"))
        for name in names
        if found.get(name) != expected.get(name)
    }
