"""Golden values: Fisher's own example of sign flips, scipy's binomial test, and Holm's steps worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from judge.paired import Comparison, compare, holm, mcnemar, sign_flip

# Darwin's maize, in eighths of an inch (Fisher 1935, section 21): 863 of 32,768 sums lie as far on one side.
MAIZE = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]


def _own(count: int) -> list[str]:
    return [str(number) for number in range(count)]


def test_sign_flips_of_darwins_maize_come_near_fishers_exact_p_value() -> None:
    assert sign_flip(np.array(MAIZE, dtype=float), _own(15)) == pytest.approx(2 * 863 / 32768, abs=0.007)


def test_few_units_are_flipped_exactly() -> None:
    assert sign_flip(np.array([1.0, 2.0, 3.0]), _own(3)) == 2 / 8
    assert sign_flip(np.array([0.1, 0.2, -0.3]), _own(3)) == 1.0


def test_items_that_do_not_differ_give_a_p_value_of_one() -> None:
    assert sign_flip(np.zeros(20), _own(20)) == 1.0


def test_a_cluster_is_flipped_whole() -> None:
    away = np.array([1.0, 1.0, 1.0, 1.0, 1.0, 1.0])
    assert sign_flip(away, _own(6)) == 2 / 64
    assert sign_flip(away, ["a", "a", "a", "b", "b", "b"]) == 2 / 4


@pytest.mark.parametrize(("up", "down", "p"), [(0, 0, 1.0), (1, 9, 22 / 1024), (5, 5, 1.0), (0, 5, 2 / 32)])
def test_mcnemar_is_the_binomial_test_of_the_pairs_that_differ(up: int, down: int, p: float) -> None:
    assert mcnemar(up, down) == pytest.approx(p)


def test_mcnemar_agrees_with_scipys_binomial_test() -> None:
    scipy_stats = pytest.importorskip("scipy.stats")
    for up, down in [(3, 11), (0, 7), (20, 35), (6, 6)]:
        assert mcnemar(up, down) == pytest.approx(scipy_stats.binomtest(up, up + down, 0.5).pvalue)


def test_holm_steps_down_and_never_falls() -> None:
    # by hand: 4 x 0.005, 3 x 0.01, 2 x 0.03, and 0.04, which may not lie below the one before
    rows = [Comparison(name=str(p), n=9, p=p) for p in (0.01, 0.04, 0.03, 0.005)]
    assert [row.p_holm for row in holm(rows)] == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_a_row_without_a_test_is_no_member_of_holms_family() -> None:
    rows = [Comparison(name="a", n=9, p=0.03), Comparison(name="b", n=0, reason="no item")]
    assert [row.p_holm for row in holm(rows)] == [0.03, None]


def test_ratings_of_0_and_1_are_compared_by_mcnemar_unless_they_are_clustered() -> None:
    first, second = [0, 0, 0, 1, 0, 1.0], [1, 1, 1, 1, 1, 0.0]
    alone = compare("c", first, second, clusters=_own(6))
    assert (alone.test, alone.up, alone.down) == ("McNemar, exact", 4, 1)
    assert alone.p == pytest.approx(0.375)
    together = compare("c", first, second, clusters=["a", "a", "b", "b", "c", "c"])
    assert together.test == "sign flips, exact"
    assert together.units == 3


def test_the_difference_is_the_second_minus_the_first_with_its_interval() -> None:
    row = compare("c", [1, 2, 3, 4.0], [2, 2, 5, 4.0], clusters=_own(4))
    assert (row.first, row.second, row.difference) == (2.5, 3.25, 0.75)
    assert row.low is not None
    assert row.high is not None
    assert row.low <= 0.75 <= row.high


def test_no_pair_and_one_cluster_give_a_reason_and_no_p_value() -> None:
    assert compare("c", [], [], clusters=[]).reason == "no item has both ratings"
    row = compare("c", [1.0, 2.0], [2.0, 3.0], clusters=["a", "a"])
    assert (row.p, row.reason) == (None, "all items belong to one cluster: nothing to test")
