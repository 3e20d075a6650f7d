"""The supply chain check: stray .pth files, loose lock files and advisories, each seen where it is and only there."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from command import ROOT

from bench import audit

ALLOWED = audit.SETUPTOOLS + " \n"
DIGEST = f"--hash=sha256:{'0a' * 32}"


def _site(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.pth").write_text(text)
    return folder


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("litellm_init", "import os, subprocess, sys; subprocess.Popen([sys.executable, '-c', 'x'])\n"),
        ("distutils-precedence", ALLOWED + "import evil\n"),
        ("distutils-precedence", ALLOWED.replace("_distutils_hack", "_distutils_hock")),
        ("other", ALLOWED),
        ("tabbed", "import\tos\n"),
        ("quiet", "# a comment\n\n   import os\n"),
        ("elsewhere", "/tmp/modules\n"),
        ("above", "../../..\n"),
        ("_editable_impl_emotion_judge", "/tmp/not-the-project\n"),
    ],
)
def test_a_pth_file_that_is_not_known_is_a_fault(tmp_path: Path, name: str, text: str) -> None:
    assert audit.stray(_site(tmp_path, **{name: text}), [ROOT])


def test_the_pth_files_that_belong_there_are_none(tmp_path: Path) -> None:
    known = {"distutils-precedence": ALLOWED, "_editable_impl_emotion_judge": f"{ROOT}\n", "empty": "# nothing\n"}
    assert audit.stray(_site(tmp_path, **known), [ROOT]) == []


@pytest.mark.parametrize("name", audit.STARTUP)
def test_a_module_that_python_runs_at_its_start_is_a_fault(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    assert "at every start" in audit.stray(tmp_path)[0]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("litellm", "not pinned"),
        ("litellm>=1.0", "not pinned"),
        (f"litellm>=1.0 {DIGEST}", "not pinned"),
        ("--extra-index-url https://example.org/simple", "not pinned"),
        ("-e .", "not pinned"),
        (f"litellm @ https://example.org/litellm.whl {DIGEST}", "not pinned"),
        ("litellm==1.109.1", "no sha256"),
        ("litellm==1.109.1 --hash=md5:0a", "no sha256"),
        (f"litellm==1.109.1 {DIGEST} --hash=sha256:short", "no sha256"),
        (f"litellm==1.82.7 {DIGEST}", "compromised"),
        (f"LiteLLM==1.82.8 \\\n    {DIGEST}", "compromised"),
        (f"litellm[proxy]==1.107.0 ; python_version >= '3.11' \\\n    {DIGEST}", "compromised"),
        ("# nothing", "holds no requirement"),
    ],
)
def test_a_loose_or_compromised_requirement_is_a_fault(tmp_path: Path, line: str, said: str) -> None:
    (tmp_path / "lock.txt").write_text(line + "\n")
    (fault,) = audit.loose(tmp_path / "lock.txt")
    assert said in fault


def test_a_pinned_requirement_with_its_digests_is_none(tmp_path: Path) -> None:
    lines = [
        "# made by uv",
        "litellm[proxy]==1.109.1 ; sys_platform == 'linux' \\",
        f"    {DIGEST} \\",
        f"    {DIGEST}",
    ]
    (tmp_path / "lock.txt").write_text("\n".join([*lines, "    # via x", ""]))
    assert audit.loose(tmp_path / "lock.txt") == []


@pytest.mark.parametrize("name", audit.LOCKS)
def test_every_requirement_of_our_lock_files_is_pinned_with_its_digests(name: str) -> None:
    assert audit.loose(ROOT / name) == []


def test_litellm_is_locked_where_it_is_used() -> None:
    """Else the rule on its compromised releases would have nothing to look at."""
    locked = [name for name in audit.LOCKS if "\nlitellm" in (ROOT / name).read_text()]
    assert locked == ["requirements.txt", "requirements-test.txt", "requirements-local.txt"]


def _tool(folder: Path, *, out: str = "", err: str = "") -> Path:
    """A program that says what pip-audit would."""
    path = folder / "pip-audit"
    (folder / "out").write_text(out)
    (folder / "err").write_text(err)
    path.write_text(f"#!/bin/sh\ncat {folder}/out\ncat {folder}/err >&2\nexit 1\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


CLEAN = {"name": "aiohttp", "version": "3.14.5", "vulns": []}
SKIPPED = {"name": "litellm", "skip_reason": "Dependency not found on PyPI and could not be audited: litellm (1.1)"}
BAD = {"name": "yarl", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"], "aliases": []}]}


@pytest.mark.parametrize(
    ("items", "known", "said"),
    [
        ([CLEAN, BAD], 1, "2 of 2 packages audited, 1 known"),
        ([CLEAN, SKIPPED], 0, "1 of 2 packages audited, 0 known"),
        ([SKIPPED, SKIPPED], 0, "nothing was audited"),
    ],
)
def test_what_was_not_audited_is_never_said_to_be_clean(
    tmp_path: Path, items: list[object], known: int, said: str
) -> None:
    tool = _tool(tmp_path, out=json.dumps({"dependencies": items, "fixes": []}))
    found, words = audit.advisories(tool, tmp_path / "lock.txt")
    assert len(found) == known
    assert said in words


def test_no_answer_of_the_tool_is_said_with_its_reason(tmp_path: Path) -> None:
    found, words = audit.advisories(_tool(tmp_path, err="x\nERROR: no route to host\n"), tmp_path / "lock.txt")
    assert (found, words) == ([], "lock.txt: nothing was audited: ERROR: no route to host")
    found, words = audit.advisories(tmp_path / "gone", tmp_path / "lock.txt")
    assert found == []
    assert "nothing was audited: gone is not installed" in words
