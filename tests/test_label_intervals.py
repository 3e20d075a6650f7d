"""Intervals of label metrics: inside the scale, around the value, never without width, with the reason of wide ones."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from judge.metrics.labels import LABEL_METRICS, Observations

LABEL = st.sampled_from(["joy", "anger", "fear", "sadness"])
SETS = st.lists(st.tuples(st.frozensets(LABEL, min_size=1), st.frozensets(LABEL)), min_size=2, max_size=30)
FEW = settings(max_examples=40, deadline=None)


def data(pairs: list[tuple[frozenset[str], frozenset[str]]], clusters: list[str] | None = None) -> Observations:
    gold, predicted = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    return Observations(gold=gold, predicted=predicted, weights=[1.0] * len(pairs), clusters=clusters)


@pytest.mark.parametrize("name", LABEL_METRICS)
@pytest.mark.parametrize("clusters", [None, 6])
def test_all_right_answers_have_a_width_and_a_reason(name: str, clusters: int | None) -> None:
    pairs = [(frozenset({label}), frozenset({label})) for label in ("joy", "anger") * 16]
    owners = None if clusters is None else [f"c{place % clusters}" for place in range(32)]
    found = LABEL_METRICS[name](data(pairs, owners))
    assert found.value == found.high == 1.0
    assert found.low is not None
    assert (0.85 if clusters is None else 0.4) < found.low < (0.93 if clusters is None else 0.75)
    assert found.note.startswith("wide, all alike")


@FEW
@given(pairs=SETS, count=st.integers(2, 6))
def test_every_interval_lies_in_the_scale_and_around_its_value(
    pairs: list[tuple[frozenset[str], frozenset[str]]], count: int
) -> None:
    owners = [f"c{place % count}" for place in range(len(pairs))]
    for clusters in (None, owners):
        for name, metric in LABEL_METRICS.items():
            found = metric(data(pairs, clusters))
            assert found.low is not None, name
            assert found.high is not None, name
            assert 0 <= found.low <= found.value <= found.high <= 1, name
            assert found.high - found.low > 1e-3, name


def test_rare_classes_are_the_reason_of_a_wide_interval_of_macro_f1_and_not_of_weighted_f1() -> None:
    said = ["joy"] * 40 + ["anger"] * 38 + ["fear"] * 2
    gold = ["joy"] * 36 + ["anger"] * 41 + ["fear"] * 3
    pairs = [(frozenset({one}), frozenset({other})) for one, other in zip(gold, said, strict=True)]
    assert LABEL_METRICS["macro_f1"](data(pairs)).note == "wide, 1 of 3 classes have fewer than 5 items"
    assert "classes" not in LABEL_METRICS["weighted_f1"](data(pairs)).note


def test_a_large_sample_has_the_normal_interval_of_its_recall() -> None:
    """UAR of two classes of 500: the variance is the mean of p (1 - p) / 500, over 2."""
    pairs = []
    for gold, other, right in (("joy", "anger", 400), ("anger", "joy", 300)):
        pairs += [(frozenset({gold}), frozenset({gold}))] * right
        pairs += [(frozenset({gold}), frozenset({other}))] * (500 - right)
    found = LABEL_METRICS["uar"](data(pairs))
    half = 1.96 * ((0.8 * 0.2 + 0.6 * 0.4) / 500 / 4) ** 0.5
    assert found.low == pytest.approx(0.7 - half, abs=0.003)
    assert found.high == pytest.approx(0.7 + half, abs=0.003)
