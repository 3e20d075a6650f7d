"""Results folders of a stranger's: what each has in place of a sound run, and what `judge score` must say of it."""

# ruff: noqa: E501  a table: one folder is one line

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

Change = Callable[[Path], object]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One folder."""

    name: str
    change: Change
    """Of the run's folder, which was sound and scored."""
    says: str
    code: int = 2
    command: tuple[str, ...] = ("score", "{runs}/run", "--fresh")
    may_hash: str = ""
    """A file outside that is opened, but only to be held against the run's digest."""


def run_json(**changes: Any) -> Change:
    """run.json with other values; a name with a dot reaches into a mapping."""

    def change(folder: Path) -> None:
        body = json.loads((folder / "run.json").read_text())
        for name, value in changes.items():
            *above, last = name.split("__")
            place = body
            for part in above:
                place = place[part]
            place[last] = value
        (folder / "run.json").write_text(json.dumps(body))

    return change


def answers(**changes: Any) -> Change:
    """The first line of answers.jsonl with other values."""

    def change(folder: Path) -> None:
        first, *rest = (folder / "answers.jsonl").read_text().splitlines(keepends=True)
        (folder / "answers.jsonl").write_text(json.dumps(json.loads(first) | changes) + "\n" + "".join(rest))

    return change


def summary(**changes: Any) -> Change:
    """summary.json with other values."""

    def change(folder: Path) -> None:
        body = json.loads((folder / "summary.json").read_text())
        (folder / "summary.json").write_text(json.dumps(body | changes))

    return change


def text(name: str, content: str) -> Change:
    """Another file in place of one."""
    return lambda folder: (folder / name).write_text(content)


