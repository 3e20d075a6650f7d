"""Batches outlive their process: kills, reruns, neighbours. The fake's ledger says what was paid for."""

import asyncio
import random
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from batching import Desk, ask, question, texts, until, wait_for
from fake_batches import KEY, VENDORS, FakeBatches, Fault, running
from figures import size
from forked import Child, Nursery, nursery

from providers.batch_jobs import JobStore
from providers.errors import Permanent, Transient
from providers.records import Reply

each_vendor = pytest.mark.parametrize("vendor", VENDORS)
LINES = [f"line {number}" for number in range(3)]
SDKS = ("providers.hosted:library", "batching", "openai", "anthropic", "google.genai", "providers.batch_google")
ANSWERS = {line: f"Answer: {line}" for line in LINES}


@pytest.fixture
def fake() -> Iterator[FakeBatches]:
    with running() as service:
        yield service


Start = Callable[..., Child]


@pytest.fixture(scope="module")
def forking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """LiteLLM and the SDKs take four seconds to import: once, and not for each process that is killed."""
    with nursery(tmp_path_factory.mktemp("said"), SDKS) as opened:
        yield opened


@pytest.fixture
def start(forking: Nursery, fake: FakeBatches, tmp_path: Path) -> Start:
    """A process of its own that asks so many lines of a vendor."""

    def begun(vendor: str, count: int = len(LINES)) -> Child:
        return forking.start("lines", fake.base_url(vendor), vendor, tmp_path, str(count), entry="batching:main")

    return begun


def kill(process: Child) -> None:
    assert process.kill(), process.said()
    process.wait()


def said(process: Child) -> list[str]:
    process.wait(60)
    return process.said().splitlines()


def sent(fake: FakeBatches) -> list[int]:
    return [len(batch.requests) for batch in fake.created()]


def jobs_in(folder: Path) -> list[str]:
    store = JobStore(folder)
    try:
        rows = store._read("SELECT job FROM jobs WHERE job IS NOT NULL", ())
        return [row[0] for row in rows]
    finally:
        store.close()


@each_vendor
def test_killed_while_its_batch_runs_a_rerun_picks_the_batch_up(
    fake: FakeBatches, start: Start, vendor: str, tmp_path: Path
) -> None:
    fake.script.held = True
    process = start(vendor)
    wait_for(lambda: bool(fake.created()) and fake.created()[0].looks > 0)
    kill(process)
    fake.script.held = False
    assert texts(ask(fake, vendor, tmp_path, *LINES)) == ANSWERS
    assert sent(fake) == [3]


@each_vendor
def test_killed_before_it_learns_the_batchs_id_a_rerun_finds_the_batch(
    fake: FakeBatches, start: Start, vendor: str, tmp_path: Path
) -> None:
    fake.script.slow_create = 60
    process = start(vendor)
    wait_for(lambda: bool(fake.created()))
    kill(process)
    assert jobs_in(tmp_path) == []
    fake.script.slow_create = 0
    assert texts(ask(fake, vendor, tmp_path, *LINES)) == ANSWERS
    assert sent(fake) == [3]


@pytest.mark.parametrize(("vendor", "path"), [("openai", "/v1/files"), ("anthropic", "/v1/messages/batches")])
def test_killed_before_anything_was_created_a_rerun_sends_it(
    fake: FakeBatches, start: Start, vendor: str, path: str, tmp_path: Path
) -> None:
    gone = threading.Event()
    fake.stall = (path, gone)
    process = start(vendor)
    wait_for(lambda: any(path in called for _, called in fake.calls))
    kill(process)
    fake.stall = None
    gone.set()
    assert texts(ask(fake, vendor, tmp_path, *LINES)) == ANSWERS
    assert sent(fake) == [3]
    assert list(tmp_path.glob("batch-*")) == [], "what the killed process left on disk is gone"


def test_two_processes_with_the_same_questions_pay_once(fake: FakeBatches, start: Start, tmp_path: Path) -> None:
    fake.script.looks = 3
    both = [start("google") for _ in range(2)]
    assert [said(process) for process in both] == [list(ANSWERS.values())] * 2
    assert sent(fake) == [3]


