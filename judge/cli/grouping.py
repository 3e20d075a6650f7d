"""`judge score --suite FILE`: runs that were made or imported one by one become a suite's, one for each model.

Only suite.json is written, beside the runs; where a task has two runs of one model it is said, and nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from judge.cli import opening
from judge.entries import digest
from judge.errors import NothingDone, UsageError
from judge.records import Run
from judge.runs import SHORT, plain_name
from judge.shell import all_of
from judge.store import Folder, locked
from judge.suite import Suite
from judge.suite_folder import Place, SuiteFolder, SuiteRun

Group = tuple[Path, str, str, str]
"""The folder that holds the runs, then model, provider and settings."""


def grouped(given: str, folders: Sequence[Folder]) -> list[SuiteFolder]:
    """The suites that the runs make; raises where there are none, or two runs for one place."""
    path = opening.suite_at(given)
    if path is None:
        raise UsageError(f"--suite {given}: no such suite   {all_of('tasks')}")
    suite = opening.open_suite(path)
    names = {opening.open_member(suite, path, key)[0].name: key for key in suite.tasks}
    found: dict[Group, dict[str, Run]] = {}
    for folder in folders:
        run = folder.read_run()
        key = names.get(run.task)
        if key is None:
            continue
        settings = digest({name: value for name, value in run.settings.items() if name != "media"})
        group = found.setdefault((folder.path.parent, run.model, run.provider_identity, settings), {})
        if key in group:
            both = f"{group[key].name} and {folder.path.name}"
            raise UsageError(f"--suite: {key} has two runs of {run.model}, {both}: name the runs that belong together")
        group[key] = run.model_copy(update={"name": folder.path.name})
    if not found:
        raise NothingDone(f"--suite: no run here is of a task of {suite.name} ({', '.join(names)})")
    return [_write(suite, path, parent=parent, runs=runs) for (parent, *_), runs in found.items()]


def _write(suite: Suite, path: Path, *, parent: Path, runs: dict[str, Run]) -> SuiteFolder:
    first = next(iter(runs.values()))
    settings = {name: value for name, value in first.settings.items() if name != "media"}
    named = digest([suite.name, suite.version, first.provider_identity, first.model, sorted(settings.items())])
    model = plain_name(first.model.rsplit("/", 1)[-1])
    folder = SuiteFolder(parent / f"{plain_name(suite.name)}--{model}--{named[:SHORT]}")
    made = SuiteRun(
        suite=suite.name,
        suite_version=suite.version,
        suite_file=str(path),
        suite_spec=suite.model_dump(mode="json", exclude_none=True),
        model=first.model,
        provider=first.provider,
        provider_kind=first.provider_kind,
        settings=settings,
        digest=named,
        name=folder.path.name,
        members={key: Place(task=run.task, folder=run.name) for key, run in runs.items()},
    )
    with locked(folder.path):
        folder.write(made)
    return folder
