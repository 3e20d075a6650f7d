"""The fast lane with its retry loop against every fault: how it ends, after how many calls, and when."""

import asyncio
import time
from collections.abc import Iterator, Mapping

import pytest
from fake_server import FakeServer, read_lines, serve
from faults import (
    ATTEMPTS,
    BODY_WAIT,
    CUTS,
    DEADLINE,
    ENDLESS,
    LASTING,
    PASSING,
    REPLIES,
    TOO_LONG,
    WAITS,
    End,
    meet,
    script,
)  # fmt: skip

from providers.endpoint import Endpoint
from providers.errors import Permanent, Transient
from providers.records import Info, Reply

LONG_WAITS = {**WAITS, **BODY_WAIT}
UNBILLED = ("rate_limit", "server_error", "bad_gateway", "gateway_timeout", "unavailable", "overloaded")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeServer]:
    with serve(tmp_path_factory.mktemp("faults"), script()) as running:
        yield running


@pytest.fixture(scope="module")
def ends(server: FakeServer) -> Mapping[str, End]:
    """What came of every fault; the server also tells whether it saw the client leave what never ends."""

    async def work() -> dict[str, End]:
        info = Info(name="endpoint", identity="endpoint", model="m", kind="local")
        backend = Endpoint(info, base_url=server.base_url, key=None)
        names = [*PASSING, *LASTING, *REPLIES, *(f"cut {at}" for at in CUTS)]
        names += [*(f"wait {name}" for name in LONG_WAITS), *(f"long {name}" for name in TOO_LONG)]
        found = dict(await meet(backend, server, names, lane="endpoint"))
        found |= await meet(backend, server, ENDLESS, lane="endpoint", deadline=DEADLINE)
        await asyncio.sleep(0.6)  # the server looks every 0.2 s whether the client is still there
        left = {line["fault"] for line in read_lines(server.ledger) if line.get("done") is False}
        assert set(ENDLESS) <= left, "the sockets of calls that were given up are closed, with the session still open"
        await backend.close()
        return found

    return asyncio.run(work())


@pytest.mark.parametrize("fault", PASSING)
def test_what_may_pass_is_tried_again_and_ends_typed(ends: Mapping[str, End], fault: str) -> None:
    end = ends[fault]
    assert (type(end.error), end.error.kind) == (Transient, PASSING[fault])
    assert len(end.times) == end.error.attempts == ATTEMPTS


@pytest.mark.parametrize("fault", PASSING)
def test_whether_a_failed_call_may_have_been_charged_is_known(ends: Mapping[str, End], fault: str) -> None:
    error = ends[fault].error
    assert isinstance(error, Transient)
    assert error.maybe_billed is (fault not in UNBILLED)


@pytest.mark.parametrize("fault", LASTING)
def test_what_lasts_is_one_call(ends: Mapping[str, End], fault: str) -> None:
    end = ends[fault]
    assert (type(end.error), end.error.kind, len(end.times)) == (Permanent, LASTING[fault], 1)


@pytest.mark.parametrize("fault", REPLIES)
def test_a_refusal_and_a_cut_reply_are_replies_and_are_not_asked_again(ends: Mapping[str, End], fault: str) -> None:
    outcome = ends[fault].outcome
    assert isinstance(outcome, Reply), repr(outcome)
    assert (outcome.finish, len(ends[fault].times)) == (REPLIES[fault], 1)


@pytest.mark.parametrize("at", CUTS)
def test_a_reset_after_any_byte_is_worth_another_try_and_may_have_been_charged(
    ends: Mapping[str, End], at: int
) -> None:
    end = ends[f"cut {at}"]
    assert isinstance(end.error, Transient)
    assert (end.error.kind, end.error.maybe_billed, len(end.times)) == ("connection", True, ATTEMPTS)


@pytest.mark.parametrize("fault", ENDLESS)
def test_what_never_ends_is_ended_at_the_deadline(ends: Mapping[str, End], fault: str) -> None:
    end = ends[fault]
    assert isinstance(end.error, Transient)
    assert (end.error.kind, end.error.maybe_billed, len(end.times)) == ("timeout", True, 1)
    assert DEADLINE <= end.seconds < DEADLINE + 1


@pytest.mark.parametrize("name", LONG_WAITS)
def test_the_wait_that_the_server_asked_for_is_kept_in_every_form(ends: Mapping[str, End], name: str) -> None:
    end, least = ends[f"wait {name}"], LONG_WAITS[name][1]
    assert isinstance(end.outcome, Reply), repr(end.outcome)
    first, second = end.times
    assert least <= second - first < least + 2.5


@pytest.mark.parametrize("name", TOO_LONG)
def test_a_wait_beyond_the_deadline_is_an_error_at_once(ends: Mapping[str, End], name: str) -> None:
    end = ends[f"long {name}"]
    assert (type(end.error), end.error.kind, len(end.times)) == (Transient, "rate_limit", 1)
    assert end.seconds < 10


def test_a_reply_that_is_not_a_completion_is_asked_for_three_times_at_most(server: FakeServer) -> None:
    from test_retry import ask, calls

    started = time.monotonic()
    (outcome,) = ask(server, "<html> at most", attempts=9)
    assert isinstance(outcome, Transient)
    assert (outcome.kind, len(calls(server, "<html> at most"))) == ("bad_response", 3)
    assert time.monotonic() - started < 10


def test_a_server_that_gives_no_completion_at_all_halts_the_run(server: FakeServer) -> None:
    from test_retry import ask, calls

    outcomes = ask(server, *(f"<html> ever {number}" for number in range(50)))
    assert len(calls(server, "<html> ever")) <= 6
    assert "base URL" in str(outcomes[-1])


def test_a_question_of_many_mib_is_sent_whole(server: FakeServer) -> None:
    from test_retry import ask

    text = "large " * 2**20
    (reply,) = ask(server, text)
    assert isinstance(reply, Reply), repr(reply)
    (call,) = (line for line in server.requests() if line["prompt"].startswith("large large"))
    assert call["prompt"] == text