@pytest.mark.parametrize("seed", size((1,), (1, 2, 3, 4)))
def test_killed_at_any_moment_every_question_is_paid_for_once(
    fake: FakeBatches, start: Start, seed: int, tmp_path: Path
) -> None:
    draw = random.Random(seed)
    fake.script.slow_create, fake.script.looks = 0.3, 3
    for _ in range(3):
        calls = len(fake.calls)
        process = start("google", 10)
        wait_for(lambda process=process, calls=calls: not process.running() or len(fake.calls) > calls)  # type: ignore[misc]
        time.sleep(draw.random() * 0.8)
        process.kill()
        process.wait()
    process = start("google", 10)
    assert said(process) == [f"Answer: line {number}" for number in range(10)]
    assert sent(fake) == [4, 4, 2]


def test_a_second_process_waits_for_the_id_that_the_first_is_about_to_learn(
    fake: FakeBatches, start: Start, tmp_path: Path
) -> None:
    fake.script.slow_create = 1.0
    process = start("anthropic")
    wait_for(lambda: bool(fake.created()))
    assert texts(ask(fake, "anthropic", tmp_path, *LINES)) == ANSWERS
    assert said(process) == list(ANSWERS.values())
    assert sent(fake) == [3]


def test_only_the_batches_that_a_run_sent_or_waits_for_are_named(fake: FakeBatches, tmp_path: Path) -> None:
    async def run() -> tuple[list[str], list[str], list[str]]:
        other, ours = (Desk(fake.base_url("openai"), "openai", tmp_path) for _ in range(2))
        tasks = [asyncio.create_task(other.ask("another task's"))]
        await until(other.batching.running)
        before = ours.batching.running()
        tasks.append(asyncio.create_task(ours.ask("a")))
        await until(ours.batching.running)
        named = ours.batching.running()
        tasks.append(asyncio.create_task(ours.ask("another task's")))
        await until(lambda: len(ours.batching.running()) > 1)
        attached = ours.batching.running()
        for desk in (other, ours):
            await desk.close()
        await asyncio.gather(*tasks, return_exceptions=True)
        return before, named, attached

    fake.script.held = True
    assert asyncio.run(run()) == ([], ["batch_2"], ["batch_1", "batch_2"])


def test_a_body_that_a_killed_process_left_is_cleared_by_the_next(
    fake: FakeBatches, start: Start, tmp_path: Path
) -> None:
    fake.script.slow_create = 60
    process = start("anthropic")
    wait_for(lambda: bool(fake.created()))
    assert len(list(tmp_path.glob("batch-judge-*.jsonl"))) == 1
    JobStore(tmp_path).close()
    assert len(list(tmp_path.glob("batch-judge-*.jsonl"))) == 1, "its owner lives"
    kill(process)
    JobStore(tmp_path).close()
    assert list(tmp_path.glob("batch-judge-*")) == []


@each_vendor
def test_a_reply_that_never_reached_the_cache_is_fetched_again_for_nothing(
    fake: FakeBatches, vendor: str, tmp_path: Path
) -> None:
    async def lost() -> Reply:
        desk = Desk(fake.base_url(vendor), vendor, tmp_path)
        found = await desk.batching.generate(question(vendor, "a"))  # past the cache: as if killed before its commit
        await desk.close()
        return found

    assert asyncio.run(lost()).text == "Answer: a"
    assert texts(ask(fake, vendor, tmp_path, "a")) == {"a": "Answer: a"}
    assert sent(fake) == [1]


def test_a_reply_that_is_on_disk_may_be_asked_for_anew(fake: FakeBatches, tmp_path: Path) -> None:
    for _ in range(2):
        assert texts(ask(fake, "openai", tmp_path, "a", read=False)) == {"a": "Answer: a"}
    assert sent(fake) == [1, 1]


