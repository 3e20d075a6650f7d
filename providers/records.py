"""The words this library speaks: Media, Message, Sampling, Request, Usage, Reply, Info, Provider.

Ground floor: imports nothing of the project. A Request's key covers everything that changes its reply.
"""

from __future__ import annotations

import functools
import hashlib
import json
from typing import Any, Literal, Protocol, Self, TypeVar, runtime_checkable

from pydantic import BaseModel, ConfigDict

Model = TypeVar("Model", bound=BaseModel)


def dump_json(record: BaseModel) -> bytes:
    """A record as one line of ASCII JSON: any text survives, lone surrogates too."""
    return json.dumps(record.model_dump(mode="json"), ensure_ascii=True, separators=(",", ":")).encode("ascii")


def load_json(model: type[Model], raw: bytes) -> Model:
    """The record again; raises ValidationError, or ValueError for what is not JSON."""
    if b"\\ud" not in raw:
        return model.model_validate_json(raw)
    try:
        return model.model_validate(json.loads(raw))  # pydantic's own reader refuses a lone surrogate
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


Modality = Literal["text", "image", "audio", "video"]
Form = Literal["text", "image", "frames", "audio", "video", "video+sound"]
"""How a sense can be sent: frames are images of a video; video is the whole clip, which `video+sound` also hears."""
ManifestForm = Literal["image", "frames", "audio", "video", "video+sound", "notes"]
Finish = Literal["stop", "length", "refused"]


class Record(BaseModel):
    """Frozen and strict about its fields: an unknown key is an error, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True, allow_inf_nan=False)


class Media(Record):
    """One file that is sent; only its kind and its bytes' digest enter the request key, not where it lies.

    Its bytes are read when a body is built (providers.media.bytes_of), so that only calls in flight hold them.
    """

    kind: Literal["image", "audio", "video"]
    path: str
    """Where the encoded bytes lie on this machine: a jpg, a 16 kHz mono wav, or a whole clip."""
    sha256: str
    """Of the bytes at `path`, which are sent as they are."""
    mime: str = ""
    size: int = 0
    """Bytes."""
    frame_of: str = ""
    """Of a frame: the sha256 of its clip; consecutive frames of one clip are one video to models that take those."""
    at: float | None = None
    """Of a frame: its time in the clip, in seconds."""
    seconds: float | None = None
    """Of audio and whole clips: the length."""
    skipped: int = 0
    """Of a clip and its frames: pictures at its beginning that nothing can show, for their key frame is missing."""


class Manifest(Record):
    """What was made of one source file, exactly; it enters the request key."""

    sense: Modality
    form: ManifestForm
    """As what it was sent; `notes` is text in place of the sense."""
    source: str
    """sha256 of the source file; of the text, for notes."""
    policy: str = ""
    """E.g. uniform 8, at most 768 px, jpeg 85."""
    expected: int = 1
    """Frames that the policy asks of this clip; 1 for an image, a wav or a whole clip."""
    decoded: int = 1
    timestamps: tuple[float, ...] = ()
    """Seconds of the frames, from the first picture that can be shown."""
    skipped: int = 0  # pictures before that one, whose key frame is not in the file
    sent_bytes: int = 0
    decoder: str = ""
    """Name and version of what decoded and encoded it."""


class Message(Record):
    """One turn of the conversation; its media stand before its text."""

    role: Literal["system", "user", "assistant"]
    text: str
    media: tuple[Media, ...] = ()
    manifest: tuple[Manifest, ...] = ()


class Sampling(Record):
    """How the model draws its reply; None means: not sent, the vendor's default holds."""

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    reasoning_effort: str | None = None
    seed: int | None = None

    def sent(self) -> dict[str, Any]:
        """The settings that are given, by the names of the OpenAI chat protocol."""
        return {name: value for name, value in self.model_dump().items() if value is not None}


class Tag(Record):
    """What a baseline or a replay needs to know of the sample; never sent and not part of the key."""

    sample_id: str
    variant: str
    ask: str
    allowed: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """(field, allowed values) of each closed field; the field is "" where the reply is the bare value."""


