"""The simulation of bench/coverage.py in short: few designs, few data sets, the same seed; the docs have it whole."""

from __future__ import annotations

import pytest

from bench import intervals
from bench.coverage import DESIGNS, SEED, Cell, line, measure, verdict
from bench.intervals import FAMILIES
from bench.populations import Factors, label_truths

WORST = Factors(n=30, right=0.99, classes=26)
SHORT = {
    "labels": (WORST, Factors(n=30, right=0.99, classes=26, clusters=6), Factors(n=50, draws=5), Factors(clusters=10)),
    "label lists": (WORST, Factors(clusters=6)),
    "means": (Factors(n=30, right=0.99, classes=2), Factors(n=30), Factors(clusters=6)),
    "compare": (Factors(n=30, right=0.99, classes=2), Factors(clusters=6)),
    "correct": (Factors(n=30, classes=2), Factors(classes=2, clusters=10)),
    "agree, labels": (Factors(n=50), Factors(n=30, right=0.99, classes=2, clusters=6)),
}
SETS = {"labels": 100, "agree, labels": 120, "means": 100}
LEAST = 0.86
"""Of 80 to 100 data sets; an interval that holds in 95 of 100 falls below it once in 1,000 to 10,000 cells."""


@pytest.mark.parametrize(
    ("name", "factors"),
    [(name, factors) for name, own in SHORT.items() for factors in own],
    ids=lambda part: part if isinstance(part, str) else part.text,
)
def test_intervals_hold_the_truth_in_the_worst_corners(
    name: str, factors: Factors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intervals, "RATED", 20_000)
    for cell in measure(FAMILIES[name], factors, sets=SETS.get(name, 80), place=999):
        assert cell.outside == 0, f"{cell.metric}: an interval without its own value"
        assert cell.covered >= LEAST, f"{cell.metric}: {cell.covered:.2f}"
        if cell.metric != "errors":  # all alike, and no end of a scale: nothing to be said
            assert cell.none == 0


def test_the_designs_have_every_level_of_every_factor() -> None:
    for name, designs in DESIGNS.items():
        assert {own.n for own in designs} >= {30, 50, 100, 500}
        assert {own.right for own in designs} >= {0.5, 0.8, 0.95, 0.99}
        assert {own.clusters for own in designs} >= {0, 6, 10, 20, 50, 140}
        if name in ("labels", "label lists", "means", "compare"):
            assert {own.draws for own in designs} == {1, 2, 3, 4, 5}
        if name in ("labels", "label lists", "agree, labels"):
            assert {own.classes for own in designs} == {2, 6, 26}
    assert SEED == 20261201


def test_the_truth_of_a_confusion_matrix_is_that_of_a_huge_sample() -> None:
    truths = label_truths(Factors(right=0.8, classes=3, even=False))
    # by hand: classes 6/11, 3/11, 2/11, each taken for either other with chance .1
    f1 = [0.8 * 12 / (6 + (4.8 + 0.5)), 0.8 * 6 / (3 + (2.4 + 0.8)), 0.8 * 4 / (2 + (1.6 + 0.9))]
    assert truths["macro_f1"] == pytest.approx(sum(f1) / 3)
    assert truths["weighted_f1"] == pytest.approx((6 * f1[0] + 3 * f1[1] + 2 * f1[2]) / 11)
    assert truths["uar"] == 0.8


def test_a_cell_that_misses_is_printed_as_one() -> None:
    cell = Cell("labels", "uar", Factors(), 0.9, 0.1, 0.0, 0.2, 0.0, 0, 0.0)
    assert verdict(cell) == "MISSES"
    assert line(cell).endswith("| MISSES |")
