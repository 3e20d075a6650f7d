"""Printed command lines can be pasted into a shell, whatever the paths and names in them hold."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from command import Command

from judge import shell
from judge.shell import command, quoted

NAMES = [
    *("plain", "two words", "it's", 'say "x"', "$HOME", "a;b", "a&b", "(x)", "*", "~x", "#1", "a\\b", "é 北京", "`id`"),
    *("a\nb", "tab\there", "\x1b[2J", "\u202eturned", "back\\n slash\n'q'", "-dash", "!x", "{a,b}", "", "a=b"),
]


@pytest.mark.parametrize("name", NAMES)
def test_a_word_is_what_a_shell_makes_of_it(name: str) -> None:
    line = f"printf %s {quoted(name)}"
    assert "\n" not in line
    assert "\x1b" not in line
    done = subprocess.run(["bash", "-c", line], capture_output=True, check=True)
    assert done.stdout.decode() == name


def test_words_that_need_no_quotes_have_none_and_a_path_with_a_dash_is_no_option() -> None:
    assert command("score", Path("results/humor--x--1")) == "python -m judge score results/humor--x--1"
    assert command("score", Path("-x/y")) == "python -m judge score ./-x/y"
    assert command("run", "--out", "my results") == "python -m judge run --out 'my results'"


def _lines(text: str) -> list[list[str]]:
    """The words of each printed command line."""
    found = [line[line.index("python -m judge") :] for line in text.splitlines() if "python -m judge" in line]
    return [shlex.split(line.partition("  (")[0]) for line in found]


@pytest.mark.parametrize("name", ["my results", "it's; $(here)"])
def test_the_lines_that_a_run_a_score_and_the_demo_print_name_their_folder_as_one_word(
    judge: Command, tmp_path: Path, name: str
) -> None:
    out = tmp_path / name
    run = judge("run", "tasks/humor.yaml", "--provider", "replay", "--prompt", "cot", "--out", out)
    (again,) = _lines(run.out)
    assert (again[-2], Path(again[-1]) in set(out.iterdir())) == ("score", True)
    shown = [line for line in _lines(judge("score", out).out) if "show" in line]
    assert [(Path(words[-2]).parent, words[-1]) for words in shown] == [(out, "h-017")]
    assert judge(*shown[0][3:]).code == 0
    demo = _lines(judge("demo", "--out", out).out)
    named = [word for words in demo for word in words if word.startswith(str(tmp_path))]
    assert len(named) >= 8
    assert {Path(word).relative_to(out).parts[0] for word in named} == {"demo"}


def test_an_item_whose_id_is_two_words_is_shown_by_the_line_that_names_it(judge: Command, tmp_path: Path) -> None:
    (tmp_path / "d.jsonl").write_text('{"id": "-1 of; 2", "context": "x", "label": "joy"}\n')
    (tmp_path / "t.yaml").write_text(
        "name: t\nversion: 1\nabout: Small.\nlicence: CC0\nlanguage: [en]\ndata: {path: d.jsonl, id: id}\n"
        'asks:\n  - name: label\n    qa: "{context}?"\n    read: {as: label}\n'
        "labels: {joy: [], sad: []}\ntarget: {label: label}\nmetrics: [accuracy]\n"
    )
    (tmp_path / "r.jsonl").write_text('{"id": "-1 of; 2", "reply": "no idea at all"}\n')
    made = judge(
        "import", tmp_path / "r.jsonl", "--task", tmp_path / "t.yaml", "--model", "m", "--out", tmp_path / "r s"
    )
    assert made.code == 0, made.err
    (words,) = [words for words in _lines(judge("score", tmp_path / "r s").out) if "show" in words]
    done = judge(*words[3:])
    assert (done.code, "no idea at all" in done.out) == (0, True), done.err


def _launcher(folder: Path, name: str = "judge") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("on_path", "typed", "shown"),
    [
        ("", "judge/__main__.py", "python -m judge"),
        ("venv", "judge/__main__.py", "judge"),
        ("link", "judge/__main__.py", "judge"),
        ("other", "judge/__main__.py", "python -m judge"),
        ("user", "user/judge", "judge"),
        ("", "venv/judge", "venv/judge"),
        ("other", "venv/judge", "venv/judge"),
    ],
)
def test_messages_name_the_command_that_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, on_path: str, typed: str, shown: str
) -> None:
    """Beside this Python, behind a link to it, installed for one user, or another project's of the same name."""
    monkeypatch.undo()  # what conftest puts in its place
    monkeypatch.chdir(tmp_path)
    own = _launcher(tmp_path / "venv")
    _launcher(tmp_path / "venv", "python")
    _launcher(tmp_path / "other")
    _launcher(tmp_path / "user")
    (tmp_path / "link").mkdir()
    (tmp_path / "link" / "judge").symlink_to(own)
    monkeypatch.setenv("PATH", str(tmp_path / on_path) if on_path else "")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "venv" / "python"))
    monkeypatch.setattr(sys, "argv", [typed])
    shell.program.cache_clear()
    try:
        assert command("score") == f"{shown} score"
    finally:
        shell.program.cache_clear()
