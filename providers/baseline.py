"""Key-less, offline floors: `majority` gives the commonest gold answer, `random` any allowed one.

They never look at the question; a number that does not beat them says nothing about a model.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping

from providers.errors import NotSupported
from providers.records import Info, Reply, Request, Tag

Pool = tuple[str, ...]


class Majority:
    """The same reply to every sample: the commonest gold answer of the task's own data."""

    def __init__(self, info: Info, commonest: Mapping[str, str]) -> None:
        """`commonest` is the reply by name of the ask."""
        self.info = info
        self._commonest = dict(commonest)

    async def generate(self, request: Request) -> Reply:
        """The constant reply of this ask."""
        tag = _tag_of(request)
        if tag.ask not in self._commonest:
            raise NotSupported(f"no gold answer is known for the ask {tag.ask!r}", kind="not_supported")
        return Reply(text=self._commonest[tag.ask], model="majority")

    async def close(self) -> None:
        """Nothing to close."""


class Random:
    """A uniformly random allowed answer, drawn by seed, sample and draw: the same on every machine."""

    def __init__(self, info: Info, *, seed: int, pools: Mapping[str, Pool]) -> None:
        """`pools` holds texts to draw from, by ask, where answers are free text."""
        self.info = info
        self._seed = seed
        self._pools = dict(pools)

    async def generate(self, request: Request) -> Reply:
        """One value per closed field; several fields come as one JSON object."""
        tag = _tag_of(request)
        draw = random.Random(f"{self._seed}|{tag.sample_id}|{tag.ask}|{request.draw}")
        if not tag.allowed:
            if not self._pools.get(tag.ask):
                raise NotSupported(f"nothing to draw from for the ask {tag.ask!r}", kind="not_supported")
            return Reply(text=draw.choice(self._pools[tag.ask]), model="random")
        picked = {field: draw.choice(values) for field, values in tag.allowed}
        text = picked[""] if set(picked) == {""} else json.dumps(picked, ensure_ascii=False)
        return Reply(text=text, model="random")

    async def close(self) -> None:
        """Nothing to close."""


def _tag_of(request: Request) -> Tag:
    if request.tag is None:
        raise NotSupported("a baseline answers tagged requests only", kind="not_supported")
    return request.tag
