"""`judge tasks show NAME --sample ID`: the exact messages that a model would get."""

from __future__ import annotations

import argparse
from pathlib import Path

from judge import prompts
from judge.cli import opening, placing
from judge.cli.main import COMPLETE
from judge.cli.progress import wording_text
from judge.cli.terminal import say, say_text
from judge.datafile import locate
from judge.dataset import read_samples
from judge.definitions import Task
from judge.errors import UsageError, nearest
from judge.released_wording import lacking, with_released
from judge.runs import wording_of


def show_prompt(task: Task, path: Path, options: argparse.Namespace) -> int:
    """One message after the other, as it would be sent; nothing is sent."""
    task, settings, variant = opening.settled(task, options.settings, options.prompt)
    data = locate(task, path, placing.place_of(task, path, options.data))
    samples = {sample.id: sample for sample in read_samples(task, data, settings)}
    sample = samples.get(options.sample)
    if sample is None:
        raise UsageError(f"{task.name} has no item {options.sample!r}{nearest(options.sample, samples)}")
    task = with_released(task, data, settings)
    how = prompts.Asking(task=task, variant=variant, settings=settings)
    words = wording_text(task, wording_of(task, variant), lacking=lacking(task, data))
    if words:
        say(f"[{words}]")
    earlier: dict[str, str] = {}
    for ask in task.asks:
        for message in prompts.messages(ask, sample, how, earlier=earlier):
            say(f"[{message.role}]")
            say_text(message.text)
        earlier[ask.name] = f"(the answer to {ask.name})"
    gold = "; ".join(f"{name}: {', '.join(values)}" for name, values in sample.target.values.items())
    say(f"[gold, not sent] {gold or sample.target.reference or '–'}")
    return COMPLETE
