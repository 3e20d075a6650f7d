"""Asking: several asks in order, how answers count, and what a failure leaves behind."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from building import make_sample, make_task
from scripted import Script, Scripted

from judge.pool import Stop
from judge.prompts import Asking
from judge.records import Answer, Sample
from judge.run import Plan, Tally, run, still_to_ask
from judge.standing import standing_of
from judge.store import Appender, Folder
from providers.errors import Halt, Permanent
from providers.records import Reply, Request, Sampling, Usage

TWO_ASKS = {
    "asks": [
        {"name": "emotion", "qa": "{utterance} Which emotion?", "read": {"as": "label"}},
        {"name": "cause", "qa": "{utterance} Why {emotion.answer}?", "read": {"as": "text"}},
    ],
    "labels": {"joy": ["happy"], "anger": []},
    "target": {"label": "label", "reference": "why"},
    "metrics": ["accuracy"],
}


def _ask(tmp_path: Path, script: Script, samples: list[Sample], **task: object) -> tuple[Tally, list[Answer], Scripted]:
    provider = Scripted(script)
    plan = Plan(
        how=Asking(task=make_task(**task), variant="qa", settings={}),
        sampling=Sampling(),
        info=provider.info,
    )
    folder = Folder(tmp_path)
    todo = still_to_ask(samples, standing_of(folder).statuses, variant="qa", draws=1)
    log = Appender(folder.answers_file)

    async def main() -> Tally:
        return await run(plan, todo, provider=provider, log=log, stop=Stop(), on_progress=lambda tally: None)

    try:
        tally = asyncio.run(main())
    finally:
        log.close()
    return tally, list(folder.read_answers().values()), provider


def test_a_later_ask_is_given_what_was_read_from_the_earlier_one(tmp_path: Path) -> None:
    def script(request: Request) -> str:
        return "I am sure.\nAnswer: happy" if "Which" in request.messages[-1].text else "She won."

    _, (answer,), provider = _ask(tmp_path, script, [make_sample(utterance="We won!")], **TWO_ASKS)
    assert [request.messages[-1].text for request in provider.asked] == ["We won! Which emotion?", "We won! Why joy?"]
    assert [reply.ask for reply in answer.replies] == ["emotion", "cause"]
    assert answer.status == "ok"


def test_an_unread_earlier_answer_is_handed_on_as_its_last_line(tmp_path: Path) -> None:
    def script(request: Request) -> str:
        return "Hm.\nHard to tell here." if "Which" in request.messages[-1].text else "No idea."

    _, _, provider = _ask(tmp_path, script, [make_sample(utterance="We won!")], **TWO_ASKS)
    assert provider.asked[1].messages[-1].text == "We won! Why Hard to tell here.?"


def test_a_failed_ask_ends_the_sample_as_an_error_and_keeps_the_replies_before_it(tmp_path: Path) -> None:
    def script(request: Request) -> str:
        if "Why" in request.messages[-1].text:
            raise Permanent("too long", kind="bad_request")
        return "joy"

    tally, (answer,), _ = _ask(tmp_path, script, [make_sample(utterance="We won!")], **TWO_ASKS)
    assert answer.status == "error"
    assert [reply.text for reply in answer.replies] == ["joy"]
    assert answer.problem is not None
    assert (answer.problem.stage, answer.problem.kind) == ("call", "bad_request")
    assert (tally.answered, tally.statuses["error"]) == (0, 1)


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (Reply(text="humorous"), "ok"),
        (Reply(text=""), "empty"),
        (Reply(text=" \n"), "empty"),
        (Reply(text="<think>so it is humorous"), "empty"),
        (Reply(text="It is", finish="length"), "truncated"),
        (Reply(text="", finish="length"), "truncated"),
        (Reply(text="", finish="refused"), "refused"),
        (Reply(text="I would rather not.", finish="refused"), "refused"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{value.finish}: {value.text!r}",
)
def test_every_reply_ends_in_exactly_one_status(tmp_path: Path, reply: Reply, status: str) -> None:
    _, (answer,), _ = _ask(tmp_path, lambda request: reply, [make_sample()])
    assert answer.status == status
    assert answer.replies[0].text == reply.text, "the raw reply is kept as it came"


def test_a_bug_in_one_sample_is_a_problem_of_that_sample_only(tmp_path: Path) -> None:
    def script(request: Request) -> str:
        if request.tag and request.tag.sample_id == "b":
            raise ZeroDivisionError
        return "humorous"

    samples = [make_sample(sample_id=name) for name in "abc"]
    _, answers, _ = _ask(tmp_path, script, samples)
    statuses = {answer.sample_id: answer.status for answer in answers}
    assert statuses == {"a": "ok", "b": "error", "c": "ok"}
    problem = next(answer.problem for answer in answers if answer.sample_id == "b")
    assert problem is not None
    assert problem.kind == "internal"


def test_a_halt_ends_the_run_and_what_was_not_asked_stays_open(tmp_path: Path) -> None:
    def script(request: Request) -> str:
        if request.tag and request.tag.sample_id >= "c":
            raise Halt("budget spent", kind="budget")
        return "humorous"

    samples = [make_sample(sample_id=name) for name in "abcdef"]
    tally, answers, _ = _ask(tmp_path, script, samples)
    assert sorted(answer.sample_id for answer in answers) == ["a", "b"]
    assert tally.statuses.total() == 2


def test_an_error_is_asked_again_and_an_answer_is_not(tmp_path: Path) -> None:
    def fails(request: Request) -> str:
        if request.tag and request.tag.sample_id == "b":
            raise Permanent("no", kind="bad_request")
        return "humorous"

    samples = [make_sample(sample_id=name) for name in "ab"]
    _ask(tmp_path, fails, samples)
    _, answers, provider = _ask(tmp_path, lambda request: "serious", samples)
    assert [request.tag.sample_id for request in provider.asked if request.tag] == ["b"]
    assert {answer.sample_id: answer.status for answer in answers} == {"a": "ok", "b": "ok"}


def test_money_and_extra_calls_are_counted_for_new_replies_only(tmp_path: Path) -> None:
    replies = iter(
        [
            Reply(text="humorous", usage=Usage(cost=0.25), attempts=3),
            Reply(text="humorous", usage=Usage(cost=0.5), cached=True, attempts=2),
        ]
    )
    tally, _, _ = _ask(tmp_path, lambda request: next(replies), [make_sample(sample_id=name) for name in "ab"])
    assert (tally.cost, tally.extra_calls, tally.cached) == (0.25, 2, 1)
