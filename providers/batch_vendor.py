"""The seam between Batching and a vendor's batch API, and what the three vendors share.

It opens no connection and knows no vendor.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Protocol

from providers.density import too_dense
from providers.errors import Permanent, ProviderError, Transient
from providers.failures import LONGEST_MESSAGE, failure_of, wait_asked
from providers.keys import Keys
from providers.records import Price, Reply, Request

Outcome = Reply | ProviderError
"""What became of one request of a batch."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Where a job stands at the vendor."""

    ended: bool = False
    done: int = 0
    total: int = 0
    """0 where the vendor does not say."""
    refused: ProviderError | None = None
    """The whole batch came to nothing: no request of it was answered or billed."""
    lost: str = "bad_response"
    """Kind of failure of a request that has no result in an ended job: expired, cancelled."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A job that may have been created although nobody learnt its id."""

    label: str
    since: float
    """Wall clock, in seconds."""
    count: int
    """Requests in it."""
    others: frozenset[str]
    """Job ids that are known to be something else."""


class Vendor(Protocol):
    """One vendor's batch API; every failure is a ProviderError, and nothing is tried twice here."""

    name: str
    labels: bool
    """True where a job carries our label, so that one that `find` gives is surely ours."""
    most_requests: int
    most_bytes: int
    """Of one batch's file or body."""

    def check(self, request: Request) -> None:
        """Raise NotSupported for what would not be kept."""

    def notes(self, request: Request) -> tuple[str, ...]:
        """What is left out of the request, in words."""
        ...

    async def prepare(self, request: Request) -> None:
        """Bring what a line refers to (large clips) to the vendor."""

    def line(self, request: Request) -> dict[str, Any]:
        """One line of the batch's file, named by Request.key; reads the bytes of media."""
        ...

    async def upload(self, label: str, path: Path) -> str:
        """Bring the file to the vendor, which costs nothing; returns what `create` names it by."""
        ...

    async def create(self, label: str, source: str) -> str:
        """Begin the job, which costs money; its id."""
        ...

    async def look(self, job: str) -> State:
        """How far it is."""
        ...

    def results(self, job: str, folder: Path) -> AsyncGenerator[tuple[str, Outcome], None]:
        """Request.key and outcome of each line, streamed by way of a nameless file in `folder`."""
        ...

    async def find(self, wanted: Wanted) -> str | None:
        """The id of a job whose creation was cut off; None where the vendor has none."""
        ...

    async def close(self) -> None:
        """Close the sockets."""


def priced(reply: Reply, price: Price | None, audio_tokens: int = 0) -> Reply:
    """With what the call cost at the batch price; unchanged where no price is known."""
    if price is None:
        return reply
    usage = reply.usage
    sound = min(audio_tokens, usage.input_tokens)
    heard = sound * (price.audio if price.audio is not None else price.input)
    cost = ((usage.input_tokens - sound) * price.input + heard + usage.output_tokens * price.output) / 1e6
    return reply.model_copy(update={"usage": usage.model_copy(update={"cost": cost * price.batch})})


def failure_in(error: Any, *, keys: Keys, model: str) -> ProviderError:
    """Of an error that the OpenAI and the Anthropic SDK raise alike."""
    status = getattr(error, "status_code", None)
    if not isinstance(status, int):
        return broken(error, model)
    response = error.response
    said = keys.hide(response.text)
    return failure_of(status, said, model=model, retry_after=wait_asked(response.headers))


def broken(error: Exception, model: str) -> Transient:
    """The connection failed: what was asked for may have happened all the same."""
    text = f"the connection broke: {type(error).__name__}"
    return Transient.of(text, model=model, kind="connection", maybe_billed=True)


def unopened(error: Exception, *, keys: Keys, model: str) -> Permanent:
    """An SDK that cannot be opened, e.g. for want of a key: no call at all can succeed."""
    said = keys.hide(" ".join(str(error).split()))[:LONGEST_MESSAGE]
    return Permanent(f"its batches cannot be used: {said}", model=model, kind="unauthorized")


def outcome_of(make: Callable[[], Outcome], model: str) -> Outcome:
    """What `make` builds or raises; a result of another shape is a failure of its request only."""
    try:
        return make()
    except ProviderError as error:
        return error
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        text = f"the result is not as it should be: {type(error).__name__}"
        return Transient.of(text, model=model, kind="bad_response", maybe_billed=True)


def never_run(kind: str, model: str) -> Transient:
    """A request that its batch did not come to; it costs nothing."""
    texts = {
        "expired": "the batch expired before this request was answered. Run again",
        "cancelled": "the batch was cancelled before this request was answered. Run again",
        "bad_response": "the batch ended without a result for this request. Run again",
    }
    return Transient.of(texts[kind], model=model, kind=kind)


def lines_in(file: IO[bytes]) -> Iterator[Mapping[str, Any]]:
    """The JSON objects of a file, one at a time; what is not one is skipped, so that its request counts as missing."""
    file.seek(0)
    for raw in file:
        if too_dense(raw):
            continue
        try:
            line = json.loads(raw)
        except (ValueError, RecursionError):
            continue
        if isinstance(line, dict):
            yield line
