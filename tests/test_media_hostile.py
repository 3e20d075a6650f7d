"""Damaged and hostile clips, by real workers: each gives its result or a Problem in time, and the next clip works."""

from __future__ import annotations

import random
import struct
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import pytest
from media_files import Hands, frames_of, made_of, make_clip, make_sound, numbers
from PIL import Image, features
from test_media_frames import CONTAINERS

from judge.media.containers import sniff
from judge.media.orders import Made, Unusable

KINDS = {"corrupt", "too_large", "too_long", "no_video", "no_audio", "no_frames", "wrong_kind", "unknown_format"}
WORKS = ("frames", "audio", "mute", "whole")


@pytest.fixture(scope="module")
def hands() -> Iterator[Hands]:
    found = Hands(seconds=15.0)
    yield found
    found.crew.close()


def _outcome(hands: Hands, path: Path, work: str) -> Made | Unusable:
    try:
        return hands.make(path, work=work)
    except Unusable as problem:
        return problem


SEEDS: dict[str, dict[str, Any]] = {
    "clip.mp4": {"b_frames": 2, "sound": "aac", "container": {"movflags": "+faststart"}},
    "clip.mkv": {"b_frames": 2, "sound": "libopus"},
    "clip.ts": {"sound": "aac"},
}


@pytest.mark.parametrize("name", SEEDS)
def test_fifty_damaged_variants_of_a_clip_each_give_frames_or_a_problem(
    hands: Hands, tmp_path: Path, name: str
) -> None:
    raw = make_clip(tmp_path / name, 25, **SEEDS[name]).read_bytes()
    draw = random.Random(name)
    seen: Counter[str] = Counter()
    for number in range(50):
        damaged = bytearray(raw)
        if number % 5 == 4:
            del damaged[draw.randrange(len(raw)) :]
        else:
            reach = 200 if number % 2 else len(raw)  # every second one in the head, where the structure is
            for _ in range(draw.choice([1, 3, 20])):
                damaged[draw.randrange(reach)] ^= 1 << draw.randrange(8)
        path = tmp_path / f"{number}-{name}"
        path.write_bytes(damaged)
        outcome = _outcome(hands, path, WORKS[number % len(WORKS)])
        if isinstance(outcome, Unusable):
            assert outcome.kind in KINDS, (number, outcome.kind, outcome.message)
            assert "Error" not in outcome.message or outcome.kind == "corrupt"
        seen[type(outcome).__name__] += 1
    assert set(seen) >= {"Made", "Unusable"}, seen
    assert numbers(hands.make(tmp_path / name, work="frames", count=3)) == [0, 12, 24], "and the whole one works"


@pytest.mark.parametrize("name", ["still.png", "still.jpg", "still.gif", "still.webp", "still.bmp"])
def test_damaged_images_give_a_picture_or_a_problem(hands: Hands, tmp_path: Path, name: str) -> None:
    Image.effect_noise((40, 30), 90).convert("RGB").save(tmp_path / name)
    raw = (tmp_path / name).read_bytes()
    draw = random.Random(name)
    for number in range(20):
        damaged = bytearray(raw)
        for _ in range(draw.choice([1, 5])):
            damaged[draw.randrange(min(len(raw), 400))] ^= 1 << draw.randrange(8)
        path = tmp_path / f"{number}-{name}"
        path.write_bytes(damaged)
        outcome = _outcome(hands, path, "image")
        assert isinstance(outcome, Made) or outcome.kind in KINDS


def test_a_worker_gives_what_this_process_gives_for_every_kind_of_file(hands: Hands, tmp_path: Path) -> None:
    """A worker can open nothing once it has begun: what a library imports late would be missing."""
    clips = [make_clip(tmp_path / name, 12, **options) for name, options in CONTAINERS.items()]
    codecs = {"a.mp3": "libmp3lame", "a.ogg": "libopus", "a.flac": "flac", "a.wav": "pcm_s16le"}
    sounds = [make_sound(tmp_path / name, codec=codec) for name, codec in codecs.items()]
    exif = Image.Exif()
    exif[0x0112] = 6
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF/></x:xmpmeta>'
    stills = []
    kinds: dict[str, dict[str, Any]] = {
        "jpg": {"exif": exif, "xmp": xmp},
        "png": {"exif": exif},
        "webp": {"exif": exif, "xmp": xmp},
        "gif": {},
        "bmp": {},
        "mpo": {"exif": exif, "save_all": True, "append_images": [Image.new("RGB", (40, 30), "blue")]},
    }
    kinds |= {"avif": {"exif": exif}} if features.check("avif") else {}
    for ending, options in kinds.items():
        stills.append(tmp_path / f"still.{ending}")
        Image.new("RGB", (40, 30), "red").save(stills[-1], **options)
    for paths, works in ((clips, ("frames", "mute", "whole")), (sounds, ("audio",)), (stills, ("image",))):
        for path in paths:
            for work in works:
                here: Made | tuple[str, str]
                try:
                    here = made_of(path, work=work)
                except Unusable as problem:
                    here = (problem.kind, problem.message)
                there = _outcome(hands, path, work)
                assert (there if isinstance(there, Made) else (there.kind, there.message)) == here, (path.name, work)


def _box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + name + body


