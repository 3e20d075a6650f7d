from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from judge.datafile import locate
from judge.dataset import read_samples
from judge.definitions import Task
from judge.errors import TaskError
from judge.records import Clue, Sample

MOOD: dict[str, Any] = {
    "name": "moods",
    "version": 1,
    "about": "Which mood?",
    "licence": "CC0-1.0",
    "data": {"path": "moods/items.jsonl"},
    "asks": [{"name": "mood", "qa": "{line}", "read": {"as": "label"}}],
    "labels": {"glad": ["happy"], "sad": []},
    "target": {"label": "mood"},
    "metrics": ["accuracy"],
}
PICK: dict[str, Any] = MOOD | {
    "asks": [{"name": "pick", "qa": "{options}", "read": {"as": "letter", "choices": "options"}}],
    "target": {"label": "answer"},
    "labels": {},
}


def task_with(base: dict[str, Any] = MOOD, *, data: dict[str, Any] | None = None, **changes: Any) -> Task:
    return Task.model_validate(base | {"data": {"path": "moods/items.jsonl"} | (data or {})} | changes)


def item(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {"id": f"m-{number}", "line": "So it goes.", "mood": "sad"} | changes


def lines(*records: Any) -> str:
    return "".join((record if isinstance(record, str) else json.dumps(record)) + "\n" for record in records)


def read(
    folder: Path,
    content: str | bytes,
    *,
    task: Task | None = None,
    name: str = "items.jsonl",
    settings: dict[str, str] | None = None,
) -> list[Sample]:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    chosen = task or task_with()
    return read_samples(chosen, locate(chosen, folder / "task.yaml", path), settings or {})


def faults(folder: Path, content: str | bytes, *, task: Task | None = None, name: str = "items.jsonl") -> list[str]:
    with pytest.raises(TaskError) as caught:
        read(folder, content, task=task, name=name)
    return [str(fault).replace(f"{folder}/", "") for fault in caught.value.faults]


BOTH = [("m-1", 'Oh, "you"…\nsaid he', "sad"), ("m-2", "快乐", "glad")]
AS_JSON = [{"id": name, "line": line, "mood": mood} for name, line, mood in BOTH]
AS_CSV = 'id,line,mood\nm-1,"Oh, ""you""…\nsaid he",sad\nm-2,快乐,glad\n'


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "byte-order-mark"])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", lines(*AS_JSON)),
        ("a.JSONL", lines(*AS_JSON).removesuffix("\n")),
        ("a.jsonl", "\n" + lines(*AS_JSON).replace("\n", "\r\n\r\n")),
        ("a.json", json.dumps(AS_JSON, ensure_ascii=False, indent=1)),
        ("a.csv", AS_CSV),
        ("a.csv", AS_CSV.replace("\n", "\r\n").replace("…\r\n", "…\n")),
    ],
    ids=["jsonl", "no-last-newline", "blank-lines-and-crlf", "json", "csv", "csv-crlf"],
)
def test_the_same_items_come_from_every_format(tmp_path: Path, name: str, content: str, mark: str) -> None:
    samples = read(tmp_path, mark + content, name=name)
    assert [(s.id, s.inputs["line"], s.target.values["mood"][0]) for s in samples] == BOTH


def test_the_format_that_the_task_gives_goes_before_the_files_name(tmp_path: Path) -> None:
    assert len(read(tmp_path, lines(*AS_JSON), name="items.txt", task=task_with(data={"format": "jsonl"}))) == 2


