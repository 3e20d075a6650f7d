"""Caches to damage: filled ones, those of killed processes, and what a damaged one serves."""

from __future__ import annotations

import random
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from command import ROOT

from providers.cache import ReplyStore
from providers.cache_check import check_replies
from providers.cache_mend import Mended, mend_replies
from providers.errors import CacheUnusable
from providers.records import Reply

Replies = dict[str, Reply]
NEW = "n" * 64
LONGEST = 10.0
"""Seconds that one damaged cache may take: more is a hang."""


def fill(folder: Path, count: int, *, seed: int = 3) -> Replies:
    draw = random.Random(seed)
    replies = {}
    with closing(ReplyStore(folder)) as store:
        for number in range(count):
            text = f"reply {number} " + "x" * draw.choice([5, 40, 300, 300, 300, 6000])
            replies[f"{draw.getrandbits(256):064x}"] = Reply(text=text, model="m")
        for done in [store.put(key, reply) for key, reply in replies.items()]:
            done.result(30)
    return replies


def damaged(folder: Path, raw: bytes) -> Path:
    folder.mkdir()
    (folder / "replies.sqlite").write_bytes(raw)
    return folder


def served(folder: Path, replies: Replies) -> dict[str, Reply | None] | None:
    """What the store as it is says of every key; None where it refuses the file. Then it must still take a new one."""
    try:
        with closing(ReplyStore(folder)) as store:
            found = {key: store.get(key) for key in replies}
            store.put(NEW, Reply(text="new")).result(LONGEST)
            return found
    except CacheUnusable:
        return None


def mended(folder: Path, replies: Replies) -> tuple[Mended, dict[str, Reply | None]]:
    mend = mend_replies(folder)
    checked = check_replies(folder)
    assert checked is not None
    assert (checked.faults, mend.aside.exists()) == ([], True)
    found = served(folder, replies)
    assert found is not None
    return mend, found


def wrong(found: dict[str, Reply | None], replies: Replies) -> list[str]:
    return [key for key, reply in found.items() if reply not in (None, replies[key])]


KILLED = """
import os, sys
from pathlib import Path
sys.path.insert(0, "tests")
from cache_files import fill
import providers.cache
providers.cache.ReplyStore.close = lambda self: None
fill(Path(sys.argv[1]), int(sys.argv[2]))
os._exit(9)
"""


def killed(folder: Path, count: int) -> None:
    """A cache whose process was killed: its last replies are in the log only."""
    done = subprocess.run([sys.executable, "-c", KILLED, str(folder), str(count)], cwd=ROOT, check=False)
    assert done.returncode == 9
    assert (folder / "replies.sqlite-wal").stat().st_size
