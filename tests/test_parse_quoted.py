"""Objects in Python's quotes, and keys without an object, are read without being evaluated."""

from __future__ import annotations

import time

import pytest

from judge.parse.objects import objects_in
from judge.parse.quoted import begins, pairs_in


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("{'emotion': 'happy'}", {"emotion": "happy"}),
        ("so: { 'emotion label' : 'sad', 'two' : 'wishing', }.", {"emotion label": "sad", "two": "wishing"}),
        ("{'emotion': happy}", {"emotion": "happy"}),
        ("{emotion: 'happy'}", {"emotion": "happy"}),
        ("{'sarcasm': True}", {"sarcasm": True}),
        ("{'why': 'it's his dog's joke', 'n': 3}", {"why": "it's his dog's joke", "n": 3}),
        ("{‘emotion’: ‘happy’}", {"emotion": "happy"}),
        ("{“emotion”: “happy”}", {"emotion": "happy"}),
        ("{'mixed': \"quotes\"}", {"mixed": "quotes"}),
        ("```python\n{\n  'emotion': 'happy'\n}\n```", {"emotion": "happy"}),
    ],
)  # fmt: skip
def test_a_flat_mapping_is_read(text: str, wanted: dict[str, str]) -> None:
    assert [found.value for found in objects_in(text)] == [wanted]


@pytest.mark.parametrize(
    "text",
    [
        "{'emotion'}",
        "{'emotion': 'happy",
        "{'emotion': ['happy'",
        "{'n': 5",
        "{'emotion': __import__('os').system('true')}",
        "{}",
        "a set {x} and {y + 1}",
        "{'a': '" + "x" * 50_001 + "'}",
    ],
)
def test_what_is_cut_off_or_code_is_not_found(text: str) -> None:
    assert objects_in(text) == []


def test_two_mappings_are_found_in_order_with_their_places() -> None:
    text = "first {'a': 'b'} then {'a': 'c'}"
    assert [(found.value["a"], text[found.start : found.end]) for found in objects_in(text)] == [
        ("b", "{'a': 'b'}"),
        ("c", "{'a': 'c'}"),
    ]


def test_a_key_that_begins_a_mapping_is_seen() -> None:
    assert begins("... {'Emotion' : 'ha", frozenset({"emotion"}))
    assert not begins("the emotion: happy", frozenset({"emotion"}))


@pytest.mark.parametrize("piece", ["{'a", "{'a': ", "{'a': 'b', ", "{a", "{'" + "b" * 70, "{'a': '" + "'" * 50])
def test_a_text_made_to_be_slow_is_read_in_little_time(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    began = time.process_time()
    assert objects_in(text) == []
    assert time.process_time() - began < 2


def test_pairs_without_a_mapping_are_read_at_the_beginning_of_a_line_or_after_a_mark() -> None:
    keys = frozenset({"emotion", "emotion label", "intent"})
    assert pairs_in("**Emotion label**: Happy, intent = asking", keys) == {"emotion label": "happy", "intent": "asking"}
    assert pairs_in("the right emotion: happy", keys) == {}
    assert pairs_in("emotion: sad\nemotion: fear\nintent: asking", keys) == {"intent": "asking"}
