"""What the figures were measured on, and the command that is measured."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

__all__ = ["command", "machine", "measured"]


def machine() -> str:
    """Return processor, cores, operating system and Python in one line."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{_processor()}, {cores} cores, {platform.system()} {platform.machine()}, {python}"


def command() -> list[str]:
    """Return how to run `fairlead` with this Python: the installed script, else the module."""
    script = Path(sys.executable).with_name("fairlead")
    return [str(script)] if script.exists() else [sys.executable, "-m", "fairlead.cli"]


#: runs a command and prints its seconds, peak kB and exit code. A process counts the memory of the one that
#: started it as its own, so a small one has to
_RUNNER = """
import os, subprocess, sys, time
start = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
process.returncode = os.waitstatus_to_exitcode(status)
print(time.perf_counter() - start, usage.ru_maxrss, process.returncode)
"""


def measured(line: list[str]) -> tuple[float, float]:
    """Run a command; return seconds and peak resident MB of its whole process, its start included.

    Stops the benchmark where the command fails.
    """
    runner = [sys.executable, "-S", "-c", _RUNNER, *line]
    output = subprocess.run(runner, check=True, stdout=subprocess.PIPE, text=True)  # our own command
    seconds, kilobytes, code = output.stdout.split()
    if code != "0":
        sys.exit(f"`{' '.join(line)}` ended with exit code {code}")
    return float(seconds), int(kilobytes) / 1024


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown processor"
