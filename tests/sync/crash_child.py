"""Runs that may kill themselves at a chosen step, each in a process forked from this one.

Lines of JSON on standard input ask for runs: `folder`, `environment`, `now` (the instant at which the clock
stands still), `what` (`sync` or `provision`) and `step`, which counts the boundaries between I/O steps from
1; 0 runs to the end, -1 dies between the commit of the decision log and its anchor. Each run answers with
two lines: its process id, and what became of it: `{"code": 0, "out": "done 14"}`.

A run `in_peace` is made by this process itself. It leaves everything imported and built that a run needs, so
that a fork takes half of the time.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import fairlead.plugins.http
import fairlead.store.store
from fairlead import project
from fairlead.plugins.recent_calls import RecentCalls
from fairlead.problems import FairleadError
from fairlead.project import Project
from fairlead.store.anchor import AnchorFile
from fairlead.store.opening import open_engine
from fairlead.sync.place import locked, open_store
from fairlead.sync.provisioning import provision
from fairlead.sync.runner import sync
from fairlead.sync.session import Session, open_session

#: the step at which the decision log is committed and not yet anchored
BEFORE_ANCHOR = -1
_OPENED: dict[str, Project] = {}


def die() -> None:
    """End as a machine without power ends."""
    os.kill(os.getpid(), signal.SIGKILL)


def opened(request: Mapping[str, Any]) -> Project:
    """Return the project, opened once, with its rulesets compiled."""
    folder = request["folder"]
    if folder not in _OPENED:
        _OPENED[folder] = project.open(Path(folder))
        session = session_of(_OPENED[folder], request)
        session.plan(session.clock())
        session.connector.close()
    return _OPENED[folder]


def session_of(found: Project, request: Mapping[str, Any]) -> Session:
    """Return a session at the instant asked for."""
    now = datetime.fromisoformat(request["now"])
    return open_session(
        found,
        environment=request["environment"],
        clock=lambda: now,
        context=lambda made: replace(made, recent=RecentCalls(), timeout=(2.0, 5.0)),
    )


def run_sync(session: Session, request: Mapping[str, Any]) -> str:
    """Run, and die at the step; return the state and the number of steps."""
    passed = 0

    def event(name: str, **members: Any) -> None:
        nonlocal passed
        passed += 1
        if passed == request["step"]:
            die()

    if request["step"] == BEFORE_ANCHOR:
        # the process ends here, so nothing puts the method back
        AnchorFile.append = lambda *_, **__: die()  # type: ignore[method-assign]
    with locked(session.project), open_store(session.project, request["environment"]) as store:
        report = sync(session, store, event=event)
    return f"{report.state} {passed}"


def run_provision(session: Session, request: Mapping[str, Any]) -> str:
    """Create the fields of ours."""
    steps = provision(session, dry_run=False)
    failed = [step for step in steps if step.failure]
    return f"failed {failed}" if failed else f"done {len(steps)}"


RUNS: Mapping[str, Callable[[Session, Mapping[str, Any]], str]] = {
    "sync": run_sync,
    "provision": run_provision,
}


def run(request: Mapping[str, Any]) -> str:
    """Do what is asked for and return what became of it."""
    try:
        session = session_of(opened(request), request)
        try:
            return RUNS[request["what"]](session, request)
        finally:
            session.connector.close()
    except FairleadError as error:
        return f"failed {error}"


def in_peace(request: Mapping[str, Any]) -> None:
    """Run in this process and tell what became of it."""
    tell({"pid": os.getpid()})
    tell({"code": 0, "out": run(request)})


def forked(request: Mapping[str, Any]) -> None:
    """Run in a process of its own and tell what became of it."""
    opened(request)
    reading, writing = os.pipe()
    # a collection in the child would copy every page of this process
    gc.freeze()
    child = os.fork()
    if child == 0:
        os.close(reading)
        os.write(writing, run(request).encode())
        os._exit(0)
    os.close(writing)
    tell({"pid": child})
    with os.fdopen(reading, "rb") as stream:
        out = stream.read().decode()
    _, status = os.waitpid(child, 0)
    tell({"code": os.waitstatus_to_exitcode(status), "out": out})


def tell(value: Any) -> None:
    """Write one line."""
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    # as the command line does
    gc.set_threshold(50_000, 20, 20)
    # the sandboxes have their limits off: keeping to them would be most of the time
    fairlead.plugins.http._limiter = lambda *_: None
    # a closed engine opens anew with its statements compiled
    fairlead.store.store.open_engine = cache(open_engine)  # type: ignore[attr-defined]
    for line in sys.stdin:
        asked = json.loads(line)
        (in_peace if asked["in_peace"] else forked)(asked)
