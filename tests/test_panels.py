"""Panels: several judges' ratings combined, and what is said where they do not suffice."""

from __future__ import annotations

import math

import numpy as np
import pytest
from building import make_task
from command import ROOT

from judge.items import Item
from judge.panels import TIE, Combination, Combined
from judge.records import Answer, AskReply, Key, Mode, Parsed, Problem, Sample, Target, Verdict
from judge.rubric import Rubric
from judge.scores import Judged
from judge.spec.rubric import read_rubric
from judge.trust.panel import Answers, alpha_of
from judge.trust.stability import spread_of

RUBRIC: Rubric = read_rubric(ROOT / "rubrics" / "humor.yaml")
TASK = make_task()
KEY = Key("a", "cot", 0)
READ: dict[Mode, Parsed] = {
    mode: Parsed(key=KEY, mode=mode, state="ok", values={"label": ("humorous",)}, reasoning="why")
    for mode in ("strict", "faithful")
}
ITEM = Item(
    sample=Sample(id="a", inputs={}, target=Target(values={"label": ("humorous",)})),
    key=KEY,
    answer=Answer(sample_id="a", variant="cot", status="ok", replies=(AskReply(ask="label", text="why"),)),
    parsed=READ,
)


def verdict(judge: str, criterion: str, score: float | None, *, draw: int = 0, step: int | None = None) -> Verdict:
    problem = Problem(stage="judge", kind="cannot_judge") if score is None else None
    return Verdict(
        sample_id="a",
        variant="cot",
        draw=0,
        answer="x",
        judge=judge,
        judge_draw=draw,
        rubric="humor",
        rubric_digest=RUBRIC.digest,
        criterion=criterion,
        step=step,
        score=score,
        problem=problem,
    )


def whole(*ratings: float | None) -> list[list[Verdict]]:
    """One judge each, on the answer as a whole."""
    return [[verdict(f"j{number}", "cot", score)] for number, score in enumerate(ratings)]


def cot(members: list[list[Verdict]], how: Combination) -> float | str | None:
    """The panel's cot as a rating from 1 to 5, or the kind of its problem."""
    number = Combined(RUBRIC, members, how).scores(TASK, ITEM, "strict")["cot"]
    return number.problem.kind if number.problem else 1 + 4 * (number.value or 0.0)


@pytest.mark.parametrize(("how", "made"), [("vote", 1.0), ("median", 2.0), ("mean", 2.5)])
def test_each_combination_is_the_one_it_says(how: Combination, made: float) -> None:
    assert cot(whole(1, 1, 5, 3), how) == pytest.approx(made)


def test_a_tie_of_the_vote_is_null_with_its_reason_and_not_the_median() -> None:
    assert cot(whole(1, 3, 5), "vote") == TIE
    assert cot(whole(1, 3, 5), "median") == 3.0


def test_a_judge_without_a_rating_is_left_out_and_not_counted_as_a_low_one() -> None:
    assert cot(whole(5, None, 4), "mean") == pytest.approx(4.5)
    assert cot(whole(5, None, None), "vote") == 5.0
    assert cot(whole(None, None), "median") == "cannot_judge"


def test_a_judge_that_is_divided_between_its_own_repeats_casts_no_vote() -> None:
    divided = [verdict("d", "cot", 1, draw=0), verdict("d", "cot", 2, draw=1)]
    assert cot([divided, *whole(4, 4)], "vote") == 4.0
    assert cot([divided], "vote") == TIE


def test_more_repeats_do_not_give_a_judge_more_votes() -> None:
    often = [verdict("o", "cot", 1, draw=draw) for draw in range(5)]
    assert cot([often, *whole(4, 4)], "vote") == 4.0


def test_steps_are_combined_as_each_judges_mean_since_each_extracts_its_own() -> None:
    two = [verdict("a", "steps", score, step=step) for step, score in ((1, 1.0), (2, 0.0))]
    one = [verdict("b", "steps", 1.0, step=1)]
    none = [verdict("c", "steps", 0.0, step=step) for step in (1, 2, 3)]
    expected: dict[Combination, float] = {"mean": 1.5 / 4, "median": 0.25, "vote": 0.25}
    for how, made in expected.items():
        members = [two, one, none, none]
        assert Combined(RUBRIC, members, how)._mean_of_steps("steps", ITEM).value == made


