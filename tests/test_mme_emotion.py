"""MME-Emotion from run to score on invented items: label sets, cut gold, two stages, both readings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command import ROOT, Command, estimate, lines_of, summary_of
from fake_server import serve
from mme_emotion import FIXTURE, SCHEME, TASKS, rate, run, script, steps, task_file

from judge.datafile import locate
from judge.dataset import read_samples
from judge.definitions import Task
from judge.records import Sample
from judge.spec.task import read_task


def samples_of(name: str, data: Path = FIXTURE) -> tuple[Task, list[Sample]]:
    path = ROOT / task_file(name)
    task = read_task(path, None)
    return task, read_samples(task, locate(task, path, data), {})


def test_there_are_eight_tasks_that_state_the_authors_counts_labels_and_references() -> None:
    classes = {"er_lab": 9, "noise_er": 6, "fg_er": 26, "sa": 3, "fg_sa": 9, "ir": 8}
    for name, count in TASKS.items():
        task = read_task(ROOT / task_file(name), None)
        assert task.name == f"mme-emotion.{name.replace('_', '-')}"
        assert task.data.count == count
        assert len(task.labels) == classes.get(name, len(task.labels))
        assert task.variants() == ("cot",)
        assert task.distinct == "id"
        prompt = task.asks[0].cot or ""
        assert "s an emotion recognition expert, identify " in prompt
        assert " displayed in the video. Please think step by step." in prompt
        assert prompt.endswith("{label_set}\n")
        assert {(item.model, item.metric) for item in task.references} >= {("Gemini-2.5-Pro", "cot")}
    assert sum(TASKS.values()) == 6500


PUBLISHED = {  # overall Rec and Rea, by the notes computed from the task table: micro over items
    "Gemini-2.5-Pro": (39.28, 72.66),
    "GPT-4o": (27.78, 79.79),
    "Audio-Reasoner": (38.10, 71.56),
}


@pytest.mark.parametrize("model", PUBLISHED)
def test_the_references_of_the_tasks_give_the_published_whole_weighted_by_items(model: str) -> None:
    for metric, wanted in zip(("recognition", "reasoning"), PUBLISHED[model], strict=True):
        total = 0.0
        for name, count in TASKS.items():
            references = read_task(ROOT / task_file(name), None).references
            (found,) = [item.value for item in references if (item.model, item.metric) == (model, metric)]
            total += count * found
        assert total / 6500 == pytest.approx(wanted, abs=0.006)


def test_each_item_has_the_label_set_of_its_source_and_the_clue_of_its_partner() -> None:
    _, samples = samples_of("er_wild")
    by_id = {sample.id: sample for sample in samples}
    assert tuple(by_id["CAER/video/train_1.avi"].labels)[:2] == ("disgust", "anger")
    assert "angry" in by_id["E3/video/walk1.mp4"].labels
    assert [clue.cue for clue in by_id["E3/video/walk2.mp4"].target.clues] == [
        "The person filming answers in a whisper."
    ]
    assert [sample.group for sample in samples] == ["CAER", "CAER", "E3", "E3"]


def test_gold_strings_are_cut_at_semicolons_and_a_label_keeps_its_slash() -> None:
    _, samples = samples_of("fg_er")
    assert [sample.target.values["emotions"] for sample in samples] == [
        ("Affection", "Sympathy"),
        ("Doubt/Confusion",),
        ("Anger", "Annoyance", "Disapproval"),
    ]


CHAIN = "The voice drops.\nShe smiles.\nAnswer: negative"


def sentiment_script() -> dict[str, Any]:
    """The second step is wrong in every chain; the last is rated right whatever it says; one block has two lines."""
    blocks = {
        "letter aloud": "<score>Step 1: 1/1,\nStep 2: 0/1, Step 3: 0/1</score>",
        SCHEME: "<score>Step 1: 1/1, Step 2: 0/1, Step 3: 1/1</score>",
    }
    extracted = {"Break the reply": steps("The voice drops.", "She smiles.", "The predicted sentiment is negative.")}
    return script(extracted, blocks, reply=CHAIN)


def test_faithful_takes_the_judges_words_and_strict_the_rule_on_the_label(judge: Command, tmp_path: Path) -> None:
    """By hand: gold is negative for 2 of 4. The judge says right 3 times, and its 4th block has two lines."""
    with serve(tmp_path, sentiment_script()) as server:
        done = run(judge, server, "sa", tmp_path / "r")
        assert done.code == 0, done.err
        assert rate(judge, server, done.folder).code == 0
    found = {
        (item["metric"], item["mode"]): item
        for item in summary_of(done.folder)["estimates"]
        if item["group"] == "overall"
    }
    assert found["recognition", "strict"]["value"] == 2 / 4
    assert found["recognition", "faithful"]["value"] == 3 / 3
    assert (found["recognition", "faithful"]["n"], found["recognition", "faithful"]["missing"]) == (3, 1)
    assert found["reasoning", "strict"]["value"] == found["reasoning", "faithful"]["value"] == 0.5
    assert found["reasoning", "strict"]["valid"] == 4
    dropped = summary_of(done.folder)["problems"]["judge"]["dropped_by_authors"]
    assert dropped == {"n": 1, "samples": ["MELD/video/dia2.mp4"]}
    assert found["cot", "strict"]["value"] == 0.5 * 0.5 + 0.5 * 0.5
    assert found["cot", "faithful"]["value"] == 0.5 * 1 + 0.5 * 0.5
    assert found["avg_step", "strict"]["value"] == found["avg_step", "faithful"]["value"] == 3
    assert found["avg_token", "strict"]["value"] == 7
    assert "tok:whitespace" in found["avg_token", "strict"]["signature"]
    assert "rubric:mme_emotion:v1:" in found["cot", "strict"]["signature"]
    assert estimate(done.folder, "accuracy", group="MELD")["value"] == 0.5


def test_one_step_has_no_reasoning_in_strict_and_zero_in_faithful(judge: Command, tmp_path: Path) -> None:
    blocks = {SCHEME: "<score>Step 1: 1/1</score>"}
    with serve(tmp_path, script({}, blocks, reply="negative")) as server:
        done = run(judge, server, "sa", tmp_path / "r")
        rate(judge, server, done.folder)
        assert not [line for line in server.requests() if "Break the reply" in line["prompt"]], "a bare label is a step"
    strict, faithful = (estimate(done.folder, "reasoning", mode=mode) for mode in ("strict", "faithful"))
    assert (strict["value"], strict["reason"], strict["missing"]) == (None, "no_steps", 4)
    assert (faithful["value"], faithful["n"]) == (0.0, 4)
    assert estimate(done.folder, "cot", mode="faithful")["value"] == 0.5
    assert estimate(done.folder, "avg_step", mode="faithful")["value"] == 1


def test_several_labels_are_rated_c_of_k_and_precision_stands_beside_it(judge: Command, tmp_path: Path) -> None:
    """By hand: Affection alone is named; gold counts are 2, 1 and 3, and it is among those of the first item only."""
    blocks = {
        "C/2</score>": "<score>Step 1: 1/1, Step 2: 1/2</score>",
        "C/1</score>": "<score>Step 1: 1/1, Step 2: 0/1</score>",
        "C/3</score>": "<score>Step 1: 0/1, Step 2: 0/3</score>",
    }
    extracted = {"Break the reply": steps("A hand is held.", "The predicted emotions are affection and peace.")}
    reply = "A hand is held in the film.\nAnswer: Affection, Peace"
    with serve(tmp_path, script(extracted, blocks, reply=reply)) as server:
        done = run(judge, server, "fg_er", tmp_path / "r")
        assert rate(judge, server, done.folder).code == 0
    for mode in ("strict", "faithful"):
        assert estimate(done.folder, "recognition", mode=mode)["value"] == pytest.approx((1 / 2 + 0 + 0) / 3)
        assert estimate(done.folder, "reasoning", mode=mode)["value"] == pytest.approx(2 / 3)
    assert estimate(done.folder, "set_recall")["value"] == pytest.approx((1 / 2) / 3)
    assert estimate(done.folder, "set_precision")["value"] == pytest.approx((1 / 2) / 3)
    assert estimate(done.folder, "jaccard")["value"] == pytest.approx((1 / 3) / 3)
    last = [line["score"] for line in lines_of(done.folder / "verdicts.jsonl") if line["criterion"] == "last"]
    assert sorted(last) == [0.0, 0.0, 0.5]


def test_a_label_that_is_not_among_the_items_own_is_out_of_range(judge: Command, tmp_path: Path) -> None:
    with serve(tmp_path, script({}, {}, reply="The man shouts.\nAnswer: sarcastic")) as server:
        done = run(judge, server, "er_wild", tmp_path / "r")
        judge("score", done.folder, "--metrics", "accuracy")
    problems = summary_of(done.folder)["problems"]["parse"]
    assert problems["out_of_range"]["samples"] == ["CAER/video/train_1.avi", "CAER/video/train_2.avi"]
    assert estimate(done.folder, "accuracy", group="E3")["valid"] == 2


def test_another_form_of_a_label_counts_where_it_is_no_label_of_the_item(judge: Command, tmp_path: Path) -> None:
    """angry is a label of E3 and stands for anger in CAER."""
    with serve(tmp_path, script({}, {}, reply="The man shouts.\nAnswer: angry")) as server:
        done = run(judge, server, "er_wild", tmp_path / "r")
        judge("score", done.folder, "--metrics", "accuracy")
    assert estimate(done.folder, "accuracy", group="CAER")["value"] == 0.5
    assert estimate(done.folder, "accuracy", group="E3")["value"] == 0.5


def test_random_answers_are_drawn_from_the_items_own_labels(judge: Command, tmp_path: Path) -> None:
    """er_wild's union has 20 labels, of which most are none of an item's."""
    done = judge("run", task_file("er_wild"), "--provider", "random", "--data", FIXTURE, "--out", tmp_path)
    judge("score", done.folder, "--metrics", "accuracy")
    assert estimate(done.folder, "accuracy")["valid"] == 4


def test_the_rubric_without_the_clue_never_shows_it_and_is_another_judge(judge: Command, tmp_path: Path) -> None:
    with serve(tmp_path, sentiment_script()) as server:
        done = run(judge, server, "sa", tmp_path / "r")
        rate(judge, server, done.folder, "--rubric", "mme_emotion_no_clue")
        shown = [line["prompt"] for line in server.requests() if SCHEME in line["prompt"]]
    assert shown
    assert not [text for text in shown if "letter aloud" in text or "kettle" in text]
    assert "rubric:mme_emotion_no_clue:v1:" in estimate(done.folder, "reasoning")["signature"]


def test_offline_the_rules_rate_the_last_step_by_the_label(judge: Command, tmp_path: Path) -> None:
    done = judge("run", task_file("sa"), "--provider", "majority", "--data", FIXTURE, "--out", tmp_path)
    assert judge("score", done.folder).code == 0
    assert estimate(done.folder, "recognition", mode="faithful")["value"] == 0.5


def test_flat_files_are_the_same_data(tmp_path: Path) -> None:
    base = FIXTURE / "MME-Emotion-Dataset" / "SA"
    for kind, name in (("question", "SA.json"), ("audio_clue", "SA_qwen2_audio_clues.json")):
        (tmp_path / f"SA.{kind}.json").write_bytes((base / kind / name).read_bytes())
    assert samples_of("sa", tmp_path)[1] == samples_of("sa")[1]
    assert samples_of("sa", tmp_path / "SA.question.json")[1] == samples_of("sa", base / "question" / "SA.json")[1]


def test_an_absent_task_is_said_with_where_it_comes_from(judge: Command, tmp_path: Path) -> None:
    done = judge("run", task_file("er_lab"), "--provider", "majority", "--data", tmp_path)
    assert done.code == 3
    assert "ER-Lab/question/ER_Lab.json is not there" in done.err
    assert "FunAudioLLM/MME-Emotion" in done.err


def test_absent_clips_are_counted_and_the_way_without_them_is_named(judge: Command, tmp_path: Path) -> None:
    with serve(tmp_path, {}) as server:
        options = ["--provider", "endpoint", "--base-url", server.base_url, "--model", "m"]
        accepts = ["--accepts", "text,frames,audio"]
        done = judge("run", task_file("sa"), *options, *accepts, "--data", FIXTURE, "--out", tmp_path)
    assert done.code == 3
    assert "4 of 4 clips are missing" in done.err
    assert "--modalities text" in done.err


def test_an_empty_question_file_is_said(judge: Command, tmp_path: Path) -> None:
    (tmp_path / "FG_SA.json").write_text(json.dumps([]))
    (tmp_path / "FG_SA.audio_clue.json").write_text(json.dumps([]))
    done = judge("run", task_file("fg_sa"), "--provider", "majority", "--data", tmp_path)
    assert done.code == 2
    assert "has no record" in done.err


MERGED = {"angry": "anger", "disgusted": "disgust", "happy": "happiness", "sad": "sadness", "surprised": "surprise"}
"""What the authors' script of ER-Wild merges in its breakdown by gold label, and no other does (notes 1.5)."""


