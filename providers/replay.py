"""Answers from recorded replies: a released model's outputs, an earlier run, or replies written by hand.

A sample without a record is an error of that sample; nothing is made up.
"""

from __future__ import annotations

from collections.abc import Mapping

from providers.errors import Permanent
from providers.records import Info, RecordKey, Reply, Request


class Replay:
    """Recorded replies by sample, variant, draw and ask."""

    def __init__(self, info: Info, records: Mapping[RecordKey, Reply]) -> None:
        """`records` is read by whoever opens this; a record with None holds for every variant or ask."""
        self.info = info
        self._records = dict(records)

    async def generate(self, request: Request) -> Reply:
        """The record that fits most closely."""
        tag = request.tag
        if tag is None:
            raise Permanent("a replay answers tagged requests only", kind="no_record")
        for variant in (tag.variant, None):
            for ask in (tag.ask, None):
                found = self._records.get((tag.sample_id, variant, request.draw, ask))
                if found is not None:
                    return found
        raise Permanent(f"no reply is recorded (draw {request.draw}, {tag.variant})", kind="no_record")

    async def close(self) -> None:
        """Nothing to close."""
