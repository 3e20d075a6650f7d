from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from editing import edited

from judge import shipped
from judge.errors import Fault, RubricError
from judge.rubric import Rubric
from judge.spec.rubric import read_rubric

RUBRIC = """\
name: moods
version: 2
about: Is the mood understood?
sees: [question, reply, clues]
judge: rules

stages:
  - extract: steps
  - rate: steps
    question: Does it hold?
    scale: {0: does not hold, 1: it holds}
  - rate: answer
    criterion: chain
    question: Is it a chain?
    scale:
      1: none
      2.5: half a chain
      5: a whole chain
    weight: 2

scores:
  recognition: {rule: label}
  reasoning: {mean: steps}
  cot: {criterion: chain}
  final: {recognition: 0.4, reasoning: 0.3, cot: 0.3}
"""


def read(folder: Path, text: str) -> Rubric:
    path = folder / "moods.yaml"
    path.write_text(text, encoding="utf-8")
    return read_rubric(path, "moods.yaml")


def faults_of(folder: Path, text: str) -> tuple[Fault, ...]:
    with pytest.raises(RubricError) as caught:
        read(folder, text)
    return caught.value.faults


def test_a_rubric_is_read_with_all_that_it_says(tmp_path: Path) -> None:
    rubric = read(tmp_path, RUBRIC)
    steps, chain = rubric.rated()
    assert (steps.name, steps.scale) == ("steps", {0: "does not hold", 1: "it holds"})
    assert (chain.name, chain.weight, chain.scale) == ("chain", 2, {1: "none", 2.5: "half a chain", 5: "a whole chain"})
    assert rubric.sees == ("question", "reply", "clues")
    assert rubric.scores.final == {"recognition": 0.4, "reasoning": 0.3, "cot": 0.3}


@pytest.mark.parametrize("name", sorted(shipped.names("rubrics")))
def test_every_shipped_rubric_passes(name: str) -> None:
    assert read_rubric(shipped.names("rubrics")[name]).rated()


def test_what_the_judge_sees_does_not_include_the_thinking_unless_asked_for(tmp_path: Path) -> None:
    assert "thinking" not in read(tmp_path, edited(RUBRIC, ("sees: [question, reply, clues]\n", ""))).sees
    assert "thinking" in read(tmp_path, edited(RUBRIC, ("[question, reply, clues]", "[reply, thinking]"))).sees


def test_a_derived_cot_is_allowed_where_final_leaves_it_out(tmp_path: Path) -> None:
    derived = ("{criterion: chain}", "{derived: {recognition: 0.5, reasoning: 0.5}}")
    text = edited(
        RUBRIC, derived, ("{recognition: 0.4, reasoning: 0.3, cot: 0.3}", "{recognition: 0.5, reasoning: 0.5}")
    )
    cot = read(tmp_path, text).scores.cot
    assert cot is not None
    assert cot.derived == {"recognition": 0.5, "reasoning": 0.5}


@pytest.mark.parametrize("weights", ["{recognition: 1}", "{recognition: 0.1, reasoning: 0.2, cot: 0.7}"])
def test_weights_of_final_may_be_any_that_sum_to_1(tmp_path: Path, weights: str) -> None:
    assert read(tmp_path, edited(RUBRIC, ("{recognition: 0.4, reasoning: 0.3, cot: 0.3}", weights))).scores.final


