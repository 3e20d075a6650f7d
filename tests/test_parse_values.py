"""One field from its region: a label, several labels, a letter, a number, free text."""

from collections.abc import Callable
from typing import Any

import pytest
from building import HARD_TEXTS, seconds_on_attacks
from hypothesis import example, given, settings
from hypothesis import strategies as st

from judge.definitions import Read
from judge.parse.numbers import read_number
from judge.parse.value import Value
from judge.parse.values import as_region, read_label, read_labels, read_letter, read_value

LABELS = {"happy": ("glad", "开心"), "sad": ("难过",), "angry": ()}
FEELINGS = ("Delight", "Anger", "Embarrassment", "Hopeless", "Pride", "Disappointment")
CAUSES = ("The cake was ruined", "She liked the cake", "She liked the cake despite it being ruined")
SCALE = (1.0, 5.0)
PIECES = ("not ", "happy", "开心", "A", "(B)", "option ", "4", "/5", " out of ", "-", ",", "\ud800", "\x00", "😂", "\n")
ANYTHING = st.text(st.characters(), max_size=200) | st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


def letter(region: str, choices: tuple[str, ...] = FEELINGS, *, explicit: bool = True) -> Value:
    return read_letter(region, choices, explicit=explicit)


@pytest.mark.parametrize(
    "region", ["happy", "Glad!", "**Happy**", "I'd say glad.", "happy, not sad", "glad, so happy", "她很开心"]
)
def test_one_label_is_the_answer(region: str) -> None:
    assert read_label(region, LABELS, explicit=True) == Value("ok", ("happy",))


@pytest.mark.parametrize(
    "region", ["happy or sad", "happy/sad", "happy and sad, both", "glad but 难过", "[happy, sad, angry]"]
)
@pytest.mark.parametrize("explicit", [True, False], ids=["slot", "line"])
def test_two_labels_are_ambiguous(region: str, explicit: bool) -> None:
    value = read_label(region, LABELS, explicit=explicit)
    assert (value.state, value.values) == ("ambiguous", ())
    assert "happy, sad" in value.reason


@pytest.mark.parametrize("region", ["not happy", "unclear", "", "  ", "N/A", "none", "?", "I don't know", "unknown."])
@pytest.mark.parametrize("explicit", [True, False], ids=["slot", "line"])
def test_no_label_is_unparsed_and_never_a_default(region: str, explicit: bool) -> None:
    value = read_label(region, LABELS, explicit=explicit)
    assert (value.state, value.values) == ("unparsed", ())
    assert value.reason


@pytest.mark.parametrize("region", ["elated", "**Elated.**", "unhappy", "quite elated"])
def test_another_word_in_the_answer_slot_is_out_of_range(region: str) -> None:
    assert read_label(region, LABELS, explicit=True).state == "out_of_range"


def test_another_word_in_the_answer_slot_is_out_of_range_but_elsewhere_there_is_none() -> None:
    assert read_label("Elated.", LABELS, explicit=True).state == "out_of_range"
    assert read_label("Let me look at the clip again.", LABELS, explicit=False).state == "unparsed"


@pytest.mark.parametrize(
    ("region", "values"),
    [
        ("sad, happy", ("happy", "sad")),
        ("Glad and happy", ("happy",)),
        ("not sad, but angry", ("angry",)),
        ("[happy, sad, angry]", ("happy", "sad", "angry")),
    ],
)
def test_a_list_of_labels_is_read_in_the_order_of_the_set(region: str, values: tuple[str, ...]) -> None:
    assert read_labels(region, LABELS, explicit=True) == Value("ok", values)


@pytest.mark.parametrize(
    ("region", "state"), [("elated", "out_of_range"), ("not happy", "unparsed"), ("", "unparsed"), ("none", "unparsed")]
)
def test_a_list_without_a_label_of_the_set_is_not_read(region: str, state: str) -> None:
    assert read_labels(region, LABELS, explicit=True).state == state


SAYS_B = [
    "B", "b", "(B)", "(b)", "[B]", "B)", "B.", "b)", "B:", "**B**", "`B`", '"B"', "**(B)**", "Option B", "option (b)",
    "choice B", "The answer is B.", "I choose B", "B, Anger", "B) Anger", "(b) anger", "B: Anger", "B. Anger",
    "B - Anger", "Anger", "She feels Anger", r"\boxed{B}", r"$\boxed{\text{B}}$", "B\nAnger", "B as she shouts",
]  # fmt: skip
SAYS_B_IN_CHINESE = {
    "xuanxiang B": "选项B",
    "xuanxiang (B)": "选项 (B)",
    "full-width brackets": "（B）",
    "full-width letter": "Ｂ",
    "shi B, spaced": "答案是 B",
    "shi B": "答案是B。",
    "xuan B": "我选B",
    "B xuanxiang": "B选项",
}


