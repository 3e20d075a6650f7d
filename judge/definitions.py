"""What a researcher's YAML files mean: Task and Rubric, frozen and strict, with the digests that name runs.

It reads no file and knows no line numbers; `spec` turns files into these.
"""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr

from judge.records import Modality

Variant = Literal["qa", "cot"]
Number = Annotated[float, Field(allow_inf_nan=False, strict=True)]
"""A number that is written as one: yes and true are none."""


class Entry(BaseModel):
    """A mapping in a YAML file: an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class FieldRef(Entry):
    """Where a value lies in a record: a dotted path, and the piece of text to keep."""

    from_: StrictStr = Field(alias="from")
    """Dotted path; a number picks from a list: videos.0"""
    after: StrictStr | None = None
    """Keep what follows the first occurrence of this text."""
    before: StrictStr | None = None
    """Keep what precedes the last occurrence of this text."""
    split: StrictStr | None = None
    """Cut the text into a list at this separator."""


Ref = StrictStr | FieldRef


class Data(Entry):
    """Where samples come from: a path below the task's folder (or --data), or a Hugging Face id."""

    path: StrictStr | None = None
    hub: StrictStr | None = None
    config: StrictStr | None = None
    split: StrictStr = "test"
    format: Literal["jsonl", "json", "csv", "parquet"] | None = None
    id: Ref = "id"
    cluster: Ref | None = None
    lang: Ref | None = None
    where: dict[StrictStr, StrictStr] = {}
    """Keep the records whose field has this text; {setting} is filled in."""
    fields: dict[StrictStr, Ref] = {}
    """Further names for prompts, made from the record."""
    source: StrictStr | None = None
    """Where a person gets the data, for the message when it is missing."""


class Setting(Entry):
    """What --set may change."""

    choices: tuple[StrictStr, ...] = Field(min_length=1)
    default: StrictStr
    about: StrictStr | None = None


class Read(Entry):
    """How one answer is read from the reply."""

    as_: Literal["label", "letter", "number", "labels", "json", "text"] = Field(alias="as")
    choices: StrictStr | None = None
    """For letters: the record's field that lists the options."""
    range: tuple[Number, Number] | None = None
    """For numbers: lowest and highest value, both allowed."""
    fields: dict[StrictStr, Read] | None = None
    """For JSON: how each key is read."""
    target: Ref | None = None
    """Where the gold answer of this field lies in the record."""


class Ask(Entry):
    """One question to the model; a later ask may use {earlier.answer}."""

    name: StrictStr
    system: StrictStr | None = None
    qa: StrictStr | None = None
    cot: StrictStr | None = None
    system_qa: StrictStr | None = None
    system_cot: StrictStr | None = None
    read: Read

    def prompt(self, variant: Variant) -> str | None:
        """The user's text for one variant."""
        return self.qa if variant == "qa" else self.cot

    def system_text(self, variant: Variant) -> str | None:
        """The system text for one variant; the shared one where it has none of its own."""
        own = self.system_qa if variant == "qa" else self.system_cot
        return own if own is not None else self.system

    def reads(self) -> dict[str, Read]:
        """Each field with how it is read; a bare value has the ask's own name."""
        return dict(self.read.fields or {}) if self.read.as_ == "json" else {self.name: self.read}


class Gold(Entry):
    """Where the gold lies in a record; label is for the first closed ask."""

    label: Ref | None = None
    reference: Ref | None = None
    rationale: Ref | None = None
    clues: Ref | None = None


class Groups(Entry):
    """Scores are also given for each value of this field."""

    by: Ref
    names: dict[StrictStr, StrictStr] = {}


class Faithful(Entry):
    """The benchmark authors' own way to read an answer and to count an unreadable one."""

    rule: Literal["same", "mmla", "json-exact"] = "same"
    invalid: Literal["drop", "wrong", "class"] = "drop"


class Reference(Entry):
    """A published number, with where it was printed and what to beware of."""

    model: StrictStr
    metric: StrictStr
    value: Number
    source: StrictStr
    caveat: StrictStr | None = None
    group: StrictStr = "overall"


