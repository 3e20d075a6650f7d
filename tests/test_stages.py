"""What each stage of a judge is shown: words, sound, steps without the label; and what is refused before it is sent."""

from __future__ import annotations

import base64
import dataclasses
import io
import re
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cased import case_of_reply
from command import ROOT, Command, estimate, lines_of, summary_of
from fake_server import serve
from staged import EMOTION, STEPS, asked, ids_file, rate, ratings, rubric, run, script

from judge.errors import RubricError
from judge.masking import MASK
from judge.records import Sample, Target
from judge.rubric import Rubric
from judge.spec.rubric import read_rubric
from judge.spec.task import read_task


def test_a_transcript_is_the_words_and_the_notes_of_the_sound(judge: Command, tmp_path: Path) -> None:
    with serve(tmp_path, script(ratings(1, 1))) as server:
        folder = run(judge, server, tmp_path / "r", "--limit", "1")
        assert rate(judge, server, folder, "--rubric", rubric(tmp_path, "transcript")).code == 0
        (shown,) = [line["prompt"] for line in asked(server)]
    assert "Evidence: what is said, and how" in shown
    assert "utterance: Now, who hasn't had a sandwich?" in shown
    assert "heard: bright hostess tone" in shown
    assert "fixed smile" not in shown, "what is seen is no part of it"


def test_a_task_without_words_or_notes_has_no_transcript(judge: Command, tmp_path: Path) -> None:
    with serve(tmp_path, script(ratings(1, 1))) as server:
        folder = run(judge, server, tmp_path / "r", "--limit", "1", task="tasks/humor.yaml")
        before = len(server.requests())
        done = rate(judge, server, folder, "--rubric", rubric(tmp_path, "transcript"))
        assert len(server.requests()) == before
    assert done.code == 2
    assert "shows a transcript, and humor names no fields for one" in done.err


def test_the_judge_hears_the_clip_where_its_stage_does(judge: Command, tmp_path: Path) -> None:
    with serve(tmp_path, script(ratings(1, 1))) as server:
        folder = run(judge, server, tmp_path / "r", "--ids", ids_file(tmp_path, "c-001"))
        made = rubric(tmp_path, "audio, frames", more="sees: [audio]")
        done = rate(judge, server, folder, "--rubric", made, "--accepts", "text,audio")
        assert done.code == 0, done.err
        (line,) = asked(server)
    parts = [part for message in line["body"]["messages"] for part in message["content"] if isinstance(part, dict)]
    (sound,) = [part["input_audio"] for part in parts if part["type"] == "input_audio"]
    with wave.open(io.BytesIO(base64.b64decode(sound["data"]))) as heard:
        assert (heard.getnchannels(), heard.getframerate()) == (1, 16_000)
        assert heard.getnframes() > 8_000
    assert not any(part["type"] == "image_url" for part in parts)
    assert "the sound before this text" in line["prompt"]


def test_a_stage_that_sees_and_hears_is_sent_both(judge: Command, tmp_path: Path) -> None:
    with serve(tmp_path, script(ratings(1, 1))) as server:
        folder = run(judge, server, tmp_path / "r", "--ids", ids_file(tmp_path, "c-001"))
        made = rubric(tmp_path, "frames, audio")
        assert rate(judge, server, folder, "--rubric", made, "--accepts", "text,frames,audio").code == 0
        (line,) = asked(server)
    kinds = [
        part["type"] for message in line["body"]["messages"] for part in message["content"] if isinstance(part, dict)
    ]
    assert kinds.count("input_audio") == 1
    assert kinds.count("image_url") == 8


def test_a_judge_that_takes_no_sound_is_refused_before_anything_is_sent(judge: Command, tmp_path: Path) -> None:
    with serve(tmp_path, script(ratings(1, 1))) as server:
        folder = run(judge, server, tmp_path / "r", "--ids", ids_file(tmp_path, "c-001"))
        before = len(server.requests())
        done = rate(judge, server, folder, "--rubric", rubric(tmp_path, "audio"), "--accepts", "text,frames")
        assert len(server.requests()) == before
    assert done.code == 2
    assert "shows audio, and" in done.err
    assert "takes none" in done.err
    assert "Nothing was sent" in done.err


def test_a_task_without_sound_refuses_a_rubric_that_plays_it(judge: Command, tmp_path: Path) -> None:
    with serve(tmp_path, script(ratings(1, 1))) as server:
        folder = run(judge, server, tmp_path / "r", "--limit", "1", task="tasks/humor.yaml")
        done = rate(judge, server, folder, "--rubric", rubric(tmp_path, "audio"), "--accepts", "text,audio")
    assert done.code == 2
    assert "shows audio, and humor has no sound" in done.err


