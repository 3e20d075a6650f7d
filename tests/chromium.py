"""A small driver of Debian's Chromium by the DevTools protocol: opens a file and tells all that it did.

A server on loopback takes every connection: all host names lead there, so a request by any way is counted.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import shutil
import signal
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp

BINARY = shutil.which("chromium") or ""
STARTS_WITHIN = 30.0
ANSWERS_WITHIN = 30.0
LOADS_WITHIN = 15.0
LOUD = 20
"""Dialogs after which a page is known well enough."""
QUIET = 0.4
"""Seconds after the load event in which late timers, refreshes and animations have their chance."""
_OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--remote-debugging-port=0",
)
_READ = """(() => {
  const own = [...document.querySelectorAll('*')];
  const names = own.flatMap(e => [...e.attributes].map(a => a.name));
  const count = list => list.reduce((found, one) => ({...found, [one]: (found[one] || 0) + 1}), {});
  const policy = document.querySelector('meta[http-equiv="Content-Security-Policy"]');
  return {
    text: document.documentElement.textContent, shown: document.body ? document.body.innerText : '',
    tags: count(own.map(e => e.localName)), attributes: count(names), mark: String(window.pwned),
    policy: policy ? policy.content : '', title: document.title, address: location.href, html: document.body.outerHTML,
  };
})()"""


@dataclasses.dataclass(slots=True, kw_only=True)
class Seen:
    """What a page did, and what it shows."""

    dialogs: list[str] = dataclasses.field(default_factory=list)
    scripts: list[str] = dataclasses.field(default_factory=list)
    console: list[str] = dataclasses.field(default_factory=list)
    exceptions: list[str] = dataclasses.field(default_factory=list)
    requests: list[str] = dataclasses.field(default_factory=list)
    """Addresses of everything asked for but the file itself."""
    violations: list[str] = dataclasses.field(default_factory=list)
    """What the page's policy held back."""
    moves: list[str] = dataclasses.field(default_factory=list)
    """Addresses that a frame was led to, and windows that were opened."""
    connections: int = 0
    """That arrived at the server to which every host name leads."""
    page: dict[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def quiet(self) -> bool:
        """True where nothing ran, nothing was asked for and nothing had to be held back."""
        did = (self.dialogs, self.scripts, self.console, self.exceptions, self.requests, self.violations, self.moves)
        return not any(did) and not self.connections and self.page.get("mark") == "undefined"


class Canary:
    """Counts connections; what is asked for over them is answered with a script that would leave its mark."""

    def __init__(self) -> None:
        self.connections = 0
        self.port = 0
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(OSError, asyncio.TimeoutError):
            await asyncio.wait_for(reader.read(4096), 2)
            body = b"window.pwned = 1; alert('canary');"
            head = b"HTTP/1.1 200 OK\r\nContent-Type: text/javascript\r\nAccess-Control-Allow-Origin: *\r\n"
            writer.write(head + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            await writer.drain()
        writer.close()

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()


class Chromium:
    """One browser; each file is opened in a fresh tab of it."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, canary: Canary) -> None:
        self._socket = socket
        self.canary = canary
        self._last = 0
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._seen = Seen()
        self._own = ""
        self._loaded = asyncio.Event()
        self._reader = asyncio.create_task(self._read())

    async def call(self, method: str, session: str = "", **params: Any) -> dict[str, Any]:
        """One command of the protocol, with its result."""
        self._last += 1
        number = self._last
        self._waiting[number] = asyncio.get_running_loop().create_future()
        message = {"id": number, "method": method, "params": params} | ({"sessionId": session} if session else {})
        await self._socket.send_json(message)
        return await asyncio.wait_for(self._waiting[number], ANSWERS_WITHIN)

    async def _read(self) -> None:
        async for raw in self._socket:
            message = raw.json()
            waiting = self._waiting.pop(message.get("id", 0), None)
            if waiting is None:
                await self._event(message)
            elif not waiting.done():
                if "error" in message:
                    waiting.set_exception(RuntimeError(str(message["error"])))
                else:
                    waiting.set_result(message["result"])

    async def _event(self, message: dict[str, Any]) -> None:
        params, session = message.get("params", {}), message.get("sessionId", "")
        match message.get("method"):
            case "Page.javascriptDialogOpening":
                self._seen.dialogs.append(params["message"])
                if len(self._seen.dialogs) >= LOUD:  # one that opens a dialog whenever it gets the focus has no end
                    await self._send("Emulation.setScriptExecutionDisabled", session, value=True)
                await self._send("Page.handleJavaScriptDialog", session, accept=True)
            case "Page.loadEventFired":
                self._loaded.set()
            case "Target.attachedToTarget":
                await self._watch(params["sessionId"], wait=False)
            case method:
                self._note(str(method), params)

    def _note(self, method: str, params: dict[str, Any]) -> None:
        seen = self._seen
        match method:
            case "Debugger.scriptParsed":
                seen.scripts.append(params.get("url") or "inline")
            case "Runtime.consoleAPICalled":
                seen.console.append(str(params["args"]))
            case "Runtime.exceptionThrown":
                seen.exceptions.append(str(params["exceptionDetails"].get("text")))
            case "Audits.issueAdded" if params["issue"]["code"] == "ContentSecurityPolicyIssue":
                seen.violations.append(str(params["issue"]["details"]))
            case "Network.requestWillBeSent" if params["request"]["url"] != self._own:
                seen.requests.append(params["request"]["url"])
            case "Network.webSocketCreated":
                seen.requests.append(params["url"])
            case _:
                self._moved(method, params)

    def _moved(self, method: str, params: dict[str, Any]) -> None:
        if method == "Page.frameNavigated":
            params = params["frame"]
        elif method not in ("Page.frameRequestedNavigation", "Page.windowOpen"):
            return
        if params["url"] not in (self._own, "about:blank"):
            self._seen.moves.append(params["url"])

    async def _send(self, method: str, session: str, **params: Any) -> None:
        """A command whose result nobody waits for."""
        self._last += 1
        await self._socket.send_json({"id": self._last, "method": method, "params": params, "sessionId": session})

    async def _watch(self, session: str, *, wait: bool = True) -> None:
        tell = self.call if wait else self._send
        for domain in ("Page", "Runtime", "Network", "Debugger", "Audits"):
            await tell(f"{domain}.enable", session)
        follow = {"autoAttach": True, "waitForDebuggerOnStart": False, "flatten": True}
        await tell("Target.setAutoAttach", session, **follow)

    async def open(self, address: str, *, script: bool = True) -> Seen:
        """Open an address, wait until it is quiet, touch it, and take down what happened."""
        target = (await self.call("Target.createTarget", url="about:blank"))["targetId"]
        self._own, before = address, self.canary.connections
        session = (await self.call("Target.attachToTarget", targetId=target, flatten=True))["sessionId"]
        await self._watch(session)
        if not script:
            await self.call("Emulation.setScriptExecutionDisabled", session, value=True)
        seen = self._seen = Seen()  # without what about:blank itself told
        self._loaded.clear()
        await self.call("Page.navigate", session, url=self._own)
        with contextlib.suppress(asyncio.TimeoutError):  # a page that leads elsewhere may never be loaded
            await asyncio.wait_for(self._loaded.wait(), LOADS_WITHIN)
        await asyncio.sleep(QUIET)
        await self._touch(session)
        await asyncio.sleep(QUIET / 2)
        self._seen = Seen()  # our own reading is a script, too
        found = await self.call("Runtime.evaluate", session, expression=_READ, returnByValue=True)
        seen.page = found["result"]["value"]
        seen.connections = self.canary.connections - before
        await self.call("Target.closeTarget", targetId=target)
        return seen

    async def _touch(self, session: str) -> None:
        """Move over the page, click into it and walk through what can have the focus."""
        for x, y in ((30, 30), (200, 120), (400, 300)):
            for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
                pressed = {} if kind == "mouseMoved" else {"button": "left", "clickCount": 1}
                await self.call("Input.dispatchMouseEvent", session, type=kind, x=x, y=y, **pressed)
        for kind in ("keyDown", "keyUp") * 5:
            await self.call("Input.dispatchKeyEvent", session, type=kind, key="Tab", code="Tab")

    async def close(self) -> None:
        with contextlib.suppress(Exception):
            await self.call("Browser.close")
        self._reader.cancel()


@contextlib.asynccontextmanager
async def chromium(*, served: bool = False) -> AsyncIterator[Chromium]:
    """A browser with a profile of its own, in which every host name leads to the canary; not 127.0.0.1 if `served`."""
    canary = Canary()
    await canary.start()
    profile = Path(tempfile.mkdtemp(prefix="chromium-"))
    own = ", ".join(f"MAP {name} ~NOTFOUND" for name in ("*.google.com", "*.googleapis.com", "*.gvt1.com"))
    rules = f"--host-resolver-rules={own}, MAP * 127.0.0.1:{canary.port}"  # the browser's own errands lead nowhere
    rules += ", EXCLUDE 127.0.0.1" if served else ""
    process = await asyncio.create_subprocess_exec(
        BINARY, *_OPTIONS, rules, f"--user-data-dir={profile}", "about:blank",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        port, path = await asyncio.to_thread(_door, profile / "DevToolsActivePort")
        async with (
            aiohttp.ClientSession() as client,
            client.ws_connect(f"ws://127.0.0.1:{port}{path}", max_msg_size=0) as socket,
        ):
            browser = Chromium(socket, canary)
            yield browser
            await browser.close()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        await canary.stop()
        shutil.rmtree(profile, ignore_errors=True)


def _door(file: Path) -> list[str]:
    """The port and the path by which the browser can be spoken to, as soon as it has written them."""
    until = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < until:
        lines = file.read_text().split() if file.is_file() else []
        if len(lines) == 2:
            return lines
        time.sleep(0.05)
    raise TimeoutError("the browser did not start")
