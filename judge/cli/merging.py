"""`judge merge`: the shards of one run become the whole run."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from judge.cli.main import COMPLETE, ERRORS
from judge.cli.terminal import plural, say, warn
from judge.errors import UsageError
from judge.records import Run
from judge.runs import now
from judge.store import Appender, Folder, locked


def merge(options: argparse.Namespace) -> int:
    """Check that the shards belong together, then write one run beside them."""
    folders = [Folder(Path(name)) for name in options.runs]
    runs = [folder.read_run() for folder in folders]
    pairs = [(folder, run) for folder, run in zip(folders, runs, strict=True) if not _is_merged(run, runs)]
    folders, runs = [folder for folder, _ in pairs], [run for _, run in pairs]
    whole = _check(folders, runs)
    out = Path(options.out) if options.out else folders[0].path.parent
    name = folders[0].path.name.rsplit("--", 1)[0]
    target = Folder(out / name)
    answers = {key: answer for folder in folders for key, answer in folder.read_answers().items()}
    missing = [part for part in range(1, whole + 1) if part not in {_part(run) for run in runs}]
    failed = sum(answer.status == "error" for answer in answers.values())
    state = "complete" if not missing and not failed and all(run.state == "complete" for run in runs) else "incomplete"
    selection = runs[0].selection.model_copy(update={"shard": None})
    merged = runs[0].model_copy(
        update={
            "selection": selection,
            "state": state,
            "reason": f"shards missing: {', '.join(map(str, missing))}" if missing else "",
            "name": name,
            "extra_calls": sum(run.extra_calls for run in runs),
            "doubtful_calls": sum(run.doubtful_calls for run in runs),
            "extra_cost": _sum(run.extra_cost for run in runs),
            "returned_models": tuple(dict.fromkeys(model for run in runs for model in run.returned_models)),
            "notes": tuple(dict.fromkeys(note for run in runs for note in run.notes)),
            "started": min(run.started for run in runs),
            "ended": now(),
        }
    )
    with locked(target.path):
        _refuse_other(target, merged)
        present = target.read_answers()
        new = [answer for key, answer in answers.items() if present.get(key) != answer]
        log = Appender(target.answers_file)
        try:
            if new:
                log.append(new)
        finally:
            log.close()
        target.write_run(merged)
    say(f"{plural(len(answers), 'answer')} of {plural(len(runs), 'shard')}" + (f", {failed} failed" if failed else ""))
    if missing:
        warn(f"shards missing: {', '.join(f'{part}/{whole}' for part in missing)}")
    say(str(target.path))
    return COMPLETE if state == "complete" else ERRORS


def _refuse_other(target: Folder, merged: Run) -> None:
    """The folder that is written to may hold an earlier merge of these shards, and no other run."""
    mend = "give another --out, or move it away"
    if not target.run_file.exists():
        if target.answers_file.exists():
            raise UsageError(f"{target.path} holds answers and no run.json: {mend}")
        return
    old = target.read_run()
    if old.digest != merged.digest:
        raise UsageError(f"{target.path} holds another run ({old.task}, {old.model}): {mend}")
    if old.selection != merged.selection:
        raise UsageError(f"{target.path} holds the same run with another --limit, --ids, --shard or --repeats: {mend}")


def _sum(costs: Iterable[float | None]) -> float | None:
    """Unknown where any of them is."""
    known = list(costs)
    return None if None in known else sum(cost or 0.0 for cost in known)


def _is_merged(run: Run, runs: list[Run]) -> bool:
    """An earlier merge of these very shards, which a pattern like results/humor* names too."""
    return run.selection.shard is None and any(other.selection.shard and other.digest == run.digest for other in runs)


def _part(run: Run) -> int:
    return run.selection.shard[0] if run.selection.shard else 0


def _check(folders: list[Folder], runs: list[Run]) -> int:
    """How many shards there are in all; raises where the folders are not shards of one run."""
    for folder, run in zip(folders, runs, strict=True):
        if run.selection.shard is None:
            raise UsageError(f"{folder.path} is not a shard (run --shard I/N makes them)")
        if run.digest != runs[0].digest:
            raise UsageError(f"{folder.path} is of another run than {folders[0].path}: task, model or settings differ")
        if run.selection.shard[1] != (runs[0].selection.shard or (0, 0))[1]:
            raise UsageError(
                f"{folder.path} is one of {run.selection.shard[1]} shards, {folders[0].path} of another number"
            )
        if run.selection.model_copy(update={"shard": None}) != runs[0].selection.model_copy(update={"shard": None}):
            raise UsageError(f"{folder.path} was run with another --limit, --ids or --repeats than {folders[0].path}")
    models = {model for run in runs for model in run.returned_models}
    if len(models) > 1:
        warn(f"the shards were answered under several names of the model: {', '.join(sorted(models))}")
    parts = [_part(run) for run in runs]
    if len(set(parts)) < len(parts):
        raise UsageError(f"the shard {next(part for part in parts if parts.count(part) > 1)} is named twice")
    return runs[0].selection.shard[1] if runs[0].selection.shard else 0
