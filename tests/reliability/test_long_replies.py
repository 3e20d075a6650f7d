"""A reply of 1 MB: reading it and judging it by the rules take time that grows as the reply does."""

from __future__ import annotations

import asyncio
import dataclasses
import time

import pytest
from building import make_answer, make_sample, make_task
from command import ROOT
from figures import size

from judge.case import Case, Hearing
from judge.parse.reply import parse
from judge.records import Clue, Mode
from judge.rules import RulesJudge
from judge.spec.rubric import read_rubric

LENGTH = size(60_000, 1_000_000)
MODES: tuple[Mode, ...] = ("strict", "faithful")
PIECES = {
    "English": "Then the bald man laughs at his comb. ",
    "Chinese": "他说这个笑话的时候笑了。",
    "lines": "He laughs.\n",
}


@pytest.mark.parametrize("piece", PIECES.values(), ids=PIECES)
def test_ten_times_the_reply_takes_about_ten_times_as_long(piece: str) -> None:
    small, large = (min(_seconds(piece, length) for _ in range(2)) for length in (LENGTH // 10, LENGTH))
    assert large < 30 * small + 0.1


def _seconds(piece: str, length: int) -> float:
    sample = make_sample()
    target = dataclasses.replace(sample.target, clues=(Clue(sense="text", cue="a bald man with a comb"),))
    sample = dataclasses.replace(sample, target=target)
    task, rubric = make_task(), read_rubric(ROOT / "rubrics" / "humor.yaml")
    answer = make_answer(piece * (length // len(piece)) + "\nAnswer: humorous")
    started = time.process_time()
    found = [parse(task, sample, answer=answer, mode=mode) for mode in MODES]
    case = Case(task=task, sample=sample, answer=answer, parsed=found[0], question="q")
    verdicts = asyncio.run(RulesJudge().rate(Hearing(judge="rules", rubric=rubric, case=case)))
    took = time.process_time() - started
    assert [item.values for item in found] == [{"label": ("humorous",)}] * 2
    assert verdicts
    return took
