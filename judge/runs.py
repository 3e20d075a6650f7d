"""What a run is: its name and digest, which samples it expects, and the task it belongs to.

A larger --limit, another concurrency, cache or budget continue a run; anything that changes a reply makes another.
"""

from __future__ import annotations

import dataclasses
import re
import secrets
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic import ValidationError

import judge
from judge import senses
from judge.datafile import DataFile, locate, rooted
from judge.dataset import read_samples
from judge.definitions import Task, Variant
from judge.entries import digest
from judge.errors import NothingDone, ResultsError
from judge.records import Run, Sample, Selection
from judge.regular import is_file
from judge.released_wording import worded_as
from judge.spec.task import read_task, unsafe
from judge.whereabouts import Whereabouts, is_own, ships, with_media_of, with_own_evidence
from providers.records import Sampling

SHORT = 8
MOST_EXPECTED = 1_000_000
"""Answers of one run: each has its place in memory when it is scored."""


OWN_DATA = "data.jsonl"
"""The items of an imported run whose files hold their own gold, in the run's folder."""


class Who(NamedTuple):
    """Who answers: the preset's name, or `import`."""

    name: str
    kind: Literal["paid", "local", "free", "imported"]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Everything that makes a run this run."""

    task: Task
    variant: Variant
    settings: Mapping[str, str]
    data: DataFile
    provider: str
    model: str
    sampling: Sampling
    modalities: tuple[str, ...]
    senses: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """As what each sense is sent."""
    structured: bool = False
    system: str | None = None
    seed: int | None = None
    replies: str = ""
    """Digest of recorded replies, where they are replayed or imported."""
    wording: str | None = None
    """Whose the prompts were, where answers are imported; of a run, the task says it."""

    @property
    def ask_digest(self) -> str:
        """Digest of what reaches the model."""
        return self.task.ask_digest(self.variant, dict(self.settings))

    @property
    def digest(self) -> str:
        """Names the folder."""
        body: list[Any] = [
            self.ask_digest,
            self.data.sha256,
            self.provider,
            self.model,
            self.sampling.sent(),
            list(self.modalities),
            self.variant,
            self.system,
            self.seed,
            self.replies,
        ]
        body += [["senses", senses.digest_part(self.senses)]] if senses.digest_part(self.senses) else []
        body += ["structured"] if self.structured else []
        reading = {name: value for name, value in self.settings.items() if name in self.task.import_settings()}
        body += [["reading", sorted(reading.items())]] if reading else []
        return digest(body)

    def folder_name(self, shard: tuple[int, int] | None) -> str:
        """task--model--digest, with the shard where there is one."""
        model = self.model.rsplit("/", 1)[-1]
        name = "--".join([plain_name(self.task.name), plain_name(model), self.digest[:SHORT]])
        return f"{name}--{shard[0]}of{shard[1]}" if shard else name


def new_run(identity: Identity, task_file: Path, *, who: Who, selection: Selection, name: str) -> Run:
    """run.json as a run begins."""
    task, data = identity.task, identity.data
    return Run(
        task=task.name,
        task_file=str(task_file),
        task_version=task.version,
        task_spec=task.model_dump(mode="json", by_alias=True, exclude_none=True),
        ask_digest=identity.ask_digest,
        data_file=str(data.given.resolve()) if data.given else "",
        data_sha256=data.sha256,
        licence=task.licence,
        provider=who.name,
        provider_kind=who.kind,
        provider_identity=identity.provider,
        model=identity.model,
        sampling=identity.sampling,
        variant=identity.variant,
        settings=dict(identity.settings),
        modalities=identity.modalities,
        wording=wording_of(task, identity.variant) if identity.wording is None else identity.wording,
        senses=dict(identity.senses),
        media_root=str(data.media.resolve()) if data.media else "",
        structured=identity.structured,
        system=identity.system,
        seed=identity.seed,
        digest=identity.digest,
        id=secrets.token_hex(8),
        judge_version=judge.__version__,
        selection=selection,
        name=name,
        started=now(),
    )


def wording_of(task: Task, variant: Variant) -> str:
    """Whose a run's prompts are; empty where the task has nothing published to compare with."""
    return task.wording.said(variant) if task.wording is not None else ""


def payer_of(run: Run) -> str:
    """Names a run among all that share a cache: the same one when it goes on, another after --fresh."""
    return run.id or f"{run.digest[:16]} {run.started}"


def now() -> str:
    """The time in UTC, to the second."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def plain_name(text: str) -> str:
    """A text as part of a file name."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-.")[:60] or "x"


def select(samples: Sequence[Sample], wanted: Selection) -> list[Sample]:
    """The samples that a selection expects, in data order; unknown ids raise.

    A shard is every N-th item of the whole data, so that a wider selection never moves an item to another shard.
    """
    chosen = list(samples)
    if wanted.ids is not None:
        known = {sample.id for sample in samples}
        unknown = [name for name in wanted.ids if name not in known]
        if unknown:
            shown = ", ".join(unknown[:5])
            raise NothingDone(f"{len(unknown)} of the ids are not in the data: {shown}")
        ids = frozenset(wanted.ids)
        chosen = [sample for sample in chosen if sample.id in ids]
    if wanted.limit is not None:
        chosen = chosen[: wanted.limit]
    if wanted.shard is not None:
        part, whole = wanted.shard
        mine = {sample.id for sample in samples[part - 1 :: whole]}
        chosen = [sample for sample in chosen if sample.id in mine]
    return chosen


