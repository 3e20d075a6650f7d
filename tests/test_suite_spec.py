"""Suite files: what they mean, and that each fault is told with file, line, key and the nearest name."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import Command

from judge import shipped
from judge.errors import TaskError
from judge.spec.suite import is_suite, read_suite

SUITE = """\
name: moods
version: 2
about: Three tasks.
licence: CC0-1.0
tasks: {HU: hu.yaml, SD: sd.yaml, LR: lr.yaml}
dimensions: {Play: [HU, SD]}
metrics: {LR: total}
optional: {SD: its clips are not released}
scores:
  Table: {mean: [HU, SD], about: as printed}
  Board: {mean: [Table, LR]}
  Rec: {micro: recognition, of: [HU, SD]}
references:
  - {model: M, source: a paper, values: {Table: 70.1, HU.calm: 60, HU: 50}}
"""
FAULTS = [
    (
        "mean: [HU, SD], about",
        "mean: [HU, SDD], about",
        '10: scores.Table.mean.1: no task or average is called "SDD"; did you mean "SD"?',
    ),
    (
        "mean: [Table, LR]",
        "mean: [Rec, LR]",
        "11: scores.Board.mean.0: 'Rec' pools samples, which no mean takes",
    ),
    (
        "Table: {mean: [HU, SD], about: as printed}",
        "Table: {mean: [Board, SD]}",
        "10: scores.Table.mean.0: 'Board' must stand above it",
    ),
    (
        "{mean: [Table, LR]}",
        "{mean: [HU], micro: x}",
        "11: scores.Board: give either mean: [parts] or micro: METRIC",
    ),
    (
        "Board: {mean: [Table, LR]}",
        "Board: {mean: [Table, LR], metric: accuracy}",
        "11: scores.Board.metric: only a mean over tasks takes it",
    ),
    (
        "mean: [Table, LR]",
        "mean: [LR, LR]",
        "11: scores.Board.mean: a part stands twice",
    ),
    (
        "metrics: {LR: total}",
        "metrics: {LLR: total}",
        '7: metrics.LLR: no task is called "LLR"; did you mean "LR"?',
    ),
    (
        "Play: [HU, SD]",
        "Play: [HU, S]",
        '6: dimensions.Play.1: no task is called "S"',
    ),
    (
        "hu.yaml",
        "../hu.yaml",
        "5: tasks.HU: '../hu.yaml' is no YAML file below the suite's folder: no .., no absolute path",
    ),
    (
        "hu.yaml",
        "/etc/hu.yaml",
        "5: tasks.HU: '/etc/hu.yaml' is no YAML file below the suite's folder: no .., no absolute path",
    ),
    (
        "about: Three tasks.",
        "abuot: Three tasks.",
        '3: abuot: unknown key; did you mean "about"?',
    ),
    (
        "HU: 50}",
        "HUU: 50}",
        '14: references.0.values.HUU: no task or average is called "HUU"; did you mean "HU"?',
    ),
    (
        "  Table: {mean",
        "  hu: {mean: [LR]}\n  Table: {mean",
        "10: scores.hu: 'hu' is taken by 'HU'",
    ),
    (
        "about: as printed",
        "abuot: as printed",
        '10: scores.Table.abuot: unknown key; did you mean "about"?',
    ),
]
SUITES = [path for path in shipped.names("tasks").values() if is_suite(path)]


def faults(folder: Path, text: str) -> list[str]:
    path = folder / "suite.yaml"
    path.write_text(text)
    with pytest.raises(TaskError) as found:
        read_suite(path, "suite.yaml")
    return [str(fault) for fault in found.value.faults]


def test_a_suite_says_each_tasks_metric_and_the_weights_of_its_averages(tmp_path: Path) -> None:
    (tmp_path / "suite.yaml").write_text(SUITE)
    suite = read_suite(tmp_path / "suite.yaml")
    assert [suite.metric_of(key) for key in suite.tasks] == ["accuracy", "accuracy", "total"]
    assert [tuple(leaf) for leaf in suite.leaves("Board")] == [
        ("HU", "accuracy", 0.25),
        ("SD", "accuracy", 0.25),
        ("LR", "total", 0.5),
    ]
    assert [leaf.task for leaf in suite.leaves("Rec")] == ["HU", "SD"]


@pytest.mark.parametrize(("old", "new", "fault"), FAULTS, ids=lambda text: text[:24])
def test_a_fault_names_file_line_key_and_the_nearest_name(tmp_path: Path, old: str, new: str, fault: str) -> None:
    assert old in SUITE
    assert any(said.startswith(f"suite.yaml:{fault}") for said in faults(tmp_path, SUITE.replace(old, new, 1)))


def test_a_link_out_of_the_suites_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "family"
    folder.mkdir()
    (tmp_path / "secret.yaml").write_text("name: x")
    (folder / "hu.yaml").symlink_to(tmp_path / "secret.yaml")
    assert "is a link that leads out of the suite's folder" in faults(folder, SUITE)[0]


def test_a_suite_is_told_from_a_task_by_what_stands_in_it(tmp_path: Path) -> None:
    assert not is_suite(Path("tasks/humor.yaml"))
    assert not is_suite(tmp_path / "absent.yaml")
    (tmp_path / "torn.yaml").write_text("tasks: [")
    assert is_suite(tmp_path / "torn.yaml"), "whoever wrote it is told what is wrong with a suite"
    (tmp_path / "flow.yaml").write_text('{"name": "s", "tasks": {"A": "a.yaml"}}')
    assert is_suite(tmp_path / "flow.yaml")
    (tmp_path / "text.yaml").write_text("about: |\n  tasks: none\n")
    assert not is_suite(tmp_path / "text.yaml")


@pytest.mark.parametrize("path", SUITES, ids=lambda path: path.parent.name)
def test_every_shipped_suite_is_read_and_cites_columns_that_it_has(path: Path) -> None:
    suite = read_suite(path)
    assert suite.references
    for score in suite.scores:
        assert suite.leaves(score)


def test_where_one_task_is_needed_a_suite_is_refused_in_one_line(judge: Command) -> None:
    done = judge("media", "emobench/suite", "--sample", "1")
    assert done.code == 2
    assert done.err.endswith("emobench/suite is a suite, and one task is needed here: name the file of one\n")


def test_a_list_names_suites_as_suites(judge: Command) -> None:
    lines = judge("tasks").out.splitlines()
    assert any(line.startswith("emobench_m/suite") and "suite of 13" in line for line in lines)
    shown = judge("tasks", "show", "emobench_m/suite").out
    assert "SCEA-leaderboard  mean of HU, SD, LR: as the leaderboard prints it" in shown


def test_a_check_names_the_member_that_is_not_there_and_the_metric_that_no_task_gives(
    judge: Command, tmp_path: Path
) -> None:
    (tmp_path / "humor").mkdir()
    (tmp_path / "humor.yaml").write_text(Path("tasks/humor.yaml").read_text())
    (tmp_path / "humor" / "items.jsonl").write_bytes(Path("tasks/humor/items.jsonl").read_bytes())
    text = SUITE.replace("HU: hu.yaml", "HU: humor.yaml").replace("micro: recognition", "micro: recogniton")
    (tmp_path / "suite.yaml").write_text(text)
    done = judge("tasks", "check", tmp_path / "suite.yaml")
    assert done.code == 2
    assert f"{tmp_path}/suite.yaml:5: tasks.SD: sd.yaml is not there" in done.err
    assert 'scores.Rec: HU (humor) does not give the metric "recogniton"; did you mean "recognition"?' in done.err
    assert f"{tmp_path}/suite.yaml:12" in done.err