FAULTS = """
unknown key at the top      | judge: rules       | jugde: rules        | jugde           | unknown key; did you mean "judge"?
unknown key of a stage      | weight: 2          | wieght: 2           | stages.2.wieght | unknown key; did you mean "weight"?
unknown score               | recognition: {rule | recogniton: {rule   | scores.recogniton | unknown key; did you mean "recognition"?
unknown key of a score      | {mean: steps}      | {maen: steps}       | scores.reasoning.maen | unknown key; did you mean "mean"?
unknown score in final      | cot: 0.3           | coat: 0.3           | scores.final.coat | did you mean "cot"?
unknown sense               | clues]             | cleus]              | sees.2          | did you mean "clues"?
unknown stage               | extract: steps     | extract: stesp      | stages.0.extract | 'stesp' is not one of steps
unknown rule                | {rule: label}      | {rule: lable}       | scores.recognition.rule | did you mean "label"?
unknown criterion           | {criterion: chain} | {criterion: chian}  | scores.cot      | no rating is called "chian"; did you mean "chain"?
unknown criterion in a list | {criterion: chain} | {criterion: [chain, chian]} | scores.cot | no rating is called "chian"; did you mean "chain"?
unknown mean                | {mean: steps}      | {mean: stpes}       | scores.reasoning | no rating is called "stpes"; did you mean "steps"?
final above 1               | reasoning: 0.3     | reasoning: 0.4      | scores.final    | the weights sum to 1.1, not to 1
final below 1               | reasoning: 0.3     | reasoning: 0.2      | scores.final    | the weights sum to 0.9, not to 1
final of no weights         | {recognition: 0.4, reasoning: 0.3, cot: 0.3} | {} | scores.final | not to 1
negative weight             | {recognition: 0.4, reasoning: 0.3, cot: 0.3} | {recognition: 1.5, cot: -0.5} | scores.final | not below 0
weight that is no number    | {recognition: 0.4, reasoning: 0.3, cot: 0.3} | {recognition: yes} | scores.final.recognition | a number
derived weights above 1     | {criterion: chain} | {derived: {recognition: 0.5, reasoning: 0.6}} | scores.cot.derived | sum to 1.1
derived recognition         | {rule: label}      | {derived: {reasoning: 1}} | scores.recognition | only cot may be derived
two ways for one score      | {rule: label}      | {rule: label, mean: steps} | scores.recognition | exactly one of
no way for a score          | {rule: label}      | {}                  | scores.recognition | exactly one of
scale of one point          | 1: it holds}       | }                   | stages.1.scale  | at least two anchored points
scale of no points          | {0: does not hold, 1: it holds} | {}     | stages.1.scale  | at least two anchored points
scale in words              | {0: does not hold, 1: it holds} | {low: x, high: y} | stages.1.scale | the points of a scale are numbers
scale of quoted numbers     | {0: does not hold, 1: it holds} | {"0": x, "1": y}  | stages.1.scale | the points of a scale are numbers
scale with a point twice    | 1: it holds}       | 1: x, 1.0: y}       | stages.1.scale.1.0 | stands twice
scale of yes and no         | {0: does not hold, 1: it holds} | {no: x, yes: y}   | stages.1.scale.no | a number
unquoted yes as an anchor   | 1: it holds}       | 1: yes}             | stages.1.scale.1 | write "yes" with quotes
unquoted no as a criterion  | criterion: chain   | criterion: no       | stages.2.criterion | write "no" with quotes
weight of nothing           | weight: 2          | weight: 0           | stages.2.weight | above 0
weight yes                  | weight: 2          | weight: yes         | stages.2.weight | a number
rate yes                    | rate: answer       | rate: yes           | stages.2.rate   | is not one of steps, answer or pair
tag that builds objects     | rules              | !!python/name:os.system rules | judge | tags can build objects
"""  # noqa: E501  a table is read by its columns


def table() -> list[object]:
    rows = [[cell.strip() for cell in line.split(" | ")] for line in FAULTS.strip().splitlines()]
    return [pytest.param(*cells, id=name.replace(" ", "-")) for name, *cells in rows]


@pytest.mark.parametrize(("old", "new", "key", "expected"), table())
def test_a_fault_names_its_line_its_key_what_was_expected_and_the_nearest_name(
    tmp_path: Path, old: str, new: str, key: str, expected: str
) -> None:
    line = RUBRIC[: RUBRIC.index(old)].count("\n") + 1
    faults = faults_of(tmp_path, edited(RUBRIC, (old, new)))
    near = {key, key.removesuffix(".scale")}
    said = [fault.message for fault in faults if fault.line == line and fault.key in near]
    assert any(expected in message for message in said), faults


def test_final_may_not_include_a_derived_cot(tmp_path: Path) -> None:
    text = edited(RUBRIC, ("{criterion: chain}", "{derived: {recognition: 0.5, reasoning: 0.5}}"))
    assert [str(fault) for fault in faults_of(tmp_path, text)] == [
        "moods.yaml:25: scores.final.cot: cot is derived from recognition and reasoning: leave it out of final"
    ]


@pytest.mark.parametrize("later", ["", "  - extract: steps\n"], ids=["never", "later"])
def test_steps_that_are_rated_before_they_are_extracted_are_an_error(tmp_path: Path, later: str) -> None:
    text = edited(RUBRIC, ("  - extract: steps\n", ""), ("    weight: 2\n", f"    weight: 2\n{later}"))
    faults = faults_of(tmp_path, text)
    assert [(fault.line, fault.key) for fault in faults] == [(8, "stages.0.rate")]
    assert "before they are extracted" in faults[0].message


