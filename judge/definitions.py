"""What a task file means: Task and its parts, frozen and strict, with the digests that name runs.

It reads no file and knows no line numbers; `spec` turns files into these.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, StrictInt, StrictStr

from judge.data_entries import Data
from judge.entries import Composed, Entry, Grown, Number, Ref, Senses, digest
from judge.protocol import Faithful, Gold, Groups, Pair, Reference, Setting, Variant
from judge.records import MOST_REPEATS, Modality
from judge.wording import Wording

__all__ = ["Faithful", "Gold", "Groups", "Pair", "Reference", "Setting", "Variant"]

MOST_ORDERINGS = 24
"""Of one item: those of four options."""
THINKING = "thinking"
"""The setting that says whether the authors' rule reads a reply with its <think> blocks."""


class Read(Grown):
    """How one answer is read from the reply."""

    LATER = frozenset({"labels", "keys"})
    as_: Literal["label", "letter", "number", "labels", "json", "text"] = Field(alias="as")
    choices: StrictStr | None = None
    """For letters: the record's field that lists the options."""
    range: tuple[Number, Number] | None = None
    """For numbers: lowest and highest value, both allowed."""
    fields: dict[StrictStr, Read] | None = None
    """For JSON: how each key is read."""
    keys: tuple[StrictStr, ...] = ()
    """Of a field in JSON: other keys under which the value may stand."""
    labels: dict[Composed, tuple[Composed, ...]] | None = None
    """The label set of this field with aliases, where it is not the task's."""
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