def test_an_unknown_format_is_an_error_with_the_nearest_one(tmp_path: Path) -> None:
    assert faults(tmp_path, "x", name="a.jsnl")[0].startswith("a.jsnl: unknown format 'jsnl'; did you mean \"json")


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        pytest.param(lines(item(1), "{bad", item(2)), "a.jsonl", "a.jsonl:2: is not JSON", id="not-json"),
        pytest.param(lines(item(1), "", "{bad"), "a.jsonl", "a.jsonl:3: is not JSON", id="not-json-after-a-blank-line"),
        pytest.param(lines(item(1), "[1]"), "a.jsonl", "a.jsonl:2: should be a JSON object", id="not-an-object"),
        pytest.param(
            lines(item(1), "", "[1]"), "a.jsonl", "a.jsonl:3: should be", id="not-an-object-after-a-blank-line"
        ),
        pytest.param(lines("[" * 30_000), "a.jsonl", "a.jsonl:1: is not JSON", id="30000-brackets"),
        pytest.param(
            lines(item(1)).encode() + b'{"id": "\xff"}\n', "a.jsonl", "a.jsonl:2: is not UTF-8", id="not-utf8"
        ),
        pytest.param("[\n{},\n{]\n]", "a.json", "a.json:3: is not JSON", id="json"),
        pytest.param('{"id": 1}', "a.json", "a.json: should be a JSON list", id="json-no-list"),
        pytest.param(b'["\xff"]', "a.json", "a.json: is not JSON", id="json-not-utf8"),
        pytest.param("id,line,mood\na,b,sad\na,b\n", "a.csv", "a.csv:3: has more or fewer cells", id="csv-too-short"),
        pytest.param("id,line,mood\na,b,sad,x\n", "a.csv", "a.csv:2: has more or fewer cells", id="csv-too-long"),
        pytest.param('id,line,mood\na,"b,sad\n', "a.csv", "a.csv:2: is not CSV", id="csv-open-quote"),
        pytest.param(b"id,line,mood\na,b,sad\nb,\xff,sad\n", "a.csv", "a.csv:3: is not CSV", id="csv-not-utf8"),
    ],
)
def test_a_bad_line_is_an_error_with_its_number(tmp_path: Path, content: str | bytes, name: str, said: str) -> None:
    found = faults(tmp_path, content, name=name)
    assert found[0].startswith(said), found


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"mood": "glda"}, "target: the gold label 'glda' is not in the label set; did you mean \"glad\"?"),
        ({"mood": "happy"}, "target: the gold label 'happy' is not in the label set"),
        ({"mood": ["glad", "sad"]}, "target: 2 gold labels where one is read"),
        ({"mood": None}, "target: is empty"),
        ({"id": "m-1"}, "id: 'm-1' stands already in line 1"),
        ({"id": ""}, "id: is empty"),
        ({"id": "  "}, "id: is empty"),
        ({"id": True}, "id: should be text"),
    ],
    ids=["gold", "alias-as-gold", "two-gold", "no-gold", "doubled-id", "empty-id", "blank-id", "true-as-id"],
)
def test_a_bad_record_is_an_error_with_its_line_and_key(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    found = faults(tmp_path, lines(item(1), item(2) | changes))
    assert len(found) == 1
    assert found[0].startswith(f"items.jsonl:2: {said}"), found


def test_a_record_without_a_field_that_the_task_reads_is_an_error_with_the_nearest_field(tmp_path: Path) -> None:
    said = faults(tmp_path, lines({"id": "m-2", "modo": "sad"}))
    assert said == ['items.jsonl:1: mood: is not a field of this record; did you mean "modo"?']


def test_a_blank_line_counts_in_the_numbers_of_the_lines(tmp_path: Path) -> None:
    assert faults(tmp_path, lines(item(1), "", item(2, mood="mad")))[0].startswith("items.jsonl:3: target")


@pytest.mark.parametrize("last", [item(4, mood="y"), "{bad"], ids=["a-bad-record-last", "no-json-last"])
def test_every_bad_record_is_found_in_one_pass(tmp_path: Path, last: Any) -> None:
    found = faults(tmp_path, lines(item(1, mood="x"), item(2), item(2), last))
    assert [fault.split(": ")[0] for fault in found] == [f"items.jsonl:{number}" for number in (1, 3, 4)]


def test_a_number_as_id_is_its_text(tmp_path: Path) -> None:
    assert read(tmp_path, lines(item(id=7)))[0].id == "7"


@pytest.mark.parametrize(
    ("gold", "letter"),
    [("B", "B"), ("b", "B"), ("relief", "A"), ("pity", "C")],
    ids=["letter", "small-letter", "first-text", "last-text"],
)
def test_the_gold_letter_is_found_from_a_letter_or_from_the_text_of_an_option(
    tmp_path: Path, gold: str, letter: str
) -> None:
    record = {"id": "p-1", "options": ["relief", "envy", "pity"], "answer": gold}
    sample = read(tmp_path, lines(record), task=task_with(PICK))[0]
    assert sample.target.values == {"pick": (letter,)}
    assert sample.choices == {"pick": ("relief", "envy", "pity")}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"answer": "D"}, "target: the gold answer 'D' is not among the options"),
        ({"answer": "Relief."}, "target: the gold answer 'Relief.' is not among the options"),
        ({"options": ["only"]}, "options: should list 2 to 26 options"),
        ({"options": "relief, envy"}, "options: should list 2 to 26 options"),
        ({"options": ["x"] * 27}, "options: should list 2 to 26 options"),
    ],
    ids=["letter-too-far", "other-text", "one-option", "text", "too-many"],
)
def test_a_gold_answer_or_a_list_of_options_that_makes_no_sense_is_an_error(
    tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    record = {"id": "p-1", "options": ["relief", "envy"], "answer": "A"} | changes
    assert faults(tmp_path, lines(record), task=task_with(PICK)) == [f"items.jsonl:1: {said}"]


RAW = {
    "id": "m-1",
    "mood": "sad",
    "talk": "A: one - two: B - end",
    "film": {"cast": [{"name": "Ada"}, "Bo"]},
    "a.b": "dotted",
}


@pytest.mark.parametrize(
    ("ref", "value"),
    [
        ("film.cast.0.name", "Ada"),
        ("film.cast.1", "Bo"),
        ("a.b", "dotted"),
        ({"from": "talk"}, "A: one - two: B - end"),
        ({"from": "talk", "after": ": "}, "one - two: B - end"),
        ({"from": "talk", "before": " - "}, "A: one - two: B"),
        ({"from": "talk", "after": ": ", "before": " - "}, "one - two: B"),
        ({"from": "talk", "split": " - "}, ["A: one", "two: B", "end"]),
        ({"from": "talk", "after": ": ", "before": " - ", "split": " - "}, ["one", "two: B"]),
    ],
    ids=lambda part: part if isinstance(part, str) and "." in part else None,
)
def test_a_field_is_found_by_its_path_and_cut_to_its_piece(tmp_path: Path, ref: Any, value: Any) -> None:
    sample = read(tmp_path, lines(RAW), task=task_with(data={"fields": {"piece": ref}}))[0]
    assert sample.inputs["piece"] == value
    assert sample.inputs["talk"] == RAW["talk"]


@pytest.mark.parametrize(
    ("ref", "said"),
    [
        ("film.csat", 'film.csat: is not a field of this record; did you mean "cast"?'),
        ("film.cast.2", "film.cast.2: is not a field of this record"),
        ("talk.0", "talk.0: is not a field of this record"),
        ({"from": "talk", "after": "#"}, "talk: does not hold '#'"),
        ({"from": "talk", "before": "#"}, "talk: does not hold '#'"),
        ({"from": "film", "split": "#"}, "film: is not text"),
    ],
    ids=["misspelt", "beyond-the-list", "below-a-text", "no-after", "no-before", "not-text"],
)
def test_a_field_that_is_not_there_is_an_error_with_its_line(tmp_path: Path, ref: Any, said: str) -> None:
    found = faults(tmp_path, lines(RAW), task=task_with(data={"fields": {"piece": ref}}))
    assert found[0].startswith(f"items.jsonl:1: {said}"), found


def test_cluster_language_group_reference_and_clues_are_read_from_the_record(tmp_path: Path) -> None:
    task = task_with(
        data={"cluster": "who.film", "lang": "tongue"},
        groups={"by": "kind", "names": {"1": "irony"}},
        target={"label": "mood", "reference": "why", "clues": "clues"},
    )
    record = item(
        who={"film": 12}, tongue="zh", kind=1, why="Because.", clues=["a sigh", {"sense": "voice", "cue": "low"}]
    )
    sample = read(tmp_path, lines(record), task=task)[0]
    assert (sample.cluster, sample.lang, sample.group, sample.target.reference) == ("12", "zh", "irony", "Because.")
    assert sample.target.clues == (Clue(sense="", cue="a sigh"), Clue(sense="voice", cue="low"))


def test_a_filter_keeps_the_records_that_the_settings_name(tmp_path: Path) -> None:
    task = task_with(data={"where": {"at.lang": "{lang}", "kind": "film"}})
    records = [("en", "film"), ("zh", "film"), ("en", "book"), ("en", "film")]
    content = lines(*(item(n, at={"lang": lang}, kind=kind) for n, (lang, kind) in enumerate(records)))
    for lang, ids in {"en": ["m-0", "m-3"], "zh": ["m-1"]}.items():
        assert [s.id for s in read(tmp_path, content, task=task, settings={"lang": lang})] == ids


def test_a_filter_that_leaves_nothing_is_an_error_that_names_the_settings(tmp_path: Path) -> None:
    task = task_with(data={"where": {"lang": "{lang}"}})
    with pytest.raises(TaskError, match="no record for moods lang=fr"):
        read(tmp_path, lines(item(lang="en")), task=task, settings={"lang": "fr"})
