"""One answer as a judge is given it, without a run around it."""

from __future__ import annotations

from judge.case import Case
from judge.cli.opening import open_task
from judge.records import Answer, AskReply, Key, Parsed, Sample, Target


def case_of_reply(reasoning: str, *, clues: Target | None = None) -> Case:
    """A reply of some reasoning and `Answer: humorous`, to a sample that says nothing unless it is given."""
    task, _ = open_task("tasks/humor.yaml")
    key = Key("a", "cot", 0)
    sample = Sample(id="a", inputs={}, target=clues or Target(values={}))
    parsed = Parsed(key=key, mode="strict", state="ok", values={}, reasoning=reasoning, region="Answer: humorous")
    reply = AskReply(ask="label", text=f"{reasoning}\nAnswer: humorous", request="r")
    answer = Answer(sample_id="a", variant="cot", status="ok", replies=(reply,))
    return Case(task=task, sample=sample, answer=answer, parsed=parsed, question="Funny?")
