"""Both orders of a pair to numbers: checked by hand on small tables."""

from __future__ import annotations

import pytest

from judge.pairwise.counting import Outcome, counted, outcomes_of, sign_test
from judge.pairwise.records import ORDERS, Comparison, Pair, Side, Slot, side_of
from judge.records import Problem


def line(pair: str, order: int, slot: Slot | None, kind: str = "unreadable") -> Comparison:
    name = ORDERS[order]
    return Comparison(
        pair=pair,
        shown="x",
        order=name,
        judge="j",
        method="m",
        rubric="pairwise",
        rubric_digest="d",
        slot=slot,
        better=side_of(slot, name),
        problem=None if slot else Problem(stage="judge", kind=kind),
    )


def outcomes(
    *slots: tuple[Slot | None, Slot | None], gold: Side | None = "first", kind: str = "unreadable"
) -> list[Outcome]:
    """Each as (slot named as given, slot named when swapped)."""
    pairs = [Pair(id=f"p{place}", first="a", second="b", evidence={}, gold=gold) for place in range(len(slots))]
    lines = [line(f"p{place}", order, own[order], kind) for place, own in enumerate(slots) for order in (0, 1)]
    return outcomes_of(pairs, lines)


RIGHT, WRONG, FIRST, SECOND = ("A", "B"), ("B", "A"), ("A", "A"), ("B", "B")


def test_orders_that_disagree_are_a_tie_and_not_right() -> None:
    found = counted(outcomes(RIGHT, RIGHT, WRONG, FIRST, FIRST, SECOND))  # type: ignore[arg-type]
    gold = found["gold"]
    assert gold["accuracy"]["value"] == pytest.approx(2 / 6)
    assert (gold["accuracy_decided"]["value"], gold["accuracy_decided"]["n"]) == (pytest.approx(2 / 3), 3)
    assert found["consistency"]["value"] == pytest.approx(3 / 6)
    assert gold["by_order"]["given"]["value"] == pytest.approx(4 / 6)
    assert gold["by_order"]["swapped"]["value"] == pytest.approx(3 / 6)
    assert gold["mean_of_orders"]["value"] == pytest.approx(7 / 12)


def test_the_pull_of_the_first_place_is_counted_over_flips_only() -> None:
    found = counted(outcomes(RIGHT, FIRST, FIRST, FIRST, SECOND))["place"]  # type: ignore[arg-type]
    assert (found["inconsistent"], found["first_both"], found["second_both"]) == (4, 3, 1)
    assert found["preference"] == pytest.approx(0.5)
    assert found["p"] == pytest.approx(2 * 5 / 16)
    assert found["first_share"]["value"] == pytest.approx(7 / 10)


def test_no_flip_is_no_preference_and_not_a_preference_of_zero() -> None:
    found = counted(outcomes(RIGHT, WRONG))["place"]  # type: ignore[arg-type]
    assert (found["preference"], found["p"]) == (None, None)
    assert found["reason"]


def test_the_sign_test_is_the_exact_binomial_one() -> None:
    """Golden: scipy.stats.binomtest(18, 76).pvalue, the published counts of a judge on JudgeBench (58 and 18)."""
    from scipy.stats import binomtest

    assert sign_test(58, 18) == pytest.approx(binomtest(18, 76).pvalue)
    assert sign_test(58, 18) == pytest.approx(4.9e-6, rel=0.2)
    assert sign_test(5, 5) == 1.0


def test_what_the_judge_did_not_deliver_is_not_right_and_what_failed_is_left_out() -> None:
    rows = (RIGHT, RIGHT, ("A", None))
    mute = counted(outcomes(*rows))["gold"]  # type: ignore[arg-type]
    assert (mute["accuracy"]["value"], mute["accuracy"]["n"]) == (pytest.approx(2 / 3), 3)
    assert (mute["accuracy_read"]["value"], mute["accuracy_read"]["n"]) == (1.0, 2)
    failed = counted(outcomes(*rows, kind="connection"))["gold"]  # type: ignore[arg-type]
    assert (failed["accuracy"]["value"], failed["accuracy"]["n"]) == (1.0, 2)


def test_a_tie_that_people_see_is_found_only_by_saying_tie_twice() -> None:
    rows = (("tie", "tie"), FIRST, RIGHT)
    found = counted(outcomes(*rows, gold="tie"))["gold"]  # type: ignore[arg-type]
    assert found["accuracy"]["value"] == pytest.approx(1 / 3)


def test_without_gold_wins_are_counted_and_a_tie_is_half() -> None:
    found = counted(outcomes(RIGHT, RIGHT, WRONG, FIRST, gold=None))  # type: ignore[arg-type]
    wins = found["wins"]
    assert (wins["first"], wins["second"], wins["tie"]) == (2, 1, 1)
    assert wins["first_rate"]["value"] == pytest.approx(2.5 / 4)
    assert wins["p"] == 1.0
    assert "gold" not in found


def test_a_pair_that_was_not_heard_is_counted_nowhere() -> None:
    pairs = [Pair(id="p0", first="a", second="b", evidence={}, gold="first")]
    found = counted(outcomes_of(pairs, []))
    assert (found["comparisons"], found["both_orders"]) == (0, 0)
    assert found["gold"]["accuracy"]["value"] is None
    assert found["consistency"]["reason"] == "no pair was read"


def test_repeats_are_no_further_pairs_but_one_cluster() -> None:
    once = counted(outcomes(*[RIGHT, WRONG] * 10))  # type: ignore[arg-type]
    pairs = [Pair(id=f"p{place}", first="a", second="b", evidence={}, gold="first") for place in range(20)]
    lines = [
        line(f"p{place}", order, (RIGHT if place % 2 == 0 else WRONG)[order]).model_copy(update={"draw": draw})  # type: ignore[arg-type]
        for place in range(20)
        for order in (0, 1)
        for draw in range(5)
    ]
    often = counted(outcomes_of(pairs, lines, 5))
    assert (often["pairs"], often["repeats"], often["both_orders"]) == (20, 5, 100)
    width = [found["gold"]["accuracy"]["high"] - found["gold"]["accuracy"]["low"] for found in (once, often)]
    assert width[1] == pytest.approx(width[0], rel=0.1)  # Student's t: the variance between 20 clusters is estimated
    assert often["repetition"]["flip_rate"] == 0
    assert once["repetition"]["flip_rate"] is None


def test_the_rate_of_flips_between_repeats_is_within_one_order() -> None:
    """By hand: as given A, A, B (2 of 3 pairs differ), swapped B, B, B (none)."""
    pair = Pair(id="p", first="a", second="b", evidence={}, gold="first")
    slots: tuple[tuple[Slot, ...], tuple[Slot, ...]] = (("A", "A", "B"), ("B", "B", "B"))
    lines = [
        line("p", order, slot).model_copy(update={"draw": draw})
        for order, own in enumerate(slots)
        for draw, slot in enumerate(own)
    ]
    found = counted(outcomes_of([pair], lines, 3))
    assert found["repetition"]["flip_rate"] == pytest.approx(1 / 3)
    assert (found["place"]["inconsistent"], found["place"]["p"]) == (1, None)  # the flip is in the third repeat
