"""Whom the tests of bodies ask, and what: every vendor of forms.VENDORS, every form, and what stands beside it."""

import asyncio
import base64
import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fake_server import read_lines

from providers.catalog import Opening, describe
from providers.endpoint import Endpoint
from providers.errors import ProviderError
from providers.forms import VENDORS
from providers.hosted import Hosted
from providers.records import Form, Info, Media, Message, Provider, Reply, Request, Sampling

KEY = "sk-geheim-0123456789-0123456789"
GOLDEN = Path(__file__).parent / "golden" / "bodies"


@dataclasses.dataclass(frozen=True)
class Asked:
    """One model by its preset, and the end that its base URL has behind the host."""

    preset: str
    model: str
    end: str
    effort: str | None = None
    """Reasoning effort, of models that reason."""


ASKED = {
    "gemini": Asked("gemini", "gemini/gemini-3.8-flash", "/v1beta", "low"),
    "openai": Asked("openai", "openai/gpt-6.1-sol", "/v1", "low"),
    "openai-audio": Asked("openai-audio", "openai/gpt-audio-1.5", "/v1"),
    "anthropic": Asked("anthropic", "anthropic/claude-sonnet-5-5", "", "low"),
    "azure": Asked("hosted", "azure/my-deployment", ""),
    "hosted_vllm": Asked("hosted", "hosted_vllm/Qwen/Qwen3-Omni-30B-A3B-Instruct", "/v1"),
    "openrouter": Asked("hosted", "openrouter/google/gemini-3.8-flash", "/v1"),
    "mistral": Asked("hosted", "mistral/mistral-large-latest", "/v1"),
    "xai": Asked("hosted", "xai/grok-4.7", "/v1"),
    "together_ai": Asked("hosted", "together_ai/zai-org/GLM-5.3-Flash", "/v1"),
    "groq": Asked("hosted", "groq/qwen/qwen3.8-27b", "/v1"),
    "fireworks_ai": Asked("hosted", "fireworks_ai/accounts/fireworks/models/kimi-k3", "/v1"),
    "deepseek": Asked("hosted", "deepseek/deepseek-flash", "/v1"),
    "endpoint": Asked("endpoint", "qwen-omni", "/v1"),
}
assert {asked.model.partition("/")[0] for asked in ASKED.values()} >= set(VENDORS)

SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {
            "label": {"type": "string", "enum": ["humorous", "serious"]},
            "score": {"type": "number"},
            "clues": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["label", "score", "clues"],
        "additionalProperties": False,
    }
)
BYTES = {
    "face": b"\xff\xd8\xff\xe0 a face that smiles, as JPEG",
    "frame 1": b"\xff\xd8\xff\xe0 the first frame of the clip",
    "frame 2": b"\xff\xd8\xff\xe0 the second frame of the clip",
    "frame 3": b"\xff\xd8\xff\xe0 the third frame of the clip",
    "voice": b"RIFF\x24\x00\x00\x00WAVEfmt a voice that laughs",
    "clip": b"\x00\x00\x00\x18ftypmp42 a clip of two people",
}
NAMES = {hashlib.sha256(raw).hexdigest(): name for name, raw in BYTES.items()}


def media(folder: Path, kind: Any, name: str, raw: bytes | None = None, **more: Any) -> Media:
    """A file of the folder as what is sent; the bytes are those of BYTES unless given."""
    raw = BYTES[name] if raw is None else raw
    path = folder / name.replace(" ", "-")
    path.write_bytes(raw)
    mime = {"image": "image/jpeg", "audio": "audio/wav", "video": "video/mp4"}[kind]
    return Media(
        kind=kind, path=str(path), sha256=hashlib.sha256(raw).hexdigest(), mime=mime, size=len(raw), seconds=2.0, **more
    )


def attachments(folder: Path, forms: tuple[Form, ...]) -> dict[str, tuple[Media, ...]]:
    """What can be sent in these forms, by the name of its question; `together` is all of it at once."""
    frames = tuple(media(folder, "image", f"frame {n}", frame_of="c" * 64, at=float(n)) for n in (1, 2, 3))
    clip = (media(folder, "video", "clip"),)
    every: dict[Form, tuple[Media, ...]] = {
        "image": (media(folder, "image", "face"),),
        "frames": frames,
        "audio": (media(folder, "audio", "voice"),),
        "video": clip,
        "video+sound": clip,
    }
    kept: dict[str, tuple[Media, ...]] = {form: every[form] for form in forms if form in every}
    return kept | ({"together": sum(kept.values(), ())} if len(kept) > 1 else {})


