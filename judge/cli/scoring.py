"""`judge score`: every run below the given paths, skipping what is already scored."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from judge import differing
from judge.cli import evidence, paneling
from judge.cli.badging import badged, refreshed
from judge.cli.benches import bench_of, earlier, labelled
from judge.cli.grouping import grouped
from judge.cli.hearing import hear_all
from judge.cli.judges import Session, own_rubric, panels_of
from judge.cli.main import COMPLETE, ERRORS, INTERRUPTED, NOTHING, TERMINATED, USAGE
from judge.cli.opening import open_rubric
from judge.cli.placing import reopened
from judge.cli.scoreboard import print_scores
from judge.cli.suite_scoring import runs_of, score_suite
from judge.cli.terminal import plural, say, warn
from judge.definitions import THINKING, Task
from judge.errors import JudgeError, NoRubric, NothingDone, RubricError, UsageError, nearest
from judge.evaluate import evaluate, judge_failures
from judge.measures import BertSetting
from judge.metrics.names import METRIC_NAMES, need_of
from judge.pool import Stop
from judge.records import UNREADABLE, Answer, Key, Run
from judge.rubric import JUDGED, own_scores, scores_named
from judge.runs import Opened
from judge.score import Panel, case_of, read_items, refuse_off_scale
from judge.shell import all_of, command
from judge.standing import standing_of
from judge.store import Appender, CannotWrite, Folder, locked
from judge.suite_folder import suites_below
from judge.summary import Summary, fingerprint, judge_block, read_summary, run_block, write_summary
from judge.thinking import thinking_block, with_reading
from providers.limits import Budget


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One run, opened, with what is to be done to it."""

    folder: Folder
    opened: Opened
    answers: dict[Key, Answer]
    metrics: tuple[str, ...]
    panels: tuple[Panel, ...]

    @property
    def run(self) -> Run:
        """The stored run."""
        return self.opened.run

    @property
    def task(self) -> Task:
        """The task it is scored by."""
        return self.opened.task


def score(options: argparse.Namespace) -> int:
    """Score every run; a run that cannot be scored is said, and the others go on."""
    suites = [suite for path in options.paths for suite in suites_below(Path(path))]
    folders = [folder for path in options.paths for folder in runs_of(Path(path), suites)]
    if not folders:
        raise NothingDone(
            f"no run below {', '.join(options.paths)}. Make one:  {command('run', 'tasks/humor.yaml')} ..."
        )
    if options.suite is not None:
        suites = grouped(options.suite, folders)
    if options.only and not options.judges:
        raise UsageError("--only unread: whose replies? Name the judge as before: --judge PROVIDER[:MODEL]")
    options.metrics = _metric_names(options, folders)
    options.lone = len(folders) == 1
    session = Session(options=options, budget=Budget(options.max_cost))
    try:
        code = _score_all(folders, session)
    finally:
        if session.store is not None:
            session.store.close()
    if session.signal:
        warn(f"  what was judged is kept. To go on:  {options.line}")
        return INTERRUPTED if session.signal == "SIGINT" else TERMINATED
    return max([code, *(score_suite(suite, first=options.mode) for suite in suites)])


def _score_all(folders: Sequence[Folder], session: Session) -> int:
    codes = [COMPLETE]
    without_rubric = 0
    for folder in folders:
        try:
            codes.append(_score_one(folder, session))
        except CannotWrite:
            raise
        except JudgeError as error:
            if len(folders) == 1 or isinstance(error, UsageError | RubricError):
                raise
            for fault in error.faults:
                warn(str(fault))
            codes.append(ERRORS)
            without_rubric += isinstance(error, NoRubric)
        if session.signal or session.halted:
            break
    return USAGE if without_rubric == len(folders) else max(codes)


def _metric_names(options: argparse.Namespace, folders: Sequence[Folder]) -> list[str]:
    """--metrics, each name the suite's or a score of a rubric that any of the runs is judged by."""
    names = [name.strip() for text in options.metrics for name in text.split(",") if name.strip()]
    if all(name in METRIC_NAMES for name in names):
        return names
    known = [*METRIC_NAMES, *_own_scores(options, folders)]
    for name in names:
        if name not in known:
            raise UsageError(f'--metrics: unknown metric "{name}"{nearest(name, known)}   {all_of("metrics")}')
    return names


