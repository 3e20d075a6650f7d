"""Google's Files API through the real SDK on loopback: each clip goes up once, and every failure has its type."""

import asyncio
import hashlib
import json
import sqlite3
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from fake_files import FakeFiles, serve_files

from providers import uploads
from providers.errors import NotInstalled, Permanent, ProviderError, Transient
from providers.records import Media
from providers.uploads import Uploads

KEY = "AIza-geheim-0123456789"
CLIP = b"\0\0\0\x18ftypmp42 a clip"
Result = TypeVar("Result")


@pytest.fixture(autouse=True)
def _quick_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "POLL", 0.01)


@pytest.fixture
def server() -> Iterator[FakeFiles]:
    with serve_files() as running:
        yield running


def clip(folder: Path, raw: bytes = CLIP, *, mime: str = "video/mp4") -> Media:
    folder.mkdir(exist_ok=True)
    path = folder / "humorous-7.mp4"
    path.write_bytes(raw)
    return Media(kind="video", path=str(path), sha256=hashlib.sha256(raw).hexdigest(), mime=mime, size=len(raw))


def using(
    server: FakeFiles,
    work: Callable[[Uploads], Awaitable[Result]],
    *,
    memory: Path | None = None,
    key: str = KEY,
    suffix: str = "",
) -> Result:
    async def whole() -> Result:
        opened = Uploads(key, server.base_url + suffix, memory)
        try:
            return await asyncio.wait_for(work(opened), 20)
        finally:
            await opened.close()

    return asyncio.run(whole())


def failing(server: FakeFiles, media: Media) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        using(server, lambda opened: opened.uri_of(media))
    assert KEY not in f"{caught.value.message} {caught.value!r}"
    return caught.value


@pytest.mark.parametrize("suffix", ["", "/", "/v1beta", "/v1"])
def test_a_clip_goes_up_whole_and_its_address_comes_back(server: FakeFiles, tmp_path: Path, suffix: str) -> None:
    address = using(server, lambda opened: opened.uri_of(clip(tmp_path)), suffix=suffix)
    assert address == f"{server.base_url}/v1beta/files/f1"
    assert server.stored == {"files/f1": CLIP}
    assert server.starts[0]["X-Goog-Upload-Header-Content-Type"] == "video/mp4"


def test_the_files_name_is_not_sent_because_it_may_tell_the_answer(server: FakeFiles, tmp_path: Path) -> None:
    using(server, lambda opened: opened.uri_of(clip(tmp_path)))
    assert "humorous" not in json.dumps(server.starts)


def test_a_clip_without_a_type_is_sent_as_video(server: FakeFiles, tmp_path: Path) -> None:
    using(server, lambda opened: opened.uri_of(clip(tmp_path, mime="")))
    assert server.starts[0]["X-Goog-Upload-Header-Content-Type"] == "video/mp4"