def _texts(body: Any) -> Iterator[str]:
    """Every text of a request as it was served."""
    if isinstance(body, str):
        yield body
    for part in body.values() if isinstance(body, dict) else body if isinstance(body, list) else ():
        yield from _texts(part)


def _stands(form: str, served: str) -> bool:
    """As a word; of a script without spaces between words anywhere."""
    return re.search(rf"(?<!\w){re.escape(form)}(?!\w)" if form[0] < "\u0370" else re.escape(form), served) is not None


def test_no_byte_that_is_sent_for_a_blind_rating_holds_a_label(judge: Command, tmp_path: Path) -> None:
    """The reply, the question with its list of labels, clues and reference are all shown, and all are masked."""
    made = rubric(tmp_path, "question, reply, thinking, reference, clues, transcript", more="blind: label")
    with serve(tmp_path, script(ratings(1, 0))) as server:
        folder = run(judge, server, tmp_path / "r")
        assert rate(judge, server, folder, "--rubric", made).code == 0
        requests = asked(server)
        seen = [line["prompt"] for line in server.requests() if "Break the reply" in line["prompt"]]
    assert len(requests) == 46
    task = read_task(ROOT / EMOTION, None)
    forms = {form.casefold() for label, aliases in task.labels.items() for form in (label, *aliases)}
    for line in requests:
        served = "\n".join(_texts(line["body"])).casefold()
        assert not [form for form in forms if _stands(form, served)], line["prompt"]
        for word in ("sadness", "sorrow", "angr"):
            assert word not in served
        assert STEPS[-1] not in line["prompt"], "the last step, the answer, is not among them"
        assert f"1. Her cheerful words hide how {MASK} she is." in line["prompt"]
    assert any("sadness" in text for text in seen), (
        "only the rating is blind: the steps are taken from the reply itself"
    )
    claims = [line["claim"] for line in lines_of(folder / "verdicts.jsonl") if line["criterion"] == "steps"]
    assert claims[:2] == STEPS[:2], "what is stored is what was said"


def test_a_rating_that_is_not_blind_shows_the_label(judge: Command, tmp_path: Path) -> None:
    with serve(tmp_path, script(ratings(1, 0))) as server:
        folder = run(judge, server, tmp_path / "r", "--limit", "1")
        rate(judge, server, folder, "--rubric", rubric(tmp_path, "clues"))
        (line,) = asked(server)
    assert "how sad she is" in line["prompt"]
    assert MASK not in line["prompt"]


@pytest.mark.parametrize(
    ("sees", "more", "message"),
    [
        ("clues, target", "blind: label", "target shows the label that is to be hidden"),
        ("clues", 'blind: label\n    last: {label: "right?", labels: "how many?"}', "the answer itself is rated"),
        ("clues", "blind: answer", "blind"),
    ],
)
def test_a_blind_rating_that_could_not_be_blind_is_a_fault_of_the_rubric(
    tmp_path: Path, sees: str, more: str, message: str
) -> None:
    with pytest.raises(RubricError) as caught:
        read_rubric(rubric(tmp_path, sees, more))
    assert any(message in str(fault) for fault in caught.value.faults)


def test_a_task_of_free_texts_cannot_be_rated_blind_and_nothing_is_sent(judge: Command, tmp_path: Path) -> None:
    text = (ROOT / EMOTION).read_text(encoding="utf-8").replace("{as: label}", "{as: text}")
    text = text.replace(
        "target: {label: label, reference: why, clues: clues}", "target: {reference: why, clues: clues}"
    )
    head = text.split("metrics:")[0]
    free = tmp_path / "free.yaml"
    free.write_text(head + "metrics: [rouge_l]\n", encoding="utf-8")
    (tmp_path / "emotion").mkdir()
    (tmp_path / "emotion" / "items.jsonl").write_bytes((ROOT / "tasks/emotion/items.jsonl").read_bytes())
    with serve(tmp_path, script(ratings(1, 1))) as server:
        folder = run(judge, server, tmp_path / "r", "--limit", "1", task=free)
        done = rate(judge, server, folder, "--rubric", rubric(tmp_path, "clues", "blind: label"))
        assert not asked(server)
    assert done.code == 2
    assert "rates steps blind to the label" in done.err


def test_a_rubric_without_blind_keeps_the_digest_that_it_had(tmp_path: Path) -> None:
    plain = read_rubric(rubric(tmp_path))
    assert all("blind" not in stage for stage in plain.model_dump(mode="json")["stages"])
    assert read_rubric(rubric(tmp_path, more="blind: label")).digest != plain.digest


