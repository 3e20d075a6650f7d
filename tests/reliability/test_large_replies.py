"""What a large, packed or dense reply may cost in memory: through LiteLLM, the batch SDKs and the upload of clips."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue

from aiohttp import web
from command import ROOT, environment
from fake_faults import bomb
from fake_server import serve
from figures import Figure, keep, size

ALLOWED = 64
"""MiB by which the peak of the process may grow."""
KINDS = {"huge": 10_000_000, "gzip_bomb": "too_large", "dense": "too_large"}
"""Kind of reply: the length of the text that is read, or how it ends."""
VENDORS = size(("openai",), ("endpoint", "openai", "anthropic", "gemini"))
PEAK = """
import asyncio, json, sys
from pathlib import Path

def status(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) // 1024

def begin():
    # forget the peak of imports, and of the process that this one was forked from
    Path("/proc/self/clear_refs").write_text("5")
    return status("VmRSS")

def peak():
    return status("VmHWM")
"""
LANE = """
from test_hosted import opened
from providers.endpoint import Endpoint
from providers.errors import ProviderError
from providers.records import Info, Message, Request

async def main(url, lane, *kinds):
    here = Info(name="e", identity="e", model="m", kind="local")
    backend = Endpoint(here, base_url=url, key=None) if lane == "endpoint" else opened(lane, url)
    async def ask(text):
        message = Message(role="user", text=text)
        try:
            question = Request(provider="e", model=backend.info.model, messages=(message,))
            return len((await backend.generate(question)).text)
        except ProviderError as error:
            return error.kind
    await ask("warm up")
    found = {}
    for kind in kinds:
        before = begin()
        found[kind] = [await ask(f"<{kind}>"), peak() - before]
    print(json.dumps(found))
    await backend.close()
"""
FILES = """
from batching import info_of, vendor_at
from providers.uploads import Uploads
from providers.errors import ProviderError
from providers.records import Media

async def main(url, folder, *vendors):
    found = {}
    for vendor in vendors:
        for job in ("plain", "bomb", "line"):
            client = vendor_at(url + "/v1" if vendor == "openai" else url, vendor, info_of(vendor))
            job = f"batches/{job}" if vendor == "google" else job
            before = begin()
            try:
                lines = [line async for line in client.results(job, Path(folder))]
                outcome = len(lines)
            except ProviderError as error:
                outcome = error.kind
            found[f"{vendor} {job.rpartition('/')[2]}"] = [outcome, peak() - before]
            await client.close()
    clip = Path(folder) / "clip.mp4"
    clip.write_bytes(b"clip")
    import hashlib
    media = Media(kind="video", path=str(clip), sha256=hashlib.sha256(b"clip").hexdigest(), mime="video/mp4", size=4)
    uploads = Uploads("key-0123456789", url, None)
    before = begin()
    try:
        outcome = await uploads.uri_of(media)
    except ProviderError as error:
        outcome = error.kind
    found["upload"] = [outcome, peak() - before]
    await uploads.close()
    print(json.dumps(found))
