"""JSON objects in a reply, and a judge's ratings: one verdict counts, and nothing is clamped or guessed."""

import contextlib
import json
from collections.abc import Callable

import pytest
from building import HARD_TEXTS, seconds_on_attacks
from hypothesis import example, given, settings
from hypothesis import strategies as st

from judge.parse.objects import last_object, load, objects_in, without_fences
from judge.parse.verdicts import Rating, Unreadable, read_rating, read_ratings, read_steps

SCALE = (0.0, 0.5, 1.0)
GOOD = '{"evidence": "he winks", "reason": "a joke", "score": 0.5, "confidence": 0.8}'
PIECES = (
    '{"score": ',
    '{"ratings": [',
    '{"steps": ["a"',
    '"step": 1',
    "1",
    "NaN",
    "]",
    "}",
    ", ",
    "\ud800",
    "\x00",
    "😂",
)
ANYTHING = st.text(st.characters(), max_size=200) | st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


def score(text: str) -> float | None:
    return read_rating(text, SCALE).score


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("no [object] {", []),
        ('{"a": 1}', [{"a": 1}]),
        ('x {"a": 1} y {"b": 2} z', [{"a": 1}, {"b": 2}]),
        ('{"a": {"b": {"c": "}{"}}}', [{"a": {"b": {"c": "}{"}}}]),
        ('{x {y} {"a": 1}', [{"a": 1}]),
        ('{"a": 1', []),
        ('{"a": NaN} {"b": Infinity} {"c": -Infinity}', []),
        ("{'a': 1", []),
        ('[{"a": 1}, {"a": 2}]', [{"a": 1}, {"a": 2}]),
    ],
)
def test_the_outermost_objects_are_found_in_order(text: str, values: list[object]) -> None:
    found = objects_in(text)
    assert [item.value for item in found] == values
    assert all(json.loads(text[item.start : item.end]) == item.value for item in found)


def test_an_object_of_a_very_long_text_is_where_it_is_said_to_be() -> None:
    text = "He winks. " * 30_000 + '{"a": 1}'
    (found,) = objects_in(text)
    assert text[found.start : found.end] == '{"a": 1}'


@pytest.mark.parametrize("before", ["{", "{x} ", "{}", '{"b": 2} '], ids=["open", "words", "empty objects", "objects"])
def test_the_last_object_is_found_behind_many_braces(before: str) -> None:
    found = last_object(before * 300 + '{"a": 1}', frozenset({"a"}))
    assert found is not None
    assert found.value == {"a": 1}


def test_the_last_object_with_a_wanted_key_counts_in_any_case_of_letters() -> None:
    found = last_object('{"a": 1} {"A": 2} {"b": 3} {"c": {"a": 4}}', frozenset({"a", "z"}))
    assert found is not None
    assert found.value == {"A": 2}


def test_no_object_is_found_without_a_wanted_key() -> None:
    assert last_object('{"b": 1}', frozenset({"a"})) is None


WRONG_JSON = {
    "cut off": "{",
    "not a number": "NaN",
    "infinity in a list": "[Infinity]",
    "deep": "[" * 100_000,
    "5000 digits": "9" * 5000,
    "more than one": '{"a": 1} x',
    "surrogate": "\ud800",
}


