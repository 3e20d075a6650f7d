"""Verdicts over time: what stands, what is asked again, and what is averaged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from command import ROOT, Command, estimate, lines_of, summary_of, write_lines
from fake_server import FakeServer, serve
from test_cli_score import JUDGE_SCRIPT, RATINGS, REPLY, STEPS, WHOLE

from judge.records import Key, Problem, Verdict
from judge.rubric import Rubric
from judge.scores import Judged
from judge.spec.rubric import read_rubric

HUMOR = "tasks/humor.yaml"
RUBRIC: Rubric = read_rubric(ROOT / "rubrics" / "humor.yaml")


def _run(judge: Command, server: FakeServer, out: Path, limit: int = 3) -> Path:
    options = ["--provider", "endpoint", "--base-url", server.base_url, "--model", "m", "--limit", str(limit)]
    return judge("run", HUMOR, *options, "--out", out).folder


def _by(server: FakeServer, *more: str) -> list[str]:
    return ["--judge", "endpoint", "--base-url", server.base_url, "--model", "m", *more]


def _verdict(criterion: str, score: float | None, *, draw: int = 0, step: int | None = None, **more: Any) -> Verdict:
    return Verdict(
        sample_id="a",
        variant="cot",
        draw=0,
        answer="x",
        judge="j",
        judge_draw=draw,
        rubric="humor",
        rubric_digest=RUBRIC.digest,
        criterion=criterion,
        step=step,
        score=score,
        **more,
    )


def _over_steps(*verdicts: Verdict) -> float | None:
    judged = Judged(RUBRIC, verdicts)

    class Item:
        key = Key("a", "cot", 0)

    return judged._mean_of_steps("steps", Item()).value  # type: ignore[arg-type]


def test_draws_of_a_judge_weigh_the_same_however_many_steps_they_have() -> None:
    first = [_verdict("steps", 1.0, step=step) for step in (1, 2, 3)]
    second = [_verdict("steps", 0.0, step=1, draw=1)]
    assert _over_steps(*first, *second) == pytest.approx(0.5)


def test_an_abstention_among_ratings_leaves_the_ratings() -> None:
    abstained = _verdict("steps", None, step=2, problem=Problem(stage="judge", kind="cannot_judge"))
    assert _over_steps(_verdict("steps", 1.0, step=1), abstained) == 1.0
    assert _over_steps(abstained) is None


def test_a_failed_extraction_is_not_taken_for_a_reply_without_steps() -> None:
    judged = Judged(RUBRIC, [_verdict("extract", None, problem=Problem(stage="judge", kind="connection"))])

    class Item:
        key = Key("a", "cot", 0)

    number = judged._mean_of_steps("steps", Item())  # type: ignore[arg-type]
    assert number.problem is not None
    assert number.problem.kind == "connection"


def test_fewer_repeats_than_before_count_only_those_asked_for(judge: Command, tmp_path: Path) -> None:
    whole = {"contains": "Reply with JSON only", "text": WHOLE["text"]}
    with serve(tmp_path, {"rules": [STEPS, RATINGS, whole], "default": JUDGE_SCRIPT["default"]}) as server:
        folder = _run(judge, server, tmp_path / "r")
        judge("score", folder, *_by(server, "--judge-repeats", "3"))
        draws = {line["judge_draw"] for line in lines_of(folder / "verdicts.jsonl")}
        assert draws == {0, 1, 2}
        before = len(server.requests())
        judge("score", folder, *_by(server))
        assert len(server.requests()) == before
    assert [block["repeats"] for block in summary_of(folder)["run"]["judges"]] == [1]


def test_another_temperature_of_the_judge_is_another_judge(judge: Command, tmp_path: Path) -> None:
    with serve(tmp_path, JUDGE_SCRIPT) as server:
        folder = _run(judge, server, tmp_path / "r")
        judge("score", folder, *_by(server))
        before = len(server.requests())
        judge("score", folder, *_by(server, "--temperature", "1"))
        assert len(server.requests()) > before


def test_a_judge_that_failed_and_then_succeeded_is_kept_beside_another(judge: Command, tmp_path: Path) -> None:
    failing = {"kind": "bad_request", "contains": "Question: Does the chain", "attempts": [1]}
    with serve(tmp_path, JUDGE_SCRIPT | {"faults": [failing]}) as server:
        folder = _run(judge, server, tmp_path / "r", limit=2)
        assert judge("score", folder, *_by(server)).code == 1
        assert judge("score", folder, *_by(server)).code == 0
        before = len(server.requests())
        judge("score", folder)
        assert len(server.requests()) == before
    names = {block["name"] for block in summary_of(folder)["run"]["judges"]}
    assert len(names) == 2


def test_choosing_metrics_keeps_the_other_numbers(judge: Command, tmp_path: Path) -> None:
    folder = judge("run", HUMOR, "--provider", "replay", "--out", tmp_path).folder
    judge("score", folder)
    done = judge("score", folder, "--metrics", "rouge1")
    assert "rouge1" in done.out
    assert "accuracy" not in done.out
    metrics = {item["metric"] for item in summary_of(folder)["estimates"]}
    assert {"accuracy", "reasoning", "rouge1"} <= metrics


def test_two_rubrics_of_one_judge_are_told_apart(judge: Command, tmp_path: Path) -> None:
    folder = judge("run", HUMOR, "--provider", "replay", "--out", tmp_path).folder
    judge("score", folder)
    judge("score", folder, "--rubric", "sarcasm")
    judges = {item["judge"] for item in summary_of(folder)["estimates"] if item["metric"] == "cot"}
    assert judges == {"rules/humor", "rules/sarcasm"}


def test_the_majority_is_the_same_for_every_part_of_the_data(judge: Command, tmp_path: Path) -> None:
    for part in ("1/2", "2/2"):
        judge("run", "tasks/sarcasm.yaml", "--provider", "majority", "--shard", part, "--out", tmp_path)
    replies = {line["replies"][0]["text"] for path in tmp_path.rglob("answers.jsonl") for line in lines_of(path)}
    assert len(replies) == 1


def test_a_budget_waits_for_what_is_in_flight_before_it_refuses(
    judge: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "canary-0123456789")
    with serve(tmp_path, {"latency": 0.1}) as server:
        options = ["--provider", "openai", "--base-url", server.base_url, "--max-tokens", "1000"]
        done = judge("run", HUMOR, *options, "--max-cost", "0.05", "--out", tmp_path / "r")
        assert done.code == 0, done.err
        assert len(server.requests()) == 32


def test_a_field_that_one_record_lacks_is_found_before_anything_is_asked(judge: Command, tmp_path: Path) -> None:
    judge("new", "task", "moods", "--dir", tmp_path)
    items = tmp_path / "tasks" / "moods" / "items.jsonl"
    records = lines_of(items)
    del records[1]["situation"]
    write_lines(items, records)
    task = tmp_path / "tasks" / "moods.yaml"
    assert "moods-2: has no field {situation}" in judge("tasks", "check", task).err
    with serve(tmp_path) as server:
        options = ["--provider", "endpoint", "--base-url", server.base_url, "--model", "m", "--out", tmp_path / "r"]
        done = judge("run", task, *options)
        assert (done.code, server.requests()) == (2, [])
    assert "moods-2 has no field {situation}" in done.err


def test_only_failed_on_an_unfinished_run_leaves_it_unfinished(judge: Command, tmp_path: Path) -> None:
    judge("run", HUMOR, "--provider", "majority", "--limit", "4", "--out", tmp_path)
    done = judge("run", HUMOR, "--provider", "majority", "--only", "failed", "--out", tmp_path)
    assert done.code == 1
    assert "incomplete" in judge("ls", tmp_path).out


def test_recognition_and_accuracy_agree_where_draws_repeat_themselves(judge: Command, tmp_path: Path) -> None:
    lines = [{"id": f"h-{n:03}", "reply": "Answer: serious", "draw": draw} for n in range(1, 33) for draw in range(5)]
    file = write_lines(tmp_path / "replies.jsonl", lines)
    five = judge("import", file, "--task", HUMOR, "--model", "five", "--out", tmp_path / "r").folder
    one = write_lines(tmp_path / "one.jsonl", [line for line in lines if line["draw"] == 0])
    single = judge("import", one, "--task", HUMOR, "--model", "one", "--out", tmp_path / "r").folder
    judge("score", tmp_path / "r")
    for metric in ("accuracy", "recognition"):
        wide, narrow = (estimate(folder, metric) for folder in (single, five))
        assert (narrow["low"], narrow["high"]) == (pytest.approx(wide["low"]), pytest.approx(wide["high"]))


@pytest.mark.parametrize(
    "lost", [{"criterion": "steps", "step": 1}, {"criterion": "steps", "step": 2}, {"criterion": "extract", "step": 2},
             {"criterion": "extract", "step": 3}, {"criterion": "cot", "step": None}],
)  # fmt: skip
def test_a_hearing_that_lost_one_of_its_lines_is_asked_again(
    judge: Command, tmp_path: Path, lost: dict[str, Any]
) -> None:
    """As when a damaged line was set aside: a mean over what is left would be another number."""
    with serve(tmp_path, JUDGE_SCRIPT) as server:
        folder = _run(judge, server, tmp_path / "r", limit=2)
        judge("score", folder, *_by(server))
        before = estimate(folder, "reasoning")["value"]
        lines = lines_of(folder / "verdicts.jsonl")
        first = lines[0]["sample_id"]
        gone = [line for line in lines if not {**lost, "sample_id": first}.items() <= line.items()]
        assert len(gone) == len(lines) - 1
        write_lines(folder / "verdicts.jsonl", gone)
        done = judge("score", folder, *_by(server), "--fresh")
        assert done.code == 0, done.err
        assert {line["attempt"] for line in lines_of(folder / "verdicts.jsonl") if line["sample_id"] == first} == {1, 2}
    assert estimate(folder, "reasoning")["value"] == before


def test_an_earlier_attempt_that_stands_later_in_the_file_does_not_count(judge: Command, tmp_path: Path) -> None:
    with serve(tmp_path, JUDGE_SCRIPT) as server:
        folder = _run(judge, server, tmp_path / "r", limit=2)
        judge("score", folder, *_by(server))
        before = estimate(folder, "cot")["value"]
        lines = lines_of(folder / "verdicts.jsonl")
        older = [line | {"attempt": 0, "score": 1} for line in lines if line["criterion"] == "cot"]
        write_lines(folder / "verdicts.jsonl", [*lines, *older])
        judge("score", folder, *_by(server), "--fresh")
    assert estimate(folder, "cot")["value"] == before


def test_a_stored_score_that_the_scale_does_not_have_is_refused_with_its_line(judge: Command, tmp_path: Path) -> None:
    with serve(tmp_path, JUDGE_SCRIPT) as server:
        folder = _run(judge, server, tmp_path / "r", limit=1)
        judge("score", folder, *_by(server))
        lines = lines_of(folder / "verdicts.jsonl")
        wrong = [line | ({"score": 1e308} if line["criterion"] == "cot" else {}) for line in lines]
        write_lines(folder / "verdicts.jsonl", wrong)
        done = judge("score", folder, *_by(server), "--fresh")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert f"verdicts.jsonl:{len(lines)}: score: 1e+308 is no point of the scale of cot (1, 2, 3, 4, 5)" in done.err


def test_a_point_of_many_digits_can_be_given(judge: Command, tmp_path: Path) -> None:
    """As it stands in the prompt, word for word."""
    text = (ROOT / "rubrics" / "humor.yaml").read_text()
    made = tmp_path / "thirds.yaml"
    made.write_text(text.replace("  0.5: touches", "  0.3333333: touches"), encoding="utf-8")
    assert made.read_text() != text
    rated = RATINGS["text"].replace("0.5", "0.3333333")
    with serve(tmp_path, {"rules": [STEPS, RATINGS | {"text": rated}, WHOLE], "default": REPLY}) as server:
        folder = _run(judge, server, tmp_path / "r", limit=1)
        assert judge("score", folder, *_by(server, "--rubric", str(made))).code == 0
        prompts = [line["prompt"] for line in server.requests() if "one entry for each" in line["prompt"]]
    assert "  0.3333333: touches" in prompts[0]
    assert estimate(folder, "reasoning")["value"] == pytest.approx((1 + 0.3333333) / 2)
