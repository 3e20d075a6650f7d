"""Label metrics against scikit-learn on random labels, and against the constants of MMLA's real data."""

import json
import random
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference
from sklearn.preprocessing import MultiLabelBinarizer

from judge.metrics.labels import LABEL_METRICS, Labels, Observations
from judge.metrics.names import ABOUT, FIELD_METRICS
from judge.stats import Interval

NAMES = ["joy", "anger", "fear", "sadness"]
LABEL = st.sampled_from(NAMES)
SINGLE = st.lists(st.tuples(LABEL, LABEL), min_size=1, max_size=40)
GAPPY = st.lists(st.tuples(LABEL, st.none() | LABEL), min_size=1, max_size=40)
SETS = st.lists(
    st.tuples(st.frozensets(LABEL, min_size=1), st.frozensets(LABEL)),
    min_size=1,
    max_size=30,
)
USUAL = settings(max_examples=60, deadline=None)


def one(label: str | None) -> Labels:
    return frozenset() if label is None else frozenset({label})


def observed(pairs: Sequence[tuple[Labels, Labels]], **more: Any) -> Observations:
    gold, predicted = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    return Observations(gold=gold, predicted=predicted, **{"weights": [1.0] * len(pairs), **more})


def singles(pairs: Sequence[tuple[str, str | None]], **more: Any) -> Observations:
    return observed([(one(gold), one(predicted)) for gold, predicted in pairs], **more)


def values(data: Observations) -> dict[str, float]:
    return {name: metric(data).value for name, metric in LABEL_METRICS.items()}


def expected(gold: Any, predicted: Any) -> dict[str, float]:
    """scikit-learn's numbers; 0 where a precision or a recall has no denominator, as there."""
    found = {}
    for average, names in {"weighted": ("precision", "f1"), "macro": ("precision", "recall", "f1")}.items():
        for name in names:
            score = getattr(reference, f"{name}_score")
            found[f"{average}_{name}"] = float(score(gold, predicted, average=average, zero_division=0))
    found["war"] = float(reference.recall_score(gold, predicted, average="weighted", zero_division=0))
    return found


def over_answers(gold: Any, predicted: Any) -> dict[str, float]:
    """scikit-learn's means over answers, of rows of zeros and ones."""
    options: dict[str, Any] = {"average": "samples", "zero_division": 0}
    return {
        "set_precision": float(reference.precision_score(gold, predicted, **options)),
        "set_recall": float(reference.recall_score(gold, predicted, **options)),
        "jaccard": float(reference.jaccard_score(gold, predicted, **options)),
    }


@USUAL
@given(pairs=SINGLE)
def test_single_labels_give_scikit_learns_numbers(pairs: list[tuple[str, str]]) -> None:
    gold, predicted = zip(*pairs, strict=True)
    wanted = expected(gold, predicted) | {"accuracy": float(reference.accuracy_score(gold, predicted))}
    with warnings.catch_warnings():  # it warns of predicted labels that are never gold
        warnings.simplefilter("ignore")
        wanted["uar"] = float(reference.balanced_accuracy_score(gold, predicted))
    wanted |= dict.fromkeys(("set_precision", "set_recall", "jaccard"), wanted["accuracy"])
    assert values(singles(pairs)) == pytest.approx(wanted)


@USUAL
@given(pairs=SETS)
def test_label_lists_give_scikit_learns_numbers(pairs: list[tuple[Labels, Labels]]) -> None:
    binarizer = MultiLabelBinarizer().fit([gold | predicted for gold, predicted in pairs])
    assume(len(binarizer.classes_) > 1)  # scikit-learn takes a single column for the two classes 0 and 1
    gold, predicted = (binarizer.transform([pair[side] for pair in pairs]) for side in (0, 1))
    wanted = expected(gold, predicted) | {"accuracy": float(reference.accuracy_score(gold, predicted))}
    wanted |= over_answers(gold, predicted)
    found = values(observed(pairs))
    assert {name: found[name] for name in wanted} == pytest.approx(wanted)


@USUAL
@given(pairs=GAPPY)
def test_a_missing_prediction_is_a_row_of_zeros_to_scikit_learn(pairs: list[tuple[str, str | None]]) -> None:
    used = sorted({label for pair in pairs for label in pair if label})
    assume(len(used) > 1)
    binarizer = MultiLabelBinarizer(classes=used)
    gold, predicted = (binarizer.fit_transform([one(pair[side]) for pair in pairs]) for side in (0, 1))
    found = values(singles(pairs))
    wanted = expected(gold, predicted)
    assert {name: found[name] for name in wanted} == pytest.approx(wanted)
    assert found["accuracy"] == pytest.approx(sum(gold == predicted for gold, predicted in pairs) / len(pairs))


@USUAL
@given(pairs=SINGLE, label=LABEL)
def test_a_missing_prediction_lowers_recall_and_accuracy_and_touches_no_precision(
    pairs: list[tuple[str, str]], label: str
) -> None:
    full = [(label, label), *pairs]
    before, after = values(singles(full)), values(singles([*full, (label, None)]))
    assert after["macro_precision"] == pytest.approx(before["macro_precision"])
    for name in ("macro_recall", "uar", "accuracy", "macro_f1"):
        assert after[name] < before[name], name


