"""What judges said, ready to be counted: now, or in an earlier scoring of these same answers."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence

from judge.case import Case
from judge.evaluate import Bench
from judge.records import Verdict
from judge.rubric import Rubric
from judge.score import Panel, current
from judge.summary import Summary


def labelled(benches: Sequence[Bench]) -> list[Bench]:
    """Each bench by its judge's name, and by its rubric's too where a judge has several."""
    rubrics: dict[str, set[str]] = {}
    for bench in benches:
        rubrics.setdefault(bench.judge, set()).add(bench.rubric.name)
    return [
        dataclasses.replace(bench, label=f"{bench.judge}/{bench.rubric.name}")
        if len(rubrics[bench.judge]) > 1
        else dataclasses.replace(bench, label=bench.judge)
        for bench in benches
    ]


def bench_of(panel: Panel, verdicts: Sequence[Verdict]) -> Bench:
    """One judge's verdicts by one rubric."""
    name, method = panel.judge.name, panel.judge.method
    return Bench(label=name, judge=name, rubric=panel.rubric, verdicts=verdicts, repeats=panel.repeats, method=method)


def earlier(
    before: Summary | None, now: Sequence[Bench], *, cases: Sequence[Case], known: Sequence[Verdict]
) -> list[Bench]:
    """Judges of an earlier scoring that are not asked this time: what they said of these same answers is kept."""
    done = {(bench.judge, bench.rubric.name) for bench in now}
    kept = []
    for block in before.run["judges"] if before else []:
        rubric = Rubric.model_validate_json(json.dumps(block["rubric_spec"]))  # the points of a scale are keys
        if (block["name"], rubric.name) in done:
            continue
        like = {"judge": block["name"], "rubric": rubric.digest, "method": block["method"]}
        mine = [verdict for group in current(known, cases, like=like, rubric=rubric).values() for verdict in group]
        mine = [verdict for verdict in mine if verdict.judge_draw < int(block["repeats"])]
        if mine:
            kept.append(
                Bench(
                    label=block["judge"],
                    judge=block["name"],
                    rubric=rubric,
                    verdicts=mine,
                    repeats=int(block["repeats"]),
                    method=block["method"],
                )
            )
    return kept
