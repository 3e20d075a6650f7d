"""EmoBench's own parsers (arXiv 2402.12071; released code of 2024-03-11 and 2025-05-16), kept with their quirks.

2024: lines are read from the last to the first; in a line the letter that is lowest in the alphabet wins over the one
that is named first, `: a` is found in `: anger`, and a lone letter with a space or a carriage return after it is none.
2025: the first ```json block, which must be closed, else the whole reply, as Python's json.loads reads it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from judge.definitions import Ask, Task
from judge.gold import LETTERS
from judge.parse.thinking import strip_thinking
from judge.parse.value import Value
from judge.records import AskReply, Sample

FAMILIES = ("({})", "[{}]", ": {}", "option {}", "option ({})", "choice {}", "choice ({})", "选项 {}", "选项 ({})")
"""Tried in this order, each with every letter."""
MOST_LETTERS = {"EA": 4, "EU": 6}
AFTER = "<[():"
"""What may follow a letter at the beginning of a line."""


_OPEN, _CLOSE = "```json", "```"


def as_sent(text: str, *, keep: bool) -> str:
    """The reply as it came, white space and all; without its thinking, where it has some and it is not kept."""
    kept = strip_thinking(text, keep=keep)
    return text if kept.strip() == text.strip() else kept


def json_of(text: str) -> Any:
    """What the code of 2025 reads; NaN is a number to it. Raises ValueError where it reads nothing."""
    _, fenced, rest = text.partition(_OPEN)
    body, closed, _ = rest.partition(_CLOSE)
    if fenced and not closed:
        raise ValueError("the json block is not closed")
    try:
        return json.loads(body if fenced else text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def stored_2024(_task: Task, _sample: Sample, ask: Ask, reply: AskReply) -> dict[str, Value]:
    """The prediction that was imported beside the reply: an index from 0, or -1 where the authors found no choice."""
    found = reply.prediction
    if found.isascii() and found.isdigit() and int(found) < len(LETTERS):
        return {name: Value("ok", (LETTERS[int(found)],)) for name in ask.reads()}
    reason = "no choice was found by who stored the prediction" if found else "no prediction is stored"
    return {name: Value("unparsed", reason=reason) for name in ask.reads()}


def vote_2024(task: Task, sample: Sample, ask: Ask, reply: AskReply) -> dict[str, Value]:
    """One letter for each field of the ask, `unparsed` where the authors' code gave -1.

    Application items have the letters a to d, understanding items a to f however many options they have.
    """
    text = as_sent(reply.text, keep=task.faithful.thinking == "kept").strip()
    found: dict[str, Value] = {}
    for name in ask.reads():
        options = sample.choices.get(name, ())
        count = MOST_LETTERS["EA" if len(sample.choices) == 1 else "EU"]
        place = index_of(text, options, count=count, lang=str(sample.inputs.get("language", "en")))
        found[name] = Value("ok", (LETTERS[place],)) if place >= 0 else Value("unparsed", reason="no choice is found")
    return found


def index_of(text: str, options: tuple[str, ...], *, count: int, lang: str) -> int:
    """The index of the choice that the authors' code reads, or -1."""
    text = text.lower().replace("（", "(").replace("）", ")").replace(".", "")
    joined = " and " if lang == "en" else "和"
    texts = tuple(option.lower().replace(" & ", joined) for option in options)
    for line in reversed(text.split("\n")):
        if line:
            place = next(_in_line(line, texts, letters=LETTERS[:count].lower()), -1)
            if place >= 0:
                return place
    return -1


def _in_line(line: str, texts: tuple[str, ...], *, letters: str) -> Iterator[int]:
    for family in FAMILIES:
        for place, letter in enumerate(letters):
            if family.replace("{}", letter) in line:
                yield place
    for place, text in enumerate(texts):
        if text in line:
            yield place
    if len(line) == 1 and line in letters:
        yield letters.index(line)
    if line[:1] and line[0] in letters and line[1:2] and line[1] in AFTER:
        yield letters.index(line[0])
