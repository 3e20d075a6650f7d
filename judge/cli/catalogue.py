"""`judge tasks | rubrics | providers | metrics`: list, show and check what there is."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path

from judge import shipped
from judge.cli import opening, placing
from judge.cli.main import COMPLETE
from judge.cli.terminal import say, table, warn
from judge.definitions import Task
from judge.errors import Fault, JudgeError, TaskError, UsageError
from judge.shell import all_of, command
from judge.spec.suite import is_suite

_DEEDS = {"check": ("rubric_check", "check"), "try": ("rubric_try", "try_"), "diff": ("rubric_diff", "diff")}
"""What is done with a rubric, by the module that does it."""
_POLICY = {"drop": "left out", "wrong": "wrong", "class": "a class of its own"}


def _named(options: argparse.Namespace) -> str:
    if not options.name:
        raise UsageError(f"judge {options.command} {options.action}: name one   (all: judge {options.command} list)")
    return str(options.name)


def tasks(options: argparse.Namespace) -> int:
    """List, show (with the prompt of a sample) or check tasks."""
    if options.action == "list":
        return _list_tasks()
    if options.action == "check":
        suite_file = opening.suite_at(_named(options))
        return _check_task(_named(options), options) if suite_file is None else _check_suite(suite_file, options)
    suite_file = opening.suite_at(_named(options))
    if suite_file is not None:
        return _show_suite(suite_file)
    task, path = opening.open_task(_named(options))
    if options.sample is not None:
        from judge.cli.prompting import show_prompt

        return show_prompt(task, path, options)
    task, _, variant = opening.settled(task, options.settings, options.prompt)
    say(f"{task.name} v{task.version}: {task.about}")
    rows = [
        ["licence", task.licence],
        ["data", task.data.path or task.data.hub or ""],
        ["senses", ", ".join(task.modalities)],
        ["prompts", ", ".join(task.variants())],
        ["answers", ", ".join(f"{name} ({read.as_})" for ask in task.asks for name, read in ask.reads().items())],
        ["labels", ", ".join(task.labels) or _own_labels(task)],
        ["settings", ", ".join(f"{name}={'|'.join(item.choices)}" for name, item in task.all_settings().items())],
        ["wording", _worded(task, variant)],
        ["metrics", ", ".join(task.metrics)],
        ["rubric", task.rubric or ""],
        [
            "faithful",
            f"read by the rule {task.faithful.rule!r}; an unreadable answer is {_POLICY[task.faithful.invalid]}",
        ],
        ["file", str(path)],
    ]
    for line in table([row for row in rows if row[1]]):
        say("  " + line)
    return COMPLETE


def _worded(task: Task, variant: str) -> str:
    """Whose the prompts are, where there is something published to compare with."""
    if task.wording is None:
        return ""
    paths = [each[0] for each in task.wording.files.values()]
    released = f"the authors' ({' and '.join(paths)}, where they lie in the data folder), else " if paths else ""
    return released + {"own": "this project's own", "authors": "the authors'"}[task.wording.said(variant)]


def _own_labels(task: Task) -> str:
    """Of fields that have a set each: emotion: happy, sad; intent: asking, telling."""
    fields = [item for ask in task.asks for item in ask.reads().items()]
    return "; ".join(f"{name}: {', '.join(read.labels)}" for name, read in fields if read.labels)


def _show_suite(path: Path) -> int:
    """Its tasks by dimension, and how its averages are made."""
    suite = opening.open_suite(path)
    say(f"{suite.name} v{suite.version}: {suite.about}")
    rows = [["licence", suite.licence], ["citation", suite.citation or ""]]
    rows += [[title, ", ".join(keys)] for title, keys in suite.dimensions.items()]
    rows += [["tasks", ", ".join(f"{key} ({text})" for key, text in suite.tasks.items())]]
    for name, plan in suite.scores.items():
        made = f"pool of {plan.micro} over {', '.join(plan.of) or 'all tasks'}" if plan.micro else ", ".join(plan.mean)
        rows.append([name, ("" if plan.micro else "mean of ") + made + (f": {plan.about}" if plan.about else "")])
    for line in table([*[row for row in rows if row[1]], ["file", str(path)]]):
        say("  " + line)
    return COMPLETE


def _list_tasks() -> int:
    rows = []
    for name, path in _files("tasks").items():
        try:
            if is_suite(path):
                suite = opening.open_suite(path)
                rows.append([name, f"suite of {len(suite.tasks)}", suite.about])
                continue
            task, _ = opening.open_task(str(path))
            rows.append([name, ", ".join(task.variants()), task.about])
        except JudgeError as error:
            rows.append([name, "wrong", str(error.faults[0])])
    for line in table(rows):
        say(line)
    return COMPLETE


def _files(kind: shipped.Kind) -> dict[str, Path]:
    """Shipped files and those of the working folder, which come first."""
    here = Path(kind)
    own = {str(path.relative_to(here).with_suffix("")): path for path in sorted(here.rglob("*.yaml"))}
    return dict(sorted((shipped.names(kind) | own).items()))


def _check_suite(path: Path, options: argparse.Namespace) -> int:
    """Every member, then that each task gives the metrics that the averages take; all faults at once."""
    from judge.check import check_averages

    suite = opening.open_suite(path)
    tasks: dict[str, Task] = {}
    faults: list[Fault] = []
    for key in suite.tasks:
        try:
            tasks[key], member = opening.open_member(suite, path, key)
            _check_task(str(member), options)
        except JudgeError as error:
            faults += error.faults
    faults += check_averages(suite, tasks, path)
    if faults:
        raise TaskError(faults)
    say(f"✓ {path}: {suite.name} v{suite.version}; {len(tasks)} tasks, {len(suite.scores)} averages")
    return COMPLETE


def _check_task(given: str, options: argparse.Namespace) -> int:
    from judge.check import check_task, delimiter_note

    path, shown = shipped.find("tasks", given)
    shown = shown.removesuffix(" (shipped)")
    known = opening.rubric_names() | opening.beside(path)
    place = placing.place_of(opening.open_task(str(path))[0], path, options.data)
    task, counted = check_task(path, known, shown=shown, data=place, scores_of=opening.scores_near(path))
    if task.rubric is not None:
        opening.open_rubric(task.rubric, path)
    say(f"✓ {shown}: {task.name} v{task.version}; {counted}")
    if note := delimiter_note(task, path, place):
        warn(f"  {note}")
    return COMPLETE


def rubrics(options: argparse.Namespace) -> int:
    """List, show, check, try or compare rubrics."""
    if options.action in _DEEDS:
        module, name = _DEEDS[options.action]
        return int(getattr(importlib.import_module(f"judge.cli.{module}"), name)(options))
    if options.action == "list":
        rows = []
        for name, path in _files("rubrics").items():
            try:
                rubric = opening.open_rubric(str(path))
                rows.append([name, ", ".join(stage.name for stage in rubric.rated()), rubric.about])
            except JudgeError as error:
                rows.append([name, "wrong", str(error.faults[0])])
        for line in table(rows):
            say(line)
        return COMPLETE
    rubric = opening.open_rubric(_named(options))
    say(f"{rubric.name} v{rubric.version}: {rubric.about}")
    say(f"  sees {', '.join(rubric.sees)} · judge {rubric.judge} · digest {rubric.digest[:8]}")
    for stage in rubric.stages:
        say(f"  extract {stage.extract}" if stage.extract else f"  rate {stage.rate}: {stage.name}: {stage.question}")
        for point, anchor in sorted((stage.scale or {}).items()):
            say(f"      {point:.12g}  {anchor}")
    own = {name: rubric.sources[name].model_dump(exclude_defaults=True) for name in rubric.sources}
    plan = own | rubric.scores.model_dump(exclude_defaults=True)
    for name, source in (plan | plan.pop("ratings", {})).items():
        say(f"  {name} = " + ", ".join(f"{way}: {_shown(value)}" for way, value in source.items()))
    return COMPLETE


def _shown(value: object) -> str:
    """Settings as a person writes them."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {_shown(inner)}" for name, inner in value.items())
    return ", ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)


