"""What a large reply may cost in memory on the fast lane: measured in a process of its own, by its peak."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_faults import BOMB_MIB, bomb
from fake_server import FakeServer, serve

ALLOWED = 64
"""MiB by which the peak of the process may grow."""
PROGRAM = """
import asyncio, json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from providers.endpoint import Endpoint
from providers.errors import ProviderError
from providers.records import Info, Message, Request

async def main():
    endpoint = Endpoint(Info(name="e", identity="e", model="m", kind="local"), base_url=sys.argv[2], key=None)
    async def ask(text):
        try:
            return len((await endpoint.generate(Request(
                provider="e", model="m", messages=(Message(role="user", text=text),)))).text)
        except ProviderError as error:
            return error.kind
    def status(name):
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(name)) // 1024
    peak = lambda: status("VmHWM")
    await ask("warm up")
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak of the process that this one was forked from
    before = status("VmRSS")
    print(json.dumps([await ask(sys.argv[3]), peak() - before]))
    await endpoint.close()

asyncio.run(main())
"""
SCRIPT: dict[str, Any] = {
    "latency": 0,
    "faults": [{"kind": kind, "contains": f"<{kind}>"} for kind in ("huge", "gzip_bomb")],
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeServer]:
    with serve(tmp_path_factory.mktemp("size"), SCRIPT) as running:
        yield running


def measured(server: FakeServer, text: str) -> tuple[object, int]:
    """What came of one question, and the MiB by which the peak grew."""
    root = str(Path(__file__).parent.parent)
    command = [sys.executable, "-c", PROGRAM, root, server.base_url, text]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    outcome, grown = json.loads(done.stdout)
    return outcome, grown


def test_a_reply_of_10_mb_is_read_within_the_allowed_memory(server: FakeServer) -> None:
    outcome, grown = measured(server, "<huge>")
    assert outcome == 10_000_000
    assert grown < ALLOWED


def test_a_packed_reply_of_300_mib_is_refused_within_the_allowed_memory(server: FakeServer) -> None:
    outcome, grown = measured(server, "<gzip_bomb>")
    assert outcome == "too_large"
    assert grown < ALLOWED


def test_the_bomb_is_a_bomb() -> None:
    packed = bomb("{@@}")
    assert len(packed) < BOMB_MIB * 2**20 / 200
