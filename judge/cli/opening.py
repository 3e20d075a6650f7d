"""From options and environment to opened tasks, rubrics, providers and caches."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from judge import shipped
from judge.cli.terminal import warn
from judge.definitions import Rubric, Task
from judge.errors import NothingDone, UsageError, nearest
from judge.records import Sampling
from judge.spec.rubric import read_rubric
from judge.spec.task import read_task
from providers import catalog
from providers.cache import ReplyStore
from providers.records import Info

CACHE_VARIABLE = "JUDGE_CACHE"
CACHE_DEFAULT = ".judge-cache"


def rubric_names() -> frozenset[str]:
    """Shipped rubrics and those of the working folder."""
    here = {path.stem for path in Path("rubrics").glob("*.yaml")} if Path("rubrics").is_dir() else set()
    return frozenset(shipped.names("rubrics")) | frozenset(here)


def open_task(given: str) -> tuple[Task, Path]:
    """A task by path or shipped name; a name that was not a path is said."""
    path, shown = shipped.find("tasks", given)
    if shown.endswith("(shipped)"):
        warn(f"{given}: using {shown}")
    return read_task(path, rubric_names() | beside(path), shown=shown.removesuffix(" (shipped)")), path


def beside(task: Path) -> frozenset[str]:
    """Rubrics of the project that a task file stands in: ../rubrics from its folder, or one further up."""
    folders = [parent / "rubrics" for parent in task.resolve().parents[:3]]
    return frozenset(path.stem for folder in folders if folder.is_dir() for path in folder.glob("*.yaml"))


def open_rubric(given: str, task_file: Path | None = None) -> Rubric:
    """A rubric by path, by name in rubrics/ here or near its task, or a shipped one."""
    candidates = [Path(given), Path("rubrics") / f"{given}.yaml"]
    if task_file is not None:
        candidates += [task_file.parent / given]
        candidates += [parent / "rubrics" / f"{given}.yaml" for parent in task_file.resolve().parents[:3]]
    found = next((path for path in candidates if path.is_file()), None)
    if found is not None:
        return read_rubric(found, str(found))
    path, shown = shipped.find("rubrics", given)
    return read_rubric(path, shown.removesuffix(" (shipped)"))


def settings_of(task: Task, given: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Every setting of the task, with what --set changed."""
    settings = {name: setting.default for name, setting in task.settings.items()}
    for name, value in given:
        if name not in task.settings:
            known = ", ".join(task.settings) or "none"
            raise UsageError(f"--set {name}: {task.name} has no such setting{nearest(name, task.settings)} ({known})")
        choices = task.settings[name].choices
        if value not in choices:
            raise UsageError(f"--set {name}={value}: choose one of {', '.join(choices)}{nearest(value, choices)}")
        settings[name] = value
    return settings


def sampling_of(info: Info, options: argparse.Namespace) -> Sampling:
    """The preset's sampling with what the options change; `none` sends nothing."""
    changes: dict[str, object] = {}
    for name in ("temperature", "top_p", "max_tokens", "reasoning_effort", "seed"):
        value = getattr(options, name, None)
        if value is not None:
            changes[name] = None if value == "none" else value
    return Sampling.model_validate(info.sampling.model_dump() | changes)


def known_provider(name: str) -> str:
    """The name of a preset, or a usage error with the nearest one."""
    names = catalog.preset_names()
    if name not in names:
        raise UsageError(f'unknown provider "{name}"{nearest(name, names)}   (all: judge providers list)')
    return name


def refuse_if_away(info: Info, *, local_only: bool) -> None:
    """--local-only."""
    if local_only and info.sends_out:
        raise NothingDone(f"--local-only: {info.name} sends data to {info.destination}. Nothing was sent.")


def open_store(given: str | None, environment: Mapping[str, str] = os.environ) -> ReplyStore | None:
    """The cache folder: --cache, else $JUDGE_CACHE, else .judge-cache; `off` for none."""
    folder = given or environment.get(CACHE_VARIABLE) or CACHE_DEFAULT
    return None if folder == "off" else ReplyStore(Path(folder))
