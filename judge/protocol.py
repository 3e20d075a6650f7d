"""Parts of a task's protocol: its settings, where the gold lies, groups, the authors' own way, published numbers."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, StrictStr

from judge.entries import Composed, Entry, Grown, Number, Ref

Variant = Literal["qa", "cot"]


class Setting(Entry):
    """What --set may change."""

    choices: tuple[StrictStr, ...] = Field(min_length=1)
    default: StrictStr
    about: StrictStr | None = None
    prompt: dict[StrictStr, Variant] = {}
    """Where this setting is the benchmark's own name for qa and cot: which choice is which."""
    only: Literal["import"] | None = None
    """import: it says how answers that were made elsewhere are read; a run does not have it."""


class Pair(Entry):
    """Two answers to one instruction, for judges that compare them: where they lie in a record."""

    first: Ref
    second: Ref
    question: Ref | None = None
    """The instruction that both answer."""
    better: Ref | None = None
    """Which one people prefer: 1 or 2, first or second, A or B, or tie."""


class Gold(Entry):
    """Where the gold lies in a record; label is for the first closed ask."""

    label: Ref | None = None
    reference: Ref | None = None
    rationale: Ref | None = None
    clues: Ref | None = None


class Groups(Entry):
    """Scores are also given for each value of this field."""

    by: Ref
    names: dict[Composed, StrictStr] = {}


class Faithful(Grown):
    """The benchmark authors' own way to read an answer, to count an unreadable one, and to split texts into words."""

    LATER = frozenset({"thinking", "tokens"})

    rule: Literal[
        "same", "mmla", "json-exact", "emobench-2024", "emobench-2024-stored", "emobench-m", "emobench-m-labels"
    ] = "same"
    invalid: Literal["drop", "wrong", "class"] = "drop"
    tokens: Literal["same", "library"] = "same"
    """For BLEU and ROUGE: ours, or the libraries' own (nltk on whitespace words, rouge-score's ASCII tokens)."""
    thinking: Literal["apart", "kept"] = "apart"
    """apart: the rule reads a reply without its <think> blocks. kept: with them, as the authors' code does."""


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
