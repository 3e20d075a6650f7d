"""Google's Files API on loopback: the resumable upload in its two steps, and the state of each file.

It keeps what it was sent, and fails, stays silent or processes as the test says.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from queue import SimpleQueue
from typing import Any

from aiohttp import web

HEADER = "X-Goog-Upload-"


@dataclass
class FakeFiles:
    """The server's side: set `states`, `faults` and `hours` before a call, read the rest after it."""

    base_url: str = ""
    states: list[str] = field(default_factory=list)
    """Given to the upload and to each look after it, in turn; the last is ACTIVE unless it is FAILED."""
    faults: deque[tuple[str, int, str]] = field(default_factory=deque)
    """(step, status, body) for the next calls of that step: start, chunk or look; status 0 breaks the connection."""
    headers: dict[str, str] = field(default_factory=dict)
    """Of a fault's reply."""
    hours: float | None = 48
    """Until a file expires; None: the server does not say."""
    latency: float = 0.0
    calls: list[str] = field(default_factory=list)
    starts: list[dict[str, str]] = field(default_factory=list)
    """The headers of each start."""
    stored: dict[str, bytes] = field(default_factory=dict)
    """The whole uploads, by name."""
    partial: dict[str, bytearray] = field(default_factory=dict)

    def file(self, name: str) -> dict[str, Any]:
        """A file as the API describes it."""
        state = self.states.pop(0) if self.states else "ACTIVE"
        found: dict[str, Any] = {"name": name, "uri": f"{self.base_url}/v1beta/{name}", "state": state}
        if state == "FAILED":
            found["error"] = {"code": 3, "message": "no video in it"}
        if self.hours is not None:
            found["expirationTime"] = (datetime.now(UTC) + timedelta(hours=self.hours)).isoformat()
        return found

    async def fault(self, request: web.Request, step: str) -> web.Response | None:
        """Count the call; the reply that is meant to go wrong, if any."""
        self.calls.append(step)
        await asyncio.sleep(self.latency)
        if not self.faults or self.faults[0][0] != step:
            return None
        _, status, body = self.faults.popleft()
        if status == 0 and request.transport is not None:
            request.transport.abort()
        # a status of its own ends the SDK's repetition of a chunk
        headers = {**self.headers, **({f"{HEADER}Status": "final"} if step == "chunk" else {})}
        return web.Response(status=status or 500, text=body, content_type="application/json", headers=headers)

    async def start(self, request: web.Request) -> web.Response:
        """Step 1: announce a file, get the address for its bytes."""
        if (bad := await self.fault(request, "start")) is not None:
            return bad
        self.starts.append(dict(request.headers))
        name = f"files/f{len(self.starts)}"
        self.partial[name] = bytearray()
        headers = {f"{HEADER}URL": f"{self.base_url}/upload/session/{name}", f"{HEADER}Status": "active"}
        return web.json_response({}, headers=headers)

    async def chunk(self, request: web.Request) -> web.Response:
        """Step 2, until the bytes are there: each piece at its offset, the last with `finalize`."""
        raw = await request.read()
        if (bad := await self.fault(request, "chunk")) is not None:
            return bad
        name = f"files/{request.match_info['name']}"
        held = self.partial[name]
        assert int(request.headers[f"{HEADER}Offset"]) == len(held)
        held += raw
        if "finalize" not in request.headers[f"{HEADER}Command"]:
            return web.json_response({}, headers={f"{HEADER}Status": "active"})
        self.stored[name] = bytes(held)
        return web.json_response({"file": self.file(name)}, headers={f"{HEADER}Status": "final"})

    async def look(self, request: web.Request) -> web.Response:
        """One file's state; as Google does, 403 for a file that is not there."""
        if (bad := await self.fault(request, "look")) is not None:
            return bad
        name = f"files/{request.match_info['name']}"
        if name not in self.stored:
            text = "You do not have permission to access the File or it may not exist."
            return web.json_response({"error": {"code": 403, "message": text}}, status=403)
        return web.json_response(self.file(name))


async def _listen(files: FakeFiles, stop: threading.Event, ready: SimpleQueue[str]) -> None:
    app = web.Application(client_max_size=2**28)
    app.add_routes(
        [
            web.post("/upload/v1beta/files", files.start),
            web.post("/upload/session/files/{name}", files.chunk),
            web.get("/v1beta/files/{name}", files.look),
        ]
    )
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    ready.put(f"http://127.0.0.1:{runner.addresses[0][1]}")
    await asyncio.to_thread(stop.wait)
    await runner.cleanup()


@contextmanager
def serve_files() -> Iterator[FakeFiles]:
    """A fake Files API in a thread of this process."""
    files, stop, ready = FakeFiles(), threading.Event(), SimpleQueue[str]()
    thread = threading.Thread(target=lambda: asyncio.run(_listen(files, stop, ready)), daemon=True)
    thread.start()
    try:
        files.base_url = ready.get(timeout=10)
        yield files
    finally:
        stop.set()
        thread.join(10)
