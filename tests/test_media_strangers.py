"""Decoded media that another may have put there, pictures in strips, and whose code a worker runs."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command import ROOT, Command, environment
from media_files import made_of, make_clip
from PIL import Image

from judge.media import stills
from judge.media.orders import Made, Order, Piece
from judge.media.shelf import Shelf

ORDER = Order(work="image")
MADE = Made(pieces=(Piece(raw=b"a picture", mime="image/jpeg"),), expected=1)


def _changed(piece: Path, change: str, aside: Path) -> None:
    if change == "endless":
        os.truncate(piece, 2**40)
        return
    shutil.copy(piece, aside)
    piece.unlink()
    if change == "pipe":
        os.mkfifo(piece)
    else:
        piece.symlink_to({"link": aside, "device": Path("/dev/zero")}[change])


@pytest.mark.parametrize("name", ["000.jpg", "entry.json"])
@pytest.mark.parametrize("change", ["link", "pipe", "device", "endless"])
def test_an_entry_that_is_no_plain_file_is_made_anew(tmp_path: Path, change: str, name: str) -> None:
    shelf = Shelf(tmp_path / "media")
    (piece,) = shelf.put("source", ORDER, MADE)
    assert shelf.get("source", ORDER) is not None
    _changed(Path(piece.path).with_name(name), change, tmp_path / "aside")
    assert shelf.get("source", ORDER) is None
    assert shelf.put("source", ORDER, MADE)
    assert shelf.get("source", ORDER) is not None


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_a_transparent_picture_is_the_same_strip_by_strip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    noise = [Image.effect_noise((50, 70), 90) for _ in range(4)]
    picture = Image.merge("RGBA", noise)
    picture = picture.quantize(64) if mode == "P" else picture.convert(mode)
    picture.save(tmp_path / "a.png")
    monkeypatch.setattr(stills, "STRIP", 16)
    (piece,) = made_of(tmp_path / "a.png", work="image").pieces
    with Image.open(tmp_path / "a.png") as image:
        rgba = image.convert("RGBA")
    whole = Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    out = io.BytesIO()
    whole.save(out, "JPEG", quality=ORDER.quality)
    assert piece.raw == out.getvalue()


PROGRAM = """
import asyncio, os, sys
from judge.media.crew import Crew
from judge.media.orders import Order, Unusable
crew = Crew(workers=1)
try:
    asyncio.run(crew.make(os.open(sys.argv[1], os.O_RDONLY), Order(work="frames")))
except Unusable as error:
    print(error.kind)
crew.close()
"""


def test_a_worker_runs_the_code_of_its_parent_and_not_that_of_another_installation(tmp_path: Path) -> None:
    for name in ("judge", "providers"):
        shutil.copytree(ROOT / name, tmp_path / "copy" / name)
    decode = tmp_path / "copy" / "judge" / "media" / "decode.py"
    sign = '\n\ndef make(file, order, bounds):\n    raise Unusable("of_the_copy", "")\n'
    decode.write_text(decode.read_text() + sign)
    clip = make_clip(tmp_path / "a.mp4", 5)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, clip],
        cwd=tmp_path,
        env=environment(PYTHONPATH=str(tmp_path / "copy")),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "of_the_copy\n"


def test_a_licence_writes_no_line_of_its_own(judge: Command, tmp_path: Path) -> None:
    text = (ROOT / "tasks" / "humor.yaml").read_text()
    line = next(line for line in text.splitlines() if line.startswith("licence:"))
    (tmp_path / "humor.yaml").write_text(text.replace(line, 'licence: "free\\n✓ 32 answered"'))
    shutil.copytree(ROOT / "tasks" / "humor", tmp_path / "humor")
    done = judge("run", tmp_path / "humor.yaml", "--provider", "majority", "--dry-run")
    assert "licence free ✓ 32 answered · nothing leaves this machine" in done.out.splitlines()


def test_more_draws_than_a_run_holds_are_refused(judge: Command) -> None:
    done = judge("run", "tasks/humor.yaml", "--provider", "majority", "--repeats", "1001", "--dry-run")
    assert (done.code, done.err) == (2, "--repeats 1001: 1,000 draws of an item are the most\n")
