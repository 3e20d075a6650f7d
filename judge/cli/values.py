"""What an option's text must be; a wrong one is one clear line."""

from __future__ import annotations

import argparse
import re


def number(text: str, wanted: str) -> float:
    """A number, or one clear line."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not {wanted}") from None


def whole(text: str) -> int:
    """A whole number."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None


def positive(text: str) -> int:
    """A whole number above 0."""
    count = whole(text)
    if count < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return count


def dollars(text: str) -> float:
    """An amount of money."""
    amount = number(text, "an amount in US dollars")
    if not 0 < amount < 1e9:
        raise argparse.ArgumentTypeError(f"{text!r} is not an amount in US dollars")
    return amount


def seconds(text: str) -> float:
    """A time in seconds, 0 or more."""
    amount = number(text, "a number of seconds")
    if not 0 <= amount < 1e9:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return amount


def size(text: str) -> int:
    """Bytes: 500MB, 2GiB; M and G mean MiB and GiB."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(i?b?)", text.strip().lower())
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size, e.g. 500MB or 2GiB")
    amount, unit, kind = found.groups()
    base = 1000 if kind == "b" else 1024
    return int(float(amount) * base ** " kmgt".index(unit or " "))


def setting(text: str) -> tuple[str, str]:
    """KEY=VALUE."""
    name, found, value = text.partition("=")
    if not found or not name:
        raise argparse.ArgumentTypeError(f"{text!r} should be KEY=VALUE")
    return name, value


def shard(text: str) -> tuple[int, int]:
    """I/N."""
    part, _, parts = text.partition("/")
    if not (part.isdigit() and parts.isdigit() and 1 <= int(part) <= int(parts)):
        raise argparse.ArgumentTypeError(f"{text!r} should be I/N, e.g. 1/4")
    return int(part), int(parts)


def number_or_none(text: str) -> str:
    """A number, or none."""
    if text != "none" and not 0 <= number(text, "a number, or none") < 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number, or none")
    return text
