"""Agreements as JSON, and as one tidy CSV row for each number."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from judge.trust.findings import CriterionAgreement, PairAgreement, Pooled, Statistic

SCHEMA = 1
COLUMNS = (
    "judge", "criterion", "group", "first", "second", "statistic", "value", "low", "high", "lowest", "highest", "n",
    "dropped", "reason", "note",
)  # fmt: skip


def as_json(results: Sequence[CriterionAgreement], *, about: Mapping[str, Any]) -> str:
    """Everything, with full precision; `about` says from what and how it was made."""
    body = {"schema": SCHEMA, "kind": "agreement", **about, "results": [dataclasses.asdict(item) for item in results]}
    return json.dumps(body, indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def as_csv(results: Sequence[CriterionAgreement]) -> str:
    """One row for each number: pairs, medians over pairs, gaps, ratios, the alt-test."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for result in results:
        named = {"judge": result.judge or "", "criterion": result.criterion}
        for row in _rows(result):
            writer.writerow(named | row)
    return text.getvalue()


def _rows(result: CriterionAgreement) -> Iterator[dict[str, Any]]:
    counts = {"n": result.n, "dropped": result.dropped}
    for group, pooled in (("judge-human", result.judge_human), ("human-human", result.human_human)):
        yield from ({"group": group, "statistic": name, **counts, **_cells(item)} for name, item in pooled.items())
    for group, found in (("gap", result.gap), ("ratio", result.ratio)):
        yield from ({"group": group, "statistic": name, **counts, **_cells(item)} for name, item in found.items())
    yield {"group": "human-human", "statistic": "alpha_all", **counts, **_cells(result.humans_alpha)}
    if result.alt is not None:
        alt = result.alt
        named = {"group": "alt-test", **counts, "reason": alt.reason, "note": "; ".join(alt.notes)}
        yield {**named, "statistic": "omega", "value": _number(alt.omega)}
        yield {
            **named,
            "statistic": "rho",
            "value": _number(alt.rho),
            "low": _number(alt.low),
            "high": _number(alt.high),
        }
    for pair in (*result.pairs, *([result.consensus] if result.consensus else [])):
        yield from _pair(pair)


def _pair(pair: PairAgreement) -> Iterator[dict[str, Any]]:
    named = {"group": "pair", "first": pair.first, "second": pair.second, "n": pair.n, "dropped": pair.dropped}
    yield from ({**named, "statistic": name, **_cells(item)} for name, item in pair.statistics.items())


def _cells(item: Statistic | Pooled) -> dict[str, Any]:
    found = dataclasses.asdict(item)
    return {name: _number(found[name]) for name in ("value", "low", "high", "lowest", "highest") if name in found} | {
        "reason": item.reason,
        "note": item.note,
    }


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.10g}"
