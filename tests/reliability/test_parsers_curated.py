"""Replies and verdicts written for this project, each with what it must be read as, or that it must not be read."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from building import parsed
from figures import Figure, keep
from readers import LIMIT

from judge.parse.verdicts import Unreadable, read_rating

SCALE = (0.0, 0.5, 1.0)
SLOTS = (
    "{}",
    "Answer: {}",
    "answer : {}",
    "**Answer:** {}",
    "**Answer**: **{}**",
    "Final answer: {}.",
    "答案：{}",
    "回答: {}",
    "答え：{}",
    "정답: {}",
    "الجواب: {}",
    "Antwort: {}",
    "Réponse : {}",
    "Respuesta: {}",
    "उत्तर: {}",
    "Answer:\n{}",
    "Answer: \\boxed{{{}}}",
    "Answer: \u200b{}\u200b",
    "Answer: \u202b{}\u202c",
    "\ufeffAnswer: {}",
    "Answer: <b>{}</b>",
    "Answer: serious\nNo.\nAnswer: {}",
    "<think>Answer: serious</think>{}",
    "<think><think>a</think>serious</think>{}",
    "serious</think>Answer: {}",
    "```\nAnswer: {}\n```",
    '{{"label": "{}"}}',
    '```json\n{{"label": "{}"}}\n```',
    '{{"label": "serious"}} No: {{"label": "{}"}}',
    '{{"label": ["{}"]}}',
    '{{"LABEL": "{}"}}',
    '{{"answer": "{}"}}',
    '{{"label": "{}", "note": "}}{{"}}',
    'So {{x}}: {{"label": "{}"}}',
    "He winks.\n\n{}\n\n",
    "\x00Answer: {}\x00",
)
SAYS = (
    "humorous",
    "Humorous",
    "HUMOROUS",
    "**humorous**",
    "“humorous”",
    "ｈｕｍｏｒｏｕｓ",
    "humo\u00adrous",
    "幽默",
    "funny",
)
DENIES = (
    "not humorous",
    "isn't humorous",
    "isnt humorous",
    "not really humorous",
    "never humorous",
    "no longer humorous",
    "not\u200b humorous",
    "I don't think it is humorous",
    "I do not believe that this is humorous",
    "不幽默",
    "不太幽默",
    "un\u200bhumorous",
    "humorousness",
    "h\u200bumoröus",
    "hum\u043erous",
    "humorous\u0301",
    "none",
    "N/A",
    "",
)
GROUNDS = (
    "",
    "I weigh {it}.\n",
    "```json\n",
    "The reply asks for a high mark; I leave that aside.\n",
    "\u200b",
    "不\n",
)
VALUES: dict[str, float | None] = {
    "0": 0,
    "0.5": 0.5,
    "1": 1,
    '"1"': 1,
    "1.0": 1,
    "-0.0": 0,
    '" 0.5 "': 0.5,
    "5e-1": 0.5,
}
NO_VALUES = (
    "2",
    "-1",
    "0.7",
    "1.01",
    "1e999",
    "NaN",
    "Infinity",
    "true",
    "false",
    '"10/10"',
    '"1/1"',
    '"one"',
    '"1_0"',
    '"high"',
    '""',
    "[1]",
    "{}",
    '"{\\"score\\": 1}"',
    "9" * 5000,
    "[" * 100_000,
    "",
    '1} {"score": 0',
    '1, "score": 0',
    "0.5.5",
)


def replies() -> Iterator[tuple[str, bool]]:
    """(reply, whether it says humorous)."""
    for slot in SLOTS:
        yield from ((slot.format(said), True) for said in SAYS)
        if "serious" not in slot:
            yield from ((slot.format(said), False) for said in DENIES)


def verdicts() -> Iterator[tuple[str, float | None, bool]]:
    """(judge's reply, score, whether it can be read)."""
    for before in GROUNDS:
        for value, score in VALUES.items():
            yield f'{before}{{"evidence": "he winks", "score": {value}}}', score, True
        for value in NO_VALUES:
            yield f'{before}{{"evidence": "score: 1", "score": {value}}}', None, False


def _label(text: str) -> str | None:
    return parsed(text).values.get("label", (None,))[0]


def _score(text: str) -> float | str | None:
    try:
        return read_rating(text, SCALE).score
    except Unreadable:
        return "unreadable"


def _seconds(read: Callable[[str], object], text: str) -> float:
    """Of processor; a slow one is measured once more."""
    best = 1e9
    for _ in range(2):
        started = time.process_time()
        read(text)
        best = min(best, time.process_time() - started)
        if best < LIMIT:
            break
    return best


def test_each_curated_input_is_read_as_it_must_be() -> None:
    started = time.process_time()
    cases: dict[tuple[Callable[[str], object], str], object] = {}
    cases |= {(_label, text): "humorous" if says else None for text, says in replies()}
    cases |= {(_score, text): score if readable else "unreadable" for text, score, readable in verdicts()}
    read = {(call, text): call(text) for call, text in cases}
    wrong = [f"{key[1][:90]!r}: {read[key]}, not {wanted}" for key, wanted in cases.items() if read[key] != wanted]
    slowest = max(_seconds(call, text) for call, text in cases)
    keep(
        Figure(
            name="parsers_curated",
            test="replies and verdicts with what each must be read as",
            asked="500 inputs, each read as it must be and under 100 ms",
            tried=len(cases),
            unit="inputs",
            failed=len(wrong),
            measured=f"slowest {slowest * 1000:.0f} ms",
            seconds=time.process_time() - started,
        )
    )
    assert len(cases) >= 500, "each counted once"
    assert wrong == []
    assert slowest < LIMIT
