"""Stored replies: asked once, never lost after they were paid, never served when damaged, errors never kept."""

import asyncio
import random
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from fake_server import serve
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.cache import ReplyStore
from providers.catalog import Opening, open_provider
from providers.errors import CacheUnusable, Transient
from providers.records import Info, Message, Reply, Request, Usage
from providers.single_flight import Cached

ROOT = Path(__file__).parent.parent
INFO = Info(name="s", identity="s", model="m", kind="local")
REPLY = Reply(text="yes ü 日本", thinking="hm", usage=Usage(input_tokens=3, cost=0.25), model="m-1", notes=("a",))


def question(text: str = "q", draw: int = 0) -> Request:
    return Request(provider="s", model="m", messages=(Message(role="user", text=text),), draw=draw)


class Backend:
    """Answers with the number of the call, or as `behave` says; builds itself for Cached and counts both."""

    def __init__(self, behave: Callable[[int], Awaitable[Reply]] | None = None) -> None:
        self.info = INFO
        self.behave = behave
        self.calls = self.built = 0

    def build(self) -> "Backend":
        self.built += 1
        return self

    async def generate(self, request: Request) -> Reply:
        self.calls += 1
        await asyncio.sleep(0.02)
        return await self.behave(self.calls) if self.behave else Reply(text=f"reply {self.calls}")

    async def close(self) -> None:
        pass


async def fail(_: int) -> Reply:
    raise Transient.of("down", model="m", kind="server")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ReplyStore]:
    with closing(ReplyStore(tmp_path / "cache")) as opened:
        yield opened


def kept(store: ReplyStore, key: str = "k", reply: Reply = REPLY) -> Reply:
    store.put(key, reply).result(10)
    return reply


def ask(cached: Cached, *requests: Request) -> list[Reply | BaseException]:
    async def work() -> list[Reply | BaseException]:
        return await asyncio.gather(*(cached.generate(r) for r in requests), return_exceptions=True)

    return asyncio.run(work())


