"""`make audit`: what is installed here and what the lock files name, held against what is known of bad packages.

It fails on a stray .pth file, an unpinned or compromised requirement, or a known vulnerability; where the source of
advisories cannot be reached it says that nothing was audited, and goes on.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote, urlparse

ROOT = Path(__file__).resolve().parent.parent
LOCKS = tuple(f"requirements{part}.txt" for part in ("", "-test", "-local", "-build", "-audit"))
TOOL = ROOT / ".venv-audit" / "bin" / "pip-audit"
SETUPTOOLS = (
    "import os; var = 'SETUPTOOLS_USE_DISTUTILS'; enabled = os.environ.get(var, 'local') == 'local'; "
    "enabled and __import__('_distutils_hack').add_shim();"
)
KNOWN_CODE = {"distutils-precedence.pth": SETUPTOOLS}
"""The .pth files that may run code, by their whole text. Setuptools' own: it comes with venv on Python 3.11."""
STARTUP = ("sitecustomize.py", "usercustomize.py")
COMPROMISED = {"litellm": re.compile(r"1\.82\.[78]|1\.107\..*")}
"""Releases that carried stolen credentials away: March 2026 (PYSEC-2026-2) and October 2026."""
PINNED = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[A-Za-z0-9,._-]+\])?==([^\s;]+)(?:\s*;.*)?")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def stray(folder: Path, own: Sequence[Path] = ()) -> list[str]:
    """Faults of a site-packages folder: what Python would run or add to its path at every start, unasked."""
    found = [f"{path}: is run at every start of Python" for name in STARTUP if (path := folder / name).exists()]
    for path in sorted(folder.glob("*.pth")):
        lines = [line.strip() for line in path.read_text("utf-8", "replace").splitlines()]
        lines = [line for line in lines if line and not line.startswith("#")]
        if "\n".join(lines) == KNOWN_CODE.get(path.name):
            continue
        for line in lines:
            if line.startswith(("import ", "import\t")):
                found.append(f"{path}: runs code at every start of Python, and is not known: {line[:80]}")
            elif (folder / line).resolve() not in own:
                found.append(f"{path}: adds {line[:80]} to where modules are found, and is not known")
    return found


def editable() -> list[Path]:
    """The project's own folder, where this environment has it as an editable installation."""
    try:
        text = importlib.metadata.distribution("emotion-judge").read_text("direct_url.json") or "{}"
    except importlib.metadata.PackageNotFoundError:
        return []
    about = json.loads(text)
    if not about.get("dir_info", {}).get("editable"):
        return []
    return [Path(unquote(urlparse(about["url"]).path)).resolve()]


def requirements(text: str) -> Iterator[str]:
    """The requirements of a lock file, each with its continued lines as one."""
    joined = re.sub(r"\\\n\s*", " ", text)
    yield from (line.strip() for line in joined.splitlines() if line.strip() and not line.strip().startswith("#"))


def loose(path: Path) -> list[str]:
    """Faults of a lock file: all that is not NAME==VERSION with a digest, and all that is known to be bad."""
    found = []
    count = 0
    for line in requirements(path.read_text("utf-8")):
        count += 1
        head = line.split(" --hash=", 1)[0].strip()
        match = PINNED.fullmatch(head)
        if match is None:
            found.append(f"{path.name}: {head[:80]}: is not pinned by == (an index, a link or a range)")
            continue
        hashes = line.split()[len(head.split()) :]
        if not hashes or not all(HASH.fullmatch(item) for item in hashes):
            found.append(f"{path.name}: {head[:80]}: has no sha256 of its files")
        bad = COMPROMISED.get(match[1].lower().replace("_", "-"))
        if bad is not None and bad.fullmatch(match[2]):
            found.append(f"{path.name}: {head[:80]}: is a compromised release")
    return found if count else [f"{path.name}: holds no requirement"]


def advisories(tool: Path, lock: Path) -> tuple[list[str], str]:
    """(known vulnerabilities, what was audited in words) of a lock file, by pip-audit."""
    if not tool.exists():
        return [], f"{lock.name}: nothing was audited: {tool.name} is not installed (make audit installs it)"
    command = [str(tool), "-r", str(lock), "--require-hashes", "--disable-pip", "--format", "json"]
    done = subprocess.run([*command, "--progress-spinner", "off"], capture_output=True, text=True, check=False)
    try:
        items = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        reason = (done.stderr.strip().splitlines() or ["no answer"])[-1][:200]
        return [], f"{lock.name}: nothing was audited: {reason}"
    found = [
        f"{lock.name}: {item['name']}=={item['version']}: {problem['id']} (mended in {_mended(problem)})"
        for item in items
        for problem in item.get("vulns", [])
    ]
    looked = sum("skip_reason" not in item for item in items)
    if not looked:
        return found, f"{lock.name}: nothing was audited: the source of advisories knows none of {len(items)} packages"
    return found, f"{lock.name}: {looked} of {len(items)} packages audited, {len(found)} known vulnerabilities"


def _mended(problem: dict[str, list[str]]) -> str:
    return ", ".join(problem.get("fix_versions", [])) or "no release"


def main() -> int:
    """Print what was looked at, then every fault; 1 where there is one."""
    folders = sorted({Path(sysconfig.get_path(name)) for name in ("purelib", "platlib")})
    faults = [fault for folder in folders for fault in stray(folder, editable())]
    print(f"{', '.join(map(str, folders))}: {len(faults)} stray files that run at the start of Python")
    for lock in [ROOT / name for name in LOCKS]:
        faults += loose(lock)
        known, words = advisories(TOOL, lock)
        faults += known
        print(words)
    for fault in faults:
        print(f"FAULT {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
