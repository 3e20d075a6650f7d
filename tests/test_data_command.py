"""`judge data` and JUDGE_DATA: where data comes from, what is there, and each difference by name and count."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command import Command, summary_of, write_lines
from suites import ABSENT, ITEMS, shelf, with_absent

CLIPS = """\
name: family.sa
version: 1
about: Clips with a sentiment.
licence: MIT
citation: "A family, 2026."
data:
  {path: question/SA.json, also: [SA.json], id: video_id, count: 4, source: "owner/name", known: ["once it was empty"]}
modalities: [text, video]
media: {video: video_id}
asks: [{name: label, qa: "{video_id}?", read: {as: label}}]
labels: {positive: [], negative: []}
target: {label: label}
metrics: [accuracy]
"""
GOOD = [{"video_id": f"v/{number}.mp4", "label": "positive"} for number in range(4)]
MP4 = b"\0\0\0\x18ftypisom" + b"\0" * 64


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """The task's file; `lay` puts data beside it."""
    (tmp_path / "sa.yaml").write_text(CLIPS)
    return tmp_path / "sa.yaml"


def lay(folder: Path, records: list[dict[str, Any]], *, files: int = 4) -> Path:
    (folder / "question").mkdir(parents=True)
    (folder / "question" / "SA.json").write_text(json.dumps(records))
    (folder / "v").mkdir()
    for number in range(files):
        (folder / "v" / f"{number}.mp4").write_bytes(MP4)
    return folder


def test_data_that_is_there_as_stated_is_said_with_its_source_licence_and_layout(
    judge: Command, clips: Path, tmp_path: Path
) -> None:
    done = judge("data", clips, "--data", lay(tmp_path / "d", GOOD), "--media", tmp_path / "d")
    assert done.code == 0, done.out
    for line in ("from     owner/name", "licence  MIT", 'cite     A family, 2026.', "layout   DIR/question/SA.json",
                 "or DIR/SA.json", "stated   4 records", "known    once it was empty",
                 "clips    video: the field video_id, a path below DIR"):  # fmt: skip
        assert line in done.out
    assert f"✓ {tmp_path}/d/question/SA.json: 4 records, as stated; every gold label is in its set" in done.out
    assert f"4 of 4 media files below {tmp_path}/d" in done.out


NO_LABEL = "gold labels outside the label set: 1 (line 4: target: the gold label 'neutral' is not in the label set"
NO_ID = "records that cannot be used: 1 (line 4: video_id: is not a field of this record)"
OUTSIDE = "1 media files cannot be used: '../../etc/passwd' must lie below"


@pytest.mark.parametrize(
    ("records", "files", "said"),
    [
        pytest.param([], 0, "SA.json: 0 records, the authors state 4", id="empty list"),
        pytest.param(GOOD[:3], 4, "SA.json: 3 records, the authors state 4", id="too few"),
        pytest.param([*GOOD[:3], GOOD[3] | {"label": "neutral"}], 4, NO_LABEL, id="label"),
        pytest.param([*GOOD[:3], {"label": "positive"}], 4, NO_ID, id="no id"),
        pytest.param([*GOOD[:3], GOOD[0]], 4, "1 ids stand more than once: v/0.mp4", id="twice"),
        pytest.param(GOOD, 2, "2 of 4 media files are missing below", id="missing clips"),
        pytest.param([*GOOD[:3], GOOD[3] | {"video_id": "../../etc/passwd"}], 4, OUTSIDE, id="leads out"),
    ],
)
def test_each_difference_is_named_and_counted(
    judge: Command, clips: Path, tmp_path: Path, records: list[dict[str, Any]], files: int, said: str
) -> None:
    folder = lay(tmp_path / "d", records, files=files)
    done = judge("data", clips, "--data", folder, "--media", folder)
    assert done.code == 1
    assert said in done.out


