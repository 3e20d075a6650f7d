"""`judge rubrics diff`: which answers move between two rubrics, from stored verdicts, the cache, or by asking."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command import ROOT, Command, lines_of
from editing import humor
from fake_server import FakeServer, serve
from test_cli_score import JUDGE_SCRIPT

from judge.revision import text_diff
from judge.spec.rubric import read_rubric

HUMOR = "tasks/humor.yaml"
MIDDLE = "      0.5: touches a cue, but adds what is not there\n"
WEIGHTS = ("{recognition: 0.4, reasoning: 0.3, cot: 0.3}", "{recognition: 0.2, reasoning: 0.2, cot: 0.6}")
COT = ("Does the chain use what is heard and seen as well as", "Does the chain really use what is heard, beside")


@pytest.fixture
def replayed(judge: Command, tmp_path: Path) -> Path:
    """The demo's replies, judged by the rules with the shipped rubric."""
    folder = judge("run", HUMOR, "--provider", "replay", "--out", tmp_path / "r").folder
    judge("score", folder)
    return folder


def _edited(folder: Path, *changes: tuple[str, str], name: str = "mine.yaml") -> Path:
    path = folder / name
    path.write_text(humor(*changes))
    return path


def _diff(judge: Command, first: str | Path, second: str | Path, run: Path, *more: str) -> tuple[Any, dict[str, Any]]:
    file = run.parent / "diff.json"
    done = judge("rubrics", "diff", first, second, "--on", run, *more, "--json", file)
    return done, json.loads(file.read_text()) if file.exists() else {}


def _row(found: dict[str, Any], kind: str, name: str) -> dict[str, Any]:
    return next(row for row in found[kind] if row["name"] == name)


def test_a_scale_without_its_middle_moves_the_steps_that_stood_there(
    judge: Command, replayed: Path, tmp_path: Path
) -> None:
    done, found = _diff(judge, "humor", _edited(tmp_path, (MIDDLE, "")), replayed)
    assert done.code == 0, done.err
    steps, cot = _row(found, "criteria", "steps"), _row(found, "criteria", "cot")
    stored = [
        line for line in lines_of(replayed / "verdicts.jsonl") if line["criterion"] == "steps" and line["score"] == 0.5
    ]
    moved = {line["sample_id"] for line in stored}
    assert steps["up"] == len(moved) > 0
    assert {move["sample_id"] for move in found["moved"]} == moved
    assert (steps["down"], cot["up"], cot["down"], cot["p"]) == (0, 0, 0, 1.0)
    assert steps["p"] <= steps["p_holm"] <= 2 * steps["p"]
    assert steps["units"] < steps["n"]  # speakers have several items
    assert "-  0.5: touches a cue, but adds what is not there" in done.out


def test_new_weights_move_the_final_score_and_no_rating(judge: Command, replayed: Path, tmp_path: Path) -> None:
    done, found = _diff(judge, "humor", _edited(tmp_path, WEIGHTS), replayed)
    assert found["moved"] == []
    assert _row(found, "scores", "final")["up"] + _row(found, "scores", "final")["down"] > 0
    assert _row(found, "scores", "cot")["difference"] == 0
    assert "scored otherwise, though no rating by a common criterion moved" in done.out


def test_scales_with_other_ends_are_compared_as_shares(judge: Command, replayed: Path, tmp_path: Path) -> None:
    ten = tuple((f"      {point}: ", f"      {point * 2}: ") for point in (5, 4, 3, 2))
    ten += (("      1: no chain", "      2: no chain"),)
    done, found = _diff(judge, "humor", _edited(tmp_path, *ten), replayed)
    assert found["as_shares"] == ["cot"]
    assert _row(found, "criteria", "cot")["difference"] == 0
    assert "as shares of their scales" in done.out


def test_a_criterion_of_one_rubric_alone_is_named_and_not_tested(judge: Command, replayed: Path) -> None:
    done, found = _diff(judge, "humor", "laughter", replayed)
    assert "only in B: trigger" in done.out
    assert [row["name"] for row in found["criteria"]] == ["steps", "cot"]


