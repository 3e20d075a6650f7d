"""How long a file says that it is: what a broken download left out is found before anything is decoded.

Only lengths that a container states exactly are held against the file; a stream without one is taken as it is.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO

_UNKNOWN_RIFF = 0x7FFFF000
"""Programs that write into a pipe state this or more."""
_SEGMENT = 0x18538067
_BOXES = (b"moov", b"mdat", b"moof")


def stated(file: BinaryIO, kind: str) -> int | None:
    """Bytes that the file must have at least; None where nothing is said. The file is left at its beginning."""
    try:
        if kind in ("wav", "avi"):
            size = int.from_bytes(_at(file, 4, 4), "little")
            return 8 + size if 0 < size < _UNKNOWN_RIFF else None
        if kind == "matroska":
            return _matroska(file)
        return max(_boxes(file), default=None) if kind == "mov" else None
    finally:
        file.seek(0)


def _at(file: BinaryIO, offset: int, count: int) -> bytes:
    file.seek(offset)
    return file.read(count)


def _boxes(file: BinaryIO) -> Iterator[int]:
    """Where each box of an mp4 ends that holds pictures, sound or their index."""
    end = file.seek(0, os.SEEK_END)
    offset = 0
    while offset + 8 <= end:
        head = _at(file, offset, 16)
        size = int.from_bytes(head[:4], "big")
        if size == 1:
            size = int.from_bytes(head[8:16], "big")
        if size < 8:  # to the end of the file, or no box
            return
        offset += size
        if head[4:8] in _BOXES:
            yield offset
    if any(_at(file, offset, 8)):  # the beginning of another box
        yield offset + 8


def _matroska(file: BinaryIO) -> int | None:
    """The end of the segment, which comes after the head."""
    head = _at(file, 0, 512)
    start, size = _number(head, 4)
    if size is None:
        return None
    place = start + size
    if int.from_bytes(head[place : place + 4], "big") != _SEGMENT:
        return None
    start, size = _number(head, place + 4)
    return None if size is None else start + size


def _number(head: bytes, offset: int) -> tuple[int, int | None]:
    """(offset behind it, value) of a number of EBML; no value where it says `unknown`, or is not there."""
    first = head[offset] if offset < len(head) else 0
    length = 9 - first.bit_length()
    raw = head[offset : offset + length]
    value = int.from_bytes(raw, "big") & ((1 << 7 * length) - 1)
    unknown = length > 8 or len(raw) < length or value == (1 << 7 * length) - 1
    return offset + length, None if unknown else value
