"""What NAME means to `data` and `references`: a task or suite by file, shipped name or own name; or a folder."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

from judge import shipped
from judge.cli import opening
from judge.definitions import Task
from judge.errors import Fault, JudgeError, TaskError, nearest
from judge.shell import all_of
from judge.spec.source import load
from judge.spec.suite import is_suite
from judge.suite import Suite


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What was meant: one task, or several with the suite that groups them, where there is one."""

    tasks: dict[str, Path]
    """Short name to file."""
    suite: Suite | None = None
    file: Path | None = None
    """The suite's."""

    def open(self, key: str) -> tuple[Task, Path]:
        """One of the tasks."""
        if self.suite is not None and self.file is not None:
            return opening.open_member(self.suite, self.file, key)
        return opening.open_task(str(self.tasks[key]))


def named(given: str) -> Named:
    """The tasks behind a name; raises TaskError with the nearest one."""
    suite = opening.suite_at(given)
    if suite is not None:
        return _of_suite(suite)
    folder = next((path for path in _folders(given) if path.is_dir() and any(path.glob("*.yaml"))), None)
    if folder is not None:
        return _of_folder(folder)
    try:
        path, _ = shipped.find("tasks", given)
        return Named(tasks={path.stem: path})
    except TaskError:
        return _by_own_name(given)


def files() -> dict[str, Path]:
    """Shipped tasks and suites, and those of the working folder, which come first."""
    here = Path("tasks")
    own = {str(path.relative_to(here).with_suffix("")): path for path in sorted(here.rglob("*.yaml"))}
    return dict(sorted((shipped.names("tasks") | own).items()))


def _of_suite(path: Path) -> Named:
    suite = opening.open_suite(path)
    return Named(tasks={key: path.parent / text for key, text in suite.tasks.items()}, suite=suite, file=path)


def _folders(given: str) -> Iterator[Path]:
    name = given.removeprefix("tasks/").rstrip("/")
    yield Path(given)
    if name and all(part not in ("", ".", "..") for part in name.split("/")):
        for text in (name, name.replace("-", "_")):
            yield Path("tasks") / text
            yield shipped.root() / "tasks" / text


def _of_folder(folder: Path) -> Named:
    found = [path for path in sorted(folder.glob("*.yaml")) if not path.name.startswith(".")]
    suites = [path for path in found if is_suite(path)]
    if len(suites) == 1:
        return _of_suite(suites[0])
    return Named(tasks={path.stem: path for path in found if path not in suites})


def _by_own_name(given: str) -> Named:
    """By what a file says its name is: emobench-m, emobench-m.hu."""
    known: dict[str, Path] = {}
    for path in files().values():
        try:
            value = load(path).value
        except JudgeError:
            continue
        if isinstance(value, dict) and isinstance(value.get("name"), str):
            known.setdefault(value["name"], path)
    path = known.get(given)  # type: ignore[assignment]
    if path is None:
        names = [*known, *files()]
        raise TaskError(
            Fault(
                given,
                None,
                "",
                f"no task or suite of this name{nearest(given, names)}   {all_of('tasks')}",
            )
        )
    return _of_suite(path) if is_suite(path) else Named(tasks={path.stem: path})
