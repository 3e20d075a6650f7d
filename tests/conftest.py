"""What every test shares: no keys, a cache of its own, and where the real data lies."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from command import KEYS, ROOT, Command, command_in_process

from judge import shell


@pytest.fixture(autouse=True)
def _no_keys_and_an_own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("JUDGE_DATA", raising=False)
    monkeypatch.setattr(shell, "program", lambda: "python -m judge")  # whatever stands on this machine's PATH
    monkeypatch.setenv("JUDGE_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(ROOT)


@pytest.fixture
def judge(capsys: pytest.CaptureFixture[str]) -> Command:
    """The command line, in this process."""
    return command_in_process(capsys)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The real data; a test that needs it is skipped where it is absent."""
    folder = Path(os.environ.get("JUDGE_SHARED", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"real data is not at {folder} (set JUDGE_SHARED)")
    return folder