def run_script(script: str, folder: Path) -> tuple[str, str]:
    command = [sys.executable, "-c", script, str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout, done.stderr


def ask_one(cached: Cached, request: Request) -> Reply:
    return asyncio.run(cached.generate(request))


def test_fifty_equal_questions_at_once_are_one_call_and_later_ones_none(tmp_path: Path) -> None:
    with serve(tmp_path / "server") as server:
        for run in range(2):
            opening = Opening(name="endpoint", model="m", base_url=server.base_url, store=ReplyStore(tmp_path / "c"))
            provider = open_provider(opening)
            assert isinstance(provider, Cached)

            async def work(provider: Cached = provider) -> list[Reply]:
                request = Request(provider=provider.info.identity, model="m", messages=question().messages)
                replies = await asyncio.gather(*(provider.generate(request) for _ in range(50)))
                await provider.close()
                return replies

            replies = asyncio.run(work())
            assert {reply.text for reply in replies} == {"Answer: serious"}
            assert [reply.cached for reply in replies].count(False) == (1 if run == 0 else 0)
            assert len(server.requests()) == 1


def test_a_hit_builds_no_backend_and_is_the_same_reply(store: ReplyStore) -> None:
    kept(store, question().key)
    backend = Backend()
    reply = ask_one(Cached(INFO, backend.build, store), question())
    assert reply == REPLY.model_copy(update={"cached": True})
    assert (backend.built, backend.calls) == (0, 0)


def test_the_backend_is_built_once_by_the_first_miss(store: ReplyStore) -> None:
    backend = Backend()
    replies = ask(Cached(INFO, backend.build, store), *(question(str(n)) for n in range(5)))
    assert all(isinstance(reply, Reply) and not reply.cached for reply in replies)
    assert (backend.built, backend.calls) == (1, 5)


def test_draws_are_entries_of_their_own(store: ReplyStore) -> None:
    backend = Backend()
    cached = Cached(INFO, backend.build, store)
    first = {ask_one(cached, question(draw=n)).text for n in range(3)}
    again = {ask_one(cached, question(draw=n)).text for n in range(3)}
    assert first == again == {"reply 1", "reply 2", "reply 3"}


def test_asking_again_on_purpose_replaces_the_stored_reply(store: ReplyStore) -> None:
    kept(store, question().key)
    fresh = ask_one(Cached(INFO, Backend().build, store, read=False), question())
    assert (fresh.text, fresh.cached) == ("reply 1", False)
    assert ask_one(Cached(INFO, Backend().build, store), question()).text == "reply 1"


def test_a_reply_is_on_disk_before_anybody_sees_it(store: ReplyStore) -> None:
    ask_one(Cached(INFO, Backend().build, store), question())
    with closing(sqlite3.connect(store.path)) as other:
        assert other.execute("SELECT key FROM replies").fetchall() == [(question().key,)]
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_an_error_is_never_kept(store: ReplyStore) -> None:
    async def mend(call: int) -> Reply:
        return await fail(call) if call == 1 else Reply(text="well again")

    backend = Backend(mend)
    cached = Cached(INFO, backend.build, store)
    with pytest.raises(Transient):
        ask_one(cached, question())
    assert store.get(question().key) is None
    assert ask_one(cached, question()).text == "well again"


def test_everybody_who_waits_for_a_call_hears_of_its_failure(store: ReplyStore) -> None:
    backend = Backend(fail)
    outcomes = ask(Cached(INFO, backend.build, store), *[question()] * 20)
    assert backend.calls == 1
    assert all(isinstance(outcome, Transient) for outcome in outcomes)


@pytest.mark.parametrize("cancelled", [0, 1], ids=["who asked first", "who waits for it"])
def test_cancelling_one_caller_leaves_the_others_their_reply(store: ReplyStore, cancelled: int) -> None:
    async def work() -> list[Reply | BaseException]:
        cached = Cached(INFO, Backend().build, store)
        tasks = [asyncio.create_task(cached.generate(question())) for _ in range(3)]
        await asyncio.sleep(0.005)
        tasks[cancelled].cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    got = [isinstance(outcome, Reply) for outcome in asyncio.run(work())]
    assert got == [number != cancelled for number in range(3)]


def test_a_reply_with_half_an_emoji_can_be_kept(store: ReplyStore) -> None:
    assert kept(store, reply=Reply(text="so sad \ud83d")) == store.get("k")


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReplyStore]:
    with closing(ReplyStore(tmp_path_factory.mktemp("texts"))) as opened:
        yield opened


@settings(max_examples=50, deadline=None)
@given(text=st.text(), seconds=st.floats(0, 1e6), cost=st.none() | st.floats(0, 9))
def test_every_text_comes_back_as_it_went_in(texts: ReplyStore, text: str, seconds: float, cost: float | None) -> None:
    reply = Reply(text=text, thinking=text, seconds=seconds, usage=Usage(cost=cost))
    assert kept(texts, reply=reply) == texts.get("k")


def change(store: ReplyStore, sql: str, *values: object) -> None:
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        assert other.execute(sql, values).rowcount == 1


