"""Golden values on the benchmarks' own data, where it is at hand (JUDGE_SHARED, default ../shared/data)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command import Command, estimate, write_lines

# MMLA protocol notes: majority-class constants, computed with the released evaluator on the released test set.
ALWAYS_SERIOUS = {"accuracy": 504 / 994, "weighted_f1": 0.3412, "macro_f1": 0.3364}


def test_always_serious_gives_504_of_994_on_ur_funny(judge: Command, tmp_path: Path, shared: Path) -> None:
    data = shared / "mmla" / "UR-FUNNY.test.jsonl"
    run = judge("run", "tasks/mmla/ur_funny.yaml", "--provider", "majority", "--data", data, "--out", tmp_path)
    assert run.code == 0, run.err
    judge("score", tmp_path)
    for mode in ("strict", "faithful"):
        for metric, value in ALWAYS_SERIOUS.items():
            found = estimate(run.folder, metric, mode=mode)
            assert found["n"] == 994
            assert found["value"] == pytest.approx(value, abs=5e-5)
    assert estimate(run.folder, "accuracy")["value"] == 504 / 994


def test_the_data_folder_is_the_root_of_the_tasks_own_path(judge: Command, tmp_path: Path, shared: Path) -> None:
    options = ["run", "tasks/mmla/ur_funny.yaml", "--provider", "majority", "--out", tmp_path]
    assert judge(*options, "--data", shared, "--modalities", "text").code == 0
    assert judge(*options, "--data", shared / "mmla").code == 0


def test_unreadable_answers_are_a_class_of_their_own_by_mmlas_evaluator(
    judge: Command, tmp_path: Path, shared: Path
) -> None:
    data = shared / "mmla" / "UR-FUNNY.test.jsonl"
    lines = [json.loads(line) for line in data.read_text().splitlines()]
    replies = []
    for number, line in enumerate(lines):
        name = line["videos"][0].removeprefix("videos/").removesuffix(".mp4")
        text = line["response"] if number % 10 else "I cannot determine the speaking style."
        replies.append({"id": name, "reply": text})
    file = write_lines(tmp_path / "replies.jsonl", replies)
    run = judge("import", file, "--task", "tasks/mmla/ur_funny.yaml", "--model", "m", "--data", data, "--out", tmp_path)
    judge("score", run.folder)
    faithful = estimate(run.folder, "macro_recall", mode="faithful")
    strict = estimate(run.folder, "macro_recall", mode="strict")
    assert faithful["n"] == strict["n"] == 994
    assert strict["missing"] == faithful["missing"] == 100
    assert faithful["value"] == pytest.approx(strict["value"] * 2 / 3), "the class `unknown` adds a zero term"


@pytest.mark.parametrize(("lang", "letters", "right"), [("en", "AB", 23), ("zh", "AA", 49)])
def test_constant_letters_on_emobench_eu(
    judge: Command, tmp_path: Path, shared: Path, lang: str, letters: str, right: int
) -> None:
    """EmoBench protocol notes 3.1: always (A, B) gives 11.5% on English, always (A, A) 24.5% on Chinese."""
    reply = json.dumps({"answer_q1": letters[0], "answer_q2": letters[1]})
    lines = [{"id": str(number), "reply": reply} for number in range(1, 201)]
    file = write_lines(tmp_path / "replies.jsonl", lines)
    data = shared / "emobench" / "EU.jsonl"
    options = ["--task", "tasks/emobench/eu.yaml", "--set", f"lang={lang}", "--data", data, "--out", tmp_path]
    run = judge("import", file, "--model", "constant", *options)
    assert run.code == 0, run.err
    judge("score", run.folder)
    for mode in ("strict", "faithful"):
        assert estimate(run.folder, "accuracy", mode=mode)["value"] == right / 200
    groups = {group: estimate(run.folder, "accuracy", group=group)["n"] for group in ("CE", "PBE", "PT", "EC")}
    assert groups == {"CE": 49, "PBE": 56, "PT": 67, "EC": 28}


@pytest.mark.parametrize(("lang", "right"), [("en", 23), ("zh", 49)])
def test_the_majority_baseline_finds_the_commonest_pair_of_letters(
    judge: Command, tmp_path: Path, shared: Path, lang: str, right: int
) -> None:
    data = shared / "emobench" / "EU.jsonl"
    options = ["--provider", "majority", "--set", f"lang={lang}", "--data", data, "--out", tmp_path]
    run = judge("run", "tasks/emobench/eu.yaml", *options)
    judge("score", run.folder)
    assert estimate(run.folder, "accuracy")["value"] == right / 200


def test_a_letter_with_its_text_is_right_in_strict_and_wrong_by_the_authors_exact_rule(
    judge: Command, tmp_path: Path, shared: Path
) -> None:
    data = shared / "emobench" / "EU.jsonl"
    records = [json.loads(line) for line in data.read_text().splitlines()]
    lines = []
    for record in records[:200]:
        letters = ["ABCDEFG"[record[f"{kind}_choices"].index(record[f"{kind}_label"])] for kind in ("emotion", "cause")]
        reply = {"answer_q1": f"{letters[0]}) {record['emotion_label']}", "answer_q2": letters[1]}
        lines.append({"id": record["qid"], "reply": json.dumps(reply)})
    file = write_lines(tmp_path / "replies.jsonl", lines)
    run = judge("import", file, "--task", "tasks/emobench/eu.yaml", "--model", "m", "--data", data, "--out", tmp_path)
    judge("score", run.folder)
    assert estimate(run.folder, "accuracy", mode="strict")["value"] == 1.0
    faithful = estimate(run.folder, "accuracy", mode="faithful")
    assert (faithful["value"], faithful["n"], faithful["missing"]) == (0.0, 200, 200), "unreadable is wrong, there"