def test_a_clip_of_several_pieces_arrives_unharmed(server: FakeFiles, tmp_path: Path) -> None:
    raw = bytes(range(256)) * (2**20 // 256) * 9
    using(server, lambda opened: opened.uri_of(clip(tmp_path, raw)))
    assert server.stored["files/f1"] == raw
    assert server.calls.count("chunk") == 2


def test_callers_of_the_same_bytes_share_one_upload(server: FakeFiles, tmp_path: Path) -> None:
    media = clip(tmp_path)

    async def work(opened: Uploads) -> set[str]:
        return set(await asyncio.gather(*(opened.uri_of(media) for _ in range(20)))) | {await opened.uri_of(media)}

    server.latency = 0.05
    assert len(using(server, work)) == 1
    assert server.calls == ["start", "chunk"]


def test_an_upload_goes_on_when_whoever_began_it_no_longer_waits(server: FakeFiles, tmp_path: Path) -> None:
    media = clip(tmp_path)

    async def work(opened: Uploads) -> str:
        first = asyncio.create_task(opened.uri_of(media))
        await asyncio.sleep(0.1)
        first.cancel()
        return await opened.uri_of(media)

    server.latency = 0.3
    using(server, work)
    assert server.calls == ["start", "chunk"]


def test_a_clip_that_is_still_processed_is_waited_for(server: FakeFiles, tmp_path: Path) -> None:
    server.states = ["PROCESSING"] * 3 + ["ACTIVE"]
    using(server, lambda opened: opened.uri_of(clip(tmp_path)))
    assert server.calls == ["start", "chunk", "look", "look", "look"]


def test_a_clip_that_is_processed_for_ever_is_given_up(
    server: FakeFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "LONGEST", 0.05)
    server.states = ["PROCESSING"] * 1000
    assert failing(server, clip(tmp_path)).kind == "timeout"


def test_a_server_that_stays_silent_is_given_up(
    server: FakeFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "LONGEST", 0.2)
    server.latency = 5
    assert failing(server, clip(tmp_path)).kind == "timeout"


def test_a_clip_that_the_server_cannot_process_fails_for_good_and_is_not_remembered(
    server: FakeFiles, tmp_path: Path
) -> None:
    server.states = ["PROCESSING", "FAILED"]
    media = clip(tmp_path)

    async def work(opened: Uploads) -> str:
        with pytest.raises(Permanent, match="no video in it") as caught:
            await opened.uri_of(media)
        assert caught.value.kind == "media"
        return await opened.uri_of(media)

    assert using(server, work, memory=tmp_path / "cache").endswith("files/f2")


def test_a_later_run_asks_whether_the_clip_is_still_there_and_uploads_nothing(
    server: FakeFiles, tmp_path: Path
) -> None:
    media, memory = clip(tmp_path), tmp_path / "cache"
    first = using(server, lambda opened: opened.uri_of(media), memory=memory)
    again = using(server, lambda opened: opened.uri_of(media), memory=memory)
    assert first == again
    assert server.calls == ["start", "chunk", "look"]


def test_a_clip_that_is_gone_from_the_server_goes_up_again(server: FakeFiles, tmp_path: Path) -> None:
    media, memory = clip(tmp_path), tmp_path / "cache"
    using(server, lambda opened: opened.uri_of(media), memory=memory)
    server.stored.clear()
    assert using(server, lambda opened: opened.uri_of(media), memory=memory).endswith("files/f2")


@pytest.mark.parametrize(("hours", "uploaded"), [(0.5, 2), (None, 1), (48, 1)])
def test_a_clip_that_expires_soon_goes_up_again(
    server: FakeFiles, tmp_path: Path, hours: float | None, uploaded: int
) -> None:
    server.hours = hours
    for _ in range(2):
        using(server, lambda opened: opened.uri_of(clip(tmp_path)), memory=tmp_path / "cache")
    assert len(server.starts) == uploaded


def test_an_upload_belongs_to_one_key_and_the_key_is_not_stored(server: FakeFiles, tmp_path: Path) -> None:
    media, memory = clip(tmp_path), tmp_path / "cache"
    for key in (KEY, "AIza-other"):
        using(server, lambda opened: opened.uri_of(media), memory=memory, key=key)
    assert len(server.starts) == 2
    assert all(KEY.encode() not in path.read_bytes() for path in memory.iterdir())


def test_a_memory_that_cannot_be_used_costs_an_upload_and_no_call(server: FakeFiles, tmp_path: Path) -> None:
    memory = tmp_path / "cache"
    memory.mkdir()
    (memory / "uploads.sqlite").write_bytes(b"this is no database" * 100)
    for _ in range(2):
        using(server, lambda opened: opened.uri_of(clip(tmp_path)), memory=memory)
    assert len(server.starts) == 2


def test_runs_at_once_remember_side_by_side(server: FakeFiles, tmp_path: Path) -> None:
    async def work(opened: Uploads) -> list[str]:
        clips = [clip(tmp_path / str(number), CLIP + bytes([number])) for number in range(8)]
        return await asyncio.gather(*map(opened.uri_of, clips))

    using(server, work, memory=tmp_path / "cache")
    with sqlite3.connect(tmp_path / "cache" / "uploads.sqlite") as connection:
        assert connection.execute("SELECT count(*) FROM uploads").fetchone() == (8,)
    connection.close()


@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_bytes(b"other")], ids=["gone", "changed"])
def test_bytes_that_are_not_those_of_the_request_are_not_sent(
    server: FakeFiles, tmp_path: Path, spoil: Callable[[Path], object]
) -> None:
    media = clip(tmp_path)
    spoil(Path(media.path))
    error = failing(server, media)
    assert (type(error), error.kind, str(tmp_path) in error.message) == (Permanent, "media", False)
    assert error.message.startswith(f"the clip {media.sha256[:8]} ")
    assert server.calls == []


