"""The benchmark authors' own parsers, kept with their quirks; RULES is the whole registry.

Sources: mmla: the released evaluator (arXiv 2504.16427, code); json-exact: EmoBench's 2025 code; emobench-m and
emobench-m-labels: see their module.
"""

from __future__ import annotations

from collections.abc import Callable

from judge.definitions import Ask, Task
from judge.folding import composed
from judge.gold import LETTERS
from judge.parse.faithful_emobench import as_sent, json_of, stored_2024, vote_2024
from judge.parse.faithful_emobench_m import emobench_m, emobench_m_labels
from judge.parse.thinking import strip_thinking
from judge.parse.value import Value
from judge.parse.values import as_region
from judge.records import AskReply, Sample

Rule = Callable[[Task, Sample, Ask, AskReply], dict[str, Value]]


def mmla(task: Task, sample: Sample, ask: Ask, reply: AskReply) -> dict[str, Value]:
    """Each label between non-word characters anywhere in the lower-cased reply; none: unknown, several: multi."""
    text = composed(strip_thinking(reply.text, keep=task.faithful.thinking == "kept")).lower()
    named = [label for label in (sample.labels or task.labels) if _stands_alone(label.lower(), text)]
    if len(named) == 1:
        return {ask.name: Value("ok", (named[0],))}
    if named:
        return {ask.name: Value("ambiguous", reason="multi")}
    return {ask.name: Value("unparsed", reason="unknown")}


def _stands_alone(label: str, text: str) -> bool:
    r"""The label between \W or the ends; a plain search, as thirty labels' patterns over a long text take long."""
    at = text.find(label)
    while at >= 0:
        around = text[max(0, at - 1) : at] + text[at + len(label) : at + len(label) + 1]
        if not any(character.isalnum() or character == "_" for character in around):
            return True
        at = text.find(label, at + 1)
    return False


def json_exact(task: Task, sample: Sample, ask: Ask, reply: AskReply) -> dict[str, Value]:
    """EmoBench's JSON of 2025; each value must equal an upper-case letter exactly."""
    try:
        given = json_of(as_sent(reply.text, keep=task.faithful.thinking == "kept"))
    except ValueError:
        given = None
    values: dict[str, Value] = {}
    for name in ask.reads():
        allowed = LETTERS[: len(sample.choices.get(name, ()))]
        value = given.get(name) if isinstance(given, dict) else None
        if not isinstance(given, dict):
            values[name] = Value("unparsed", reason="the reply is not JSON")
        elif isinstance(value, str) and len(value) == 1 and value in allowed:
            values[name] = Value("ok", (value,))
        else:
            shown = as_region(value)[:40]
            values[name] = Value("out_of_range", reason=f"{name} is {shown!r}, not exactly one of {allowed}")
    return values


RULES: dict[str, Rule] = {
    "mmla": mmla,
    "json-exact": json_exact,
    "emobench-2024": vote_2024,
    "emobench-2024-stored": stored_2024,
    "emobench-m": emobench_m,
    "emobench-m-labels": emobench_m_labels,
}
