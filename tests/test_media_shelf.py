"""The shelf: what was made once is read again by content, damage is made anew, and others may write beside us."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from command import ROOT, environment

from judge.errors import NothingDone
from judge.media import shelf as module
from judge.media.orders import Made, Order, Piece
from judge.media.shelf import Shelf
from providers.media import bytes_of

ORDER = Order(work="frames", count=2)
MADE = Made(
    pieces=(
        Piece(raw=b"first picture", mime="image/jpeg", at=0.0),
        Piece(raw=b"second picture", mime="image/jpeg", at=1.5),
    ),
    expected=2,
)
SOURCE = "5" * 64


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "shelf")


def _entry(shelf: Shelf) -> Path:
    (path,) = shelf.folder.glob("*/*/entry.json")
    return path.parent


def test_what_was_put_is_got_again_with_its_bytes_times_and_source(shelf: Shelf) -> None:
    assert shelf.get(SOURCE, ORDER) is None
    put = shelf.put(SOURCE, ORDER, MADE)
    assert shelf.get(SOURCE, ORDER) == put
    assert [bytes_of(item) for item in put] == [b"first picture", b"second picture"]
    assert [(item.at, item.size, item.frame_of, item.kind) for item in put] == [
        (0.0, 13, SOURCE, "image"),
        (1.5, 14, SOURCE, "image"),
    ]
    assert not list(shelf.folder.glob("*/.*")), "nothing is left beside"


def test_another_source_order_or_decoder_is_another_entry(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.put(SOURCE, ORDER, MADE)
    assert shelf.get("6" * 64, ORDER) is None
    for change in ({"count": 3}, {"policy": "first"}, {"fps": 2.0}, {"size": 512}, {"quality": 90}, {"work": "mute"}):
        assert shelf.get(SOURCE, dataclasses.replace(ORDER, **change)) is None, change
    monkeypatch.setattr(module, "decoder", lambda: "PyAV 99.0 Pillow 99.0")
    assert Shelf(shelf.folder).get(SOURCE, ORDER) is None
    assert module.decoder() == "PyAV 99.0 Pillow 99.0"


def test_what_an_order_does_not_use_does_not_make_another_entry(shelf: Shelf) -> None:
    made = Made(pieces=(Piece(raw=b"RIFF", mime="audio/wav", seconds=1.0),), expected=1)
    put = shelf.put(SOURCE, Order(work="audio", count=2), made)
    assert shelf.get(SOURCE, Order(work="audio", count=9, size=99)) == put
    assert (put[0].kind, put[0].seconds, put[0].frame_of) == ("audio", 1.0, "")


@pytest.mark.parametrize("name", ["000.jpg", "001.jpg", "entry.json"])
def test_a_bit_flipped_anywhere_in_an_entry_is_noticed_and_it_is_made_anew(shelf: Shelf, name: str) -> None:
    shelf.put(SOURCE, ORDER, MADE)
    path = _entry(shelf) / name
    whole = path.read_bytes()
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << place % 8
        path.write_bytes(damaged)
        assert shelf.get(SOURCE, ORDER) is None, (name, place)
    again = shelf.put(SOURCE, ORDER, MADE)
    assert shelf.get(SOURCE, ORDER) == again
    assert path.read_bytes() == whole
    assert not list(shelf.folder.glob("*/.*"))


def test_a_torn_or_missing_file_a_file_in_the_way_and_junk_are_no_entry(shelf: Shelf) -> None:
    put = shelf.put(SOURCE, ORDER, MADE)
    place = _entry(shelf)
    deep = b"[" * 100_000
    damages = [("000.jpg", b""), ("001.jpg", None), ("entry.json", b""), ("entry.json", deep), ("entry.json", None)]
    for name, raw in damages:
        if raw is None:
            (place / name).unlink()
        else:
            (place / name).write_bytes(raw)
        assert shelf.get(SOURCE, ORDER) is None
        assert shelf.put(SOURCE, ORDER, MADE) == put == shelf.get(SOURCE, ORDER)
    shutil.rmtree(place)
    place.write_text("in the way")
    assert shelf.get(SOURCE, ORDER) is None
    assert shelf.put(SOURCE, ORDER, MADE) == put == shelf.get(SOURCE, ORDER)


def test_an_entry_names_no_file_outside_its_own_folder(shelf: Shelf, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"first picture")
    shelf.put(SOURCE, ORDER, MADE)
    place = _entry(shelf)
    entry = json.loads((place / "entry.json").read_bytes().partition(b"\n")[2])
    for path in (str(secret), "../../../secret"):
        entry[0]["path"] = path
        text = json.dumps(entry).encode()
        (place / "entry.json").write_bytes(module._digest(text).encode() + b"\n" + text)
        assert shelf.get(SOURCE, ORDER) is None


def test_a_whole_entry_of_another_process_is_never_taken_away_under_its_feet(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = shelf.put(SOURCE, ORDER, MADE)
    before = Path(theirs[0].path).stat().st_ino
    other = dataclasses.replace(MADE, pieces=(Piece(raw=b"as another processor draws it", mime="image/jpeg", at=0.0),))
    assert shelf.put(SOURCE, ORDER, other) == theirs, "what is told is what lies there"
    assert Path(theirs[0].path).stat().st_ino == before


def test_many_writers_and_readers_of_one_entry_agree(shelf: Shelf) -> None:
    found: list[Any] = []

    def work() -> None:
        own = Shelf(shelf.folder)
        for _ in range(30):
            found.extend([own.put(SOURCE, ORDER, MADE), own.get(SOURCE, ORDER)])
            found.append([bytes_of(item) for item in own.put(SOURCE, ORDER, MADE)])

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6 * 30 * 3
    assert {str(item) for item in found} == {str(shelf.get(SOURCE, ORDER)), "[b'first picture', b'second picture']"}
    assert not list(shelf.folder.glob("*/.*"))


WRITER = """
import pathlib, sys
from judge.media.orders import Made, Order, Piece
from judge.media.shelf import Shelf
shelf = Shelf(pathlib.Path(sys.argv[1]))
for number in range(100):
    order = Order(work="frames", count=1 + number)
    made = Made(pieces=(Piece(raw=b"%d" % number * 5000, mime="image/jpeg", at=0.0),), expected=1)
    (put,) = shelf.put("5" * 64, order, made)
    assert pathlib.Path(put.path).read_bytes() == made.pieces[0].raw
    assert shelf.get("5" * 64, order) == (put,)
"""


def test_several_processes_may_fill_one_shelf_at_once(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path / "shelf")]
    writers = [subprocess.Popen(command, env=environment(), cwd=ROOT, stderr=subprocess.PIPE) for _ in range(3)]
    assert [(writer.communicate(timeout=60)[1], writer.returncode) for writer in writers] == [(b"", 0)] * 3
    assert len(list((tmp_path / "shelf").glob("*/*/entry.json"))) == 100
    assert not list((tmp_path / "shelf").glob("*/.*"))


def test_without_the_decoders_the_line_that_installs_them_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PARTS", (("PyAV", "no-such-package"),))
    with pytest.raises(NothingDone, match=r"no-such-package is not installed\. .*python -m pip install av pillow"):
        module.decoder()
