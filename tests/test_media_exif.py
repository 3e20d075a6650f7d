"""Photos with odd metadata are pictures all the same; HEIC and AVIF are opened or refused under their own names."""

from __future__ import annotations

import io
import random
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from media_files import opened
from PIL import Image, features

from judge.media import decode
from judge.media.containers import sniff
from judge.media.exif import orientation_of
from judge.media.orders import Bounds, Order, Unusable
from judge.media.sources import open_below

needs_avif = pytest.mark.skipif(not features.check("avif"), reason="this Pillow has no AVIF")
TURNED = (0x0112, 3, 1, struct.pack("<HH", 6, 0))


def _picture(form: str, **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), (200, 30, 60)).save(out, form, **options)
    return out.getvalue()


def _block(*entries: tuple[int, int, int, bytes], order: str = "<", extra: bytes = b"") -> bytes:
    """A TIFF block with one directory."""
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, len(entries))
    body = b"".join(struct.pack(order + "HHI", *entry[:3]) + entry[3] for entry in entries)
    return head + body + struct.pack(order + "I", 0) + extra


def _segment(mark: int, body: bytes) -> bytes:
    return bytes([0xFF, mark]) + struct.pack(">H", len(body) + 2) + body


def _jpeg(*segments: bytes) -> bytes:
    raw = _picture("JPEG")
    return raw[:2] + b"".join(segments) + raw[2:]


def _chunked(name: bytes, body: bytes, *, damaged: bool = False) -> bytes:
    """A PNG with one more chunk before its picture."""
    raw, chunk = _picture("PNG"), name + body
    return raw[:33] + struct.pack(">I", len(body)) + chunk + struct.pack(">I", zlib.crc32(chunk) ^ damaged) + raw[33:]


def _shown(raw: bytes) -> Image.Image:
    (piece,) = decode.make(io.BytesIO(raw), Order(work="image"), Bounds()).pieces
    return opened(piece.raw)


ODD: dict[str, tuple[int, int, int, bytes]] = {
    "XResolution as text": (0x011A, 2, 3, b"72\0\0"),
    "XResolution that is negative": (0x011A, 10, 1, struct.pack("<I", 38)),
    "XResolution that is no number": (0x011A, 11, 1, struct.pack("<f", float("nan"))),
    "XResolution over zero": (0x011A, 5, 1, struct.pack("<I", 46)),
    "ResolutionUnit as text": (0x0128, 2, 4, b"in\0\0"),
    "ImageWidth as text": (0x0100, 2, 3, b"40\0\0"),
    "a count of four thousand millions": (0x010F, 2, 2**32 - 1, struct.pack("<I", 8)),
    "a value behind the end": (0x010F, 2, 100, struct.pack("<I", 60_000)),
    "a type that there is not": (0x0132, 99, 1, b"\0\0\0\0"),
    "no value at all": (0x0132, 3, 0, b"\0\0\0\0"),
    "a directory in a loop": (0x8769, 4, 1, struct.pack("<I", 8)),
    "a directory as text": (0x8769, 2, 4, b"abc\0"),
}


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_tag_of_another_type_length_or_value_fails_no_picture_and_leaves_it_upright(form: str, name: str) -> None:
    block = _block(TURNED, ODD[name], extra=struct.pack("<iiII", -1, 1, 1, 0))
    raw = {
        "JPEG": lambda: _jpeg(_segment(0xE1, b"Exif\0\0" + block)),
        "PNG": lambda: _chunked(b"eXIf", block),
        "WEBP": lambda: _picture("WEBP", exif=block),
    }[form]()
    assert _shown(raw).size == (30, 40)


def test_random_exif_blocks_never_fail_a_picture() -> None:
    draw = random.Random(13)
    for _ in range(150):
        entries = [
            (draw.randrange(0x100, 0x140), draw.randrange(14), draw.choice([0, 1, 3, 2**31]), draw.randbytes(4))
            for _ in range(draw.randrange(6))
        ]
        block = _block(TURNED, *entries, extra=draw.randbytes(60))
        assert _shown(_jpeg(_segment(0xE1, b"Exif\0\0" + block))).size == (30, 40)
        assert _shown(_chunked(b"eXIf", block)).size == (30, 40)


