"""How each sense of a task reaches a model, what is refused, and what prompts say of it; no file is opened here."""

from __future__ import annotations

from typing import Any

import pytest
from building import make_ask, make_sample, make_task

from judge.cli.attaching import forms_of, modalities_of, settle
from judge.definitions import Task
from judge.errors import NothingDone, UsageError
from judge.prompts import Asking, messages
from judge.records import Modality, Sample
from judge.senses import decide, described, digest_part, noted, replaced, said, used
from providers.forms import VENDORS
from providers.records import Form, Info

MEDIA = {"image": "still", "video": "clip", "audio": "sound", "words": ["utterance"]}
FULL: tuple[Form, ...] = ("text", "image", "frames", "audio", "video", "video+sound")


def _task(*senses: str, **media: Any) -> Task:
    """A task with these senses beside text."""
    kept = {key: value for key, value in MEDIA.items() if key in senses or key == "words"}
    return make_task(modalities=["text", *senses], media=kept | media)


def _info(*accepts: Form) -> Info:
    return Info(name="acme", identity="acme", model="a-1", kind="paid", accepts=accepts)


TABLE: list[tuple[tuple[str, ...], tuple[Form, ...], bool, dict[str, str]]] = [
    ((), ("text",), False, {"text": "text"}),
    ((), FULL, True, {"text": "text"}),
    (("image",), ("text", "image"), False, {"text": "text", "image": "image"}),
    (("video",), ("text", "frames"), False, {"text": "text", "video": "frames"}),
    (("video",), FULL, False, {"text": "text", "video": "frames"}),
    (("video",), FULL, True, {"text": "text", "video": "video"}),  # the task has no sound: it is taken away
    (("video",), ("text", "frames", "video"), True, {"text": "text", "video": "video"}),
    (("video", "audio"), VENDORS["gemini"].forms, True, {"text": "text", "video": "video+sound", "audio": "audio"}),
    (("video", "audio"), VENDORS["gemini"].forms, False, {"text": "text", "video": "frames", "audio": "audio"}),
    (("video", "audio"), VENDORS["hosted_vllm"].forms, True, {"text": "text", "video": "video", "audio": "audio"}),
]


@pytest.mark.parametrize(("senses", "accepts", "whole", "forms"), TABLE)
def test_each_sense_goes_in_the_form_that_the_model_takes(
    senses: tuple[str, ...], accepts: tuple[Form, ...], whole: bool, forms: dict[str, str]
) -> None:
    task = _task(*senses)
    assert decide(task, task.modalities, info=_info(*accepts), whole=whole) == forms


REFUSED: list[tuple[tuple[str, ...], tuple[Form, ...], bool, str]] = [
    (("audio",), ("text", "image"), False,
     "acme (a-1) takes no audio. Leave it out (--modalities text). Nothing was sent."),
    (("video",), ("text", "frames"), True,
     "acme (a-1) takes no video. Use frames (--set media=frames) or leave it out (--modalities text). "
     "Nothing was sent."),
    (("video",), ("text", "video"), False,
     "acme (a-1) takes no video. Send clips whole (--set media=whole) or leave it out (--modalities text). "
     "Nothing was sent."),
    (("video", "audio"), ("text",), False,
     "acme (a-1) takes no video and no audio. Leave it out (--modalities text). Nothing was sent."),
    (("video", "audio"), ("text", "audio"), False,
     "acme (a-1) takes no video. Leave it out (--modalities text,audio). Nothing was sent."),
    (("image",), ("text", "frames"), False,
     "acme (a-1) takes no image. Leave it out (--modalities text). Nothing was sent."),
]  # fmt: skip


@pytest.mark.parametrize(("senses", "accepts", "whole", "line"), REFUSED)
def test_a_sense_that_the_model_takes_in_no_form_is_refused_in_one_line_that_mends_it(
    senses: tuple[str, ...], accepts: tuple[Form, ...], whole: bool, line: str
) -> None:
    task = _task(*senses)
    with pytest.raises(NothingDone) as refusal:
        decide(task, task.modalities, info=_info(*accepts), whole=whole)
    assert str(refusal.value) == line


def test_without_any_sense_left_another_model_is_advised() -> None:
    with pytest.raises(NothingDone) as refusal:
        decide(_task("audio"), ["audio"], info=_info("text"), whole=False)
    assert str(refusal.value) == "acme (a-1) takes no audio. Take another model. Nothing was sent."


