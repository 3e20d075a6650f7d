"""Coefficients against published values and against scipy and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from sklearn.metrics import cohen_kappa_score
from trusting import NAN, cells

from judge.trust.pairs import (
    COEFFICIENTS,
    Cells,
    alpha_interval,
    alpha_nominal,
    alpha_ordinal,
    gwet_ac1,
    icc_2_1,
    icc_3_1,
    kappa,
    kappa_quadratic,
    kendall,
    offset,
    slope,
    spearman,
    tally,
)
from judge.trust.raters import fleiss, icc, krippendorff
from judge.trust.resampling import gathered, resample_counts

SHROUT_FLEISS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float)
"""Shrout and Fleiss, Psychological Bulletin 86 (1979), table 2."""
KRIPPENDORFF = np.array([[1, 2, NAN, 4, 1, 2, 5], [1, 3, 3, 4, 2, 2, 4], [NAN, 2, 3, 4, 1, 1, 5]])
"""Values by the krippendorff library 0.9.0."""
FLEISS = (
    (0, 0, 0, 0, 14), (0, 2, 6, 4, 2), (0, 0, 3, 5, 6), (0, 3, 9, 2, 0), (2, 2, 8, 1, 1),
    (7, 7, 0, 0, 0), (3, 2, 6, 3, 0), (2, 5, 3, 2, 2), (6, 5, 2, 1, 0), (0, 2, 2, 3, 7),
)  # fmt: skip
"""The worked example of Wikipedia's article on Fleiss' kappa: 10 subjects, 14 raters, 0.210."""


def drawn(seed: int, n: int = 80) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.integers(1, 6, n).astype(float)
    return x, np.clip(x + rng.integers(-2, 3, n), 1, 5)


def test_the_six_intraclass_correlations_are_those_of_shrout_and_fleiss() -> None:
    assert icc(SHROUT_FLEISS) == pytest.approx((0.166, 0.290, 0.715, 0.443, 0.620, 0.909), abs=5e-4)


@pytest.mark.parametrize(("level", "value"), [("nominal", 0.48936), ("ordinal", 0.86903), ("interval", 0.88991)])
def test_alpha_of_three_raters_with_gaps_is_the_reference_librarys(level: str, value: float) -> None:
    assert krippendorff(KRIPPENDORFF, level)[0] == pytest.approx(value, abs=5e-6)  # type: ignore[arg-type]


def test_fleiss_kappa_is_that_of_the_worked_example() -> None:
    rows = [[level for level, count in enumerate(subject) for _ in range(count)] for subject in FLEISS]
    assert fleiss(np.array(rows, float).T) == pytest.approx(0.210, abs=5e-4)


def test_an_unused_middle_level_counts_on_the_full_scale_and_not_on_the_observed_one() -> None:
    x, y = [1, 2, 5, 5, 2], [1, 5, 5, 2, 2]
    assert kappa_quadratic(cells(x, y))[0] == pytest.approx(0.357, abs=5e-4)
    assert kappa_quadratic(cells(x, y, levels=(1, 2, 5)))[0] == pytest.approx(0.643, abs=5e-4)


def test_with_one_label_on_nearly_every_item_kappa_falls_and_ac1_does_not() -> None:
    """Gwet, British Journal of Mathematical and Statistical Psychology 61 (2008): 118, 5, 2 and 0 of 125 subjects."""
    x = [1] * 118 + [1] * 5 + [2] * 2
    y = [1] * 118 + [2] * 5 + [1] * 2
    pair = cells(x, y, levels=(1, 2))
    assert kappa(pair)[0] == pytest.approx(-0.0234, abs=5e-5)
    assert gwet_ac1(pair)[0] == pytest.approx(0.9408, abs=5e-5)


@pytest.mark.parametrize("seed", range(5))
def test_rank_correlations_are_scipys(seed: int) -> None:
    x, y = drawn(seed)
    assert spearman(cells(x, y))[0] == pytest.approx(scipy.stats.spearmanr(x, y)[0], abs=1e-12)
    assert kendall(cells(x, y))[0] == pytest.approx(scipy.stats.kendalltau(x, y)[0], abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_kappas_are_scikit_learns_with_the_full_scale(seed: int) -> None:
    x, y = drawn(seed, n=12)
    labels = [1, 2, 3, 4, 5]
    quadratic = cohen_kappa_score(x.astype(int), y.astype(int), weights="quadratic", labels=labels)
    assert kappa_quadratic(cells(x, y))[0] == pytest.approx(quadratic, abs=1e-12)
    assert kappa(cells(x, y))[0] == pytest.approx(cohen_kappa_score(x.astype(int), y.astype(int)), abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_the_formulas_for_two_raters_are_those_for_many(seed: int) -> None:
    x, y = drawn(seed)
    many = np.stack([x, y])
    assert icc_2_1(cells(x, y))[0] == pytest.approx(icc(many.T).icc_2_1, abs=1e-12)
    assert icc_3_1(cells(x, y))[0] == pytest.approx(icc(many.T).icc_3_1, abs=1e-12)
    for two, level in ((alpha_nominal, "nominal"), (alpha_ordinal, "ordinal"), (alpha_interval, "interval")):
        assert two(cells(x, y))[0] == pytest.approx(krippendorff(many, level)[0], abs=1e-12)  # type: ignore[arg-type]


def test_offset_and_slope_are_those_of_a_judge_that_adds_one_and_halves_the_spread() -> None:
    human = np.array([1.0, 2, 3, 4, 5])
    pair = cells(human * 0.5 + 1, human)
    assert offset(pair)[0] == pytest.approx(-0.5)
    assert slope(pair)[0] == pytest.approx(0.5)


def test_a_constant_offset_lowers_agreement_and_leaves_consistency_and_rank() -> None:
    human = np.array([1.0, 2, 3, 4, 1, 2])
    pair = cells(human + 1, human)
    assert icc_3_1(pair)[0] == pytest.approx(1.0)
    assert spearman(pair)[0] == pytest.approx(1.0)
    assert icc_2_1(pair)[0] < 0.75


@pytest.mark.parametrize("name", COEFFICIENTS)
def test_each_row_of_weights_gives_what_that_resample_gives_by_itself(name: str) -> None:
    """The bootstrap's vectorised code against the plain one on items that are really repeated."""
    x, y = drawn(3, n=30)
    counts = resample_counts(30, 200, 7).astype(float)
    own_x, own_y, weights = gathered(x, y, counts)
    at_once = COEFFICIENTS[name](Cells(x=own_x, y=own_y, weights=weights, places=(own_x - 1, own_y - 1), levels=5))
    for row in range(0, 200, 40):
        repeated = np.repeat(np.arange(30), counts[row].astype(int))
        assert at_once[row] == pytest.approx(COEFFICIENTS[name](cells(x[repeated], y[repeated]))[0], abs=1e-9)


