"""`judge rubrics check FILE...`: every fault, every unwise choice, and the prompts as a judge would get them."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from judge.agent import AgentJudge
from judge.cli.main import COMPLETE, USAGE
from judge.cli.opening import rubric_at
from judge.cli.rubric_bench import open_scene
from judge.cli.terminal import plural, say, say_text, warn
from judge.errors import Fault, RubricError, UsageError, nearest
from judge.rehearsal import Rehearsal, rehearse
from judge.rubric import Rubric
from judge.spec.advice import advice
from judge.spec.rubric import read_rubric
from providers.records import Info, Sampling


def check(options: argparse.Namespace) -> int:
    """All faults of all files; what is unwise is said and does no harm, unless --strict."""
    faults: list[Fault] = []
    unwise = 0
    for given in options.names:
        path, shown = rubric_at(given)
        try:
            rubric = read_rubric(path, shown)
        except RubricError as error:
            faults += error.faults
            continue
        found = advice(path, shown)
        unwise += len(found)
        for fault in found:
            warn(f"unwise: {fault}")
        also = f"; {plural(len(found), 'warning')}" if found else ""
        say(f"✓ {given}: {rubric.name} v{rubric.version}, digest {rubric.digest[:8]}{also}")
        if options.sample is not None and rubric.pairwise is not None:
            raise UsageError(f"--sample: {rubric.name} compares two answers; the answer of one run is no pair")
        if options.sample is not None:
            _preview(rubric, options)
    if faults:
        raise RubricError(faults)
    return USAGE if options.strict and unwise else COMPLETE


def _preview(rubric: Rubric, options: argparse.Namespace) -> None:
    """Every message of every stage, in order; nothing is sent."""
    options.run, name = _place(options.sample)
    scene = open_scene(options)
    cases = {case.answer.key.sample_id: case for case in reversed(scene.cases)}
    if name not in cases:
        raise UsageError(f"--sample {options.sample}: no answer to {name!r} could be judged{nearest(name, cases)}")
    info = Info(name="preview", identity="preview", model="preview", kind="free")
    judge = AgentJudge(name="preview", provider=Rehearsal(info, lambda _: None), sampling=Sampling())
    stage = asyncio.run(rehearse(judge, rubric, cases[name], find=lambda _: None))
    say(f"prompts for {name}; nothing is sent")
    if rubric.extracts:
        say("  the reply's sentences stand in for the steps that a judge would extract")
    if rubric.shows("frames"):
        say("  the clip's frames would stand before the text of stages that see them")
    for number, request in enumerate(stage.asked, start=1):
        for message in request.messages if number == 1 else request.messages[1:]:
            say(f"[call {number} of {len(stage.asked)}: {message.role}]")
            say_text(message.text)
    if not stage.asked:
        say("  no call at all: the rubric rates steps, and this reply has none before its answer")


def _place(text: str) -> tuple[str, str]:
    """RUN:ID; either may hold a colon, so the longest folder that is there counts."""
    for at in reversed([at for at, sign in enumerate(text) if sign == ":"]):
        if Path(text[:at]).is_dir() and text[at + 1 :]:
            return text[:at], text[at + 1 :]
    raise UsageError(f"--sample {text}: should be RUN:ID, e.g. results/humor--model--3fa9c1:h-003")
