"""Laughter reasoning as its authors count: every text that is there is compared, and every row is rated."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from command import ROOT, Command, estimate, lines_of, summary_of, write_lines
from fake_server import serve
from nltk.translate.bleu_score import sentence_bleu
from rouge_score.rouge_scorer import RougeScorer

from judge.measures import BertSetting, text_numbers
from judge.metrics.embedding import BertScore
from judge.metrics.text import TEXT_METRICS
from judge.records import Answer, AskReply, Sample, Target
from judge.score import read_items
from judge.spec.task import read_task

FIXTURE = ROOT / "tests" / "fixtures" / "emobench_m"
LR = "tasks/emobench_m/lr.yaml"
REFUSAL = "I'm sorry, but I cannot determine why the audience laughed because the lamp is indestructible."
TEXTS = ["The audience laughed because Ada denies eating cake while her face is covered with cream.", REFUSAL, ""]
REFERENCES = [row["reference"] for row in json.loads((FIXTURE / "results" / "smile.json").read_text())]
RATINGS = {"denies eating cake": 5, "cannot determine": 1, "the model gave no text": 2}


def served(judge: Command, out: Path, texts: list[str]) -> Path:
    """A run of three replies, scored by a judge that gives each its own rating on both scales."""
    rules = [{"contains": part, "text": f'{{"evidence": "e", "reason": "r", "score": {score}}}'}
             for part, score in RATINGS.items()]  # fmt: skip
    lines = [{"id": f"smile-{number}", "reply": text} for number, text in enumerate(texts, start=1)]
    file = write_lines(out / "replies.jsonl", lines)
    done = judge("import", file, "--task", LR, "--model", "m", "--data", FIXTURE, "--out", out / "r")
    assert done.code == 0, done.err
    with serve(out, {"rules": rules}) as server:
        judged = judge("score", done.folder, "--judge", "endpoint", "--base-url", server.base_url, "--model", "j")
    assert judged.code == 0, judged.err
    return done.folder


def rouge(reply: str, reference: str) -> float:
    return float(RougeScorer(["rougeL"], use_stemmer=True).score(reference, reply)["rougeL"].fmeasure)


def bleu(reply: str, reference: str) -> float:
    return float(sentence_bleu([reference.split()], reply.split()))


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_faithful_text_metrics_count_a_refusal_and_skip_only_empty_texts(judge: Command, tmp_path: Path) -> None:
    folder = served(judge, tmp_path, TEXTS)
    for metric, measure in (("rouge_l", rouge), ("bleu4", bleu)):
        values = [measure(text, reference) for text, reference in zip(TEXTS[:2], REFERENCES[:2], strict=True)]
        faithful, strict = (estimate(folder, metric, mode=mode) for mode in ("faithful", "strict"))
        assert faithful["value"] == pytest.approx(sum(values) / 2)
        assert (faithful["n"], faithful["valid"], faithful["missing"]) == (2, 2, 1)
        own = TEXT_METRICS[metric](TEXTS[0], REFERENCES[0]).value or 0.0
        assert strict["value"] == pytest.approx(own / 3), (
            "by our own words; what declines has no value of its own there"
        )
        assert (strict["n"], strict["valid"]) == (3, 1)


def test_faithful_ratings_count_every_row_and_strict_gives_what_declines_the_lowest(
    judge: Command, tmp_path: Path
) -> None:
    folder = served(judge, tmp_path, TEXTS)
    faithful, strict = (estimate(folder, "logic", mode=mode) for mode in ("faithful", "strict"))
    assert (faithful["value"], faithful["n"], faithful["valid"]) == (pytest.approx(10 * (5 + 1 + 2) / 3), 3, 3)
    assert (strict["value"], strict["n"], strict["valid"]) == (pytest.approx((50 + 10 + 10) / 3), 3, 1)
    assert estimate(folder, "total", mode="faithful")["value"] == pytest.approx(2 * faithful["value"])
    assert {line["sample_id"] for line in lines_of(folder / "verdicts.jsonl")} == {"smile-1", "smile-2", "smile-3"}
    assert summary_of(folder)["problems"]["parse"].keys() == {"refused", "empty"}


def test_the_text_nan_is_a_text_like_any_other(judge: Command, tmp_path: Path) -> None:
    file = tmp_path / "smile.csv"
    file.write_text(f'video,prediction,expected\na.mp4,nan,"{REFERENCES[0]}"\nb.mp4,,"{REFERENCES[1]}"\n')
    done = judge("import", file, "--format", "emobench-m", "--task", LR, "--model", "m", "--out", tmp_path / "r")
    assert "1 of 2 rows have no text: the authors compare none of them, and rate them all" in done.out
    assert [answer["status"] for answer in lines_of(done.folder / "answers.jsonl")] == ["ok", "empty"]
    judge("score", done.folder)
    assert estimate(done.folder, "rouge_l", mode="faithful")["n"] == 1
    assert estimate(done.folder, "total", mode="faithful")["n"] == 2


def test_a_failed_call_is_no_text_and_no_row_in_either_mode(judge: Command, tmp_path: Path) -> None:
    script = {"faults": [{"kind": "bad_request", "contains": "lamp"}], "default": {"text": TEXTS[0]}}
    with serve(tmp_path, script) as server:
        by = ["--base-url", server.base_url, "--model", "m"]
        line = ["run", LR, "--provider", "endpoint", *by, "--data", str(FIXTURE), "--modalities", "text"]
        done = judge(*line, "--out", str(tmp_path / "r"))
    judge("score", done.folder)
    failed = summary_of(done.folder)["run"]["statuses"]["error"]
    for metric in ("rouge_l", "total"):
        assert estimate(done.folder, metric, mode="faithful")["n"] == 3 - failed
    assert failed


class Raw(BertScore):
    """Gives every pair the same raw value, and roberta-large's baseline."""

    def __init__(self) -> None:
        self._scorer = SimpleNamespace(baseline_vals=(0.83150584, 0.8314941, 0.83122575))
        self.signature = "bertscore:0.3.13,roberta-large,L17,raw,transformers:5"

    def f1(self, pairs: Any) -> list[float]:
        return [0.9] * len(pairs)


@pytest.mark.parametrize("metric", ["bertscore_f1", "bertscore_f1_rescaled"])
@pytest.mark.parametrize(("text", "counts"), [(TEXTS[0], True), (REFUSAL, True), ("  \n", False), ("nan", True)])
def test_bertscore_takes_every_text_that_is_there(metric: str, text: str, counts: bool) -> None:
    task = read_task(ROOT / LR, None)
    reply = AskReply(ask="reason", text=text)
    answer = Answer(sample_id="a", variant="qa", status="ok" if text.strip() else "empty", replies=(reply,))
    sample = Sample(id="a", inputs={}, target=Target(values={}, reference=REFERENCES[0]))
    run: Any = SimpleNamespace(selection=SimpleNamespace(repeats=1), variant="qa", provider_kind="local")
    (item,) = read_items(task, [sample], run=run, answers={answer.key: answer})
    setting = BertSetting()
    setting._loaded = Raw()
    ((_, found),) = text_numbers(task, [item], metric=metric, mode="faithful", model=setting)
    assert (found.value is not None) == counts
