"""When the next call may begin: requests and tokens per minute, in virtual time."""

import asyncio
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from virtual_time import run_virtually

from providers.errors import Permanent, ProviderError, Transient
from providers.pace import MINUTE, Pace, media_tokens, question_tokens
from providers.records import Limits, Media, Message, Reply, Request, Sampling, Usage


def question(text: str = "", *, most: int | None = 100, media: tuple[Media, ...] = ()) -> Request:
    message = Message(role="user", text=text, media=media)
    return Request(provider="p", model="m", messages=(message,), sampling=Sampling(max_tokens=most))


def replied(given: int, said: int) -> Reply:
    return Reply(text="", usage=Usage(input_tokens=given, output_tokens=said))


def pace(**limits: Any) -> Pace:
    return Pace(Limits(**limits))


def now() -> float:
    return asyncio.get_running_loop().time()


async def begun(paced: Pace, *requests: Request) -> list[float]:
    """Seconds after which each call began, all asked for at once."""
    started = now()

    async def one(request: Request) -> float:
        return (await paced.begin(request)).at - started

    return await asyncio.gather(*map(one, requests))


def test_no_more_tokens_than_allowed_begin_within_a_minute() -> None:
    times = run_virtually(begun(pace(tokens_per_minute=300), *[question()] * 7))
    assert [int(at / MINUTE) for at in times] == [0, 0, 0, 1, 1, 1, 2]


@given(st.lists(st.integers(1, 700), min_size=2, max_size=12))
def test_the_tokens_of_no_minute_are_more_than_allowed_unless_one_call_is(sizes: list[int]) -> None:
    async def work() -> list[float]:
        return await begun(pace(tokens_per_minute=500), *[question(most=size) for size in sizes])

    times = run_virtually(work())
    assert times == sorted(times), "calls begin in turn"
    for end in times:
        within = [size for size, at in zip(sizes, times, strict=True) if end - MINUTE < at <= end]
        assert sum(within) <= 500 or len(within) == 1


def test_a_reply_that_was_shorter_than_feared_lets_the_next_call_begin_at_once() -> None:
    async def work() -> float:
        paced = pace(tokens_per_minute=300)
        first = await paced.begin(question(most=300))
        waiting = asyncio.create_task(begun(paced, question(most=200)))
        await asyncio.sleep(5)
        assert not waiting.done()
        paced.settle(first, replied(10, 20))
        return (await waiting)[0]

    assert run_virtually(work()) == 5


def test_a_reply_that_was_longer_than_thought_keeps_the_next_call_waiting() -> None:
    async def work() -> list[float]:
        paced = pace(tokens_per_minute=300)
        paced.settle(await paced.begin(question(most=10)), replied(200, 90))
        return await begun(paced, question(most=50))

    assert run_virtually(work()) == [MINUTE]


def test_a_reply_that_came_after_its_minute_does_not_change_the_next() -> None:
    async def work() -> list[float]:
        paced = pace(tokens_per_minute=300)
        late = await paced.begin(question(most=300))
        await asyncio.sleep(MINUTE)
        assert await begun(paced, question(most=300)) == [0]
        paced.settle(late, replied(0, 1))
        return await begun(paced, question(most=300))

    assert run_virtually(work()) == [MINUTE]


def test_a_call_larger_than_a_minutes_tokens_goes_alone_and_not_never() -> None:
    times = run_virtually(begun(pace(tokens_per_minute=300), question(), question(most=5000), question()))
    assert [int(at / MINUTE) for at in times] == [0, 1, 2]


def test_a_large_call_is_not_overtaken_by_small_ones_for_ever() -> None:
    times = run_virtually(
        begun(pace(tokens_per_minute=300), *[question()] * 2, question(most=290), *[question(most=10)] * 9)
    )
    assert times == sorted(times)
    assert int(times[2] / MINUTE) == 1


