"""Puts the same question in another form: the scale's levels in another order, or letters in place of its numbers.

It stands between the judge and its provider and changes the prompt on its way out, so that the judge's own words, its
parsing and the cache stay what they are. Each form is its own request, and its own cache entry.
"""

from __future__ import annotations

import random
import re
from typing import Literal

from providers.records import Info, Message, Provider, Reply, Request

Form = Literal["reversed", "shuffled", "letters"]
_HEAD = re.compile(r"^Scale[^\n]{0,60}:\n", re.MULTILINE)
_LEVEL = re.compile(r"  (-?[\d.]{1,12}): ")
_SCORE = re.compile(r'("score"\s*:\s*)"?\s*([A-Z])\s*"?(?=\s*[,}\n])')
MOST_LEVELS = 26


class Varied:
    """A provider whose questions show the scale in another form; counts how many did."""

    def __init__(self, provider: Provider, form: Form, seed: int = 0) -> None:
        """The form is the same for every question."""
        self._provider, self.form, self._seed = provider, form, seed
        self.varied = 0

    @property
    def info(self) -> Info:
        """The provider's own: who answers is the same."""
        return self._provider.info

    async def generate(self, request: Request) -> Reply:
        """Ask in the other form; a letter in the reply is read as the number that it stood for."""
        letters: dict[str, str] = {}
        messages = tuple(self._varied(message, letters) for message in request.messages)
        if messages == request.messages:
            return await self._provider.generate(request)
        self.varied += 1
        reply = await self._provider.generate(request.model_copy(update={"messages": messages}))
        if not letters:
            return reply
        text = _SCORE.sub(lambda found: found[1] + letters.get(found[2], f'"{found[2]}"'), reply.text)
        return reply.model_copy(update={"text": text})

    async def close(self) -> None:
        """Let go of sockets, files and threads."""
        await self._provider.close()

    def _varied(self, message: Message, letters: dict[str, str]) -> Message:
        heads = list(_HEAD.finditer(message.text)) if message.role == "user" else []
        if not heads:
            return message
        start = heads[-1].end()  # what the model under test wrote stands before it
        lines = message.text[start:].split("\n")
        count = next((place for place, line in enumerate(lines) if not _LEVEL.match(line)), len(lines))
        if not 2 <= count <= MOST_LEVELS:
            return message
        levels = self._levels(lines[:count], letters)
        text = message.text[:start] + "\n".join([*levels, *lines[count:]])
        if letters:
            text = text.replace("a number of the scale", "a letter of the scale, in quotes")
        return message.model_copy(update={"text": text})

    def _levels(self, lines: list[str], letters: dict[str, str]) -> list[str]:
        if self.form == "reversed":
            return lines[::-1]
        if self.form == "shuffled":
            return _shuffled(lines, self._seed)
        made = []
        for place, line in enumerate(lines):
            found = _LEVEL.match(line)
            if found is not None:
                letters[chr(65 + place)] = found[1]
                made.append(f"  {chr(65 + place)}: {line[found.end() :]}")
        return made


def _shuffled(lines: list[str], seed: int) -> list[str]:
    """An order that is neither the one there is nor its reverse, where there is such a one."""
    draw = random.Random(seed)
    for _ in range(20):
        other = draw.sample(lines, len(lines))
        if other not in (lines, lines[::-1]):
            return other
    return lines[::-1]
