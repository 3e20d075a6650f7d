"""The lines that EmoBench-M's runners write, their twelve joint numbers, and clips that stand twice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command import ROOT, Command, Done, estimate, lines_of, write_lines
from sklearn.metrics import accuracy_score, precision_recall_fscore_support

FIXTURE = ROOT / "tests" / "fixtures" / "emobench_m"
NAMES = {"accuracy": "accuracy", "precision": "weighted_precision", "recall": "war", "f1": "weighted_f1"}
JOINT = [  # gold and raw reply; the labels beside them are what the runner's rule finds in the reply
    (("neutral", "questioning"), "{'emotion label': 'neutral', 'intent label': 'questioning'}"),
    (("happy", "agreeing"), "{'emotion label': 'happy', 'intent label': 'acknowledging'}"),
    (("sad", "consoling"), "she is unhappy, and consoling"),
    (("neutral", "neutral"), "{'emotion label': 'neutral', 'intent label': 'neutral'}"),
    (("happy", "wishing"), "{'emotion label': 'fear', 'intent label': 'wishing'}"),
]  # fmt: skip
FOUND = [("neutral", "questioning"), ("happy", "acknowledging"), ("happy", "consoling"), ("neutral", "neutral"),
         ("fear", "wishing")]  # fmt: skip


def joint_rows() -> list[dict[str, Any]]:
    """As the joint runner writes them: modal_path, question, the four labels, the reply in lower case."""
    return [
        {
            "modal_path": f"/data/datasets/videos/MC-EIU/000{number}.mp4",
            "question": "Analyse emotion and intent.",
            "expected_emotion": gold[0],
            "expected_intent": gold[1],
            "predicted_emotion": found[0],
            "predicted_intent": found[1],
            "raw_predicted_value": raw,
        }
        for number, ((gold, raw), found) in enumerate(zip(JOINT, FOUND, strict=True), start=1)
    ]


def bring(judge: Command, file: Path, name: str, out: Path, *options: str | Path) -> Done:
    task = f"tasks/emobench_m/{name}.yaml"
    return judge("import", file, "--format", "emobench-m", "--task", task, "--model", "m", "--out", out, *options)


def by_sklearn(gold: list[str], predicted: list[str]) -> dict[str, float]:
    precision, recall, f1, _ = precision_recall_fscore_support(gold, predicted, average="weighted", zero_division=0)
    accuracy = float(accuracy_score(gold, predicted))
    return {"accuracy": accuracy, "precision": float(precision), "recall": float(recall), "f1": float(f1)}


@pytest.mark.parametrize("scorer", ["labels", "runner"])
def test_the_joint_runners_lines_give_its_twelve_numbers(judge: Command, tmp_path: Path, scorer: str) -> None:
    file = write_lines(tmp_path / "MC-EIU-test_500.jsonl", joint_rows())
    done = bring(judge, file, "ceia", tmp_path / "r", "--set", f"scorer={scorer}")
    assert done.code == 0, done.err
    judge("score", done.folder)
    golds = [gold for gold, _ in JOINT]
    for prefix, place in (("emotion_", 0), ("intent_", 1)):
        for name, value in by_sklearn([one[place] for one in golds], [one[place] for one in FOUND]).items():
            found = estimate(done.folder, f"{prefix}{NAMES[name]}", mode="faithful")
            assert (found["value"], found["n"]) == (pytest.approx(value), 5), (prefix, name)
    for name, value in by_sklearn(["_".join(one) for one in golds], ["_".join(one) for one in FOUND]).items():
        assert estimate(done.folder, NAMES[name], mode="faithful")["value"] == pytest.approx(value), name


def test_why_the_modes_differ_is_said_once_for_all_twelve(judge: Command, tmp_path: Path) -> None:
    replies = [{"id": "MC-EIU-1", "reply": "{'emotion label': 'neutral', 'intent label': 'questioning'}"}]
    file = write_lines(tmp_path / "r.jsonl", [*replies, {"id": "MC-EIU-2", "reply": "No idea."}])
    task = "tasks/emobench_m/ceia.yaml"
    done = judge("import", file, "--task", task, "--model", "m", "--data", FIXTURE, "--out", tmp_path / "r")
    said = judge("score", done.folder).out
    assert said.count("it leaves out 4 answers in which nothing can be read, which strict counts 0") == 1
    assert "the authors count the same answers by another rule" not in said


def test_the_stored_labels_are_read_by_default_and_the_raw_replies_on_request(judge: Command, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "lines.jsonl", joint_rows())
    stored = bring(judge, file, "ceia", tmp_path / "a")
    assert "5 of 5 rows keep the raw reply. To read that:  --set scorer=runner" in stored.out
    raw = bring(judge, file, "ceia", tmp_path / "b", "--set", "scorer=runner")
    assert "are read as another label" not in raw.out
    texts = [lines_of(done.folder / "answers.jsonl")[2]["replies"][0]["text"] for done in (stored, raw)]
    assert json.loads(texts[0]) == {"emotion label": "happy", "intent label": "consoling"}
    assert texts[1] == "she is unhappy, and consoling"


def test_a_raw_reply_that_does_not_give_the_stored_label_is_pointed_out(judge: Command, tmp_path: Path) -> None:
    rows = joint_rows()
    rows[1]["raw_predicted_value"] = "<think>sad?</think>{'emotion label': 'fear', 'intent label': 'agreeing'}"
    file = write_lines(tmp_path / "lines.jsonl", rows)
    done = bring(judge, file, "ceia", tmp_path / "r", "--set", "scorer=runner")
    assert "1 of 5 raw replies are read as another label than the file has, the first in lines.jsonl row 2" in done.out
    assert "--set scorer=labels" in done.out


def test_the_runners_lines_of_one_label_are_read_with_and_without_data(judge: Command, tmp_path: Path) -> None:
    records = json.loads((FIXTURE / "benchmark_json" / "MELD.json").read_text())
    labels = ["joy", "surprise", "neutral", "joy", "sadness", "anger"]
    rows = [
        {
            "modal_path": f"/x/{record['video']}",
            "instruct": record["conversations"][0]["value"].replace("<video>", "").strip(),
            "expected_value": record["conversations"][1]["value"].strip().lower(),
            "predicted_value": label,
            "raw_predicted_value": f"It is {label}.",
        }
        for record, label in zip(records, labels, strict=True)
    ]
    file = write_lines(tmp_path / "MELD_test_instruction.jsonl", rows)
    for given in ((), ("--data", FIXTURE)):
        done = bring(judge, file, "mpder", tmp_path / f"r{len(given)}", *given)
        assert done.code == 0, done.err
        judge("score", done.folder)
        theirs = by_sklearn([row["expected_value"] for row in rows], labels)
        assert estimate(done.folder, "weighted_f1", mode="faithful")["value"] == pytest.approx(theirs["f1"])


def test_a_broken_line_is_named_and_nothing_is_written(judge: Command, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "lines.jsonl", joint_rows())
    file.write_text(file.read_text() + '{"modal_path": "x", "expec\n')
    done = bring(judge, file, "ceia", tmp_path / "r")
    assert done.code == 2
    assert "lines.jsonl:6: is not JSON" in done.err
    assert not (tmp_path / "r").exists()


def twice(tmp_path: Path, **changes: str) -> Path:
    """MELD's items with the first one twice; `changes` are of the second time."""
    records = json.loads((FIXTURE / "benchmark_json" / "MELD.json").read_text())
    again = json.loads(json.dumps(records[0])) | changes
    path = tmp_path / "data" / "MELD.json"
    path.parent.mkdir()
    path.write_text(json.dumps([records[0], again, *records[1:]]))
    return path


