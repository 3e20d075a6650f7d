"""`judge rubrics try` with pictures, score blocks and prices: as `score` would have it, before it is paid for."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import Command
from fake_server import serve
from mme_emotion import SCHEME, rate
from test_judge_frames import FRAMES, answered, data, pictures, ratings, served

__all__ = ["data"]  # the fixture


def test_a_rubric_with_frames_is_tried_with_them_and_scoring_pays_for_none_again(
    judge: Command, tmp_path: Path, data: Path
) -> None:
    with serve(tmp_path, served()) as server:
        folder = answered(judge, server, tmp_path, data, "--limit", "2")
        rate(judge, server, folder, "--rubric", "mme_emotion")
        before = len(server.requests())
        by = ["--judge", "endpoint", "--base-url", server.base_url, "--model", "m", "--accepts", "text,frames"]
        done = judge("rubrics", "try", "mme_emotion_frames", "--on", folder, "--limit", "1", *by, "--media", data)
        assert done.code == 0, done.err
        (asked,) = server.requests()[before:]
        assert SCHEME in asked["prompt"]
        assert len(pictures(asked)) >= 2
        assert "last  1 → 1" in done.out
        assert rate(judge, server, folder, *FRAMES, data=data).code == 0
        assert len(ratings(server)) == 2 + 2  # two with text alone, two with frames: the tried one was not asked again


def test_a_judge_that_takes_no_frames_is_refused_before_anything_is_sent(
    judge: Command, tmp_path: Path, data: Path
) -> None:
    with serve(tmp_path, served()) as server:
        folder = answered(judge, server, tmp_path, data, "--limit", "2")
        before = len(server.requests())
        by = ["--judge", "endpoint", "--base-url", server.base_url, "--model", "m", "--accepts", "text"]
        done = judge("rubrics", "try", "mme_emotion_frames", "--on", folder, *by)
        assert len(server.requests()) == before
    assert done.code == 2
    assert "takes none" in done.err


def _replayed(judge: Command, out: Path) -> Path:
    return judge("run", "tasks/humor.yaml", "--provider", "replay", "--out", out).folder


def test_the_cost_is_told_by_the_price_table_and_the_key_is_not(
    judge: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "canary-0123456789")
    folder = _replayed(judge, tmp_path / "r")
    done = judge("rubrics", "try", "humor", "--on", folder, "--judge", "openai", "--dry-run", "--limit", "10")
    assert done.code == 0, done.err
    assert "for these: estimated " in done.out
    assert "$" in done.out
    assert "prices: LiteLLM" in done.out
    assert "canary" not in done.out + done.err


def test_two_rubrics_share_the_calls_that_they_have_in_common(
    judge: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "canary-0123456789")
    folder = _replayed(judge, tmp_path / "r")

    def calls(first: str, second: str) -> int:
        done = judge("rubrics", "diff", first, second, "--on", folder, "--judge", "openai")
        told = done.err.split("--ask asks for them: estimated ")[1]
        return int(told.split(" call")[0])

    alone, both = calls("humor", "humor"), calls("humor", "sarcasm")
    # extraction and the rating of steps are word for word the same; only the question about the chain is another
    assert alone < both < 2 * alone
    assert both - alone == 30