def providers(options: argparse.Namespace) -> int:
    """List, show or check presets."""
    from judge.cli import providing
    from providers.preset import preset_names, read_preset

    if options.action == "list":
        import os

        rows = []
        for name in preset_names():
            preset = read_preset(name)
            key = preset.key or ""
            state = f"{key} {'is set' if os.environ.get(key) else 'is not set'}" if key else _key_less(preset.backend)
            rows.append([name, state, preset.about])
        for line in table(rows):
            say(line)
        return COMPLETE
    name = _named(options)
    if options.action == "check" and Path(name).is_file():
        preset = read_preset(name)
    else:
        preset = read_preset(providing.known_provider(name))
    if options.action == "check":
        say(f"✓ {name}: {preset.backend}, {preset.model or 'the model is named by --model'}")
        return COMPLETE
    for name, value in preset.model_dump(exclude_none=True, exclude_defaults=True).items():
        say(f"  {name}: {_shown(value)}")
    return COMPLETE


def _key_less(backend: str) -> str:
    return {"hosted": "the vendor's key", "endpoint": "the server's key, if any"}.get(backend, "needs no key")


def metrics(options: argparse.Namespace) -> int:
    """List metrics."""
    from judge.metrics.names import ABOUT

    if options.action == "check":
        raise UsageError(f"{command('metrics')}: list or show")
    rows = [[name, about] for name, (_, about) in ABOUT.items() if options.name in (None, name)]
    if not rows:
        from judge.errors import nearest

        raise UsageError(f'unknown metric "{options.name}"{nearest(options.name, ABOUT)}   {all_of("metrics")}')
    for line in table(rows):
        say(line)
    return COMPLETE
