"""What the baselines answer with: the commonest gold reply of each ask, and texts to draw from."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

from judge.definitions import Ask, Task
from judge.records import Sample


def commonest_replies(task: Task, samples: Sequence[Sample]) -> dict[str, str]:
    """By ask, the reply that is right most often over these samples; ties go to the one that comes first."""
    found: dict[str, str] = {}
    for ask in task.asks:
        replies = [reply for sample in samples if (reply := _gold_reply(ask, sample)) is not None]
        if replies:
            found[ask.name] = Counter(replies).most_common(1)[0][0]
    return found


def text_pools(task: Task, samples: Sequence[Sample]) -> dict[str, tuple[str, ...]]:
    """By free-text ask, the references of all samples: a random one is fluent and nearly always wrong."""
    references = tuple(sample.target.reference for sample in samples if sample.target.reference)
    return {ask.name: references for ask in task.asks if ask.read.as_ == "text"}


def _gold_reply(ask: Ask, sample: Sample) -> str | None:
    if ask.read.as_ == "text":
        return sample.target.reference
    given = {name: ", ".join(sample.target.values[name]) for name in ask.reads() if name in sample.target.values}
    if len(given) < len(ask.reads()):
        return None
    if ask.read.as_ == "json":
        return json.dumps(given, ensure_ascii=False)
    return given[ask.name]
