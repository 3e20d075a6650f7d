"""Averages of suites: the published ones from published task numbers, and never a mean of fewer tasks.

Golden numbers: EmoBench-M (arXiv 2502.04424, tables and leaderboard), MME-Emotion (arXiv 2508.09210, tables).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from judge import shipped
from judge.composites import Average, Member, averages
from judge.records import MODES, Estimate, Mode
from judge.spec.suite import read_suite
from judge.stats import wilson
from judge.suite import Suite

TASKS = shipped.root() / "tasks"
EMOBENCH_M = {
    "Gemini-2.0-Flash": (
        "63.3 55.8 68.8 63.5 55.6 64.2 70.9 71.9 11.1 48.7 79.2 64.8 71.9",
        {"FER": "61.4", "CEU": "53.4", "SCEA": "72.0", "SCEA-leaderboard": "71.97", "Overall": "62.3"},
    ),
    "Gemini-1.5-Flash": (
        "62.0 52.0 75.0 65.0 44.4 67.2 72.3 73.2 15.6 49.5 72.8 58.6 74.3",
        {"FER": "59.7", "CEU": "55.6", "SCEA": "65.7", "SCEA-leaderboard": "68.57"},
    ),
    "Gemini-3.0-Pro": (
        "68.6 72.1 79.8 68.7 57.3 81.0 81.2 82.6 12.6 54.0 83.4 85.6 71.0",
        {"FER": "69.3", "SCEA": "84.5", "SCEA-leaderboard": "80.0", "Overall": "70.5"},
    ),
    "GPT-5.2": (
        "65.8 59.4 80.8 66.0 53.2 68.4 75.4 75.9 13.1 54.6 81.7 73.0 76.2",
        {"FER": "65.0", "CEU": "57.5", "SCEA-leaderboard": "77.0", "Overall": "66.5"},
    ),
    "Qwen2.5-VL-72B": (
        "44.8 35.6 72.4 62.7 58.4 51.6 64.2 64.3 11.4 47.8 77.7 65.6 74.3",
        {"FER": "54.8", "CEU": "47.9", "SCEA-leaderboard": "72.53"},
    ),
    "GLM-4V-PLUS": (
        "54.9 43.7 70.0 61.2 50.8 51.8 62.8 65.4 14.7 41.6 74.7 59.8 74.2",
        {"FER": "56.1", "CEU": "47.3", "SCEA-leaderboard": "69.57"},
    ),
}
"""13 tasks in the suite's order, then the averages as they are printed or given to two digits."""
MME = {
    "Gemini-2.5-Pro": (
        "22.6 36.7 57.6 38.6 50.6 48.2 16.6 28.1",
        "62.7 67.3 81.2 61.0 80.5 78.7 64.3 84.7",
        ("39.28", "72.66"),
    ),
    "Audio-Reasoner": (
        "32.6 28.8 47.6 9.1 41.1 62.2 30.5 23.4",
        "72.6 60.4 80.4 47.3 77.5 81.9 82.6 74.9",
        ("38.10", "71.56"),
    ),
    "GPT-4o": (
        "21.8 26.8 27.8 31.8 29.9 34.6 7.6 29.1",
        "79.4 74.8 78.2 68.6 82.5 85.7 79.7 88.9",
        ("27.78", "79.79"),
    ),
}
"""Recognition and reasoning of the eight tasks, then both as micro-averages."""
SIZES = (500, 1800, 500, 500, 600, 1600, 500, 500)


def estimate(metric: str, value: float | None, *, n: int = 100, judge: str | None = None, **more: object) -> Estimate:
    fields = {"mode": "strict", "valid": n, "missing": 0, "signature": f"t|{metric}|model:m|n:{n}"} | more
    return Estimate.model_validate({"metric": metric, "value": value, "n": n, "judge": judge} | fields)


def both(metric: str, value: float | None, **more: object) -> list[Estimate]:
    return [estimate(metric, value, mode=mode, **more) for mode in MODES]  # type: ignore[arg-type]


def one(found: list[Average], name: str, mode: Mode = "strict") -> Average:
    matching = [item for item in found if (item.name, item.mode) == (name, mode)]
    assert len(matching) == 1
    return matching[0]


def of(score: Mapping[str, object], **tasks: Member) -> list[Average]:
    text = {"name": "s", "version": 1, "about": "a", "licence": "l", "tasks": {key: f"{key}.yaml" for key in tasks}}
    optional = score.get("optional", {})
    plan = {key: value for key, value in score.items() if key != "optional"}
    return averages(Suite.model_validate(text | {"scores": {"S": plan}, "optional": optional}), tasks)


