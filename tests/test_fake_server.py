"""The fake server is what the other tests measure with, so it is measured first."""

import asyncio
import hashlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from fake_server import FakeServer, read_lines, serve, serve_in_thread, serve_process

KINDS: tuple[str, ...] = (
    "reset",
    "reset_midbody",
    "html",
    "empty_object",
    "null_content",
    "bad_utf8",
    "drip",
    "hang",
    "huge",
)
KINDS += ("unauthorized", "bad_request", "not_found", "unavailable", "overloaded", "quota")
HEADERS = {"Authorization": "Bearer secret"}
SCRIPT: dict[str, Any] = {
    "latency": 0.01,
    "rules": [
        {"contains": "be brief", "text": "Yes.", "finish": "length", "thinking": "hm"},
        {"contains": "in turn", "text": ["first", "second"]},
        {"contains": "forbidden", "refusal": "I cannot."},
    ],
    "faults": [
        {"kind": "rate_limit", "contains": "limited", "attempts": [1], "retry_after": "1"},
        {"kind": "unsupported_param", "contains": "picky"},
        {"kind": "server_error", "contains": "flaky", "share": 0.3},
        {"kind": "quota", "contains": "flaky", "share": 0.3},
        *({"kind": kind, "contains": f"<{kind}>"} for kind in KINDS),
    ],
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeServer]:
    with serve(tmp_path_factory.mktemp("fake"), SCRIPT) as running:
        yield running


def chat(prompt: str, **more: Any) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": prompt}], **more}


async def post(url: str, body: Any, *, seconds: float = 20) -> tuple[int, bytes, dict[str, str]]:
    limit = aiohttp.ClientTimeout(seconds)
    async with (
        aiohttp.ClientSession(timeout=limit) as session,
        session.post(url, json=body, headers=HEADERS) as r,
    ):
        return r.status, await r.read(), dict(r.headers)


def ask(server: FakeServer, prompt: str, *, seconds: float = 20, **more: Any) -> tuple[int, Any, dict[str, str]]:
    url = f"{server.base_url}/chat/completions"
    status, raw, headers = asyncio.run(post(url, chat(prompt, **more), seconds=seconds))
    return status, json.loads(raw), headers


def lines_of(server: FakeServer, prompt: str) -> list[dict[str, Any]]:
    server.finished()  # waits until the server has written what it has to say
    numbers = {line["n"] for line in server.requests() if line["prompt"] == prompt}
    return [line for line in read_lines(server.ledger) if line["n"] in numbers]


def test_a_chat_request_gets_the_default_answer_with_its_usage(server: FakeServer) -> None:
    system = {"role": "system", "content": "one two"}
    user = {"role": "user", "content": [{"type": "text", "text": "three four five"}]}
    status, reply, _ = ask(server, "", messages=[system, user])
    assert (status, reply["model"]) == (200, "m")
    assert reply["choices"][0]["message"]["content"] == "Answer: serious"
    assert reply["choices"][0]["finish_reason"] == "stop"
    assert reply["usage"] == {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}


def test_a_rule_sets_text_finish_and_thinking(server: FakeServer) -> None:
    choice = ask(server, "please be brief")[1]["choices"][0]
    assert (choice["message"]["content"], choice["message"]["reasoning_content"]) == ("Yes.", "hm")
    assert choice["finish_reason"] == "length"


def test_a_list_of_texts_is_given_in_turn_and_the_last_repeats(server: FakeServer) -> None:
    said = [ask(server, "in turn")[1]["choices"][0]["message"]["content"] for _ in range(3)]
    assert said == ["first", "second", "second"]


def test_a_refusal_has_no_content(server: FakeServer) -> None:
    message = ask(server, "forbidden")[1]["choices"][0]["message"]
    assert (message["content"], message["refusal"]) == (None, "I cannot.")


@pytest.mark.parametrize("path", ["/v1beta/models/g-1.5:generateContent", "/models/g-1.5:generateContent"])
def test_gemini_is_answered_in_its_own_shape(server: FakeServer, path: str) -> None:
    body = {
        "systemInstruction": {"parts": [{"text": "be brief"}]},
        "contents": [{"role": "user", "parts": [{"text": "gemini asks"}]}],
    }
    status, raw, _ = asyncio.run(post(server.base_url.removesuffix("/v1") + path, body))
    reply = json.loads(raw)
    assert (status, reply["modelVersion"]) == (200, "g-1.5")
    candidate = reply["candidates"][0]
    assert candidate["content"]["parts"] == [{"text": "hm", "thought": True}, {"text": "Yes."}]
    assert candidate["finishReason"] == "MAX_TOKENS"
    assert reply["usageMetadata"] == {"promptTokenCount": 4, "candidatesTokenCount": 1, "totalTokenCount": 5}
    assert lines_of(server, "gemini asks")[0]["model"] == "g-1.5"


