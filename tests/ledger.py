"""A task of many short items, the key of each item's request, and what lies on disk between two lives of a run."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from command import write_lines
from fake_server import FakeServer

from judge.cli.main import parsed
from judge.cli.preparing import prepare
from judge.prompts import Attached
from judge.run import _request

TASK = """
name: many
version: 1
about: short items
licence: CC0
data: {path: items.jsonl}
asks:
  - {name: label, qa: "line {number}. humorous or serious?", read: {as: label}}
labels: {humorous: [], serious: []}
target: {label: label}
metrics: [accuracy]
rubric: humor
"""
JUDGED = {
    "latency": 0.005,
    "default": {"text": "It is a joke about cake. The voice is playful.\nAnswer: humorous"},
    "rules": [
        {"contains": "Break the reply below", "text": '{"steps": ["a joke about cake", "the answer"]}'},
        {
            "contains": "one entry for each of the 1 steps",
            "text": '{"ratings": [{"step": 1, "evidence": "e", "reason": "r", "score": 1, "confidence": 1}]}',
        },
        {"contains": "Reply with JSON only", "text": '{"evidence": "e", "reason": "r", "score": 3, "confidence": 1}'},
    ],
}
"""A server that answers as a model under test and as a judge."""
WORKERS = 8
CHANGING = ("seconds", "attempts", "doubtful")
"""Of a reply: what a kill may change."""


class Job:
    """The task, the server, and where results and cache lie."""

    def __init__(self, folder: Path, server: FakeServer, *, count: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        labels = ("humorous", "serious")
        items = [{"id": f"k{n}", "number": n, "label": labels[n % 2]} for n in range(count)]
        write_lines(folder / "items.jsonl", items)
        (folder / "many.yaml").write_text(TASK)
        self.folder, self.server, self.count = folder, server, count
        self.run = folder / "r" / "k"
        self.cache = folder / "cache"
        self.prompts = {f"line {n}. humorous or serious?": f"k{n}" for n in range(count)}
        self.keys = self._keys()

    def line(self, *more: str | Path) -> list[str | Path]:
        """The command line of the run."""
        where: list[str | Path] = [
            "--cache",
            self.cache,
            "--out",
            self.folder / "r",
            "--name",
            "k",
            "--concurrency",
            str(WORKERS),
        ]
        whom = ["--provider", "endpoint", "--base-url", self.server.base_url, "--model", "m"]
        return ["run", self.folder / "many.yaml", *whom, *where, *more]

    def _keys(self) -> dict[str, str]:
        """Request key -> item."""
        work = prepare(parsed([str(word) for word in self.line()]))
        ask = work.plan.task.asks[0]
        return {
            _request(work.plan, ask, (sample, 0), earlier={}, attached=Attached()).key: sample.id
            for sample in work.samples
        }

    def asked(self, since: int = 0) -> list[str]:
        """The items that the server was asked for, by its ledger, from its so-manieth request on."""
        return [self.prompts[line["prompt"]] for line in self.server.requests()[since:]]

    def committed(self) -> set[str]:
        """The items whose replies are in the cache."""
        path = self.cache / "replies.sqlite"
        if not path.exists():
            return set()
        with closing(sqlite3.connect(path, timeout=30)) as connection:
            if not connection.execute("SELECT name FROM sqlite_master WHERE name = 'replies'").fetchall():
                return set()
            rows = connection.execute("SELECT key FROM replies").fetchall()
        return {self.keys[row[0]] for row in rows}

    def settle(self) -> None:
        """Wait until the server has read what a killed client had sent."""
        before = -1
        while (now := len(self.server.requests())) != before:
            before = now
            time.sleep(0.03)

    def answers(self) -> list[dict[str, Any]]:
        """The lines of answers.jsonl, without what a kill may change, in the items' order."""
        lines = [json.loads(line) for line in (self.run / "answers.jsonl").read_text().splitlines()]
        for line in lines:
            for reply in line["replies"]:
                reply["request"] = self.keys[reply["request"]]  # the key itself covers the server's port
                for name in CHANGING:
                    del reply[name]
        return sorted(lines, key=lambda line: int(line["sample_id"][1:]))

    def run_file(self) -> dict[str, Any]:
        """run.json."""
        found: dict[str, Any] = json.loads((self.run / "run.json").read_text())
        return found
