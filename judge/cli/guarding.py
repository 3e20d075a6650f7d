"""A last guard before the terminal: what libraries, warnings and tracebacks print cannot move it either."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Iterator
from typing import Any, TextIO, cast

_MOVES = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""All control characters but line ends, tabs and the \\r with which a progress line begins anew."""


class Guarded:
    """A stream that writes control characters out; all else is the stream's own."""

    def __init__(self, stream: TextIO) -> None:
        """Keep the stream that is written to."""
        self._stream = stream

    def write(self, text: str) -> int:
        """Write the text with its control characters as escapes."""
        self._stream.write(_MOVES.sub(lambda found: f"\\u{ord(found[0]):04x}", text))
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        """Write one after the other."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextlib.contextmanager
def guarded() -> Iterator[None]:
    """Guard stdout and stderr while inside."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (cast(TextIO, Guarded(stream)) for stream in before)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
