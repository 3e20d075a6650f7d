"""Every row that is left in a cache's SQLite file, read page by page: neither its trees nor its header need be whole.

A row counts by its own checksum alone, so that damage loses rows and never changes one. It writes nothing.
"""

from __future__ import annotations

import dataclasses
import mmap
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Self

from providers.cache import checksum

PAGE = 4096
"""What SQLite uses unless told otherwise, and so what every cache has."""
_TABLE_LEAF, _INDEX_LEAF, _INDEX_INNER = 13, 10, 2
_MOST_GUESSED = 64
"""Cells that are looked for on a page whose own count cannot be true."""
_WAL_HEADER, _FRAME_HEADER = 32, 24
_DEEPEST = 2**31
_NUMBERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
"""Bytes of an integer, by its serial type."""


class Row(NamedTuple):
    """One row of the table, as its bytes say it."""

    rowid: int
    key: str
    value: bytes
    sum: bytes
    at: float | None
    owner: str | None

    @property
    def whole(self) -> bool:
        """True where value and key are what was stored."""
        return checksum(self.key, self.value) == self.sum


@dataclasses.dataclass(slots=True, kw_only=True)
class Found:
    """What a scan met besides the rows it gave."""

    known: set[str] = dataclasses.field(default_factory=set)
    """Keys that the index names."""
    broken: set[str] = dataclasses.field(default_factory=set)
    """Keys of rows that do not match their checksum."""


class Torn(ValueError):
    """These bytes are no cell."""


