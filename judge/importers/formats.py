"""FORMATS is the whole registry of what `judge import --format` reads."""

from __future__ import annotations

from judge.importers.emobench import emobench
from judge.importers.emobench_m import emobench_m
from judge.importers.mme_emotion import mme_emotion
from judge.importers.roscoe import roscoe
from judge.importers.shape import Given, Imported, Reader
from judge.replies import read_replies


def jsonl(given: Given) -> Imported:
    """Lines of {"id", "reply", "draw"?, "variant"?, "thinking"?, "finish"?}: the format of this suite."""
    return Imported(lines=read_replies(given.paths))


FORMATS: dict[str, Reader] = {
    "jsonl": jsonl,
    "emobench": emobench,
    "emobench-m": emobench_m,
    "mme-emotion": mme_emotion,
    "roscoe": roscoe,
}

BY_AUTHORS = frozenset({"emobench", "emobench-m", "mme-emotion"})
"""Formats that only a benchmark's own code writes: the answers were asked for in its authors' words."""
