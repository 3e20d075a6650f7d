from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from judge.errors import TaskError
from judge.records import Answer, AskReply
from judge.replies import ReplyLine, as_records, read_replies, records_of_run
from providers.records import Reply


def write(path: Path, *records: Any) -> Path:
    """Records as JSON lines; a text stands as it is."""
    texts = [record if isinstance(record, str) else json.dumps(record) for record in records]
    path.write_text("".join(text + "\n" for text in texts), encoding="utf-8")
    return path


def faults(*paths: Path) -> list[str]:
    """The faults as they print, without the folder."""
    with pytest.raises(TaskError) as caught:
        read_replies(paths)
    return [str(fault).replace(f"{paths[0].parent}/", "") for fault in caught.value.faults]


def test_a_line_needs_only_an_id_and_a_reply(tmp_path: Path) -> None:
    ((place, line),) = read_replies([write(tmp_path / "r.jsonl", {"id": "m-1", "reply": "Answer: sad"})])
    assert line == ReplyLine(id="m-1", reply="Answer: sad")
    assert (line.draw, line.variant, line.thinking, line.finish, line.ask) == (0, None, "", "stop", None)
    assert (place.file, place.line) == (str(tmp_path / "r.jsonl"), 1)


def test_a_line_may_say_more(tmp_path: Path) -> None:
    full = {"id": "m-1", "reply": "", "draw": 2, "variant": "cot", "thinking": "Hm.", "finish": "length", "ask": "mood"}
    ((_, line),) = read_replies([write(tmp_path / "r.jsonl", full | {"note": "written by hand"})])
    assert line.model_dump(exclude={"note"}) == full


def test_a_number_as_id_is_its_text(tmp_path: Path) -> None:
    ((_, line),) = read_replies([write(tmp_path / "r.jsonl", {"id": 17, "reply": "x"})])
    assert line.id == "17"


def test_several_files_are_read_in_order_each_with_its_own_lines(tmp_path: Path) -> None:
    paths = [
        write(tmp_path / f"{name}.jsonl", *({"id": f"{name}{n}", "reply": "x"} for n in range(2))) for name in "ba"
    ]
    found = [(Path(place.file).name, place.line, line.id) for place, line in read_replies(paths)]
    assert found == [("b.jsonl", 1, "b0"), ("b.jsonl", 2, "b1"), ("a.jsonl", 1, "a0"), ("a.jsonl", 2, "a1")]


@pytest.mark.parametrize(
    ("record", "said"),
    [
        pytest.param({"reply": "x"}, "id: is missing", id="no-id"),
        pytest.param({"id": "m-1"}, "reply: is missing", id="no-reply"),
        pytest.param({"id": True, "reply": "x"}, "id: ", id="true-as-id"),
        pytest.param({"id": "m-1", "reply": None}, "reply: ", id="no-text"),
        pytest.param({"id": "m-1", "reply": 5}, "reply: ", id="number-as-reply"),
        pytest.param({"id": "m-1", "reply": "x", "draw": -1}, "draw: ", id="negative-draw"),
        pytest.param({"id": "m-1", "reply": "x", "draw": "1"}, "draw: ", id="draw-as-text"),
        pytest.param({"id": "m-1", "reply": "x", "finish": "sotp"}, "finish: ", id="unknown-finish"),
        pytest.param({"id": "m-1", "reply": "x", "repyl": "y"}, "repyl: unknown key", id="unknown-key"),
        pytest.param([1], "should be a JSON object", id="not-an-object"),
        pytest.param("{bad", "is not JSON", id="not-json"),
    ],
)
def test_a_bad_line_is_an_error_with_its_number_and_key(tmp_path: Path, record: Any, said: str) -> None:
    found = faults(write(tmp_path / "r.jsonl", {"id": "m-0", "reply": "x"}, record))
    assert len(found) == 1
    assert found[0].startswith(f"r.jsonl:2: {said}"), found


def test_an_unknown_key_is_told_which_keys_there_are(tmp_path: Path) -> None:
    said = faults(write(tmp_path / "r.jsonl", {"id": "m-1", "reply": "x", "answer": "y"}))[0]
    for key in ReplyLine.model_fields:
        assert key in said


@pytest.mark.parametrize("third", [{"id": 1}, "{bad", [1]], ids=["bad-record", "not-json", "not-an-object"])
def test_every_fault_of_all_files_is_found_in_one_pass(tmp_path: Path, third: Any) -> None:
    good = {"id": "m-1", "reply": "x"}
    first = write(tmp_path / "a.jsonl", {"reply": "x"}, good, third, {"id": "m-2", "reply": 3})
    second = write(tmp_path / "b.jsonl", good, good | {"more": 1})
    assert [fault.split(": ")[0] for fault in faults(first, second)] == [
        "a.jsonl:1",
        "a.jsonl:3",
        "a.jsonl:4",
        "b.jsonl:2",
    ]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert faults(tmp_path / "r.jsonl") == ["r.jsonl: no such file"]


def test_a_record_for_the_replay_keeps_what_is_open_open(tmp_path: Path) -> None:
    records = as_records([
        ReplyLine(id="m-1", reply="any"),
        ReplyLine(id="m-1", reply="second", draw=1, variant="cot", ask="mood", thinking="Hm.", finish="length"),
    ])  # fmt: skip
    assert records == {
        ("m-1", None, 0, None): Reply(text="any", model="replay"),
        ("m-1", "cot", 1, "mood"): Reply(text="second", thinking="Hm.", finish="length", model="replay"),
    }


def test_the_replies_of_an_earlier_run_can_be_replayed_with_the_model_that_gave_them() -> None:
    answer = Answer(
        sample_id="m-1",
        variant="qa",
        draw=1,
        status="refused",
        replies=(
            AskReply(ask="mood", text="sad", model="m"),
            AskReply(ask="why", text="", finish="refused", thinking="?"),
        ),
    )
    assert records_of_run([answer]) == {
        ("m-1", "qa", 1, "mood"): Reply(text="sad", model="m"),
        ("m-1", "qa", 1, "why"): Reply(text="", finish="refused", thinking="?"),
    }