def sparse(name: str, size: int) -> Change:
    """A file of zeros that takes no room."""

    def change(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        (folder / name).touch()
        os.truncate(folder / name, size)

    return change


def pipe_as(name: str, **changes: Any) -> Change:
    """A pipe in the folder, and run.json that may name it."""

    def change(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        os.mkfifo(folder / name)
        if changes:
            run_json(**{key: str(folder / value) for key, value in changes.items()})(folder)

    return change


def link_to_everything(folder: Path) -> None:
    """Folders that lead to the whole machine and round in circles, beside the run."""
    (folder.parent / "all").symlink_to("/")
    (folder.parent / "self").symlink_to(folder.parent)


def aside(name: str, target: str = "precious.txt") -> Change:
    """A link in place of a file of the run, to something precious outside."""

    def change(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(folder.parent.parent.parent / target)

    return change


ALL = ("score", "{runs}", "--fresh")
REPORT = ("report", "{runs}")
SHOW = ("show", "{runs}/run", "a-1")
DEEP = "[" * 100_000
CASES = (
    Case(name="task file that is none", change=run_json(task_file="/etc/passwd"), says="is no YAML file"),
    Case(name="task file that is a device", change=run_json(task_file="/dev/zero"), says="is not there", code=3),
    Case(name="task file that is a pipe", change=pipe_as("task.yaml", task_file="task.yaml"), says="is not there", code=3),
    Case(name="data that is a secret", change=run_json(data_file="/etc/passwd"), says="has changed since this run", may_hash="/etc/passwd"),
    Case(name="data that is a secret, shown", change=run_json(data_file="/etc/passwd"), says="has changed since this run", may_hash="/etc/passwd", command=SHOW),
    Case(name="data that is a device", change=run_json(data_file="/dev/zero"), says="is not there", code=3),
    Case(name="data that is standard input", change=run_json(data_file="/dev/stdin"), says="is not there", code=3),
    Case(name="data that is a pipe", change=pipe_as("items", data_file="items"), says="is not there", code=3),
    Case(name="data that is the environment", change=run_json(data_file="/proc/self/environ"), says="has changed", may_hash="/proc"),
    Case(name="path of the stored task", change=run_json(task_file="gone.yaml", task_spec__data={"path": "../../../../../../etc/passwd"}), says="names what no task may"),
    Case(name="absolute path of the stored task", change=run_json(task_file="gone.yaml", task_spec__data={"path": "/etc/passwd", "format": "csv"}), says="names what no task may"),
    Case(name="rubric of the stored task", change=run_json(task_file="gone.yaml", task_spec__rubric="/etc/passwd", task_spec__metrics=["reasoning"]), says="names what no task may"),
    Case(name="rubric above the stored task", change=run_json(task_file="gone.yaml", task_spec__rubric="../../x.yaml"), says="names what no task may"),
    Case(name="hub of the stored task", change=run_json(task_file="gone.yaml", task_spec__data={"hub": "../../etc"}), says="names what no task may"),
    Case(name="stored task of wrong types", change=run_json(task_spec__labels=[["secret"]]), says="is not one of this version: labels"),
    Case(name="endless repeats", change=run_json(selection__repeats=10**9), says="repeats"),
    Case(name="shard of nothing", change=run_json(selection__shard=[0, 0]), says="shard"),
    Case(name="ids that are not there", change=run_json(selection__ids=["x\n✓ all is well"]), says="are not in the data", code=3),
    Case(name="deep run", change=text("run.json", DEEP), says="run.json"),
    Case(name="numbers that are none", change=run_json(sampling={"temperature": float("nan")}), says="run.json"),
    Case(name="name that is a path", change=run_json(name="../../../tmp/x", task="../\x1b]0;x\x07"), says="accuracy", code=0),
    Case(name="deep answers", change=text("answers.jsonl", DEEP + "\n"), says="answers.jsonl:1"),
    Case(name="cost that is none", change=answers(replies=[{"ask": "label", "text": "x", "usage": {"cost": float("nan")}}]), says="answers.jsonl:1"),
    Case(name="cost without end", change=lambda folder: (folder / "answers.jsonl").write_text((folder / "answers.jsonl").read_text().replace('"cost":null', '"cost":1e999')), says="answers.jsonl:1"),
    Case(name="answers of wrong types", change=answers(replies={"0": 1}), says="answers.jsonl:1"),
    Case(name="deep summary", change=text("summary.json", DEEP), says="summary.json: is damaged"),
    Case(name="summary of wrong types", change=summary(run={"judges": 1}), says="summary.json: is damaged"),
    Case(name="summary of wrong types, reported", change=summary(run=[]), says="summary.json: is damaged", command=REPORT),
    Case(name="summary that lacks all, reported", change=summary(run={}), says="summary.json: is damaged", command=REPORT),
    Case(name="folders that lead out", change=link_to_everything, says="accuracy", code=0, command=ALL),
    Case(name="verdicts of wrong types", change=text("verdicts.jsonl", '{"score": "x"}\n'), says="verdicts.jsonl:1", command=("score", "{runs}/run", "--fresh", "--judge", "rules", "--rubric", "{folder}/rubric.yaml")),
)  # fmt: skip


JUDGED = ("score", "{runs}/run", "--fresh", "--judge", "rules", "--rubric", "{folder}/rubric.yaml")
STORE_CASES = (
    Case(name="verdicts by a link to nothing", change=aside("verdicts.jsonl", "new.txt"), says="verdicts.jsonl", command=JUDGED, code=4),
    Case(name="run by a link", change=aside("run.json"), says="run.json"),
    Case(name="answers by a link", change=aside("answers.jsonl"), says="answers.jsonl"),
    Case(name="verdicts by a link", change=aside("verdicts.jsonl"), says="verdicts.jsonl", command=JUDGED),
    Case(name="summary by a link", change=aside("summary.json"), says="summary.json"),
    Case(name="lock by a link", change=aside(".lock"), says=".lock", code=3),
    Case(name="run that is a pipe", change=pipe_as("run.json"), says="run.json", command=ALL),
    Case(name="answers that are a pipe", change=pipe_as("answers.jsonl"), says="answers.jsonl"),
    Case(name="answers in one line of 500 MB", change=sparse("answers.jsonl", 500_000_000), says="answers.jsonl"),
)  # fmt: skip
"""What the writer of these files (judge/store.py) has to refuse."""
