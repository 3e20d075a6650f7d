"""Published numbers: `judge references`, and the reader's runs set into the tables of `judge report`."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from command import Command, write_lines
from suites import SUITE, small

from judge.definitions import Reference
from judge.report.citations import fitting
from judge.report.published import Cited, blocks_of_suite, blocks_of_task, of_suite, of_task, tables
from judge.spec.suite import read_suite
from judge.suite import Suite


def cited(model: str, column: str, value: float, caveat: str = "", **settings: str) -> Cited:
    return Cited(model, column, value, "a paper", caveat, tuple(sorted(settings.items())))


def test_models_are_down_and_columns_across_and_each_number_keeps_its_note() -> None:
    rows = [cited("A", "accuracy", 70.1), cited("B", "accuracy", 60.0, "other items"), cited("A", "bleu4", 3.25)]
    (table,), notes = tables(blocks_of_task(rows), rows)
    assert table.header == ("model", "accuracy", "bleu4")
    assert table.rows == (("A", "70.10 [a]", "3.25 [a]"), ("B", "60.00 [b]", "–"))
    assert notes == ["[a] a paper", "[b] a paper. other items"]


def test_numbers_are_shown_with_no_more_digits_than_they_were_printed_with() -> None:
    rows = [cited("A", "accuracy", 70.1), cited("B", "accuracy", 60.0)]
    assert tables(blocks_of_task(rows), rows)[0][0].rows[1] == ("B", "60.0 [a]")


def test_rows_stand_in_the_order_of_the_file_and_are_not_ranked() -> None:
    rows = [cited("Worse", "accuracy", 10.0), cited("Best", "accuracy", 90.0), cited("Middle", "accuracy", 50.0)]
    (table,), _ = tables(blocks_of_task(rows), rows)
    assert [row[0] for row in table.rows] == ["Worse", "Best", "Middle"]


def test_what_a_caveat_calls_not_comparable_stands_in_a_table_of_its_own() -> None:
    rows = [cited("A", "accuracy", 70.0), cited("B", "accuracy", 59.75, "2024 protocol; not comparable")]
    first, second = tables(blocks_of_task(rows), rows)[0]
    assert [row[0] for row in first.rows] == ["A"]
    assert (second.caption, second.rows) == ("other protocols, not comparable", (("B", "59.75 [b]"),))


def test_a_number_of_other_settings_is_not_set_beside_a_run() -> None:
    rows = [cited("A", "accuracy", 1.0, lang="en"), cited("A", "accuracy", 2.0, lang="zh"), cited("B", "accuracy", 3.0)]
    assert [item.value for item in fitting(rows, {"lang": "zh", "mode": "cot"})] == [2.0, 3.0]


def test_a_suites_table_takes_its_tasks_numbers_by_the_metric_that_averages_take(tmp_path: Path) -> None:
    suite = read_suite(small(tmp_path))
    own = [
        Reference(model="M", metric="accuracy", value=50.0, source="s"),
        Reference(model="M", metric="weighted_f1", value=40.0, source="s"),
        Reference(model="M", metric="accuracy", value=45.0, source="s", group="calm"),
    ]
    found = of_suite(suite, {"SD": own})
    assert [(item.model, item.column) for item in found][-2:] == [("M", "SD"), ("M", "SD.calm")]
    titles = [(block.title, block.columns) for block in blocks_of_suite(suite, found)]
    assert titles[0] == ("Play", ("HU", "SD", "SD.calm"))
    assert titles[-1] == ("averages", ("Play", "All", "Rec"))


def test_a_number_that_is_cited_twice_is_shown_once_and_its_other_note_is_not() -> None:
    rows = [cited("A", "accuracy", 70.1), cited("A", "accuracy", 71.0, "another print")]
    (table,), notes = tables(blocks_of_task(rows), rows)
    assert (table.rows, notes) == ((("A", "70.1 [a]"),), ["[a] a paper"])


def test_groups_of_a_task_are_columns_of_their_own() -> None:
    found = of_task([Reference(model="M", metric="accuracy", value=72.45, source="s", group="CE")])
    assert found[0].column == "accuracy · CE"


@pytest.mark.parametrize("name", ["emobench-m", "mme-emotion", "emobench"])
def test_each_familys_averages_are_cited_with_source_and_caveat(name: str) -> None:
    suite: Suite = read_suite(Path("tasks") / name.replace("-", "_") / "suite.yaml")
    assert suite.name == name
    assert all(row.source for row in suite.references)
    notes = [row.caveat for row in suite.references if row.caveat]
    assert notes, "a family without one caveat has not been read closely"


def test_the_rows_of_emobenchs_table_are_those_of_the_survey() -> None:
    """Survey Table 8, GPT-4 Base, English: CE, PBE, PT, EC and overall."""
    suite = read_suite(Path("tasks/emobench/suite.yaml"))
    found = [
        row
        for row in suite.references
        if row.model == "GPT-4" and row.settings == {"lang": "en", "mode": "base", "protocol": "2024"}
    ]
    assert len(found) == 1
    values = [found[0].values[key] for key in ("EU.CE", "EU.PBE", "EU.PT", "EU.EC", "EU", "EA")]
    assert values == [72.45, 54.46, 50.37, 70.54, 59.75, 75.50]


def test_the_terminal_shows_a_table_and_the_text_of_its_marks(judge: Command, tmp_path: Path) -> None:
    done = judge("references", small(tmp_path))
    assert done.code == 0
    assert "small v1 · published numbers, as their authors print them; nothing here is ranked" in done.out
    assert "Some-Model  66.0 [a]" in done.out
    assert "[a] a paper, table 2. other items" in done.out
    apart = done.out.split("other protocols, not comparable")[-1]
    assert "Other-Model" in apart


def test_json_and_csv_carry_source_caveat_and_settings_with_every_number(judge: Command) -> None:
    records = json.loads(judge("references", "mme-emotion", "--format", "json").out)
    assert {"benchmark", "table", "model", "settings", "metric", "value", "source", "caveat", "comparable"} == set(
        records[0]
    )
    found = [item["value"] for item in records if (item["model"], item["metric"]) == ("Gemini-2.5-Pro", "Rea-S")]
    assert found == [72.7]
    rows = list(csv.DictReader(io.StringIO(judge("references", "mme-emotion", "--format", "csv").out)))
    assert [row["value"] for row in rows if (row["model"], row["metric"]) == ("Gemini-2.5-Pro", "Rea-S")] == ["72.7"]


@pytest.mark.parametrize(("form", "piece"), [("md", "| model | "), ("latex", r"\toprule")])
def test_tables_come_as_markdown_and_latex(judge: Command, form: str, piece: str) -> None:
    done = judge("references", "mme-emotion", "--format", form)
    assert done.code == 0
    assert piece in done.out


def test_text_of_a_file_is_no_command_in_latex_and_no_formula_in_csv(judge: Command, tmp_path: Path) -> None:
    evil = SUITE.replace("Some-Model", "'=1+1 \\input{x} %&'")
    path = small(tmp_path, evil)
    latex = judge("references", path, "--format", "latex").out
    assert r"=1+1 \textbackslash{}input\{x\} \%\&" in latex
    assert (
        "\"'=1+1" in judge("references", path, "--format", "csv").out
        or "'=1+1" in judge("references", path, "--format", "csv").out
    )


def test_a_task_without_published_numbers_says_so(judge: Command, tmp_path: Path) -> None:
    small(tmp_path)
    done = judge("references", tmp_path / "absent.yaml")
    assert (done.code, done.err) == (3, "absent v1 has no published numbers\n")


def test_a_report_sets_the_readers_runs_into_the_published_table(judge: Command, tmp_path: Path) -> None:
    suite = small(tmp_path / "t")
    for provider in ("majority", "random"):
        judge("run", suite, "--provider", provider, "--seed", "1", "--out", tmp_path / "r")
    judge("score", tmp_path / "r")
    assert judge("report", tmp_path / "r").code == 0
    text = (tmp_path / "r" / "report.md").read_text()
    part = text.split("## Suite small v1")[1].split("### Published numbers")[1].split("\n## ")[0]
    rows = [line for line in part.splitlines() if line.startswith("| ")]
    averages = rows[next(number for number, line in enumerate(rows) if "| Play |" in line) :]
    assert averages[2].startswith("| ▸ majority (this run, strict and faithful, judged by rules) | 51.56")
    assert any(line.startswith("| Some-Model | 66.0") for line in averages)
    apart = part.split("averages, other protocols, not comparable")[1]
    assert "Other-Model" in apart
    assert "▸" not in apart.split("▸ marks your runs")[0], "no run stands beside what may not be compared"


def test_a_report_has_the_suites_valid_and_total_and_its_signatures(judge: Command, tmp_path: Path) -> None:
    run = judge("run", small(tmp_path / "t"), "--provider", "majority", "--out", tmp_path / "r", "--task", "HU,SD")
    judge("score", run.folder)
    assert judge("report", run.folder, "--out", tmp_path / "x").code == 0, "a suite's folder stands for its runs"
    body = json.loads((tmp_path / "x" / "report.json").read_text())
    assert len(body["runs"]) == 2
    assert len(body["suites"]) == 1
    text = (tmp_path / "x" / "report.md").read_text()
    assert "| Play | 51.56 \\[38.78, 64.08\\] · n 62 |" in text
    assert "null: 2 of 3 tasks: EM missing (not run)" in text
    assert "small\\|Play\\|strict\\|n:62\\|suite:v1:" in text
    assert "- majority · EM: not run." in text


def test_averages_that_are_older_than_their_runs_are_told(judge: Command, tmp_path: Path) -> None:
    run = judge("run", small(tmp_path / "t"), "--provider", "majority", "--out", tmp_path / "r")
    judge("score", tmp_path / "r")
    humor = next((tmp_path / "r").glob("humor--*"))
    judge("score", humor, "--metrics", "uar", "--fresh")
    done = judge("report", tmp_path / "r")
    assert f"{run.folder.name}: HU changed since: score {tmp_path / 'r'} again" in done.err
    assert "HU changed since these averages were made" in (tmp_path / "r" / "report.md").read_text()


GROUPED = """\
name: grouped
version: 1
about: Two kinds of item, and a setting.
licence: MIT
settings: {lang: {choices: [en, zh], default: en}}
data: {path: items.jsonl, where: {lang: "{lang}"}}
asks: [{name: label, qa: "{text}?", read: {as: label}}]
labels: {glad: [], sad: []}
target: {label: label}
groups: {by: kind}
metrics: [accuracy]
"""
OF_GROUPS = """\
name: family
version: 1
about: One task.
licence: MIT
tasks: {EU: grouped.yaml}
references:
  - {model: GPT, source: a, settings: {lang: en}, values: {EU: 59.75, EU.PT: 50.37, EU.CE: 72.45}}
  - {model: GPT, source: a, settings: {lang: zh}, values: {EU: 54.12, EU.CE: 66.84}}
