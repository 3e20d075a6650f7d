"""The order of systems by a judge and by people, and a judge's preference for its own family."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from command import Command
from scipy import stats as reference
from trusting import FIVE, QUICK, csv_file, ratings

from judge.trust.both import both_of
from judge.trust.scale import Scale
from judge.trust.systems import Ranking, order_of, ranking


def test_orders_of_means_are_those_of_scipy_ties_and_all() -> None:
    rng = np.random.default_rng(3)
    judge, people = (rng.integers(0, 5, (60, 7)).astype(float) for _ in range(2))
    found = order_of(judge, people)
    for row in range(60):
        assert found["kendall_tau_b"][row] == pytest.approx(reference.kendalltau(judge[row], people[row]).statistic)
        assert found["spearman"][row] == pytest.approx(reference.spearmanr(judge[row], people[row]).statistic)


def test_a_pair_that_the_judge_does_not_tell_apart_is_not_in_peoples_order() -> None:
    found = order_of(np.array([[1.0, 1.0, 2.0]]), np.array([[1.0, 2.0, 3.0]]))
    assert found["ordered"][0] == pytest.approx(2 / 3)
    same = order_of(np.array([[1.0, 2.0]]), np.array([[3.0, 3.0]]))
    assert np.isnan(same["ordered"][0])
    assert np.isnan(same["kendall_tau_b"][0])


def ranked(judge: list[float], people: list[float], systems: list[str | None], **more: object) -> Ranking:
    table = ratings({"a": people, "gemini-2.5": judge})
    scale = more.pop("scale", FIVE)
    assert isinstance(scale, Scale)
    both = both_of(table, humans=("a",), judge="gemini-2.5", criterion="c", scale=scale, how=QUICK)
    return ranking(both, systems, by="model", **more)  # type: ignore[arg-type]


def test_means_offsets_and_preference_of_systems_by_hand() -> None:
    judge, people = [3.0, 5, 2, 2, 1, 1], [2.0, 4, 2, 1, 1, 2]
    found = ranked(judge, people, ["gemini-2.0", "gemini-2.0", "gpt-4o", "gpt-4o", "qwen2-vl", "qwen2-vl"])
    assert [(one.name, one.n, one.people, one.judge) for one in found.systems] == [
        ("gemini-2.0", 2, 3.0, 4.0), ("gpt-4o", 2, 1.5, 2.0), ("qwen2-vl", 2, 1.5, 1.0),
    ]  # fmt: skip
    assert [one.offset.value for one in found.systems] == [1.0, 0.5, -0.5]
    assert found.ordered.value == 1.0  # people tell gemini from the two others, and the judge agrees
    assert (found.family, found.own) == ("Google", ("gemini-2.0",))
    assert found.preference.value == pytest.approx(1.0 - 0.0)
    assert "3 systems: below 8" in found.kendall_tau_b.note


def test_an_item_of_no_system_is_left_out_and_counted() -> None:
    found = ranked([3.0, 5, 2, 2], [2.0, 4, 2, 1], ["x", None, "y", "y"])
    assert found.without == 1
    assert [one.n for one in found.systems] == [1, 2]


def test_within_a_question_the_order_is_the_mean_over_questions_that_have_one() -> None:
    systems: list[str | None] = ["x", "y", "z"] * 3
    judge = [1.0, 2, 3, 3, 2, 1, 4, 4, 4]
    people = [1.0, 2, 4, 1, 2, 3, 1, 2, 3]
    found = ranked(judge, people, systems, inputs=["q1"] * 3 + ["q2"] * 3 + ["q3"] * 3)
    assert found.within is not None
    assert (found.within.value, found.inputs) == (0.0, 2)  # +1 and -1; the third is rated alike
    assert found.within.note == "1 of 3 questions have none: all answers are rated alike"


@pytest.mark.parametrize(
    ("systems", "reason"),
    [(["x", "x"], "fewer than two systems"), (["x", "y"], "no variance: all systems have the same mean")],
)
def test_where_there_is_no_order_the_reason_stands(systems: list[str | None], reason: str) -> None:
    found = ranked([2.0, 2], [1.0, 3], systems)
    assert found.kendall_tau_b.value is None
    assert found.kendall_tau_b.reason.startswith(reason)


def test_one_system_has_its_means_and_no_order() -> None:
    found = ranked([2.0, 4], [1.0, 3], ["x", "x"])
    assert [(one.name, one.judge, one.people, one.offset.value) for one in found.systems] == [("x", 3.0, 2.0, 1.0)]


def test_why_there_is_no_contrast_of_families_is_said(judge: Command, tmp_path: Path) -> None:
    people, own = ["item,rater,criterion,score,model"], ["item,criterion,score"]
    for place in range(20):
        people.append(f"i{place},a,c,{1 + place % 5},model-{place % 2}")
        own.append(f"i{place},c,{1 + place % 4}")
    files = csv_file(tmp_path / "p.csv", *people), csv_file(tmp_path / "mine.csv", *own)
    line = ("trust", "agree", "--human", files[0], "--verdicts", files[1], "--range", "1-5", "--systems", "model")
    done = judge(*line, "--resamples", "200")
    assert done.code == 0, done.err
    assert "  no contrast of families: " in done.out


def test_labels_have_no_order_of_systems() -> None:
    scale = Scale(levels=(0.0, 1.0), origin="labels", nominal=True)
    assert ranked([0.0, 1], [0.0, 1], ["x", "y"], scale=scale).spearman.reason == "labels have no order"


def test_a_judge_that_favours_its_family_is_found_out_and_a_fair_one_is_not(judge: Command, tmp_path: Path) -> None:
    rng = np.random.default_rng(9)
    people = ["item,rater,criterion,score,model,question"]
    fair, biased = ["item,criterion,score"], ["item,criterion,score"]
    quality = {"gemini-2.0-flash": 2, "gpt-4o": 3, "claude-sonnet": 3, "qwen2-vl": 2}
    for question in range(30):
        for model, good in quality.items():
            truth = int(np.clip(good + rng.integers(-1, 2), 1, 5))
            item = f"{question}-{model}"
            people.append(f"{item},a,c,{truth},{model},{question}")
            said = int(np.clip(truth + rng.integers(-1, 2), 1, 5))
            fair.append(f"{item},c,{said}")
            biased.append(f"{item},c,{min(5, said + (model.startswith('gemini')))}")
    files = [csv_file(tmp_path / name, *lines) for name, lines in (("p.csv", people), ("gemini-fair.csv", fair),
                                                                  ("gemini-biased.csv", biased))]  # fmt: skip
    done = judge(
        "trust", "agree", "--human", files[0], "--verdicts", files[1], "--verdicts", files[2], "--range", "1-5",
        "--systems", "model", "--within", "question", "--resamples", "400", "--json", tmp_path / "a.json",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert "intervals: the answers to one question are drawn together" in done.out
    assert "30 clusters of 120 items left out in turn; what jumps by 400 resamples" in done.out
    assert "its own family (Google: gemini-2.0-flash) minus the others, beside people: " in done.out
    assert "within a question: tau-b " in done.out
    found = {one["judge"]: one for one in json.loads((tmp_path / "a.json").read_text())["systems"]}
    own = {name: one["preference"] for name, one in found.items()}
    assert own["gemini-fair"]["low"] < 0 < own["gemini-fair"]["high"]
    assert own["gemini-biased"]["low"] > 0.5
    tests = {one["judge"]: one["differs"]["p"] for one in json.loads((tmp_path / "a.json").read_text())["groups"]}
    assert tests["gemini-biased"] < 0.01 < tests["gemini-fair"]


def test_within_needs_systems(judge: Command, tmp_path: Path) -> None:
    file = csv_file(tmp_path / "p.csv", "item,rater,criterion,score,q", "i,a,c,1,x")
    done = judge("trust", "agree", "--human", file, "--within", "q")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "name the systems by --systems" in done.err
