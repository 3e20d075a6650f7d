"""Measurements 1 to 4 of a card, from a judge's agreement with people as `trust agree` writes it.

Thresholds are those of docs/trust.md. Where people themselves do not agree, nothing can be said of a judge.
"""

from __future__ import annotations

from judge.trust.card.records import Figure, Histogram, Measurement
from judge.trust.card.ruling import FEW, absent, by_interval, by_value, enough, measured
from judge.trust.card.shapes import Agreed, Stat, Use

KAPPA, KAPPA_LEAST = 0.60, 0.40
"""Substantial and moderate agreement (Landis and Koch 1977)."""
GAP = -0.10
"""How far the judge may lie below people's own agreement."""
ALPHA_LEAST = 0.40
"""Of the people: below it their ratings are no standard."""
SPEARMAN = 0.5
"""From here on a judge saves labels (docs/trust.md, few labels)."""
OMEGA, RHO_NEEDS, OMEGA_NEEDS = 0.5, 3, 50
"""The alt-test: 3 people, 50 items."""
BIAS = 0.25
"""Of a level."""
SLOPE = (0.8, 1.2)
WANTED_ITEMS = 100
NAMES = {"kappa_quadratic": "quadratic kappa", "kappa": "kappa", "alpha_interval": "interval alpha"}


def of_people(found: Agreed) -> list[Measurement]:
    """The four, of one judge on one criterion."""
    made = [_agreement(found), _replaceable(found), _ranking(found), _leniency(found)]
    return [_of_few_clusters(item, found) for item in made]


def _of_few_clusters(made: Measurement, found: Agreed) -> Measurement:
    """Items of one speaker or clip are not independent: what passes on few clusters is a warning."""
    if found.units is None or found.units >= FEW or found.units >= found.n or made.ruling != "pass":
        return made
    reason = f"{found.n} items in {found.units} cluster{'' if found.units == 1 else 's'}; {FEW} are asked for"
    return made.model_copy(update={"ruling": "warn", "reason": reason})


def head_of(found: Agreed) -> str:
    """The coefficient of agreement to show first."""
    if found.scale.nominal:
        return "kappa"
    kappa = found.judge_human.get("kappa_quadratic", Stat())
    other = found.judge_human.get("alpha_interval", Stat())
    return "alpha_interval" if kappa.value is None and other.value is not None else "kappa_quadratic"


def _told(name: str, stat: Stat | Use, n: int, **more: object) -> Figure:
    reason = stat.reason if isinstance(stat, Stat) else ""
    return Figure.model_validate(
        {"name": name, "value": stat.value, "low": stat.low, "high": stat.high, "n": n, "reason": reason, **more}
    )


def _agreement(found: Agreed) -> Measurement:
    name = head_of(found)
    shown = NAMES[name]
    n, pairs = found.n, found.n if found.people_n is None else found.people_n
    ceiling = found.human_human.get(name, Stat(reason="1 person: no pair of people"))
    alpha = found.humans_alpha
    kappa = _told(
        f"{shown} with people",
        found.judge_human.get(name, Stat()),
        n,
        wanted=f"{KAPPA:g} or more (warn from {KAPPA_LEAST:g})",
        good=(KAPPA, None),
        ends=(-0.2, 1.0),
    )
    gap = _told(
        "judge minus people's own",
        found.gap.get(name, Stat(reason="1 person: no ceiling")),
        pairs,
        wanted=f"interval above {GAP:g}",
        good=(GAP, None),
        ends=(-1.0, 1.0),
    )
    told = [
        _told(f"people's own {shown}", ceiling, pairs, ends=(-0.2, 1.0)),
        _told("judge / people", found.ratio.get(name, Stat()), pairs, ends=(0.0, 2.0)),
        _told("alpha of all people", alpha, pairs, ends=(-0.2, 1.0)),
        _told("ICC(2,1) with people", found.judge_human.get("icc_2_1", Stat()), n, ends=(-0.2, 1.0)),
    ]
    if alpha.value is not None and alpha.value < ALPHA_LEAST:
        why = f"people do not agree enough to be a standard: alpha {alpha.value:.2f}, below {ALPHA_LEAST:g}"
        bare = [item.model_copy(update={"ruling": None}) for item in (kappa, gap)]
        bare[0] = bare[0].model_copy(update={"ruling": "not assessable", "reason": why})
        return measured(1, [*bare, *told])
    if n < FEW:
        few = kappa.model_copy(update={"ruling": "not assessable", "reason": f"{n} items; {FEW} are the least"})
        return measured(1, [few, gap.model_copy(update={"ruling": None}), *told])
    return measured(1, [enough(_kappa(kappa), WANTED_ITEMS), enough(by_interval(gap), FEW), *told])