def widen(samples: Sequence[Sample], old: Selection, new: Selection) -> Selection:
    """A selection that expects what both do: a run only grows."""
    shard = new.shard
    bare = {"shard": None}
    both = {sample.id for item in (old, new) for sample in select(samples, item.model_copy(update=bare))}
    ordered = [sample.id for sample in samples if sample.id in both]
    repeats = max(old.repeats, new.repeats)
    if len(ordered) == len(samples):
        return Selection(repeats=repeats, shard=shard)
    if ordered == [sample.id for sample in samples[: len(ordered)]]:
        return Selection(limit=len(ordered), repeats=repeats, shard=shard)
    return Selection(ids=tuple(ordered), repeats=repeats, shard=shard)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A stored run with its task and the samples it expects."""

    run: Run
    task: Task
    samples: list[Sample]
    root: Path | None = None
    """The folder below which the samples' files lie."""
    vouched: bool = False
    """True where the user named that folder, or it lies in the run's own; False where only run.json says it."""
    near: Path | None = None
    """The run's own folder."""
    archives: tuple[Path, ...] = ()
    """Archives of its release that lie there unopened."""
    note: str = ""
    """What a reader should know of the task: that it was edited, or is gone."""


def reopen(run: Run, at: Whereabouts | Path | None = None, *, near: Path | None = None) -> Opened:
    """Find a run's task and data again; the task's file where its prompts are unchanged, else its own copy.

    A relative path is looked for from here, then from every folder above the run (`near`).
    """
    at = at if isinstance(at, Whereabouts) else Whereabouts(data=at)
    run = run.model_copy(update={"task_file": _find(run.task_file, near)})
    task, note = _task_of(run)
    found = locate(task, Path(run.task_file), at.data or _given(run, task, near))
    found = with_own_evidence(found, run, at, near=near, copied=bool(note))
    if run.data_sha256 not in (found.sha256, found.earlier_sha256):
        raise ResultsError(
            f"{run.name or run.task}: {found.shown} has changed since this run ({run.data_sha256[:8]} then, "
            f"{found.sha256[:8]} now): give the old data by --data, or run again (what is unchanged is not paid again)"
        )
    run = run.model_copy(update={"data_sha256": found.sha256, "evidence_sha256": found.evidence_sha256})
    samples = select(read_samples(task, found, run.settings), run.selection)
    if len(samples) * run.selection.repeats > MOST_EXPECTED:
        raise ResultsError(f"{run.name or run.task} expects more than {MOST_EXPECTED:,} answers: score it in shards")
    if not run.wording and run.provider_kind != "imported":  # a run of before: its prompts were the task file's
        run = run.model_copy(update={"wording": wording_of(task, "cot" if run.variant == "cot" else "qa")})
    found = with_media_of(found, run, at, task=task)
    root = rooted(found, samples).media or rooted(found, samples).root
    vouched = root is not None and (at.names(root) or is_own(root, near) or ships(root, samples))
    return Opened(
        run=run,
        task=task.under(run.settings),
        samples=samples,
        root=root,
        vouched=vouched,
        near=near,
        archives=found.archives,
        note=note,
    )


def _find(task_file: str, near: Path | None) -> str:
    path = Path(task_file)
    if near is None or path.is_absolute() or is_file(path):
        return task_file
    found = (parent / path for parent in near.resolve().parents if is_file(parent / path))
    return str(next(found, path))


def _given(run: Run, task: Task, near: Path | None) -> Path | None:
    if run.data_file == OWN_DATA and near is not None:
        return near / OWN_DATA
    if task.data.hub is not None or not run.data_file:
        return None
    return Path(run.data_file)


def _task_of(run: Run) -> tuple[Task, str]:
    """By its file where that still asks the same, else by the copy in run.json: a stranger may have written both."""
    try:
        own = Task.model_validate(run.task_spec)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ResultsError(f"the task kept in run.json is not one of this version: {place}: {first['msg']}") from error
    wrong = unsafe(own)
    if wrong:
        raise ResultsError(f"the task kept in run.json names what no task may: {wrong}")
    own = own.under(run.settings)
    path = Path(run.task_file)
    if not is_file(path):
        return own, f"{run.task_file} is not there: scored by the copy of the task in run.json"
    current = read_task(path, None, shown=run.task_file).under(run.settings)
    current = worded_as(current, own)
    variant: Variant = "cot" if run.variant == "cot" else "qa"
    if current.ask_digest(variant, run.settings) != run.ask_digest:
        return own, f"the prompts of {run.task_file} have changed since this run: scored by the task as it was"
    return current, ""
