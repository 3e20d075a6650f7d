"""What the product imports is declared, with floors that hold; the lock files fit what is declared."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from command import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CORE = {canonicalize_name(found.name): found for found in map(Requirement, PROJECT["dependencies"])}
EXTRAS = {
    canonicalize_name(Requirement(text).name)
    for extra, texts in PROJECT["optional-dependencies"].items()
    for text in texts
    if extra != "all"
}
BROUGHT = {
    **dict.fromkeys(("huggingface_hub", "safetensors", "tokenizers"), "transformers"),
    "pydantic_core": "pydantic",
}
"""Module: the declared package of which it is a part, with a release of its own."""
NAMES = {"google": "google-genai", "yaml": "pyyaml", "PIL": "pillow", "sklearn": "scikit-learn"}
"""Module: the package, where the names differ (also where it is not installed)."""
BELOW_THE_FLOOR = {"nltk": "3.10.2", "aiohttp": "3.14.0", "pillow": "12.2.0", "litellm": "1.106.1"}
"""Releases with known faults."""
REFUSED = {"litellm": ("1.107.0", "1.82.7", "2.0.0")}
LOCKS = ("requirements.txt", "requirements-test.txt", "requirements-local.txt")
PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[a-z,0-9-]+\])?==([^\s;]+)", re.MULTILINE)


def modules_in(path: Path) -> Iterator[str]:
    """The first part of each module that a file imports, inside functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module.partition(".")[0]


def imported() -> dict[str, str]:
    """Module of another project: a file of ours that imports it."""
    own = {"judge", "providers", *sys.stdlib_module_names}
    files = [path for folder in ("judge", "providers") for path in sorted((ROOT / folder).rglob("*.py"))]
    return {name: str(path.relative_to(ROOT)) for path in files for name in modules_in(path) if name not in own}


def test_every_package_that_is_imported_is_declared_and_none_is_left_to_another_one() -> None:
    declared = {*map(str, CORE), *map(str, EXTRAS)}
    undeclared = [
        f"{path} imports {module}"
        for module, path in imported().items()
        if canonicalize_name(BROUGHT.get(module) or NAMES.get(module, module)) not in declared
    ]
    assert undeclared == []
    assert {"httpx", "httpx2", "aiohttp"} <= set(imported())


@pytest.mark.parametrize("name", BELOW_THE_FLOOR)
def test_a_release_with_a_known_fault_is_below_the_floor(name: str) -> None:
    assert BELOW_THE_FLOOR[name] not in CORE[canonicalize_name(name)].specifier
    assert not [version for version in REFUSED.get(name, ()) if version in CORE[canonicalize_name(name)].specifier]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_file_holds_every_declared_package_within_its_range(lock: str) -> None:
    pins = {canonicalize_name(name): Version(version) for name, version in PIN.findall((ROOT / lock).read_text())}
    assert len(pins) > len(CORE)
    unfit = [str(found) for name, found in CORE.items() if pins.get(name, Version("0")) not in found.specifier]
    assert unfit == []


def test_make_lock_takes_no_release_younger_than_ten_days() -> None:
    """Every one of its lines says until when, and that is a moment ten days ago."""
    shown = subprocess.run(
        ["make", "--dry-run", "lock", f"PYTHON={sys.executable}"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    lines = [line for line in shown.splitlines() if "uv pip compile" in line]
    assert len(lines) == 5
    assert all('--exclude-newer "$(' in line and "timedelta(days=10)" in line for line in lines)
