"""Intervals against published values, closed forms, and what must hold for any data."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from judge.delta import linear
from judge.distributions import student_quantile
from judge.stats import (
    Interval,
    divide,
    effective_n,
    mean,
    ratio,
    score_interval,
    share,
    wilson,
)

PUBLISHED = {  # Newcombe, Statistics in Medicine 17 (1998), table I, method 3 (score, no continuity correction)
    (81, 263): (0.2553, 0.3662),
    (15, 148): (0.0624, 0.1605),
    (0, 20): (0.0000, 0.1611),
    (1, 29): (0.0061, 0.1718),
}
BITS = st.lists(st.sampled_from([0.0, 1.0]), min_size=2, max_size=40)
NUMBERS = st.lists(st.floats(-100, 100, allow_subnormal=False), min_size=2, max_size=40)
RARE = settings(max_examples=40, deadline=None)


def ones(values: Sequence[float]) -> list[float]:
    return [1.0] * len(values)


def bounds(interval: Interval) -> tuple[float, float]:
    assert interval.low is not None
    assert interval.high is not None
    return interval.low, interval.high


@pytest.mark.parametrize(("hits", "n"), PUBLISHED, ids=str)
def test_wilson_gives_the_published_intervals(hits: int, n: int) -> None:
    assert wilson(hits / n, n) == pytest.approx(PUBLISHED[hits, n], abs=5e-5)


@given(hits=st.integers(0, 500), more=st.integers(0, 500))
def test_wilson_bounds_are_the_roots_of_the_score_equation(hits: int, more: int) -> None:
    n = hits + more or 1
    p = min(hits, n) / n
    for bound in wilson(p, n):
        assert (p - bound) ** 2 == pytest.approx(1.959963984540054**2 * bound * (1 - bound) / n, abs=1e-12)


@given(p=st.floats(0, 1), n=st.floats(0.5, 1e6))
def test_wilson_stays_inside_zero_and_one_and_around_the_share(p: float, n: float) -> None:
    low, high = wilson(p, n)
    assert 0 <= low <= p + 1e-12
    assert p - 1e-12 <= high <= 1


@given(p=st.floats(0, 1), n=st.integers(1, 1000))
def test_wilson_is_symmetric_and_narrows_with_more_observations(p: float, n: int) -> None:
    (low, high), (other_low, other_high) = wilson(p, n), wilson(1 - p, n)
    assert (low, high) == pytest.approx((1 - other_high, 1 - other_low), abs=1e-12)
    wide, narrow = wilson(p, n), wilson(p, 2 * n)
    assert narrow[1] - narrow[0] < wide[1] - wide[0]


@pytest.mark.parametrize("n", [0, -1])
def test_an_interval_of_nothing_is_an_error(n: int) -> None:
    with pytest.raises(ValueError, match="at least one observation"):
        wilson(0.5, n)


@given(values=BITS, weight=st.floats(0.01, 100))
def test_equal_weights_of_any_size_change_nothing(values: list[float], weight: float) -> None:
    weighted = share(values, [weight] * len(values), None)
    assert bounds(weighted) == pytest.approx(bounds(share(values, ones(values), None)))


@given(weights=st.lists(st.floats(0.01, 100), min_size=1, max_size=30))
def test_the_effective_number_is_at_most_the_number_and_at_least_one(weights: list[float]) -> None:
    assert 1 - 1e-9 <= effective_n(np.array(weights)) <= len(weights) + 1e-9


def test_the_effective_number_is_kishs() -> None:
    assert effective_n(np.array([1.0, 1.0, 2.0])) == pytest.approx(16 / 6)


@given(values=BITS, copies=st.integers(2, 5))
def test_copies_of_the_same_items_do_not_narrow_a_clustered_interval(values: list[float], copies: int) -> None:
    names = [str(number) for number in range(len(values))]
    once = share(values, ones(values), names)
    repeated = values * copies
    assert bounds(share(repeated, ones(repeated), names * copies)) == pytest.approx(bounds(once))
    naive = bounds(share(repeated, ones(repeated), None))
    assert naive[1] - naive[0] < bounds(once)[1] - bounds(once)[0]


@given(values=BITS, names=st.lists(st.sampled_from("abcd"), min_size=40, max_size=40))
def test_clusters_never_narrow_an_interval_of_a_share(values: list[float], names: list[str]) -> None:
    low, high = bounds(share(values, ones(values), None))
    clustered_low, clustered_high = bounds(share(values, ones(values), names[: len(values)]))
    assert clustered_low <= low + 1e-12
    assert clustered_high >= high - 1e-12


def test_the_clustered_interval_has_the_effective_number_of_the_closed_form() -> None:
    values, names = [1, 1, 1, 0, 1, 0, 0, 0], list("aabbccdd")
    # cluster sums of (x - 1/2): 1, 0, 0, -1; variance = 2 / 8^2 / (1 - 1/4) = 1/24; n = (1/4) / (1/24) = 6
    expected = score_interval(0.5, 6, freedom=3)
    assert bounds(share(values, ones(values), names)) == pytest.approx(expected)
    assert expected[0] <= wilson(0.5, 6, student_quantile(3))[0]


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_where_all_agree_the_clusters_are_the_observations(value: float) -> None:
    values, names = [value] * 12, list("aaaabbbbcccc")
    assert bounds(share(values, ones(values), names)) == pytest.approx(wilson(value, 3))


@RARE
@given(values=NUMBERS)
def test_a_mean_lies_in_its_interval(values: list[float]) -> None:
    interval = mean(values, ones(values), None)
    assert interval.value == pytest.approx(float(np.mean(values)), abs=1e-9)
    if interval.low is None or interval.high is None:
        assert interval.note.startswith("none, all values are equal")
    else:
        assert interval.low <= interval.value <= interval.high


@RARE
@given(values=st.lists(st.floats(1, 5, allow_subnormal=False), min_size=2, max_size=40))
def test_a_mean_on_a_scale_has_an_interval_inside_it(values: list[float]) -> None:
    interval = mean(values, ones(values), None, scale=(1.0, 5.0))
    low, high = bounds(interval)
    assert 1.0 - 1e-9 <= low <= interval.value + 1e-9
    assert interval.value - 1e-9 <= high <= 5.0 + 1e-9
    assert high > low


@RARE
@given(values=st.lists(st.floats(-100, 100, allow_subnormal=False), min_size=2, max_size=40, unique=True))
def test_a_mean_on_a_scale_moves_with_it(values: list[float]) -> None:
    plain = bounds(mean(values, ones(values), None, scale=(-100.0, 100.0)))
    moved = bounds(mean([value / 10 + 10 for value in values], ones(values), None, scale=(0.0, 20.0)))
    assert moved == pytest.approx([end / 10 + 10 for end in plain], abs=1e-6)


@RARE
@given(values=NUMBERS, copies=st.integers(2, 4))
def test_copies_within_clusters_do_not_narrow_a_mean(values: list[float], copies: int) -> None:
    names = [f"{number:03d}" for number in range(len(values))]
    once = mean(values, ones(values), None)
    again = mean(values * copies, ones(values) * copies, names * copies)
    if once.low is not None and again.low is not None:
        assert bounds(again) == pytest.approx(bounds(once), abs=1e-6)


@pytest.mark.parametrize(
    ("values", "clusters"),
    [([0.5], None), ([0.5, 0.7], ["a", "a"])],
    ids=["one observation", "one cluster"],
)
def test_fewer_than_two_units_have_a_value_and_no_interval(values: list[float], clusters: Any) -> None:
    interval = mean(values, ones(values), clusters)
    assert interval.value == pytest.approx(sum(values) / len(values))
    assert (interval.low, interval.high) == (None, None)


def test_what_is_undefined_has_no_interval() -> None:
    interval = linear(np.zeros((5, 2)), ratio)
    assert math.isnan(interval.value)
    assert (interval.low, interval.high) == (None, None)


def test_a_ratio_has_the_delta_methods_interval() -> None:
    """var(r) = sum (y - r x)^2 / X^2: Cochran, Sampling Techniques, 1977, section 6.3."""
    rng = np.random.default_rng(5)
    x = rng.uniform(1, 3, 300)
    y = 0.4 * x + rng.normal(0, 0.1, 300)
    low, high = bounds(linear(np.column_stack([y, x]), ratio))
    r = y.sum() / x.sum()
    error = math.sqrt(((y - r * x) ** 2).sum() * 300 / 299) / x.sum()
    assert high - low == pytest.approx(2 * student_quantile(299) * error, rel=0.02)


def coverage(draw: Any, *, clustered: bool, trials: int = 300) -> float:
    """The share of simulated data sets whose interval holds the true mean, 0."""
    held = 0
    for seed in range(trials):
        values, clusters = draw(np.random.default_rng(seed))
        low, high = bounds(mean(values, ones(values), clusters if clustered else None))
        held += low <= 0 <= high
    return held / trials


def independent(rng: Any) -> tuple[Any, None]:
    return rng.normal(size=60), None


def in_clusters(rng: Any) -> tuple[Any, list[str]]:
    return np.repeat(rng.normal(size=40), 6) + rng.normal(size=240) * 0.3, [str(n // 6) for n in range(240)]


def test_ninety_five_of_a_hundred_intervals_hold_the_truth() -> None:
    assert 0.91 <= coverage(independent, clustered=False) <= 0.98


def test_clustered_data_need_the_clustered_interval() -> None:
    assert 0.90 <= coverage(in_clusters, clustered=True) <= 0.98
    assert coverage(in_clusters, clustered=False) < 0.75


def test_large_data_have_the_normal_width() -> None:
    values = np.random.default_rng(3).normal(size=5000).tolist()
    low, high = bounds(mean(values, ones(values), None))
    assert high - low == pytest.approx(2 * 1.96 / math.sqrt(5000), rel=0.15)


@pytest.mark.parametrize("empty", [0.0, math.nan])
def test_a_quotient_over_zero_is_what_was_asked_for(empty: float) -> None:
    assert divide([1.0, 1.0], [2.0, 0.0], empty=empty) == pytest.approx([0.5, empty], nan_ok=True)
