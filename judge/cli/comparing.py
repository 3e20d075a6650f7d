"""Answers beside the stored replies they came from: only here a changed line shows itself that is still a record."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from judge.errors import ResultsError
from judge.store import Folder
from providers.cache_check import size_of
from providers.cache_schema import REPLIES
from providers.cache_stock import kept
from providers.errors import CacheUnusable

MOST_NAMED = 5


def replies_of(cache: Path | None) -> Mapping[str, bytes]:
    """Digest of what each stored reply says, by its request; empty where the cache cannot be read."""
    if cache is None or not size_of(cache / REPLIES):
        return {}
    try:
        return {
            item.key: _digest(item.reply.get("text"), item.reply.get("thinking")) for item in kept(cache, whole=True)
        }
    except CacheUnusable:
        return {}


def unlike(folder: Folder, stored: Mapping[str, bytes]) -> list[str]:
    """A remark where answers that count say something else than what is stored for their requests."""
    try:
        answers = folder.read_answers() if stored else {}
    except ResultsError:
        return []
    other = [
        answer.sample_id
        for answer in answers.values()
        for reply in answer.replies
        if reply.request in stored and stored[reply.request] != _digest(reply.text, reply.thinking)
    ]
    if not other:
        return []
    named = ", ".join(dict.fromkeys(other[:MOST_NAMED])) + (", ..." if len(other) > MOST_NAMED else "")
    what = "1 answer says" if len(other) == 1 else f"{len(other):,} answers say"
    text = f"{what} something else than the stored reply ({named}): changed, or asked again elsewhere"
    return [f"{folder.answers_file}: {text}"]


def _digest(*texts: object) -> bytes:
    return hashlib.sha256("\0".join(map(str, texts)).encode("utf-8", "surrogatepass")).digest()
