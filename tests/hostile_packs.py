"""Sixty packs of a stranger's, written for this project: tasks, rubrics, data and replies that mean harm.

Each has its files, the command that a user would try on it, and what that must say.
"""

# ruff: noqa: E501  a table: one pack is one line

from __future__ import annotations

import dataclasses
import json
import os
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

File = str | bytes | Callable[[Path], object]

CHECK = ("tasks", "check", "task.yaml")
RUBRIC = ("rubrics", "check", "rubric.yaml")
DRY = ("run", "task.yaml", "--provider", "majority", "--dry-run")
RUN = ("run", "task.yaml", "--provider", "majority", "--out", "{work}/out", "--name", "run")
REPLAY = (
    "run",
    "task.yaml",
    "--provider",
    "replay",
    "--out",
    "{work}/out",
    "--name",
    "run",
    "--replies",
    "replies.jsonl",
)
OWN_REPLIES = REPLAY[:-2]
IMPORT = ("import", "replies.jsonl", "--task", "task.yaml", "--model", "m", "--out", "{work}/out", "--name", "run")
SCORE = ("score", "{work}/out/run")
REPORT = ("report", "{work}/out")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """One pack: what is done with it and what must come of it."""

    name: str
    files: Mapping[str, File]
    commands: tuple[tuple[str, ...], ...]
    says: str
    """Stands in the first line of stderr, or of stdout where the last command ends well."""
    code: int = 2
    lines: int = 1
    """Of stderr, at most."""


TASK: dict[str, Any] = {
    "name": "moods",
    "version": 1,
    "about": "Is it meant to be funny?",
    "licence": "CC0-1.0",
    "data": {"path": "items.jsonl"},
    "asks": [{"name": "label", "qa": "{utterance}?", "read": {"as": "label"}}],
    "labels": {"humorous": [], "serious": []},
    "target": {"label": "label"},
    "metrics": ["accuracy"],
}
RUBRIC_OF: dict[str, Any] = {
    "name": "moods",
    "version": 1,
    "about": "Rates the steps.",
    "stages": [{"extract": "steps"}, {"rate": "steps", "question": "Is it right?", "scale": {0: "wrong", 1: "right"}}],
    "scores": {"reasoning": {"mean": "steps"}},
}
ITEM = {"id": "a-1", "utterance": "I am a comb, said the bald man.", "label": "humorous"}
GOOD = json.dumps(ITEM) + "\n"


def task(**changes: Any) -> str:
    """A task file; `changes` replace top-level keys."""
    return yaml.safe_dump(TASK | changes, sort_keys=False, allow_unicode=False)


def ask(prompt: str) -> list[dict[str, Any]]:
    """The one ask of a task."""
    return [{"name": "label", "qa": prompt, "read": {"as": "label"}}]


def rubric(**changes: Any) -> str:
    """A rubric file."""
    return yaml.safe_dump(RUBRIC_OF | changes, sort_keys=False)


def rows(*records: Any) -> str:
    """JSON lines."""
    return "".join(json.dumps(record) + "\n" for record in records)


def item(**changes: Any) -> dict[str, Any]:
    """A record of the data."""
    return ITEM | changes


def reply(**changes: Any) -> str:
    """A line of recorded replies."""
    return json.dumps({"id": "a-1", "reply": "Answer: humorous"} | changes) + "\n"


def link(target: str) -> Callable[[Path], object]:
    """A symbolic link."""
    return lambda path: path.symlink_to(target)


def fifo(path: Path) -> None:
    """A pipe that nobody writes to."""
    os.mkfifo(path)


def sparse(size: int, head: bytes = b"") -> Callable[[Path], object]:
    """A file of zeros that takes no room."""

    def make(path: Path) -> None:
        path.write_bytes(head)
        os.truncate(path, size)

    return make


def pack(name: str, says: str, *commands: tuple[str, ...], **more: Any) -> Pack:
    """With a sound task, its data and a sound rubric, where the pack has none of its own."""
    files: dict[str, File] = {"task.yaml": task(), "items.jsonl": GOOD} | more.pop("files", {})
    own = {key: more.pop(key) for key in ("code", "lines") if key in more}
    endings = {"task": "task.yaml", "items": "items.jsonl", "replies": "replies.jsonl", "rubric": "rubric.yaml"}
    files |= {endings[key]: value for key, value in more.items()}
    return Pack(name=name, says=says, commands=commands, files=files, **own)


