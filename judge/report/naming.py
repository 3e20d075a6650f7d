"""How runs and their numbers are called in a report, so that what differs never shares a name."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from judge.composites import Average
from judge.records import Estimate, Mode
from judge.senses import digest_part, words
from judge.summary import Summary
from judge.wording import OWN, UNKNOWN, sentence


class Column(NamedTuple):
    """What may stand in one column: a metric, by one judge, by one rubric."""

    metric: str
    judge: str | None
    rubric: str
    """name v1 (digest); empty where no judge is behind it."""


def who(summary: Summary) -> str:
    """The model, and how its run ended where it is not complete."""
    state = summary.run["state"]
    return str(summary.run["shown"]) + ("" if state == "complete" else f" ({state})")


def other_words(summary: Summary) -> str:
    """What of a run's prompts is not the authors', for a row beside published numbers; empty where all is theirs."""
    said = str(summary.run.get("wording", ""))
    own = ["own wording"] if said == OWN else ["wording unknown"] if said == UNKNOWN else []
    own += ["own system text"] if summary.run.get("own_system") else []
    return ", ".join(own)


def wordings(members: Iterable[Summary]) -> list[str]:
    """A sentence for each way in which these runs were worded."""
    every = (sentence(str(own.run.get("wording", "")), system=bool(own.run.get("own_system"))) for own in members)
    return [f"Prompts: {text}." for text in dict.fromkeys(every) if text]


def named_apart(summaries: Sequence[Summary]) -> list[Summary]:
    """Each run by its model; by its folder, too, where a model has several runs."""
    counts = Counter(str(summary.run["model"]) for summary in summaries)
    return [
        dataclasses.replace(summary, run=summary.run | {"shown": _shown_name(summary, counts)}) for summary in summaries
    ]


def _shown_name(summary: Summary, counts: Counter[str]) -> str:
    model = str(summary.run["model"])
    senses = summary.run.get("senses") or {}
    sent = f" [{words(senses)}]" if digest_part(senses) else ""
    return model + sent if counts[model] == 1 else f"{model}{sent}, {summary.run['folder']}"


def is_overall(item: Estimate, mode: Mode) -> bool:
    """The whole task's number in this mode."""
    return item.group == "overall" and item.mode == mode


def column_of(summary: Summary, item: Estimate) -> Column:
    """With the rubric that the judge of this run went by: another rubric is another protocol."""
    blocks = (block for block in summary.run["judges"] if block["judge"] == item.judge)
    block = next(blocks, None) if item.judge is not None else None
    rubric = f"{block['rubric']} v{block['rubric_version']} {block['rubric_digest'][:8]}" if block else ""
    return Column(item.metric, item.judge, rubric)


def columns(members: Sequence[Summary], mode: Mode) -> list[Column]:
    """In the order in which they are met."""
    every = (column_of(own, item) for own in members for item in own.estimates if is_overall(item, mode))
    return list(dict.fromkeys(every))


def titles(wanted: Iterable[Column]) -> dict[Column, str]:
    """accuracy; cot (rules); the rubric is named where a judge went by several."""
    known = list(wanted)
    several = Counter((column.metric, column.judge) for column in known)
    found = {}
    for column in known:
        rubric = f", rubric {column.rubric}" if several[column.metric, column.judge] > 1 else ""
        found[column] = f"{column.metric} ({column.judge}{rubric})" if column.judge else column.metric
    return found


def cell(item: Estimate | Average | None) -> str:
    """77.50 [62.50, 87.68] · n 40, valid 38, missing 2; a dash where the metric was not asked for."""
    if item is None:
        return "–"
    counts = f"n {item.n}" + (f", valid {item.valid}, missing {item.missing}" if item.missing else "")
    if item.value is None:
        return f"null: {item.reason} · {counts}"
    factor = 100.0 if item.scale == (0.0, 1.0) else 1.0
    value = f"{round(item.value * factor, 9):.2f}"  # 0.31875 is 31.875, and no 31.874999999999996
    if item.low is not None and item.high is not None:
        value += f" [{item.low * factor:.2f}, {item.high * factor:.2f}]"
    wide = getattr(item, "interval", None)
    return f"{value} · {counts}" + (f" · interval: {wide}" if wide else "")
