"""A last guard before the terminal: what libraries, warnings and tracebacks print cannot move it either.

An output that is closed or full ends no command: answers still reach their files, and the loss is said at the end.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import re
import sys
from collections.abc import Iterator
from typing import Any, TextIO, cast

_MOVES = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""All control characters but line ends, tabs and the \\r with which a progress line begins anew."""


class Guarded:
    """A stream that writes control characters out and fails no writer; all else is the stream's own."""

    def __init__(self, stream: TextIO | None) -> None:
        """Keep the stream that is written to; None where it was closed when Python started."""
        self._stream = stream
        self.lost: OSError | None = None
        """Why something that was written is gone; nothing more is written then."""

    def write(self, text: str) -> int:
        """Write the text with its control characters as escapes."""
        with self._kept():
            if self.lost is None:
                self._own().write(_MOVES.sub(lambda found: f"\\u{ord(found[0]):04x}", text))
        return len(text)

    def write_raw(self, data: bytes) -> bool:
        """Write bytes as they are, with all that was written before them; False where they are lost."""
        with self._kept():
            if self.lost is None:
                self._own().flush()
                self._own().buffer.write(data)
        return self.lost is None

    def writelines(self, lines: list[str]) -> None:
        """Write one after the other."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Hand on what was written."""
        with self._kept():
            if self.lost is None and self._stream is not None:
                self._stream.flush()

    def isatty(self) -> bool:
        """Whether a person looks at it."""
        return self._stream is not None and self._stream.isatty()

    @property
    def encoding(self) -> str:
        """Of what is written."""
        return getattr(self._stream, "encoding", None) or "utf-8"

    def fileno(self) -> int:
        """The stream's own; raises OSError where there is none."""
        if self._stream is None:
            raise io.UnsupportedOperation("fileno")
        return self._stream.fileno()

    def drop(self) -> None:
        """Let what could not be written go: Python would try it again at its end, and end with a code of its own."""
        if self._stream is not None and self.lost is not None:
            with contextlib.suppress(OSError, ValueError):
                handle = os.open(os.devnull, os.O_WRONLY)
                os.dup2(handle, self._stream.fileno())
                os.close(handle)

    def _own(self) -> TextIO:
        if self._stream is None:
            raise OSError(errno.EBADF, "it is closed")
        return self._stream

    @contextlib.contextmanager
    def _kept(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.lost = error
        except ValueError as error:  # Python's word for a stream that was closed meanwhile
            self.lost = OSError(errno.EBADF, str(error))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextlib.contextmanager
def guarded() -> Iterator[tuple[Guarded, Guarded]]:
    """Guard stdout and stderr while inside."""
    before = sys.stdout, sys.stderr
    inside = Guarded(before[0]), Guarded(before[1])
    sys.stdout, sys.stderr = (cast(TextIO, stream) for stream in inside)
    try:
        yield inside
    finally:
        sys.stdout, sys.stderr = before


def occupy_numbers() -> None:
    """Take the numbers 0, 1 and 2 where they are free.

    Or the next file that is opened would get one, and what a library writes to "stderr" would land in the answers.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
