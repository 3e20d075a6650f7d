"""A judge that is cut off at its token limit: said to be, in a kind of its own, whatever it was asked for."""

from __future__ import annotations

import asyncio
import json

import pytest
from building import make_answer, make_sample, make_task
from command import ROOT
from scripted import Scripted

from judge.agent import AgentJudge
from judge.case import Case, Hearing
from judge.pairwise.hearing import Look, PairJudge, _Session
from judge.pairwise.records import Pair
from judge.parse.reply import parse
from judge.records import Sampling, Verdict
from judge.spec.rubric import read_rubric
from providers.records import Reply, Request


def _case() -> Case:
    task, sample, answer = make_task(), make_sample(), make_answer("He winks at her.\nAnswer: humorous")
    found = parse(task, sample, answer=answer, mode="strict")
    return Case(task=task, sample=sample, answer=answer, parsed=found, question="q")


def _heard(provider: Scripted) -> tuple[Verdict, ...]:
    judge = AgentJudge(name="j", provider=provider, sampling=Sampling())
    hearing = Hearing(judge="j", rubric=read_rubric(ROOT / "rubrics" / "humor.yaml"), case=_case())
    return asyncio.run(judge.rate(hearing))


@pytest.mark.parametrize("text", ["", "<think>Let me see, the wink", '{"steps": ["He winks', "The wink shows"])
def test_a_judge_cut_off_before_its_verdict_is_said_to_be(text: str) -> None:
    provider = Scripted(lambda _: Reply(text=text, finish="length", model="m"))
    verdicts = _heard(provider)
    assert {verdict.problem.kind for verdict in verdicts if verdict.problem} == {"truncated"}
    assert all("cut off at its token limit" in verdict.problem.message for verdict in verdicts if verdict.problem)
    assert "cut off" in provider.asked[1].messages[-1].text, "it is asked once more, and told why"


def test_a_verdict_that_was_whole_before_the_limit_counts() -> None:
    def script(request: Request) -> Reply:
        asked = request.messages[-1].text
        one = {"evidence": "e", "reason": "r", "score": 1}
        said: dict[str, object] = {"steps": ["He winks.", "It is humorous."]} if "Break the reply" in asked else one
        said = {"ratings": [{"step": 1, **one}]} if '"ratings"' in asked else said
        return Reply(text=json.dumps(said) + "\nI should add that", finish="length", model="m")

    assert [verdict.problem for verdict in _heard(Scripted(script)) if verdict.problem] == []


def test_a_comparison_that_was_cut_off_is_said_to_be() -> None:
    rubric = read_rubric(ROOT / "rubrics" / "pairwise.yaml")
    provider = Scripted(lambda _: Reply(text="", thinking="Let me", finish="length", model="m"))
    judge = PairJudge(name="j", provider=provider, sampling=Sampling(), rubric=rubric)
    pair = Pair(id="p", first="one", second="two", evidence={})
    line = asyncio.run(_Session(judge=judge, look=Look(pair=pair, order="given")).compare())
    assert line.problem is not None
    assert (line.problem.kind, len(provider.asked)) == ("truncated", 2)
