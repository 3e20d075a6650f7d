"""`judge run`: opens task, data and provider, asks what is not answered yet, and says how it went."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import time
from functools import partial
from pathlib import Path

from judge import senses
from judge.cli import attaching, providing
from judge.cli.main import COMPLETE, INTERRUPTED, NOTHING, TERMINATED
from judge.cli.preparing import Work, prepare
from judge.cli.progress import Ended, forecast_text, header, progress_text, report_end
from judge.cli.signals import catching
from judge.cli.terminal import Progress, plural, say, warn
from judge.errors import Fault, JudgeError, UsageError
from judge.media.orders import Bounds
from judge.media.sending import Sender, changed
from judge.parse.reply import parse
from judge.pool import Stop
from judge.records import Answer, Key, Run, Sample
from judge.released_wording import lacking
from judge.run import Plan, Tally, Todo, still_to_ask
from judge.run import run as run_plan
from judge.runs import Who, new_run, now, payer_of, select, widen
from judge.standing import Standing, standing_of
from judge.store import Appender, NotWritable, locked
from providers import catalog
from providers.errors import CacheUnusable
from providers.records import Jobs, Provider
from providers.tables import require_files

NOT_REACHED = frozenset(
    {"connection", "timeout", "unauthorized", "not_found", "quota", "rate_limit", "server", "usage", "not_installed"}
)
"""Failures that say something of the way to the model; any other one is of an item by itself, and is a finding."""


def run(options: argparse.Namespace) -> int:
    """Run one task against one provider; the last line of stdout is the run's folder."""
    work = prepare(options)
    work = dataclasses.replace(work, fresh=options.fresh or not work.folder.path.exists())
    return carry_out(work, options)


def nothing_came(work: Work) -> bool:
    """True where no model was reached, no call may have been charged, and no batch goes on: no folder is kept."""
    try:
        standing = standing_of(work.folder)
    except JudgeError:
        return False
    paid = work.plan.info.kind == "paid"
    charged = standing.cost or (paid and (standing.doubtful or work.plan.info.batches))
    failed = set(standing.errors(work.identity.variant))
    return not charged and all(status == "error" for status in standing.statuses.values()) and failed <= NOT_REACHED


def carry_out(work: Work, options: argparse.Namespace) -> int:
    """Ask what is to be asked, or with --dry-run say what that would be."""
    if options.dry_run:
        return _dry(work, options)
    if options.fresh:
        set_aside(work.folder.path)
    with locked(work.folder.path):
        try:
            return _run_locked(work, options)
        finally:
            if work.fresh and nothing_came(work):
                work.folder.remove()


def _dry(work: Work, options: argparse.Namespace) -> int:
    """What the same line without --dry-run would do; no folder is made and nothing is sent."""
    folder = work.folder
    there = folder.run_file.exists() and not options.fresh
    standing = standing_of(folder) if there else Standing()
    run = new_run(work.identity, work.task_file, who=_who(work), selection=work.selection, name=folder.path.name)
    todo = _todo(work, run, standing, only=options.only)
    _header(work, run)
    say(f"  {forecast_text(work.plan, todo)}")
    say("  dry run: nothing was sent")
    return COMPLETE


def _header(work: Work, run: Run) -> None:
    away = lacking(work.plan.task, work.data)
    header(work.plan, run, items=len(select(work.samples, run.selection)), lacking=away)


def _who(work: Work) -> Who:
    return Who(work.plan.info.name, work.plan.info.kind)


def set_aside(path: Path) -> None:
    """Move an existing run to .old/ beside it, where no command looks."""
    if not path.exists():
        return
    with locked(path):
        target = path.parent / ".old" / f"{path.name}--{time.strftime('%Y%m%d-%H%M%S')}"
        serial = 1
        while target.exists():
            serial += 1
            target = target.with_name(f"{path.name}--{time.strftime('%Y%m%d-%H%M%S')}-{serial}")
        try:
            target.parent.mkdir(exist_ok=True)
            path.rename(target)
        except OSError as error:
            text = f"cannot be moved to {target.parent}: {error.strerror}. Nothing was asked"
            raise NotWritable(Fault(str(path), None, "", text)) from error
    warn(f"the earlier run is now {target}")


