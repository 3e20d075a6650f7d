"""EmoBench-M: labels and numbers as published, and the traps of its released runner (arXiv 2502.04424)."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from command import ROOT, Command, estimate, write_lines
from sklearn.metrics import precision_recall_fscore_support

from judge.definitions import Task
from judge.spec.task import read_task

DATA = ROOT / "tests" / "fixtures" / "emobench_m"
FER = ("soer", "sper", "osa", "eia", "sea")
CEU = ("fgdea", "pea", "fcdea", "ceia", "mpder")
SCEA = ("hu", "sd", "lr")
COUNTS = (500, 500, 500, 500, 250, 411, 500, 457, 500, 500, 448, 500, 80)
# The averages printed beside the rows: FER, CEU, and the mean of HU and SD; the rows must make them.
PRINTED = {
    "Gemini-2.0-Flash": (61.4, 53.4, 72.0),
    "Gemini-1.5-Flash": (59.7, 55.6, 65.7),
    "Gemini-2.0-Flash-Thinking": (57.7, 54.2, 68.0),
    "Qwen2.5-VL-72B": (54.8, 47.9, 71.7),
    "GLM-4V-PLUS": (56.1, 47.3, 67.3),
    "Qwen2-Audio-7B": (59.9, 43.3, 52.9),
    "InternVideo2-Chat-8B": (50.6, 40.2, 64.7),
    "Emotion-LLaMA": (36.9, 30.7, 55.5),
    "Gemini-3.0-Pro": (69.3, 62.3, 84.5),
    "GPT-5.2": (65.0, 57.5, 77.4),
}


def task_of(name: str) -> Task:
    return read_task(ROOT / "tasks" / "emobench_m" / f"{name}.yaml", None)


def published(name: str, metric: str) -> dict[str, float]:
    return {item.model: item.value for item in task_of(name).references if item.metric == metric}


def imported(judge: Command, out: Path, name: str, replies: dict[str, str], *options: str) -> Path:
    """Raw replies to the fixture's items, as a scored run."""
    lines = [{"id": item, "reply": reply} for item, reply in replies.items()]
    file = write_lines(out / f"{name}.jsonl", lines)
    task = f"tasks/emobench_m/{name}.yaml"
    done = judge("import", file, "--task", task, "--model", "m", "--data", DATA, "--out", out / "r", *options)
    assert done.code == 0, done.err
    judge("score", done.folder)
    return done.folder


def numbered(prefix: str, *replies: str) -> dict[str, str]:
    return {f"{prefix}-{number}": reply for number, reply in enumerate(replies, start=1)}


def test_the_thirteen_tasks_state_the_published_counts_which_sum_to_5646() -> None:
    counts = [task_of(name).data.count for name in (*FER, *CEU, *SCEA)]
    assert counts == list(COUNTS)
    assert sum(COUNTS) == 5646


@pytest.mark.parametrize(("tasks", "chance"), [(FER, 23.17), (CEU, 19.88), (SCEA, 33.33)])
def test_one_over_the_number_of_labels_makes_the_published_chance_levels(tasks: tuple[str, ...], chance: float) -> None:
    shares = []
    for name in tasks:
        task = task_of(name)
        sets = [task.labels_of(read) for read in task.asks[0].reads().values() if read.as_ == "label"]
        shares.append(1 / math.prod(map(len, sets)) if sets else 0.0)
    scored = [share for share, name in zip(shares, tasks, strict=True) if name != "lr" or share]
    mean = sum(shares) / len(shares) if tasks != SCEA else sum(scored) / len(tasks)
    assert 100 * mean == pytest.approx(chance, abs=0.005)


@pytest.mark.parametrize("model", PRINTED)
def test_the_published_rows_make_their_printed_averages(model: str) -> None:
    fer, ceu, scea = (
        sum(published(name, "accuracy")[model] for name in names) / len(names) for names in (FER, CEU, SCEA[:2])
    )
    assert (fer, ceu, scea) == pytest.approx(PRINTED[model], abs=0.0501)


def test_weighted_f1_of_gemini_makes_its_printed_averages() -> None:
    rows = [[published(name, "weighted_f1")["Gemini-2.0-Flash"] for name in names] for names in (FER, CEU, SCEA[:2])]
    assert [sum(row) / len(row) for row in rows] == pytest.approx([60.6, 54.7, 70.8], abs=0.0501)


def test_the_question_is_the_authors_text_without_their_mark_for_the_clip(judge: Command) -> None:
    shown = judge("tasks", "show", "tasks/emobench_m/mpder.yaml", "--sample", "MELD-5", "--data", DATA).out
    assert "The person in the video says: He left his scarf here. In May." in shown
    assert "respond in the format {'emotion': 'label'}" in shown.casefold()
    assert "<video>" not in shown


def test_gold_is_read_whatever_its_case_and_space(judge: Command) -> None:
    done = judge("tasks", "check", "tasks/emobench_m/mpder.yaml", "--data", DATA)
    assert done.code == 0
    assert "6 items" in done.out


