"""Harmony, the reply format of gpt-oss: analysis and commentary are thoughts, the final channel is the reply.

As sent with its special tokens (`<|channel|>analysis<|message|>...`), and as servers leave it that drop those:
`analysis...assistantfinal...`. Source: OpenAI, "OpenAI harmony response format" (2025), sections on channels and roles.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import NamedTuple

_TOKEN = re.compile(r"<\|(start|end|return|call|channel|message|constrain)\|>", re.IGNORECASE)
_STRIPPED = re.compile(
    r"assistant(analysis|commentary|final)(?!ly\b|i[sz]e|ist\b)|(?<![^\n])assistant\n{1,2}(analysis|commentary|final)\n"
)
_BEGIN = re.compile(r"\s{0,20}(?:assistant(?:analysis|commentary)|analysis(?=[A-Z]|[^\W\x00-\x7f]))")
_HEAD = re.compile(r"\s{0,20}(?:assistant\s{0,2})?(?:analysis|commentary)\b[^\S\n]{0,2}[:\n]?|\s{0,20}analysis")
_USER = re.compile(r"(?<=[\w.!?。！？)\]}\"'])user(?=[A-Z]|[^\x00-\x7f])|\nuser\n")
_QUOTES = frozenset("`\"'“”‘’«»「」『』")
MOST_TOKENS = 20_000
_ROLES = ("assistant", "user", "system", "developer", "tool")


class _Part(NamedTuple):
    role: str
    channel: str
    text: str


def split_channels(text: str) -> tuple[str, str] | None:
    """(reply, thinking) of a reply in channels; None where it is in none."""
    if "<|" in text:
        tokens = [match for match in islice(_TOKEN.finditer(text), MOST_TOKENS) if not _is_quoted(text, match)]
        if any(match[1].lower() in ("channel", "message") for match in tokens):
            return _assembled(_parts(text, tokens))
    return _stripped(text)


def _is_quoted(text: str, match: re.Match[str]) -> bool:
    before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
    return bool(before and after) and before in _QUOTES and after in _QUOTES


def _parts(text: str, tokens: list[re.Match[str]]) -> list[_Part]:
    """Each piece of text under its role and channel; the channel of what stands before every token is not known."""
    parts: list[_Part] = []
    role, channel = "assistant", "unknown"
    first = text[: tokens[0].start()]
    if first.strip().split(maxsplit=1)[:1] and tokens[0][1].lower() == "message":
        channel = first.split()[0].removeprefix("assistant") or "final"  # the first token was dropped
    elif first.strip() not in _ROLES:
        parts.append(_Part(role, channel, first))
    ends = [match.start() for match in tokens[1:]] + [len(text)]
    for match, end in zip(tokens, ends, strict=True):
        kind, piece = match[1].lower(), text[match.end() : end]
        word = next(iter(piece.split(maxsplit=1)), "").lower()
        if kind == "start":
            role, channel = word.split(":")[0].split(".")[0] or "assistant", "final"
        elif kind == "channel":
            channel = word or "final"
        elif kind != "constrain":
            parts.append(_Part(role, channel if kind == "message" else "final", piece))
        if kind == "return":
            parts.append(_Part("user", "", ""))
    return parts


def _assembled(parts: list[_Part]) -> tuple[str, str]:
    reply: list[str] = []
    thinking: list[str] = []
    answered = any(part.channel == "final" and part.role == "assistant" and part.text.strip() for part in parts)
    for part in parts:
        if part.role != "assistant":
            if reply:
                break
        elif part.text.strip():
            is_reply = part.channel == "final" or (part.channel == "unknown" and not answered)
            (reply if is_reply else thinking).append(part.text.strip())
    return "\n".join(reply), "\n".join(thinking)


def _stripped(text: str) -> tuple[str, str] | None:
    """The same without its tokens."""
    marks = [match for match in islice(_STRIPPED.finditer(text), MOST_TOKENS) if not _is_quoted(text, match)]
    begins = _BEGIN.match(text)
    if not any("final" in match.groups() for match in marks):
        return ("", text[_headed(text) :].strip()) if begins is not None else None
    reply: list[str] = []
    thinking = [text[_headed(text) : marks[0].start()]]
    ends = [match.start() for match in marks[1:]] + [len(text)]
    for match, end in zip(marks, ends, strict=True):
        piece = text[match.end() : end]
        if "final" not in match.groups():
            thinking.append(piece)
            continue
        user = _USER.search(piece) if end < len(text) else None
        reply.append(piece[: user.start()] if user is not None else piece)
        if user is not None:
            break
    parts = ("\n".join(part.strip() for part in side if part.strip()) for side in (reply, thinking))
    said, thought = parts
    return said, thought


def _headed(text: str) -> int:
    head = _HEAD.match(text)
    return head.end() if head is not None else 0
