"""What the vendors get to see of a request, byte for byte, with media replaced by their digests."""

import asyncio
import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from batching import Desk, info_of, outcomes, question, start
from fake_batches import VENDORS, FakeBatches, running

from providers.errors import NotSupported, Permanent, ProviderError
from providers.records import Info, Media, Message, Reply, Request, Sampling

each_vendor = pytest.mark.parametrize("vendor", VENDORS)
MIMES = {"image": "image/jpeg", "audio": "audio/wav", "video": "video/mp4"}
SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {"score": {"type": "integer", "minimum": 1, "maximum": 3}, "why": {"type": ["string", "null"]}},
        "required": ["score"],
        "additionalProperties": False,
    }
)


@pytest.fixture
def fake() -> Iterator[FakeBatches]:
    with running() as service:
        yield service


def media(folder: Path, kind: Any, content: str, **more: Any) -> Media:
    raw = content.encode()
    path = folder / f"{content}.bin"
    path.write_bytes(raw)
    digest = hashlib.sha256(raw).hexdigest()
    return Media(kind=kind, path=str(path), sha256=digest, mime=MIMES[kind], size=len(raw), **more)


def digested(value: Any) -> Any:
    """The body with what is base64 replaced by the first digits of its digest."""
    if isinstance(value, dict):
        return {name: digested(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [digested(inner) for inner in value]
    if isinstance(value, str):
        head, _, tail = value.rpartition("base64,")
        try:
            raw = base64.b64decode(tail, validate=True)
        except ValueError:
            return value
        if raw.startswith(b"bytes of"):
            return f"{head}sha256:{hashlib.sha256(raw).hexdigest()[:8]}"
    return value


def digest(content: str) -> str:
    return f"sha256:{hashlib.sha256(content.encode()).hexdigest()[:8]}"


def send(
    fake: FakeBatches, vendor: str, folder: Path, *requests: Request, info: Info | None = None
) -> list[Reply | ProviderError]:
    async def run() -> list[Reply | ProviderError]:
        desk = Desk(fake.base_url(vendor), vendor, folder / "cache", info=info or info_of(vendor))
        found = await outcomes(desk.cached.generate, requests)
        await desk.close()
        return list(found.values())

    return asyncio.run(run())


def conversation(vendor: str, folder: Path) -> Request:
    """A system prompt, an earlier turn, and a picture (and a sound) before the text."""
    shown = [media(folder, "image", "bytes of a face")]
    if vendor != "anthropic":
        shown.append(media(folder, "audio", "bytes of a voice"))
    if vendor == "google":
        shown.append(media(folder, "video", "bytes of a clip", seconds=2.0))
    messages = (
        Message(role="system", text="Be brief."),
        Message(role="user", text="Hello"),
        Message(role="assistant", text="Hi"),
        Message(role="user", text="What is felt?", media=tuple(shown)),
    )
    sampling = Sampling(temperature=0.0, max_tokens=64)
    asked = question(vendor, "", messages=messages, sampling=sampling, answer_schema=SCHEMA)
    structured = {"model": "anthropic/claude-sonnet-4-5"} if vendor == "anthropic" else {}
    return asked.model_copy(update=structured)


GOLDEN: dict[str, Any] = {
    "openai": {
        "model": "gpt-4o",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hello"},
            {"role": "assistant", "content": "Hi"},
            {
                "role": "user",
                "content": [
                    {"type": "image_url", "image_url": {"url": "data:image/jpeg;" + digest("bytes of a face")}},
                    {"type": "input_audio", "input_audio": {"data": digest("bytes of a voice"), "format": "wav"}},
                    {"type": "text", "text": "What is felt?"},
                ],
            },
        ],
        "temperature": 0.0,
        "max_completion_tokens": 64,
        "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": json.loads(SCHEMA)}},
    },
    "anthropic": {
        "model": "claude-sonnet-4-5",
        "max_tokens": 64,
        "system": "Be brief.",
        "messages": [
            {"role": "user", "content": "Hello"},
            {"role": "assistant", "content": "Hi"},
            {
                "role": "user",
                "content": [
                    {
                        "type": "image",
                        "source": {"type": "base64", "media_type": "image/jpeg", "data": digest("bytes of a face")},
                    },
                    {"type": "text", "text": "What is felt?"},
                ],
            },
        ],
        "temperature": 0.0,
        "output_config": {"format": {"type": "json_schema", "schema": json.loads(SCHEMA)}},
    },
    "google": {
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "Hello"}]},
            {"role": "model", "parts": [{"text": "Hi"}]},
            {
                "role": "user",
                "parts": [
                    {"inlineData": {"mimeType": "image/jpeg", "data": digest("bytes of a face")}},
                    {"inlineData": {"mimeType": "audio/wav", "data": digest("bytes of a voice")}},
                    {"inlineData": {"mimeType": "video/mp4", "data": digest("bytes of a clip")}},
                    {"text": "What is felt?"},
                ],
            },
        ],
        "generationConfig": {
            "temperature": 0.0,
            "maxOutputTokens": 64,
            "responseMimeType": "application/json",
            "responseSchema": {
                "type": "OBJECT",
                "properties": {
                    "score": {"type": "INTEGER", "minimum": 1, "maximum": 3},
                    "why": {"type": "STRING", "nullable": True},
                },
                "propertyOrdering": ["score", "why"],
                "required": ["score"],
            },
        },
    },
}


