"""Media and requests for the tests, made with Pillow and wave."""

from __future__ import annotations

import asyncio
import hashlib
import io
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from providers.local import Local
from providers.local_files import LocalSettings, name_of
from providers.records import Info, Media, Message, Reply, Request, Sampling

GREEDY = Sampling(temperature=0, max_tokens=8)
RATE = 16_000


class Studio:
    """Makes files in one folder; the same arguments make the same bytes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _media(self, raw: bytes, **fields: Any) -> Media:
        digest = hashlib.sha256(raw).hexdigest()
        path = self.folder / digest
        path.write_bytes(raw)
        return Media(path=str(path), sha256=digest, size=len(raw), **fields)

    def image(self, seed: int = 0, *, size: tuple[int, int] = (64, 64), **fields: Any) -> Media:
        """A picture of large random squares, as PNG."""
        squares = np.random.default_rng(seed).integers(0, 255, (4, 4, 3), dtype=np.uint8)
        file = io.BytesIO()
        Image.fromarray(squares).resize(size, Image.Resampling.NEAREST).save(file, "PNG")
        return self._media(file.getvalue(), kind="image", mime="image/png", **fields)

    def frames(self, seed: int = 0, *, count: int = 4, step: float = 0.5) -> tuple[Media, ...]:
        """Consecutive frames of one clip."""
        clip = hashlib.sha256(f"{seed} {count} {step}".encode()).hexdigest()
        return tuple(self.image(1000 * (seed + 1) + number, frame_of=clip, at=number * step) for number in range(count))

    def sound(self, seed: int = 0, *, seconds: float = 1.0, rate: int = RATE, channels: int = 1) -> Media:
        """A few tones, as wav."""
        draw = np.random.default_rng(seed)
        times = np.arange(int(seconds * rate)) / rate
        waves = sum(np.sin(2 * np.pi * pitch * times) for pitch in draw.uniform(100, 4000, 3))
        samples = np.repeat((np.asarray(waves) * 5000).astype("<i2"), channels)
        file = io.BytesIO()
        with wave.open(file, "wb") as out:
            out.setnchannels(channels)
            out.setsampwidth(2)
            out.setframerate(rate)
            out.writeframes(samples.tobytes())
        return self._media(file.getvalue(), kind="audio", mime="audio/wav", seconds=seconds)

    def clip(self) -> Media:
        """What claims to be a whole clip."""
        return self._media(b"no clip", kind="video", mime="video/mp4")


def info(model: str, *, name: str = "local") -> Info:
    """A provider that takes everything."""
    forms = ("text", "image", "frames", "audio", "video")
    return Info(name=name, identity="local test", model=model, kind="local", accepts=forms)


def opened(folder: Path | str, **settings: Any) -> Local:
    """The model of a folder, on the CPU, in single precision."""
    chosen: dict[str, Any] = {"batch_size": 4, "dtype": "float32", "device_map": "cpu"} | settings
    return Local(info(name_of(str(folder))), settings=LocalSettings(path=str(folder), **chosen))


def asks(text: str, *media: Media, sampling: Sampling = GREEDY, **fields: Any) -> Request:
    """One user message."""
    message = Message(role="user", text=text, media=media)
    return Request(provider="local test", model="tiny", messages=(message,), sampling=sampling, **fields)


def together(local: Local, requests: Sequence[Request]) -> list[Reply]:
    """All asked at once, in a new event loop."""

    async def run() -> list[Reply]:
        try:
            return list(await asyncio.gather(*(local.generate(request) for request in requests)))
        finally:
            await local.close()

    return asyncio.run(run())


def one_by_one(local: Local, requests: Sequence[Request]) -> list[Reply]:
    """Each asked alone."""
    return [together(local, [request])[0] for request in requests]
