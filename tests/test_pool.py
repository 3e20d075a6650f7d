"""The bounded map: everything is handed on once, a failure is a value, and stopping loses nothing that was begun."""

import asyncio
import gc
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from judge import pool
from judge.errors import JudgeError
from judge.pool import Stop, run_all
from judge.records import Problem
from providers.errors import CacheUnusable, Halt, Permanent, Transient

Work = Callable[[int], Awaitable[int]]


class Seen:
    """What was handed on, and how many were at work at once."""

    def __init__(self) -> None:
        self.done: list[tuple[int, int | Problem]] = []
        self.begun: list[int] = []
        self.active = self.most = 0

    async def hand_on(self, item: int, outcome: int | Problem) -> None:
        self.done.append((item, outcome))

    def watching(self, work: Work) -> Work:
        async def watched(item: int) -> int:
            self.begun.append(item)
            self.active += 1
            self.most = max(self.most, self.active)
            try:
                return await work(item)
            finally:
                self.active -= 1

        return watched

    @property
    def problems(self) -> dict[int, Problem]:
        return {item: outcome for item, outcome in self.done if isinstance(outcome, Problem)}


def run(items: Iterable[int], work: Work, *, concurrency: int = 4, stop: Stop | None = None) -> tuple[Seen, Stop]:
    seen, asked = Seen(), stop or Stop()

    async def whole() -> None:
        await run_all(items, seen.watching(work), done=seen.hand_on, concurrency=concurrency, stop=asked)

    asyncio.run(whole())
    return seen, asked


async def double(item: int) -> int:
    await asyncio.sleep(0)
    return item * 2


def raising(error: BaseException, when: int = 3) -> Work:
    async def work(item: int) -> int:
        await asyncio.sleep(0.001)
        if item == when:
            raise error
        return item

    return work


@settings(max_examples=40, deadline=None)
@given(n=st.integers(0, 40), concurrency=st.integers(-1, 50))
def test_every_item_is_worked_and_handed_on_exactly_once(n: int, concurrency: int) -> None:
    seen, stop = run(range(n), double, concurrency=concurrency)
    assert sorted(seen.done, key=str) == sorted([(item, item * 2) for item in range(n)], key=str)
    assert not stop.event.is_set()


def test_as_many_are_at_work_as_are_allowed_and_no_more() -> None:
    async def work(item: int) -> int:
        await asyncio.sleep(0.01)
        return item

    seen, _ = run(range(30), work, concurrency=5)
    assert seen.most == 5


def test_items_are_taken_as_they_are_needed() -> None:
    taken = 0

    def endless() -> Iterator[int]:
        nonlocal taken
        while True:
            taken += 1
            yield taken

    stop = Stop()

    async def work(item: int) -> int:
        if item == 10:
            stop.ask("test", "enough")
        await asyncio.sleep(0)
        return item

    seen, _ = run(endless(), work, concurrency=2, stop=stop)
    assert 10 <= len(seen.done) <= taken <= 14


def test_a_worker_takes_no_item_before_the_last_is_handed_on() -> None:
    order: list[str] = []

    async def work(item: int) -> int:
        order.append(f"work {item}")
        return item

    async def done(item: int, _: int | Problem) -> None:
        await asyncio.sleep(0.01)
        order.append(f"done {item}")

    asyncio.run(run_all(range(3), work, done=done, concurrency=1, stop=Stop()))
    assert order == ["work 0", "done 0", "work 1", "done 1", "work 2", "done 2"]


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        pytest.param(
            Permanent("too long", kind="bad_request"), "bad_request", "too long", id="the provider's own kind"
        ),
        pytest.param(Transient.of("down", model="m", kind="server"), "server", "down", id="after the last retry"),
        pytest.param(KeyError("label"), "internal", "KeyError: 'label' (work, line", id="a bug, with its place"),
        pytest.param(TimeoutError(), "internal", "TimeoutError", id="a failure without words"),
    ],
)
def test_a_failure_is_a_problem_of_its_sample_alone(error: Exception, kind: str, message: str) -> None:
    seen, stop = run(range(10), raising(error))
    (problem,) = seen.problems.values()
    assert list(seen.problems) == [3]
    assert (problem.stage, problem.kind) == ("call", kind)
    assert problem.message.startswith(message)
    assert (len(seen.done), stop.event.is_set()) == (10, False)


