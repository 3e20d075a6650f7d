"""`judge cache`: what is stored and what it cost, pruned only when told to, exported as lines."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from command import ROOT, Command, environment
from golden_run import GOLDEN, RUN, copied

from judge.store import Folder
from providers import cache_stock
from providers.cache import ReplyStore, checksum
from providers.records import Reply, Usage


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Two models' replies, the dear ones first, and one entry of decoded media."""
    folder = tmp_path / "c"
    with closing(ReplyStore(folder)) as store:
        for number in range(100):
            model, cost = ("dear", 0.5) if number < 40 else ("cheap", 0.001 if number < 90 else None)
            reply = Reply(text=f"reply {number} " + "x" * 400, model=model, usage=Usage(cost=cost))
            store.put(f"{number:064x}", reply).result(10)
    entry = folder / "media" / "ab" / ("ab" * 32)
    entry.mkdir(parents=True)
    (entry / "000.jpg").write_bytes(b"x" * 100_000)
    return folder


def count(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "replies.sqlite")) as connection:
        return int(connection.execute("SELECT count(*) FROM replies").fetchone()[0])


def test_what_is_stored_is_shown_by_part_and_by_model_with_what_it_cost(judge: Command, cache: Path) -> None:
    before = {path: path.read_bytes() for path in cache.rglob("*") if path.is_file()}
    done = judge("cache", "--cache", cache)
    assert done.code == 0
    lines = [line.split("  ") for line in done.out.splitlines()]
    cells = [[cell.strip() for cell in line if cell.strip()] for line in lines]
    assert cells[0][0].startswith(f"{cache} · 100 replies · ")
    assert ["decoded media", "98 KiB"] in cells
    assert [row[:2] + row[3:] for row in cells if row[:1] in (["dear"], ["cheap"])] == [
        ["dear", "40 replies", "$20.00"],
        ["cheap", "60 replies", "$0.05", "10 without a price"],
    ]
    assert {path: path.read_bytes() for path in cache.rglob("*") if path.is_file()} == before


def test_a_prune_says_first_what_would_go_and_what_it_had_cost(judge: Command, cache: Path) -> None:
    done = judge("cache", "prune", "--model", "dear", "--cache", cache)
    assert "40 replies" in done.out
    assert "had cost $20.00; asked again, they are paid again" in done.out
    assert "nothing is removed yet: the same line with --yes does it" in done.out
    assert count(cache) == 100


def test_a_prune_removes_what_was_chosen_and_gives_the_room_back(judge: Command, cache: Path) -> None:
    size = (cache / "replies.sqlite").stat().st_size
    assert judge("cache", "prune", "--model", "cheap", "--cache", cache, "--yes").code == 0
    assert count(cache) == 40
    assert (cache / "replies.sqlite").stat().st_size < size / 2
    with closing(ReplyStore(cache)) as store:
        assert store.get(f"{3:064x}") is not None
        assert store.get(f"{50:064x}") is None


def test_only_media_go_where_media_are_named(judge: Command, cache: Path) -> None:
    assert judge("cache", "prune", "--media", "--cache", cache, "--yes").code == 0
    assert (count(cache), cache_stock.media(cache)) == (100, [])


def test_a_size_lets_media_go_first_then_the_oldest_and_no_more_than_it_takes(judge: Command, cache: Path) -> None:
    whole = sum(cache_stock.parts(cache).values())
    done = judge("cache", "prune", "--to", f"{whole - 1}b", "--cache", cache, "--yes")
    assert "1 decoded media" in done.out
    assert count(cache) == 100
    assert judge("cache", "prune", "--to", "40KiB", "--cache", cache, "--yes").code == 0
    left = count(cache)
    assert 20 < left < 70
    assert sum(cache_stock.parts(cache).values()) <= 44 * 1024
    with closing(ReplyStore(cache)) as store:
        assert [store.get(f"{number:064x}") is not None for number in (0, 99)] == [False, True]
    assert "nothing has to go" in judge("cache", "prune", "--to", "1GB", "--cache", cache, "--yes").out


