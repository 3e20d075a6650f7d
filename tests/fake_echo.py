"""A server that says what it was sent: the key, in every place of its answers and in the form that the question names.

A question holds <place:form>. Each answer is counted; `seen` holds the secrets that really came.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any

from aiohttp import web
from canaries import FORMS
from fake_dialects import reply_body, turns_of

MARK = re.compile(r"<(\w+):([\w ,]+)>")
PLACES = ("text", "thinking", "model", "header", "refusal", "finish", "error", "page", "plain", "filtered", "busy")
"""Where the echo stands; the last four are errors of one sample, `busy` one that is tried again."""
HALTING = ("wrong_key", "redirect", "wrong_page", "no_money", "gone")


def secret_of(request: web.Request) -> str:
    """The key as the client sent it."""
    for name in ("x-api-key", "x-goog-api-key", "api-key"):
        if name in request.headers:
            return request.headers[name]
    given = request.headers.get("Authorization") or request.headers.get("Proxy-Authorization") or ""
    kind, _, value = given.partition(" ")
    if kind == "Basic":
        return base64.b64decode(value).decode()
    return value or request.query.get("key") or request.query.get("api_key") or ""


class Echo:
    """Its memory."""

    def __init__(self) -> None:
        self.calls = 0
        self.elsewhere = 0
        """Calls that followed a redirect."""
        self.seen: set[str] = set()

    async def answer(self, request: web.Request) -> web.Response:
        """What the question asks for."""
        raw = await request.text()
        self.calls += 1
        secret = secret_of(request)
        self.seen.add(secret)
        if request.path.endswith("/elsewhere"):
            self.elsewhere += 1
            return web.Response(status=400)
        body = json.loads(raw)
        text = "\n".join(said for _, said in turns_of(body))
        marks = MARK.search(text)
        place, form = marks.groups() if marks else ("text", "raw")
        number = next(iter(re.findall(r"case \d+", text)), "case")
        return self.said(request, body, place=place, echo=FORMS[form](secret), number=number)

    def said(self, request: web.Request, body: Any, *, place: str, echo: str, number: str) -> web.Response:
        """The answer in the dialect of its path."""
        path = request.path
        dialect = "gemini" if ":generate" in path else "anthropic" if path.endswith("/messages") else "openai"
        statuses = {"error": 400, "filtered": 400, "busy": 500, "wrong_key": 401, "no_money": 402, "gone": 404}
        headers = {"X-Request-Key": re.sub(r"\s", " ", echo)[:2000], "X-Request-Id": re.sub(r"\s", "", echo)[:2000]}
        if place in statuses:
            code = "content_policy_violation" if place == "filtered" else "invalid_value"
            said = f"{number}: you sent {echo}, which is wrong"
            error: dict[str, Any] = {"message": said, "type": "e", "code": code, "param": echo}
            error |= {"status": echo, "details": [{"reason": echo}]} if dialect == "gemini" else {}
            return web.json_response({"error": error, "type": "error"}, status=statuses[place], headers=headers)
        if place == "redirect":
            where = f"http://{request.host}/elsewhere?key={headers['X-Request-Id']}"
            return web.Response(status=307, headers={"Location": where})
        if place in ("page", "wrong_page", "plain"):
            page = f"<html><h1>Bad request {number}</h1>{echo}</html>" if place != "plain" else f"{number} {echo}"
            status = 401 if place == "wrong_page" else 400
            return web.Response(
                text=page, status=status, content_type="text/html" if place != "plain" else "text/plain"
            )
        call = {"n": self.calls, "dialect": dialect, "words": 3}
        reply: dict[str, Any] = {"text": "Answer: humorous", "model": "m", "finish": "stop"}
        reply |= {"text": f"You sent {echo}. Answer: humorous"} if place == "text" else {}
        reply |= {place: echo} if place in ("thinking", "model", "refusal", "finish") else {}
        return web.json_response(reply_body(call, reply), headers=headers if place == "header" else {})


async def _listen(echo: Echo, ready: SimpleQueue[str], stop: threading.Event) -> None:
    app = web.Application(client_max_size=2**26)
    app.add_routes([web.route("*", "/{path:.*}", echo.answer)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, max_field_size=2**16, max_line_size=2**16)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    ready.put(f"http://127.0.0.1:{runner.addresses[0][1]}/v1")
    await asyncio.to_thread(stop.wait)
    await runner.cleanup()


@contextmanager
def echoing() -> Iterator[tuple[str, Echo]]:
    """The base URL of such a server in a thread of this process, and its memory."""
    echo, ready, stop = Echo(), SimpleQueue[str](), threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_listen(echo, ready, stop)), daemon=True)
    thread.start()
    try:
        yield ready.get(timeout=20), echo
    finally:
        stop.set()
        thread.join(10)
