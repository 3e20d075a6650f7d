"""`judge import --format mme-emotion`: responses, steps and ratings as the authors' scripts write them (notes 1.1)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command import Command, Done, estimate, lines_of, summary_of
from mme_emotion import FIXTURE, task_file

from judge.composites import Member
from judge.records import ACROSS, Estimate

NAMES = ["CAER/video/train_1.avi", "CAER/video/train_2.avi", "E3/video/walk1.mp4", "E3/video/walk2.mp4"]
GOLD = ["anger", "happy", "angry", "shy"]
CHAIN = "He shouts.\nHe hits the table.\nAnswer: {}"
STEPS = "<step>Step 1: He shouts. Step 2: He hits the table. Step 3: The predicted emotion is {}.</step>"
SCORE = "<score>Step 1: {}/1, Step 2: {}/1, Step 3: {}/1</score>"


def responses(*answers: str | None) -> list[dict[str, Any]]:
    rows = zip(NAMES, GOLD, answers, strict=False)
    return [
        {"video_id": name, "ground_truth": gold, "model_response": None if text is None else CHAIN.format(text)}
        for name, gold, text in rows
    ]


def rated(*scores: str | None) -> list[dict[str, Any]]:
    """As an eval file has them."""
    rows = responses("anger", "sad", "angry", "shy")[: len(scores)]
    return [
        row | {"step": STEPS.format("?"), "score": score, "input_tokens": 900, "output_tokens": 40}
        for row, score in zip(rows, scores, strict=True)
    ]


def write(path: Path, value: Any) -> Path:
    path.write_text(json.dumps(value))
    return path


def take(judge: Command, tmp_path: Path, *files: Path, task: str = "er_wild", more: tuple[Any, ...] = ()) -> Done:
    options = ["--format", "mme-emotion", "--task", task_file(task), "--model", "m", "--out", tmp_path / "r"]
    return judge("import", *files, *options, *more)


def test_responses_alone_become_a_run_with_their_own_gold_and_label_sets(judge: Command, tmp_path: Path) -> None:
    file = write(tmp_path / "responses.json", responses("anger", "sad", "angry", "shy"))
    done = take(judge, tmp_path, file)
    assert done.code == 0, done.err
    assert "no audio clue is in these files" in done.out
    assert judge("score", done.folder, "--metrics", "accuracy").code == 0
    assert estimate(done.folder, "accuracy")["value"] == 0.75
    own = lines_of(done.folder / "data.jsonl")
    assert own[2]["label_set"][:2] == ["surprised", "happy"], "E3's own, which the file left out"
    assert own[0] == {
        "video_id": NAMES[0],
        "label": "anger",
        "label_set": ["disgust", "anger", "surprise", "neutral", "fear", "happy", "sad"],
        "audio_clue": None,
    }


def test_ratings_that_came_with_the_files_are_the_judge_imported(judge: Command, tmp_path: Path) -> None:
    """By hand: Rec = (1 + 0 + 1) / 3 and Rea = (1 + 0.5 + 0) / 3 of the three that have a score; one is None."""
    scores = [SCORE.format(1, 1, 1), SCORE.format(0, 1, 0), SCORE.format(0, 0, 1), "None"]
    done = take(judge, tmp_path, write(tmp_path / "eval.json", rated(*scores)))
    assert "3 of 4 answers come with ratings" in done.out
    scored = judge("score", done.folder)
    assert scored.code == 1, "one of them could not be judged"
    assert summary_of(done.folder)["run"]["judges"][0]["judge"] == "imported"
    recognition = estimate(done.folder, "recognition", mode="faithful")
    assert recognition["value"] == pytest.approx(2 / 3)
    assert (recognition["n"], recognition["valid"], recognition["missing"]) == (3, 3, 1)
    assert estimate(done.folder, "reasoning", mode="faithful")["value"] == pytest.approx(0.5)
    assert estimate(done.folder, "cot", mode="faithful")["value"] == pytest.approx(0.5 * 2 / 3 + 0.25)
    assert estimate(done.folder, "avg_step", mode="faithful")["value"] == 3
    assert estimate(done.folder, "recognition")["value"] == 0.75, "the rule on the label"
    assert estimate(done.folder, "reasoning")["valid"] == 3
    assert summary_of(done.folder)["problems"]["judge"]["not_rated"]["n"] == 1


def test_ratings_that_we_cannot_read_count_as_the_authors_count_them_in_faithful_only(
    judge: Command, tmp_path: Path
) -> None:
    """A block of two ratings for three steps: theirs takes the second for the last."""
    done = take(judge, tmp_path, write(tmp_path / "eval.json", rated("<score>Step 1: 0/1, Step 2: 1/1</score>")))
    judge("score", done.folder)
    assert estimate(done.folder, "recognition", mode="faithful")["value"] == 1.0
    assert estimate(done.folder, "reasoning", mode="faithful")["value"] == 0.0
    assert estimate(done.folder, "reasoning")["value"] is None
    assert summary_of(done.folder)["problems"]["judge"]["unreadable"]["n"] == 1


def test_another_judge_can_be_asked_of_an_imported_run(judge: Command, tmp_path: Path) -> None:
    done = take(judge, tmp_path, write(tmp_path / "eval.json", rated(SCORE.format(1, 1, 1))))
    assert judge("score", done.folder, "--judge", "rules").code == 0
    assert [block["judge"] for block in summary_of(done.folder)["run"]["judges"]] == ["rules"]
    bare = take(judge, tmp_path, write(tmp_path / "bare.json", responses("anger")))
    asked = judge("score", bare.folder, "--judge", "imported")
    assert asked.code == 2
    assert "no ratings came with" in asked.err


def test_files_of_the_same_answers_are_one_and_files_that_differ_are_a_fault(judge: Command, tmp_path: Path) -> None:
    first = write(tmp_path / "responses.json", responses("anger", "sad", "angry", "shy"))
    second = write(tmp_path / "eval.json", rated(*[SCORE.format(1, 1, 1)] * 4))
    assert take(judge, tmp_path, first, second).code == 0
    other = write(tmp_path / "other.json", responses("fear"))
    done = take(judge, tmp_path, first, other)
    assert done.code == 2
    assert f"other.json:1: model_response: is not what {first} says of '{NAMES[0]}'" in done.err


def test_with_data_the_items_are_the_datas_and_other_ground_truths_are_counted(judge: Command, tmp_path: Path) -> None:
    lines = responses("anger", "sad", "angry", "shy")
    lines[1]["ground_truth"] = "sad"
    done = take(judge, tmp_path, write(tmp_path / "responses.json", lines), more=("--data", FIXTURE))
    assert done.code == 0, done.err
    assert f"1 of 4 ground truths differ from the data's, which hold: {NAMES[1]}" in done.out
    assert not (done.folder / "data.jsonl").exists()
    judge("score", done.folder, "--metrics", "accuracy")
    assert estimate(done.folder, "accuracy")["value"] == 0.75
    run = json.loads((done.folder / "run.json").read_text())
    assert any("ground truths differ" in note for note in run["notes"])


def test_an_item_without_an_answer_is_missing_and_is_said(judge: Command, tmp_path: Path) -> None:
    done = take(judge, tmp_path, write(tmp_path / "responses.json", responses("anger", None)))
    assert "1 of 2 items have no answer" in done.out
    judge("score", done.folder, "--metrics", "accuracy")
    assert (estimate(done.folder, "accuracy")["n"], estimate(done.folder, "accuracy")["missing"]) == (2, 1)


def test_several_gold_labels_are_cut_as_the_task_cuts_them(judge: Command, tmp_path: Path) -> None:
    record = {"video_id": "BOLD/video/film1.mp4", "ground_truth": "Affection;Sympathy", "model_response": "Sympathy"}
    score = {"step": "Step 1: Sympathy", "score": "<score>Step 1: 1/2</score>"}
    done = take(judge, tmp_path, write(tmp_path / "eval.json", [record | score]), task="fg_er")
    assert judge("score", done.folder).code == 0
    for mode in ("strict", "faithful"):
        assert estimate(done.folder, "recognition", mode=mode)["value"] == 0.5
    assert estimate(done.folder, "set_precision")["value"] == 1.0
    assert estimate(done.folder, "jaccard")["value"] == 0.5


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ([{"ground_truth": "sad", "model_response": "x"}], ":1: video_id: should be text"),
        ([{"video_id": NAMES[0], "model_response": "x"}], ":1: ground_truth: is missing"),
        ([{"video_id": NAMES[0], "ground_truth": "sad"}], ":1: model_response: is missing"),
        (responses("anger") * 2, ":2: video_id: 'CAER/video/train_1.avi' stands already in item 1"),
        (
            [{"video_id": NAMES[0], "ground_truth": "sad", "model_response": {"a": 1}}],
            ":1: model_response: should be text, found dict",
        ),
        (
            [{"video_id": "RAVDESS/video/1.mp4", "ground_truth": "sad", "model_response": "x"}],
            ":1: label_set: is missing, and the source of 'RAVDESS/video/1.mp4' is not known",
        ),
        ({"video_id": "x"}, "should be a JSON list of objects"),
    ],
)
def test_a_file_that_is_none_of_theirs_is_named_with_its_place(
    judge: Command, tmp_path: Path, records: Any, message: str
) -> None:
    done = take(judge, tmp_path, write(tmp_path / "f.json", records))
    assert done.code == 2
    assert message in done.err
    assert not (tmp_path / "r").exists()


def test_another_kind_of_task_is_refused(judge: Command, tmp_path: Path) -> None:
    file = write(tmp_path / "responses.json", responses("anger"))
    done = judge("import", file, "--format", "mme-emotion", "--task", "tasks/humor.yaml", "--model", "m")
    assert done.code == 2
    assert "humor is no task of MME-Emotion" in done.err


def test_ratings_laid_beside_a_run_that_was_not_imported_are_no_judge(judge: Command, tmp_path: Path) -> None:
    done = judge("run", task_file("sa"), "--provider", "majority", "--data", FIXTURE, "--out", tmp_path / "r")
    (done.folder / "imported.jsonl").write_text('{"id": "MELD/video/dia1.mp4", "step": "Step 1: a", "score": "1/1"}\n')
    assert judge("score", done.folder).code == 0
    assert [block["judge"] for block in summary_of(done.folder)["run"]["judges"]] == ["rules"]


def test_ratings_in_a_folder_that_are_none_are_named(judge: Command, tmp_path: Path) -> None:
    done = take(judge, tmp_path, write(tmp_path / "eval.json", rated(SCORE.format(1, 1, 1))))
    (done.folder / "imported.jsonl").write_text('{"id": "x", "step": 3, "score": ""}\n')
    scored = judge("score", done.folder)
    assert scored.code == 2
    assert "imported.jsonl:1: should be texts: id, step, score" in scored.err


@pytest.mark.parametrize("nothing", [None, "", "  \n"])
def test_an_answer_without_a_word_counts_as_its_rating_where_the_authors_count_it(
    judge: Command, tmp_path: Path, nothing: str | None
) -> None:
    """Their scripts look at the rating alone, whatever the answer is."""
    rows = rated(SCORE.format(1, 1, 1), SCORE.format(1, 0, 0))
    rows[1]["model_response"] = nothing
    done = take(judge, tmp_path, write(tmp_path / "eval.json", rows))
    judge("score", done.folder)
    found = {mode: estimate(done.folder, "recognition", mode=mode) for mode in ("strict", "faithful")}
    assert (found["faithful"]["value"], found["faithful"]["n"]) == (0.5, 2)
    assert (found["strict"]["value"], found["strict"]["valid"], found["strict"]["missing"]) == (0.5, 1, 1)
    assert estimate(done.folder, "reasoning", mode="faithful")["value"] == (1 + 0.5) / 2


def test_other_ratings_are_another_number_by_its_signature(judge: Command, tmp_path: Path) -> None:
    signatures = []
    for name, last in (("a", 1), ("b", 0)):
        file = write(tmp_path / f"{name}.json", rated(SCORE.format(1, 1, last)))
        done = take(judge, tmp_path, file, more=("--name", name))
        judge("score", done.folder)
        signatures.append(estimate(done.folder, "recognition", mode="faithful")["signature"])
    assert signatures[0] != signatures[1]
    assert all("|judge:imported|method:imported-" in text for text in signatures)


def test_averages_take_the_words_as_the_authors_script_over_all_tasks_reads_them(
    judge: Command, tmp_path: Path
) -> None:
    """Notes 1.5: a task's own script wants ": 1/1", the one over all tasks any a/b; the suite's pool is that one's."""
    narrow = SCORE.format(1, 1, 1).replace(": ", ":")
    done = take(judge, tmp_path, write(tmp_path / "eval.json", rated(SCORE.format(1, 1, 0), narrow)))
    judge("score", done.folder)
    alone = estimate(done.folder, "recognition", mode="faithful")
    assert (alone["value"], alone["n"]) == (0.0, 1), "the task's own script drops the second answer"
    every = [Estimate.model_validate(item) for item in summary_of(done.folder)["estimates"]]
    member = Member(estimates=every, voices={"imported": ("imported", "")})
    pooled = member.pick("recognition", "faithful", ("imported", ""), pooled=True)
    assert pooled is not None
    assert (pooled.value, pooled.n, pooled.group) == (0.5, 2, ACROSS)
    plain = member.pick("recognition", "faithful", ("imported", ""))
    assert plain is not None
    assert plain.value == 0.0


