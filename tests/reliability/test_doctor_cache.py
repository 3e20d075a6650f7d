"""A damaged cache serves nothing wrong, is seen to be damaged, and is built anew from every reply that is whole."""

from __future__ import annotations

import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from cache_files import LONGEST, Replies, damaged, fill, killed, mended, served, wrong
from command import ROOT, Command
from figures import Figure, keep, size

from providers.batch_jobs import JobStore
from providers.cache import ReplyStore
from providers.cache_check import check_batches, check_replies, in_use
from providers.cache_mend import mend_batches
from providers.cache_pages import PAGE, Found, Pages, rows
from providers.records import Reply

SOUND = "results/example/humor--replay--727271b3"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Replies]:
    folder = tmp_path_factory.mktemp("whole")
    return folder, fill(folder, 300)


def places(raw: bytes, draw: random.Random) -> Iterator[tuple[str, int]]:
    """What kind of place, and a byte of it: forever, each kind as often."""
    pages = range(len(raw) // PAGE)
    index = [number for number in pages if raw[number * PAGE] in (2, 10)]
    values = [at for at in range(len(raw) - 12) if raw[at : at + 12] == b'"text":"repl']
    keys = [at for at in range(len(raw) - 70) if raw[at + 64 : at + 73] == b'{"text":"']
    while True:
        yield "value", draw.choice(values) + draw.randrange(200)
        yield "key", draw.choice(keys) + draw.randrange(64)
        yield "index page", draw.choice(index) * PAGE + draw.randrange(PAGE)
        yield "page header", draw.choice(pages) * PAGE + draw.randrange(12)
        yield "file header", draw.randrange(100)


def test_no_flipped_bit_serves_a_wrong_reply_and_a_repair_keeps_every_other_one(
    tmp_path: Path, whole: tuple[Path, Replies]
) -> None:
    source, replies = whole
    raw, draw, started = (source / "replies.sqlite").read_bytes(), random.Random(11), time.monotonic()
    flips, count, bad = size(60, 1000), Counter[str](), list[str]()
    for number, (kind, at) in zip(range(flips), places(raw, draw), strict=False):
        bit = draw.randrange(8)
        flipped = raw[:at] + bytes([raw[at] ^ 1 << bit]) + raw[at + 1 :]
        folder, begun = damaged(tmp_path / f"f{number}", flipped), time.monotonic()
        checked = check_replies(folder)
        before = served(shutil.copytree(folder, tmp_path / f"s{number}"), replies)
        assert checked is not None
        if before is None:
            count["refused"] += 1
        else:
            bad += [f"{kind} {at}.{bit}"] * len(wrong(before, replies))
            misses = sum(reply is None for reply in before.values())
            count["missed before"] += misses
            bad += [f"unseen: {kind} {at}.{bit}"] if misses and not checked.faults else []
        if checked.left_alone:
            count["called newer"] += 1
        elif checked.faults:
            mend, after = mended(folder, replies)
            bad += [f"mended: {kind} {at}.{bit}"] * len(wrong(after, replies))
            misses = sum(reply is None for reply in after.values())
            count["lost"] += misses
            bad += [f"told {mend.lost}, lost {misses}: {kind} {at}.{bit}"] if mend.lost != misses else []
        bad += [f"slow: {kind} {at}.{bit}"] if time.monotonic() - begun > LONGEST else []
        shutil.rmtree(folder)
        shutil.rmtree(tmp_path / f"s{number}")
    keep(
        Figure(
            name="cache_flips",
            test="one flipped bit in values, keys, index pages and headers of the cache",
            asked="1,000 flipped bits: 0 wrong answers served",
            tried=flips,
            unit="flips",
            failed=len(bad),
            measured=f"{flips * len(replies):,} replies asked for: {count['missed before']:,} missed, "
            f"{count['lost']:,} after repair; file refused {count['refused']:,} times",
            seconds=time.monotonic() - started,
            details=dict(count),
        )
    )
    assert bad == []
    assert count["lost"] <= flips, "one bit costs one reply at most"


def test_a_file_cut_anywhere_gives_back_what_is_before_the_cut(tmp_path: Path, whole: tuple[Path, Replies]) -> None:
    source, replies = whole
    raw, draw = (source / "replies.sqlite").read_bytes(), random.Random(5)
    sizes = sorted([1, 15, 16, 99, 100, PAGE, PAGE + 1] + [draw.randrange(len(raw)) for _ in range(size(8, 120))])
    survived = []
    for cut in sizes:
        folder = damaged(tmp_path / f"cut-{cut}", raw[:cut])
        checked = check_replies(folder)
        assert checked is not None
        assert checked.faults, f"a cut at {cut} is seen"
        _, found = mended(folder, replies)
        assert wrong(found, replies) == []
        survived.append(sum(reply is not None for reply in found.values()))
        shutil.rmtree(folder)
    assert survived[0] == 0
    assert survived[-1] > 100
    assert survived == sorted(survived), "a longer file never gives less"


@pytest.mark.parametrize("raw", [b"", b"\0" * 9000, b"garbage" * 1000, b"SQLite format 3\0" + b"\xff" * 5000])
def test_what_is_no_cache_at_all_is_named_and_set_aside(judge: Command, tmp_path: Path, raw: bytes) -> None:
    folder = damaged(tmp_path / "c", raw)
    found = judge("doctor", "--deep", SOUND, "--cache", folder)
    assert (found.code, "✗" in found.out) == ((1, True) if raw else (0, False))
    assert (folder / "replies.sqlite").read_bytes() == raw
    assert judge("doctor", "--deep", SOUND, "--cache", folder, "--repair").code == 0
    if raw:
        (aside,) = folder.glob("replies.sqlite.damaged-*")
        assert aside.read_bytes() == raw
    assert served(folder, {"k": Reply(text="")}) == {"k": None}


def test_replies_in_the_log_of_a_killed_process_survive_damage_before_them(tmp_path: Path) -> None:
    replies, draw = fill(tmp_path / "same", 40), random.Random(2)
    killed(tmp_path / "k", 40)
    kept = Counter[str]()
    for number in range(size(12, 200)):
        folder = shutil.copytree(tmp_path / "k", tmp_path / f"k{number}")
        log = folder / "replies.sqlite-wal"
        raw = bytearray(log.read_bytes())
        raw[draw.randrange(len(raw))] ^= 1 << draw.randrange(8)
        log.write_bytes(raw)
        checked = check_replies(folder)
        assert checked is not None
        assert log.read_bytes() == raw, "looking changes nothing"
        if not checked.faults:
            assert checked.rows == 40
            kept["harmless"] += 1
            continue
        _, found = mended(folder, replies)
        assert wrong(found, replies) == []
        assert sum(reply is None for reply in found.values()) <= 1
        kept["mended"] += 1
    assert kept["mended"]


def test_a_database_that_lost_its_file_or_its_content_is_built_from_its_log(tmp_path: Path) -> None:
    replies = fill(tmp_path / "same", 40)
    for name in ("emptied", "gone"):
        killed(tmp_path / name, 40)
        file = tmp_path / name / "replies.sqlite"
        file.write_bytes(b"") if name == "emptied" else file.unlink()
        checked = check_replies(tmp_path / name)
        assert checked is not None
        assert "log" in checked.faults[0]
        _, found = mended(tmp_path / name, replies)
        assert found == replies


def test_a_replaced_reply_does_not_come_back_by_a_repair(tmp_path: Path) -> None:
    replies = fill(tmp_path, 60)
    again = {key: Reply(text=f"asked again {number}", model="m") for number, key in enumerate(replies)}
    with closing(ReplyStore(tmp_path)) as store:
        for done in [store.put(key, reply) for key, reply in again.items()]:
            done.result(30)
    raw = bytearray((tmp_path / "replies.sqlite").read_bytes())
    raw[100] ^= 1  # SQLite's own table: no row can be found by it any more
    (tmp_path / "replies.sqlite").write_bytes(raw)
    _, found = mended(tmp_path, replies)
    assert found == again


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TRIGGER t AFTER INSERT ON replies BEGIN DELETE FROM replies; END",
        "CREATE VIEW v AS SELECT 1",
        "CREATE TABLE other (a)",
        "CREATE INDEX i ON replies (sum)",
        "ALTER TABLE replies ADD COLUMN more TEXT AS (upper(key))",
    ],
)
def test_a_strange_table_view_or_trigger_is_named_and_left_out_of_the_new_file(tmp_path: Path, sql: str) -> None:
    replies = fill(tmp_path, 20)
    with closing(sqlite3.connect(tmp_path / "replies.sqlite")) as connection:
        connection.execute(sql)
    checked = check_replies(tmp_path)
    assert checked is not None
    assert "that this program does not make" in checked.faults[0]
    _, found = mended(tmp_path, replies)
    assert found == replies