@each_vendor
def test_a_body_holds_all_turns_with_the_media_before_their_text(
    fake: FakeBatches, vendor: str, tmp_path: Path
) -> None:
    asked = conversation(vendor, tmp_path)
    (found,) = send(fake, vendor, tmp_path, asked, info=info_of(vendor, model=asked.model))
    assert isinstance(found, Reply), repr(found)
    assert digested(fake.bodies()[0]) == GOLDEN[vendor]


@pytest.mark.parametrize(("vendor", "kind"), [("openai", "video"), ("anthropic", "audio"), ("anthropic", "video")])
def test_a_sense_that_a_vendor_has_not_is_refused_before_anything_is_sent(
    fake: FakeBatches, vendor: str, kind: str, tmp_path: Path
) -> None:
    shown = media(tmp_path, kind, "bytes of it")
    (found,) = send(
        fake, vendor, tmp_path, question(vendor, "", messages=(Message(role="user", text="?", media=(shown,)),))
    )
    assert isinstance(found, NotSupported)
    assert fake.calls == []


@each_vendor
def test_a_file_that_has_changed_fails_its_own_request_only(fake: FakeBatches, vendor: str, tmp_path: Path) -> None:
    shown = media(tmp_path, "image", "bytes of a face")
    one = question(vendor, "", messages=(Message(role="user", text="changed", media=(shown,)),))
    Path(shown.path).write_bytes(b"other bytes")
    changed, fine = send(fake, vendor, tmp_path, one, question(vendor, "fine"))
    assert isinstance(changed, Permanent)
    assert changed.kind == "media"
    assert isinstance(fine, Reply)
    assert len(fake.bodies()) == 1


@each_vendor
def test_any_text_survives(fake: FakeBatches, vendor: str, tmp_path: Path) -> None:
    text = 'ä 😀 "quoted" \\ \n \x00 \u2028 end'
    (found,) = send(fake, vendor, tmp_path, question(vendor, text))
    assert isinstance(found, Reply)
    body = fake.bodies()[0]
    last = (body.get("messages") or body["contents"])[-1]
    assert text in (last.get("content"), *(part["text"] for part in last.get("parts", [])))


@pytest.mark.parametrize("vendor", ["openai", "google"])
def test_media_are_never_all_in_memory(fake: FakeBatches, vendor: str, tmp_path: Path) -> None:
    out, err = start(fake, vendor, tmp_path, what="pictures", count=20).communicate(timeout=100)
    assert out, err
    assert [len(batch.requests) for batch in fake.created()] == [1, 20]
    assert float(out) < 30, "MB, for 53 MB of base64 in one batch"
