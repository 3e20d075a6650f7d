"""Forms of a closed set in a text: as one regular expression would find them, whatever their number."""

from __future__ import annotations

import random
import re
import time

import pytest

from judge.parse.labels import MOST_LOOKED, LabelSet
from judge.parse.lexicon import NO_SPACES, Lexicon

_LETTER = r"[^\W_]"


def _by_regex(forms: list[str], text: str) -> list[tuple[int, int]]:
    """Leftmost and longest, between boundaries but beside a script without spaces: every form is tried everywhere."""
    free = re.compile(f"[{NO_SPACES}]")
    ways = []
    for form in sorted(forms, key=len, reverse=True):
        left = "" if free.match(form[0]) else rf"(?:(?<!{_LETTER})|(?<=[{NO_SPACES}]))"
        right = "" if free.match(form[-1]) else rf"(?:(?!{_LETTER})|(?=[{NO_SPACES}]))"
        ways.append(left + re.escape(form) + right)
    return [match.span() for match in re.finditer("|".join(ways), text)]


def _without_overlaps(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    kept: list[tuple[int, int]] = []
    for start, end in spans:
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept


@pytest.mark.parametrize("seed", range(60))
def test_the_forms_are_found_as_one_regular_expression_finds_them(seed: int) -> None:
    draw = random.Random(seed)
    letters = "ab高兴é _1-ไ"
    forms = list({"".join(draw.choices(letters, k=draw.randint(1, 4))) for _ in range(30)})
    text = "".join(draw.choices(letters, k=300))
    assert _without_overlaps(list(Lexicon(forms).spans(text))) == _by_regex(forms, text)


def test_nine_thousand_aliases_without_spaces_cost_a_long_reply_no_more_than_few() -> None:
    draw, letters = random.Random(1), [chr(code) for code in range(0x4E00, 0x4E00 + 3000)]
    aliases = sorted({"".join(draw.choices(letters, k=draw.randint(2, 4))) for _ in range(9000)})
    text = "".join(draw.choices(letters, k=300_000))
    labels = LabelSet({"glad": tuple(aliases[::2]), "sad": tuple(aliases[1::2])})
    begun = time.process_time()
    found = labels.mentions(text)
    assert time.process_time() - begun < 3.0, "with one pattern of all aliases it was 24 s for as much"
    assert all(text[item.start : item.end] in set(aliases) for item in found[:50])


def test_of_a_great_many_mentions_the_first_and_the_last_are_asked_whether_they_are_denied() -> None:
    labels = LabelSet({"happy": (), "sad": ()})
    found = labels.mentions("not sad. " + "happy. " * (3 * MOST_LOOKED) + "not sad.")
    assert (found[0].negated, found[-1].negated) == (True, True)
    assert not any(item.negated for item in found[1:-1])