FAILURES: dict[str, tuple[int, str, type[ProviderError], str]] = {
    "too many": (429, "Resource has been exhausted", Transient, "rate_limit"),
    "broken": (500, "Internal error", Transient, "server"),
    "not now": (503, "The service is currently unavailable", Transient, "overloaded"),
    "no money": (429, "GenerateRequestsPerDay: check your plan and billing details", Permanent, "quota"),
    "no key": (401, f"API key {KEY} is not valid", Permanent, "unauthorized"),
    "no right": (403, "Permission denied", Permanent, "unauthorized"),
    "too large": (400, "The file is too large", Permanent, "bad_request"),
}


@pytest.mark.parametrize("step", ["start", "chunk"])
@pytest.mark.parametrize("failure", FAILURES)
def test_each_failure_is_typed_as_that_of_a_call_and_is_not_repeated_here(
    server: FakeFiles, tmp_path: Path, failure: str, step: str
) -> None:
    status, message, kind, name = FAILURES[failure]
    server.faults.append((step, status, json.dumps({"error": {"code": status, "message": message}})))
    error = failing(server, clip(tmp_path))
    assert (type(error), error.kind) == (kind, name)
    assert server.calls.count(step) == 1


def test_the_wait_that_the_server_asked_for_is_kept(server: FakeFiles, tmp_path: Path) -> None:
    server.faults.append(("start", 429, "{}"))
    server.headers = {"Retry-After": "7"}
    error = failing(server, clip(tmp_path))
    assert isinstance(error, Transient)
    assert error.retry_after == 7


@pytest.mark.parametrize("step", ["start", "chunk"])
def test_a_broken_connection_is_worth_another_try(server: FakeFiles, tmp_path: Path, step: str) -> None:
    server.faults.append((step, 0, ""))
    error = failing(server, clip(tmp_path))
    assert (type(error), error.kind) == (Transient, "connection")
    assert server.calls.count(step) == 1


@pytest.mark.parametrize("body", ["<html>", "{}", "[]", "null", '{"file": {}}', '{"file": 3}', ""])
@pytest.mark.parametrize("step", ["start", "chunk"])
def test_a_reply_that_names_no_file_is_worth_another_try(
    server: FakeFiles, tmp_path: Path, body: str, step: str
) -> None:
    server.faults.append((step, 200, body))
    error = failing(server, clip(tmp_path))
    assert (type(error), error.kind) == (Transient, "bad_response")


def test_a_failure_while_it_is_processed_does_not_upload_it_twice(server: FakeFiles, tmp_path: Path) -> None:
    server.states = ["PROCESSING"]
    server.faults.append(("look", 503, "{}"))
    media = clip(tmp_path)

    async def work(opened: Uploads) -> str:
        with pytest.raises(Transient):
            await opened.uri_of(media)
        return await opened.uri_of(media)

    assert using(server, work).endswith("files/f1")
    assert server.calls == ["start", "chunk", "look", "look"]


def test_it_can_be_closed_and_used_again_in_another_loop(server: FakeFiles, tmp_path: Path) -> None:
    opened = Uploads(KEY, server.base_url, None)

    async def work(raw: bytes) -> str:
        uri = await opened.uri_of(clip(tmp_path, raw))
        await opened.close()
        return uri

    assert asyncio.run(work(b"one")) != asyncio.run(work(b"two"))


def test_without_the_package_the_line_that_installs_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "google.genai", None)
    monkeypatch.delattr("google.genai", raising=False)
    with pytest.raises(NotInstalled, match=r"pip install 'google-genai>=3\.4'"):
        asyncio.run(Uploads(KEY, "http://127.0.0.1:1", None).uri_of(clip(tmp_path)))
