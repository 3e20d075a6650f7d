"""EmoBench-M's own ways to read an answer (arXiv 2502.04424), by its released code, old and new.

`emobench_m`: the runners released first, which search a raw reply. `emobench_m_labels`: the scorer that replaced them,
which searches nothing and takes what it is given as the label.
"""

from __future__ import annotations

import re
from functools import lru_cache

from judge.definitions import Ask, Read, Task
from judge.folding import composed
from judge.parse.objects import load
from judge.parse.thinking import strip_thinking
from judge.parse.value import Value
from judge.parse.values import as_region
from judge.records import AskReply, Sample


def emobench_m(task: Task, _sample: Sample, ask: Ask, reply: AskReply) -> dict[str, Value]:
    """By the form of the answer: one label, the two labels of the joint task, or free text.

    One label: the leftmost between word boundaries. Joint: for each field the first label, in the order of the list,
    that stands anywhere in the reply, inside other words too. Free text: the whole reply.
    """
    text = strip_thinking(reply.text, keep=task.faithful.thinking == "kept")
    if ask.read.as_ == "json":
        return {name: _substring(task, read, composed(text).lower()) for name, read in ask.reads().items()}
    if ask.read.as_ == "text":
        whole = text.strip()
        return {ask.name: Value("ok", (whole,)) if whole else Value("unparsed", reason="the reply is empty")}
    match = _any_of(tuple(task.labels_of(ask.read))).search(composed(text).lower())
    if match is None:
        return {ask.name: Value("unparsed", reason="no label of the list stands in the reply as a word")}
    return {ask.name: Value("ok", (match[0],))}


@lru_cache(maxsize=64)
def _any_of(labels: tuple[str, ...]) -> re.Pattern[str]:
    """The labels' alternation in their order, as the authors' runner makes it."""
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, labels))})\b")


def _substring(task: Task, read: Read, text: str) -> Value:
    found = next((label for label in task.labels_of(read) if label in text), None)
    return Value("ok", (found,)) if found else Value("unparsed", reason="no label of the list stands in the reply")


def emobench_m_labels(task: Task, _sample: Sample, ask: Ask, reply: AskReply) -> dict[str, Value]:
    """Each field's text, in lower case and stripped, is the label, known or not: an unknown one counts wrong."""
    text = strip_thinking(reply.text, keep=task.faithful.thinking == "kept")
    if ask.read.as_ != "json":
        return {ask.name: _as_is(text)}
    try:
        given = load(text)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        return {name: Value("unparsed", reason="the labels are not given as JSON") for name in ask.reads()}
    found = {
        name: next((given[key] for key in (name, *read.keys) if key in given), None)
        for name, read in ask.reads().items()
    }
    return {name: _as_is(as_region(value)) for name, value in found.items()}


def _as_is(text: str) -> Value:
    label = composed(text).strip().lower()
    return Value("ok", (label,)) if label else Value("unparsed", reason="the label is empty")
