"""Listing, showing, checking and making tasks, rubrics, providers; `doctor` and `ls`."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import ROOT, Command

TASKS = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tasks").rglob("*.yaml"))
RUBRICS = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "rubrics").glob("*.yaml"))


@pytest.mark.parametrize("path", TASKS)
def test_every_shipped_task_passes_its_check(judge: Command, path: str) -> None:
    done = judge("tasks", "check", path)
    assert done.code == 0, done.err
    assert done.out.startswith("✓")


@pytest.mark.parametrize("path", RUBRICS)
def test_every_shipped_rubric_passes_its_check(judge: Command, path: str) -> None:
    assert judge("rubrics", "check", path).code == 0


@pytest.mark.parametrize("kind", ["tasks", "rubrics", "providers", "metrics"])
def test_a_bare_word_lists_what_there_is(judge: Command, kind: str) -> None:
    done = judge(kind)
    assert done.code == 0
    assert judge(kind, "list").out == done.out
    assert len(done.out.splitlines()) >= 4


def test_show_prints_the_prompt_that_a_model_gets_and_sends_nothing(judge: Command) -> None:
    done = judge("tasks", "show", "humor", "--sample", "h-001", "--prompt", "qa")
    assert done.code == 0
    assert "Answer with one word." in done.out
    assert "{utterance}" not in done.out
    wrong = judge("tasks", "show", "humor", "--sample", "h-01")
    assert wrong.code == 2
    assert "did you mean" in wrong.err


def test_a_new_task_passes_its_check_runs_and_is_scored(judge: Command, tmp_path: Path) -> None:
    made = judge("new", "task", "pride", "--dir", tmp_path)
    assert made.code == 0
    task = tmp_path / "tasks" / "pride.yaml"
    assert judge("tasks", "check", task).code == 0
    assert judge("rubrics", "check", tmp_path / "rubrics" / "pride.yaml").code == 0
    run = judge("run", task, "--provider", "random", "--out", tmp_path / "r")
    assert run.code == 0
    assert judge("score", tmp_path / "r").code == 0
    again = judge("new", "task", "pride", "--dir", tmp_path)
    assert again.code == 2
    assert "nothing was written" in again.err
    assert judge("new", "task", "../evil", "--dir", tmp_path).code == 2


def test_check_finds_faults_of_the_file_and_faults_against_the_data(judge: Command, tmp_path: Path) -> None:
    judge("new", "task", "pride", "--dir", tmp_path)
    task = tmp_path / "tasks" / "pride.yaml"
    text = task.read_text().replace('says: "{utterance}"', 'says: "{utterence}"')
    task.write_text(text)
    done = judge("tasks", "check", task)
    assert done.code == 2
    lines = done.err.strip().splitlines()
    assert len(lines) == 2, "both prompts name the field"
    assert all('did you mean "utterance"?' in line for line in lines)
    assert f"{task}:{next(n for n, line in enumerate(text.splitlines(), 1) if line.strip() == 'qa: |')}:" in lines[0]
    items = tmp_path / "tasks" / "pride" / "items.jsonl"
    items.write_text(items.read_text().replace('"label": "glad"', '"label": "gald"'))
    assert "'gald' is not in the label set; did you mean \"glad\"?" in judge("tasks", "check", task).err


def test_doctor_tells_keys_are_set_without_their_values(judge: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "canary-0123456789")
    done = judge("doctor")
    assert done.code == 0
    assert "canary" not in done.out
    line = next(line for line in done.out.splitlines() if "GEMINI_API_KEY" in line)
    assert " set " in line
    assert "export OPENAI_API_KEY=..." in done.out


def test_ls_shows_state_counts_and_judges(judge: Command, tmp_path: Path) -> None:
    judge("run", "humor", "--provider", "majority", "--out", tmp_path)
    assert judge("ls", tmp_path).out.splitlines()[1].split()[1:5] == ["complete", "32", "0", "no"]
    judge("score", tmp_path)
    assert judge("ls", tmp_path).out.splitlines()[1].split()[4] == "rules"
    assert judge("ls", tmp_path / "none").code == 3


def test_a_shipped_name_resolves_from_any_folder_and_says_so(
    judge: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = judge("run", "tasks/humor.yaml", "--provider", "majority")
    assert done.code == 0
    assert "tasks/humor.yaml (shipped)" in done.err
    assert judge("score", "results/").code == 0