def test_the_runners_word_search_reads_what_a_reader_would_not(judge: Command, tmp_path: Path) -> None:
    echoed = "Of neutral, surprise, fear, sadness, joy, disgust, anger I choose {'emotion': 'fear'}"
    replies = (
        "Joy.",
        "She is surprised.",
        "{'emotion': 'neutral'}",
        echoed,
        "The person is sad.",
        "Not joy but anger.",
    )
    folder = imported(judge, tmp_path, "mpder", numbered("MELD", *replies))
    strict, faithful = (estimate(folder, "accuracy", mode=mode) for mode in ("strict", "faithful"))
    assert (strict["value"], strict["n"], strict["valid"]) == (1.0, 6, 6)
    # surprised and sad are no label as a word: dropped; of the echoed list the first is taken, and of "not joy" joy
    assert (faithful["value"], faithful["n"], faithful["missing"]) == (2 / 4, 4, 2)


def test_not_positive_is_positive_to_the_runner_and_no_answer_to_us(judge: Command, tmp_path: Path) -> None:
    folder = imported(judge, tmp_path, "osa", numbered("MOSI", "not positive", "Positive", "No idea.", "NEGATIVE"))
    strict, faithful = (estimate(folder, "accuracy", mode=mode) for mode in ("strict", "faithful"))
    assert (strict["value"], strict["valid"], strict["missing"]) == (2 / 4, 2, 2)
    assert (faithful["value"], faithful["n"]) == (pytest.approx(2 / 3), 3)
    gold, predicted = ["negative", "positive", "negative"], ["positive", "positive", "negative"]
    precision, recall, f1, _ = precision_recall_fscore_support(gold, predicted, average="weighted", zero_division=0)
    for metric, value in (("weighted_f1", f1), ("weighted_precision", precision), ("war", recall)):
        assert estimate(folder, metric, mode="faithful")["value"] == pytest.approx(float(value))


def test_true_inside_a_sentence_is_an_answer_to_the_runner(judge: Command, tmp_path: Path) -> None:
    replies = numbered(
        "funny", "True", "It is not true that this is funny.", '{"humor": true}', "False. There is none."
    )
    folder = imported(judge, tmp_path, "hu", replies)
    strict, faithful = (estimate(folder, "accuracy", mode=mode) for mode in ("strict", "faithful"))
    assert (strict["value"], strict["valid"]) == (3 / 4, 3)
    assert (faithful["value"], faithful["valid"]) == (3 / 4, 4), "read as true, and wrong"


JOINT = numbered(
    "MC-EIU",
    "{'emotion label': 'neutral', 'intent label': 'questioning'}",
    "{'emotion label': 'unhappy', 'intent label': 'disagreeing'}",
    "{'emotion label': 'sadness', 'intent label': 'consoling'}",
    "The intent is neutral.",
    "happy",
)


def test_joint_labels_are_found_inside_other_words_by_the_runner(judge: Command, tmp_path: Path) -> None:
    folder = imported(judge, tmp_path, "ceia", JOINT)
    faithful = estimate(folder, "accuracy", mode="faithful")
    # unhappy holds happy, disagreeing agreeing, and the neutral intent is taken for the emotion; the last has no intent
    assert (faithful["value"], faithful["n"], faithful["missing"]) == (1.0, 4, 1)
    strict = estimate(folder, "accuracy")
    assert (strict["value"], strict["n"], strict["valid"]) == (2 / 5, 5, 2)


def test_both_joint_labels_must_be_right_and_each_has_its_own_accuracy(judge: Command, tmp_path: Path) -> None:
    replies = {
        name: json.dumps({"emotion label": emotion, "intent label": intent})
        for name, (emotion, intent) in {
            "MC-EIU-1": ("neutral", "questioning"),
            "MC-EIU-2": ("happy", "wishing"),
            "MC-EIU-3": ("neutral", "consoling"),
            "MC-EIU-4": ("neutral", "consoling"),
        }.items()
    }
    folder = imported(judge, tmp_path, "ceia", replies | {"MC-EIU-5": '{"emotion": "happy", "intent": "unclear"}'})
    values = [estimate(folder, name)["value"] for name in ("accuracy", "emotion_accuracy", "intent_accuracy")]
    assert values == [1 / 5, 4 / 5, 2 / 5], "an emotion that was read counts, though the intent beside it was not"
    faithful = estimate(folder, "emotion_accuracy", mode="faithful")
    assert (faithful["value"], faithful["n"]) == (3 / 4, 4), "the runner drops an answer whole"


def test_the_scorer_of_clean_labels_keeps_an_unknown_one_as_wrong(judge: Command, tmp_path: Path) -> None:
    replies = numbered("MELD", "joy", "surprised", "Neutral ", "fear", "sadness", "anger")
    runner = imported(judge, tmp_path, "mpder", replies)
    scorer = imported(judge, tmp_path, "mpder", replies, "--set", "scorer=labels")
    kept = [estimate(folder, "accuracy", mode="faithful") for folder in (runner, scorer)]
    assert [(item["value"], item["n"]) for item in kept] == [(1.0, 5), (5 / 6, 6)]
    assert kept[0]["signature"] != kept[1]["signature"]
    assert "scorer:labels" in kept[1]["signature"]
