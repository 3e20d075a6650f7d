"""Runs whose every text is hostile: one made by the real commands, and summaries in which each field is a payload."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml
from command import Command

from judge.records import Answer, AskReply, Problem
from judge.store import Appender, Folder
from judge.visible import one_line

KEPT = frozenset({"mode", "schema"})
NAMED = frozenset({"settings", "messages", "errors", "problems"})
"""Mappings whose keys are texts from outside, too."""
_WITHOUT_HALVES = re.compile("[\ud800-\udfff]")
MARK = re.compile(r"‹F(\d+)›")
Marker = Callable[[str], str]


def as_id(text: str) -> str:
    """The payload as an id: what cannot be printed is refused in one, so that it is written out."""
    return "".join(part if part.isprintable() else ascii(part)[1:-1] for part in one_line(text))[:500]


def hostile_task(folder: Path, payloads: Sequence[str]) -> Path:
    """A task in which every text that can be one is hostile; its items' ids, groups, labels and clues, too."""
    names = [payload for payload in payloads if payload.strip()]
    written = [_WITHOUT_HALVES.sub("", payload) for payload in payloads]  # YAML has no lone surrogates
    many = " ".join(written)
    body = {
        "name": "hostile",
        "version": 1,
        "about": many,
        "licence": written[0],
        "citation": written[1],
        "data": {"path": "items.jsonl", "id": "id"},
        "asks": [{"name": "label", "qa": "{text}", "read": {"as": "label"}}],
        "labels": {"glad": [], "upset": []},
        "target": {"label": "label", "clues": "clues"},
        "groups": {"by": "group"},
        "metrics": ["accuracy", "cot"],
        "rubric": "humor",
        "references": [
            {"model": text, "metric": "accuracy", "value": 1.5, "source": text, "caveat": text}
            for text in written
            if text.strip()
        ],
    }
    items = [
        {"id": as_id(text), "text": text, "label": "glad", "group": text if number < 12 else "rest", "clues": [text]}
        for number, text in enumerate(names)
    ]
    (folder / "items.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))
    path = folder / "hostile.yaml"
    path.write_text(yaml.safe_dump(body, allow_unicode=False))
    return path


def hostile_run(judge: Command, folder: Path, payloads: Sequence[str], *, model: str) -> Path:
    """Imported, then failures with hostile kinds and messages written, then scored; by the real commands."""
    task = hostile_task(folder, payloads)
    items = [json.loads(line) for line in (folder / "items.jsonl").read_text().splitlines()]
    lines = [
        {"id": item["id"], "reply": f"{item['text']}\nAnswer: glad", "thinking": item["text"]} for item in items[::2]
    ]
    (folder / "replies.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    done = judge("import", folder / "replies.jsonl", "--task", task, "--model", model, "--out", folder / "runs")
    assert done.code == 0, done.err
    log = Appender(Folder(done.folder).answers_file)
    log.append(_failed(item["text"]) for item in items[1::2])
    log.close()
    scored = judge("score", folder / "runs")
    assert scored.code == 1, scored.err  # answers failed, which the exit code says
    return done.folder


def _failed(text: str) -> Answer:
    problem = Problem(stage="call", kind=text, message=text)
    reply = AskReply(ask="label", text=text, thinking=text, model=text, notes=(text,))
    return Answer(sample_id=as_id(text), variant="qa", status="error", problem=problem, replies=(reply,))


def poisoned(
    summary: dict[str, Any], payloads: Iterator[str], *, first: int
) -> tuple[dict[str, Any], dict[int, tuple[str, str]]]:
    """The summary with a payload and a mark in place of each text; and what each mark stands for: path and payload."""
    marks: dict[int, tuple[str, str]] = {}

    def mark(path: str) -> str:
        payload, number = next(payloads), first + len(marks)
        marks[number] = (path, payload)
        return f"{payload}‹F{number}›"

    return _poison(summary, "", mark), marks


def _poison(value: Any, path: str, mark: Callable[[str], str]) -> Any:
    last = path.rsplit(".", 1)[-1]
    if last == "rubric_spec":
        return value  # it must be a rubric, which is checked when the summary is read
    if isinstance(value, str):
        return value if last in KEPT or value == "overall" else mark(path)
    if isinstance(value, list):
        return [_poison(item, path, mark) for item in value]
    if isinstance(value, dict):
        outer = last in NAMED or (path.startswith(".problems") and path.count(".") == 2)
        inner = {name: _poison(part, f"{path}.{name}", mark) for name, part in value.items()}
        return {mark(f"{path}.{name}<key>"): part for name, part in inner.items()} if outer else inner
    return value
