"""What a task file means: Task and its parts, frozen and strict, with the digests that name runs.

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


Piece = Annotated[StrictStr, Field(min_length=1)]


class Entry(BaseModel):
    """A mapping in a YAML file: an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class FieldRef(Entry):
    """Where a value lies in a record: a dotted path, and the piece of text to keep."""

    from_: StrictStr = Field(alias="from")
    """Dotted path; a number picks from a list: videos.0"""
    after: Piece | None = None
    """Keep what follows the first occurrence of this text."""
    before: Piece | None = None
    """Keep what precedes the last occurrence of this text."""
    split: Piece | None = None
    """Cut the text into a list at this separator."""


Ref = StrictStr | FieldRef


class Data(Entry):
    """Where samples come from: a path below the task's folder (or --data), or a Hugging Face id."""

    path: StrictStr | None = None
    also: tuple[StrictStr, ...] = ()
    """Other paths at which releases of the same data have the file; the first that is there is read."""
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
    count: StrictInt | None = Field(default=None, ge=1)
    """Records that the authors state; `judge data` holds a file against it, nothing else does."""
    known: tuple[StrictStr, ...] = ()
    """Known faults of released files, which `judge data` says."""


class Frames(Entry):
    """Which frames of a clip are sent."""

    policy: Literal["uniform", "fps", "first"] = "uniform"
    """uniform: `count` frames spread from the first to the last; fps: so many a second, at most `count`, which are
    then spread uniformly; first: the first `count`."""
    count: StrictInt = Field(default=8, ge=1, le=256)
    fps: Number | None = Field(default=None, gt=0, le=60)


class Senses(Entry):
    """Where the files of an item lie, how they are sent, and the text that may stand in for them.

    A field that is null means that this item has nothing for that sense.
    """

    image: Ref | None = None
    audio: Ref | None = None
    video: Ref | None = None
    frames: Frames = Frames()
    size: StrictInt = Field(default=768, ge=16, le=4096)
    """Longest side of an image or a frame, in pixels; smaller ones stay as they are."""
    quality: StrictInt = Field(default=85, ge=1, le=100)
    """Of the JPEGs."""
    whole: bool = False
    """Clips go whole to models that take video; --set media=frames|whole changes it."""
    words: tuple[StrictStr, ...] = ()
    """Fields that are the text sense: left out of the prompt where text is taken away by --modalities."""
    notes: dict[Literal["image", "audio", "video"], StrictStr] = {}
    """Field with a text (a transcript, notes) that stands in for a sense where a model takes none; where the file
    itself is sent, or the sense is taken away, the field is left out of the prompt."""

    def sources(self) -> dict[Modality, Ref]:
        """The senses that have files."""
        found: dict[Modality, Ref | None] = {"image": self.image, "video": self.video, "audio": self.audio}
        return {sense: ref for sense, ref in found.items() if ref is not None}

    def digest_part(self) -> Any:
        """What of it reaches the model."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)


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
    settings: dict[StrictStr, StrictStr] | None = None
    """The settings that it was made with; a run with others is not set beside it."""


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
    media: Senses = Senses()
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

    def all_settings(self) -> dict[str, Setting]:
        """The task's own, and `media` where clips can go as frames or whole."""
        if self.media.video is None:
            return dict(self.settings)
        default = "whole" if self.media.whole else "frames"
        about = "a clip as frames, or whole to models that take video"
        return dict(self.settings) | {"media": Setting(choices=("frames", "whole"), default=default, about=about)}

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
        return digest([asks, data, self.media.digest_part(), sorted(settings.items())])

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