def lie(path: Path) -> None:
    """A folder where a file should be."""
    path.mkdir()


def bomb(path: Path) -> None:
    """Forty megabytes of zeros in forty kilobytes: nothing that is read here is unpacked."""
    path.write_bytes(zlib.compress(bytes(40 * 2**20), wbits=31))


EVIL = "identity: endpoint\nbase_url: http://127.0.0.1:9/v1\nmodel: m\nkey: OPENAI_API_KEY\n"
BASE = task()
LAUGHS = "\n  ".join(
    ["labels:", "l0: &l0 [ha, ha]", *(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 12))]
)
NAMES = [f"{{s{n}}}" * 50 for n in range(1, 9)]
SETTINGS = {f"s{n}": {"choices": [text], "default": text} for n, text in enumerate(NAMES)}
LONG_WORD = "".join(chr(0x4E00 + n % 9000) for n in range(100_000))

YAML_PACKS = (
    pack("python tag", "task.yaml:19: extra: the tag", CHECK, task=BASE + "extra: !!python/object/apply:os.system ['touch pwned']\n", lines=2),
    pack("python tag in a rubric", "rubric.yaml:1: name: the tag", RUBRIC, rubric=rubric().replace("name: moods", "name: !!python/name:os.system x")),
    pack("binary tag", "task.yaml:1: name: the tag", CHECK, task=BASE.replace("name: moods", "name: !!binary bW9vZHM=", 1)),
    pack("own tag", "the tag !include", CHECK, task=BASE.replace("licence: CC0-1.0", "licence: !include /etc/passwd")),
    pack("alias bomb", "labels.l1.0: aliases", CHECK, task=BASE.replace("labels:\n  humorous: []\n  serious: []", LAUGHS), lines=60),
    pack("alias of itself", "aliases", CHECK, task=BASE + "extra: &a [*a]\n", lines=2),
    pack("deep flow", "nested more than", CHECK, task=BASE + "extra: " + "[" * 50_000 + "\n"),
    pack("deep mappings", "nested more than", CHECK, task=BASE + "extra: " + "{a: " * 50_000 + "\n"),
    pack("deep blocks", "nested more than", CHECK, task=BASE + "extra:\n  " + "- " * 50_000 + "x\n"),
    pack("deep keys", "nested more than", RUBRIC, rubric=rubric() + "? " * 50_000 + "x\n"),
    pack("duplicate key", "task.yaml:7: licence: stands twice", CHECK, task=BASE.replace("asks:", "licence: ok\nasks:"), lines=2),
    pack("merge key", "merge keys are not allowed", CHECK, task=BASE + "<<: {name: other}\n"),
    pack("no as a label", 'write "no" with quotes', CHECK, task=BASE.replace("  serious: []", "  no: []"), lines=2),
    pack("octal version", "012 is an odd way", CHECK, task=BASE.replace("version: 1", "version: 012"), lines=2),
    pack("sexagesimal version", "22:22 is an odd way", CHECK, task=BASE.replace("version: 1", "version: 22:22"), lines=2),
    pack("huge scalar", "is larger than 1 MiB", CHECK, task=BASE + "extra: " + "x" * 2_000_000 + "\n"),
    pack("huge integer", "is an odd way to write a number", CHECK, task=BASE.replace("version: 1", "version: " + "9" * 5000), lines=2),
    pack("nan weight", "odd way to write a number", RUBRIC, rubric=rubric().replace("question:", "weight: .nan\n  question:"), lines=2),
    pack("infinite scale", "points of a scale are numbers", RUBRIC, rubric=rubric().replace("    1: right", "    .inf: right"), lines=4),
    pack("nul byte", "U+0000 is not allowed", CHECK, task=BASE.replace("CC0", "CC\0")),
    pack("utf-16", "not UTF-8 text", CHECK, task=BASE.encode("utf-16")),
    pack("surrogate", "not UTF-8 text", CHECK, task=BASE.encode().replace(b"CC0", b"\xed\xa0\x80")),
    pack("code point that is none", "is not YAML", CHECK, task=BASE.replace("CC0-1.0", '"\\UFFFFFFFF"')),
    pack("many values", "more than 10,000 values", CHECK, task=BASE + "extra:\n" + "- a\n" * 250_000),
    pack("many wrong keys", "unknown key", CHECK, task=BASE + "".join(f"k{n}: 1\n" for n in range(4900)), lines=52),
    pack("many unknown metrics", "unknown metric", CHECK, task=task(metrics=[f"accurac{n}" for n in range(4000)]), lines=52),
    pack("words made to compare slowly", "not in the label set", CHECK, task=task(labels={LONG_WORD: [], "b": []}), items=rows(item(label=LONG_WORD[::-1]))),
    pack("settings that name each other", "has no record", DRY, task=task(settings=SETTINGS, data=TASK["data"] | {"where": {"id": "{s0}" * 50}})),
)  # fmt: skip
PATH_PACKS = (
    pack("path above", "task.yaml:6: data.path", CHECK, task=task(data={"path": "../../secret.jsonl"})),
    pack("absolute path", "must lie below", CHECK, task=task(data={"path": "/etc/passwd", "format": "csv"})),
    pack("file url", "must lie below", CHECK, task=task(data={"path": "file:///etc/passwd"})),
    pack("http url", "must lie below", CHECK, task=task(data={"path": "http://169.254.169.254/latest/meta-data"})),
    pack("concat protocol", "must lie below", CHECK, task=task(data={"path": "concat:items.jsonl|/etc/passwd"})),
    pack("data by a link", "link that leads out", RUN, files={"items.csv": link("/etc/passwd")}, task=task(data={"path": "items.csv"})),
    pack("data through a linked folder", "link that leads out", RUN, files={"sub": link("/etc")}, task=task(data={"path": "sub/passwd", "format": "csv"})),
    pack("environment by a link", "link that leads out", CHECK, files={"items.csv": link("/proc/self/environ")}, task=task(data={"path": "items.csv"})),
    pack("endless device by a link", "no such file", CHECK, items=link("/dev/zero")),
    pack("standard input by a link", "no such file", CHECK, items=link("/dev/stdin")),
    pack("pipe as data", "no such file", CHECK, items=fifo),
    pack("pipe as task", "is no regular file", CHECK, task=fifo),
    pack("pipe as replies", "is no regular file", IMPORT, replies=fifo),
    pack("folder as task", "is no regular file", CHECK, task=lie),
    pack("task by a link", "is no YAML file", CHECK, task=link("/etc/passwd")),
    pack("rubric by a link", "link that leads out", RUN, SCORE, task=task(rubric="rubric.yaml", metrics=["accuracy", "reasoning"]), rubric=link("/etc/passwd")),
    pack("judge that is a preset of its own", "rubric.yaml:3: judge", RUN, SCORE, task=task(rubric="rubric.yaml", metrics=["accuracy", "reasoning"]), rubric=rubric().replace("about:", "judge: evil.yaml\nabout:"), files={"evil.yaml": EVIL}),
    pack("judge that costs money", "asked only if you name it", RUN, SCORE, task=task(rubric="rubric.yaml", metrics=["accuracy", "reasoning"]), rubric=rubric(judge="gemini")),
    pack("rubric above", "must lie below", CHECK, task=task(rubric="../../x.yaml")),
    pack("replies by a link", "leads out of the task's folder", OWN_REPLIES, files={"task/replies.jsonl": link("/etc/passwd")}, code=3),
    pack("hub id that is a path", "is no Hugging Face id", CHECK, task=task(data={"hub": "../../etc"})),
    pack("hub id that is a url", "is no Hugging Face id", CHECK, task=task(data={"hub": "http://127.0.0.1/x"})),
    pack("clip by a link", "leads out", ("media", "task.yaml", "--sample", "a-1", "--out", "{work}/out"), task=task(modalities=["text", "video"], media={"video": "clip"}), items=rows(item(clip="clip.mp4")), files={"clip.mp4": link("/etc/passwd")}, code=3),
    pack("clips that are none", "no plain path", ("media", "task.yaml", "--sample", "a-1", "--out", "{work}/out"), task=task(modalities=["text", "video"], media={"video": "clip"}), items=rows(item(clip="concat:a.mp4|/etc/passwd")), code=3),
)  # fmt: skip
DATA_PACKS = (
    pack("million lines", "has 1,000,000 lines", CHECK, items=rows(item()) + "{}\n" * 999_999),
    pack("line of 200 MB", "longer than the 4 MiB", CHECK, items=sparse(200_000_000, b'{"id": "')),
    pack("file of 100 GB", "is larger than the 256 MiB", CHECK, items=sparse(100_000_000_000)),
    pack("brackets", "more than 4,000,000 values", CHECK, items=("[" * 30_000 + "\n") * 150, lines=60),
    pack("deep json", "items.jsonl:1: is not JSON", CHECK, items='{"id": ' + "[" * 100_000 + "\n"),
    pack("huge number", "items.jsonl:1: is not JSON", CHECK, items='{"id": ' + "9" * 5000 + "}\n"),
    pack("gold that is no number", "is not a finite number", CHECK, task=task(asks=[{"name": "n", "qa": "?", "read": {"as": "number", "range": [0, 1]}}], metrics=["mae"]), items=rows(item(label=float("nan")), item(id="b", label=10**400)), lines=2),
    pack("key that stands twice", "stands twice", CHECK, items='{"id": "a", "utterance": "u", "label": "serious", "label": "humorous"}\n'),
    pack("id with line ends", "items.jsonl:1: id", CHECK, items=rows(item(id="a\n✓ all is well\x1b]52;c;aGk=\x07"))),
    pack("gzip in place of lines", "items.jsonl:1: is not UTF-8 text", CHECK, items=bomb, lines=30),
    pack("csv with a huge cell", "longer than the 4 MiB", CHECK, task=task(data={"path": "items.csv"}), files={"items.csv": "id,utterance,label\na,\"" + "x" * 5_000_000 + "\",serious\n"}),
    pack("csv of columns", "more than 4,096 columns", CHECK, task=task(data={"path": "items.csv"}), files={"items.csv": "a," * 900_000 + "\n" + "1\n" * 1000}),
    pack("json list of lists", "nested too deeply", CHECK, task=task(data={"path": "items.json"}), files={"items.json": "[" * 900_000}),
    pack("separator that is empty", "data.fields.x.split", CHECK, task=task(data=TASK["data"] | {"fields": {"x": {"from": "utterance", "split": ""}}})),
    pack("prompt that multiplies", "longer than 16,000,000", RUN, task=task(asks=ask("{utterance}" * 60_000)), items=rows(item(utterance="ha" * 500_000))),
    pack("modules in the folder", "1 items", CHECK, files={"yaml.py": "open('/etc/passwd').read()", "numpy.py": "import os; os.system('id')", "csv.py": "1/0"}, code=0),
)  # fmt: skip
TEXT_PACKS = (
    pack("format strings in a prompt", "{x!r:>1000000000} {0} {utterance.__class__!r}", ("tasks", "show", "task.yaml", "--sample", "a-1"), task=task(asks=ask("{x!r:>1000000000} {0} {utterance.__class__!r} {} {{}} %s $x {x[0]} {utterance}")), code=0),
    pack("attribute of a field", "only {ask.answer} may have a dot", CHECK, task=task(asks=ask("{utterance.__class__}"))),
    pack("format strings in a rubric", "✓ rubric.yaml", RUBRIC, rubric=rubric(about="{0.__class__}").replace("Is it right?", "'{x!r:>1000000000} {{7*7}} {% for x in y %}'"), code=0),
    pack("format strings in an answer", "report.md", IMPORT, SCORE, REPORT, replies=reply(reply="{0.__class__} {x!r:>1000000000} ${PATH} Answer: {{7*7}}"), code=0),
    pack("name that is a path", "task.yaml:1: name", CHECK, task=task(name="../../../tmp/x")),
    pack("replies of wrong types", "replies.jsonl:1: reply: should be text", IMPORT, replies=reply(reply=["x"])),
    pack("doubled replies", "stands already in line 1", IMPORT, replies=reply() * 3, lines=2),
    pack("many unknown ids", "is not in the task's data", IMPORT, items=rows(*(item(id=f"a-{n}") for n in range(1500))), replies="".join(reply(id=f"a-{n}x") for n in range(20_000)), lines=51),
    pack("deep replies", "replies.jsonl:1: is not JSON", REPLAY, replies='{"id": "a-1", "reply": ' + "[" * 100_000),
    pack("replies with unknown keys", "unknown key", REPLAY, replies=reply(**{"__class__": "x", "k" * 5000: 1}), lines=2),
    pack("surrogates in replies", "report.md", IMPORT, SCORE, REPORT, replies='{"id": "a-1", "reply": "\\ud83d \\u0000 Answer: humorous"}\n', code=0),
)  # fmt: skip
PACKS = (*YAML_PACKS, *PATH_PACKS, *DATA_PACKS, *TEXT_PACKS)
