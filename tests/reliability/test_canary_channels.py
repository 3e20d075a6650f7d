"""Canary keys through the other channels: addresses, proxies, presets, judges, batches, uploads, tracebacks."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import web
from canaries import CANARIES, FORMS
from canary_runs import CASES, begin, kept, looked_at, searched, set_key, task_of
from command import Command, Done, write_lines
from fake_batches import KEY as BATCH_KEY
from fake_batches import FakeBatches, Script, running
from fake_echo import Echo, echoing
from fake_files import FakeFiles, serve_files
from figures import size
from lane_runs import KEYS, LANES, run_process
from test_cli_batch import VENDORS

from providers.errors import ProviderError
from providers.keys import Keys
from providers.records import Media
from providers.uploads import Uploads

SOME = CASES[:: size(17, 5)]
LOUD = ("openai", "gemini", "anthropic")


@pytest.fixture(scope="module", autouse=True)
def _figure() -> Iterator[None]:
    begin()
    yield
    kept("canary_channels", "keys in addresses, proxies, presets, judges' replies, batches, uploads and tracebacks")


@pytest.fixture
def echo() -> Iterator[tuple[str, Echo]]:
    with echoing() as served:
        yield served


ADDRESSES = {
    "a password": "http://user:{key}@{host}/v1",
    "a user": "http://{key}@{host}/v1",
    "a key in the query": "http://{host}/v1?key={key}&api-version=2",
    "another name in the query": "http://{host}/v1?api_key={key}",
}


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("kind", size(("openai", "hex"), ("openai", "hex", "google", "jwt", "anthropic")))
def test_a_key_in_the_base_url_is_sent_and_never_shown(
    address: str, kind: str, tmp_path: Path, judge: Command, echo: tuple[str, Echo]
) -> None:
    key, (url, server) = CANARIES[kind], echo
    host = url.removeprefix("http://").removesuffix("/v1")
    task, out = task_of(tmp_path / "task", SOME), tmp_path / "out"
    given = ADDRESSES[address].format(key=key, host=host)
    done = judge("--debug", *LANES["endpoint"].line(given, task, out))
    assert done.code == 1, done.err
    assert any(key in seen for seen in server.seen), "the server did get it"
    searched("of a base URL", key, [done, *looked_at(judge, out)], out, len(SOME))


BAD = {
    "no scheme": (["endpoint", "user:{key}@h/v1"], {}),
    "a slash in the password": (["endpoint", "http://user:12/{key}@h/v1"], {}),
    "a question mark in the password": (["endpoint", "http://user:1?{key}@h/v1"], {}),
    "a hash in the password": (["endpoint", "http://user:1#{key}@h/v1"], {}),
    "a bracket": (["endpoint", "http://user:[{key}@h/v1"], {}),
    "a port that is none": (["endpoint", "http://h:{key}/v1"], {}),
    "a password beside a key": (["endpoint", "http://user:{key}@h/v1"], {"JUDGE_ENDPOINT_KEY": "another-key-1"}),
    "a password for a closed API": (["openai", "http://user:{key}@h/v1"], {"OPENAI_API_KEY": "another-key-1"}),
    "a query for a closed API": (["gemini", "http://h/v1?key={key}"], {"GEMINI_API_KEY": "another-key-1"}),
    "a letter that no key has": (["openai", "http://h/v1"], {"OPENAI_API_KEY": "{key}ä"}),
    "two lines": (["openai", "http://h/v1"], {"OPENAI_API_KEY": "{key}\n{key}"}),
    "an address in the environment": (["openai", ""], {"OPENAI_API_KEY": "k-1", "OPENAI_BASE_URL": "http://u:{key}@h"}),
}


@pytest.mark.parametrize("what", BAD)
def test_what_cannot_be_used_is_refused_in_one_line_without_being_repeated(
    what: str, tmp_path: Path, judge: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    (provider, url), environment = BAD[what]
    key = CANARIES["openai"]
    for name, value in environment.items():
        monkeypatch.setenv(name, value.format(key=key))
    task = task_of(tmp_path / "task", CASES[:1])
    where = ["--base-url", url.format(key=key)] if url else []
    out = tmp_path / "out"
    done = judge("run", task, "--provider", provider, "--model", "m", *where, "--out", out, "--cache", out / "c")
    assert (done.code in (2, 3), done.err.count("\n")) == (True, 1), done.out + done.err
    searched("refused", key, [done], out, 1)


def test_a_traceback_holds_no_key_whatever_raised_it(tmp_path: Path) -> None:
    key = CANARIES["special"]
    task, out = task_of(tmp_path / "task", CASES[:1]), tmp_path / "out"
    preset = tmp_path / "own.yaml"
    preset.write_text(f"about: mine\nbackend: endpoint\nmodel: m\nlimits: {CANARIES['google']}\n")
    bad = ["--debug", "run", str(task), "--provider", "endpoint", "--base-url", f"http://u:{CANARIES['jwt']}@h:x/v1"]
    lines = {
        "jwt": [*bad, "--model", "m", "--out", str(out)],
        "google": ["--debug", "providers", "check", str(preset)],
        "special": ["--debug", "run", str(task), "--provider", key, "--out", str(out)],
    }
    for kind, line in lines.items():
        done, _ = run_process(line, {"OPENAI_API_KEY": key})
        assert "Traceback" in done.err
        searched("in tracebacks", CANARIES[kind], [done], tmp_path / "out", 1)


@pytest.mark.parametrize(
    "line", ["key: {key}", "optional_key: {key}", "api_key: {key}", "limits: {key}", "sampling: !{key} 1"]
)
def test_a_preset_that_holds_a_key_is_refused_unseen(line: str, tmp_path: Path, judge: Command) -> None:
    key = CANARIES["google"]
    preset, out = tmp_path / "own.yaml", tmp_path / "out"
    preset.write_text(f"about: mine\nbackend: endpoint\nmodel: m\n{line.format(key=key)}\n")
    done: list[Any] = [judge("providers", "check", preset), judge("providers", "show", preset)]
    done.append(judge("run", "tasks/humor.yaml", "--provider", preset, "--base-url", "http://h/v1", "--out", out))
    assert [one.code for one in done] == [2, 2, 2]
    searched("of a preset", key, done, out, 1)


@pytest.mark.parametrize("kind", size(("openai",), ("openai", "hex", "jwt", "azure")))
def test_the_password_of_a_proxy_is_sent_and_never_shown(
    kind: str, tmp_path: Path, judge: Command, monkeypatch: pytest.MonkeyPatch, echo: tuple[str, Echo]
) -> None:
    key, (url, server) = CANARIES[kind], echo
    host = url.removeprefix("http://").removesuffix("/v1")
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, f"http://user:{quote(key, safe='')}@{host}")
    monkeypatch.setenv("no_proxy", "")
    task, out = task_of(tmp_path / "task", SOME), tmp_path / "out"
    done = judge("--debug", *LANES["endpoint"].line("http://model.invalid/v1", task, out))
    assert done.code == 1, done.err
    assert server.seen == {f"user:{key}"}, "the proxy did get it"
    searched("of a proxy", key, [done, *looked_at(judge, out)], out, len(SOME))


def test_a_judge_that_echoes_the_key_leaves_none_in_verdicts_and_reports(
    tmp_path: Path, judge: Command, monkeypatch: pytest.MonkeyPatch, echo: tuple[str, Echo]
) -> None:
    key, (url, _) = CANARIES["openai"], echo
    out = tmp_path / "out"
    cases = SOME
    items = [{"id": f"k{at}", "text": f"t {at}", "label": "humorous"} for at in range(len(cases))]
    task = task_of(tmp_path / "task", cases)
    write_lines(tmp_path / "task" / "items.jsonl", items)
    replies = [
        {"id": f"k{at}", "reply": f"A joke. case {at} <{p}:{f}> Answer: humorous"} for at, (p, f) in enumerate(cases)
    ]
    write_lines(tmp_path / "replies.jsonl", replies)
    imported = judge("import", tmp_path / "replies.jsonl", "--task", task, "--model", "them", "--out", out / "r")
    assert imported.code == 0, imported.err
    set_key(monkeypatch, "endpoint", key)
    line = ["score", out / "r", "--judge", "endpoint", "--base-url", url, "--model", "m", "--cache", out / "c"]
    done = judge("--debug", *line)
    searched("of a judge", key, [done, *looked_at(judge, out)], out, len(cases))


class EchoingBatches(FakeBatches):
    """Batches whose results, and whose errors, hold the key."""

    def __init__(self, echo: str, *, name: str = "") -> None:
        super().__init__(Script())
        self.echo, self.name = echo, name

    def app(self) -> web.Application:
        app = super().app()

        @web.middleware
        async def echoed(request: web.Request, handler: Any) -> Any:
            response = await handler(request)
            if isinstance(response, web.Response) and isinstance(response.body, bytes):
                said = json.dumps(self.echo)[1:-1].encode()
                response.body = response.body.replace(b"Answer: ", b"Answer: " + said).replace(b"bad image", said)
                response.body = re.sub(rb"batch_1|msgbatch_1", self.name.encode() or rb"\g<0>", response.body)
            return response

        app.middlewares.append(echoed)
        return app


@pytest.mark.parametrize(
    "form", size(("over lines",), ("raw", "json", "over lines", "base64 within", "its end", "mixed case"))
)
@pytest.mark.parametrize("provider", size(("openai",), LOUD))
def test_a_batch_that_echoes_the_key_leaves_none(
    provider: str, form: str, tmp_path: Path, judge: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = f"{BATCH_KEY}-{CANARIES['azure']}"
    monkeypatch.setenv(KEYS[provider], key)
    out = tmp_path / "out"
    with running(fake=EchoingBatches(FORMS[form](key))) as fake:
        where = ["--base-url", fake.base_url(VENDORS[provider]), "--batch", "--limit", "4"]
        line = [
            "--debug",
            "run",
            "tasks/humor.yaml",
            "--provider",
            provider,
            *where,
            "--out",
            out / "r",
            "--cache",
            out / "c",
        ]
        done = judge(*line)
        assert done.code == 0, done.err
    searched("of a batch", key, [done, *looked_at(judge, out)], out, 4)


def test_a_batch_whose_name_is_the_key_is_refused_and_not_remembered(
    tmp_path: Path, judge: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = f"{BATCH_KEY}-{CANARIES['openai']}"
    monkeypatch.setenv("OPENAI_API_KEY", key)
    out = tmp_path / "out"
    with running(fake=EchoingBatches("x", name=key)) as fake:
        where = ["--base-url", fake.base_url("openai"), "--batch", "--limit", "2"]
        kept_in = ["--out", out / "r", "--cache", out / "c"]
        done = judge("run", "tasks/humor.yaml", "--provider", "openai", *where, *kept_in)
    assert done.code in (1, 3), done.out + done.err
    assert "the key in a name" in done.err
    searched("of a batch", key, [done], out, 1)


@pytest.mark.parametrize("form", size(("raw", "json", "over lines"), tuple(FORMS)))
def test_an_upload_that_echoes_the_key_leaves_none(form: str, tmp_path: Path) -> None:
    key = CANARIES["google"]
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"clip")
    digest = hashlib.sha256(b"clip").hexdigest()
    media = Media(kind="video", path=str(clip), sha256=digest, mime="video/mp4", size=4)
    said: list[str] = []

    async def upload(files: FakeFiles, folder: Path) -> None:
        uploads = Uploads(key, files.base_url, folder)
        try:
            said.append(await Keys(key).through(uploads.uri_of(media)))  # type: ignore[arg-type]
        except ProviderError as error:
            said.append(error.message)
        finally:
            await uploads.close()

    with serve_files() as files:
        files.faults.append(("start", 400, json.dumps({"error": {"code": 400, "message": FORMS[form](key)}})))
        asyncio.run(upload(files, tmp_path / "out"))
        honest, files.base_url = files.base_url, f"{files.base_url}/{quote(key)}"
        named = FakeFiles.file

        def file(self: FakeFiles, name: str) -> dict[str, Any]:
            return named(self, name) | {"uri": f"{honest}/{key}"}

        files.file = file.__get__(files)  # type: ignore[method-assign]
        files.base_url = honest
        asyncio.run(upload(files, tmp_path / "out"))
    assert "the key in a name" in said[1]
    searched("of an upload", key, [Done(0, "\n".join(said), "")], tmp_path / "out", 2)
