"""Appends records from many coroutines with one fsync per batch, without blocking the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from pydantic import BaseModel

from judge.errors import JudgeError
from judge.store import Appender, CannotWrite


class BatchWriter:
    """Groups the records that arrive while a batch is being written into the next batch."""

    def __init__(self, log: Appender) -> None:
        """`log` is open and stays the caller's to close."""
        self._log = log
        self._batch: list[BaseModel] = []
        self._lock = asyncio.Lock()
        self._failure: JudgeError | None = None

    def check(self) -> None:
        """Raise what went wrong, if a write has failed."""
        if self._failure is not None:
            raise self._failure

    async def add(self, records: Sequence[BaseModel]) -> None:
        """Return once the records are on disk."""
        mine = self._batch
        mine.extend(records)
        async with self._lock:
            self.check()
            if mine is not self._batch:
                return  # whoever held the lock has written this batch
            self._batch = []
            written = False
            try:
                await asyncio.to_thread(self._log.append, mine)
                written = True
            except JudgeError as error:
                self._failure = error
                raise
            finally:
                if not written and self._failure is None:  # cancelled: nobody may believe that these are on disk
                    self._failure = CannotWrite(f"{self._log.path} may not hold the last answers")
