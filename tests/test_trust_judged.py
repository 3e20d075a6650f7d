"""A judge's ratings out of a scored run: which verdicts count, and under which names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command import Command, lines_of, write_lines
from trusting import csv_file

from judge.cli.opening import open_rubric
from judge.errors import Fault
from judge.store import Folder
from judge.trust.judged import Wanted, read_run
from judge.trust.ratings import Rating, Reader

Lines = list[dict[str, Any]]


@pytest.fixture
def folder(judge: Command, tmp_path: Path) -> Path:
    """A small run of the humour task, with reasons, judged by the rules."""
    replies = [{"id": f"h-{row:03}", "reply": REPLY} for row in range(1, 33)]
    lines = write_lines(tmp_path / "replies.jsonl", replies)
    made = judge(
        "import", lines, "--task", "tasks/humor.yaml", "--model", "m", "--prompt", "cot", "--out", tmp_path / "r"
    )
    assert made.code == 0, made.err
    assert judge("score", made.folder, "--judge", "rules").code == 0
    return made.folder


REPLY = (
    "She says the opposite of what happened. Her voice stays flat while the others laugh. "
    "That gap is what makes it a joke.\nAnswer: humorous"
)


def human(item: str, criterion: str, claim: str = "") -> Rating:
    place = Fault("", None, "", "")
    return Rating(item=item, rater="anna", criterion=criterion, score=1.0, cluster=None, place=place, claim=claim)


def read(folder: Path, *people: Rating, reader: Reader | None = None) -> list[Rating]:
    wanted = Wanted(judges=("rules",), rubric=open_rubric("humor"), human=people)
    return read_run(Folder(folder), reader or Reader(), wanted)


def verdicts(folder: Path, criterion: str) -> Lines:
    return [line for line in lines_of(folder / "verdicts.jsonl") if line["criterion"] == criterion]


def test_every_expected_answer_has_a_rating_on_every_criterion_by_the_mean_of_its_steps(folder: Path) -> None:
    rows = {(row.item, row.criterion): row for row in read(folder)}
    items = {item for item, _ in rows}
    assert len(rows) == 2 * len(items)
    first = min(items)
    steps = [line["score"] for line in verdicts(folder, "steps") if line["sample_id"] == first]
    assert len(steps) > 1
    assert rows[first, "steps"].score == pytest.approx(sum(steps) / len(steps))


def test_where_people_rated_single_steps_each_step_is_an_item_of_its_samples_cluster(folder: Path) -> None:
    rows = [row for row in read(folder, human("h-001/2", "steps")) if row.criterion == "steps"]
    mine = {row.item: row.score for row in rows if row.item.startswith("h-001/")}
    expected = {
        f"h-001/{line['step']}": line["score"] for line in verdicts(folder, "steps") if line["sample_id"] == "h-001"
    }
    assert mine == expected
    assert len({row.cluster for row in rows if row.item.startswith("h-001/")}) == 1
    assert all(row.cluster for row in rows)


def test_a_step_is_known_by_its_words_where_peoples_file_has_them(folder: Path) -> None:
    """People rated the judge's second step as their first, and one that the judge does not have."""
    steps = {line["step"]: line for line in verdicts(folder, "steps") if line["sample_id"] == "h-001"}
    people = [
        human("h-001/1", "steps", steps[2]["claim"].upper()),
        human("h-001/3", "steps", "She smiles at the cook."),
    ]
    reader = Reader()
    rows = {row.item: row.score for row in read(folder, *people, reader=reader) if row.criterion == "steps"}
    mine = {item: score for item, score in rows.items() if item.startswith("h-001/")}
    assert mine == {"h-001/1": steps[2]["score"]}
    where = folder / "verdicts.jsonl"
    assert reader.notes == [
        f"{where}: steps of rules with other words than those that people rated, left out: {len(steps) - 1}",
        f"{where}: steps that people rated and rules does not have: 1",
    ]


def test_repeats_that_cut_a_reply_otherwise_are_paired_by_words_too(folder: Path) -> None:
    lines = lines_of(folder / "verdicts.jsonl")
    own = [line for line in lines if line["criterion"] == "steps" and line["sample_id"] == "h-001"]
    turned = [line | {"judge_draw": 1, "step": len(own) + 1 - line["step"], "score": 0.25} for line in own]
    write_lines(folder / "verdicts.jsonl", [*lines, *turned])
    people = [human(f"h-001/{line['step']}", "steps", line["claim"]) for line in own]
    rows = {row.item: row.score for row in read(folder, *people) if row.criterion == "steps"}
    assert {f"h-001/{line['step']}": (line["score"] + 0.25) / 2 for line in own} == {
        item: score for item, score in rows.items() if item.startswith("h-001/")
    }


