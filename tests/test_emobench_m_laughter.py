"""Laughter reasoning: two ratings of texts on their own scale, a failed one by either rule, and the text metrics."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from command import ROOT, Command, estimate, lines_of, summary_of
from fake_server import FakeServer, serve
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu
from rouge_score.rouge_scorer import RougeScorer

from judge.items import Item
from judge.measures import BertSetting, text_numbers
from judge.metrics.embedding import BertScore, Unavailable
from judge.metrics.text import TEXT_METRICS
from judge.records import Answer, AskReply, Key, Mode, Problem, Sample, Target, Verdict
from judge.rubric import Rubric
from judge.score import read_items
from judge.scores import Judged
from judge.spec.rubric import read_rubric
from judge.spec.task import read_task

FIXTURE = ROOT / "tests" / "fixtures" / "emobench_m"
LR = "tasks/emobench_m/lr.yaml"
TASK = read_task(ROOT / LR, None)
RUBRIC: Rubric = read_rubric(ROOT / "rubrics" / "laughter_emobench_m.yaml")
REPLY = "The audience laughed because cream gives it away."
LOGIC, MULTIMODAL = "how sound is the reply", "how truly does the reply tie"
SCRIPT = {
    "rules": [
        {"contains": "falls apart in his hands", "text": "**Logical Judgment Dimension:** 4"},
        {"contains": LOGIC, "text": '{"evidence": "e", "reason": "r", "score": 4}'},
        {"contains": MULTIMODAL, "text": '{"evidence": "e", "reason": "r", "score": 3}'},
    ],
    "default": {"text": REPLY},
}
"""Answers the three questions, and judges: the second item's verdicts are no JSON, twice."""


MODES: tuple[Mode, Mode] = ("strict", "faithful")


def run_and_score(judge: Command, server: FakeServer, out: Path) -> tuple[Path, int]:
    by = ["--base-url", server.base_url, "--model", "m"]
    options = ["--data", FIXTURE, "--modalities", "text", "--out", out]
    done = judge("run", LR, "--provider", "endpoint", *by, *options)
    assert done.code == 0, done.err
    return done.folder, judge("score", done.folder, "--judge", "endpoint", *by).code


def test_a_failed_rating_counts_0_in_faithful_and_is_missing_in_strict(judge: Command, tmp_path: Path) -> None:
    with serve(tmp_path, SCRIPT) as server:
        folder, code = run_and_score(judge, server, tmp_path / "r")
    assert code == 1, "an answer could not be judged"
    found = {
        (metric, mode): estimate(folder, metric, mode=mode)
        for metric in ("logic", "multimodal", "total")
        for mode in ("strict", "faithful")
    }
    assert {key: item["value"] for key, item in found.items()} == {
        ("logic", "strict"): 40,
        ("logic", "faithful"): pytest.approx(80 / 3),
        ("multimodal", "strict"): 30,
        ("multimodal", "faithful"): 20,
        ("total", "strict"): 70,
        ("total", "faithful"): pytest.approx(140 / 3),
    }
    assert {(item["n"], item["valid"], item["missing"]) for item in found.values()} == {(3, 2, 1)}
    assert found["logic", "strict"]["scale"] == [10, 50]
    assert found["total", "faithful"]["scale"] == [0, 100]
    assert summary_of(folder)["problems"]["judge"]["unreadable"] == {"n": 1, "samples": ["smile-2"]}
    assert {item["metric"] for item in summary_of(folder)["estimates"]} == set(TASK.metrics), (
        "and none of other rubrics"
    )


def test_the_judge_sees_the_two_texts_alone_in_two_calls_an_item(judge: Command, tmp_path: Path) -> None:
    with serve(tmp_path, SCRIPT) as server:
        folder, _ = run_and_score(judge, server, tmp_path / "r")
        prompts = [str(line["body"]) for line in server.requests()]
    judged = [text for text in prompts if "Scale (only these scores)" in text]
    assert len(prompts) == 3 + 2 * 3 + 2, "three questions, two ratings each, and the unreadable ones once more"
    assert all(REPLY in text and "The audience laughed because" in text for text in judged)
    assert not any("Reasoning task" in text or "Facial Action Units" in text for text in judged)
    assert not any("reasoning steps" in text for text in prompts), "the rubric extracts no steps"
    assert {line["criterion"] for line in lines_of(folder / "verdicts.jsonl")} == {"logic", "multimodal"}


