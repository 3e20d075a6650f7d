"""ROSCOE as a judge-evaluation task: chains become a run, labels become ratings, and a known error is found again."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command import Command, lines_of
from fake_server import serve
from roscoe import CRITERION, agreed, erring, imported, instance, labels_in, made, rubric, written
from trusting import ratings

from judge.trust.agreement import agree
from judge.trust.findings import Settings
from judge.trust.scale import Scale

ERROR = 0.2


def kappa_of(error: float, prevalence: float) -> float:
    """Cohen's kappa of labels with themselves, each turned over with this probability."""
    said = prevalence * (1 - error) + (1 - prevalence) * error
    chance = prevalence * said + (1 - prevalence) * (1 - said)
    return ((1 - error) - chance) / (1 - chance)


def table(folder: Path) -> list[dict[str, str]]:
    with (folder / "human.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_chains_become_answers_and_labels_become_ratings_of_chains_and_of_steps(judge: Command, tmp_path: Path) -> None:
    done = imported(judge, tmp_path, *written(tmp_path, chains=4))
    assert done.code == 0, done.err
    assert "4 chains; people judged 4 of them whole, and 10 single steps" in done.out
    replies = {line["sample_id"]: line["replies"][0]["text"] for line in lines_of(done.folder / "answers.jsonl")}
    assert len(replies) == 4
    first = next(iter(replies))
    assert replies[first].split("\n")[0] == "Step 1 - The window is open, so somebody is in."
    rows = table(done.folder)
    assert {row["rater"] for row in rows} == {"expert"}
    mine = {(row["item"], row["criterion"]): row["score"] for row in rows if row["cluster"] == first}
    assert mine[first, "overall_quality"] == "2"
    assert mine[first, "contradiction"] == "0"
    assert [mine[f"{first}/{step}", CRITERION] for step in (1, 2, 3)] == ["0", "1", "0"]


def test_one_file_alone_names_its_chains_as_both_do(judge: Command, tmp_path: Path) -> None:
    both = imported(judge, tmp_path / "a", *written(tmp_path, chains=3)).folder
    alone = imported(judge, tmp_path / "b", tmp_path / "roscoe-invented-stepwise.json").folder
    assert set(labels_in(alone)) == set(labels_in(both))
    assert len({line["sample_id"] for line in lines_of(alone / "answers.jsonl")}) == 3


def test_a_step_that_stands_twice_in_its_chain_is_told_by_its_turn(judge: Command, tmp_path: Path) -> None:
    whole = made("stepwise", chains=1)
    steps = ["It is so.", "It is so."]
    said = [{"Coherency and Logic": "no"}, {"Coherency and Logic": "yes"}]
    whole["instances"] = [instance(1, steps=steps, step=1, said=each) for each in said]
    for each in whole["instances"]:
        each["instance"] = each["instance"].replace("Step 2 - ", "Step 1 - ")
    path = tmp_path / "steps.json"
    path.write_text(json.dumps(whole), encoding="utf-8")
    assert list(labels_in(imported(judge, tmp_path, path).folder).values()) == [0, 1]


def _broken(whole: dict[str, Any], how: str) -> None:
    first = whole["instances"][0]
    if how == "text":
        first["instance"] = first["instance"].replace("GENERATED RESPONSE", "RESPONSE")
    elif how == "label":
        first["annotations"]["Coherency and Logic"]["individual_human_scores"] = ["maybe"]
    elif how == "scale":
        first["annotations"] = {"Charm": {"individual_human_scores": ["yes"]}}
    elif how == "step":
        first["instance"] = first["instance"].replace("JUDGE: Step 1", "JUDGE: Step 9")
    elif how == "twice":
        whole["instances"].append(first)
    elif how == "kind":
        whole["dataset"] = "roscoe-invented-overall"
    else:
        whole["dataset"] = "another benchmark"


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("text", "instances.0: has no CONTEXT and GENERATED RESPONSE"),
        ("label", "instances.0.annotations.Coherency and Logic: needs individual_human_scores on the scale"),
        ("scale", "instances.0.annotations.Charm: needs individual_human_scores"),
        ("step", "judges a step that is not a line of its chain"),
        ("twice", "judges a step that was judged already"),
        ("kind", "is of the other kind than its file"),
        ("dataset", "is no file of ROSCOE"),
    ],
)
def test_what_has_not_the_authors_form_is_a_fault_with_its_place(
    judge: Command, tmp_path: Path, how: str, message: str
) -> None:
    whole = made("stepwise", chains=2)
    _broken(whole, how)
    path = tmp_path / "steps.json"
    path.write_text(json.dumps(whole), encoding="utf-8")
    done = imported(judge, tmp_path, path)
    assert done.code == 2
    assert message in done.err
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize("text", ["", "[1]", "[" * 100_000, '{"dataset": "roscoe-a-overall", "instances": 3}'])
def test_a_file_that_is_no_such_json_is_one_line(judge: Command, tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text, encoding="utf-8")
    done = imported(judge, tmp_path, path)
    assert done.code == 2
    assert len(done.err.strip().splitlines()) == 2, "which task is used, and the fault"


