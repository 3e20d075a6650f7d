"""Where a task's data is looked for."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from test_dataset import item, lines, task_with

from judge.datafile import locate
from judge.errors import NothingDone


def test_missing_data_names_the_path_the_source_and_what_to_give(tmp_path: Path) -> None:
    task = task_with(data={"source": "https://example.org/moods"})
    with pytest.raises(NothingDone) as caught:
        locate(task, tmp_path / "moods.yaml", None)
    for piece in (str(tmp_path / "moods/items.jsonl"), "moods", "https://example.org/moods", "--data"):
        assert piece in str(caught.value)


@pytest.mark.parametrize(
    ("place", "given"),
    [
        pytest.param("tasks/moods/items.jsonl", None, id="beside-the-task"),
        pytest.param("else.csv", "else.csv", id="a-file"),
        pytest.param("root/moods/items.jsonl", "root", id="a-folder-with-the-tasks-own-path"),
        pytest.param("root/items.jsonl", "root", id="a-folder-with-the-file-itself"),
    ],
)
def test_data_lies_beside_the_task_or_where_it_is_given(tmp_path: Path, place: str, given: str | None) -> None:
    (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / place).write_text("x")
    found = locate(task_with(), tmp_path / "tasks" / "moods.yaml", tmp_path / given if given else None)
    assert found.path == tmp_path / place
    assert found.sha256 == hashlib.sha256(b"x").hexdigest()


@pytest.mark.parametrize("given", ["nowhere.jsonl", "empty"])
def test_given_data_that_is_not_there_never_falls_back_on_the_tasks_own(tmp_path: Path, given: str) -> None:
    for folder in ("moods", "empty"):
        (tmp_path / folder).mkdir()
    (tmp_path / "moods" / "items.jsonl").write_text(lines(item()))
    with pytest.raises(NothingDone, match=given):
        locate(task_with(), tmp_path / "moods.yaml", tmp_path / given)


def test_of_several_paths_of_a_release_the_first_that_is_there_is_read(tmp_path: Path) -> None:
    task = task_with(data={"also": ["old/moods.json", "items_2023.jsonl"]})
    for place in ("given/items_2023.jsonl", "given/old/moods.json"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text("[]")
        assert locate(task, tmp_path / "moods.yaml", tmp_path / "given").path == tmp_path / place
