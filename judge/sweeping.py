"""Pauses the search for circular garbage: of a hundred thousand new records none is any, and looking costs seconds."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def unswept() -> Iterator[None]:
    """No search while inside; what is no longer used goes all the same, unless it refers to itself."""
    sweeping = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if sweeping:
            gc.enable()
