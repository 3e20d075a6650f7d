"""What the tests of batches share: requests, a Batching behind its cache on the fake, and a process to be killed."""

import asyncio
import hashlib
import random
import resource
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from fake_batches import KEY, FakeBatches

from providers.batch import Batching
from providers.batch_anthropic import AnthropicBatches
from providers.batch_google import GoogleBatches
from providers.batch_jobs import JobStore
from providers.batch_openai import OpenAIBatches
from providers.batch_submit import Pace
from providers.batch_vendor import Vendor
from providers.cache import ReplyStore
from providers.errors import ProviderError
from providers.records import Info, Limits, Media, Message, Price, Reply, Request, Sampling
from providers.single_flight import Cached

MODELS = {"openai": "openai/gpt-4o", "anthropic": "anthropic/claude-m", "google": "gemini/gemini-m"}
FORMS = {
    "openai": ("text", "image", "frames", "audio"),
    "anthropic": ("text", "image", "frames"),
    "google": ("text", "image", "frames", "audio", "video+sound"),
}
VENDORS: dict[str, Callable[..., Vendor]] = {
    "openai": OpenAIBatches,
    "anthropic": AnthropicBatches,
    "google": GoogleBatches,
}
FAST = Pace(settle_seconds=0.15, poll_seconds=0.1, first_poll=0.05, grace_seconds=0.1, requests=4)
Outcome = Reply | ProviderError


def info_of(vendor: str, **more: Any) -> Info:
    usual = {"name": vendor, "identity": "hosted", "model": MODELS[vendor], "kind": "paid", "accepts": FORMS[vendor]}
    price = Price(input=2.0, output=10.0, audio=40.0)
    return Info.model_validate({**usual, "price": price, "batches": True, "limits": Limits(attempts=3), **more})


def question(vendor: str, text: str, **more: Any) -> Request:
    usual = {"messages": (Message(role="user", text=text),), "sampling": Sampling(temperature=0, max_tokens=50)}
    return Request.model_validate({"provider": "hosted", "model": MODELS[vendor], **usual, **more})


def vendor_at(fake_url: str, vendor: str, info: Info, key: str = KEY) -> Vendor:
    return VENDORS[vendor](info, key=key, base_url=fake_url)


class Desk:
    """One process's view: a folder, a vendor, a Batching behind its cache."""

    def __init__(self, url: str, vendor: str, folder: Path, **more: Any) -> None:
        self.vendor = vendor
        self.info = more.pop("info", None) or info_of(vendor)
        self.jobs = JobStore(folder)
        key = more.pop("key", KEY)
        read = more.pop("read", True)
        self.batching = Batching(
            self.info,
            vendor=vendor_at(url, vendor, self.info, key),
            jobs=self.jobs,
            **{"pace": FAST, **more},
        )
        self.store = ReplyStore(folder)
        self.cached = Cached(self.info, lambda: self.batching, self.store, read=read)

    async def ask(self, *texts: str) -> dict[str, Outcome]:
        return await outcomes(self.cached.generate, [question(self.vendor, text) for text in texts])

    async def close(self) -> None:
        await self.cached.close()
        await self.batching.close()
        self.jobs.close()


async def outcomes(generate: Callable[[Request], Awaitable[Reply]], requests: Sequence[Request]) -> dict[str, Outcome]:
    """What becomes of each, by the text of its last message."""

    async def one(request: Request) -> Outcome:
        try:
            return await generate(request)
        except ProviderError as error:
            return error

    found = await asyncio.gather(*(one(request) for request in requests))
    return dict(zip((request.messages[-1].text for request in requests), found, strict=True))


def ask(fake: FakeBatches, vendor: str, folder: Path, *texts: str, **more: Any) -> dict[str, Outcome]:
    """One run: open, ask all at once, close."""

    async def run() -> dict[str, Outcome]:
        desk = Desk(fake.base_url(vendor), vendor, folder, **more)
        try:
            async with asyncio.timeout(30):
                return await desk.ask(*texts)
        finally:
            await desk.close()

    return asyncio.run(run())


def texts(found: dict[str, Outcome]) -> dict[str, str]:
    """The replies' texts, or the failures' kinds."""
    return {name: one.text if isinstance(one, Reply) else one.kind for name, one in found.items()}


async def until(condition: Callable[[], object]) -> None:
    """Wait for something that happens in another thread."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110  no event of this loop tells it
            await asyncio.sleep(0.02)


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60  # a process of its own imports LiteLLM and an SDK first
    while not condition():
        assert time.monotonic() < end, "waited 60 s in vain"
        time.sleep(0.01)


def start(fake: FakeBatches, vendor: str, folder: Path, *, what: str, count: int) -> subprocess.Popen[str]:
    """A process of its own that asks."""
    line = [sys.executable, __file__, what, fake.base_url(vendor), vendor, str(folder), str(count)]
    tests = Path(__file__).resolve().parent
    paths = {"PYTHONPATH": f"{tests.parent}:{tests}"}
    return subprocess.Popen(line, env=paths, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def picture(folder: Path, number: int, size: int) -> Media:
    """A file of random bytes that is said to be a picture."""
    raw = random.Random(number).randbytes(size)
    path = folder / f"{number}.jpg"
    path.write_bytes(raw)
    digest = hashlib.sha256(raw).hexdigest()
    return Media(kind="image", path=str(path), sha256=digest, mime="image/jpeg", size=size)


async def ask_lines(url: str, vendor: str, folder: Path, count: int) -> None:
    """Print the replies to so many lines of text."""
    desk = Desk(url, vendor, folder)
    for text in texts(await desk.ask(*(f"line {number}" for number in range(count)))).values():
        print(text)
    await desk.close()


async def ask_pictures(url: str, vendor: str, folder: Path, count: int) -> None:
    """Print by how many MB the process grew while it asked about so many pictures of 2 MB, in one batch."""
    desk = Desk(url, vendor, folder, pace=Pace(settle_seconds=0.2, poll_seconds=0.1, bytes=2**30))
    await desk.ask("warm")
    requests = [
        question(vendor, f"p{n}", messages=(Message(role="user", text=f"p{n}", media=(picture(folder, n, 2**21),)),))
        for n in range(count)
    ]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = await outcomes(desk.cached.generate, requests)
    assert texts(found) == {f"p{n}": f"Answer: p{n}" for n in range(count)}
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
    await desk.close()


def main() -> None:
    """A process of its own, which may be killed at any moment."""
    what, url, vendor, folder, count = sys.argv[1:]
    work = {"lines": ask_lines, "pictures": ask_pictures}[what]
    asyncio.run(work(url, vendor, Path(folder), int(count)))


if __name__ == "__main__":
    main()
