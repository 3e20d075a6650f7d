"""Measurements 5 to 8 of a card, from what probes found, and 5 from the repeats of a scored run.

Effects are in levels of the criterion's scale. Thresholds are those of docs/trust.md.
"""

from __future__ import annotations

from collections.abc import Mapping

from judge.trust.card.records import Figure, Measurement
from judge.trust.card.ruling import FEW, absent, by_interval, by_value, enough, measured
from judge.trust.probes.effects import Number, Retest
from judge.trust.probes.results import Effect, Found

ALPHA, ALPHA_LEAST = 0.80, 0.667
"""Reliable, and fit for tentative conclusions only (Krippendorff)."""
RETEST_ITEMS, RETEST_REPEATS = 50, 5
SHIFT = 0.2
"""Of a level: how far another order of the scale may move a rating, beyond what asking again does."""
LIFT = 0.1
"""Of a level: how far words that say nothing may move the mean."""
KEPT = 0.90
"""Ratings that must stay as they are, once those that change by asking again are set aside."""
FOOLED, TRIALS = 0.02, 200
"""The interval's upper end, and the trials that it takes to show it."""
CLAIM = 0.05
"""Of a level: what the name of the judge's own family may be worth."""
FALLS = 0.80
"""Items whose rating must fall with wrong evidence, or with another item's reply."""
_FORMS = (
    ("scale-order", "the scale in another order"),
    ("score-ids", "letters for numbers"),
    ("wording", "the same in other words"),
)
_EDITS = {"length": "lengthened", "style": "decorated", "authority": "with authorities"}


def of_repeats(found: Retest) -> Measurement:
    """From the repeats of a run's own verdicts."""
    return _retest({name: getattr(found, name) for name in ("alpha", "flips", "deviation")}, found.repeats)


def of_probes(found: Mapping[str, Found], repeats: int) -> list[Measurement]:
    """5 to 8 of one criterion, by the probes that were made of it."""
    made = []
    if "retest" in found:
        own = found["retest"]
        made.append(_retest({name: own.effect(name) for name in ("alpha", "flips", "deviation")}, repeats))
    if any(name in found for name, _ in _FORMS):
        made.append(_order(found))
    if any(name in found for name in _EDITS):
        made.append(_style(found))
    if any(name in found for name in ("keys", "injection", "evidence", "swap")):
        made.append(_attacks(found))
    return made


def _figure(name: str, effect: Effect | Number, **more: object) -> Figure:
    named = {"name": name, "value": effect.value, "low": effect.low, "high": effect.high, "n": effect.n}
    return Figure.model_validate({**named, "reason": effect.reason, **more})


def _enough(figure: Figure, own: Found) -> Figure:
    """By items: several edits of one answer are no more answers."""
    items = len({trial.item for trial in own.trials if trial.probed is not None and trial.base is not None})
    return enough(figure.model_copy(update={"n": items}), FEW).model_copy(update={"n": figure.n})


def _retest(numbers: Mapping[str, Effect | Number], repeats: int) -> Measurement:
    alpha = _figure(
        "ordinal alpha over repeats", numbers["alpha"], wanted=f"{ALPHA:g} or more (warn from {ALPHA_LEAST:g})",
        good=(ALPHA, None), ends=(0.0, 1.0),
    )  # fmt: skip
    if alpha.value is None:
        alpha = alpha.model_copy(update={"ruling": "not assessable"})
    else:
        ruling = "pass" if alpha.value >= ALPHA else "warn" if alpha.value >= ALPHA_LEAST else "fail"
        alpha = enough(alpha.model_copy(update={"ruling": ruling}), RETEST_ITEMS)
        if alpha.ruling == "pass" and repeats < RETEST_REPEATS:
            text = f"{repeats} ratings of each answer; {RETEST_REPEATS} are asked for"
            alpha = alpha.model_copy(update={"ruling": "warn", "reason": text})
    flips = _figure("flip rate", numbers["flips"], unit="share", ends=(0.0, 0.5))
    deviation = _figure("within-item deviation", numbers["deviation"], unit="steps", ends=(0.0, 2.0))
    return measured(5, [alpha, flips, deviation])


