"""Builds the records that the tests of judging speak about: a two-label humor task, its samples, its answers."""

import time
from collections.abc import Callable
from typing import Any

from judge.definitions import Task
from judge.parse.reply import parse
from judge.records import Answer, AskReply, Finish, Mode, Parsed, Sample, Status, Target

LABELS: dict[str, list[str]] = {"humorous": ["funny", "joke", "幽默"], "serious": ["not funny", "严肃"]}

LONG = 100_000
ATTACKS = (
    "(", " ", "a ", "Answer:", "答案：", "{", "{}", '{"a":', "[", "not ", "not a ", "non-", "<think>", "</think>",
    "<think></think>", "不太", "funny ", '"', "1", "1/", "1 out of ", "A) ", "option (", "```json", "humorous ",
    '{"score": 1}', "\n", "* ", "\u0300", "\ud800", "\x00",
)  # fmt: skip
"""Each is repeated to 100 kB, to show that no pattern runs away."""
HARD_TEXTS = (
    "[" * 5000,
    '{"label": ' + "[" * 5000,
    '{"label": ' + "[" * 700 + '"humorous"' + "]" * 700 + "}",
    '{"label": ' + "9" * 5000 + "}",
    '{"label": NaN, "score": Infinity}',
    '{"label": null, "label": "humorous", "label": "serious"}',
    '{"label": "\\ud83d", "score": -1e999}',
    "Answer: \ud83d\x00",
    "\u202eAnswer: suoromuh\u202c",
    "👩‍👩‍👧: 😂😂😂",
    "Answer: " + "4" * 5000,
)


def make_ask(name: str = "label", **read: Any) -> dict[str, Any]:
    """One ask of a task; without `read` it asks for a label."""
    return {"name": name, "qa": "{utterance}?", "cot": "{utterance}? Think.", "read": read or {"as": "label"}}


def make_task(**changes: Any) -> Task:
    """A task that asks whether an utterance is humorous or serious; `changes` replace top-level keys."""
    humor: dict[str, Any] = {
        "name": "humor",
        "version": 1,
        "about": "Is it meant to be funny?",
        "licence": "CC0-1.0",
        "data": {"path": "items.jsonl"},
        "asks": [make_ask()],
        "labels": LABELS,
        "target": {"label": "label"},
        "metrics": ["accuracy"],
    }
    return Task.model_validate(humor | changes)


def make_sample(
    sample_id: str = "h-1",
    *,
    gold: str = "humorous",
    field: str = "label",
    choices: dict[str, tuple[str, ...]] | None = None,
    **inputs: Any,
) -> Sample:
    """One item; `gold` is the right value of `field`, `choices` are the options of each letter field."""
    return Sample(
        id=sample_id,
        inputs={"id": sample_id, "utterance": "I am a comb, said the bald man."} | inputs,
        target=Target(values={field: (gold,)}),
        choices=choices or {},
    )


def make_answer(
    *texts: str,
    finish: Finish = "stop",
    thinking: str = "",
    status: Status | None = None,
    asks: tuple[str, ...] = ("label",),
    sample_id: str = "h-1",
    draw: int = 0,
) -> Answer:
    """The raw replies to the first `asks`, in order; the status is what the replies imply, unless given."""
    implied: dict[Finish, Status] = {"stop": "ok", "length": "truncated", "refused": "refused"}
    empty = finish == "stop" and not any(text.strip() for text in texts)
    replies = tuple(
        AskReply(ask=ask, text=text, finish=finish, thinking=thinking) for ask, text in zip(asks, texts, strict=False)
    )
    status = status or ("empty" if empty else implied[finish])
    return Answer(sample_id=sample_id, variant="cot", draw=draw, status=status, replies=replies)


def parsed(
    text: str,
    *,
    task: Task | None = None,
    sample: Sample | None = None,
    mode: Mode = "strict",
    finish: Finish = "stop",
    thinking: str = "",
) -> Parsed:
    """What is read from one reply to the task's first ask."""
    task = task or make_task()
    answer = make_answer(text, finish=finish, thinking=thinking, asks=(task.asks[0].name,))
    return parse(task, sample or make_sample(), answer=answer, mode=mode)


def seconds_on_attacks(call: Callable[[str], object]) -> tuple[float, str]:
    """The longest time that one attack took, in seconds, and which one it was."""
    times: list[tuple[float, str]] = []
    for attack in ATTACKS:
        text = attack * (LONG // len(attack))
        times.append((min(_seconds(call, text), _seconds(call, text)), attack))  # twice: a neighbour may hold it up
    return max(times)


def _seconds(call: Callable[[str], object], text: str) -> float:
    started = time.process_time()
    call(text)
    return time.process_time() - started
