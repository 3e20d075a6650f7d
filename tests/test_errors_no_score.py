"""An error is never a score: neither a zero in a mean nor a wrong label; what an import left out is another matter."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command import Command, estimate, write_lines
from fake_server import serve

TASK = """
name: four
version: 1
about: four items
licence: CC0
data: {path: items.jsonl}
asks:
  - {name: label, qa: "item {number}. humorous or serious?", read: {as: label}}
labels: {humorous: [], serious: []}
target: {label: label, reference: why}
metrics: [accuracy, macro_f1, rouge_l]
"""
REPLY = {"default": {"text": "A cake joke.\nAnswer: humorous"}, "latency": 0}


@pytest.fixture
def task(tmp_path: Path) -> Path:
    items = [{"id": f"i{n}", "number": n, "label": "humorous", "why": "a cake joke"} for n in range(4)]
    write_lines(tmp_path / "items.jsonl", items)
    (tmp_path / "four.yaml").write_text(TASK)
    return tmp_path / "four.yaml"


@pytest.mark.parametrize("metric", ["accuracy", "macro_f1"])
def test_a_failed_call_is_in_n_and_missing_and_counts_neither_right_nor_wrong(
    judge: Command, task: Path, tmp_path: Path, metric: str
) -> None:
    faults = [{"kind": "bad_request", "contains": "item 3"}]
    with serve(tmp_path / "server", REPLY | {"faults": faults}) as server:
        whom = ["--provider", "endpoint", "--base-url", server.base_url, "--model", "m", "--out", tmp_path / "r"]
        run = judge("run", task, *whom)
    assert run.code == 1
    assert judge("score", run.folder).code == 1, "the exit code says that an answer failed"
    found = estimate(run.folder, metric)
    assert (found["value"], found["n"], found["valid"], found["missing"]) == (1.0, 4, 3, 1)


def test_a_text_metric_leaves_a_failed_call_out_and_counts_a_refusal(
    judge: Command, task: Path, tmp_path: Path
) -> None:
    faults = [{"kind": "bad_request", "contains": "item 3"}, {"kind": "safety_stop", "contains": "item 2"}]
    with serve(tmp_path / "server", REPLY | {"faults": faults}) as server:
        whom = ["--provider", "endpoint", "--base-url", server.base_url, "--model", "m", "--out", tmp_path / "r"]
        run = judge("run", task, *whom)
    judge("score", run.folder)
    found = estimate(run.folder, "accuracy")
    assert (found["value"], found["n"], found["missing"]) == (pytest.approx(2 / 3), 4, 2)
    summary = json.loads((run.folder / "summary.json").read_text())["run"]
    assert summary["statuses"] == {"ok": 2, "refused": 1, "empty": 0, "truncated": 0, "error": 1}


def test_items_that_were_not_asked_yet_do_not_lower_a_score(judge: Command, task: Path, tmp_path: Path) -> None:
    with serve(tmp_path / "server", REPLY) as server:
        whom = ["--provider", "endpoint", "--base-url", server.base_url, "--model", "m", "--out", tmp_path / "r"]
        run = judge("run", task, *whom)
    lines = (run.folder / "answers.jsonl").read_bytes().splitlines(keepends=True)
    (run.folder / "answers.jsonl").write_bytes(b"".join(lines[:2]))
    assert judge("score", run.folder).code == 1
    found = estimate(run.folder, "accuracy")
    assert (found["value"], found["n"], found["valid"], found["missing"]) == (1.0, 4, 2, 2)


def test_what_an_import_left_out_counts_nothing_right(judge: Command, task: Path, tmp_path: Path) -> None:
    replies = write_lines(tmp_path / "replies.jsonl", [{"id": "i0", "reply": "Answer: humorous"}])
    run = judge("import", replies, "--task", task, "--model", "m", "--out", tmp_path / "r")
    judge("score", run.folder)
    found = estimate(run.folder, "accuracy")
    assert (found["value"], found["n"], found["missing"]) == (0.25, 4, 3)
