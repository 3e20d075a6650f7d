"""Outputs that are closed or full: the work is done and kept, one line says what is lost, and the exit code is 4."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from command import ROOT, Command, environment, start

from judge.cli.guarding import Guarded, guarded
from judge.cli.main import main
from judge.cli.terminal import say, say_bytes, warn

RUN = ["run", "tasks/humor.yaml", "--provider", "majority"]
needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")


def _shell(line: str, *, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """`judge LINE` with its redirections, in a shell; stderr is taken unless the line gives it another place."""
    command = f"{sys.executable} -m judge {line}"
    return subprocess.run(
        ["bash", "-c", command], cwd=cwd, env=environment(), capture_output=True, text=True, check=False
    )


@needs_full
@pytest.mark.parametrize(
    ("to", "said"),
    [
        (">&-", "stdout could not be written: it is closed\n"),
        ("> /dev/full", "stdout could not be written: No space left on device\n"),
        (">&- 2>&-", ""),
        ("> /dev/full 2> /dev/full", ""),
        ("<&- >&- 2> /dev/full", ""),
    ],
)
def test_a_run_whose_output_is_lost_keeps_its_answers_and_ends_with_4(tmp_path: Path, to: str, said: str) -> None:
    done = _shell(f"{' '.join(RUN)} --out {tmp_path} {to}")
    assert (done.returncode, done.stderr) == (4, said)
    (folder,) = tmp_path.glob("humor--majority--*")
    assert len((folder / "answers.jsonl").read_bytes().splitlines()) == 32
    assert '"complete"' in (folder / "run.json").read_text()
    again = _shell(f"{' '.join(RUN)} --out {tmp_path}")
    assert (again.returncode, "nothing was left to ask" in again.stdout) == (0, True)


@needs_full
@pytest.mark.parametrize("line", ["--help", "--version", "tasks list"])
@pytest.mark.parametrize("to", [">&-", "> /dev/full"])
def test_every_command_says_in_one_line_that_its_output_is_lost(line: str, to: str) -> None:
    done = _shell(f"{line} {to}")
    assert (done.returncode, done.stderr.count("\n")) == (4, 1)
    assert done.stderr.startswith("stdout could not be written: ")


@needs_full
@pytest.mark.parametrize("to", ["2>&-", "2> /dev/full"])
def test_a_stderr_that_takes_nothing_changes_no_exit_code(tmp_path: Path, to: str) -> None:
    good, bad = _shell(f"{' '.join(RUN)} --out {tmp_path} {to}"), _shell(f"run nowhere.yaml --provider majority {to}")
    assert (good.returncode, bad.returncode) == (0, 2)
    assert (good.stdout.splitlines()[-1].startswith(str(tmp_path)), bad.stdout) == (True, "")


def test_a_reader_that_has_had_enough_ends_nothing_and_is_no_fault(tmp_path: Path) -> None:
    for line in (f"{' '.join(RUN)} --out {tmp_path}", "--help", "tasks list"):
        done = _shell(f"{line} | head -1; exit ${{PIPESTATUS[0]}}")
        assert (done.returncode, done.stdout.count("\n"), done.stderr) == (0, 1, ""), line
    process = start(*RUN, "--out", tmp_path / "closed")
    assert process.stdout is not None
    process.stdout.close()
    assert (process.wait(60), process.stderr.read() if process.stderr else "") == (0, "")
    if process.stderr:
        process.stderr.close()
    (folder,) = (tmp_path / "closed").glob("humor--majority--*")
    assert len((folder / "answers.jsonl").read_bytes().splitlines()) == 32


def test_answers_are_not_written_to_where_a_closed_stderr_was() -> None:
    program = (
        "import os; from judge.cli.guarding import occupy_numbers; occupy_numbers(); print(os.open('/dev/null', 0))"
    )
    line = f'{sys.executable} -c "{program}" <&- 2>&-'
    done = subprocess.run(["bash", "-c", line], env=environment(), cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(done.stdout) > 2


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS])
def test_a_full_disk_is_4_wherever_it_is_met(
    judge: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: int
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number), str(tmp_path / "some file"))

    monkeypatch.setattr("judge.cli.reporting.compose", full)
    judge(*RUN, "--out", tmp_path)
    judge("score", tmp_path)
    done = judge("report", tmp_path)
    assert (done.code, done.err) == (4, f"{tmp_path / 'some file'}: could not be written: {os.strerror(number)}\n")


def test_a_results_folder_on_a_full_disk_is_4_and_what_was_written_goes_on_later(tmp_path: Path) -> None:
    line = f"ulimit -f 4; {sys.executable} -m judge {' '.join(RUN)} --out {tmp_path}"
    done = subprocess.run(
        ["bash", "-c", line], cwd=ROOT, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 4
    assert "could not be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert _shell(f"{' '.join(RUN)} --out {tmp_path}").returncode == 0


class _Stuck(io.StringIO):
    """A stream that takes three writes."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def write(self, text: str) -> int:
        if len(self.getvalue()) > 10:
            raise self._error
        return super().write(text)


@pytest.mark.parametrize("error", [OSError(28, "full"), BrokenPipeError(32, "closed"), ValueError("closed file")])
def test_a_stream_that_fails_midway_fails_nobody_and_is_not_tried_again(error: Exception) -> None:
    stream = _Stuck(error)
    out = Guarded(stream)
    for _ in range(9):
        assert out.write("five\n") == 5
    out.flush()
    assert (stream.getvalue(), out.lost is not None) == ("five\nfive\nfive\n", True)


def test_a_stream_that_is_not_there_is_no_terminal_and_takes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    say("to nobody")
    with guarded() as (out, err):
        assert (out.isatty(), out.encoding, out.lost) == (False, "utf-8", None)
        say("to nobody")
        warn("neither")
        assert say_bytes(b"nor this") is False
        assert out.lost is not None
        assert err.lost is not None
        with pytest.raises(OSError, match="fileno"):
            out.fileno()
    assert main(["--version"]) == 4
