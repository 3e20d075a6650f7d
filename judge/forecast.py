"""What a run will take before it begins: calls, tokens and money, as an estimate that says what it assumes.

Nothing is sent and nothing is decoded for it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from judge import prompts
from judge.prompts import Asking
from judge.records import Sample
from judge.senses import AWAY, NOTES
from providers.records import Info, Sampling

IMAGE_TOKENS = 600
"""Of one image or frame: vendors count from 258 to some 1,500 for up to 768 px."""
AUDIO_TOKENS = 32
"""Of one second of sound, as Gemini counts."""
VIDEO_TOKENS = 300
"""Of one second of a whole clip, as Gemini counts."""
CLIP_SECONDS = 10.0
"""Assumed length of a clip or a sound."""
REPLY_TOKENS = {"qa": 30, "cot": 350}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Of the calls that are still to be made; stored replies make it less."""

    calls: int
    input_tokens: int
    output_tokens: int
    cost: float | None
    """US dollars; None where no price is known."""
    most: float | None
    """With every reply as long as --max-tokens, or the model, allows; None where nothing is known to limit it."""


def forecast(how: Asking, todo: Sequence[tuple[Sample, int]], *, info: Info, sampling: Sampling) -> Forecast:
    """Over every ask of every sample and draw."""
    per_sample: dict[str, int] = {}
    for sample, _ in todo:
        if sample.id not in per_sample:
            per_sample[sample.id] = _tokens(how, sample)
    into = sum(per_sample[sample.id] for sample, _ in todo)
    calls = len(todo) * len(how.task.asks)
    likely = REPLY_TOKENS[how.variant]
    out = calls * min(likely, sampling.max_tokens or likely)
    price = info.price
    share = price.batch if price and info.batches else 1.0
    cost = (into * price.input + out * price.output) * share / 1e6 if price else None
    longest = sampling.max_tokens or (price.longest if price else None)
    most = (into * price.input + calls * longest * price.output) * share / 1e6 if price and longest else None
    return Forecast(calls=calls, input_tokens=into, output_tokens=out, cost=cost, most=most)


def _tokens(how: Asking, sample: Sample) -> int:
    earlier: dict[str, str] = {}
    total = 0
    media = _media_tokens(how, sample)
    for ask in how.task.asks:
        messages = prompts.messages(ask, sample, how, earlier=earlier)
        total += sum(text_tokens(message.text) for message in messages) + media
        earlier[ask.name] = "…" * 20
    return total


def text_tokens(text: str) -> int:
    """About four Latin characters a token, and one of other scripts."""
    plain = sum(character < "\u0250" for character in text)
    return plain // 4 + (len(text) - plain) + 8


def _media_tokens(how: Asking, sample: Sample) -> int:
    frames = how.task.media.frames.count
    total = 0.0
    for sense, paths in sample.sources.items():
        form = how.senses.get(sense, AWAY)
        if form in (AWAY, NOTES):
            continue
        each = {"image": IMAGE_TOKENS, "frames": frames * IMAGE_TOKENS, "audio": AUDIO_TOKENS * CLIP_SECONDS}
        total += len(paths) * each.get(form, VIDEO_TOKENS * CLIP_SECONDS)
    return round(total)
