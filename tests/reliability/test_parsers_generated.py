"""Texts made of pieces that matter to the parsers: what must hold of any reading, and how long it may take."""

from __future__ import annotations

import datetime
import random
import time

import pytest
from building import parsed
from figures import FULL, Figure, keep, size
from hypothesis import given, settings
from hypothesis import strategies as st
from readers import LIMIT, LONGEST_REPEAT, PIECES, READERS, Watch, made

TEXTS = size(400, 200_000)
SEED = int(datetime.datetime.now(tz=datetime.UTC).strftime("%Y%m%d")) if FULL else 1
"""A number of texts each night that no night before had; the failure names the text."""
PIECE = st.sampled_from(PIECES) | st.text(st.characters(), max_size=5)
LONG = st.tuples(st.sampled_from(PIECES), st.integers(2, LONGEST_REPEAT)).map(lambda item: item[0] * item[1])


def test_any_text_is_read_by_the_rules_or_not_at_all_and_soon() -> None:
    started = time.process_time()
    source = random.Random(SEED)
    watch = Watch()
    wrong: list[str] = []
    for _ in range(TEXTS):
        text = made(source)
        for reader in READERS:
            try:
                reader(watch, text)
            except Exception as error:  # noqa: BLE001  # a traceback is what is counted here
                wrong.append(f"{reader.__name__}: {type(error).__name__}: {error} of {text[:3000]!a}")
    took, slowest, _ = watch.slowest
    keep(
        Figure(
            name="parsers_generated",
            test=f"each generated text through {len(READERS)} groups of parsers, with what must hold of each reading",
            asked="200,000 inputs: 0 tracebacks, each under 100 ms",
            tried=TEXTS,
            unit="texts",
            failed=len(wrong),
            measured=f"{watch.calls:,} calls; slowest {took * 1000:.0f} ms ({slowest}); seed {SEED}",
            seconds=time.process_time() - started,
            details={"wrong": wrong[:20]},
        )
    )
    assert wrong == []


@settings(max_examples=size(40, 2000), deadline=None, database=None, derandomize=not FULL)
@given(st.lists(PIECE | LONG, max_size=6).map("".join) | st.text(st.characters(), max_size=60))
def test_any_text_reads_alike_twice_and_a_failure_is_made_small(text: str) -> None:
    assert parsed(text) == parsed(text)
    for reader in READERS:
        reader(Watch(), text)


def test_a_slow_call_and_a_wrong_reading_are_noticed() -> None:
    def slow(_text: str) -> None:
        until = time.process_time() + LIMIT
        while time.process_time() < until:
            pass

    with pytest.raises(AssertionError, match=r"slow took 0\.1.* over 3 characters: 'abc'"):
        Watch()(slow, "abc")