def test_tau_of_many_distinct_ratings_has_its_value_and_no_resamples() -> None:
    x = np.random.default_rng(5).normal(0, 1, 1600)
    y = x + np.random.default_rng(6).normal(0, 1, 1600)
    found = kendall(Cells(x=x, y=y, weights=np.ones((3, 1600))))
    assert found[0] == pytest.approx(scipy.stats.kendalltau(x, y)[0], abs=1e-12)
    assert np.isnan(found[1:]).all()


@pytest.mark.parametrize("size", [7, 150])
def test_weights_of_one_place_are_added_up_whether_there_are_few_places_or_many(size: int) -> None:
    rng = np.random.default_rng(size)
    weights, place = rng.integers(0, 4, (5, 60)).astype(float), rng.integers(0, size, 60)
    expected = [np.bincount(place, weights=row, minlength=size) for row in weights]
    assert np.array_equal(tally(weights, place, size), expected)


def test_the_same_seed_draws_the_same_resamples_and_another_does_not() -> None:
    assert np.array_equal(resample_counts(20, 200, 1), resample_counts(20, 200, 1))
    assert not np.array_equal(resample_counts(20, 200, 1), resample_counts(20, 200, 2))
    assert (resample_counts(20, 200, 1).sum(axis=1) == 20).all()
