"""Where a run stands: every line counted once, money and calls too; odd numbers are damage and never a sum."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from judge.errors import ResultsError
from judge.records import Answer, AskReply, Key, Problem
from judge.standing import Standing, standing_of
from judge.store import Appender, Folder
from providers.records import Usage


def reply(request: str = "r", *, cost: float | None = 0.1, **more: Any) -> AskReply:
    return AskReply(ask=request, text="x", request=request, usage=Usage(cost=cost), **more)


def answer(*replies: AskReply, sample: str = "a", stage: str = "", **more: Any) -> Answer:
    problem = Problem.model_validate({"stage": stage, "kind": "server"}) if stage else None
    status = "error" if stage else "ok"
    named = {"sample_id": sample, "variant": "qa", "status": status, "replies": replies, "problem": problem}
    return Answer.model_validate(named | more)


def standing(tmp_path: Path, *answers: Answer) -> Standing:
    log = Appender(Folder(tmp_path).answers_file)
    log.append(answers)
    log.close()
    return standing_of(Folder(tmp_path))


def test_a_retry_is_an_extra_call_and_costs_what_its_reply_did(tmp_path: Path) -> None:
    found = standing(tmp_path, answer(reply(attempts=3, doubtful=1)), answer(reply("s"), sample="b"))
    assert (found.extra_calls, found.doubtful) == (2, 1)
    assert found.extra_cost_known == pytest.approx(0.1)
    assert found.cost == pytest.approx(0.2)


@pytest.mark.parametrize("stage", ["call", "media"])
def test_the_first_ask_of_an_answer_that_failed_is_paid_once(tmp_path: Path, stage: str) -> None:
    failed = answer(reply("first"), stage=stage)
    found = standing(tmp_path, failed, answer(reply("first"), reply("second")))
    assert found.cost == pytest.approx(0.2)
    assert found.extra_calls == (1 if stage == "call" else 0), "the call that failed"
    assert found.statuses == {Key("a", "qa", 0): "ok"}


def test_calls_that_failed_before_any_price_was_known_are_reckoned_at_the_mean(tmp_path: Path) -> None:
    failed = [answer(sample=f"f{number}", stage="call", extra_calls=4, doubtful=5) for number in range(3)]
    found = standing(tmp_path, *failed, answer(reply(cost=0.2)))
    assert (found.extra_calls, found.doubtful) == (12, 15)
    assert found.extra_cost_known == pytest.approx(15 * 0.2)


def test_an_unknown_price_is_no_zero(tmp_path: Path) -> None:
    assert standing(tmp_path, answer(reply(cost=None, attempts=2, doubtful=1))).extra_cost_known is None


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("attempts", -5), ("attempts", 1.5), ("attempts", True), ("attempts", 10**400), ("doubtful", -1),
        ("cost", -1), ("cost", "1"), ("cost", 10**400), ("cost", float("nan")), ("cost", float("inf")), ("cost", True),
        ("replies", {}), ("replies", None), ("variant", 5), ("draw", 1.0), ("sample_id", None), ("status", "fine"),
    ],
)  # fmt: skip
def test_an_odd_number_is_damage_with_its_line(tmp_path: Path, place: str, value: object) -> None:
    line = json.loads(answer(reply()).model_dump_json())
    if place in ("attempts", "doubtful"):
        line["replies"][0][place] = value
    elif place == "cost":
        line["replies"][0]["usage"]["cost"] = value
    else:
        line[place] = value
    path = Folder(tmp_path).answers_file
    path.write_text(answer(reply(), sample="b").model_dump_json() + "\n" + json.dumps(line) + "\n")
    with pytest.raises(ResultsError, match=r"answers\.jsonl:2: "):
        standing_of(Folder(tmp_path))
