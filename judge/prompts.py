"""(Task, Sample, earlier answers) to messages by plain {field} substitution; no template language.

Only {name} and {ask.answer} are replaced; any other brace in a prompt stays as it is.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from judge.definitions import Ask, Task, Variant
from judge.errors import TaskError
from judge.gold import LETTERS
from judge.records import Sample
from judge.senses import Senses, noted, replaced
from judge.spec.task import PLACEHOLDER
from judge.spec.task import placeholders as names_in
from providers.records import Manifest, Media, Message, Tag

LONGEST = 16_000_000
"""Characters of one prompt: a short file can name a long field very often."""
MOST_LACKING = 1000


def fill(template: str, values: Mapping[str, str]) -> str:
    """Replace each {name} once; what is put in is never looked at again. Unknown names raise KeyError."""
    room = LONGEST - len(template)

    def put(match: re.Match[str]) -> str:
        nonlocal room
        text = values[match[1] + match[2]]
        room -= len(text)
        if room < 0:
            raise TaskError(f"a prompt would be longer than {LONGEST:,} characters")
        return text

    return PLACEHOLDER.sub(put, template)


def values_of(sample: Sample, how: Asking, *, earlier: Mapping[str, str]) -> dict[str, str]:
    """What a prompt of this sample may name, as text; options stand one per line as `A) text`, or as the task says."""
    values = {name: shown(value) for name, value in sample.inputs.items()}
    for options in sample.choices.values():
        for name, value in sample.inputs.items():
            if isinstance(value, list) and tuple(str(item) for item in value) == options:
                values[name] = lettered(options, how.task.options)
    return values | dict(how.settings) | {f"{ask}.answer": text for ask, text in earlier.items()}


def shown(value: Any) -> str:
    """A field's value as text; a list is joined by commas."""
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return "" if value is None else str(value)


def lettered(options: tuple[str, ...], style: str) -> str:
    """One option per line: A) first, or (a) first, which goes without the space around an option (EmoBench 2024)."""
    marks = (f"({letter.lower()})" if style == "(a)" else f"{letter})" for letter in LETTERS)
    texts = (option.strip() if style == "(a)" else option for option in options)
    return "\n".join(f"{mark} {text}" for mark, text in zip(marks, texts, strict=False))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How a run puts its questions."""

    task: Task
    variant: Variant
    settings: Mapping[str, str]
    system: str | None = None
    """The user's own system text, in place of the task's."""
    senses: Senses = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """What is sent beside the text of one sample."""

    media: tuple[Media, ...] = ()
    manifest: tuple[Manifest, ...] = ()


def messages(
    ask: Ask, sample: Sample, how: Asking, *, earlier: Mapping[str, str], attached: Attached | None = None
) -> tuple[Message, ...]:
    """The system text and the question, with the sample's media before it."""
    values = values_of(sample, how, earlier=earlier) | replaced(how.task, sample, how.senses)
    system = how.system
    try:
        texts = [("system", system if system is not None else fill(ask.system_text(how.variant) or "", values))]
        question = fill(ask.prompt(how.variant) or "", values)
    except KeyError as error:
        raise TaskError(
            f"the prompt of {ask.name!r} names {{{error.args[0]}}}, which {sample.id} does not have"
        ) from error
    texts.append(("user", _with_notes(ask, sample, how, text=question)))
    tidy = str if how.task.verbatim else str.strip  # the authors' own prompts are sent with their white space
    found = [Message(role=role, text=tidy(text)) for role, text in texts if text.strip()]
    if attached is not None and attached.manifest:
        found[-1] = found[-1].model_copy(update={"media": attached.media, "manifest": attached.manifest})
    return tuple(found)


def _with_notes(ask: Ask, sample: Sample, how: Asking, *, text: str) -> str:
    """Notes that stand in for a sense come first where the prompt itself does not name them."""
    named = names_in(ask.prompt(how.variant))
    lines = [
        f"{sense.capitalize()}: {shown(sample.inputs.get(field))}"
        for sense, field in noted(how.task, sample, how.senses).items()
        if field not in named
    ]
    return "\n".join([*lines, "", text]) if lines else text


def unknown_fields(task: Task, samples: Sequence[Sample], settings: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """(sample, ask, name) of every {name} in a prompt that a sample does not have, up to a thousand."""
    wanted: list[tuple[str, set[str]]] = []
    for ask in task.asks:
        texts = (ask.qa, ask.cot, ask.system, ask.system_qa, ask.system_cot)
        names = {name for text in texts for name in names_in(text) if "." not in name}
        wanted.append((ask.name, names - set(settings)))
    lacking = (
        (sample.id, ask, name)
        for sample in samples
        for ask, names in wanted
        for name in sorted(names.difference(sample.inputs))
    )
    return list(islice(lacking, MOST_LACKING))


def identity(task: Task, sample: Sample) -> str:
    """What sets two items with equal prompts apart, where the task says so; empty where it does not."""
    return sample.id if task.distinct == "id" else ""


def tag(task: Task, ask: Ask, *, sample: Sample, variant: str) -> Tag:
    """What a baseline may answer here; open fields allow anything and are left out."""
    allowed: list[tuple[str, tuple[str, ...]]] = []
    for name, read in ask.reads().items():
        field = name if read.as_ == "json" or ask.read.as_ == "json" else ""
        if read.as_ in ("label", "labels"):
            allowed.append((field, tuple(sample.labels or task.labels_of(read))))
        elif read.as_ == "letter":
            allowed.append((field, tuple(LETTERS[: len(sample.choices[name])])))
        elif read.as_ == "number" and read.range:
            low, high = read.range
            allowed.append((field, tuple(str(number) for number in range(round(low), round(high) + 1))))
    return Tag(sample_id=sample.id, variant=variant, ask=ask.name, allowed=tuple(allowed))