def test_notes_stand_in_only_where_the_task_allows_it_and_the_run_says_so() -> None:
    task = _task("video", "audio", notes={"audio": "heard"})
    info = _info("text", "frames")
    forms = decide(task, task.modalities, info=info, whole=False)
    assert forms == {"text": "text", "video": "frames", "audio": "notes"}
    assert said(task, forms, info) == ["audio is given as text (the field 'heard'): a-1 takes no audio"]
    assert described(task, forms) == "text+video (8 frames)+audio (as notes)"
    with pytest.raises(NothingDone, match="takes no video"):
        decide(task, task.modalities, info=_info("text"), whole=False)


def test_notes_never_replace_a_video_that_could_go_in_another_form() -> None:
    task = _task("video", notes={"video": "seen"})
    with pytest.raises(NothingDone, match="Use frames"):
        decide(task, task.modalities, info=_info("text", "frames"), whole=True)
    assert decide(task, task.modalities, info=_info("text"), whole=True)["video"] == "notes"


def test_a_sense_that_is_not_wanted_is_away_whatever_the_model_takes() -> None:
    task = _task("image", "video", "audio", notes={"video": "seen"})
    for wanted in (["text"], ["video"], ["audio", "text"], ["image", "video", "audio"]):
        forms = decide(task, wanted, info=_info(*FULL), whole=False)
        assert {sense for sense, form in forms.items() if form != "away"} == set(wanted)
        assert list(forms) == list(task.modalities)
    assert decide(task, ["text"], info=_info("text"), whole=False)["audio"] == "away"


def test_a_tasks_own_wish_for_whole_clips_becomes_frames_but_the_users_is_refused() -> None:
    task, info = _task("video", whole=True), _info("text", "frames")
    settings = {"media": "whole"}
    assert settle(task, task.modalities, info=info, settings=settings, asked=[])["video"] == "frames"
    assert settings == {"media": "frames"}, "which the run's name then says"
    with pytest.raises(NothingDone, match="Use frames"):
        settle(task, task.modalities, info=info, settings={"media": "whole"}, asked=[("media", "whole")])


@pytest.mark.parametrize(
    ("given", "found"),
    [(None, ("text", "video", "audio")), ("audio,text", ("text", "audio")), (" video ", ("video",))],
)
def test_modalities_come_in_the_tasks_order(given: str | None, found: tuple[str, ...]) -> None:
    assert modalities_of(given, _task("video", "audio")) == found


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ("vidoe", '--modalities vidoe: humor has text, video, not vidoe; did you mean "video"?'),
        ("text,audio", "--modalities text,audio: humor has text, video, not audio"),
        ("text,", "--modalities text,: humor has text, video, not "),
    ],
)
def test_an_unknown_sense_is_one_clear_line(given: str, line: str) -> None:
    with pytest.raises(UsageError) as refusal:
        modalities_of(given, _task("video"))
    assert str(refusal.value) == line


def test_forms_that_a_model_is_said_to_take_are_known_ones() -> None:
    assert forms_of(None) is None
    assert forms_of("video,text") == ("text", "video")
    with pytest.raises(UsageError, match="'film' is none of text, image, frames, audio, video, video"):
        forms_of("text,film")


def _prompt(task: Task, sample: Sample, senses: dict[str, str]) -> str:
    how = Asking(task=task, variant="qa", settings={}, senses=senses)
    return "\n".join(message.text for message in messages(task.asks[0], sample, how, earlier={}))


NOTED: dict[str, Any] = {
    "asks": [make_ask() | {"qa": '"{utterance}" Voice: {heard} Face: {seen} Which?', "cot": "{utterance} {seen}?"}],
    "modalities": ["text", "video", "audio"],
    "media": {
        "video": "clip", "audio": "clip", "words": ["utterance"], "notes": {"video": "seen", "audio": "heard"}
    },
}  # fmt: skip


def _noted(*sources: Modality) -> Sample:
    sample = make_sample(utterance="WORDS", heard="LAUGHTER", seen="GRIN", clip="a.mp4")
    sample.sources.update(dict.fromkeys(sources, ("a.mp4",)))
    return sample


