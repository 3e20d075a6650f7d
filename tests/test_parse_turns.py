"""A turn that a model invents after its answer is no part of its reply; what only looks like one stays."""

from __future__ import annotations

import time

import pytest
from building import LONG, make_answer, make_ask, make_sample, make_task, parsed

from judge.case import Case
from judge.parse.reply import answer_text, parse
from judge.parse.turns import own_turn, reply_text
from judge.records import AskReply

TASK = make_task()
WINKS = "He winks at her, so it is a joke."
TEXT = make_task(asks=[make_ask("why", **{"as": "text"})])
JSON = make_task(asks=[make_ask("mood", **{"as": "json", "fields": {"label": {"as": "label"}}})])
NEXT = {
    "question": "Answer: humorous\n\nQuestion: And what of the second clip?\nAnswer: serious",
    "bare, question": "humorous\nQuestion: And what of the second clip?\nAnswer: serious",
    "short name": "humorous\nQ: And the second?\nA: serious",
    "numbered": "Answer: humorous\nQuestion 2: And the second?\nAnswer: serious",
    "bold": "**Answer:** humorous\n\n**Question:** And the second?\n**Answer:** serious",
    "prose": "This is a joke.\n\nQuestion: And the second?\nAnswer: serious",
    "user": "This is a joke.\nUser: I see. And the second?\nAssistant: serious",
    "human": "humorous\n\nHuman: Thank you! And the second?\n\nAssistant: serious",
    "human with hashes": "humorous\n### Human: And the second?\n### Assistant: serious",
    "hashes within the line": "humorous ### Human: And the second? ### Assistant: serious",
    "instruction": "Answer: humorous\n\n### Instruction:\nAnd the second?\n### Response:\nserious",
    "im_start": "humorous<|im_end|>\n<|im_start|>user\nserious?<|im_end|>",
    "im_start alone": "humorous\n<|im_start|>user\nserious?",
    "llama": "humorous<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nserious?",
    "inst": "humorous [INST] And the second? [/INST] serious",
    "gemma": "humorous<end_of_turn>\n<start_of_turn>user\nserious?",
    "deepseek": "humorous<｜end▁of▁sentence｜><｜User｜>serious?",
    "exaone": "humorous[|endofturn|]\n[|user|]serious?",
    "the head of a turn": "<|im_start|>assistant\nhumorous<|im_end|>\n<|im_start|>user\nserious?",
    "the prompt said again": "<|im_start|>user\nserious?<|im_end|>\n<|im_start|>assistant\nhumorous<|im_end|>",
    "Chinese": "答案：幽默\n问题：第二段呢？\n答案：严肃",
    "Japanese": "答え：幽默\nユーザー：次は？\n答え：严肃",
    "German": "Antwort: humorous\n\nFrage: Und der zweite?\nAntwort: serious",
    "Spanish": "Respuesta: humorous\nUsuario: ¿Y el segundo?\nRespuesta: serious",
    "Russian": "humorous\nВопрос: а второй?\nserious",
    "Arabic": "الجواب: humorous\nسؤال: والثاني؟\nالجواب: serious",
    "Turkish": "humorous\nKullanıcı: ya ikincisi?\nserious",
    "Korean": "정답: humorous\n질문: 두 번째는?\n정답: serious",
}


@pytest.mark.parametrize("text", NEXT.values(), ids=NEXT.keys())
def test_what_follows_the_answer_as_a_next_turn_is_not_read(text: str) -> None:
    result = parsed(text)
    assert (result.state, result.values) == ("ok", {"label": ("humorous",)})
    assert "serious" not in result.reasoning + result.region


