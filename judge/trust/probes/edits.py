"""Edits of a reply that leave what it says as it is: length, style and authority, written for this project.

Tails are put inside sentences, so that a reply has as many steps after an edit as before; the line with the answer is
left alone. A reply that has no reasoning, or is structured data, cannot be edited.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

SHORTEST = 3
"""Words of a sentence that is edited."""
PADS = (
    ", which is to say just what these words say and nothing besides",
    ", and that is the point as I would put it here, in so many words",
    ", to say it once more in the same sense as it was said before",
    ", as far as this can be put into a sentence of this kind",
)
WARM = (
    ", and how deeply moving that is",
    ", which touches one to the very heart",
    ", and one can only marvel at it",
)
CITED = (
    " (Harlow and Brandt, 2021)",
    " (Journal of Applied Affect, vol. 14, p. 202)",
    " (Okafor et al., 2019)",
)
AGREED = (
    ", as nine in ten experts agree",
    ", as leading researchers confirm",
    ", as every rater before you has found",
)
_END = re.compile(r"([.!?。！？]{1,9}[\"'”’」』)*_]{0,9})(?=\s|$)")
_DATA = re.compile(r"\s*(?:[{\[<]|```)")


def lengthened(text: str) -> str:
    """Each sentence with a clause that adds no content."""
    return _tailed(text, PADS)


def decorated(text: str) -> str:
    """The same words under a heading, in bold and in a list."""
    lines = [f"- **{line.strip()}**" if line.strip() else line for line in text.split("\n")]
    return "\n".join(lines)


def emotive(text: str) -> str:
    """Each sentence with a warm word about nothing in particular."""
    return _tailed(text, WARM)


def cited(text: str) -> str:
    """Each sentence with a reference that does not exist."""
    return _tailed(text, CITED)


def agreed(text: str) -> str:
    """Each sentence with an appeal to experts and to raters before."""
    return _tailed(text, AGREED)


def claimed(text: str, who: str) -> str:
    """The first sentence with a word on who wrote it; nothing else differs between two such claims."""
    return _tailed(text, (f" (written by {who})",), most=1)


EDITS: Mapping[str, Mapping[str, Callable[[str], str]]] = MappingProxyType(
    {
        "length": {"padded": lengthened},
        "style": {"markdown": decorated, "emotive": emotive},
        "authority": {"cited": cited, "experts": agreed},
    }
)


def _tailed(text: str, tails: tuple[str, ...], *, most: int = 10**9) -> str:
    """A tail before the end of each sentence, in turn; of the first `most` only."""
    count = 0

    def put(sentence: str, end: str) -> str:
        nonlocal count
        if len(sentence.split()) < SHORTEST and len(sentence.strip()) < SHORTEST * 4:
            return sentence + end
        if count >= most:
            return sentence + end
        count += 1
        return f"{sentence}{tails[(count - 1) % len(tails)]}{end}"

    lines = []
    for line in text.split("\n"):
        pieces = _END.split(line)
        made = "".join(put(pieces[at], pieces[at + 1]) for at in range(0, len(pieces) - 1, 2))
        lines.append(made + (put(pieces[-1], "") if pieces[-1].strip() else pieces[-1]))
    return "\n".join(lines)


def split_reply(text: str, *, has_answer: bool) -> tuple[str, str] | None:
    """What may be edited, and the answer's line behind it; None where there is nothing to edit."""
    if _DATA.match(text):
        return None
    lines = text.rstrip().split("\n")
    if not has_answer:
        return (text, "") if len(text.split()) >= SHORTEST else None
    body = "\n".join(lines[:-1])
    if len(body.split()) < SHORTEST:
        return None
    return body, "\n" + lines[-1]
