"""What is read, asked, answered, judged and scored: the records of a run, all frozen.

Ground floor of `judge`. What lies in a file is a pydantic model; what lives in memory only is a dataclass.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from providers.records import Finish, Manifest, Media, Modality, Sampling, Usage

__all__ = ["Finish", "Manifest", "Media", "Modality", "Sampling", "Usage"]

SCHEMA = 2
"""Of every file below results/; a reader refuses a newer one. 1 had no `doubtful` and no costs of extra calls."""

SCORING_RULE = 2
"""By which rule answers become numbers; it goes up when a published value or interval changes (docs/schemas.md)."""

MOST_REPEATS = 1000
"""Draws of one item: what is expected is held in memory, answered or not."""
Positive = Annotated[int, Field(ge=1)]
Status = Literal["ok", "refused", "empty", "truncated", "error"]
State = Literal["ok", "ambiguous", "unparsed", "refused", "out_of_range"]
Mode = Literal["strict", "faithful"]
MODES: tuple[Mode, ...] = ("strict", "faithful")
OVERALL = "overall"
"""The group of an estimate over the whole task."""
CATEGORY = "label:"
"""How the groups of a breakdown by gold label begin: label:anger."""
ACROSS = "as read across tasks"
"""The group of faithful numbers that the authors' script over all tasks reads otherwise than the task's own script."""
StageName = Literal["media", "call", "parse", "judge", "metric"]


class Record(BaseModel):
    """A line or a file of a results folder: an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True, allow_inf_nan=False)


class Problem(Record):
    """A failure is a value with a place, never a zero."""

    stage: StageName
    kind: str
    message: str = ""


