"""Holds a task against its data: every field a prompt names, every gold label, every option; all faults at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from judge.columns import columns_of
from judge.datafile import locate
from judge.dataset import read_samples
from judge.definitions import Task
from judge.errors import DataAbsent, Fault, JudgeError, TaskError, nearest
from judge.prompts import unknown_fields
from judge.records import Sample
from judge.rows import CSV, read_table
from judge.spec.metrics import ScoresOf
from judge.spec.task import fault_line, placeholders, read_task
from judge.suite import Suite
from judge.tables import DELIMITERS


def check_task(
    path: Path, rubrics: frozenset[str], *, shown: str, data: Path | None, scores_of: ScoresOf | None = None
) -> tuple[Task, str]:
    """The task and a sentence on its data; raises TaskError with every fault of file and data."""
    task = read_task(path, rubrics, shown=shown, scores_of=scores_of)
    try:
        found = locate(task, path, data)
    except DataAbsent as error:
        if task.data.source is None:
            key = ("data", "path")
            raise TaskError(Fault(shown, fault_line(path, key), "data.path", "no such file")) from error
        return task, f"its data is not here and was not checked ({error.faults[0].message})"
    faults: list[Fault] = []
    samples: list[Sample] = []
    for settings in _every_setting(task):
        here = task.under(settings)
        try:
            samples = read_samples(here, found, settings)
        except JudgeError as error:
            faults += [fault for fault in error.faults if fault not in faults]
            continue
        ours = _prompts(here, samples, path, shown=shown, below=_place_of_asks(task, settings))
        faults += [
            fault for fault in ours or _records(here, samples, settings, shown=found.shown) if fault not in faults
        ]
    if faults:
        raise TaskError(faults)
    return task, f"{len(samples)} items{_shares(samples)}"


def delimiter_note(task: Task, path: Path, data: Path | None) -> str:
    """What stands between the columns of a task's CSV file, where it is no comma; empty elsewhere."""
    try:
        found = locate(task, path, data)
        kind = task.data.format or (found.path.suffix.lstrip(".").lower() if found.path else "")
        if found.path is None or kind not in CSV:
            return ""
        table = read_table(found.path, columns_of(task))
    except JudgeError:
        return ""
    if table.delimiter == ",":
        return ""
    return f"{found.shown}: by its header, {DELIMITERS[table.delimiter]} stand between its columns"


def check_averages(suite: Suite, tasks: Mapping[str, Task], path: Path) -> list[Fault]:
    """Averages that take a metric of a task which does not give it; a task that is not among `tasks` is left alone."""
    faults: dict[str, Fault] = {}
    for score in suite.scores:
        for leaf in suite.leaves(score):
            task = tasks.get(leaf.task)
            if task is not None and leaf.metric not in task.metrics:
                key = ("scores", score)
                hint = nearest(leaf.metric, task.metrics)
                text = f'{leaf.task} ({task.name}) does not give the metric "{leaf.metric}"{hint}'
                faults.setdefault(text, Fault(str(path), fault_line(path, key), ".".join(key), text))
    return list(faults.values())


def _every_setting(task: Task) -> list[dict[str, str]]:
    """The defaults last; before them each other choice of each setting by itself, and what each case names."""
    asked = {name: one for name, one in task.all_settings().items() if name not in task.reading_settings()}
    default = {name: setting.default for name, setting in asked.items()}
    others = [
        default | {name: choice}
        for name, setting in asked.items()
        for choice in setting.choices
        if choice != setting.default
    ]
    cases = [default | dict(case.when) for case in task.cases]
    return [*others, *(case for case in cases if case not in others), default]


def _place_of_asks(task: Task, settings: dict[str, str]) -> tuple[str | int, ...]:
    """Where in the file the asks stand that these settings make: in the task itself, or in the last case that holds."""
    own: tuple[str | int, ...] = ()
    for index, case in enumerate(task.cases):
        if "asks" in case.model_fields_set and all(settings.get(name) == text for name, text in case.when.items()):
            own = ("cases", index)
    return own


def _prompts(task: Task, samples: list[Sample], path: Path, *, shown: str, below: tuple[str | int, ...]) -> list[Fault]:
    known = set(samples[0].inputs) | set(task.all_settings())
    faults = []
    for index, ask in enumerate(task.asks):
        for variant in ("system", "system_qa", "system_cot", "qa", "cot"):
            for name in placeholders(getattr(ask, variant)):
                if "." not in name and name not in known:
                    place = (*below, "asks", index, variant)
                    line = fault_line(path, place)
                    key = ".".join(map(str, place))
                    faults.append(Fault(shown, line, key, f"no record has a field {{{name}}}{nearest(name, known)}"))
    return faults


def _records(task: Task, samples: list[Sample], settings: dict[str, str], *, shown: str) -> list[Fault]:
    """Records that lack a field which the others have."""
    missing = unknown_fields(task, samples, settings)
    return [
        Fault(shown, None, sample, f"has no field {{{name}}}, which {ask!r} asks with")
        for sample, ask, name in missing[:20]
    ]


def _shares(samples: list[Sample]) -> str:
    """The commonest gold answer, which is what a constant answer would score."""
    gold = Counter(tuple(sample.target.values.values()) for sample in samples if sample.target.values)
    if not gold:
        return ""
    (values, count) = gold.most_common(1)[0]
    name = ", ".join("+".join(value) for value in values)
    return f"; commonest gold {name}: {count} of {len(samples)} ({100 * count / len(samples):.0f}%)"
