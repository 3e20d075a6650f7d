"""EmoBench's own parser of 2024 (arXiv 2402.12071, released code of 2024-03-11), kept with its quirks.

Lines are read from the last to the first; in a line the letter that is lowest in the alphabet wins over the one that
is named first, and `: a` is found in `: anger`.
"""

from __future__ import annotations

from collections.abc import Iterator

from judge.definitions import Ask, Task
from judge.gold import LETTERS
from judge.parse.thinking import split_thinking
from judge.parse.value import Value
from judge.records import AskReply, Sample

FAMILIES = ("({})", "[{}]", ": {}", "option {}", "option ({})", "choice {}", "choice ({})", "选项 {}", "选项 ({})")
"""Tried in this order, each with every letter."""
MOST_LETTERS = {"EA": 4, "EU": 6}
AFTER = "<[():"
"""What may follow a letter at the beginning of a line."""


def vote_2024(_task: Task, sample: Sample, ask: Ask, reply: AskReply) -> dict[str, Value]:
    """One letter for each field of the ask, `unparsed` where the authors' code gave -1.

    Application items have the letters a to d, understanding items a to f however many options they have.
    """
    text = split_thinking(reply.text)[0]
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
        if line.strip():
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
    bare = line.strip()
    if len(bare) == 1 and bare in letters:
        yield letters.index(bare)
    if line[:1] and line[0] in letters and line[1:2] and line[1] in AFTER:
        yield letters.index(line[0])