@pytest.mark.parametrize("given", [(), ("--data",)], ids=["by itself", "with the data"])
def test_a_clip_that_stands_twice_with_one_id_is_two_items(
    judge: Command, tmp_path: Path, given: tuple[str, ...]
) -> None:
    data = twice(tmp_path)
    records = json.loads(data.read_text())
    rows = [
        {"id": record["id"], "video": record["video"], "expected_value": record["conversations"][1]["value"],
         "predicted_value": label}
        for record, label in zip(records, ["joy", "anger", "surprise", "neutral", "fear", "sadness", "anger"],
                                 strict=True)
    ]  # fmt: skip
    file = tmp_path / "rows.json"
    file.write_text(json.dumps(rows))
    done = bring(judge, file, "mpder", tmp_path / "r", *given, *([data] if given else []))
    assert done.code == 0, done.err
    judge("score", done.folder)
    found = estimate(done.folder, "accuracy", mode="faithful")
    assert (found["n"], found["value"]) == (7, 6 / 7)
    names = [answer["sample_id"] for answer in lines_of(done.folder / "answers.jsonl")]
    assert names[1] == f"{names[0]}+2"


def test_a_run_asks_both_rows_of_an_id_that_stands_twice(judge: Command, tmp_path: Path) -> None:
    data = twice(tmp_path)
    line = ["run", "tasks/emobench_m/mpder.yaml", "--provider", "majority", "--data", data, "--modalities", "text"]
    done = judge(*line, "--out", tmp_path / "r")
    assert done.code == 0, done.err
    names = [answer["sample_id"] for answer in lines_of(done.folder / "answers.jsonl")]
    assert (len(names), names[:2]) == (7, ["MELD-1", "MELD-1+2"])
    assert judge("show", done.folder, "MELD-1+2").code == 0
    assert "stand more than once" not in judge("data", "--data", tmp_path / "data").out


