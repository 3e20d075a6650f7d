"""`judge score --combine`: the panels that are made of the judges, and what is printed of them and of repeats."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from typing import Any

from judge.cli.terminal import plural, say
from judge.definitions import Task
from judge.errors import UsageError
from judge.evaluate import Bench
from judge.items import Item
from judge.panels import COMBINATIONS, Combination, label_of
from judge.records import Run
from judge.score import Panel
from judge.summary import Summary

MOST_LINES = 12


def check(options: argparse.Namespace, asked: Sequence[Panel]) -> None:
    """A panel has at least two judges, each once."""
    if options.combine is None:
        return
    if options.combine == "vote" and options.weigh:
        raise UsageError(
            f"--combine vote counts equal ratings, and by --weigh {options.weigh} none are: median or mean"
        )
    names = list(dict.fromkeys(panel.judge.name for panel in asked))
    if len(names) < 2:
        said = f"only {names[0]} judges" if names else "no judge is asked"
        raise UsageError(f"--combine {options.combine} needs two judges or more, and {said}: --judge A --judge B")


def panels_among(
    benches: Sequence[Bench], now: Sequence[Bench], *, how: Combination | None, before: Summary | None
) -> list[Bench]:
    """The panel of the judges named in this command, and those of an earlier scoring whose judges are still there."""
    wanted: dict[tuple[str, Combination, tuple[str, ...]], None] = {}
    if how is not None:
        for rubric in dict.fromkeys(bench.rubric.name for bench in now):
            wanted[rubric, how, tuple(dict.fromkeys(bench.judge for bench in now if bench.rubric.name == rubric))] = (
                None
            )
    for block in before.run["judges"] if before else []:
        combined, members = block.get("combine"), block.get("members")
        if combined in COMBINATIONS and isinstance(members, list) and all(isinstance(name, str) for name in members):
            wanted[block["rubric"], combined, tuple(members)] = None
    made = [_panel(benches, rubric, names=names, how=by) for rubric, by, names in wanted]
    panels = [bench for bench in made if bench is not None]
    if len({bench.rubric.name for bench in panels}) == 1:
        return panels
    return [dataclasses.replace(bench, label=f"{bench.label}/{bench.rubric.name}") for bench in panels]


def _panel(benches: Sequence[Bench], rubric: str, *, names: Sequence[str], how: Combination) -> Bench | None:
    """None where a judge of it is gone, or there is only one."""
    of = {bench.judge: bench for bench in benches if bench.rubric.name == rubric}
    members = tuple(of[name] for name in names if name in of)
    if len(members) < max(2, len(names)) or len({one.rubric.digest for one in members}) > 1:
        return None
    label, repeats = label_of(names, how), max(one.repeats for one in members)
    return dataclasses.replace(
        members[0], label=label, judge=label, verdicts=(), repeats=repeats, method=how, members=members, combine=how
    )


def found_among(
    run: Run, task: Task, *, items: Sequence[Item], metrics: Sequence[str], benches: Sequence[Bench]
) -> dict[str, Any]:
    """`panels` and `stability` of the summary: how far judges agree with each other, and each with itself."""
    from judge.trust.panel import answers_of, panel_block
    from judge.trust.stability import stability_block

    panels = [bench for bench in benches if bench.combine is not None]
    repeated = [bench for bench in benches if bench.combine is None and bench.repeats > 1]
    if not panels and not repeated:
        return {}
    answers = answers_of(task, items)
    blocks = [stability_block(bench, answers) for bench in repeated]
    return {
        "panels": [panel_block(run, task, items=items, metrics=metrics, bench=bench) for bench in panels],
        "stability": [block for block in blocks if block is not None],
    }


def print_panels(summary: Summary, *, mode: str) -> None:
    """Below the scores: each panel's agreement, then its numbers without each judge; each judge's repeats, a line."""
    told: list[list[str]] = []
    for block in summary.run.get("panels", []):
        say(f"  {block['panel']}, rubric {block['rubric']}")
        if [block["rubric"], *block["judges"]] not in told:  # another combination of them agrees as much
            told.append([block["rubric"], *block["judges"]])
            for item in block["criteria"]:
                say(f"    {item['criterion']}: {_agreement(item)} · {_coverage(item, len(block['judges']))}")
        for judge, changes in list(block["without"].items())[:MOST_LINES]:
            said = [_change(item) for item in changes if item["mode"] == mode]
            say(f"    without {judge}: {' · '.join(said)}")
    for block in summary.run.get("stability", []):
        said = [f"{item['criterion']} {_spread(item)}" for item in block["criteria"]]
        say(f"  {block['judge']}, {block['repeats']} repeats: {' · '.join(said)}")


def _agreement(criterion: dict[str, Any]) -> str:
    exact = criterion["exact"]
    equal = f"equal {100 * exact['value']:.0f}%" if exact["value"] is not None else f"equal null: {exact['reason']}"
    return f"alpha {_alpha(criterion['alpha_ordinal'])} (ordinal), {equal}"


def _alpha(alpha: dict[str, Any]) -> str:
    if alpha["value"] is None:
        return f"null: {alpha['reason']}"
    if alpha["low"] is None:
        return f"{alpha['value']:.2f}"
    return f"{alpha['value']:.2f} [{alpha['low']:.2f}, {alpha['high']:.2f}]"


def _coverage(criterion: dict[str, Any], judges: int) -> str:
    """32 answers by 3 judges, 2 by 2 (1 without m1, 1 without m2)."""
    first, *others = list(criterion["answers_by_judges"].items()) or [(str(judges), 0)]
    others = [(by if int(by) else "none", count) for by, count in others if count or int(by)]
    less = [f"{judge} lacks {count}" for judge, count in criterion["missing"].items() if count]
    parts = [f"{plural(first[1], 'answer')} by {first[0]} judges", *(f"{count} by {by}" for by, count in others)]
    return ", ".join(parts) + (f" ({', '.join(less)})" if less else "")


def _change(item: dict[str, Any]) -> str:
    if item["value"] is None:
        return f"{item['metric']} null: {item['reason']}"
    factor = 100 if item["scale"] == [0.0, 1.0] else 1
    change = "" if item["change"] is None else f" ({factor * item['change']:+.2f})"
    return f"{item['metric']} {factor * item['value']:.2f}{change}"


def _spread(item: dict[str, Any]) -> str:
    if not item["n"]:
        return "null: no answer was rated twice"
    return f"SD {item['within_sd']:.2f}, flips {100 * item['flip_rate']:.0f}%, alpha {_alpha(item['alpha_ordinal'])}"
