"""A second data file completes the records of the first: partners, differences, and what is absent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from building import make_task

from judge.datafile import DataFile, locate
from judge.dataset import read_samples
from judge.definitions import Task
from judge.errors import JudgeError, NothingDone, TaskError
from judge.spec.task import read_task

JOIN = {"path": "notes/n.json", "also": ["n.json"], "by": "clip", "fields": ["note"], "same": {"label": "truth"}}
ITEMS = [
    {"clip": "a.mp4", "utterance": "One.", "label": "humorous"},
    {"clip": "b.mp4", "utterance": "Two.", "label": "serious"},
]
NOTES = [
    {"clip": "b.mp4", "truth": "serious", "note": "a sigh"},
    {"clip": "a.mp4", "truth": "humorous", "note": "a giggle"},
]


def task_with(**join: Any) -> Task:
    data = {"path": "items/i.json", "also": ["i.json"], "id": "clip", "join": JOIN | join}
    return make_task(data=data, target={"label": "label", "clues": "note"})


def put(folder: Path, items: list[dict[str, Any]], notes: list[dict[str, Any]] | None) -> Path:
    (folder / "items").mkdir(exist_ok=True)
    (folder / "notes").mkdir(exist_ok=True)
    (folder / "items" / "i.json").write_text(json.dumps(items))
    if notes is not None:
        (folder / "notes" / "n.json").write_text(json.dumps(notes))
    return folder


def found(folder: Path, task: Task | None = None) -> tuple[DataFile, list[str]]:
    task = task or task_with()
    data = locate(task, folder / "task.yaml", folder)
    samples = read_samples(task, data, {})
    return data, [clue.cue for sample in samples for clue in sample.target.clues]


def faults(folder: Path, task: Task | None = None) -> list[str]:
    with pytest.raises(JudgeError) as caught:
        found(folder, task)
    return [str(fault).replace(str(folder), "DIR") for fault in caught.value.faults]


def test_partners_are_found_by_their_field_and_not_by_their_place(tmp_path: Path) -> None:
    assert found(put(tmp_path, ITEMS, NOTES))[1] == ["a giggle", "a sigh"]


def test_an_item_without_a_partner_is_a_fault_with_its_place(tmp_path: Path) -> None:
    (said,) = faults(put(tmp_path, ITEMS, NOTES[1:]))
    assert said == "DIR/items/i.json:2: clip: 'b.mp4' has no partner in DIR/notes/n.json"


def test_a_label_that_differs_from_its_partners_is_a_fault_with_both_places(tmp_path: Path) -> None:
    (said,) = faults(put(tmp_path, ITEMS, [NOTES[0] | {"truth": "humorous"}, NOTES[1]]))
    assert said == "DIR/items/i.json:2: label: is 'serious' here, truth 'humorous' in DIR/notes/n.json:1"


def test_a_partner_that_stands_twice_or_lacks_a_field_is_a_fault_of_the_second_file(tmp_path: Path) -> None:
    said = faults(put(tmp_path, ITEMS, [*NOTES, NOTES[0], {"clip": "c.mp4"}, {"note": "?"}]))
    assert said == [
        "DIR/notes/n.json:3: clip: 'b.mp4' stands already in line 1",
        "DIR/notes/n.json:4: note: is not a field of this record",
        "DIR/notes/n.json:5: clip: should be text",
    ]


def test_a_second_file_that_is_absent_is_named_where_a_record_needs_it(tmp_path: Path) -> None:
    put(tmp_path, ITEMS, None)
    with pytest.raises(NothingDone, match=r"no note of humor: none of notes/n.json and n.json is there"):
        found(tmp_path)
    put(tmp_path, [item | {"note": None} for item in ITEMS], None)
    assert found(tmp_path)[1] == [], "null says that there is none"


def test_records_that_have_it_already_are_left_as_they_are(tmp_path: Path) -> None:
    assert found(put(tmp_path, [item | {"note": "own"} for item in ITEMS], NOTES))[1] == ["own", "own"]


def test_flat_names_and_a_file_named_by_itself_find_their_partner(tmp_path: Path) -> None:
    (tmp_path / "i.json").write_text(json.dumps(ITEMS))
    (tmp_path / "n.json").write_text(json.dumps(NOTES))
    assert found(tmp_path)[1] == ["a giggle", "a sigh"]
    deep = tmp_path / "deep"
    deep.mkdir()
    put(deep, ITEMS, NOTES)
    task = task_with()
    data = locate(task, tmp_path / "task.yaml", deep / "items" / "i.json")
    assert data.joined == deep / "notes" / "n.json"


def test_another_second_file_is_other_data(tmp_path: Path) -> None:
    first, _ = found(put(tmp_path, ITEMS, NOTES))
    second, _ = found(put(tmp_path, ITEMS, [NOTES[0] | {"note": "a cough"}, NOTES[1]]))
    assert first.sha256 != second.sha256


def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    put(tmp_path, ITEMS, NOTES)
    put(tmp_path / "in", ITEMS, None)
    (tmp_path / "in" / "notes" / "n.json").symlink_to(tmp_path / "notes" / "n.json")
    with pytest.raises(TaskError, match="leads out"):
        locate(task_with(), tmp_path / "in" / "task.yaml", tmp_path / "in")


@pytest.mark.parametrize("path", ["/etc/passwd", "../n.json", "https://example.org/n.json", "~/n.json"])
def test_a_second_file_lies_below_the_tasks_folder(tmp_path: Path, path: str) -> None:
    text = f"""\
name: t
version: 1
about: a
licence: CC0-1.0
data: {{path: i.json, join: {{path: "{path}", also: ["{path}"], by: id, fields: [note]}}}}
asks: [{{name: label, qa: "?", read: {{as: label}}}}]
labels: {{a: [], b: []}}
target: {{label: label}}
metrics: [accuracy]
"""
    (tmp_path / "t.yaml").write_text(text)
    with pytest.raises(TaskError) as caught:
        read_task(tmp_path / "t.yaml", None)
    assert [fault.key for fault in caught.value.faults] == ["data.join.path", "data.join.also.0"]
