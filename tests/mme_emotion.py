"""For the tests of MME-Emotion: where the fixture lies, and a judge whose steps and ratings are scripted."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from command import ROOT, Command, Done
from fake_server import FakeServer

FIXTURE = ROOT / "tests" / "fixtures" / "mme_emotion"
TASKS = {
    "er_lab": 500,
    "er_wild": 1800,
    "noise_er": 500,
    "fg_er": 500,
    "ml_er": 600,
    "sa": 1600,
    "fg_sa": 500,
    "ir": 500,
}
"""Every task with the number of its items, in the authors' order (protocol notes 1.1)."""
SCHEME = "in one block and on one line"
"""Stands in the request for ratings, and in no other."""


def task_file(name: str) -> str:
    """As a user names it."""
    return f"tasks/mme_emotion/{name}.yaml"


def steps(*claims: str) -> str:
    """What the judge replies where steps are extracted."""
    return json.dumps({"steps": claims})


def script(
    extracted: Mapping[str, str], rated: Mapping[str, str], *, reply: str, more: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """A fake server's: `reply` to questions; steps and ratings by a piece of the text that asks for them."""
    rules = [{"contains": piece, "text": text} for piece, text in rated.items()]
    rules += [{"contains": piece, "text": text} for piece, text in extracted.items()]
    return {"latency": 0.0, "rules": [*more, *rules], "default": {"text": reply}}


def run(judge: Command, server: FakeServer, name: str, out: Path, *more: str | Path, data: Path = FIXTURE) -> Done:
    """Ask the fake server every item of one task, by text alone."""
    options = ["--provider", "endpoint", "--base-url", server.base_url, "--model", "m", "--modalities", "text"]
    return judge("run", task_file(name), *options, "--data", data, "--out", out, *more)


def rate(judge: Command, server: FakeServer, folder: Path, *more: str, data: Path | None = None) -> Done:
    """Score a run with the fake server as its judge; `data`: the folder that the user names for its clips."""
    options = ["--judge", "endpoint", "--base-url", server.base_url, "--model", "m"]
    options += ["--data", str(data)] if data is not None else []
    return judge("score", folder, *options, *more)
