"""`judge compare RUN RUN`: whose answers are better, who is left out, and what the judge must not see."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command import Command, write_lines
from deciding import deciding
from fake_server import read_lines
from pairing_judges import shown

HUMOR = "tasks/humor.yaml"
LONG, SHORT = "The voice is flat, the face is still, and so is the wit.\nAnswer: serious", "Flat.\nAnswer: serious"


def longer(model: str, text: str) -> str:
    """Two models that answer at length or in brief; as a judge, the longer answer wins, and equal ones are A."""
    if "Answer A:" not in text:
        return LONG if model == "wordy" else SHORT
    return json.dumps({"reason": "r", "better": "A" if len(shown(text, "A")) >= len(shown(text, "B")) else "B"})


def runs(judge: Command, url: str, out: Path, *models: str) -> list[Path]:
    common = [HUMOR, "--provider", "endpoint", "--base-url", url, "--limit", "8", "--out", out]
    return [judge("run", *common, "--model", model).folder for model in models]


def compared(judge: Command, url: str, tmp_path: Path, *folders: Path) -> tuple[dict[str, Any], str]:
    where = ["--base-url", url, "--out", tmp_path / "o", "--json", tmp_path / "c.json"]
    done = judge("compare", *folders, "--judge", "endpoint:judging", *where)
    assert done.code == 0, done.err
    found: dict[str, Any] = json.loads((tmp_path / "c.json").read_bytes())["judges"][0]
    return found, done.out


def test_the_better_run_wins_whichever_is_named_first(judge: Command, tmp_path: Path) -> None:
    with deciding(tmp_path / "s", longer) as url:
        wordy, brief = runs(judge, url, tmp_path / "r", "wordy", "brief")
        found, out = compared(judge, url, tmp_path, wordy, brief)
        assert (found["wins"]["first"], found["wins"]["second"], found["wins"]["tie"]) == (8, 0, 0)
        assert "A wins 8, B 0, 0 ties; sign test p 0.0078" in out
        found, _ = compared(judge, url, tmp_path, brief, wordy)
        assert (found["wins"]["first"], found["wins"]["second"]) == (0, 8)


def test_answers_that_are_alike_are_ties_by_their_flips(judge: Command, tmp_path: Path) -> None:
    with deciding(tmp_path / "s", longer) as url:
        found, out = compared(judge, url, tmp_path, *runs(judge, url, tmp_path / "r", "brief", "terse"))
    assert (found["wins"]["tie"], found["wins"]["first_rate"]["value"], found["wins"]["p"]) == (8, 0.5, None)
    assert found["place"]["preference"] == 1.0
    assert "no pair is decided" in out


def test_the_judge_sees_neither_model(judge: Command, tmp_path: Path) -> None:
    with deciding(tmp_path / "s", longer) as url:
        compared(judge, url, tmp_path, *runs(judge, url, tmp_path / "r", "wordy", "brief"))
        asked = [line for line in read_lines(tmp_path / "s" / "ledger.jsonl") if line.get("model") == "judging"]
    assert len(asked) == 16
    assert not [line for line in asked for name in ("wordy", "brief") if name in json.dumps(line["body"])]


def test_an_item_without_a_reply_is_left_out_and_no_defeat(judge: Command, tmp_path: Path) -> None:
    def silent(model: str, text: str) -> str:
        return "" if model == "brief" and "Answer A:" not in text and len(text) % 2 else longer(model, text)

    with deciding(tmp_path / "s", silent) as url:
        found, out = compared(judge, url, tmp_path, *runs(judge, url, tmp_path / "r", "wordy", "brief"))
    lacking = 8 - found["pairs"]
    assert 0 < lacking < 8
    assert f"left out: 0 items without a reply of A, {lacking} without one of B" in out
    assert found["wins"]["first"] == found["pairs"]


@pytest.mark.parametrize(
    ("which", "said"), [("same", "both are the same run"), ("tasks", "are of two tasks"), ("folder", "holds 2 runs")]
)
def test_what_cannot_be_compared_is_refused_before_anything_is_sent(
    judge: Command, tmp_path: Path, which: str, said: str
) -> None:
    out = tmp_path / "r"
    humor = judge("run", HUMOR, "--provider", "majority", "--out", out).folder
    sarcasm = judge("run", "tasks/sarcasm.yaml", "--provider", "majority", "--out", out).folder
    other = {"same": humor, "tasks": sarcasm, "folder": out}[which]
    done = judge("compare", humor, other, "--judge", "endpoint:m", "--base-url", "http://127.0.0.1:9/v1")
    assert done.code == 2
    assert said in done.err


def test_two_answers_of_one_name_are_refused(judge: Command, tmp_path: Path) -> None:
    """A sample called a#1 and the second draw of the sample a."""
    task = tmp_path / "t.yaml"
    task.write_text(TWINS)
    write_lines(tmp_path / "items.jsonl", [{"id": name, "label": "x"} for name in ("a", "a#1")])
    replies = [{"id": name, "draw": draw, "reply": f"x {draw}"} for name in ("a", "a#1") for draw in (0, 1)]
    write_lines(tmp_path / "replies.jsonl", replies)
    folders = []
    for model in ("m", "n"):
        words = ("import", tmp_path / "replies.jsonl", "--task", task, "--model", model, "--out", tmp_path / "r")
        done = judge(*words)
        assert done.code == 0, done.err
        folders.append(done.folder)
    done = judge("compare", *folders, "--judge", "endpoint:m", "--base-url", "http://127.0.0.1:9/v1")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "two answers are called a#1" in done.err


TWINS = """
name: twins
version: 1
about: For a test.
licence: CC0-1.0
data: {path: items.jsonl}
asks: [{name: label, qa: "Say x.", read: {as: label}}]
labels: {x: [], y: []}
target: {label: label}
metrics: [accuracy]
"""
