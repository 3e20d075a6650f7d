"""No regular expression of ours runs away: each against ten hostile texts of 100 kB made from its own pieces."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from figures import Figure, keep
from patterns import KINDS, LONG, MADE_AT_RUN_TIME, attacks, found_in_source

from judge.masking import Mask
from judge.parse.cues import cue
from judge.parse.faithful_emobench_m import _any_of
from judge.parse.letters import _ordinal
from judge.parse.predicates import predicate
from judge.parse.quoted import _begun, _pairs_of
from judge.parse.refusals import refusal
from judge.visible import _UNSEEN

LIMIT = 0.1
FOUND = found_in_source()
FORTY = {f"label {number}": (f"alias{number}", f"别名{number}") for number in range(40)}
INSTANCES = {
    **{f"cue {kind}": cue(kind) for kind in KINDS},
    **{f"predicate {kind}": predicate(kind) for kind in ("final", "doubt")},
    **{f"refusal {where}": refusal(where) for where in ("start", "anywhere")},
    "_ordinal": _ordinal(),
    "Mask": Mask({**FORTY, "two words": ("no  way", "不 好")})._phrases,
    "_UNSEEN": _UNSEEN,
    "_begun": _begun(frozenset({"emotion", "emotion label"})),
    "_pairs_of": _pairs_of(frozenset({"emotion", "emotion label"})),
    "_any_of": _any_of(("weak negative", "strong negative", "neutral")),
    "family_of": re.compile(r"(?<![a-z0-9])(?:gpt|o1|chatgpt)(?![a-z])"),
}
ANCHORED = {"predicate final", "predicate doubt", "refusal start"}
"""Instances that are only ever matched from one place of a text."""


def slowest(pattern: re.Pattern[str], texts: dict[str, str], *, anchored: bool = False) -> tuple[float, str]:
    """The longest time in seconds of processor, in every way a pattern is used; a slow one is measured again."""
    ways: dict[str, Callable[[str], object]] = {
        "finditer": lambda text: sum(1 for _ in pattern.finditer(text)),
        "sub": lambda text: pattern.sub("", text),
    }
    if anchored:
        ways = {"match": pattern.match, "fullmatch": pattern.fullmatch}
    return max((_seconds(way, text), f"{name}, {shape}") for name, way in ways.items() for shape, text in texts.items())


def _seconds(way: Callable[[str], object], text: str) -> float:
    best = 1e9
    for _ in range(2):
        started = time.process_time()
        way(text)
        best = min(best, time.process_time() - started)
        if best < LIMIT:
            break
    return best


def test_every_pattern_in_the_source_is_known_to_this_test() -> None:
    unknown = {found.place.partition(":")[0] for found in FOUND if found.pattern is None}
    assert unknown <= set(MADE_AT_RUN_TIME), "give each pattern made at run time an instance"
    assert {name for names in MADE_AT_RUN_TIME.values() for name in names} == set(INSTANCES)
    assert len(FOUND) > 40


def test_no_pattern_takes_long_over_a_hostile_text() -> None:
    started = time.process_time()
    known = {(found.pattern, found.flags, found.anchored): found.place for found in FOUND if found.pattern}
    patterns = [(place, re.compile(pattern, flags), only) for (pattern, flags, only), place in known.items() if pattern]
    patterns += [(name, pattern, name in ANCHORED) for name, pattern in INSTANCES.items()]
    length = LONG
    times = [
        (*slowest(one, attacks(one.pattern, one.flags & ~re.UNICODE, length), anchored=only), place)
        for place, one, only in patterns
    ]
    slow = [item for item in times if item[0] > LIMIT]
    worst = max(times)
    keep(
        Figure(
            name="regexes",
            test=f"every regular expression against 10 hostile texts of {length // 1000} kB, made from its own pieces",
            asked="each under 100 ms",
            tried=len(patterns) * 10,
            unit="texts",
            failed=len(slow),
            measured=f"{len(patterns)} patterns; slowest {worst[0] * 1000:.0f} ms ({worst[2]})",
            seconds=time.process_time() - started,
        )
    )
    assert slow == []


@pytest.mark.parametrize("bad", [r"(\w+\s*)+:\s*\d", r"(a+)+b", r"(x|xx)*y", r"\s*\n\s*\n\s*z"])
def test_a_pattern_that_runs_away_is_caught(bad: str) -> None:
    code = (
        "import re, sys; sys.path[:0] = ['tests', 'tests/reliability']\n"
        "from patterns import attacks\nfrom test_regexes import slowest\n"
        f"one = re.compile({bad!r})\n"
        "print(slowest(one, attacks(one.pattern, 0, 100_000))[0])"
    )
    try:
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=2.5, check=True)
    except subprocess.TimeoutExpired:
        return
    assert float(done.stdout) > LIMIT
