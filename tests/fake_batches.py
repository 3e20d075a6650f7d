"""A fake of the three vendors' batch and file endpoints: real HTTP on loopback, in a thread of the test.
The ledger says which batches were created, with which bodies; `Script` says how they go and what breaks."""

import asyncio
import dataclasses
import datetime
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import web
from fake_batch_lines import KEY, Fault, Script, anthropic_line, google_line, openai_line

VENDORS = ("openai", "anthropic", "google")
__all__ = ["KEY", "VENDORS", "Fault", "Script"]


@dataclasses.dataclass
class Batch:
    id: str
    vendor: str
    label: str
    requests: list[dict[str, Any]]
    created: float
    looks: int = 0
    failed: bool = False


class FakeBatches:
    """The service: its script, its files and batches, and its ledger."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.batches: dict[str, Batch] = {}
        self.files: dict[str, bytes] = {}
        self.calls: list[tuple[str, str]] = []
        self.base = ""
        self.stall: tuple[str, threading.Event] | None = None
        """POSTs to this path are not read until the event is set, and then come to nothing."""

    def base_url(self, vendor: str) -> str:
        return self.base + ("/v1" if vendor == "openai" else "")

    def created(self) -> list[Batch]:
        return list(self.batches.values())

    def bodies(self) -> list[dict[str, Any]]:
        """What was asked, as the vendor read it."""
        names = {"openai": "body", "anthropic": "params", "google": "request"}
        return [request[names[batch.vendor]] for batch in self.created() for request in batch.requests]

    def add(self, vendor: str, label: str, requests: list[dict[str, Any]], *, age: float = 0.0) -> Batch:
        name = f"{'batches/' if vendor == 'google' else 'batch_'}{len(self.batches) + 1}"
        batch = Batch(name, vendor, label, requests, time.time() - age)
        if vendor == "openai" and self.script.full_for > 0:
            self.script.full_for -= 1
            batch.failed = True
        self.batches[name] = batch
        return batch

    def ended(self, batch: Batch) -> bool:
        return not self.script.held and batch.looks > self.script.looks

    @web.middleware
    async def gate(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.calls.append((request.method, request.path))
        given = " ".join(request.headers.get(name, "") for name in ("Authorization", "X-Api-Key", "X-Goog-Api-Key"))
        if KEY not in given and not request.path.startswith("/put/"):  # whose address is itself the secret
            body = {"error": {"message": f"wrong key {given.split()[-1]}", "type": "authentication_error"}}
            return web.json_response(body, status=401)
        if self.stall is not None and request.method == "POST" and self.stall[0] in request.path:
            await asyncio.to_thread(self.stall[1].wait)
            return web.Response(status=500)
        for fault in self.script.faults:
            if fault.times > 0 and fault.method == request.method and fault.path in request.path:
                fault.times -= 1
                if fault.accepted:
                    await handler(request)
                return web.Response(status=fault.status, text=fault.body, content_type="application/json")
        response: web.StreamResponse = await handler(request)
        return response

    async def _slow(self) -> None:
        end = time.monotonic() + self.script.slow_create
        while time.monotonic() < end and self.script.slow_create:  # noqa: ASYNC110  the script may change meanwhile
            await asyncio.sleep(0.02)

    # OpenAI

    async def openai_upload(self, request: web.Request) -> web.Response:
        form = await request.post()
        assert form["purpose"] == "batch"
        file = form["file"]
        assert isinstance(file, web.FileField)
        name = f"file-{len(self.files)}"
        self.files[name] = file.file.read()
        found = {"id": name, "object": "file", "purpose": "batch", "bytes": 1, "created_at": 1, "filename": "f"}
        return web.json_response(found | {"status": "processed"})

    async def openai_create(self, request: web.Request) -> web.Response:
        body = await request.json()
        requests = [json.loads(line) for line in self.files[body["input_file_id"]].splitlines()]
        batch = self.add("openai", body["metadata"]["label"], requests)
        await self._slow()
        return web.json_response(self.openai_batch(batch))

    def openai_batch(self, batch: Batch) -> dict[str, Any]:
        total, ended = len(batch.requests), self.ended(batch)
        found: dict[str, Any] = {
            "id": batch.id,
            "object": "batch",
            "endpoint": "/v1/chat/completions",
            "input_file_id": "file-0",
            "completion_window": "24h",
            "created_at": int(batch.created),
            "metadata": {"label": batch.label},
            "status": (self.script.ends_as or "completed") if ended else "in_progress",
            "request_counts": {"total": total, "completed": total if ended else 0, "failed": 0},
        }
        if batch.failed or (ended and self.script.errors):
            full = [{"code": "token_limit_exceeded", "message": "Enqueued token limit reached. Limit: 90,000"}]
            errors = {"object": "list", "data": full if batch.failed else self.script.errors}
            return found | {"status": "failed", "errors": errors}
        if ended:
            found |= {"output_file_id": f"out-{batch.id}", "error_file_id": f"err-{batch.id}"}
        return found

    async def openai_look(self, request: web.Request) -> web.Response:
        return self._looked(request.match_info["id"], "openai")

    async def openai_list(self, request: web.Request) -> web.Response:
        newest = [self.openai_batch(batch) for batch in reversed(self.created()) if batch.vendor == "openai"]
        after = request.query.get("after")
        start = next((number + 1 for number, item in enumerate(newest) if item["id"] == after), 0)
        page = newest[start : start + 2]
        return web.json_response({"object": "list", "data": page, "has_more": start + 2 < len(newest)})

    async def openai_content(self, request: web.Request) -> web.Response:
        which, _, name = request.match_info["id"].partition("-")
        lines = [openai_line(each) for each in self._results(name)]
        wanted = [line for line in lines if line is not None and (line["error"] is None) == (which == "out")]
        return web.Response(body=b"".join(json.dumps(line).encode() + b"\n" for line in wanted))

    # Anthropic

    async def anthropic_create(self, request: web.Request) -> web.Response:
        batch = self.add("anthropic", "", (await request.json())["requests"])
        await self._slow()
        return web.json_response(self.anthropic_batch(batch))

    def anthropic_batch(self, batch: Batch) -> dict[str, Any]:
        moment = datetime.datetime.fromtimestamp(batch.created, datetime.UTC).isoformat()
        total, ended = len(batch.requests), self.ended(batch)
        counts = {"processing": 0 if ended else total, "succeeded": total if ended else 0}
        return {
            "id": batch.id,
            "type": "message_batch",
            "created_at": moment,
            "expires_at": moment,
            "processing_status": "ended" if ended else "in_progress",
            "request_counts": counts | {"errored": 0, "canceled": 0, "expired": 0},
            "results_url": f"{self.base}/v1/messages/batches/{batch.id}/results" if ended else None,
        }

    async def anthropic_look(self, request: web.Request) -> web.Response:
        return self._looked(request.match_info["id"], "anthropic")

    async def anthropic_list(self, request: web.Request) -> web.Response:
        newest = sorted(
            (batch for batch in self.created() if batch.vendor == "anthropic"), key=lambda batch: -batch.created
        )
        data = [self.anthropic_batch(batch) for batch in newest]
        return web.json_response({"data": data, "has_more": False, "first_id": None, "last_id": None})

    async def anthropic_results(self, request: web.Request) -> web.Response:
        found = [anthropic_line(each) for each in self._results(request.match_info["id"])]
        lines = [json.dumps(line).encode() + b"\n" for line in reversed(found) if line is not None]
        return web.Response(body=b"".join(lines), content_type="application/x-jsonl")

    # Google

    async def google_start(self, request: web.Request) -> web.Response:
        name = f"up{len(self.files)}"
        self.files[f"files/{name}"] = b""
        headers = {"X-Goog-Upload-URL": f"{self.base}/put/{name}", "X-Goog-Upload-Status": "active"}
        return web.json_response({}, headers=headers)

    async def google_put(self, request: web.Request) -> web.Response:
        name = f"files/{request.match_info['id']}"
        self.files[name] += await request.read()
        final = "finalize" in request.headers["X-Goog-Upload-Command"]
        headers = {"X-Goog-Upload-Status": "final" if final else "active"}
        return web.json_response({"file": {"name": name}}, headers=headers)

    async def google_create(self, request: web.Request) -> web.Response:
        body = (await request.json())["batch"]
        requests = [json.loads(line) for line in self.files[body["inputConfig"]["fileName"]].splitlines()]
        batch = self.add("google", body["displayName"], requests)
        await self._slow()
        return web.json_response(self.google_batch(batch))

    def google_batch(self, batch: Batch) -> dict[str, Any]:
        ended = self.ended(batch)
        state = (self.script.ends_as or "BATCH_STATE_SUCCEEDED") if ended else "BATCH_STATE_RUNNING"
        metadata = {"displayName": batch.label, "state": state, "model": "models/m"}
        if state == "BATCH_STATE_SUCCEEDED":
            metadata["output"] = {"responsesFile": f"files/{batch.id.replace('batches/', 'batch-')}"}  # type: ignore[assignment]
        return {"name": batch.id, "done": ended, "metadata": metadata}

    async def google_look(self, request: web.Request) -> web.Response:
        return self._looked(f"batches/{request.match_info['id']}", "google")

    async def google_list(self, request: web.Request) -> web.Response:
        newest = [self.google_batch(batch) for batch in reversed(self.created()) if batch.vendor == "google"]
        start = int(request.query.get("pageToken") or 0)
        more = {"nextPageToken": str(start + 2)} if start + 2 < len(newest) else {}
        return web.json_response({"operations": newest[start : start + 2]} | more)

    async def google_download(self, request: web.Request) -> web.Response:
        name = request.match_info["id"].replace("batch-", "batches/")
        lines = [line for each in self._results(name) if (line := google_line(each)) is not None]
        return web.Response(body=b"".join(json.dumps(line).encode() + b"\n" for line in lines))

    # shared

    def _looked(self, name: str, vendor: str) -> web.Response:
        batch = self.batches.get(name)
        if batch is None:
            error = {"message": "no such batch", "type": "not_found_error", "status": "NOT_FOUND", "code": 404}
            return web.json_response({"error": error}, status=404)
        batch.looks += 1
        shapes = {"openai": self.openai_batch, "anthropic": self.anthropic_batch, "google": self.google_batch}
        return web.json_response(shapes[vendor](batch))

    def _results(self, name: str) -> list[dict[str, Any]]:
        requests = self.batches[name].requests
        names = {"custom_id": "stranger", "key": "stranger"}
        return [*requests, requests[0] | names] if self.script.stranger else requests

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self.gate], client_max_size=2**28)
        anthropic, google = "/v1/messages/batches", "/v1beta/batches"
        app.add_routes(
            [
                web.post("/v1/files", self.openai_upload),
                web.post("/v1/batches", self.openai_create),
                web.get("/v1/batches", self.openai_list),
                web.get("/v1/batches/{id}", self.openai_look),
                web.get("/v1/files/{id}/content", self.openai_content),
                web.post(anthropic, self.anthropic_create),
                web.get(anthropic, self.anthropic_list),
                web.get(anthropic + "/{id}", self.anthropic_look),
                web.get(anthropic + "/{id}/results", self.anthropic_results),
                web.post("/upload/v1beta/files", self.google_start),
                web.post("/put/{id}", self.google_put),
                web.post("/v1beta/models/{model}:batchGenerateContent", self.google_create),
                web.get(google, self.google_list),
                web.get(google + "/{id}", self.google_look),
                web.get("/v1beta/files/{id}:download", self.google_download),
            ]
        )
        return app

    async def serve(self, ready: threading.Event, stop: threading.Event) -> None:
        runner = web.AppRunner(self.app())
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
        ready.set()
        await asyncio.to_thread(stop.wait)
        await runner.cleanup()


@contextmanager
def running(script: Script | None = None, *, fake: FakeBatches | None = None) -> Iterator[FakeBatches]:
    """The service, for as long as the block lasts."""
    fake, ready, stop = fake or FakeBatches(script or Script()), threading.Event(), threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(fake.serve(ready, stop)), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield fake
    finally:
        fake.script.slow_create = 0
        stop.set()
        thread.join(10)
