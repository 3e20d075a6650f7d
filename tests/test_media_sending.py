"""From a sample's files to what its message carries: media, manifests, and each file decoded once."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from building import make_sample, make_task
from media_files import files_open, make_clip, make_sound, number_in, opened

from judge.media.crew import Crew
from judge.media.orders import Bounds, Unusable
from judge.media.sending import Sender, unopenable
from judge.media.shelf import Shelf
from judge.prompts import Attached
from judge.records import Sample
from judge.store import CannotWrite
from providers.media import bytes_of
from providers.records import Message, Request

ALL = {"text": "text", "video": "frames", "audio": "audio"}


def _task(**media: Any) -> Any:
    """A task with the clip's pictures and sound."""
    return make_task(
        modalities=["text", "video", "audio"],
        media={"video": "clip", "audio": "clip", "frames": {"count": 4}, "notes": {"audio": "heard"}} | media,
    )


def _sample(name: str = "clip.mp4", sample_id: str = "h-1") -> Sample:
    sample = make_sample(sample_id, clip=name, heard="laughing")
    sample.sources.update({"video": (name,), "audio": (name,)})
    return sample


class Desk:
    """Senders on one shelf, each of which tells what it decoded."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.decoded: list[int] = []

    def send(self, *samples: Sample, senses: Mapping[str, str] = ALL, task: Any = None, **bounds: Any) -> list[Any]:
        """Attached or Unusable of each sample, all at once."""

        async def main() -> list[Any]:
            crew = Crew(workers=1, bounds=Bounds(**bounds))
            sender = Sender(task or _task(), senses, root=self.root, shelf=Shelf(self.root.parent / "shelf"), crew=crew)
            try:
                return await asyncio.gather(*map(sender.of, samples), return_exceptions=True)
            finally:
                await sender.close()
                self.decoded.append(sender.decoded)

        return asyncio.run(main())

    def one(self, **options: Any) -> Attached:
        (found,) = self.send(_sample(), **options)
        assert isinstance(found, Attached), found
        return found


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    (tmp_path / "root").mkdir()
    make_clip(tmp_path / "root" / "clip.mp4", 31, b_frames=2, sound="aac")
    return Desk(tmp_path / "root")


def test_a_clip_becomes_frames_and_sound_with_a_manifest_of_exactly_what_was_made(desk: Desk) -> None:
    attached = desk.one()
    digest = hashlib.sha256((desk.root / "clip.mp4").read_bytes()).hexdigest()
    *frames, sound = attached.media
    assert [number_in(opened(bytes_of(item))) for item in frames] == [0, 10, 20, 30]
    assert {item.frame_of for item in frames} == {digest}
    assert (sound.kind, sound.mime) == ("audio", "audio/wav")
    seen, heard = attached.manifest
    assert (seen.sense, seen.form, seen.source) == ("video", "frames", digest)
    assert (seen.policy, seen.expected, seen.decoded) == ("uniform 4, at most 768 px, jpeg 85", 4, 4)
    assert seen.timestamps == (0.0, 0.4, 0.8, 1.2)
    assert seen.sent_bytes == sum(len(bytes_of(item)) for item in frames)
    assert seen.decoder.startswith("PyAV ")
    assert " Pillow " in seen.decoder
    assert (heard.sense, heard.form, heard.source) == ("audio", "audio", digest)
    assert (heard.policy, heard.sent_bytes) == ("wav, 16 kHz mono", sound.size)


def _key(attached: Attached) -> str:
    message = Message(role="user", text="?", media=attached.media, manifest=attached.manifest)
    return Request(provider="p", model="m", messages=(message,)).key


def test_another_frame_count_policy_size_quality_or_encoding_never_serves_an_old_answer(desk: Desk) -> None:
    keys = [_key(desk.one())]
    assert _key(desk.one()) == keys[0]
    policies: tuple[dict[str, Any], ...] = (
        {"frames": {"count": 3}},
        {"frames": {"count": 4, "policy": "first"}},
        {"frames": {"count": 4, "policy": "fps", "fps": 2.0}},
        {"size": 32},
        {"quality": 40},
    )
    keys += [_key(desk.one(task=_task(**media))) for media in policies]
    others = ({"audio": "away"}, {"audio": "notes"}, {"video": "video+sound"}, {"video": "video"})
    keys += [_key(desk.one(senses=ALL | change)) for change in others]
    make_clip(desk.root / "clip.mp4", 31, b_frames=2, sound="aac", options={"crf": "19"})
    keys.append(_key(desk.one()))
    assert len(set(keys)) == len(keys)


def test_a_second_run_decodes_nothing_and_a_damaged_entry_is_made_anew(desk: Desk) -> None:
    first = desk.one()
    assert desk.one() == first
    assert desk.decoded == [2, 0]
    Path(first.media[1].path).write_bytes(b"damaged")
    assert desk.one() == first
    assert desk.decoded == [2, 0, 1]
    assert bytes_of(first.media[1]) != b"damaged"


def test_a_file_that_many_samples_share_is_decoded_once_even_at_once(desk: Desk) -> None:
    (desk.root / "copy.mp4").write_bytes((desk.root / "clip.mp4").read_bytes())
    samples = [_sample(name, f"h-{number}") for number in range(20) for name in ("clip.mp4", "copy.mp4")]
    before = files_open()
    found = desk.send(*samples)
    assert len({str(item) for item in found}) == 1, "by content: a copy is the same"
    assert desk.decoded == [2]
    assert files_open() <= before


def test_a_corrupt_clip_fails_its_own_sample_only(desk: Desk) -> None:
    raw = (desk.root / "clip.mp4").read_bytes()
    (desk.root / "bad.mp4").write_bytes(raw[:40] + bytes(len(raw) - 40))
    (desk.root / "quiet.mp4").write_bytes(make_clip(desk.root / "q.mp4", 5).read_bytes())
    good, bad, quiet, gone, out = desk.send(
        _sample(), _sample("bad.mp4"), _sample("quiet.mp4"), _sample("gone.mp4"), _sample("../x.mp4")
    )
    assert isinstance(good, Attached)
    assert [item.kind for item in (bad, quiet, gone, out) if isinstance(item, Unusable)] == [
        "corrupt", "no_audio", "missing", "outside",
    ]  # fmt: skip
    assert bad.message.startswith("bad.mp4 cannot be decoded")
    assert quiet.message == "quiet.mp4 has no audio track"


def test_a_whole_clip_is_the_files_own_bytes_and_brings_its_sound_along(desk: Desk) -> None:
    attached = desk.one(senses=ALL | {"video": "video+sound"})
    (clip,) = attached.media
    raw = (desk.root / "clip.mp4").read_bytes()
    assert (bytes_of(clip), clip.size, clip.mime, clip.frame_of) == (raw, len(raw), "video/mp4", "")
    assert [(item.sense, item.form, item.sent_bytes) for item in attached.manifest] == [
        ("video", "video+sound", len(raw))
    ]
    (desk.root / "clip.mp4").write_bytes(raw + b"x")
    with pytest.raises(Exception, match="has changed since its request was made"):
        bytes_of(clip)


@pytest.mark.parametrize(
    "senses",
    [
        {"video": "video+sound", "audio": "away"},
        {"video": "video+sound", "audio": "notes"},
        {"video": "video", "audio": "away"},
        {"video": "video", "audio": "audio"},
    ],
)
def test_a_whole_clip_for_a_model_that_hears_is_muted_where_the_sound_is_taken_away(
    desk: Desk, senses: dict[str, str]
) -> None:
    attached = desk.one(senses={"text": "text"} | senses)
    assert [item.kind for item in attached.media] == ["video"] + ["audio"] * (senses["audio"] == "audio")
    assert attached.manifest[0].form == "video"
    assert b"mp4a" not in bytes_of(attached.media[0])
    assert b"mp4a" in (desk.root / "clip.mp4").read_bytes()


def test_the_sound_of_another_file_is_sent_beside_a_whole_clip_that_is_muted(desk: Desk) -> None:
    make_sound(desk.root / "voice.wav", 0.5)
    sample = _sample()
    sample.sources["audio"] = ("voice.wav",)
    (attached,) = desk.send(sample, senses=ALL | {"video": "video+sound"})
    assert [(item.sense, item.form) for item in attached.manifest] == [("video", "video"), ("audio", "audio")]


def test_notes_in_place_of_a_sense_are_in_the_manifest_by_their_digest(desk: Desk) -> None:
    attached = desk.one(senses=ALL | {"audio": "notes"})
    notes = attached.manifest[-1]
    assert (notes.sense, notes.form, notes.source) == ("audio", "notes", hashlib.sha256(b"laughing").hexdigest())
    assert {item.kind for item in attached.media} == {"image"}


def test_a_sense_that_is_away_is_neither_opened_nor_mentioned(desk: Desk) -> None:
    (attached,) = desk.send(_sample("gone.mp4"), senses={"text": "text", "video": "away", "audio": "away"})
    assert attached == Attached()


def test_several_files_of_a_sense_keep_their_order(desk: Desk) -> None:
    make_clip(desk.root / "second.mp4", 7)
    sample = _sample()
    sample.sources.update({"video": ("second.mp4", "clip.mp4"), "audio": ()})
    (attached,) = desk.send(sample, task=_task(frames={"count": 2}))
    assert [number_in(opened(bytes_of(item))) for item in attached.media] == [0, 6, 0, 30]
    assert len(attached.manifest) == 2


def test_a_shelf_that_cannot_be_written_ends_the_run_as_such(desk: Desk) -> None:
    (desk.root.parent / "shelf").write_text("in the way")
    (problem,) = desk.send(_sample())
    assert isinstance(problem, CannotWrite)
    assert "shelf cannot be written" in str(problem)


def test_all_files_that_cannot_be_opened_are_found_at_once_each_once(desk: Desk) -> None:
    samples = [_sample("gone.mp4"), _sample("gone.mp4"), _sample(), _sample("/etc/passwd"), _sample("also-gone.mp4")]
    files = [(sample, "video", path) for sample in samples for path in sample.sources["video"]]
    found = unopenable(desk.root, files, Bounds())
    assert {path: error.kind for path, error in found.items()} == {
        "gone.mp4": "missing", "/etc/passwd": "outside", "also-gone.mp4": "missing",
    }  # fmt: skip