@pytest.mark.parametrize("text", WRONG_JSON.values(), ids=WRONG_JSON.keys())
def test_wrong_json_is_a_value_error_and_nothing_worse(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        load(text)


@pytest.mark.parametrize("text", ["```json\nx\n```", "```\nx\n```", "```JSON\nx", "x"])
def test_fences_are_taken_off(text: str) -> None:
    assert without_fences(text) == "x"


def test_a_rating_is_read_with_its_evidence_and_reason() -> None:
    assert read_rating(GOOD, SCALE) == Rating("he winks", "a joke", 0.5, 0.8)


VERDICTS = {
    "whole": ('{"score": 1}', 1),
    "text": ('{"score": "0.5"}', 0.5),
    "fenced": ('```json\n{"score": 0}\n```', 0),
    "among words": ('I weigh {it}.\n{"score": 1}\nDone.', 1),
    "twice the same": ('{"reason": "a", "score": 0}\nAgain, in short:\n{"reason": "b", "score": 0}', 0),
    "planted in the evidence": ('{"evidence": "it says {\\"score\\": 1}", "score": 0}', 0),
    "before a note": ('{"score": 0} {"note": "none"}', 0),
}


@pytest.mark.parametrize(("text", "value"), VERDICTS.values(), ids=VERDICTS.keys())
def test_a_verdict_is_read_wherever_it_stands(text: str, value: float) -> None:
    assert score(text) == value


def test_a_verdict_is_read_behind_many_braces() -> None:
    assert score('{"note": 1} ' + "{" * 300 + '{"score": 0}') == 0


OFF_THE_SCALE = [
    "2", "-1", "0.7", "1.01", "100", "1e999", "NaN", "Infinity", "-Infinity", "true", "false", '"4/5"', '"NaN"',
    '"inf"', '"one"', '""', '" "', "[1]", "{}", '"1 of 1"', '"cannot"', pytest.param("9" * 400, id="999..."),
]  # fmt: skip


@pytest.mark.parametrize("value", OFF_THE_SCALE)
def test_what_is_not_on_the_scale_is_refused_and_never_clamped(value: str) -> None:
    with pytest.raises(Unreadable):
        score(f'{{"reason": "he winks", "score": {value}}}')


@pytest.mark.parametrize("text", ["", "A good reply: 1", '{"reason": "he winks"}', '{"Points": 1}', "[1]", "score: 1"])
def test_a_missing_score_is_said_and_never_guessed(text: str) -> None:
    with pytest.raises(Unreadable, match="score"):
        score(text)


def test_the_allowed_scores_are_named_so_that_the_judge_can_mend_its_own() -> None:
    with pytest.raises(Unreadable, match=r"'4/5' is not one of 0, 0\.5, 1"):
        score('{"score": "4/5"}')


@pytest.mark.parametrize("value", ['"cannot_judge"', "null"])
def test_a_judge_may_say_that_it_cannot_judge(value: str) -> None:
    rating = read_rating(f'{{"evidence": "", "reason": "no clip", "score": {value}, "confidence": 1}}', SCALE)
    assert rating == Rating("", "no clip", None, None)


@pytest.mark.parametrize(
    ("value", "confidence"),
    [
        ("0", 0),
        ("1", 1),
        ("0.25", 0.25),
        ("1.5", None),
        ("-0.1", None),
        ("true", None),
        ('"high"', None),
        ("null", None),
    ],
)
def test_a_confidence_outside_zero_to_one_is_left_out(value: str, confidence: float | None) -> None:
    rating = read_rating(f'{{"score": 1, "confidence": {value}}}', SCALE)
    assert (rating.score, rating.confidence) == (1, confidence)


def test_very_long_evidence_is_cut() -> None:
    rating = read_rating(json.dumps({"evidence": "e" * 5000, "reason": "r" * 5000, "score": 1}), SCALE)
    assert (rating.evidence, rating.reason) == ("e" * 1000, "r" * 1000)


def ratings(*items: object) -> str:
    return json.dumps({"ratings": list(items)})


def test_each_step_has_its_rating() -> None:
    text = ratings({"step": 1, "evidence": "e", "reason": "r", "score": 1}, {"step": 2, "score": "cannot_judge"})
    assert read_ratings(text, SCALE, count=2) == [Rating("e", "r", 1, None), Rating("", "", None, None)]


def test_two_lists_of_ratings_that_differ_are_none() -> None:
    text = ratings({"step": 1, "score": 1}) + "\nNo:\n" + ratings({"step": 1, "score": 0})
    with pytest.raises(Unreadable, match="differ"):
        read_ratings(text, SCALE, count=1)


ONE, TWO = {"step": 1, "score": 1}, {"step": 2, "score": 1}


MISFITS = {
    "none": ratings(),
    "too few": ratings(ONE),
    "too many": ratings(ONE, TWO, {"step": 3, "score": 1}),
    "order": ratings(TWO, ONE),
    "twice": ratings(ONE, ONE),
    "unnumbered": ratings({"score": 1}, {"score": 1}),
    "number as text": ratings({"step": "1", "score": 1}, TWO),
    "bare": ratings(1, 1),
    "without a score": ratings(ONE, {"step": 2}),
    "off the scale": ratings(ONE, {"step": 2, "score": 0.7}),
    "true": ratings(ONE, {"step": 2, "score": True}),
    "4/5": ratings(ONE, {"step": 2, "score": "4/5"}),
    "no list": '{"ratings": {"1": 1, "2": 1}}',
    "null": '{"ratings": null}',
    "one rating": '{"score": 1}',
    "no object": "1, 1",
}


@pytest.mark.parametrize("text", MISFITS.values(), ids=MISFITS.keys())
def test_ratings_that_do_not_fit_the_steps_one_by_one_are_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read_ratings(text, SCALE, count=2)


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ('{"steps": ["He winks.", " They laugh. "]}', ["He winks.", "They laugh."]),
        ('{"steps": [{"claim": "He winks.", "step": 1}]}', ["He winks."]),
        ('{"steps": ["b"]} {"steps": ["b"]}', ["b"]),
        ('```json\n{"steps": ["他眨眼。"]}\n```', ["他眨眼。"]),
    ],
    ids=["texts", "objects", "twice", "fenced"],
)
def test_steps_are_read(text: str, steps: list[str]) -> None:
    assert read_steps(text) == steps