def test_rows_of_one_clip_join_their_items_by_id_then_by_question_then_in_order(judge: Command, tmp_path: Path) -> None:
    other = {"conversations": [{"from": "human", "value": "<video>\nAnd now?"}, {"from": "gpt", "value": "fear"}]}
    data = twice(tmp_path, id="MELD-9", **other)  # type: ignore[arg-type]
    clip = json.loads(data.read_text())[0]["video"]
    row = {"video": clip, "expected_value": "fear", "predicted_value": "fear"}
    for extra in ({"id": "MELD-9"}, {"instruct": "And now?"}):
        file = tmp_path / "rows.json"
        file.write_text(json.dumps([row | extra]))
        done = bring(judge, file, "mpder", tmp_path / next(iter(extra)), "--data", data)
        assert [answer["sample_id"] for answer in lines_of(done.folder / "answers.jsonl")] == ["MELD-9"]
    file.write_text(json.dumps([row]))
    refused = bring(judge, file, "mpder", tmp_path / "none", "--data", data)
    assert "stands in 1 of the rows, and in 2 items of the data" in refused.err


def test_more_rows_than_items_of_a_clip_are_refused(judge: Command, tmp_path: Path) -> None:
    data = twice(tmp_path)
    clip = json.loads(data.read_text())[0]["video"]
    file = tmp_path / "rows.json"
    file.write_text(json.dumps([{"video": clip, "expected_value": "joy", "predicted_value": "joy"}] * 3))
    done = bring(judge, file, "mpder", tmp_path / "r", "--data", data)
    assert done.code == 2
    assert "row 3: the clip 'videos/MELD/0001.mp4' stands in 3 of the rows, and in 2 items of the data" in done.err


def test_the_same_file_given_twice_is_a_slip_and_no_pool(judge: Command, tmp_path: Path) -> None:
    rows = [{"video": "a.mp4", "expected_value": "joy", "predicted_value": "joy"}]
    one, two = tmp_path / "1.json", tmp_path / "2.json"
    for file in (one, two):
        file.write_text(json.dumps(rows))
    task = "tasks/emobench_m/mpder.yaml"
    done = judge("import", one, two, "--format", "emobench-m", "--task", task, "--model", "m", "--out", tmp_path / "r")
    assert done.code == 2
    assert "2.json: row 1: 'a.mp4' stands already in 1.json row 1" in done.err


def test_an_id_that_stands_twice_is_still_a_fault_where_a_task_does_not_mean_it(judge: Command, tmp_path: Path) -> None:
    text = (ROOT / "tasks" / "emobench_m" / "mpder.yaml").read_text()
    kept = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("  repeated:"))
    task = tmp_path / "mpder.yaml"
    task.write_text(kept)
    done = judge("tasks", "check", task, "--data", twice(tmp_path))
    assert done.code == 2
    assert "'MELD-1' stands already in line 1" in done.err
