"""Media never sit in memory beyond the calls in flight: three hundred clips, sixty-four calls at once."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
import pytest
from command import ROOT, environment, lines_of, write_lines

from judge.media import decode
from judge.media.orders import Bounds, Order
from judge.media.shelf import Shelf

CLIPS, ON_THE_SHELF = 300, 275
"""The others are decoded, which alone would keep fewer than 64 calls in flight."""
PEAK = 256 * 2**20
"""Bytes: about 80 MiB for Python and its libraries, and 64 bodies of 0.6 MB in a few copies each."""
ORDER = Order(work="frames")
MOST_OPEN = 150
"""64 connections, the files of a few clips and workers, and what a process has open anyway."""
PROBE = """
import pathlib, resource, sys, threading, time
from judge.cli.main import main
most = [0]
def watch():
    while True:
        most[0] = max(most[0], len(list(pathlib.Path("/proc/self/fd").iterdir())))
        time.sleep(0.05)
threading.Thread(target=watch, daemon=True).start()
code = main(sys.argv[1:])
status = open("/proc/self/status").read()  # not getrusage: its peak is inherited from whoever started the process
print("PEAK", 1024 * int(status.split("VmHWM:")[1].split()[0]), "OPEN", most[0])
sys.exit(code)
"""


class Sink:
    """A server that reads a question to its end, waits a moment and forgets it."""

    def __init__(self) -> None:
        self.bodies: list[int] = []
        self.now = self.most = 0
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reply = json.dumps({"model": "m", "choices": [{"message": {"content": "joy"}, "finish_reason": "stop"}]})
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(reply)}\r\n\r\n"
        try:
            while head_read := await reader.readuntil(b"\r\n\r\n"):
                match = re.search(rb"content-length: *(\d+)", head_read.lower())
                size = int(match[1]) if match else 0
                left = size
                while left:
                    left -= len(await reader.read(min(left, 65_536)))
                self.bodies.append(size)
                self.now += 1
                self.most = max(self.most, self.now)
                await asyncio.sleep(0.4)
                self.now -= 1
                writer.write((head + reply).encode())
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@contextmanager
def sink() -> Iterator[Sink]:
    found, ready, stop = Sink(), threading.Event(), threading.Event()

    async def main() -> None:
        server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
        found.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        ready.set()
        await asyncio.to_thread(stop.wait)
        server.close()

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    try:
        assert ready.wait(10)
        yield found
    finally:
        stop.set()
        thread.join(10)


def _noisy_clip() -> bytes:
    """Eight frames that no codec makes small."""
    out = io.BytesIO()
    draw = np.random.default_rng(1)
    with av.open(out, "w", format="mp4") as file:
        stream = file.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        stream.options = {"preset": "ultrafast", "crf": "20"}
        for _ in range(8):
            pixels = draw.integers(0, 255, (240, 320, 3)).astype(np.uint8)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        file.mux(stream.encode(None))
    return out.getvalue()


def _pack(folder: Path, shelf: Shelf) -> Path:
    """Clips with the same pictures, each of which is another file by a box that players skip."""
    (folder / "clips").mkdir(parents=True)
    raw = _noisy_clip()
    made = decode.make(io.BytesIO(raw), ORDER, Bounds())
    for number in range(CLIPS):
        clip = raw + b"\0\0\0\x0cfree" + number.to_bytes(4, "big")
        (folder / "clips" / f"{number}.mp4").write_bytes(clip)
        if number < ON_THE_SHELF:
            shelf.put(hashlib.sha256(clip).hexdigest(), ORDER, made)
    records = [{"id": f"c-{number}", "clip": f"clips/{number}.mp4", "label": "joy"} for number in range(CLIPS)]
    write_lines(folder / "items.jsonl", records)
    task = {
        "name": "many", "version": 1, "about": "Many clips.", "licence": "CC0-1.0", "data": {"path": "items.jsonl"},
        "modalities": ["text", "video"], "media": {"video": "clip"}, "labels": {"joy": [], "anger": []},
        "asks": [{"name": "label", "qa": "Which?", "read": {"as": "label"}}], "target": {"label": "label"},
        "metrics": ["accuracy"],
    }  # fmt: skip
    (folder / "many.yaml").write_text(json.dumps(task))
    return folder / "many.yaml"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts open files in /proc")
def test_three_hundred_clips_keep_the_parent_small_and_its_files_few(tmp_path: Path) -> None:
    task = _pack(tmp_path / "pack", Shelf(tmp_path / "cache" / "media"))
    with sink() as server:
        command = [
            "run",
            task,
            "--provider",
            "endpoint",
            "--model",
            "m",
            "--base-url",
            server.url,
            "--concurrency",
            "64",
        ]
        done = subprocess.run(
            [sys.executable, "-c", PROBE, *map(str, command), "--out", str(tmp_path / "results")],
            cwd=ROOT, env=environment(JUDGE_CACHE=str(tmp_path / "cache")), capture_output=True, text=True,
            timeout=120, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    found = re.search(r"PEAK (\d+) OPEN (\d+)", done.stdout)
    assert found is not None
    peak, most_open = int(found[1]), int(found[2])
    (answers,) = (tmp_path / "results").glob("*/answers.jsonl")
    assert len(lines_of(answers)) == CLIPS == len(server.bodies)
    assert sum(server.bodies) > 100 * 2**20, "all together would be far beyond the bound in a few copies"
    assert peak < PEAK, f"{peak / 2**20:.0f} MiB for bodies of {max(server.bodies) / 2**20:.2f} MiB"
    assert most_open < MOST_OPEN
    assert server.most > 16, "or nothing was shown"
