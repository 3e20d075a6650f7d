"""The workers: bounded, replaced when they fail, without keys and without a way out."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from media_files import Hands, files_open, make_clip, make_sound, numbers, plain_wav
from PIL import Image

from judge.media import crew as module
from judge.media.crew import Crew
from judge.media.orders import Made, Order, Unusable


@pytest.fixture
def hands() -> Iterator[Hands]:
    found = Hands(seconds=20.0)
    yield found
    found.crew.close()


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return make_clip(tmp_path / "clip.mp4", 30, b_frames=2, sound="aac")


def test_a_worker_serves_many_clips_of_all_kinds_and_then_is_replaced(tmp_path: Path, clip: Path) -> None:
    hands = Hands(clips=3)
    Image.new("RGBA", (50, 40)).save(tmp_path / "still.webp")
    sound = make_sound(tmp_path / "sound.mp3", codec="libmp3lame", rate=44_100)
    pids = []
    try:
        for path, work in ((clip, "frames"), (clip, "audio"), (sound, "audio"), (clip, "mute"), (clip, "whole"),
                           (tmp_path / "still.webp", "image"), (clip, "frames")):  # fmt: skip
            assert len(hands.make(path, work=work).pieces) == (8 if work == "frames" else 1)
            pids.append(hands.pid if hands.crew._idle else 0)
    finally:
        hands.crew.close()
    assert [pids[0] == pids[1], pids[2], pids[3] == pids[4], pids[5]] == [True, 0, True, 0]
    assert len({pid for pid in pids if pid}) == 3
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids if pid), "none is left behind"


def test_a_worker_has_no_key_no_file_and_no_terminal(hands: Hands, clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-0123456789")
    hands.make(clip, work="frames")
    place = Path(f"/proc/{hands.pid}")
    assert (place / "environ").read_bytes() == b""
    assert b"sk-canary" not in (place / "cmdline").read_bytes()
    opened = [str(item.readlink()) for item in (place / "fd").iterdir()]
    assert sorted(name.partition(":")[0] for name in opened) == ["/dev/null", "/dev/null", "/dev/null", "socket"]
    assert str((place / "cwd").readlink()) == "/"
    assert os.getsid(hands.pid) == hands.pid, "a Ctrl-C at the terminal is not for it"


TRIES = """
import judge.media.decode as decode, os, socket, sys
from judge.media.orders import Unusable
def make(file, order, bounds):
    said = []
    for name, call in {
        "read": lambda: os.open("/etc/passwd", os.O_RDONLY),
        "write": lambda: os.open(sys.argv[3], os.O_WRONLY | os.O_CREAT),
        "socket": socket.socket,
        "pipe": os.pipe,
        "more memory": lambda: bytearray(bounds.memory),
    }.items():
        try:
            call()
            said.append(name)
        except (OSError, MemoryError):
            pass
    raise Unusable("tried", ",".join(said))
