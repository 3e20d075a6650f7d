"""Coefficients of agreement: published values, the reference libraries, and both of our ways to the same number."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats as scipy_stats
from sklearn.metrics import cohen_kappa_score
from trusting import NAN, cells

from judge.stats import Array
from judge.trust import pairs, raters

SHROUT_FLEISS: Array = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=np.float64
)
"""Shrout and Fleiss 1979, table 2: six targets, four judges."""
KRIPPENDORFF: Array = np.array([[1, 2, NAN, 4, 1, 2, 5], [1, 3, 3, 4, 2, 2, 4], [NAN, 2, 3, 4, 1, 1, 5]])
FLEISS = (
    (0, 0, 0, 0, 14), (0, 2, 6, 4, 2), (0, 0, 3, 5, 6), (0, 3, 9, 2, 0), (2, 2, 8, 1, 1),
    (7, 7, 0, 0, 0), (3, 2, 6, 3, 0), (2, 5, 3, 2, 2), (6, 5, 2, 1, 0), (0, 2, 2, 3, 7),
)  # fmt: skip
"""Ten subjects, fourteen raters, five labels: how many raters gave each; the usual worked example, kappa 0.210."""


def two(seed: int) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    first = rng.integers(1, 6, 60).astype(float)
    return first, np.clip(first + rng.integers(-1, 3, 60), 1, 5)


def test_the_six_iccs_are_those_of_shrout_and_fleiss() -> None:
    """Their table 4, to the three decimals that pingouin prints."""
    assert raters.icc(SHROUT_FLEISS) == pytest.approx((0.166, 0.290, 0.715, 0.443, 0.620, 0.909), abs=5e-4)


@pytest.mark.parametrize(("level", "alpha"), [("nominal", 0.48936), ("ordinal", 0.86903), ("interval", 0.88991)])
def test_alpha_with_gaps_is_the_reference_librarys(level: raters.Level, alpha: float) -> None:
    """By the library krippendorff 0.9.0."""
    assert raters.krippendorff(KRIPPENDORFF, level)[0] == pytest.approx(alpha, abs=1e-5)


def test_fleiss_kappa_is_that_of_the_worked_example() -> None:
    subjects = [np.repeat(np.arange(1.0, 6.0), row) for row in FLEISS]
    assert raters.fleiss(np.array(subjects).T) == pytest.approx(0.210, abs=5e-4)


def test_ac1_and_kappa_are_those_of_gwets_paradox() -> None:
    """Gwet 2002: of 125 patients both say yes to 118, one alone to 5 and to 2: kappa -0.02, AC1 0.94."""
    first = np.repeat([1.0, 1.0, 2.0], [118, 5, 2])
    second = np.repeat([1.0, 2.0, 1.0], [118, 5, 2])
    both = cells(first, second, levels=(1, 2))
    assert pairs.gwet_ac1(both)[0] == pytest.approx(0.9408, abs=1e-4)
    assert pairs.kappa(both)[0] == pytest.approx(-0.0234, abs=1e-4)


def test_quadratic_kappa_counts_levels_that_nobody_gave() -> None:
    """0.643 over the three labels that were given, by their places; 0.357 over the scale of five."""
    first, second = [1.0, 2, 5, 5, 2], [1.0, 5, 5, 2, 2]
    assert pairs.kappa_quadratic(cells(first, second))[0] == pytest.approx(0.357, abs=5e-4)
    assert pairs.kappa_quadratic(cells(first, second, levels=(1, 2, 5)))[0] == pytest.approx(0.643, abs=5e-4)


@pytest.mark.parametrize("seed", range(10))
def test_of_two_raters_each_coefficient_is_the_reference_librarys(seed: int) -> None:
    first, second = two(seed)
    both, scale = cells(first, second), [1, 2, 3, 4, 5]
    wanted = {
        pairs.spearman: scipy_stats.spearmanr(first, second).statistic,
        pairs.kendall: scipy_stats.kendalltau(first, second).statistic,
        pairs.pearson: scipy_stats.pearsonr(first, second).statistic,
        pairs.kappa: cohen_kappa_score(first, second, labels=scale),
        pairs.kappa_quadratic: cohen_kappa_score(first, second, labels=scale, weights="quadratic"),
    }
    assert [of(both)[0] for of in wanted] == pytest.approx(list(wanted.values()), abs=1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_of_two_raters_both_ways_to_a_number_give_the_same(seed: int) -> None:
    first, second = two(seed)
    both, table = cells(first, second), np.stack([first, second])
    whole = raters.icc(table.T)
    assert (pairs.icc_2_1(both)[0], pairs.icc_3_1(both)[0]) == pytest.approx((whole.icc_2_1, whole.icc_3_1))
    for of, level in (
        (pairs.alpha_nominal, "nominal"),
        (pairs.alpha_ordinal, "ordinal"),
        (pairs.alpha_interval, "interval"),
    ):
        assert of(both)[0] == pytest.approx(raters.krippendorff(table, level)[0])  # type: ignore[arg-type]


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval"])
def test_alpha_of_random_tables_is_the_library_krippendorffs(level: raters.Level) -> None:
    """GPL: never a dependency; where it is installed, it is asked."""
    library = pytest.importorskip("krippendorff", reason="krippendorff (GPL) is not installed: pip install it")
    rng = np.random.default_rng(4)
    for _ in range(20):
        table = np.where(rng.random((4, 30)) < 0.2, NAN, rng.integers(1, 6, (4, 30)).astype(float))
        assert raters.krippendorff(table, level)[0] == pytest.approx(library.alpha(table, level_of_measurement=level))


def test_the_iccs_of_random_tables_are_pingouins() -> None:
    """GPL, and heavy: never a dependency; where it is installed, it is asked."""
    pingouin = pytest.importorskip("pingouin", reason="pingouin (GPL) is not installed: pip install it")
    pandas = pytest.importorskip("pandas")
    rng = np.random.default_rng(6)
    for _ in range(5):
        table = rng.integers(1, 6, (25, 1)) + rng.normal(0, 1, (25, 3))
        rows = [(item, rater, table[item, rater]) for item in range(25) for rater in range(3)]
        frame = pandas.DataFrame(rows, columns=["item", "rater", "score"])
        found = pingouin.intraclass_corr(frame, targets="item", raters="rater", ratings="score")["ICC"]
        assert raters.icc(table) == pytest.approx(tuple(found))
