"""How often the product's 95% intervals hold the true value, and how wide they are: `python -m bench.coverage`.

The designs and the seed below were written down before any method was tuned. Not the full factorial: each level of
each factor occurs at least once per metric, and the worst corners do. Over 2,000 data sets the Monte-Carlo error of a
coverage of 95% is 0.49 points (1.96 of it: 0.95). One process; OPENBLAS_NUM_THREADS=1 keeps it on one core.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bench.intervals import FAMILIES, Family, Told
from bench.populations import Factors

SEED = 20261201
SETS = 2000
F = Factors

ALONG = (  # one factor at a time, from n 100, .8, 6 classes
    F(),
    F(n=30),
    F(n=50),
    F(n=500),
    F(right=0.5),
    F(right=0.95),
    F(right=0.99),
    F(classes=2),
    F(classes=26),
    F(draws=2),
    F(draws=3),
    F(draws=4),
    F(draws=5),
    F(clusters=6),
    F(clusters=10),
    F(clusters=20),
    F(clusters=50),
    F(n=500, clusters=140),
)
CORNERS = (
    F(n=30, right=0.99, classes=26),
    F(n=30, right=0.99, classes=26, clusters=6),
    F(n=30, right=0.99, classes=2),
    F(n=30, right=0.5, classes=26),
    F(n=30, right=0.99, draws=5),
    F(n=30, right=0.95, draws=3, clusters=6),
    F(n=50, right=0.95, clusters=10),
    F(n=50, right=0.99, classes=2),
    F(right=0.99, classes=26, even=False),
    F(classes=26, even=False),
    F(n=500, right=0.99, clusters=6),
    F(n=500, right=0.5, classes=2, clusters=20),
    F(n=500, right=0.99, classes=26, clusters=50),
    F(n=500, right=0.95, draws=5),
)
SINGLE = tuple(own for own in (*ALONG, *CORNERS) if own.draws == 1)
TWO = tuple(F(n=own.n, right=own.right, classes=2, clusters=own.clusters) for own in SINGLE)
DESIGNS: dict[str, tuple[Factors, ...]] = {
    "labels": (*ALONG, *CORNERS),
    "label lists": (*ALONG, *CORNERS),
    "means": tuple(own for own in (*ALONG, *CORNERS) if (own.even and own.classes == 6) or own in CORNERS[1:4]),
    "compare": tuple(own for own in (*ALONG, *CORNERS) if (own.even and own.classes == 6) or own in CORNERS[1:4]),
    "agree, levels": tuple(own for own in SINGLE if (own.even and own.classes == 6) or own in CORNERS[1:3]),
    "agree, labels": SINGLE,
    "correct": tuple(dict.fromkeys((*TWO, *(own for own in SINGLE if own.classes == 6)))),
}


class Cell(NamedTuple):
    """One metric in one design."""

    family: str
    metric: str
    factors: Factors
    covered: float
    """Share of the intervals that hold the truth, of the data sets that have an interval."""
    below: float
    """Share that lies wholly below the truth."""
    above: float
    width: float
    """The median."""
    none: float
    """Share of the data sets without a value or without an interval."""
    outside: int
    """Data sets whose interval does not hold its own value."""
    told: float
    """Share of the intervals that are said to be wide."""


def measure(family: Family, factors: Factors, *, sets: int, place: int) -> list[Cell]:
    """Every metric of one design."""
    truths = family.truths(factors)
    found: dict[str, list[Told]] = {name: [] for name in truths}
    for number in range(sets):
        rng = np.random.default_rng([SEED, list(FAMILIES).index(family.name), place, number])
        for name, told in family.draw(factors, rng).items():
            if name in found:
                found[name].append(told)
    return [cell(family.name, name, factors, truth=truths[name], told=own) for name, own in found.items()]


def cell(family: str, metric: str, factors: Factors, *, truth: float, told: Sequence[Told]) -> Cell:
    """The count of one metric's intervals."""
    ends = [(low, high) for _, low, high in (item[:3] for item in told) if low is not None and high is not None]
    lows, highs = np.array(ends, dtype=np.float64).reshape(-1, 2).T
    below, above = highs < truth - 1e-9, lows > truth + 1e-9
    outside = sum(
        not item.low - 1e-9 <= (item.value or 0.0) <= item.high + 1e-9
        for item in told
        if item.low is not None and item.high is not None
    )
    some = max(len(ends), 1)
    return Cell(
        family,
        metric,
        factors,
        covered=1 - float((below | above).sum()) / some if ends else float("nan"),
        below=float(below.sum()) / some,
        above=float(above.sum()) / some,
        width=float(np.median(highs - lows)) if ends else float("nan"),
        none=1 - len(ends) / max(len(told), 1),
        outside=outside,
        told=sum(bool(getattr(item, "note", "")) for item in told) / max(len(told), 1),
    )