def _run_locked(work: Work, options: argparse.Namespace) -> int:
    folder = work.folder
    log = Appender(folder.answers_file)
    try:
        standing = _still_true(work, standing_of(folder))
        run = _begin(work)
        todo = _todo(work, run, standing, only=options.only)
        header(
            work.plan, run, items=len(select(work.samples, run.selection)), lacking=lacking(work.plan.task, work.data)
        )
        if todo and work.plan.info.kind == "paid":
            say(f"  {forecast_text(work.plan, todo)}")
        if not todo:
            run, ended = _finish(work, run, None, standing=standing)
            return report_end(folder, run, ended, line=options.line)
        return _ask(work, run, todo=todo, log=log, options=options)
    finally:
        log.close()


def _still_true(work: Work, standing: Standing) -> Standing:
    """Without the answers to files that have changed since: they are asked again."""
    root = work.data.media or work.data.root
    if root is None or not work.sends:
        return standing
    by_id = {key.sample_id: answer for key, answer in work.folder.read_answers().items()}
    gone = set(changed(root, select(work.samples, work.selection), by_id, bounds=Bounds()))
    if gone:
        shown = ", ".join(sorted(gone)[:5])
        warn(f"  the files of {plural(len(gone), 'item')} have changed since they were answered: asked again ({shown})")
    for key in [key for key in standing.statuses if key.sample_id in gone]:
        del standing.statuses[key]
    return standing


def _todo(work: Work, run: Run, standing: Standing, *, only: str | None) -> list[Todo]:
    expected = select(work.samples, work.selection)
    if only is None:
        return still_to_ask(expected, standing.statuses, variant=run.variant, draws=work.selection.repeats)
    by_id = {sample.id: sample for sample in expected}
    found = []
    answers = work.folder.read_answers() if standing.statuses else {}
    for key, answer in answers.items():
        sample = by_id.get(key.sample_id)
        if sample is not None and _is(work, sample, answer, only=only):
            found.append((sample, key.draw))
    return found


def _is(work: Work, sample: Sample, answer: Answer, *, only: str) -> bool:
    if only == "failed" or answer.status == "error":
        return only == "failed" and answer.status == "error"
    return parse(work.plan.task, sample, answer=answer, mode="strict").state not in ("ok", "refused")


def _begin(work: Work) -> Run:
    """run.json as this run begins; an earlier one of the same digest is continued."""
    name = work.folder.path.name
    run = new_run(work.identity, work.task_file, who=_who(work), selection=work.selection, name=name)
    if work.folder.run_file.exists():
        old = work.folder.read_run()
        if old.digest != run.digest:
            raise UsageError(f"{work.folder.path} holds another run ({old.task}, {old.model}): give another --name")
        selection = widen(work.samples, old.selection, work.selection)
        kept = {"selection": selection, "started": old.started, "id": old.id}
        run = run.model_copy(update=kept | {"returned_models": old.returned_models, "notes": old.notes})
    work.folder.write_run(run)
    return run


def _ask(work: Work, run: Run, *, todo: list[Todo], log: Appender, options: argparse.Namespace) -> int:
    progress = Progress()
    kind = work.plan.info.kind
    cache: str | None = options.cache
    store = None if kind == "free" else providing.open_store(cache)
    told = partial(_show_batch, progress)
    provider = catalog.open_provider(dataclasses.replace(work.opening, store=store, on_batch=told, on_wait=_tell_wait))
    if work.plan.info.identity.startswith("local "):
        say("  loading the model, once")
    with contextlib.ExitStack() as stack:
        plan, makes = dataclasses.replace(work.plan, payer=payer_of(run)), None
        if work.sends:
            makes = stack.enter_context(attaching.sender(plan.task, plan.how.senses, data=work.data, cache=cache))
            plan = dataclasses.replace(plan, attach=makes.of)
        try:
            require_files()
            tally, stop = asyncio.run(_gather(plan, todo, provider=provider, log=log, progress=progress, makes=makes))
        except (JudgeError, CacheUnusable) as error:
            with contextlib.suppress(JudgeError):
                work.folder.write_run(
                    run.model_copy(update={"state": "incomplete", "reason": str(error), "ended": now()})
                )
            raise
    if store is not None and store.damaged:
        warn(f"  {plural(store.damaged, 'stored reply')} did not match its checksum and was not used: {store.path}")
    run, ended = _finish(work, run, tally, stop=stop)
    ended = dataclasses.replace(ended, tally=tally, seconds=progress.seconds)
    return exit_code(report_end(work.folder, run, ended, line=options.line), tally, stop)