def questions(info: Info, folder: Path, effort: str | None) -> dict[str, Request]:
    """Every question to one model."""
    found = {"text": request(info, "What is felt?")}
    shown = attachments(folder, info.accepts)
    found |= {name: request(info, f"What is felt? ({name})", files) for name, files in shown.items()}
    earlier = (
        Message(role="system", text="Be brief."),
        Message(role="user", text="Whom do you see?", media=next(iter(shown.values()), ())),
        Message(role="assistant", text="A woman."),
        Message(role="user", text="What does she feel? (turns)"),
    )
    found["turns"] = request(info, "").model_copy(update={"messages": earlier})
    found["schema"] = request(info, "What is felt? (schema)").model_copy(update={"answer_schema": SCHEMA})
    drawn = Sampling(temperature=1.0, max_tokens=100, reasoning_effort=effort, seed=3)
    found["sampling"] = request(info, "What is felt? (sampling)").model_copy(update={"sampling": drawn})
    return found


def request(info: Info, text: str, files: tuple[Media, ...] = ()) -> Request:
    """One question with the preset's own sampling."""
    message = Message(role="user", text=text, media=files)
    return Request(provider=info.identity, model=info.model, messages=(message,), sampling=info.sampling)


def describe_asked(name: str, accepts: tuple[Form, ...] | None = None) -> Info:
    """What the catalogue says of it."""
    asked = ASKED[name]
    base_url = "http://localhost/v1" if name == "endpoint" else None
    return describe(Opening(name=asked.preset, model=asked.model, base_url=base_url, accepts=accepts))


def open_asked(
    name: str, host: str, accepts: tuple[Form, ...] | None = None, end: str | None = None
) -> Endpoint | Hosted:
    """The bare backend, pointed at a host."""
    info, base_url = describe_asked(name, accepts), host + (ASKED[name].end if end is None else end)
    return (Endpoint if name == "endpoint" else Hosted)(info, base_url=base_url, key=KEY)


@dataclasses.dataclass(frozen=True)
class Sent:
    """What left for one question, and what came of it."""

    request: Request
    calls: list[dict[str, Any]]
    outcome: Reply | ProviderError

    @property
    def body(self) -> dict[str, Any]:
        """Of the one call."""
        (call,) = self.calls
        return dict(call["body"])


async def send(backend: Provider, asked: Request, ledger: Path) -> Sent:
    """Ask once, and look up in the server's ledger what arrived."""
    before = len(calls_in(ledger))
    outcome: Reply | ProviderError
    try:
        outcome = await asyncio.wait_for(backend.generate(asked), 60)
    except ProviderError as error:  # the fake has no route of Azure's, for one: its ledger has the body all the same
        outcome = error
    return Sent(asked, calls_in(ledger)[before:], outcome)


def calls_in(ledger: Path) -> list[dict[str, Any]]:
    """The calls so far."""
    return [line for line in read_lines(ledger) if "key" in line]


def nodes(value: Any) -> Iterator[Any]:
    """Every value in a body."""
    yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        yield from nodes(each)


def blob_in(text: str) -> str | None:
    """The digest of the base64 at the end of a string; None where there is none."""
    tail = text.rpartition(",")[2]
    if len(tail) < 32:
        return None
    try:
        return hashlib.sha256(base64.b64decode(tail, validate=True)).hexdigest()
    except ValueError:
        return None


def blobs(body: Any) -> list[str]:
    """The digests of all base64 in a body."""
    return [found for text in nodes(body) if isinstance(text, str) and (found := blob_in(text))]


def readable(value: Any) -> Any:
    """A body with what is base64 as its digest and the name of what it is."""
    if isinstance(value, dict):
        return {name: readable(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [readable(inner) for inner in value]
    digest = blob_in(value) if isinstance(value, str) else None
    if digest is None:
        return value
    head = value.rpartition(",")[0]
    return {**({"head": f"{head},"} if head else {}), "sha256": digest, "of": NAMES.get(digest, "?")}


def as_golden(found: Mapping[str, Sent]) -> dict[str, Any]:
    """What one vendor's golden file holds: path and body by question."""
    return {name: {"path": sent.calls[-1]["path"], "body": readable(sent.body)} for name, sent in found.items()}
