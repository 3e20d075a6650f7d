"""Strict mode of metrics without a lowest value: null, or what the task states; a refusal never beats an answer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from building import make_sample
from command import ROOT, Command, estimate, summary_of, write_lines
from hypothesis import given, settings
from hypothesis import strategies as st

from judge.definitions import Task
from judge.errors import TaskError
from judge.estimates import Estimator, Labelling
from judge.items import Item, Number
from judge.metrics.labels import LABEL_METRICS
from judge.metrics.names import ABOUT, FIELD_METRICS, UNBOUNDED
from judge.records import Answer, AskReply, Key, Mode, Parsed, Problem
from judge.rubric import OPEN
from judge.spec.task import read_task

RATING: dict[str, Any] = {
    "name": "rating",
    "version": 1,
    "about": "how glad from 1 to 5",
    "licence": "CC0",
    "data": {"path": "items.jsonl", "id": "id"},
    "asks": [{"name": "level", "qa": "{text}", "read": {"as": "number", "range": [1, 5]}}],
    "target": {"label": "gold"},
    "metrics": ["mae"],
}
PRECISION = {name for name in (*LABEL_METRICS, *FIELD_METRICS) if name.endswith(("f1", "precision"))} - {
    "set_precision"
}
"""As scikit-learn has them, a missing prediction is none: it is no false positive, which a wrong one is."""
SHARES = sorted({*LABEL_METRICS, *FIELD_METRICS} - PRECISION)


def written(folder: Path, **changes: Any) -> Path:
    golds = [{"id": f"i{number}", "text": "t", "gold": gold} for number, gold in enumerate((1, 5, 3, 2))]
    write_lines(folder / "items.jsonl", golds)
    path = folder / "rating.yaml"
    path.write_text(yaml.safe_dump(RATING | changes, sort_keys=False))
    return path


def scored(judge: Command, folder: Path, replies: Sequence[str], **changes: Any) -> Path:
    task = written(folder, **changes)
    lines = [{"id": f"i{number}", "reply": reply} for number, reply in enumerate(replies)]
    file = write_lines(folder / "replies.jsonl", lines)
    done = judge("import", file, "--task", task, "--model", "m", "--out", folder / "r")
    assert done.code == 0, done.err
    assert judge("score", done.folder).code == 0
    return done.folder


REFUSED = "I'm sorry, but I cannot help with that."


def test_an_error_over_fewer_answers_than_n_is_null_with_its_reason_and_a_sentence(
    judge: Command, tmp_path: Path
) -> None:
    folder = scored(judge, tmp_path, ["1", "3", REFUSED, "2"])
    strict, faithful = (estimate(folder, "mae", mode=mode) for mode in ("strict", "faithful"))
    assert (strict["value"], strict["reason"], strict["n"], strict["missing"]) == (None, "no_floor", 4, 1)
    assert (faithful["value"], faithful["n"]) == (pytest.approx(2 / 3), 3)
    said = "mae, strict: 1 of 4 answers have no number, and the metric has no lowest value to count for them"
    assert said in judge("score", folder, "--fresh").out
    judge("report", tmp_path / "r")
    assert said in (tmp_path / "r" / "report.md").read_text().replace("\\", "")


def test_where_no_answer_is_missing_the_strict_error_is_there(judge: Command, tmp_path: Path) -> None:
    folder = scored(judge, tmp_path, ["1", "3", "3", "2"])
    strict = estimate(folder, "mae")
    assert (strict["value"], strict["n"], strict["missing"]) == (0.5, 4, 0)


def test_what_the_task_states_counts_for_each_missing_answer_and_is_part_of_the_signature(
    judge: Command, tmp_path: Path
) -> None:
    (tmp_path / "plain").mkdir()
    plain = estimate(scored(judge, tmp_path / "plain", ["1", "3", "3", "2"]), "mae")
    folder = scored(judge, tmp_path, ["1", "3", REFUSED, "2"], missing_value={"mae": 4})
    strict, faithful = (estimate(folder, "mae", mode=mode) for mode in ("strict", "faithful"))
    assert (strict["value"], strict["n"], strict["valid"]) == ((0 + 2 + 4 + 0) / 4, 4, 3)
    assert "|missing:4|" in strict["signature"]
    assert "missing:" not in faithful["signature"] + plain["signature"]
    digests = [item["signature"].split("|task:")[1].split("|")[0] for item in (strict, plain)]
    assert digests[0] != digests[1]


def test_a_call_that_failed_is_no_missing_answer_of_the_model(judge: Command, tmp_path: Path) -> None:
    task = Task.model_validate(RATING | {"missing_value": {"mae": 4.0}})
    lost = Number(problem=Problem(stage="call", kind="timeout"))
    series = [*rows([0.0, 2.0]), (item_of("x"), lost)]
    found = estimator(task).numbers(series, Labelling(metric="mae", mode="strict", scale=None))
    assert (found.value, found.n, found.valid, found.missing) == (1.0, 2, 2, 1), "two values, and n says two"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"missing_value": {"mae": 2}}, "2 is less than the largest error (4, by the range): a refusal would beat"),
        ({"missing_value": {"mae": -1}}, "-1 is no error: it is 0 or more"),
        ({"missing_value": {"meanerr": 4}}, 'unknown metric "meanerr"'),
        ({"missing_value": {"accuracy": 0}, "metrics": ["mae", "accuracy"]}, "accuracy has a lowest value"),
        ({"missing_value": {"avg_token": 0}}, "avg_token is not among the task's metrics"),
        ({"missing_value": {"mae": "4"}}, "missing_value.mae"),
        ({"missing_value": {"mae": True}}, "missing_value.mae"),
        ({"missing_value": {"mae": float("nan")}}, "missing_value.mae"),
        ({"missing_value": 4}, "missing_value"),
    ],
)
def test_a_value_that_makes_no_sense_is_a_fault_of_the_task(tmp_path: Path, changes: Any, says: str) -> None:
    with pytest.raises(TaskError) as caught:
        read_task(written(tmp_path, **changes), None)
    assert says in str(caught.value)


def test_no_answer_counts_for_worse_than_a_missing_one() -> None:
    """As where another case of the task has a wider range."""
    task = Task.model_validate(RATING | {"missing_value": {"mae": 10.0}})
    series = [*rows([0.0, 100.0]), (item_of("x"), REFUSAL)]
    assert estimator(task).numbers(series, Labelling(metric="mae", mode="strict", scale=None)).value == 20 / 3
    assert estimator(task).numbers(series, Labelling(metric="mae", mode="faithful", scale=None)).value == 50


def test_an_older_task_keeps_its_digest() -> None:
    task = Task.model_validate(RATING)
    assert task.score_digest() == task.model_copy(update={"missing_value": {}}).score_digest()


def test_laughter_states_that_no_text_is_worth_an_unrelated_one() -> None:
    task = read_task(ROOT / "tasks" / "emobench_m" / "lr.yaml", None)
    label = Labelling(metric="bertscore_f1_rescaled", mode="strict")
    found = estimator(task).numbers([*rows([0.5, -0.3]), (item_of("x"), REFUSAL)], label)
    assert found.value == pytest.approx((0.5 + 0 + 0) / 3)
    faithful = Labelling(metric="bertscore_f1_rescaled", mode="faithful")
    assert estimator(task).numbers(rows([0.5, -0.3]), faithful).value == pytest.approx(0.1)


REFUSAL = Number(problem=Problem(stage="parse", kind="refused"))


def estimator(task: Task) -> Estimator:
    return Estimator(run_of(), task)


def run_of() -> Any:
    selection = SimpleNamespace(repeats=1)
    return SimpleNamespace(settings={}, wording="", senses={}, selection=selection, ask_digest="a" * 8,
                           data_sha256="d" * 8, model="m", variant="qa", structured=False, system=None)  # fmt: skip


def item_of(name: str, gold: str = "joy", said: str | None = "joy", field: str = "label") -> Item:
    """One item whose reply says a label, or declines."""
    values: dict[str, tuple[str, ...]] = {} if said is None else {field: (said,)}
    key = Key(name, "qa", 0)
    parsed: dict[Mode, Parsed] = {
        mode: Parsed(key=key, mode=mode, state="refused" if said is None else "ok", values=values, reasoning="")
        for mode in ("strict", "faithful")
    }
    answer = Answer(sample_id=name, variant="qa", status="ok", replies=(AskReply(ask=field, text=said or REFUSED),))
    return Item(sample=make_sample(name, gold=gold, field=field), key=key, answer=answer, parsed=parsed)


def rows(values: Sequence[float | None]) -> list[tuple[Item, Number]]:
    return [
        (item_of(f"i{number}"), REFUSAL if value is None else Number(value=value))
        for number, value in enumerate(values)
    ]


NUMERIC = sorted(name for name, (need, _) in ABOUT.items() if need != "label")


def scale_of(metric: str) -> tuple[float, float] | None:
    """As `evaluate` gives it: ratings keep a scale of their own."""
    if metric in ("mae", "avg_token", *OPEN):
        return None
    return (10.0, 50.0) if metric in ("logic", "multimodal") else (0.0, 1.0)


@settings(max_examples=120, deadline=None)
@given(
    metric=st.sampled_from([*sorted(UNBOUNDED), *NUMERIC]),
    values=st.lists(st.floats(-3, 60), min_size=1, max_size=8),
    place=st.integers(0, 7),
    stated=st.booleans(),
)
def test_a_refusal_in_place_of_any_answer_improves_no_strict_mean(
    metric: str, values: list[float], place: int, stated: bool
) -> None:
    scale = scale_of(metric)
    better = UNBOUNDED.get(metric, "high")
    values = [abs(value) if better != "high" else value for value in values]
    if scale is not None and metric not in UNBOUNDED:
        values = [min(max(value, scale[0]), scale[1]) for value in values]
    value = {"missing_value": {metric: 4.0 if better == "low" else 0.0}} if stated and metric in UNBOUNDED else {}
    estimates = estimator(Task.model_validate(RATING | value))
    label = Labelling(metric=metric, mode="strict", scale=scale)
    before = estimates.numbers(rows(values), label)
    refused: list[float | None] = [*values]
    refused[place % len(values)] = None
    after = estimates.numbers(rows(refused), label)
    assert before.n == len(values)
    if metric in UNBOUNDED and not stated:
        assert after.value is None
    elif better == "neither":
        assert after.n == len(values)
    else:
        assert before.value is not None
        assert after.value is not None or len(values) == 1
        lost = (after.value or 0.0) - before.value if after.value is not None else 0.0
        assert lost >= -1e-9 if better == "low" else lost <= 1e-9


LABELS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(metric=st.sampled_from(SHARES), pairs=LABELS, place=st.integers(0, 11))
def test_a_refusal_in_place_of_any_answer_improves_no_strict_share(
    metric: str, pairs: list[tuple[str, str]], place: int
) -> None:
    base, field = FIELD_METRICS.get(metric, (metric, "label"))
    items = [item_of(f"i{number}", gold, said, field) for number, (gold, said) in enumerate(pairs)]
    where = place % len(pairs)
    refused = [*items[:where], item_of(f"i{where}", pairs[where][0], None, field), *items[where + 1 :]]
    label = Labelling(metric=metric, mode="strict", base=base, field=field)
    estimates = estimator(Task.model_validate(RATING))
    before, after = (estimates.labels(one, label) for one in (items, refused))
    assert before.value is not None
    assert (after.value or 0.0) <= before.value + 1e-12


def test_precision_and_f1_keep_scikit_learns_meaning_in_which_silence_is_no_false_positive() -> None:
    """The one exception, held here so that nobody takes it for covered: docs/tasks.md says it."""
    items = [item_of("a", "a", "a"), item_of("b", "b", "a")]
    refused = [items[0], item_of("b", "b", None)]
    estimates = estimator(Task.model_validate(RATING))
    for metric in ("weighted_precision", "weighted_f1"):
        label = Labelling(metric=metric, mode="strict")
        before, after = (estimates.labels(one, label).value for one in (items, refused))
        assert before is not None
        assert after is not None
        assert after > before, metric


def test_a_run_of_refusals_alone_has_the_penalty_where_one_is_stated(judge: Command, tmp_path: Path) -> None:
    folder = scored(judge, tmp_path, [REFUSED] * 4, missing_value={"mae": 4})
    assert estimate(folder, "mae")["value"] == 4
    assert estimate(folder, "mae", mode="faithful")["value"] is None
    assert summary_of(folder)["problems"]["parse"]["refused"]["n"] == 4