@pytest.mark.parametrize("model", EMOBENCH_M)
def test_the_published_averages_of_emobench_m_come_from_its_task_numbers(model: str) -> None:
    suite = read_suite(TASKS / "emobench_m" / "suite.yaml")
    numbers, printed = EMOBENCH_M[model]
    values = dict(zip(suite.tasks, map(float, numbers.split()), strict=True))
    members = {key: Member(estimates=both("accuracy", value / 100)) for key, value in values.items()}
    members["LR"] = Member(
        estimates=both("total", values["LR"], judge="j", scale=(0.0, 100.0)), voices={"j": ("j", "")}
    )
    found = averages(suite, members)
    for name, text in printed.items():
        value = one(found, name, "faithful").value
        assert value is not None
        assert f"{100 * value:.{len(text.partition('.')[2])}f}" == text, name


def test_the_authors_average_their_printed_dimensions_and_strict_does_not() -> None:
    """Gemini-2.0-Flash: 61.4, 53.4 and 72.0 make 62.27, printed 62.3; its task numbers make 62.24."""
    suite = read_suite(TASKS / "emobench_m" / "suite.yaml")
    values = dict(zip(suite.tasks, map(float, EMOBENCH_M["Gemini-2.0-Flash"][0].split()), strict=True))
    members = {key: Member(estimates=both("accuracy", value / 100)) for key, value in values.items()}
    members["LR"] = Member(estimates=both("total", values["LR"], scale=(0.0, 100.0)))
    found = averages(suite, members)
    assert 100 * (one(found, "Overall").value or 0) == pytest.approx(62.2422, abs=1e-4)
    assert 100 * (one(found, "Overall", "faithful").value or 0) == pytest.approx(62.2667, abs=1e-4)


def test_the_leaderboards_scea_of_gemini_1_5_flash_is_68_57_to_the_digit() -> None:
    parts = {"HU": 0.728, "SD": 0.586}
    members = {key: Member(estimates=both("accuracy", value)) for key, value in parts.items()}
    lr = Member(estimates=both("accuracy", 74.3, scale=(0.0, 100.0)))
    assert round(100 * (one(of({"mean": ["HU", "SD", "LR"]}, **members, LR=lr), "S").value or 0), 2) == 68.57


@pytest.mark.parametrize("model", MME)
def test_the_published_micro_averages_of_mme_emotion_come_from_its_task_table(model: str) -> None:
    suite = read_suite(TASKS / "mme_emotion" / "suite.yaml")
    recognition, reasoning, printed = MME[model]
    rows = zip(suite.tasks, recognition.split(), reasoning.split(), SIZES, strict=True)
    members = {
        key: Member(
            estimates=[
                *both("recognition", float(first) / 100, judge="j", n=size),
                *both("reasoning", float(second) / 100, judge="j", n=size),
            ],
            voices={"j": ("j", "")},
            units=lambda item: item.n,
        )
        for key, first, second, size in rows
    }
    found = averages(suite, members)
    for name, text in zip(("Rec-S", "Rea-S"), printed, strict=True):
        assert f"{100 * (one(found, name).value or 0):.2f}" == text
    assert one(found, "CoT-S").value is None
    assert one(found, "Rec-S").n == 6500


def test_a_missing_task_makes_null_with_the_reason_and_never_a_mean_of_the_others() -> None:
    there = Member(estimates=both("accuracy", 0.5))
    members = {"A": there, "PEA": Member(lack="not run"), "B": there, "FCDEA": Member(lack="not run"), "C": there}
    found = one(of({"mean": list(members)}, **members), "S")
    assert (found.value, found.reason) == (None, "3 of 5 tasks: PEA, FCDEA missing (not run)")
    assert (found.n, found.tasks, found.expected) == (300, ("A", "B", "C"), 5)


def test_a_null_task_and_an_absent_metric_are_told_apart() -> None:
    null = Member(estimates=both("accuracy", None, reason="no_valid_answer"))
    found = one(of({"mean": ["A", "B"]}, A=null, B=Member(estimates=both("mae", 0.5))), "S")
    assert found.reason == "0 of 2 tasks: A missing (accuracy is null: no_valid_answer); B missing (no accuracy)"


def test_an_optional_task_is_left_out_under_a_name_that_says_so() -> None:
    pooled = Member(estimates=both("accuracy", 0.5), units=lambda item: item.n)
    plan = {"micro": "accuracy", "optional": {"C": "its licence"}}
    found = of(plan, A=pooled, B=pooled, C=Member(lack="its data is not there"))
    assert one(found, "S").reason == "2 of 3 tasks: C missing (its data is not there)"
    assert one(found, "S (2 of 3 tasks)").value == 0.5
    assert not any(item.name.startswith("S (") for item in of(plan, A=pooled, B=pooled, C=pooled))
    assert not any(
        item.name.startswith("S (") for item in of({"micro": "accuracy"}, A=pooled, B=Member(lack="not run"))
    )


