"""`judge run` and `judge score` on suites: each task in turn, one folder that refers to the runs, and its averages."""

from __future__ import annotations

import json
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from command import Command, estimate, finish, start, summary_of
from fake_server import serve
from suites import SUITE, shelf, small, with_absent


def averages_of(folder: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """By name and mode, of a suite with one judge at most."""
    found = {}
    for item in summary_of(folder)["averages"]:
        name = item["score"] if len(item["tasks"]) == item["expected"] or item["value"] is None else f"{item['score']}*"
        found[name, item["mode"]] = item
    return found


def test_a_suite_from_run_to_averages(judge: Command, tmp_path: Path) -> None:
    suite = small(tmp_path / "t")
    run = judge("run", suite, "--provider", "majority", "--out", tmp_path / "r")
    assert run.code == 0, run.err
    assert run.folder.name.startswith("small--majority--")
    assert "✓ small: 3 of 3 tasks run: HU, SD, EM" in run.out
    members = json.loads((run.folder / "suite.json").read_text())["members"]
    done = judge("score", tmp_path / "r")
    assert done.code == 0, done.err
    values = {key: estimate(tmp_path / "r" / place["folder"], "accuracy")["value"] for key, place in members.items()}
    found = averages_of(run.folder)
    assert found["Play", "strict"]["value"] == pytest.approx((values["HU"] + values["SD"]) / 2)
    assert found["All", "strict"]["value"] == pytest.approx(((values["HU"] + values["SD"]) / 2 + values["EM"]) / 2)
    assert found["Rec", "strict"]["value"] == pytest.approx((32 * values["HU"] + 30 * values["SD"]) / 62)
    assert (found["Rec", "strict"]["judge"], found["Rec", "strict"]["n"]) == ("rules", 62)
    assert found["Play", "strict"]["low"] < found["Play", "strict"]["value"] < found["Play", "strict"]["high"]
    assert "    Play  51.56  [38.78, 64.08]  n 62   strict, faithful         as printed" in done.out


def test_tasks_that_are_run_later_join_the_same_folder(judge: Command, tmp_path: Path) -> None:
    suite = small(tmp_path / "t")
    first = judge("run", suite, "--provider", "majority", "--task", "sd,HU", "--out", tmp_path / "r")
    assert first.code == 0
    judge("score", first.folder)
    found = averages_of(first.folder)
    assert found["All", "strict"]["value"] is None
    assert found["All", "strict"]["reason"] == "2 of 3 tasks: EM missing (not run)"
    assert found["Play", "strict"]["value"] is not None
    second = judge("run", suite, "--provider", "majority", "--task", "EM", "--out", tmp_path / "r")
    assert second.folder == first.folder
    scored = judge("score", first.folder)
    assert scored.out.count("already scored") == 2, "the folder of a suite stands for its runs"
    assert averages_of(first.folder)["All", "strict"]["value"] is not None


def test_a_limit_counts_for_each_task(judge: Command, tmp_path: Path) -> None:
    run = judge("run", small(tmp_path / "t"), "--provider", "majority", "--limit", "4", "--out", tmp_path / "r")
    judge("score", run.folder)
    assert averages_of(run.folder)["All", "strict"]["n"] == 12


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("--task", "HU,SDD"), '--task: small has no task "SDD"; did you mean "SD"?   (it has: HU, SD, EM)'),
        (("--set", "lagn=en"), "--set lagn: no task here has such a setting"),
        (("--modalities", "text,vidoe"), '--modalities: no task here has vidoe; did you mean "video"?'),
        (("--shard", "1/2"), "--shard is about one task: name its file, not the suite small"),
        (("--name", "../x"), "--name ../x: a folder's name has letters"),
    ],
)
def test_a_slip_in_the_line_is_refused_before_anything_is_asked(
    judge: Command, tmp_path: Path, line: tuple[str, ...], said: str
) -> None:
    done = judge("run", small(tmp_path / "t"), "--provider", "majority", "--out", tmp_path / "r", *line)
    assert done.code == 2
    assert said in done.err
    assert not (tmp_path / "r").exists()


def test_a_task_takes_of_the_senses_what_it_has(judge: Command, tmp_path: Path) -> None:
    out = ("--provider", "majority", "--out", tmp_path / "r")
    done = judge("run", small(tmp_path / "t"), *out, "--modalities", "text,audio", "--limit", "2")
    assert done.code == 0, done.err
    assert done.out.count("· text · majority") == 2


def test_task_is_an_option_of_suites_only(judge: Command) -> None:
    done = judge("run", "tasks/humor.yaml", "--provider", "majority", "--task", "HU")
    assert (done.code, done.err) == (2, "--task HU: only a suite has tasks to choose from\n")


@pytest.mark.parametrize("optional", [True, False])
def test_one_task_without_its_data_does_not_stop_the_others(judge: Command, tmp_path: Path, optional: bool) -> None:
    suite = with_absent(tmp_path / "t", optional=optional)
    run = judge("run", suite, "--provider", "majority", "--out", tmp_path / "r")
    assert run.code == (0 if optional else 3), "the worst of the tasks' codes; what may be absent is none"
    assert "3 of 4 tasks run: HU, SD, EM" in run.out
    assert "  AB: its data is not there" in run.out
    assert "python -m judge data" in run.err
    assert run.err.count("JUDGE_DATA") == 1, "where to get data is said once, however many tasks lack it"
    done = judge("score", run.folder)
    found = averages_of(run.folder)
    assert found["Everything", "strict"]["reason"] == "3 of 4 tasks: AB missing (its data is not there)"
    assert (("Everything*", "strict") in found) is optional
    assert ("Everything (3 of 4 tasks)" in done.out) is optional
    assert ("are not the published ones" in done.out) is optional