"""
RUN = "\nasyncio.run(main(*sys.argv[1:]))\n"


def measured(program: str, *arguments: str) -> dict[str, tuple[object, int]]:
    """What came of each, and the MiB by which the peak of a process of its own grew."""
    paths = {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
    command = [sys.executable, "-c", PEAK + program + RUN, *arguments]
    done = subprocess.run(command, env=environment(**paths), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, tuple[object, int]] = json.loads(done.stdout)
    return found


def figure(name: str, test: str, found: dict[str, tuple[object, int]], bad: dict[str, object]) -> None:
    most = max(grown for _, grown in found.values())
    asked = f"refused, or read, with at most {ALLOWED} MiB more"
    measures = f"at most {most} MiB more"
    keep(
        Figure(name=name, test=test, asked=asked, tried=len(found), unit="replies", failed=len(bad), measured=measures)
    )


def test_a_large_packed_or_dense_reply_stays_within_the_memory(tmp_path: Path) -> None:
    faults = [{"kind": kind, "contains": f"<{kind}>"} for kind in KINDS]
    found: dict[str, tuple[object, int]] = {}
    with serve(tmp_path, {"latency": 0, "faults": faults}) as server:
        for lane in VENDORS:
            for kind, (outcome, grown) in measured(LANE, server.base_url, lane, *KINDS).items():
                found[f"{lane} {kind}"] = (outcome, grown)
    bad: dict[str, object] = {
        name: end for name, end in found.items() if end[0] != KINDS[name.split()[1]] or end[1] >= ALLOWED
    }
    figure("large_replies", "10 MB, a gzip bomb of 300 MiB, JSON of 5 million lists, on both lanes", found, bad)
    assert not bad


class Hostile:
    """A batch service and a Files API whose every answer is too large."""

    def __init__(self) -> None:
        self.base = ""
        self.bomb = bomb("@@")

    async def openai(self, request: web.Request) -> web.Response:
        name = request.match_info["id"]
        batch: dict[str, object] = {
            "id": name,
            "object": "batch",
            "endpoint": "/v1/chat/completions",
            "input_file_id": "f",
        }
        batch |= {"completion_window": "24h", "created_at": 1, "status": "completed", "output_file_id": name}
        return web.json_response(batch)

    async def anthropic(self, request: web.Request) -> web.Response:
        name, moment = request.match_info["id"], "2026-11-25T00:00:00Z"
        counts = dict.fromkeys(("processing", "succeeded", "errored", "canceled", "expired"), 0)
        batch: dict[str, object] = {"id": name, "type": "message_batch", "created_at": moment, "expires_at": moment}
        batch |= {"processing_status": "ended", "request_counts": counts}
        return web.json_response(batch | {"results_url": f"{self.base}/v1/messages/batches/{name}/results"})

    async def google(self, request: web.Request) -> web.Response:
        name = request.match_info["id"]
        metadata = {"state": "BATCH_STATE_SUCCEEDED", "model": "models/m", "output": {"responsesFile": f"files/{name}"}}
        return web.json_response({"name": f"batches/{name}", "done": True, "metadata": metadata})

    async def results(self, request: web.Request) -> web.StreamResponse:
        """No lines, 300 MiB packed, or one line without an end."""
        name = request.match_info["id"]
        if name == "bomb":
            return web.Response(
                body=self.bomb, headers={"Content-Encoding": "gzip"}, content_type="application/x-jsonl"
            )
        response = web.StreamResponse()
        await response.prepare(request)
        if name == "line":
            for _ in range(300):
                try:
                    await response.write(b" " * 2**20)
                except ConnectionError:
                    break
        return response

    async def start(self, request: web.Request) -> web.Response:
        headers = {"X-Goog-Upload-URL": f"{self.base}/put", "X-Goog-Upload-Status": "active"}
        return web.json_response({}, headers=headers)

    async def put(self, request: web.Request) -> web.Response:
        headers = {"X-Goog-Upload-Status": "final", "Content-Encoding": "gzip"}
        return web.Response(body=self.bomb, headers=headers, content_type="application/json")

    async def serve(self, ready: SimpleQueue[str], stop: threading.Event) -> None:
        app = web.Application()
        app.add_routes(
            [
                web.get("/v1/batches/{id}", self.openai),
                web.get("/v1/files/{id}/content", self.results),
                web.get("/v1/messages/batches/{id}", self.anthropic),
                web.get("/v1/messages/batches/{id}/results", self.results),
                web.get("/v1beta/batches/{id}", self.google),
                web.get("/v1beta/files/{id}:download", self.results),
                web.post("/upload/v1beta/files", self.start),
                web.post("/put", self.put),
            ]
        )
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
        ready.put(self.base)
        await asyncio.to_thread(stop.wait)
        await runner.cleanup()


@contextmanager
def hostile() -> Iterator[str]:
    """Its address."""
    ready, stop = SimpleQueue[str](), threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(Hostile().serve(ready, stop)), daemon=True)
    thread.start()
    try:
        yield ready.get(timeout=20)
    finally:
        stop.set()
        thread.join(10)


def test_results_of_batches_and_uploads_stay_within_the_memory(tmp_path: Path) -> None:
    with hostile() as base:
        found = measured(FILES, base, str(tmp_path), *size(("google",), ("openai", "anthropic", "google")))
    wanted = {name: 0 if name.endswith("plain") else "too_large" for name in found}
    bad: dict[str, object] = {name: end for name, end in found.items() if end[0] != wanted[name] or end[1] >= ALLOWED}
    figure("large_files", "results of batches and an upload's reply: 300 MiB packed, a line without an end", found, bad)
    assert not bad
