"""EmoBench's parser and vote of 2024, rule by rule (protocol notes 3.4 and 3.5)."""

from __future__ import annotations

from pathlib import Path

import pytest

from judge.parse.faithful import RULES
from judge.parse.faithful_emobench import index_of
from judge.records import AskReply, Sample, Target
from judge.spec.task import read_task
from judge.votes import majority

OPTIONS = ("Delight", "Anger & Fear", "Pride", "Boredom")
_FILE = read_task(Path("tasks/emobench/ea.yaml"), None)
EA = _FILE.under({"protocol": "2024", "lang": "en"})
EA_2025 = _FILE.under({"protocol": "2025", "lang": "en"})
ITEM = Sample(id="1", inputs={"language": "en"}, target=Target(values={}), choices={"answer": OPTIONS})


@pytest.mark.parametrize(
    ("reply", "index"),
    [
        ("(a) Delight", 0),
        ("（b）", 1),
        ("[C]", 2),
        ("The answer: d", 3),
        ("Option b", 1),
        ("choice (c)", 2),
        ("选项 d", 3),
        ("c", 2),
        ("c.", 2),
        ("\n\nc", 2),
        ("b) because", 1),
        ("I would say Pride", 2),
        ("I would say anger and fear", 1),
    ],
)
def test_each_way_to_name_a_choice_is_read(reply: str, index: int) -> None:
    assert index_of(reply, OPTIONS, count=4, lang="en") == index


def test_the_last_line_that_says_something_wins() -> None:
    assert index_of("(a) first\n(b) last\n\nnothing here", OPTIONS, count=4, lang="en") == 1


def test_in_a_line_the_lowest_letter_wins_over_the_first() -> None:
    assert index_of("(c) rather than (b)", OPTIONS, count=4, lang="en") == 1


def test_a_family_of_marks_goes_before_the_next_one_whatever_its_letter() -> None:
    assert index_of("[a] or (d)", OPTIONS, count=4, lang="en") == 3


def test_a_colon_is_found_before_a_word_that_begins_with_the_letter() -> None:
    assert index_of("My answer: boredom", OPTIONS, count=4, lang="en") == 1, "`: b` stands in `: boredom`"


def test_chinese_options_are_joined_by_their_own_word() -> None:
    assert index_of("愤怒和恐惧", ("高兴", "愤怒 & 恐惧"), count=6, lang="zh") == 1
    assert index_of("愤怒和恐惧", ("高兴", "愤怒 & 恐惧"), count=6, lang="en") == -1


@pytest.mark.parametrize("reply", ["C. \nbecause", "b\r\nso it is", " c", "c\u3000", "c\u00a0\nwhy"])
def test_a_letter_with_white_space_on_its_line_is_none(reply: str) -> None:
    """The authors test the length of the line as it is."""
    assert index_of(reply, OPTIONS, count=4, lang="en") == -1


@pytest.mark.parametrize("reply", ["c\r\n", "\u3000c\u00a0", " C. "])
def test_white_space_around_the_whole_reply_is_taken_off_first(reply: str) -> None:
    found = RULES["emobench-2024"](EA, ITEM, EA.asks[0], AskReply(ask="answer", text=reply))
    assert (found["answer"].state, found["answer"].values) == ("ok", ("C",))


JSON = [
    ('```json\n{"answer": "B"}\n```', "B"),
    ('```json\n{"answer": "B", "p": NaN}\n``` and {"answer": "C"}', "B"),
    ('{"answer": "B", "p": -Infinity}', "B"),
    ('{"answer": "A", "answer": "B"}', "B"),
    (' \t\r\n{"answer": "B"}\n', "B"),
    ('```json\n{"answer": "B"}', ""),
    ('```json\n{"answer": "B"}\n``', ""),
    ('```json{"answer": "A"}```json\n{"answer": "B"}```', "A"),
    ('\u00a0{"answer": "B"}', ""),
    ('{"answer": "B"}\u3000', ""),
    ('```json\u3000{"answer": "B"}```', ""),
    ('\ufeff{"answer": "B"}', ""),
    ('```\n{"answer": "B"}\n```', ""),
    ('{"answer": "b"}', ""),
    ('["B"]', ""),
    ("[" * 100_000, ""),
]


@pytest.mark.parametrize(("reply", "letter"), JSON)
def test_json_is_read_as_the_code_of_2025_reads_it(reply: str, letter: str) -> None:
    """Each worked out by hand from Python's json.loads and the rule on the block (protocol notes 3.4 and addition)."""
    found = RULES["json-exact"](EA_2025, ITEM, EA_2025.asks[0], AskReply(ask="ea", text=reply))
    assert found["answer"].values == ((letter,) if letter else ())


@pytest.mark.parametrize("reply", ["", "\n\n", "I cannot say", "e", "(e) Relief"])
def test_what_names_no_choice_is_none(reply: str) -> None:
    assert index_of(reply, OPTIONS, count=4, lang="en") == -1


def test_the_letters_of_an_understanding_item_go_to_f_however_many_options_it_has() -> None:
    assert index_of("(f)", OPTIONS, count=6, lang="en") == 5


A, B = ("A",), ("B",)


def test_the_commonest_vote_wins_and_of_several_the_one_that_came_first() -> None:
    assert majority([B, A, A], faithful=True) == A
    assert majority([B, A, A, B], faithful=True) == B


def test_where_unreadable_draws_win_the_authors_take_the_runner_up_and_we_do_not() -> None:
    assert majority([None, None, A], faithful=True) == A
    assert majority([None, None, A], faithful=False) is None
    assert majority([None, None, B, A], faithful=True) == B


def test_without_a_vote_for_anything_there_is_no_winner() -> None:
    assert majority([], faithful=True) is None
    assert majority([None, None], faithful=True) is None
