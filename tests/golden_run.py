"""A copy of the golden run to damage, and what the doctor says of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from judge.store import Folder
from judge.verify.found import Verified
from judge.verify.repair import repair

GOLDEN = Path(__file__).parent / "golden" / "schema" / "1"
RUN = ["run", "task.yaml", "--provider", "preset.yaml", "--base-url", "http://127.0.0.1:18431/v1", "--cache", "cache",
       "--prompt", "cot", "--repeats", "2", "--max-tokens", "200", "--name", "golden"]  # fmt: skip
JUDGE = ["--judge", "preset.yaml", "--base-url", "http://127.0.0.1:18431/v1", "--cache", "cache"]


def copied(folder: Path) -> Path:
    """The golden files with the one run that has everything; that run lies in results/golden."""
    shutil.copytree(GOLDEN, folder / "golden")
    shutil.rmtree(folder / "golden" / "results" / "imported")
    shutil.rmtree(folder / "golden" / "results" / "pictures")
    return folder / "golden"


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def replace(path: Path, number: int, raw: bytes) -> None:
    found = lines(path)
    found[number - 1] = raw
    path.write_bytes(b"".join(found))


def edited(path: Path, number: int, **changes: object) -> None:
    replace(path, number, json.dumps(json.loads(lines(path)[number - 1]) | changes).encode() + b"\n")


def harms(found: Verified) -> list[str]:
    return [str(item) for item in found.findings if item.harm]


def remarks(found: Verified) -> list[str]:
    return [str(item) for item in found.findings if not item.harm]


def mended(run: Folder) -> Verified:
    """Repaired; sound afterwards, with nothing lost: every line of before is in the backup."""
    before = {path: path.read_bytes() for path in (run.answers_file, run.verdicts_file)}
    _, after = repair(run)
    assert harms(after) == []
    for path, raw in before.items():
        if path.read_bytes() != raw:
            backups = [copy.read_bytes() for copy in run.path.glob(f"{path.name}.before-*")]
            assert raw in backups
            assert Path(f"{path}.damaged").is_file()
    return after