def test_equal_versions_with_other_digests_are_warned_of(judge: Command, replayed: Path, tmp_path: Path) -> None:
    done, _ = _diff(judge, "humor", _edited(tmp_path, WEIGHTS), replayed)
    assert "raise the version" in done.err
    done, _ = _diff(judge, "humor", _edited(tmp_path, WEIGHTS, ("version: 1", "version: 2")), replayed)
    assert "raise the version" not in done.err


def _by(server: FakeServer) -> list[str]:
    return ["--judge", "endpoint", "--base-url", server.base_url, "--model", "m"]


def _judged(judge: Command, server: FakeServer, out: Path) -> Path:
    whom = ["--provider", "endpoint", "--base-url", server.base_url, "--model", "m"]
    folder = judge("run", HUMOR, *whom, "--limit", "4", "--out", out).folder
    assert judge("score", folder, *_by(server)).code == 0
    return folder


def test_missing_verdicts_are_counted_and_asked_for_only_when_told(judge: Command, tmp_path: Path) -> None:
    lower = {"contains": "Does the chain really use", "text": '{"evidence": "e", "reason": "r", "score": 2}'}
    with serve(tmp_path, JUDGE_SCRIPT | {"rules": [lower, *JUDGE_SCRIPT["rules"]], "latency": 0.0}) as server:
        folder, mine = _judged(judge, server, tmp_path / "r"), _edited(tmp_path, COT)
        before = len(server.requests())
        silent, found = _diff(judge, "humor", mine, folder, *_by(server))
        assert len(server.requests()) == before
        assert "--ask asks for them: estimated 4 calls" in silent.err
        assert (silent.code, _row(found, "criteria", "cot")["n"]) == (1, 0)
        assert _row(found, "criteria", "cot")["reason"] == "no item has both ratings"
        # the steps' prompts are the same: their verdicts come from the cache
        assert _row(found, "criteria", "steps")["n"] == 4
        asked, found = _diff(judge, "humor", mine, folder, *_by(server), "--ask")
        assert len(server.requests()) - before == 4
        assert (asked.code, _row(found, "criteria", "cot")["difference"]) == (0, -2.0)
        again, found = _diff(judge, "humor", mine, folder, *_by(server))
        assert len(server.requests()) - before == 4
        assert (again.code, _row(found, "criteria", "cot")["n"]) == (0, 4)


def test_verdicts_that_stand_in_the_run_need_no_server_and_no_provider(judge: Command, tmp_path: Path) -> None:
    with serve(tmp_path, JUDGE_SCRIPT | {"latency": 0.0}) as server:
        folder, mine = _judged(judge, server, tmp_path / "r"), _edited(tmp_path, WEIGHTS)
        assert judge("score", folder, "--rubric", mine, *_by(server)).code == 0
    done, found = _diff(judge, "humor", mine, folder)
    assert done.code == 0, done.err
    assert _row(found, "criteria", "cot")["n"] == 4
    assert found["judge"].startswith("m@")


def test_several_judges_of_a_run_must_be_chosen_from(judge: Command, tmp_path: Path) -> None:
    with serve(tmp_path, JUDGE_SCRIPT | {"latency": 0.0}) as server:
        folder = _judged(judge, server, tmp_path / "r")
        judge("score", folder, "--judge", "rules")
    done, _ = _diff(judge, "humor", "laughter", folder)
    assert done.code == 2
    assert "name one of those who judged" in done.err


def test_a_rubric_does_not_differ_from_itself_and_an_edit_stands_below_its_stage(tmp_path: Path) -> None:
    mine = read_rubric(ROOT / "rubrics" / "humor.yaml")
    assert text_diff(mine, mine) == []
    edited = read_rubric(_edited(tmp_path, COT))
    title, old, new = text_diff(mine, edited)
    assert title == "rate answer: cot"
    assert old.startswith("-question: Does the chain use")
    assert new.startswith("+question: Does the chain really")
