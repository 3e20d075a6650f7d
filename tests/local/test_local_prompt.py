"""What reaches the model: nothing is dropped in silence, and what cannot be taken is refused before it is asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from made import GREEDY, Studio, asks, opened, together

from providers.errors import NotSupported, Permanent
from providers.local import Local
from providers.local_model import Loaded
from providers.local_prompt import Prompter
from providers.records import Media, Message, Request

Open = Callable[[str], Local]
Build = Callable[[str], Path]


def _prompter(local: Local) -> Prompter:
    return local._prompter


def _loaded(local: Local) -> Loaded:
    return local._prompter._loaded


def _refusal(local: Local, request: Request) -> Permanent:
    with pytest.raises(Permanent) as caught:
        together(local, [request])
    assert "\n" not in caught.value.message
    return caught.value


def test_sound_is_refused_by_a_model_that_only_sees(model: Open, studio: Studio) -> None:
    refusal = _refusal(model("qwen_vl"), asks("What?", studio.sound()))
    assert isinstance(refusal, NotSupported)
    assert "takes no audio" in refusal.message


@pytest.mark.parametrize("family", ["text", "qwen_audio"])
def test_images_and_frames_are_refused_by_a_model_that_sees_nothing(family: str, model: Open, studio: Studio) -> None:
    assert "takes no image" in _refusal(model(family), asks("What?", studio.image())).message
    assert "takes no image" in _refusal(model(family), asks("What?", *studio.frames())).message


def test_a_whole_clip_is_refused_with_what_mends_it(model: Open, studio: Studio) -> None:
    refusal = _refusal(model("qwen_omni"), asks("What?", studio.clip()))
    assert refusal.kind == "not_supported"
    assert "--set media=frames" in refusal.message


def test_a_schema_for_the_answer_is_refused(model: Open) -> None:
    assert "schema" in _refusal(model("text"), asks("What?", answer_schema="{}")).message


def test_bytes_that_are_not_those_of_the_request_are_refused(model: Open, studio: Studio) -> None:
    image = studio.image()
    Path(image.path).write_bytes(b"other")
    refusal = _refusal(model("qwen_vl"), asks("What?", image))
    assert (refusal.kind, refusal.message[:18]) == ("media", f"the image {image.sha256[:8]}")


def test_a_damaged_image_or_sound_fails_its_own_sample_only(model: Open, studio: Studio) -> None:
    image = studio._media(b"no image", kind="image")
    sound = studio._media(b"RIFF but no sound", kind="audio")
    for broken in (image, sound):
        refusal = _refusal(model("qwen_omni"), asks("What?", broken))
        assert refusal.kind == "media"
        assert refusal.message.startswith(f"the {broken.kind} {broken.sha256[:8]} is no ")
        assert broken.path not in refusal.message
        assert " at 0x" not in refusal.message
    assert together(model("qwen_omni"), [asks("What?", studio.image())])[0].text


@pytest.mark.parametrize("form", [{"rate": 44_100}, {"channels": 2}, {"seconds": 0.0}])
def test_only_sound_of_16_kilohertz_mono_is_taken(form: dict[str, float], model: Open, studio: Studio) -> None:
    refusal = _refusal(model("qwen_audio"), asks("What?", studio.sound(**form)))  # type: ignore[arg-type]
    assert "16 kHz mono" in refusal.message


def test_sound_beyond_what_the_model_hears_is_said_in_the_notes(model: Open, studio: Studio) -> None:
    short, long = together(
        model("qwen_audio"),
        [asks("What?", studio.sound(seconds=29), sampling=GREEDY), asks("What?", studio.sound(seconds=33))],
    )
    assert short.notes == ()
    assert long.notes == ("of 33.0 s of audio the model hears the first 30 s",)


def test_a_text_that_holds_a_placeholder_is_refused(model: Open, studio: Studio) -> None:
    refusal = _refusal(model("qwen_vl"), asks("What is <|image_pad|>?", studio.image()))
    assert refusal.kind == "bad_request"


def test_a_prompt_longer_than_the_model_holds_is_refused(model: Open) -> None:
    assert _refusal(model("text"), asks("word " * 5000)).kind == "too_large"


def test_frames_of_different_sizes_are_refused(model: Open, studio: Studio) -> None:
    frames = (studio.image(1, frame_of="c", at=0.0), studio.image(2, size=(90, 64), frame_of="c", at=1.0))
    assert "differ in size" in _refusal(model("qwen_vl"), asks("What?", *frames)).message


def _with_template(folder: Path, build: Build, template: str) -> Local:
    import shutil

    shutil.copytree(build("qwen_vl"), folder, dirs_exist_ok=True)
    (folder / "chat_template.jinja").write_text(template, encoding="utf-8")
    return opened(folder)


ONLY_TEXT = "{% for m in messages %}{{ m['role'] }}: {{ m['content'][-1]['text'] }}\n{% endfor %}"
ONE_IMAGE = "{% for m in messages %}<|image_pad|>{{ m['content'][-1]['text'] }}{% endfor %}"
NO_SYSTEM = (
    "{% for m in messages if m['role'] != 'system' %}"
    "{% for c in m['content'] %}{% if c['type'] == 'image' %}<|image_pad|>{% else %}{{ c['text'] }}{% endif %}"
    "{% endfor %}{% endfor %}"
)
REFUSES = "{{ raise_exception('roles must alternate') }}"


def test_a_template_that_drops_images_takes_none(build: Build, studio: Studio, tmp_path: Path) -> None:
    local = _with_template(tmp_path / "m", build, ONLY_TEXT)
    assert _loaded(local).tokens == {}
    assert "takes no image" in _refusal(local, asks("What?", studio.image())).message


def test_a_template_that_drops_the_second_image_is_noticed(build: Build, studio: Studio, tmp_path: Path) -> None:
    local = _with_template(tmp_path / "m", build, ONE_IMAGE)
    refusal = _refusal(local, asks("What?", studio.image(1), studio.image(2)))
    assert "keeps not every image" in refusal.message


def test_a_template_that_drops_the_system_message_is_noticed(build: Build, tmp_path: Path) -> None:
    local = _with_template(tmp_path / "m", build, NO_SYSTEM)
    system = Message(role="system", text="You are kind.")
    request = asks("What?")
    refusal = _refusal(local, request.model_copy(update={"messages": (system, *request.messages)}))
    assert "leaves out the text of a system message" in refusal.message


def test_a_template_that_refuses_is_quoted(build: Build, tmp_path: Path) -> None:
    local = _with_template(tmp_path / "m", build, ONLY_TEXT)
    _loaded(local).processor.chat_template = REFUSES
    assert "roles must alternate" in _refusal(local, asks("What?")).message


def test_without_a_chat_template_a_model_is_refused(build: Build, tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "base"
    shutil.copytree(build("text"), folder)
    (folder / "chat_template.jinja").unlink()
    with pytest.raises(NotSupported, match="no chat template"):
        opened(folder)


@pytest.mark.parametrize(
    ("family", "name"), [("qwen_vl", "second_per_grid_ts"), ("qwen_omni", "video_second_per_grid")]
)
def test_the_times_of_frames_reach_models_that_take_them(family: str, name: str, model: Open, studio: Studio) -> None:
    clips = (*studio.frames(1, step=0.5), *studio.frames(2, step=2.0))
    prepared = _prompter(model(family)).prepare(asks("What?", *clips))
    assert prepared.inputs[name].tolist() == pytest.approx([1.0, 4.0])  # two frames make one step in time


def test_the_times_of_frames_stand_in_the_prompt_where_the_family_writes_them(model: Open, studio: Studio) -> None:
    local = model("smolvlm")
    prepared = _prompter(local).prepare(asks("What?", *studio.frames(1, count=3, step=7.0)))
    prompt = _loaded(local).tokenizer.decode(prepared.inputs["input_ids"][0])
    assert [f"Frame from 00:{second}" in prompt for second in ("00", "07", "14")] == [True] * 3
    assert "three frames from a 0:00:21" in prompt


def test_frames_of_one_clip_are_one_video_and_of_two_clips_two(model: Open, studio: Studio) -> None:
    prompter = _prompter(model("qwen_vl"))
    both = (*studio.frames(1), *studio.frames(2))
    assert prompter.prepare(asks("?", *both)).inputs["video_grid_thw"].tolist() == [[2, 4, 4], [2, 4, 4]]
    alone: list[Media] = [frame.model_copy(update={"frame_of": ""}) for frame in both]
    assert len(prompter.prepare(asks("?", *alone)).inputs["image_grid_thw"]) == 8


def test_frames_are_images_to_a_model_that_takes_no_videos(model: Open, studio: Studio) -> None:
    prepared = _prompter(model("gemma3")).prepare(asks("?", *studio.frames(1)))
    assert prepared.inputs["pixel_values"].shape[0] == 4


def test_frames_beside_an_image_are_images_where_the_processor_would_lose_one(model: Open, studio: Studio) -> None:
    media = (studio.image(1), *studio.frames(1))
    beside = _prompter(model("smolvlm")).prepare(asks("?", *media)).inputs["pixel_values"]
    alone = _prompter(model("smolvlm")).prepare(asks("?", *media[1:])).inputs["pixel_values"]
    assert alone.shape[1] == 4  # frames
    assert beside.shape[1] == 5 * 5  # each image with its four tiles
    assert together(model("smolvlm"), [asks("?", *media)])[0].text
