"""Ratings that say nothing: each coefficient is missing with its reason, and never 1.0."""

from __future__ import annotations

import json
import re

import pytest
from trusting import FIVE, NAN, compared

from judge.trust.findings import PairAgreement, Statistic
from judge.trust.listing import as_json
from judge.trust.scale import Scale, observed_range

NEED_VARIANCE = (
    "spearman", "kendall_tau_b", "pearson", "kappa_quadratic", "kappa", "alpha_nominal", "alpha_ordinal",
    "alpha_interval", "icc_2_1", "icc_3_1",
)  # fmt: skip
LEVELS = ("kappa_quadratic", "kappa", "alpha_nominal", "gwet_ac1", "exact")


def pair(x: list[float], y: list[float], scale: Scale = FIVE) -> PairAgreement:
    return compared(x, y, scale=scale).pairs[0]


def value_of(found: Statistic) -> float:
    assert found.value is not None, found.reason
    return found.value


@pytest.mark.parametrize("name", NEED_VARIANCE)
def test_two_constant_and_equal_raters_have_no_agreement_beyond_chance(name: str) -> None:
    found = pair([3.0] * 40, [3.0] * 40).statistics[name]
    assert (found.value, found.low, found.high) == (None, None, None)
    assert found.reason == "no variance: both give 3 to every item"


def test_of_two_constant_and_equal_raters_exact_agreement_and_ac1_are_shown_with_a_note() -> None:
    found = pair([3.0] * 40, [3.0] * 40).statistics
    assert value_of(found["exact"]) == 1.0
    assert value_of(found["gwet_ac1"]) == 1.0
    assert "nothing varies" in found["gwet_ac1"].note


@pytest.mark.parametrize("name", ["spearman", "kendall_tau_b", "pearson"])
def test_a_constant_judge_has_no_rank_correlation(name: str) -> None:
    found = pair([4.0] * 40, [1.0, 2, 3, 4, 5] * 8).statistics[name]
    assert found.value is None
    assert found.reason == "no variance: judge gives 4 to every item"


@pytest.mark.parametrize("name", ["kappa_quadratic", "kappa"])
def test_the_kappa_of_a_constant_judge_is_zero_and_says_why(name: str) -> None:
    found = pair([4.0] * 40, [1.0, 2, 3, 4, 5] * 8).statistics[name]
    assert value_of(found) == pytest.approx(0.0, abs=1e-12)
    assert "judge gives 4 to every item" in found.note


def test_two_constant_and_different_raters_have_neither_ranks_nor_an_intraclass_correlation() -> None:
    found = pair([4.0] * 40, [2.0] * 40).statistics
    for name in ("spearman", "kendall_tau_b", "icc_2_1", "icc_3_1"):
        assert found[name].value is None
        assert found[name].reason == "no variance: judge gives 4 to every item and a gives 2 to every item"
    assert value_of(found["kappa_quadratic"]) == 0.0
    assert value_of(found["offset"]) == 2.0


def test_the_slope_on_a_constant_person_is_missing() -> None:
    found = pair([1.0, 2, 3, 4] * 10, [2.0] * 40).statistics["slope"]
    assert (found.value, found.reason) == (None, "no variance: a gives 2 to every item")


@pytest.mark.parametrize("name", LEVELS)
def test_fractional_scores_have_no_kappa_and_the_reason_names_what_to_use(name: str) -> None:
    found = pair([1.5, 2.0, 3.25, 4.0] * 10, [1.0, 2, 3, 4] * 10).statistics
    assert found[name].value is None
    assert "fractional scores" in found[name].reason
    assert "ICC and alpha" in found[name].reason
    assert value_of(found["icc_2_1"]) > 0.9
    assert value_of(found["alpha_interval"]) > 0.9


def test_with_fractional_scores_alpha_is_shown_first() -> None:
    assert compared([1.5, 2.0, 3.25, 4.0] * 10, [1.0, 2, 3, 4] * 10).headline == "alpha_interval"
    assert compared([1.0, 2.0, 3.0, 4.0] * 10, [1.0, 2, 3, 4] * 10).headline == "kappa_quadratic"


def test_without_a_common_item_everything_is_missing() -> None:
    found = compared([1.0, 2.0, NAN, NAN], [NAN, NAN, 1.0, 2.0])
    assert {item.reason for item in found.pairs[0].statistics.values()} == {"no item was rated by both judge and a"}
    assert (found.n, found.dropped) == (0, 4)


def test_one_common_item_gives_an_offset_and_no_correlation() -> None:
    found = pair([4.0, NAN], [3.0, 2.0]).statistics
    assert (value_of(found["offset"]), found["offset"].low) == (1.0, None)
    assert found["spearman"].reason == found["icc_2_1"].reason == "only 1 item was rated by both judge and a"