def _kappa(figure: Figure) -> Figure:
    """By the published bands of the value."""
    if figure.value is None:
        return figure.model_copy(update={"ruling": "not assessable"})
    ruling = "pass" if figure.value >= KAPPA else "warn" if figure.value >= KAPPA_LEAST else "fail"
    return figure.model_copy(update={"ruling": ruling})


def _replaceable(found: Agreed) -> Measurement:
    alt = found.alt
    if alt is None or alt.omega is None:
        return measured(2, [absent("omega", alt.reason if alt else "no alt-test")])
    tested = min((person.n for person in alt.people), default=found.n)
    omega = Figure(
        name="winning rate omega",
        value=alt.omega,
        n=tested,
        wanted=f"{OMEGA:g} or more, with epsilon {alt.epsilon:g}",
        good=(OMEGA, None),
        ruling="pass" if alt.omega >= OMEGA else "fail",
    )
    omega = enough(omega, OMEGA_NEEDS)
    people = len(alt.people) or len(found.humans)
    if people < RHO_NEEDS and omega.ruling == "pass":
        omega = omega.model_copy(update={"ruling": "warn", "reason": f"{people} people; 3 are asked for"})
    note = "; ".join(alt.notes)[:2000]
    rho = Figure(name="advantage probability rho", value=alt.rho, low=alt.low, high=alt.high, n=tested, reason=note)
    return measured(2, [omega, rho])


def _ranking(found: Agreed) -> Measurement:
    if found.scale.nominal:
        return measured(3, [absent("Spearman", "labels have no order")])
    rank = _told(
        "Spearman with people",
        found.judge_human.get("spearman", Stat()),
        found.n,
        wanted=f"{SPEARMAN:g} or more",
        good=(SPEARMAN, None),
        ends=(-0.2, 1.0),
    )
    tau = _told("Kendall's tau-b", found.judge_human.get("kendall_tau_b", Stat()), found.n, ends=(-0.2, 1.0))
    figures = [enough(by_value(rank), FEW), tau]
    if found.consensus is not None:
        mean = found.consensus.statistics.get("spearman", Stat())
        figures.append(_told("Spearman with their mean", mean, found.consensus.n, ends=(-0.2, 1.0)))
    return measured(3, figures)


def _leniency(found: Agreed) -> Measurement:
    if found.scale.nominal:
        return measured(4, [absent("offset", "labels have no level")])
    n, step = found.n, found.scale.step
    offset = found.judge_human.get("offset", Stat())
    bias = _told(
        "mean(judge - person)",
        _scaled(offset, step),
        n,
        unit="levels",
        wanted=f"within ±{BIAS:g} of a level",
        good=(-BIAS, BIAS),
        ends=(-2.0, 2.0),
    )
    whole = measured(4, [enough(by_value(bias), FEW), *_slope(found), *_histogram(found)])
    use = found.spread
    if use is None or not use.levels:
        return whole
    return whole.model_copy(update={"histogram": Histogram(levels=use.levels, judge=use.judge, people=use.people)})


def _scaled(stat: Stat, step: float) -> Stat:
    shrunk = {
        name: None if (value := getattr(stat, name)) is None else value / step for name in ("value", "low", "high")
    }
    return stat.model_copy(update=shrunk)


def _slope(found: Agreed) -> list[Figure]:
    """On the mean of the people, whose own noise flattens it least; so a miss is a warning, never a fail."""
    pair = found.consensus
    stat = pair.statistics.get("slope", Stat()) if pair is not None else found.judge_human.get("slope", Stat())
    on = "people's mean" if pair is not None else "one person"
    figure = by_value(
        _told(
            f"slope on {on}", stat, found.n, wanted=f"{SLOPE[0]:g} to {SLOPE[1]:g} (else warn)", good=SLOPE,
            ends=(0.0, 2.0),
        )
    )  # fmt: skip
    if figure.ruling == "fail":
        figure = figure.model_copy(update={"ruling": "warn"})
    return [figure]


def _histogram(found: Agreed) -> list[Figure]:
    use = found.spread
    if use is None or use.reason:
        return [Figure(name="histograms", reason=use.reason if use else "written by an older version: agree again")]
    return [
        _told("distance of the histograms (W1)", use.distance, use.n, unit="steps", ends=(0.0, 2.0)),
        _told("the judge's commonest level", use.judge_modal, use.n, unit="share"),
        _told("people's commonest level", use.people_modal, use.n, unit="share"),
        _told("the judge's entropy ratio", use.judge_entropy, use.n),
        _told("people's entropy ratio", use.people_entropy, use.n),
    ]
