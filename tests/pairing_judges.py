"""A seeded judge of pairs whose error and whose pull to the first place are known; and pairs invented for the tests."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

NATURAL = "tasks/llmbar/natural.yaml"
ERROR, PULL = 0.2, 0.3
_SHOWN = {
    slot: re.compile(rf"<<<ANSWER_{slot}-([0-9a-f]{{16}})\n(.*?)\nANSWER_{slot}-\1>>>", re.DOTALL) for slot in "AB"
}


def shown(text: str, slot: str) -> str:
    """The answer that stands in a slot of a prompt."""
    found = _SHOWN[slot].search(text)
    assert found is not None, f"no answer stands at {slot}"
    return found[2]


def chance(*parts: str) -> float:
    """A number in [0, 1) that is always the same for the same words."""
    return int(hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12], 16) / 16**12


def biased(
    records: Iterable[Mapping[str, Any]], *, error: float, pull: float, mute: float = 0.0
) -> Callable[[str, str], str]:
    """A judge that is wrong about a share of pairs, and of another share names the first place whatever stands there.

    It finds the pair by the texts that it is shown, so a prompt that showed other texts or other places would break it.
    """
    best = {
        frozenset((record["output_1"], record["output_2"])): record[f"output_{record['label']}"] for record in records
    }

    def decide(model: str, text: str) -> str:
        one, other = shown(text, "A"), shown(text, "B")
        better = best[frozenset((one, other))]
        key = min(one, other), max(one, other)
        if chance("mute", *key) < mute:
            return "Both have their merits."
        if chance("pull", *key) < pull:
            slot = "A"
        else:
            right = "A" if one == better else "B"
            slot = right if chance("error", *key) >= error else "BA"["AB".index(right)]
        return json.dumps({"evidence": "e", "reason": "r", "better": slot, "confidence": 0.7})

    return decide


def invented(count: int = 60) -> list[dict[str, Any]]:
    """Pairs in the authors' format; the better answer names as many things as are asked for."""
    things = ("fruits", "rivers", "tools", "birds", "games")
    records = []
    for place in range(count):
        thing, wanted = things[place % 5], 2 + place % 7
        good = ", ".join(f"{thing[:-1]} {place}.{number}" for number in range(wanted))
        bad = f"{thing.capitalize()} are a wonderful subject, and there are many of them (case {place})."
        label = 1 + (place * 7 // 3) % 2
        records.append(
            {
                "input": f"Name {wanted} {thing}, with commas between them. Case {place}.",
                "output_1": good if label == 1 else bad,
                "output_2": bad if label == 1 else good,
                "label": label,
            }
        )
    return records


def written(folder: Path, records: list[dict[str, Any]], name: str = "Natural.json") -> Path:
    """A file of them, as the authors release theirs."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(records), encoding="utf-8")
    return folder


def line_of(url: str, data: Path, out: Path, *more: str | Path) -> list[str | Path]:
    return ["--data", data, "--judge", "endpoint:seeded", "--base-url", url, "--out", out, *more]
