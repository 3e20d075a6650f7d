"""Readers and judges of known behaviour: what sufficiency and the controls say of them holds the truth."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from judge.items import Item
from judge.parse.verdicts import Unreadable
from judge.records import Answer, Key, Parsed, Problem, Sample, Target
from judge.trust.controls import fall
from judge.trust.sufficiency import Rationale, Reading, Sufficiency, pairing, sufficiency

LABELS = ("anger", "fear", "joy", "sadness")
RIGHT = 0.7
"""How often the reader names the answer that the reasons were given for; else one of the others."""
TRUTH = {"score": RIGHT, "control": (1 - RIGHT) / 3, "difference": RIGHT - (1 - RIGHT) / 3}
"""Of a control each wrong label is as likely as the other two."""


def item(number: int, *, cluster: str | None = None, draw: int = 0) -> Item:
    key = Key(f"i{number}", "cot", draw)
    parsed = Parsed(key=key, mode="strict", state="ok", values={}, reasoning="r")
    sample = Sample(id=key.sample_id, inputs={}, target=Target(values={}), cluster=cluster)
    answer = Answer(sample_id=key.sample_id, variant="cot", draw=draw, status="ok")
    return Item(sample=sample, key=key, answer=answer, parsed={"strict": parsed, "faithful": parsed})


def reasons(own: list[str]) -> list[Rationale]:
    labels = dict.fromkeys(LABELS, ())
    return [Rationale(item=item(place), own=label, labels=labels, text="r") for place, label in enumerate(own)]


def of(found: list[Rationale], said: list[Reading], seed: int) -> Sufficiency:
    """Where all items have the same labels, each rationale is read once."""
    targets = {place: target for place, target in enumerate(pairing(found, seed)) if target is not None}
    return sufficiency(found, own=said, targets=targets, other={place: said[place] for place in targets})


def test_the_intervals_hold_a_readers_true_shares_about_as_often_as_they_say() -> None:
    """100 readers of 200 reasons each: of 95% intervals 95 hold the truth, at least 90."""
    rng = np.random.default_rng(3)
    held = Counter[str]()
    for seed in range(100):
        own = [LABELS[place] for place in rng.integers(0, 4, 200)]
        said: list[Reading] = [
            label if rng.random() < RIGHT else str(rng.choice([other for other in LABELS if other != label]))
            for label in own
        ]
        found = reasons(own)
        result = of(found, said, seed)
        assert (result.n, result.control_n, result.chance) == (200, 200, 0.25)
        for name, truth in TRUTH.items():
            interval = getattr(result, name)
            held[name] += interval.low <= truth <= interval.high
    assert min(held.values()) >= 90, held


def test_a_reader_that_ignores_the_reasons_has_no_difference() -> None:
    """It names labels by how often they occur: its score is the chance by the margins, and so is its control."""
    rng = np.random.default_rng(5)
    own = [LABELS[place] for place in rng.choice(4, 2000, p=[0.4, 0.3, 0.2, 0.1])]
    said: list[Reading] = [LABELS[place] for place in rng.choice(4, 2000, p=[0.4, 0.3, 0.2, 0.1])]
    found = reasons(own)
    result = of(found, said, 0)
    assert result.score is not None
    assert result.difference is not None
    assert result.by_margins == pytest.approx(0.30, abs=0.02)
    assert result.score.value == pytest.approx(0.30, abs=0.03)
    assert result.difference.low is not None
    assert result.difference.high is not None
    assert result.difference.low <= 0 <= result.difference.high


def test_what_was_not_read_is_counted_by_its_kind_and_left_out() -> None:
    own: list[Reading] = ["anger", None, Unreadable("two labels"), Problem(stage="judge", kind="connection")]
    result = sufficiency(reasons(["anger"] * 4), own=own, targets={}, other={})
    assert (result.n, result.abstained, result.unparsed, result.failed) == (2, 1, 1, 1)
    assert result.score is not None
    assert result.score.value == 0.5
    assert result.control is None
    assert "no control" in result.reason


def test_where_nothing_was_read_there_is_no_number_and_never_a_zero() -> None:
    failed = Problem(stage="judge", kind="connection")
    result = sufficiency(reasons(["anger", "joy"]), own=[failed, failed], targets={0: 1}, other={0: failed})
    assert (result.n, result.score, result.control, result.chance, result.by_margins) == (0, None, None, None, None)
    assert result.reason == "no rationale was read"


def test_a_fall_is_paired_and_what_has_no_partner_is_missing() -> None:
    items = [item(number) for number in range(4)]
    own = {each.key: 1.0 for each in items}
    control = {items[0].key: 0.0, items[1].key: 0.5, items[2].key: 1.0}
    found = fall("reasoning", "none", items=items, numbers={"own": own, "none": control})
    assert (found.n, found.missing, found.own, found.control) == (3, 1, 1.0, 0.5)
    assert found.drop is not None
    assert found.drop.value == 0.5
    assert found.falls == pytest.approx(2 / 3)
    assert found.rises == 0.0


def test_intervals_of_a_fall_are_over_clusters() -> None:
    """Items of one clip move together: thirty of them in three clips are three, and the interval is wider."""
    alone = [item(number) for number in range(30)]
    grouped = [item(number, cluster=f"clip {number % 3}") for number in range(30)]
    widths = []
    for items in (alone, grouped):
        own = {each.key: 1.0 for each in items}
        control = {each.key: (0.0, 0.5, 1.0)[number % 3] for number, each in enumerate(items)}
        drop = fall("reasoning", "none", items=items, numbers={"own": own, "none": control}).drop
        assert drop is not None
        assert drop.low is not None
        assert drop.high is not None
        widths.append(drop.high - drop.low)
    assert widths[1] > 2 * widths[0]
