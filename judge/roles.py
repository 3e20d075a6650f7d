"""Two models as one judge: one extracts the steps of a reply, the other rates them, as MME-Emotion's authors have it.

Arxiv 2508.09210, released code: gpt-4.1-2025-04-14 extracts, gpt-4o-2024-11-20 rates. A name says who does what:
extract=A,rate=B.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

from judge.errors import UsageError, nearest
from providers.records import Provider, Sampling

EXTRACT, RATE = "extract=", "rate="
_BETWEEN = ","


class Roles(NamedTuple):
    """Who extracts and who rates."""

    extract: str
    rate: str

    @property
    def name(self) -> str:
        """As --judge, verdicts, signatures and reports name the two."""
        return f"{EXTRACT}{self.extract}{_BETWEEN}{RATE}{self.rate}"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Extractor:
    """The model that takes a reply apart, where that is another one than rates the steps."""

    name: str
    provider: Provider
    sampling: Sampling
    structured: bool = False

    @property
    def method(self) -> list[object]:
        """How it is asked."""
        return ["extract", self.name, self.sampling.sent(), self.provider.info.identity, self.structured]


def roles_of(name: str) -> Roles | None:
    """The two models of a judge's name, in either order; None where it names one model."""
    for first, second in ((EXTRACT, RATE), (RATE, EXTRACT)):
        head, found, tail = name.partition(f"{_BETWEEN}{second}")
        if found and head.startswith(first) and len(head) > len(first) and tail:
            one, other = head.removeprefix(first), tail
            return Roles(one, other) if first == EXTRACT else Roles(other, one)
    return None


def rater_of(name: str) -> str:
    """The model that gives the ratings."""
    roles = roles_of(name)
    return name if roles is None else roles.rate


def judges_in(given: Sequence[str]) -> list[str]:
    """The judges that several --judge name: a rate= goes with the extract= before it, or with the only one there is.

    Raises UsageError for a part that has no other.
    """
    extractors = [text.removeprefix(EXTRACT) for text in given if _part(text) == EXTRACT]
    found: list[str] = []
    current = extractors[0] if len(set(extractors)) == 1 else ""
    unused = list(extractors)
    for text in given:
        part = _part(text)
        if not part:
            roles = roles_of(text)
            found.append(text if roles is None else roles.name)
        elif part == EXTRACT:
            current = text.removeprefix(EXTRACT)
        elif not current:
            raise UsageError(f"--judge {text}: who extracts the steps? Name it before: --judge extract=PROVIDER:MODEL")
        else:
            found.append(Roles(current, text.removeprefix(RATE)).name)
            unused = [name for name in unused if name != current]
    if unused:
        raise UsageError(f"--judge {EXTRACT}{unused[0]}: who rates the steps? Add --judge rate=PROVIDER:MODEL")
    return list(dict.fromkeys(found))


def _part(text: str) -> str:
    """The role that a --judge gives alone; empty for a whole judge. Raises UsageError for a role that there is not."""
    if roles_of(text) is not None:
        return ""
    word, found, model = text.partition("=")
    if not found or not word.isalpha():
        return ""
    role = f"{word}="
    if role not in (EXTRACT, RATE):
        raise UsageError(f"--judge {text}: a judge has two parts, extract= and rate={nearest(role, (EXTRACT, RATE))}")
    if not model:
        raise UsageError(f"--judge {text}: names no model: {role}PROVIDER:MODEL")
    return role