def test_a_micro_average_with_unread_answers_is_over_the_items_that_were_counted(
    judge: Command, tmp_path: Path
) -> None:
    suite = small(tmp_path / "t")
    text = SUITE.replace("{HU: humor.yaml, SD: sarcasm.yaml, EM: emotion.yaml}", "{HU: humor.yaml, SD: twin.yaml}")
    text = text.replace("Feeling: [EM]", "Feeling: [SD]").replace("[Play, EM]", "[Play, SD]")
    suite.write_text(text)
    twin = (tmp_path / "t" / "humor.yaml").read_text().replace("name: humor", "name: twin")
    (tmp_path / "t" / "twin.yaml").write_text(twin)
    shutil.copytree(tmp_path / "t" / "humor", tmp_path / "t" / "twin")
    run = judge("run", suite, "--provider", "replay", "--out", tmp_path / "r", "--prompt", "cot")
    assert run.code == 0, run.err
    judge("score", run.folder)
    found = averages_of(run.folder)
    for mode, n in (("strict", 64), ("faithful", 50)):
        single = estimate(next((tmp_path / "r").glob("humor--*")), "recognition", mode=mode)
        assert found["Rec", mode]["value"] == pytest.approx(single["value"])
        assert (found["Rec", mode]["n"], found["Rec", mode]["valid"], found["Rec", mode]["missing"]) == (n, 50, 14)


def test_an_interrupt_stops_the_suite_and_the_same_line_goes_on(tmp_path: Path) -> None:
    suite = small(tmp_path / "t")
    with serve(tmp_path / "s", {"latency": 0.2, "default": {"text": "Answer: humorous"}}) as server:
        line = ["run", str(suite), "--provider", "endpoint", "--base-url", server.base_url, "--model", "m"]
        line += ["--out", str(tmp_path / "r"), "--cache", str(tmp_path / "c"), "--prompt", "qa", "--concurrency", "4"]
        line += ["--modalities", "text"]
        process = start(*line)
        end = time.monotonic() + 20
        while len(server.requests()) < 8 and time.monotonic() < end:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        done = finish(process)
        assert done.code == 130, done.err
        assert "SD · 2 of 3" not in done.out, "no further task is begun"
        assert f"  not finished: HU, SD, EM. To go on:  python -m judge run {suite}" in done.out
        again = finish(start(*line))
        assert again.code == 0, again.err
        assert server.asked_twice() == {}
        assert again.last == done.last


def test_a_run_of_another_model_in_a_suites_folder_is_refused(judge: Command, tmp_path: Path) -> None:
    suite = small(tmp_path / "t")
    run = judge("run", suite, "--provider", "majority", "--out", tmp_path / "r")
    other = judge("run", suite, "--provider", "random", "--seed", "3", "--out", tmp_path / "r")
    judge("score", tmp_path / "r")
    body = json.loads((run.folder / "suite.json").read_text())
    body["members"]["HU"]["folder"] = json.loads((other.folder / "suite.json").read_text())["members"]["HU"]["folder"]
    (run.folder / "suite.json").write_text(json.dumps(body))
    done = judge("score", run.folder)
    assert done.code == 1
    assert "is a run of humor by random" in done.err


@pytest.mark.parametrize("folder", ["../../etc", "/etc", "a/b", ".hidden", ""])
def test_a_suites_folder_names_runs_beside_it_and_nothing_else(judge: Command, tmp_path: Path, folder: str) -> None:
    run = judge("run", small(tmp_path / "t"), "--provider", "majority", "--out", tmp_path / "r", "--task", "HU")
    body = json.loads((run.folder / "suite.json").read_text())
    body["members"]["HU"]["folder"] = folder
    (run.folder / "suite.json").write_text(json.dumps(body))
    done = judge("score", run.folder)
    assert done.code != 0
    assert "suite.json" in done.err
    assert "members.HU.folder" in done.err


def test_the_data_of_one_member_lies_where_judge_data_points(
    judge: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite = with_absent(tmp_path / "t", optional=False)
    monkeypatch.setenv("JUDGE_DATA", str(shelf(tmp_path / "d")))
    run = judge("run", suite, "--provider", "majority", "--out", tmp_path / "r")
    assert run.code == 0, run.err
    assert judge("score", run.folder).code == 0
    assert averages_of(run.folder)["Everything", "strict"]["n"] == 32 + 30 + 46 + 3


def test_a_dry_run_of_a_suite_sends_nothing_and_makes_no_folder(judge: Command, tmp_path: Path) -> None:
    done = judge("run", small(tmp_path / "t"), "--provider", "majority", "--out", tmp_path / "r", "--dry-run")
    assert done.code == 0
    assert done.out.count("dry run: nothing was sent") == 3
    assert not (tmp_path / "r").exists()


def test_answers_of_an_earlier_suite_are_replayed_task_by_task(judge: Command, tmp_path: Path) -> None:
    suite = small(tmp_path / "t")
    first = judge("run", suite, "--provider", "majority", "--out", tmp_path / "r")
    second = judge("run", suite, "--provider", "replay", "--replies", first.folder, "--out", tmp_path / "r2")
    assert second.code == 0, second.err
    judge("score", tmp_path / "r2")
    assert averages_of(second.folder)["All", "strict"]["value"] == pytest.approx(0.33391, abs=1e-4)
