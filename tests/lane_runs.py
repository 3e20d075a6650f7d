"""What the tests of the lanes share: a task of many short items, and `judge run` as a process against a fake server."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from command import ROOT, Done, environment, write_lines

TASK = """
name: many
version: 1
about: short items
licence: CC0
data: {path: items.jsonl}
asks:
  - {name: label, qa: "{text} Answer: humorous or serious?", read: {as: label}}
labels: {humorous: [], serious: []}
target: {label: label}
metrics: [accuracy]
rubric: humor
"""
KEYS = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY", "gemini": "GEMINI_API_KEY"}
KEY = "sk-geheim-0123456789-abcdefghijklmnop"


def many(folder: Path, count: int) -> Path:
    """A task of so many items, each with its own text."""
    folder.mkdir(parents=True, exist_ok=True)
    items = [{"id": f"k{number}", "text": f"line {number}", "label": "humorous"} for number in range(count)]
    write_lines(folder / "items.jsonl", items)
    (folder / "many.yaml").write_text(TASK)
    return folder / "many.yaml"


@dataclass(frozen=True)
class Lane:
    """One way to a fake server."""

    provider: str
    model: str = "m-1"
    more: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)

    def line(self, base_url: str, task: Path, folder: Path) -> list[str]:
        """The arguments of `judge`, with a folder and a cache of its own."""
        url = base_url.removesuffix("/v1") if self.provider == "anthropic" else base_url
        where = ["--provider", self.provider, "--base-url", url, "--model", self.model]
        return ["run", str(task), *where, "--out", str(folder / "r"), "--cache", str(folder / "c"), *self.more]

    @property
    def keys(self) -> dict[str, str]:
        """The environment that it needs."""
        return ({KEYS[self.provider]: KEY} if self.provider in KEYS else {"JUDGE_ENDPOINT_KEY": KEY}) | self.environment


LANES = {
    "endpoint": Lane("endpoint"),
    "openai": Lane("openai", "gpt-4o"),
    "anthropic": Lane("anthropic", "claude-sonnet-4-5"),
    "gemini": Lane("gemini", "gemini-2.5-flash"),
}


def run_process(line: list[str], keys: dict[str, str], *, timeout: float = 600) -> tuple[Done, float]:
    """`python -m judge ...` to its end, and the moment at which it ended."""
    command = [sys.executable, "-m", "judge", *line]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(**keys), capture_output=True, text=True, timeout=timeout, check=False
    )
    return Done(done.returncode, done.stdout, done.stderr), time.monotonic()


def sockets() -> int:
    """Sockets that this process holds."""
    found = 0
    for fd in Path("/proc/self/fd").iterdir():
        try:
            found += str(fd.readlink()).startswith("socket:")
        except OSError:
            continue
    return found
