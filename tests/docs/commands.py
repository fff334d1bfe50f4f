"""`fairlead` for many commands in a row: each in a process of its own, forked from one that imported it once.

A folder for PATH holds a `fairlead` that hands its arguments, folder, environment and streams over a socket.
Three quarters of the time of a small command are imports.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

__all__ = ["CommandServer"]

#: what commands import when they need it: all but what starts threads, which a fork would lose
_IMPORTED = ("cli", "store", "sync", "ledger", "project", "audit", "show")
_SHIM = """#!{python} -IS
import array, json, os, socket, sys
server = socket.socket(socket.AF_UNIX)
server.connect({address!r})
asked = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
streams = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))]
server.sendmsg([len(asked).to_bytes(8, "big")], streams)
server.sendall(asked)
sys.exit(int(server.recv(8) or b"70"))
"""


class CommandServer:
    """The process that commands are forked from; `folder` is for PATH."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        address = folder / "socket"
        shim = folder / "fairlead"
        shim.write_text(_SHIM.format(python=sys.executable, address=str(address)))
        shim.chmod(0o755)
        self._process = subprocess.Popen([sys.executable, __file__, str(address)], stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n"

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.communicate()


def main(address: str) -> None:
    """Fork a process for each connection."""
    import fairlead

    for package in _IMPORTED:
        where = importlib.import_module(f"{fairlead.__name__}.{package}")
        for module in pkgutil.walk_packages(where.__path__, f"{where.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    # the forms of documents are built when the first of each kind is read
    for name in ("partner-programme", "lead-scoring"):
        fairlead.load(f"medical-travel/{name}")
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    server = socket.socket(socket.AF_UNIX)
    server.bind(address)
    server.listen()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        connection, _ = server.accept()
        if os.fork() == 0:
            server.close()
            _run(connection)
        connection.close()


def _run(connection: socket.socket) -> None:
    """Run one command with the streams that came over the socket, tell its exit code, and end."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    length, streams, _, _ = socket.recv_fds(connection, 8, 3)
    asked = b""
    while len(asked) < int.from_bytes(length, "big"):
        asked += connection.recv(65536)
    arguments, folder, environment = json.loads(asked)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    # what the server's own could do, such as seek, these may not
    sys.stdin = os.fdopen(0, closefd=False)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", 1, closefd=False) for number in (1, 2))
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["fairlead", *arguments]
    code = 1
    try:
        code = _code_of_main()
    except Exception:  # noqa: BLE001 - the interpreter, too, prints it and goes on to its end
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        connection.sendall(str(code).encode())
        os._exit(0)


def _code_of_main() -> int:
    from fairlead.cli.__main__ import main as fairlead_main

    try:
        fairlead_main()
    except SystemExit as ended:
        code: Any = ended.code
        return code if isinstance(code, int) else int(code is not None)
    return 0


if __name__ == "__main__":
    main(sys.argv[1])