@pytest.mark.parametrize(
    ("error", "kept"),
    [
        (Transient.of("too many", model="m", kind="rate_limit"), False),
        (Permanent("bad", kind="bad_request"), False),
        (None, False),
        (Transient.of("it broke", model="m", kind="connection", maybe_billed=True), True),
    ],
    ids=["turned away", "refused", "cancelled", "broken off"],
)
def test_a_call_that_was_turned_away_gives_its_tokens_back(error: ProviderError | None, *, kept: bool) -> None:
    async def work() -> list[float]:
        paced = pace(tokens_per_minute=300)
        paced.settle(await paced.begin(question(most=300)), error)
        return await begun(paced, question(most=300))

    assert run_virtually(work()) == [MINUTE if kept else 0]


def test_a_server_that_counts_no_tokens_is_held_to_the_estimate() -> None:
    async def work() -> list[float]:
        paced = pace(tokens_per_minute=300)
        paced.settle(await paced.begin(question(most=300)), Reply(text="yes"))
        return await begun(paced, question())

    assert run_virtually(work()) == [MINUTE]


def test_without_a_limit_on_replies_their_mean_length_is_what_is_set_aside() -> None:
    async def work() -> list[float]:
        paced = pace(tokens_per_minute=1000)
        for said in (10, 30):
            paced.settle(await paced.begin(question(most=None)), replied(5, said))
        await asyncio.sleep(MINUTE)
        return await begun(paced, *[question(most=None)] * 51)

    times = run_virtually(work())
    assert [int(at / MINUTE) for at in times] == [*[0] * 50, 1], "20 tokens each"


def test_requests_per_minute_space_the_calls_evenly() -> None:
    times = run_virtually(begun(pace(requests_per_minute=10), *[question()] * 4))
    assert times == [0, 6, 12, 18]


def test_a_pause_holds_all_and_a_longer_one_lengthens_it() -> None:
    async def work() -> list[float]:
        paced = pace()
        paced.pause(10)
        waiting = asyncio.create_task(begun(paced, *[question()] * 3))
        await asyncio.sleep(5)
        paced.pause(20)
        paced.pause(1)
        return await waiting

    assert run_virtually(work()) == [25, 25, 25]


def test_without_limits_nothing_waits() -> None:
    assert max(run_virtually(begun(pace(), *[question("x" * 1000, most=None)] * 500))) == 0


def test_a_call_that_gives_up_waiting_holds_nobody_up() -> None:
    async def work() -> list[float]:
        paced = pace(tokens_per_minute=300)
        await paced.begin(question(most=300))
        given_up = asyncio.create_task(paced.begin(question(most=300)))
        waiting = asyncio.create_task(begun(paced, question(most=300)))
        await asyncio.sleep(5)
        given_up.cancel()
        return await waiting

    assert run_virtually(work()) == [MINUTE]


MEDIA: list[tuple[Literal["image", "audio", "video"], float | None, int, float]] = [
    ("image", None, 50_000, 1600),
    ("audio", 10, 320_000, 320),
    ("audio", None, 320_000, 320),
    ("video", 10, 9_000_000, 3000),
    ("video", None, 500_000, 3000),
]


@pytest.mark.parametrize(("kind", "seconds", "size", "tokens"), MEDIA)
def test_media_are_reckoned_by_their_length_or_else_their_size(
    kind: Literal["image", "audio", "video"], seconds: float | None, size: int, tokens: float
) -> None:
    media = Media(kind=kind, path="x", sha256="x", seconds=seconds, size=size)
    assert media_tokens(media) == tokens
    assert question_tokens(question("four", media=(media, media))) == 2 * tokens + 1


@pytest.mark.parametrize(("text", "tokens"), [("", 0), ("abcd" * 10, 10), ("他很高兴" * 10, 30), ("\ud83d", 0.75)])
def test_text_is_reckoned_by_its_bytes_so_that_no_script_is_cheap(text: str, tokens: float) -> None:
    assert question_tokens(question(text)) == tokens