def test_anthropic_is_answered_in_its_own_shape(server: FakeServer) -> None:
    reply = json.loads(asyncio.run(post(f"{server.base_url}/messages", chat("claude asks", system="s")))[1])
    assert reply["content"] == [{"type": "text", "text": "Answer: serious"}]
    assert (reply["type"], reply["role"], reply["stop_reason"]) == ("message", "assistant", "end_turn")
    assert reply["usage"] == {"input_tokens": 3, "output_tokens": 2}


def test_models_and_ledger_can_be_read_and_are_not_counted(server: FakeServer) -> None:
    async def get(path: str) -> Any:
        async with (
            aiohttp.ClientSession(server.base_url.removesuffix("v1")) as session,
            session.get(path) as reply,
        ):
            return await reply.json()

    before = len(server.requests())
    assert len(asyncio.run(get("/v1/models"))["data"]) == 1
    assert asyncio.run(get("/ledger")) == read_lines(server.ledger)
    assert len(server.requests()) == before


def test_a_wrong_path_and_a_wrong_body_are_refused_and_still_counted(server: FakeServer) -> None:
    before = len(server.requests())
    assert asyncio.run(post(f"{server.base_url}/v1/chat/completions", chat("doubled")))[0] == 404
    assert asyncio.run(post(f"{server.base_url}/chat/completions", ["no object"]))[0] == 400
    assert len(server.requests()) == before + 2


def test_the_ledger_tells_what_was_asked_twice(server: FakeServer) -> None:
    for prompt in ("once", "twice", "twice"):
        ask(server, prompt)
    first, done, second, _ = lines_of(server, "twice")
    text = json.dumps(chat("twice"), sort_keys=True, separators=(",", ":"))
    assert first["key"] == second["key"] == hashlib.sha256(text.encode()).hexdigest()
    assert (first["attempt"], second["attempt"]) == (1, 2)
    assert (first["body"], first["path"]) == (chat("twice"), "/v1/chat/completions")
    assert first["authorization_sha256"] == hashlib.sha256(b"Bearer secret").hexdigest()
    assert done == {"n": first["n"], "done": True, "status": 200, "fault": None}
    assert server.asked_twice()[first["key"]] == 2
    assert lines_of(server, "once")[0]["key"] not in server.asked_twice()


def test_a_rate_limit_hits_the_first_attempt_only(server: FakeServer) -> None:
    status, body, headers = ask(server, "limited")
    assert (status, body["error"]["code"], headers["Retry-After"]) == (429, "rate_limit_exceeded", "1")
    assert ask(server, "limited")[0] == 200
    assert [line["fault"] for line in lines_of(server, "limited") if "done" in line] == ["rate_limit", None]


def test_an_unsupported_parameter_is_refused_only_when_it_is_sent(server: FakeServer) -> None:
    status, body, _ = ask(server, "picky", temperature=0)
    assert (status, "'temperature' is not supported" in body["error"]["message"]) == (400, True)
    assert ask(server, "picky")[0] == 200


def test_every_plain_error_has_its_status(server: FakeServer) -> None:
    expected = {"unauthorized": 401, "bad_request": 400, "not_found": 404, "unavailable": 503}
    expected |= {"overloaded": 529, "quota": 429}
    assert {kind: ask(server, f"<{kind}>")[0] for kind in expected} == expected


