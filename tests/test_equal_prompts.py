"""Two items whose prompts are equal word for word: where the task says `distinct: id`, each has a reply of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from building import make_task
from command import ROOT, Command, lines_of, write_lines
from fake_server import serve
from mme_emotion import FIXTURE, run, task_file

from judge.prompts import identity
from judge.spec.task import read_task


def words_of_the_server(folder: Path) -> list[str]:
    return [line["replies"][0]["text"] for line in lines_of(folder / "answers.jsonl")]


def test_items_with_equal_prompts_are_each_asked_and_each_kept_by_its_own_key(judge: Command, tmp_path: Path) -> None:
    with serve(tmp_path, {"latency": 0.05, "default": {"text": "Answer: negative"}}) as server:
        done = run(judge, server, "sa", tmp_path / "r")
        prompts = [line["prompt"] for line in server.requests()]
        again = run(judge, server, "sa", tmp_path / "again")
        assert len(server.requests()) == 4, "a second run is served from the cache"
    assert len(prompts) == 4
    assert len(set(prompts)) == 2, "one prompt for each source"
    assert not [text for text in prompts if "dia1" in text], "the id is in the key and is not sent"
    keys = [line["replies"][0]["request"] for line in lines_of(done.folder / "answers.jsonl")]
    assert len(set(keys)) == 4
    stored = {line["sample_id"]: line["replies"][0] for line in lines_of(again.folder / "answers.jsonl")}
    assert all(reply["cached"] for reply in stored.values())
    assert {name: reply["request"] for name, reply in stored.items()} == {
        line["sample_id"]: line["replies"][0]["request"] for line in lines_of(done.folder / "answers.jsonl")
    }


def test_a_reply_to_one_item_never_answers_another_of_the_same_prompt(judge: Command, tmp_path: Path) -> None:
    """One run after the other over one cache, the second of another item."""
    with serve(tmp_path / "one", {"default": {"text": "Answer: negative"}, "model": "m"}) as first:
        ids = tmp_path / "ids.txt"
        ids.write_text("MELD/video/dia1.mp4\n")
        run(judge, first, "sa", tmp_path / "r1", "--ids", ids)
        one = words_of_the_server(next((tmp_path / "r1").iterdir()))
        ids.write_text("MELD/video/dia2.mp4\n")
        run(judge, first, "sa", tmp_path / "r2", "--ids", ids)
        assert len(first.requests()) == 2, "the second item was asked, and not served the first one's reply"
    assert one == ["Answer: negative"]


def test_without_distinct_equal_prompts_share_one_call(judge: Command, tmp_path: Path) -> None:
    """What the task file changes, and nothing else does."""
    written: dict[str, Any] = yaml.safe_load((ROOT / task_file("sa")).read_text())
    del written["distinct"]
    (tmp_path / "sa.yaml").write_text(yaml.safe_dump(written))
    with serve(tmp_path, {"latency": 0.05, "default": {"text": "Answer: negative"}}) as server:
        options = ["--provider", "endpoint", "--base-url", server.base_url, "--model", "m", "--modalities", "text"]
        done = judge("run", tmp_path / "sa.yaml", *options, "--data", FIXTURE, "--out", tmp_path / "r")
        assert done.code == 0, done.err
        assert len(server.requests()) == 2


TWINS = """\
name: twins
version: 1
about: Two items that differ in their id only.
licence: CC0-1.0
data: {path: twins.jsonl}
distinct: id
asks:
  - name: label
    qa: "{utterance} Is it humorous or serious?"
    read: {as: label}
labels: {humorous: [], serious: []}
target: {label: label}
metrics: [accuracy]
"""


def test_the_check_of_a_run_finds_a_reply_that_is_another_items(judge: Command, tmp_path: Path) -> None:
    (tmp_path / "twins.yaml").write_text(TWINS)
    items = [{"id": f"t-{number}", "utterance": "So it rains.", "label": "serious"} for number in (1, 2, 3)]
    write_lines(tmp_path / "twins.jsonl", items)
    with serve(tmp_path, {"default": {"text": "Answer: serious"}}) as server:
        options = ["--provider", "endpoint", "--base-url", server.base_url, "--model", "m", "--out", tmp_path / "r"]
        done = judge("run", tmp_path / "twins.yaml", *options)
        assert len(server.requests()) == 3
    assert judge("doctor", "--deep", done.folder).code == 0, "as it was written"
    lines = lines_of(done.folder / "answers.jsonl")
    lines[0]["replies"], lines[1]["replies"] = lines[1]["replies"], lines[0]["replies"]
    write_lines(done.folder / "answers.jsonl", lines)
    found = judge("doctor", "--deep", done.folder)
    assert found.code != 0
    assert "is not the answer to its item's question" in found.out + found.err


def test_another_item_is_another_question_and_the_run_is_another_one() -> None:
    task = read_task(ROOT / task_file("sa"), None)
    plain = task.model_copy(update={"distinct": None})
    assert task.ask_digest("cot", {}) != plain.ask_digest("cot", {})
    assert plain.ask_digest("cot", {}) == plain.model_copy(update={"labels_from": None}).ask_digest("cot", {})


def test_a_task_without_distinct_gives_no_identity() -> None:
    class Item:
        id = "h-1"

    assert identity(make_task(), Item()) == ""  # type: ignore[arg-type]
    assert identity(make_task(distinct="id"), Item()) == "h-1"  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="distinct"):
        make_task(distinct="clip")
