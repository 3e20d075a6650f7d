"""One fake LLM service for the tests: real HTTP on loopback, scripted replies, latency and faults.
Every POST goes into an append-only ledger before it is answered: the ledger, not the client's
counter, says what was asked twice. serve() runs it as a process, serve_in_thread() in a thread."""

import argparse
import asyncio
import contextlib
import hashlib
import json
import select
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from aiohttp import web
from fake_dialects import ANTHROPIC, GEMINI, OPENAI, turns_of
from fake_faults import KINDS, SETTINGS, answer, deliver, waits_of

FAKE = frozenset(["latency", "model", "default", "rules", "faults", "seed"])
RULE = frozenset(["contains", "text", "finish", "thinking", "refusal", "model", "logprobs"])


def read_lines(ledger: Path) -> list[dict[str, Any]]:
    """The lines of a ledger so far; one that is still being written is left out."""
    lines = ledger.read_text(encoding="utf-8").split("\n")[:-1] if ledger.exists() else []
    return [json.loads(line) for line in lines]


class Fake:
    """The service: its script, its counters and its ledger."""

    def __init__(self, ledger: Path, script: Mapping[str, Any], *, latency: float | None = None) -> None:
        self.ledger, self.script = ledger, script
        self.latency = script.get("latency", 0.05) if latency is None else latency
        self.rules, self.faults = script.get("rules", []), script.get("faults", [])
        strange = (
            set(script) - FAKE | {name for rule in (script.get("default", {}), *self.rules) for name in rule} - RULE
        )
        strange |= {name for fault in self.faults for name in fault} - SETTINGS
        if strange := strange | {fault["kind"] for fault in self.faults} - KINDS:
            raise ValueError(f"misspelt in the script, so that it would never happen: {strange}")
        # A server started again on the same ledger counts on, so that "n" stays unique in it.
        earlier = [line for line in read_lines(ledger) if "key" in line]
        self.n, self.seen = len(earlier), Counter(str(line["key"]) for line in earlier)

    def write(self, line: Mapping[str, Any]) -> None:
        """Append one line; unbuffered, so that it is one write on an O_APPEND descriptor."""
        with self.ledger.open("ab", buffering=0) as file:
            file.write(json.dumps(line).encode() + b"\n")

    def record(self, request: web.Request, raw: bytes) -> dict[str, Any]:
        """Count a request and enter it in the ledger; returns what the answer depends on."""
        body: Any = raw.decode("utf-8", "replace")
        with suppress(ValueError):
            body = json.loads(raw)
        known = body if isinstance(body, dict) else {}
        model, turns = request.match_info.get("model") or str(known.get("model")), turns_of(known)
        key = hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
        self.n, self.seen[key] = self.n + 1, self.seen[key] + 1
        secrets = (request.headers.get(name) for name in ("Authorization", "x-api-key", "x-goog-api-key"))
        secret = next((hashlib.sha256(value.encode()).hexdigest() for value in secrets if value), None)
        call = {"n": self.n, "key": key, "attempt": self.seen[key], "model": model}
        prompt = next((text for role, text in reversed(turns) if role == "user"), "")
        line = {**call, "time": time.monotonic(), "path": request.path, "prompt": prompt, "body": body}
        self.write({**line, "authorization_sha256": secret})
        route = "gemini" if "model" in request.match_info else "openai"
        call["dialect"] = "anthropic" if request.path == ANTHROPIC else route
        call["error"] = "not_found" if "unknown" in request.match_info else None if turns else "bad_request"
        call["text"] = "\n".join(text for role, text in turns if role not in ("assistant", "model"))
        call["words"] = sum(len(text.split()) for _, text in turns)
        return {**call, "warm": "temperature" in {**known, **(known.get("generationConfig") or {})}}

    def fault_for(self, call: Mapping[str, Any]) -> Mapping[str, Any]:
        """The fault that hits this call, or an empty one."""
        seed, key, attempt = self.script.get("seed", 0), call["key"], call["attempt"]
        draw = int(hashlib.sha256(f"{seed}:{key}:{attempt}".encode()).hexdigest()[:12], 16) / 16**12
        for fault in self.faults:
            attempts, share = fault.get("attempts", [attempt]), fault.get("share", 1)
            meant = attempt in attempts and fault.get("contains", "") in call["text"] and not call["error"]
            meant = meant and call["n"] > fault.get("after", 0)
            if meant and (call["warm"] or fault["kind"] != "unsupported_param"):
                if draw < share:
                    return dict(fault)
                draw -= share  # one draw for all faults: each gets its full share
        return {}

    def reply_to(self, call: Mapping[str, Any]) -> dict[str, Any]:
        """What the rules say of this call."""
        rule: dict[str, Any] = next((r for r in self.rules if r.get("contains", "") in call["text"]), {})
        reply = {"text": "Answer: serious", "model": self.script.get("model", call["model"])}
        return reply | {**self.script.get("default", {}), **({"text": None} if "refusal" in rule else {}), **rule}

    async def ask(self, request: web.Request) -> web.Response:
        """POST: count, wait, answer, and note that it was answered."""
        try:
            call = self.record(request, await request.read())
        except (ConnectionError, web.RequestPayloadError):  # the client went away amid its question
            return web.Response(status=400)
        fault = self.fault_for(call)
        response = answer(call, fault, self.reply_to(call))
        await asyncio.sleep(self.latency)
        sent, waits = time.monotonic(), waits_of(fault)
        whole = await deliver(request, response, fault)
        end = {"n": call["n"], "done": whole, "status": response.status if whole else 0, "fault": fault.get("kind")}
        self.write({**end, **({"sent": sent, "clock": time.time(), "waits": waits} if waits else {})})
        return response

    async def look(self, request: web.Request) -> web.Response:
        """GET: the ledger or the one model; neither is counted."""
        models = {"object": "list", "data": [{"id": self.script.get("model", "fake-1"), "object": "model"}]}
        return web.json_response(read_lines(self.ledger) if request.path == "/ledger" else models)