def test_a_model_is_not_asked_to_rate_by_clues_that_did_not_come_with_the_files(judge: Command, tmp_path: Path) -> None:
    done = take(judge, tmp_path, write(tmp_path / "responses.json", responses("anger", "sad")))
    asked = judge("score", done.folder, "--judge", "endpoint:m", "--base-url", "http://192.0.2.1:9/v1")
    assert asked.code == 3
    assert "those of mme-emotion.er-wild are not there: import the files again with --data DIR" in asked.err
    assert "Nothing was sent" in asked.err


def test_imported_ratings_are_searched_whole_and_are_broken_down_by_gold_label(judge: Command, tmp_path: Path) -> None:
    """The judge's text is longer than the 16,000 characters that were once kept; anger and angry are one label here."""
    rows = rated(*(f"{'Let me see. ' * 2000}\n{SCORE.format(1, 1, last)}" for last in (1, 0, 0, 1)))
    done = take(judge, tmp_path, write(tmp_path / "eval.json", rows))
    assert judge("score", done.folder).code == 0
    assert estimate(done.folder, "recognition", mode="faithful")["value"] == 0.5
    found = {name: estimate(done.folder, "recognition", mode="faithful", group=f"label:{name}")
             for name in ("anger", "happiness", "shy")}  # fmt: skip
    assert {name: (item["value"], item["n"]) for name, item in found.items()} == {
        "anger": (0.5, 2),
        "happiness": (0.0, 1),
        "shy": (1.0, 1),
    }
