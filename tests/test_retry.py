"""The one retry loop against a real server: what is tried again, how long it waits, and when it gives up."""

import asyncio
import email.utils
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_server import FakeServer, serve
from tenacity import AsyncRetrying, RetryCallState

from providers.endpoint import Endpoint
from providers.errors import Halt, Permanent, ProviderError, Transient
from providers.limits import Limited, call_deadline
from providers.records import Info, Limits, Message, Reply, Request, Sampling
from providers.retry import LONGEST_WAIT, Retrying, wait_as_told

PASSING = ("rate_limit", "server_error", "unavailable", "overloaded", "reset", "reset_midbody", "html", "empty_object")
LASTING = {
    "unauthorized": "unauthorized",
    "not_found": "not_found",
    "quota": "quota",
    "unsupported_param": "not_supported",
}
SCRIPT: dict[str, Any] = {
    "latency": 0,
    "faults": [
        {"kind": "rate_limit", "contains": "<wait 1 s>", "attempts": [1], "retry_after": "1"},
        {"kind": "rate_limit", "contains": "<wait junk>", "attempts": [1], "retry_after": "soon"},
        {"kind": "rate_limit", "contains": "<wait zero>", "attempts": [1], "retry_after": "0"},
        {"kind": "rate_limit", "contains": "<wait negative>", "attempts": [1], "retry_after": "-5"},
        {"kind": "rate_limit", "contains": "<wait a day>", "retry_after": "99999"},
        {"kind": "rate_limit", "contains": "<wait forever>", "retry_after": "9999999999"},
        {"kind": "server_error", "contains": "<flaky>", "share": 0.2},
        *[{"kind": kind, "contains": f"<once {kind}>", "attempts": [1]} for kind in PASSING],
        *[{"kind": kind, "contains": f"<{kind}>"} for kind in (*LASTING, "server_error", "bad_request")],
        *[{"kind": kind, "contains": f"<{kind}>"} for kind in ("hang", "drip")],
    ],
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeServer]:
    with serve(tmp_path_factory.mktemp("retry"), SCRIPT) as running:
        yield running


def question(text: str) -> Request:
    message = Message(role="user", text=text)
    return Request(provider="e", model="m", messages=(message,), sampling=Sampling(temperature=0))


def opened(base_url: str, **limits: Any) -> Retrying:
    info = Info(name="endpoint", identity=base_url, model="m", kind="local", limits=Limits(**limits))
    return Retrying(Limited(Endpoint(info, base_url=base_url, key=None)))


async def ask_each(provider: Retrying, *texts: str) -> list[Reply | BaseException]:
    """All of them at once, through one provider."""
    try:
        return await asyncio.gather(*(provider.generate(question(t)) for t in texts), return_exceptions=True)
    finally:
        await provider.close()


def ask(server: FakeServer, *texts: str, **limits: Any) -> list[Reply | BaseException]:
    return asyncio.run(ask_each(opened(server.base_url, **limits), *texts))


def calls(server: FakeServer, marker: str) -> list[dict[str, Any]]:
    return [line for line in server.requests() if marker in line["prompt"]]


@pytest.mark.parametrize("fault", PASSING)
def test_a_failure_that_passes_is_tried_again_and_counted(server: FakeServer, fault: str) -> None:
    (reply,) = ask(server, f"<once {fault}>")
    assert isinstance(reply, Reply)
    assert (reply.text, reply.attempts) == ("Answer: serious", 2)
    assert len(calls(server, f"<once {fault}>")) == 2


def test_retry_after_in_seconds_is_waited_for(server: FakeServer) -> None:
    (reply,) = ask(server, "<wait 1 s> alone")
    first, second = (line["time"] for line in calls(server, "<wait 1 s> alone"))
    assert isinstance(reply, Reply)
    assert second - first >= 1


def test_retry_after_pauses_the_whole_provider_and_not_one_call(server: FakeServer) -> None:
    ask(server, "<wait 1 s> first", "pausing 1", "pausing 2")
    first = calls(server, "<wait 1 s> first")[0]["time"]
    later = [line["time"] - first for line in calls(server, "pausing")]
    assert len(later) == 2
    assert min(later) >= 1


def test_retry_after_as_a_date_is_waited_for(tmp_path: Path) -> None:
    at = int(time.time()) + 4
    date = email.utils.formatdate(at, usegmt=True)
    fault = {"kind": "rate_limit", "attempts": [1], "retry_after": date}
    with serve(tmp_path, {"latency": 0, "faults": [fault]}) as running:
        (reply,) = ask(running, "dated")
        assert isinstance(reply, Reply)
        assert time.time() >= at
        assert len(running.requests()) == 2


@pytest.mark.parametrize("header", ["junk", "zero", "negative"])
def test_a_retry_after_that_says_nothing_usable_does_not_stop_the_call(server: FakeServer, header: str) -> None:
    (reply,) = ask(server, f"<wait {header}>")
    assert isinstance(reply, Reply)
    assert reply.attempts == 2


@pytest.mark.parametrize("header", ["a day", "forever"])
def test_a_wait_longer_than_the_deadline_is_an_error_at_once(server: FakeServer, header: str) -> None:
    (outcome,) = ask(server, f"<wait {header}> alone", deadline=30)
    assert isinstance(outcome, Transient)
    assert (outcome.kind, len(calls(server, f"<wait {header}> alone"))) == ("rate_limit", 1)