def test_final_is_made_of_the_combined_parts() -> None:
    members = [
        [verdict(name, "steps", step, step=1), verdict(name, "cot", rating)]
        for name, step, rating in (("a", 1.0, 1), ("b", 0.0, 5), ("c", 0.5, 3))
    ]
    found = Combined(RUBRIC, members, "median").scores(TASK, ITEM, "strict")
    assert found["final"].value == pytest.approx(0.4 * 1 + 0.3 * 0.5 + 0.3 * 0.5)
    assert found["recognition"].value == 1.0


def test_a_panel_of_one_says_what_its_judge_says() -> None:
    own = [verdict("a", "cot", 2, draw=0), verdict("a", "cot", 4, draw=1), verdict("a", "steps", 0.5, step=1)]
    alone = Judged(RUBRIC, own).scores(TASK, ITEM, "strict")
    assert Combined(RUBRIC, [own], "mean").scores(TASK, ITEM, "strict") == alone
    assert Combined(RUBRIC, [own], "median").scores(TASK, ITEM, "strict") == alone


ANSWERS = Answers(keys=tuple(Key(f"i{place}", "cot", 0) for place in range(7)), clusters=None)


def test_the_panels_alpha_is_krippendorffs_on_his_kind_of_table() -> None:
    """Golden: the ordinal alpha of these three raters by the package krippendorff 0.9.0."""
    nan = math.nan
    table = np.array([[1, 2, nan, 4, 1, 2, 5], [1, 3, 3, 4, 2, 2, 4], [nan, 2, 3, 4, 1, 1, 5]])
    assert alpha_of(table, ANSWERS)["value"] == pytest.approx(0.86903, abs=5e-6)


def test_judges_that_never_vary_have_no_alpha_and_the_reason_is_said() -> None:
    found = alpha_of(np.full((2, 7), 3.0), ANSWERS)
    assert found["value"] is None
    assert found["reason"].startswith("no variance")
    alone = np.vstack([np.arange(7.0), np.full(7, math.nan)])
    assert alpha_of(alone, ANSWERS)["reason"] == "no answer has two ratings"


def test_the_spread_of_repeats_is_that_within_answers_only() -> None:
    """By hand: within variances 0, 2, 0.5 over three answers; pairs that differ 0, 1, 1; a single rating counts not."""
    nan = math.nan
    table = np.array([[1, 1, 4, 5, nan, nan, nan], [1, 3, 5, nan, nan, nan, nan]])
    found = spread_of(table, ANSWERS)
    assert found["n"] == 3
    assert found["within_sd"] == pytest.approx(math.sqrt(2.5 / 3))
    assert found["flip_rate"] == pytest.approx(2 / 3)


def test_weighed_repeats_differ_where_their_nearest_levels_do() -> None:
    nan = math.nan
    table = np.array([[3.9, 2.4, 1, nan, nan, nan, nan], [4.2, 2.6, 1, nan, nan, nan, nan]])
    assert spread_of(table, ANSWERS)["flip_rate"] == pytest.approx(2 / 3)
    assert spread_of(table, ANSWERS, level=1.0)["flip_rate"] == pytest.approx(1 / 3)
    assert spread_of(table / 2, ANSWERS, level=0.5)["flip_rate"] == pytest.approx(1 / 3)


def test_repeats_that_are_absent_are_null_and_not_stable() -> None:
    found = spread_of(np.full((1, 7), 2.0), ANSWERS)
    assert (found["n"], found["flip_rate"], found["alpha_ordinal"]["value"]) == (0, None, None)


def test_whole_chains_are_combined_as_each_judges_own_whole_chain() -> None:
    """Two judges that cut the reply into 3 and 5 steps: their counts have a mean, their steps have no partners."""
    rubric = read_rubric(ROOT / "rubrics" / "mme_emotion.yaml")

    def chain(judge: str, *steps: float, last: float) -> list[Verdict]:
        rated = [verdict(judge, "steps", score, step=place) for place, score in enumerate(steps, start=1)]
        return [*rated, verdict(judge, "last", last, step=len(steps) + 1)]

    members = [chain("a", 1, 0, last=1), chain("b", 1, 1, 1, 0, last=0)]
    found = Combined(rubric, members, "mean").scores(TASK, ITEM, "strict")
    assert found["avg_step"].value == pytest.approx(4)
    assert found["reasoning"].value == pytest.approx((0.5 + 0.75) / 2)
    assert found["recognition"].value == 1.0  # by rule, whatever the judges say
    faithful = Combined(rubric, members, "mean").scores(TASK, ITEM, "faithful")
    assert faithful["recognition"].value == pytest.approx(0.5)
