"""Floors and recorded answers: constant, drawn or played back, never made up and never looking at the question."""

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.baseline import Majority, Pool, Random
from providers.errors import NotSupported, Permanent
from providers.records import Info, Message, Provider, RecordKey, Reply, Request, Tag
from providers.replay import Replay

INFO = Info(name="free", identity="free", model="free", kind="free", reads_input=False)
LABELS = (("", ("yes", "no", "maybe")),)
TWO_FIELDS = (("emotion", ("joy", "anger")), ("ü", ("低", "high")))


def asked(sample: str = "s-1", *, text: str = "q", draw: int = 0, **tag: Any) -> Request:
    named = Tag.model_validate({"sample_id": sample, "variant": "qa", "ask": "label", "allowed": LABELS, **tag})
    return Request(provider="free", model="free", messages=(Message(role="user", text=text),), draw=draw, tag=named)


def answers(provider: Provider, *requests: Request) -> list[str]:
    async def work() -> list[str]:
        return [(await provider.generate(request)).text for request in requests]

    return asyncio.run(work())


def drawing(seed: int = 0, pools: Mapping[str, Pool] | None = None) -> Random:
    return Random(INFO, seed=seed, pools=pools or {})


SAMPLES = [asked(f"s-{n}") for n in range(300)]


def test_the_majority_is_the_same_for_every_sample_of_an_ask() -> None:
    provider = Majority(INFO, {"label": "serious", "reason": "No joke."})
    assert set(answers(provider, *SAMPLES)) == {"serious"}
    assert answers(provider, asked(ask="reason")) == ["No joke."]


def test_a_majority_that_is_not_known_is_an_error_and_no_empty_reply() -> None:
    with pytest.raises(NotSupported, match="no gold answer is known for the ask 'label'"):
        answers(Majority(INFO, {}), asked())


def test_random_gives_every_allowed_answer_about_as_often() -> None:
    counts = Counter(answers(drawing(), *SAMPLES))
    assert set(counts) == {"yes", "no", "maybe"}
    assert min(counts.values()) > 70, "100 are expected; 70 is 3.7 standard deviations below"


def test_random_is_the_same_in_any_order_and_on_every_machine() -> None:
    drawn = answers(drawing(7), *SAMPLES)
    assert answers(drawing(7), *reversed(SAMPLES)) == drawn[::-1]
    assert " ".join(drawn[:8]) == "no yes no yes yes maybe no maybe"


def test_another_seed_draw_sample_or_ask_is_another_draw() -> None:
    drawn = answers(drawing(), *SAMPLES)
    changed = {
        "seed": answers(drawing(1), *SAMPLES),
        "draw": answers(drawing(), *(asked(f"s-{n}", draw=1) for n in range(300))),
        "sample": answers(drawing(), *(asked(f"t-{n}") for n in range(300))),
        "ask": answers(drawing(), *(asked(f"s-{n}", ask="other") for n in range(300))),
    }
    for name, other in changed.items():
        equal = sum(one == two for one, two in zip(drawn, other, strict=True))
        assert 60 < equal < 140, f"{name}: 100 are expected to be equal by chance"


@given(text=st.text(max_size=20), seed=st.integers(0, 99))
def test_random_never_looks_at_the_question(text: str, seed: int) -> None:
    assert answers(drawing(seed), asked(text=text)) == answers(drawing(seed), asked())


def test_several_fields_come_as_one_object_that_holds_allowed_values() -> None:
    replies = answers(drawing(), *(asked(f"s-{n}", allowed=TWO_FIELDS) for n in range(40)))
    found = [json.loads(reply) for reply in replies]
    assert all(one["emotion"] in ("joy", "anger") and one["ü"] in ("低", "high") for one in found)
    assert len({tuple(one.values()) for one in found}) == 4, "the fields are drawn each by itself"
    assert any("低" in reply for reply in replies), "readable, not escaped"


def test_one_field_with_a_name_is_an_object_too() -> None:
    (reply,) = answers(drawing(), asked(allowed=(("emotion", ("joy",)),)))
    assert json.loads(reply) == {"emotion": "joy"}


def test_free_text_is_drawn_from_the_pool_of_its_ask() -> None:
    provider = drawing(pools={"label": ("a", "b"), "reason": ("c",)})
    assert set(answers(provider, *(asked(f"s-{n}", allowed=()) for n in range(30)))) == {"a", "b"}
    assert answers(provider, asked(ask="reason", allowed=())) == ["c"]


@pytest.mark.parametrize("pools", [{}, {"label": ()}], ids=["no pool", "an empty pool"])
def test_with_nothing_to_draw_from_random_says_so(pools: dict[str, Pool]) -> None:
    with pytest.raises(NotSupported, match="nothing to draw from for the ask 'label'"):
        answers(drawing(pools=pools), asked(allowed=()))


RECORDS: dict[RecordKey, Reply] = {
    ("s-1", "qa", 0, "label"): Reply(text="exact"),
    ("s-1", "qa", 0, None): Reply(text="any ask"),
    ("s-1", None, 0, "label"): Reply(text="any variant"),
    ("s-1", None, 0, None): Reply(text="any of both"),
    ("s-1", "qa", 1, "label"): Reply(text="second draw"),
    ("s-2", None, 0, None): Reply(text="I cannot.", finish="refused", thinking="hm", model="gpt-4"),
}


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        pytest.param(asked(), "exact", id="variant and ask"),
        pytest.param(asked(ask="reason"), "any ask", id="variant, any ask"),
        pytest.param(asked(variant="cot"), "any variant", id="any variant, ask"),
        pytest.param(asked(variant="cot", ask="reason"), "any of both", id="any variant, any ask"),
        pytest.param(asked(draw=1), "second draw", id="its own draw"),
    ],
)
def test_the_record_that_fits_most_closely_is_played_back(request_: Request, text: str) -> None:
    assert answers(Replay(INFO, RECORDS), request_) == [text]


def test_a_record_is_played_back_with_everything_it_holds() -> None:
    reply = asyncio.run(Replay(INFO, RECORDS).generate(asked("s-2", text="changed")))
    assert reply == RECORDS["s-2", None, 0, None]


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(asked("s-3"), id="another sample"),
        pytest.param(asked("s-2", draw=1), id="another draw"),
        pytest.param(asked("S-1"), id="another case"),
    ],
)
def test_a_sample_without_a_record_is_an_error_of_its_own_kind(request_: Request) -> None:
    with pytest.raises(Permanent, match="no reply is recorded") as caught:
        answers(Replay(INFO, RECORDS), request_)
    assert caught.value.kind == "no_record"


@pytest.mark.parametrize(
    "provider", [Majority(INFO, {}), drawing(), Replay(INFO, RECORDS)], ids=lambda p: type(p).__name__
)
def test_a_question_without_a_tag_is_refused(provider: Provider) -> None:
    with pytest.raises(Permanent, match="tagged requests only"):
        answers(provider, asked().model_copy(update={"tag": None}))
