"""`judge trust agree`: for each judge one table, a criterion a row, and what to know of it below."""

from __future__ import annotations

import argparse
from pathlib import Path

import judge
from judge.cli.main import COMPLETE
from judge.cli.terminal import plural, say
from judge.cli.trust_further import further
from judge.cli.trust_further_table import print_further
from judge.cli.trust_input import Given, read_given
from judge.cli.trust_table import notes_of, other_coefficients, table_of
from judge.errors import UsageError
from judge.store import write_whole
from judge.trust.agreement import agree as agreement
from judge.trust.alt_test import EPSILON
from judge.trust.findings import CriterionAgreement, Settings
from judge.trust.listing import as_csv, as_json

FEWEST_RESAMPLES = 200


def agree(options: argparse.Namespace) -> int:
    """Read, compute, print, and write the files that were asked for."""
    if options.resamples < FEWEST_RESAMPLES:
        raise UsageError(f"--resamples {options.resamples}: at least {FEWEST_RESAMPLES}, better 2000 or more")
    given = read_given(options, nominal=options.level == "nominal")
    epsilon = options.epsilon if options.epsilon is not None else EPSILON[options.people]
    how = Settings(epsilon=epsilon, resamples=options.resamples, seed=options.seed)
    results = _compared(given, options, how)
    more = further(given, options, how)
    _print(given, options, how=how, results=results)
    for name in given.judges or (None,):
        print_further(more, name)
    about = {
        "judge_version": judge.__version__,
        "humans": list(given.humans),
        "judges": list(given.judges),
        "items": len(given.ratings.items),
        "clusters": len(set(given.ratings.clusters)) if given.ratings.clusters else None,
        "rubric": {"name": given.rubric.name, "digest": given.rubric.digest} if given.rubric else None,
        "methods": dict(given.methods),
        "settings": {
            "scale": options.scale,
            "level": options.level,
            "people": options.people,
            "epsilon": epsilon,
            "resamples": how.resamples,
            "seed": how.seed,
        },
        "notes": list(given.notes),
    }
    if options.json:
        write_whole(Path(options.json), as_json(results, about=about, more=more.as_dict()))
        say(options.json)
    if options.csv:
        write_whole(Path(options.csv), as_csv(results, groups=more.groups, systems=more.systems))
        say(options.csv)
    return COMPLETE


def _compared(given: Given, options: argparse.Namespace, how: Settings) -> list[CriterionAgreement]:
    """By judge, then by criterion."""
    found: list[CriterionAgreement] = []
    for criterion in given.criteria:
        scale = given.scale(criterion, choice=options.scale, nominal=options.level == "nominal")
        found += agreement(
            given.ratings, humans=given.humans, judges=given.judges, criterion=criterion, scale=scale, how=how
        )
    order = {name: place for place, name in enumerate(given.judges)}
    return sorted(found, key=lambda result: order.get(result.judge or "", 0))


def _print(given: Given, options: argparse.Namespace, *, how: Settings, results: list[CriterionAgreement]) -> None:
    people = ", ".join(given.humans[:8]) + (", ..." if len(given.humans) > 8 else "")
    count = "1 person" if len(given.humans) == 1 else f"{len(given.humans)} people"
    judges = plural(len(given.judges), "judge") if given.judges else "no judge"
    criteria = "1 criterion" if len(given.criteria) == 1 else f"{len(given.criteria)} criteria"
    say(f"{count} ({people}) · {judges} · {criteria}")
    clusters = given.ratings.clusters
    unit = f"{len(set(clusters))} clusters of " if clusters else ""
    scales = list(dict.fromkeys(f"{result.scale.text} ({result.scale.origin})" for result in results))
    which = "full scale" if options.scale == "full" else "observed levels of the scale"
    say(f"{which} {'; '.join(scales[:3])}{'; ...' if len(scales) > 3 else ''} · {options.level}")
    items = plural(len(given.ratings.items), "item")
    say(f"95% intervals: {unit}{items} left out in turn; what jumps by {how.resamples:,} resamples, seed {how.seed}")
    for note in given.notes:
        say(f"  {note}")
    for name in given.judges or (None,):
        own = [result for result in results if result.judge == name]
        for lines in (table_of(own), other_coefficients(own), notes_of(own)):
            if lines:
                say()
            for line in lines:
                say(line)
