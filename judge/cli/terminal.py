"""What a person sees: safe text, a progress line, small tables. Nothing from data can move the terminal."""

from __future__ import annotations

import sys
import time
import unicodedata
from collections.abc import Sequence
from typing import TextIO

from judge.cli.guarding import Guarded
from judge.visible import one_line, visible

LINE_SECONDS = 0.1


def say(text: str = "") -> None:
    """One line to stdout, whatever the text holds; what the terminal cannot show is escaped rather than fatal."""
    _print(one_line(text), sys.stdout)


def warn(text: str) -> None:
    """One line to stderr."""
    _print(one_line(text), sys.stderr)


def say_text(text: str) -> None:
    """A text of several lines to stdout; the bar before each tells it from our own lines, which it could imitate."""
    for line in visible(text.replace("\r\n", "\n")).split("\n"):
        _print(f"  │ {line}" if line else "  │", sys.stdout)


def say_bytes(data: bytes) -> bool:
    """Bytes to stdout as they are; False where nothing takes them any more."""
    if isinstance(sys.stdout, Guarded):
        return sys.stdout.write_raw(data)
    sys.stdout.buffer.write(data)
    return True


def _print(text: str, stream: TextIO | None) -> None:
    if stream is None:  # closed before Python started
        return
    encoding = stream.encoding or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding), file=stream)


class Progress:
    """A line on stderr that rewrites itself; silent where stderr is no terminal."""

    def __init__(self) -> None:
        """The clock starts now."""
        self.started = time.monotonic()
        self._shown = 0.0
        self._live = sys.stderr.isatty()
        self._width = 0

    @property
    def seconds(self) -> float:
        """Since the start."""
        return time.monotonic() - self.started

    def show(self, text: str) -> None:
        """Replace the line, ten times a second at most."""
        now = time.monotonic()
        if not self._live or now - self._shown < LINE_SECONDS:
            return
        self._shown = now
        line = one_line(text)
        sys.stderr.write("\r  " + line + " " * max(0, self._width - len(line)))
        sys.stderr.flush()
        self._width = len(line)

    def clear(self) -> None:
        """Take the line away."""
        if self._live and self._width:
            sys.stderr.write("\r" + " " * (self._width + 2) + "\r")
            sys.stderr.flush()


def clock(seconds: float) -> str:
    """0:09, 1:02:03."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, rest = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def dollars(amount: float) -> str:
    """$0.02; small amounts keep two significant digits."""
    return f"${amount:.2f}" if amount >= 0.01 or amount == 0 else f"${amount:.2g}"


def size_text(count: int) -> str:
    """Bytes as 3.4 MiB, 28 KiB."""
    if count < 2**20:
        return f"{-(-count // 1024):,} KiB"
    return f"{count / 2**20:,.1f} MiB" if count < 2**30 else f"{count / 2**30:,.1f} GiB"


def width_of(text: str) -> int:
    """Columns a text takes: wide East Asian characters take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def table(rows: Sequence[Sequence[str]], *, right: frozenset[int] = frozenset()) -> list[str]:
    """Rows as aligned lines; the columns in `right` are aligned to the right."""
    if not rows:
        return []
    rows = [[one_line(cell) for cell in row] for row in rows]  # before they are measured
    widths = [max(width_of(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = []
        for column, cell in enumerate(row):
            gap = " " * (widths[column] - width_of(cell))
            cells.append(gap + cell if column in right else cell + gap)
        lines.append("  ".join(cells).rstrip())
    return lines


def plural(count: int, word: str) -> str:
    """1 item, 2 items, 2 replies."""
    if count == 1:
        return f"{count:,} {word}"
    return f"{count:,} {word[:-1]}ies" if word.endswith("ly") else f"{count:,} {word}s"