class Key(NamedTuple):
    """Names one answer of a run."""

    sample_id: str
    variant: str
    draw: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Clue:
    """One piece of evidence and the sense it belongs to (words, voice, face, body, scene)."""

    sense: str
    cue: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The gold of one sample."""

    values: dict[str, tuple[str, ...]]
    """Gold answers by field; several where the field is a list of labels."""
    reference: str | None = None
    rationale: str | None = None
    clues: tuple[Clue, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One item of a task's data."""

    id: str
    inputs: dict[str, Any]
    """The record's fields and those made from it, for prompts."""
    target: Target
    cluster: str | None = None
    group: str | None = None
    category: str | None = None
    """Its gold label, where what a judge rated is broken down by it."""
    lang: str | None = None
    sources: dict[Modality, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    """Files of each sense, as paths below the data's root; a sense that this item has nothing for is absent."""
    choices: dict[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    """The options of each letter field, in the order shown."""
    labels: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    """The item's own label set with its aliases, where items have one each; empty where the task's holds."""


class AskReply(Record):
    """The raw reply to one ask."""

    ask: str
    text: str
    thinking: str = ""
    finish: Finish = "stop"
    model: str = ""
    usage: Usage = Usage()
    seconds: float = 0.0
    attempts: int = 1
    doubtful: int = 0
    """Of the calls before the one that gave this reply, those that may have been charged all the same."""
    cached: bool = False
    request: str = ""
    """The request's key."""
    prediction: str = ""
    """What those who made an imported reply read in it, as their file has it; empty where they stored nothing."""
    notes: tuple[str, ...] = ()


class Answer(Record):
    """One line of answers.jsonl: the raw replies and how the calls ended; nothing is parsed here."""

    schema_version: int = SCHEMA
    sample_id: str
    variant: str
    draw: int = 0
    status: Status
    replies: tuple[AskReply, ...] = ()
    media: tuple[Manifest, ...] = ()
    """What was made and sent of the sample's files; empty where it has none."""
    problem: Problem | None = None
    extra_calls: int = 0
    """Calls beyond the first of an ask that failed."""
    doubtful: int = 0
    """Calls of an ask that failed that may have been charged."""

    @property
    def key(self) -> Key:
        """Names the answer within its run."""
        return Key(self.sample_id, self.variant, self.draw)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """One answer as it was read in one mode."""

    key: Key
    mode: Mode
    state: State
    values: dict[str, tuple[str, ...]]
    """What was read, by field; a field that could not be read is absent."""
    reasoning: str
    """The reply's text without its answer and without any thinking."""
    region: str = ""
    """The piece of the reply in which the answer was looked for."""
    reason: str = ""
    """Why the state is not ok."""


UNREADABLE = ("unreadable", "truncated")
"""The problems of a judge's reply in which no verdict can be read; one that was cut off is a kind of its own."""


class Verdict(Record):
    """One line of verdicts.jsonl: evidence and reason come before the score."""

    schema_version: int = SCHEMA
    sample_id: str
    variant: str
    draw: int
    answer: str
    """Digest of the answer, the sample's gold and the media that were judged."""
    judge: str
    judge_draw: int = 0
    method: str = ""
    """Digest of how the judge was asked: its sampling, its server, the version of our prompts or rules."""
    attempt: int = 1
    """Raised when a failed hearing is repeated; only the latest one counts."""
    rubric: str
    rubric_digest: str
    criterion: str
    step: int | None = None
    """1 for the first step; None where the whole answer is rated."""
    claim: str = ""
    evidence: str = ""
    reason: str = ""
    score: float | None = None
    confidence: float | None = None
    expected: float | None = None
    """The mean of the scale by the model's own probabilities, where those were asked for (G-Eval, arXiv 2303.16634)."""
    mass: float | None = None
    """How much of the probability lay on points of the scale, in [0, 1]; `expected` is over these."""
    problem: Problem | None = None
    cost: float | None = None
    """US dollars of the calls behind this verdict; a later verdict of the same call has None."""
    seconds: float | None = None
    """What those calls took together; None as with cost, and where every reply was stored."""
    returned_model: str = ""
    """The id that the vendor gave for the model that answered; empty for rules, files, and verdicts of before."""

    @property
    def rating(self) -> float | None:
        """What counts: the expected score where there is one, else the score that was given."""
        return self.score if self.expected is None else self.expected

    @property
    def key(self) -> Key:
        """Names the answer that was judged."""
        return Key(self.sample_id, self.variant, self.draw)


class Score(Record):
    """One line of scores.jsonl: one metric of one answer in one mode."""

    sample_id: str
    variant: str
    draw: int
    metric: str
    mode: Mode
    judge: str | None = None
    value: float | None = None
    problem: Problem | None = None


class Estimate(Record):
    """One number of a report, with its interval, its counts and how it was made."""

    metric: str
    mode: Mode
    group: str = "overall"
    judge: str | None = None
    value: float | None
    reason: str | None = None
    """Why the value is None."""
    low: float | None = None
    high: float | None = None
    interval: str | None = None
    """Why the interval is wide, or why there is none; None where it is as narrow as its 95% allow."""
    n: int
    valid: int
    missing: int
    scale: tuple[float, float] | None = (0.0, 1.0)
    signature: str


class Selection(Record):
    """Which of the task's samples a run is to answer."""

    limit: int | None = Field(default=None, ge=0)
    ids: tuple[str, ...] | None = None
    repeats: int = Field(default=1, ge=1, le=MOST_REPEATS)
    shard: tuple[Positive, Positive] | None = None


class Run(Record):
    """run.json: what was asked of whom; everything a reader needs to score it again."""

    schema_version: int = SCHEMA
    task: str
    task_file: str
    task_version: int
    task_spec: dict[str, Any]
    """The task as it was when the run began."""
    ask_digest: str
    data_file: str
    """What --data named, as an absolute path; empty for the task's own data."""
    data_sha256: str
    evidence_sha256: str = Field(default="", exclude=True)
    """Of the file with the judge's evidence, as it was found for a scoring; it is no part of run.json."""
    licence: str
    provider: str
    provider_kind: Literal["paid", "local", "free", "imported"]
    provider_identity: str
    model: str
    sampling: Sampling
    variant: str
    settings: dict[str, str]
    modalities: tuple[str, ...]
    senses: dict[str, str] = {}
    """As what each sense was sent: text, image, frames, video, video+sound, audio, notes or away."""
    media_root: str = ""
    """The folder below which the samples' files lie, where --media named one."""
    wording: str = ""
    """Whose the prompts are: authors:DIGEST (of their released files), authors, own or unknown; empty where the task
    does not say, and in runs of before, whose prompts were those of the task's file."""
    structured: bool = False
    """Answers were held to a JSON schema."""
    system: str | None = None
    seed: int | None = None
    digest: str
    id: str = ""
    """Random; another run of the same digest, begun by --fresh, has another."""
    judge_version: str
    selection: Selection
    name: str | None = None
    state: Literal["running", "complete", "incomplete", "interrupted", "stopped"] = "running"
    reason: str = ""
    """Why it is not complete."""
    started: str = ""
    ended: str = ""
    extra_calls: int = 0
    """Calls beyond one for each ask: retries, and what was in flight at a kill."""
    doubtful_calls: int = 0
    """Of them, those that may have been charged."""
    extra_cost: float | None = None
    """About what those cost in US dollars, if each cost what the reply did; None where no price is known."""
    returned_models: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