def test_a_file_without_a_byte_has_no_records(judge: Command, clips: Path, tmp_path: Path) -> None:
    (tmp_path / "SA.json").write_bytes(b"")
    done = judge("data", clips, "--data", tmp_path)
    assert done.code == 1
    assert "SA.json: 0 records, the authors state 4" in done.out


def test_the_first_missing_files_are_named(judge: Command, clips: Path, tmp_path: Path) -> None:
    done = judge("data", clips, "--data", lay(tmp_path / "d", GOOD, files=0), "--media", tmp_path / "d")
    assert "v/0.mp4, v/1.mp4, v/2.mp4, ..." in done.out


def test_nothing_there_is_three_and_says_how_to_name_the_folder(judge: Command, clips: Path) -> None:
    done = judge("data", clips)
    assert done.code == 3
    assert "✗ not found, neither beside sa.yaml nor where --data or JUDGE_DATA points" in done.out
    assert "nothing is there: give --data DIR, or set JUDGE_DATA to the folder" in done.out


def test_a_suite_is_one_table_with_every_task(judge: Command, tmp_path: Path) -> None:
    suite = with_absent(tmp_path / "t", optional=True)
    done = judge("data", suite)
    assert done.code == 1, "one of four is not there"
    assert "–  AB  DIR/absent/items.jsonl" in done.out
    assert "of 3 stated  not found" in done.out
    assert "      its licence keeps it apart" in done.out
    assert "  3 of 4 tasks there, 3 as stated; 108 records" in done.out
    assert judge("data", suite, "--data", shelf(tmp_path / "t")).code == 0


@pytest.mark.parametrize("name", ["humor", "tasks/humor.yaml", "humor.yaml"])
def test_a_task_is_named_by_its_path_or_its_name(judge: Command, name: str) -> None:
    done = judge("data", name)
    assert (done.code, done.out.splitlines()[0][:8]) == (0, "humor v1")


def test_a_family_is_its_folder_or_its_suite(judge: Command, shared: Path) -> None:
    first = judge("data", "emobench", "--data", shared)
    assert "emobench v1 · " in first.out
    assert judge("data", "tasks/emobench", "--data", shared).out == first.out
    assert judge("data", "emobench/suite", "--data", shared).out == first.out


def test_a_name_that_means_nothing_is_told_the_nearest(judge: Command) -> None:
    done = judge("data", "emobnch")
    assert (done.code, done.out) == (2, "")
    assert 'emobnch: no task or suite of this name; did you mean "emobench' in done.err


def test_the_released_questions_of_emobench_are_there_200_in_each_language(judge: Command, shared: Path) -> None:
    done = judge("data", "emobench/eu", "--data", shared)
    assert done.code == 0, done.out
    assert "EU.jsonl: 400 records (en 200, zh 200)" in done.out


def test_a_broken_copy_of_the_released_questions_is_told_by_line(judge: Command, shared: Path, tmp_path: Path) -> None:
    lines = [json.loads(line) for line in (shared / "emobench" / "EU.jsonl").read_text().splitlines()[:399]]
    lines[4]["emotion_label"] = "Nobody's feeling"
    write_lines(tmp_path / "EU.jsonl", lines)
    task = Path("tasks/emobench/eu.yaml").read_text()
    text = task if "count:" in task else task.replace("  id: qid", "  id: qid\n  count: 400")
    (tmp_path / "eu.yaml").write_text(text)
    done = judge("data", tmp_path / "eu.yaml", "--data", tmp_path)
    assert done.code == 1
    assert "EU.jsonl: 399 records, the authors state 400" in done.out
    assert 'gold labels outside the label set: 1 (line 5: target: the gold answer "Nobody\'s feeling"' in done.out


@pytest.fixture
def absent(tmp_path: Path) -> Path:
    """A task whose data does not ship with it."""
    (tmp_path / "absent.yaml").write_text(ABSENT)
    return tmp_path / "absent.yaml"