def _with_reference(raw: bytes, entry: bytes) -> bytes:
    """The mp4 with another data reference, all boxes around it grown to fit."""
    place = raw.index(b"dref") - 4
    old = struct.unpack_from(">I", raw, place)[0]
    new = _box(b"dref", struct.pack(">II", 0, 1) + entry)
    grown = bytearray(raw[:place] + new + raw[place + old :])
    for name in (b"moov", b"trak", b"mdia", b"minf", b"dinf"):
        at = raw.index(name) - 4
        struct.pack_into(">I", grown, at, struct.unpack_from(">I", raw, at)[0] + len(new) - old)
    return bytes(grown)


def _alias(path: Path) -> bytes:
    """A classic Mac alias record that names a file by its absolute path, as FFmpeg reads them."""
    name = path.name.encode()
    full = str(path).replace("/", ":").encode()
    full += b" " * (len(full) % 2)
    head = bytes(10) + bytes([1]) + b"/".ljust(27, b"\0") + bytes(12) + bytes([len(name)]) + name.ljust(63, b"\0")
    tail = bytes(16) + struct.pack(">hh", 1, 1) + bytes(16) + struct.pack(">hh", 2, len(full)) + full
    return _box(b"alis", struct.pack(">I", 0) + head + tail + struct.pack(">hh", -1, 0))


def test_an_mp4_that_refers_to_another_file_shows_nothing_of_it(hands: Hands, tmp_path: Path) -> None:
    secret = make_clip(tmp_path / "secret.mp4", 40)
    raw = make_clip(tmp_path / "outer.mp4", 5).read_bytes()
    wanted = numbers(frames_of(tmp_path / "outer.mp4", count=5))
    url = _box(b"url ", struct.pack(">I", 0) + f"file://{secret}\0".encode())
    for entry in (url, _alias(secret)):
        (tmp_path / "refers.mp4").write_bytes(_with_reference(raw, entry))
        for work in ("frames", "whole", "mute"):
            outcome = _outcome(hands, tmp_path / "refers.mp4", work)
            if isinstance(outcome, Made) and work == "frames":
                assert numbers(outcome) == wanted
            elif isinstance(outcome, Unusable):
                assert outcome.kind in ("corrupt", "no_frames")


def test_attachments_of_a_matroska_file_are_left_alone(hands: Hands, tmp_path: Path) -> None:
    plain = make_clip(tmp_path / "plain.mkv", 10)
    clip = tmp_path / "attached.mkv"
    with av.open(str(plain)) as source, av.open(str(clip), "w") as out:
        copy = out.add_stream_from_template(source.streams.video[0], opaque=True)
        out.add_attachment("../../evil.ttf", "application/x-truetype-font", b"label: joy" * 100)
        for packet in source.demux(source.streams.video[0]):
            if packet.size:
                packet.stream = copy
                out.mux(packet)
    assert b"label: joy" in clip.read_bytes()
    assert numbers(hands.make(clip, work="frames", count=3)) == [0, 4, 9]
    (piece,) = hands.make(clip, work="mute").pieces
    assert b"label: joy" not in piece.raw


def _matroska(*elements: bytes) -> bytes:
    return b"\x1a\x45\xdf\xa3" + b"\x80" + b"".join(elements)


HEADS: dict[str, bytes] = {
    "only a head.mp4": _box(b"ftyp", b"isom\0\0\2\0isomiso2"),
    "playlist in an mp4.mp4": _box(b"ftyp", b"isom") + b"#EXTM3U\nfile:///etc/passwd\n",
    "endless boxes.mp4": _box(b"ftyp", b"isom") + _box(b"moov", _box(b"trak", b"") * 5000),
    "deep boxes.mp4": _box(b"ftyp", b"isom") + (b"\0\0\xff\xffmoov" + b"\0\0\xff\xfftrak") * 2000 + bytes(65_000),
    "huge box.mp4": b"\0\0\0\1mdat" + struct.pack(">Q", 2**62),
    "only a head.mkv": _matroska(),
    "huge element.mkv": _matroska(b"\x18\x53\x80\x67\x08\xff\xff\xff\xff\xff\xff\xff" + bytes(100)),
    "zeros.ts": (b"\x47" + bytes(187)) * 2000,
    "only a head.avi": b"RIFF\x10\0\0\0AVI LIST",
    "only a head.wav": b"RIFF\x24\0\0\0WAVEfmt ",
    "no rate.wav": b"RIFF\x2c\0\0\0WAVEfmt \x10\0\0\0\x01\0" + bytes(14) + b"data\x08\0\0\0" + bytes(8),
    "only a head.ogg": b"OggS" + bytes(60),
    "only a head.flac": b"fLaC" + bytes(60),
    "sync and noise.mp3": b"\xff\xfb" + random.Random(1).randbytes(5000),
    "endless tag.mp3": b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + bytes(1000),
    "noise.aac": b"\xff\xf1" + random.Random(2).randbytes(5000),
    "only a head.flv": b"FLV\x01\x05\0\0\0\x09" + bytes(100),
    "only a head.mpg": b"\0\0\x01\xba" + bytes(500),
}  # fmt: skip


@pytest.mark.parametrize("name", HEADS)
def test_a_file_that_has_the_right_beginning_and_nothing_behind_it_is_a_problem(
    hands: Hands, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    path.write_bytes(HEADS[name])
    assert sniff(HEADS[name][:512]) is not None
    for work in WORKS:
        outcome = _outcome(hands, path, work)
        if isinstance(outcome, Made):  # noise may sound
            assert (work, path.suffix in (".mp3", ".aac")) == ("audio", True)
        else:
            assert outcome.kind in KINDS, (work, outcome.kind, outcome.message)
