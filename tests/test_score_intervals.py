"""Score intervals, their quantiles and the reasons of wide ones: tables, scipy, and exact binomial coverage."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from judge.distributions import Z, beta_quantile, student_quantile
from judge.stats import Interval, difference, jeffreys, mean, score_interval, share, wilson

BITS = st.lists(st.sampled_from([0.0, 1.0]), min_size=2, max_size=40)


def ones(values: Sequence[float]) -> list[float]:
    return [1.0] * len(values)


def bounds(interval: Interval) -> tuple[float, float]:
    assert interval.low is not None
    assert interval.high is not None
    return interval.low, interval.high


@pytest.mark.parametrize(("freedom", "t"), [(1, 12.706), (2, 4.303), (5, 2.571), (9, 2.262), (29, 2.045), (120, 1.980)])
def test_students_quantiles_are_those_of_the_tables(freedom: float, t: float) -> None:
    assert student_quantile(freedom) == pytest.approx(t, abs=5e-4)


def test_jeffreys_interval_is_scipys_beta_distribution() -> None:
    scipy_stats = pytest.importorskip("scipy.stats")
    for hits, n in [(1, 10), (5, 10), (29, 30), (10, 30)]:
        expected = scipy_stats.beta.ppf([0.025, 0.975], hits + 0.5, n - hits + 0.5)
        assert jeffreys(hits / n, n) == pytest.approx(tuple(expected))


def test_quantiles_are_scipys() -> None:
    scipy_stats = pytest.importorskip("scipy.stats")
    for freedom in (0.7, 1.5, 4.3, 30, 1e4):
        assert student_quantile(freedom) == pytest.approx(scipy_stats.t.ppf(0.975, freedom), rel=1e-9)
    for a, b in [(0.5, 30.5), (30.5, 0.5), (3.2, 400), (5e5, 12.5), (0.5, 1e6)]:
        for chance in (0.001, 0.025, 0.5, 0.975):
            assert beta_quantile(chance, a, b) == pytest.approx(scipy_stats.beta.ppf(chance, a, b), rel=1e-8, abs=1e-12)


@given(values=BITS)
def test_a_share_of_independent_items_is_their_mean_with_wilsons_interval_and_jeffreys(values: list[float]) -> None:
    p, n = sum(values) / len(values), len(values)
    interval = share(values, ones(values), None)
    assert interval.value == pytest.approx(p)
    low, high = bounds(interval)
    (one_low, one_high), (other_low, other_high) = wilson(p, n), jeffreys(p, n)
    assert low == pytest.approx(min(one_low, other_low)) or low == pytest.approx(one_low)
    assert high == pytest.approx(max(one_high, other_high)) or high == pytest.approx(one_high)


@pytest.mark.parametrize("n", [30, 50, 100, 500])
@pytest.mark.parametrize("p", [0.5, 0.8, 0.95, 0.99])
def test_shares_are_covered_in_ninety_three_of_a_hundred_by_exact_count(n: int, p: float) -> None:
    """By the binomial distribution, no simulation; Wilson's alone has 91.1 at (50, .99) and 92.1 at (100, .99)."""
    held = 0.0
    for hits in range(n + 1):
        low, high = score_interval(hits / n, n)
        if low <= p <= high:
            held += math.exp(
                math.lgamma(n + 1) - math.lgamma(hits + 1) - math.lgamma(n - hits + 1)
                + hits * math.log(p) + (n - hits) * math.log1p(-p)
            )  # fmt: skip
    assert 0.93 <= held <= 0.987
    assert held <= 0.97 or n * (1 - p) < 5


@pytest.mark.parametrize("alike", [0.0, 1.0])
def test_equal_values_have_a_width_and_a_reason(alike: float) -> None:
    found = share([alike] * 32, ones([alike] * 32), None)
    low, high = bounds(found)
    assert high - low == pytest.approx(Z * Z / (32 + Z * Z))
    assert found.note == "wide, all alike, of 32"


def test_a_mean_of_ratings_at_the_top_of_the_scale_reaches_below_it() -> None:
    found = mean([5.0] * 30, ones([5.0] * 30), None, scale=(1.0, 5.0))
    low, high = bounds(found)
    assert (low, high) == pytest.approx((1 + 4 * 30 / (30 + Z * Z), 5.0))


def test_equal_values_without_a_scale_have_no_interval_and_say_so() -> None:
    assert mean([12.0] * 9, [1.0] * 9, None) == Interval(12.0, None, None, "none, all values are equal")


def test_draws_that_differ_within_items_narrow_the_interval_and_draws_that_do_not_do_not() -> None:
    rng = np.random.default_rng(2)
    names = [f"i{place}" for place in range(60)]
    one = (rng.random(60) < 0.7).astype(float).tolist()
    several = (rng.random((60, 5)) < 0.7).mean(axis=1).tolist()
    wide, narrow = bounds(share(one, ones(one), names)), bounds(share(several, ones(several), names))
    assert narrow[1] - narrow[0] < 0.6 * (wide[1] - wide[0])
    assert bounds(share(one, ones(one), names)) == pytest.approx(bounds(share(one, ones(one), None)), abs=0.01)


def test_a_difference_of_yes_and_no_is_never_without_width() -> None:
    found = difference([0.0] * 40, None, step=1.0)
    low, high = bounds(found)
    assert low < -0.03
    assert high > 0.03
    assert found.note == "wide, nothing differs"


def test_a_dense_difference_has_students_interval() -> None:
    values = np.random.default_rng(1).normal(0.3, 1, 400)
    low, high = bounds(difference(values.tolist(), None, step=1.0))
    half = student_quantile(399) * values.std(ddof=1) / 20
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.01)


def test_a_cluster_that_holds_nearly_everything_leaves_a_wide_interval_and_no_failure() -> None:
    values = [1.0, 0.0] * 3000 + [1.0]
    low, high = bounds(share(values, ones(values), ["all"] * 6000 + ["one"]))
    assert high - low > 0.9
    low, high = bounds(mean(values, ones(values), ["all"] * 6000 + ["one"], scale=(0.0, 1.0)))
    assert high - low > 0.9


def test_few_clusters_are_named_as_the_reason() -> None:
    values = ([0.0] + [1.0] * 5) * 10
    names = [f"c{place // 10}" for place in range(60)]
    assert share(values, ones(values), names).note == "wide, 6 clusters"
