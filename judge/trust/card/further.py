"""What `trust agree` tells beside agreement over all items, as figures of the measurements that it belongs to.

By group (1), by system (3, 4 and 9), length (7) and confidence (10). Thresholds are those of docs/trust.md.
"""

from __future__ import annotations

from collections.abc import Iterator

from judge.trust.card.people import BIAS, NAMES, head_of
from judge.trust.card.records import Figure
from judge.trust.card.ruling import FEW, by_value, enough
from judge.trust.card.shapes import AgreeFile, Calibrated, Grouped, Measured, Ranked, Stat

TAU, SYSTEMS = 0.8, 8
"""Of the order of systems, and from how many on it is ruled."""
ALPHA = 0.05
"""Of the test of leniency between systems, corrected over the criteria."""
ECE = 0.10
FAMILY = 0.05
"""Of a level."""
MOST_GROUPS = 40
Placed = tuple[int, Figure]
"""A measurement's number, and a figure of it."""


def of_further(file: AgreeFile, *, judge: str, criterion: str, step: float) -> list[Placed]:
    """Of one judge on one criterion; `step` is one level in the scale's own unit."""
    mine = (judge, criterion)
    systems = {one.by for one in file.systems}
    found: list[Placed] = []
    for group in file.groups:
        if (group.judge, group.criterion) == mine:
            labels = any(part.agreement.scale.nominal for part in group.groups)
            bare = group.by not in systems or labels
            found += _by_group(group, step) if bare else _by_system(group, step)
    for one in file.systems:
        if (one.judge, one.criterion) == mine:
            found += _order(one)
    found += [(10, _calibrated(one)) for one in file.calibration if (one.judge, one.criterion) == mine]
    found += [(7, _length(one)) for one in file.lengths if (one.judge, one.criterion) == mine]
    return found


def _stat(name: str, stat: Stat, n: int | None, **more: object) -> Figure:
    named = {"name": name, "value": stat.value, "low": stat.low, "high": stat.high, "n": n, "reason": stat.reason}
    return Figure.model_validate(named | more)


def _by_group(found: Grouped, step: float) -> Iterator[Placed]:
    """The lowest groups first: a judge is no better than where it is worst."""
    shown = []
    for part in found.groups:
        head = head_of(part.agreement)
        stat = part.agreement.judge_human.get(head, Stat())
        figure = _stat(f"{NAMES[head]} where {found.by} is {part.value[:80]}", stat, part.agreement.n, ends=(-0.2, 1.0))
        shown.append(figure)
    shown.sort(key=lambda figure: (figure.value is None, figure.value or 0.0))
    yield from ((1, figure) for figure in shown[:MOST_GROUPS])
    if any(part.agreement.scale.nominal for part in found.groups):
        yield 1, _spread(found, f"agreement between groups by {found.by}: p")
    else:
        yield 4, _spread(found, f"offset between groups by {found.by}: p", step)


def _spread(found: Grouped, name: str, step: float | None = None) -> Figure:
    """Whether the groups' means differ: of judge minus people in levels, without a step of shares that agree."""
    told = found.differs
    if told is None or told.p is None or told.lowest is None or told.highest is None:
        return Figure(name=name, reason=told.reason if told else "was not tested")
    p = told.p_holm if told.p_holm is not None else told.p
    ends = [f"{one:.2f}" if step is None else f"{one / step:+.2f}" for one in (told.lowest, told.highest)]
    text = f"means from {ends[0]} to {ends[1]}"
    return Figure(name=name, value=p, n=told.n, unit="p", reason=text, ends=(0.0, 1.0))


def _by_system(found: Grouped, step: float) -> Iterator[Placed]:
    """A difference between systems makes every comparison of them wrong by so much."""
    name = f"leniency differs between systems ({found.by}): p"
    figure = _spread(found, name, step)
    told = found.differs
    if figure.value is None or told is None or told.highest is None or told.lowest is None:
        yield 4, figure
        return
    wanted = f"above {ALPHA:g}, by Holm"
    apart = (told.highest - told.lowest) / step
    ruling = "pass" if figure.value > ALPHA else "warn" if apart <= BIAS else "fail"
    update = {"wanted": wanted, "good": (ALPHA, None), "ruling": ruling}
    if ruling != "pass":
        update["reason"] = f"wanted {wanted}; {figure.reason} levels: correct the mean of each system by itself"
    yield 4, enough(figure.model_copy(update=update), FEW)


def _order(found: Ranked) -> Iterator[Placed]:
    n = len(found.systems)
    if not n:
        return
    tau = _stat(f"order of {n} systems: tau-b", found.kendall_tau_b, n, ends=(-1.0, 1.0))
    if n >= SYSTEMS:
        ruled = tau.model_copy(update={"wanted": f"{TAU:g} or more, of {SYSTEMS} systems", "good": (TAU, None)})
        tau = by_value(ruled)
    elif tau.value is not None:
        tau = tau.model_copy(update={"reason": f"below {SYSTEMS} systems nearly always high: not ruled on"})
    yield 3, tau
    yield 3, _stat("pairs of systems in people's order", found.ordered, n, unit="share")
    if found.within is not None:
        yield 3, _stat("tau-b within a question", found.within, found.inputs, ends=(-1.0, 1.0))
    yield 9, _family(found)


def _family(found: Ranked) -> Figure:
    items = sum(one.n for one in found.systems)
    shown = found.family or "its own"
    figure = _stat(
        f"family {shown} minus others, beside people", found.preference, items or None, unit="levels", ends=(-1.5, 1.5)
    )
    if figure.value is None:
        return figure.model_copy(update={"ruling": "not assessable"})
    holds = figure.low is not None and figure.high is not None and figure.low <= 0 <= figure.high
    passed = abs(figure.value) <= FAMILY or holds
    update = {
        "wanted": f"within ±{FAMILY:g} of a level, or an interval that holds 0",
        "good": (-FAMILY, FAMILY),
        "ruling": "pass" if passed else "fail",
        "reason": "" if passed else f"not to be used on models of {found.family}",
    }
    mine = sum(one.n for one in found.systems if one.name in found.own)
    return enough(figure.model_copy(update=update), FEW, "answers on one side", made_of=min(mine, items - mine))


def _calibrated(found: Calibrated) -> Figure:
    name = "expected calibration error of its confidence"
    if found.reason or found.ece.value is None:
        return Figure(name=name, reason=found.reason or found.ece.reason)
    figure = _stat(name, found.ece, found.n, wanted=f"at most {ECE:g}", good=(None, ECE), ends=(0.0, 0.6))
    ruled = enough(by_value(figure), FEW)
    # who is right where people differ is a matter of people, too; and confidence can be left unused
    return ruled.model_copy(update={"ruling": "warn"}) if ruled.ruling == "fail" else ruled


def _length(found: Measured) -> Figure:
    name = "length with its ratings, given people's (partial Spearman)"
    return _stat(name, found.partial, found.n, reason=found.reason or found.partial.reason, ends=(-1.0, 1.0))