async def run(fake: Fake, stop: threading.Event, *, ready: Callable[[str], None], port: int = 0) -> None:
    """Listen on loopback, tell the base URL, serve until told to stop."""
    app = web.Application(client_max_size=2**26)
    posts = [web.post(path, fake.ask) for path in (OPENAI, ANTHROPIC, GEMINI, "/{unknown:.*}")]
    app.add_routes([web.get("/v1/models", fake.look), web.get("/ledger", fake.look), *posts])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
    ready(f"http://127.0.0.1:{runner.addresses[0][1]}/v1")
    await asyncio.to_thread(stop.wait)
    await runner.cleanup()


@dataclass(frozen=True)
class FakeServer:
    """A fake server, seen from a test."""

    base_url: str
    ledger: Path
    end: Callable[[], None]

    def requests(self) -> list[dict[str, Any]]:
        """The requests received, in order."""
        return [line for line in read_lines(self.ledger) if "key" in line]

    def finished(self) -> set[int]:
        """The numbers of the requests that got a whole answer, be it an error."""
        # A "done" line follows its answer by a moment: after one more round trip it is surely there.
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with suppress(OSError), direct.open(f"{self.base_url}/models", timeout=10) as reply:
            reply.read()
        return {line["n"] for line in read_lines(self.ledger) if line.get("done")}

    def asked_twice(self) -> dict[str, int]:
        """How often each key was seen that was seen more than once."""
        counts = Counter(str(line["key"]) for line in self.requests())
        return {key: count for key, count in counts.items() if count > 1}

    def stop(self) -> None:
        """End it; harmless when it has ended. The ledger loses nothing: it is unbuffered."""
        self.end()


@dataclass(frozen=True)
class FakeProcess(FakeServer):
    """One in a process of its own, for tests that count what it holds open or send it a signal."""

    process: subprocess.Popen[str]


@contextmanager
def serve(folder: Path, script: Mapping[str, Any] | None = None) -> Iterator[FakeServer]:
    """A fake server in a thread, with ledger.jsonl in the folder: a process takes a third of a second more."""
    folder.mkdir(parents=True, exist_ok=True)
    ledger, ended = folder / "ledger.jsonl", contextlib.ExitStack()
    with ended:
        yield FakeServer(ended.enter_context(in_thread(Fake(ledger, script or {}))), ledger, ended.close)


@contextmanager
def serve_process(folder: Path, script: Mapping[str, Any] | None = None) -> Iterator[FakeProcess]:
    """A fake server in its own process, with ledger.jsonl and script.json in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    ledger, script_file = folder / "ledger.jsonl", folder / "script.json"
    script_file.write_text(json.dumps(script or {}), encoding="utf-8")
    command = [sys.executable, __file__, "--ledger", str(ledger), "--script", str(script_file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            ready = process.stdout is not None and select.select([process.stdout], [], [], 10)[0]
            base_url = ready[0].readline().strip() if ready else ""
            assert base_url, "the fake server did not start within 10 s; its stderr says why"

            def end() -> None:
                process.kill()
                process.communicate()

            yield FakeProcess(base_url, ledger, end, process)
        finally:
            process.kill()


@contextmanager
def serve_in_thread(folder: Path, script: Mapping[str, Any] | None = None) -> Iterator[str]:
    """The base URL of a fake server in a thread of this process; its ledger is folder/ledger.jsonl."""
    with in_thread(Fake(folder / "ledger.jsonl", script or {})) as url:
        yield url


@contextmanager
def in_thread(fake: Fake) -> Iterator[str]:
    """The base URL of this fake in a thread."""
    stop, urls = threading.Event(), SimpleQueue[str]()
    thread = threading.Thread(target=lambda: asyncio.run(run(fake, stop, ready=urls.put)), daemon=True)
    thread.start()
    try:
        yield urls.get(timeout=10)
    finally:
        stop.set()
        thread.join(10)


def main() -> None:
    """The command line: serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ledger", type=Path, required=True)
    parser.add_argument("--script", type=Path)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float, help="seconds, instead of the script's")
    args = parser.parse_args()
    fake = Fake(args.ledger, json.loads(args.script.read_text()) if args.script else {}, latency=args.latency)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    asyncio.run(run(fake, stop, ready=lambda url: print(url, flush=True), port=args.port))


if __name__ == "__main__":
    main()
