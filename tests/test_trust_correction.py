"""Corrections of a judge's mean: coverage over 2,000 draws, closed forms, and what makes them invalid."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from judge.distributions import Z
from judge.stats import Array
from judge.trust.correction import Mean, correct, labels_needed, ppi_means
from judge.trust.prevalence import prevalence_of, rogan_gladen

DRAWS = 2000
POOL = 1000
TRUTH = 3.0
BIAS = 0.7
NAN = float("nan")


def pools(labels: int, correlation: float, seed: int = 6) -> tuple[Array, Array]:
    """People's and the judge's ratings of `labels` + POOL items, DRAWS times: a judge with known bias and noise."""
    rng = np.random.default_rng(seed)
    human = rng.normal(TRUTH, 1, (DRAWS, labels + POOL))
    noise = math.sqrt(1 / correlation**2 - 1)
    return human, human + BIAS + rng.normal(0, noise, human.shape)


def covered(value: Array, error: Array) -> float:
    return float((np.abs(value - TRUTH) <= Z * error).mean())


@pytest.mark.parametrize(
    ("labels", "correlation"), [(50, 0.85), (50, 0.6), (50, 0.3), (100, 0.85), (100, 0.6), (100, 0.3)]
)
def test_ppi_intervals_cover_the_truth_and_those_of_the_judge_alone_do_not(labels: int, correlation: float) -> None:
    human, judge = pools(labels, correlation)
    value, error, _ = ppi_means(human[:, :labels], judge[:, :labels], judge[:, labels:])
    assert 0.93 <= covered(value, error) <= 0.97
    alone = judge.mean(axis=1), judge.std(axis=1, ddof=1) / math.sqrt(labels + POOL)
    assert covered(*alone) == 0.0


def test_a_good_judge_is_worth_three_times_the_labels_and_a_bad_one_none() -> None:
    """The knowledge behind the warning: 50 labels count as about 156, 77 and 55 at correlations of .85, .6 and .3."""
    worth = []
    for correlation in (0.85, 0.6, 0.3):
        human, judge = pools(50, correlation)
        _, error, _ = ppi_means(human[:, :50], judge[:, :50], judge[:, 50:])
        alone = human[:, :50].std(axis=1, ddof=1) / math.sqrt(50)
        worth.append(float((50 * (alone / error) ** 2).mean()))
    assert worth == pytest.approx([156, 77, 55], abs=4)


def pool(correlation: float = 0.85, labels: int = 60) -> tuple[Array, Array]:
    """One pool as it is read: people's ratings of the first items only."""
    human, judge = pools(labels, correlation)
    shown = human[0].copy()
    shown[labels:] = NAN
    return shown, judge[0]


def test_one_pool_gives_the_vectorised_numbers() -> None:
    human, judge = pool()
    found = correct(human, judge)
    value, error, weight = ppi_means(human[:60], judge[:60], judge[60:])
    assert (found.labelled, found.unlabelled) == (60, POOL)
    assert found.ppi.value == pytest.approx(float(value))
    assert found.ppi.error == pytest.approx(float(error))
    assert found.weight == pytest.approx(float(weight))
    assert found.warnings == ()


def test_the_number_is_the_formula_worked_by_hand() -> None:
    """n 4, N 2: cov 5/3, var(F) over all six 3.5, so that lambda is 5/3 / (3 x 3.5)."""
    human = np.array([1.0, 2, 3, 4, NAN, NAN])
    judge = np.array([2.0, 3, 4, 5, 1, 6])
    weight = 5 / 3 / (3 * 3.5)
    found = correct(human, judge)
    assert found.weight == pytest.approx(weight)
    assert found.ppi.value == pytest.approx(weight * 3.5 + 2.5 - weight * 3.5)
    variance = weight**2 * 12.5 / 2 + (1 - weight) ** 2 * (5 / 3) / 4
    assert found.ppi.error == pytest.approx(math.sqrt(variance))
    assert found.effective_n == pytest.approx(4 * (5 / 12) / variance)


def test_a_judge_that_knows_nothing_is_left_out_and_said() -> None:
    human, _ = pool()
    found = correct(human, np.random.default_rng(1).normal(3, 1, len(human)))
    assert found.weight == pytest.approx(0.0, abs=0.25)
    assert any("below 0.5 the judge saves few labels" in text for text in found.warnings)


