"""Thinking in replies: how many have <think> blocks, what is said of them, and the setting that keeps them.

No benchmark's authors strip such blocks. Faithful mode does, unless --set thinking=kept asks for the authors' way.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from judge.definitions import THINKING, Task
from judge.errors import UsageError, nearest
from judge.parse.thinking import split_thinking
from judge.records import Answer
from judge.runs import Opened

OWN_RULE, JUDGED = "rule", "judge"
"""What faithful mode rests on: a rule of the authors that reads the reply, or a judge who is shown it."""


def thinking_block(task: Task, answers: Iterable[Answer], *, by_judge: bool) -> dict[str, Any] | None:
    """For summary.json: how many answers have thinking in their text, and what becomes of it in faithful mode.

    None where no answer has any, or where faithful mode is no rule of the authors (`by_judge`: a rubric of theirs is).
    """
    ruled = task.faithful.rule != "same"
    if not ruled and not by_judge:
        return None
    count = sum(any(split_thinking(reply.text)[1] for reply in answer.replies) for answer in answers)
    if not count:
        return None
    return {"answers": count, "way": task.faithful.thinking, "read_by": OWN_RULE if ruled else JUDGED}


def thinking_line(block: Mapping[str, Any] | None) -> str:
    """One sentence for people; empty where there is nothing to say."""
    if not block:
        return ""
    count = int(block["answers"])
    have = f"{count:,} {'answer has' if count == 1 else 'answers have'} <think> blocks"
    if block["way"] == "kept":
        return f"{have}: faithful reads them as part of the text, as the authors' own code does (thinking=kept)"
    said = "the authors' own code does not strip them"
    if block["read_by"] == JUDGED:
        return f"{have}: the judge is shown the replies without them; {said}"
    return f"{have}: faithful reads the replies without them; {said} (their way: score --set thinking=kept)"


def with_reading(opened: Opened, given: Sequence[tuple[str, str]]) -> Opened:
    """The run as `score --set` has it read; raises UsageError for a setting that the models were asked with."""
    run = opened.run
    offered = opened.task.reading_settings()
    settings = dict(run.settings)
    for name, value in given:
        if name not in offered:
            raise UsageError(f"--set {name}: {_why_not(opened, name, offered)}")
        choices = offered[name].choices
        if value not in choices:
            raise UsageError(f"--set {name}={value}: choose one of {', '.join(choices)}{nearest(value, choices)}")
        if name in settings or value != offered[name].default:
            settings[name] = value
    if settings == run.settings:
        return opened
    return dataclasses.replace(
        opened, run=run.model_copy(update={"settings": settings}), task=opened.task.under(settings)
    )


def as_scored(opened: Opened, settings: Mapping[str, str]) -> Opened:
    """The run as its summary, which has these settings, says that it was read."""
    given = [(name, settings[name]) for name in opened.task.reading_settings() if name in settings]
    return with_reading(opened, given)


def _why_not(opened: Opened, name: str, offered: Iterable[str]) -> str:
    if name == THINKING:
        return f"faithful mode of {opened.task.name} reads no reply by a rule of the authors, so nothing would change"
    if name in opened.task.all_settings():
        return f"the models were asked with {name}={opened.run.settings.get(name, '')}: another one is another run"
    known = ", ".join(offered) or "none"
    return f"{opened.task.name} has no such setting of the reading{nearest(name, offered)} ({known})"
