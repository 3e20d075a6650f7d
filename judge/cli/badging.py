"""The badge beside judged numbers: which card holds for a judge's verdicts in a run, found when they are shown."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from judge.errors import ResultsError
from judge.evaluate import Bench
from judge.rubric import Rubric, scores_named
from judge.summary import UNMEASURED, Summary
from judge.trust.card.badge import Finding, line_of, of_metric
from judge.trust.card.keeping import PAGE, Held, Identity, held
from judge.trust.card.records import Card


def badged(block: Mapping[str, Any], *, run: Path, bench: Bench | None = None) -> dict[str, Any]:
    """A judge's block with its badge, its card and the models that answered; warnings where a card does not hold."""
    found = dict(block)
    if bench is not None:
        models = {verdict.returned_model for verdict in bench.verdicts if verdict.returned_model}
        found["returned_models"] = sorted(models)
    card = _held(found, run)
    rubric = Rubric.model_validate_json(json.dumps(found["rubric_spec"]))  # the points of a scale are keys
    return found | {
        "validity": line_of(card.card) if card.card else UNMEASURED,
        "badges": _badges(rubric, card.card),
        "card": os.path.relpath(card.folder / PAGE, run.resolve()) if card.folder else "",
        "card_warnings": list(card.warnings),
    }


def _held(block: Mapping[str, Any], run: Path) -> Held:
    wanted = Identity(
        judge=block["name"], method=block["method"], rubric=block["rubric"], rubric_digest=block["rubric_digest"]
    )
    try:
        return held(wanted, run=run, returned_models=block.get("returned_models", []))
    except ResultsError as error:  # a damaged card is no card; scoring goes on
        return Held(warnings=tuple(str(fault) for fault in error.faults))


def _badges(rubric: Rubric, card: Card | None) -> dict[str, Finding]:
    """By metric."""
    known = {name: of_metric(name, rubric, card) for name in scores_named(rubric)}
    return {name: badge for name, badge in known.items() if badge is not None}


def refreshed(summary: Summary, *, run: Path, out: Path) -> Summary:
    """A summary with the badges as they are now, for a report in `out`: cards are made after scores, as a rule."""
    blocks = []
    for block in summary.run["judges"]:
        now = badged(block, run=run)
        link = os.path.relpath(run.resolve() / now["card"], out.resolve()) if now["card"] else ""
        blocks.append(now | {"card_link": quote(link)})
    return dataclasses.replace(summary, run=summary.run | {"judges": blocks})


def badge_beside(blocks: Sequence[Mapping[str, Any]], metric: str, judge: str | None) -> str:
    """What stands beside a number: rules · not measured; the judge alone where no rating of its is behind it."""
    if judge is None:
        return ""
    block = next((block for block in blocks if block["judge"] == judge), None)
    badge = block.get("badges", {}).get(metric) if block is not None else None
    return f"{judge} · {badge}" if badge else judge