def test_two_judges_and_two_rubrics_are_never_pooled_together() -> None:
    def member(*voices: tuple[str, str]) -> Member:
        labels = {"/".join(voice): voice for voice in voices}
        numbers = [item for label in labels for item in both("cot", 0.5 if "x" in label else 0.9, judge=label)]
        return Member(estimates=numbers, voices=dict(labels), units=lambda item: item.n)

    found = of({"micro": "cot"}, A=member(("x", ""), ("y", "no-clue")), B=member(("x", ""), ("y", "")))
    assert {(item.judge, item.value) for item in found if item.mode == "strict"} == {
        ("x", 0.5), ("y/no-clue", None), ("y", None),
    }  # fmt: skip


def test_what_no_judge_gives_stands_beside_each_judge() -> None:
    judged = Member(
        estimates=[
            *both("accuracy", 80.0, judge="x", scale=(0.0, 100.0)),
            *both("accuracy", 60.0, judge="y", scale=(0.0, 100.0)),
        ],
        voices={"x": ("x", ""), "y": ("y", "")},
    )
    found = of({"mean": ["A", "B"]}, A=Member(estimates=both("accuracy", 0.4)), B=judged)
    assert {(item.judge, item.value) for item in found} == {("x", 0.6000000000000001), ("y", 0.5)}


def test_a_rating_has_no_place_in_a_mean_of_rates() -> None:
    rating = Member(estimates=both("accuracy", 3.5, scale=(1.0, 5.0)))
    found = one(of({"mean": ["A", "B"]}, A=Member(estimates=both("accuracy", 0.4)), B=rating), "S")
    assert found.value is None
    assert found.reason == "accuracy of B is no rate: its scale is (1.0, 5.0)"


def test_a_pool_keeps_the_metrics_own_unit() -> None:
    steps = {key: Member(estimates=both("steps", value, n=n, scale=None), units=lambda item: item.n)
             for key, value, n in (("A", 5.0, 100), ("B", 4.0, 300))}  # fmt: skip
    found = one(of({"micro": "steps"}, **steps), "S")
    assert (found.value, found.scale) == (4.25, None)


def test_a_pool_without_a_count_of_items_is_null() -> None:
    found = one(of({"micro": "accuracy"}, A=Member(estimates=both("accuracy", 0.5))), "S")
    assert (found.value, found.reason) == (None, "A: how many items its mean is over is not known")


def test_the_interval_of_a_difference_of_shares_is_newcombes_and_so_is_ours() -> None:
    """Newcombe 1998 (Statistics in Medicine 17, 873), method 10: 56/70 and 48/80 give 0.0524 to 0.3339."""
    (low, high), (low2, high2) = wilson(56 / 70, 70), wilson(48 / 80, 80)
    assert (0.8 - 0.6) - math.hypot(0.8 - low, high2 - 0.6) == pytest.approx(0.0524, abs=5e-5)
    a = Member(estimates=both("accuracy", 0.8, low=low, high=high))
    b = Member(estimates=both("accuracy", 0.6, low=low2, high=high2))
    found = one(of({"mean": ["A", "B"]}, A=a, B=b), "S")
    assert found.value == pytest.approx(0.7)
    assert found.low == pytest.approx(0.7 - math.hypot(0.8 - low, 0.6 - low2) / 2)
    assert found.high == pytest.approx(0.7 + math.hypot(high - 0.8, high2 - 0.6) / 2)


def test_an_average_has_no_interval_where_a_task_has_none_or_stands_in_it_twice() -> None:
    with_one = Member(estimates=both("accuracy", 0.5, low=0.4, high=0.6))
    found = one(of({"mean": ["A", "B"]}, A=with_one, B=Member(estimates=both("accuracy", 0.5))), "S")
    assert (found.value, found.low, found.high) == (0.5, None, None)


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(1, 500)), min_size=1, max_size=6))
def test_an_average_lies_between_its_tasks_and_inside_its_interval(rows: list[tuple[float, int]]) -> None:
    members = {}
    for number, (share, n) in enumerate(rows):
        low, high = wilson(share, n)
        members[f"T{number}"] = Member(
            estimates=both("accuracy", share, n=n, low=low, high=high), units=lambda item: item.n
        )
    for plan in ({"mean": list(members)}, {"micro": "accuracy"}):
        found = one(of(plan, **members), "S")
        assert found.value is not None
        assert found.low is not None
        assert found.high is not None
        shares = [share for share, _ in rows]
        assert min(shares) - 1e-9 <= found.value <= max(shares) + 1e-9
        assert -1e-9 <= found.low <= found.value <= found.high <= 1 + 1e-9


def test_a_signature_names_suite_version_tasks_and_mode_and_not_the_models_own_part() -> None:
    def made(model: str) -> str:
        member = Member(
            estimates=both("accuracy", 0.5, signature=f"a|accuracy|model:{model}|task:v1:x"),
            context=f"model:{model}|lang:en",
        )
        return one(of({"mean": ["A"]}, A=member), "S", "faithful").signature

    first, second = made("m1"), made("m2")
    assert first.startswith("s|S|faithful|n:100|suite:v1:")
    assert "|A:accuracy:" in first
    assert first.replace("model:m1", "model:m2") == second
