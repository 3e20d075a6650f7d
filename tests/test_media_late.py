"""Clips that begin between key frames: counted from the first picture that can be shown, the others said."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any

import av
import pytest
from media_files import frames_of, made_of, make_clip, numbers

from judge.cli.progress import manifest_line
from judge.media.crew import Crew
from judge.media.orders import Order, Unusable
from judge.media.shelf import Shelf
from providers.records import Manifest

OPEN = {"x264-params": "open-gop=1:scenecut=0", "preset": "superfast"}
H265 = {"x265-params": "log-level=none:keyint=12:scenecut=0"}
CUT: dict[str, tuple[dict[str, Any], int, int]] = {
    "plain.mp4": ({}, 5, 12),
    "b-frames.mp4": ({"b_frames": 2}, 5, 12),
    "b-frames.mkv": ({"b_frames": 2}, 5, 12),
    "open.mkv": ({"b_frames": 3, "options": OPEN}, 12, 24),
    "plain.ts": ({}, 5, 12),
    "b-frames.ts": ({"b_frames": 2}, 5, 12),
    "plain.flv": ({}, 5, 12),
    "plain.avi": ({}, 5, 12),
    "vp8.webm": ({"codec": "libvpx"}, 5, 12),
    "vp9.webm": ({"codec": "libvpx-vp9"}, 5, 12),
    "av1.mkv": ({"codec": "libsvtav1"}, 5, 12),
    "hevc.mp4": ({"codec": "libx265", "options": H265}, 5, 12),
    "mpeg2.ts": ({"codec": "mpeg2video", "b_frames": 2}, 5, 12),
    "mpeg2.mpg": ({"codec": "mpeg2video", "b_frames": 2}, 12, 24),
    "mpeg4.mp4": ({"codec": "mpeg4", "b_frames": 2}, 12, 24),
    "mpeg4.avi": ({"codec": "mpeg4", "b_frames": 2}, 5, 12),
    "sorenson.flv": ({"codec": "flv"}, 5, 12),
}
"""Of 50 pictures with a key frame at every twelfth: the packets that are cut away, and the first that can be shown."""


def cut(source: Path, path: Path, first: int, last: int = 10**9) -> Path:
    """The clip without its first packets, copied as ffmpeg's `-c copy` does."""
    with av.open(str(source)) as clip, av.open(str(path), "w") as out:
        stream = clip.streams.video[0]
        copy = out.add_stream_from_template(stream, opaque=True)
        for number, packet in enumerate(packet for packet in clip.demux(stream) if packet.size):
            if first <= number < last:
                packet.stream = copy
                out.mux(packet)
    return path


