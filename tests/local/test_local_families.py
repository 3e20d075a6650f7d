"""Text, images, sound and frames of video through models of six families, alone and in batches."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import tiny
from made import Studio, asks, one_by_one, together

from providers.local import Local
from providers.records import Request

SEES = ("qwen_vl", "qwen_omni", "smolvlm", "gemma3")
HEARS = ("qwen_audio", "qwen_omni")
Open = Callable[[str], Local]


def _requests(family: str, studio: Studio) -> list[Request]:
    """Of very different lengths, so that every batch is padded."""
    made = [asks("Which emotion is it? " * times) for times in (1, 9, 3, 6)]
    if family in SEES:
        made += [
            asks("What is this?", studio.image(1)),
            asks("And what is this, seen from the other side of the room?", studio.image(2, size=(120, 70))),
            asks("Which of the two?", studio.image(3), studio.image(4, size=(90, 90))),
            asks("Or of these?", studio.image(5, size=(90, 90)), studio.image(6)),
            asks("Who moves?", *studio.frames(1)),
            asks("Who moves here, and how does the other one feel about it?", *studio.frames(2, count=6, step=1.0)),
        ]
    if family in HEARS:
        made += [
            asks("Who speaks?", studio.sound(1, seconds=0.6)),
            asks("Who speaks here, and to whom?", studio.sound(2, seconds=2.5)),
            asks("Which is louder?", studio.sound(3, seconds=0.5), studio.sound(4, seconds=1.5)),
        ]
    if family in SEES and family in HEARS:
        made += [
            asks("All?", studio.image(7), studio.sound(5), *studio.frames(3)),
            asks("All of it again?", studio.image(8, size=(80, 60)), studio.sound(6, seconds=2), *studio.frames(4)),
        ]
    return made


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_a_batch_gives_the_same_replies_as_each_request_alone(family: str, model: Open, studio: Studio) -> None:
    requests = _requests(family, studio)
    alone = one_by_one(model(family), requests)
    batched = together(model(family), requests)
    assert [reply.model_copy(update={"seconds": 0}) for reply in batched] == [
        reply.model_copy(update={"seconds": 0}) for reply in alone
    ]
    assert len({reply.text for reply in alone}) > len(alone) // 2, "the replies should depend on what was asked"


@pytest.mark.parametrize("family", SEES)
def test_what_is_seen_changes_the_reply(family: str, model: Open, studio: Studio) -> None:
    first, second, none = together(
        model(family), [asks("What?", studio.image(1)), asks("What?", studio.image(2)), asks("What?")]
    )
    assert len({first.text, second.text, none.text}) == 3
    assert first.usage.input_tokens == second.usage.input_tokens > none.usage.input_tokens


@pytest.mark.parametrize("family", SEES)
def test_every_frame_of_a_video_counts(family: str, model: Open, studio: Studio) -> None:
    frames = studio.frames(1, count=6)
    others = studio.frames(9, count=6)
    clips = [frames, *((*frames[:place], others[place], *frames[place + 1 :]) for place in range(6))]
    same_clip = [[frame.model_copy(update={"frame_of": "c"}) for frame in clip] for clip in clips]
    replies = together(model(family), [asks("What?", *clip, choices=("joy", "anger")) for clip in same_clip])
    assert len({reply.choices for reply in replies}) == 7


@pytest.mark.parametrize("family", HEARS)
def test_what_is_heard_changes_the_reply(family: str, model: Open, studio: Studio) -> None:
    first, second, longer = together(
        model(family),
        [asks("What?", studio.sound(1)), asks("What?", studio.sound(2)), asks("What?", studio.sound(1, seconds=3))],
    )
    assert len({first.text, second.text, longer.text}) == 3
    assert first.usage.input_tokens == second.usage.input_tokens
    assert longer.usage.input_tokens - first.usage.input_tokens == 50  # 25 tokens for each second


def test_a_system_message_and_earlier_turns_are_kept(model: Open, studio: Studio) -> None:
    from providers.records import Message

    plain = asks("And now?", studio.image(1))
    system = Message(role="system", text="You are kind.")
    earlier = (Message(role="user", text="Before?", media=(studio.image(2),)), Message(role="assistant", text="Joy."))
    long = plain.model_copy(update={"messages": (system, *earlier, *plain.messages)})
    short_reply, long_reply = together(model("qwen_vl"), [plain, long])
    assert long_reply.usage.input_tokens > short_reply.usage.input_tokens + 16  # a second image
    assert short_reply.text != long_reply.text
