"""Writing a file whole or not at all."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO

from fairlead.problems import Problem, UsageError

__all__ = ["STANDARD_STREAM", "OutputFile"]

#: what stands for standard input or output where a path is expected
STANDARD_STREAM = "-"

_BUFFER = 256 * 1024


class OutputFile:
    """A file being written: it has its name once the `with` block is left without an error.

    `-` is standard output; a path that is no regular file, such as a pipe, is written to directly. Raises
    UsageError where the file cannot be written, and BrokenPipeError where its reader has gone.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._draft: Path | None = None
        self._mode: int | None = None
        if path == STANDARD_STREAM:
            sys.stdout.flush()
            self._stream: IO[bytes] = sys.stdout.buffer
            return
        # a link stays a link
        self._target = Path(os.path.realpath(path))
        with self._named_errors():
            self._mode = self._target.stat().st_mode if self._target.exists() else None
            if self._mode is not None and not stat.S_ISREG(self._mode):
                self._stream = self._target.open("wb")
            else:
                self._draft = self._target.with_name(f".{self._target.name}.{os.getpid()}.draft")
                self._stream = self._draft.open("wb", buffering=_BUFFER)

    def write(self, content: bytes) -> None:
        """Write all of the bytes."""
        with self._named_errors():
            self._stream.write(content)

    def __enter__(self) -> OutputFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._path == STANDARD_STREAM:
            if kind is None:
                with self._named_errors():
                    self._stream.flush()
            return
        if kind is not None:
            self._discard()
            return
        try:
            with self._named_errors():
                self._stream.close()
                if self._draft is not None:
                    if self._mode is not None:
                        self._draft.chmod(stat.S_IMODE(self._mode))
                    self._draft.replace(self._target)
        except BaseException:
            self._discard()
            raise

    def _discard(self) -> None:
        # closing writes what is buffered, and may fail as the write before it did
        try:
            self._stream.close()
        except OSError:
            pass
        finally:
            if self._draft is not None:
                self._draft.unlink(missing_ok=True)

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            raise
        except OSError as error:
            reason = (error.strerror or "unknown reason").lower()
            if isinstance(error, FileNotFoundError):
                reason = "its folder does not exist"
            message = f"`{self._path}` cannot be written: {reason}"
            raise UsageError([Problem("unwritable-file", message, file=self._path)]) from error