PROMPTS: list[tuple[tuple[Modality, ...], dict[str, str], str]] = [
    (("video", "audio"), {"text": "text", "video": "frames", "audio": "audio"},
     '"WORDS" Voice: (hear the audio) Face: (see the video) Which?'),
    (("video", "audio"), {"text": "text", "video": "video+sound", "audio": "away"},
     '"WORDS" Voice: (not given) Face: (see the video) Which?'),
    (("video", "audio"), {"text": "text", "video": "notes", "audio": "notes"},
     '"WORDS" Voice: LAUGHTER Face: GRIN Which?'),
    (("video", "audio"), {"text": "text", "video": "frames", "audio": "notes"},
     '"WORDS" Voice: LAUGHTER Face: (see the video) Which?'),
    (("video", "audio"), {"text": "text", "video": "away", "audio": "away"},
     '"WORDS" Voice: (not given) Face: (not given) Which?'),
    (("video", "audio"), {"text": "away", "video": "frames", "audio": "audio"},
     '"(not given)" Voice: (hear the audio) Face: (see the video) Which?'),
    ((), {"text": "text", "video": "frames", "audio": "audio"}, '"WORDS" Voice: LAUGHTER Face: GRIN Which?'),
    ((), {"text": "text", "video": "away", "audio": "away"}, '"WORDS" Voice: (not given) Face: (not given) Which?'),
    (("video",), {"text": "text", "video": "frames", "audio": "audio"},
     '"WORDS" Voice: LAUGHTER Face: (see the video) Which?'),
    ((), {}, '"WORDS" Voice: LAUGHTER Face: GRIN Which?'),
]  # fmt: skip


@pytest.mark.parametrize(("sources", "senses", "prompt"), PROMPTS)
def test_notes_are_shown_hidden_or_replaced_by_where_the_sense_is(
    sources: tuple[Modality, ...], senses: dict[str, str], prompt: str
) -> None:
    assert _prompt(make_task(**NOTED), _noted(*sources), senses) == prompt


@pytest.mark.parametrize("away", [("text",), ("audio",), ("video",), ("text", "audio"), ("text", "video", "audio")])
@pytest.mark.parametrize("rest", ["files", "notes"])
@pytest.mark.parametrize("sources", [("video", "audio"), ("video",), ()])
def test_a_prompt_never_has_a_word_of_a_sense_that_is_taken_away(
    away: tuple[str, ...], rest: str, sources: tuple[Modality, ...]
) -> None:
    forms = {"text": "text", "video": "frames", "audio": "audio"}
    if rest == "notes":
        forms |= {"video": "notes", "audio": "notes"}
    prompt = _prompt(make_task(**NOTED), _noted(*sources), forms | dict.fromkeys(away, "away"))
    words = {"text": "WORDS", "audio": "LAUGHTER", "video": "GRIN"}
    assert not [sense for sense in away if words[sense] in prompt]


def test_notes_that_the_prompt_does_not_name_come_before_it_where_they_stand_in() -> None:
    task = make_task(**NOTED | {"asks": [make_ask()]})
    forms = {"text": "text", "video": "notes", "audio": "notes"}
    assert _prompt(task, _noted("video", "audio"), forms) == "Video: GRIN\nAudio: LAUGHTER\n\nWORDS?"
    assert _prompt(task, _noted("video"), forms) == "Video: GRIN\n\nWORDS?"
    assert _prompt(task, _noted("video", "audio"), forms | {"audio": "away"}) == "Video: GRIN\n\nWORDS?"
    assert _prompt(task, _noted("video", "audio"), {"text": "text", "video": "frames", "audio": "audio"}) == "WORDS?"
    assert noted(task, _noted("video"), forms) == {"video": "seen"}


def test_only_the_files_of_senses_that_are_sent_as_files_are_opened() -> None:
    one, two = _noted("video", "audio"), _noted("video")
    forms = {"text": "text", "video": "frames", "audio": "notes"}
    assert used([one, two], forms) == [(one, "video", "a.mp4"), (two, "video", "a.mp4")]
    assert used([one], {"text": "text", "video": "away", "audio": "away"}) == []


def test_text_alone_has_no_part_in_a_runs_name_and_every_form_of_a_sense_has_its_own() -> None:
    assert digest_part({"text": "text"}) == [] == digest_part({})
    forms = ({"video": "frames"}, {"video": "video"}, {"video": "video+sound"}, {"video": "notes"}, {"video": "away"})
    parts = [digest_part({"text": "text"} | form) for form in forms]
    assert all(parts)
    assert len({str(part) for part in parts}) == len(parts)


def test_what_stands_in_a_prompt_in_place_of_words_names_no_field_twice() -> None:
    task = make_task(**NOTED)
    assert replaced(task, _noted(), {"text": "away", "video": "frames", "audio": "away"}) == {
        "utterance": "(not given)",
        "heard": "(not given)",
    }
