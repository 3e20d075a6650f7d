"""Ratings of two rubrics beside each other: means over steps and repeats, clusters, and what moves; and rehearsals."""

from __future__ import annotations

import asyncio

import pytest
from cased import case_of_reply
from command import ROOT
from scripted import Scripted

from judge.agent import WEIGHING, AgentJudge
from judge.items import Item
from judge.ratings import mean_of
from judge.records import Key, Problem, Sample, Target, Verdict
from judge.rehearsal import REPLY_TOKENS, foreseen, rehearse
from judge.revision import Side, moves, table
from judge.spec.rubric import read_rubric
from providers.records import Info, Price, Reply, Sampling

RUBRIC = read_rubric(ROOT / "rubrics" / "humor.yaml")
INFO = Info(name="x", identity="x", model="x", kind="paid", price=Price(input=10.0, output=100.0, longest=1000))


def _verdict(name: str, score: float | None, *, step: int | None = None, draw: int = 0, answer: int = 0) -> Verdict:
    problem = Problem(stage="judge", kind="cannot_judge") if score is None else None
    return Verdict(sample_id=name, variant="cot", draw=answer, answer="x", judge="j", judge_draw=draw, rubric="humor",
                   rubric_digest=RUBRIC.digest, criterion="steps" if step else "cot", step=step, score=score,
                   problem=problem)  # fmt: skip


def _item(name: str, cluster: str | None = None, draw: int = 0) -> Item:
    sample = Sample(id=name, cluster=cluster, inputs={}, target=Target(values={}))
    return Item(sample=sample, key=Key(name, "cot", draw), answer=None, parsed={})


def test_a_repeat_with_many_steps_weighs_as_much_as_one_with_few() -> None:
    verdicts = [_verdict("a", 1, step=n) for n in (1, 2, 3)] + [_verdict("a", 0, step=1, draw=1)]
    assert mean_of(verdicts) == 0.5
    assert mean_of([_verdict("a", None)]) is None


def test_an_abstention_leaves_the_answer_out_of_its_row() -> None:
    first = Side(rubric=RUBRIC, verdicts=[_verdict("a", 3), _verdict("b", 3)])
    second = Side(rubric=RUBRIC, verdicts=[_verdict("a", 4), _verdict("b", None)])
    rows = {row.name: row for row in table(first.ratings(), second.ratings(), [_item("a"), _item("b")])}
    assert (rows["cot"].n, rows["cot"].first, rows["cot"].second) == (1, 3, 4)
    assert (rows["steps"].n, rows["steps"].reason) == (0, "no item has both ratings")


def test_draws_of_one_sample_are_one_item_and_speakers_are_flipped_whole() -> None:
    names = [("a", "s", 0), ("a", "s", 1), ("b", "s", 0), ("c", "t", 0)]
    items = [_item(name, cluster, draw) for name, cluster, draw in names]
    first = Side(rubric=RUBRIC, verdicts=[_verdict(name, 3, answer=draw) for name, _, draw in names])
    second = Side(rubric=RUBRIC, verdicts=[_verdict(name, 4, answer=draw) for name, _, draw in names])
    row = next(row for row in table(first.ratings(), second.ratings(), items) if row.name == "cot")
    assert (row.n, row.units, row.up) == (3, 2, 3)
    assert row.p == 0.5  # two speakers: 2 of 4 signs lie as far


def test_moves_are_told_the_farthest_first() -> None:
    first = {"cot": {Key("a", "cot", 0): 3.0, Key("b", "cot", 0): 3.0, Key("c", "cot", 0): 3.0}}
    second = {"cot": {Key("a", "cot", 0): 4.0, Key("b", "cot", 0): 1.0, Key("c", "cot", 0): 3.0}}
    assert [(move.key.sample_id, move.by) for move in moves(first, second)] == [("b", -2.0), ("a", 1.0)]


def _judge() -> AgentJudge:
    provider = Scripted(lambda request: "never asked")
    return AgentJudge(name="x", provider=provider, sampling=Sampling())


def test_a_rehearsal_renders_every_call_and_sends_none() -> None:
    judge = _judge()
    stage = asyncio.run(
        rehearse(judge, RUBRIC, case_of_reply("The voice is playful. She winks at him."), find=lambda _: None)
    )
    assert len(stage.asked) == len(stage.missing) == 3
    assert "1. The voice is playful.\n2. She winks at him." in stage.asked[1].messages[-1].text
    assert isinstance(judge.provider, Scripted)
    assert judge.provider.asked == []


def test_a_bare_answer_needs_no_extraction_and_no_rating_of_steps() -> None:
    stage = asyncio.run(rehearse(_judge(), RUBRIC, case_of_reply(""), find=lambda _: None))
    assert len(stage.asked) == 1
    assert "Question: Does the chain" in stage.asked[0].messages[-1].text


def test_what_is_stored_is_served_and_leads_to_the_prompts_that_follow_it() -> None:
    case = case_of_reply("The voice is playful. She winks at him.")
    first = asyncio.run(rehearse(_judge(), RUBRIC, case, find=lambda _: None)).asked[0]
    kept = {first.key: Reply(text='{"steps": ["only this", "the answer"]}', model="x")}
    stage = asyncio.run(rehearse(_judge(), RUBRIC, case, find=kept.get))
    assert len(stage.missing) == 2
    assert "1. only this\n" in stage.asked[1].messages[-1].text


def test_the_cost_of_what_is_missing_is_input_and_output_by_the_price_table() -> None:
    stage = asyncio.run(rehearse(_judge(), RUBRIC, case_of_reply("The voice is playful."), find=lambda _: None))
    found = foreseen(stage.missing, info=INFO, sampling=Sampling(), frames=8)
    assert found.calls == 3
    assert found.output_tokens == 3 * REPLY_TOKENS
    assert found.cost == pytest.approx((found.input_tokens * 10 + found.output_tokens * 100) / 1e6)
    assert found.most == pytest.approx((found.input_tokens * 10 + 3 * 1000 * 100) / 1e6)
    capped = foreseen(stage.missing, info=INFO, sampling=Sampling(max_tokens=50), frames=8)
    assert capped.output_tokens == 150
    weighed = [request.model_copy(update={"choices": ("1",), "sampling": WEIGHING}) for request in stage.missing]
    both = foreseen([*stage.missing, *weighed], info=INFO, sampling=Sampling(), frames=8)
    assert both.output_tokens == 3 * REPLY_TOKENS + 3, "a question for probabilities is answered by one token"