def test_a_run_knows_the_labels_and_fields_of_its_items(folder: Path, judge: Command, tmp_path: Path) -> None:
    items = sorted({line["sample_id"] for line in verdicts(folder, "cot")})
    people = csv_file(
        tmp_path / "h.csv", "item,rater,criterion,score", *(f"{item},a,cot,{1 + n % 5}" for n, item in enumerate(items))
    )
    done = judge(
        "trust", "agree", "--human", people, "--judge", "rules", "--rubric", "humor", "--run", folder,
        "--by", "gold", "--by", "speaker", "--resamples", "200", "--json", tmp_path / "a.json",
    )  # fmt: skip
    assert done.code == 0, done.err
    found = json.loads((tmp_path / "a.json").read_text())
    assert {group["value"] for group in found["groups"][0]["groups"]} == {"humorous", "serious"}
    assert found["groups"][1]["by"] == "speaker"
    assert found["lengths"][0]["reason"] or found["lengths"][0]["partial"]["reason"]  # every reply is the same
    assert found["lengths"][0]["n"] == len(items)


def test_a_criterion_that_people_name_with_its_rubric_is_named_so(folder: Path) -> None:
    assert {row.criterion for row in read(folder, human("h-001", "humor/cot"))} == {"humor/cot", "steps"}


def test_verdicts_on_another_answer_do_not_count(folder: Path) -> None:
    """An answer that was asked again has another digest."""
    lines = lines_of(folder / "verdicts.jsonl")
    changed = [line | {"answer": "0" * 16} if line["sample_id"] == "h-001" else line for line in lines]
    write_lines(folder / "verdicts.jsonl", changed)
    missing = {row.item for row in read(folder) if row.score != row.score}
    assert missing == {"h-001"}


def test_a_verdict_that_failed_is_a_missing_rating_and_is_said(folder: Path) -> None:
    lines = lines_of(folder / "verdicts.jsonl")
    problem = {"stage": "judge", "kind": "unreadable", "message": "no JSON"}
    changed = [
        line | {"score": None, "problem": problem}
        if (line["sample_id"], line["criterion"]) == ("h-002", "cot")
        else line
        for line in lines
    ]
    write_lines(folder / "verdicts.jsonl", changed)
    reader = Reader()
    rows = {(row.item, row.criterion): row.score for row in read(folder, reader=reader)}
    assert rows["h-002", "cot"] != rows["h-002", "cot"]
    assert rows["h-002", "steps"] == rows["h-002", "steps"]
    assert reader.notes == [f"{folder / 'verdicts.jsonl'}: no rating by rules: unreadable 1"]


def test_of_several_repeats_the_mean_counts(folder: Path) -> None:
    lines = lines_of(folder / "verdicts.jsonl")
    again = [line | {"judge_draw": 1, "score": 5.0} for line in lines if line["criterion"] == "cot"]
    write_lines(folder / "verdicts.jsonl", [*lines, *again])
    before = {line["sample_id"]: line["score"] for line in lines if line["criterion"] == "cot"}
    rows = {row.item: row.score for row in read(folder) if row.criterion == "cot"}
    assert rows == {item: (score + 5.0) / 2 for item, score in before.items()}


def test_the_way_of_asking_that_the_run_is_scored_by_counts_and_that_there_were_others_is_said(folder: Path) -> None:
    """Where no summary says which, the latest."""
    lines = lines_of(folder / "verdicts.jsonl")
    before = {line["score"] for line in lines if line["criterion"] == "cot"}
    later = [line | {"method": "another", "score": 2.0} for line in lines if line["criterion"] == "cot"]
    write_lines(folder / "verdicts.jsonl", [*lines, *later])
    reader = Reader()
    assert {row.score for row in read(folder, reader=reader) if row.criterion == "cot"} == before
    assert reader.methods == {"rules": lines[0]["method"]}
    assert f"rules was asked in 2 ways; that of the run's scores counts ({lines[0]['method']})" in reader.notes[0]
    (folder / "summary.json").unlink()
    reader = Reader()
    assert {row.score for row in read(folder, reader=reader) if row.criterion == "cot"} == {2.0}
    assert "rules was asked in 2 ways; the latest counts (another)" in reader.notes[0]


def test_a_run_that_nobody_judged_says_how_to(judge: Command, tmp_path: Path) -> None:
    made = judge("run", "tasks/humor.yaml", "--provider", "majority", "--limit", "3", "--out", tmp_path / "r")
    people = csv_file(tmp_path / "h.csv", "item,rater,criterion,score", "h-001,a,cot,3")
    done = judge("trust", "agree", "--human", people, "--judge", "rules", "--rubric", "humor", "--run", made.folder)
    assert done.code == 2
    assert f"no verdict by rules (none yet:  python -m judge score {made.folder})" in done.err
    assert json.loads((made.folder / "run.json").read_text())["provider"] == "majority"
