"""Measurements 1, 5, 6 and 10 of a judge that compares two answers, from what `trust pairs` found.

Thresholds are those of docs/trust.md; a set of pairs is a criterion of its own, since one set says little of another.
"""

from __future__ import annotations

from judge.stats import wilson
from judge.trust.card.people import KAPPA, KAPPA_LEAST, WANTED_ITEMS
from judge.trust.card.probed import RETEST_ITEMS, RETEST_REPEATS
from judge.trust.card.records import Figure, Measurement
from judge.trust.card.ruling import FEW, by_value, enough, measured, not_made
from judge.trust.card.runs import COVERED, COVERED_LEAST
from judge.trust.card.shapes_pairs import Number, PairsBlock

CONSISTENT = 0.85
"""Share of pairs of which both orders say the same."""
PULL = 0.10
"""Share of pairs that the first place wins beyond what it loses."""
FLIPS = 0.05
"""Of comparisons that are made again."""
ABSTAINS = ("cannot_judge",)


def of_pairs(found: PairsBlock) -> list[Measurement]:
    """All ten: what pairs cannot tell says so."""
    scale = "pairs have a winner and no level"
    made = [_agreement(found), _again(found), _order(found), _coverage(found)]
    made += [not_made(2, "the alt-test needs several people's choices of each pair"), not_made(3, scale)]
    made += [not_made(4, scale), not_made(7, "was not probed: probes are of ratings"), not_made(8, "was not probed")]
    return sorted([*made, not_made(9, "was not measured of pairs")], key=lambda one: one.number)


def _figure(name: str, number: Number, **more: object) -> Figure:
    named = {"name": name, "value": number.value, "low": number.low, "high": number.high, "n": number.n}
    return Figure.model_validate({**named, "reason": number.reason, **more})


def _pairs(found: PairsBlock, number: Number) -> int:
    """Distinct pairs behind a number: repeats of one pair are no more pairs."""
    return min(number.n, found.pairs)


def _agreement(found: PairsBlock) -> Measurement:
    gold = found.gold
    if gold is None:
        return not_made(1, "nobody has said which answer of a pair is better")
    kappa = _figure(
        "kappa with people's choice", gold.kappa, wanted=f"{KAPPA:g} or more (warn from {KAPPA_LEAST:g})",
        good=(KAPPA, None), ends=(-1.0, 1.0),
    )  # fmt: skip
    value = gold.kappa.value
    if value is None:
        kappa = kappa.model_copy(update={"ruling": "not assessable"})
    elif _pairs(found, gold.kappa) < FEW:
        few = f"{_pairs(found, gold.kappa)} pairs; {FEW} are the least"
        kappa = kappa.model_copy(update={"ruling": "not assessable", "reason": few})
    else:
        ruling = "pass" if value >= KAPPA else "warn" if value >= KAPPA_LEAST else "fail"
        pairs = _pairs(found, gold.kappa)
        kappa = enough(kappa.model_copy(update={"ruling": ruling}), WANTED_ITEMS, "pairs", made_of=pairs)
    told = [
        _figure("right in both orders", gold.accuracy, unit="share"),
        _figure("right, of those decided", gold.accuracy_decided, unit="share"),
        Figure(name="always the commonest", value=gold.commonest, unit="share"),
    ]
    return measured(1, [kappa, *told])


def _again(found: PairsBlock) -> Measurement:
    own = found.repetition
    if own.flip_rate is None:
        return not_made(5, own.reason or "was not asked again: judge trust pairs --judge-repeats 5")
    figure = by_value(
        Figure(name="comparisons that flip when made again", value=own.flip_rate, n=own.n, unit="share",
               wanted=f"at most {FLIPS:.0%}", good=(None, FLIPS), ends=(0.0, 0.5))
    )  # fmt: skip
    figure = enough(figure, RETEST_ITEMS, "comparisons")
    if figure.ruling == "pass" and found.repeats < RETEST_REPEATS:
        reason = f"{found.repeats} of each; {RETEST_REPEATS} are asked for"
        figure = figure.model_copy(update={"ruling": "warn", "reason": reason})
    return measured(5, [figure])


def _order(found: PairsBlock) -> Measurement:
    same = _figure(
        "both orders say the same", found.consistency, unit="share", wanted=f"{CONSISTENT:.0%} or more",
        good=(CONSISTENT, None),
    )  # fmt: skip
    share = found.place.first_share
    ends = [None if end is None else 2 * end - 1 for end in (share.value, share.low, share.high)]
    pull = Figure(
        name="pull of the first place", value=ends[0], low=ends[1], high=ends[2], n=share.n, unit="share",
        wanted=f"within ±{PULL:.0%}", good=(-PULL, PULL), ends=(-1.0, 1.0), reason=share.reason,
    )  # fmt: skip
    return measured(
        6,
        [
            enough(by_value(same), FEW, "pairs", made_of=_pairs(found, found.consistency)),
            enough(by_value(pull), FEW, "pairs", made_of=_pairs(found, share)),
        ],
    )


def _coverage(found: PairsBlock) -> Measurement:
    failed = sum(count for kind, count in found.problems.items() if kind not in ABSTAINS)
    asked = found.comparisons
    if not asked:
        return not_made(10, "no comparison was made")
    value = max(0.0, (asked - failed) / asked)
    low, high = wilson(value, asked)
    valid = by_value(
        Figure(name="valid verdicts", value=value, low=low, high=high, n=asked, unit="share",
               wanted=f"{COVERED:.0%} or more (fail below {COVERED_LEAST:.0%})", good=(COVERED, None), ends=(0.8, 1.0))
    )  # fmt: skip
    if valid.ruling != "pass":
        valid = valid.model_copy(update={"ruling": "warn" if value >= COVERED_LEAST else "fail"})
    abstained = sum(found.problems.get(kind, 0) for kind in ABSTAINS)
    told = Figure(name="answers: cannot judge", value=abstained / asked, n=asked, unit="share")
    return measured(10, [enough(valid, FEW, "verdicts"), told])
