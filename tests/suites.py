"""Small suites for the tests: the sample tasks as members, and a task of the tests' own beside them."""

from __future__ import annotations

import shutil
from pathlib import Path

from command import ROOT, write_lines

SUITE = """\
name: small
version: 1
about: Three of the sample tasks.
licence: CC-BY-4.0
tasks: {HU: humor.yaml, SD: sarcasm.yaml, EM: emotion.yaml}
dimensions: {Play: [HU, SD], Feeling: [EM]}
scores:
  Play: {mean: [HU, SD], about: as printed}
  All: {mean: [Play, EM]}
  Rec: {micro: recognition, of: [HU, SD]}
references:
  - {model: Some-Model, source: "a paper, table 2", values: {HU: 70.1, Play: 66.0}, caveat: other items}
  - {model: Other-Model, source: "a paper, table 3", values: {Play: 71.0}, caveat: other judge; not comparable}
"""
ABSENT = """\
name: absent
version: 1
about: Its data does not ship with it.
licence: MIT
data: {path: absent/items.jsonl, count: 3, source: the authors' page}
asks: [{name: label, qa: "{text}?", read: {as: label}}]
labels: {glad: [], sad: []}
target: {label: label}
metrics: [accuracy]
"""
ITEMS = [{"id": f"a{number}", "text": f"line {number}", "label": "glad" if number else "sad"} for number in range(3)]


def small(folder: Path, text: str = SUITE) -> Path:
    """A suite over copies of the sample tasks, and `absent.yaml`, whose data is elsewhere."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("humor", "sarcasm", "emotion"):
        shutil.copy(ROOT / "tasks" / f"{name}.yaml", folder / f"{name}.yaml")
        shutil.copytree(ROOT / "tasks" / name, folder / name, dirs_exist_ok=True)
    shutil.copytree(ROOT / "tasks" / "samples", folder / "samples", dirs_exist_ok=True)
    (folder / "absent.yaml").write_text(ABSENT)
    path = folder / "suite.yaml"
    path.write_text(text)
    return path


def with_absent(folder: Path, *, optional: bool) -> Path:
    """The same suite with a fourth task, whose data is not there."""
    text = SUITE.replace("EM: emotion.yaml}", "EM: emotion.yaml, AB: absent.yaml}")
    text = text.replace("  Play: {mean", "  Everything: {micro: accuracy}\n  Play: {mean", 1)
    if optional:
        text = text.replace("dimensions:", "optional: {AB: its licence keeps it apart}\ndimensions:")
    return small(folder, text)


def shelf(folder: Path) -> Path:
    """A folder with the data of `absent.yaml`, as --data or JUDGE_DATA names it."""
    (folder / "absent").mkdir(parents=True, exist_ok=True)
    write_lines(folder / "absent" / "items.jsonl", ITEMS)
    return folder
