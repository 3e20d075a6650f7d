"""`judge compare RUN_A RUN_B`: a judge compares two runs' answers to the same items, in both orders, unnamed."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from judge.case import Case
from judge.cli import pairing
from judge.cli.pairing import number_row
from judge.cli.placing import reopened
from judge.cli.terminal import plural, say
from judge.errors import NothingDone, UsageError
from judge.pairwise.samples import Drawn, pairs_of_runs
from judge.records import Run
from judge.runs import Opened
from judge.score import case_of, read_items
from judge.store import Folder, runs_below


def compare(options: argparse.Namespace) -> int:
    """Pair, ask, count, print and write."""
    first, second = (_one_run(Path(given)) for given in (options.first, options.second))
    runs = first.read_run(), second.read_run()
    _refuse(*runs, same=first.path.resolve() == second.path.resolve())
    opened = [reopened(run, options.data, near=folder.path) for run, folder in zip(runs, (first, second), strict=True)]
    rubric = pairing.rubric_of(options.rubric or "pairwise", Path(runs[0].task_file))
    cases = [_cases(own, folder) for own, folder in zip(opened, (first, second), strict=True)]
    pairs = pairs_of_runs(cases[0], cases[1])
    if not pairs:
        raise NothingDone("the two runs have no item that both have a reply to")
    items = len({sample.id for own in opened for sample in own.samples})
    say(f"{runs[0].task}: A {_who(first, runs[0])} · B {_who(second, runs[1])}")
    say(f"{plural(len(pairs), 'pair')} of {plural(items, 'item')}, each in both orders · licence {runs[0].licence}")
    _say_lacking(cases)
    if any(case.question != cases[1][drawn].question for drawn, case in cases[0].items() if drawn in cases[1]):
        say("  the two were asked differently; the judge sees A's question")
    pairs = pairs[: options.limit]
    name = f"{first.path.name}--vs--{second.path.name}"
    heard = pairing.hear_all(pairs, rubric, options, name=name, data=runs[0].data_sha256)
    about = {
        "task": runs[0].task,
        "first": {"run": first.path.name, "model": runs[0].model, "digest": runs[0].digest},
        "second": {"run": second.path.name, "model": runs[1].model, "digest": runs[1].digest},
        "data_sha256": runs[0].data_sha256,
        "limit": options.limit,
        "criterion": rubric.pairwise.name if rubric.pairwise is not None else "",
    }
    return pairing.concluded(heard, about, rows=_rows, also=options.json)


def _one_run(path: Path) -> Folder:
    found = runs_below(path)
    if len(found) != 1:
        raise UsageError(f"{path} holds {plural(len(found), 'run')}: name the folder of one")
    return found[0]


def _refuse(one: Run, other: Run, *, same: bool) -> None:
    if same:
        raise UsageError("both are the same run: its answers are as good as themselves")
    if one.task != other.task:
        raise UsageError(f"the runs are of two tasks, {one.task} and {other.task}: answers to other items")
    if one.data_sha256 != other.data_sha256:
        raise UsageError(f"the runs are of other data ({one.data_sha256[:8]} and {other.data_sha256[:8]})")


def _cases(opened: Opened, folder: Folder) -> dict[Drawn, Case]:
    """What the run says of each item, where there is a reply to compare."""
    run = opened.run
    answers = {key: answer for key, answer in folder.read_answers().items() if key.variant == run.variant}
    items = read_items(opened.task, opened.samples, run=run, answers=answers)
    own = [item for item in items if item.judgeable()]
    return {(item.key.sample_id, item.key.draw): case_of(opened.task, item, run) for item in own}


def _who(folder: Folder, run: Run) -> str:
    return f"{run.model} {run.variant} ({folder.path.name})"


def _say_lacking(cases: list[dict[Drawn, Case]]) -> None:
    """A missing reply is no lost comparison: it is left out, and said."""
    one, other = (set(own) for own in cases)
    if one != other:
        say(f"  left out: {plural(len(other - one), 'item')} without a reply of A, {len(one - other)} without one of B")


def _rows(block: Mapping[str, Any]) -> list[list[str]]:
    wins = block["wins"]
    p = f"sign test p {wins['p']:.2g}" if wins["p"] is not None else "no pair is decided"
    count = f"A wins {wins['first']}, B {wins['second']}, {wins['tie']} ties; {p}"
    by = "" if block["criterion"] in ("", "better") else f" ({block['criterion']})"
    return [number_row(f"A is better{by}", wins["first_rate"], count)]
