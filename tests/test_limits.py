"""The gate before each attempt: how many at once, how fast, for how much money, and when to stop altogether."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.errors import Halt, NotInstalled, Permanent, Transient
from providers.gate import Gate
from providers.limits import Limited
from providers.records import Info, Limits, Message, Price, Reply, Request, Sampling, Usage

Behaviour = Callable[[str], Awaitable[Reply]]
PRICE = Price(input=0, output=1000)
TOKENS = 500
WORST = 0.5
"""US dollars: what TOKENS cost at PRICE."""


def question(text: str = "q") -> Request:
    sampling = Sampling(max_tokens=TOKENS)
    return Request(provider="p", model="m", messages=(Message(role="user", text=text),), sampling=sampling)


class Scripted:
    """A backend that behaves as it is told and knows how many calls it saw, in all and at once."""

    def __init__(self, behaviour: Behaviour, *, price: Price | None = None, **limits: Any) -> None:
        kind: Any = "paid" if price else "local"
        self.info = Info(name="s", identity="s", model="m", kind=kind, price=price, limits=Limits(**limits))
        self.behaviour = behaviour
        self.texts: list[str] = []
        self.active = 0
        self.most = 0
        self.closed = False

    async def generate(self, request: Request) -> Reply:
        self.texts.append(request.messages[0].text)
        self.active += 1
        self.most = max(self.most, self.active)
        try:
            return await self.behaviour(request.messages[0].text)
        finally:
            self.active -= 1

    async def close(self) -> None:
        self.closed = True


async def prompt(_: str) -> Reply:
    await asyncio.sleep(0.005)
    return Reply(text="yes")


def failing(make: Callable[[str], Exception], when: Callable[[str], bool] = lambda _: True) -> Behaviour:
    async def behave(text: str) -> Reply:
        if when(text):
            raise make(text)
        return await prompt(text)

    return behave


async def ask_all(provider: Limited, texts: list[str]) -> list[Reply | BaseException]:
    return await asyncio.gather(*(provider.generate(question(text)) for text in texts), return_exceptions=True)


def kinds(outcomes: list[Reply | BaseException]) -> list[str]:
    return ["ok" if isinstance(one, Reply) else type(one).__name__ for one in outcomes]


def test_the_first_call_goes_alone_and_its_success_opens_the_gate() -> None:
    async def work() -> None:
        answer = asyncio.Event()

        async def behave(_: str) -> Reply:
            await answer.wait()
            return Reply(text="yes")

        backend = Scripted(behave, concurrency=8)
        limited = Limited(backend)
        tasks = [asyncio.create_task(limited.generate(question())) for _ in range(20)]
        await asyncio.sleep(0.05)
        assert len(backend.texts) == 1, "nothing else may start while the first call is out"
        answer.set()
        await asyncio.gather(*tasks)
        assert len(backend.texts) == 20

    asyncio.run(work())


def test_as_many_calls_run_at_once_as_are_allowed_and_no_more() -> None:
    backend = Scripted(prompt, concurrency=6)
    outcomes = asyncio.run(ask_all(Limited(backend), ["q"] * 40))
    assert (backend.most, kinds(outcomes)) == (6, ["ok"] * 40)


@pytest.mark.parametrize("kind", ["unauthorized", "not_found", "quota", "not_installed", "not_supported"])
def test_what_every_sample_would_meet_stops_all_calls_after_one(kind: str) -> None:
    backend = Scripted(failing(lambda _: Permanent("the same wall", kind=kind)), concurrency=8)
    outcomes = asyncio.run(ask_all(Limited(backend), [f"q{n}" for n in range(50)]))
    assert len(backend.texts) == 1
    assert kinds(outcomes) == ["Permanent", *["Halt"] * 49]
    last = outcomes[-1]
    assert isinstance(last, Halt)
    assert (last.message, last.kind) == ("the same wall", kind)


def test_a_bad_request_of_one_sample_does_not_stop_the_others() -> None:
    bad = failing(lambda text: Permanent("too long", kind="bad_request"), lambda text: text in ("q3", "q7"))
    outcomes = asyncio.run(ask_all(Limited(Scripted(bad)), [f"q{n}" for n in range(20)]))
    assert kinds(outcomes).count("ok") == 18


def test_three_bad_requests_of_equal_wording_stop_the_rest() -> None:
    backend = Scripted(failing(lambda _: Permanent("no such setting", kind="bad_request")))
    outcomes = asyncio.run(ask_all(Limited(backend), [f"q{n}" for n in range(20)]))
    assert len(backend.texts) == 3
    assert kinds(outcomes) == [*["Permanent"] * 3, *["Halt"] * 17]


def test_bad_requests_of_different_wording_stop_nothing() -> None:
    backend = Scripted(failing(lambda text: Permanent(f"{text} is too long", kind="bad_request")))
    outcomes = asyncio.run(ask_all(Limited(backend), [f"q{n}" for n in range(20)]))
    assert set(kinds(outcomes)) == {"Permanent"}


def test_samples_that_a_content_filter_blocks_do_not_stop_the_others() -> None:
    blocked = failing(lambda _: Permanent("blocked by policy", kind="blocked"), lambda text: text[-1] in "02468")
    outcomes = asyncio.run(ask_all(Limited(Scripted(blocked)), [f"q{n}" for n in range(20)]))
    assert kinds(outcomes).count("ok") == 10


def test_transient_failures_never_halt() -> None:
    backend = Scripted(failing(lambda _: Transient.of("down", model="m", kind="server")))
    outcomes = asyncio.run(ask_all(Limited(backend), ["q"] * 10))
    assert (kinds(outcomes), len(backend.texts)) == (["Transient"] * 10, 10)


def spending(cost: float | None) -> Behaviour:
    async def behave(_: str) -> Reply:
        await asyncio.sleep(0.001)
        return Reply(text="yes", usage=Usage(output_tokens=TOKENS, cost=cost))

    return behave


def test_the_budget_refuses_before_a_call_that_would_go_over() -> None:
    backend = Scripted(spending(0.4), price=PRICE, max_cost=1.0)
    limited = Limited(backend)
    outcomes = asyncio.run(ask_all(limited, ["q"] * 10))
    assert (kinds(outcomes), len(backend.texts)) == ([*["ok"] * 2, *["Halt"] * 8], 2)
    last = outcomes[-1]
    assert isinstance(last, Halt)
    assert last.kind == "budget"
    assert "--max-cost $1.00" in last.message
    assert limited.budget.spent == pytest.approx(0.8)


def test_a_budget_below_one_call_allows_none() -> None:
    backend = Scripted(spending(0.4), price=PRICE, max_cost=WORST - 0.01)
    assert (kinds(asyncio.run(ask_all(Limited(backend), ["q"] * 3))), backend.texts) == (["Halt"] * 3, [])


@settings(max_examples=40, deadline=None)
@given(costs=st.lists(st.floats(0, WORST), min_size=12, max_size=12), limit=st.floats(0, 4), width=st.integers(1, 8))
def test_no_order_of_calls_spends_more_than_the_budget(costs: list[float], limit: float, width: int) -> None:
    async def behave(text: str) -> Reply:
        await asyncio.sleep(0.0001 * (int(text) % 3))
        return Reply(text="yes", usage=Usage(cost=costs[int(text)]))

    limited = Limited(Scripted(behave, price=PRICE, max_cost=limit, concurrency=width))
    asyncio.run(ask_all(limited, [str(n) for n in range(12)]))
    assert limited.budget.spent <= limit + 1e-9
    assert limited.budget.reserved == pytest.approx(0)


def test_a_reply_without_a_cost_is_charged_by_its_tokens() -> None:
    backend = Scripted(spending(None), price=PRICE, max_cost=1.0)
    asyncio.run(ask_all(Limited(backend), ["q"] * 10))
    assert len(backend.texts) == 2, "each call used 500 tokens = $0.50"


def test_a_call_that_failed_gives_back_what_was_set_aside() -> None:
    down = failing(lambda _: Transient.of("down", model="m", kind="server"))
    backend = Scripted(down, price=PRICE, max_cost=1.0)
    assert kinds(asyncio.run(ask_all(Limited(backend), ["q"] * 10))) == ["Transient"] * 10


def test_without_a_budget_nothing_is_refused() -> None:
    backend = Scripted(spending(100.0), price=PRICE)
    assert kinds(asyncio.run(ask_all(Limited(backend), ["q"] * 10))) == ["ok"] * 10


def test_a_pace_per_minute_spaces_the_calls() -> None:
    backend = Scripted(prompt, requests_per_minute=1200, concurrency=50)
    started = time.monotonic()
    asyncio.run(ask_all(Limited(backend), ["q"] * 9))
    assert time.monotonic() - started >= 8 * 60 / 1200


def test_after_rate_limits_the_width_grows_step_by_step() -> None:
    async def work() -> list[float]:
        gate = Gate(Limits(concurrency=16))
        limited = Transient.of("slow down", model="m", kind="rate_limit")
        widths = []
        fine = Reply(text="yes")
        outcomes: list[Reply | Transient] = [fine, *[limited] * 5, fine, fine]
        for outcome in outcomes:
            await gate.leave(await gate.enter(), outcome)
            widths.append(gate.allowed)
        return widths

    widths = asyncio.run(work())
    assert widths[:6] == [16, 8, 4, 2, 1, 1]
    assert widths[6] <= 2, "one success must not bring the whole storm back"
    assert widths[7] > 1


def test_a_reply_that_never_comes_ends_at_the_deadline() -> None:
    async def hang(_: str) -> Reply:
        await asyncio.sleep(3600)
        return Reply(text="")

    backend = Scripted(hang, deadline=0.1)
    (outcome,) = asyncio.run(ask_all(Limited(backend), ["q"]))
    assert isinstance(outcome, Transient)
    assert (outcome.kind, outcome.maybe_billed, backend.active) == ("timeout", True, 0)


def test_the_deadline_starts_at_admission_and_not_in_the_queue() -> None:
    async def slow(_: str) -> Reply:
        await asyncio.sleep(0.25)
        return Reply(text="yes")

    backend = Scripted(slow, deadline=1.0, concurrency=1)
    assert kinds(asyncio.run(ask_all(Limited(backend), ["q"] * 8))) == ["ok"] * 8


@pytest.mark.parametrize("error", [ValueError("a bug"), Transient("down"), Permanent("bad"), NotInstalled("no")])
def test_a_failure_gives_its_place_back(error: Exception) -> None:
    backend = Scripted(failing(lambda _: error, lambda text: text == "q0"), concurrency=1)
    outcomes = asyncio.run(asyncio.wait_for(ask_all(Limited(backend), ["q0", "q1"]), 10))
    assert kinds(outcomes) == [type(error).__name__, "ok"]


async def _second_after_cancelled_first(limited: Limited) -> Reply:
    first = asyncio.create_task(limited.generate(question("first")))
    await asyncio.sleep(0.01)
    second = asyncio.create_task(limited.generate(question("second")))
    await asyncio.sleep(0.01)
    first.cancel()
    return await asyncio.wait_for(second, 3)


def test_a_cancelled_call_gives_its_place_back() -> None:
    async def behave(text: str) -> Reply:
        await asyncio.sleep(3600 if text == "first" else 0)
        return Reply(text=text)

    async def work() -> Reply:
        return await _second_after_cancelled_first(Limited(Scripted(behave)))

    assert asyncio.run(work()).text == "second"


def test_a_call_that_is_cancelled_in_a_pause_gives_its_place_back() -> None:
    async def work() -> Reply:
        limited = Limited(Scripted(prompt, concurrency=1))
        limited.gate.pace.pause(0.2)
        return await _second_after_cancelled_first(limited)

    assert asyncio.run(work()).text == "yes"


def test_closing_closes_the_backend() -> None:
    backend = Scripted(prompt)
    asyncio.run(Limited(backend).close())
    assert backend.closed
