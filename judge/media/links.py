"""The recordings that one sound file holds one behind the other: joined MP3, FLAC, Matroska; "chained" Ogg.

Of the last: RFC 3533, section 4. FFmpeg goes on over a change of format in most files; in these it stops or loses
sound at the head of the next.
"""

from __future__ import annotations

import io
import itertools
import os
import re
from collections.abc import Iterator
from typing import BinaryIO

_PAGE = 27
"""Bytes of the head of an Ogg page before its table of segments."""
_BEGINS = 0x02
_FLAC = b"fLaC\x00\x00\x00\x22"
_FLAC_HEAD = re.compile(rb"fLaC\x00\x00\x00\x22")
"""The mark of a FLAC file and the head of its first block, which is always 34 bytes long (RFC 9639, section 8)."""
_ID3 = re.compile(rb"ID3[\x02-\x04]\x00[\x00-\xff][\x00-\x7f]{4}", re.DOTALL)
"""The head of a tag before an MP3, whose last four bytes hold seven bits each of its length (ID3v2.4, section 3.1)."""
_EBML = re.compile(rb"\x1a\x45\xdf\xa3[\x00-\xff]{1,56}?\x42\x82(?:\x84webm|\x88matroska)", re.DOTALL)
"""The head of a file with its kind (RFC 8794, section 11.2)."""
_BLOCK = 2**20
_MOST = 10_000
"""Recordings in one file."""


class Link(io.RawIOBase):
    """A part of a file as a file of its own."""

    def __init__(self, file: BinaryIO, start: int, end: int, *, head: bytes = b"") -> None:
        """Bytes from `start` up to `end`, the first of them replaced by `head`; closing it leaves the file open."""
        super().__init__()
        self._file, self._start, self._end, self._head = file, start, end, head
        self._at = start

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes; none at the end of the part."""
        left = max(0, self._end - self._at)
        self._file.seek(self._at)
        found = self._file.read(left if size < 0 else min(size, left))
        head = self._head[self.tell() :][: len(found)]
        self._at += len(found)
        return head + found[len(head) :]

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Within the part."""
        base = {os.SEEK_SET: self._start, os.SEEK_CUR: self._at, os.SEEK_END: self._end}[whence]
        self._at = max(self._start, base + offset)
        return self._at - self._start

    def tell(self) -> int:
        """From the part's beginning."""
        return self._at - self._start


def links_of(file: BinaryIO, kind: str) -> Iterator[Link]:
    """Each recording of the file in order; one that is all of the file where it holds one."""
    end = file.seek(0, os.SEEK_END)
    finders = {"ogg": _ogg, "flac": _flac, "mp3": _mp3, "matroska": _ebml}
    found = finders[kind](file) if kind in finders else ()
    starts = [0, *(start for start in itertools.islice(found, _MOST) if start > 0)]
    if kind == "wav" and _is_unended(file):
        yield Link(file, 0, end=end, head=b"RIFF")  # as which it is read to its end
        return
    for start, stop in zip(starts, [*starts[1:], end], strict=True):
        yield Link(file, start, end=stop)


def _is_unended(file: BinaryIO) -> bool:
    """A wav for large files (EBU Tech 3306) whose sizes were never entered, as of one recorded into a pipe."""
    file.seek(0)
    head = file.read(36)
    return head[:4] in (b"RF64", b"BW64") and head[12:16] == b"ds64" and not any(head[28:36])


def _ogg(file: BinaryIO) -> Iterator[int]:
    """Where pages that begin a stream come after pages that do not."""
    offset, begins = 0, True
    while True:
        file.seek(offset)
        head = file.read(_PAGE + 255)
        if len(head) < _PAGE or head[:4] != b"OggS":
            return  # what comes is not in step; FFmpeg looks for the next page itself
        first = bool(head[5] & _BEGINS)
        if first and not begins:
            yield offset
        begins = first
        count = head[26]
        offset += _PAGE + count + sum(head[_PAGE : _PAGE + count])


def _flac(file: BinaryIO) -> list[int]:
    """Where the mark of a FLAC file stands."""
    return _matches(file, _FLAC_HEAD, longest=len(_FLAC))


def _ebml(file: BinaryIO) -> list[int]:
    """Where the head of a Matroska or WebM file stands, as in what browsers record piece by piece."""
    return _matches(file, _EBML, longest=70)


def _mp3(file: BinaryIO) -> list[int]:
    """Where a tag stands that a frame of sound follows."""
    return [place for place in _matches(file, _ID3, longest=10) if _sounds_after(file, place)]


def _sounds_after(file: BinaryIO, place: int) -> bool:
    file.seek(place)
    head = file.read(10)
    size = 0
    for byte in head[6:]:
        size = size << 7 | byte
    file.seek(place + 10 + size)
    rest = file.read(_BLOCK).lstrip(b"\0")  # a tag may be padded beyond its length
    return rest[:1] == b"\xff" and rest[1:2] >= b"\xe0"


def _matches(file: BinaryIO, pattern: re.Pattern[bytes], *, longest: int) -> list[int]:
    """Offsets of all matches in the file, which is read piece by piece."""
    found: list[int] = []
    offset, rest = 0, b""
    file.seek(0)
    while len(found) < _MOST and (block := file.read(_BLOCK)):
        block = rest + block
        found += [offset + match.start() for match in pattern.finditer(block)]
        rest = block[-(longest - 1) :]
        offset += len(block) - len(rest)
    return found
