"""How busy `local` keeps its device: python -m bench.local MODEL [--requests N]   (needs torch and transformers).

MODEL is a folder or hub id that sees images; without one, a tiny random model is built. Each request is a picture and
a question, 64 new tokens. Reported for batches of 1, 8 and 32: requests and tokens a second, and the share of the time
in which the model generates; what is missing to 100% is waiting for prompts that are not prepared yet.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import io
import random
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

from providers.local import Local
from providers.local_files import LocalSettings
from providers.records import Info, Media, Message, Request, Sampling

TOKENS = 64


def requests(folder: Path, count: int) -> list[Request]:
    """Questions of varying length, each with a picture of its own."""
    draw = random.Random(0)
    found = []
    for number in range(count):
        out = io.BytesIO()
        Image.new("RGB", (224, 224), (number % 256, 80, 120)).save(out, "JPEG")
        path = folder / f"{number}.jpg"
        path.write_bytes(out.getvalue())
        picture = Media(
            kind="image", path=str(path), sha256=hashlib.sha256(out.getvalue()).hexdigest(), mime="image/jpeg"
        )
        text = f"{number} " + "what does she feel " * draw.randint(2, 20)
        message = Message(role="user", text=text, media=(picture,))
        found.append(
            Request(
                provider="local", model="m", messages=(message,), sampling=Sampling(temperature=0, max_tokens=TOKENS)
            )
        )
    return found


def measure(info: Info, settings: LocalSettings, asked: list[Request]) -> None:
    """One line of the table."""
    provider = Local(info, settings=settings)
    busy = [0.0]
    runner = provider._runner
    generate = runner.answers

    def timed(*arguments: object) -> object:
        started = time.monotonic()
        try:
            return generate(*arguments)  # type: ignore[arg-type]
        finally:
            busy[0] += time.monotonic() - started

    runner.answers = timed  # type: ignore[assignment,method-assign]

    async def ask() -> int:
        replies = await asyncio.gather(*(provider.generate(request) for request in asked))
        await provider.close()
        return sum(reply.usage.output_tokens for reply in replies)

    started = time.monotonic()
    tokens = asyncio.run(ask())
    seconds = time.monotonic() - started
    rate, written, share = len(asked) / seconds, tokens / seconds, busy[0] / seconds
    print(f"| {settings.batch_size} | {rate:.1f} | {written:.0f} | {share:.0%} |", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("model", nargs="?")
    parser.add_argument("--requests", type=int, default=96)
    parser.add_argument("--dtype", default="auto")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        model = options.model
        if model is None:
            sys.path[:0] = [str(Path(__file__).resolve().parent.parent / "tests" / name) for name in ("", "local")]
            from tiny import qwen_vl

            model = str(qwen_vl(Path(folder) / "tiny"))
        info = Info(name="local", identity="local", model=model, kind="local", batches=True)
        asked = requests(Path(folder), options.requests)
        print("| batch | requests/s | tokens/s | device busy |\n|---:|---:|---:|---:|")
        for size in (1, 8, 32):
            measure(info, LocalSettings(batch_size=size, dtype=options.dtype), asked[: max(24, size * 3)])


if __name__ == "__main__":
    main()
