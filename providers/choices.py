"""Log-probabilities of a few short answers, from a server's list of the likeliest first tokens. Pure.

A server lists at most twenty tokens; an answer that is none of them has next to no probability. An answer must be one
token: of a longer one the first token alone would be seen, which others may share.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from providers.errors import NotSupported
from providers.records import UNLISTED

MOST = 20
"""The most that vendors list."""


def asked(wanted: Sequence[str]) -> dict[str, Any]:
    """What a chat completion is asked for; raises NotSupported for an answer that may be more than one token."""
    long = next((answer for answer in wanted if len(answer) != 1), None)
    if long is not None:
        text = f"log-probabilities are of one token, and {long[:40]!r} may be several: ask for answers of one character"
        raise NotSupported(text, kind="not_supported")
    return {"logprobs": True, "top_logprobs": MOST}


def choices_in(choice: Any, wanted: Sequence[str], *, model: str) -> tuple[float, ...]:
    """Of each wanted answer, from a chat completion's choice; tokens that differ by spaces around them count together.

    Raises NotSupported where the server sent no list.
    """
    listed = _listed(choice)
    if not listed:
        text = f"{model} sent no log-probabilities: leave --weigh out"
        raise NotSupported(text, model=model, kind="not_supported")
    return tuple(_together([logprob for token, logprob in listed if token.strip() == answer]) for answer in wanted)


def _listed(choice: Any) -> list[tuple[str, float]]:
    """(token, log-probability) of the first token's likeliest; what is malformed is not there."""
    try:
        found = choice["logprobs"]["content"][0]["top_logprobs"][: 10 * MOST]
    except (KeyError, IndexError, TypeError):
        return []
    pairs = [(item.get("token"), item.get("logprob")) for item in found if isinstance(item, dict)]
    return [
        (token, float(logprob))
        for token, logprob in pairs
        if isinstance(token, str) and isinstance(logprob, int | float) and not isinstance(logprob, bool)
        if math.isfinite(logprob) and logprob <= 1e-6
    ]


def _together(logs: Sequence[float]) -> float:
    if not logs:
        return UNLISTED
    highest = max(logs)
    return max(UNLISTED, min(0.0, highest + math.log(sum(math.exp(one - highest) for one in logs))))
