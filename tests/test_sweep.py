"""The sweep at the end of a run: what may have passed is asked once more, what will not is left alone."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from building import make_sample, make_task
from scripted import Scripted

from judge.pool import Stop
from judge.prompts import Asking
from judge.records import Answer
from judge.run import PASSING, Plan, Tally, run, still_to_ask
from judge.store import Appender, Folder
from providers.errors import Halt, Permanent, ProviderError, Transient
from providers.records import Reply, Request, Sampling

SAMPLES = [make_sample(f"h-{number}", utterance=f"number {number}") for number in range(4)]


def ask(tmp_path: Path, fails: dict[str, list[ProviderError]]) -> tuple[Tally, list[Answer], Scripted]:
    """Run four samples; each text named in `fails` raises those errors in turn, then answers."""

    def script(request: Request) -> Reply:
        for text, errors in fails.items():
            if text in request.messages[-1].text and errors:
                raise errors.pop(0)
        return Reply(text="humorous", attempts=1)

    provider = Scripted(script)
    plan = Plan(how=Asking(task=make_task(), variant="qa", settings={}), sampling=Sampling(), info=provider.info)
    folder = Folder(tmp_path)
    todo = still_to_ask(SAMPLES, {}, variant="qa", draws=1)
    log = Appender(folder.answers_file)

    async def main() -> Tally:
        return await run(plan, todo, provider=provider, log=log, stop=Stop(), on_progress=lambda tally: None)

    try:
        tally = asyncio.run(main())
    finally:
        log.close()
    return tally, list(folder.read_answers().values()), provider


def down(kind: str, attempts: int = 5) -> Transient:
    error = Transient.of("down", model="m", kind=kind)
    error.attempts = attempts
    return error


@pytest.mark.parametrize("kind", sorted(PASSING))
def test_a_failure_that_may_have_passed_is_asked_once_more_at_the_end(tmp_path: Path, kind: str) -> None:
    tally, answers, provider = ask(tmp_path, {"number 1": [down(kind)]})
    assert [answer.status for answer in answers] == ["ok"] * 4
    assert (tally.statuses["ok"], tally.statuses["error"], tally.answered) == (4, 0, 4)
    assert "number 1" in provider.asked[-1].messages[-1].text
    assert len(provider.asked) == 5
    assert +tally.errors == {}


def test_the_calls_of_the_first_try_are_extra_ones(tmp_path: Path) -> None:
    tally, _, _ = ask(tmp_path, {"number 1": [down("server", attempts=5)]})
    assert tally.extra_calls == 5, "four retries, and the try that the sweep repeated"


def test_what_fails_twice_stays_an_error_and_is_not_asked_a_third_time(tmp_path: Path) -> None:
    tally, answers, provider = ask(tmp_path, {"number 1": [down("server"), down("server"), down("server")]})
    assert [answer.status for answer in answers].count("error") == 1
    assert tally.statuses["error"] == 1
    assert len(provider.asked) == 5


def test_a_permanent_failure_is_not_swept(tmp_path: Path) -> None:
    tally, _, provider = ask(tmp_path, {"number 1": [Permanent("too long", kind="bad_request")]})
    assert (tally.statuses["error"], len(provider.asked)) == (1, 4)


def test_nothing_is_swept_after_a_halt(tmp_path: Path) -> None:
    fails: dict[str, list[ProviderError]] = {"number 0": [down("server")], "number 3": [Halt("no key", kind="quota")]}
    _, answers, provider = ask(tmp_path, fails)
    assert len(provider.asked) == 4
    assert [answer.status for answer in answers].count("error") == 1