@pytest.mark.parametrize("region", SAYS_B)
@pytest.mark.parametrize("explicit", [True, False], ids=["slot", "line"])
def test_a_letter_is_read_bare_marked_or_by_the_text_of_its_option(region: str, explicit: bool) -> None:
    assert letter(region, explicit=explicit) == Value("ok", ("B",))


@pytest.mark.parametrize("region", SAYS_B_IN_CHINESE.values(), ids=SAYS_B_IN_CHINESE.keys())
def test_a_letter_is_read_beside_chinese_which_has_no_spaces(region: str) -> None:
    assert letter(region) == Value("ok", ("B",))


@pytest.mark.parametrize("name", "ABCD")
@pytest.mark.parametrize("text", ["{} is the best answer", "{} because she smiles", "Answer {} is right", "I pick {}"])
def test_every_letter_is_read_alike_so_that_no_position_is_favoured(text: str, name: str) -> None:
    assert letter(text.format(name)) == Value("ok", (name,))


@pytest.mark.parametrize(
    ("region", "name"),
    [("A teacher would choose C", "C"), ("A sad woman feels Pride", "E"), ("A person in this place: B", "B")],
)
def test_the_article_is_not_the_letter(region: str, name: str) -> None:
    assert letter(region, explicit=False) == Value("ok", (name,))


@pytest.mark.parametrize(
    ("region", "name"),
    [("Anger, i.e. rage", "B"), ("Pride, e.g. of her cake", "E"), ("It's B", "B")],
    ids=["i.e.", "e.g.", "It's"],
)
def test_the_letters_of_an_abbreviation_are_no_answer(region: str, name: str) -> None:
    assert letter(region) == Value("ok", (name,))


@pytest.mark.parametrize(
    "region", ["B or C", "B/C", "B and C", "Both A and B", "(A) or (B)", "A, B", "Anger or Pride", "Both B) and C)"]
)
def test_two_letters_are_ambiguous(region: str) -> None:
    value = letter(region)
    assert (value.state, value.values) == ("ambiguous", ())


@pytest.mark.parametrize("region", ["(A) Anger", "A) Anger", "A. Anger", "A: Anger", "C, which is Anger", "Anger (D)"])
def test_a_letter_and_the_text_of_another_option_are_ambiguous(region: str) -> None:
    assert letter(region).state == "ambiguous"


@pytest.mark.parametrize(
    "region", ["not B", "The answer is not A.", "She would not feel Anger", "not (B)", "It isn't Anger"]
)
def test_an_option_that_is_denied_is_not_chosen(region: str) -> None:
    assert letter(region).state != "ok"


@pytest.mark.parametrize("region", ["G", "g", "(Z)", "**G**", "Joy", "7"])
def test_what_is_not_among_the_options_is_out_of_range(region: str) -> None:
    assert letter(region).state == "out_of_range"


@pytest.mark.parametrize("region", ["", " ", "none", "N/A", "I don't know", "?"])
def test_nothing_in_the_slot_of_a_letter_is_unparsed(region: str) -> None:
    assert letter(region).state == "unparsed"


def test_a_line_without_a_letter_is_unparsed() -> None:
    assert letter("Let me think about it again.", explicit=False).state == "unparsed"


@pytest.mark.parametrize("region", ["hopelessness", "unhopeless", "delighted"])
def test_a_word_that_only_holds_an_option_is_not_that_option(region: str) -> None:
    assert letter(region, explicit=False).state == "unparsed"


def test_an_option_is_found_behind_a_word_that_holds_it() -> None:
    assert letter("The delights of baking brought her Delight") == Value("ok", ("A",))


def test_a_longer_option_hides_the_shorter_one_inside_it() -> None:
    assert letter(CAUSES[2] + ".", CAUSES) == Value("ok", ("C",))
    assert letter(CAUSES[1], CAUSES) == Value("ok", ("B",))


def test_a_chinese_option_hides_the_shorter_one_inside_it() -> None:
    assert letter("她不开心", ("开心", "不开心")) == Value("ok", ("B",))


SAYS_4 = [
    "4", " 4. ", "**4**", "(4)", "4/5", "4 / 5", "4/5.", "4 out of 5", "4 von 5", "4 sur 5", "I rate it 4 out of 5",
    "4, yes, 4", "4 and 4.0", "4 stars",
]  # fmt: skip
SAYS_4_ELSEWHERE = {
    "full width": "４",
    "after a full-width colon": "评分：4",
    "4 fen": "4分",
    "fenshu shi 4": "分数是4",
    "4 ten desu": "4点です",
}


@pytest.mark.parametrize("region", SAYS_4)
def test_a_number_is_read_with_or_without_its_scale(region: str) -> None:
    assert read_number(region, SCALE) == Value("ok", ("4.0",))


