"""Over how many items a stored mean is: counted in scores.jsonl, and believed only where they give the same mean."""

from __future__ import annotations

import math
from collections.abc import Sequence

from judge import stats
from judge.records import Estimate, Score
from judge.statuses import NOT_IMPORTED


def units_of(scores: Sequence[Score], estimate: Estimate) -> int | None:
    """The number of items behind an estimate of the whole task; None where its scores do not give its value.

    Draws of an item are averaged first. What the model did not deliver counts the scale's lowest, 0 for a share, where
    the estimate counts it so.
    """
    if estimate.value is None:
        return None
    key = (estimate.metric, estimate.mode, estimate.judge)
    own = [score for score in scores if (score.metric, score.mode, score.judge) == key]
    zeros = [score for score in own if score.value is None and _by_the_model(score)]
    kept = [(score.sample_id, score.value) for score in own if score.value is not None]
    lowest = estimate.scale[0] if estimate.scale is not None else 0.0
    lost = [(score.sample_id, lowest) for score in zeros]
    for pairs in (kept, kept + lost) if estimate.n == estimate.valid else (kept + lost, kept):
        found = _mean(pairs)
        if found is not None and math.isclose(found[0], estimate.value, rel_tol=1e-9, abs_tol=1e-12):
            return found[1]
    return None


def _by_the_model(score: Score) -> bool:
    """True where a reply came, or the importer had none, and there was nothing in it to score."""
    return score.problem is not None and (score.problem.stage == "parse" or score.problem.kind == NOT_IMPORTED)


def _mean(pairs: Sequence[tuple[str, float]]) -> tuple[float, int] | None:
    if not pairs:
        return None
    per_item, _ = stats.per_item([value for _, value in pairs], [item for item, _ in pairs])
    return sum(per_item) / len(per_item), len(per_item)
