"""Makes the golden files of the released schema by the real commands.

From the root, once for each release that raises SCHEMA: PYTHONPATH=.:tests python tests/golden/schema/make.py
A folder that is there is never made again.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from command import ROOT, finish, start, write_lines
from PIL import Image

from judge.records import SCHEMA
from providers.batch_jobs import JobStore

PORT = 18431
"""Nobody listens here when the files are tested: a call would fail."""
BASE_URL = f"http://127.0.0.1:{PORT}/v1"
RUN = ["--provider", "preset.yaml", "--base-url", BASE_URL, "--cache", "cache"]
LINE = ["run", "task.yaml", *RUN, "--prompt", "cot", "--repeats", "2", "--max-tokens", "200", "--out", "results"]
JUDGE = ["--judge", "preset.yaml", "--base-url", BASE_URL, "--cache", "cache"]
LIMIT = "7"
"""Of ten items; the replies to the other three are in the cache too."""
TASK = """
name: golden
version: 1
about: Is it meant to be funny?
licence: CC0-1.0
data: {path: items.jsonl}
asks:
  - name: label
    qa: "{text} Answer: humorous or serious"
    cot: "{text} Think step by step. End with  Answer: humorous  or  Answer: serious"
    read: {as: label}
labels: {humorous: [funny], serious: [not funny]}
target: {label: label, reference: reference, clues: clues}
metrics: [accuracy, weighted_f1, macro_f1, rouge_l, recognition, reasoning, cot, final]
rubric: golden
"""
PICTURES = """
name: pictures
version: 1
about: Which colour is it?
licence: CC0-1.0
data: {path: pictures.jsonl}
modalities: [text, image]
media: {image: picture}
asks: [{name: label, qa: "Red or blue?", read: {as: label}}]
labels: {red: [], blue: []}
target: {label: label}
metrics: [accuracy]
"""
PRESET = """
about: the server that answered the golden runs; nobody is there any more
backend: endpoint
model: golden-1
price: {input: 3, output: 15, source: made up}
sampling: {temperature: 0}
limits: {concurrency: 4, attempts: 1}
"""
CALLS = "It begins with a cake. The voice is playful."
SCRIPT = {
    "latency": 0.0,
    "default": {"text": [f"{CALLS}\nAnswer: humorous", f"{CALLS}\nAnswer: serious"]},
    "faults": [{"kind": "server_error", "contains": "line 6"}],
    "rules": [
        {"contains": "Break the reply below", "text": '{"steps": ["a cake", "the voice is playful", "the answer"]}'},
        {
            "contains": "one entry for each of the 2 steps",
            "text": '{"ratings": [{"step": 1, "evidence": "cake", "reason": "r", "score": 1, "confidence": 1},'
            ' {"step": 2, "evidence": "voice", "reason": "r", "score": 0.5, "confidence": 0.9}]}',
        },
        {
            "contains": "Reply with JSON only",
            "text": '{"evidence": "cake", "reason": "r", "score": 3, "confidence": 0.8}',
        },
        {"contains": "Red or blue?", "text": "Answer: red"},
        {"contains": "line 2", "refusal": "I cannot help with that.", "finish": "content_filter"},
        {"contains": "line 3", "text": ""},
        {"contains": "line 4", "text": "It begins with a cake and then goes on and", "finish": "length"},
        {"contains": "line 5", "text": "A caf\u00e9 \u65e5\u672c \ud83d: both humorous and serious."},
    ],
}


def write_inputs(folder: Path) -> None:
    """Tasks, data, rubric and preset."""
    texts = [f"line {number}: I am a comb, said the bald man." for number in range(10)]
    clues = [{"sense": "words", "cue": "a bald man is a comb"}, {"sense": "voice", "cue": "a playful voice"}]
    shared = {"reference": "A bald man needs no comb.", "clues": clues}
    items = [{"id": f"g-{n}", "text": text, "label": "humorous"} | shared for n, text in enumerate(texts)]
    write_lines(folder / "items.jsonl", items)
    write_lines(folder / "pictures.jsonl", [{"id": "p-0", "picture": "red.png", "label": "red"}])
    write_lines(folder / "elsewhere.jsonl", [{"id": "g-0", "reply": "Answer: humorous"}])
    Image.new("RGB", (16, 12), (200, 0, 0)).save(folder / "red.png")
    for name, text in (("task", TASK), ("pictures", PICTURES), ("preset", PRESET)):
        (folder / f"{name}.yaml").write_text(text.lstrip())
    (folder / "rubrics").mkdir()
    rubric = (ROOT / "rubrics" / "humor.yaml").read_text().replace("name: humor", "name: golden")
    (folder / "rubrics" / "golden.yaml").write_text(rubric)


def judge(folder: Path, *line: str, code: int) -> str:
    """One command, which must end with this code; its last line."""
    done = finish(start(*line, cwd=folder))
    assert done.code == code, f"judge {' '.join(line)}: {done.code}\n{done.out}\n{done.err}"
    return done.last


def make(folder: Path) -> None:
    """Everything below tests/golden/schema/N/."""
    write_inputs(folder)
    judge(folder, *LINE, "--name", "golden", "--limit", LIMIT, code=1)
    judge(folder, *LINE, "--name", "all", code=1)
    shutil.rmtree(folder / "results" / "all")
    judge(folder, "score", "results/golden", code=1)
    judge(folder, "score", "results/golden", *JUDGE, code=1)
    judge(folder, "run", "pictures.yaml", *RUN, "--name", "pictures", "--out", "results", code=0)
    judge(folder, "import", "elsewhere.jsonl", "--task", "task.yaml", "--model", "else", "--name", "imported",
          "--out", "results", code=0)  # fmt: skip
    judge(folder, "score", "results/pictures", "results/imported", "--metrics", "accuracy", code=0)
    shutil.rmtree(folder / "cache" / "media")
    jobs = JobStore(folder / "cache")
    label, _ = jobs.begin("openai", "golden-1", keys=["a" * 64, "b" * 64])
    jobs.creating(label, 2)
    jobs.created(label, "batch_golden", sure=True)
    jobs.close()
    for name in ("replies", "batches"):
        with closing(sqlite3.connect(folder / "cache" / f"{name}.sqlite")) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for stray in folder.rglob("*lock"):
        stray.unlink()


def main() -> None:
    """Serve, make, and say how large it became."""
    folder = Path(__file__).parent / str(SCHEMA)
    folder.mkdir()
    script, ledger = folder / "script.json", folder / "ledger.jsonl"
    script.write_text(json.dumps(SCRIPT))
    server = [sys.executable, str(ROOT / "tests" / "fake_server.py"), "--ledger", str(ledger), "--script", str(script)]
    with subprocess.Popen([*server, "--port", str(PORT)], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline()
            make(folder)
        finally:
            process.kill()
            script.unlink()
            ledger.unlink(missing_ok=True)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"{folder}: {size:,} bytes")


if __name__ == "__main__":
    main()
