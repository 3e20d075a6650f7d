"""Delimited text as rows: commas, semicolons or tabs between cells, known by the columns that a caller looks for.

Nothing is guessed from the cells. A header that two delimiters fit alike, and one with a column twice, is a fault.
"""

from __future__ import annotations

import csv
import itertools
import threading
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from judge.errors import Fault, TaskError
from judge.folding import composed

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}
MOST_COLUMNS = 4096
_MOST_HEADER_LINES = 64
_SHOWN = 200
"""Characters of a header in a message."""
_SHORT = 65_536
"""Bytes of a record that csv takes by its own limit on a cell (131,072 characters)."""
_LIMIT = threading.Lock()
"""That limit holds for the whole process: it is raised while one long record is read, and then put back."""
Lines = Iterable[tuple[int, bytes]]


class TableRow(NamedTuple):
    """A record, or the fault why there is none, with the lines at which it begins and ends."""

    begin: int
    end: int
    record: dict[str, str] | Fault
    cells: int


class Table:
    """A file's header and, once, its rows. Raises TaskError where the header or the text as a whole is at fault."""

    def __init__(self, file: str, lines: Lines, *, columns: Collection[str], longest: int) -> None:
        """`lines`: raw, with their numbers; `columns`: what is looked for; `longest`: bytes of one record."""
        self.file = file
        self._longest = longest
        self._taken = 0
        self._number = 0
        self._usual: int | None = None
        """csv's limit as it was, while it is raised."""
        texts = self._texts(lines)
        try:
            head, self._skipped, delimiter = self._head(texts)
            self.shown = "".join(head).strip()[:_SHOWN]
            """The header as it is written."""
            wanted = frozenset(map(composed, columns))
            self.delimiter = delimiter or self._delimiter(head, wanted)
            self._reader = csv.reader(itertools.chain(head, texts), delimiter=self.delimiter, strict=True)
            self.header = tuple(name.strip() for name in self._next() or ())
        except UnicodeDecodeError as error:
            raise self._no_text() from error
        except csv.Error as error:
            raise self._no_csv(1, error) from error
        finally:
            self._restore()
        self._taken = 0
        self.known = not wanted.isdisjoint(map(composed, self.header))
        """True where the header has at least one of the columns that are looked for."""
        self._check()

    def rows(self) -> Iterator[TableRow]:
        """Every record that has a cell; a blank line is none."""
        nameless = [place for place, name in enumerate(self.header) if not name]
        spare = frozenset(nameless if len(nameless) > 1 else ())
        width = len(self.header)
        end = self._line
        begin = end + 1
        try:
            while (cells := self._next()) is not None:
                self._taken = 0
                begin, end = end + 1, self._line
                if len(cells) != width and cells:
                    yield self._fault_of(begin, end, cells=len(cells), text="has more or fewer cells than the header")
                elif spare and cells and any(cells[place].strip() for place in spare):
                    yield self._fault_of(begin, end, cells=width, text="has a cell in a column without a name")
                elif cells:
                    yield TableRow(begin, end, dict(zip(self.header, cells, strict=True)), width)
                begin = end + 1
        except UnicodeDecodeError as error:
            raise self._no_text() from error
        except csv.Error as error:
            raise self._no_csv(begin, error) from error

    def _fault_of(self, begin: int, end: int, *, cells: int, text: str) -> TableRow:
        return TableRow(begin, end, Fault(self.file, end, "", text), cells)

    @property
    def _line(self) -> int:
        return int(self._reader.line_num) + self._skipped

    def _next(self) -> list[str] | None:
        try:
            return next(self._reader, None)
        finally:
            if self._usual is not None:
                self._restore()

    def _raise(self) -> None:
        """Let csv take a long cell; only now, for this record."""
        _LIMIT.acquire()
        self._usual = csv.field_size_limit(self._longest)

    def _restore(self) -> None:
        if self._usual is not None:
            csv.field_size_limit(self._usual)
            self._usual = None
            _LIMIT.release()

    def _texts(self, lines: Lines) -> Iterator[str]:
        for self._number, raw in lines:
            self._taken += len(raw)
            if self._taken > self._longest:
                text = f"is longer than the {self._longest // 2**20} MiB that one record may have"
                raise TaskError(Fault(self.file, self._number, "", text))
            if self._taken > _SHORT and self._usual is None:
                self._raise()
            yield raw.decode("utf-8-sig" if self._number == 1 else "utf-8")

    def _head(self, texts: Iterator[str]) -> tuple[list[str], int, str]:
        """The header's lines, how many stand before it, and the delimiter that such a line names (Excel's sep=;)."""
        first = next(texts, "")
        named = first.strip("\r\n").strip('"')
        if named.startswith("sep=") and named[4:] in DELIMITERS:
            return list(itertools.islice(texts, 1)), 1, named[4:]
        head = [first]
        while "".join(head).count('"') % 2 and len(head) < _MOST_HEADER_LINES:
            more = next(texts, None)
            if more is None:
                break
            head.append(more)
        return head, 0, ""

    def _delimiter(self, head: list[str], columns: frozenset[str]) -> str:
        """The one that finds every column that any finds; where none finds one, the only one that parts the line."""
        headers = {delimiter: names for delimiter in DELIMITERS if (names := self._parted(head, delimiter))}
        found = {delimiter: columns.intersection(map(composed, names)) for delimiter, names in headers.items()}
        every = frozenset().union(*found.values())
        if not every:
            several = [delimiter for delimiter, names in headers.items() if len(names) > 1]
            return several[0] if len(several) == 1 else ","
        best = [delimiter for delimiter, hits in found.items() if hits == every]
        if best and all(headers[delimiter] == headers[best[0]] for delimiter in best):
            return best[0]
        ways = []
        for delimiter, names in headers.items():
            known = [name[:40] for name in names if composed(name) in columns]
            ways += [f"{DELIMITERS[delimiter]} ({', '.join(known)})"] if known else []
        text = f"what stands between its columns is not clear: {' and '.join(ways)}, by the header {self.shown!r}"
        raise TaskError(Fault(self.file, 1, "", text[:600]))

    def _parted(self, head: list[str], delimiter: str) -> list[str]:
        try:
            return [name.strip() for name in next(csv.reader(head, delimiter=delimiter, strict=True), [])]
        except csv.Error:
            return []

    def _check(self) -> None:
        if len(self.header) > MOST_COLUMNS:
            raise TaskError(Fault(self.file, 1, "", f"has more than {MOST_COLUMNS:,} columns"))
        seen: set[str] = set()
        for name in self.header:
            if name and composed(name) in seen:
                text = "stands twice in the header: the second column would silently replace the first"
                raise TaskError(Fault(self.file, 1 + self._skipped, name[:60], text))
            seen.add(composed(name))

    def _no_text(self) -> TaskError:
        return TaskError(Fault(self.file, self._number, "", "is not CSV: not UTF-8 text"))

    def _no_csv(self, line: int, error: csv.Error) -> TaskError:
        return TaskError(Fault(self.file, line, "", f"is not CSV: {error}"))
