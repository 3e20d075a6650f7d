"""What a worker answers is not trusted: it is parsed as plain JSON and bytes, and a lie costs it its life."""

from __future__ import annotations

import json
import struct
import time
from pathlib import Path
from typing import Any

import pytest
from media_files import Hands, make_clip

from judge.media import crew as module
from judge.media.crew import Lost


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return make_clip(tmp_path / "clip.mp4", 2)


def _lying(monkeypatch: pytest.MonkeyPatch, folder: Path, answer: bytes) -> None:
    (folder / "answer").write_bytes(answer)
    program = f"""
import pathlib, socket, sys
wire = socket.socket(fileno=int(sys.argv[1]))
wire.recv(65536)
wire.sendall(pathlib.Path({str(folder / "answer")!r}).read_bytes())
"""
    monkeypatch.setattr(module, "_PROGRAM", program)
    monkeypatch.setattr(module, "STARTING", 3.0)


def _said(head: Any, *blobs: bytes) -> bytes:
    raw = head if isinstance(head, bytes) else json.dumps(head).encode()
    return b"".join(struct.pack(">Q", len(part)) + part for part in (raw, *blobs))


_PIECE = {"raw": 1, "mime": "image/jpeg", "at": 0.0, "seconds": None}
LIES: dict[str, bytes] = {
    "a huge head": struct.pack(">Q", 2**62),
    "a huge piece": _said({"expected": 1, "pieces": [_PIECE]}) + struct.pack(">Q", 2**40),
    "more in all than allowed": _said({"expected": 2, "pieces": [_PIECE] * 2}, bytes(600_000), bytes(600_000)),
    "fewer pieces than it says": _said({"expected": 8, "pieces": [_PIECE]}, b"x"),
    "no piece at all": _said({"expected": 0, "pieces": []}),
    "no JSON": _said(b"\x80\x04\x95cposix\nsystem\n"),
    "no UTF-8": _said(b'{"kind": "\xff\xfe"}'),
    "another type": _said([1, 2]),
    "a number": _said(5),
    "deep JSON": _said(b"[" * 200_000),
    "no pieces": _said({"expected": 1}),
    "pieces that are none": _said({"expected": 1, "pieces": [7]}, b"x"),
    "another kind of file": _said({"expected": 1, "pieces": [_PIECE | {"mime": "text/html"}]}, b"x"),
    "a list for a kind of file": _said({"expected": 1, "pieces": [_PIECE | {"mime": []}]}, b"x"),
    "a number that is none": _said(b'{"expected": 1e999, "pieces": [{"mime": "image/jpeg", "at": NaN}]}', b"x"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_worker_that_lies_is_lost_with_its_clip(
    lie: str, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands = Hands(seconds=5.0, made_bytes=10**6)
    _lying(monkeypatch, tmp_path, LIES[lie])
    try:
        problem = hands.problem(clip, work="frames")
    finally:
        hands.crew.close()
    assert (type(problem), problem.kind) == (Lost, "corrupt")
    assert hands.crew._idle == []


def test_a_worker_that_answers_drop_by_drop_is_ended_at_the_deadline(
    clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands = Hands(seconds=0.5)
    dripping = """
import socket, sys, time
wire = socket.socket(fileno=int(sys.argv[1]))
wire.recv(65536)
while True:
    wire.sendall(bytes(1))
    time.sleep(0.3)
"""
    monkeypatch.setattr(module, "_PROGRAM", dripping)
    monkeypatch.setattr(module, "STARTING", 0.5)
    started = time.monotonic()
    try:
        assert hands.problem(clip, work="frames").kind == "timeout"
    finally:
        hands.crew.close()
    assert time.monotonic() - started < 15
