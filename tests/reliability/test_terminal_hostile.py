"""The command line on a real terminal, with strings that would move it in every text that it prints."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml
from figures import FULL, Figure, keep, size
from hostile_escapes import ESCAPES
from hostile_runs import hostile_task
from terminals import faults_of, on_terminal

from judge.visible import one_line

TEXTS = ESCAPES if FULL else ESCAPES[::3]
ALONE = [text for text in ESCAPES[::8] if "\0" not in text] if FULL else []
ARGUMENTS = ["".join(ESCAPES[1::6]), *ALONE]
"""Given on the command line: many as one, and each by itself."""


class _Rude(BaseHTTPRequestHandler):
    """A server that refuses everything, each time in the words of another string."""

    said = 0

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        text = TEXTS[_Rude.said % len(TEXTS)]
        _Rude.said += 1
        body = json.dumps({"error": {"message": f"{text} FAKE", "code": text, "type": text}}).encode()
        self.send_response(422)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def rude() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Rude)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    server.shutdown()
    thread.join()
    server.server_close()


class _Heard:
    """All that reached the terminal, and what of it is wrong."""

    def __init__(self, cwd: Path) -> None:
        self.cwd = cwd
        self.commands = 0
        self.text = ""
        self.faults: list[str] = []
        self.last = b""

    def judge(self, *arguments: str | Path) -> int:
        code, raw = on_terminal(*arguments, cwd=self.cwd, changes={"JUDGE_CACHE": str(self.cwd / "cache")})
        self.commands += 1
        self.last = raw
        self.text += raw.decode("utf-8", "surrogateescape")
        self.faults += [f"judge {' '.join(map(ascii, map(str, arguments)))[:80]}: {fault}" for fault in faults_of(raw)]
        assert b"Traceback" not in raw or "--debug" in arguments, raw[-2000:]
        return code

    def shown(self) -> int:
        """How many of the strings were seen, written out."""
        return sum(one_line(text)[:40] in self.text for text in TEXTS)


def _world(folder: Path) -> Path:
    """A working folder in which tasks, rubrics, data, replies and names of files are hostile."""
    (folder / "tasks").mkdir(parents=True)
    task = hostile_task(folder / "tasks", TEXTS)
    rubric = yaml.safe_load((Path(__file__).parents[2] / "rubrics" / "humor.yaml").read_text())
    rubric["about"] = " ".join(TEXTS)
    rubric["stages"][1]["question"] = " ".join(TEXTS)
    (folder / "rubrics").mkdir()
    (folder / "rubrics" / "humor.yaml").write_text(yaml.safe_dump(rubric))
    bad = yaml.safe_load(task.read_text()) | {text: text for text in TEXTS} | {"metrics": TEXTS[:5]}
    (folder / "tasks" / "bad.yaml").write_text(yaml.safe_dump(bad))
    (folder / "rubrics" / "bad.yaml").write_text(yaml.safe_dump(rubric | dict.fromkeys(TEXTS, 1) | {"name": TEXTS[0]}))
    (folder / "preset.yaml").write_text(
        yaml.safe_dump({"about": "x", "backend": "replay", "model": TEXTS[1], TEXTS[2]: 1})
    )
    items = [json.loads(line) for line in (folder / "tasks" / "items.jsonl").read_text().splitlines()]
    texts = [(item["id"], item["text"]) for item in items[::2]]
    lines = [{"id": name, "reply": f"{said} FAKE\nFAKE {said}\nAnswer: glad", "thinking": said} for name, said in texts]
    (folder / "replies.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    wrong = [{"id": f"{text}?", "reply": text, "ask": text} for text in TEXTS] + [{text: text} for text in TEXTS]
    (folder / "wrong.jsonl").write_text("".join(json.dumps(line) + "\n" for line in wrong))
    for number, text in enumerate(TEXTS):
        (folder / "tasks" / f"{_as_name(text)}.yaml").write_text("name: x\n" if number % 2 else "{")
    return task


def _listings(heard: _Heard, task: Path) -> None:
    heard.judge("tasks", "check", task)
    heard.judge("tasks", "check", "tasks/bad.yaml")
    heard.judge("tasks", "list")
    heard.judge("tasks", "show", task)
    heard.judge("rubrics", "show", "rubrics/humor.yaml")
    heard.judge("rubrics", "check", "rubrics/bad.yaml")
    heard.judge("rubrics", "list")
    heard.judge("providers", "check", "preset.yaml")
    heard.judge("providers", "show", "preset.yaml")


def _runs(heard: _Heard, task: Path, rude: str) -> Path:
    """Answers imported, recorded and refused; then scored, reported and listed. Gives the run with replies."""
    out = heard.cwd / "results"
    replayed = ("run", task, "--provider", "replay", "--replies", "replies.jsonl", "--out", out)
    refused = ("run", task, "--provider", "endpoint", "--base-url", rude, "--model", TEXTS[3], "--out", out)
    heard.judge("import", "wrong.jsonl", "--task", task, "--model", "m", "--out", out)
    heard.judge("import", "replies.jsonl", "--task", task, "--model", TEXTS[0], "--out", out)
    heard.judge(*replayed)
    run = next(out.glob("hostile--replay--*"))
    noted = json.loads((run / "run.json").read_text()) | {"notes": TEXTS, "returned_models": TEXTS, "reason": TEXTS[7]}
    (run / "run.json").write_text(json.dumps(noted))
    heard.judge(*replayed, "--debug")
    heard.judge(*refused)
    for number, text in enumerate(TEXTS[:: size(12, 15)]):
        copy = out / _as_name(text)
        shutil.copytree(run, copy, dirs_exist_ok=True)
        if number % 2:
            (copy / "run.json").write_text(json.dumps({text: text}))
    heard.judge("score", out)
    heard.judge("report", out)
    heard.judge("ls", out)
    return run


def _as_name(text: str) -> str:
    return text.replace("/", "_").replace("\0", "")[:60]


def _spoken(heard: _Heard, run: Path, task: Path, *, name: str) -> None:
    """A string in place of every kind of argument."""
    for line in (
        ("show", run, name),
        ("tasks", "show", task, "--sample", f"x{name}"),
        (name,),
        ("ls", f"x{name}", f"--x{name}"),
        ("run", f"x{name}", "--provider", "replay"),
        ("run", task, "--provider", f"x{name}", "--set", f"x{name}"),
        ("--debug", "score", f"x{name}"),
    ):
        heard.judge(*line)


def test_no_text_from_outside_moves_the_terminal_or_fakes_a_line(tmp_path: Path, rude: str) -> None:
    started = time.monotonic()
    heard = _Heard(tmp_path / "w")
    task = _world(tmp_path / "w")
    _listings(heard, task)
    run = _runs(heard, task, rude)
    heard.judge("show", run, f"{TEXTS[0]} or not")
    for text in TEXTS[:: size(30, 4)]:
        heard.judge("show", run, text)
    for text in ARGUMENTS[:: size(2, 1)]:
        _spoken(heard, run, task, name=text)
    keep(
        Figure(
            name="terminal_hostile",
            test="strings of ECMA-48 in ids, replies, names, labels, errors and command lines, on a pseudo-terminal",
            asked="0 control bytes from data, 0 faked lines",
            tried=len(TEXTS),
            unit="strings",
            failed=len(heard.faults),
            measured=f"{heard.commands} commands; {heard.shown()} strings were seen, written out",
            seconds=time.monotonic() - started,
            details={"faults": heard.faults[:8]},
        )
    )
    assert not heard.faults[:8]
    assert heard.shown() > 0.9 * len(TEXTS)
