"""avg_token: what is counted is named in the signature; a call that failed has no length."""

from __future__ import annotations

from typing import Any

import pytest
from building import make_answer, make_sample, make_task

from judge.definitions import Task
from judge.items import Item
from judge.measures import lengths
from judge.parse.reply import parse
from judge.records import Answer, Key, Mode, Parsed, Usage

REPLY = "Well, she's glad.\nAnswer: humorous"


def item(answer: Answer | None, **changes: Any) -> Item:
    task, sample = make_task(), make_sample()
    read = parse(task, sample, answer=answer or make_answer("x"), mode="strict")
    both: dict[Mode, Parsed] = {"strict": read, "faithful": read}
    return Item(sample=sample, key=Key("h-1", "cot", 0), answer=answer, parsed=both, **changes)


@pytest.mark.parametrize(("tokenizer", "count"), [("whitespace", 5), ("words", 10)])
def test_pieces_of_a_reply_are_counted_by_the_tokenizer_that_is_named(tokenizer: str, count: int) -> None:
    ((_, number),) = lengths(make_task(tokenizer=tokenizer), [item(make_answer(REPLY))])
    assert (number.value, number.note) == (count, f"tok:{tokenizer}")


def test_the_servers_own_count_is_taken_where_there_is_one() -> None:
    answer = make_answer(REPLY)
    counted = answer.replies[0].model_copy(update={"usage": Usage(output_tokens=12)})
    task = make_task(tokenizer="usage")
    ((_, number),) = lengths(task, [item(answer.model_copy(update={"replies": (counted,)}))])
    assert (number.value, number.note) == (12, "tok:usage")
    ((_, nothing),) = lengths(task, [item(answer)])
    assert nothing.value is None
    assert nothing.problem is not None
    assert nothing.problem.kind == "no_usage"


def test_a_call_that_failed_or_is_not_in_the_files_has_no_length() -> None:
    failed, absent = (lengths(make_task(), [one])[0][1] for one in (item(None), item(None, dropped=True)))
    assert failed.value is None
    assert absent.value is None
    assert failed.problem is not None
    assert failed.problem.kind == "not_asked"


def test_a_refusal_and_an_empty_reply_have_a_length() -> None:
    refused, empty = make_answer("No, I cannot.", finish="refused"), make_answer("")
    assert [number.value for _, number in lengths(make_task(), [item(refused), item(empty)])] == [3, 0]


def test_the_tokenizer_is_part_of_how_answers_are_scored() -> None:
    assert make_task(tokenizer="words").score_digest() != make_task().score_digest()


def test_a_task_that_was_kept_in_a_run_is_scored_as_the_file_it_came_from() -> None:
    task = make_task()
    kept = Task.model_validate(task.model_dump(mode="json", by_alias=True, exclude_none=True))
    assert kept.score_digest() == task.score_digest()


def test_vowel_signs_are_no_words_of_their_own() -> None:
    ((_, number),) = lengths(make_task(tokenizer="words"), [item(make_answer("वह बहुत दुखी है।"))])
    assert number.value == 5, "four words and the mark at the end"


@pytest.mark.parametrize(
    ("language", "lang", "english"),
    [("en", None, True), ("en-GB", None, True), ("en", "zh", False), (("zh", "en"), None, True), ("de", None, False),
     (("zh", "en"), "zh", False), ("zh", "en", True), ("zh", None, False)],
)  # fmt: skip
def test_an_item_is_english_by_its_own_language_else_by_the_tasks(
    language: str | tuple[str, ...], lang: str | None, english: bool
) -> None:
    assert make_task(language=language).is_english(lang) is english
