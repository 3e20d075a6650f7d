"""Ratings by a judge's own probabilities (G-Eval): what is asked, what counts, and where there is none."""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from command import Command, estimate, lines_of, summary_of, write_lines
from deciding import deciding
from fake_server import FakeServer, serve
from test_cli_score import RATINGS, REPLY, STEPS, WHOLE
from trusting import csv_file

HUMOR = "tasks/humor.yaml"
ASKS = "Reply with one character"
SPREAD = {"4": math.log(0.5), "5": math.log(0.25), "3": math.log(0.15), "The": math.log(0.1)}
"""Of a scale of 1 to 5: a mean of (2 + 1.25 + 0.45) / 0.9."""
EXPECTED = (4 * 0.5 + 5 * 0.25 + 3 * 0.15) / 0.9

HALVES = """
name: half
version: 1
about: For a test.
sees: [question, reply]
stages:
  - rate: answer
    criterion: warm
    question: Is it warm?
    scale: {0: cold, 0.5: lukewarm, 1: warm}
scores: {cot: {criterion: warm}}
"""


def script(listed: dict[str, float] | None) -> dict[str, Any]:
    weighed = {"contains": ASKS, "text": "4", **({} if listed is None else {"logprobs": listed})}
    return {"latency": 0.0, "rules": [weighed, STEPS, RATINGS, WHOLE], "default": REPLY}


def run(judge: Command, server: FakeServer, out: Path) -> Path:
    options = ["--provider", "endpoint", "--base-url", server.base_url, "--model", "m", "--limit", "2"]
    return judge("run", HUMOR, *options, "--out", out).folder


def by(server: FakeServer, *more: str) -> list[str]:
    return ["--judge", "endpoint", "--base-url", server.base_url, "--model", "m", "--weigh", "logprobs", *more]


def test_the_expected_score_counts_and_the_given_one_is_kept(judge: Command, tmp_path: Path) -> None:
    with serve(tmp_path, script(SPREAD)) as server:
        folder = run(judge, server, tmp_path / "r")
        done = judge("score", folder, *by(server))
        assert done.code == 0, done.err
        asked = [line for line in server.requests() if ASKS in line["prompt"]]
        count = len(server.requests())
        assert judge("score", folder, *by(server), "--fresh").code == 0
        assert len(server.requests()) == count
    (first, *_) = [line for line in lines_of(folder / "verdicts.jsonl") if line["criterion"] == "cot"]
    assert (first["score"], first["mass"]) == (4.0, pytest.approx(0.9))
    assert first["expected"] == pytest.approx(EXPECTED)
    assert estimate(folder, "cot")["value"] == pytest.approx((EXPECTED - 1) / 4)
    assert estimate(folder, "reasoning")["value"] == pytest.approx(0.75), "steps are rated as they were"
    body = asked[0]["body"]
    assert (body["logprobs"], body["top_logprobs"], body["max_tokens"], body["temperature"]) == (True, 20, 1, 1.0)
    assert body["messages"][-1]["content"].endswith("Reply with one character: 1, 2, 3, 4, 5.")
    assert '"score"' not in body["messages"][-2]["content"], "its grounds stand before, not what it gave"
    assert '"reason": "r"' in body["messages"][-2]["content"]


def test_weighed_verdicts_are_another_judges(judge: Command, tmp_path: Path) -> None:
    with serve(tmp_path, script(SPREAD)) as server:
        folder = run(judge, server, tmp_path / "r")
        judge("score", folder, *by(server))
        weighed = summary_of(folder)["run"]["judges"][0]["method"]
        plain = [word for word in by(server) if word not in ("--weigh", "logprobs")]
        judge("score", folder, *plain)
    assert summary_of(folder)["run"]["judges"][0]["method"] != weighed
    assert estimate(folder, "cot")["value"] == pytest.approx(0.75)


def test_where_most_of_the_probability_lies_elsewhere_the_rating_is_missing(judge: Command, tmp_path: Path) -> None:
    listed = {"I": math.log(0.7), "4": math.log(0.2), "5": math.log(0.1)}
    with serve(tmp_path, script(listed)) as server:
        folder = run(judge, server, tmp_path / "r")
        done = judge("score", folder, *by(server))
    assert done.code == 1
    (line, *_) = [line for line in lines_of(folder / "verdicts.jsonl") if line["criterion"] == "cot"]
    assert (line["score"], line["problem"]["kind"]) == (None, "off_scale")
    assert line["problem"]["message"] == "only 30% of the probability lies on points of the scale"
    assert estimate(folder, "cot")["value"] is None


