"""Every rubric that ships: it loads, renders, and is scored by `rules` and by a scripted judge on a real server."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import ROOT, Command, estimate, write_lines
from fake_server import FakeServer, serve

from judge import shipped
from judge.rubric import Rubric, scores_named
from judge.spec.rubric import read_rubric

TASK = """
name: feelings
version: 1
about: what does she feel?
licence: CC0
data: {path: items.jsonl}
asks:
  - {name: label, cot: "She says: {line} Joy or sadness?", read: {as: label}}
labels: {joy: [], sadness: []}
target: {label: label, reference: why, clues: clues}
metrics: [accuracy]
rubric: humor
"""
REPLY = {"text": "Her voice breaks at his name. She folds his coat again.\nAnswer: sadness"}
JUDGED = {
    "latency": 0.0,
    "default": REPLY,
    "rules": [
        {"contains": "Break the reply below", "text": '{"steps": ["her voice breaks", "the answer is sadness"]}'},
        {
            "contains": "one entry for each of the 1 steps",
            "text": '{"ratings": [{"step": 1, "evidence": "voice", "reason": "r", "score": 1, "confidence": 1}]}',
        },
        {
            "contains": "one entry for each of the 2 steps",
            "text": '{"ratings": [{"step": 1, "evidence": "voice", "reason": "r", "score": 1, "confidence": 1}, '
            '{"step": 2, "evidence": "coat", "reason": "r", "score": 0, "confidence": 1}]}',
        },
        {"contains": "exactly 2 ratings", "text": "<score>Step 1: 1/1, Step 2: 1/1</score>"},
        {"contains": "Reply with JSON only", "text": '{"evidence": "e", "reason": "r", "score": 1, "confidence": 0.9}'},
    ],
}
SHIPPED = {name: read_rubric(path) for name, path in shipped.names("rubrics").items()}
TEXT_ONLY = sorted(name for name, one in SHIPPED.items() if not one.shows("frames") and one.pairwise is None)
"""One with frames needs clips (test_judge_frames), one that compares needs two answers (test_trust_pairs)."""


def _rubric(name: str) -> Rubric:
    return read_rubric(ROOT / "rubrics" / f"{name}.yaml")


@pytest.fixture
def task(tmp_path: Path) -> Path:
    """Three items with a label, a reference reason and clues."""
    one = {"line": "I'm fine.", "label": "sadness", "why": "sadness, grief: her voice breaks at his name"}
    clues = [{"sense": "voice", "cue": "her voice breaks at his name"}]
    write_lines(tmp_path / "items.jsonl", [one | {"id": f"f{n}", "clues": clues} for n in range(3)])
    path = tmp_path / "feelings.yaml"
    path.write_text(TASK)
    return path


def _run(judge: Command, task: Path, server: FakeServer) -> Path:
    whom = ["--provider", "endpoint", "--base-url", server.base_url, "--model", "m"]
    return judge("run", task, *whom, "--out", task.parent / "r").folder


@pytest.mark.parametrize("name", sorted(shipped.names("rubrics")))
def test_every_point_of_every_scale_has_its_words_and_every_rubric_says_what_it_is_about(name: str) -> None:
    rubric = _rubric(name)
    assert rubric.about.strip()
    assert rubric.version >= 1
    assert rubric.name == name
    for stage in rubric.rated():
        anchors = [text.strip() for text in (stage.scale or {}).values()]
        assert all(anchors), stage.name
        assert len(set(anchors)) == len(anchors), stage.name


@pytest.mark.parametrize("name", TEXT_ONLY)
def test_a_shipped_rubric_is_scored_by_rules_and_by_a_model(judge: Command, task: Path, name: str) -> None:
    rubric = _rubric(name)
    with serve(task.parent, JUDGED) as server:
        folder = _run(judge, task, server)
        by_model = ["--judge", "endpoint", "--base-url", server.base_url, "--model", "m"]
        for whom in (["--judge", "rules"], by_model):
            done = judge("score", folder, "--rubric", name, *whom, "--fresh")
            assert done.code == 0, done.err
    from judge.store import Folder
    from judge.summary import read_summary

    summary = read_summary(Folder(folder))
    assert summary is not None
    for metric in scores_named(rubric):
        mine = [item for item in summary.estimates if item.metric == metric and item.mode == "strict"]
        assert {item.judge for item in mine} >= {"rules"}, metric
        assert len({item.judge for item in mine if item.group == "overall"}) == 2, metric
        for item in mine:
            assert item.value is not None, (metric, item.judge, item.reason)
            low, high = rubric.scale_of(metric)
            assert low <= item.value <= high or metric == "avg_step"


def _all_rated_1(judge: Command, task: Path, rubric: str, metric: str) -> float:
    with serve(task.parent, JUDGED) as server:
        folder = _run(judge, task, server)
        whom = ["--judge", "endpoint", "--base-url", server.base_url, "--model", "m"]
        assert judge("score", folder, "--rubric", rubric, *whom).code == 0
    return float(estimate(folder, metric)["value"])


@pytest.mark.parametrize(
    ("rubric", "metric", "value"),
    [
        ("empathy_0_2", "interpretations", 1.0),
        ("empathy_0_2", "total", 3.0),
        ("empathy_1_5", "validation", 1.0),
        ("empathy_1_5", "total", 3.0),
        ("open_vocabulary", "word_recall", 1.0),
        ("intent", "cot", 0.0),
    ],
)
def test_ratings_keep_their_own_scale_and_cot_is_a_share_of_its_scale(
    judge: Command, task: Path, rubric: str, metric: str, value: float
) -> None:
    assert _all_rated_1(judge, task, rubric, metric) == pytest.approx(value)


def test_the_scales_of_the_two_empathy_rubrics_are_those_of_their_names() -> None:
    for name, ends in (("empathy_0_2", (0, 2)), ("empathy_1_5", (1, 5))):
        rubric = _rubric(name)
        assert {(min(stage.scale or {}), max(stage.scale or {})) for stage in rubric.rated()} == {ends}
        assert rubric.scale_of("total") == (3 * ends[0], 3 * ends[1])


def test_rules_cannot_judge_a_response_where_the_item_has_nothing_to_share_words_with(
    judge: Command, tmp_path: Path
) -> None:
    write_lines(tmp_path / "items.jsonl", [{"id": "f0", "line": "I failed again."}])
    bare = TASK.replace("target: {label: label, reference: why, clues: clues}\n", "")
    bare = bare.replace("read: {as: label}", "read: {as: text}").replace("labels: {joy: [], sadness: []}\n", "")
    task = tmp_path / "feelings.yaml"
    task.write_text(bare.replace("metrics: [accuracy]", "metrics: [total]"))
    with serve(tmp_path, JUDGED) as server:
        folder = _run(judge, task, server)
    done = judge("score", folder, "--rubric", "empathy_0_2", "--judge", "rules")
    found = estimate(folder, "total")
    assert (found["value"], found["reason"], found["missing"]) == (None, "cannot_judge", 1), done.err
