"""How long a file says that it is: what a broken download left out is found before anything is decoded.

Only lengths that a container states exactly are held against the file; a stream without one is taken as it is, and so
is what stands behind the last of what is needed (a line end, a tag, zeros).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO

from judge.media.orders import Unusable

_UNKNOWN_RIFF = 0x7FFFF000
"""Programs that write into a pipe state this or more."""
_SEGMENT = 0x18538067
_BOXES = (b"moov", b"mdat", b"moof")
_MOST_BOXES = 1_000_000
"""Of one file, or chunks."""


def check_extent(file: BinaryIO, kind: str) -> None:
    """Raises Unusable where the file ends before what it says that it holds; the file is left at its beginning."""
    try:
        size, least = file.seek(0, os.SEEK_END), _stated(file, kind)
    finally:
        file.seek(0)
    if least is not None and size < least:
        raise Unusable("corrupt", f"is cut off: {size:,} of {least:,} bytes are there")


def _stated(file: BinaryIO, kind: str) -> int | None:
    """Bytes that the file must have at least; None where nothing is said."""
    if kind == "wav":
        return _wav(file)
    if kind == "avi":
        return _avi(file)
    if kind == "matroska":
        return _matroska(file)
    return _boxes(file) if kind == "mov" else None


def _at(file: BinaryIO, offset: int, count: int) -> bytes:
    file.seek(offset)
    return file.read(count)


def _boxes(file: BinaryIO) -> int:
    """Where the last box of an mp4 ends that holds pictures, sound or their index; raises Unusable without one."""
    end = file.seek(0, os.SEEK_END)
    seen: list[bytes] = []
    least = offset = 0
    while offset + 8 <= end and len(seen) < _MOST_BOXES:
        head = _at(file, offset, 16)
        size = int.from_bytes(head[:4], "big")
        if size == 1:
            size = int.from_bytes(head[8:16], "big")
        if head[4:8] == b"ftyp" and {b"moov", b"mdat"} <= set(seen):
            return least  # what follows is another file, which nobody reads
        seen.append(head[4:8])
        if size < 8 and head[4:8] != b"mdat":  # no box; zeros, most often
            return least
        if size < 8:  # to the end of the file
            offset = end
            break
        offset += size
        if head[4:8] in _BOXES:
            least = max(least, offset)
    rest = _at(file, offset, 8) if offset < end else b""
    if any(rest) and _begins_box(rest, seen):
        return offset + 8
    if least <= end and not {b"moov", b"moof"} & set(seen):
        raise Unusable("corrupt", "is cut off: its index (moov) is not there, as where a recording was not ended")
    if least <= end and b"mdat" not in seen:
        raise Unusable("corrupt", "is cut off: its pictures and its sound (mdat) are not there")
    return least


def _begins_box(rest: bytes, seen: list[bytes]) -> bool:
    """Whether up to seven bytes at the end belong to the file: it lacks a part, or its fragments could go on.

    The size of a box that is smaller than 16 MiB begins with a zero; a line end or a word does not.
    """
    if b"moof" in seen:
        return b"mfra" not in seen and (rest[0] == 0 or seen[-1] == b"moof")
    return not {b"moov", b"mdat"} <= set(seen)


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """(name, offset of the content, stated size) of each chunk of a RIFF file, up to the first that is not in step."""
    end = file.seek(0, os.SEEK_END)
    offset = 12
    for _ in range(_MOST_BOXES):
        if offset + 8 > end:
            return
        head = _at(file, offset, 8)
        size = int.from_bytes(head[4:], "little")
        yield head[:4], offset + 8, size
        offset += 8 + size + size % 2


def _riff_end(file: BinaryIO) -> int | None:
    """What the file's own head says; programs that wrote into a pipe could not know it."""
    size = int.from_bytes(_at(file, 4, 4), "little")
    return 8 + size if 0 < size < _UNKNOWN_RIFF else None


def _wav(file: BinaryIO) -> int | None:
    """The end of the sound, whatever the head says of the whole; where both disagree and the head is right, that."""
    end, whole = file.seek(0, os.SEEK_END), _riff_end(file)
    long = 0  # in files that may be larger than 4 GiB (EBU Tech 3306), where the sizes of 32 bits are all ones
    for name, start, size in _chunks(file):
        if name == b"ds64":
            long = int.from_bytes(_at(file, start + 8, 8), "little")
        if name != b"data":
            continue
        sound = long if size == 0xFFFFFFFF and 0 < long < 2**62 else size
        if sound == 0 or _UNKNOWN_RIFF <= sound < 2**32 or whole in (end, end - 1):
            return None
        return start + sound
    return whole


def _avi(file: BinaryIO) -> int | None:
    """The end of the last chunk of an AVI, whatever the head says of the whole."""
    least = None
    for name, start, size in _chunks(file):
        if name not in (b"LIST", b"idx1", b"JUNK", b"RIFF") or not 0 < size < _UNKNOWN_RIFF:
            break
        least = start + size
    return _riff_end(file) if least is None else least


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
