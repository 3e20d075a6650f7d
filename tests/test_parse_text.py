"""Pieces of a reply: thinking apart, the answer's line, the last line, and replies that decline."""

import re
from collections.abc import Callable

import pytest
from building import HARD_TEXTS, seconds_on_attacks
from hypothesis import example, given, settings
from hypothesis import strategies as st

from judge.parse.refusals import is_refusal
from judge.parse.text import answer_line, last_line, undecorated
from judge.parse.thinking import split_thinking

SPOKEN_OF = re.compile(r"[\s`'\"“”‘’«»「」『』]")
PIECES = ("<think>", "</think>", "Answer:", "答案：", "**", "\n", "serious", " ", "{", "\ud800", "\x00", "\u202e", "😂")
ANYTHING = st.text(st.characters(), max_size=200) | st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


@pytest.mark.parametrize(
    ("text", "reply", "thinking"),
    [
        ("serious", "serious", ""),
        ("<think>funny?</think>serious", "serious", "funny?"),
        ("<think>\nfunny?\n</think>\n\nserious\n", "serious", "funny?"),
        ("serious<think>funny?", "serious", "funny?"),
        ("<think>funny?", "", "funny?"),
        ("funny?</think>serious", "serious", "funny?"),
        ("<think></think>serious", "serious", ""),
        ("<think>a</think>one <think>b</think>two", "one two", "a\nb"),
        ("a</think>one <think>b</think>two <think>c", "one two", "a\nb\nc"),
        ("I think <thinking>", "I think <thinking>", ""),
    ],
    ids=["none", "block", "lines", "open", "only open", "lone close", "empty", "two", "all kinds", "another tag"],
)
def test_think_blocks_are_kept_apart_from_the_reply(text: str, reply: str, thinking: str) -> None:
    assert split_thinking(text) == (reply, thinking)


@pytest.mark.parametrize(
    "text",
    ["<think>a<think>funny</think>funny</think>serious", "funny</think>funny</think>serious"],
    ids=["nested", "two lone closes"],
)
def test_thinking_ends_with_its_last_closing_mark(text: str) -> None:
    assert split_thinking(text)[0] == "serious"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Answer: serious", "serious"),
        ("answer:serious", "serious"),
        ("ANSWER :  serious", "serious"),
        ("The answer is: serious", "serious"),
        ("**Answer:** serious", "** serious"),
        ("**Answer**: **serious**", "**serious**"),
        ("### Final Answer: serious", "serious"),
        ("> Answer: serious", "serious"),
        ("Answer：serious", "serious"),
        ("答案：严肃", "严肃"),
        ("答え：真剣", "真剣"),
        ("정답: 진지", "진지"),
        ("Antwort: ernst", "ernst"),
        ("Respuesta: serio", "serio"),
        ("Réponse : sérieux", "sérieux"),
        ("Réponse\u00a0: sérieux", "sérieux"),
        ("الجواب: جاد", "جاد"),
        ("उत्तर: गंभीर", "गंभीर"),
        ("Answer:\nserious", "serious"),
        ("Answer:\n\n  **serious**", "**serious**"),
        ("**Answer:**\n\nserious\n\nThank you", "serious"),
        ("Answer: funny\nNo, wait.\nAnswer: serious", "serious"),
        ("Answer: serious\r\nThat is all.", "serious"),
        ("Answer:", ""),
        ("Answer:\n\n  \n", ""),
    ],
)
def test_the_text_of_the_last_answer_line(text: str, found: str) -> None:
    line = answer_line(text)
    assert line is not None
    assert undecorated(line.text) == undecorated(found)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "serious",
        "I have an answer",
        "answering is hard: no",
        "The answer is serious",
        "Unanswered: why?",
        "Answer\nserious",
    ],
)
def test_no_answer_line_without_its_colon(text: str) -> None:
    assert answer_line(text) is None


def test_two_answers_on_one_line_are_both_in_the_line() -> None:
    line = answer_line("End with a line  Answer: funny  or  Answer: serious")
    assert line is not None
    assert "funny" in line.text
    assert "serious" in line.text