def test_the_offline_judge_rates_the_very_lines_that_people_labelled(judge: Command, tmp_path: Path) -> None:
    folder = imported(judge, tmp_path, *written(tmp_path, chains=6)).folder
    assert judge("score", folder, "--judge", "rules", "--rubric", "roscoe").code == 0
    rated = [line for line in lines_of(folder / "verdicts.jsonl") if line["criterion"] == CRITERION]
    assert {f"{line['sample_id']}/{line['step']}" for line in rated} == set(labels_in(folder))
    replies = {line["sample_id"]: line["replies"][0]["text"] for line in lines_of(folder / "answers.jsonl")}
    assert all(line["claim"] == replies[line["sample_id"]].split("\n")[line["step"] - 1] for line in rated)


def test_a_judge_of_known_error_on_steps_is_found_out_within_its_interval(judge: Command, tmp_path: Path) -> None:
    folder = imported(judge, tmp_path, *written(tmp_path, chains=80)).folder
    made_rubric = rubric(tmp_path)
    with serve(tmp_path / "s", erring(folder, made_rubric, error=ERROR, seed=0)) as server:
        found = agreed(judge, server, folder, made_rubric)
    people = list(labels_in(folder).values())
    assert found["n"] == len(people) == 200
    _recovers(found["judge_human"], sum(people) / len(people))


def test_the_known_error_is_recovered_on_the_real_labels(judge: Command, tmp_path: Path, shared: Path) -> None:
    """682 steps of 345 chains with the experts' labels of coherency and logic (72 errors)."""
    files = sorted((shared / "roscoe").glob("*.json"))
    if not files:
        pytest.skip("the files of ROSCOE are not in the shared data")
    done = imported(judge, tmp_path, *files)
    assert "346 chains; people judged 346 of them whole, and 682 single steps" in done.out
    people = labels_in(done.folder)
    assert Counter(people.values()) == {0: 610, 1: 72}
    made_rubric = rubric(tmp_path)
    with serve(tmp_path / "s", erring(done.folder, made_rubric, error=ERROR, seed=0)) as server:
        found = agreed(judge, server, done.folder, made_rubric)
    assert (found["n"], found["dropped"]) == (682, 0)
    _recovers(found["judge_human"], 72 / 682)


def _recovers(pooled: dict[str, Any], prevalence: float) -> None:
    for name, truth in (("exact", 1 - ERROR), ("kappa", kappa_of(ERROR, prevalence))):
        assert pooled[name]["low"] <= truth <= pooled[name]["high"], name
        assert pooled[name]["high"] - pooled[name]["low"] < 0.3, "an interval that says something"
    assert pooled["exact"]["high"] < 1.0


def test_over_many_such_judges_the_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    """60 judges of an error of 0.2 on 300 labels, a third of them 1: of 95% intervals 60 x 0.95 = 57, at least 52."""
    rng = np.random.default_rng(7)
    people = (rng.random(300) < 1 / 3).astype(np.float64)
    truth = kappa_of(ERROR, float(people.mean()))
    scale = Scale(levels=(0.0, 1.0), origin="rubric")
    held = Counter[str]()
    for _ in range(60):
        said = np.where(rng.random(300) < ERROR, 1 - people, people)
        rated = ratings({"a": people.tolist(), "judge": said.tolist()})
        (found,) = agree(rated, humans=["a"], judges=["judge"], criterion="c", scale=scale, how=Settings(resamples=400))
        for name, value in (("exact", 1 - ERROR), ("kappa", truth)):
            low, high = found.judge_human[name].low, found.judge_human[name].high
            assert low is not None
            assert high is not None
            held[name] += low <= value <= high
    assert min(held["exact"], held["kappa"]) >= 52
