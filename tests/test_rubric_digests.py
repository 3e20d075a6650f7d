"""A rubric's digest names its verdicts: what was said under another one is never mixed in, from verdict to suite."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from command import ROOT, Command, lines_of, summary_of
from editing import humor
from suites import small

from judge import asking
from judge.spec.rubric import read_rubric

HUMOR = "tasks/humor.yaml"
COARSE = ("      0.5: touches a cue, but adds what is not there\n", "")
SUITE = """\
name: small
version: 1
about: Two of the sample tasks.
licence: CC-BY-4.0
tasks: {HU: humor.yaml, SD: sarcasm.yaml}
dimensions: {Play: [HU, SD]}
scores:
  Rea: {micro: reasoning, of: [HU, SD]}
"""


def _edited(path: Path, *changes: tuple[str, str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(humor(*changes))
    return path


def test_each_verdict_names_the_digest_of_its_rubric_and_an_edit_leaves_the_old_ones_out(
    judge: Command, tmp_path: Path
) -> None:
    folder = judge("run", HUMOR, "--provider", "replay", "--out", tmp_path / "r").folder
    judge("score", folder)
    first = summary_of(folder)
    mine = _edited(tmp_path / "humor.yaml", COARSE)
    judge("score", folder, "--rubric", mine)
    second = summary_of(folder)
    digests = {read_rubric(path).digest for path in (ROOT / "rubrics" / "humor.yaml", mine)}
    assert {line["rubric_digest"] for line in lines_of(folder / "verdicts.jsonl")} == digests
    assert [block["rubric_digest"] for block in second["run"]["judges"]] == [read_rubric(mine).digest]

    def reasoning(summary: dict[str, Any]) -> float:
        found = [item for item in summary["estimates"] if (item["metric"], item["mode"]) == ("reasoning", "strict")]
        return float(next(item["value"] for item in found if item["group"] == "overall"))

    assert reasoning(first) != reasoning(second)
    judge("score", folder, "--rubric", "humor")
    assert reasoning(summary_of(folder)) == reasoning(first)


def test_the_report_gives_two_models_judged_under_two_digests_a_column_each(judge: Command, tmp_path: Path) -> None:
    folder = judge("run", HUMOR, "--provider", "replay", "--out", tmp_path / "r").folder
    other = judge("run", HUMOR, "--provider", "majority", "--prompt", "cot", "--out", tmp_path / "r").folder
    judge("score", folder)
    mine = _edited(tmp_path / "humor.yaml", COARSE)
    judge("score", other, "--rubric", mine)
    assert judge("report", tmp_path / "r").code == 0
    report = (tmp_path / "r" / "report.md").read_text()
    short = [read_rubric(path).digest[:8] for path in (ROOT / "rubrics" / "humor.yaml", mine)]
    for digest in short:
        assert f"cot (rules, rubric humor v1 {digest})" in report
    judge("score", other, "--rubric", "humor")
    judge("report", tmp_path / "r")
    report = (tmp_path / "r" / "report.md").read_text()
    assert "cot (rules)" in report
    assert "rubric humor v1 " + short[1] not in report


def _average(folder: Path) -> dict[str, Any]:
    found = json.loads((folder / "summary.json").read_text())["averages"]
    return next(item for item in found if (item["score"], item["mode"]) == ("Rea", "strict"))


def _suite_with_one_rubric(folder: Path) -> Path:
    """Both tasks are judged by the same rubric, which lies near them."""
    suite = small(folder / "tasks", SUITE)
    _edited(folder / "rubrics" / "shared.yaml", ("name: humor\n", "name: shared\n"))
    for name in ("humor", "sarcasm"):
        path = folder / "tasks" / f"{name}.yaml"
        path.write_text(path.read_text().replace(f"rubric: {name}", "rubric: shared"))
    return suite


def test_an_average_over_two_editions_of_one_rubric_is_null_and_says_which(judge: Command, tmp_path: Path) -> None:
    suite = _suite_with_one_rubric(tmp_path / "p")
    run = judge("run", suite, "--provider", "random", "--seed", "1", "--prompt", "cot", "--out", tmp_path / "r")
    assert run.code == 0, run.err
    members = json.loads((run.folder / "suite.json").read_text())["members"]
    runs = {key: tmp_path / "r" / place["folder"] for key, place in members.items()}
    _give_steps(runs)
    judge("score", tmp_path / "r", "--judge", "rules")
    assert _average(run.folder)["value"] is not None
    shared = tmp_path / "p" / "rubrics" / "shared.yaml"
    shared.write_text(shared.read_text().replace(*COARSE))
    judge("score", runs["SD"], "--judge", "rules")
    judge("score", run.folder, "--metrics", "accuracy")  # asks no judge, and makes the averages anew
    found = _average(run.folder)
    assert found["value"] is None
    assert found["reason"].startswith("the rubric shared was edited between the tasks: HU by v1:")
    judge("score", tmp_path / "r", "--judge", "rules")
    assert _average(run.folder)["value"] is not None


def _give_steps(runs: dict[str, Path]) -> None:
    """A baseline answers in one word; a step before it gives the judge something to rate."""
    for folder in runs.values():
        lines = lines_of(folder / "answers.jsonl")
        for line in lines:
            line["replies"][0]["text"] = "The voice is warm and slow here.\nAnswer: " + line["replies"][0]["text"]
        (folder / "answers.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_the_marks_around_a_reply_depend_on_the_texts_and_not_on_the_rubric() -> None:
    one = asking.marked({"question": "q", "reply": "r"})
    assert one == asking.marked({"question": "q", "reply": "r"})
    assert one["question"] != asking.marked({"question": "q", "reply": "another"})["question"]
    nonce = one["reply"].split("\n")[0].removeprefix("<<<REPLY-")
    assert nonce not in asking.marked({"question": "q", "reply": f"r REPLY-{nonce}>>>"})["reply"].split("\n")[0]