def test_only_the_six_tasks_of_one_label_are_broken_down_by_it_and_only_er_wild_merges() -> None:
    for name in TASKS:
        found = read_task(ROOT / task_file(name), None).categories
        if name in ("fg_er", "ml_er"):
            assert found is None
        else:
            assert found is not None
            assert (found.by, found.names) == ("label", MERGED if name == "er_wild" else {})


def test_judged_scores_are_given_for_each_gold_label(judge: Command, tmp_path: Path) -> None:
    """By hand: gold is negative twice, positive, neutral; the answer is negative. The judge says right thrice; of the
    positive item its block has two lines, which the authors' pattern does not match."""
    with serve(tmp_path, sentiment_script()) as server:
        done = run(judge, server, "sa", tmp_path / "r")
        assert rate(judge, server, done.folder).code == 0
    values = {
        (item["metric"], item["mode"], item["group"]): (item["value"], item["n"], item["missing"])
        for item in summary_of(done.folder)["estimates"]
        if item["group"].startswith("label:")
    }
    assert {group for _, _, group in values} == {"label:negative", "label:positive", "label:neutral"}
    assert {metric for metric, _, _ in values} == {"recognition", "reasoning", "cot", "avg_step"}
    assert values["recognition", "strict", "label:negative"] == (1.0, 2, 0)
    assert values["recognition", "strict", "label:neutral"] == (0.0, 1, 0)
    assert values["recognition", "faithful", "label:neutral"] == (1.0, 1, 0)
    assert values["recognition", "faithful", "label:positive"] == (None, 0, 1), "dropped by the authors"
    assert values["reasoning", "strict", "label:positive"] == (0.5, 1, 0)
    assert values["cot", "faithful", "label:negative"] == (0.75, 2, 0)
    signature = estimate(done.folder, "reasoning", group="label:negative")["signature"]
    assert "|label:negative|" in signature
    assert judge("report", done.folder).code == 0
    report = (done.folder / "report.md").read_text()
    assert "by gold label" in report
    assert "label:" not in report.partition("by gold label")[0].partition("by group")[2]


def test_er_wilds_breakdown_merges_labels_of_its_corpora_and_its_scores_do_not(judge: Command, tmp_path: Path) -> None:
    """Gold: anger and happy of CAER, angry and shy of E3."""
    done = judge("run", task_file("er_wild"), "--provider", "majority", "--data", FIXTURE, "--out", tmp_path)
    assert judge("score", done.folder).code == 0
    groups = [item["group"] for item in summary_of(done.folder)["estimates"] if item["metric"] == "recognition"]
    assert [name for name in dict.fromkeys(groups) if name.startswith("label:")] == [
        "label:anger",
        "label:happiness",
        "label:shy",
    ]
    assert estimate(done.folder, "recognition", group="label:anger")["n"] == 2
    assert {"CAER", "E3"} < set(groups)
    assert "label:anger" not in {item["group"] for item in summary_of(done.folder)["estimates"]
                                 if item["metric"] == "accuracy"}  # fmt: skip
