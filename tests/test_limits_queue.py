"""What a call waits for before it is admitted, and who need not wait; in virtual time."""

import asyncio
from typing import Any

import pytest
from test_limits import PRICE, Scripted, ask_all, failing, kinds, question
from virtual_time import run_virtually

from providers.errors import Permanent, Transient
from providers.limits import Limited
from providers.records import Media, Message, Price, Reply, Request, Sampling, Usage
from providers.retry import Retrying


class Batching(Scripted):
    """Answers once it has them all, as a batch API or a local model with its queue does."""

    def __init__(self, whole: int, **limits: Any) -> None:
        super().__init__(self.answer, **limits)
        self.info = self.info.model_copy(update={"batches": True})
        self.full = asyncio.Event()
        self.whole = whole

    async def answer(self, _: str) -> Reply:
        if self.active == self.whole:
            self.full.set()
        await self.full.wait()
        await asyncio.sleep(3600)
        return Reply(text="yes")


def test_a_provider_that_batches_gets_its_whole_queue_at_once() -> None:
    backend = Batching(500, concurrency=4)
    outcomes = run_virtually(ask_all(Limited(backend), ["q"] * 500))
    assert (kinds(outcomes), backend.most) == (["ok"] * 500, 500)


def test_a_call_of_a_batch_does_not_run_out_of_time_in_the_batchs_own_queue() -> None:
    outcomes = run_virtually(ask_all(Limited(Batching(20, deadline=60)), ["q"] * 20))
    assert kinds(outcomes) == ["ok"] * 20


def test_a_rate_limit_pauses_a_provider_that_batches_and_does_not_narrow_it() -> None:
    async def work() -> list[float]:
        backend = Batching(1)
        limited = Limited(backend)
        backend.behaviour = failing(lambda _: Transient.of("wait", model="m", kind="rate_limit", retry_after=30))
        await ask_all(limited, ["q"])
        backend.behaviour, times = backend.answer, []

        async def answer(_: str) -> Reply:
            times.append(asyncio.get_running_loop().time())
            return Reply(text="yes")

        backend.behaviour = answer
        await ask_all(limited, ["q"] * 100)
        return times

    assert set(run_virtually(work())) == {30}


def test_clips_that_cannot_be_read_do_not_stop_the_others() -> None:
    broken = failing(lambda _: Permanent("the clip has changed", kind="media"), lambda text: text[-1] in "02468")
    outcomes = run_virtually(ask_all(Limited(Scripted(broken)), [f"q{n}" for n in range(20)]))
    assert kinds(outcomes).count("ok") == 10


def test_tokens_per_minute_hold_calls_back_by_what_the_replies_really_used() -> None:
    async def work() -> list[float]:
        times: list[float] = []

        async def answer(_: str) -> Reply:
            times.append(asyncio.get_running_loop().time())
            await asyncio.sleep(1)
            return Reply(text="yes", usage=Usage(input_tokens=40, output_tokens=60))

        backend = Scripted(answer, tokens_per_minute=5000, concurrency=50)
        assert kinds(await ask_all(Limited(backend), ["q"] * 80)) == ["ok"] * 80
        return times

    times = run_virtually(work())
    assert sum(at < 60 for at in times) == 45, "44 x 100 used and 500 set aside for the next"
    assert max(times) < 120


def test_a_call_that_is_tried_again_queues_no_longer_than_its_deadline() -> None:
    """Others may be paused for long: the call that has already begun must still end in time."""

    async def work() -> tuple[Reply | BaseException, float]:
        backend = Scripted(failing(lambda _: Transient.of("down", model="m", kind="server")), deadline=100)
        limited = Limited(backend)
        call = asyncio.create_task(Retrying(limited).generate(question()))
        await asyncio.sleep(0)
        limited.gate.pace.pause(0.001)
        while not backend.texts:  # noqa: ASYNC110  virtual time
            await asyncio.sleep(0.01)
        limited.gate.pace.pause(5000)
        (outcome,) = await asyncio.gather(call, return_exceptions=True)
        return outcome, asyncio.get_running_loop().time()

    outcome, ended = run_virtually(work())
    assert isinstance(outcome, Transient)
    assert (outcome.kind, outcome.maybe_billed) == ("timeout", False)
    assert ended == pytest.approx(100, abs=1)


def test_a_first_call_that_is_cancelled_proves_nothing() -> None:
    async def work() -> int:
        backend = Scripted(failing(lambda _: Permanent("no key", kind="unauthorized"), lambda text: text != "first"))
        slow = backend.behaviour

        async def behave(text: str) -> Reply:
            await asyncio.sleep(10)
            return await slow(text)

        backend.behaviour = behave
        limited = Limited(backend)
        first = asyncio.create_task(limited.generate(question("first")))
        await asyncio.sleep(1)
        first.cancel()
        await ask_all(limited, ["q"] * 20)
        return len(backend.texts)

    assert run_virtually(work()) == 2


@pytest.mark.parametrize(
    ("price", "worst"),
    [(Price(input=1, output=0), 10 * 32 + 1600), (Price(input=1, output=0, audio=10), 10 * 32 * 10 + 1600)],
    ids=["audio costs as text does", "audio costs more"],
)
def test_the_budget_reckons_with_the_media_of_a_call(price: Price, worst: float) -> None:
    media = (
        Media(kind="image", path="i", sha256="i"),
        Media(kind="audio", path="a", sha256="a", seconds=10),
    )
    message = Message(role="user", text="", media=media)
    request = Request(provider="p", model="m", messages=(message,), sampling=Sampling(max_tokens=1))

    async def work(most: float) -> list[str]:
        backend = Scripted(lambda _: asyncio.sleep(0, Reply(text="yes")), price=price, max_cost=most)
        return kinds(list(await asyncio.gather(Limited(backend).generate(request), return_exceptions=True)))

    assert PRICE.input == 0
    assert run_virtually(work((worst + 200) / 1e6)) == ["ok"]
    assert run_virtually(work((worst + 199) / 1e6)) == ["Halt"]
