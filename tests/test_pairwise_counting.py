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
