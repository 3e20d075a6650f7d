"""The reference of the LiteLLM lane: N chat requests at a set concurrency with bare litellm.acompletion.

python -m bench.raw_litellm URL N CONCURRENCY
"""

from __future__ import annotations

import asyncio
import os
import sys


async def main(url: str, count: int, concurrency: int) -> None:
    """Ask and read; nothing is stored and nothing is retried."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    import litellm

    litellm.suppress_debug_info = True
    waiting = iter(range(count))

    async def worker() -> None:
        for number in waiting:
            reply = await litellm.acompletion(
                model="openai/gpt-4o",
                messages=[{"role": "user", "content": f"item {number} " + "word " * 60}],
                temperature=0,
                api_key="none",
                api_base=f"{url}/v1",
                num_retries=0,
                max_retries=0,
            )
            assert reply.choices[0].message.content

    await asyncio.gather(*(worker() for _ in range(concurrency)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