def test_a_server_without_probabilities_ends_it_with_one_line(judge: Command, tmp_path: Path) -> None:
    with serve(tmp_path, script(None)) as server:
        folder = run(judge, server, tmp_path / "r")
        done = judge("score", folder, *by(server), "--concurrency", "1")
    assert done.code in (1, 3)
    assert "m sent no log-probabilities: leave --weigh out" in done.err


def test_levels_that_are_no_digits_are_asked_for_by_their_numbers(judge: Command, tmp_path: Path) -> None:
    made = tmp_path / "half.yaml"
    made.write_text(HALVES)
    listed = {"3": math.log(0.5), "2": math.log(0.5)}
    whole = WHOLE | {"text": '{"evidence": "e", "reason": "r", "score": 1, "confidence": 0.8}'}
    rules = [{"contains": ASKS, "text": "3", "logprobs": listed}, whole]
    with serve(tmp_path, {"rules": rules, "default": REPLY}) as server:
        folder = run(judge, server, tmp_path / "r")
        assert judge("score", folder, *by(server, "--rubric", str(made))).code == 0
        prompts = [line["prompt"] for line in server.requests() if ASKS in line["prompt"]]
    assert prompts[0].endswith("Reply with one character: 1 for 0, 2 for 0.5, 3 for 1.")
    assert estimate(folder, "cot")["value"] == pytest.approx(0.75)


def test_repeats_at_a_temperature_are_the_mean_over_samples(judge: Command, tmp_path: Path) -> None:
    """The other half of G-Eval: n samples in place of probabilities, which is what repeats are."""
    with serve(tmp_path / "m", script(None)) as server:
        folder = run(judge, server, tmp_path / "r")

    heard: Counter[str] = Counter()

    def said(_: str, text: str) -> str:
        heard[text] += 1
        rule = next(rule for rule in (STEPS, RATINGS, WHOLE) if rule["contains"] in text)
        again = str(2 + heard[text]) if rule is WHOLE else "4"
        return rule["text"].replace('"score": 4', f'"score": {again}')

    with deciding(tmp_path / "s", said) as url:
        line = ["--judge", "endpoint:j", "--base-url", url, "--concurrency", "1"]
        assert judge("score", folder, *line, "--judge-repeats", "3", "--temperature", "1").code == 0
    scores = [line["score"] for line in lines_of(folder / "verdicts.jsonl") if line["criterion"] == "cot"]
    assert len(set(scores)) > 1
    assert estimate(folder, "cot")["value"] == pytest.approx((sum(scores) / len(scores) - 1) / 4)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--combine", "vote", "--judge", "endpoint:n"], "--combine vote counts equal ratings"),
        (["--rubric", "mme_emotion"], "rates no whole answer, only steps"),
    ],
)
def test_what_cannot_be_weighed_is_refused_before_anything_is_sent(
    judge: Command, tmp_path: Path, more: list[str], said: str
) -> None:
    with serve(tmp_path, script(SPREAD)) as server:
        folder = run(judge, server, tmp_path / "r")
        before = len(server.requests())
        done = judge("score", folder, *by(server), *more)
        assert len(server.requests()) == before
    assert done.code == 2
    assert said in done.err


@pytest.mark.parametrize("named", [[], ["--judge", "rules"]])
def test_rules_have_no_probabilities_and_are_not_weighed_in_silence(
    judge: Command, tmp_path: Path, named: list[str]
) -> None:
    with serve(tmp_path, script(SPREAD)) as server:
        folder = run(judge, server, tmp_path / "r")
        done = judge("score", folder, *named, "--weigh", "logprobs")
        assert (done.code, done.err.count("\n")) == (2, 1)
        assert "--weigh logprobs: rules is no model and has no probabilities: name one by --judge" in done.err
        assert not (folder / "verdicts.jsonl").exists()
        assert judge("score", folder, "--judge", "rules", *by(server)).code == 0, "beside a model they may stand"


