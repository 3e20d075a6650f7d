"""The alt-test against a plain reading of the paper with scipy's tests."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import scipy.stats
from trusting import FIVE, NAN, QUICK, ratings

from judge.distributions import incomplete_beta, student_cdf
from judge.stats import Array
from judge.trust.agreement import agree
from judge.trust.alt_test import alt_test, benjamini_yekutieli
from judge.trust.p_values import t_test_below, wilcoxon_below


def drawn(seed: int, n: int = 60) -> tuple[Array, dict[str, Array]]:
    rng = np.random.default_rng(seed)
    truth = rng.integers(1, 6, n).astype(float)
    people = {name: np.clip(truth + rng.integers(-1, 2, n).astype(float), 1.0, 5.0) for name in ("a", "b", "c")}
    people["c"][:5] = NAN
    return np.clip(truth + rng.integers(-1, 2, n), 1, 5), people


def by_the_paper(judge: Array, people: dict[str, Array], epsilon: float) -> list[tuple[float, float]]:
    """(advantage, p) of each person, item by item with -RMSE to the others, as section 3 says."""
    found = []
    for left_out, own in people.items():
        wins, differences = [], []
        for item in range(len(judge)):
            others = [row[item] for name, row in people.items() if name != left_out and not np.isnan(row[item])]
            if np.isnan(own[item]) or not others:
                continue
            far = [np.sqrt(np.mean([(value - other) ** 2 for other in others])) for value in (judge[item], own[item])]
            judge_wins, human_wins = far[0] <= far[1] + 1e-9, far[1] <= far[0] + 1e-9
            wins.append(float(judge_wins))
            differences.append(float(human_wins) - float(judge_wins))
        found.append((float(np.mean(wins)), scipy.stats.ttest_1samp(differences, epsilon, alternative="less").pvalue))
    return found


@pytest.mark.parametrize("seed", range(4))
def test_each_person_is_left_out_as_the_paper_says(seed: int) -> None:
    judge, people = drawn(seed)
    found = alt_test(judge, people, epsilon=0.2)
    expected = by_the_paper(judge, people, 0.2)
    assert [person.n for person in found.people] == [60, 60, 55]
    assert [person.advantage for person in found.people] == pytest.approx([item[0] for item in expected])
    assert [person.p for person in found.people] == pytest.approx([item[1] for item in expected], rel=1e-9)
    assert found.rho == pytest.approx(np.mean([item[0] for item in expected]))
    assert found.omega == pytest.approx(np.mean([person.rejected for person in found.people]))


def test_a_judge_as_good_as_people_passes_and_a_shifted_one_fails() -> None:
    judge, people = drawn(1)
    assert alt_test(judge, people).passed is True
    assert alt_test(np.clip(judge + 2, 1, 5), people).passed is False


def test_crowd_workers_are_cheaper_so_that_it_is_harder_to_pass() -> None:
    judge, people = drawn(2)
    wide, narrow = alt_test(judge, people, epsilon=0.2), alt_test(judge, people, epsilon=0.1)
    assert all(one.p <= other.p for one, other in zip(wide.people, narrow.people, strict=True))


def test_labels_win_by_the_share_of_others_who_gave_the_same() -> None:
    people = {"a": np.array([0.0, 1, 2] * 12), "b": np.array([0.0, 1, 1] * 12), "c": np.array([0.0, 1, 2] * 12)}
    found = alt_test(np.array([0.0, 1, 0] * 12), people, nominal=True)
    assert [round(person.advantage, 4) for person in found.people] == [0.6667, 1.0, 0.6667]


def test_below_thirty_items_wilcoxons_test_is_used_and_said() -> None:
    judge, people = drawn(3, n=20)
    found = alt_test(judge, people)
    assert {person.test for person in found.people} == {"wilcoxon"}
    assert found.notes[0] == "only 15 items: Wilcoxon's test in place of the t-test"


def test_without_a_second_person_there_is_no_result() -> None:
    found = alt_test(np.array([1.0, 2]), {"a": np.array([1.0, 2])})
    assert (found.omega, found.rho, found.passed) == (None, None, None)
    assert found.reason.startswith("needs at least 2 people")


def test_people_who_share_no_item_give_no_result() -> None:
    found = alt_test(np.array([1.0, 2]), {"a": np.array([1.0, NAN]), "b": np.array([NAN, 2.0])})
    assert found.reason == "no item was rated by the judge and 2 people"


def test_benjamini_and_yekutieli_divide_by_the_harmonic_sum() -> None:
    """Of three: bounds 0.05/3 x rank / (1 + 1/2 + 1/3) = .0091, .0182, .0273."""
    assert benjamini_yekutieli([0.02, 0.001, 0.04], 0.05) == [False, True, False]
    assert benjamini_yekutieli([0.017, 0.027, 0.026], 0.05) == [True, True, True]
    assert benjamini_yekutieli([0.5], 0.05) == [False]


@pytest.mark.parametrize(("t", "freedom"), [(-3.2, 4), (-0.3, 29), (0.0, 7), (1.7, 49), (40.0, 3), (-60.0, 999)])
def test_students_distribution_is_scipys(t: float, freedom: float) -> None:
    assert student_cdf(t, freedom) == pytest.approx(scipy.stats.t.cdf(t, freedom), rel=1e-9, abs=1e-300)


def test_the_incomplete_beta_function_has_its_ends_and_its_symmetry() -> None:
    assert (incomplete_beta(0, 2, 3), incomplete_beta(1, 2, 3)) == (0.0, 1.0)
    assert incomplete_beta(0.3, 2, 5) == pytest.approx(1 - incomplete_beta(0.7, 5, 2))


def test_values_that_all_agree_need_no_error() -> None:
    assert t_test_below(np.zeros(40), 0.2) == 0.0
    assert t_test_below(np.full(40, 0.2), 0.2) == 1.0


def test_wilcoxons_p_value_without_ties_is_scipys_exact_one() -> None:
    values = np.random.default_rng(4).normal(0, 1, 18)
    expected = scipy.stats.wilcoxon(values - 0.2, alternative="less", method="exact").pvalue
    assert wilcoxon_below(values, 0.2) == pytest.approx(expected)


def test_wilcoxons_p_value_with_ties_counts_every_sign() -> None:
    values = np.array([-1.0, -1, 0, 0, 0, 1, -1, 0, 1, -1])
    away = values - 0.2
    ranks = scipy.stats.rankdata(np.round(np.abs(away), 9))
    seen = ranks[away > 0].sum()
    sums = [ranks[np.array(signs)].sum() for signs in itertools.product([False, True], repeat=10)]
    assert wilcoxon_below(values, 0.2) == pytest.approx(np.mean(np.array(sums) <= seen + 1e-9))


def test_nothing_that_differs_from_the_bound_is_no_evidence() -> None:
    assert wilcoxon_below(np.zeros(5), 0.0) == 1.0


def test_items_that_all_lie_in_one_cluster_have_a_rho_without_an_interval() -> None:
    """Nothing can be resampled then; the number itself is as before."""
    people = {"a": [1.0, 2, 3, 4], "b": [1.0, 3, 3, 4], "c": [2.0, 2, 3, 5]}
    table = ratings({**people, "judge": [1.0, 2, 3, 5]}, ["one"] * 4)
    found = agree(table, humans=list(people), judges=["judge"], criterion="c", scale=FIVE, how=QUICK)[0]
    assert found.alt is not None
    assert found.alt.rho is not None
    assert (found.alt.low, found.alt.high) == (None, None)
