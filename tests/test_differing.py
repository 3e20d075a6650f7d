"""Why strict and faithful differ, in counts; the items behind a stored mean; and what may share a column."""

from __future__ import annotations

from pathlib import Path

import pytest
from building import make_task
from command import Command, summary_of
from hypothesis import given
from hypothesis import strategies as st

from judge.differing import gaps, told
from judge.evaluate import Evaluation
from judge.pooling import units_of
from judge.records import MODES, Estimate, Mode, Problem, Score
from judge.report.naming import column_of, titles
from judge.summary import Summary

UNREAD = Problem(stage="parse", kind="unparsed")
LOST = Problem(stage="call", kind="timeout")


def score(
    number: int, value: float | None, *, mode: Mode = "strict", draw: int = 0, problem: Problem = UNREAD
) -> Score:
    return Score(
        sample_id=f"s{number}", variant="qa", draw=draw, metric="accuracy", mode=mode, value=value,
        problem=problem if value is None else None,
    )  # fmt: skip


def estimate(value: float | None, *, mode: Mode = "strict", n: int = 10, valid: int = 10) -> Estimate:
    return Estimate(metric="accuracy", mode=mode, value=value, n=n, valid=valid, missing=0, signature="t|accuracy")


def evaluation(strict: list[float | None], faithful: list[float | None], values: tuple[float, float]) -> Evaluation:
    by_mode = dict(zip(MODES, (strict, faithful), strict=True))
    return Evaluation(
        estimates=[estimate(value, mode=mode) for value, mode in zip(values, MODES, strict=True)],
        scores=[score(number, value, mode=mode) for mode, own in by_mode.items() for number, value in enumerate(own)],
    )


NOTHING = "it leaves out 2 answers in which nothing can be read, which strict counts 0"
WRONG = "it counts as wrong 1 answer that count in strict and not by the authors' rule"
OUT = "it leaves out 1 answer that count in strict and not by the authors' rule"
MORE = "the authors' rule reads 1 answer that strict cannot and counts 0"
OTHERWISE = "the authors' rule gives 3 answers another value (2 higher, 1 lower)"


@pytest.mark.parametrize(
    ("strict", "faithful", "invalid", "why"),
    [
        ([1, 1, None, None], [1, 1, None, None], "drop", NOTHING),
        ([1, 1, 0, 1], [1, 1, None, 1], "wrong", WRONG),
        ([1, 1, 0, 1], [1, 1, None, 1], "drop", OUT),
        ([1, None, 0, 1], [1, 1, 0, 1], "drop", MORE),
        ([1, 0, 0, 1], [1, 1, 1, 0], "drop", OTHERWISE),
        ([1, 0, 0, 1], [1, 0, 0, 1], "drop", "the authors count the same answers by another rule"),
    ],
)
def test_the_reason_comes_from_the_answers(
    strict: list[float | None], faithful: list[float | None], invalid: str, why: str
) -> None:
    task = make_task(faithful={"rule": "same", "invalid": invalid})
    found = gaps(task, evaluation(strict, faithful, (0.5, 0.75)))
    assert found == {"accuracy": {"gap": 25.0, "why": why}}
    assert told(found) == [f"faithful differs from strict (accuracy by 25.00 above): {why}"]


@pytest.mark.parametrize(("values", "said"), [((0.5, 0.51), 0), ((0.5, 0.5101), 1), ((0.52, 0.5), 1)])
def test_one_point_is_not_said_and_more_is(values: tuple[float, float], said: int) -> None:
    assert len(gaps(make_task(), evaluation([1], [1], values))) == said


def test_score_and_report_say_why(judge: Command, tmp_path: Path) -> None:
    run = judge("run", "tasks/humor.yaml", "--provider", "replay", "--out", tmp_path)
    done = judge("score", run.folder)
    why = "it leaves out 7 answers in which nothing can be read, which strict counts 0"
    assert summary_of(run.folder)["run"]["modes_differ"]["accuracy"] == {"gap": pytest.approx(15.75), "why": why}
    assert "accuracy by 15.75 above" in done.out
    judge("report", run.folder)
    assert "### Why the modes differ" in (run.folder / "report.md").read_text()


def test_unread_answers_count_in_strict_and_lost_ones_in_neither_mode() -> None:
    rows = [score(0, 1.0), score(1, 0.0), score(2, None), score(3, None, problem=LOST)]
    assert units_of(rows, estimate(1 / 3, n=4, valid=2)) == 3
    faithful = [item.model_copy(update={"mode": "faithful"}) for item in rows]
    assert units_of(faithful, estimate(0.5, mode="faithful", n=2, valid=2)) == 2


def test_scores_that_do_not_give_the_mean_count_nothing() -> None:
    assert units_of([score(0, 1.0), score(1, 0.0)], estimate(0.9)) is None
    assert units_of([], estimate(0.9)) is None
    assert units_of([score(0, 1.0)], estimate(None)) is None


@given(st.lists(st.lists(st.sampled_from([0.0, 0.5, 1.0, None]), min_size=1, max_size=3), min_size=1, max_size=8))
def test_draws_of_an_item_are_one_item(draws: list[list[float | None]]) -> None:
    rows = [score(number, value, draw=draw) for number, own in enumerate(draws) for draw, value in enumerate(own)]
    mean = sum(sum(value or 0.0 for value in own) / len(own) for own in draws) / len(draws)
    total = sum(map(len, draws))
    valid = sum(value is not None for own in draws for value in own)
    found = units_of(rows, estimate(mean, n=total, valid=valid))
    assert found == len(draws) or (mean == 0.0 and found is not None)


def judged(rubric: str, *, digest: str = "abcdef0123") -> Summary:
    item = Estimate(metric="cot", mode="strict", judge="j", value=0.5, n=1, valid=1, missing=0, signature="s")
    block = {"judge": "j", "name": "j", "rubric": rubric, "rubric_version": 1, "rubric_digest": digest}
    return Summary(run={"judges": [block]}, estimates=(item,), problems={})


def test_runs_that_were_judged_by_other_rubrics_share_no_column() -> None:
    runs = [judged("steps"), judged("steps-no-clue"), judged("steps", digest="0123456789")]
    found = titles({column_of(run, run.estimates[0]): None for run in runs})
    assert list(found.values()) == [
        "cot (j, rubric steps v1 abcdef01)",
        "cot (j, rubric steps-no-clue v1 abcdef01)",
        "cot (j, rubric steps v1 01234567)",
    ]
    assert list(titles([column_of(runs[0], runs[0].estimates[0])]).values()) == ["cot (j)"]


def test_a_report_keeps_two_rubrics_apart(judge: Command, tmp_path: Path) -> None:
    other = (Path("rubrics/humor.yaml").read_text()).replace("version: ", "version: 1")
    (tmp_path / "humor.yaml").write_text(other)
    for provider, rubric in (("replay", "humor"), ("random", str(tmp_path / "humor.yaml"))):
        run = judge("run", "tasks/humor.yaml", "--provider", provider, "--prompt", "cot", "--out", tmp_path / "r")
        assert judge("score", run.folder, "--rubric", rubric).code == 0
    judge("report", tmp_path / "r")
    lines = [
        line for line in (tmp_path / "r" / "report.md").read_text().splitlines() if line.startswith("| cot (rules")
    ]
    assert len(lines) == 4, "two rubrics in two modes"
    assert all(line.count(" – ") == 1 for line in lines)
