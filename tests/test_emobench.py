"""EmoBench's two protocols: what is asked, in which orders, and what a second question is told of the first answer."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from command import Command, estimate, lines_of
from fake_server import serve_in_thread

from judge.spec.task import read_task

EU, EA = "tasks/emobench/eu.yaml", "tasks/emobench/ea.yaml"
EMOTIONS = ["Delight", "Anger", "Pride", "Boredom", "Relief", "Shame"]
CAUSES = ["The train came early", "The train left without her", "She found her ticket", "It rained"]


def _eu(folder: Path, count: int = 4) -> Path:
    """Invented items in the authors' format of today, in both languages."""
    lines = [
        {
            "qid": str(number),
            "language": lang,
            "coarse_category": "complex_emotions",
            "finegrained_category": "emotion_transition",
            "scenario": f"Mira waits for train {number}.",
            "subject": "Mira",
            "emotion_choices": EMOTIONS,
            "emotion_label": "Anger",
            "cause_choices": CAUSES,
            "cause_label": "The train left without her",
        }
        for number in range(1, count + 1)
        for lang in ("en", "zh")
    ]
    path = folder / "EU.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_each_item_is_asked_in_four_orders_and_the_first_is_the_datas(judge: Command, tmp_path: Path) -> None:
    shown = [
        judge("tasks", "show", EU, "--sample", name, "--data", _eu(tmp_path), "--set", "protocol=2024").out
        for name in ("3", "3~1", "3~2", "3~3")
    ]
    orders = [re.findall(r"\([a-f]\) (\w+)", text) for text in shown]
    assert orders[0][:6] == EMOTIONS
    assert len({tuple(order) for order in orders}) > 1
    assert all(sorted(order[:6]) == sorted(EMOTIONS) for order in orders)
    golds = [re.search(r"emotion: ([A-F])", text) for text in shown]
    for order, gold in zip(orders, golds, strict=True):
        assert gold is not None
        assert order["ABCDEF".index(gold[1])] == "Anger", "the gold letter follows its option"


def test_every_order_is_about_as_likely(judge: Command, tmp_path: Path) -> None:
    done = judge("run", EA, "--provider", "majority", "--data", _ea(tmp_path, 400), "--set", "protocol=2024", "--out",
                 tmp_path / "r", "--repeats", "1")  # fmt: skip
    assert done.code == 0, done.err
    judge("score", done.folder)
    value = estimate(done.folder, "accuracy")["value"]
    assert 0.2 < value < 0.45, (
        "the commonest letter is gold in a quarter of the shuffled orders, and in all of the data's own"
    )


def _ea(folder: Path, count: int) -> Path:
    lines = [
        {
            "qid": str(number),
            "language": "en",
            "category": "Social-Self",
            "question type": "Action",
            "scenario": f"Mira waits for train {number}.",
            "subject": "Mira",
            "choices": CAUSES,
            "label": "The train came early",
        }
        for number in range(1, count + 1)
    ]
    path = folder / "EA.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.mark.parametrize(
    ("reply", "told"),
    [("(c)", "Pride"), ("I do not know", "Shame"), ("Delight, or rather: b", "Anger")],
)
def test_the_cause_is_asked_of_the_emotion_that_the_authors_parser_reads(
    judge: Command, tmp_path: Path, reply: str, told: str
) -> None:
    """EmoBench 3.4: an emotion that was not read is index -1, which is the last option."""
    with serve_in_thread(tmp_path, {"latency": 0, "default": {"text": reply}}) as url:
        done = judge("run", EU, "--provider", "endpoint", "--base-url", url, "--model", "m", "--data",
                     _eu(tmp_path, 1), "--set", "protocol=2024", "--repeats", "1", "--limit", "1", "--out",
                     tmp_path / "r", "--cache", "off")  # fmt: skip
    assert done.code == 0, done.err
    assert f"Why would Mira feel {told} in this situation?" in (tmp_path / "ledger.jsonl").read_text()


def test_the_protocol_of_2024_asks_five_draws_of_four_orders_twice(judge: Command, tmp_path: Path) -> None:
    done = judge("run", EU, "--provider", "random", "--seed", "1", "--data", _eu(tmp_path), "--set", "protocol=2024",
                 "--out", tmp_path / "r")  # fmt: skip
    answers = lines_of(done.folder / "answers.jsonl")
    assert len(answers) == 4 * 4 * 5
    assert Counter(reply["ask"] for answer in answers for reply in answer["replies"]) == {"emotion": 80, "cause": 80}
    judge("score", done.folder)
    found = estimate(done.folder, "accuracy")
    assert (found["n"], found["valid"]) == (16, 16), "a vote for each order of each item"


def test_the_protocol_of_2025_is_one_call_of_each_item(judge: Command, tmp_path: Path) -> None:
    done = judge("run", EU, "--provider", "random", "--seed", "1", "--data", _eu(tmp_path), "--out", tmp_path / "r")
    assert len(lines_of(done.folder / "answers.jsonl")) == 4
    judge("score", done.folder)
    signature = estimate(done.folder, "accuracy")["signature"]
    assert "protocol:2025" in signature
    assert "vote" not in signature


@pytest.mark.parametrize(("task", "config"), [(EU, "emotional_understanding"), (EA, "emotional_application")])
def test_the_authors_copy_on_the_hub_is_a_setting_that_changes_the_data_and_nothing_else(
    task: str, config: str
) -> None:
    read = read_task(Path(task), None)
    settings = {name: setting.default for name, setting in read.settings.items()}
    files, hub = read.under(settings), read.under(settings | {"source": "hub"})
    assert (files.data.hub, hub.data.hub, hub.data.config) == (None, "SahandSab/EmoBench", config)
    assert (hub.asks, hub.data.fields, hub.data.where) == (files.asks, files.data.fields, files.data.where)


def test_the_authors_names_for_the_prompts_are_a_setting(judge: Command, tmp_path: Path) -> None:
    data = _eu(tmp_path)
    by_mode = judge("tasks", "show", EU, "--sample", "1", "--data", data, "--set", "mode=cot").out
    by_prompt = judge("tasks", "show", EU, "--sample", "1", "--data", data, "--prompt", "cot").out
    assert by_mode == by_prompt
    assert "Reason step by step" in by_mode
    both = judge("tasks", "show", EU, "--sample", "1", "--data", data, "--prompt", "cot", "--set", "mode=base")
    assert (both.code, both.err) == (2, "--set mode=base is --prompt qa, not cot: give one of them\n")


@pytest.mark.parametrize("task", [EU, EA])
@pytest.mark.parametrize("protocol", ["2024", "2025"])
@pytest.mark.parametrize("mode", ["base", "cot"])
def test_chinese_items_are_asked_in_chinese(
    judge: Command, tmp_path: Path, shared: Path, task: str, protocol: str, mode: str
) -> None:
    shown = judge("tasks", "show", task, "--sample", "2", "--data", shared / "emobench", "--set", "lang=zh", "--set",
                  f"protocol={protocol}", "--set", f"mode={mode}")  # fmt: skip
    assert shown.code == 0, shown.err
    asked = shown.out.partition("[gold")[0]
    words = set(
        re.findall(r"[a-z]{4,}", re.sub(r"```json.*?```|\(the answer to \w+\)|\[.*?\]", "", asked, flags=re.DOTALL))
    )
    raw = {"ction"} if protocol == "2025" else set()  # the authors put in the English word of their data (3.3)
    assert words <= {"answer"} | raw