def _own_scores(options: argparse.Namespace, folders: Sequence[Folder]) -> list[str]:
    """What the rubrics give that --rubric or the runs' tasks name."""
    found: dict[str, None] = {}
    for folder in folders:
        try:
            run = folder.read_run()
            for named in options.rubrics or [str(run.task_spec.get("rubric") or "")]:
                found |= dict.fromkeys(scores_named(open_rubric(named, Path(run.task_file))) if named else ())
        except JudgeError:
            continue  # said when the run is scored
    return list(found)


def _score_one(folder: Folder, session: Session) -> int:
    """All that is read of the run is read under its lock: what a running `run` adds later is not scored by halves."""
    with locked(folder.path):
        job = _job(folder, session)
        marked = _fingerprint(job, session.options)
        before = read_summary(folder)
        if before is not None and before.run.get("scored") == marked and not session.options.fresh:
            say(f"{folder.path}  already scored")
            now = refreshed(before, run=folder.path, out=folder.path)
            print_scores(
                folder, now, first=session.options.mode, note=job.opened.note, only=frozenset(session.options.metrics)
            )
            paneling.print_panels(now, mode=session.options.mode)
            return COMPLETE if _is_whole(before.run) else ERRORS
        return _score_locked(job, session, before=before, marked=marked)


def _job(folder: Folder, session: Session) -> Job:
    options = session.options
    run = folder.read_run()
    opened = _reread(reopened(run, options.data, near=folder.path, media=options.media), folder, options)
    answers = {key: answer for key, answer in folder.read_answers().items() if key.variant == run.variant}
    wanted = _metrics_of(opened.task, options, ())
    judged = any(need_of(name) == "rubric" for name in wanted)
    if judged and options.judges and not options.rubrics and opened.task.rubric is None:
        raise NoRubric(_without_rubric(opened.task, folder, options.judges))
    asked = panels_of(opened, session, folder.path) if judged else []
    metrics = _metrics_of(opened.task, options, asked)
    evidence.check(opened, asked)
    paneling.check(options, asked)
    panels = tuple(evidence.equal_method(opened, panel) for panel in asked)
    return Job(folder=folder, opened=opened, answers=answers, metrics=metrics, panels=panels)


def _without_rubric(task: Task, folder: Folder, judges: Sequence[str]) -> str:
    text = f"{folder.path}: the task {task.name} has no rubric, which says what {', '.join(judges)} should rate"
    return f"{text}. Name one: --rubric FILE|NAME   {all_of('rubrics')}; or leave --judge out. Nothing was asked"


def _reread(opened: Opened, folder: Folder, options: argparse.Namespace) -> Opened:
    """As --set has it read; of several runs, one that it changes nothing of is said, and scored as it is."""
    given = getattr(options, "settings", ())
    if any(name == THINKING for name, _ in given) and not opened.task.reading_settings() and not options.lone:
        warn(f"{folder.path}: no rule of authors reads {opened.task.name}: --set {THINKING} changes nothing there")
        given = [(name, value) for name, value in given if name != THINKING]
    return with_reading(opened, given)


def _metrics_of(task: Task, options: argparse.Namespace, panels: Sequence[Panel]) -> tuple[str, ...]:
    """--metrics, else the task's and the rubrics' own; a judge or rubric asked for by name brings all they give."""
    if options.metrics:
        return tuple(options.metrics)
    given = [name for panel in panels for name in scores_named(panel.rubric)]
    asked = (given or JUDGED) if options.judges or options.rubrics else ()
    own = [name for panel in panels for name in own_scores(panel.rubric)]
    return tuple(dict.fromkeys([*task.metrics, *asked, *own]))


def _fingerprint(job: Job, options: argparse.Namespace) -> str:
    panels = [(f"{panel.judge.name} {panel.judge.method}", panel.rubric, panel.repeats) for panel in job.panels]
    extra = [*job.metrics, str(options.bertscore_model), str(options.bertscore_layers)]
    extra += [f"combine {options.combine}"] if options.combine else []
    shown = any(panel.rubric.shows("clues") for panel in job.panels)
    extra += [f"evidence {job.run.evidence_sha256}"] if shown and job.run.evidence_sha256 else []
    return fingerprint(job.run, job.task, answers=job.answers, panels=panels, options=extra)