def test_what_precedes_the_answer_line_is_left_for_the_reasoning() -> None:
    text = "He winks.\nSo my final answer: funny"
    line = answer_line(text)
    assert line is not None
    assert text[: line.start].strip() == "He winks."


def test_a_sentence_before_the_answer_on_its_line_is_left_for_the_reasoning() -> None:
    text = "He winks, and all of them laugh. Answer: funny"
    line = answer_line(text)
    assert line is not None
    assert text[: line.start].strip() == "He winks, and all of them laugh."


@pytest.mark.parametrize(
    ("text", "found"),
    [("serious", "serious"), ("a\nb", "b"), ("a\n\n  b  \n\n \t\n", "b"), ("a\r\nb\r\n", "b")],
    ids=["one", "two", "blank lines after", "carriage returns"],
)
def test_the_last_line_is_the_last_that_is_not_empty(text: str, found: str) -> None:
    line = last_line(text)
    assert line is not None
    assert line.text == found
    assert text[line.start :].strip() == found


@pytest.mark.parametrize("text", ["", " ", "\n\t\n"])
def test_an_empty_text_has_no_last_line(text: str) -> None:
    assert last_line(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "**B**",
        "_B_",
        "__B__",
        "`B`",
        '"B"',
        "“B”",
        "「B」",
        "(B)",
        "[B]",
        "{B}",
        "<B>",
        "B.",
        "B!",
        "B。",
        "- B",
        "# B",
        " B\n",
        "** B",
    ],
)
def test_the_marks_that_wrap_an_answer_are_taken_off(text: str) -> None:
    assert undecorated(text) == "B"


def test_marks_inside_an_answer_stay() -> None:
    assert undecorated("**ask for-help, please**") == "ask for-help, please"


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't help with that.",
        "I’m sorry, but I can’t help with that.",
        "Sorry, but I cannot do this.",
        "I'm unable to determine the dimension based on the given information",
        "I am not able to say how she feels.",
        "I cannot determine whether it is funny.",
        "I won't answer this.",
        "As an AI, I have no feelings.",
        "I must decline.",
        "抱歉，我无法回答这个问题。",
        "对不起，我不能判断。",
        "申し訳ありませんが、お答えできません。",
        "죄송합니다. 답할 수 없습니다.",
        "Lo siento, pero no puedo ayudar con eso.",
        "Je ne peux pas répondre.",
        "Es tut mir leid, aber dazu sage ich nichts.",
    ],
)
def test_a_reply_that_declines_is_a_refusal(text: str) -> None:
    assert is_refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "serious",
        "I can help with that: funny",
        "I can't help but laugh: it is funny.",
        "She says 'I cannot answer that' with a grin: funny",
        "The speaker begs “I'm sorry, but I lost it”, so it is serious.",
        "她说“对不起”，语气很严肃。",
        "Serious, and here is why. " + "The room is silent. " * 20 + "I'm unable to say more.",
    ],
    ids=[
        "nothing",
        "a label",
        "can help",
        "cannot help but",
        "quoted",
        "quoted sorry",
        "quoted in Chinese",
        "at the end",
    ],
)
def test_a_reply_that_does_not_begin_by_declining_is_no_refusal(text: str) -> None:
    assert not is_refusal(text)


@settings(max_examples=150, deadline=None, database=None)
@given(ANYTHING)
@example(HARD_TEXTS[0])
@example("<think>" * 500 + "</think>" * 499)
def test_any_text_can_be_taken_apart(text: str) -> None:
    reply, thinking = split_thinking(text)
    assert "<think>" not in split_thinking(SPOKEN_OF.sub("", text))[0], (
        "a mark that no blank or quotation mark stands by"
    )
    assert len(reply) + len(thinking) <= len(text)
    for line in (answer_line(text), last_line(text)):
        assert line is None or (line.text in text and 0 <= line.start <= len(text))
    assert undecorated(text) in text
    assert is_refusal(text) in (True, False)


@pytest.mark.parametrize("part", [split_thinking, answer_line, last_line, undecorated, is_refusal])
def test_no_hostile_text_takes_long(part: Callable[[str], object]) -> None:
    seconds, attack = seconds_on_attacks(part)
    assert seconds < 1, attack
