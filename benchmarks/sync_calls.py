"""How many calls a sync makes, how much memory it takes, and how well it uses the allowed rate.

    python -m benchmarks.sync_calls --crm hubspot --leads 10000 --partners 500
    python -m benchmarks.sync_calls --crm hubspot --leads 200000 --partners 2000 --changes 50

Each run is against a sandbox in a process of its own, with the CRM's limits on. Three syncs: the first reads
and writes everything, the second settles, and before the third some leads are changed.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

#: records in a page or batch, by CRM: what the vendor allows, from each connector's BEHAVIOR.md
READ_PAGE = {"hubspot": 200, "salesforce": 2000, "zoho": 2000}
WRITE_BATCH = {"hubspot": 100, "salesforce": 200, "zoho": 100}
#: associations are read apart in HubSpot only, 1,000 records to a call
LINK_BATCH = {"hubspot": 1000}


@contextmanager
def sandbox(crm: str, leads: int, partners: int) -> Iterator[dict[str, Any]]:
    """Serve a sandbox in a process of its own; give what it says of itself."""
    command = [sys.executable, "-m", "fairlead.cli", "sandbox", crm, "--json"]
    command += ["--leads", str(leads), "--partners", str(partners)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    text = ""
    for line in process.stdout:
        text += line
        if line.rstrip() == "}":
            break
    try:
        yield json.loads(text)
    finally:
        process.terminate()
        process.wait()


def fairlead(told: dict[str, Any], *arguments: str) -> tuple[dict[str, Any], float, int]:
    """Run a command of Fairlead; return its JSON, the seconds and the peak memory in MB."""
    environment = {**os.environ, **told["environment"]}
    with tempfile.NamedTemporaryFile("w+") as out:
        began = time.monotonic()
        command = [sys.executable, "-m", "fairlead.cli", *arguments]
        process = subprocess.Popen(command, env=environment, stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
        out.seek(0)
        text = out.read()
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        sys.exit(text)
    return json.loads(text), seconds, usage.ru_maxrss // 1024


def fewest(crm: str, report: dict[str, Any], linked: list[str]) -> int:
    """Return the fewest calls that a first sync can do with: pages, batches, associations."""
    read = sum(math.ceil(each["read"] / READ_PAGE[crm]) for each in report["objects"].values())
    links = 0
    if crm in LINK_BATCH:
        links = sum(math.ceil(report["objects"][name]["read"] / LINK_BATCH[crm]) for name in linked)
    return int(read + links + math.ceil(report["written"] / WRITE_BATCH[crm]))


def settle(told: dict[str, Any], crm: str) -> None:
    """Let the time go by in which a CRM may still show late what was written."""
    if crm == "salesforce":
        # its connector goes by this machine's clock and looks ten minutes back
        time.sleep(620)
    else:
        body = {"advance": 300}
        requests.post(f"{told['url']}/_control/clock", json=body, timeout=60).raise_for_status()


def change(told: dict[str, Any], crm: str, count: int) -> None:
    """Change some leads, as people do."""
    object_ = {"hubspot": "contacts", "salesforce": "Lead", "zoho": "Leads"}[crm]
    name = {
        "hubspot": "fairlead_pages_read",
        "salesforce": "Fairlead_pages_read__c",
        "zoho": "Fairlead_pages_read",
    }
    calls = requests.get(f"{told['url']}/_control", timeout=60).json()
    print(f"  the sandbox answered {calls['calls']:,} calls, {calls['most_in_flight']} at once at most")
    for id_ in told["ids"][:count]:
        body = {"action": "edit", "object": object_, "id": id_, "values": {name[crm]: 7}}
        requests.post(f"{told['url']}/_control/do", json=body, timeout=60).raise_for_status()


def ids_in(folder: str) -> list[str]:
    """Return the ids of the leads in the project's store."""
    with sqlite3.connect(Path(folder) / ".fairlead/store.db") as store:
        return [
            row[0] for row in store.execute("SELECT crm_id FROM mirror WHERE entity = 'lead' ORDER BY id")
        ]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--crm", default="hubspot", choices=sorted(READ_PAGE))
    parser.add_argument("--leads", type=int, default=10_000)
    parser.add_argument("--partners", type=int, default=500)
    parser.add_argument("--changes", type=int, default=50)
    asked = parser.parse_args()
    print(f"{platform.platform()}, CPython {platform.python_version()}, {os.cpu_count()} cores")
    began = time.monotonic()
    with sandbox(asked.crm, asked.leads, asked.partners) as told, tempfile.TemporaryDirectory() as parent:
        size = f"{asked.leads:,} leads, {asked.partners:,} partners"
        print(f"{asked.crm}: {size}; the sandbox started in {time.monotonic() - began:.0f} s")
        folder = str(Path(parent) / "clinic")
        settings = [f"--setting={name}={json.dumps(value)}" for name, value in told["settings"].items()]
        fairlead(told, "init", folder, "--crm", asked.crm, "--json", *settings)
        fairlead(told, "provision", folder, "--json")
        # the rate windows of the set-up are over
        time.sleep(11)
        requests.delete(f"{told['url']}/_control/calls", timeout=60)
        report, seconds, memory = fairlead(told, "sync", folder, "--json")
        _show("first", report, seconds, memory)
        # all but partners point to others
        linked = [name for name in report["objects"] if name != "companies"]
        least = fewest(asked.crm, report, linked)
        calls = report["calls"]["total"]
        setup = report["calls"]["by_kind"].get("setup", 0) + report["calls"]["by_kind"].get("auth", 0)
        without = (calls - setup) / least
        print(f"  fewest possible {least:,}: {calls / least:.2f} times, {without:.2f} without set-up")
        settle(told, asked.crm)
        report, seconds, memory = fairlead(told, "sync", folder, "--json")
        _show("settling", report, seconds, memory)
        settle(told, asked.crm)
        told["ids"] = ids_in(folder)
        change(told, asked.crm, asked.changes)
        report, seconds, memory = fairlead(told, "sync", folder, "--json")
        _show(f"with {asked.changes} changes", report, seconds, memory)


def _show(title: str, report: dict[str, Any], seconds: float, memory: int) -> None:
    calls = report["calls"]
    read = sum(each["read"] for each in report["objects"].values())
    print(
        f"{title}: {report['state']}, {seconds:.1f} s, {memory} MB, {read:,} read, "
        f"{report['written']:,} written, {calls['total']:,} calls {calls['by_kind']}, "
        f"{calls['throttled']} throttled, "
        f"{calls['seconds_waited']:.0f} s waited"
    )


if __name__ == "__main__":
    main()
