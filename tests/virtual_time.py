"""An event loop whose clock jumps to the next timer instead of waiting for it: a minute passes in no time, exactly."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


class _Jumping(selectors.DefaultSelector):
    """Never sleeps; adds up what it was to sleep."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "nothing would ever happen again"
        self.now += max(0.0, timeout)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """For code that waits by the loop's own time, without sockets or threads."""

    def __init__(self) -> None:
        """Begins at 0."""
        self.jumping = _Jumping()
        super().__init__(self.jumping)

    def time(self) -> float:
        """Seconds since the loop began, none of them waited for."""
        return self.jumping.now


def run_virtually(work: Coroutine[Any, Any, Result]) -> Result:
    """As asyncio.run, in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)
