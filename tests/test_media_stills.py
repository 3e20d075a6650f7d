"""Still images become upright JPEGs on white, without anything of the file but its picture."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from media_files import made_of, number_in, opened, picture
from PIL import Image

from judge.media.orders import Bounds, Unusable

pytestmark = pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")


@pytest.fixture(autouse=True)
def _pillows_own_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)  # a worker sets it, for itself


def _still(path: Path, **order: Any) -> Image.Image:
    (piece,) = made_of(path, work="image", **order).pieces
    assert piece.mime == "image/jpeg"
    return opened(piece.raw)


def _saved(path: Path, image: Image.Image, **options: Any) -> Path:
    image.save(path, **options)
    return path


def _near(found: Any, wanted: tuple[int, int, int]) -> bool:
    return all(abs(a - b) <= 4 for a, b in zip(found, wanted, strict=True))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_turned_as_its_exif_says_and_carries_no_exif_on(tmp_path: Path, orientation: int) -> None:
    upright = Image.fromarray(picture(0b101100000001))
    undo = {2: [0], 3: [3], 4: [1], 5: [5], 6: [2], 7: [6], 8: [4]}  # as a camera that was held that way stores it
    stored = upright
    for step in undo.get(orientation, []):
        stored = stored.transpose(Image.Transpose(step))
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = "label: joy"
    shown = _still(_saved(tmp_path / "photo.jpg", stored, exif=exif, quality=95))
    assert (shown.size, number_in(shown)) == (upright.size, 0b101100000001)
    assert not shown.getexif()


def test_what_a_file_says_beside_its_picture_is_not_sent(tmp_path: Path) -> None:
    red = Image.new("RGB", (20, 10), "red")
    for name, options in (("a.jpg", {"comment": b"label: joy"}), ("a.gif", {"comment": b"label: joy"})):
        path = _saved(tmp_path / name, red, **options)
        assert b"label" in path.read_bytes()
        assert b"label" not in made_of(path, work="image").pieces[0].raw


@pytest.mark.parametrize(
    ("mode", "colour", "name", "options", "shown"),
    [
        ("RGBA", (255, 0, 0, 0), "clear.png", {}, (255, 255, 255)),
        ("RGBA", (255, 0, 0, 128), "half.png", {}, (255, 127, 127)),
        ("RGBA", (0, 0, 255, 0), "clear.webp", {"lossless": True}, (255, 255, 255)),
        ("LA", (0, 0), "gray-clear.png", {}, (255, 255, 255)),
        ("P", 7, "palette.png", {}, (7, 0, 0)),
        ("P", 7, "palette-clear.png", {"transparency": 7}, (255, 255, 255)),
        ("P", 7, "palette.gif", {}, (7, 0, 0)),
        ("CMYK", (0, 255, 255, 0), "print.jpg", {"quality": 95}, (255, 0, 0)),
        ("L", 99, "gray.bmp", {}, (99, 99, 99)),
        ("1", 1, "bit.png", {}, (255, 255, 255)),
        ("RGB", (1, 200, 3), "colour.webp", {"lossless": True}, (1, 200, 3)),
    ],
)
def test_every_kind_of_colour_becomes_rgb_on_white(
    tmp_path: Path, mode: str, colour: Any, name: str, options: dict[str, Any], shown: tuple[int, int, int]
) -> None:
    image = Image.new(mode, (20, 10), colour)
    if mode == "P":
        image.putpalette([value for index in range(256) for value in (index, 0, 0)])
    found = _still(_saved(tmp_path / name, image, **options), quality=95)
    assert (found.mode, found.size) == ("RGB", (20, 10))
    assert _near(found.getpixel((10, 5)), shown)


def test_sixteen_bit_grays_keep_their_shades(tmp_path: Path) -> None:
    ramp = np.repeat(np.linspace(0, 65_535, 256).astype(np.uint16)[None, :], 16, axis=0)
    found = _still(_saved(tmp_path / "deep.png", Image.fromarray(ramp)))
    for value in (0, 64, 128, 192, 255):
        assert _near(found.getpixel((value, 8)), (value, value, value))


@pytest.mark.parametrize("name", ["moving.gif", "moving.png", "moving.webp"])
def test_of_an_animation_the_first_frame_is_sent(tmp_path: Path, name: str) -> None:
    first, second = Image.new("RGB", (20, 10), "red"), Image.new("RGB", (20, 10), "blue")
    path = _saved(tmp_path / name, first, save_all=True, append_images=[second])
    assert _near(_still(path).getpixel((5, 5)), (254, 0, 0))


@pytest.mark.parametrize(
    ("size", "most", "shown"), [((900, 300), 300, (300, 100)), ((300, 900), 300, (100, 300)), ((30, 20), 300, (30, 20))]
)
def test_an_image_keeps_its_shape_and_is_never_enlarged(
    tmp_path: Path, size: tuple[int, int], most: int, shown: tuple[int, int]
) -> None:
    assert _still(_saved(tmp_path / "a.png", Image.new("RGB", size)), size=most).size == shown


@pytest.mark.parametrize("name", ["noise.jpg", "noise.png", "noise.webp", "noise.bmp", "noise.gif"])
def test_a_truncated_image_is_corrupt_and_never_half_gray(tmp_path: Path, name: str) -> None:
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 255, (64, 64, 3)).astype(np.uint8))
    path = _saved(tmp_path / name, noise)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(Unusable, match="cannot be decoded") as problem:
        _still(path)
    assert problem.value.kind == "corrupt"


def _png(width: int, height: int) -> bytes:
    """A small file that says it is large."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(10**6), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(65_535, 65_535), (7_000, 7_000), (2**31 - 1, 1)])
def test_a_picture_bomb_is_refused_by_its_header(tmp_path: Path, size: tuple[int, int]) -> None:
    (tmp_path / "bomb.png").write_bytes(_png(*size))
    with pytest.raises(Unusable, match="40,000,000") as problem:
        _still(tmp_path / "bomb.png")
    assert problem.value.kind == "too_large"


def test_a_limit_on_pixels_is_kept(tmp_path: Path) -> None:
    path = _saved(tmp_path / "a.png", Image.new("RGB", (100, 100)))
    assert _still(path, bounds=Bounds(pixels=10_000)).size == (100, 100)
    with pytest.raises(Unusable, match="100 x 100 pixels; 9,999 are allowed"):
        _still(path, bounds=Bounds(pixels=9_999))


def test_an_image_named_as_a_clip_is_of_the_wrong_kind(tmp_path: Path) -> None:
    path = _saved(tmp_path / "a.png", Image.new("RGB", (20, 10))).rename(tmp_path / "a.mp4")
    for work in ("frames", "audio", "whole", "mute"):
        with pytest.raises(Unusable, match=f"is png, from which no {work} can be made") as problem:
            made_of(path, work=work)
        assert problem.value.kind == "wrong_kind"
    assert _still(path).size == (20, 10)
