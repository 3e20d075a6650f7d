"""What a first-time user meets: a judge without a rubric, a run that comes to nothing, scoring again."""

from __future__ import annotations

import socket
from pathlib import Path

from command import ROOT, Command, Done, estimate, write_lines
from deciding import deciding

TASK = """\
name: bare
version: 1
about: a task without a rubric
licence: CC0
data: {path: items.jsonl, id: id}
asks:
  - {name: a, qa: 'Say what {line} means.', read: {as: label}}
labels: {joy: [], sadness: []}
target: {label: label}
metrics: [accuracy]
"""


def bare(judge: Command, folder: Path, model: str = "m") -> Path:
    write_lines(folder / "items.jsonl", [{"id": f"i{n}", "line": f"line-{n}", "label": "joy"} for n in range(3)])
    write_lines(folder / "replies.jsonl", [{"id": f"i{n}", "reply": "joy"} for n in range(3)])
    (folder / "bare.yaml").write_text(TASK)
    done = judge(
        "import", folder / "replies.jsonl", "--task", folder / "bare.yaml", "--model", model, "--out", folder / "r"
    )
    assert done.code == 0, done.err
    return done.folder


def closed_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_a_judge_for_a_task_without_a_rubric_stops_with_the_mend(judge: Command, tmp_path: Path) -> None:
    folder = bare(judge, tmp_path)
    done = judge("score", folder, "--judge", "rules")
    assert done.code == 2
    assert "has no rubric" in done.err
    assert "--rubric" in done.err
    assert not (folder / "summary.json").exists()
    assert judge("score", folder).code == 0
    assert judge("score", folder, "--judge", "rules", "--rubric", "humor").code == 0


def test_where_no_run_has_a_rubric_the_code_is_that_of_a_wrong_line(judge: Command, tmp_path: Path) -> None:
    bare(judge, tmp_path)
    bare(judge, tmp_path, "n")
    done = judge("score", tmp_path / "r", "--judge", "rules")
    assert done.code == 2
    assert done.err.count("has no rubric") == 2


def test_a_run_without_a_rubric_does_not_stop_the_others(judge: Command, tmp_path: Path) -> None:
    bare(judge, tmp_path)
    judged = judge("run", "tasks/humor.yaml", "--provider", "majority", "--limit", "4", "--out", tmp_path / "r").folder
    done = judge("score", tmp_path / "r", "--judge", "rules")
    assert done.code == 1
    assert done.err.count("has no rubric") == 1
    assert estimate(judged, "recognition")["judge"] == "rules"


def test_scoring_again_prints_the_numbers_again(judge: Command, tmp_path: Path) -> None:
    folder = bare(judge, tmp_path)
    first, again = judge("score", folder), judge("score", folder)
    assert again.code == 0
    assert "already scored" in again.out
    assert first.out.rstrip() in again.out


def test_a_run_that_got_no_answer_leaves_no_folder(judge: Command, tmp_path: Path) -> None:
    line = [
        "run",
        "tasks/humor.yaml",
        "--provider",
        "endpoint",
        "--limit",
        "3",
        "--out",
        tmp_path / "r",
        "--model",
        "m",
    ]
    done = judge(
        *line, "--base-url", f"http://127.0.0.1:{closed_port()}/v1", "--patience", "0", "--out", tmp_path / "r"
    )
    assert done.code != 0
    assert "no folder is kept" in done.out
    assert list((tmp_path / "r").iterdir()) == []


def test_a_run_with_one_answer_keeps_its_folder_when_the_next_one_fails(judge: Command, tmp_path: Path) -> None:
    write_lines(tmp_path / "replies.jsonl", [{"id": "h-001", "reply": "Answer: humorous"}])
    line = ["run", "tasks/humor.yaml", "--provider", "replay", "--replies", tmp_path / "replies.jsonl"]
    done = judge(*line, "--limit", "2", "--out", tmp_path / "r")
    assert done.folder.is_dir()


def judged_by(judge: Command, url: str, folder: Path, *more: str) -> Done:
    where = ["--judge", "endpoint:m", "--base-url", url, "--rubric", "empathy_0_2"]
    return judge("score", folder, *where, *more)


GOOD = '{"evidence": "e", "reason": "r", "score": 1, "confidence": 1}'
"""A verdict by the rubric empathy_0_2."""


def test_an_unreadable_reply_is_shown_and_asked_for_again(judge: Command, tmp_path: Path) -> None:
    """The server mumbles about the second item, and speaks clearly afterwards."""
    folder = bare(judge, tmp_path)
    asked: list[str] = []
    mumbling = True

    def decide(model: str, text: str) -> str:
        asked.append(text)
        return "Hmm, I would rather\nnot say a number." if mumbling and "line-1" in text else GOOD

    with deciding(tmp_path / "s", decide) as url:
        done = judged_by(judge, url, folder)
        assert done.code == 1
        assert "--only unread" in done.err
        shown = judge("show", folder, "i1").out
        assert "the judge said:" in shown
        assert "  │ Hmm, I would rather\n  │ not say a number." in shown
        mumbling = False
        asked.clear()
        assert judged_by(judge, url, folder).code == 1
        assert asked == [], "without --only unread, the stored replies answer"
        again = judged_by(judge, url, folder, "--only", "unread")
        assert again.code == 0, again.err
        assert asked
        assert all("line-1" in text for text in asked)
        assert "the judge said:" not in judge("show", folder, "i1").out
        assert judged_by(judge, url, folder).code == 0


def test_only_unread_without_a_judge_asks_for_its_name(judge: Command, tmp_path: Path) -> None:
    done = judge("score", bare(judge, tmp_path), "--only", "unread")
    assert done.code == 2
    assert "--judge" in done.err


def test_verdicts_of_an_earlier_way_of_asking_are_not_shown_beside_todays(judge: Command) -> None:
    """The shipped example holds what two versions of the rules said; its numbers are of the later one."""
    done = judge("show", "results/example/humor--replay--727271b3", "h-013")
    assert done.out.count("  cot: 3") == 1
    assert done.out.count("  step 1: ") == 1


def test_the_transcripts_of_readme_are_what_the_commands_print(judge: Command, tmp_path: Path) -> None:
    """`show` of the shipped example, and the numbers of the demo."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = judge("show", "results/example/humor--replay--727271b3", "h-013").out.strip()
    assert shown in readme
    demo = judge("demo", "--out", tmp_path / "results").out
    numbers = [line for line in demo.splitlines() if line.startswith("  ") and (" n 32" in line or " n 2" in line)]
    assert len(numbers) > 30
    assert [line for line in numbers if line not in readme] == []