"""


def test_the_groups_of_a_run_stand_in_the_groups_columns_of_its_suite(judge: Command, tmp_path: Path) -> None:
    items = [
        {"id": str(n), "text": f"line {n}", "lang": "en", "kind": "CE" if n < 2 else "PT", "label": "glad"}
        for n in range(4)
    ]
    write_lines(tmp_path / "items.jsonl", [*items[:3], items[3] | {"label": "sad"}])
    (tmp_path / "grouped.yaml").write_text(GROUPED)
    (tmp_path / "suite.yaml").write_text(OF_GROUPS)
    assert judge("run", tmp_path / "suite.yaml", "--provider", "majority", "--out", tmp_path / "r").code == 0
    judge("score", tmp_path / "r")
    judge("report", tmp_path / "r")
    part = (tmp_path / "r" / "report.md").read_text().split("### Published numbers")[1].split("\n## ")[0]
    assert "| model | EU | EU · PT | EU · CE |" in part
    row = next(line for line in part.splitlines() if line.startswith("| ▸ majority (this run, strict and faithful)"))
    assert [cell.split()[0] for cell in row.split("|")[2:5]] == ["75.00", "50.00", "100.00"]
    assert "| GPT | 59.75 \\[a\\] | 50.37 \\[a\\] | 72.45 \\[a\\] |" in part
    assert "66.84" not in part, "what was made in Chinese is not set beside an English run"
