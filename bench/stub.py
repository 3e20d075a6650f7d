"""A chat server that answers every request with the same short reply after a set wait; prints its URL."""

from __future__ import annotations

import asyncio
import json
import sys

from aiohttp import web

REPLY = {
    "id": "stub",
    "object": "chat.completion",
    "created": 0,
    "model": "stub",
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": "She laughs.\nAnswer: humorous"},
        }
    ],
    "usage": {"prompt_tokens": 100, "completion_tokens": 6, "total_tokens": 106},
}


def make(latency: float) -> web.Application:
    """Count the requests; GET /count tells how many."""
    body = json.dumps(REPLY).encode()
    count = 0

    async def chat(request: web.Request) -> web.Response:
        nonlocal count
        await request.read()
        count += 1
        await asyncio.sleep(latency)
        return web.Response(body=body, content_type="application/json")

    async def counted(_: web.Request) -> web.Response:
        return web.json_response({"count": count})

    application = web.Application()
    application.router.add_post("/v1/chat/completions", chat)
    application.router.add_get("/count", counted)
    return application


async def serve(latency: float) -> None:
    """Listen on a free port of the loopback until killed."""
    runner = web.AppRunner(make(latency), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
    await site.start()
    port = runner.addresses[0][1]
    print(f"http://127.0.0.1:{port}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1])))
