"""Effects of probes: golden values, degenerate ratings, and how often the intervals hold the truth."""

from __future__ import annotations

import numpy as np
import pytest

from judge.stats import wilson
from judge.trust.probes.effects import NEAR, mean_of, retest, share_of, trials_share

NAN = float("nan")
UNITS = [f"i{place}" for place in range(60)]


def test_none_of_two_hundred_has_the_published_upper_end() -> None:
    """3.84 / (n + 3.84) of no event in n: 1.9% of 200 (Wilson 1927)."""
    found = trials_share([False] * 200)
    assert (found.value, found.low, found.n) == (0.0, 0.0, 200)
    assert found.high == pytest.approx(3.8415 / 203.8415, abs=1e-5)
    assert trials_share([]).reason == "no attack was rated"


def test_alpha_of_repeats_is_krippendorffs_own_example() -> None:
    """The three observers of seven units with a gap each: ordinal alpha .86903 by the library krippendorff 0.9."""
    table = np.array([[1, 2, NAN, 4, 1, 2, 5], [1, 3, 3, 4, 2, 2, 4], [NAN, 2, 3, 4, 1, 1, 5]])
    found = retest(table, UNITS[:7], 1.0)
    assert found is not None
    assert found.alpha.value == pytest.approx(0.86903, abs=1e-5)
    assert found.repeats == 3


def test_flips_and_deviation_by_hand() -> None:
    table = np.array([[1.0, 2.0], [1.0, 4.0], [1.0, 2.0], [3.0, 2.0]])
    found = retest(table, UNITS[:2], 2.0)
    assert found is not None
    assert found.flips.value == pytest.approx(1 - (3 / 4 + 3 / 4) / 2)
    variances = [np.var([1, 1, 1, 3], ddof=1), np.var([2, 4, 2, 2], ddof=1)]
    assert found.deviation.value == pytest.approx(np.sqrt(np.mean(variances)) / 2)
    assert found.same.value == pytest.approx(4 / 6)


def test_ratings_that_are_all_alike_have_no_alpha() -> None:
    found = retest(np.full((3, 5), 4.0), UNITS[:5], 1.0)
    assert found is not None
    assert (found.alpha.value, found.alpha.reason) == (None, "no variance: every rating is the same")
    assert found.flips.value == 0.0


def test_items_that_were_rated_once_say_nothing_of_repeats() -> None:
    assert retest(np.array([[1.0, NAN], [NAN, 2.0]]), UNITS[:2], 1.0) is None


def test_trials_of_one_item_are_not_taken_for_independent() -> None:
    apart = share_of([True, False] * 30, UNITS)
    alike = share_of([True, False] * 30, [f"i{place % 2}" for place in range(60)])
    assert apart.high is not None
    assert alike.high is not None
    assert alike.high > apart.high
    assert (apart.low, apart.high) == pytest.approx(wilson(0.5, 60), abs=0.01)


def test_intervals_of_a_lift_hold_the_truth_about_as_often_as_they_say() -> None:
    """600 draws of 60 items, a lift of 1 beside noise of one level with a chance of 0.25 on either side."""
    draws = np.random.default_rng(5)
    held = 0
    for _ in range(600):
        before, after = (draws.random(60) < 0.25).astype(float), (draws.random(60) < 0.25).astype(float)
        found = mean_of((after + 1 - before).tolist(), UNITS)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 1.0 <= found.high
    assert 0.92 <= held / 600 <= 0.975


def test_weighed_ratings_less_than_half_a_level_apart_are_the_same_rating() -> None:
    """Probabilities never come out twice the same: 2.6 and 3.1 of 1 to 5 are both the third level."""
    table = np.array([[2.6, 4.0, 1.0], [3.1, 4.2, 1.9]])
    strict, near = retest(table, UNITS[:3], 1.0), retest(table, UNITS[:3], 1.0, near=NEAR)
    assert strict is not None
    assert near is not None
    assert (strict.same.value, strict.flips.value) == (0.0, 0.5)
    assert near.same.value == pytest.approx(1 / 3)
    assert near.flips.value == pytest.approx(0.5 / 3)
    assert near.deviation == strict.deviation
