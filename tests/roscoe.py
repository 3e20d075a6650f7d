"""For the tests of ROSCOE: invented chains in the authors' form, and a judge whose error on step labels is known."""

from __future__ import annotations

import csv
import json
import random
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from command import Command, Done
from fake_server import FakeServer

from judge.asking import rate_messages
from judge.case import Hearing, lines_of
from judge.records import Problem
from judge.rubric import Rubric
from judge.runs import reopen
from judge.score import case_of, read_items
from judge.spec.rubric import read_rubric
from judge.store import Folder

CRITERION = "coherency_and_logic"
RUBRIC = f"""\
name: one-error
version: 1
about: For a test.
sees: [question, target]
stages:
  - extract: lines
  - rate: steps
    criterion: {CRITERION}
    question: Does the step conclude what does not follow?
    scale: {{0: it follows, 1: it does not follow}}
scores:
  recognition: {{rule: label}}
"""
_CLAIMS = ("The baker is awake.", "The train is late.", "Nobody paid the bill.", "The dog sleeps.", "It will rain.")
_STEPS = ("The window is open, so somebody is in.", "Bread smells of morning.", "That is why the door was left ajar.")


def instance(number: int, *, steps: list[str], step: int | None, said: Mapping[str, Any]) -> dict[str, Any]:
    """One instance as JUDGE-BENCH has it; `step` is judged, or the whole chain."""
    chain = "\n".join(f"Step {place} - {text}" for place, text in enumerate(steps, start=1))
    end = f"JUDGE: Step {step} - {steps[step - 1]}" if step else "Judge the generated response:"
    text = (
        "For this task, you will be shown a CONTEXT.\n\nCONTEXT:\n"
        f"Situation (Premise): In house {number} the light is on.\n\nClaim (Hypothesis): {_CLAIMS[number % 5]}\n\n"
        "Is the Claim supported by the Situation?\n\n"
        f"Correct Relationship (Yes or No): {'yes' if number % 2 else 'no'}\n\nGENERATED RESPONSE:\n{chain}\n{end}\n"
    )
    scores = {metric: {"individual_human_scores": [value], "majority_human": value} for metric, value in said.items()}
    return {"id": number, "instance": text, "annotations": scores}


def made(kind: str, *, chains: int = 60, source: str = "invented") -> dict[str, Any]:
    """A whole file, overall or stepwise: chains of three steps, every third step with an error."""
    categorical = {"category": "categorical", "prompt": "?", "labels_list": ["yes", "no"]}
    graded = {"metric": "Overall Quality", "category": "graded", "prompt": "?", "worst": 1, "best": 5}
    found = []
    for number in range(1, chains + 1):
        steps = [*_STEPS[: 1 + number % 2], "The answer is Yes."]
        if kind == "overall":
            said = {"Overall Quality": 1 + number % 5, "Contradiction": "no"}
            found.append(instance(number, steps=steps, step=None, said=said))
            continue
        for step in range(1, len(steps) + 1):
            label = "yes" if (number + step) % 3 == 0 else "no"
            found.append(instance(number, steps=steps, step=step, said={"Coherency and Logic": label}))
    asked = [graded, {"metric": "Contradiction", **categorical}, {"metric": "Coherency and Logic", **categorical}]
    name = f"roscoe-{source}-{kind} (invented for tests)"
    return {"dataset": name, "annotations": asked, "expert_annotator": "true", "instances": found}


def written(folder: Path, **changes: Any) -> list[Path]:
    """Both files."""
    paths = []
    for kind in ("overall", "stepwise"):
        paths.append(folder / f"roscoe-invented-{kind}.json")
        paths[-1].write_text(json.dumps(made(kind, **changes)), encoding="utf-8")
    return paths


def imported(judge: Command, folder: Path, *files: Path) -> Done:
    """The run."""
    return judge("import", *files, "--format", "roscoe", "--task", "roscoe", "--model", "m", "--out", folder / "r")


def labels_in(folder: Path) -> dict[str, int]:
    """People's label of each step, by id/step."""
    with (folder / "human.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["criterion"] == CRITERION]
    return {row["item"]: int(row["score"]) for row in rows}


def rubric(folder: Path) -> Path:
    """One that asks for one kind of error."""
    path = folder / "one-error.yaml"
    path.write_text(RUBRIC, encoding="utf-8")
    return path


def erring(folder: Path, made_rubric: Path, *, error: float, seed: int) -> dict[str, Any]:
    """A fake server's script: each step gets people's label, or with this probability the other one."""
    rng, people, loaded = random.Random(seed), labels_in(folder), read_rubric(made_rubric)
    said = {item: 1 - label if rng.random() < error else label for item, label in people.items()}
    rules = []
    for identity, count, mark in _asked(folder, loaded):
        rated = [
            {"step": step, "evidence": "e", "reason": "r", "score": said[f"{identity}/{step}"], "confidence": 1}
            for step in range(1, count + 1)
        ]
        rules.append({"contains": mark, "text": json.dumps({"ratings": rated})})
    return {"latency": 0.0, "rules": rules, "default": {"text": "no such chain"}}


def _asked(folder: Path, loaded: Rubric) -> list[tuple[str, int, str]]:
    """Of each chain: its id, how many steps it has, and the mark around them, which no other chain's request has."""
    stored = Folder(folder)
    run = stored.read_run()
    opened = reopen(run, near=folder)
    found = []
    for item in read_items(opened.task, opened.samples, run=run, answers=stored.read_answers()):
        case = case_of(opened.task, item, run)
        steps = lines_of(case.reply)
        if not steps:
            continue
        messages = rate_messages(Hearing(judge="j", rubric=loaded, case=case), loaded.rated()[0], steps=steps)
        mark = re.search(r"STEPS-[0-9a-f]{16}>>>", messages[-1].text)
        assert mark is not None, Problem(stage="judge", kind="no_mark")
        found.append((item.sample.id, len(steps), mark[0]))
    return found


def agreed(judge: Command, server: FakeServer, folder: Path, made_rubric: Path) -> dict[str, Any]:
    """Judge by the server, hold it against people, and give the one criterion's results."""
    by = ["--judge", "endpoint", "--base-url", server.base_url, "--model", "m", "--rubric", made_rubric]
    scored = judge("score", folder, *by, "--concurrency", "8")
    assert scored.code in (0, 1), scored.err
    name = f"m@{server.base_url.removeprefix('http://').removesuffix('/v1')}"
    file = folder.parent / "agreement.json"
    common = ["--rubric", made_rubric, "--run", folder, "--criteria", CRITERION, "--json", file]
    done = judge("trust", "agree", "--human", folder / "human.csv", "--judge", name, *common)
    assert done.code == 0, done.err
    (result,) = json.loads(file.read_text())["results"]
    found: dict[str, Any] = result
    return found
