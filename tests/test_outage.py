"""An outage ends a run after a bounded time, of whatever kind it is; a server that is late is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from virtual_time import run_virtually

from providers.errors import Halt, Permanent, ProviderError, Transient
from providers.limits import Limited
from providers.records import Info, Limits, Message, Reply, Request
from providers.retry import Retrying

REQUEST = Request(provider="p", model="m", messages=(Message(role="user", text="q"),))
Outcome = Callable[[float], "Reply | ProviderError | None"]
"""What the server does at a moment, in seconds; None: it hangs."""


def refused(_: float) -> ProviderError:
    return Transient.of("no server answers at h", model="m", kind="connection")


def broken(kind: str) -> Callable[[float], ProviderError]:
    return lambda _: Transient.of(f"it failed ({kind})", model="m", kind=kind, maybe_billed=True)


def hanging(_: float) -> None:
    return None


OUTAGES: dict[str, Outcome] = {
    "refused": refused,
    "5xx": lambda _: Transient.of("HTTP 502", model="m", kind="server"),
    "overloaded": lambda _: Transient.of("HTTP 503", model="m", kind="overloaded"),
    "no JSON": broken("bad_response"),
    "reset": broken("connection"),
    "hang": hanging,
}


class Server:
    """A backend that does at each moment what it is told."""

    def __init__(self, outcome: Outcome, **limits: float) -> None:
        self.outcome = outcome
        self.calls: list[float] = []
        self.info = Info(name="p", identity="p", model="m", kind="local", limits=Limits(**limits))

    async def generate(self, _: Request) -> Reply:
        now = asyncio.get_running_loop().time()
        self.calls.append(now)
        found = self.outcome(now)
        if found is None:
            await asyncio.sleep(1e9)
        await asyncio.sleep(0.1)
        if isinstance(found, Reply):
            return found
        raise found or AssertionError

    async def close(self) -> None:
        """Nothing to close."""


async def run(server: Server, *, items: int, at_once: int = 4) -> tuple[list[Reply | BaseException], float, list[str]]:
    """What came of so many items, when the run was over, and what was told of waiting."""
    told: list[str] = []
    provider = Retrying(Limited(server, on_wait=told.append))
    places = asyncio.Semaphore(at_once)
    stopped = False

    async def one() -> Reply | BaseException:
        nonlocal stopped
        async with places:
            if stopped:
                return Halt("not asked")
            try:
                return await provider.generate(REQUEST)
            except ProviderError as error:
                stopped = stopped or isinstance(error, Halt)
                return error

    found = await asyncio.gather(*(one() for _ in range(items)))
    return found, asyncio.get_running_loop().time(), told


@pytest.mark.parametrize("kind", OUTAGES)
@pytest.mark.parametrize("after", [0.0, 10.0], ids=["from the start", "after successes"])
def test_each_kind_of_outage_ends_the_run_in_bounded_time_and_one_line_says_how_to_go_on(
    kind: str, after: float
) -> None:
    server = Server(lambda now: Reply(text="ok") if now < after else OUTAGES[kind](now), patience=200.0)
    found, ended, _ = run_virtually(run(server, items=5000))
    halt = next(error for error in found if isinstance(error, Halt) and error.kind != "error")
    assert after < ended <= after + 200 + 70
    if after or kind not in ("no JSON", "reset"):  # of these, five at the start are enough: the address is wrong
        assert "no call has succeeded for " in halt.message
        assert "--patience" in halt.message
        assert "Run the same line again" in halt.message


def test_a_server_that_is_30_seconds_late_is_waited_for_and_nothing_is_lost() -> None:
    server = Server(lambda now: refused(now) if now < 30 else Reply(text="ok"))
    found, ended, told = run_virtually(run(server, items=20))
    assert [item.text for item in found if isinstance(item, Reply)] == ["ok"] * 20
    assert ended < 34
    assert told == ["no server answers at h: waiting for up to 60 s (--patience)"]


def test_calls_that_reached_no_server_are_no_extra_calls() -> None:
    server = Server(lambda now: refused(now) if now < 10 else Reply(text="ok"))
    found, _, _ = run_virtually(run(server, items=3))
    assert [item.attempts for item in found if isinstance(item, Reply)] == [1, 1, 1]


def test_a_server_that_goes_away_for_four_minutes_loses_no_item() -> None:
    server = Server(lambda now: refused(now) if 5 < now < 245 else Reply(text="ok"))
    found, _, _ = run_virtually(run(server, items=2000))
    assert all(isinstance(item, Reply) for item in found)


def test_one_success_among_failures_ends_the_count() -> None:
    def mostly(now: float) -> Reply | ProviderError:
        return Reply(text="ok") if int(now) % 50 == 0 else Transient.of("HTTP 502", model="m", kind="server")

    server = Server(mostly, patience=100.0)
    found, _, _ = run_virtually(run(server, items=200))
    assert not any(isinstance(item, Halt) for item in found)


def test_a_long_call_is_no_outage_while_others_succeed() -> None:
    server = Server(refused, patience=20.0, deadline=100.0, concurrency=8)
    server.outcome = lambda now: None if len(server.calls) == 2 else Reply(text="ok")
    found, ended, _ = run_virtually(run(server, items=4000, at_once=8))
    assert sum(isinstance(item, Reply) for item in found) == 3999
    assert 4000 / 8 * 0.1 + 20 < ended < 90, "it was given up 20 s after the last success"


def test_without_patience_nothing_is_waited_for() -> None:
    server = Server(refused, patience=0.0)
    found, ended, told = run_virtually(run(server, items=50))
    assert any(isinstance(item, Halt) for item in found)
    assert ended < 60
    assert told == []
    failed = [item for item in found if isinstance(item, Transient)]
    assert {item.attempts for item in failed} <= {0}, "none of their calls reached a server"


def test_an_answer_of_another_kind_is_no_outage() -> None:
    server = Server(lambda _: Permanent("no such picture", model="m", kind="blocked"), patience=10.0)
    found, _, _ = run_virtually(run(server, items=500))
    assert not any(isinstance(item, Halt) for item in found)