class Task(Entry):
    """A task file."""

    name: StrictStr = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")
    version: StrictInt
    about: StrictStr
    licence: StrictStr
    citation: StrictStr | None = None
    language: StrictStr | tuple[StrictStr, ...] = "en"
    data: Data
    modalities: tuple[Modality, ...] = ("text",)
    media: dict[Literal["image", "audio", "video"], Ref] = {}
    settings: dict[StrictStr, Setting] = {}
    default_prompt: Variant | None = None
    asks: tuple[Ask, ...] = Field(min_length=1)
    labels: dict[StrictStr, tuple[StrictStr, ...]] = {}
    target: Gold = Gold()
    metrics: tuple[StrictStr, ...] = Field(min_length=1)
    rubric: StrictStr | None = None
    groups: Groups | None = None
    faithful: Faithful = Faithful()
    references: tuple[Reference, ...] = ()

    def variants(self) -> tuple[Variant, ...]:
        """The prompts that every ask has."""
        names: tuple[Variant, ...] = ("qa", "cot")
        return tuple(name for name in names if all(ask.prompt(name) is not None for ask in self.asks))

    def first_variant(self) -> Variant:
        """What is asked without --prompt."""
        return self.default_prompt or self.variants()[0]

    def ask_digest(self, variant: Variant, settings: dict[str, str]) -> str:
        """Digest of what reaches the model: prompts of one variant, fields, filters, senses."""
        asks = [[ask.name, ask.system_text(variant), ask.prompt(variant), _listed(ask.read)] for ask in self.asks]
        data = self.data.model_dump(mode="json", by_alias=True, include={"id", "where", "fields", "split", "config"})
        media = {kind: ref if isinstance(ref, str) else ref.model_dump() for kind, ref in self.media.items()}
        return digest([asks, data, media, sorted(settings.items())])

    def score_digest(self) -> str:
        """Digest of what reads and scores the answers: an edit here asks no model again."""
        kept = {"labels", "target", "metrics", "groups", "faithful", "rubric"}
        body = self.model_dump(mode="json", by_alias=True, include=kept)
        reads = [ask.read.model_dump(mode="json", by_alias=True) for ask in self.asks]
        return digest([body, reads, self.data.model_dump(mode="json", by_alias=True, include={"cluster", "lang"})])


def _listed(read: Read) -> list[str]:
    return sorted(item.choices for item in [read, *(read.fields or {}).values()] if item.choices)


def digest(value: Any) -> str:
    """The sha256 of canonical JSON, in hex."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


Sight = Literal["question", "reply", "thinking", "reference", "clues", "target", "frames", "audio", "transcript"]


class Stage(Entry):
    """One stage of judging: extract the steps, rate each step, or rate the whole answer by one criterion."""

    extract: Literal["steps"] | None = None
    rate: Literal["steps", "answer"] | None = None
    criterion: StrictStr | None = None
    question: StrictStr | None = None
    scale: dict[Number, StrictStr] | None = None
    weight: Number = 1.0
    sees: tuple[Sight, ...] | None = None
    """Overrides what the rubric's judge sees."""

    @property
    def name(self) -> str:
        """The criterion's name; the rating of steps is called `steps`."""
        return self.criterion or "steps"


class Source(Entry):
    """How one score is made from ratings; exactly one way is given."""

    rule: Literal["label"] | None = None
    mean: StrictStr | None = None
    criterion: StrictStr | tuple[StrictStr, ...] | None = None
    derived: dict[Literal["recognition", "reasoning"], Number] | None = None


class Scores(Entry):
    """Which scores the rubric gives, and the weights of `final` (they sum to 1)."""

    recognition: Source | None = None
    reasoning: Source | None = None
    cot: Source | None = None
    final: dict[Literal["recognition", "reasoning", "cot"], Number] | None = None


class Rubric(Entry):
    """A rubric file."""

    name: StrictStr = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")
    version: StrictInt
    about: StrictStr
    sees: tuple[Sight, ...] = ("question", "reply", "reference", "clues")
    judge: StrictStr = "rules"
    answer: tuple[Literal["evidence", "reason", "score", "confidence"], ...] = (
        "evidence",
        "reason",
        "score",
        "confidence",
    )
    """The parts of a verdict in the order in which the judge must give them: the score after its grounds."""
    stages: tuple[Stage, ...] = Field(min_length=1)
    scores: Scores

    @property
    def digest(self) -> str:
        """Digest of everything but the prose about it: another digest is another judge."""
        return digest(self.model_dump(mode="json", by_alias=True, exclude={"about", "judge"}))

    def rated(self) -> tuple[Stage, ...]:
        """The stages that give ratings."""
        return tuple(stage for stage in self.stages if stage.rate)
