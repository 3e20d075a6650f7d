"""Agreements as JSON, and as one tidy CSV row for each number."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from judge.cells import cell
from judge.trust.findings import CriterionAgreement, PairAgreement, Pooled, Statistic
from judge.trust.groups import Grouped
from judge.trust.systems import Ranking

SCHEMA = 1
COLUMNS = (
    "judge", "criterion", "group", "first", "second", "statistic", "value", "low", "high", "lowest", "highest", "n",
    "dropped", "reason", "note", "by", "part",
)  # fmt: skip


def as_json(results: Sequence[CriterionAgreement], *, about: Mapping[str, Any], more: Mapping[str, Any]) -> str:
    """Everything, with full precision; `about` says from what and how it was made, `more` is what was asked beyond."""
    own = [dataclasses.asdict(item) for item in results]
    body = {"schema": SCHEMA, "kind": "agreement", **about, "results": own, **more}
    return json.dumps(body, indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def as_csv(results: Sequence[CriterionAgreement], *, groups: Sequence[Grouped], systems: Sequence[Ranking]) -> str:
    """One row for each number: pairs, medians over pairs, gaps, ratios, the alt-test; `by` and `part` name a group."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for row in (*_whole(results), *_by_group(groups), *_by_system(systems)):
        writer.writerow({name: cell(value) for name, value in row.items()})
    return text.getvalue()


def _whole(results: Sequence[CriterionAgreement]) -> Iterator[dict[str, Any]]:
    for result in results:
        named = {"judge": result.judge or "", "criterion": result.criterion}
        yield from (named | row for row in _rows(result))


def _by_group(groups: Sequence[Grouped]) -> Iterator[dict[str, Any]]:
    for one in groups:
        for part in one.groups:
            yield from ({**row, "by": one.by, "part": part.value} for row in _whole([part.agreement]))
        if one.differs is not None:
            told = one.differs
            named = {"judge": one.judge or "", "criterion": one.criterion, "by": one.by, "group": "difference"}
            named |= {"n": str(told.n), "reason": told.reason}
            yield {**named, "statistic": "p", "value": _number(told.p)}
            yield {**named, "statistic": "p_holm", "value": _number(told.p_holm)}


def _by_system(systems: Sequence[Ranking]) -> Iterator[dict[str, Any]]:
    for one in systems:
        named = {"judge": one.judge, "criterion": one.criterion, "by": one.by, "group": "systems"}
        told = {name: getattr(one, name) for name in ("spearman", "kendall_tau_b", "ordered", "preference")}
        told |= {"within": one.within} if one.within is not None else {}
        yield from ({**named, "statistic": name, "n": len(one.systems), **_cells(item)} for name, item in told.items())
        for system in one.systems:
            own = {**named, "part": system.name, "n": system.n}
            yield {**own, "statistic": "people", "value": _number(system.people)}
            yield {**own, "statistic": "judge", "value": _number(system.judge)}
            yield {**own, "statistic": "offset", **_cells(system.offset)}


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
