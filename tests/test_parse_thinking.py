"""Thoughts are told from replies by the marks of the model families; a text that speaks of a mark loses nothing."""

from __future__ import annotations

import time

import pytest
from building import LONG, parsed

from judge.parse.thinking import split_thinking

HARMONY = "<|channel|>analysis<|message|>Is it grave?<|end|><|start|>assistant<|channel|>final"
MARKED = {
    "harmony": f"{HARMONY}<|message|>a joke<|return|>",
    "harmony, with a format": f"{HARMONY} <|constrain|>text<|message|>a joke",
    "harmony, its first mark eaten": "Is it grave?<|end|><|start|>assistant<|channel|>final<|message|>a joke",
    "harmony, its first token eaten": f"analysis<|message|>{HARMONY.partition('<|message|>')[2]}<|message|>a joke",
    "harmony, a next user": f"{HARMONY}<|message|>a joke<|end|><|start|>user<|message|>Thanks, serious one.<|end|>",
    "channels without tokens": "analysisIs it grave?assistantfinala joke",
    "channels, an assistant first": "assistantanalysisIs it grave?assistantfinalA joke",
    "channels, the first one eaten": "Is it grave?assistantfinalA joke",
    "channels, a commentary": "analysisIs it grave?assistantcommentaryNo tools.assistantfinalA joke",
    "channels on lines": "analysis\nIs it grave?\nassistant\nfinal\nA joke",
    "kimi": "◁think▷Is it grave?◁/think▷a joke",
    "kimi, opening eaten": "Is it grave?◁/think▷a joke",
    "magistral": "[THINK]Is it grave?[/THINK]a joke",
    "magistral, opening eaten": "Is it grave?[/THINK]\na joke",
    "seed": "<seed:think>Is it grave?</seed:think>a joke",
    "thinking": "<thinking>\nIs it grave?\n</thinking>\n\na joke",
    "thought": "<thought>Is it grave?</thought>a joke",
    "reasoning in capitals": "<REASONING>Is it grave?</Reasoning>a joke",
    "scratchpad": "<scratchpad>Is it grave?</scratchpad>a joke",
    "an attribute": '<think effort="high">Is it grave?</think>a joke',
    "bars": "<|begin_of_thought|>Is it grave?<|end_of_thought|>\n<|begin_of_solution|>a joke<|end_of_solution|>",
    "cohere": "<|START_THINKING|>Is it grave?<|END_THINKING|><|START_RESPONSE|>a joke<|END_RESPONSE|>",
    "gemma": "<unused94>thought\nIs it grave?<unused95>a joke",
    "gemma's channel": "<|channel>thought\nIs it grave?<channel|>a joke",
    "granite": "Here is my thought process: Is it grave? Here is my response: a joke",
    "apriel": "Here are my reasoning steps:\nIs it grave?\n[BEGIN FINAL RESPONSE]\na joke\n[END FINAL RESPONSE]",
    "escaped": "&lt;think&gt;Is it grave?&lt;/think&gt;a joke",
    "Chinese": "<思考>Is it grave?</思考>a joke",
    "nested families": "<thinking>Is <think>it</think> grave?</thinking>a joke",
    "an inner mark left open": "<think>Is <thought>it grave?</think>a joke",
    "closed by another mark": "<think>Is it grave?</thinking>a joke",
    "an idle close": "<think>Is it grave?</think>a joke</think>",
    "a tag spoken of in thoughts": "<think>The <think> tag. Is it grave?</think>a joke",
    "left open before an answer tag": "<reasoning>Is it grave? <answer>a joke</answer>",
}


@pytest.mark.parametrize("text", MARKED.values(), ids=MARKED.keys())
def test_thoughts_are_kept_apart_whoever_marks_them(text: str) -> None:
    reply, thinking = split_thinking(text)
    assert reply.casefold().removeprefix("<answer>").removesuffix("</answer>") == "a joke"
    assert "grave?" in thinking
    assert "joke" not in thinking


LEFT_OPEN = ["<thinking>Is it grave?", "[THINK]Is it grave?", "◁think▷Is it grave?", "<seed:think>\nIs it grave?",
             "<|channel|>analysis<|message|>Is it grave?", "analysisIs it grave?", "<|begin_of_thought|>Is it grave?",
             "<reasoning>Is it grave?"]  # fmt: skip


@pytest.mark.parametrize("text", LEFT_OPEN)
def test_thoughts_that_never_end_are_no_reply(text: str) -> None:
    assert split_thinking(text) == ("", "Is it grave?")
    assert parsed(text, finish="length").state == "unparsed"


SPOKEN_OF = [
    "I was told to use <think> tags, but I answer at once: a joke",
    "Between <think> and </think> stand thoughts. Answer: a joke",
    "I put my thoughts into `<think>...</think>`. Answer: a joke",
    "The token “</think>” ends them. Answer: a joke",
    "I close with the </think> tag. Answer: a joke",
    "He said <thought> and left. Answer: a joke",
    "[Reasoning] He winks.\n[Answer] a joke",
    "[thinking] is a stage direction here. Answer: a joke",
    "analysis of the scene: he winks. Answer: a joke",
    "Analysis: he winks.\nAnswer: a joke",
    "The teaching assistant final exam is a joke",
    'gpt-oss writes "assistantfinal" here: a joke',
    "The mark `<|channel|>` begins a channel. Answer: a joke",
    "Here is my thought process: he winks. Answer: a joke",
    '{"reasoning": "<think>he winks", "label": "humorous"}',
    "1 < 2, think > 3: a joke",
]


@pytest.mark.parametrize("text", SPOKEN_OF)
def test_a_text_that_speaks_of_a_mark_loses_nothing(text: str) -> None:
    assert split_thinking(text) == (text, "")


def test_the_answer_is_read_from_the_reply_and_never_from_the_thoughts() -> None:
    for name, text in MARKED.items():
        assert parsed(text.replace("grave", "serious")).values == {"label": ("humorous",)}, name


def test_words_around_a_mark_do_not_become_one() -> None:
    assert split_thinking("sad<think>x</think>angry") == ("sad angry", "x")


@pytest.mark.parametrize(
    "piece",
    ["<think>", "</think>", "<think", "<|channel|>", "<|channel|>a<|message|>", "assistantfinal", "◁think▷", "[THINK]",
     "<thinking> and </thinking>", "&lt;think", "<think a=", "analysis", "`<think>`", "<answer>"],
)  # fmt: skip
def test_marks_over_and_over_take_little_time(piece: str) -> None:
    started = time.process_time()
    split_thinking(piece * (LONG * 4 // len(piece)))
    assert time.process_time() - started < 8, "of CPU, not of the clock: what is quadratic takes minutes"
