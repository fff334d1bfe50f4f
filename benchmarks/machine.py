"""What the figures were measured on, and the command that is measured."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

__all__ = ["command", "machine"]


def machine() -> str:
    """Return processor, cores, operating system and Python in one line."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{_processor()}, {cores} cores, {platform.system()} {platform.machine()}, {python}"


def command() -> list[str]:
    """Return how to run `fairlead` with this Python: the installed script, else the module."""
    script = Path(sys.executable).with_name("fairlead")
    return [str(script)] if script.exists() else [sys.executable, "-m", "fairlead.cli"]


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown processor"
