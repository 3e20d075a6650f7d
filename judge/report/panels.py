"""The section on how far judges agree with each other, without whom the numbers change, and how each repeats itself.

It says what stands in the summaries; agreement among judges is not truth.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from judge.report.naming import who
from judge.report.tables import Section, Table
from judge.summary import Summary

MODES = ("strict", "faithful")
_READING = (
    "alpha: Krippendorff's ordinal alpha over all judges. equal: the share of pairs of judges that rate an answer "
    "alike. Judges of one family err together: agreement is no validity."
)


def panels(members: Sequence[Summary], first: str) -> Section:
    """Tables of agreement, of each metric without each judge, and of repeats; nothing where there are neither."""
    tables = [table for summary in members for table in _of(summary, first)]
    shown = any(summary.run.get("panels") for summary in members)
    text = (_READING,) if shown else ()
    return Section(title="Panels and repeats", level=3, paragraphs=text, tables=tuple(tables))


def _of(summary: Summary, first: str) -> Iterable[Table]:
    model = who(summary)
    for block in summary.run.get("panels") or ():
        yield _agreement(model, block)
        yield _without(model, block, first)
    for block in summary.run.get("stability") or ():
        yield _repeats(model, block)


def _agreement(model: str, block: dict[str, Any]) -> Table:
    rows = [
        (
            str(item["criterion"]),
            _interval(item["alpha_ordinal"]),
            _equal(item["exact"]),
            ", ".join(f"{count} by {judges}" for judges, count in item["answers_by_judges"].items()),
            ", ".join(f"{judge} {count}" for judge, count in item["missing"].items() if count) or "none",
        )
        for item in block["criteria"]
    ]
    caption = f"{model}, {block['panel']} by {block['rubric']}: how far the judges agree"
    header = ("criterion", "alpha [95%]", "equal", "answers by judges", "ratings missing")
    return Table(caption=caption, header=header, rows=tuple(rows))


def _without(model: str, block: dict[str, Any], first: str) -> Table:
    names = list(block["without"])
    metrics = dict.fromkeys(
        (item["metric"], item["mode"])
        for mode in (first, *(one for one in MODES if one != first))
        for items in block["without"].values()
        for item in items
        if item["mode"] == mode
    )
    rows = []
    for metric, mode in metrics:
        found = [_change(block["without"][name], metric, mode) for name in names]
        rows.append((f"{metric}, {mode}", *found))
    caption = f"{model}, {block['panel']}: each metric without each judge (the change)"
    return Table(caption=caption, header=("metric", *(f"without {name}" for name in names)), rows=tuple(rows))


def _change(items: Sequence[dict[str, Any]], metric: str, mode: str) -> str:
    item = next((one for one in items if (one["metric"], one["mode"]) == (metric, mode)), None)
    if item is None or item["value"] is None:
        return f"null: {item['reason']}" if item else "–"
    factor = 100 if item["scale"] == [0.0, 1.0] else 1
    change = "" if item["change"] is None else f" ({factor * item['change']:+.2f})"
    return f"{factor * item['value']:.2f}{change}"


def _repeats(model: str, block: dict[str, Any]) -> Table:
    rows = [
        (
            str(item["criterion"]),
            str(item["n"]),
            _interval(item["alpha_ordinal"]),
            _plain(item["flip_rate"], percent=True),
            _plain(item["within_sd"]),
        )
        for item in block["criteria"]
    ]
    caption = f"{model}, {block['judge']} by {block['rubric']}: {block['repeats']} ratings of each answer"
    header = ("criterion", "n", "alpha [95%]", "pairs of repeats that differ", "deviation within an answer")
    return Table(caption=caption, header=header, rows=tuple(rows))


def _interval(number: dict[str, Any]) -> str:
    if number["value"] is None:
        return f"null: {number['reason']}"
    ends = "" if number["low"] is None else f" [{number['low']:.2f}, {number['high']:.2f}]"
    return f"{number['value']:.2f}{ends}"


def _equal(number: dict[str, Any]) -> str:
    return f"null: {number['reason']}" if number["value"] is None else f"{100 * number['value']:.1f}% (n {number['n']})"


def _plain(value: float | None, *, percent: bool = False) -> str:
    if value is None:
        return "–"
    return f"{100 * value:.1f}%" if percent else f"{value:.2f}"