def _score_locked(job: Job, session: Session, *, before: Summary | None, marked: str) -> int:
    items = read_items(job.task, job.opened.samples, run=job.run, answers=job.answers)
    judged = bool(job.panels) or bool(before and before.run["judges"])
    worth = [item for item in items if item.judgeable() or item.declined() or item.silent()] if judged else []
    cases = [case_of(job.task, item, job.run) for item in worth]
    known, size = (job.folder.read_verdicts(), _size(job.folder)) if judged else ([], 0)
    refuse_off_scale(job.folder.verdicts_file, known, [panel.rubric for panel in job.panels])
    log = Appender(job.folder.verdicts_file)
    heard, stop = hear_all(job.opened, job.panels, session, cases=cases, known=known, log=log)
    now = [bench_of(panel, verdicts) for panel, verdicts in heard]
    benches = labelled([*now, *earlier(before, now, cases=cases, known=known)])
    benches += paneling.panels_among(benches, now, how=session.options.combine, before=before)
    metrics = tuple(
        dict.fromkeys([*job.metrics, *(item.metric for item in before.estimates)] if before else job.metrics)
    )
    bert = session.bert.setdefault(_language(job.task), _bert(job.task, session.options))
    evaluation = evaluate(job.run, job.task, items=items, metrics=metrics, benches=benches, bert=bert)
    blocks = [badged(judge_block(bench), run=job.folder.path, bench=bench) for bench in benches]
    fresh = not judged or _size(job.folder) != size
    judge_cost = sum(verdict.cost or 0.0 for verdict in (job.folder.read_verdicts() if fresh else known))
    block = run_block(
        job.run,
        job.task,
        expected=[item.key for item in items],
        answers=job.answers,
        spent=(standing_of(job.folder).cost, judge_cost),
        judges=blocks,
    )
    block["own_rubric"] = own_rubric(job.opened)
    block["positions"] = evaluation.positions
    by_judge = any(bench.rubric.by_authors for bench in benches)
    block["thinking"] = thinking_block(job.task, job.answers.values(), by_judge=by_judge)
    block["modes_differ"] = differing.gaps(job.task, evaluation)
    block |= paneling.found_among(job.run, job.task, items=items, metrics=metrics, benches=benches)
    failures = judge_failures(evaluation)
    if not stop.event.is_set() and not failures:
        block["scored"] = marked
    summary = write_summary(job.folder, block=block, evaluation=evaluation)
    only = frozenset(session.options.metrics)
    print_scores(job.folder, summary, first=session.options.mode, note=job.opened.note, only=only)
    paneling.print_panels(summary, mode=session.options.mode)
    said = any(verdict.problem is None for bench in now for verdict in bench.verdicts)
    kinds = evaluation.problems.get("judge", {})
    unreadable = sum(int(kinds.get(kind, {}).get("n", 0)) for kind in UNREADABLE)
    failures = failures if said or not now else -failures
    return _ended(job, session, stop=stop, failures=failures, unreadable=unreadable, whole=_is_whole(block))


def _is_whole(block: Mapping[str, Any]) -> bool:
    """True where no answer failed or was never asked for."""
    return not block["statuses"]["error"] and not block["not_asked"]


def _size(folder: Folder) -> int:
    return folder.verdicts_file.stat().st_size if folder.verdicts_file.exists() else 0


def _again(session: Session) -> str:
    """The line that asks the judge again for what could not be read."""
    line = str(session.options.line)
    return line if session.options.only else f"{line} --only unread"


def _ended(job: Job, session: Session, *, stop: Stop, failures: int, unreadable: int, whole: bool) -> int:
    """The exit code; `failures` is below 0 where the judge said nothing at all; `whole`: no answer is missing."""
    if stop.kind in ("halt", "budget"):
        session.halted = stop.reason
        warn(f"  judging stopped: {stop.reason}. Score again to go on; what was judged is kept.")
        return NOTHING if stop.kind == "halt" and failures < 0 else ERRORS
    session.signal = stop.kind
    if failures:
        why = command("show", job.folder.path, "ID")
        warn(f"  {plural(abs(failures), 'answer')} could not be judged; why:  {why}")
        if unreadable and session.options.judges:
            warn(f"  the judge's reply could not be read for {unreadable}; to ask again:  {_again(session)}")
    return ERRORS if failures or not whole else COMPLETE


def _language(task: Task) -> str:
    return task.language if isinstance(task.language, str) else task.language[0]


def _bert(task: Task, options: argparse.Namespace) -> BertSetting:
    return BertSetting(model=options.bertscore_model, layers=options.bertscore_layers, lang=_language(task))
