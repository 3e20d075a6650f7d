"""What a picture file says beside its picture: which way is up, and the file again without all the rest.

Only the orientation is read, so that no other tag of another type, length or value than expected fails a picture
(JEITA CP-3451, Exif 2.3, section 4.6; TIFF 6.0, section 2).
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

_ORIENTATION = 0x0112
_FORMATS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i"}
"""Of whole numbers, by the type of a TIFF entry."""
_MOST_ENTRIES = 4096
_XMP = re.compile(r'tiff:Orientation(?:="|>)([1-8])')
_LONGEST_XMP = 2**20
_EXIF_ITEM = re.compile(rb"(infe(?:\x02.{7}|\x03.{9}))Exif", re.DOTALL)
_PNG_NEEDS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})


def orientation_of(info: Mapping[Any, Any]) -> int:
    """From 1 to 8, of what Pillow found in a file; 1 where nothing, or nothing that can be read, says otherwise."""
    block = info.get("exif")
    if block is None:
        block = _from_text(info.get("Raw profile type exif"))
    found = _tag(block) if isinstance(block, bytes) else None
    if found is None:
        found = _from_xmp(info.get("XML:com.adobe.xmp") or info.get("xmp"))
    return found if found is not None and 1 <= found <= 8 else 1


def _tag(block: bytes) -> int | None:
    """The orientation of an Exif block; None where it has none that is a whole number."""
    while block.startswith(b"Exif\0\0"):
        block = block[6:]
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(block[:4])
    if order is None or len(block) < 10:
        return None
    start = struct.unpack_from(order + "I", block, 4)[0]
    if start + 2 > len(block):
        return None
    count = struct.unpack_from(order + "H", block, start)[0]
    for place in range(start + 2, min(start + 2 + 12 * min(count, _MOST_ENTRIES), len(block) - 11), 12):
        tag, kind, length = struct.unpack_from(order + "HHI", block, place)
        if tag == _ORIENTATION:
            return _number(block, order, kind=kind, length=length, place=place + 8)
    return None


def _number(block: bytes, order: str, *, kind: int, length: int, place: int) -> int | None:
    """The first value of an entry; values of more than four bytes stand elsewhere in the block."""
    if kind not in _FORMATS or length == 0:
        return None
    form = order + _FORMATS[kind]
    size = struct.calcsize(form)
    if size * length > 4:
        place = struct.unpack_from(order + "I", block, place)[0]
    return int(struct.unpack_from(form, block, place)[0]) if place + size <= len(block) else None


def _from_text(text: Any) -> bytes | None:
    """The block that ImageMagick writes into a PNG as hexadecimal digits, behind three lines."""
    if not isinstance(text, str):
        return None
    try:
        return bytes.fromhex("".join(text.split("\n")[3:]))
    except ValueError:
        return None


def _from_xmp(text: Any) -> int | None:
    if isinstance(text, bytes):
        text = text[:_LONGEST_XMP].decode("latin-1")
    found = _XMP.search(text[:_LONGEST_XMP]) if isinstance(text, str) else None
    return int(found[1]) if found else None


def bare(file: BinaryIO, kind: str) -> tuple[BinaryIO, bytes | None] | None:
    """(the same picture without what else is in its file, its Exif block) of a jpeg or png; None of another kind."""
    file.seek(0)
    if kind == "jpeg":
        return _bare_jpeg(file.read())
    return (io.BytesIO(b"".join(_needed_chunks(file.read()))), None) if kind == "png" else None


def without_exif_item(file: BinaryIO) -> BinaryIO:
    """An AVIF whose Exif block is not found: its picture is turned by a property of its own (MIAF, section 7.3.6.7)."""
    file.seek(0)
    return io.BytesIO(_EXIF_ITEM.sub(rb"\1free", file.read()))


def _bare_jpeg(raw: bytes) -> tuple[BinaryIO, bytes | None]:
    """Without comments and segments for applications, but for JFIF's and Adobe's, which say what the colours are."""
    kept, exif = [raw[:2]], None
    place = 2
    while place + 4 <= len(raw) and raw[place] == 0xFF:
        mark, size = raw[place + 1], int.from_bytes(raw[place + 2 : place + 4], "big")
        body = raw[place + 4 : place + 2 + size]
        if mark == 0xFF:  # filling
            place += 1
            continue
        if mark == 0xDA or size < 2:  # the picture itself, or no segment
            break
        if mark == 0xE1 and exif is None and body.startswith(b"Exif\0\0"):
            exif = body
        aside = 0xE0 <= mark <= 0xEF or mark == 0xFE
        colours = (mark == 0xEE and len(body) >= 12) or (mark == 0xE0 and body[:5] == b"JFIF\0" and len(body) >= 14)
        if not aside or colours:
            kept.append(raw[place : place + 2 + size])
        place += 2 + size
    return io.BytesIO(b"".join([*kept, raw[place:]])), exif


def _needed_chunks(raw: bytes) -> Iterator[bytes]:
    yield raw[:8]
    place = 8
    while place + 8 <= len(raw):
        size = int.from_bytes(raw[place : place + 4], "big")
        if raw[place + 4 : place + 8] in _PNG_NEEDS:
            yield raw[place : place + 12 + size]
        place += 12 + size