def test_answers_that_are_all_missing_score_zero_and_not_nothing() -> None:
    found = values(singles([("joy", None), ("anger", None)]))
    assert found == dict.fromkeys(LABEL_METRICS, 0.0)


@USUAL
@given(pairs=SINGLE)
def test_several_draws_of_an_item_weigh_as_one(pairs: list[tuple[str, str]]) -> None:
    thrice = singles(pairs * 3, weights=[1 / 3] * len(pairs) * 3)
    assert values(thrice) == pytest.approx(values(singles(pairs)))


@USUAL
@given(pairs=SINGLE, weights=st.lists(st.integers(1, 4), min_size=40, max_size=40))
def test_a_weight_counts_like_that_many_copies(pairs: list[tuple[str, str]], weights: list[int]) -> None:
    used = weights[: len(pairs)]
    copies = [pair for pair, weight in zip(pairs, used, strict=True) for _ in range(weight)]
    weighted = singles(pairs, weights=[float(weight) for weight in used])
    assert values(weighted) == pytest.approx(values(singles(copies)))


@pytest.mark.parametrize("metric", LABEL_METRICS)
def test_intervals_are_inside_zero_and_one_and_hold_the_value_and_are_the_same_each_time(metric: str) -> None:
    draw = random.Random(5)
    pairs = [(gold, gold if draw.random() < 0.6 else draw.choice(NAMES)) for gold in draw.choices(NAMES, k=200)]
    first, second = (LABEL_METRICS[metric](singles(pairs)) for _ in range(2))
    assert first == second
    assert first.low is not None
    assert first.high is not None
    assert 0 < first.low < first.value < first.high < 1
    assert 0.05 < first.high - first.low < 0.3


@pytest.mark.parametrize("metric", LABEL_METRICS)
def test_answers_of_one_cluster_that_agree_widen_the_interval(metric: str) -> None:
    draw = random.Random(9)
    pairs: list[tuple[str, str | None]] = []
    for _ in range(30):
        right = draw.random() < 0.6
        gold = draw.choices(NAMES, k=8)
        pairs += [(label, label if right else draw.choice(NAMES)) for label in gold]
    clusters = [str(number // 8) for number in range(len(pairs))]
    alone, together = LABEL_METRICS[metric](singles(pairs)), LABEL_METRICS[metric](singles(pairs, clusters=clusters))
    assert together.value == pytest.approx(alone.value)
    assert width(together) > 1.3 * width(alone)


def width(interval: Interval) -> float:
    assert interval.low is not None
    assert interval.high is not None
    return interval.high - interval.low


def test_every_label_metric_is_described_as_one() -> None:
    assert {*LABEL_METRICS, *FIELD_METRICS} == {name for name, (need, _) in ABOUT.items() if need == "label"}


MMLA = {  # shared/protocols/mmla.md b5: the majority class, and ACC, WF1 and macro F1 of always saying it, in percent
    "AnnoMi-client": ("neutral", 57.22, 41.65, 24.26),
    "AnnoMi-therapist": ("other", 33.77, 17.05, 12.62),
    "Ch-sims": ("negative", 47.24, 30.31, 21.39),
    "IEMOCAP-DA": ("statement-non-opinion", 23.04, 8.63, 3.12),
    "IEMOCAP": ("neutral", 23.67, 9.06, 6.38),
    "MELD-DA": ("statement-non-opinion", 29.98, 13.83, 3.84),
    "MELD": ("neutral", 48.12, 31.27, 9.28),
    "MIntRec": ("inform", 12.81, 2.91, 1.14),
    "MIntRec2.0": ("inform", 10.67, 2.06, 0.64),
    "MOSI": ("negative", 50.58, 33.98, 33.59),
    "MUStARD": (None, 50.00, 33.33, 33.33),
    "UR-FUNNY": ("serious", 50.70, 34.12, 33.64),
}


@pytest.mark.parametrize("name", MMLA)
def test_the_majority_class_of_mmla_gives_the_known_constants(name: str, shared: Path) -> None:
    file = shared / "mmla" / f"{name}.test.jsonl"
    if not file.is_file():
        pytest.skip(f"{file.name} is not among the shared data")
    lines = file.read_text(encoding="utf-8").splitlines()
    gold = [json.loads(line)["response"].split(": ", 1)[1].strip().lower() for line in lines]
    majority, *wanted = MMLA[name]
    commonest = Counter(gold).most_common(1)[0][0]
    assert majority in (None, commonest)
    found = values(singles([(label, commonest) for label in gold]))
    rounded = [round(100 * found[metric], 2) for metric in ("accuracy", "weighted_f1", "macro_f1")]
    assert rounded == wanted


def test_always_serious_is_right_504_times_of_994(shared: Path) -> None:
    lines = (shared / "mmla" / "UR-FUNNY.test.jsonl").read_text(encoding="utf-8").splitlines()
    gold = [json.loads(line)["response"].removeprefix("speaking_style: ") for line in lines]
    accuracy = LABEL_METRICS["accuracy"](singles([(label, "serious") for label in gold]))
    assert (len(gold), accuracy.value) == (994, 504 / 994)