@pytest.mark.parametrize(
    ("kind", "length", "value", "found"),
    [
        (3, 1, struct.pack("<HH", 6, 0), 6),
        (4, 1, struct.pack("<I", 8), 8),
        (1, 1, b"\3\0\0\0", 3),
        (3, 2, struct.pack("<HH", 5, 0), 5),
        (3, 4, struct.pack("<I", 8), 1),
        (3, 0, struct.pack("<HH", 6, 0), 1),
        (3, 1, struct.pack("<HH", 9, 0), 1),
        (3, 1, struct.pack("<HH", 0, 0), 1),
        (9, 1, struct.pack("<i", -6), 1),
        (2, 2, b"6\0\0\0", 1),
        (7, 4, b"\6\0\0\0", 1),
        (3, 2**32 - 1, struct.pack("<I", 2**32 - 1), 1),
    ],
)
def test_an_orientation_is_a_whole_number_from_1_to_8_or_none(kind: int, length: int, value: bytes, found: int) -> None:
    block = _block((0x0112, kind, length, value))
    assert orientation_of({"exif": b"Exif\0\0" + block}) == found
    assert _shown(_jpeg(_segment(0xE1, b"Exif\0\0" + block))).size == ((30, 40) if found >= 5 else (40, 30))


def test_an_orientation_is_read_in_either_byte_order_and_from_text_and_xmp() -> None:
    block = _block((0x0112, 3, 1, struct.pack(">HH", 6, 0)), order=">")
    assert orientation_of({"exif": block}) == 6
    assert orientation_of({"Raw profile type exif": f"\nexif\n  {len(block)}\n{block.hex()}"}) == 6
    assert orientation_of({"Raw profile type exif": "\nexif\n  8\nno digits"}) == 1
    assert orientation_of({"xmp": b'<rdf:Description tiff:Orientation="8"/>'}) == 8
    assert orientation_of({"XML:com.adobe.xmp": "<tiff:Orientation>3</tiff:Orientation>"}) == 3
    assert orientation_of({"xmp": b'tiff:Orientation="0"'}) == 1


@pytest.mark.parametrize("cut", range(40))
def test_a_block_that_ends_anywhere_is_read_as_far_as_it_goes(cut: int) -> None:
    block = _block(TURNED)
    assert orientation_of({"exif": block[:cut]}) == (6 if cut >= 22 else 1)


SEGMENTS = {
    "a JFIF head of three bytes": (0xE0, b"JFIF\0\1"),
    "an Adobe head of six bytes": (0xEE, b"Adobe\0"),
    "a colour profile without a number": (0xE2, b"ICC_PROFILE\0"),
    "resources that end in a name": (0xED, b"Photoshop 3.0\x008BIM\x03\xed"),
    "a list of pictures that is noise": (0xE2, b"MPF\0II*\0\x08\0\0\0\xff\xff"),
    "an Exif block that is noise": (0xE1, b"Exif\0\0\x01\x02"),
    "XMP that is no text": (0xE1, b"http://ns.adobe.com/xap/1.0/\x00\xff\xfe"),
}


@pytest.mark.parametrize("name", SEGMENTS)
def test_what_else_is_odd_in_a_jpeg_is_left_out_and_the_picture_is_still_turned(name: str) -> None:
    photo = _jpeg(_segment(0xE1, b"Exif\0\0" + _block(TURNED)), _segment(*SEGMENTS[name]))
    assert _shown(photo).size == (30, 40)


@pytest.mark.parametrize("name", [b"tEXt", b"zTXt", b"iTXt", b"iCCP", b"gAMA", b"cHRM", b"pHYs", b"tIME", b"acTL"])
@pytest.mark.parametrize("damaged", [False, True])
def test_what_else_is_odd_in_a_png_is_left_out(name: bytes, damaged: bool) -> None:
    for body in (b"", b"\0", b"a\0\0\0\0noise", bytes(40)):
        assert _shown(_chunked(name, body, damaged=damaged)).size == (40, 30)


def test_a_picture_whose_own_data_is_damaged_is_still_corrupt() -> None:
    raw = _chunked(b"tIME", b"")
    place = raw.index(b"IDAT") + 8
    with pytest.raises(Unusable) as problem:
        _shown(raw[:place] + bytes([raw[place] ^ 0xFF]) + raw[place + 1 :])
    assert problem.value.kind == "corrupt"
    with pytest.raises(Unusable, match="its head is damaged"):
        _shown(b"\xff\xd8\xff\xe0" + bytes(100))


