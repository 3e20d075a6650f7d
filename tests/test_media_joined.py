"""Sound whose format changes midway goes on over the change, in every container that can hold one."""

from __future__ import annotations

import io
import os
from pathlib import Path

import av
import pytest
from media_files import make_sound, wav_facts

from judge.media import decode
from judge.media.links import links_of
from judge.media.orders import Bounds, Made, Order, Unusable

PARTS = {
    "mp3": ("libmp3lame", (44_100, "stereo"), (22_050, "mono"), (48_000, "stereo")),
    "aac": ("aac", (44_100, "stereo"), (44_100, "mono"), (16_000, "mono")),
    "ts": ("aac", (48_000, "mono"), (44_100, "stereo"), (48_000, "mono")),
    "ogg": ("libopus", (48_000, "stereo"), (48_000, "mono"), (48_000, "stereo")),
    "mkv": ("aac", (48_000, "stereo"), (22_050, "mono"), (48_000, "stereo")),
    "webm": ("libopus", (48_000, "stereo"), (48_000, "mono"), (48_000, "stereo")),
    "flac": ("flac", (44_100, "stereo"), (22_050, "mono"), (44_100, "stereo")),
}


def _sound(raw: bytes) -> Made:
    return decode.make(io.BytesIO(raw), Order(work="audio"), Bounds())


def _part(folder: Path, ending: str, codec: str, rate: int, layout: str) -> bytes:
    return make_sound(
        folder / f"{codec}-{rate}-{layout}.{ending}", 1.0, codec=codec, rate=rate, layout=layout
    ).read_bytes()


@pytest.mark.parametrize("ending", PARTS)
def test_sound_that_changes_its_rate_or_channels_is_as_long_as_its_parts(tmp_path: Path, ending: str) -> None:
    codec, *formats = PARTS[ending]
    parts = [_part(tmp_path, ending, codec, *form) for form in formats]
    for joined, seconds in ((parts[:2], 2.0), (parts[1::-1], 2.0), (parts, 3.0), ([*parts, parts[0]], 4.0)):
        (piece,) = _sound(b"".join(joined)).pieces
        channels, width, rate, samples = wav_facts(piece.raw)
        assert (channels, width, rate) == (1, 2, 16_000)
        assert piece.seconds == round(samples / 16_000, 3) == pytest.approx(seconds, abs=0.1 * len(joined))


def test_the_same_sound_twice_is_twice_as_long(tmp_path: Path) -> None:
    for ending, (codec, form, *_) in PARTS.items():
        raw = _part(tmp_path, ending, codec, *form)
        assert _sound(raw + raw).pieces[0].seconds == pytest.approx(2.0, abs=0.2), ending


def test_chained_recordings_of_two_codecs_are_heard_one_after_the_other(tmp_path: Path) -> None:
    opus, flac = _part(tmp_path, "ogg", "libopus", 48_000, "stereo"), _part(tmp_path, "ogg", "flac", 44_100, "stereo")
    for joined in (opus + flac, flac + opus, flac + opus + flac):
        count = joined.count(b"OpusHead") + joined.count(b"\x7fFLAC")
        assert _sound(joined).pieces[0].seconds == pytest.approx(count, abs=0.1)
        assert len(list(links_of(io.BytesIO(joined), "ogg"))) == count


def test_a_part_that_was_cut_off_before_the_next_begins_is_heard_as_far_as_it_goes(tmp_path: Path) -> None:
    first, second = _part(tmp_path, "aac", "aac", 44_100, "stereo"), _part(tmp_path, "aac", "aac", 16_000, "mono")
    seconds = _sound(first[: len(first) // 2] + second).pieces[0].seconds
    assert seconds == pytest.approx(1.5, abs=0.2)


def test_a_recording_that_begins_in_the_middle_of_a_packet_is_heard_from_the_next(tmp_path: Path) -> None:
    for ending, codec in (("mp3", "libmp3lame"), ("aac", "aac")):
        raw = _part(tmp_path, ending, codec, 44_100, "stereo")
        starts = b"\xff\xfb" if ending == "mp3" else b"\xff\xf1"
        place = raw.index(starts, 1000)
        assert _sound(raw[place:]).pieces[0].seconds == pytest.approx(0.95, abs=0.1), ending
    broadcast = _part(tmp_path, "ts", "aac", 44_100, "stereo")
    assert _sound(broadcast[188 * 7 :]).pieces[0].seconds == pytest.approx(0.95, abs=0.1)


def test_tags_between_joined_songs_are_no_sound_and_no_fault(tmp_path: Path) -> None:
    song = _part(tmp_path, "mp3", "libmp3lame", 44_100, "stereo")
    plain = song[song.index(b"\xff\xfb") :]
    cover = b"ID3\x03\0\0\0\1\x20\0" + b"\xff\xfb\x90\x64" * 4000 + b"\xff" * 2
    cover = cover[: 10 + (1 << 14 | 0x20 << 7)] + bytes(max(0, 10 + (1 << 14 | 0x20 << 7) - len(cover)))
    old = b"TAG" + b"A song".ljust(125, b"\0")
    for joined, seconds in (
        (song + old + song, 2.0), (plain + cover + plain, 2.0), (song + song[: len(song) // 2] + song, 2.5),
    ):  # fmt: skip
        assert _sound(joined).pieces[0].seconds == pytest.approx(seconds, abs=0.2)


def test_a_song_that_ends_within_a_frame_is_corrupt(tmp_path: Path) -> None:
    song = _part(tmp_path, "aac", "aac", 44_100, "stereo")
    with pytest.raises(Unusable) as problem:
        _sound(song + song[: len(song) // 2])
    assert problem.value.kind == "corrupt"


def test_a_first_packet_that_is_damaged_is_corrupt_where_the_file_says_where_each_begins(
    tmp_path: Path,
) -> None:
    song = make_sound(tmp_path / "song.m4a", 1.0, codec="aac")
    with av.open(str(song)) as look:
        first = next(look.demux(look.streams.audio[0]))
        start, end = int(first.pos or 0), int(first.pos or 0) + first.size
    raw = bytearray(song.read_bytes())
    raw[start:end] = b"\xff" * (end - start)
    with pytest.raises(Unusable) as problem:
        _sound(bytes(raw))
    assert problem.value.kind == "corrupt"


def test_links_of_a_file_that_is_no_chain_are_the_file(tmp_path: Path) -> None:
    for raw, kind in ((b"OggS" + bytes(60), "ogg"), (b"fLaC", "flac"), (b"", "ogg"), (b"OggS" * 30, "ogg")):
        (link,) = links_of(io.BytesIO(raw), kind)
        assert link.read() == raw
        assert (link.seek(0, os.SEEK_END), link.read(), link.seek(-1 if raw else 0, os.SEEK_CUR)) == (
            len(raw), b"", max(0, len(raw) - 1),
        )  # fmt: skip