def test_a_rating_needs_a_question(tmp_path: Path) -> None:
    faults = faults_of(tmp_path, edited(RUBRIC, ("    question: Is it a chain?\n", "")))
    assert [(fault.line, fault.key) for fault in faults] == [(12, "stages.2")]
    assert "question" in faults[0].message


def test_a_rating_of_the_answer_needs_the_name_of_its_criterion(tmp_path: Path) -> None:
    said = [str(fault) for fault in faults_of(tmp_path, edited(RUBRIC, ("    criterion: chain\n", "")))]
    assert "moods.yaml:12: stages.2: rate: answer needs the name of its criterion" in said


def test_a_stage_that_does_both_or_neither_is_an_error(tmp_path: Path) -> None:
    both = faults_of(tmp_path, edited(RUBRIC, ("- extract: steps", "- extract: steps\n    rate: steps")))
    neither = faults_of(tmp_path, edited(RUBRIC, ("- extract: steps", "- weight: 1\n  - extract: steps")))
    for faults in (both, neither):
        assert (8, "stages.0") in [
            (fault.line, fault.key) for fault in faults if "one of extract, rate" in fault.message
        ]


def test_two_ratings_of_one_name_are_an_error(tmp_path: Path) -> None:
    faults = faults_of(tmp_path, edited(RUBRIC, ("criterion: chain", "criterion: steps")))
    assert "two ratings are called 'steps'" in [fault.message for fault in faults]


def test_a_score_that_final_weighs_but_no_one_defines_is_an_error(tmp_path: Path) -> None:
    faults = faults_of(tmp_path, edited(RUBRIC, ("  cot: {criterion: chain}\n", "")))
    assert [(fault.line, fault.key) for fault in faults] == [(24, "scores.final.cot")]


def test_every_fault_is_found_in_one_pass_in_the_order_of_lines(tmp_path: Path) -> None:
    text = edited(
        RUBRIC,
        ("about:", "abuot:"),
        ("clues]", "cleus]"),
        ("extract: steps", "extract: stesp"),
        ("weight: 2", "weight: 0\n    weight: 1"),
        ("criterion: chain}", "criterion: chian}"),
        ("cot: 0.3", "cot: 0.9"),
    )
    faults = faults_of(tmp_path, text)
    assert {3, 4, 8, 9, 20, 25, 26} - {fault.line for fault in faults} == set()
    assert [fault.line for fault in faults] == sorted(fault.line or 0 for fault in faults)


def said_of(folder: Path, text: str) -> list[str]:
    try:
        return [read(folder, text).name]
    except RubricError as error:
        return [fault.message for fault in error.faults]


@pytest.mark.parametrize("shape", ["5", "text", "[1]", "{1: 2}", "{a: 1}", "[[]]", "[{rate: [1]}]", "null", "yes"])
@pytest.mark.parametrize("key", sorted(Rubric.model_fields))
def test_whatever_stands_at_a_key_is_read_or_named_and_never_a_crash(tmp_path: Path, key: str, shape: str) -> None:
    raw = yaml.safe_load(RUBRIC) | {key: yaml.safe_load(shape)}
    said = said_of(tmp_path, yaml.safe_dump(raw))
    assert said
    assert all(said)


@pytest.mark.parametrize(
    ("old", "new", "another"),
    [
        pytest.param("Does it hold?", "Does it stand?", True, id="question"),
        pytest.param("it holds", "it stands", True, id="anchor"),
        pytest.param("weight: 2", "weight: 3", True, id="weight"),
        pytest.param("clues]", "reference]", True, id="sight"),
        pytest.param("reasoning: 0.3, cot: 0.3", "reasoning: 0.2, cot: 0.4", True, id="weights-of-final"),
        pytest.param("about: Is", "about: Was", False, id="about"),
        pytest.param("judge: rules", "judge: gemini", False, id="default-judge"),
    ],
)
def test_another_digest_is_another_judging(tmp_path: Path, old: str, new: str, another: bool) -> None:
    assert (read(tmp_path, RUBRIC).digest != read(tmp_path, edited(RUBRIC, (old, new))).digest) is another
