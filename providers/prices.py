"""What LiteLLM's packaged table says of a model: prices, senses, schemas. LiteLLM itself is not imported for it.

A price that is not there is None, never a guess.
"""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
import json
from pathlib import Path
from typing import Any, TypeGuard

from providers.records import Price, Record

RELEASED = {"1.106.2": "2026-10-21"}
"""Days of the tables known to us, as the wheels' own entries are dated."""
SMALLEST, LARGEST = 1e-15, 1e3
"""Dollars for one token; what lies outside is no price, and could not be reckoned with."""
_TABLE = "model_prices_and_context_window_backup.json"


class Facts(Record):
    """One model's line of the table."""

    price: Price | None
    vision: bool = False
    audio: bool = False
    video: bool = False
    structured: bool = False
    structured_natively: bool = False
    """By a parameter of its own, where others are made to call a tool."""
    sampled: bool = True
    """False where the model takes no temperature and no top_p but its own."""
    ends: str | None = None
    """The day from which it may no longer be offered."""
    longest_reply: int | None = None
    """Tokens."""


def facts_of(model: str) -> Facts | None:
    """By the LiteLLM name (vendor/model); None where the table, or LiteLLM, is not there or has no such line."""
    table = _table()
    vendor, _, bare = model.partition("/")
    line, other = table.get(model), table.get(bare)
    if line is None and vendor and isinstance(other, dict) and str(other.get("litellm_provider")).startswith(vendor):
        line = other
    if not isinstance(line, dict):
        return None
    return Facts(
        price=_price(line),
        vision=line.get("supports_vision") is True,
        audio=line.get("supports_audio_input") is True,
        video=line.get("supports_video_input") is True,
        structured=line.get("supports_response_schema") is True,
        structured_natively=line.get("supports_native_structured_output") is True,
        sampled=line.get("supports_sampling_params") is not False,
        ends=line.get("deprecation_date") if isinstance(line.get("deprecation_date"), str) else None,
        longest_reply=_longest(line),
    )


def _longest(line: dict[str, Any]) -> int | None:
    value = line.get("max_output_tokens")
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _price(line: dict[str, Any]) -> Price | None:
    into, out = line.get("input_cost_per_token"), line.get("output_cost_per_token")
    if not _positive(into) or not _positive(out):
        return None
    audio = line.get("input_cost_per_audio_token")
    half = line.get("input_cost_per_token_batches")
    return Price(
        input=_per_million(into),
        output=_per_million(out),
        audio=_per_million(audio) if _positive(audio) else None,
        batch=round(half / into, 4) if _positive(half) else 0.5,
        longest=_longest(line),
        source=source(),
    )


def _positive(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and SMALLEST < value < LARGEST


def _per_million(value: float) -> float:
    return round(value * 1e6, 6)


def source() -> str:
    """LiteLLM 1.106.2's table of 2026-10-21."""
    try:
        version = importlib.metadata.version("litellm")
    except importlib.metadata.PackageNotFoundError:
        return "LiteLLM's table"
    day = RELEASED.get(version)
    return f"LiteLLM {version}'s table" + (f" of {day}" if day else "")


@functools.cache
def _table() -> dict[str, Any]:
    found = importlib.util.find_spec("litellm")
    if found is None or found.origin is None:
        return {}
    path = Path(found.origin).parent / _TABLE
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return table if isinstance(table, dict) else {}