def test_a_vendor_that_gives_no_probabilities_is_refused(
    judge: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "canary-0123456789")
    with serve(tmp_path, script(SPREAD)) as server:
        folder = run(judge, server, tmp_path / "r")
    done = judge("score", folder, "--judge", "claude", "--weigh", "logprobs")
    assert done.code == 3
    assert "gives no log-probabilities. Leave it out. Nothing was sent." in done.err


def test_the_sdk_of_a_vendor_brings_the_probabilities_too(
    judge: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through LiteLLM, against the fake server."""
    monkeypatch.setenv("OPENAI_API_KEY", "canary-0123456789")
    with serve(tmp_path, script(SPREAD)) as server:
        folder = run(judge, server, tmp_path / "r")
        line = ["--judge", "openai:gpt-4o", "--base-url", server.base_url, "--weigh", "logprobs", "--schema", "off"]
        done = judge("score", folder, *line)
        assert done.code == 0, done.err
    assert estimate(folder, "cot")["value"] == pytest.approx((EXPECTED - 1) / 4)


def test_a_dry_run_foresees_the_questions_for_probabilities(judge: Command, tmp_path: Path) -> None:
    with serve(tmp_path, script(SPREAD)) as server:
        folder = run(judge, server, tmp_path / "r")
        where = ("rubrics", "try", "humor", "--on", folder, "--dry-run", "--cache", tmp_path / "none")
        plain = [word for word in by(server) if word not in ("--weigh", "logprobs")]
        without, weighed = judge(*where, *plain).out, judge(*where, *by(server)).out

    def calls(text: str) -> int:
        return int(text.partition("for these: estimated ")[2].split()[0])

    assert calls(weighed) == calls(without) + 2


def test_a_judge_that_is_sure_of_the_lowest_level_gives_exactly_that(judge: Command, tmp_path: Path) -> None:
    """Levels that are not listed have no share at all, not a very small one: the rating stays on the scale."""
    made = tmp_path / "half.yaml"
    made.write_text(HALVES)
    whole = WHOLE | {"text": '{"evidence": "e", "reason": "r", "score": 1, "confidence": 0.8}'}
    rules = [{"contains": ASKS, "text": "1", "logprobs": {"1": 0.0}}, whole]
    with serve(tmp_path, {"rules": rules, "default": REPLY}) as server:
        folder = run(judge, server, tmp_path / "r")
        assert judge("score", folder, *by(server, "--rubric", str(made))).code == 0
    rated = [line for line in lines_of(folder / "verdicts.jsonl") if line["criterion"] == "warm"]
    assert [(line["expected"], line["mass"]) for line in rated] == [(0.0, 1.0)] * 2
    people = [f"{line['sample_id']},{rater},warm,0" for line in rated for rater in "ab"]
    human = csv_file(tmp_path / "h.csv", "item,rater,criterion,score", *people)
    done = judge("trust", "agree", "--human", human, "--judge", rated[0]["judge"], "--run", folder, "--rubric", made)
    assert done.code == 0, done.err


def test_weighed_repeats_that_differ_by_a_hair_do_not_flip(judge: Command, tmp_path: Path) -> None:
    with serve(tmp_path, script(SPREAD)) as server:
        folder = run(judge, server, tmp_path / "r")
        assert judge("score", folder, *by(server, "--judge-repeats", "2")).code == 0
        lines = lines_of(folder / "verdicts.jsonl")
        for line in lines:
            if line["expected"] is not None and line["judge_draw"]:
                line["expected"] += 0.01
        write_lines(folder / "verdicts.jsonl", lines)
        (folder / "summary.json").unlink()
        asked = len(server.requests())
        assert judge("score", folder, *by(server, "--judge-repeats", "2")).code == 0
        assert len(server.requests()) == asked
    found = {one["criterion"]: one for one in summary_of(folder)["run"]["stability"][0]["criteria"]}
    assert (found["cot"]["flip_rate"], found["cot"]["within_sd"]) == (0.0, pytest.approx(0.01 / math.sqrt(2)))
    assert judge("trust", "card", folder, "--cards", tmp_path / "cards").code == 0
    (file,) = (tmp_path / "cards").glob("*/card.json")
    own = next(one for one in json.loads(file.read_text())["criteria"] if one["criterion"] == "cot")
    figures = {one["name"]: one["value"] for item in own["measurements"] for one in item["figures"]}
    assert [value for name, value in figures.items() if "flip" in name] == [0.0]