def test_judge_data_is_where_data_is_looked_for_that_does_not_ship(
    judge: Command, absent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = ("run", absent, "--provider", "majority", "--out", tmp_path / "r")
    assert "give --data FILE|DIR, or set JUDGE_DATA to its folder" in judge(*line).err
    monkeypatch.setenv("JUDGE_DATA", str(shelf(tmp_path / "d")))
    run = judge(*line)
    assert run.code == 0, run.err
    assert judge("tasks", "check", absent).out.endswith("absent v1; 3 items; commonest gold glad: 2 of 3 (67%)\n")
    assert "line 0?" in judge("tasks", "show", absent, "--sample", "a0").out
    assert judge("data", absent).code == 0


def test_data_that_ships_with_its_task_is_found_beside_it_whatever_judge_data_says(
    judge: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "humor").mkdir()
    (tmp_path / "humor" / "items.jsonl").write_text('{"id": "other"}\n')
    monkeypatch.setenv("JUDGE_DATA", str(tmp_path))
    run = judge("run", "tasks/humor.yaml", "--provider", "majority", "--out", tmp_path / "r")
    assert (run.code, judge("score", run.folder).code) == (0, 0)
    assert summary_of(run.folder)["run"]["expected"] == 32


def test_data_stands_before_judge_data(
    judge: Command, absent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUDGE_DATA", str(shelf(tmp_path / "d")))
    write_lines(tmp_path / "own.jsonl", ITEMS[:2])
    run = judge("run", absent, "--provider", "majority", "--data", tmp_path / "own.jsonl", "--out", tmp_path / "r")
    judge("score", run.folder)
    assert summary_of(run.folder)["run"]["expected"] == 2


def test_data_that_moved_is_found_again_below_judge_data(
    judge: Command, absent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = shelf(tmp_path / "d")
    run = judge("run", absent, "--provider", "majority", "--data", first, "--out", tmp_path / "r")
    first.rename(tmp_path / "moved")
    lost = judge("score", run.folder)
    assert lost.code == 3
    monkeypatch.setenv("JUDGE_DATA", str(tmp_path / "moved"))
    assert judge("score", run.folder).code == 0
    assert judge("show", run.folder, "a0").code == 0


def test_judge_data_that_is_no_folder_is_one_line(
    judge: Command, absent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUDGE_DATA", str(tmp_path / "nowhere"))
    done = judge("run", absent, "--provider", "majority", "--out", tmp_path / "r")
    assert (done.code, done.err) == (3, f"JUDGE_DATA={tmp_path}/nowhere: no such folder\n")


def test_one_folder_may_hold_every_family_in_a_folder_of_its_name(
    judge: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "fam_ily.yaml").write_text(ABSENT.replace("name: absent", "name: fam-ily.absent"))
    shelf(tmp_path / "all" / "fam_ily")
    monkeypatch.setenv("JUDGE_DATA", str(tmp_path / "all"))
    assert judge("data", tmp_path / "fam_ily.yaml").code == 0
    run = judge("run", tmp_path / "fam_ily.yaml", "--provider", "majority", "--out", tmp_path / "r")
    assert run.code == 0, run.err
    (tmp_path / "all").rename(tmp_path / "moved")
    monkeypatch.setenv("JUDGE_DATA", str(tmp_path / "moved"))
    assert judge("score", run.folder).code == 0
    assert judge("score", run.folder, "--data", tmp_path / "moved", "--fresh").code == 0


def test_an_import_finds_its_items_below_judge_data(
    judge: Command, absent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replies = write_lines(tmp_path / "replies.jsonl", [{"id": "a0", "reply": "sad"}])
    monkeypatch.setenv("JUDGE_DATA", str(shelf(tmp_path / "d")))
    done = judge("import", replies, "--task", absent, "--model", "m", "--prompt", "qa", "--out", tmp_path / "r")
    assert done.code == 0, done.err
