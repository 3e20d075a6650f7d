"""`judge rubrics check`: every fault in one pass, what is legal but unwise, and the prompts as they would be sent."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import ROOT, Command
from editing import edited
from fake_server import serve
from test_cli_score import RATINGS, REPLY, WHOLE

from judge.spec.advice import advice

SOUND = """\
name: moods
version: 1
about: Is the mood understood?
sees: [question, reply, clues]
answer: [evidence, reason, score, confidence]
stages:
  - extract: steps
  - rate: steps
    question: Does it hold?
    scale: {0: does not hold, 1: it holds}
  - rate: answer
    criterion: chain
    question: Is it a chain?
    scale: {1: none, 2: half a chain, 3: a whole chain}
scores:
  recognition: {rule: label}
  reasoning: {mean: steps}
  cot: {criterion: chain}
  final: {recognition: 0.4, reasoning: 0.3, cot: 0.3}
"""
FAULTY = """\
name: moods
version: one
about: x
sees: [question, repley]
jugde: rules
stages:
  - rate: steps
    question: Does it hold?
    scale: {0: none}
scores:
  reasoning: {mean: stpes}
  final: {reasoning: 0.6}
"""


def _file(folder: Path, text: str) -> Path:
    path = folder / "moods.yaml"
    path.write_text(text)
    return path


def test_every_fault_is_told_in_one_pass_with_its_line_and_the_nearest_name(judge: Command, tmp_path: Path) -> None:
    path = _file(tmp_path, FAULTY)
    done = judge("rubrics", "check", path)
    assert done.code == 2
    lines = done.err.splitlines()
    for place, said in (
        ("2: version: ", "expected a whole number"),
        ("4: sees.1: ", 'did you mean "reply"?'),
        ("5: jugde: ", 'did you mean "judge"?'),
        ("7: stages.0.rate: ", "steps are rated before they are extracted"),
        ("9: stages.0.scale: ", "at least two anchored points"),
        ("11: scores.reasoning: ", 'did you mean "steps"?'),
        ("12: scores.final: ", "the weights sum to 0.6"),
    ):
        assert any(line.startswith(f"{path}:{place}") and said in line for line in lines), (place, lines)


def test_the_faults_of_several_files_come_together(judge: Command, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(edited(SOUND, ("version: 1", "version: two")))
    done = judge("rubrics", "check", _file(tmp_path, FAULTY), "humor", other)
    assert done.code == 2
    assert "✓ humor: humor v" in done.out
    assert str(other) in done.err
    assert "jugde" in done.err


def test_a_sound_rubric_is_not_warned_of(judge: Command, tmp_path: Path) -> None:
    path = _file(tmp_path, SOUND)
    assert advice(path) == []
    done = judge("rubrics", "check", path, "--strict")
    assert (done.code, done.err) == (0, "")


UNWISE = {
    "no-anchors": ("{1: none, 2: half a chain, 3: a whole chain}", "{1: none, 5: whole}", 14, "no anchors between"),
    "gap": ("{1: none, 2: half a chain, 3: a whole chain}", "{1: a, 2: b, 5: c}", 14, "no anchor between 2 and 5"),
    "many": ("{0: does not hold, 1: it holds}", f"{{{', '.join(f'{n}: p{n}' for n in range(9))}}}", 10, "9 points"),
    "no-words": ("2: half a chain", '2: ""', 14, "without words"),
    "same-words": ("2: half a chain", "2: none", 14, "the same words"),
    "no-grounds": ("[evidence, reason, score, confidence]", "[score, confidence]", 5, "without evidence or reason"),
    "no-evidence": ("[evidence, reason, score, confidence]", "[reason, score, confidence]", 5, "no evidence before"),
    "early-confidence": (
        "[evidence, reason, score, confidence]",
        "[confidence, reason, score]",
        5,
        "sure of",
    ),
    "not-blind": ("clues]", "clues, target]", 4, "see the right answer"),
    "two-questions": ("Is it a chain?", "Is it a chain? Is it long?", 13, "asks several questions"),
    "no-reply": ("question, reply, clues", "question, clues", 4, "the reply is not shown"),
    "unused": ("  reasoning: {mean: steps}\n", "  reasoning: {criterion: chain}\n", 8, "stands in no score"),
    "idle-weight": ("criterion: chain\n", "criterion: chain\n    weight: 2\n", 13, "has no effect"),
    "weightless": ("0.4, reasoning: 0.3, cot: 0.3", "0.7, reasoning: 0.3, cot: 0", 19, "weighs 0"),
    "all-weight": ("0.4, reasoning: 0.3, cot: 0.3", "0.95, reasoning: 0.03, cot: 0.02", 19, "weighs 0.95"),
    "no-about": ("about: Is the mood understood?", 'about: ""', 3, "says nothing"),
}


@pytest.mark.parametrize("case", UNWISE.values(), ids=list(UNWISE))
def test_what_is_unwise_is_said_with_its_line_and_is_still_legal(
    judge: Command, tmp_path: Path, case: tuple[str, str, int, str]
) -> None:
    old, new, line, said = case
    path = _file(tmp_path, edited(SOUND, (old, new)))
    done = judge("rubrics", "check", path)
    assert done.code == 0, done.err
    assert any(text.startswith(f"unwise: {path}:{line}: ") and said in text for text in done.err.splitlines()), done.err
    assert judge("rubrics", "check", path, "--strict").code == 2


def test_a_scale_of_shares_with_even_gaps_is_no_scale_with_a_gap(tmp_path: Path) -> None:
    shares = "{0: none, 0.25: few, 0.5: half, 0.75: most, 1: all}"
    assert advice(_file(tmp_path, edited(SOUND, ("{1: none, 2: half a chain, 3: a whole chain}", shares)))) == []


def test_a_criterion_that_sees_the_answer_and_makes_no_reasoning_score_is_left_alone(tmp_path: Path) -> None:
    seeing = ("criterion: chain\n", "criterion: chain\n    sees: [reply, target]\n")
    found = advice(_file(tmp_path, edited(SOUND, seeing)))
    assert [fault.line for fault in found] == [13]
    as_recognition = ("  recognition: {rule: label}\n", "  recognition: {criterion: chain}\n")
    rest = ("  cot: {criterion: chain}\n", "  cot: {mean: steps}\n")
    assert advice(_file(tmp_path, edited(SOUND, seeing, as_recognition, rest))) == []


def test_the_preview_is_word_for_word_what_a_judge_is_sent(judge: Command, tmp_path: Path) -> None:
    steps = {"contains": "Break the reply below", "text": '{"steps": ["The voice is playful.", "The face shows a wink.", "humorous"]}'}  # fmt: skip  # noqa: E501
    script = {"rules": [steps, RATINGS, WHOLE], "default": REPLY, "latency": 0.0}
    with serve(tmp_path, script) as server:
        whom = ["--provider", "endpoint", "--base-url", server.base_url, "--model", "m"]
        folder = judge("run", "tasks/humor.yaml", *whom, "--limit", "1", "--out", tmp_path / "r").folder
        before = len(server.requests())
        by = ["--judge", "endpoint", "--base-url", server.base_url, "--model", "m"]
        shown = judge("rubrics", "check", "humor", "--sample", f"{folder}:h-001")
        assert len(server.requests()) == before
        judge("score", folder, *by)
        sent = [line["prompt"] for line in server.requests()[before:]]
    assert shown.code == 0, shown.err
    assert len(sent) == 3
    plain = "\n".join(line.removeprefix("  │").removeprefix(" ") for line in shown.out.splitlines())
    for number, prompt in enumerate(sent, start=1):
        assert f"[call {number} of 3: user]\n{prompt}" in plain


@pytest.mark.parametrize(
    ("sample", "said"),
    [("nowhere", "should be RUN:ID"), ("tasks:h-001", "is no run's folder")],
)
def test_a_sample_that_is_not_there_is_a_usage_error(judge: Command, sample: str, said: str) -> None:
    done = judge("rubrics", "check", "humor", "--sample", sample)
    assert (done.code, said in done.err) == (2, True)


def test_a_sample_with_a_slip_in_its_id_names_the_nearest(judge: Command) -> None:
    run = next((ROOT / "results" / "example").glob("humor--*"))
    done = judge("rubrics", "check", "humor", "--sample", f"{run}:h-0002")
    assert done.code == 2
    assert 'did you mean "h-002"?' in done.err


def test_rubrics_alone_lists_them(judge: Command) -> None:
    done = judge("rubrics")
    assert done.code == 0
    names = {line.split()[0] for line in done.out.splitlines()}
    assert {"empathy_0_2", "empathy_1_5", "open_vocabulary", "intent"} <= names
