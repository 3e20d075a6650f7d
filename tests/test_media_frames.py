"""Frames come out of real clips at the exact times: each picture carries its own number, which is read back."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from media_files import HEIGHT, WIDTH, frames_of, make_clip, number_in, numbers, opened, remuxed

from judge.media import decode
from judge.media.choosing import Track
from judge.media.orders import Bounds, Order, Unusable

CONTAINERS: dict[str, dict[str, Any]] = {
    "plain.mp4": {},
    "b-frames.mp4": {"b_frames": 3},
    "b-frames.mkv": {"b_frames": 3},
    "b-frames.mov": {"b_frames": 3},
    "b-frames.ts": {"b_frames": 3},
    "h264-b-frames.avi": {"b_frames": 3},
    "mpeg4-b-frames.avi": {"codec": "mpeg4", "b_frames": 2},
    "mjpeg.avi": {"codec": "mjpeg", "pixels": "yuvj420p"},
    "mpeg2.mpg": {"codec": "mpeg2video", "b_frames": 2},
    "flash.flv": {},
    "vp8.webm": {"codec": "libvpx"},
    "vp9.webm": {"codec": "libvpx-vp9"},
    "av1.mkv": {"codec": "libsvtav1"},
    "fragments.mp4": {"b_frames": 3, "container": {"movflags": "+frag_keyframe+empty_moov"}},
    "index-first.mp4": {"container": {"movflags": "+faststart"}},
    "with-sound.mp4": {"b_frames": 3, "sound": "aac"},
}


def linspace(total: int, count: int) -> list[int]:
    return [int(index) for index in np.linspace(0, total - 1, count).astype(int)]


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_container_gives_the_frames_that_were_asked_for_at_their_times(tmp_path: Path, name: str) -> None:
    made = frames_of(make_clip(tmp_path / name, 50, **CONTAINERS[name]), count=8)
    assert numbers(made) == linspace(50, 8)
    assert [piece.at for piece in made.pieces] == pytest.approx([number / 25 for number in linspace(50, 8)], abs=0.002)
    assert (made.expected, {piece.mime for piece in made.pieces}) == (8, {"image/jpeg"})


def test_the_first_frames_and_frames_by_the_second(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", 100, b_frames=3)
    assert numbers(frames_of(clip, policy="first", count=5)) == [0, 1, 2, 3, 4]
    assert numbers(frames_of(clip, policy="fps", fps=1.0, count=256)) == [0, 25, 50, 75]
    assert numbers(frames_of(clip, policy="fps", fps=5.0, count=3)) == [0, 45, 95]


def test_a_clip_of_one_frame_and_more_frames_than_there_are(tmp_path: Path) -> None:
    one = frames_of(make_clip(tmp_path / "one.mp4", 1), count=8)
    assert (numbers(one), one.expected, one.pieces[0].at) == ([0], 1, 0.0)
    few = frames_of(make_clip(tmp_path / "few.mp4", 5, b_frames=2), count=8)
    assert (numbers(few), few.expected) == ([0, 1, 2, 3, 4], 5)


def test_variable_frame_rate_is_sampled_by_frames_or_by_time_as_the_policy_says(tmp_path: Path) -> None:
    times = [*range(0, 500, 10), *range(1000, 6000, 1000)]  # 50 frames in half a second, then one a second
    for name in ("vfr.mp4", "vfr.mkv"):
        clip = make_clip(tmp_path / name, len(times), times=times, b_frames=2)
        uniform = frames_of(clip, count=6)
        assert numbers(uniform) == linspace(len(times), 6)
        assert [piece.at for piece in uniform.pieces] == [times[number] / 1000 for number in numbers(uniform)]
        by_time = frames_of(clip, policy="fps", fps=1.0, count=256)
        assert numbers(by_time) == [0, 50, 51, 52, 53, 54]


LONG: dict[str, dict[str, Any]] = {
    "dense.mp4": {"gop": 12, "b_frames": 3},
    "sparse.mp4": {"gop": 300, "b_frames": 3},
    "dense.mkv": {"gop": 25, "b_frames": 3},
    "open-groups.mkv": {"gop": 25, "b_frames": 3, "options": {"x264-params": "open-gop=1", "preset": "superfast"}},
    "no-key-frames.mp4": {"gop": 50, "options": {"x264-params": "intra-refresh=1", "preset": "superfast"}},
    "vp9.webm": {"codec": "libvpx-vp9", "gop": 50},
}


@pytest.mark.parametrize("name", LONG)
def test_seeking_in_a_minute_of_video_gives_the_frames_that_decoding_all_of_it_gives(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = make_clip(tmp_path / name, 1500, **LONG[name])
    jumps = _count_jumps(monkeypatch)
    assert numbers(frames_of(clip, count=8)) == linspace(1500, 8)
    assert numbers(frames_of(clip, policy="fps", fps=0.2, count=256)) == list(range(0, 1500, 125))
    assert jumps.count(True) > 0, "a long clip is not decoded from its beginning"
    monkeypatch.setattr(decode, "FAR", 10**9)
    straight = frames_of(clip, count=8)
    monkeypatch.setattr(decode, "FAR", 0)
    assert frames_of(clip, count=8) == straight, "byte for byte, whichever way it goes"


def _count_jumps(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    jumps: list[bool] = []
    jump: Callable[[Any, int], bool] = decode._Reel.jump_towards

    def counted(reel: Any, time: int) -> bool:
        jumps.append(jump(reel, time))
        return jumps[-1]

    monkeypatch.setattr(decode._Reel, "jump_towards", counted)
    return jumps


def test_a_jump_that_leads_past_the_frame_is_made_good_by_decoding_from_the_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = make_clip(tmp_path / "long.mp4", 500)
    real = decode._track

    def lying(*arguments: Any) -> Any:
        track = real(*arguments)
        return Track(times=track.times, keys=track.times[::5], base=track.base)  # few of them are key frames

    monkeypatch.setattr(decode, "_track", lying)
    monkeypatch.setattr(decode, "FAR", 2)
    assert numbers(frames_of(clip, count=8)) == linspace(500, 8)


@pytest.mark.parametrize("b_frames", [0, 3])
def test_frames_that_an_edit_list_hides_are_not_seen(tmp_path: Path, b_frames: int) -> None:
    source = make_clip(tmp_path / "source.mp4", b_frames=b_frames)
    made = frames_of(remuxed(source, tmp_path / "edited.mp4", seconds=-0.4), count=6)
    assert numbers(made) == [10 + number for number in linspace(40, 6)]
    assert made.pieces[0].at == 0.0


@pytest.mark.parametrize("name", ["late.mp4", "late.mkv", "late.ts", "late.mov"])
def test_times_count_from_the_first_frame_wherever_the_clock_starts(tmp_path: Path, name: str) -> None:
    source = make_clip(tmp_path / "source.mp4", b_frames=3)
    made = frames_of(remuxed(source, tmp_path / name, seconds=0.8), count=6)
    assert (numbers(made), made.pieces[0].at) == (linspace(50, 6), 0.0)


def test_negative_times_are_times_like_others(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "source.mp4", b_frames=3)
    clip = remuxed(source, tmp_path / "negative.ts", seconds=-0.4)
    with clip.open("rb") as file:
        assert decode._track(file, "mpegts", Bounds()).times[0] < 0
    made = frames_of(clip, count=6)
    assert (numbers(made), made.pieces[0].at, made.pieces[-1].at) == (linspace(50, 6), 0.0, 1.96)


def test_pictures_without_any_time_are_counted(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "source.mp4", b_frames=3)
    clip = remuxed(source, tmp_path / "untimed.mkv", seconds=-0.4)
    with clip.open("rb") as file:
        track = decode._track(file, "matroska", Bounds())
    assert (track.times, track.timed) == (list(range(50)), False)
    assert numbers(frames_of(clip, count=6)) == linspace(50, 6)


def test_a_hidden_vp8_picture_is_no_frame(tmp_path: Path) -> None:
    clip = tmp_path / "hidden.webm"
    with av.open(str(make_clip(tmp_path / "shown.webm", 30, codec="libvpx"))) as source, av.open(str(clip), "w") as out:
        copy = out.add_stream_from_template(source.streams.video[0], opaque=True)
        for number, packet in enumerate(source.demux(source.streams.video[0])):
            raw = bytearray(bytes(packet))
            if not raw:
                continue
            if number == 10:
                raw[0] &= ~0x10  # show_frame
            hidden = av.Packet(bytes(raw))
            hidden.pts, hidden.dts, hidden.time_base = packet.pts, packet.dts, packet.time_base
            hidden.is_keyframe, hidden.stream = packet.is_keyframe, copy
            out.mux(hidden)
    assert numbers(frames_of(clip, count=29)) == [*range(10), *range(11, 30)]


def _turned(source: Path, path: Path, matrix: Sequence[int]) -> Path:
    """The clip with another display matrix (a b u c d v x y w), as ISO 14496-12 lays it out."""
    raw = source.read_bytes()
    plain = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    place = raw.index(plain, raw.index(b"tkhd"))
    path.write_bytes(raw[:place] + struct.pack(">9i", *matrix) + raw[place + 36 :])
    return path


@pytest.mark.parametrize(
    ("matrix", "clockwise"),
    [
        ((0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000), 90),
        ((-0x10000, 0, 0, 0, -0x10000, 0, 0, 0, 0x40000000), 180),
        ((0, -0x10000, 0, 0x10000, 0, 0, 0, 0, 0x40000000), 270),
    ],
)
def test_a_clip_that_was_filmed_sideways_is_shown_upright(
    tmp_path: Path, matrix: Sequence[int], clockwise: int
) -> None:
    clip = _turned(make_clip(tmp_path / "plain.mp4"), tmp_path / "turned.mp4", matrix)
    image = opened(frames_of(clip, count=1).pieces[0].raw)
    assert image.size == ((HEIGHT, WIDTH) if clockwise != 180 else (WIDTH, HEIGHT))
    assert number_in(image.rotate(clockwise, expand=True)) == 25  # Pillow turns the other way: back to as filmed


@pytest.mark.parametrize(
    ("size", "most", "shown"),
    [
        ((64, 48), 768, (64, 48)),
        ((640, 480), 320, (320, 240)),
        ((480, 640), 320, (240, 320)),
        ((67, 49), 768, (67, 49)),
        ((67, 49), 32, (32, 23)),
        ((640, 16), 16, (16, 1)),
    ],
)
def test_a_size_limit_keeps_the_shape_and_never_enlarges(
    tmp_path: Path, size: tuple[int, int], most: int, shown: tuple[int, int]
) -> None:
    clip = make_clip(tmp_path / "clip.mp4", 3, size=size, pixels="yuv444p")
    assert {opened(piece.raw).size for piece in frames_of(clip, count=3, size=most).pieces} == {shown}


def test_a_lower_quality_is_a_smaller_jpeg_of_the_same_picture(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", 9, size=(320, 240))
    sizes = [len(frames_of(clip, count=1, quality=quality).pieces[0].raw) for quality in (95, 60, 10)]
    assert sizes == sorted(sizes, reverse=True)
    assert numbers(frames_of(clip, count=3, quality=30)) == [0, 4, 8]


def test_a_frame_that_cannot_be_decoded_fails_the_clip_and_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = make_clip(tmp_path / "clip.mp4", 10)
    real = decode._track

    def lying(*arguments: Any) -> Any:
        track = real(*arguments)
        return Track(times=[*track.times, track.times[-1] + 9999], keys=[], base=track.base)

    monkeypatch.setattr(decode, "_track", lying)
    with pytest.raises(Unusable, match="1 of 8 frames cannot be decoded, the first at") as problem:
        frames_of(clip, count=8)
    assert problem.value.kind == "corrupt"


def test_a_frame_larger_than_its_container_says_is_refused(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", 2, size=(320, 240))
    track = decode._track(io.BytesIO(clip.read_bytes()), "mov", Bounds())
    with clip.open("rb") as file, pytest.raises(Unusable, match="320 x 240 pixels; 1,000 are allowed"):
        decode._decode(
            file, "mov", track=track, wanted=track.times, order=Order(work="frames"), bounds=Bounds(pixels=1000)
        )


def test_a_title_that_is_no_utf_8_fails_no_clip(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "titled.mkv", 5, title="Cafe noir")
    clip.write_bytes(clip.read_bytes().replace(b"Cafe noir", "Café noir".encode("latin-1")))
    assert numbers(frames_of(clip, count=2)) == [0, 4]
