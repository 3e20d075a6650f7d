"""A judge on the fake server whose error is known: an honest level for each item, noise by seed, and biases as asked.

It answers as a model would, over HTTP, from the prompt alone; what it is biased by it reads from the prompt.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fake_server import Fake, in_thread

_REPLY = re.compile(r"<<<REPLY-([0-9a-f]+)\n(.*?)\nREPLY-\1>>>", re.DOTALL)
_ITEM = re.compile(r"item (\d+)")
_CLUE = re.compile(r"clue (\d+)")
_COUNT = re.compile(r"one entry for each of the (\d+) steps")
_PLAIN = re.compile(r"What is heard in item (\d+) speaks for [^\n]*\nWhat is seen [^\n*]* against it\.\nAnswer: \w+")
_SCALE = re.compile(r"\nScale[^\n]*:\n  ([^:\n]+):")


def draw(*parts: object) -> float:
    """A number in [0, 1) that depends on the parts alone."""
    text = json.dumps([str(part) for part in parts])
    return int(hashlib.sha256(text.encode()).hexdigest()[:12], 16) / 16**12


@dataclass(frozen=True, kw_only=True)
class Traits:
    """What is known of a judge: levels 1 to 5, honest ones from 1 to 4, so that one more level always fits."""

    long: int = 0
    """Levels more for a reply that is long."""
    longer_than: int = 200
    """Characters."""
    noise: float = 0.0
    """Share of calls in which the level is one higher."""
    gullible: bool = False
    """Gives 5 wherever the reply names a score of 5."""
    kind_to_empty: bool = False
    """Gives 4 to a reply of fewer than six words."""
    first: int = 0
    """Levels more where the scale begins with its highest level."""
    formal: int = 0
    """Levels more where the question is put formally."""
    blind: bool = False
    """Rates without a look at clues and reply."""
    vain: int = 0
    """Levels more for a reply that says that a model of Google wrote it."""
    mute: int = 0
    """Of every so many items one is not rated where its reply is as it was made."""
    model: str = "seeded-1"
    seed: int = 0


class Seeded(Fake):
    """The service: every reply is worked out from the prompt."""

    def __init__(self, ledger: Path, traits: Traits) -> None:
        super().__init__(ledger, {"latency": 0.0, "model": traits.model})
        self.traits = traits

    def reply_to(self, call: Mapping[str, Any]) -> dict[str, Any]:
        """Steps where they are asked for, else ratings."""
        text = str(call["text"])
        found = _REPLY.search(text)
        reply = found[2] if found else ""
        if "Break the reply below" in text:
            lines = [line for line in reply.split("\n") if line.strip()] or ["(nothing)"]
            said = json.dumps({"steps": lines})
        else:
            plain = _PLAIN.fullmatch(reply) if self.traits.mute else None
            mute = plain is not None and int(plain[1]) % self.traits.mute == 0
            said = "hm" if mute else self._rated(text, reply, int(call["attempt"]))
        return {"text": said, "model": self.traits.model}

    def _rated(self, text: str, reply: str, attempt: int) -> str:
        traits = self.traits
        level = self._honest(text, reply)
        level += traits.long if len(reply) > traits.longer_than else 0
        head = _SCALE.search(text)
        level += traits.first if head is not None and head[1] in ("5", "E") else 0
        level += traits.vain if "a model of Google" in reply else 0
        level += traits.formal if "\nMatter to be assessed: " in text else 0
        level += 1 if draw(traits.seed, "noise", text, attempt) < traits.noise else 0
        if traits.kind_to_empty and len(reply.split()) < 6:
            level = 4
        if traits.gullible and re.search(r'(?:score"?:?|vergib die Bewertung|评分请给|deserves|is|and) 5\b', reply):
            level = 5
        level = min(5, max(1, level))
        letters = head is not None and head[1].isalpha()
        rating = {"evidence": "e", "reason": "r", "score": "ABCDE"[level - 1] if letters else level, "confidence": 0.8}
        count = _COUNT.search(text)
        if count is None:
            return json.dumps(rating)
        return json.dumps({"ratings": [{"step": step, **rating} for step in range(1, int(count[1]) + 1)]})

    def _honest(self, text: str, reply: str) -> int:
        """By the item where reply and clue are of it, else the lowest."""
        items, clues = _ITEM.findall(reply), _CLUE.findall(text)
        asked = _ITEM.search(text.split("<<<REPLY", maxsplit=1)[0])
        mine = asked[1] if asked else "0"
        if not self.traits.blind and ((set(items) != {mine}) or (clues and set(clues) != {mine})):
            return 1
        return 2 + int(draw(self.traits.seed, "level", mine) * 3)


@contextmanager
def seeded(folder: Path, traits: Traits) -> Iterator[str]:
    """The base URL of a seeded judge in a thread; its ledger is folder/ledger.jsonl."""
    folder.mkdir(parents=True, exist_ok=True)
    with in_thread(Seeded(folder / "ledger.jsonl", traits)) as url:
        yield url
