"""`judge merge`: shards of one run only, and never over another run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from command import ROOT, Command, lines_of

from judge.errors import ResultsError
from judge.records import Answer
from judge.store import Appender

HUMOR = ROOT / "tasks" / "humor.yaml"


def shards(judge: Command, folder: Path, provider: str, *more: str) -> list[Path]:
    options = ["--provider", provider, "--out", folder, *more]
    return [judge("run", HUMOR, *options, "--shard", f"{part}/2", "--name", provider).folder
            for part in (1, 2)]  # fmt: skip


def test_a_merge_does_not_write_over_another_run_of_the_same_name(judge: Command, tmp_path: Path) -> None:
    parts = shards(judge, tmp_path / "shards", "majority")
    other = judge("run", HUMOR, "--provider", "random", "--seed", "1", "--out", tmp_path / "out", "--name", "majority")
    before = (other.folder / "answers.jsonl").read_bytes()
    done = judge("merge", *parts, "--out", tmp_path / "out")
    assert done.code == 2
    assert "holds another run" in done.err
    assert "another --out" in done.err
    assert (other.folder / "answers.jsonl").read_bytes() == before


def test_shards_of_different_runs_are_refused(judge: Command, tmp_path: Path) -> None:
    one = shards(judge, tmp_path, "majority")[0]
    other = shards(judge, tmp_path, "random", "--seed", "1")[1]
    done = judge("merge", one, other, "--out", tmp_path / "out")
    assert done.code == 2
    assert "of another run than" in done.err
    assert not (tmp_path / "out").exists() or not any((tmp_path / "out").iterdir())


def test_a_folder_with_answers_and_without_its_run_is_not_written_to(judge: Command, tmp_path: Path) -> None:
    parts = shards(judge, tmp_path / "shards", "majority")
    (tmp_path / "out" / "majority").mkdir(parents=True)
    (tmp_path / "out" / "majority" / "answers.jsonl").write_text("")
    done = judge("merge", *parts, "--out", tmp_path / "out")
    assert done.code == 2
    assert "no run.json" in done.err


def test_a_merge_with_one_more_shard_goes_on_from_the_earlier_one(judge: Command, tmp_path: Path) -> None:
    parts = shards(judge, tmp_path, "majority")
    first = judge("merge", parts[0], "--out", tmp_path / "out")
    both = judge("merge", *parts, "--out", tmp_path / "out")
    assert (first.code, both.code) == (1, 0)
    assert len(lines_of(both.folder / "answers.jsonl")) == 32


def test_a_kernel_that_takes_only_part_of_a_write_loses_nothing(
    judge: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = judge("run", HUMOR, "--provider", "majority", "--out", tmp_path).folder
    answers = [Answer.model_validate(line) for line in lines_of(folder / "answers.jsonl")]
    write = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: write(handle, bytes(data)[:1000]))
    log = Appender(tmp_path / "copy.jsonl")
    log.append(answers)
    log.close()
    assert (tmp_path / "copy.jsonl").read_bytes() == (folder / "answers.jsonl").read_bytes()


def test_a_disk_that_takes_nothing_more_leaves_the_file_as_it_was(
    judge: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = judge("run", HUMOR, "--provider", "majority", "--out", tmp_path).folder
    answers = [Answer.model_validate(line) for line in lines_of(folder / "answers.jsonl")]
    write, left = os.write, [2500]

    def full(handle: int, data: bytes) -> int:
        written = write(handle, bytes(data)[: min(1000, left[0])]) if left[0] else 0
        left[0] -= written
        return written

    log = Appender(tmp_path / "copy.jsonl")
    log.append(answers[:1])
    before = (tmp_path / "copy.jsonl").read_bytes()
    monkeypatch.setattr(os, "write", full)
    with pytest.raises(ResultsError):
        log.append(answers[1:])
    monkeypatch.undo()
    log.close()
    assert (tmp_path / "copy.jsonl").read_bytes() == before
