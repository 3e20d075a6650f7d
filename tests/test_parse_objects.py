"""JSON as models write it, by one reader for answers and verdicts: the slips that leave no doubt, and no others."""

from __future__ import annotations

import time
from typing import Any

import pytest
from building import LONG, make_ask, make_sample, make_task, parsed

from judge.pairwise.reading import read_choice
from judge.parse.blocks import read_step_list
from judge.parse.literals import Contradiction
from judge.parse.objects import last_object, objects_in
from judge.parse.verdicts import Unreadable, read_rating, read_ratings

LETTERS = {"as": "letter", "choices": "options"}
TASK = make_task(asks=[make_ask("both", **{"as": "json", "fields": {"emotion": LETTERS, "cause": LETTERS}})])
SAMPLE = make_sample(choices={"emotion": ("anger", "joy", "relief"), "cause": ("the gift", "the end", "the dark")})
SLIPS = {
    "line breaks in a text": '{"reason": "First, she sighs.\n\nThen she smiles.", "emotion": "C", "cause": "B"}',
    "a tab in a text": '{"reason": "a\tb", "emotion": "C", "cause": "B"}',
    "a comma too many": '{"emotion": "C", "cause": "B",}',
    "escaped quotes and a comma": '{"reason": "She says: \\"fine\\", twice", "emotion": "C", "cause": "B",}',
    "single quotes": "{'emotion': 'C', 'cause': 'B', 'reason': 'it's her brother's'}",
    "single quotes over lines": "{\n  'reason': 'She sighs.\nShe smiles.',\n  'emotion': 'C',\n  'cause': 'B'\n}",
    "typographic quotes": "{“emotion”: “C”, “cause”: “B”}",
    "typographic single quotes": "{‘reason’: ‘it’s fine’, ‘emotion’: ‘C’, ‘cause’: ‘B’}",
    "German quotes": "{„emotion“: „C“, „cause“: „B“}",
    "Chinese marks": "{“emotion”：“C”，“cause”：“B”}",
    "a line comment": '{"emotion": "C", // relief\n "cause": "B"}',
    "a comment at the top": '{\n  // she smiles\n  "emotion": "C",\n  "cause": "B"\n}',
    "a block comment": '{"emotion": "C", /* not "A" */ "cause": "B"}',
    "a hash comment": "{'emotion': 'C',  # it isn't anger\n 'cause': 'B'}",
    "an apostrophe escaped": '{"reason": "it\\\'s fine", "emotion": "C", "cause": "B"}',
    "an escape of no JSON": '{"reason": "50\\% \\(sure\\)", "emotion": "C", "cause": "B"}',
    "keys in capitals": '{"Emotion": "C", "CAUSE": "B"}',
    "keys without quotes": '{emotion: "C", cause: "B"}',
    "words without quotes": "{emotion: C, cause: B}",
    "the same key once more": '{"emotion": "C", "cause": "B", "emotion": "C"}',
    "the same key in other case": '{"emotion": "C", "cause": "B", "Emotion": "c"}',
    "a fence left open": '```json\n{"emotion": "C", "cause": "B"}',
    "a list of one object": '[{"emotion": "C", "cause": "B"}]',
    "values in lists": '{"emotion": ["C"], "cause": ["B"]}',
    "a comma left out at a line's end": '{\n  "emotion": "C"\n  "cause": "B"\n}',
    "the last brace missing": '{"emotion": "C", "cause": "B"',
    "the last brace missing in a fence": '```json\n{"emotion": "C", "cause": "B"\n```',
    "Python's words": "{'sure': True, 'note': None, 'emotion': 'C', 'cause': 'B'}",
    "a comment behind it": '{"emotion": "C", "cause": "B"} // not A',
    "the object once more": '{"emotion": "C", "cause": "B"}\nIn short: {"emotion": "C", "cause": "B"}',
}


@pytest.mark.parametrize("text", SLIPS.values(), ids=SLIPS.keys())
def test_an_answer_with_a_slip_is_read(text: str) -> None:
    result = parsed(text, task=TASK, sample=SAMPLE)
    assert (result.state, result.values) == ("ok", {"emotion": ("C",), "cause": ("B",)})


def test_the_text_of_a_value_is_kept_as_it_was_meant() -> None:
    (found,) = objects_in(
        '{"a": "it\\\'s\nfine \\u00e9 \\ud83d\\ude00", "b": .5, "c": -.8, "d": [1, "x",], "e": {f: no},}'
    )
    assert found.value == {"a": "it's\nfine é 😀", "b": 0.5, "c": -0.8, "d": [1, "x"], "e": {"f": "no"}}


NOT_WHOLE = [
    '{"a": "b',
    '{"a": ["b"', '{"a": 5', '{"a": 0.', '{"a": tru', '{"a": "b",', '{"a"', '{"a": ', '{"a": NaN}', "{'a': Infinity}",
    "{'a': open('x').read()}", "{a}", '{"a": "b" "c": "d"}', '{"a": /* open', "{" * 50 + '"a": 1',
]  # fmt: skip


@pytest.mark.parametrize("text", NOT_WHOLE)
def test_what_may_have_been_cut_off_or_is_no_literal_is_not_read(text: str) -> None:
    assert objects_in(text) == []


def test_a_key_that_says_two_things_is_a_contradiction_and_ambiguous() -> None:
    (found,) = objects_in('{"a": 1, "A": 2, "b": "x", "B": " X "}')
    assert found.value == {"a": Contradiction((1, 2)), "b": "x"}
    result = parsed('{"emotion": "C", "cause": "B", "emotion": "A"}', task=TASK, sample=SAMPLE)
    assert (result.state, result.values) == ("ambiguous", {"cause": ("B",)})


