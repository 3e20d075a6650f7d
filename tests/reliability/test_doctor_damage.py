"""A results folder under damage of any kind, one that is in use, and one of a newer version."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from command import Command
from figures import Figure, keep, size
from golden_run import GOLDEN, copied, edited, harms, lines, replace

from judge.records import SCHEMA
from judge.store import Folder
from judge.verify.folder import verify
from judge.verify.repair import repair

FILES = ("answers.jsonl", "answers.jsonl", "verdicts.jsonl", "run.json", "summary.json", "scores.jsonl")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """A copy of the golden run, with its task and its cache; and the working folder."""
    monkeypatch.chdir(copied(tmp_path))
    return Folder(Path("results/golden"))


def hurt(raw: bytes, draw: random.Random) -> tuple[str, bytes]:
    """One damage of a file."""
    at, length = draw.randrange(len(raw)), draw.randrange(1, 400)
    kind = draw.choice(["bit", "NULs", "hole", "cut", "twice", "noise"])
    return kind, {
        "bit": raw[:at] + bytes([raw[at] ^ 1 << draw.randrange(8)]) + raw[at + 1 :],
        "NULs": raw[:at] + b"\0" * length + raw[at + length :],
        "hole": raw[:at] + raw[at + length :],
        "cut": raw[:at],
        "twice": raw[: at + length] + raw[at:],
        "noise": raw[:at] + draw.randbytes(length) + raw[at + length :],
    }[kind]


def test_no_damage_of_a_run_stops_the_doctor_and_every_untouched_line_survives_the_repair(run: Folder) -> None:
    draw, started, count = random.Random(8), time.monotonic(), Counter[str]()
    whole = {path.name: path.read_bytes() for path in run.path.iterdir()}
    hurts, bad = size(60, 1000), list[str]()
    for _ in range(hurts):
        name = draw.choice(FILES)
        kind, raw = hurt(whole[name], draw)
        (run.path / name).write_bytes(raw)
        seen = bool(harms(verify(run)))
        _, after = repair(run)
        left = set(lines(run.path / name)) if (run.path / name).is_file() else set()
        untouched = set(whole[name].splitlines(keepends=True)) & set(raw.splitlines(keepends=True))
        bad += [f"lost a line: {kind} in {name}"] if name.endswith("s.jsonl") and "score" not in name and (
            untouched - left) else []  # fmt: skip
        bad += [f"not sound: {kind} in {name}: {harms(after)}"] if harms(after) and name != "run.json" else []
        count["seen" if seen else "unseen"] += 1
        count[f"unseen {kind} {name}"] += not seen
        for path in run.path.iterdir():
            path.unlink()
        for other, content in whole.items():
            (run.path / other).write_bytes(content)
    keep(
        Figure(
            name="doctor_runs",
            test="damage of six kinds anywhere in the files of a run, then `judge doctor --deep --repair`",
            asked="0 tracebacks, 0 untouched lines lost, sound after the repair",
            tried=hurts,
            unit="damaged files",
            failed=len(bad),
            measured=f"{count['seen']:,} seen; the others left every record in its form",
            seconds=time.monotonic() - started,
            details={name: number for name, number in count.items() if number},
        )
    )
    assert bad == []
    assert count["seen"] > hurts / 2


@pytest.mark.parametrize("name", ["run.json", "answers.jsonl", "verdicts.jsonl", "summary.json"])
def test_what_a_newer_version_wrote_is_named_and_left_alone(judge: Command, run: Folder, name: str) -> None:
    path = run.path / name
    if name.endswith("jsonl"):
        edited(path, 2, schema_version=SCHEMA + 1)
    else:
        field = "schema" if name == "summary.json" else "schema_version"
        path.write_text(json.dumps(json.loads(path.read_text()) | {field: SCHEMA + 1}))
    edited(run.answers_file, 4, status="refused")
    before = {file: file.read_bytes() for file in run.path.iterdir()}
    done = judge("doctor", "--deep", "--cache", "cache", "--repair")
    assert done.code == 1
    assert f"newer version (schema {SCHEMA + 1}" in done.out
    assert {file: file.read_bytes() for file in run.path.iterdir()} == before


def test_a_run_that_is_being_written_is_not_repaired(judge: Command, run: Folder) -> None:
    replace(run.answers_file, 3, b"garbage\n")
    script = "import sys, pathlib; from judge.store import locked\n"
    script += "with locked(pathlib.Path(sys.argv[1])): print('held', flush=True); sys.stdin.readline()"
    command = [sys.executable, "-c", script, str(run.path)]
    env = os.environ | {"PYTHONPATH": str(GOLDEN.parents[3])}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env) as other:
        assert other.stdout is not None
        other.stdout.readline()
        done = judge("doctor", "--deep", "--cache", "cache", "--repair")
        other.communicate("\n")
    assert done.code == 3
    assert f"is being written by process {other.pid}" in done.err
    assert not list(run.path.glob("*.before-*"))


@pytest.mark.parametrize(
    "name", [".lock", "answers.jsonl", "answers.jsonl.damaged", "summary.json", "verdicts.jsonl.torn"]
)
def test_a_link_in_a_strangers_folder_leads_nowhere(judge: Command, run: Folder, tmp_path: Path, name: str) -> None:
    victim = tmp_path / "precious"
    victim.write_text("do not touch")
    edited(run.answers_file, 2, status="refused")
    (run.path / name).unlink(missing_ok=True)
    (run.path / name).symlink_to(victim)
    done = judge("doctor", "--deep", "--cache", "off", "--repair")
    assert done.code == 1
    assert f"{name}: is a link, which may lead anywhere" in done.out
    assert victim.read_text() == "do not touch"
    assert not list(run.path.glob("*.before-*"))


def test_a_pipe_that_never_opens_holds_nobody_up(judge: Command, run: Folder) -> None:
    (run.path / "summary.json").unlink()
    os.mkfifo(run.path / "summary.json")
    os.mkfifo("cache/strange.lock")
    (Path("cache") / "media" / "ab" / "cd").mkdir(parents=True)
    os.mkfifo("cache/media/ab/cd/entry.json")
    (Path("cache") / "batches.sqlite").unlink()
    (Path("cache") / "batches.sqlite").symlink_to(run.answers_file.resolve())
    started = time.monotonic()
    done = judge("doctor", "--deep", "--cache", "cache", "--repair")
    assert time.monotonic() - started < 5
    assert done.code == 1
    assert "summary.json: is no file" in done.out
    assert "batches.sqlite: is a link" in done.out
