"""The bodies that leave, read at the socket: nothing is taken out on the way, and they are those of golden/bodies/.

Where a body should change (another LiteLLM, another form), write the golden files anew and look at the difference:

    GOLDEN=write python -m pytest tests/test_bodies.py && git diff tests/golden
"""

import asyncio
import base64
import hashlib
import importlib.metadata
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from bodies import (
    ASKED,
    BYTES,
    GOLDEN,
    KEY,
    Sent,
    as_golden,
    attachments,
    blobs,
    calls_in,
    describe_asked,
    media,
    nodes,
    open_asked,
    questions,
    readable,
    request,
    send,
)  # fmt: skip
from fake_files import FakeFiles, serve_files
from fake_server import FakeServer, serve

from providers.errors import NotSupported
from providers.forms import VENDORS
from providers.hosted import Hosted
from providers.records import Form
from providers.uploads import Uploads

EVERY: tuple[Form, ...] = ("text", "image", "frames", "audio", "video", "video+sound")
each_vendor = pytest.mark.parametrize("vendor", ASKED)
Found = Mapping[str, Mapping[str, Sent]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bodies")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[FakeServer]:
    with serve(folder, {"latency": 0}) as running:
        yield running


def host_of(server: FakeServer) -> str:
    return server.base_url.removesuffix("/v1")


@pytest.fixture(scope="module")
def found(server: FakeServer, folder: Path) -> Found:
    """What left for every question to every vendor, one after the other."""

    async def work() -> Found:
        sent: dict[str, dict[str, Sent]] = {}
        for vendor in ASKED:
            backend = open_asked(vendor, host_of(server))
            asked = questions(backend.info, folder, ASKED[vendor].effort)
            sent[vendor] = {name: await send(backend, each, server.ledger) for name, each in asked.items()}
            await backend.close()
        return sent

    return asyncio.run(work())


def golden_of(vendor: str, found: Found) -> dict[str, Any]:
    path = GOLDEN / f"{vendor}.json"
    if os.environ.get("GOLDEN") == "write":
        made = {"litellm": importlib.metadata.version("litellm"), "model": ASKED[vendor].model}
        text = json.dumps({**made, "questions": as_golden(found[vendor])}, indent=1, ensure_ascii=False)
        path.write_text(text + "\n", encoding="utf-8")
    return dict(json.loads(path.read_text(encoding="utf-8")))


@each_vendor
def test_every_body_is_the_golden_one(found: Found, vendor: str) -> None:
    golden = golden_of(vendor, found)
    assert as_golden(found[vendor]) == golden["questions"], f"made with LiteLLM {golden['litellm']}; see above"


@each_vendor
def test_each_file_of_the_question_is_in_the_body_as_often_as_it_was_asked_about(found: Found, vendor: str) -> None:
    """By digest, and whatever the golden file says."""
    for name, sent in found[vendor].items():
        wanted = [item.sha256 for message in sent.request.messages for item in message.media]
        assert sorted(blobs(sent.body)) == sorted(wanted), name


@each_vendor
def test_one_question_is_one_call_and_the_key_is_not_in_its_body(found: Found, vendor: str) -> None:
    for sent in found[vendor].values():
        assert len(sent.calls) == 1
        assert KEY not in json.dumps(sent.body)


@each_vendor
def test_each_text_is_there_once_and_no_file_stands_in_a_text(found: Found, vendor: str) -> None:
    for name, sent in found[vendor].items():
        texts = [value for value in nodes(readable(sent.body)) if isinstance(value, str)]
        for message in sent.request.messages:
            assert texts.count(message.text) == 1, name
        assert not [text for text in texts for raw in BYTES.values() if base64.b64encode(raw).decode() in text], name


@each_vendor
def test_what_is_shown_stands_before_the_question_about_it(found: Found, vendor: str) -> None:
    lists = [value for sent in found[vendor].values() for value in nodes(sent.body) if isinstance(value, list)]
    for parts in lists:
        told = ["text" in part for part in parts if isinstance(part, dict) and ("text" in part or blobs(part))]
        assert told == sorted(told)


@each_vendor
def test_the_frames_of_a_clip_keep_their_order(found: Found, vendor: str) -> None:
    if "frames" in found[vendor]:
        sent = found[vendor]["frames"]
        assert blobs(sent.body) == [item.sha256 for item in sent.request.messages[0].media]


@each_vendor
def test_the_forms_are_what_each_vendor_is_known_to_keep(found: Found, vendor: str) -> None:
    hears, sees = {"audio", "together"}, {"image", "frames", "together"}
    whole = {
        **dict.fromkeys(("gemini",), sees | hears | {"video+sound"}),
        **dict.fromkeys(("hosted_vllm", "openrouter", "endpoint"), sees | hears | {"video"}),
        "openai-audio": {"audio"},
        "azure": sees | hears,
        "deepseek": set(),
    }
    assert set(found[vendor]) - {"text", "turns", "schema", "sampling"} == whole.get(vendor, sees)


def refused(server: FakeServer, vendor: str, folder: Path, *, accepts: tuple[Form, ...] | None = None) -> set[str]:
    """The forms that a backend does not send; nothing may have left."""

    async def work() -> set[str]:
        backend, names = open_asked(vendor, host_of(server), accepts), set()
        for name, files in attachments(folder, EVERY).items():
            if name != "together" and (accepts is None or name in accepts):
                sent = await send(backend, request(backend.info, f"What? ({name})", files), server.ledger)
                if isinstance(sent.outcome, NotSupported):
                    assert sent.calls == []
                    assert "Nothing was sent" in sent.outcome.message
                    names.add(name)
        await backend.close()
        return names

    return asyncio.run(work())


@each_vendor
def test_what_the_model_does_not_take_is_refused_before_it_is_sent(
    server: FakeServer, folder: Path, vendor: str
) -> None:
    whole = {"video", "video+sound"}  # two forms of one file: it may pass under either
    takes = set(describe_asked(vendor).accepts)
    assert refused(server, vendor, folder) == set(EVERY) - takes - {"text"} - (whole if takes & whole else set())


@each_vendor
def test_a_model_that_is_said_to_take_text_only_is_shown_nothing(server: FakeServer, folder: Path, vendor: str) -> None:
    async def work() -> Sent:
        backend = open_asked(vendor, host_of(server), ("text",))
        try:
            shown = (media(folder, "image", "face"),)
            return await send(backend, request(backend.info, "What?", shown), server.ledger)
        finally:
            await backend.close()

    sent = asyncio.run(work())
    assert isinstance(sent.outcome, NotSupported)
    assert sent.calls == []


@pytest.mark.parametrize("vendor", [name for name, known in VENDORS.items() if known.loses])
def test_what_litellm_loses_is_refused_even_where_the_user_says_that_the_model_takes_it(
    server: FakeServer, folder: Path, vendor: str
) -> None:
    assert refused(server, vendor, folder, accepts=EVERY) == set(VENDORS[vendor].loses)


def test_a_clip_beyond_the_inline_limit_goes_up_once_and_is_named_by_its_address(
    server: FakeServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = bytes(range(256)) * (14 * 2**20 // 256)
    files = (media(folder, "image", "face"), media(folder, "video", "large", raw))
    address = "https://generativelanguage.googleapis.com/v1beta/files/f1"  # also behind a proxy it is Google's own
    said = FakeFiles.file
    monkeypatch.setattr(FakeFiles, "file", lambda store, name: {**said(store, name), "uri": address})

    with serve_files() as store:

        async def work() -> list[Sent]:
            info = describe_asked("gemini")
            uploads = Uploads(KEY, store.base_url, None)
            backend = Hosted(info, key=KEY, base_url=f"{host_of(server)}/v1beta", uploads=uploads)
            asked = [request(info, f"What is felt? (large {n})", files) for n in (1, 2)]
            try:
                return [await send(backend, each, server.ledger) for each in asked]
            finally:
                await uploads.close()
                await backend.close()

        sent = asyncio.run(work())
    assert [hashlib.sha256(stored).hexdigest() for stored in store.stored.values()] == [files[1].sha256]
    for each in sent:
        image, clip, text = each.body["contents"][0]["parts"]
        assert blobs(image) == [files[0].sha256]
        assert clip == {"file_data": {"file_uri": address, "mime_type": "video/mp4"}}
        assert "text" in text


BASES = {
    ("gemini", "/v1beta"): "/v1beta/models/gemini-3.8-flash:generateContent",
    ("gemini", "/v1"): "/v1/models/gemini-3.8-flash:generateContent",
    ("openai", "/v1"): "/v1/chat/completions",
    ("openai", "/proxy/v1"): "/proxy/v1/chat/completions",
    ("anthropic", ""): "/v1/messages",
    ("anthropic", "/proxy"): "/proxy/v1/messages",
    ("hosted_vllm", "/v1"): "/v1/chat/completions",
    ("azure", ""): "/openai/deployments/my-deployment/chat/completions",
    ("openrouter", "/api/v1"): "/api/v1/chat/completions",
    ("endpoint", "/v1"): "/v1/chat/completions",
}


def test_the_base_url_of_a_proxy_or_a_recorder_is_the_vendors_own_with_another_host(server: FakeServer) -> None:
    async def work() -> dict[tuple[str, str], str]:
        seen = {}
        for vendor, end in BASES:
            backend = open_asked(vendor, host_of(server), end=end)
            sent = await send(backend, request(backend.info, f"{vendor} {end}"), server.ledger)
            seen[vendor, end] = str(sent.calls[-1]["path"])
            await backend.close()
        return seen

    assert asyncio.run(work()) == BASES
    assert calls_in(server.ledger)
