"""Media figures of bench/README.md: python -m bench.media [--runs N] [--clips N].

One 5 s clip of 640 x 480 in a warm worker beside bare PyAV in this process; then a run over many clips, each of which
is a file of its own, at concurrency 64: the peak memory of the parent, and of a second model, which decodes nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import math
import os
import resource
import statistics
import sys
import tempfile
import time
import wave
from array import array
from pathlib import Path

import av
from PIL import Image, ImageDraw

from bench.process import ROOT, asked, judge, measure, row, stub
from judge.media.choosing import spread
from judge.media.crew import Crew
from judge.media.orders import Order


def make_clip(path: Path) -> None:
    """5 s, 640 x 480, 30 frames a second, h264 with aac: a moving disc and a tone."""
    with av.open(str(path), "w") as out:
        video, audio = out.add_stream("libx264", rate=30), out.add_stream("aac", rate=44100)
        video.width, video.height, video.pix_fmt, audio.layout = 640, 480, "yuv420p", "mono"
        background = Image.radial_gradient("L").resize((640, 480)).convert("RGB")
        for number in range(150):
            image = background.copy()
            ImageDraw.Draw(image).ellipse((number * 3, 150, number * 3 + 120, 270), fill=(250, 200, 40))
            frame = av.VideoFrame.from_image(image)  # type: ignore[no-untyped-call]
            out.mux(video.encode(frame))
        for start in range(0, 5 * 44100, 1024):
            tone = array("f", (0.3 * math.sin(2 * math.pi * 440 * (start + k) / 44100) for k in range(1024)))
            sound = av.AudioFrame(format="fltp", layout="mono", samples=1024)
            sound.planes[0].update(tone.tobytes())
            sound.sample_rate, sound.pts = 44100, start
            out.mux(audio.encode(sound))
        out.mux(video.encode(None))
        out.mux(audio.encode(None))


def bare(path: Path) -> float:
    """Milliseconds of the same work by PyAV and Pillow alone, nothing checked."""
    started = time.monotonic()
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    for index in spread(len(frames), 8):
        picture: Image.Image = frames[index].to_image()  # type: ignore[no-untyped-call]
        picture.save(io.BytesIO(), "JPEG", quality=85)
    with av.open(str(path)) as container, wave.open(io.BytesIO(), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16000)
        resampler = av.AudioResampler(format="s16", layout="mono", rate=16000)
        for frame in container.decode(audio=0):
            for part in resampler.resample(frame):
                sound.writeframes(bytes(part.planes[0]))
    return 1000 * (time.monotonic() - started)


async def warm(path: Path, runs: int) -> tuple[list[float], list[float]]:
    """Milliseconds by a warm worker, in turn with the bare ones."""
    crew = Crew(workers=1)
    ours, theirs = [], []
    descriptor = os.open(path, os.O_RDONLY)
    for number in range(runs + 1):
        started = time.monotonic()
        await crew.make(descriptor, Order(work="frames"))
        await crew.make(descriptor, Order(work="audio"))
        if number:
            ours.append(1000 * (time.monotonic() - started))
            theirs.append(bare(path))
    os.close(descriptor)
    crew.close()
    return ours, theirs


TASK = """
name: clips
version: 1
about: clips for a benchmark
licence: CC0
data: {path: items.jsonl}
modalities: [text, video, audio]
media: {video: clip, audio: clip}
asks:
  - name: label
    qa: "Answer: yes or no?"
    read: {as: label}
labels: {"yes": [], "no": []}
target: {label: label}
metrics: [accuracy]
"""


def many(folder: Path, count: int) -> None:
    """So many clips, each with bytes of its own, asked of two models at concurrency 64."""
    raw = (ROOT / "tasks" / "samples" / "contempt.mp4").read_bytes()
    (folder / "clips").mkdir()
    with (folder / "items.jsonl").open("w") as file:
        for number in range(count):
            own = b"n%011d" % number  # a free box: the same pictures in a file of another digest
            (folder / "clips" / f"{number}.mp4").write_bytes(raw + (8 + len(own)).to_bytes(4, "big") + b"free" + own)
            file.write(json.dumps({"id": f"i{number}", "clip": f"clips/{number}.mp4", "label": "yes"}) + "\n")
    (folder / "clips.yaml").write_text(TASK)
    with stub() as url:
        common = ["--base-url", f"{url}/v1", "--concurrency", "64", "--out", str(folder / "out")]
        common += ["--cache", str(folder / "cache")]
        for model in ("first", "second"):
            line = ["run", str(folder / "clips.yaml"), "--provider", "endpoint", "--model", model, *common]
            row(
                f"`judge run`, {count:,} clips, {model} model",
                [measure(judge(*line))],
                f"{asked(url):,} requests in all",
            )


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--clips", type=int, default=1000)
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} processors, {time.strftime('%Y-%m-%d')}\n")
    with tempfile.TemporaryDirectory() as folder:
        make_clip(Path(folder) / "clip.mp4")
        ours, theirs = asyncio.run(warm(Path(folder) / "clip.mp4", options.runs))
        ratio = statistics.median(mine / other for mine, other in zip(ours, theirs, strict=True))
        print(
            f"8 frames and the sound, warm worker: median {statistics.median(ours):.0f} ms "
            f"({min(ours):.0f}-{max(ours):.0f})"
        )
        print(f"bare PyAV and Pillow: median {statistics.median(theirs):.0f} ms; ratio {ratio:.2f}\n")
    print("| what | median s | range s | peak MB | |\n|---|---:|---:|---:|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        many(Path(folder), options.clips)


if __name__ == "__main__":
    main()