@pytest.mark.parametrize("name", CUT)
def test_frames_count_from_the_first_picture_that_can_be_shown(tmp_path: Path, name: str) -> None:
    options, away, first = CUT[name]
    clip = cut(make_clip(tmp_path / f"long-{name}", 50, **options), tmp_path / name, away)
    made = frames_of(clip, count=3)
    middle = first + (49 - first) // 2
    assert numbers(made) == [first, middle, 49]
    assert [piece.at for piece in made.pieces] == pytest.approx(
        [0, (middle - first) / 25, (49 - first) / 25], abs=0.002
    )
    assert {piece.skipped for piece in made.pieces} == {first - away}
    assert numbers(frames_of(clip, count=1)) == [first + (50 - first) // 2]
    assert numbers(frames_of(clip, policy="first", count=2)) == [first, first + 1]


@pytest.mark.parametrize("name", ["b-frames.mp4", "b-frames.mkv", "b-frames.ts", "vp9.webm", "open.mkv", "mpeg4.mp4"])
def test_a_mute_clip_begins_with_its_first_key_frame_and_a_whole_one_says_what_is_not_shown(
    tmp_path: Path, name: str
) -> None:
    options, away, first = CUT[name]
    clip = cut(make_clip(tmp_path / f"long-{name}", 50, **options), tmp_path / name, away)
    (whole,), (mute,) = made_of(clip, work="whole").pieces, made_of(clip, work="mute").pieces
    assert (whole.skipped, mute.skipped) == (first - away, first - away)
    assert mute.seconds == pytest.approx((50 - first) / 25, abs=0.01)
    muted = tmp_path / "muted"
    muted.write_bytes(mute.raw)
    again = frames_of(muted, count=2)
    assert (numbers(again), again.pieces[0].skipped) == ([first, 49], 0)


def test_a_clip_that_begins_with_a_key_frame_passes_nothing_over(tmp_path: Path) -> None:
    for name, options in (("a.mp4", {"b_frames": 3}), ("a.ts", {}), ("a.webm", {"codec": "libvpx"})):
        clip = make_clip(tmp_path / name, 20, **options)
        assert {piece.skipped for piece in frames_of(clip, count=4).pieces} == {0}
        assert made_of(clip, work="whole").pieces[0].skipped == made_of(clip, work="mute").pieces[0].skipped == 0


def test_pictures_that_are_renewed_in_stripes_count_from_the_first_that_is_whole(tmp_path: Path) -> None:
    options = {"x264-params": "intra-refresh=1", "preset": "superfast"}
    source = make_clip(tmp_path / "long.mp4", 50, gop=12, options=options)
    for away in (5, 12):
        made = frames_of(cut(source, tmp_path / f"{away}.mp4", away), count=3)
        first = numbers(made)[0]
        assert 12 < first < 24, "after the point of recovery at 12, and before the next"
        assert made.pieces[0].skipped == first - away
        assert numbers(frames_of(tmp_path / f"{away}.mp4", count=1)) == [first + (50 - first) // 2]


@pytest.mark.parametrize("name", ["none.mp4", "none.ts", "none.mkv", "none.flv"])
@pytest.mark.parametrize("work", ["frames", "whole", "mute"])
def test_a_clip_without_any_key_frame_is_refused_in_plain_words(tmp_path: Path, name: str, work: str) -> None:
    clip = cut(make_clip(tmp_path / f"long-{name}", 50), tmp_path / name, 14, 22)
    with pytest.raises(Unusable, match="has no key frame: none of its 8 pictures can be shown") as problem:
        made_of(clip, work=work)
    assert problem.value.kind == "no_frames"


DAMAGED: dict[str, dict[str, Any]] = {
    "plain.mp4": {},
    "b-frames.mp4": {"b_frames": 2},
    "plain.mkv": {},
    "mpeg4.mp4": {"codec": "mpeg4"},
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_first_key_frame_that_is_damaged_is_corrupt_and_no_late_beginning(tmp_path: Path, name: str) -> None:
    clip = make_clip(tmp_path / name, 50, **DAMAGED[name])
    with av.open(str(clip)) as look:
        first = next(look.demux(look.streams.video[0]))
        end, size = int(first.pos or 0) + first.size, first.size
    raw = bytearray(clip.read_bytes())
    for share in (3, 2):
        raw[end - size // share : end] = random.Random(share).randbytes(size // share)
        clip.write_bytes(raw)
        for count in (1, 4):
            with pytest.raises(Unusable) as problem:
                frames_of(clip, count=count, policy="first" if count == 1 else "uniform")
            assert problem.value.kind == "corrupt"


def test_what_was_passed_over_stands_in_the_kept_media_and_in_the_line_of_the_manifest(tmp_path: Path) -> None:
    clip = cut(make_clip(tmp_path / "long.ts", 50), tmp_path / "late.ts", 5)
    order = Order(work="frames", count=2)
    shelf = Shelf(tmp_path / "media")
    shelf.put("s" * 64, order, frames_of(clip, count=2))
    stored = shelf.get("s" * 64, order)
    assert stored is not None
    assert [item.skipped for item in stored] == [7, 7]
    manifest = Manifest(sense="video", form="frames", source="s" * 64, policy="uniform 2", expected=2, decoded=2)
    assert "passed over" not in manifest_line(manifest)
    late = manifest.model_copy(update={"skipped": 7, "timestamps": (0.0, 1.48)})
    assert "0.00 to 1.48 s, 7 pictures before the first key frame passed over, " in manifest_line(late)


def test_a_worker_says_what_was_passed_over(tmp_path: Path) -> None:
    clip = cut(make_clip(tmp_path / "long.mp4", 30), tmp_path / "late.mp4", 5)
    crew = Crew(workers=1)
    try:
        with clip.open("rb") as file:
            made = asyncio.run(crew.make(file.fileno(), Order(work="frames", count=2)))
    finally:
        crew.close()
    assert (made.pieces[0].skipped, numbers(made)) == (7, [12, 29])