def verdict(found: Cell) -> str:
    """Holds: 93 to 97 of 100; wide: more, where most intervals say so; else what is wrong with it."""
    if np.isnan(found.covered):
        return "none"
    if 0.93 <= found.covered <= 0.97:
        return "holds"
    if found.covered > 0.97:
        return "wide" if found.told > 0.5 else "wide, unsaid"
    return "wide, short" if found.covered >= 0.95 else "MISSES"


def line(found: Cell) -> str:
    """One row of the table."""
    share = f"{100 * found.covered:5.1f} | {100 * found.below:4.1f} | {100 * found.above:4.1f}"
    kept = f"{100 * found.told:.0f}" if found.told else ""
    lost = f"{100 * found.none:.1f}" if found.none else ""
    return (
        f"| {found.metric} | {found.factors.text} | {share} | {found.width:.3f} | {kept} | {lost} | {verdict(found)} |"
    )


HEAD = "| metric | design | covers | below | above | median width | said wide | none | |\n|" + "---|" * 9


MARKS = {"holds": "", "wide": " w", "wide, unsaid": " u", "wide, short": " w", "MISSES": " **!**", "none": " –"}


def grid(rows: Sequence[dict[str, Any]]) -> list[str]:
    """One table for each family as in docs/intervals.md: a row for each design, a column for each metric.

    Each cell: coverage in percent, its mark, and the median width.
    """
    lines = []
    for family in dict.fromkeys(row["family"] for row in rows):
        own = {(row["metric"], row["factors"]): row for row in rows if row["family"] == family}
        metrics, designs = (list(dict.fromkeys(key[place] for key in own)) for place in (0, 1))
        lines += [
            "",
            f"### {family}",
            "",
            "| design | " + " | ".join(metrics) + " |",
            "|" + "---|" * (len(metrics) + 1),
        ]
        for design in designs:
            shown = [own.get((metric, design)) for metric in metrics]
            said = [
                "" if one is None else f"{100 * one['covered']:.1f}{MARKS[one['verdict']]} ({one['width']:.3g})"
                for one in shown
            ]
            lines.append(f"| {design} | " + " | ".join(said) + " |")
    return lines


def cells(families: Sequence[str], *, sets: int, only: int | None = None) -> Iterator[list[Cell]]:
    """The designs of these families, in order; of `only`, the first so many of each."""
    for name in families:
        for place, factors in enumerate(DESIGNS[name][:only]):
            yield measure(FAMILIES[name], factors, sets=sets, place=place)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=SETS)
    parser.add_argument("--family", action="append", choices=list(FAMILIES))
    parser.add_argument("--only", type=int, help="the first so many designs of each family")
    parser.add_argument("--json", help="write the cells to this file")
    parser.add_argument("--grid", nargs="+", help="print the tables of the docs from files of --json, and end")
    options = parser.parse_args()
    if options.grid:
        print("\n".join(grid([row for path in options.grid for row in json.loads(Path(path).read_text())])))
        return
    began = time.process_time()
    rows: list[Cell] = []
    for name in options.family or list(FAMILIES):
        print(f"\n## {name}\n\n{HEAD}")
        for found in cells([name], sets=options.sets, only=options.only):
            rows += found
            print("\n".join(line(own) for own in found), flush=True)
    held = [verdict(own) for own in rows]
    print(f"\n{len(rows)} cells of {options.sets} data sets, seed {SEED}: " + ", ".join(
        f"{held.count(name)} {name}" for name in dict.fromkeys(held)))  # fmt: skip
    print(f"{(time.process_time() - began) / 60:.1f} minutes of CPU")
    if options.json:
        body = [own._asdict() | {"factors": own.factors.text, "verdict": verdict(own)} for own in rows]
        Path(options.json).write_text(json.dumps(body, indent=0) + "\n")


if __name__ == "__main__":
    main()