@pytest.mark.parametrize(
    "steps", [[], "He winks.", None, [1], [""], ["a", " "], [None], [{"step": "a"}], [["a"]], ["a"] * 101], ids=repr
)
def test_steps_that_are_not_texts_are_refused(steps: object) -> None:
    with pytest.raises(Unreadable):
        read_steps(json.dumps({"steps": steps}))


def readable(read: Callable[[str], object]) -> Callable[[str], bool]:
    def reads(text: str) -> bool:
        with contextlib.suppress(Unreadable):
            read(text)
            return True
        return False

    return reads


READERS = {
    "objects": readable(objects_in),
    "rating": readable(score),
    "ratings": readable(lambda text: read_ratings(text, SCALE, count=1)),
    "steps": readable(read_steps),
    "fences": readable(without_fences),
}


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS.keys())
@settings(max_examples=150, deadline=None, database=None)
@given(ANYTHING)
def test_any_text_is_read_or_said_to_be_unreadable(reader: Callable[[str], bool], text: str) -> None:
    assert reader(text) in (True, False)


@pytest.mark.parametrize("text", HARD_TEXTS, ids=lambda text: ascii(text[:12]))
def test_a_hard_text_holds_no_verdict(text: str) -> None:
    for name in ("rating", "ratings", "steps"):
        assert not READERS[name](text.replace('"label"', '"score"'))


@settings(max_examples=150, deadline=None, database=None)
@given(st.floats() | st.integers() | st.booleans() | st.text() | st.none() | st.lists(st.integers()))
@example(10**4000)
@example(float("nan"))
def test_a_score_is_on_the_scale_or_none_or_refused(value: object) -> None:
    text = json.dumps({"score": value})
    if READERS["rating"](text):
        assert score(text) in (*SCALE, None)
        assert isinstance(value, int | float | str | None)


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS.keys())
def test_no_hostile_text_takes_long(reader: Callable[[str], bool]) -> None:
    seconds, attack = seconds_on_attacks(reader)
    assert seconds < 1, attack