WHOLE = [
    "Question: Is it meant to be funny?\nHe winks.\nAnswer: humorous",
    "User: I lost my comb.\nThe bald man says that with a wink.\nAnswer: humorous",
    "Q: funny or not?\nA: humorous",
    "The scene:\nUser: I lost my comb, a serious matter.\nFriend: Oh no.\nUser: Ha!\nAnswer: humorous",
    "He winks.\nAnna: You are serious?\nUser: No.\nAnswer: humorous",
    "He winks.\n\nQuestion: is it meant to be funny?\nAnswer: humorous",
    "Let me look at the question again.\n\nQuestion: funny or not?\nAnswer: humorous",
    "Sure!\n\nQuestion: funny or not?\nAnswer: humorous",
    "It is serious at first, then funny.\nQuestion: what is it in all?\nAnswer: humorous",
    "The token `<|im_end|>` ends a turn. Answer: humorous",
    "### Question\nIs it funny?\n### Answer\nhumorous",
    "<s>serious</s> humorous",
    "He asks a question: are you serious? It is a joke, a user said.\nAnswer: humorous",
]


@pytest.mark.parametrize("text", WHOLE)
def test_a_reply_that_begins_so_or_quotes_a_dialogue_loses_nothing(text: str) -> None:
    assert reply_text(TASK, make_sample(), AskReply(ask="label", text=text)) == text


def test_a_refusal_ends_with_the_turn_that_follows_it() -> None:
    assert parsed("I'm sorry, but I can't help with that.\n\nUser: Try.\nAssistant: humorous").state == "refused"


def test_a_label_that_is_not_in_the_set_is_not_mended_by_an_invented_turn() -> None:
    assert parsed("Answer: melancholic\n\nQuestion: And this?\nAnswer: humorous").state == "out_of_range"


def test_an_object_is_the_answer_that_a_turn_follows_where_one_is_asked_for() -> None:
    said = '{"label": "humorous"}\n\nQuestion: next\n{"label": "serious"}'
    assert parsed(said, task=JSON).values == {"label": ("humorous",)}
    parts = 'Question 1: funny?\nAnswer: yes\nQuestion 2: so?\nAnswer: a joke\n{"label": "humorous"}'
    assert parsed(parts, task=JSON).values == {"label": ("humorous",)}


@pytest.mark.parametrize(
    ("text", "own"),
    [
        (f"{WINKS}\n\nQuestion: Why does she frown?\nAnswer: She is sad.", WINKS),
        ("他向她眨眼，所以这是玩笑。\n\n问题：她为什么皱眉？\n答案：她难过。", "他向她眨眼，所以这是玩笑。"),
        (f"{WINKS}\nUser: Thanks!", WINKS),
        ("Let me answer this.\n\nQuestion: why?\nAnswer: He winks.", None),
        ("They talk as follows:\nUser: ha\nand so it is a joke.", None),
    ],
)  # fmt: skip
def test_a_free_text_ends_before_a_next_turn(text: str, own: str | None) -> None:
    assert reply_text(TEXT, make_sample(), AskReply(ask="why", text=text)) == (own or text)


def test_judges_and_later_asks_see_the_models_own_turn_only() -> None:
    text = "<think>Hm.</think>He winks.\nAnswer: humorous\n\nUser: And the next?\nAnswer: serious"
    answer = make_answer(text)
    found = parse(TASK, make_sample(), answer=answer, mode="strict")
    case = Case(task=TASK, sample=make_sample(), answer=answer, parsed=found, question="q")
    assert (case.reply, case.thinking, found.reasoning) == ("He winks.\nAnswer: humorous", "Hm.", "He winks.")
    unread = "Nobody knows.\n\nUser: serious?"
    assert answer_text(TASK, make_sample(), AskReply(ask="label", text=unread)) == "Nobody knows."


@pytest.mark.parametrize(
    "piece",
    ["\nUser: ", "\nQuestion: ", "\n\nQ: a", "<|im_end|>", "</s>", "<s>", "[INST]", "### Human", "Answer: ", "\n#",
    "[/INST]",
     "<|im_start|>user x<|im_start|>assistant ", "<|im_start|>assistant<|im_start|>user"],
)  # fmt: skip
def test_turns_over_and_over_take_little_time(piece: str) -> None:
    text = piece * (LONG // len(piece))
    started = time.process_time()
    reply_text(TASK, make_sample(), AskReply(ask="label", text=text))
    own_turn(text)
    assert time.process_time() - started < 8, "of CPU, not of the clock: what is quadratic takes minutes"