def flipped(data: bytes, bit: int) -> bytes:
    return bytes(byte ^ (1 << bit % 8 if at == bit // 8 else 0) for at, byte in enumerate(data))


@pytest.mark.parametrize("column", ["value", "sum"])
def test_one_flipped_bit_is_a_miss_that_is_counted(store: ReplyStore, column: str) -> None:
    kept(store)
    with closing(sqlite3.connect(store.path)) as other:
        raw: bytes = other.execute(f"SELECT {column} FROM replies").fetchone()[0]
    bits = range(0, len(raw) * 8, 29)
    for bit in bits:
        change(store, f"UPDATE replies SET {column} = ?", flipped(raw, bit))
        assert store.get("k") is None, f"bit {bit}"
    assert store.damaged == len(bits)
    change(store, f"UPDATE replies SET {column} = ?", raw)
    assert store.get("k") == REPLY


def test_a_reply_under_a_flipped_key_is_never_served(store: ReplyStore) -> None:
    kept(store, "a" * 64)
    change(store, "UPDATE replies SET key = ?", "b" + "a" * 63)
    assert store.get("a" * 64) is None
    assert store.get("b" + "a" * 63) is None
    assert store.damaged == 1


def test_no_damage_to_the_file_makes_a_wrong_reply(tmp_path: Path) -> None:
    replies = {f"{n:064x}": Reply(text=f"reply {n} " * 20) for n in range(40)}
    with closing(ReplyStore(tmp_path / "whole")) as store:
        for done in [store.put(key, reply) for key, reply in replies.items()]:
            done.result(10)
    whole, draw, served = store.path.read_bytes(), random.Random(7), 0
    for number in range(60):
        folder = tmp_path / f"damaged-{number}"
        folder.mkdir()
        (folder / store.path.name).write_bytes(flipped(whole, draw.randrange(len(whole) * 8)))
        try:
            with closing(ReplyStore(folder)) as damaged:
                found = {key: damaged.get(key) for key in replies}
        except CacheUnusable:
            continue
        served += sum(reply is not None for reply in found.values())
        assert all(reply in (None, replies[key]) for key, reply in found.items())
    assert served > 60 * 20, "most replies survive one bit"


WRITER = """
import sys; from pathlib import Path
from providers.cache import ReplyStore
from providers.records import Reply
store = ReplyStore(Path(sys.argv[1]))
print("open", flush=True); sys.stdin.readline()
for n in range(200):
    store.put(f"shared {n}", Reply(text=f"reply {n}")).result(30)
    store.put(f"{sys.argv[2]} {n}", Reply(text=f"reply {n}"))
store.close()
"""


def test_processes_may_open_and_write_one_new_cache_together(tmp_path: Path) -> None:
    command, pipe = [sys.executable, "-c", WRITER, str(tmp_path / "cache")], subprocess.PIPE
    pipes: dict[str, Any] = {"stdin": pipe, "stdout": pipe, "stderr": pipe}
    writers = [subprocess.Popen([*command, str(n)], cwd=ROOT, text=True, **pipes) for n in range(4)]
    opened = [writer.stdout.readline() if writer.stdout else "" for writer in writers]
    for writer in writers:
        print("go", file=writer.stdin, flush=True)
    errors = [writer.communicate(timeout=60)[1] for writer in writers]
    assert (opened, errors) == (["open\n"] * 4, [""] * 4)
    with closing(ReplyStore(tmp_path / "cache")) as store:
        keys = [f"{who} {n}" for who in ("shared", *range(4)) for n in range(200)]
        assert all((reply := store.get(key)) and reply.text == f"reply {key.split()[1]}" for key in keys)
        assert store.damaged == 0


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    with pytest.raises(CacheUnusable, match=r"taken/replies\.sqlite cannot be used"):
        ReplyStore(tmp_path / "taken")


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from providers.cache import ReplyStore
from providers.errors import CacheUnusable
from providers.records import Reply
store = ReplyStore(Path(sys.argv[1]))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
kept = []
try:
    for n in range(100):
        store.put(str(n), Reply(text="x" * 10_000)).result(10)
        kept.append(str(n))
except CacheUnusable as error:
    assert "could not be written" in error.message, error.message
    assert all(store.get(key) for key in kept)
    print(f"refused after {len(kept)}")
"""


def test_a_full_disk_is_told_and_loses_nothing_that_was_kept(tmp_path: Path) -> None:
    out, errors = run_script(FULL_DISK, tmp_path / "cache")
    assert out.startswith("refused after "), errors
    assert 0 < int(out.split()[-1]) < 100