@pytest.mark.parametrize("after", ["{'emotion': 'A", '{"emotion": ["A"', "“emotion”: “A”", "'Emotion': 'A'"])
def test_a_broken_object_behind_a_whole_one_leaves_no_answer(after: str) -> None:
    assert last_object(f'{{"emotion": "C"}}\nNo: {after}', frozenset({"emotion"})) is None


SCALE = (1.0, 3.0, 5.0)
VERDICTS = {
    "a line break": '{"evidence": "she laughs", "reason": "First, the laugh.\nSecond, the tone.", "score": 5}',
    "a comma too many": '{"evidence": "she laughs", "score": 5,}',
    "an apostrophe": '{"evidence": "it\\\'s a laugh", "score": 5}',
    "capitals": '{"Evidence": "a", "Reason": "b", "SCORE": 5}',
    "single quotes": "{'evidence': 'a', 'score': 5}",
    "typographic quotes": "{“evidence”: “a”, “score”: 5}",
    "a comment": '{"evidence": "a", "score": 5 // complete\n}',
    "bare keys": "{evidence: complete, score: 5}",
    "the score twice": '{"score": 5, "evidence": "a", "score": 5}',
    "the score in prose behind it": '{"evidence": "a", "score": 5}\n\nFinal score: 5',
    "the score in prose before it": '**Score:** 5/5\n\n{"evidence": "a", "score": 5.0}',
    "the last brace missing": '{"evidence": "a", "score": "5"',
    "the last brace of a fence missing": '```json\n{"evidence": "a", "score": 5\n```',
    "in a list": '[{"evidence": "a", "score": 5}]',
}


@pytest.mark.parametrize("text", VERDICTS.values(), ids=VERDICTS.keys())
def test_a_verdict_with_a_slip_is_read(text: str) -> None:
    assert read_rating(text, SCALE).score == 5


AGAINST_ITSELF = [
    '{"score": 5, "score": 1}', '{"score": 5, "Score": 1}', '{"score": 5}\nFinal score: 1', "Score: 3\n{'score': 5}",
    "{'score': 5} {\"score\": 1}", "{score: 5} or {score: 3}", '{"score": 5}\nscore: cannot_judge',
    '{"score": 5} score: 50',
    '{"score": 5} score: 5.5', '{"score": 5}\n{"score": ', "{'score': 5}\n{'score': 1", '{"score": 5} Score: 80%',
    '{"score": null} score: 5', '{"score": 5', '{"score": [5]}',
]  # fmt: skip


@pytest.mark.parametrize("text", AGAINST_ITSELF)
def test_a_verdict_that_contradicts_itself_or_is_not_whole_counts_for_nothing(text: str) -> None:
    with pytest.raises(Unreadable):
        read_rating(text, SCALE)


def test_ratings_of_steps_and_step_lists_are_read_with_the_same_slips() -> None:
    said = "{'Ratings': [{'Step': 1, 'Score': 5, 'evidence': 'it's\nplain',}, {step: 2, score: 3},]}"
    assert [one.score for one in read_ratings(said, SCALE, count=2)] == [5, 3]
    same = '{"ratings": [{"step": 1, "score": 5}, {"step": 2, "score": 5}]}'
    assert len(read_ratings(f"{same}\nEach score: 5", SCALE, count=2)) == 2
    for beside in ("Score: 3", '"score": 5', "ratings: [5, 5]"):
        with pytest.raises(Unreadable):
            read_ratings(f"{same}\n{beside}", SCALE, count=2)
    assert read_step_list("{'Steps': ['She laughs.\nLoudly.', 'So it's joy.',]}") == [
        "She laughs. Loudly.",
        "So it's joy.",
    ]
    with pytest.raises(Unreadable):
        read_step_list('{"steps": ["She laughs.", "So"')


@pytest.mark.parametrize(
    "text",
    ["{'Better': 'A', 'reason': 'it's\nwarmer',}", '{"better": "A", // warmer\n}', "{better: A}", '{"better": "A"',
     '{"better": "A", "Better": "a"}', '{"better": "A"}\nFinal verdict: A'],
)  # fmt: skip
def test_a_comparison_with_a_slip_is_read(text: str) -> None:
    assert read_choice(text, tie=False).slot == "A"


@pytest.mark.parametrize("text", ["{'better': 'A', 'Better': 'B'}", "{better: A} {'better': 'B'}"])
def test_a_comparison_that_contradicts_itself_counts_for_nothing(text: str) -> None:
    with pytest.raises(Unreadable):
        read_choice(text, tie=False)


PIECES: list[Any] = [
    "{a:1} ", "{'a", "{'a': ", "{'a': 'b', ", '{"a": "b\n", ', '{"a": [', "{/*", "{ //", "“{“", "{a:‘", '{"a": /*',
    "{a /*x*/:", "{“a”：", '{"a":[{"b":1,}', "{a: {", "{" + "a" * 60, "{'" + "b" * 70, "{'a': '" + "'" * 50, "{a:\n",
]  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
def test_objects_over_and_over_take_little_time(piece: str) -> None:
    started = time.process_time()
    objects_in(piece * (LONG // len(piece)))
    assert time.process_time() - started < 8, "of CPU, not of the clock: what is quadratic takes minutes"