def test_a_constant_judge_adds_nothing_and_changes_nothing() -> None:
    human, _ = pool()
    found = correct(human, np.full(len(human), 4.0))
    assert found.weight == 0.0
    assert found.ppi.value == pytest.approx(found.human_only.value)
    assert found.correlation is None
    assert found.warnings[0].startswith("people or judge are constant")


def test_few_labels_are_said() -> None:
    human, judge = pool(labels=20)
    assert correct(human, judge).warnings[0] == "20 labelled items: below 50 the interval is wide"


@pytest.mark.parametrize(
    ("human", "reason"),
    [
        ([1.0, 2, 3, 4], "people rated every item: their own mean needs no judge"),
        ([1.0, NAN, NAN, NAN], "1 item with both ratings: at least 2 are needed"),
        ([NAN] * 4, "0 items with both ratings: at least 2 are needed"),
    ],
)
def test_where_there_is_nothing_to_correct_the_value_is_missing_with_its_reason(
    human: list[float], reason: str
) -> None:
    found = correct(np.array(human), np.array([1.0, 2, 3, 5]))
    assert found.ppi == Mean(reason=reason)


def test_items_of_one_cluster_count_together() -> None:
    human, judge = pool(labels=60)
    doubled = np.repeat(human, 2), np.repeat(judge, 2)
    clusters = [f"c{item}" for item in range(len(human)) for _ in range(2)]
    plain, clustered, once = correct(*doubled), correct(*doubled, clusters), correct(human, judge)
    errors = [found.ppi.error or 0.0 for found in (plain, clustered, once)]
    assert errors[0] < errors[1] * 0.75
    assert errors[1] == pytest.approx(errors[2], rel=0.02)


def yes_and_no(truth: float, labels: int, *, balanced: bool, rng: np.random.Generator) -> Mean:
    """A judge with sensitivity .85 and specificity .75 on POOL items, with labels of another mix where `balanced`."""

    def judged(true: NDArray[np.bool_]) -> Array:
        share = np.where(true, 0.85, 0.25)
        return (rng.random(len(true)) < share).astype(np.float64)

    own = rng.random(labels) < (0.5 if balanced else truth)
    said, pool_said = judged(own), judged(rng.random(POOL) < truth)
    rates = (float(said[own].mean()), int(own.sum())), (float(1 - said[~own].mean()), int((~own).sum()))
    return prevalence_of(float(pool_said.mean()), POOL, sensitivity=rates[0], specificity=rates[1])


@pytest.mark.parametrize("truth", [0.1, 0.3, 0.7, 0.9])
def test_rogan_gladen_covers_the_truth_though_the_labels_have_another_mix(truth: float) -> None:
    rng = np.random.default_rng(6)
    found = [yes_and_no(truth, 200, balanced=True, rng=rng) for _ in range(DRAWS)]
    share = np.mean([(item.low or 0.0) <= truth <= (item.high or 0.0) for item in found])
    assert 0.93 <= share <= 0.98
    assert np.mean([item.value for item in found]) == pytest.approx(truth, abs=0.01)
    raw = truth * 0.85 + (1 - truth) * 0.25
    assert abs(raw - truth) > 0.025  # what the judge alone converges to


def test_rogan_gladen_is_its_formula() -> None:
    """Sensitivity 8/10, specificity 9/10, 40% yes: (.4 + .9 - 1) / (.8 + .9 - 1) = 3/7."""
    human = np.array([1.0] * 10 + [0.0] * 10 + [NAN] * 100)
    judge = np.array([1.0] * 8 + [0.0] * 2 + [0.0] * 9 + [1.0] + [1.0] * 40 + [0.0] * 60)
    found = rogan_gladen(human, judge)
    assert (found.sensitivity, found.specificity, found.raw) == (0.8, 0.9, 0.4)
    assert (found.positives, found.negatives, found.judged) == (10, 10, 100)
    assert found.estimate.value == pytest.approx(3 / 7)
    assert found.estimate.low is not None
    assert found.estimate.high is not None
    assert 0 <= found.estimate.low < 3 / 7 < found.estimate.high <= 1


def test_a_judge_no_better_than_chance_gives_no_share() -> None:
    human = np.array([1.0] * 4 + [0.0] * 4 + [NAN] * 4)
    found = rogan_gladen(human, np.array([1.0, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0]))
    assert found.estimate.value is None
    assert found.estimate.reason == "sensitivity + specificity = 1.00: the judge is not better than chance"


def test_without_a_no_from_people_the_specificity_is_unknown() -> None:
    found = rogan_gladen(np.array([1.0, 1, NAN]), np.array([1.0, 0, 1]))
    assert found.estimate.reason == "people said no of no item: a rate is unknown"