def test_odd_bodies_come_with_status_200(server: FakeServer) -> None:
    def raw(kind: str) -> bytes:
        status, body, _ = asyncio.run(post(f"{server.base_url}/chat/completions", chat(f"<{kind}>")))
        assert status == 200
        return body

    assert raw("html").startswith(b"<html>")
    assert raw("empty_object") == b"{}"
    assert json.loads(raw("null_content"))["choices"][0]["message"]["content"] is None
    assert len(raw("huge")) > 10_000_000
    with pytest.raises(UnicodeDecodeError):
        raw("bad_utf8").decode()


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("reset", aiohttp.ServerDisconnectedError),
        ("reset_midbody", aiohttp.ClientPayloadError),
        ("drip", TimeoutError),
        ("hang", TimeoutError),
    ],
)
def test_a_broken_connection_is_no_answer(server: FakeServer, kind: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        ask(server, f"<{kind}>", seconds=0.7)
    time.sleep(0.5)  # the server looks every 0.2 s whether the client is still there
    line, end = lines_of(server, f"<{kind}>")
    assert end == {"n": line["n"], "done": False, "status": 0, "fault": kind}
    assert line["n"] not in server.finished()


def test_a_share_is_kept_by_each_of_two_faults_and_is_the_same_every_time(tmp_path: Path) -> None:
    async def statuses(url: str) -> list[int]:
        bodies = [chat(f"flaky {number}") for number in range(200)]
        return [reply[0] for reply in await asyncio.gather(*(post(url, body) for body in bodies))]

    seen = []
    for name in ("a", "b"):
        with serve(tmp_path / name, SCRIPT) as fresh:
            seen.append(asyncio.run(statuses(f"{fresh.base_url}/chat/completions")))
    assert seen[0] == seen[1]
    assert all(35 < seen[0].count(status) < 85 for status in (500, 429))


def test_200_requests_at_once_wait_only_once(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    async def many(url: str) -> float:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

            async def one(number: int) -> None:
                async with session.post(url, json=chat(f"question {number}")) as reply:
                    assert (await reply.json())["choices"]

            start = time.monotonic()
            await asyncio.gather(*map(one, range(200)))
            return time.monotonic() - start

    with serve(tmp_path, {"latency": 1.0}) as fresh:
        assert asyncio.run(many(f"{fresh.base_url}/chat/completions")) < 10
        assert fresh.finished() == set(range(1, 201))
        assert fresh.asked_twice() == {}
    assert capfd.readouterr().err == ""


def test_a_client_killed_amid_its_requests_leaves_unfinished_lines_and_no_noise(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    code = "import asyncio, sys; sys.path.insert(0, sys.argv[2]); import test_fake_server as t\n"
    code += "async def main(): await asyncio.gather(*(t.post(sys.argv[1], t.chat(str(i))) for i in range(20)))\n"
    code += "asyncio.run(main())"
    with serve(tmp_path, {"latency": 1.0}) as fresh:
        url = f"{fresh.base_url}/chat/completions"
        client = subprocess.Popen([sys.executable, "-c", code, url, str(Path(__file__).parent)])
        while len(fresh.requests()) < 20:
            time.sleep(0.02)
        client.kill()
        client.wait()
        while sum("done" in line for line in read_lines(fresh.ledger)) < 20:
            time.sleep(0.02)
        assert fresh.finished() == set()
    assert capfd.readouterr().err == ""


def test_a_server_started_again_counts_on_in_the_same_ledger(tmp_path: Path) -> None:
    for _ in range(2):
        with serve(tmp_path) as fresh:
            ask(fresh, "again")
    assert [(line["n"], line["attempt"]) for line in fresh.requests()] == [(1, 1), (2, 2)]


def test_sigterm_ends_it_cleanly_even_while_a_request_hangs(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with serve_process(tmp_path, {"faults": [{"kind": "hang"}]}) as fresh:

        async def hang() -> None:
            task = asyncio.create_task(post(f"{fresh.base_url}/chat/completions", chat("x")))
            while not fresh.requests():  # noqa: ASYNC110  the server is another process
                await asyncio.sleep(0.02)
            fresh.process.send_signal(signal.SIGTERM)
            with pytest.raises(aiohttp.ClientError):
                await task

        asyncio.run(hang())
        assert fresh.process.wait(5) == 0
        fresh.stop()
    assert capfd.readouterr().err == ""


def test_a_misspelt_script_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match="rate_limt"),
        serve_in_thread(tmp_path, {"faults": [{"kind": "rate_limt"}]}),
    ):
        pass


def test_it_runs_in_a_thread(tmp_path: Path) -> None:
    with serve_in_thread(tmp_path, {"model": "fake-1"}) as url:
        assert json.loads(asyncio.run(post(f"{url}/chat/completions", chat("x")))[1])["model"] == "fake-1"
    assert read_lines(tmp_path / "ledger.jsonl")[0]["prompt"] == "x"
