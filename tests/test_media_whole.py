"""Whole clips are the file's own bytes; mute ones are the same pictures in a new file without the sound."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import pytest
from media_files import frames_of, made_of, make_clip, numbers, remuxed

from judge.media.orders import Bounds, Unusable

CLIPS: dict[str, tuple[dict[str, Any], str, str]] = {
    "clip.mp4": ({"b_frames": 3, "sound": "aac"}, "video/mp4", "video/mp4"),
    "clip.mov": ({"sound": "aac"}, "video/quicktime", "video/mp4"),
    "clip.mkv": ({"b_frames": 3, "sound": "aac"}, "video/x-matroska", "video/mp4"),
    "clip.webm": ({"codec": "libvpx-vp9", "sound": "libopus"}, "video/webm", "video/webm"),
    "old.webm": ({"codec": "libvpx"}, "video/webm", "video/webm"),
    "av1.webm": ({"codec": "libsvtav1"}, "video/webm", "video/webm"),
    "clip.avi": ({"codec": "mpeg4", "b_frames": 2, "sound": "libmp3lame"}, "video/x-msvideo", "video/mp4"),
    "clip.ts": ({"b_frames": 3, "sound": "aac"}, "video/mp2t", "video/mp4"),
    "clip.mpg": ({"codec": "mpeg2video", "b_frames": 2}, "video/mpeg", "video/mp4"),
    "clip.flv": ({"sound": "aac"}, "video/x-flv", "video/mp4"),
    "sideways.mp4": ({"turn": 90, "sound": "aac"}, "video/mp4", "video/mp4"),
}


@pytest.mark.parametrize("name", CLIPS)
def test_a_mute_clip_has_no_sound_and_the_same_frames(tmp_path: Path, name: str) -> None:
    options, _, mime = CLIPS[name]
    clip = make_clip(tmp_path / name, 50, **options)
    (piece,) = made_of(clip, work="mute").pieces
    assert piece.mime == mime
    muted = tmp_path / "muted"
    muted.write_bytes(piece.raw)
    with av.open(str(muted)) as look:
        assert [stream.type for stream in look.streams] == ["video"]
    before, after = frames_of(clip, count=9), frames_of(muted, count=9)
    assert numbers(after) == numbers(before)
    assert [one.raw for one in after.pieces] == [one.raw for one in before.pieces], "not encoded again"
    assert [one.at for one in after.pieces] == pytest.approx([one.at for one in before.pieces], abs=0.002)


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.webm"])
def test_a_mute_clip_is_the_same_bytes_each_time(tmp_path: Path, name: str) -> None:
    clip = make_clip(tmp_path / name, 20, **CLIPS[name][0])
    assert made_of(clip, work="mute") == made_of(clip, work="mute")


def test_what_an_edit_list_hides_stays_hidden_in_a_mute_clip(tmp_path: Path) -> None:
    edited = remuxed(make_clip(tmp_path / "source.mp4", b_frames=3), tmp_path / "edited.mp4", seconds=-0.4)
    (piece,) = made_of(edited, work="mute").pieces
    (tmp_path / "muted.mp4").write_bytes(piece.raw)
    assert numbers(frames_of(tmp_path / "muted.mp4", count=5)) == numbers(frames_of(edited, count=5))


@pytest.mark.parametrize("name", CLIPS)
def test_a_whole_clip_is_looked_at_and_not_copied(tmp_path: Path, name: str) -> None:
    options, mime, _ = CLIPS[name]
    (piece,) = made_of(make_clip(tmp_path / name, 50, **options), work="whole").pieces
    assert (piece.raw, piece.mime) == (b"", mime)
    assert piece.seconds == pytest.approx(2.0, abs=0.4)


def test_a_clip_that_no_new_file_can_hold_says_to_send_frames(tmp_path: Path) -> None:
    shuffled = make_clip(tmp_path / "shuffled.avi", b_frames=3)
    flash = make_clip(tmp_path / "flash.flv", codec="flv", pixels="yuv420p")
    for path in (shuffled, flash):
        with pytest.raises(Unusable, match="send frames") as problem:
            made_of(path, work="mute")
        assert problem.value.kind == "unsupported"
        assert len(frames_of(path, count=4).pieces) == 4


@pytest.mark.parametrize("work", ["frames", "mute", "whole"])
@pytest.mark.parametrize("name", ["index-first.mp4", "clip.mkv", "clip.webm", "clip.avi", "fragments.mp4"])
def test_a_clip_that_was_cut_off_is_corrupt_and_never_a_shorter_clip(tmp_path: Path, name: str, work: str) -> None:
    flags = {"index-first.mp4": "+faststart", "fragments.mp4": "+frag_keyframe+empty_moov"}
    container = {"movflags": flags[name]} if name in flags else {}
    codec = {"clip.webm": "libvpx-vp9", "clip.avi": "mpeg4"}.get(name, "libx264")
    raw = make_clip(tmp_path / name, 50, codec=codec, container=container).read_bytes()
    for share in (0.5, 0.75) if "movflags" in container and "frag" in name else (0.5, 0.8, 0.99):
        (tmp_path / name).write_bytes(raw[: int(len(raw) * share)])
        with pytest.raises(Unusable) as problem:
            made_of(tmp_path / name, work=work)
        assert problem.value.kind == "corrupt", share


def test_a_mute_clip_beyond_its_limit_is_refused(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", 50)
    with pytest.raises(Unusable, match="without its sound") as problem:
        made_of(clip, work="mute", bounds=Bounds(made_bytes=500))
    assert problem.value.kind == "too_large"