class Case(Entry):
    """What is otherwise in a task where its settings are these: another protocol, another language."""

    when: dict[StrictStr, StrictStr] = Field(min_length=1)
    """Setting to choice; all must hold."""
    data: Data = Data()
    asks: tuple[Ask, ...] = Field(default=(), min_length=1)
    metrics: tuple[StrictStr, ...] = Field(default=(), min_length=1)
    faithful: Faithful = Faithful()
    options: Literal["A)", "(a)"] = "A)"
    orderings: StrictInt = Field(default=1, ge=1, le=MOST_ORDERINGS)
    repeats: StrictInt = Field(default=1, ge=1, le=MOST_REPEATS)
    vote: Literal["majority"] | None = None
    told: Literal["strict", "faithful"] = "strict"
    wording: Wording | None = None


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
    labels: dict[Composed, tuple[Composed, ...]] = {}
    labels_from: Ref | None = None
    """Where items have label sets of their own: the record's field that lists them. `labels` then has the labels of
    all items, with their aliases; an alias that is itself a label of the item stands for that label only."""
    distinct: Literal["id"] | None = None
    """id: two items never share one reply, even where their prompts are equal: the id enters the request's key."""
    tokenizer: Literal["whitespace", "words", "usage"] = "whitespace"
    """What avg_token counts: pieces between spaces; words and marks; or the tokens that the server reported."""
    target: Gold = Gold()
    pair: Pair | None = None
    """Where an item is two answers: judge trust pairs has a judge compare them, in both orders."""
    metrics: tuple[StrictStr, ...] = Field(min_length=1)
    missing_value: dict[StrictStr, Number] = {}
    """Of metrics that have no lowest value: what strict mode counts for an answer without a number, and for worse ones.
    Without it the strict number is null where an answer lacks one."""
    rubric: StrictStr | None = None
    groups: Groups | None = None
    categories: Groups | None = None
    """A second breakdown, of what a judge rated: by the gold label, as some authors print it."""
    faithful: Faithful = Faithful()
    references: tuple[Reference, ...] = ()
    options: Literal["A)", "(a)"] = "A)"
    """How the options of a letter field are marked in prompts."""
    orderings: StrictInt = Field(default=1, ge=1, le=MOST_ORDERINGS)
    """Each item is asked so many times, with its options in other orders; the first is the data's own."""
    repeats: StrictInt = Field(default=1, ge=1, le=MOST_REPEATS)
    """Draws of each item where --repeats does not say."""
    vote: Literal["majority"] | None = None
    """The draws of an item make one answer by vote, which label metrics count, in place of the mean over draws."""
    told: Literal["strict", "faithful"] = "strict"
    """By which reading a later ask is told of an earlier answer."""
    wording: Wording | None = None
    """Whose the prompts are, where there is something published to compare with."""
    cases: tuple[Case, ...] = ()
    """What is otherwise under some settings; of several that hold, a later one wins."""

    def under(self, settings: Mapping[str, str]) -> Task:
        """The task as it is with these settings; it has no cases any more."""
        changes: dict[str, Any] = {"cases": ()} if self.cases else {}
        for case in self.cases:
            if all(settings.get(name) == choice for name, choice in case.when.items()):
                changes |= {name: getattr(case, name) for name in case.model_fields_set - {"when"}}
        way = settings.get(THINKING)
        faithful = changes.get("faithful", self.faithful)
        if way is not None and THINKING in self.reading_settings() and way != faithful.thinking:
            changes["faithful"] = faithful.model_copy(update={"thinking": way})
        return self.model_copy(update=changes) if changes else self

    def labels_of(self, read: Read) -> dict[str, tuple[str, ...]]:
        """The label set of a field with its aliases: its own, else the task's."""
        return self.labels if read.labels is None else read.labels

    def reading_settings(self) -> dict[str, Setting]:
        """Settings of the reading alone, which `score` takes, too: `thinking`, where the authors have a rule."""
        ways = [self.faithful, *(case.faithful for case in self.cases if "faithful" in case.model_fields_set)]
        if THINKING in self.settings or all(way.rule == "same" for way in ways):
            return {}
        about = "whether the authors' rule reads a reply without its <think> blocks, or with them as their code does"
        default = self.faithful.thinking
        return {THINKING: Setting(choices=("apart", "kept"), default=default, about=about)}

    def all_settings(self) -> dict[str, Setting]:
        """The task's own, `media` where clips can go as frames or whole, and those of the reading."""
        own = dict(self.settings) | self.reading_settings()
        if self.media.video is None:
            return own
        default = "whole" if self.media.whole else "frames"
        about = "a clip as frames, or whole to models that take video"
        return own | {"media": Setting(choices=("frames", "whole"), default=default, about=about)}

    def is_english(self, lang: str | None) -> bool:
        """True for an item in English: by its own language, else where the task names English among its languages."""
        own = (self.language,) if isinstance(self.language, str) else self.language
        names = (re.split("[-_]", name.casefold())[0] for name in ((lang,) if lang else own))
        return any(name in ("en", "eng", "english") for name in names)

    @property
    def verbatim(self) -> bool:
        """True where the prompts are the authors', from their files: they are sent as they are, white space and all."""
        return self.wording is not None and bool(self.wording.digest)

    def variants(self) -> tuple[Variant, ...]:
        """The prompts that every ask has."""
        names: tuple[Variant, ...] = ("qa", "cot")
        return tuple(name for name in names if all(ask.prompt(name) is not None for ask in self.asks))

    def first_variant(self) -> Variant:
        """What is asked without --prompt."""
        return self.default_prompt or self.variants()[0]

    def reads_several(self) -> bool:
        """True where an answer is a list of labels."""
        return any(read.as_ == "labels" for ask in self.asks for read in ask.reads().values())

    def ask_digest(self, variant: Variant, settings: dict[str, str]) -> str:
        """Digest of what reaches the model: prompts of one variant, fields, filters, senses."""
        asks = [[ask.name, ask.system_text(variant), ask.prompt(variant), _listed(ask.read)] for ask in self.asks]
        data = self.data.model_dump(mode="json", by_alias=True, include={"id", "where", "fields", "split", "config"})
        own = {"options": self.options, "orderings": self.orderings, "told": self.told, "distinct": self.distinct}
        used: dict[str, Any] = {name: value for name, value in own.items() if value != Task.model_fields[name].default}
        if self.wording is not None and self.wording.digest:
            used["wording"] = self.wording.digest
        parts = [asks, data, self.media.digest_part(), sorted(self._asking(settings).items())]
        return digest([*parts, used] if used else parts)

    def _asking(self, settings: Mapping[str, str]) -> dict[str, str]:
        """The settings that reach the model: of the reading's own only where a later ask is told what was read."""
        told = self.told == "faithful" and settings.get(THINKING) == "kept"
        away = self.import_settings() | (set() if told else set(self.reading_settings()))
        return {name: value for name, value in settings.items() if name not in away}

    def import_settings(self) -> frozenset[str]:
        """The settings of imports alone: they reach no model."""
        return frozenset(name for name, setting in self.settings.items() if setting.only == "import")

    def score_digest(self) -> str:
        """Digest of what reads and scores the answers: an edit here asks no model again."""
        kept = {"labels", "target", "metrics", "groups", "faithful", "rubric"}
        kept |= {name for name, usual in _LATER.items() if getattr(self, name) != usual}
        body = self.model_dump(mode="json", by_alias=True, include=kept)
        body |= {"vote": self.vote} if self.vote else {}
        reads = [ask.read.model_dump(mode="json", by_alias=True) for ask in self.asks]
        return digest([body, reads, self.data.model_dump(mode="json", by_alias=True, include={"cluster", "lang"})])


_LATER: dict[str, Any] = {"labels_from": None, "tokenizer": "whitespace", "missing_value": {}, "categories": None}
"""What came later and counts only where it says something: an older task keeps its digest."""


def _listed(read: Read) -> list[str]:
    return sorted(item.choices for item in [read, *(read.fields or {}).values()] if item.choices)
