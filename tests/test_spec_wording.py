"""The `wording` of a task file: what cannot be is a fault with its place."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from command import Command

DECLARED = [
    ("digest: abc", "wording.digest: is written by a run, never in a task file"),
    ("files: {a: [../x.json]}", "is no JSON or YAML file below the data"),
    ("files: {a: [x.py]}", "is no JSON or YAML file below the data"),
    ("asks: {lable: {}}", "wording.asks.lable: no ask is called 'lable'; did you mean \"label\"?"),
    ("asks: {label: {qa: [{text: x, file: a, key: b}]}}", "give either text, or file and key"),
    ("asks: {label: {qa: [{file: a, key: b}]}}", "no file is called 'a'"),
    ("qa: theirs", "wording.qa"),
]


@pytest.mark.parametrize(("block", "said"), DECLARED)
def test_a_declaration_that_cannot_be_is_a_fault_of_the_task_file(
    judge: Command, tmp_path: Path, block: str, said: str
) -> None:
    text = Path("tasks/humor.yaml").read_text()
    path = tmp_path / "tasks" / "mine.yaml"
    path.parent.mkdir()
    shutil.copytree("tasks/humor", path.parent / "humor")
    path.write_text(f"{text}\nwording: {{{block}}}\n")
    done = judge("tasks", "check", path)
    assert (done.code, said in done.err) == (2, True), done.err