def test_items_on_which_people_are_split_are_no_pool_of_unlabelled_ones() -> None:
    """Everything was labelled: the judge's share of yes is over all items, those with a tie too."""
    judge = np.array([1.0, 1, 0, 0, 1, 0, 1, 0, 0, 0])
    votes = np.array([1.0, 1, 0, 0, NAN, NAN, 1, 0, 1, 0])
    found = rogan_gladen(votes, judge, labelled=np.ones(10, dtype=bool))
    assert (found.judged, found.raw) == (10, 0.4)
    half = rogan_gladen(votes, judge, labelled=np.array([True] * 6 + [True, True, False, False]))
    assert half.judged == 2


def test_a_share_of_few_clusters_has_a_wider_interval() -> None:
    rng = np.random.default_rng(4)
    truth = np.repeat(rng.integers(0, 2, 10), 30).astype(float)
    judge = np.where(rng.random(300) < 0.1, 1 - truth, truth)
    human = np.where(np.arange(300) % 3 == 0, truth, NAN)
    names = [str(place // 30) for place in range(300)]
    alone, together = rogan_gladen(human, judge).estimate, rogan_gladen(human, judge, clusters=names).estimate
    assert together.value == alone.value
    assert alone.low is not None
    assert alone.high is not None
    assert together.low is not None
    assert together.high is not None
    assert together.high - together.low > 2 * (alone.high - alone.low)


def test_labels_of_items_that_the_judge_did_not_rate_count_for_people_and_are_said() -> None:
    human, judge = np.array([4.0] * 40 + [1.0] * 20 + [NAN] * 60), np.array([4.0] * 40 + [NAN] * 20 + [4.0] * 60)
    found = correct(human, judge)
    assert (found.labelled, found.unrated, found.human_only.value) == (40, 20, 3.0)
    assert found.warnings[0].startswith("20 of 60 labels have no rating beside them")


def test_the_point_estimate_of_a_share_lies_in_its_interval() -> None:
    rng = np.random.default_rng(8)
    for _ in range(2000):
        p, q1, q0 = rng.random(), rng.uniform(0.3, 1), rng.uniform(0.3, 1)
        found = prevalence_of(p, 40, sensitivity=(q1, 6), specificity=(q0, 9))
        if found.value is not None and found.low is not None and found.high is not None:
            assert found.low <= found.value <= found.high


def test_the_labels_that_are_said_to_be_needed_give_that_interval() -> None:
    """From 100 labels it is foreseen how many it takes for +-0.1; with so many, drawn anew, the interval is as wide."""
    rng = np.random.default_rng(12)
    truth = rng.normal(3, 1, 2000)
    judge = truth + rng.normal(0.5, 0.5, 2000)

    def labelled(count: int) -> Array:
        human = np.full(2000, NAN)
        chosen = rng.choice(2000, count, replace=False)
        human[chosen] = truth[chosen]
        return human

    first = labelled(100)
    found = labels_needed(first, judge, correct(first, judge), half_width=0.1)
    assert found.needed is not None
    assert found.needed_alone is not None
    assert found.needed < found.needed_alone / 2
    widths = []
    for _ in range(40):
        again = correct(labelled(found.needed), judge)
        widths.append(Z * (again.ppi.error or 0.0))
    assert np.mean(widths) == pytest.approx(0.1, rel=0.15)


def test_where_the_pool_is_too_small_no_number_of_labels_is_named() -> None:
    human, judge = pool(labels=60)
    found = labels_needed(human, judge, correct(human, judge), half_width=0.001)
    assert found.needed is None
    assert found.needed_alone is not None
    assert found.needed_alone > len(human)


def test_labels_that_come_in_clusters_are_worth_fewer_for_people_alone() -> None:
    """Four labels of each speaker that are all alike are worth one: people alone need four times as many."""
    rng = np.random.default_rng(8)
    level = np.repeat(rng.normal(3, 1, 100), 4)
    speakers = [f"s{place // 4}" for place in range(400)]
    human = np.where(np.arange(400) < 200, level, NAN)
    judge = level + rng.normal(0, 0.5, 400)
    apart = labels_needed(human, judge, correct(human, judge), half_width=0.2)
    together = labels_needed(human, judge, correct(human, judge, speakers), half_width=0.2, clusters=speakers)
    assert apart.needed_alone is not None
    assert together.needed_alone is not None
    assert together.needed_alone == pytest.approx(4 * apart.needed_alone, rel=0.1)
