"""<think> blocks in faithful mode: read apart by default, kept as the authors' code does, and said either way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from building import make_answer, make_ask, make_sample, make_task
from command import ROOT, Command, estimate, lines_of, summary_of, write_lines
from fake_server import serve

from judge.parse.reply import parse
from judge.records import Answer, AskReply
from judge.spec.task import read_task
from judge.thinking import thinking_block, thinking_line

DATA = ROOT / "tests" / "fixtures" / "emobench_m"
MPDER = "tasks/emobench_m/mpder.yaml"
THOUGHT = "<think>He shouts, so anger or disgust.</think>\njoy"
TOLD = (
    "2 answers have <think> blocks: faithful reads the replies without them; the authors' own code does not strip them"
)
KEPT = "2 answers have <think> blocks: faithful reads them as part of the text, as the authors' own code does"


def brought(judge: Command, out: Path, replies: list[str], *options: str) -> Path:
    lines = [{"id": f"MELD-{number}", "reply": reply} for number, reply in enumerate(replies, start=1)]
    file = write_lines(out / "replies.jsonl", lines)
    done = judge("import", file, "--task", MPDER, "--model", "m", "--data", DATA, "--out", out / "r", *options)
    assert done.code == 0, done.err
    return done.folder


LETTERS = {"read": {"as": "json", "fields": {"label": {"as": "letter", "choices": "options"}}}}


@pytest.mark.parametrize(
    ("rule", "text", "apart", "kept"),
    [
        ("mmla", "<think>serious</think>humorous", ("humorous",), None),
        ("emobench-m", "<think>serious?</think>humorous", ("humorous",), ("serious",)),
        ("emobench-m-labels", "<think>x</think>humorous", ("humorous",), ("<think>x</think>humorous",)),
        ("json-exact", '<think>x</think>{"label": "A"}', ("A",), None),
        ("emobench-2024", "b)\n<think>\n(a) no\n</think>", ("B",), ("A",)),
    ],
)
def test_each_rule_of_the_authors_reads_thinking_only_where_it_is_kept(
    rule: str, text: str, apart: Any, kept: Any
) -> None:
    letters = rule in ("json-exact", "emobench-2024")
    ask = make_ask("label", **LETTERS["read"]) if letters else make_ask()
    options = ("one", "two", "three", "four")
    choices: dict[str, tuple[str, ...]] | None = {"label": options} if letters else None
    found = []
    for way in ("apart", "kept"):
        task = make_task(asks=[ask], faithful={"rule": rule, "thinking": way})
        sample = make_sample(gold="A" if letters else "humorous", choices=choices)
        found.append(parse(task, sample, answer=make_answer(text), mode="faithful").values.get("label"))
    assert found == [apart, kept]


def test_scored_anew_with_thinking_kept_faithful_is_the_authors_and_strict_is_as_before(
    judge: Command, tmp_path: Path
) -> None:
    folder = brought(judge, tmp_path, [THOUGHT, THOUGHT, "neutral", "fear", "sadness", "anger"])
    answers = (folder / "answers.jsonl").read_bytes()
    run = (folder / "run.json").read_bytes()
    first = judge("score", folder)
    assert first.out.count(TOLD) == 1
    assert "(their way: score --set thinking=kept)" in first.out
    apart = {mode: estimate(folder, "accuracy", mode=mode) for mode in ("strict", "faithful")}
    second = judge("score", folder, "--set", "thinking=kept")
    assert second.out.count(KEPT) == 1
    kept = {mode: estimate(folder, "accuracy", mode=mode) for mode in ("strict", "faithful")}
    assert (apart["faithful"]["value"], kept["faithful"]["value"]) == (5 / 6, 4 / 6), "the first label is anger"
    assert kept["strict"]["value"] == apart["strict"]["value"] == 5 / 6
    assert "|thinking:apart|" in apart["faithful"]["signature"]
    assert "|thinking:kept|" in kept["faithful"]["signature"]
    assert "thinking" not in apart["strict"]["signature"] + kept["strict"]["signature"]
    assert ((folder / "answers.jsonl").read_bytes(), (folder / "run.json").read_bytes()) == (answers, run)
    judge("score", folder)
    assert estimate(folder, "accuracy", mode="faithful") == apart["faithful"], "a line says how it scores, not the last"


def test_a_report_says_once_for_each_run_what_became_of_the_thinking(judge: Command, tmp_path: Path) -> None:
    folder = brought(judge, tmp_path, [THOUGHT, THOUGHT, "neutral", "fear", "sadness", "anger"])
    judge("score", folder)
    assert judge("report", tmp_path / "r").code == 0
    text = (tmp_path / "r" / "report.md").read_text()
    assert text.count("faithful reads the replies without them; the authors' own code does not strip them") == 1
    judge("score", folder, "--set", "thinking=kept")
    judge("report", tmp_path / "r")
    text = (tmp_path / "r" / "report.md").read_text()
    assert text.count("as the authors' own code does") == 1
    assert "thinking=kept" in text.split("## Signatures")[0]


def test_a_run_without_thinking_says_nothing_of_it(judge: Command, tmp_path: Path) -> None:
    folder = brought(judge, tmp_path, ["joy", "surprise", "neutral", "fear", "sadness", "anger"])
    assert "<think>" not in judge("score", folder).out
    assert summary_of(folder)["run"]["thinking"] is None


def test_an_import_may_keep_the_thinking_from_the_start(judge: Command, tmp_path: Path) -> None:
    folder = brought(judge, tmp_path, [THOUGHT] * 6, "--set", "thinking=kept")
    judge("score", folder)
    assert "|thinking:kept|" in estimate(folder, "accuracy", mode="faithful")["signature"]
    judge("score", folder, "--set", "thinking=apart")
    assert "|thinking:apart|" in estimate(folder, "accuracy", mode="faithful")["signature"]
    shown = judge("show", folder, "MELD-1")
    assert shown.code == 0, shown.err


def test_a_run_with_thinking_kept_is_the_same_run_and_asks_nothing_again(judge: Command, tmp_path: Path) -> None:
    with serve(tmp_path, {"default": {"text": THOUGHT}}) as server:
        line = ["run", MPDER, "--provider", "endpoint", "--base-url", server.base_url, "--model", "m", "--cache", "off"]
        line += ["--data", str(DATA), "--modalities", "text", "--out", str(tmp_path / "r")]
        first = judge(*line)
        asked = len(server.requests())
        second = judge(*line, "--set", "thinking=kept")
        assert (first.code, second.code, len(server.requests())) == (0, 0, asked)
    assert second.folder == first.folder
    judge("score", first.folder)
    assert summary_of(first.folder)["run"]["thinking"] == {"answers": 6, "way": "kept", "read_by": "rule"}
    assert len(lines_of(first.folder / "answers.jsonl")) == 6


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("thinking=lost", "--set thinking=lost: choose one of apart, kept"),
        ("thinkin=kept", 'has no such setting of the reading; did you mean "thinking"?'),
        ("scorer=labels", "the models were asked with scorer=runner: another one is another run"),
    ],
)
def test_a_setting_that_score_cannot_change_is_refused_in_one_line(
    judge: Command, tmp_path: Path, given: str, says: str
) -> None:
    folder = brought(judge, tmp_path, ["joy"] * 6)
    done = judge("score", folder, "--set", given)
    assert (done.code, len(done.err.splitlines())) == (2, 1)
    assert says in done.err
    assert not (folder / "summary.json").exists()


def test_where_no_rule_of_authors_reads_the_reply_nothing_could_be_kept(judge: Command, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "r.jsonl", [{"id": "h-001", "reply": "humorous"}])
    folder = judge("import", file, "--task", "tasks/humor.yaml", "--model", "m", "--out", tmp_path / "r").folder
    done = judge("score", folder, "--set", "thinking=kept")
    assert done.code == 2
    assert "faithful mode of humor reads no reply by a rule of the authors, so nothing would change" in done.err


def test_of_several_runs_those_that_it_changes_nothing_of_are_said_and_scored(judge: Command, tmp_path: Path) -> None:
    brought(judge, tmp_path, [THOUGHT] * 6)
    file = write_lines(tmp_path / "h.jsonl", [{"id": "h-001", "reply": "humorous"}])
    other = judge("import", file, "--task", "tasks/humor.yaml", "--model", "m", "--out", tmp_path / "r").folder
    done = judge("score", tmp_path / "r", "--set", "thinking=kept")
    assert f"{other}: no rule of authors reads humor: --set thinking changes nothing there" in done.err
    assert (other / "summary.json").exists()
    assert "6 answers have <think> blocks: faithful reads them as part of the text" in done.out


def test_the_way_enters_no_digest_of_what_is_asked_unless_a_later_question_is_told_what_was_read() -> None:
    task = read_task(ROOT / MPDER, None)
    settings = {"scorer": "runner"}
    assert task.ask_digest("qa", settings) == task.ask_digest("qa", settings | {"thinking": "kept"})
    assert task.score_digest() != task.under({"thinking": "kept"}).score_digest()
    assert task.score_digest() == task.under({"thinking": "apart"}).score_digest()
    voted = read_task(ROOT / "tasks" / "emobench" / "eu.yaml", None).under({"protocol": "2024"})
    told = voted.model_copy(update={"told": "faithful"})
    assert told.ask_digest("qa", {}) != told.ask_digest("qa", {"thinking": "kept"})


def test_a_judges_reading_by_the_authors_rubric_is_said_to_be_without_the_thinking() -> None:
    task = make_task()
    answer = Answer(sample_id="h-1", variant="qa", status="ok", replies=(AskReply(ask="label", text=THOUGHT),))
    assert thinking_block(task, [answer], by_judge=False) is None
    block = thinking_block(task, [answer], by_judge=True)
    assert thinking_line(block) == (
        "1 answer has <think> blocks: the judge is shown the replies without them; the authors' own code does not "
        "strip them"
    )
