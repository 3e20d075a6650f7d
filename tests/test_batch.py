"""The three vendors' own SDKs against a fake of their batch endpoints: replies, failures, money, and what is sent."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from batching import FAST, Desk, ask, info_of, question, texts, until
from fake_batches import KEY, VENDORS, FakeBatches, Fault, running

from providers.batch_waiting import Purse
from providers.errors import Halt, NotSupported, Permanent, ProviderError, Transient
from providers.limits import Budget
from providers.records import Reply, Sampling

each_vendor = pytest.mark.parametrize("vendor", VENDORS)


@pytest.fixture
def fake() -> Iterator[FakeBatches]:
    with running() as service:
        yield service


def reply(outcome: object) -> Reply:
    assert isinstance(outcome, Reply), repr(outcome)
    return outcome


@each_vendor
def test_a_run_is_cut_into_batches_and_every_request_gets_its_own_reply(
    fake: FakeBatches, vendor: str, tmp_path: Path
) -> None:
    lines = [f"line {number}" for number in range(10)]
    found = ask(fake, vendor, tmp_path, *lines)
    assert texts(found) == {line: f"Answer: {line}" for line in lines}
    assert [len(batch.requests) for batch in fake.created()] == [4, 4, 2]
    assert all(batch.label.startswith("judge-") for batch in fake.created() if vendor != "anthropic")
    assert sorted(path.name for path in tmp_path.glob("batch*")) == ["batches.sqlite"]


@each_vendor
def test_a_reply_says_what_it_used_and_costs_half(fake: FakeBatches, vendor: str, tmp_path: Path) -> None:
    one = reply(ask(fake, vendor, tmp_path, "how")["how"])
    usage = one.usage
    assert (usage.input_tokens, usage.output_tokens, usage.reasoning_tokens, usage.cached_tokens) == (
        1000,
        100,
        40,
        200,
    )
    assert usage.cost == pytest.approx((1000 * 2.0 + 100 * 10.0) / 1e6 / 2)
    assert (one.model, one.cached) == ("m-2026", False)


@each_vendor
def test_each_request_of_a_batch_ends_in_its_own_way(fake: FakeBatches, vendor: str, tmp_path: Path) -> None:
    fake.script.stranger = True
    what = (
        "fine",
        "<thinks>",
        "<length>",
        "<refused>",
        "<filtered>",
        "<errored>",
        "<server>",
        "<expired>",
        "<missing>",
    )
    found = ask(fake, vendor, tmp_path, *what)
    assert reply(found["fine"]).finish == "stop"
    assert (reply(found["<thinks>"]).thinking, reply(found["<thinks>"]).text) == ("hm", "Answer: <thinks>")
    assert reply(found["<length>"]).finish == "length"
    assert reply(found["<refused>"]).finish == "refused"
    assert reply(found["<filtered>"]).finish == "refused"
    kinds = {name: (type(one), one.kind) for name, one in found.items() if isinstance(one, ProviderError)}
    assert kinds == {
        "<errored>": (Permanent, "bad_request"),
        "<server>": (Transient, "server"),
        "<expired>": (Transient, "server" if vendor == "google" else "expired"),
        "<missing>": (Transient, "bad_response"),
    }
    assert KEY not in repr([(one, getattr(one, "message", "")) for one in found.values()])


@each_vendor
def test_results_land_batch_by_batch(vendor: str, tmp_path: Path) -> None:
    async def run(fake: FakeBatches) -> tuple[list[str], list[str]]:
        desk = Desk(fake.base_url(vendor), vendor, tmp_path)
        first = asyncio.create_task(desk.ask("a", "b", "c", "d"))
        await first
        fake.script.held = True
        second = asyncio.create_task(desk.ask("e", "f"))
        await until(lambda: len(fake.created()) == 2)
        await asyncio.sleep(0.3)
        assert not second.done()
        going = desk.batching.running()
        await desk.close()
        await asyncio.gather(second, return_exceptions=True)
        return going, [batch.id for batch in fake.created()]

    with running() as fake:
        going, created = asyncio.run(run(fake))
    assert going == created[1:], "closing leaves the second at the vendor, and names it"


@each_vendor
def test_a_wrong_key_ends_everything_at_once_and_is_never_told(fake: FakeBatches, vendor: str, tmp_path: Path) -> None:
    found = ask(fake, vendor, tmp_path, *(f"line {number}" for number in range(9)), key="falsch-987")
    assert {(type(one), getattr(one, "kind", "")) for one in found.values()} <= {
        (Permanent, "unauthorized"),
        (Halt, "unauthorized"),
    }
    assert len(fake.calls) == 1
    assert "falsch-987" not in repr([getattr(one, "message", "") for one in found.values()])
    again = ask(fake, vendor, tmp_path, "line 0")
    assert texts(again) == {"line 0": "Answer: line 0"}, "what was refused is sent by the next run"


@each_vendor
@pytest.mark.parametrize("status", [500, 429])
def test_a_poll_that_fails_twice_loses_nothing(fake: FakeBatches, vendor: str, status: int, tmp_path: Path) -> None:
    path = "/messages/batches/" if vendor == "anthropic" else "/batches/"
    fake.script.faults = [Fault("GET", path, status, times=2)]
    assert texts(ask(fake, vendor, tmp_path, "a", "b")) == {"a": "Answer: a", "b": "Answer: b"}
    assert len(fake.created()) == 1


RESULTS = {"openai": "/content", "anthropic": "/results", "google": ":download"}


@each_vendor
def test_results_whose_download_fails_are_fetched_again(fake: FakeBatches, vendor: str, tmp_path: Path) -> None:
    fake.script.faults = [Fault("GET", RESULTS[vendor], 503, times=2)]
    assert texts(ask(fake, vendor, tmp_path, "a", "b")) == {"a": "Answer: a", "b": "Answer: b"}
    assert len(fake.created()) == 1


CREATE = {"openai": "/v1/batches", "anthropic": "/messages/batches", "google": ":batchGenerateContent"}


@each_vendor
@pytest.mark.parametrize("accepted", [True, False])
def test_a_creation_whose_answer_is_lost_is_looked_for_before_it_is_sent_again(
    fake: FakeBatches, vendor: str, *, accepted: bool, tmp_path: Path
) -> None:
    fake.script.faults = [Fault("POST", CREATE[vendor], 500, accepted=accepted)]
    assert texts(ask(fake, vendor, tmp_path, "a", "b")) == {"a": "Answer: a", "b": "Answer: b"}
    assert len(fake.created()) == 1


@each_vendor
def test_no_money_ends_the_run_and_sends_nothing_more(fake: FakeBatches, vendor: str, tmp_path: Path) -> None:
    body = '{"error": {"message": "Your credit balance is too low", "code": "insufficient_quota"}}'
    fake.script.faults = [Fault("POST", CREATE[vendor], 429, times=99, body=body)]
    found = ask(fake, vendor, tmp_path, *(f"line {number}" for number in range(9)))
    assert {one.kind for one in found.values() if isinstance(one, ProviderError)} == {"quota"}
    assert sum(CREATE[vendor] in path for method, path in fake.calls if method == "POST") == 1


@each_vendor
def test_whole_batches_that_expire_are_passing_failures(fake: FakeBatches, vendor: str, tmp_path: Path) -> None:
    if vendor == "anthropic":
        pytest.skip("its batches end request by request")
    fake.script.ends_as = {"openai": "expired", "google": "BATCH_STATE_EXPIRED"}[vendor]
    found = ask(fake, vendor, tmp_path, "<missing>")
    assert texts(found) == {"<missing>": "expired"}
    fake.script.ends_as = None
    assert texts(ask(fake, vendor, tmp_path, "a")) == {"a": "Answer: a"}


def test_a_request_that_failed_is_sent_anew_by_the_next_run(fake: FakeBatches, tmp_path: Path) -> None:
    for _ in range(2):
        assert texts(ask(fake, "openai", tmp_path, "<expired>", "fine")) == {
            "<expired>": "expired",
            "fine": "Answer: fine",
        }
    assert [len(batch.requests) for batch in fake.created()] == [2, 1]


def test_a_full_queue_puts_a_batch_off(fake: FakeBatches, tmp_path: Path) -> None:
    fake.script.full_for = 2
    assert texts(ask(fake, "openai", tmp_path, "a", "b")) == {"a": "Answer: a", "b": "Answer: b"}
    assert [batch.failed for batch in fake.created()] == [True, True, False]


@pytest.mark.parametrize(
    ("code", "kind"),
    [("invalid_json_line", "bad_request"), ("billing_hard_limit_reached", "quota"), ("model_not_found", "not_found")],
)
def test_a_batch_that_fails_its_validation_says_why(fake: FakeBatches, code: str, kind: str, tmp_path: Path) -> None:
    fake.script.errors = [{"code": code, "message": "because"}]
    found = ask(fake, "openai", tmp_path, "a")["a"]
    assert isinstance(found, Permanent)
    assert (found.kind, "because" in found.message) == (kind, True)


def test_google_failing_a_batch_is_worth_another_run(fake: FakeBatches, tmp_path: Path) -> None:
    fake.script.ends_as = "BATCH_STATE_FAILED"
    assert texts(ask(fake, "google", tmp_path, "a")) == {"a": "server"}


def test_a_budget_bounds_what_is_under_way(fake: FakeBatches, tmp_path: Path) -> None:
    budget = Budget(0.005)  # each reply costs 0.0015, its worst case is 0.002: two at a time, three in all
    found = ask(
        fake,
        "openai",
        tmp_path,
        *(f"line {number}" for number in range(6)),
        purse=Purse(budget=budget, worst=lambda _: 0.002),
    )
    assert [len(batch.requests) for batch in fake.created()] == [2, 1]
    assert sorted(texts(found).values()) == ["Answer: line 0", "Answer: line 1", "Answer: line 2", *["budget"] * 3]
    assert budget.spent == pytest.approx(0.0045)
    assert budget.reserved == pytest.approx(0.0)


def test_progress_is_told_by_job(fake: FakeBatches, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    ask(fake, "openai", tmp_path, "a", "b", on_progress=lambda job, done, total: told.append((job, done, total)))
    assert told[0] == ("batch_1", 0, 2)
    assert told[-1] == ("batch_1", 2, 2)


def test_the_same_request_twice_is_sent_once(fake: FakeBatches, tmp_path: Path) -> None:
    async def run() -> list[Reply]:
        desk = Desk(fake.base_url("openai"), "openai", tmp_path)
        one = question("openai", "same")
        found = await asyncio.gather(desk.batching.generate(one), desk.batching.generate(one))
        await desk.close()
        return list(found)

    assert [one.text for one in asyncio.run(run())] == ["Answer: same"] * 2
    assert [len(batch.requests) for batch in fake.created()] == [1]


def test_a_request_that_nobody_waits_for_any_more_is_not_sent(fake: FakeBatches, tmp_path: Path) -> None:
    async def run() -> None:
        desk = Desk(fake.base_url("openai"), "openai", tmp_path)
        gone = asyncio.create_task(desk.batching.generate(question("openai", "gone")))
        stays = asyncio.create_task(desk.batching.generate(question("openai", "stays")))
        await asyncio.sleep(0.02)
        gone.cancel()
        assert (await stays).text == "Answer: stays"
        await desk.close()

    asyncio.run(run())
    assert [len(batch.requests) for batch in fake.created()] == [1]


@each_vendor
def test_what_a_vendor_cannot_take_is_refused_before_anything_is_sent(
    fake: FakeBatches, vendor: str, tmp_path: Path
) -> None:
    async def run() -> None:
        desk = Desk(fake.base_url(vendor), vendor, tmp_path, info=info_of(vendor))
        with pytest.raises(NotSupported):
            await desk.batching.generate(question(vendor, "a", choices=("x", "y")))
        await desk.close()

    asyncio.run(run())
    assert fake.calls == []


def test_what_is_left_out_of_a_request_is_said(fake: FakeBatches, tmp_path: Path) -> None:
    async def run(vendor: str) -> Reply:
        sampling = Sampling(temperature=0, top_p=0.5, seed=1)
        desk = Desk(fake.base_url(vendor), vendor, tmp_path / vendor)
        found = await desk.batching.generate(question(vendor, "a", sampling=sampling))
        await desk.close()
        return found

    said = {vendor: " ".join(asyncio.run(run(vendor)).notes) for vendor in VENDORS}
    assert said["openai"] == ""
    assert "seed" in said["anthropic"]
    assert "seed" not in said["google"]


def test_a_slow_trickle_of_requests_is_still_one_batch(fake: FakeBatches, tmp_path: Path) -> None:
    async def run() -> None:
        desk = Desk(fake.base_url("openai"), "openai", tmp_path)
        asked = []
        for number in range(3):
            asked.append(asyncio.create_task(desk.ask(f"line {number}")))
            await asyncio.sleep(FAST.settle_seconds / 2)
        await asyncio.gather(*asked)
        await desk.close()

    asyncio.run(run())
    assert [len(batch.requests) for batch in fake.created()] == [3]
