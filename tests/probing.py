"""A run to probe judges on: items that name their number in question, clue and reply, so that a judge can tell them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from command import Command, Done, write_lines

TASK = """
name: probed
version: 1
about: Invented items for probes.
licence: CC0-1.0
data: {path: items.jsonl}
asks: [{name: label, qa: "This is item {number}.", read: {as: label}}]
labels: {glad: [], sad: []}
target: {label: label, reference: reference, clues: clues}
metrics: [accuracy]
rubric: probed
"""
RUBRIC = """
name: probed
version: 1
about: One criterion on five levels.
sees: [question, reply, clues]
stages:
  - rate: answer
    criterion: cot
    question: How good is the chain?
    scale: {1: none, 2: poor, 3: fair, 4: good, 5: best}
scores: {cot: {criterion: cot}}
"""


def probed_run(judge: Command, folder: Path, count: int = 60) -> Path:
    """A run of `count` replies, each of about 150 characters in two sentences."""
    (folder / "rubrics").mkdir(parents=True)
    (folder / "rubrics" / "probed.yaml").write_text(RUBRIC)
    (folder / "task.yaml").write_text(TASK)
    items = [
        {
            "id": f"p{number}",
            "number": number,
            "label": "glad" if number % 2 else "sad",
            "reference": f"reference of item {number}",
            "clues": [{"sense": "voice", "cue": f"clue {number}"}],
        }
        for number in range(count)
    ]
    write_lines(folder / "items.jsonl", items)
    replies = [
        {
            "id": item["id"],
            "reply": f"What is heard in item {item['number']} speaks for this reading.\n"
            f"What is seen in item {item['number']} does not speak against it.\nAnswer: {item['label']}",
        }
        for item in items
    ]
    write_lines(folder / "replies.jsonl", replies)
    done = judge(
        "run", folder / "task.yaml", "--provider", "replay", "--replies", folder / "replies.jsonl", "--out",
        folder / "results",
    )  # fmt: skip
    assert done.code == 0, done.err
    return done.folder


def asked(judge: Command, run: Path, url: str, *more: str | Path, to: str = "probe") -> Done:
    """`judge trust probe`, or `judge score`, with the judge at `url`; one call at a time: draws have an order."""
    words = ("trust", "probe", run) if to == "probe" else ("score", run)
    return judge(*words, "--judge", "endpoint", "--model", "seeded-1", "--base-url", url, "--concurrency", "1", *more)


def effects_of(run: Path) -> dict[str, dict[str, Any]]:
    """By probe: its effects by name, and why there are none."""
    (file,) = (run.parent / "cards").glob("*/probes.json")
    found = json.loads(file.read_text())["results"]
    return {
        item["probe"]: {effect["name"]: effect for effect in item["effects"]} | {"reason": item["reason"]}
        for item in found
    }
