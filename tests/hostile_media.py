"""Media files of a stranger's: playlists, references, bombs and tricks with names; what each is, and where it lies."""

# ruff: noqa: E501  a table: one file is one line

from __future__ import annotations

import io
import os
import struct
import wave
import zlib
from collections.abc import Callable
from pathlib import Path

from figures import size
from media_files import make_clip, make_sound
from PIL import Image
from test_media_hostile import _alias, _box, _with_reference

SECRET = "/etc/shadow"
Make = bytes | str | Callable[[Path], object]


def _playlist(target: str) -> str:
    return f"#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI={target}\n#EXTINF:10,\n{target}\n#EXT-X-ENDLIST\n"


def _png(width: int, height: int, *, color: int = 2, rows: int = 0, extra: bytes = b"") -> bytes:
    """A PNG that says so large; with `rows`, so many rows of zeros are really there."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, color, 0, 0, 0))
    size = 1 + width * {0: 1, 2: 3, 6: 4}[color]
    packer = zlib.compressobj(1)
    body = b"".join(packer.compress(bytes(size)) for _ in range(rows)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + head + extra + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def _text_bomb() -> bytes:
    body = b"Comment\0\0" + zlib.compress(bytes(60 * 2**20), 1)
    extra = struct.pack(">I", len(body)) + b"zTXt" + body + struct.pack(">I", zlib.crc32(b"zTXt" + body))
    return _png(16, 16, rows=16, extra=extra)


def _gif(frames: int) -> bytes:
    out = io.BytesIO()
    pictures = [Image.new("P", (2000, 1000), number % 2) for number in range(2)]
    pictures[0].save(out, "GIF", save_all=True, append_images=pictures[1:])
    raw = out.getvalue()
    start = raw.index(b"\x21\xf9")  # what follows the head are frames, each a control block and its picture
    return raw[:start] + raw[start:-1] * frames + b";"


def _wav(rate: int, samples: int, *, channels: int = 1) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(channels)
        sound.setsampwidth(1)
        sound.setframerate(rate)
        sound.writeframes(bytes(samples * channels))
    return out.getvalue()


def _repeated(codec: str, ending: str, times: int) -> Callable[[Path], object]:
    """A second of silence many times over: streams without a container may just be joined."""

    def make(path: Path) -> None:
        one = path.with_name(f"one.{ending}")
        make_sound(one, 1.0, codec=codec, rate=24_000)
        raw = one.read_bytes()
        one.unlink()
        path.write_bytes(raw * times)

    return make


def _patched(old: bytes, new: bytes, *, offset: int = 0) -> Callable[[Path], object]:
    """A sound clip with other bytes behind a mark."""

    def make(path: Path) -> None:
        make_clip(path, 10)
        raw = bytearray(path.read_bytes())
        place = raw.index(old) + len(old) + offset
        raw[place : place + len(new)] = new
        path.write_bytes(raw)

    return make


def _refers(entry: bytes) -> Callable[[Path], object]:
    def make(path: Path) -> None:
        make_clip(path, 5)
        path.write_bytes(_with_reference(path.read_bytes(), entry))

    return make


def _url(target: str) -> bytes:
    return _box(b"url ", struct.pack(">I", 0) + f"{target}\0".encode())


def _reference_movie(target: str) -> bytes:
    """A QuickTime file that is nothing but a pointer to another."""
    text = f"{target}\0".encode()
    data = _box(b"rdrf", struct.pack(">I", 0) + b"url " + struct.pack(">I", len(text)) + text)
    return _box(b"ftyp", b"qt  \0\0\0\0qt  ") + _box(b"moov", _box(b"rmra", _box(b"rmda", data)))


def _link(target: str) -> Callable[[Path], object]:
    return lambda path: path.symlink_to(target)


def _linked_folder(path: Path) -> None:
    """What lies in a folder that is elsewhere."""
    path.parent.rmdir()
    path.parent.symlink_to("/etc")


def _pictures(path: Path) -> None:
    """A file whose name is a pattern, beside the files that the pattern means."""
    for number in range(3):
        Image.new("RGB", (8, 8)).save(path.with_name(f"frame{number:03}.png"))
    Image.new("RGB", (8, 8), "red").save(path, "PNG")


def files(port: int) -> dict[str, tuple[str, Make]]:
    """Name, sense and content of each; `port` is one on which nobody should ever call."""
    web = f"http://127.0.0.1:{port}/x.ts"
    entity = f'<!DOCTYPE a [<!ENTITY x SYSTEM "file://{SECRET}"><!ENTITY y SYSTEM "{web}">]>'
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    svg = f'<svg xmlns:x="http://www.w3.org/1999/xlink"><image x:href="file://{SECRET}"/><image x:href="{web}"/></svg>'
    return {
        "list.m3u8": ("video", _playlist(SECRET)),
        "list.mp4": ("video", _playlist(SECRET)),
        "web list.mp4": ("video", _playlist(web)),
        "list in a box.mp4": ("video", _box(b"ftyp", b"isom") + _playlist(f"file://{SECRET}").encode()),
        "concat.mp4": ("video", f"ffconcat version 1.0\nfile '{SECRET}'\nfile '{web}'\n"),
        "session.sdp": ("video", f"v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video {port} RTP/AVP 96\n"),
        "manifest.mpd": ("video", f'<?xml version="1.0"?>{entity}<MPD><BaseURL>{web}</BaseURL>&x;&y;</MPD>'),
        "laughs.svg": ("image", f'<!DOCTYPE a [<!ENTITY l0 "ha">{laughs}]><svg>&l9;</svg>'),
        "picture.svg": ("image", svg),
        "svg.png": ("image", svg),
        "subtitles.ass": ("video", f"[Script Info]\nAudio File: {SECRET}\nVideo File: {web}\n"),
        "subtitles.idx": ("video", f"# VobSub index file, v7\nid: en, index: 0\n# {SECRET}\n"),
        "url.mov": ("video", _refers(_url(f"file://{SECRET}"))),
        "web url.mov": ("video", _refers(_url(web))),
        "alias.mov": ("video", _refers(_alias(Path(SECRET)))),
        "reference movie.mov": ("video", _reference_movie(f"file://{SECRET}")),
        "web reference movie.mov": ("video", _reference_movie(web)),
        "frame%03d.png": ("image", _pictures),
        "clip.png": ("image", lambda path: make_clip(path.with_suffix(".mp4"), 5).rename(path)),
        "picture.mp4": ("video", lambda path: Image.new("RGB", (8, 8)).save(path, "PNG")),
        "bomb.png": ("image", _png(65_535, 65_535, rows=64)),
        "large.png": ("image", _png(6_000, 6_000, rows=6_000)),
        "large alpha.png": ("image", _png(6_300, 6_300, color=6, rows=6_300)),
        "text bomb.png": ("image", _text_bomb()),
        "bomb.jpg": ("image", b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xc0\0\x11\x08\xff\xff\xff\xff\3\1\x22\0\2\x11\1\3\x11\1"),
        "bomb.bmp": ("image", b"BM" + struct.pack("<IHHIIiiHHIIiiII", 60, 0, 0, 54, 40, 65_535, 65_535, 1, 24, 0, 0, 0, 0, 0, 0)),
        "canvas.gif": ("image", b"GIF89a\xff\xff\xff\xff\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\1\0\1\0\0\2\2D\1\0;"),
        "frames.gif": ("image", _gif(3_000)),
        "wide.mp4": ("video", _patched(b"avc1", b"\xff\xff\xff\xff", offset=24)),
        "many frames.mp4": ("video", _patched(b"stts", b"\0\0\0\1\x7f\xff\xff\xff", offset=4)),
        "many samples.mp4": ("video", _patched(b"stsz", b"\0\0\0\1\x7f\xff\xff\xff", offset=4)),
        "slow.wav": ("audio", _wav(1, 100_000)),
        "channels.wav": ("audio", _wav(16_000, 1_000, channels=4_000)),
        "long.mp3": ("audio", _repeated("libmp3lame", "mp3", 2_000)),
        "long.aac": ("audio", _repeated("aac", "aac", size(20, 2_000))),
        "silence.flac": ("audio", lambda path: make_sound(path, 30.0, codec="flac")),
        "link.mp4": ("video", _link(SECRET)),
        "zero.png": ("image", _link("/dev/zero")),
        "folder/shadow": ("video", _linked_folder),
        "pipe.mp4": ("video", os.mkfifo),
    }  # fmt: skip


NAMES = {
    f"file://{SECRET}": "video", SECRET: "image", f"../../../../../../../..{SECRET}": "image", "concat:clip.mp4|x.mp4": "video",
    f"subfile,,start,0,end,99,,:{SECRET}": "video", "pipe:0": "video", "http://169.254.169.254/x.mp4": "video",
    "data:video/mp4;base64,AAAA": "video", "*.png": "image", "frame*.png": "image", "~/x.mp4": "video", "fd:": "video",
    "|id": "audio", "/dev/stdin": "audio", "/proc/self/environ": "audio", "a\nb.mp4": "video", "x" * 300: "video",
    "folder\\..\\..\\x.png": "image", "\0": "image", "\ud800.png": "image",
}  # fmt: skip
"""Paths in a task's data, of which no file is made."""
