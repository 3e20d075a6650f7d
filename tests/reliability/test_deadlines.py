"""Replies that never end, on both lanes: each call ends by its deadline, and nothing of it is left behind."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from contextlib import suppress
from pathlib import Path

from fake_server import FakeServer, serve_process
from figures import Figure, keep, size
from lane_runs import sockets
from test_hosted import KEY, MODELS, opened

from providers.endpoint import Endpoint
from providers.errors import ProviderError
from providers.limits import Limited
from providers.records import Info, Limits, Message, Provider, Reply, Request
from providers.retry import Retrying

KINDS = ("drip", "hang", "slow_headers", "flood", "many_headers")
LANES = size(("endpoint", "openai"), ("endpoint", *MODELS))
DEADLINES = size((0.3, 0.8), (0.3, 0.5, 0.8, 1.2, 2.0))
CASES = list(itertools.product(LANES, KINDS, DEADLINES))
TOGETHER = 5
"""Cases at a time: each must end in time by itself, and the machine may be small."""
ENDS = ("timeout", "too_large", "connection", "server", "bad_response")
"""Typed failures; headers without end are none that LiteLLM has one word for."""
POOL = "litellm-logging"
"""LiteLLM's one pool of threads, which it keeps for as long as the process lives."""
SETTLE = 3.0
"""Seconds within which the server has seen every connection closed."""


class Under:
    """A backend under a deadline of its own, behind the gate and the retry loop of every run."""

    def __init__(self, backend: Provider, deadline: float) -> None:
        self.info = backend.info.model_copy(update={"limits": Limits(deadline=deadline, attempts=2)})
        self.generate = backend.generate

    async def close(self) -> None:
        """The backend is closed by who opened it."""


def backend_of(lane: str, server: FakeServer) -> Provider:
    if lane == "endpoint":
        info = Info(name="e", identity="e", model="m", kind="local")
        return Endpoint(info, base_url=server.base_url, key=KEY)
    return opened(lane, server.base_url)


async def ended(backend: Provider, text: str, deadline: float) -> tuple[str, float]:
    """How a call ended and after how many seconds."""
    request = Request(provider="p", model=backend.info.model, messages=(Message(role="user", text=text),))
    started = time.monotonic()
    try:
        reply: Reply = await Retrying(Limited(Under(backend, deadline))).generate(request)
        return f"reply {reply.finish}", time.monotonic() - started
    except ProviderError as error:
        return error.kind, time.monotonic() - started


def held_by(pid: int) -> int:
    """Sockets of another process; one that is closed while we look is not held."""
    count = 0
    for fd in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            count += str(fd.readlink()).startswith("socket:")
    return count


async def all_cases(server: FakeServer) -> tuple[dict[str, tuple[str, float, float]], list[str]]:
    """What came of each case, and what was left behind."""
    found: dict[str, tuple[str, float, float]] = {}
    backends = {lane: backend_of(lane, server) for lane in LANES}
    for lane, backend in backends.items():
        await ended(backend, f"{lane} warm", 60.0)
    for some in [CASES[at : at + TOGETHER] for at in range(0, len(CASES), TOGETHER)]:
        texts = [f"{lane} {deadline} <{kind}>" for lane, kind, deadline in some]
        outcomes = await asyncio.gather(
            *(ended(backends[lane], text, deadline) for (lane, _, deadline), text in zip(some, texts, strict=True))
        )
        found |= {
            text: (kind, seconds, case[2]) for text, (kind, seconds), case in zip(texts, outcomes, some, strict=True)
        }
    for backend in backends.values():
        await backend.close()
    await asyncio.sleep(0.1)
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    return found, [f"task {task.get_name()}: {task.get_coro()}" for task in tasks]


def test_what_never_ends_is_ended_at_its_deadline_and_leaves_nothing_behind(tmp_path: Path) -> None:
    faults = [{"kind": kind, "contains": f"<{kind}>"} for kind in KINDS]
    with serve_process(tmp_path, {"latency": 0, "faults": faults}) as server:
        at_the_server, started = held_by(server.process.pid), time.monotonic()
        opened_before, threads = sockets(), set(threading.enumerate())
        found, tasks = asyncio.run(all_cases(server))
        seconds, leaked = time.monotonic() - started, sockets() - opened_before
        end = time.monotonic() + SETTLE
        while held_by(server.process.pid) > at_the_server and time.monotonic() < end:
            time.sleep(0.05)
        open_at_the_server = held_by(server.process.pid) - at_the_server
        left = [thread.name for thread in set(threading.enumerate()) - threads if POOL not in thread.name]
    late = {text: end for text, end in found.items() if end[1] > end[2] + 1}
    wrong = {text: end for text, end in found.items() if end[0] not in ENDS}
    keep(
        Figure(
            name="deadlines",
            test="replies that drip, hang, flood, or never end their headers, on both lanes, deadlines of 0.3 to 2 s",
            asked="each ends within its deadline + 1 s; no socket, task or thread is left",
            tried=len(CASES),
            unit="calls",
            failed=len(late) + len(wrong),
            measured=f"latest {max(end[1] - end[2] for end in found.values()):+.2f} s; {leaked} sockets left here, "
            f"{open_at_the_server} at the server, {len(tasks)} tasks",
            seconds=seconds,
        )
    )
    assert (late, wrong) == ({}, {})
    assert (leaked, open_at_the_server, tasks, left) == (0, 0, [], [])
