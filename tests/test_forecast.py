"""What a run will take: calls, tokens and money, and `--dry-run`, which prints them and sends nothing."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from building import make_ask, make_sample, make_task
from command import Command
from fake_server import serve

from judge.forecast import AUDIO_TOKENS, CLIP_SECONDS, IMAGE_TOKENS, VIDEO_TOKENS, Forecast, forecast, text_tokens
from judge.prompts import Asking
from judge.records import Sample
from providers.records import Info, Price, Sampling

EMOTION = "tasks/emotion.yaml"


def of(
    sample: Sample, *, draws: int = 1, price: Price | None = None, max_tokens: int | None = None, **more: Any
) -> Forecast:
    senses = more.pop("senses", {})
    batches = bool(more.pop("batches", False))
    task = make_task(**more)
    how = Asking(task=task, variant="qa", settings={}, senses=senses)
    info = Info(name="p", identity="p", model="m", kind="paid", price=price, batches=batches)
    return forecast(how, [(sample, draw) for draw in range(draws)], info=info, sampling=Sampling(max_tokens=max_tokens))


def test_every_ask_of_every_draw_is_a_call() -> None:
    two = of(make_sample(utterance="x"), draws=3, asks=[make_ask("label"), make_ask("again")])
    assert two.calls == 6


@pytest.mark.parametrize(("text", "tokens"), [("", 8), ("word " * 40, 58), ("快乐的一天", 13), ("schön", 9)])
def test_latin_text_is_four_characters_a_token_and_other_scripts_one(text: str, tokens: int) -> None:
    assert text_tokens(text) == tokens


def test_media_count_by_their_form() -> None:
    plain = of(make_sample(utterance="x")).input_tokens
    sample = dataclasses.replace(make_sample(utterance="x"), sources={"video": ("a.mp4",), "audio": ("a.mp4",)})
    media: dict[str, Any] = {"modalities": ["text", "video", "audio"], "media": {"video": "clip", "audio": "clip"}}

    def tokens(**senses: str) -> int:
        return of(sample, senses=senses, **media).input_tokens - plain

    assert tokens(video="frames") == 8 * IMAGE_TOKENS
    assert tokens(video="frames", audio="audio") == 8 * IMAGE_TOKENS + AUDIO_TOKENS * CLIP_SECONDS
    assert tokens(video="video+sound") == VIDEO_TOKENS * CLIP_SECONDS
    assert tokens(video="away", audio="notes") == 0


def test_money_is_at_the_price_and_half_of_it_in_a_batch() -> None:
    price = Price(input=1.0, output=10.0, batch=0.5)
    direct = of(make_sample(utterance="x" * 4000), price=price, max_tokens=100)
    batch = of(make_sample(utterance="x" * 4000), price=price, max_tokens=100, batches=True)
    assert direct.cost is not None
    assert direct.most is not None
    assert batch.cost == pytest.approx(direct.cost / 2)
    assert direct.most == pytest.approx((direct.input_tokens * 1.0 + 100 * 10.0) / 1e6)
    assert of(make_sample(utterance="x")).cost is None
    assert of(make_sample(utterance="x"), price=price).most is None, "nothing limits the replies"


def test_a_dry_run_says_all_of_it_and_sends_and_makes_nothing(
    judge: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GEMINI_API_KEY", raising=False)
    done = judge(
        "run", EMOTION, "--provider", "gemini", "--dry-run", "--out", tmp_path / "r", "--cache", tmp_path / "c"
    )
    assert (done.code, done.err) == (0, "")
    assert "46 items · text+video (8 frames)+audio" in done.out
    assert "estimated 46 calls" in done.out
    assert "prices: LiteLLM " in done.out
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_counts_what_is_still_to_ask(judge: Command, tmp_path: Path) -> None:
    with serve(tmp_path / "s", {"latency": 0.0, "default": {"text": "Answer: joy"}}) as server:
        line = ["run", EMOTION, "--provider", "endpoint", "--base-url", server.base_url, "--model", "m"]
        line += ["--accepts", "text", "--out", str(tmp_path / "r"), "--cache", str(tmp_path / "c")]
        assert judge(*line, "--limit", "40").code == 0
        asked = len(server.requests())
        assert "estimated 6 calls" in judge(*line, "--dry-run").out
        assert len(server.requests()) == asked


def test_a_budget_without_a_known_price_is_refused_before_anything_is_sent(
    judge: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    done = judge(
        "run", EMOTION, "--provider", "openai", "--model", "not-in-any-table", "--max-cost", "1", "--out", tmp_path
    )
    assert done.code == 3
    assert "no price is known for openai/not-in-any-table" in done.err
