"""From options to tasks, rubrics and settings; light, because every listing needs it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from judge import shipped
from judge.cli.terminal import warn
from judge.definitions import Task, Variant
from judge.errors import Fault, RubricError, TaskError, UsageError, nearest
from judge.regular import is_file, leads_out
from judge.rubric import Rubric, scores_named
from judge.shell import command
from judge.spec.rubric import read_rubric
from judge.spec.suite import is_suite, read_suite
from judge.spec.task import fault_line, read_task
from judge.suite import Suite


def rubric_names() -> frozenset[str]:
    """Shipped rubrics and those of the working folder."""
    here = {path.stem for path in Path("rubrics").glob("*.yaml")} if Path("rubrics").is_dir() else set()
    return frozenset(shipped.names("rubrics")) | frozenset(here)


def open_task(given: str) -> tuple[Task, Path]:
    """A task by path or shipped name; a name that was not a path is said."""
    path, shown = shipped.find("tasks", given)
    if shown.endswith("(shipped)"):
        warn(f"{given}: using {shown}")
    try:
        return _read(path, shown.removesuffix(" (shipped)")), path
    except TaskError:
        if is_suite(path):
            raise UsageError(f"{given} is a suite, and one task is needed here: name the file of one") from None
        raise


def suite_at(given: str) -> Path | None:
    """The file of a suite by path, shipped name or family; None where `given` means something else, or nothing."""
    name = given.removeprefix("tasks/").removesuffix(".yaml").rstrip("/")
    known = shipped.names("tasks")
    path = Path(given)
    if not is_file(path):
        found = known.get(name) or known.get(f"{name.replace('-', '_')}/suite")
        if found is None:
            return None
        path = found
    return path if is_suite(path) else None


def open_suite(path: Path, shown: str | None = None) -> Suite:
    """A suite; that its tasks' files are there is told when they are opened."""
    return read_suite(path, shown or str(path))


def open_member(suite: Suite, file: Path, key: str) -> tuple[Task, Path]:
    """A task of a suite; one that is not there is a fault of the suite's file."""
    path = file.parent / suite.tasks[key]
    if not is_file(path):
        near = nearest(path.name, [other.name for other in file.parent.glob("*.yaml")])
        text = f"{suite.tasks[key]} is not there{near}"
        raise TaskError(Fault(str(file), fault_line(file, ("tasks", key)), f"tasks.{key}", text))
    return _read(path, str(path)), path


def _read(path: Path, shown: str) -> Task:
    return read_task(path, rubric_names() | beside(path), shown=shown, scores_of=scores_near(path))


def scores_near(task_file: Path) -> Callable[[str], list[str]]:
    """The scores of a rubric that a task names; none of one that cannot be read, which is said where it is used."""

    def scores(rubric: str) -> list[str]:
        try:
            return scores_named(open_rubric(rubric, task_file))
        except (RubricError, OSError):
            return []

    return scores


def beside(task: Path) -> frozenset[str]:
    """Rubrics of the project that a task file stands in: ../rubrics from its folder, or one further up."""
    folders = [parent / "rubrics" for parent in task.resolve().parents[:3]]
    return frozenset(path.stem for folder in folders if folder.is_dir() for path in folder.glob("*.yaml"))


def open_rubric(given: str, task_file: Path | None = None) -> Rubric:
    """A rubric by path, by name in rubrics/ here or near its task, or a shipped one."""
    return read_rubric(*rubric_at(given, task_file))


def rubric_at(given: str, task_file: Path | None = None) -> tuple[Path, str]:
    """The file of a rubric, and how it is shown."""
    candidates = [Path(given), Path("rubrics") / f"{given}.yaml"]
    if task_file is not None and not Path(given).is_absolute():  # which no task may name: it is the user's own
        mine = task_file.parent / given
        if is_file(mine) and leads_out(task_file.parent, mine):
            raise RubricError(Fault(str(mine), None, "", "is a link that leads out of the task's folder"))
        candidates += [mine]
        candidates += [parent / "rubrics" / f"{given}.yaml" for parent in task_file.resolve().parents[:3]]
    found = next((path for path in candidates if is_file(path)), None)
    if found is not None:
        return found, str(found)
    path, shown = shipped.find("rubrics", given)
    return path, shown.removesuffix(" (shipped)")


class Settled(NamedTuple):
    """A task as its settings make it, and which of its prompts is asked."""

    task: Task
    settings: dict[str, str]
    variant: Variant


def settled(task: Task, given: Sequence[tuple[str, str]], prompt: Variant | None, *, imported: bool = False) -> Settled:
    """What --set and --prompt choose; a setting that names the prompts in the benchmark's words must agree with it."""
    settings = settings_of(task, given, imported=imported)
    for name, setting in task.settings.items():
        if not setting.prompt:
            continue
        if prompt is None or name in dict(given):
            chosen = setting.prompt[settings[name]]
            if prompt not in (None, chosen):
                raise UsageError(f"--set {name}={settings[name]} is --prompt {chosen}, not {prompt}: give one of them")
            prompt = chosen
        else:
            settings[name] = next(choice for choice in setting.choices if setting.prompt[choice] == prompt)
    task = task.under(settings)
    variant = prompt or task.first_variant()
    if variant not in task.variants():
        raise UsageError(f"{task.name} has no {variant} prompt (it has: {', '.join(task.variants())})")
    return Settled(task, settings, variant)


def settings_of(task: Task, given: Sequence[tuple[str, str]], *, imported: bool = False) -> dict[str, str]:
    """Every setting of the task, with what --set changed; those of imports only where answers are imported.

    One of the reading is among them only where it differs from the task's.
    """
    away = frozenset() if imported else task.import_settings()
    offered = task.all_settings()
    settings = {name: setting.default for name, setting in offered.items() if name not in away}
    reading = task.reading_settings()
    for name, value in given:
        if name in away:
            raise UsageError(
                f"--set {name}: only {command('import')} takes it: it says how answers made elsewhere are read"
            )
        if name not in offered:
            known = ", ".join(offered) or "none"
            raise UsageError(f"--set {name}: {task.name} has no such setting{nearest(name, offered)} ({known})")
        choices = offered[name].choices
        if value not in choices:
            raise UsageError(f"--set {name}={value}: choose one of {', '.join(choices)}{nearest(value, choices)}")
        settings[name] = value
    return {name: value for name, value in settings.items() if name not in reading or value != reading[name].default}