def test_of_a_file_with_several_photos_the_first_is_shown() -> None:
    out = io.BytesIO()
    red, blue = Image.new("RGB", (40, 30), "red"), Image.new("RGB", (40, 30), "blue")
    red.save(out, "MPO", save_all=True, append_images=[blue])
    assert _shown(out.getvalue()).getpixel((5, 5))[0] > 200  # type: ignore[index]


@needs_avif
def test_an_avif_is_opened_turned_by_its_own_property_and_of_a_sequence_the_first() -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "label: joy"
    raw = _picture("AVIF", exif=exif)
    assert _shown(raw).size == (30, 40)
    place = raw.index(b"II*\0") if b"II*\0" in raw else raw.index(b"MM\0*")
    assert _shown(raw[:place] + b"\xff" * 12 + raw[place + 12 :]).size == (30, 40), "its Exif is not even looked at"
    out = io.BytesIO()
    red, blue = Image.new("RGB", (40, 30), "red"), Image.new("RGB", (40, 30), "blue")
    red.save(out, "AVIF", save_all=True, append_images=[blue])
    assert (sniff(out.getvalue()[:512]), out.getvalue()[8:12]) == ("avif", b"avis")
    assert _shown(out.getvalue()).getpixel((5, 5))[0] > 200  # type: ignore[index]


@needs_avif
def test_an_avif_that_is_cut_off_is_corrupt_and_one_where_a_clip_should_be_is_named() -> None:
    raw = _picture("AVIF")
    for size in (20, 100, len(raw) - 1):
        with pytest.raises(Unusable) as problem:
            _shown(raw[:size])
        assert problem.value.kind == "corrupt"
    with pytest.raises(Unusable, match="is avif, from which no frames can be made"):
        decode.make(io.BytesIO(raw), Order(work="frames"), Bounds())


def test_without_a_library_for_avif_it_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "check", lambda name: False)
    with pytest.raises(Unusable, match="is AVIF, which the Pillow that is installed cannot open") as problem:
        _shown(_boxes(b"avif"))
    assert problem.value.kind == "unsupported"


def _boxes(*brands: bytes) -> bytes:
    """The head of a file of these brands, the first of which is the major one."""
    body = b"ftyp" + brands[0] + bytes(4) + b"".join(brands)
    return struct.pack(">I", 4 + len(body)) + body + struct.pack(">I", 8) + b"mdat"


@pytest.mark.parametrize(
    ("brands", "name"),
    [
        ((b"heic",), "HEIC"), ((b"heix", b"mif1"), "HEIC"), ((b"mif1", b"heic"), "HEIC"),
        ((b"msf1", b"hevc"), "HEIC"), ((b"hevc", b"msf1"), "HEIC"), ((b"heim",), "HEIC"),
        ((b"mif1",), "HEIF"), ((b"mif1", b"miaf"), "HEIF"), ((b"avci", b"mif1"), "HEIF"),
    ],
)  # fmt: skip
def test_a_heic_is_refused_under_its_own_name_whatever_is_asked_of_it(
    tmp_path: Path, brands: tuple[bytes, ...], name: str
) -> None:
    raw = _boxes(*brands)
    for order in (Order(work="image"), Order(work="frames"), Order(work="audio")):
        with pytest.raises(Unusable, match=f"is {name}, which is not opened: save it as JPEG or PNG") as problem:
            decode.make(io.BytesIO(raw), order, Bounds())
        assert (problem.value.kind, "mov" in problem.value.message) == ("unknown_format", False)
    (tmp_path / "photo.heic").write_bytes(raw)
    with pytest.raises(Unusable, match=f"photo.heic is {name}, which is not opened"):
        open_below(tmp_path, "photo.heic", Bounds())


def test_brands_of_clips_are_clips_and_those_of_avif_are_avif() -> None:
    for clip in ((b"isom", b"avc1"), (b"qt  ",), (b"mp42", b"mif1"), (b"M4A ",), (b"3gp5",)):
        assert sniff(_boxes(*clip)) == "mov"
    for picture in ((b"avif",), (b"avis", b"msf1"), (b"mif1", b"avif"), (b"msf1", b"avis")):
        assert sniff(_boxes(*picture)) == "avif"