def _tell_wait(text: str) -> None:
    warn(f"  {text}")


def _show_batch(progress: Progress, job: str, *counts: int) -> None:
    done, total = counts
    progress.show(f"batch {job}: {done} of {total} done (may take a day; ^C and the same line later pick it up)")


async def _gather(
    plan: Plan,
    todo: list[Todo],
    *,
    provider: Provider,
    log: Appender,
    progress: Progress,
    makes: Sender | None,
) -> tuple[Tally, Stop]:
    at_the_vendor = plan.info.batches and plan.info.kind == "paid"  # there it goes on by itself
    stop = Stop(drain=0.0 if at_the_vendor else None)
    with catching(stop):
        try:
            tally = await run_plan(
                plan,
                todo,
                provider=provider,
                log=log,
                stop=stop,
                on_progress=lambda tally: progress.show(progress_text(tally, progress.seconds)),
            )
        finally:
            progress.clear()
            if makes is not None:
                await makes.close()
            jobs = provider.running() if isinstance(provider, Jobs) else []
            await provider.close()
    if jobs:
        shown = ", ".join(jobs[:3])
        goes_on = "one batch goes on" if len(jobs) == 1 else f"{len(jobs)} batches go on"
        warn(f"  {goes_on} at the vendor ({shown}). To fetch what comes of it, run the same line again.")
    return tally, stop


def exit_code(plain: int, tally: Tally, stop: Stop) -> int:
    """A signal first, then a provider that refused everything."""
    if stop.kind == "SIGINT":
        return INTERRUPTED
    if stop.kind == "SIGTERM":
        return TERMINATED
    if stop.kind == "halt" and tally.answered == 0:
        return NOTHING
    return plain


def _finish(
    work: Work, run: Run, tally: Tally | None, *, stop: Stop | None = None, standing: Standing | None = None
) -> tuple[Run, Ended]:
    """run.json as the run ends: complete only where every answer that the run expects is there."""
    standing = standing or standing_of(work.folder)
    expected = select(work.samples, run.selection)
    left = still_to_ask(expected, standing.statuses, variant=run.variant, draws=run.selection.repeats)
    states = {"SIGINT": "interrupted", "SIGTERM": "interrupted", "halt": "stopped", "budget": "stopped"}
    state = states.get(stop.kind if stop else "", "incomplete" if left else "complete")
    changes: dict[str, object] = {"state": state, "ended": now(), "reason": stop.reason if stop else ""}
    changes |= {"extra_calls": standing.extra_calls, "doubtful_calls": standing.doubtful}
    changes["extra_cost"] = standing.extra_cost_known
    if tally is not None:
        changes["returned_models"] = tuple(dict.fromkeys([*run.returned_models, *tally.models]))
        said = senses.said(work.plan.task, work.plan.how.senses, work.plan.info) if work.plan.info.reads_input else []
        changes["notes"] = tuple(dict.fromkeys([*run.notes, *said, *tally.notes]))
    run = run.model_copy(update=changes)
    work.folder.write_run(run)
    untold = sum(Key(sample.id, run.variant, draw) not in standing.statuses for sample, draw in left)
    counts, errors = standing.counts(run.variant), standing.errors(run.variant)
    return run, Ended(counts=counts, errors=errors, not_asked=untold, kept=not work.fresh or not nothing_came(work))
