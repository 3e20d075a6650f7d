"""`judge trust pairs`: a judge compares the two answers of each item, in both orders, and is held against people."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from judge.cli import opening, pairing, placing
from judge.cli.pairing import number_row
from judge.cli.terminal import plural, say
from judge.datafile import locate
from judge.dataset import read_samples
from judge.errors import UsageError
from judge.pairwise.samples import pairs_of


def pairs(options: argparse.Namespace) -> int:
    """Read, ask, count, print and write."""
    task, task_file = opening.open_task(options.task)
    if task.pair is None:
        text = f"{options.task}: {task.name} compares no answers: it has no  pair: {{first: ..., second: ...}}"
        raise UsageError(f"{text}   (those that do: tasks/llmbar)")
    rubric = pairing.rubric_of(options.rubric or task.rubric or "pairwise", task_file)
    settings = opening.settings_of(task, options.settings)
    data = locate(task, task_file, placing.place_of(task, task_file, options.data))
    found = pairs_of(task, read_samples(task, data, settings)[: options.limit], shown=data.shown)
    say(f"{task.name} v{task.version} · {plural(len(found), 'pair')}, each in both orders · licence {task.licence}")
    heard = pairing.hear_all(found, rubric, options, name=task.name, data=data.sha256)
    about = {
        "task": task.name,
        "task_version": task.version,
        "data_sha256": data.sha256,
        "licence": task.licence,
        "citation": task.citation,
        "limit": options.limit,
    }
    return pairing.concluded(heard, about, rows=_rows, also=options.json)


def _rows(block: Mapping[str, Any]) -> list[list[str]]:
    if "gold" not in block:
        wins = block["wins"]
        return [
            number_row("first is better", wins["first_rate"], "no gold: a tie is half"),
        ]
    gold = block["gold"]
    rows = [number_row("accuracy", gold["accuracy"], "both orders right; what was not delivered is not")]
    if gold["accuracy_read"]["n"] != gold["accuracy"]["n"]:
        rows.append(number_row("  of those read", gold["accuracy_read"]))
    rows += [
        number_row("kappa", gold["kappa"], "x 100, beyond chance; orders that disagree are a tie"),
        number_row("  of those decided", gold["accuracy_decided"], "orders that agree"),
        number_row("one order", gold["mean_of_orders"], "mean of the two orders, as LLMBar's authors have it"),
        number_row("  as given", gold["by_order"]["given"]),
        number_row("  swapped", gold["by_order"]["swapped"]),
        [
            "always the commonest",
            f"{100 * gold['commonest']:.2f}",
            "",
            "",
            "what no judgement at all gets in one order",
        ],
    ]
    return rows
