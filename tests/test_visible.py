"""What is written out before it is shown, and what stays as it is because people write with it."""

from __future__ import annotations

import pytest
from hostile_escapes import ESCAPES
from hostile_texts import PAYLOADS

from judge.visible import one_line, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J", "\\u001b[2J"),
        ("a\rb", "a\\rb"),
        ("\x9b31m", "\\u009b31m"),
        ("\u202e\u2066", "\\u202e\\u2066"),
        ("\u2028\u2029", "\\u2028\\u2029"),
        ("\u3164\u115f\u1160\uffa0\u2800", "\\u3164\\u115f\\u1160\\uffa0\\u2800"),
        ("\U000e0061\U000e007f\U000e0100", "\\U000e0061\\U000e007f\\U000e0100"),
        ("a\ufe0f\ufe0f", "a\ufe0f\\ufe0f"),
        ("\ud83d", "\\ud83d"),
        ("e" + "\u0301" * 10, "e" + "\u0301" * 8 + "\\u0301\\u0301"),
    ],
)
def test_what_moves_hides_or_turns_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "a\tb\nc",
        "\u2764\ufe0f \U0001f602 \U0001fae8",
        "Vie\u0323\u0302t Nam",
        "\u05d1\u05bc\u05b0\u05e8\u05b5\u05d0\u05e9\u05c1\u05b4\u0596\u05d9\u05ea",
        "\u0627\u0644\u0633\u064e\u0651\u0644\u0627\u0645",
        "\u0915\u094d\u0937\u093f",
        "\u4f60\u597d\u3000\uc548\ub155",
        "50\u00a0%",
    ],
)
def test_what_people_write_stays_as_it_is(text: str) -> None:
    assert visible(text) == text


def test_one_line_is_one_line_whatever_it_holds() -> None:
    for text in [*ESCAPES, *PAYLOADS]:
        shown = one_line(text)
        assert len(shown.splitlines()) <= 1, ascii(text)
        assert "\t" not in shown
        assert one_line(shown) == shown, "what is shown is not changed again"