def verdict(criterion: str, score: float | None, *, draw: int = 0, kind: str = "unreadable") -> Verdict:
    problem = None if score is not None else Problem(stage="judge", kind=kind)
    named: dict[str, Any] = {"sample_id": "a", "variant": "qa", "draw": 0, "answer": "x", "judge": "j"}
    return Verdict(
        **named,
        rubric=RUBRIC.name,
        rubric_digest=RUBRIC.digest,
        criterion=criterion,
        score=score,
        judge_draw=draw,
        problem=problem,
    )


def item_of(reply: str = REPLY, reference: str = "The audience laughed because of the cream.") -> Item:
    answer = Answer(sample_id="a", variant="qa", status="ok", replies=(AskReply(ask="reason", text=reply),))
    sample = Sample(id="a", inputs={}, target=Target(values={}, reference=reference))
    run: Any = SimpleNamespace(selection=SimpleNamespace(repeats=1), variant="qa", provider_kind="local")
    return read_items(TASK, [sample], run=run, answers={Key("a", "qa", 0): answer})[0]


def test_ratings_are_multiplied_by_ten_and_summed_as_published() -> None:
    judged = Judged(RUBRIC, [verdict("logic", 4), verdict("logic", 3, draw=1), verdict("multimodal", 5)])
    scores = judged.scores(TASK, item_of(), "strict")
    assert {name: number.value for name, number in scores.items()} == {"logic": 35, "multimodal": 50, "total": 85}


@pytest.mark.parametrize("kind", ["unreadable", "connection", "cannot_judge"])
def test_a_rating_not_given_is_0_beside_its_problem_by_the_authors_rule_only(kind: str) -> None:
    judged = Judged(RUBRIC, [verdict("logic", 4), verdict("multimodal", None, kind=kind)])
    faithful, strict = (judged.scores(TASK, item_of(), mode) for mode in ("faithful", "strict"))
    assert (faithful["multimodal"].value, faithful["total"].value) == (0, 40)
    assert faithful["total"].problem is not None
    assert (strict["multimodal"].value, strict["total"].value) == (None, None)
    assert strict["total"].ours, "the model had no part in it"


def test_what_no_judge_was_asked_for_is_0_in_no_mode() -> None:
    scores = Judged(RUBRIC, []).scores(TASK, item_of(), "faithful")
    assert {number.value for number in scores.values()} == {None}


def test_a_rubric_that_says_nothing_of_failures_has_them_missing_in_both_modes() -> None:
    plain = RUBRIC.model_copy(update={"failed": "missing"})
    scores = Judged(plain, [verdict("logic", None)]).scores(TASK, item_of(), "faithful")
    assert scores["logic"].value is None


def test_the_published_totals_are_logic_plus_multimodal() -> None:
    rows: dict[str, dict[str, float]] = {}
    for item in TASK.references:
        rows.setdefault(item.model, {})[item.metric] = item.value
    assert len(rows) == 10
    for row in rows.values():
        assert row["logic"] + row["multimodal"] == pytest.approx(row["total"], abs=0.001)


GOLDEN = [
    ("The audience laughed because Bo praises the lamp.", "The audience laughed because Bo calls the lamp strong."),
    ("the audience laughed because bo praises the lamp.", "The audience laughed because Bo calls the lamp strong."),
    ("Nobody knows.", "The audience laughed because Bo calls the lamp strong."),
    ("The audience laughed because of Bo", "The audience laughed because of Bo"),
]
VALUES = {
    "bleu4": [0.4775034265, 0.0, 0.0, 1.0],
    "bleu4_smoothed": [0.5338650606, 0.2712743204, 0.0, 1.0],
    "rouge_l": [0.8235294118, 0.8235294118, 0.0, 1.0],
}
"""Made with nltk 3.10.4 and rouge-score 0.1.2, and again below. By hand, the first: 6/8, 4/7, 3/6, 2/5 of its n-grams
are the reference's, whose length of 9 gives a penalty of exp(1 - 9/8); smoothed they are 6/8, 5/8, 4/7 and 3/6."""