def test_a_cache_in_use_is_not_pruned(judge: Command, cache: Path) -> None:
    script = "import sys; from pathlib import Path; from providers.cache import ReplyStore\n"
    script += "s = ReplyStore(Path(sys.argv[1])); s.get('a'); print('open', flush=True); sys.stdin.readline()"
    command = [sys.executable, "-c", script, str(cache)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        other.stdout.readline()
        done = judge("cache", "prune", "--model", "dear", "--cache", cache, "--yes")
        other.communicate("\n")
    assert done.code == 3
    assert "is in use by another process" in done.err
    assert count(cache) == 100


def dated(folder: Path, days: float) -> None:
    """A cache of schema 2, as far as --older needs it: every row has its time."""
    with closing(sqlite3.connect(folder / "replies.sqlite", isolation_level=None)) as connection:
        if "at" not in [row[1] for row in connection.execute("PRAGMA table_info(replies)")]:
            connection.execute("ALTER TABLE replies ADD COLUMN at REAL")
        now = time.time()
        connection.execute("UPDATE replies SET at = ?", (now,))
        connection.execute("UPDATE replies SET at = ? WHERE rowid <= 10", (now - days * 86_400,))


def test_older_replies_go_where_the_cache_has_dates_and_are_refused_where_it_has_none(
    judge: Command, cache: Path
) -> None:
    dated(cache, 40)
    assert "stored from " in judge("cache", "--cache", cache).out
    assert judge("cache", "prune", "--older", "30", "--cache", cache, "--yes").code == 0
    assert count(cache) == 90
    old = judge("cache", "prune", "--older", "30", "--cache", GOLDEN / "cache")
    assert old.code == 2
    assert "have no dates" in old.err


def test_the_replies_of_a_run_are_exported_as_lines(
    judge: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(copied(tmp_path))
    done = judge("cache", "export", "--cache", "cache", "--for", "results/golden", "--out", "out/r.jsonl")
    assert done.code == 0, done.err
    lines = [json.loads(line) for line in Path("out/r.jsonl").read_text().splitlines()]
    answers = Folder(Path("results/golden")).read_answers().values()
    asked = {reply.request: reply.text for answer in answers for reply in answer.replies}
    assert {line["key"]: line["reply"]["text"] for line in lines} == asked
    assert len(list(Path("out").iterdir())) == 1
    whole = judge("cache", "export", "--cache", "cache")
    assert len(whole.out.splitlines()) == 35
    assert "35 replies exported" in whole.err


def test_what_a_stranger_stored_cannot_leave_its_line_or_move_the_terminal(judge: Command, cache: Path) -> None:
    raw = '{"text":"\u009b2J\u001b[2J","model":"\u009b31m\\u001b]0;x\\u0007","usage":{"cost":1e999}\n,"seconds":NaN}'
    value, key = raw.replace("\u001b", "").encode(), 'a","reply":"b\n'
    with closing(sqlite3.connect(cache / "replies.sqlite", isolation_level=None)) as connection:
        connection.execute("INSERT INTO replies (key, value, sum) VALUES (?, ?, ?)", (key, value, checksum(key, value)))
    shown, out = judge("cache", "--cache", cache), judge("cache", "export", "--cache", cache)
    assert not set(shown.out + out.out) & {"\u009b", "\u001b", "\u0007"}
    lines = [json.loads(line) for line in out.out.splitlines()]
    assert len(lines) == 101
    assert key in [line["key"] for line in lines]


def test_an_export_to_a_pipe_that_closes_is_no_fault(tmp_path: Path) -> None:
    with closing(ReplyStore(tmp_path)) as store:
        for done in [store.put(f"{number:064x}", Reply(text="x" * 5000)) for number in range(200)]:
            done.result(10)
    line = f"{sys.executable} -m judge cache export --cache {tmp_path} | head -1"
    done_ = subprocess.run(["bash", "-c", line], cwd=ROOT, env=environment(), capture_output=True, check=False)
    assert (done_.stdout.count(b"\n"), done_.stderr.count(b"Traceback")) == (1, 0)


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        (["prune"], 2, "say what is to go"),
        (["--yes"], 2, "--yes belongs to python -m judge cache prune, not to show"),
        (["export", "--older", "3"], 2, "--older belongs to python -m judge cache prune"),
        (["prune", "--media", "--model", "dear"], 2, "decoded media belong to no model"),
        (["prune", "--model", "dera"], 2, 'did you mean "dear"?'),
        (["prune", "--to", "much"], 2, "is not a size, e.g. 500MB or 2GiB"),
        (["export", "--for", "nowhere"], 2, "is not a run"),
    ],
)
def test_a_wrong_line_is_one_clear_line(judge: Command, cache: Path, line: list[str], code: int, said: str) -> None:
    done = judge("cache", *line, "--cache", cache)
    assert (done.code, said in done.err) == (code, True), done.err
    assert len(done.err.splitlines()) == 1


def test_no_cache_and_a_damaged_or_newer_one_are_said(judge: Command, cache: Path, tmp_path: Path) -> None:
    assert "no cache there yet" in judge("cache", "--cache", tmp_path / "none").err
    assert "there is no cache to look at" in judge("cache", "--cache", "off").err
    with closing(sqlite3.connect(cache / "replies.sqlite")) as connection:
        connection.execute("PRAGMA user_version=99")
    assert "is of a newer version (schema 99)" in judge("cache", "--cache", cache).err
    raw = (cache / "replies.sqlite").read_bytes()
    (cache / "replies.sqlite").write_bytes(raw[:100] + b"\xff" * 5000 + raw[5100:])
    done = judge("cache", "prune", "--to", "1KiB", "--cache", cache, "--yes")
    assert done.code == 3
    assert f"python -m judge doctor --deep --cache {cache}" in done.err


def test_a_pruned_reply_does_not_come_back_by_a_repair(judge: Command, cache: Path) -> None:
    judge("cache", "prune", "--model", "dear", "--cache", cache, "--yes")
    raw = bytearray((cache / "replies.sqlite").read_bytes())
    raw[105] ^= 1
    (cache / "replies.sqlite").write_bytes(raw)
    judge("doctor", "--deep", "results/example/humor--replay--727271b3", "--cache", cache, "--repair")
    assert count(cache) == 60


def test_a_run_after_a_prune_pays_for_what_went_and_for_nothing_else(
    judge: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody answers at the golden run's address: what is not stored fails."""
    monkeypatch.chdir(copied(tmp_path))
    judge("cache", "prune", "--to", "45KiB", "--cache", "cache", "--yes")
    left = {reply.key for reply in cache_stock.kept(Path("cache"))}
    golden = Folder(GOLDEN / "results" / "golden").read_answers().values()
    keys = {answer.replies[0].request for answer in golden if answer.replies}
    assert keys - left, "something of this run went"
    (tmp_path / "ids").write_text("g-0\ng-1\n")
    judge(*RUN, "--fresh", "--ids", tmp_path / "ids", "--patience", "0")
    for answer in Folder(Path("results/golden")).read_answers().values():
        assert answer.status == "error" or answer.replies[0].request in left