def test_missing_ratings_are_dropped_pair_by_pair_and_counted() -> None:
    found = compared([1.0, 2, 3, NAN, 5], [1.0, NAN, 3, 4, 5], [1.0, 2, NAN, NAN, 5])
    counts = {(item.first, item.second): (item.n, item.dropped) for item in found.pairs}
    assert counts == {("judge", "a"): (3, 2), ("judge", "b"): (3, 1), ("a", "b"): (2, 3)}
    assert (found.n, found.dropped) == (4, 1)


def test_labels_have_no_order_so_that_only_label_agreement_is_given() -> None:
    scale = Scale(levels=(0.0, 1.0, 2.0), origin="labels", nominal=True, words=("joy", "anger", "fear"))
    found = compared([0.0, 1, 2, 0] * 10, [0.0, 1, 1, 0] * 10, scale=scale)
    given = {name for name, item in found.pairs[0].statistics.items() if item.value is not None}
    assert given == {"kappa", "alpha_nominal", "gwet_ac1", "exact"}
    assert found.pairs[0].statistics["spearman"].reason == "labels have no order and no distance"
    assert found.headline == "kappa"


def test_a_constant_label_is_named_as_it_was_given() -> None:
    scale = Scale(levels=(0.0, 1.0), origin="labels", nominal=True, words=("joy", "anger"))
    assert (
        pair([1.0] * 9, [1.0] * 9, scale=scale).statistics["kappa"].reason
        == "no variance: both give anger to every item"
    )


def test_a_scale_of_one_level_has_no_ac1() -> None:
    scale = Scale(levels=(3.0,), origin="whole numbers")
    assert pair([3.0] * 9, [3.0] * 9, scale=scale).statistics["gwet_ac1"].reason == "the scale has only one level"


def test_a_scale_without_bounds_has_no_levels_and_asks_for_a_range() -> None:
    levels = observed_range([0.0, 1e12])
    assert levels == ()
    found = pair([0.0, 1e12, 5.0], [0.0, 1e12, 6.0], scale=Scale(levels=levels, origin="whole numbers"))
    assert found.statistics["kappa_quadratic"].reason == "the scale has no levels: give --range"


def test_one_person_alone_is_no_ceiling_and_no_alt_test() -> None:
    found = compared([1.0, 2, 3, 4] * 10, [1.0, 2, 3, 5] * 10)
    assert found.human_human["kappa_quadratic"].reason == "there is 1 person: no pair of people"
    assert found.ratio["kappa_quadratic"].value is None
    assert found.alt is not None
    assert found.alt.reason == "needs at least 2 people who rated the same items, there is 1"


def test_people_who_disagree_are_no_ceiling() -> None:
    found = compared([1.0, 2, 3, 4], [1.0, 2, 3, 4], [4.0, 3, 2, 1])
    assert found.ratio["spearman"].reason == "people do not agree with each other beyond chance: there is no ceiling"


def test_real_agreement_is_one_and_few_items_are_said() -> None:
    found = compared([1.0, 2, 3, 4, 5], [1.0, 2, 3, 4, 5])
    assert value_of(found.pairs[0].statistics["kappa_quadratic"]) == 1.0
    assert found.notes == ("5 items: below 30 the intervals are wide",)


def test_one_of_three_pairs_without_a_value_leaves_the_median_of_the_others_and_is_said() -> None:
    found = compared([1.0, 2, 3, 4], [1.0, 2, 3, 4], [2.0, 2, 2, 2], [2.0, 1, 3, 4]).judge_human["spearman"]
    assert (found.pairs, found.of) == (2, 3)
    assert found.value == pytest.approx((1.0 + 0.8) / 2)
    assert found.note.startswith("1 of 3 pairs have none (no variance: b gives 2 to every item)")


def test_what_is_missing_is_null_in_the_json_and_nothing_is_nan() -> None:
    text = as_json([compared([3.0] * 4, [3.0] * 4)], about={}, more={})
    assert json.loads(text)["results"][0]["judge_human"]["kappa"]["value"] is None
    assert not re.search(r"NaN|Infinity", text)


def test_of_many_people_the_pairs_with_most_items_in_common_are_the_ceiling() -> None:
    """Twenty people: 190 pairs; the first ten rated all items, the others only one."""
    full, one = [1.0, 2, 3, 4, 5, 4], [3.0] + [NAN] * 5
    found = compared(full, *([full] * 10), *([one] * 10))
    assert found.human_human["spearman"].of == 105
    assert found.human_human["spearman"].pairs == 45
    assert any("105 pairs with most items in common; 85 pairs are left out" in note for note in found.notes)
