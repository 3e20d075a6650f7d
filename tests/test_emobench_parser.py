"""EmoBench's parser and vote of 2024, rule by rule (protocol notes 3.4 and 3.5)."""

from __future__ import annotations

import pytest

from judge.parse.faithful_emobench import index_of
from judge.votes import majority

OPTIONS = ("Delight", "Anger & Fear", "Pride", "Boredom")


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
