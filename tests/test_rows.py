"""Rows of data files: JSON lists one object at a time, keys that stand twice, and the bounds of a stranger's file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from judge import rows
from judge.errors import Fault, TaskError
from judge.rows import LONGEST, read_rows

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.lists(st.dictionaries(st.text(), JSON, max_size=4), max_size=5)


def _read(path: Path, content: str | bytes) -> list[dict[str, Any] | Fault]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    return [record for _, record in read_rows(path.suffix[1:], path, hub=None, config=None, split="")]


def _fault(path: Path, content: str | bytes) -> str:
    with pytest.raises(TaskError) as error:
        _read(path, content)
    return str(error.value.faults[0]).removeprefix(f"{path}")


@settings(max_examples=80, deadline=None)
@given(items=OBJECTS, indent=st.sampled_from([None, 0, 2]), ascii_=st.booleans())
def test_a_json_list_is_read_object_by_object_as_json_reads_it(
    tmp_path_factory: pytest.TempPathFactory, items: list[dict[str, Any]], indent: int | None, ascii_: bool
) -> None:
    text = json.dumps(items, indent=indent, ensure_ascii=ascii_)
    if not ascii_ and any(0xD800 <= ord(character) < 0xE000 for character in text):
        return
    path = tmp_path_factory.getbasetemp() / "list.json"
    assert _read(path, f" \n{text}\n") == items


@pytest.mark.parametrize("size", [10, 2**14 - 20, 2**14, 2**14 + 20, 2**18 - 20, 2**18, 2**18 + 20, 2**20])
def test_long_objects_of_a_json_list_are_whole(tmp_path: Path, size: int) -> None:
    items = [{"a": "x" * size, "b": 1}, {"c": 2}]
    assert _read(tmp_path / "list.json", json.dumps(items)) == items


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[{"a": 1}, {"b": }]', ":1: is not JSON"),
        ('[{"a": 1},\n{"b": }' + " " * 5_000_000 + "]", ":2: is not JSON: Expecting value"),
        ('[{"a": 1},\n\n {"b": 1} {"c": 1}]', ":3: is not JSON: Expecting ','"),
        ('[{"a": 1}] x', ":1: is not JSON: Extra data"),
        ('[{"a": 1}', ":1: is not JSON"),
        ('[{"a": 1},]', ":1: is not JSON"),
        ("[", ":1: is not JSON"),
        ("", ": is empty: 0 records"),
        (" \n", ": is empty: 0 records"),
        ('{"a": 1}', ": should be a JSON list of objects"),
        ("[1]", ": should be a JSON list of objects"),
        ('[{"a": 1}, [2]]', ": should be a JSON list of objects"),
        ('[{"a": 1, "a": 2}]', ": is not JSON: the key 'a' stands twice"),
        ('[{"a": ' + "9" * 5000 + "}]", ": is not JSON: Exceeds the limit"),
        ('[{"a": "' + "x" * LONGEST + '"}]', ": is not JSON: a record is longer than"),
    ],
)
def test_what_is_no_list_of_objects_is_said_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    assert _fault(tmp_path / "list.json", text).startswith(said)


def test_a_key_that_stands_twice_is_a_fault_of_its_line(tmp_path: Path) -> None:
    found = _read(tmp_path / "items.jsonl", '{"a": 1}\n{"a": {"b": 1, "b": 2}}\n{"a": 3}\n')
    assert [isinstance(record, Fault) for record in found] == [False, True, False]
    assert "2: the key 'b' stands twice" in str(found[1])


def test_a_csv_record_over_several_lines_is_whole_and_bounded(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    assert _read(path, '\ufeffid,text\r\na,"x\ny"\r\nb,"z"\r\n') == [
        {"id": "a", "text": "x\ny"},
        {"id": "b", "text": "z"},
    ]
    line = '"' + "x" * 100_000 + '\n",'
    assert "longer than the 4 MiB" in _fault(path, "id\n" + line * 50)
    assert _fault(path, b"id\na\n\xff\n") == ":3: is not CSV: not UTF-8 text"


def test_a_file_of_too_many_values_is_refused_however_they_are_spread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "MOST_VALUES", 20)
    line = '{"a": [1, 2, 3]}'
    assert len(_read(tmp_path / "a.jsonl", f"{line}\n" * 5)) == 5
    assert "more than 20 values" in _fault(tmp_path / "a.jsonl", f"{line}\n" * 6)
    assert "more than 20 values" in _fault(tmp_path / "a.json", f"[{','.join([line] * 6)}]")
