"""LiteLLM with our retry loop against every fault, in three vendors' dialects: how it ends, after how many calls, when.

LiteLLM takes seconds to import and to warm up, so every question is asked once, in one loop.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping

import pytest
from fake_server import FakeServer, serve
from faults import ATTEMPTS, BODY_WAIT, DEADLINE, ENDLESS, LASTING, PASSING, REPLIES, TOO_LONG, WAITS, End, meet, script
from test_hosted import KEY, MODELS, each_vendor, opened

from providers.errors import Permanent, Transient
from providers.records import Reply

CUTS = ("cut 17", "cut 101", "cut 150")
KEPT_WAITS = (
    "milliseconds",
    "both",
    "junk milliseconds",
    "seconds",
    "a fraction",
    "a date",
    "zero",
    "less than nothing",
    "junk",
    "nothing",
)
LONG = ("a day", "a date far off")
Ends = Mapping[tuple[str, str], End]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeServer]:
    with serve(tmp_path_factory.mktemp("faults"), script()) as running:
        yield running


@pytest.fixture(scope="module")
def ends(server: FakeServer) -> Ends:
    """What came of every fault; the deadlines are tried last, when nothing is slow for the first time."""

    async def work() -> Ends:
        found: dict[tuple[str, str], End] = {}
        for vendor in MODELS:
            backend = opened(vendor, server.base_url)
            names = [*PASSING, *LASTING, *REPLIES, *CUTS]
            names += [f"wait {name}" for name in (*KEPT_WAITS, *(BODY_WAIT if vendor == "gemini" else ()))]
            names += [f"long {name}" for name in LONG]
            await meet(backend, server, ["warm up"], lane=vendor)
            met = dict(await meet(backend, server, names, lane=vendor))
            met |= await meet(backend, server, ENDLESS, lane=vendor, deadline=DEADLINE)
            await backend.close()
            found |= {(vendor, name): end for name, end in met.items()}
        return found

    return asyncio.run(work())


@each_vendor
@pytest.mark.parametrize("fault", [*PASSING, *CUTS])
def test_what_may_pass_is_tried_again_and_ends_typed(ends: Ends, vendor: str, fault: str) -> None:
    end, kind = ends[vendor, fault], PASSING.get(fault, "connection")
    assert isinstance(end.error, Transient)
    assert end.error.kind == kind
    assert len(end.times) == end.error.attempts == ATTEMPTS, "no call that nobody counts"
    assert "gateway" in fault or end.error.maybe_billed is (kind in ("connection", "bad_response"))


@each_vendor
@pytest.mark.parametrize("fault", LASTING)
def test_what_lasts_is_one_call_and_tells_no_key(ends: Ends, vendor: str, fault: str) -> None:
    end = ends[vendor, fault]
    assert (type(end.error), end.error.kind, len(end.times)) == (Permanent, LASTING[fault], 1)
    assert KEY not in end.error.message


@each_vendor
@pytest.mark.parametrize("fault", REPLIES)
def test_a_refusal_and_a_cut_reply_are_replies_and_are_not_asked_again(ends: Ends, vendor: str, fault: str) -> None:
    outcome = ends[vendor, fault].outcome
    assert isinstance(outcome, Reply), repr(outcome)
    assert (outcome.finish, len(ends[vendor, fault].times)) == (REPLIES[fault], 1)


@each_vendor
@pytest.mark.parametrize("fault", ENDLESS)
def test_what_never_ends_is_ended_at_the_deadline(ends: Ends, vendor: str, fault: str) -> None:
    end = ends[vendor, fault]
    assert isinstance(end.error, Transient)
    assert (end.error.kind, end.error.maybe_billed, len(end.times)) == ("timeout", True, 1)
    assert DEADLINE <= end.seconds < DEADLINE + 1


@each_vendor
@pytest.mark.parametrize("name", KEPT_WAITS)
def test_the_wait_that_the_vendor_asked_for_is_kept(ends: Ends, vendor: str, name: str) -> None:
    end, least = ends[vendor, f"wait {name}"], WAITS[name][1]
    assert isinstance(end.outcome, Reply), repr(end.outcome)
    first, second = end.times
    assert second - first >= least


def test_the_wait_that_google_writes_into_the_body_is_kept(ends: Ends) -> None:
    for name, (_, least) in BODY_WAIT.items():
        first, second = ends["gemini", f"wait {name}"].times
        assert second - first >= least


@each_vendor
@pytest.mark.parametrize("name", LONG)
def test_a_wait_beyond_the_deadline_is_an_error_at_once(ends: Ends, vendor: str, name: str) -> None:
    assert name in TOO_LONG
    end = ends[vendor, f"long {name}"]
    assert (type(end.error), end.error.kind, len(end.times)) == (Transient, "rate_limit", 1)


def test_nothing_is_tried_again_behind_our_back(ends: Ends, server: FakeServer) -> None:
    """The last word is the ledger's, once whatever might still come has had its time."""
    before = len(server.requests())
    time.sleep(1)
    assert ends
    assert len(server.requests()) == before
