"""`judge run --batch`, through the real SDKs against a fake of the vendors' batch APIs: one run, paid once."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest
from command import Command, finish, start
from fake_batches import KEY, running

HUMOR, EMOTION = "tasks/humor.yaml", "tasks/emotion.yaml"
VENDORS = {"openai": "openai", "anthropic": "anthropic", "gemini": "google"}
NAMES = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY", "gemini": "GEMINI_API_KEY"}


@pytest.mark.parametrize("provider", VENDORS)
def test_a_task_with_clips_goes_through_each_vendors_batches_and_continues_without_another(
    judge: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: str
) -> None:
    monkeypatch.setenv(NAMES[provider], KEY)
    with running() as fake:
        line = ["run", EMOTION, "--provider", provider, "--base-url", fake.base_url(VENDORS[provider]), "--batch"]
        line += ["--ids", str(ids(tmp_path)), "--out", str(tmp_path / "r"), "--cache", str(tmp_path / "c")]
        first = judge(*line)
        assert first.code == 0, first.err
        assert "✓ 3 answered (3 ok)" in first.out
        again = judge(*line)
        fresh = judge(*line, "--fresh")
        assert (again.code, fresh.code) == (0, 0)
        assert "nothing was left to ask" in again.out
        assert "3 from the cache" in fresh.out
        assert len(fake.created()) == 1
        assert "image" in str(fake.bodies()), "the frames of the clips are in the batch"


def ids(folder: Path) -> Path:
    path = folder / "ids.txt"
    path.write_text("c-001\nc-005\ne-001\n")
    return path


def test_after_an_interrupt_the_same_line_picks_the_batch_up_again(tmp_path: Path) -> None:
    with running() as fake:
        fake.script.held = True
        line = ["run", HUMOR, "--provider", "openai", "--base-url", fake.base_url("openai"), "--batch"]
        line += ["--out", str(tmp_path / "r"), "--cache", str(tmp_path / "c")]
        process = start(*line, OPENAI_API_KEY=KEY)
        until = time.monotonic() + 30
        while not (fake.created() and any("/batches/" in path for _, path in fake.calls)):
            assert time.monotonic() < until
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        done = finish(process)
        assert done.code == 130
        assert "one batch goes on at the vendor (batch_1)" in done.err
        fake.script.held = False
        again = finish(start(*line, OPENAI_API_KEY=KEY))
        assert again.code == 0, again.err
        assert "✓ 32 answered" in again.out
        assert len(fake.created()) == 1


def test_a_provider_without_batches_is_refused_in_one_line(judge: Command, tmp_path: Path) -> None:
    line = ["run", HUMOR, "--provider", "endpoint", "--base-url", "http://127.0.0.1:1/v1", "--model", "m", "--batch"]
    done = judge(*line, "--out", tmp_path / "r")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "endpoint has no batch API" in done.err


def test_a_batch_needs_the_cache_in_which_it_is_remembered(
    judge: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    done = judge("run", HUMOR, "--provider", "openai", "--batch", "--cache", "off", "--out", tmp_path / "r")
    assert done.code == 2
    assert "leave out --cache off" in done.err
