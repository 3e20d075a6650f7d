"""Texts with pieces replaced: a piece that is not there is a mistake of the test."""

from __future__ import annotations

from command import ROOT


def edited(text: str, *changes: tuple[str, str]) -> str:
    """Each piece replaced once."""
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def humor(*changes: tuple[str, str]) -> str:
    """The shipped rubric for humour, edited."""
    return edited((ROOT / "rubrics" / "humor.yaml").read_text(), *changes)
