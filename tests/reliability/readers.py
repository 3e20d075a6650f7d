"""Every parser that reads what a model or a server wrote: what must hold of any text, each call timed by itself."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from random import Random
from typing import Any

from building import LABELS, make_ask, make_sample, make_task, parsed

from judge.case import split_steps
from judge.parse.labels import plain
from judge.parse.verdicts import Unreadable, read_rating, read_ratings, read_steps
from providers.chat import reply_of, usage_of
from providers.errors import ProviderError
from providers.failures import failure_of, refusal_of, seconds_of, wait_in

LIMIT = 0.1
"""Seconds of processor for one call; a slow one is measured once more."""
SCALE = (0.0, 0.5, 1.0)
NUMBER_TASK = make_task(asks=[make_ask("n", **{"as": "number", "range": [1, 5]})])
LETTER_ASK = {"as": "letter", "choices": "options"}
LETTER_TASK = make_task(asks=[make_ask("q", **LETTER_ASK)])
JSON_TASK = make_task(
    asks=[make_ask("both", **{"as": "json", "fields": {"label": {"as": "label"}, "q": LETTER_ASK}})],
    faithful={"rule": "json-exact"},
)
MMLA_TASK = make_task(faithful={"rule": "mmla"})
TEXT_TASK = make_task(asks=[make_ask("why", **{"as": "text"})])
SAMPLE = make_sample(choices={"q": ("Delight", "Anger", "Pride")})
FORMS = [plain(form) for label, more in LABELS.items() for form in (label, *more)]
PIECES = (
    "humorous", "serious", "funny", "not funny", "幽默", "严肃", "not ", "isn't ", "don't think it is ", "不",
    "ではない",
    "Answer: ", "答案：", "الجواب: ", "**", "```json\n", "```", "<think>", "</think>", '{"label": ', '"humorous"', "}",
    '{"score": ', "0.5", "1", "7", '"ratings": [', '{"steps": ["a"', "]", "NaN", "1e999", "Infinity", "null", "true",
    "score: 1", "4/5", "(B)", "B or C", "Anger", "A ", ", ", "\n", "\\boxed{", "\u200b", "\u202e", "\u0301", "\u0327",
    "\ud800", "\x00", "ß", "İ", "9" * 40, "[" * 20, "I'm sorry, but I can't answer", " ", "ﷺ", "😂", "of nothing ",
)  # fmt: skip
ALPHABETS = (0x80, 0x250, 0x3000, 0xFFFF, 0x110000)
LONGEST_REPEAT = 400


Reader = Callable[["Watch", str], None]


class Watch:
    """Calls the product, times each call, and remembers the slowest."""

    def __init__(self) -> None:
        self.slowest = (0.0, "", "")
        self.calls = 0

    def __call__(self, call: Callable[..., Any], text: str, *more: Any, **named: Any) -> Any:
        """What the call gives; a ProviderError or Unreadable is what it says of a text, and gives None."""
        took, found = self._timed(lambda: call(text, *more, **named))
        if took >= LIMIT:
            took = min(took, self._timed(lambda: call(text, *more, **named))[0])
        self.calls += 1
        name = getattr(call, "__name__", repr(call))
        self.slowest = max(self.slowest, (took, name, text))
        assert took < LIMIT, f"{name} took {took:.3f} s over {len(text)} characters: {text[:3000]!a}"
        return found

    @staticmethod
    def _timed(call: Callable[[], Any]) -> tuple[float, Any]:
        found = None
        started = time.process_time()
        with contextlib.suppress(Unreadable, ProviderError):
            found = call()
        return time.process_time() - started, found


def reads_label(watch: Watch, text: str) -> None:
    found = watch(parsed, text)
    assert (found.state == "ok") == bool(found.values) == (not found.reason)
    assert set(found.values.get("label", ())) <= set(LABELS)
    if found.values:
        said = plain(text)
        assert any(form in said for form in FORMS)


def reads_other_kinds(watch: Watch, text: str) -> None:
    found = watch(parsed, text, task=LETTER_TASK, sample=SAMPLE)
    assert (found.state == "ok") == bool(found.values)
    assert set(found.values.get("q", ())) <= set("ABC")
    found = watch(parsed, text, task=NUMBER_TASK)
    assert all(1 <= float(value) <= 5 for value in found.values.get("n", ()))
    found = watch(parsed, text, task=TEXT_TASK)
    assert (found.state == "ok") == bool(found.values)


def reads_fields(watch: Watch, text: str) -> None:
    for mode in ("strict", "faithful"):
        values = watch(parsed, text, task=JSON_TASK, sample=SAMPLE, mode=mode).values
        assert set(values.get("label", ())) <= set(LABELS)
        assert set(values.get("q", ())) <= set("ABC")
    found = watch(parsed, text, task=MMLA_TASK, mode="faithful")
    assert (found.state == "ok") == bool(found.values)


def reads_a_whole_object_in_any_wrapping(watch: Watch, text: str) -> None:
    fenced = f'<think>{text.replace("<", "")}</think>\n```json\n{{"label": "humorous"}}\n```\n'
    assert watch(parsed, fenced).values == {"label": ("humorous",)}


def reads_verdicts(watch: Watch, text: str) -> None:
    for said in (text, f'{{"score": 1}} {text}'):
        rating = watch(read_rating, said, SCALE)
        assert rating is None or rating.score in (*SCALE, None)
    ratings = watch(read_ratings, text, SCALE, count=1) or []
    assert all(rating.score in (*SCALE, None) for rating in ratings)
    assert all(step and "\n" not in step for step in watch(read_steps, text) or [])


def splits_steps(watch: Watch, text: str) -> None:
    assert all(step.strip() for step in watch(split_steps, text))


def _reply(text: str) -> Any:
    return reply_of({"choices": [{"message": {"content": text}, "finish_reason": text}]}, model="m", seconds=0)


def reads_bodies(watch: Watch, text: str) -> None:
    reply = watch(_reply, text)
    assert reply is None or reply.text == text
    assert usage_of({"prompt_tokens": text}).input_tokens == 0
    for status in (400, 429, 500):
        failure = watch(lambda said, status=status: failure_of(status, said, model="m", retry_after=said[:99]), text)
        assert failure is not None
        assert len(str(failure)) < 1000
    refusal = watch(lambda said: refusal_of(400, said, seconds=0), text)
    assert refusal is None or refusal.finish == "refused"
    watch(wait_in, text)
    waited = watch(seconds_of, text)
    assert waited is None or 0 <= waited < float("inf")


READERS: tuple[Reader, ...] = (
    reads_label, reads_other_kinds, reads_fields, reads_a_whole_object_in_any_wrapping, reads_verdicts, splits_steps,
    reads_bodies,
)  # fmt: skip


def made(random: Random) -> str:
    """One text: up to 12 pieces, some said up to 400 times (mostly a few); one text in 100 is long throughout."""
    heavy = random.random() < 0.01
    return "".join(_piece(random, heavy=heavy) for _ in range(12 if heavy else random.randint(0, 12)))


def _piece(random: Random, *, heavy: bool) -> str:
    kind = random.random()
    if heavy or kind < 0.25:
        times = random.randint(200, LONGEST_REPEAT) if heavy else int(LONGEST_REPEAT ** random.random()) + 1
        return random.choice(PIECES) * times
    if kind < 0.85:
        return random.choice(PIECES)
    highest = random.choice(ALPHABETS)
    return "".join(chr(random.randrange(highest)) for _ in range(random.randint(0, 5)))
