"""A provider for tests: replies from a function of the request; it keeps what it was asked."""

from __future__ import annotations

from collections.abc import Callable

from providers.records import Info, Reply, Request

Script = Callable[[Request], Reply | str]


class Scripted:
    """Answers by a function; an exception that the function raises is the call's."""

    def __init__(self, script: Script) -> None:
        """`script` may return a text, which is a reply that ended by itself."""
        self.info = Info(name="scripted", identity="scripted", model="scripted-1", kind="local")
        self.asked: list[Request] = []
        self.closed = False
        self._script = script

    async def generate(self, request: Request) -> Reply:
        """One reply."""
        self.asked.append(request)
        said = self._script(request)
        return said if isinstance(said, Reply) else Reply(text=said, model="scripted-1")

    async def close(self) -> None:
        """Remember it."""
        self.closed = True