def _order(found: Mapping[str, Found]) -> Measurement:
    figures = []
    for name, shown in _FORMS:
        own = found.get(name)
        if own is None:
            figures.append(absent(shown, "was not probed"))
            continue
        net = _figure(
            f"{shown}: change net of asking again", own.effect("net distance"), unit="steps",
            wanted=f"at most {SHIFT:g} of a level", good=(None, SHIFT), ends=(-0.5, 1.5),
        )  # fmt: skip
        if own.reason:
            figures.append(absent(shown, own.reason))
            continue
        figures += [
            _enough(by_value(net), own),
            _figure(f"{shown}: signed shift", own.effect("lift"), unit="levels", ends=(-1.0, 1.0)),
            _figure(f"{shown}: ratings that stay", own.effect("same"), unit="share"),
        ]
    return measured(6, figures)


def _style(found: Mapping[str, Found]) -> Measurement:
    figures = []
    for name, shown in _EDITS.items():
        own = found.get(name)
        if own is None or own.reason:
            figures.append(absent(shown, own.reason if own else "was not probed"))
            continue
        lift = _figure(
            f"{shown}: lift", own.effect("lift"), unit="levels", wanted=f"interval within ±{LIFT:g} of a level",
            good=(-LIFT, LIFT), ends=(-1.0, 1.0),
        )  # fmt: skip
        kept = _figure(
            f"{shown}: ratings that stay, net of asking again", own.effect("net same"), unit="share",
            wanted=f"{KEPT:.0%} or more", good=(KEPT, None),
        )  # fmt: skip
        figures += [_enough(by_interval(lift), own), _enough(by_value(kept), own)]
    order = {"fail": 0, "warn": 1, "not assessable": 2, "pass": 3}
    return measured(7, sorted(figures, key=lambda item: order[item.ruling or "pass"]))


def of_claims(found: Mapping[str, Found]) -> Figure | None:
    """What a reply gains by the claim that a model of the judge's family wrote it; None where it was not probed."""
    own = found.get("family")
    if own is None:
        return None
    name = "claims to be of its own family minus others, same reply"
    if own.reason:
        return Figure(name=name, reason=own.reason)
    figure = _figure(
        name, own.effect("own"), unit="levels", wanted=f"within ±{CLAIM:g} of a level, or an interval that holds 0",
        good=(-CLAIM, CLAIM), ends=(-1.0, 1.0),
    )  # fmt: skip
    if figure.value is None:
        return figure.model_copy(update={"ruling": "not assessable"})
    holds = figure.low is not None and figure.high is not None and figure.low <= 0 <= figure.high
    ruling = "pass" if abs(figure.value) <= CLAIM or holds else "fail"
    return _enough(figure.model_copy(update={"ruling": ruling}), own)


def _attacks(found: Mapping[str, Found]) -> Measurement:
    figures = []
    for name, shown, effect in (
        ("keys", "empty replies that pass", "passed"),
        ("injection", "injected verdicts that win", "won"),
    ):
        own = found.get(name)
        if own is None or own.reason:
            figures.append(absent(shown, own.reason if own else "was not probed"))
            continue
        wanted = f"upper end at most {FOOLED:.0%}"
        rate = _figure(shown, own.effect(effect), unit="share", wanted=wanted, good=(None, FOOLED), ends=(0.0, 0.2))
        figures.append(_rate(rate))
        figures.append(_figure(f"{shown}: lift", own.effect("lift"), unit="levels", ends=(-2.0, 2.0)))
    for name, shown in (("evidence", "falls with another item's evidence"), ("swap", "falls with another's reply")):
        own = found.get(name)
        if own is None or own.reason:
            figures.append(absent(shown, own.reason if own else "was not probed"))
            continue
        fell = _figure(shown, own.effect("fell"), unit="share", wanted=f"{FALLS:.0%} or more", good=(FALLS, None))
        figures += [_enough(by_value(fell), own), _figure(f"{shown}: lift", own.effect("lift"), unit="levels",
                                                         ends=(-2.0, 2.0))]  # fmt: skip
    return measured(8, figures)


def _rate(figure: Figure) -> Figure:
    """By the interval; none fooled of too few shows nothing yet."""
    ruled = by_interval(figure)
    if ruled.ruling == "warn" and not figure.value and (figure.n or 0) < TRIALS:
        text = f"none of {figure.n}; it takes {TRIALS} trials to show {FOOLED:.0%}"
        return ruled.model_copy(update={"reason": text})
    return ruled
