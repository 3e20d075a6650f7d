"""EmoBench-M's result files become runs: faithful is what scikit-learn gives on their rows, as in its scorer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command import ROOT, Command, Done, estimate, lines_of, summary_of
from sklearn.metrics import accuracy_score, precision_recall_fscore_support

FIXTURE = ROOT / "tests" / "fixtures" / "emobench_m"
RESULTS = FIXTURE / "results"


def bring(judge: Command, file: Path, name: str, out: Path, *options: str | Path) -> Done:
    task = f"tasks/emobench_m/{name}.yaml"
    return judge("import", file, "--format", "emobench-m", "--task", task, "--model", "m", "--out", out, *options)


def rows_of(file: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(file.read_text())
    return found


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text(json.dumps(rows))
    return path


def by_sklearn(gold: list[str], predicted: list[str]) -> dict[str, float]:
    precision, recall, f1, _ = precision_recall_fscore_support(gold, predicted, average="weighted", zero_division=0)
    return {
        "accuracy": float(accuracy_score(gold, predicted)),
        "weighted_f1": float(f1),
        "weighted_precision": float(precision),
        "war": float(recall),
    }


def clean(row: dict[str, Any], *keys: str) -> str:
    return "_".join(row[key].lower().strip() for key in keys)


@pytest.mark.parametrize("given", [(), ("--data", FIXTURE)], ids=["by itself", "with the data"])
@pytest.mark.parametrize(
    ("file", "name", "expected", "predicted"),
    [
        ("meld.json", "mpder", ("expected_value",), ("predicted_value",)),
        ("mc_eiu.json", "ceia", ("expected_emotion", "expected_intent"), ("predicted_emotion", "predicted_intent")),
    ],
)
def test_faithful_is_what_sklearn_gives_on_the_whole_rows(
    judge: Command, tmp_path: Path, given: Any, file: str, name: str, expected: Any, predicted: Any
) -> None:
    whole = [row for row in rows_of(RESULTS / file) if all(row[key] for key in (*expected, *predicted))]
    theirs = by_sklearn([clean(row, *expected) for row in whole], [clean(row, *predicted) for row in whole])
    done = bring(judge, RESULTS / file, name, tmp_path, *given)
    judge("score", done.folder)
    for metric, value in theirs.items():
        found = estimate(done.folder, metric, mode="faithful")
        assert (found["value"], found["n"]) == (pytest.approx(value), len(whole))
    strict = estimate(done.folder, "accuracy")
    assert (strict["n"], strict["n"] - len(whole)) == (len(rows_of(RESULTS / file)), 1)


def test_a_row_with_an_empty_field_is_missing_and_said(judge: Command, tmp_path: Path) -> None:
    done = bring(judge, RESULTS / "meld.json", "mpder", tmp_path, "--data", FIXTURE)
    assert "1 of 6 rows have no prediction: no answer" in done.out
    assert "scorer=labels" in done.out
    judge("score", done.folder)
    assert summary_of(done.folder)["problems"]["call"]["not_imported"] == {"n": 1, "samples": ["MELD-5"]}


def test_without_data_the_run_keeps_the_rows_as_the_authors_records(judge: Command, tmp_path: Path) -> None:
    folder = bring(judge, RESULTS / "mc_eiu.json", "ceia", tmp_path).folder
    first = lines_of(folder / "data.jsonl")[0]
    assert first["video"] == "/mnt/clips/dataset/MC-EIU/videos/MC-EIU/0001.mp4"
    assert [turn["from"] for turn in first["conversations"]] == ["human", "gpt"]
    assert json.loads(first["conversations"][1]["value"]) == {
        "emotion label": "neutral",
        "intent label": "questioning",
    }


def test_a_row_that_expects_another_answer_than_the_data_is_counted_and_said(judge: Command, tmp_path: Path) -> None:
    rows = rows_of(RESULTS / "meld.json")
    rows[2]["expected_value"] = "joy"
    done = bring(judge, written(tmp_path / "odd.json", rows), "mpder", tmp_path / "r", "--data", FIXTURE)
    assert "1 of 6 rows expect another answer than the data, whose gold counts: odd.json row 3: 'joy'" in done.out
    judge("score", done.folder)
    assert estimate(done.folder, "accuracy", mode="faithful")["value"] == 3 / 5


def test_raw_replies_in_a_result_file_can_be_read_by_the_runner(judge: Command, tmp_path: Path) -> None:
    done = bring(judge, RESULTS / "meld.json", "mpder", tmp_path, "--set", "scorer=runner")
    judge("score", done.folder)
    faithful = estimate(done.folder, "accuracy", mode="faithful")
    assert (faithful["value"], faithful["n"]) == (3 / 4, 4), "surprised is no label as a word, and is dropped"


def test_two_rows_of_one_clip_are_two_items(judge: Command, tmp_path: Path) -> None:
    records = json.loads((FIXTURE / "benchmark_json" / "MELD.json").read_text())
    records[1]["video"] = records[0]["video"]
    (tmp_path / "data").mkdir()
    data = tmp_path / "data" / "MELD.json"
    data.write_text(json.dumps(records))
    rows = rows_of(RESULTS / "meld.json")
    rows[1]["video"] = rows[0]["video"]
    file = written(tmp_path / "shared.json", rows)
    alone = bring(judge, file, "mpder", tmp_path / "a")
    assert "1 of 6 rows name a clip that stands before them: an item each" in alone.out
    clip = rows[0]["video"]
    assert [answer["sample_id"] for answer in lines_of(alone.folder / "answers.jsonl")][:2] == [clip, f"{clip}+2"]
    done = bring(judge, file, "mpder", tmp_path / "b", "--data", data)
    assert [answer["sample_id"] for answer in lines_of(done.folder / "answers.jsonl")][:2] == ["MELD-1", "MELD-2"]
    fewer = written(tmp_path / "fewer.json", rows[1:])
    refused = bring(judge, fewer, "mpder", tmp_path / "c", "--data", data)
    assert "fewer.json: row 1: the clip 'videos/MELD/0001.mp4' stands in 1 of the rows, and in 2 items" in refused.err


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"predicted_value": 3}, "row 1: predicted_value should be text, found int"),
        ({"expected_value": "gloom"}, "row 1: expects 'gloom', which is no label of emobench-m.mpder"),
        ({"video": " "}, "row 1: video is empty"),
    ],
)
def test_a_wrong_row_is_named_by_its_number(judge: Command, tmp_path: Path, change: Any, says: str) -> None:
    rows = rows_of(RESULTS / "meld.json")
    done = bring(judge, written(tmp_path / "w.json", [rows[0] | change, *rows[1:]]), "mpder", tmp_path / "r")
    assert done.code == 2
    assert f"w.json: {says}" in done.err
    assert not (tmp_path / "r").exists()


def test_a_file_of_another_form_says_what_a_row_has(judge: Command, tmp_path: Path) -> None:
    done = bring(judge, RESULTS / "smile.json", "hu", tmp_path)
    assert "row 1: expected_value is missing: a row has video, expected_value, predicted_value" in done.err


def test_a_clip_that_the_data_does_not_have_is_refused(judge: Command, tmp_path: Path) -> None:
    done = bring(judge, RESULTS / "meld.json", "osa", tmp_path, "--data", FIXTURE)
    assert done.code == 2
    assert "row 6: '/mnt/clips/dataset/MELD/videos/MELD/0006.mp4' is no clip of the data" in done.err


def test_several_files_are_pooled_into_one_score(judge: Command, tmp_path: Path) -> None:
    rows = rows_of(RESULTS / "meld.json")
    first, second = written(tmp_path / "1.json", rows[:2]), written(tmp_path / "2.json", rows[2:])
    task = "tasks/emobench_m/mpder.yaml"
    options = ["--format", "emobench-m", "--task", task, "--model", "m", "--out", tmp_path / "r"]
    done = judge("import", first, second, *options)
    assert "the rows of 2 files are pooled" in done.out
    judge("score", done.folder)
    assert estimate(done.folder, "accuracy", mode="faithful")["n"] == 5


def test_the_csv_of_the_laughter_judge_is_read_too(judge: Command, tmp_path: Path) -> None:
    file = tmp_path / "smile.csv"
    file.write_text('video,prediction,expected\na.mp4,"The audience laughed, loudly.",The audience laughed.\n')
    done = bring(judge, file, "lr", tmp_path / "r")
    assert done.code == 0
    assert lines_of(done.folder / "answers.jsonl")[0]["replies"][0]["text"] == "The audience laughed, loudly."


def test_a_row_without_gold_is_no_item_and_said(judge: Command, tmp_path: Path) -> None:
    rows = [
        {"video": "v/1.mp4", "expected_value": "joy", "predicted_value": "joy"},
        {"video": "v/2.mp4", "expected_value": "", "predicted_value": "joy"},
    ]
    file = tmp_path / "rows.json"
    file.write_text(json.dumps(rows))
    done = bring(judge, file, "mpder", tmp_path)
    assert done.code == 0, done.err
    assert "1 of 2 rows have no gold: no items" in done.out
    assert "rows have no prediction" not in done.out


def test_predictions_that_are_raw_replies_are_pointed_out_with_what_to_type(judge: Command, tmp_path: Path) -> None:
    rows = [{"video": f"v/{n}.mp4", "expected_value": "joy", "predicted_value": "I think it is joy."} for n in range(4)]
    file = tmp_path / "rows.json"
    file.write_text(json.dumps(rows))
    assert (
        "4 of 4 predictions are no labels. Are they raw replies? Then:  --set scorer=runner"
        in bring(judge, file, "mpder", tmp_path).out
    )
    clean = [row | {"predicted_value": "joy"} for row in rows]
    file.write_text(json.dumps(clean))
    assert "raw replies" not in bring(judge, file, "mpder", tmp_path / "clean").out
