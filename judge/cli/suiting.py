"""`judge run`: one task, or each task of a suite in turn; one that cannot be run does not stop the others."""

from __future__ import annotations

import argparse
import copy
from collections.abc import Sequence
from pathlib import Path

from judge.cli import opening, running
from judge.cli.main import COMPLETE, INTERRUPTED, NOTHING, TERMINATED, USAGE
from judge.cli.preparing import Work, folder_name, prepare
from judge.cli.progress import suite_end
from judge.cli.terminal import say, warn
from judge.definitions import THINKING, Task
from judge.entries import digest
from judge.errors import DataAbsent, JudgeError, Locked, NothingDone, UsageError, nearest
from judge.runs import SHORT, plain_name
from judge.shell import command
from judge.standing import standing_of
from judge.store import CannotWrite, locked
from judge.suite import Suite
from judge.suite_folder import Place, SuiteFolder, SuiteRun, merged

SIGNALS = (INTERRUPTED, TERMINATED)
_ONE_TASK = ("ids", "shard", "only")
"""Options whose meaning is one task's."""


def run(options: argparse.Namespace) -> int:
    """Run a task, or a suite."""
    path = opening.suite_at(options.task)
    if path is None:
        if options.members is not None:
            raise UsageError(f"--task {options.members}: only a suite has tasks to choose from")
        return running.run(options)
    return _Suite(path, options).run()


def chosen(suite: Suite, given: str | None) -> list[str]:
    """The tasks that --task names, in the suite's order; all without it."""
    if given is None:
        return list(suite.tasks)
    by_name = {name.casefold(): name for name in suite.tasks}
    wanted = [name.strip() for name in given.split(",") if name.strip()]
    for name in wanted:
        if name.casefold() not in by_name:
            known = ", ".join(suite.tasks)
            raise UsageError(
                f'--task: {suite.name} has no task "{name}"{nearest(name, suite.tasks)}   (it has: {known})'
            )
    keep = {by_name[name.casefold()] for name in wanted}
    if not keep:
        raise UsageError("--task: name at least one task")
    return [name for name in suite.tasks if name in keep]