def test_a_cache_in_use_is_not_repaired(judge: Command, tmp_path: Path) -> None:
    folder = tmp_path / "c"
    fill(folder, 20)
    raw = (folder / "replies.sqlite").read_bytes()
    (folder / "replies.sqlite").write_bytes(raw.replace(b"reply 7", b"rePly 7"))
    script = "import sys; from pathlib import Path; from providers.cache import ReplyStore\n"
    script += (
        "s = ReplyStore(Path(sys.argv[1])); s.get('a'); print('open', flush=True); sys.stdin.readline(); s.close()"
    )
    command = [sys.executable, "-c", script, str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        other.stdout.readline()
        assert in_use(folder)
        done = judge("doctor", "--deep", SOUND, "--cache", folder, "--repair")
        other.communicate("\n")
    assert done.code == 3
    assert "not mended: in use by another process" in done.err
    assert not list(folder.glob("*.damaged-*"))
    assert in_use(folder) is None


def test_the_record_of_batches_is_mended_row_by_row(tmp_path: Path) -> None:
    jobs = JobStore(tmp_path)
    labels = []
    for number in range(60):
        label, _ = jobs.begin("openai", "m", keys=[f"{number:060x}{part:04x}" for part in range(20)])
        jobs.created(label, f"batch_{number}", sure=True)
        labels.append(label)
    jobs.close()
    path = tmp_path / "batches.sqlite"
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2 // PAGE * PAGE : len(raw) // 2 // PAGE * PAGE + 200] = b"\xff" * 200
    path.write_bytes(raw)
    checked = check_batches(tmp_path)
    assert checked is not None
    assert checked.faults
    mend = mend_batches(tmp_path)
    again = check_batches(tmp_path)
    assert again is not None
    assert again.faults == []
    assert mend.kept >= 30
    assert mend.aside.read_bytes() == raw


def test_a_row_keeps_its_time_where_the_cache_has_times(tmp_path: Path) -> None:
    fill(tmp_path, 3)
    with closing(sqlite3.connect(tmp_path / "replies.sqlite", isolation_level=None)) as connection:
        connection.execute("UPDATE replies SET at = 1764000000.0 + 0.5 * (rowid = 2), owner = 'mine' WHERE rowid < 3")
        connection.execute("UPDATE replies SET at = NULL WHERE rowid = 3")
    with Pages(tmp_path / "replies.sqlite") as pages:
        found = [(row.at, row.owner) for row in rows(pages, Found())]
    assert found == [(1764000000.0, "mine"), (1764000000.5, "mine"), (None, "")]
    checked = check_replies(tmp_path)
    assert checked is not None
    assert checked.faults == []


MENDING = """
import os, sys
from pathlib import Path
from providers import cache_mend
from providers.cache_mend import mend_replies
calls = 0
def counted(real):
    def call(*args, **named):
        global calls
        calls += 1
        if calls == int(sys.argv[2]):
            os._exit(9)
        return real(*args, **named)
    return call
for name in ("replace", "hardlink_to", "unlink"):
    setattr(Path, name, counted(getattr(Path, name)))
cache_mend.sync = counted(cache_mend.sync)
mend_replies(Path(sys.argv[1]))
"""


def test_a_repair_that_is_killed_at_any_step_is_finished_by_the_next_and_loses_nothing(tmp_path: Path) -> None:
    replies = fill(tmp_path / "same", 40)
    killed(tmp_path / "k", 40)
    steps = []
    for step in range(1, 30):
        folder = shutil.copytree(tmp_path / "k", tmp_path / f"k{step}")
        command = [sys.executable, "-c", MENDING, str(folder), str(step)]
        code = subprocess.run(command, cwd=ROOT, check=False).returncode
        checked = check_replies(folder)
        assert checked is not None
        if code == 0:
            break
        steps.append(bool(checked.faults))
        if checked.faults:
            assert mended(folder, replies)[1] == replies
        else:
            assert served(folder, replies) == replies
        assert list(folder.glob(".mending-*/*")) == []
    assert len(steps) >= 5, "killed at every step of the exchange"
    assert True in steps