def test_lines_of_a_reply_are_its_steps_where_the_rubric_says_so(judge: Command, tmp_path: Path) -> None:
    made = rubric(tmp_path)
    made.write_text(made.read_text().replace("extract: steps", "extract: lines"), encoding="utf-8")
    with serve(tmp_path, script(ratings(1, 0), reply="She cries.\n\nHer voice cracks.")) as server:
        folder = run(judge, server, tmp_path / "r", "--limit", "1")
        rate(judge, server, folder, "--rubric", made)
        assert not asked(server, "Break the reply"), "no call is made for that"
    steps = [line for line in lines_of(folder / "verdicts.jsonl") if line["criterion"] == "steps"]
    assert [(line["claim"], line["score"]) for line in steps] == [("She cries.", 1.0), ("Her voice cracks.", 0.0)]


def test_cannot_judge_is_an_answer_for_a_step_and_no_failure(judge: Command, tmp_path: Path) -> None:
    with serve(tmp_path, script(ratings(1, "cannot_judge"))) as server:
        folder = run(judge, server, tmp_path / "r", "--limit", "1")
        assert rate(judge, server, folder, "--rubric", rubric(tmp_path)).code == 0
    assert estimate(folder, "reasoning")["value"] == 1.0
    steps = [line for line in lines_of(folder / "verdicts.jsonl") if line["criterion"] == "steps"]
    assert [line["problem"] and line["problem"]["kind"] for line in steps] == [None, "cannot_judge"]


def test_where_no_step_can_be_judged_there_is_no_score_and_the_reason_is_counted(
    judge: Command, tmp_path: Path
) -> None:
    with serve(tmp_path, script(ratings("cannot_judge", "cannot_judge"))) as server:
        folder = run(judge, server, tmp_path / "r", "--limit", "1")
        assert rate(judge, server, folder, "--rubric", rubric(tmp_path)).code == 0
    assert (estimate(folder, "reasoning")["value"], estimate(folder, "reasoning")["reason"]) == (None, "cannot_judge")
    assert summary_of(folder)["problems"]["judge"]["cannot_judge"]["n"] == 1


def test_a_stage_names_what_it_sees_or_takes_the_rubrics_own() -> None:
    made = Rubric.model_validate(
        {
            "name": "x",
            "version": 1,
            "about": "a",
            "sees": ["clues"],
            "stages": [{"rate": "answer", "criterion": "a"}, {"rate": "answer", "criterion": "b", "sees": ["audio"]}],
            "scores": {},
        }
    )
    assert [made.sights(stage) for stage in made.rated()] == [("clues",), ("audio",)]
    assert Sample(id="a", inputs={}, target=Target(values={})).target.clues == ()


def test_probes_are_heard_as_the_answer_is(judge: Command, tmp_path: Path) -> None:
    """An edit that was rated without the sound would be held against a rating with it."""
    with serve(tmp_path, script(ratings(1, 1))) as server:
        folder = run(judge, server, tmp_path / "r", "--ids", ids_file(tmp_path, "c-001", "c-002"))
        made = rubric(tmp_path, "audio, frames", more="sees: [audio]")
        where = ("--judge", "endpoint", "--base-url", server.base_url, "--model", "m", "--accepts", "text,audio")
        done = judge("trust", "probe", folder, *where, "--rubric", made, "--probe", "length", "--repeats", "2")
        assert done.code == 0, done.err
        lines = asked(server)
    assert len(lines) == 2, "the edited replies have the same steps: with the sound, they are the same questions"
    for line in lines:
        parts = [part for message in line["body"]["messages"] for part in message["content"] if isinstance(part, dict)]
        assert [part["type"] for part in parts].count("input_audio") == 1


def test_another_transcript_or_another_hidden_label_is_another_case() -> None:
    """By a rubric that shows the one, or hides the other; for the others nothing changes."""
    humor = read_rubric(ROOT / "rubrics" / "humor.yaml")
    blind = read_rubric(ROOT / "rubrics" / "evidence.yaml")
    case = case_of_reply("The voice is playful.")
    task = case.task.model_copy(update={"labels": {**case.task.labels, "humorous": ("teasing",)}})
    other = dataclasses.replace(case, task=task)
    assert case.digest_by(humor) == other.digest_by(humor) == case.digest
    assert case.digest_by(blind) != other.digest_by(blind)
    heard = humor.model_copy(update={"sees": ("transcript",)})
    said = case.task.model_copy(update={"media": case.task.media.model_copy(update={"words": ("utterance",)})})
    first, second = (
        dataclasses.replace(case, task=said, sample=dataclasses.replace(case.sample, inputs={"utterance": text}))
        for text in ("Yes.", "No.")
    )
    assert first.digest_by(heard) != second.digest_by(heard)