class _Suite:
    """One call of `judge run` on a suite."""

    def __init__(self, path: Path, options: argparse.Namespace) -> None:
        """Everything that is wrong for all tasks alike is refused here."""
        self.path = path
        self.options = options
        self.suite = opening.open_suite(path)
        self.keys = chosen(self.suite, options.members)
        for name in _ONE_TASK:
            if getattr(options, name) is not None:
                raise UsageError(f"--{name} is about one task: name its file, not the suite {self.suite.name}")
        folder_name(options.name)
        self.tasks = {key: opening.open_member(self.suite, path, key)[0] for key in self.keys}
        self._refuse_what_no_task_has()
        self.places: dict[str, Place] = {}
        self.folder: SuiteFolder | None = None
        self.spent = 0.0

    def run(self) -> int:
        """Each task in turn; the worst exit code."""
        codes = []
        for number, key in enumerate(self.keys, 1):
            say(f"{key} · {number} of {len(self.keys)} · {self.suite.name}")
            try:
                codes.append(self._task(key))
            except KeyboardInterrupt:  # between two runs, or before one has begun
                codes.append(INTERRUPTED)
            say()
            if codes[-1] in SIGNALS:
                break
        code = max(codes)
        if not self.options.dry_run:
            left = self.keys[len(codes) - (codes[-1] in SIGNALS) :]
            line = self.options.line
            suite_end(self.suite, self.places, folder=self.folder, good=code == COMPLETE, to_go_on=(line, left))
            if any(place.absent for place in self.places.values()):
                text = f"to get the data:  {command('data', self.suite.name)}"
                warn(f"  {text}   (then give --data FILE|DIR, or set JUDGE_DATA to its folder)")
        return code

    def _task(self, key: str) -> int:
        """One task's exit code; why it could not be run is said and kept."""
        task = self.tasks[key]
        try:
            if self.options.max_cost is not None and self.spent >= self.options.max_cost:
                spent = f"${self.spent:.2f} of ${self.options.max_cost:.2f}"
                raise NothingDone(f"the suite has spent {spent}: {key} was not asked")
            own = self._options(key, task)
            work = prepare(own)
            return self._carry_out(key, work, own)
        except CannotWrite:
            raise
        except JudgeError as error:
            absent = isinstance(error, DataAbsent)
            for fault in error.faults:
                if absent:
                    say("  its data is not there")  # where it is looked for is said once, at the end
                else:
                    warn(f"  {fault}")
            reason = "its data is not there" if absent else str(error.faults[0])
            self._keep(Place(task=task.name, reason=reason, absent=absent), key)
            if absent and key in self.suite.optional:
                say(f"  {key}: its data is not there ({self.suite.optional[key]}); the suite goes on without it")
                return COMPLETE
            return NOTHING if isinstance(error, NothingDone | Locked) else USAGE

    def _carry_out(self, key: str, work: Work, own: argparse.Namespace) -> int:
        if self.options.dry_run:
            return running.carry_out(work, own)
        before = standing_of(work.folder).cost if work.folder.run_file.exists() and not own.fresh else 0.0
        self._open(work)
        try:
            return running.carry_out(work, own)
        finally:
            if work.folder.run_file.exists():
                self.spent += standing_of(work.folder).cost - before
                self._keep(Place(task=work.plan.task.name, folder=work.folder.path.name), key)

    def _options(self, key: str, task: Task) -> argparse.Namespace:
        """The suite's options as this task takes them."""
        own = copy.copy(self.options)
        own.task = str(self.path.parent / self.suite.tasks[key])
        own.settings = [(name, value) for name, value in self.options.settings if name in task.all_settings()]
        own.name = f"{self.options.name}--{plain_name(key)}" if self.options.name else None
        if self.options.max_cost is not None:
            own.max_cost = self.options.max_cost - self.spent
        if self.options.modalities is not None:
            kept = [name for name in _listed(self.options.modalities) if name in task.modalities]
            if not kept:
                raise UsageError(f"--modalities {self.options.modalities}: {task.name} has none of them")
            own.modalities = ",".join(kept)
        if self.options.replies is not None:
            own.replies = str(_replies(Path(self.options.replies), key, self.suite))
        return own

    def _refuse_what_no_task_has(self) -> None:
        """A setting or a sense that not one task knows is a slip of the pen."""
        settings = {name for task in self.tasks.values() for name in task.all_settings()}
        for name, _ in self.options.settings:
            if name not in settings:
                known = ", ".join(sorted(settings)) or "none"
                raise UsageError(f"--set {name}: no task here has such a setting{nearest(name, settings)} ({known})")
        senses: set[str] = {sense for task in self.tasks.values() for sense in task.modalities}
        for sense in _listed(self.options.modalities or ""):
            if sense not in senses:
                raise UsageError(f"--modalities: no task here has {sense}{nearest(sense, senses)}")

    def _open(self, work: Work) -> None:
        """The suite's folder, once it is known who answers."""
        if self.folder is not None:
            return
        named = _digest(self.suite, work, self.options)
        model = plain_name(work.identity.model.rsplit("/", 1)[-1])
        name = self.options.name or f"{plain_name(self.suite.name)}--{model}--{named[:SHORT]}"
        self.folder = SuiteFolder(Path(self.options.out) / name)
        self.begun = SuiteRun(
            suite=self.suite.name,
            suite_version=self.suite.version,
            suite_file=str(self.path),
            suite_spec=self.suite.model_dump(mode="json", exclude_none=True),
            model=work.identity.model,
            provider=work.plan.info.name,
            provider_kind=work.plan.info.kind,
            variant=self.options.prompt or "",
            settings=dict(self.options.settings),
            digest=named,
            name=name,
            members={},
        )
        self._write()

    def _keep(self, place: Place, key: str) -> None:
        self.places[key] = place
        if self.folder is not None:
            self._write()

    def _write(self) -> None:
        """Under its lock: another process may be running other tasks of the same suite."""
        assert self.folder is not None  # noqa: S101 - for the type checker
        with locked(self.folder.path):
            old = self.folder.read() if self.folder.file.exists() else None
            if old is not None and old.digest != self.begun.digest:
                raise UsageError(f"{self.folder.path} holds another suite ({old.suite}, {old.model}): another --name")
            run = self.begun.model_copy(update={"members": dict(self.places)})
            self.folder.write(merged(old, run, self.suite.tasks))


def _listed(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _replies(given: Path, key: str, suite: Suite) -> Path:
    """What is replayed for one task: its run in an earlier suite's folder, or its file in a folder of files."""
    earlier = SuiteFolder(given)
    if earlier.file.is_file():
        place = earlier.read().members.get(key)
        run = earlier.run_of(place) if place is not None else None
        if run is None:
            raise UsageError(f"--replies {given}: it has no run of {key}")
        return run.path
    if not given.is_dir():
        raise UsageError(f"--replies {given}: for a suite, name a suite's folder, or a folder with TASK.jsonl files")
    return given / f"{Path(suite.tasks[key]).stem}.jsonl"


def _digest(suite: Suite, work: Work, options: argparse.Namespace) -> str:
    """Names the suite's folder: whoever answers, and how all tasks are asked; not which tasks, nor how many items."""
    identity = work.identity
    settings = sorted((name, value) for name, value in options.settings if name != THINKING)
    asked: Sequence[object] = [options.prompt, settings, options.modalities, options.accepts]
    replies = str(options.replies) if options.replies else ""
    who = [identity.provider, identity.model, identity.sampling.sent(), identity.system, identity.seed]
    return digest([suite.name, suite.version, who, list(asked), options.structured, options.repeats, replies])