@pytest.mark.parametrize("metric", VALUES)
def test_golden_pairs_of_laughter_reasons(metric: str) -> None:
    found = [TEXT_METRICS[metric](candidate, reference, "library").value for candidate, reference in GOLDEN]
    assert found == pytest.approx([_theirs(metric, *pair) for pair in GOLDEN], abs=1e-12)
    assert found == pytest.approx(VALUES[metric], abs=1e-9)


@pytest.mark.parametrize("metric", VALUES)
def test_faithful_laughter_metrics_are_the_authors_libraries_and_strict_ones_are_ours(metric: str) -> None:
    reply, reference = "The audience laughed because naïve Bo calls its lamp 'strong'.", GOLDEN[0][1]
    found = {
        mode: text_numbers(TASK, [item_of(reply, reference)], metric=metric, mode=mode, model=BertSetting())[0][1]
        for mode in MODES
    }
    assert found["faithful"].value == _theirs(metric, reply, reference)
    assert found["strict"].value == TEXT_METRICS[metric](reply, reference, "english").value
    assert found["strict"].value != found["faithful"].value
    by = ("13a-unicode", "whitespace") if metric.startswith("bleu") else ("words+porter", "rouge-score+porter")
    assert tuple(found[mode].note for mode in MODES) == tuple(f"tok:{name}" for name in by)


def _theirs(metric: str, candidate: str, reference: str) -> float:
    if metric == "rouge_l":
        scores = RougeScorer(["rougeL"], use_stemmer=True).score(reference, candidate)
        return float(scores["rougeL"].fmeasure)
    smoothing = SmoothingFunction().method2 if metric == "bleu4_smoothed" else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(sentence_bleu([reference.split()], candidate.split(), smoothing_function=smoothing))


class Known(BertScore):
    """Raw values that are given, with the baseline of roberta-large's layer 17 (bert-score 0.3.13's own file)."""

    def __init__(self, raw: float, baseline: float | None = 0.83122575) -> None:
        self._raw = raw
        self._scorer = SimpleNamespace(baseline_vals=(0.83150584, 0.8314941, baseline)) if baseline else None
        self.signature = "bertscore:0.3.13,roberta-large,L17,raw,transformers:5"

    def f1(self, pairs: Any) -> list[float]:
        return [self._raw] * len(pairs)


@pytest.mark.parametrize(("raw", "rescaled"), [(0.893, 0.366), (0.857, 0.153), (1.0, 1.0), (0.83122575, 0.0)])
def test_bertscore_is_kept_raw_and_on_its_baseline(raw: float, rescaled: float) -> None:
    """The protocol notes' pairs 89.3 and 36.3, 85.7 and 15.2, to their rounding."""
    setting = BertSetting()
    setting._loaded = Known(raw)
    values = {}
    for metric in ("bertscore_f1", "bertscore_f1_rescaled"):
        ((_, number),) = text_numbers(TASK, [item_of()], metric=metric, mode="faithful", model=setting)
        values[metric] = number.value
        assert ("rescaled" in number.note) == (metric != "bertscore_f1")
    assert values == {"bertscore_f1": raw, "bertscore_f1_rescaled": pytest.approx(rescaled, abs=0.001)}


def test_a_model_without_a_baseline_has_no_rescaled_value() -> None:
    with pytest.raises(Unavailable, match="no baseline"):
        Known(0.9, None).baseline()
    setting = BertSetting()
    setting._loaded = Known(0.9, None)
    ((_, number),) = text_numbers(TASK, [item_of()], metric="bertscore_f1_rescaled", mode="strict", model=setting)
    assert number.value is None
    assert number.problem is not None


def test_faithful_takes_the_whole_reply_and_strict_its_answer() -> None:
    item = item_of("Cream, voice, face.\nAnswer: The audience laughed because of the cream.")
    assert item.parsed["faithful"].values["reason"][0].startswith("Cream, voice")
    assert item.parsed["strict"].values["reason"] == ("The audience laughed because of the cream.",)


def test_the_rubric_keeps_its_words_apart_from_every_shipped_one() -> None:
    anchors = json.dumps([stage.scale for stage in RUBRIC.rated()])
    assert [sorted(stage.scale or {}) for stage in RUBRIC.rated()] == [[1, 2, 3, 4, 5]] * 2
    assert RUBRIC.sees == ("reference", "reply")
    assert "score" not in anchors
