"""The reference: N chat requests at a set concurrency with bare aiohttp, nothing stored.

python -m bench.raw_client URL N CONCURRENCY
"""

from __future__ import annotations

import asyncio
import json
import sys

import aiohttp


async def main(url: str, count: int, concurrency: int) -> None:
    """Ask and read; fail loudly on anything but 200."""
    waiting = iter(range(count))
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def worker() -> None:
            for number in waiting:
                body = {"model": "stub", "messages": [{"role": "user", "content": f"item {number} " + "word " * 60}]}
                async with session.post(f"{url}/v1/chat/completions", json=body) as response:
                    response.raise_for_status()
                    json.loads(await response.read())

        await asyncio.gather(*(worker() for _ in range(concurrency)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
