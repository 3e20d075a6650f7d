"""`judge doctor`: what is installed, which keys are set (never their values), what is missing, and what mends it."""

from __future__ import annotations

import argparse
import os
import shutil
import sqlite3
import sys
from importlib import metadata
from pathlib import Path

import judge
from judge.cli.main import COMPLETE, NOTHING
from judge.cli.providing import CACHE_DEFAULT, CACHE_VARIABLE
from judge.cli.terminal import say, size_text, table
from judge.errors import UsageError
from judge.shell import command
from providers.commit_lock import is_affected
from providers.preset import preset_names, read_preset

CORE = ("pydantic", "pyyaml", "numpy", "nltk", "rouge-score", "jsonlines", "tenacity", "aiohttp", "av", "pillow")
APIS = ("litellm", "openai", "anthropic", "google-genai")
EXTRAS = {
    "local": ("torch", "torchvision", "transformers", "accelerate", "peft", "num2words"),
    "bertscore": ("bert-score", "torch", "transformers"),
    "datasets": ("datasets", "pyarrow"),
}
COMPROMISED = {"litellm": ("1.82.7", "1.82.8", "1.107.")}
INSTALL = "python -m pip install --require-hashes -r requirements.txt"


def doctor(options: argparse.Namespace) -> int:
    """Print the findings; 3 where something that every run needs is missing. With --deep: files, not packages."""
    if options.deep:
        from judge.cli.deep import deep

        return deep(options)
    if options.paths or options.repair:
        raise UsageError(f"{command('doctor')}: PATH and --repair belong to --deep")
    rows = [["judge", judge.__version__, ""], ["python", sys.version.split()[0], ""], _sqlite()]
    mends: list[str] = []
    for part in (_packages, _extras, _pair, _keys):
        found, lines = part()
        rows += found
        mends += lines
    rows += _places(options.cache)
    for line in table(rows):
        say("  " + line)
    if mends:
        say()
        say("What mends it:")
        for line in mends:
            say(f"  {line}")
    say()
    say(f"Without any key:  {command('demo')}")
    return NOTHING if any(_version(name) is None for name in CORE) else COMPLETE


def _sqlite() -> list[str]:
    """The version of the library that this Python writes the cache with."""
    said = "can damage a log that two processes write at once; here each commit is locked against it"
    return ["sqlite", sqlite3.sqlite_version, said if is_affected(sqlite3.sqlite_version_info) else ""]


Findings = tuple[list[list[str]], list[str]]


def _packages() -> Findings:
    rows, mends = [], []
    for name in (*CORE, *APIS):
        version = _version(name)
        rows.append([name, version or "missing", _remark(name, version)])
        if version is None:
            mends.append(f"{name}: {INSTALL}" + ("" if name in CORE else "   (only for closed APIs)"))
        elif _remark(name, version):
            mends.append(f"{name} {version} was a compromised release: uninstall it, change your keys, then {INSTALL}")
    return rows, mends


def _extras() -> Findings:
    rows, mends = [], []
    for extra, names in EXTRAS.items():
        absent = [name for name in names if _version(name) is None]
        rows.append([f"extra {extra}", "missing" if absent else "installed", ", ".join(absent)])
        if absent:
            mends.append(f"extra {extra}: python -m pip install {' '.join(absent)}")
    return rows, mends


def _keys() -> Findings:
    wanted: dict[str, list[str]] = {}
    for name in preset_names():
        key = read_preset(name).key
        if key is not None:
            wanted.setdefault(key, []).append(name)
    rows, mends = [], []
    for key, names in wanted.items():
        whom = f"for --provider {', '.join(names)}"
        value = os.environ.get(key, "").strip()
        odd = not all(" " <= letter <= "~" for letter in value)
        rows.append([key, "damaged" if odd else "set" if value else "not set", whom])
        mends += [] if value and not odd else [f"{key}: export {key}=...   ({whom})"]
        mends += [f"{key} holds a character that no key has: copy it again"] if odd else []
    return rows, mends


def _pair() -> Findings:
    """Torch and torchvision are made for each other, release by release and device by device."""
    torch, vision = _version("torch"), _version("torchvision")
    if torch is None or vision is None:
        return [], []
    needs = next((line for line in metadata.requires("torchvision") or [] if line.startswith("torch==")), "")
    wanted = needs.removeprefix("torch==").partition(";")[0].strip()
    built = {version.partition("+")[2] for version in (torch, vision)}
    if wanted in ("", torch.partition("+")[0]) and len(built) == 1:
        return [], []
    said = f"torch {torch} and torchvision {vision} do not belong together"
    return [["torch pair", "mismatch", said]], [f"{said}: install both from one place, torch {wanted or torch}"]


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _remark(name: str, version: str | None) -> str:
    bad = COMPROMISED.get(name, ())
    return "compromised release" if version and version.startswith(bad) and bad else ""


def _places(given: str | None) -> list[list[str]]:
    cache = Path(given or os.environ.get(CACHE_VARIABLE) or CACHE_DEFAULT)
    free = shutil.disk_usage(Path.cwd()).free / 2**30
    media = cache / "media"
    made = f", {size_text(_size(media))} of it decoded media" if media.is_dir() else ""
    return [
        ["cache", str(cache), f"{size_text(_size(cache))}{made}" if cache.is_dir() else "not there yet"],
        ["disk", f"{free:.0f} GiB free", "writable" if os.access(Path.cwd(), os.W_OK) else "not writable"],
    ]


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
