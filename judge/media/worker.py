"""A worker process: takes open files over a socket, decodes one at a time, answers with plain bytes.

It can open no path itself, has no keys in its environment, and is killed by its parent when a clip takes too long.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import math
import os
import pkgutil
import resource
import signal
import socket
import struct
from typing import Any

from judge.media.orders import Bounds, Order, Unusable

LENGTH = struct.Struct(">Q")
LONGEST_ORDER = 65_536
ORPHANED = 60
"""Seconds beyond a clip's time after which a worker ends itself: its parent would have done so, and must be gone."""


def main(descriptor: int) -> None:
    """Serve until the socket closes."""
    wire = socket.socket(fileno=descriptor)
    wire.setblocking(True)
    raw, files, _, _ = socket.recv_fds(wire, LONGEST_ORDER, 1)
    bounded = False
    while raw:
        order, bounds = _order(raw)
        if not bounded:
            _confine(bounds, files[0])
            bounded = True
        signal.alarm(math.ceil(bounds.seconds) + ORPHANED)
        head, blobs = _work(files[0], order, bounds)
        signal.alarm(0)
        _send(wire, json.dumps(head).encode("ascii"))
        for blob in blobs:
            _send(wire, blob)
        raw, files, _, _ = socket.recv_fds(wire, LONGEST_ORDER, 1)


def _order(raw: bytes) -> tuple[Order, Bounds]:
    given = json.loads(raw)
    return Order(**given["order"]), Bounds(**given["bounds"])


def _confine(bounds: Bounds, descriptor: int) -> None:
    """Imports come first: from here on it can write no file, open none and no socket, and take no more memory.

    Every clip gets the number of the first one, and there is none above it.
    """
    import av
    from PIL import Image

    import judge.media.decode  # noqa: F401

    for part in pkgutil.walk_packages(av.__path__, "av."):  # some are imported when a clip first needs them
        if part.name not in ("av.__main__", "av.datasets"):
            importlib.import_module(part.name)
    Image.init()
    limits = {
        resource.RLIMIT_AS: bounds.memory,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: descriptor + 1,
    }
    for kind, most in limits.items():
        _, hard = resource.getrlimit(kind)
        limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (limit, limit))


def _work(descriptor: int, order: Order, bounds: Bounds) -> tuple[dict[str, Any], list[bytes]]:
    from judge.media.decode import make

    try:
        with os.fdopen(descriptor, "rb") as file:
            made = make(file, order, bounds)
    except Unusable as error:
        return {"kind": error.kind, "message": error.message}, []
    except MemoryError:
        return {"kind": "too_large", "message": f"takes more than {bounds.memory:,} bytes of memory"}, []
    except Exception as error:  # noqa: BLE001  a fault of a decoder is a fault of its clip, and the worker goes on
        return {"kind": "corrupt", "message": f"cannot be decoded: {type(error).__name__}: {str(error)[:100]}"}, []
    pieces = [{**dataclasses.asdict(piece), "raw": len(piece.raw)} for piece in made.pieces]
    return {"expected": made.expected, "pieces": pieces}, [piece.raw for piece in made.pieces]


def _send(wire: socket.socket, blob: bytes) -> None:
    wire.sendall(LENGTH.pack(len(blob)))
    wire.sendall(blob)