class Pages:
    """The pages of a database file and of the log beside it; the latest committed version of a page is its page."""

    def __init__(self, path: Path) -> None:
        """Maps the file; one that is empty or gone has what its log has."""
        wal = path.with_name(path.name + "-wal")
        self._map: mmap.mmap | bytes = b""
        if path.is_file() and path.stat().st_size:
            with path.open("rb") as file:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        head = self._map[:100]
        size = struct.unpack_from(">H", head, 16)[0] if len(head) == 100 else 0
        size = 65536 if size == 1 else size
        self.size = size if size >= 512 and size & (size - 1) == 0 else PAGE
        self.reserved = head[20] if len(head) == 100 and head[20] < self.size // 2 else 0
        self._newer, self._loose = _frames(wal, self.size)
        self.bytes = len(self._map) + sum(len(versions) for versions in self._newer.values()) * self.size

    def __enter__(self) -> Self:
        """The pages, to be closed again."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the file."""
        if isinstance(self._map, mmap.mmap):
            self._map.close()

    def versions(self) -> Iterator[tuple[int, bytes]]:
        """Every page by its number, older versions first."""
        count = -(-len(self._map) // self.size)
        for number in range(1, max([count, *self._newer]) + 1):
            if number <= count:
                yield number, self._main(number)
            for page in self._newer.get(number, ()):
                yield number, page
        yield from self._loose

    def latest(self, number: int) -> bytes:
        """One page as it is now."""
        return self._newer[number][-1] if number in self._newer else self._main(number)

    def _main(self, number: int) -> bytes:
        return self._map[(number - 1) * self.size : number * self.size]


def _frames(wal: Path, size: int) -> tuple[dict[int, list[bytes]], list[tuple[int, bytes]]]:
    """The committed frames of a write-ahead log, by page, and those at its end without a commit.

    SQLite stops at the first frame that is damaged; the rows of those behind it are whole all the same.
    """
    try:
        raw = wal.read_bytes()
    except OSError:
        raw = b""
    starts = range(_WAL_HEADER, len(raw) - _FRAME_HEADER - size + 1, _FRAME_HEADER + size)
    salts = raw[16:24]
    if starts and not any(raw[start + 8 : start + 16] == salts for start in starts):
        salts = raw[starts[0] + 8 : starts[0] + 16]  # the header's own are damaged
    found: dict[int, list[bytes]] = {}
    waiting: list[tuple[int, bytes]] = []
    for start in starts:
        number, commit = struct.unpack_from(">II", raw, start)
        if raw[start + 8 : start + 16] != salts or not 0 < number < _DEEPEST // size:
            continue  # of an earlier round of the log
        waiting.append((number, raw[start + _FRAME_HEADER : start + _FRAME_HEADER + size]))
        if commit:
            for page_number, page in waiting:
                found.setdefault(page_number, []).append(page)
            waiting.clear()
    return found, waiting


def rows(pages: Pages, found: Found) -> Iterator[Row]:
    """Every whole row, an older one of the same key first; what is not whole is noted in `found`."""
    for number, page in pages.versions():
        kind = page[100 if number == 1 else 0 : 101 if number == 1 else 1]
        if kind in (bytes([_INDEX_LEAF]), bytes([_INDEX_INNER])):
            found.known.update(_keys_of_index(pages, page, number, inner=kind[0] == _INDEX_INNER))
        elif number > 1:  # the first page holds SQLite's own table
            for offset in _cells(page, number, head=8):
                try:
                    row = _row(pages, page, offset)
                except (Torn, ValueError, IndexError, struct.error):
                    continue
                if row.whole:
                    yield row
                else:
                    found.broken.add(row.key)


def _cells(page: bytes, number: int, *, head: int) -> Iterator[int]:
    """Where the cells of a page begin, as far as that can be true."""
    start = 100 if number == 1 else 0
    if len(page) < start + head:
        return
    (count,) = struct.unpack_from(">H", page, start + 3)
    first = start + head
    most = (len(page) - first) // 2
    for index in range(count if count <= most else min(most, _MOST_GUESSED)):
        (offset,) = struct.unpack_from(">H", page, first + 2 * index)
        if first < offset < len(page):
            yield offset


def _row(pages: Pages, page: bytes, offset: int) -> Row:
    length, offset = _varint(page, offset)
    rowid, offset = _varint(page, offset)
    payload = _payload(pages, page, offset, length=length, most=pages.size - pages.reserved - 35)
    values = _record(payload)
    key, value, total, *rest = values
    if not (isinstance(key, bytes) and isinstance(value, bytes) and isinstance(total, bytes)):
        raise Torn
    at = rest[0] if rest and isinstance(rest[0], int | float) else None  # SQLite keeps a whole number as an integer
    owner = rest[1].decode("utf-8") if len(rest) > 1 and isinstance(rest[1], bytes) else None
    return Row(rowid, key.decode("utf-8"), value, total, None if at is None else float(at), owner)


def _keys_of_index(pages: Pages, page: bytes, number: int, *, inner: bool) -> Iterator[str]:
    usable = pages.size - pages.reserved
    for start in _cells(page, number, head=12 if inner else 8):
        try:
            length, offset = _varint(page, start + 4 if inner else start)
            payload = _payload(pages, page, offset, length=length, most=(usable - 12) * 64 // 255 - 23)
            key = _record(payload)[0]
            if isinstance(key, bytes):
                yield key.decode("utf-8")
        except (Torn, ValueError, IndexError, struct.error):
            continue


def _payload(pages: Pages, page: bytes, offset: int, *, length: int, most: int) -> bytes:
    """The bytes of a cell, those on overflow pages too."""
    if not 0 < length <= pages.bytes:  # pages may point at each other in a circle
        raise Torn
    usable = pages.size - pages.reserved
    if length <= most:
        return _exactly(page[offset : offset + length], length)
    least = (usable - 12) * 32 // 255 - 23
    local = least + (length - least) % (usable - 4)
    local = local if local <= most else least
    parts, left = [_exactly(page[offset : offset + local], local)], length - local
    (following,) = struct.unpack_from(">I", page, offset + local)
    while left > 0:
        if not following:
            raise Torn
        over = pages.latest(following)
        (following,) = struct.unpack_from(">I", over, 0)
        piece = over[4 : 4 + min(left, usable - 4)]
        if not piece:
            raise Torn
        parts.append(piece)
        left -= len(piece)
    return b"".join(parts)


def _exactly(piece: bytes, length: int) -> bytes:
    if len(piece) != length:
        raise Torn
    return piece


def _record(payload: bytes) -> list[bytes | float | int | None]:
    """The columns of a record: texts and blobs as bytes."""
    head, at = _varint(payload, 0)
    kinds = []
    while at < head:
        kind, at = _varint(payload, at)
        kinds.append(kind)
    values: list[bytes | float | int | None] = []
    for kind in kinds:
        size = _NUMBERS.get(kind, 8 if kind == 7 else (kind - 12) // 2 if kind >= 12 else 0)
        raw = _exactly(payload[at : at + size], size)
        at += size
        if kind >= 12:
            values.append(raw)
        elif kind == 7:
            values.append(struct.unpack(">d", raw)[0])
        else:
            values.append(int.from_bytes(raw, "big", signed=True) if kind in _NUMBERS else None)
    return values


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for index in range(8):
        byte = data[at + index]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + index + 1
    return value << 8 | data[at + 8], at + 9
