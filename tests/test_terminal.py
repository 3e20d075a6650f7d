"""Lines to the terminal: one is one, a text of several has a bar before each, and libraries are guarded, too."""

from __future__ import annotations

import logging
import sys

import pytest
from command import Command

from judge.cli import terminal
from judge.cli.guarding import guarded
from judge.store import Folder


def test_a_line_cannot_become_two_and_a_table_keeps_its_columns(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.say("id\nFAKE ✓ 32 answered\r100.00\tx")
    terminal.warn("why\nFAKE")
    found = capsys.readouterr()
    assert found.out == "id\\nFAKE ✓ 32 answered\\r100.00\\tx\n"
    assert found.err == "why\\nFAKE\n"
    assert terminal.table([["a\nb", "c"], ["x", "y"]]) == ["a\\nb  c", "x     y"]


def test_lines_of_a_text_stand_behind_a_bar(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.say_text("one\r\ntwo\n\n── verdicts of rules")
    assert capsys.readouterr().out.splitlines() == ["  │ one", "  │ two", "  │", "  │ ── verdicts of rules"]


def test_what_a_library_prints_cannot_move_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with guarded():
        sys.stderr.write("a\x1b]52;c;eA==\x07\x9b2J\r 50%\n")
        logger = logging.getLogger("a library")
        logger.addHandler(handler := logging.StreamHandler())
        logger.error("the server said \x1b[2J")
        logger.removeHandler(handler)
        print("\x1bc")
    found = capsys.readouterr()
    assert found.out == "\\u001bc\n"
    assert not set(found.out + found.err) & set("\x1b\x9b\x07")
    assert "\r 50%\n" in found.err


@pytest.mark.parametrize("debug", [[], ["--debug"]])
def test_a_traceback_shows_what_it_shows_and_nothing_else(
    judge: Command, monkeypatch: pytest.MonkeyPatch, debug: list[str]
) -> None:
    def broken(self: Folder) -> None:
        raise RuntimeError("\x1b[2J\nFAKE ✓")

    monkeypatch.setattr(Folder, "read_run", broken)
    done = judge(*debug, "show", "results/example/humor--replay--727271b3", "h-001")
    assert done.code == 1
    assert "\x1b" not in done.err
    assert "\\u001b[2J" in done.err
    assert ("Traceback" in done.err) is bool(debug)
    assert not [line for line in done.err.splitlines() if line.startswith("FAKE")]
    assert done.err.splitlines()[-1].startswith("judge: a fault of its own: RuntimeError: \\u001b[2J\\nFAKE")


def test_a_wrong_command_line_is_told_on_one_line(judge: Command) -> None:
    done = judge("ls", "x", "--wrong\n\x1b[2J")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "--wrong\\n\\u001b[2J" in done.err
