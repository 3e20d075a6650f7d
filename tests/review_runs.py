"""Scored runs for the tests of `judge review`, made by its own commands, and the page's server as a process."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from command import ROOT, finish, lines_of, start, write_lines
from fake_server import serve

from judge.cli.main import main

MODEL, JUDGE = "hidden-model-7b", "secret-judge-9b"
THOUGHT, EVIDENCE, REASON = "A-PRIVATE-THOUGHT", "WHAT-A-JUDGE-SAW", "WHY-A-JUDGE-SAID-SO"
IDS = ("c-001", "c-002", "e-001", "e-002")
"""Two with a clip, two of words."""
STEPS = ("The voice is bright and playful here.", "The face shows a wide warm smile.")
REPLY = f"<think>{THOUGHT}</think>{STEPS[0]} {STEPS[1]}\nAnswer: joy"
_VERDICT = f'"evidence": "{EVIDENCE}", "reason": "{REASON}"'
SCRIPT = {
    "rules": [
        {"contains": "Break the reply below", "text": json.dumps({"steps": [*STEPS, "joy"]})},
        {
            "contains": "one entry for each of the 2 steps",
            "text": f'{{"ratings": [{{"step": 1, {_VERDICT}, "score": 1, "confidence": 0.9}},'
            f' {{"step": 2, {_VERDICT}, "score": 1, "confidence": 0.9}}]}}',
        },
        {"contains": "Reply with JSON only", "text": f'{{{_VERDICT}, "score": 4, "confidence": 0.9}}'},
    ],
    "default": {"text": "?"},
}


def scored_run(out: Path, replies: Mapping[str, str] | None = None, *, rules: bool = True) -> Path:
    """An emotion run that the rules and a scripted model have judged; `--cache off`."""
    said = replies or dict.fromkeys(IDS, REPLY)
    out.mkdir(parents=True, exist_ok=True)
    lines = write_lines(out / "replies.jsonl", [{"id": name, "reply": text} for name, text in said.items()])
    ids = out / "ids.txt"
    ids.write_text("\n".join(said))
    task = str(ROOT / "tasks" / "emotion.yaml")
    asked = ["run", task, "--provider", "replay", "--replies", str(lines), "--ids", str(ids), "--out", str(out)]
    assert main([*asked, "--name", f"emotion--{MODEL}", "--cache", "off"]) == 0
    folder = out / f"emotion--{MODEL}"
    asked = ["score", str(folder), "--metrics", "cot,reasoning", "--cache", "off"]
    asked += ["--rubric", "humor"]  # it has steps and a criterion for the whole answer
    if rules:
        assert main(asked) == 0
    with serve(out, SCRIPT) as server:
        assert main([*asked, "--judge", "endpoint", "--base-url", server.base_url, "--model", JUDGE]) == 0
    run = (folder / "run.json").read_text()
    (folder / "run.json").write_text(run.replace('"model": "replay"', f'"model": "{MODEL}"'))
    assert MODEL in (folder / "run.json").read_text()
    return folder


def revised(folder: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Path:
    """The run with each verdict changed."""
    path = folder / "verdicts.jsonl"
    write_lines(path, [change(line) for line in lines_of(path)])
    return folder


def is_models(verdict: Mapping[str, Any]) -> bool:
    """True for what the scripted model said."""
    return str(verdict["judge"]) != "rules"


class Got(NamedTuple):
    """An answer of the page's server."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Served:
    """`judge review` as a process."""

    def __init__(self, process: subprocess.Popen[str], first: list[str]) -> None:
        self.process, self.first = process, first
        self.address = first[-1].split()[1]
        self.port = int(self.address.split(":")[2].split("/")[0])
        self.token = self.address.split("/")[3]

    def get(self, path: str, *, raw: str | None = None, method: str = "GET", **headers: str) -> Got:
        """An answer to a path below the token, or to a raw one below the host."""
        address = f"http://127.0.0.1:{self.port}{raw}" if raw is not None else self.address + path
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return _ask(urllib.request.Request(address, headers=named, method=method))

    def post(self, body: Any, **headers: str) -> Got:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {"Content-Type": "application/json"} | {key.replace("_", "-"): text for key, text in headers.items()}
        return _ask(urllib.request.Request(self.address + "rating", data=raw, headers=named))

    def rate(self, number: int, score: float | None, rater: str = "Ada", note: str = "") -> Got:
        """As the page would."""
        row = self.get(f"card/{number}").json["row"]
        said = {"score": score, "cannot_judge": score is None, "note": note, "seconds": 1.5}
        return self.post({"card": number, "row": row, "rater": rater, **said})

    def end(self) -> str:
        """^C, and all that it said."""
        self.process.send_signal(signal.SIGINT)
        done = finish(self.process)
        assert done.code == 0, done.err
        return "\n".join(self.first) + "\n" + done.out


def _ask(request: urllib.request.Request) -> Got:
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return Got(answer.status, dict(answer.headers), answer.read())
    except urllib.error.HTTPError as error:
        return Got(error.code, dict(error.headers), error.read())


@contextlib.contextmanager
def served(*arguments: str | Path) -> Iterator[Served]:
    """The server, until the block ends."""
    process = start("review", *arguments)
    first: list[str] = []
    try:
        assert process.stdout is not None
        while not (first and "http://" in first[-1]):
            line = process.stdout.readline()
            assert line, process.communicate()[1]
            first.append(line.rstrip("\n"))
        yield Served(process, first)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
