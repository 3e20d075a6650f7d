"""Keys without a mapping around them: what stands after one and a colon, and keys in quotes that begin a mapping."""

from __future__ import annotations

import re
from functools import lru_cache


def pairs_in(text: str, keys: frozenset[str]) -> dict[str, str]:
    """What stands after a key and a colon with no mapping around it, as in `Emotion: happy`; said twice, nothing."""
    found: dict[str, str] = {}
    twice: set[str] = set()
    for match in _pairs_of(keys).finditer(text.casefold()):
        if found.setdefault(match[1], match[2].strip()) != match[2].strip():
            twice.add(match[1])
    return {key: value for key, value in found.items() if key not in twice}


@lru_cache(maxsize=64)
def _pairs_of(keys: frozenset[str]) -> re.Pattern[str]:
    named = "|".join(re.escape(key) for key in sorted(keys, key=len, reverse=True))
    return re.compile(
        rf"(?<![\w ])[^\S\n]{{0,4}}({named})[*_`'\"’”]{{0,3}}\s{{0,4}}[:：=]\s{{0,4}}([^\n,;}}{{]{{0,80}})"
    )


def begins(text: str, keys: frozenset[str]) -> bool:
    """True where one of the keys stands in quotes before a colon."""
    return _begun(keys).search(text.casefold()) is not None


@lru_cache(maxsize=64)
def _begun(keys: frozenset[str]) -> re.Pattern[str]:
    named = "|".join(re.escape(key) for key in sorted(keys))
    return re.compile(rf"['\"‘“](?:{named})['\"’”]\s{{0,20}}:")