@pytest.mark.parametrize("header", ["a day", "forever"])
def test_a_wait_longer_than_the_deadline_does_not_hang_the_calls_behind_it(server: FakeServer, header: str) -> None:
    async def work() -> list[Reply | BaseException]:
        provider = opened(server.base_url, deadline=60)
        return await asyncio.wait_for(ask_each(provider, f"<wait {header}> leads", "follows", "follows 2"), 4)

    outcomes = asyncio.run(work())
    assert all(isinstance(outcome, ProviderError) for outcome in outcomes)


@pytest.mark.parametrize("fault", LASTING)
def test_a_failure_that_lasts_is_one_call_and_halts_the_rest(server: FakeServer, fault: str) -> None:
    outcomes = ask(server, *(f"<{fault}> {n}" for n in range(20)))
    assert len(calls(server, f"<{fault}>")) == 1
    first, *rest = outcomes
    assert isinstance(first, Permanent)
    assert first.kind == LASTING[fault]
    assert all(isinstance(outcome, Halt) and outcome.message == first.message for outcome in rest)


def test_a_bad_request_is_never_retried_and_three_equal_ones_halt(server: FakeServer) -> None:
    outcomes = ask(server, "fine", *(f"<bad_request> {n}" for n in range(20)), concurrency=1)
    assert isinstance(outcomes[0], Reply)
    assert [line["attempt"] for line in calls(server, "<bad_request>")] == [1, 1, 1]
    assert sum(isinstance(outcome, Halt) for outcome in outcomes) == 17


def test_one_bad_request_leaves_the_others_their_replies(server: FakeServer) -> None:
    outcomes = ask(server, "<bad_request> lone", *(f"good {n}" for n in range(20)))
    assert isinstance(outcomes[0], Permanent)
    assert all(isinstance(outcome, Reply) for outcome in outcomes[1:])


def test_the_attempts_are_bounded_and_the_real_error_comes_out(server: FakeServer) -> None:
    provider = opened(server.base_url, attempts=3)
    (outcome,) = asyncio.run(ask_each(provider, "<server_error> bounded"))
    assert isinstance(outcome, Transient)
    assert (outcome.kind, outcome.message) == ("server", "HTTP 500: Fake error: server_error.")
    assert (len(calls(server, "<server_error> bounded")), outcome.attempts) == (3, 3)


def test_one_failure_in_five_loses_nothing_and_every_call_is_counted(server: FakeServer) -> None:
    texts = [f"<flaky> {n}" for n in range(60)]
    replies = [reply for reply in ask(server, *texts, attempts=9) if isinstance(reply, Reply)]
    assert len(replies) == 60
    made = calls(server, "<flaky>")
    assert len(made) > 60, "some calls failed, else this shows nothing"
    assert sum(reply.attempts for reply in replies) == len(made)


@pytest.mark.parametrize("fault", ["hang", "drip"])
def test_the_deadline_ends_a_reply_that_does_not(server: FakeServer, fault: str) -> None:
    started = time.monotonic()
    (outcome,) = ask(server, f"<{fault}>", deadline=0.7)
    assert isinstance(outcome, Transient)
    assert (outcome.kind, outcome.maybe_billed) == ("timeout", True)
    assert len(calls(server, f"<{fault}>")) == 1
    assert time.monotonic() - started < 10


def test_the_deadline_holds_for_all_attempts_together(server: FakeServer) -> None:
    started = time.monotonic()
    (outcome,) = ask(server, "<server_error> long", deadline=1.5, attempts=1000)
    assert isinstance(outcome, Transient)
    assert time.monotonic() - started < 10
    assert 1 <= len(calls(server, "<server_error> long")) < 100


def test_the_deadline_of_one_call_is_not_left_to_the_next() -> None:
    async def work() -> None:
        provider = opened("http://127.0.0.1:1/v1", attempts=1, patience=0)
        with pytest.raises(Transient):
            await provider.generate(question("anybody?"))
        await provider.close()
        assert call_deadline.get() is None

    asyncio.run(work())


def waits(attempt: int, error: Exception, n: int = 300) -> list[float]:
    state = RetryCallState(AsyncRetrying(), None, (), {})
    state.attempt_number = attempt
    state.set_exception((type(error), error, None))
    return [wait_as_told(state) for _ in range(n)]


@pytest.mark.parametrize(("attempt", "most"), [(1, 0.5), (2, 1.0), (4, 4.0), (30, LONGEST_WAIT)])
def test_without_a_header_the_wait_is_full_jitter_below_a_doubling_limit(attempt: int, most: float) -> None:
    drawn = waits(attempt, Transient.of("down", model="m", kind="server"))
    assert 0 <= min(drawn) <= max(drawn) <= most
    assert min(drawn) < most / 4
    assert max(drawn) > most * 3 / 4
    assert statistics.mean(drawn) == pytest.approx(most / 2, rel=0.25)


def test_with_a_header_the_wait_is_what_the_server_said() -> None:
    told = Transient.of("slow down", model="m", kind="rate_limit", retry_after=7.5)
    assert set(waits(3, told)) == {7.5}


def test_a_header_that_asks_for_no_wait_leaves_full_jitter_so_that_attempts_do_not_burn_in_milliseconds() -> None:
    told = Transient.of("slow down", model="m", kind="rate_limit", retry_after=0.0)
    assert max(waits(3, told)) > 1.0
