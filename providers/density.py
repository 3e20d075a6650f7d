"""Whether JSON from a server would fill the memory when it is read; imports nothing, because every lane asks."""

from __future__ import annotations

MOST_PARTS = 500_000
"""Lists, objects and commas of a reply: a hundred bytes of memory for each of them is bearable."""
SMALL = 2**20
"""Bytes of a body in which they are not counted."""


def too_dense(raw: bytes | bytearray) -> bool:
    """Whether reading this JSON could fill the memory: 16 MiB of `[],` become 360 MiB."""
    return len(raw) > SMALL and sum(map(raw.count, (b"[", b"{", b","))) > MOST_PARTS
