"""Nothing slow is imported that a command does not use; every key-less command works without LiteLLM."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from command import ROOT, environment

SLOW = ("litellm", "openai", "anthropic", "google.genai", "torch", "transformers", "sklearn", "scipy", "pandas", "datasets")  # fmt: skip  # noqa: E501
REPORT = "import sys; from judge.cli.main import main; code = main(sys.argv[2:]); "
LOADED = (
    REPORT
    + "print('LOADED', *[name for name in sys.argv[1].split(',') if name in sys.modules]); raise SystemExit(code)"
)
WITHOUT = "import sys; sys.modules.update(dict.fromkeys(sys.argv[1].split(','))); " + REPORT + "raise SystemExit(code)"


def _python(code: str, modules: tuple[str, ...], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, ",".join(modules), *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=60, check=False)


def _loaded(modules: tuple[str, ...], *arguments: str) -> set[str]:
    done = _python(LOADED, modules, *arguments)
    assert done.returncode == 0, done.stderr
    line = next(line for line in done.stdout.splitlines() if line.startswith("LOADED"))
    return set(line.split()[1:])


def test_listing_tasks_imports_no_number_library_and_no_network() -> None:
    assert _loaded((*SLOW, "numpy", "nltk", "aiohttp", "tenacity"), "tasks", "list") == set()


def test_a_keyless_run_imports_no_sdk_and_no_number_library(tmp_path: Path) -> None:
    modules = (*SLOW, "numpy", "nltk", "aiohttp")
    assert _loaded(modules, "run", "tasks/humor.yaml", "--provider", "majority", "--out", str(tmp_path)) == set()


def test_scoring_imports_nothing_that_it_does_not_use(tmp_path: Path) -> None:
    _loaded((), "run", "tasks/humor.yaml", "--provider", "replay", "--out", str(tmp_path))
    assert _loaded(SLOW, "score", str(tmp_path)) == set()
    assert _loaded((*SLOW, "nltk"), "report", str(tmp_path)) == set()


@pytest.mark.parametrize(
    "arguments",
    [
        ["demo", "--out"],
        ["tasks", "check", "tasks/humor.yaml"],
        ["rubrics", "list"],
        ["providers", "list"],
        ["providers", "show", "gemini"],
        ["doctor"],
    ],
    ids=" ".join,
)
def test_every_keyless_command_works_with_litellm_and_the_sdks_uninstalled(
    tmp_path: Path, arguments: list[str]
) -> None:
    missing = ("litellm", "openai", "anthropic", "google.genai", "transformers", "bert_score")
    out = [str(tmp_path)] if arguments[-1] == "--out" else []
    done = _python(WITHOUT, missing, *arguments, *out)
    assert done.returncode == 0, done.stderr


def test_a_closed_api_without_litellm_says_the_line_that_installs_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WITHOUT, "litellm", "run", "tasks/humor.yaml", "--provider", "gemini"]
    done = subprocess.run(
        [*command, "--out", str(tmp_path / "r"), "--cache", str(tmp_path / "c")],
        cwd=ROOT,
        env=environment(GEMINI_API_KEY="canary-0123456789"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 3
    assert "litellm is not installed. Install it:  pip install" in done.stdout + done.stderr
    assert "canary" not in done.stdout + done.stderr