decode.make = make
"""


def test_a_decoder_that_was_taken_over_can_open_no_file_and_no_socket(
    hands: Hands, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, _, end = module._PROGRAM.partition("main(int(")
    taken = f"{start}sys.argv.append({str(tmp_path / 'written')!r})\n{TRIES}\nmain(int({end}"
    monkeypatch.setattr(module, "_PROGRAM", taken)
    for _ in range(2):
        problem = hands.problem(clip, work="frames")
        assert (problem.kind, problem.message) == ("tried", "")
    assert not (tmp_path / "written").exists()
    limits = Path(f"/proc/{hands.pid}/limits").read_text()
    assert [line.split()[3:5] for line in limits.splitlines() if line.startswith("Max file size")] == [["0", "0"]]


def test_a_decoder_that_hangs_ends_as_timeout_and_the_next_clip_works(clip: Path) -> None:
    hands = Hands(seconds=1.0)
    try:
        hands.make(clip, work="frames")
        hung = hands.pid
        os.kill(hung, signal.SIGSTOP)
        started = time.monotonic()
        problem = hands.problem(clip, work="frames")
        assert (problem.kind, problem.message) == ("timeout", "takes more than 1 s to decode")
        assert time.monotonic() - started < 15
        assert numbers(hands.make(clip, work="frames", count=2)) == [0, 29]
        assert hands.pid != hung
        assert not Path(f"/proc/{hung}").exists()
    finally:
        hands.crew.close()


def test_a_worker_that_is_killed_amid_a_clip_fails_that_clip_only(hands: Hands, clip: Path) -> None:
    hands.make(clip, work="frames")
    first = hands.pid
    os.kill(first, signal.SIGSTOP)
    killer = threading.Timer(0.3, os.kill, (first, signal.SIGKILL))
    killer.start()
    problem = hands.problem(clip, work="frames")
    assert (problem.kind, problem.message) == ("corrupt", "ended its decoder (signal 9)")
    assert len(hands.make(clip, work="frames").pieces) == 8
    killer.join()


def test_a_worker_that_was_killed_while_idle_fails_no_clip(hands: Hands, clip: Path) -> None:
    hands.make(clip, work="frames")
    os.kill(hands.pid, signal.SIGKILL)
    hands.crew._idle[0]._process.wait(10)
    assert len(hands.make(clip, work="frames").pieces) == 8


def test_a_picture_that_takes_too_much_memory_is_refused_and_its_worker_goes_on(tmp_path: Path, clip: Path) -> None:
    Image.new("RGB", (6000, 6000)).save(tmp_path / "large.png")
    hands = Hands(memory=250 * 2**20)
    try:
        problem = hands.problem(tmp_path / "large.png", work="image")
        assert (problem.kind, problem.message) == ("too_large", "takes more than 262,144,000 bytes of memory")
        first = hands.pid
        assert len(hands.make(clip, work="frames").pieces) == 8
        assert hands.pid == first
    finally:
        hands.crew.close()


@pytest.mark.parametrize(
    ("bounds", "work", "kind"),
    [
        ({"packets": 29}, "frames", "too_long"),
        ({"made_bytes": 900}, "frames", "too_large"),
        ({"pixels": 64 * 48 - 1}, "frames", "too_large"),
        ({"pixels": 64 * 48 - 1}, "mute", "too_large"),
        ({"pixels": 64 * 48 - 1}, "whole", "too_large"),
        ({"audio_seconds": 0.5}, "audio", "too_long"),
    ],
)
def test_every_bound_of_a_clip_is_kept(clip: Path, bounds: dict[str, Any], work: str, kind: str) -> None:
    hands = Hands(**bounds)
    try:
        problem = hands.problem(clip, work=work)
    finally:
        hands.crew.close()
    assert (problem.kind, type(problem)) == (kind, Unusable), problem.message


def test_a_run_that_ends_does_not_wait_for_a_clip_that_hangs(clip: Path) -> None:
    hands = Hands(seconds=60.0)
    hands.make(clip, work="frames")
    os.kill(hands.pid, signal.SIGSTOP)
    descriptor = os.open(clip, os.O_RDONLY)
    before = files_open()

    async def stopped() -> None:
        task = asyncio.create_task(hands.crew.make(descriptor, Order(work="frames")))
        await asyncio.sleep(0.2)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await asyncio.to_thread(hands.crew.close)

    started = time.monotonic()
    asyncio.run(stopped())
    assert time.monotonic() - started < 15
    assert files_open() < before, "the crew's copy of the file and its socket are closed"
    os.close(descriptor)


def test_many_clips_at_once_share_few_workers_and_leave_no_file_open(tmp_path: Path, clip: Path) -> None:
    crew = Crew(workers=2)
    sound = plain_wav(tmp_path / "a.wav")
    before = files_open()

    async def all_of_them() -> list[Made]:
        descriptors = [os.open(path, os.O_RDONLY) for path in (clip, sound) * 30]
        orders = [Order(work="frames"), Order(work="audio")] * 30
        try:
            return await asyncio.gather(*map(crew.make, descriptors, orders))
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    made = asyncio.run(all_of_them())
    assert [len(item.pieces) for item in made] == [8, 1] * 30
    assert len(crew._idle) <= 2
    crew.close()
    assert files_open() <= before