class Request(Record):
    """One question to one model."""

    provider: str
    """Identity of who answers: backend and base URL."""
    model: str
    messages: tuple[Message, ...]
    sampling: Sampling = Sampling()
    answer_schema: str | None = None
    """JSON schema (as JSON text) that the reply must follow, where the provider supports it."""
    choices: tuple[str, ...] | None = None
    """Asks for the log-probabilities of these answers; NotSupported where a provider cannot."""
    draw: int = 0
    """Each repeated draw is its own request and its own cache entry."""
    item: str = ""
    """Sets two items apart whose questions are equal word for word: in the key where it is given, never sent."""
    tag: Tag | None = None
    owner: str = ""
    """Who pays: names the one answer or verdict that this is asked for. Never sent and not in the key."""

    def __copy__(self) -> Self:
        """A changed copy is another question: it does not inherit the key that was worked out for this one."""
        copied = super().__copy__()
        copied.__dict__.pop("key", None)
        return copied

    @functools.cached_property
    def key(self) -> str:
        """The sha256 of canonical JSON over everything that changes the reply."""
        body = self.model_dump(exclude={"tag", "owner"})
        if not body["item"]:
            del body["item"]
        for message in body["messages"]:
            message["media"] = [[item["kind"], item["sha256"]] for item in message["media"]]
            if not message["manifest"]:
                del message["manifest"]  # a message of text only
            for item in message.get("manifest", ()):  # a clip that begins as clips do keeps its key
                if not item["skipped"]:
                    del item["skipped"]
        text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(text.encode("ascii")).hexdigest()


class Usage(Record):
    """Tokens and money of one call; cost is in US dollars, None where no price is known."""

    input_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    cached_tokens: int = 0
    cost: float | None = None


UNLISTED = -50.0
"""Natural-log probability of an answer that is not among the listed tokens: a stand-in for none."""


class Reply(Record):
    """What came back; `thinking` is kept apart and is never parsed for the answer."""

    text: str
    thinking: str = ""
    finish: Finish = "stop"
    usage: Usage = Usage()
    model: str = ""
    """The model id that the vendor returned, which may differ from the one asked for."""
    seconds: float = 0.0
    attempts: int = 1
    """HTTP calls that this reply took: more than one after retries, or after a kill."""
    doubtful: int = 0
    """Of the calls before the one that gave it, those that may have been charged all the same."""
    cached: bool = False
    """Served from the store, and paid for by another answer than the one it is asked for."""
    notes: tuple[str, ...] = ()
    """What the vendor ignored of the request, in words."""
    choices: tuple[float, ...] | None = None
    """Natural-log probability of each of Request.choices, in their order; None where they were not asked for."""


RecordKey = tuple[str, str | None, int, str | None]
"""Of a recorded reply: (sample id, variant or None for any, draw, ask or None for any)."""


class Price(Record):
    """US dollars per million tokens."""

    input: float
    output: float
    audio: float | None = None
    """Of audio tokens; None where they cost as others do."""
    batch: float = 0.5
    """What a call costs in a batch, as a share of its price."""
    longest: int | None = None
    """Tokens that one reply can have, where nothing limits it."""
    source: str = ""
    """Whose table it stands in, with its date."""


class Limits(Record):
    """How hard a provider may be asked."""

    concurrency: int = 16
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    """Input and output together."""
    deadline: float = 600.0
    """Seconds that one call may take in all, retries included, from its first admission."""
    attempts: int = 5
    patience: float = 300.0
    """Seconds without any success after which no further call is made (providers.outage)."""
    max_cost: float | None = None


class Info(Record):
    """What a provider is, known before its backend is built."""

    name: str
    identity: str
    model: str
    kind: Literal["paid", "local", "free"]
    accepts: tuple[Form, ...] = ("text",)
    """The forms in which it keeps what it is sent; anything else is refused before it is sent."""
    structured: bool = False
    reads_input: bool = True
    """False for baselines and replays, which answer without looking at the question."""
    sends_out: bool = False
    """True where the data leaves this machine."""
    destination: str = ""
    route: str = ""
    """Through or past which proxy the calls go, in words."""
    price: Price | None = None
    limits: Limits = Limits()
    sampling: Sampling = Sampling()
    """What is sent unless the user says otherwise."""
    batches: bool = False
    """True where it wants many requests at once, because it answers them in batches of its own."""

    @property
    def max_cost_unknown(self) -> bool:
        """True where a budget cannot be kept: no price is known, and a server on this machine may be a paid proxy."""
        costs = self.kind == "paid" or (self.kind == "local" and not self.batches)
        return self.limits.max_cost is not None and costs and self.price is None


class Provider(Protocol):
    """The one seam: a Request in, a Reply out, or a ProviderError."""

    @property
    def info(self) -> Info:
        """Known without any network or heavy import."""
        ...

    async def generate(self, request: Request) -> Reply:
        """Answer one request."""
        ...

    async def close(self) -> None:
        """Let go of sockets, files and threads."""
        ...


@runtime_checkable
class Jobs(Protocol):
    """A provider whose work goes on at the vendor when this process ends."""

    def running(self) -> list[str]:
        """The vendor's ids of the jobs that go on."""
        ...


@runtime_checkable
class Settles(Protocol):
    """A provider that wants to know when a reply of its is on disk."""

    def settled(self, key: str) -> None:
        """The reply to the request of this key is kept."""
        ...
