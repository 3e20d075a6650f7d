"""Senses in what is published: signatures, the report, and a run whose clips have changed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from command import ROOT, Command
from fake_server import serve

EMOTION = "tasks/emotion.yaml"
TASK = """
name: clips
version: 1
about: two clips
licence: CC0
data: {path: items.jsonl}
modalities: [text, video]
media: {video: clip}
asks: [{name: label, qa: "{text}: which?", read: {as: label}}]
labels: {joy: [], anger: []}
target: {label: label}
metrics: [accuracy]
"""


def signatures(folder: Path) -> set[str]:
    summary = json.loads((folder / "summary.json").read_text())
    return {
        item["signature"] for item in summary["estimates"] if item["metric"] == "accuracy" and item["mode"] == "strict"
    }


def test_runs_with_other_senses_have_other_signatures_and_names_in_the_report(judge: Command, tmp_path: Path) -> None:
    found = []
    for senses in ("text,video,audio", "text", "video,audio"):
        done = judge("run", EMOTION, "--provider", "majority", "--modalities", senses, "--out", tmp_path)
        assert judge("score", done.folder, "--metrics", "accuracy").code == 0
        found.append(signatures(done.folder))
    assert len(set.union(*found)) == 3
    assert any("senses:text=text,video=away,audio=away" in text for text in found[1])
    assert not any("media:frames" in text for text in found[1]), "no frame was sent"
    assert judge("report", tmp_path).code == 0
    report = (tmp_path / "report.md").read_text()
    assert "video=away" in report
    assert "text=away" in report


@pytest.fixture
def task(tmp_path: Path) -> Path:
    for name in ("joy.mp4", "anger.mp4"):
        shutil.copy(ROOT / "tasks" / "samples" / name, tmp_path / name)
    (tmp_path / "items.jsonl").write_text(
        '{"id": "a", "text": "x", "clip": "joy.mp4", "label": "joy"}\n'
        '{"id": "b", "text": "y", "clip": "anger.mp4", "label": "anger"}\n'
    )
    (tmp_path / "clips.yaml").write_text(TASK)
    return tmp_path / "clips.yaml"


def test_a_clip_that_has_changed_is_asked_again_and_said(judge: Command, task: Path, tmp_path: Path) -> None:
    with serve(tmp_path / "s", {"latency": 0.0, "default": {"text": "Answer: joy"}}) as server:
        line = ["run", str(task), "--provider", "endpoint", "--base-url", server.base_url, "--model", "m"]
        line += ["--out", str(tmp_path / "r"), "--cache", str(tmp_path / "c")]
        assert judge(*line).code == 0
        assert "nothing was left to ask" in judge(*line).out
        shutil.copy(tmp_path / "anger.mp4", tmp_path / "joy.mp4")
        again = judge(*line)
        assert again.code == 0
        assert "the files of 1 item have changed since they were answered: asked again (a)" in again.err
        assert len(server.requests()) == 3
        assert "nothing was left to ask" in judge(*line).out


def test_a_cache_that_cannot_hold_decoded_media_is_found_out_before_anything_is_sent(
    judge: Command, task: Path, tmp_path: Path
) -> None:
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "media").write_text("in the way")
    with serve(tmp_path / "s", {"latency": 0.0}) as server:
        line = ["run", str(task), "--provider", "endpoint", "--base-url", server.base_url, "--model", "m"]
        done = judge(*line, "--out", tmp_path / "r", "--cache", tmp_path / "c")
        assert (done.code, server.requests()) == (3, [])
    assert "decoded media cannot be kept" in done.err
    assert not list((tmp_path / "r").glob("*/run.json")), "nothing came of it, so that no folder is left"


def test_an_empty_cell_is_an_item_without_a_clip(judge: Command, task: Path, tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text("id,text,clip,label\na,x,joy.mp4,joy\nb,y,,anger\n")
    task.write_text(TASK.replace("items.jsonl", "items.csv"))
    done = judge(
        "run", task, "--provider", "endpoint", "--base-url", "http://127.0.0.1:1/v1", "--model", "m", "--dry-run"
    )
    assert done.code == 0, done.err
    assert "2 items" in done.out