def test_a_problem_holds_no_more_than_the_head_of_a_long_message() -> None:
    seen, _ = run(range(4), raising(ValueError("x" * 100_000)))
    assert len(seen.problems[3].message) < 400


def test_a_halt_ends_the_map_and_its_own_sample_stays_undone() -> None:
    seen, stop = run(range(1000), raising(Halt("no money", kind="budget")), concurrency=2)
    assert (stop.kind, stop.reason) == ("budget", "no money")
    assert 3 not in dict(seen.done)
    assert len(seen.begun) < 10
    assert seen.problems == {}, "what was not asked is no failure"
    assert sorted([*dict(seen.done), 3]) == sorted(seen.begun), "what was begun was finished"


@pytest.mark.parametrize("error", [JudgeError("disk full"), CacheUnusable("locked")], ids=lambda e: type(e).__name__)
def test_what_every_sample_would_meet_is_raised_and_ends_the_map(error: Exception) -> None:
    begun: list[int] = []

    async def work(item: int) -> int:
        begun.append(item)
        return await raising(error)(item)

    with pytest.raises(type(error)):
        run(range(1000), work)
    assert len(begun) < 20


def test_a_failure_to_store_stops_further_calls_at_once() -> None:
    begun: list[int] = []

    async def work(item: int) -> int:
        begun.append(item)
        await asyncio.sleep(0.001)
        return item

    async def done(_: int, __: int | Problem) -> None:
        raise JudgeError("disk full")

    with pytest.raises(JudgeError, match="disk full"):
        asyncio.run(run_all(range(1000), work, done=done, concurrency=4, stop=Stop()))
    assert len(begun) <= 8


def test_ctrl_c_is_not_a_problem_of_a_sample(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.CRITICAL + 1, "asyncio"):
        with pytest.raises(KeyboardInterrupt):
            run(range(10), raising(KeyboardInterrupt()))
        gc.collect()  # asyncio would log of a map that nobody awaits any more


def test_cancelling_the_map_cancels_what_is_at_work_and_makes_no_problems() -> None:
    seen = Seen()

    async def hang(item: int) -> int:
        await asyncio.sleep(3600)
        return item

    async def whole() -> None:
        mapping = run_all(range(5), seen.watching(hang), done=seen.hand_on, concurrency=5, stop=Stop())
        task = asyncio.create_task(mapping)
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (seen.begun, seen.active, seen.done) == ([0, 1, 2, 3, 4], 0, [])

    asyncio.run(whole())


def stopping(stop: Stop, slow: float) -> Work:
    """The first asks to stop; the others take their time."""

    async def work(item: int) -> int:
        if item == 0:
            stop.ask("interrupted", "Ctrl-C")
            return item
        await asyncio.sleep(slow)
        return item

    return work


def test_after_a_stop_what_is_at_work_may_end_and_nothing_new_begins() -> None:
    stop = Stop()
    seen, _ = run(range(100), stopping(stop, slow=0.1), concurrency=4, stop=stop)
    assert len(seen.begun) <= 5
    assert sorted(dict(seen.done)) == sorted(seen.begun)
    assert (stop.kind, stop.reason) == ("interrupted", "Ctrl-C")


def test_after_a_stop_what_does_not_end_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "DRAIN_SECONDS", 0.1)
    stop = Stop()
    seen, _ = run(range(-3, 1), stopping(stop, slow=3600), concurrency=4, stop=stop)
    assert (sorted(seen.begun), dict(seen.done), seen.active) == ([-3, -2, -1, 0], {0: 0}, 0)


def test_a_stop_before_the_start_begins_nothing() -> None:
    stop = Stop()
    stop.ask("interrupted", "Ctrl-C")
    assert run(range(9), double, stop=stop)[0].begun == []


def test_the_first_reason_to_stop_stays() -> None:
    stop = Stop()
    stop.ask("budget", "no money")
    stop.ask("halt", "later")
    assert (stop.kind, stop.reason) == ("budget", "no money")
