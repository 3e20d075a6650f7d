"""Makes tiny clips, stills and sounds for the media tests; every frame carries its number in its picture."""

from __future__ import annotations

import asyncio
import io
import os
import wave
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from judge.media import decode
from judge.media.crew import Crew
from judge.media.orders import Bounds, Made, Order, Unusable

BLOCK, ACROSS, DOWN = 16, 4, 3
WIDTH, HEIGHT = BLOCK * ACROSS, BLOCK * DOWN
MOST_NUMBERS = 2 ** (ACROSS * DOWN)


def picture(number: int, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray[Any, Any]:
    """A number below 4096 as twelve black or white fields, the highest bit first."""
    bits = [(number >> (ACROSS * DOWN - 1 - index)) & 1 for index in range(ACROSS * DOWN)]
    grid = np.array(bits, dtype=np.uint8).reshape(DOWN, ACROSS) * 255
    rows = np.arange(height) * DOWN // height
    columns = np.arange(width) * ACROSS // width
    plane = grid[rows][:, columns]
    return np.repeat(plane[:, :, None], 3, axis=2)


def number_in(image: Image.Image) -> int:
    """The number that a picture shows, at whatever size."""
    gray = np.asarray(image.convert("L"), dtype=float)
    number = 0
    for index in range(ACROSS * DOWN):
        row, column = divmod(index, ACROSS)
        y, x = int((row + 0.5) * gray.shape[0] / DOWN), int((column + 0.5) * gray.shape[1] / ACROSS)
        reach = max(1, min(gray.shape) // 12)
        number = number * 2 + bool(gray[max(0, y - reach) : y + reach, max(0, x - reach) : x + reach].mean() > 127)
    return number


def opened(raw: bytes) -> Image.Image:
    """An encoded picture, decoded."""
    image = Image.open(io.BytesIO(raw))
    image.load()
    return image


def numbers(made: Made) -> list[int]:
    """What the frames of a clip show."""
    return [number_in(opened(piece.raw)) for piece in made.pieces]


def make_clip(
    path: Path,
    frames: int = 50,
    *,
    rate: int = 25,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    times: Sequence[int] | None = None,
    codec: str = "libx264",
    gop: int = 12,
    b_frames: int = 0,
    turn: int = 0,
    sound: str = "",
    container: Mapping[str, str] | None = None,
    options: Mapping[str, str] | None = None,
    pixels: str = "yuv420p",
    title: str = "",
) -> Path:
    """A clip whose n-th frame shows n; `times` are their times in milliseconds, `sound` names an audio codec."""
    with av.open(str(path), "w", options=dict(container or {})) as file:
        if title:
            file.metadata["title"] = title
        stream: Any = file.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt = *size, pixels
        stream.codec_context.time_base = Fraction(1, 1000) if times is not None else Fraction(1, rate)
        stream.codec_context.gop_size, stream.codec_context.max_b_frames = gop, b_frames
        stream.options = _defaults(codec) | dict(options or {})
        heard: Any = None
        if sound:
            heard = file.add_stream(sound, rate=48_000)
            heard.layout = "stereo"
        if turn:
            stream.set_display_rotation(turn)
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(picture(number % MOST_NUMBERS, *size), format="rgb24")
            frame.pts = times[number] if times is not None else number
            frame.time_base = stream.codec_context.time_base
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
        if heard is not None:
            _encode_tone(file, heard, seconds=frames / rate)
    return path


def _defaults(codec: str) -> dict[str, str]:
    if codec == "libx264":
        return {"preset": "ultrafast", "crf": "18", "x264-params": "scenecut=0"}
    if codec in ("libvpx", "libvpx-vp9"):
        return {"deadline": "realtime", "cpu-used": "8"}
    return {}


def make_sound(
    path: Path, seconds: float = 1.0, *, codec: str = "", rate: int = 48_000, layout: str = "stereo"
) -> Path:
    """A tone of 440 Hz; a path that ends in .wav needs no codec."""
    with av.open(str(path), "w") as file:
        stream: Any = file.add_stream(codec or "pcm_s16le", rate=rate)
        stream.layout = layout
        _encode_tone(file, stream, seconds=seconds)
    return path


def _encode_tone(file: Any, stream: Any, *, seconds: float) -> None:
    rate, channels = stream.codec_context.sample_rate, stream.codec_context.layout.nb_channels
    tone = np.sin(2 * np.pi * 440 * np.arange(round(seconds * rate)) / rate) * 12_000
    data = np.repeat(tone.astype(np.int16)[None, :], channels, axis=1).reshape(1, -1) if channels == 1 else None
    if data is None:
        data = np.repeat(tone.astype(np.int16), channels)[None, :]
    whole = av.AudioFrame.from_ndarray(data, format="s16", layout=stream.codec_context.layout.name)
    whole.sample_rate, whole.pts, whole.time_base = rate, 0, Fraction(1, rate)
    frame_size = stream.codec_context.frame_size or None
    shaper = av.AudioResampler(stream.codec_context.format, stream.codec_context.layout, rate, frame_size=frame_size)
    for part in [*shaper.resample(whole), *shaper.resample(None)]:
        file.mux(stream.encode(part))
    file.mux(stream.encode(None))


def plain_wav(path: Path, seconds: float = 0.5, rate: int = 16_000) -> Path:
    """Silence, by the standard library alone."""
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(bytes(2 * round(seconds * rate)))
    return path


def frames_of(path: Path, *, bounds: Bounds | None = None, **order: Any) -> Made:
    """Frames made in this process, as a worker would."""
    return made_of(path, bounds=bounds, work="frames", **order)


def made_of(path: Path, *, bounds: Bounds | None = None, **order: Any) -> Made:
    """Anything made in this process, as a worker would."""
    with path.open("rb") as file:
        return decode.make(file, Order(**order), bounds or Bounds())


def wav_facts(raw: bytes) -> tuple[int, int, int, int]:
    """(channels, bytes a sample, rate, samples) of a wav."""
    with wave.open(io.BytesIO(raw)) as sound:
        return sound.getnchannels(), sound.getsampwidth(), sound.getframerate(), sound.getnframes()


def remuxed(source: Path, path: Path, *, seconds: float = 0.0) -> Path:
    """The same pictures in another file, begun so many seconds later; mp4 hides those before 0 by an edit list."""
    with av.open(str(source)) as clip, av.open(str(path), "w", options={"avoid_negative_ts": "disabled"}) as out:
        stream = clip.streams.video[0]
        copy = out.add_stream_from_template(stream, opaque=True)
        for packet in clip.demux(stream):
            if packet.dts is None or packet.pts is None:
                continue
            shift = round(seconds / float(packet.time_base))
            packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
            packet.stream = copy
            out.mux(packet)
    return path


def files_open() -> int:
    """How many files this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


class Hands:
    """A crew and the way to hand it files."""

    def __init__(self, **bounds: Any) -> None:
        self.crew = Crew(workers=1, bounds=Bounds(**bounds))

    def make(self, path: Path, **order: Any) -> Made:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            return asyncio.run(self.crew.make(descriptor, Order(**order)))
        finally:
            os.close(descriptor)

    def problem(self, path: Path, **order: Any) -> Unusable:
        with pytest.raises(Unusable) as problem:
            self.make(path, **order)
        return problem.value

    @property
    def pid(self) -> int:
        (worker,) = self.crew._idle
        return worker._process.pid
