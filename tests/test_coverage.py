"""Which senses the steps cite, and whether what they cite is there: by rule."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import Command, estimate, summary_of
from fake_server import serve
from staged import rate, ratings, rubric, run, script

from judge.case import said_of, words_of
from judge.cli.opening import open_task
from judge.coverage import Cited, cited, is_found
from judge.records import Clue, Problem, Sample, Target, Verdict

CLUES = (
    Clue(sense="words", cue="calls the ruined picnic perfect weather"),
    Clue(sense="voice", cue="flat voice without any rise"),
    Clue(sense="face", cue="rolls her eyes upward"),
    Clue(sense="Face", cue="corner of the mouth pulled down"),
)


def step(claim: str, evidence: str = "", score: float | None = 1.0) -> Verdict:
    return Verdict(
        sample_id="a", variant="cot", draw=0, answer="x", judge="j", rubric="r", rubric_digest="d",
        criterion="steps", step=1, claim=claim, evidence=evidence, score=score,
    )  # fmt: skip


def of(*steps: Verdict, clues: tuple[Clue, ...] = CLUES, words: str = "") -> Cited:
    sample = Sample(id="a", inputs={}, target=Target(values={}, clues=clues))
    found = cited(sample, steps, lowest=0.0, words=words)
    assert isinstance(found, Cited)
    return found


def test_coverage_is_the_share_of_the_senses_that_the_steps_cite() -> None:
    found = of(step("The flat voice has no rise at all."), step("She rolls her eyes."))
    assert found.offered == {"words", "voice", "face"}, "two clues of the face are one sense"
    assert found.senses == {"voice", "face"}
    assert found.coverage == pytest.approx(2 / 3)


def test_the_judges_evidence_counts_as_the_steps_citation() -> None:
    assert of(step("This is ironic.", evidence="she rolls her eyes upward")).senses == {"face"}


def test_a_step_that_rests_on_nothing_covers_no_sense() -> None:
    """The judge says that the step is against the evidence: that it names a cue does not help it."""
    assert of(step("Her voice is flat with a rise.", score=0.0)).coverage == 0.0


def test_a_step_that_shares_one_word_with_a_clue_does_not_cite_it() -> None:
    assert of(step("She has a voice.")).senses == frozenset()


def test_grounding_is_the_share_of_steps_whose_cited_cue_is_there() -> None:
    found = of(step("a", evidence="rolls her eyes upward"), step("b", evidence="slams the door and shouts"))
    assert found.grounding == 0.5


def test_a_cue_may_be_quoted_letter_by_letter_or_by_its_content_words() -> None:
    assert is_found('"Rolls HER eyes"', CLUES)
    assert is_found("her eyes are rolling to the ceiling", CLUES)
    assert is_found("Face: corner of the mouth pulled down, as is seen at once", CLUES)
    assert not is_found("she weeps", CLUES)
    assert not is_found("", CLUES)


def test_the_words_that_were_said_are_evidence_too() -> None:
    said = "utterance: Oh, I do love getting soaked."
    assert is_found("love getting soaked", CLUES, words=said)
    assert not is_found("love getting soaked", CLUES)


def test_steps_that_the_judge_could_not_rate_are_left_out() -> None:
    found = of(step("flat voice, no rise", score=None), step("She rolls her eyes."))
    assert found.steps == 1
    assert found.senses == {"face"}


def test_without_clues_or_steps_or_senses_there_is_no_number_but_a_reason() -> None:
    sample = Sample(id="a", inputs={}, target=Target(values={}))
    nothing = cited(sample, [step("a")], lowest=0.0)
    assert isinstance(nothing, Problem)
    assert nothing.kind == "no_clues"
    unsensed = of(step("rolls her eyes"), clues=(Clue(sense="", cue="rolls her eyes"),))
    assert isinstance(unsensed.coverage, Problem)
    assert unsensed.coverage.kind == "no_senses"
    assert unsensed.grounding == 1.0


def test_a_rubric_gives_both_as_metrics_with_intervals(judge: Command, tmp_path: Path) -> None:
    """The first item's clues are of scene, voice, face, body and words; its judge cites the voice for every step."""
    with serve(tmp_path, script(ratings(1, 1, evidence="bright hostess tone that cracks on his name"))) as server:
        folder = run(judge, server, tmp_path / "r", "--limit", "3")
        done = rate(judge, server, folder, "--rubric", rubric(tmp_path))
    assert done.code == 0, done.err
    coverage, grounding = (estimate(folder, name) for name in ("coverage", "grounding"))
    assert 0 < coverage["value"] < 1
    assert coverage["n"] == grounding["n"] == 3
    assert coverage["low"] <= coverage["value"] <= coverage["high"]
    assert "rubric:staged:v1:" in coverage["signature"]
    assert "coverage" in done.out


def test_of_several_repeats_the_mean_counts(judge: Command, tmp_path: Path) -> None:
    with serve(tmp_path, script(ratings(1, 1, evidence="bright tone cracks on the name Dennis"))) as server:
        folder = run(judge, server, tmp_path / "r", "--limit", "1")
        rate(judge, server, folder, "--rubric", rubric(tmp_path))
        once = estimate(folder, "coverage")["value"]
        rate(judge, server, folder, "--rubric", rubric(tmp_path), "--judge-repeats", "3")
    assert estimate(folder, "coverage")["value"] == once
    assert estimate(folder, "grounding")["value"] == 1.0


def test_items_without_clues_are_missing_with_their_reason(judge: Command, tmp_path: Path) -> None:
    text = Path("tasks/emotion.yaml").read_text(encoding="utf-8").replace(", clues: clues}", "}")
    (tmp_path / "emotion").mkdir()
    (tmp_path / "emotion" / "items.jsonl").write_bytes(Path("tasks/emotion/items.jsonl").read_bytes())
    task = tmp_path / "bare.yaml"
    task.write_text(text, encoding="utf-8")
    with serve(tmp_path, script(ratings(1, 1))) as server:
        folder = run(judge, server, tmp_path / "r", "--limit", "2", task=task)
        assert rate(judge, server, folder, "--rubric", rubric(tmp_path)).code == 0
    found = estimate(folder, "coverage")
    assert (found["value"], found["reason"], found["n"], found["missing"]) == (None, "no_clues", 2, 2)
    assert summary_of(folder)["run"]["judges"]


def test_the_offline_judge_gives_both_for_the_shipped_rubric(judge: Command, tmp_path: Path) -> None:
    folder = judge("run", "tasks/humor.yaml", "--provider", "replay", "--out", tmp_path / "r").folder
    assert judge("score", folder, "--rubric", "evidence").code == 0
    for name in ("coverage", "grounding"):
        found = estimate(folder, name)
        assert 0 < found["value"] < 1, name
        assert found["valid"] > 15


def test_the_name_of_a_field_is_no_evidence() -> None:
    task, _ = open_task("tasks/emotion.yaml")
    sample = Sample(id="a", inputs={"utterance": "No.", "speaker": "Ana"}, target=Target(values={}))
    assert "utterance" in words_of(task, sample)
    assert said_of(task, sample).split() == ["No."]
    assert not is_found("The utterance is angry and he slams the door.", (), words=said_of(task, sample))