@pytest.mark.parametrize("region", SAYS_4_ELSEWHERE.values(), ids=SAYS_4_ELSEWHERE.keys())
def test_a_number_is_read_beside_scripts_without_spaces(region: str) -> None:
    assert read_number(region, SCALE) == Value("ok", ("4.0",))


@pytest.mark.parametrize(
    ("region", "number"), [("1", "1.0"), ("5/5", "5.0"), ("4.5", "4.5"), ("4,5", "4.5"), ("1.25", "1.25")]
)
def test_the_ends_of_the_range_and_fractions_are_read(region: str, number: str) -> None:
    assert read_number(region, SCALE) == Value("ok", (number,))


@pytest.mark.parametrize("region", ["3 or 4", "3-4", "3 to 4", "between 3 and 4", "3–4", "3/5 or 4/5", "3, 4", "4/5/3"])
def test_two_numbers_and_ranges_are_ambiguous(region: str) -> None:
    assert read_number(region, SCALE).state == "ambiguous"


@pytest.mark.parametrize("region", ["0", "6", "-1", "−1", "5.01", "100", "0/5", "999999999999999"])
def test_a_number_outside_the_range_is_out_of_range(region: str) -> None:
    assert read_number(region, SCALE).state == "out_of_range"


@pytest.mark.parametrize(
    "region", ["", "a few", "NaN", "Infinity", "v4", "4th", "1e5", pytest.param("9" * 5000, id="9999...")]
)
def test_what_is_not_a_number_is_unparsed(region: str) -> None:
    assert read_number(region, SCALE).state == "unparsed"


@pytest.mark.parametrize(("value", "text"), [(-3, "-3.0"), ("−3", "-3.0"), (0.25, "0.25")])
def test_a_number_may_be_negative_and_is_given_as_python_writes_it(value: object, text: str) -> None:
    assert read_number(as_region(value), (-3.0, 3.0)) == Value("ok", (text,))


AS_TEXT: list[tuple[Any, str]] = [
    ("B", "B"), (4, "4"), (4.5, "4.5"), (None, ""), (True, "true"), (False, "false"), ({"a": 1}, ""),
    (["happy", "sad"], "happy, sad"), ([], ""), ([["a"], 1], "a, 1"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "text"), AS_TEXT)
def test_a_json_value_becomes_the_text_it_stands_for(value: Any, text: str) -> None:
    assert as_region(value) == text


@pytest.mark.parametrize("depth", [10, 300, 900])
def test_a_deeply_nested_value_is_not_followed_for_ever(depth: int) -> None:
    value: Any = "happy"
    for _ in range(depth):
        value = [value]
    assert as_region(value) in ("happy", "")


@pytest.mark.parametrize(
    ("read", "region", "values"),
    [
        ({"as": "label"}, "glad", ("happy",)),
        ({"as": "labels"}, "sad, glad", ("happy", "sad")),
        ({"as": "letter", "choices": "options"}, "(b)", ("B",)),
        ({"as": "number", "range": [1, 5]}, "4/5", ("4.0",)),
        ({"as": "text"}, "  Because (b) is glad, 4/5. ", ("Because (b) is glad, 4/5.",)),
    ],
    ids=["label", "labels", "letter", "number", "text"],
)
def test_each_kind_of_field_has_its_reader(read: dict[str, Any], region: str, values: tuple[str, ...]) -> None:
    value = read_value(Read.model_validate(read), region, labels=LABELS, choices=FEELINGS, explicit=True)
    assert value == Value("ok", values)


def test_an_empty_text_is_unparsed() -> None:
    read = Read.model_validate({"as": "text"})
    assert read_value(read, " \n", labels={}, choices=(), explicit=True).state == "unparsed"


READERS: dict[str, Callable[[str], Value]] = {
    "label": lambda region: read_label(region, LABELS, explicit=True),
    "labels": lambda region: read_labels(region, LABELS, explicit=False),
    "letter": letter,
    "number": lambda region: read_number(region, SCALE),
}


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS.keys())
@settings(max_examples=150, deadline=None, database=None)
@given(ANYTHING)
@example(HARD_TEXTS[0])
@example("9" * 5000)
def test_any_region_is_read_or_said_not_to_be(reader: Callable[[str], Value], region: str) -> None:
    value = reader(region)
    assert (value.state == "ok") == bool(value.values)
    assert (value.state == "ok") == (not value.reason)


@pytest.mark.parametrize("reader", [READERS[name] for name in ("label", "letter", "number")])
def test_no_hostile_region_takes_long(reader: Callable[[str], Value]) -> None:
    seconds, attack = seconds_on_attacks(reader)
    assert seconds < 1, attack
