"""The wheel carries tasks and rubrics, and works in a folder that holds nothing."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from command import ROOT, environment


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's content, as it would lie in site-packages."""
    pytest.importorskip("hatchling", reason="hatchling builds the wheel")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        for name in names:
            archive.extract(name, folder / "site")
    tops = {name.split("/")[0] for name in names if ".dist-info" not in name}
    assert tops == {"judge", "providers"}
    return folder / "site"


def test_a_shipped_task_runs_from_the_wheel_in_an_empty_folder(unpacked: Path, tmp_path: Path) -> None:
    for arguments in (
        ["run", "tasks/humor.yaml", "--provider", "replay"],
        ["score", "results"],
        ["tasks", "check", "emobench/eu"],
        ["demo"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "judge", *arguments],
            cwd=tmp_path,
            env=environment(PYTHONPATH=str(unpacked)),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "results" / "demo" / "report.html").is_file()


def test_the_review_page_lies_in_the_wheel(unpacked: Path) -> None:
    for name in ("review.html", "review.css", "review.js"):
        assert (unpacked / "judge" / "pages" / "static" / name).read_bytes() == (
            ROOT / "judge" / "pages" / "static" / name
        ).read_bytes()
