"""What stands behind a whole file is no harm, sizes in heads may be wrong, and what is cut off is said to be."""

from __future__ import annotations

import io
import random
import struct
from pathlib import Path
from typing import Any

import pytest
from media_files import make_clip, make_sound, numbers

from judge.media import decode
from judge.media.orders import Bounds, Made, Order, Unusable

TAILS = [b"\n", b"\r\n", b"EOF", b"abcd", b"12345", b"\xff" * 6, b"\0\0\1\2\3\4\5", b"\0" * 7, b"\n" * 8, b" " * 100,
         bytes(3000), b"</body></html>\n", random.Random(5).randbytes(999)]  # fmt: skip
CLIPS: dict[str, dict[str, Any]] = {
    "plain.mp4": {},
    "index-first.mp4": {"movflags": "+faststart"},
    "plain.mov": {},
    "fragments.mp4": {"movflags": "+frag_keyframe+empty_moov"},
}


def _made(raw: bytes, work: Any = "frames", **order: Any) -> Made:
    return decode.make(io.BytesIO(raw), Order(work=work, **order), Bounds())


@pytest.mark.parametrize("name", CLIPS)
def test_a_whole_clip_with_anything_behind_it_is_a_whole_clip(tmp_path: Path, name: str) -> None:
    raw = make_clip(tmp_path / name, 24, container=CLIPS[name]).read_bytes()
    for tail in TAILS:
        assert numbers(_made(raw + tail, count=3)) == [0, 11, 23], tail[:10]
    assert numbers(_made(raw + raw[: len(raw) // 2], count=3))[0] == 0, "half of another download"
    draw = random.Random(name)
    for _ in range(20):
        assert numbers(_made(raw + draw.randbytes(draw.randrange(1, 20)), count=2)) == [0, 23]


def test_a_whole_song_with_anything_behind_it_is_a_whole_song(tmp_path: Path) -> None:
    raw = make_sound(tmp_path / "song.m4a", 0.5, codec="aac").read_bytes()
    for tail in TAILS:
        assert _made(raw + tail, "audio").pieces[0].seconds == pytest.approx(0.5, abs=0.06)


@pytest.mark.parametrize("name", [name for name in CLIPS if name != "fragments.mp4"])
@pytest.mark.parametrize("work", ["frames", "whole", "mute"])
def test_a_clip_that_is_cut_off_anywhere_is_said_to_be(tmp_path: Path, name: str, work: str) -> None:
    raw = make_clip(tmp_path / name, 24, container=CLIPS[name]).read_bytes()
    boxes = [raw.index(b"moov") - 4, raw.index(b"mdat") - 4]
    for size in {len(raw) - 1, len(raw) - 7, len(raw) // 2, *boxes, *(place + 3 for place in boxes), max(boxes) + 8}:
        with pytest.raises(Unusable, match="is cut off") as problem:
            _made(raw[:size], work)
        assert problem.value.kind == "corrupt"


def test_fragments_that_end_within_the_head_of_another_are_cut_off_and_a_line_end_behind_them_is_not(
    tmp_path: Path,
) -> None:
    raw = make_clip(tmp_path / "a.mp4", 36, container=CLIPS["fragments.mp4"]).read_bytes()
    third = raw.rindex(b"moof") - 4
    assert numbers(_made(raw[:third] + b"\n", count=2)) == [0, 23]
    for rest in (4, 7, 20):
        with pytest.raises(Unusable, match="is cut off"):
            _made(raw[: third + rest])


def test_a_recording_without_its_index_is_said_to_be_without_it(tmp_path: Path) -> None:
    raw = make_clip(tmp_path / "a.mp4", 5).read_bytes()
    place = raw.index(b"mdat") - 4
    for size in (bytes(4), raw[place : place + 4]):  # to the end of the file, or as long as it is
        with pytest.raises(Unusable, match=r"its index \(moov\) is not there"):
            _made(raw[:place] + size + raw[place + 4 : raw.index(b"moov") - 4])


@pytest.fixture(name="wav", scope="module")
def _wav(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return make_sound(tmp_path_factory.mktemp("wav") / "a.wav", 1.0, rate=16_000, layout="mono").read_bytes()


def _sized(wav: bytes, *, riff: int | None = None, data: int | None = None) -> bytes:
    """The same file with other sizes in its head and at its sound; -1 is all ones."""
    raw = bytearray(wav)
    for place, size in ((4, riff), (raw.index(b"data") + 4, data)):
        if size is not None:
            struct.pack_into("<I", raw, place, size % 2**32)
    return bytes(raw)


@pytest.mark.parametrize("riff", [None, 0, -1, 1, 4, 100, 10**6, 2**31 - 1, 0x7FFFF000])
@pytest.mark.parametrize("data", [None, 0, -1, 2**31 - 1])
def test_a_wrong_size_in_the_head_of_a_wav_takes_no_sound_away(wav: bytes, riff: int | None, data: int | None) -> None:
    assert _made(_sized(wav, riff=riff, data=data), "audio").pieces[0].seconds == 1.0


def test_a_size_of_the_sound_that_is_odd_or_beyond_the_file_whose_own_size_is_right(wav: bytes) -> None:
    sound = len(wav) - wav.index(b"data") - 8
    for data in (sound - 1, sound + 1, sound + 1000):
        assert _made(_sized(wav, data=data), "audio").pieces[0].seconds == pytest.approx(1.0, abs=0.001)


def test_what_follows_the_sound_of_a_wav_is_no_sound(wav: bytes) -> None:
    for tail in (b"\n", b"LIST\x10\0\0\0" + bytes(16), b"id3 \x05\0\0\0hello", bytes(999)):
        assert _made(wav + tail, "audio").pieces[0].seconds == 1.0


@pytest.mark.parametrize("riff", [None, 0, -1, 100, 10**6])
def test_a_wav_that_is_cut_off_is_said_to_be_whatever_its_head_says(wav: bytes, riff: int | None) -> None:
    for size in (len(wav) - 1, len(wav) // 2):
        with pytest.raises(Unusable, match=f"is cut off: {size:,} of {len(wav):,} bytes are there"):
            _made(_sized(wav, riff=riff)[:size], "audio")


def _long(wav: bytes, *, magic: bytes = b"RF64", sound: int | None = None) -> bytes:
    """The same sound in a file that may be larger than 4 GiB (EBU Tech 3306)."""
    place = wav.index(b"data")
    size = len(wav) - place - 8 if sound is None else sound
    sizes = struct.pack("<IQQQI", 28, len(wav) + 28, size, size // 2, 0)
    head = magic + b"\xff\xff\xff\xffWAVEds64" + sizes + wav[12:place]
    return head + b"data\xff\xff\xff\xff" + wav[place + 8 :]


def test_a_wav_of_the_kind_for_large_files_is_heard_and_is_cut_off_where_it_is(wav: bytes) -> None:
    for magic in (b"RF64", b"BW64"):
        raw = _long(wav, magic=magic)
        assert _made(raw, "audio").pieces[0].seconds == 1.0
        with pytest.raises(Unusable, match="is cut off"):
            _made(raw[: len(raw) // 2], "audio")
        assert _made(_long(wav, magic=magic, sound=0), "audio").pieces[0].seconds == 1.0, "recorded into a pipe"


def test_an_avi_with_a_wrong_size_in_its_head_is_whole_and_one_that_is_cut_off_is_not(tmp_path: Path) -> None:
    raw = make_clip(tmp_path / "a.avi", 24, codec="mpeg4").read_bytes()
    for riff in (0, -1, 100, 10**7):
        changed = raw[:4] + struct.pack("<I", riff % 2**32) + raw[8:]
        assert numbers(_made(changed, count=3)) == [0, 11, 23]
        with pytest.raises(Unusable, match="is cut off"):
            _made(changed[: len(raw) // 2])
    assert numbers(_made(raw + b"\n", count=2)) == [0, 23]
