"""Texts made of pieces that matter to the parsers: what must hold of any reading, and how long it may take."""

from __future__ import annotations

import contextlib
import datetime
import time
from collections.abc import Callable

from building import LABELS, make_ask, make_sample, make_task, parsed
from figures import FULL, Figure, keep, size
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from judge.case import split_steps
from judge.parse.labels import plain
from judge.parse.verdicts import Unreadable, read_rating, read_ratings, read_steps
from providers.chat import failure_of, reply_of, seconds_of, usage_of, wait_in
from providers.errors import ProviderError

LIMIT = 0.1
SCALE = (0.0, 0.5, 1.0)
OPTIONS = ("Delight", "Anger", "Pride")
NUMBER_TASK = make_task(asks=[make_ask("n", **{"as": "number", "range": [1, 5]})])
LETTER_TASK = make_task(asks=[make_ask("q", **{"as": "letter", "choices": "options"})])
LETTER_SAMPLE = make_sample(choices={"q": OPTIONS})
FORMS = [plain(form) for label, more in LABELS.items() for form in (label, *more)]
PIECES = (
    "humorous", "serious", "funny", "not funny", "幽默", "严肃", "not ", "isn't ", "don't think it is ", "不",
    "ではない",
    "Answer: ", "答案：", "الجواب: ", "**", "```json\n", "```", "<think>", "</think>", '{"label": ', '"humorous"', "}",
    '{"score": ', "0.5", "1", "7", '"ratings": [', '{"steps": ["a"', "]", "NaN", "1e999", "Infinity", "null", "true",
    "score: 1", "4/5", "(B)", "B or C", "Anger", "A ", ", ", "\n", "\\boxed{", "\u200b", "\u202e", "\u0301", "\u0327",
    "\ud800", "\x00", "ß", "İ", "9" * 40, "[" * 20, "I'm sorry, but I can't answer", " ", "ﷺ", "😂",
)  # fmt: skip
PIECE = st.sampled_from(PIECES) | st.text(st.characters(), max_size=5)
LONG = st.tuples(st.sampled_from(PIECES), st.integers(2, 60)).map(lambda item: item[0] * item[1])
TEXTS = st.lists(PIECE | LONG, max_size=12).map("".join) | st.text(st.characters(), max_size=60)


def reads_label(text: str) -> None:
    found = parsed(text)
    assert parsed(text) == found
    assert (found.state == "ok") == bool(found.values) == (not found.reason)
    assert set(found.values.get("label", ())) <= set(LABELS)
    if found.values:
        assert any(form in plain(text) for form in FORMS)


def reads_letter(text: str) -> None:
    found = parsed(text, task=LETTER_TASK, sample=LETTER_SAMPLE)
    assert (found.state == "ok") == bool(found.values)
    assert set(found.values.get("q", ())) <= set("ABC")


def reads_number(text: str) -> None:
    found = parsed(text, task=NUMBER_TASK)
    assert all(1 <= float(value) <= 5 for value in found.values.get("n", ()))


def reads_a_whole_object_in_any_wrapping(text: str) -> None:
    fenced = f'<think>{text.replace("<", "")}</think>\n```json\n{{"label": "humorous"}}\n```\n'
    assert parsed(fenced).values == {"label": ("humorous",)}


def reads_verdicts(text: str) -> None:
    for said in (text, f'{{"score": 1}} {text}'):
        with contextlib.suppress(Unreadable):
            assert read_rating(said, SCALE).score in (*SCALE, None)
    with contextlib.suppress(Unreadable):
        assert all(rating.score in (*SCALE, None) for rating in read_ratings(text, SCALE, count=1))
    with contextlib.suppress(Unreadable):
        assert all(step and "\n" not in step for step in read_steps(text))


def splits_steps(text: str) -> None:
    assert all(step.strip() for step in split_steps(text))


def reads_bodies(text: str) -> None:
    with contextlib.suppress(ProviderError):
        body = {"choices": [{"message": {"content": text}, "finish_reason": text}]}
        assert reply_of(body, model="m", seconds=0).text == text
    assert usage_of({"prompt_tokens": text}).input_tokens == 0
    assert len(str(failure_of(400, text, model="m"))) < 1000
    wait_in(text)
    waited = seconds_of(text)
    assert waited is None or 0 <= waited < float("inf")


READERS: tuple[Callable[[str], None], ...] = (
    reads_label, reads_letter, reads_number, reads_a_whole_object_in_any_wrapping, reads_verdicts, splits_steps,
    reads_bodies,
)  # fmt: skip


def seconds_for(reader: Callable[[str], None], text: str) -> float:
    """A slow one is measured once more."""
    for _ in range(2):
        started = time.process_time()
        reader(text)
        took = time.process_time() - started
        if took < LIMIT:
            break
    return took


def test_any_text_is_read_by_the_rules_or_not_at_all_and_soon() -> None:
    started = time.process_time()
    worst: list[float] = [0.0]
    tried = [0]

    @seed(int(datetime.datetime.now(tz=datetime.UTC).strftime("%Y%m%d")) if FULL else 1)
    @settings(
        max_examples=size(200, 200_000),
        deadline=None,
        database=None,
        derandomize=not FULL,
        suppress_health_check=list(HealthCheck),
    )
    @given(TEXTS)
    def every_reader(text: str) -> None:
        tried[0] += 1
        for reader in READERS:
            took = seconds_for(reader, text)
            worst[0] = max(worst[0], took)
            assert took < LIMIT, reader.__name__

    failed = 1
    try:
        every_reader()
        failed = 0
    finally:
        keep(
            Figure(
                name="parsers_generated",
                test=f"generated texts through {len(READERS)} groups of parsers, with what must hold of each reading",
                asked="200,000 inputs: 0 tracebacks, each under 100 ms",
                tried=tried[0],
                unit="texts",
                failed=failed,
                measured=f"slowest {worst[0] * 1000:.0f} ms",
                seconds=time.process_time() - started,
            )
        )