def test_closing_while_a_batch_is_being_created_keeps_its_id(fake: FakeBatches, tmp_path: Path) -> None:
    async def run() -> None:
        desk = Desk(fake.base_url("openai"), "openai", tmp_path)
        asked = asyncio.create_task(desk.ask("a"))
        await until(fake.created)
        await desk.close()
        await asyncio.gather(asked, return_exceptions=True)

    fake.script.slow_create = 0.5
    asyncio.run(run())
    assert jobs_in(tmp_path) == ["batch_1"]


def test_a_neighbours_batch_of_the_same_size_is_not_taken_for_ours(
    fake: FakeBatches, start: Start, tmp_path: Path
) -> None:
    fake.script.slow_create = 60
    process = start("anthropic")
    wait_for(lambda: bool(fake.created()))
    kill(process)
    params = {"messages": [{"role": "user", "content": "another's"}]}
    older = fake.add("anthropic", "", [{"custom_id": f"x{n}", "params": params} for n in range(3)], age=60)
    fake.script.slow_create = 0
    assert texts(ask(fake, "anthropic", tmp_path, *LINES)) == ANSWERS
    assert len(fake.created()) == 2, "the killed process's and the neighbour's, no third"
    assert older.looks > 0, "the oldest was tried first"


def test_where_all_candidates_are_anothers_the_batch_is_sent(fake: FakeBatches, tmp_path: Path) -> None:
    fake.script.faults = [Fault("POST", "/messages/batches", 500, times=3)]
    found = ask(fake, "anthropic", tmp_path, *LINES)
    assert set(texts(found).values()) == {"server"}
    params = {"messages": [{"role": "user", "content": "another's"}]}
    fake.add("anthropic", "", [{"custom_id": f"x{n}", "params": params} for n in range(3)])
    assert texts(ask(fake, "anthropic", tmp_path, *LINES)) == ANSWERS
    assert len(fake.created()) == 2


def test_a_batch_that_another_key_made_is_said_and_not_paid_for_again(fake: FakeBatches, tmp_path: Path) -> None:
    async def leave() -> None:
        desk = Desk(fake.base_url("openai"), "openai", tmp_path)
        asked = asyncio.create_task(desk.ask("a"))
        await until(desk.batching.running)
        await desk.close()
        await asyncio.gather(asked, return_exceptions=True)

    fake.script.held = True
    asyncio.run(leave())
    kept = fake.batches.pop("batch_1")
    found = ask(fake, "openai", tmp_path, "a")["a"]
    assert isinstance(found, Permanent)
    assert (found.kind, "not known to this key" in found.message, KEY in found.message) == ("not_found", True, False)
    assert str(tmp_path) not in found.message, "it is written into the results"
    assert fake.created() == []
    fake.batches["batch_1"], fake.script.held = kept, False
    assert texts(ask(fake, "openai", tmp_path, "a")) == {"a": "Answer: a"}


def test_results_that_are_kept_no_longer_are_asked_for_by_the_next_run(fake: FakeBatches, tmp_path: Path) -> None:
    fake.script.faults = [Fault("GET", "/content", 404)]
    found = ask(fake, "openai", tmp_path, "a")["a"]
    assert isinstance(found, Transient)
    assert found.kind == "expired"
    assert texts(ask(fake, "openai", tmp_path, "a")) == {"a": "Answer: a"}
    assert sent(fake) == [1, 1]


def test_a_rerun_with_more_questions_sends_only_the_new_ones(fake: FakeBatches, tmp_path: Path) -> None:
    async def leave() -> None:
        desk = Desk(fake.base_url("google"), "google", tmp_path)
        asked = asyncio.create_task(desk.ask("a", "b"))
        await until(desk.batching.running)
        await desk.close()
        await asyncio.gather(asked, return_exceptions=True)

    fake.script.held = True
    asyncio.run(leave())
    fake.script.held = False
    found = ask(fake, "google", tmp_path, "a", "b", "c")
    assert texts(found) == {name: f"Answer: {name}" for name in "abc"}
    assert sent(fake) == [2, 1]
