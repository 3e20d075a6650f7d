"""`judge trust probe` as a person sees it: what is asked, what is said before and after, and what is refused."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from command import Command, Done, lines_of
from probing import asked, probed_run
from seeded_judge import Traits, seeded


@pytest.fixture
def run(judge: Command, tmp_path: Path) -> Path:
    return probed_run(judge, tmp_path / "p")


def test_verdicts_of_the_scored_run_are_not_asked_for_again(judge: Command, run: Path) -> None:
    with seeded(run.parent.parent / "server", Traits()) as url:
        assert asked(judge, run, url, "--rubric", "probed", to="score").code == 0
        before = len(lines_of(run.parent.parent / "server" / "ledger.jsonl"))
        done = asked(judge, run, url, "--probe", "style", "--cache", "off", "--limit", "10")
        assert "20 hearings to ask (style 20): estimated 20 calls, " in done.out
        after = [line for line in lines_of(run.parent.parent / "server" / "ledger.jsonl")[before:] if "key" in line]
    assert len(after) == 20
    assert all("- **What is heard" in line["prompt"] or "deeply moving" in line["prompt"] for line in after)


def test_the_next_line_is_one_that_works_whether_or_not_the_run_was_scored(judge: Command, run: Path) -> None:
    def following(done: Done) -> list[str]:
        (line,) = [line for line in done.out.splitlines() if line.startswith("  next:  python -m judge trust card ")]
        return shlex.split(line.partition(" -m judge ")[2])

    where = ("trust", "probe", run, "--judge", "rules", "--probe", "retest")
    unscored = following(judge(*where))
    assert unscored[2] == "--probes"
    assert judge(*unscored).code == 0
    assert judge("score", run, "--judge", "rules", "--rubric", "probed").code == 0
    scored = following(judge(*where))
    assert scored[2:] == [str(run), "--judge", "rules"]
    assert judge(*scored).code == 0


def test_a_dry_run_asks_and_writes_nothing(judge: Command, run: Path) -> None:
    with seeded(run.parent.parent / "server", Traits()) as url:
        done = asked(judge, run, url, "--dry-run")
    assert done.code == 0
    assert "hearings to ask (retest 250," in done.out
    assert not (run.parent.parent / "server" / "ledger.jsonl").exists()
    assert not (run.parent / "cards").exists()


def test_ratings_that_came_with_files_cannot_be_probed(judge: Command, run: Path) -> None:
    root = run.parent.parent
    words = ("import", root / "replies.jsonl", "--task", root / "task.yaml", "--model", "m", "--out", root / "two")
    imported = judge(*words).folder
    (imported / "imported.jsonl").write_text('{"id": "p0", "step": "a", "score": "b"}\n')
    done = judge("trust", "probe", imported, "--judge", "imported")
    assert (done.code, done.err) == (
        2,
        "--judge imported: ratings that came with files cannot be asked anything\n",
    )
