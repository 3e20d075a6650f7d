"""For tests of what each stage of a judge sees: a rubric written on the spot, a run of the emotion task, a judge."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from command import Command, Done
from fake_server import FakeServer

EMOTION = "tasks/emotion.yaml"
STEPS = ["Her cheerful words hide how sad she is.", "Her voice cracks with sorrow.", "The answer is sadness."]
REPLY = "Her cheerful words hide how sad she is. Her voice cracks with sorrow.\nAnswer: sadness"
RATED = "one entry for each of the"
RUBRIC = """\
name: staged
version: 1
about: For a test.
sees: [{sees}]
stages:
  - extract: steps
  - rate: steps
    {more}
    question: Does this step rest on the evidence?
    scale: {{0: against it, 1: with it}}
scores:
  reasoning: {{mean: steps}}
  coverage: {{cites: steps}}
  grounding: {{cites: steps}}
"""


def rubric(folder: Path, sees: str = "clues", more: str = "weight: 1") -> Path:
    """A rubric file with one rating of steps."""
    path = folder / "staged.yaml"
    path.write_text(RUBRIC.format(sees=sees, more=more), encoding="utf-8")
    return path


def ratings(*scores: float | str, evidence: str = "the voice cracks") -> str:
    """What a judge replies where steps are rated."""
    rated = [
        {"step": number, "evidence": evidence, "reason": "r", "score": score, "confidence": 1}
        for number, score in enumerate(scores, start=1)
    ]
    return json.dumps({"ratings": rated})


def script(rated: str, *, reply: str = REPLY, more: tuple[Mapping[str, Any], ...] = ()) -> dict[str, Any]:
    """A fake server's: it answers questions, takes the reply apart, and rates the steps."""
    extracted = {"contains": "Break the reply", "text": json.dumps({"steps": STEPS})}
    return {"latency": 0.0, "rules": [*more, extracted, {"contains": RATED, "text": rated}], "default": {"text": reply}}


def ids_file(folder: Path, *ids: str) -> Path:
    """--ids."""
    path = folder / "ids.txt"
    path.write_text("\n".join(ids) + "\n", encoding="utf-8")
    return path


def run(judge: Command, server: FakeServer, out: Path, *more: str | Path, task: str | Path = EMOTION) -> Path:
    """Ask the fake server, by text alone."""
    options = ["--provider", "endpoint", "--base-url", server.base_url, "--model", "m", "--modalities", "text"]
    done = judge("run", task, *options, "--out", out, *more)
    assert done.code == 0, done.err
    return done.folder


def rate(judge: Command, server: FakeServer, folder: Path, *more: str | Path) -> Done:
    """Score with the fake server as the judge."""
    return judge("score", folder, "--judge", "endpoint", "--base-url", server.base_url, "--model", "m", *more)


def asked(server: FakeServer, piece: str = RATED) -> list[dict[str, Any]]:
    """The requests that hold a piece of text."""
    return [line for line in server.requests() if piece in line["prompt"]]
