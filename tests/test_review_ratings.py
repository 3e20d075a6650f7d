"""Ratings of `judge review`: kept at once and for good, by rater, by run, by one writer at a time."""

from __future__ import annotations

import csv
import io
import resource
import shutil
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from command import Command, lines_of, write_lines
from review_runs import IDS, scored_run, served


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return scored_run(tmp_path_factory.mktemp("scored"))


@pytest.fixture
def folder(scored: Path, tmp_path: Path) -> Path:
    return shutil.copytree(scored, tmp_path / "a-run")


def test_a_rater_goes_on_where_they_stopped_and_sees_no_ratings_of_others(folder: Path) -> None:
    with served(folder, "--all") as page:
        scale = page.get("card/0").json["scale"]
        assert page.rate(0, scale[0]["score"], note=" see the smile ").json == {"kept": True}
        assert page.rate(1, None).status == 200
        assert page.rate(0, scale[-1]["score"]).status == 200
        assert page.rate(0, scale[0]["score"], rater="  Ben \n the  second ").status == 200
    with served(folder, "--all") as page:
        ada, ben = (page.get(f"queue?rater={name}").json["said"] for name in ("Ada", "Ben%20the%20second"))
        said = page.end()
    assert ada[0] == {"score": scale[-1]["score"], "cannot_judge": False, "note": ""}
    assert ada[1] == {"score": None, "cannot_judge": True, "note": ""}
    assert ada[2:] == [None] * (len(ada) - 2)
    assert [one is None for one in ben] == [False] + [True] * (len(ben) - 1)
    assert "3 ratings by 2 raters kept in" in said
    assert "judge trust agree --human" in said
    first = lines_of(folder / "ratings.jsonl")[0]
    assert first["note"] == "see the smile"
    assert (first["item"] in IDS, first["rater"], first["seconds"], first["doubt"]) == (
        True,
        "Ada",
        1.5,
        first["doubt"],
    )
    assert {"criterion", "step", "score", "cannot_judge", "rubric_digest", "answer", "at"} < set(first)


def test_with_rater_the_page_does_not_ask_and_takes_no_other_name(folder: Path) -> None:
    with served(folder, "--all", "--rater", "Ada") as page:
        assert page.get("queue?rater=Ben").json["rater"] == "Ada"
        score = page.get("card/0").json["scale"][0]["score"]
        assert page.rate(0, score, rater="Ben").status == 400
        assert page.rate(0, score, rater="").status == 200
    assert [line["rater"] for line in lines_of(folder / "ratings.jsonl")] == ["Ada"]


def test_kill_minus_9_loses_no_rating_that_was_said_to_be_kept(folder: Path) -> None:
    kept = 0
    with served(folder, "--all") as page:
        for number in range(7):
            score = page.get(f"card/{number}").json["scale"][0]["score"]
            kept += page.rate(number, score).json["kept"]
        page.process.send_signal(signal.SIGKILL)
        page.process.wait()
    with (folder / "ratings.jsonl").open("a") as file:
        file.write('{"torn": ')  # what a kill in the middle of a write leaves
    with served(folder, "--all") as page:
        said = page.get("queue?rater=Ada").json["said"]
        page.rate(8, None)
    assert sum(one is not None for one in said) == kept == 7
    assert len(lines_of(folder / "ratings.jsonl")) == 8


def test_a_rating_that_the_disk_does_not_take_is_said_not_to_be_kept_and_leaves_no_piece(folder: Path) -> None:
    log = folder / "ratings.jsonl"
    with served(folder, "--all") as page:
        assert page.rate(0, None).status == 200
        before = log.read_bytes()
        whole = resource.prlimit(page.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(page.process.pid, resource.RLIMIT_FSIZE, (len(before) + 10, whole[1]))
        got = page.rate(1, None)
        assert (got.status, b"could not be written" in got.body) == (507, True)
        assert log.read_bytes() == before
        assert page.get("queue?rater=Ada").json["said"][1] is None
        resource.prlimit(page.process.pid, resource.RLIMIT_FSIZE, whole)
        assert page.rate(1, None).status == 200
    assert len(lines_of(log)) == 2


def test_many_raters_at_once_lose_nothing(folder: Path) -> None:
    with served(folder, "--all") as page, ThreadPoolExecutor(8) as pool:
        every = [(number, f"rater {who}") for who in range(8) for number in range(12)]
        got = list(pool.map(lambda one: page.rate(one[0], None, rater=one[1]).status, every))
        said = page.end()
    assert got == [200] * 96
    assert "96 ratings by 8 raters kept" in said
    kept = {
        (line["rater"], line["item"], line["criterion"], line["step"]) for line in lines_of(folder / "ratings.jsonl")
    }
    assert len(kept) == 96


def test_deep_looks_at_a_run_with_ratings_find_no_fault(folder: Path, judge: Command) -> None:
    with served(folder, "--all") as page:
        page.rate(0, None)
        page.end()
    done = judge("doctor", "--deep", folder, "--cache", "off")
    assert "ratings" not in done.out + done.err


def test_a_second_review_of_the_same_run_is_told_who_has_it(folder: Path, judge: Command) -> None:
    with served(folder, "--all") as page:
        done = judge("review", folder, "--all")
        assert done.code == 3
        assert f"process {page.process.pid}" in done.err
        assert judge("score", folder).code == 0  # scoring meanwhile is no harm


def test_several_runs_are_shown_mixed_and_each_keeps_its_own_ratings(scored: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        shutil.copytree(scored, tmp_path / name)
    with served(tmp_path, "--all") as page:
        assert "24 ratings to make" in page.first[0]
        for number in range(24):
            page.rate(number, None)
    rows = [len(lines_of(tmp_path / name / "ratings.jsonl")) for name in ("one", "two")]
    assert rows == [12, 12]


def test_what_cannot_be_reviewed_is_said_in_one_line(judge: Command, scored: Path, tmp_path: Path) -> None:
    plain = judge("run", "tasks/humor.yaml", "--provider", "majority", "--out", tmp_path, "--limit", "2").folder
    done = judge("review", plain)
    assert (done.code, len(done.err.splitlines())) == (3, 2)
    assert f"python -m judge score {plain}" in done.err
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = judge("review", scored, "--all", "--out", tmp_path / "r.jsonl", "--port", taken.getsockname()[1])
    assert (done.code, "cannot be used" in done.err) == (3, True)


def test_an_exported_rating_is_no_formula_and_is_read_back(folder: Path, judge: Command, tmp_path: Path) -> None:
    formula = '=HYPERLINK("http://x.example","y")'
    with served(folder, "--all") as page:
        assert page.rate(0, page.get("card/0").json["scale"][0]["score"]).status == 200
    write_lines(folder / "ratings.jsonl", [line | {"rater": formula} for line in lines_of(folder / "ratings.jsonl")])
    assert judge("review", folder, "--export", tmp_path / "out.csv").code == 0
    (row,) = csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text()))
    assert row["rater"] == f"'{formula}"
    done = judge("trust", "agree", "--human", tmp_path / "out.csv", "--run", folder, "--rubric", "humor")
    assert "'=HYPERLINK" not in done.out + done.err
