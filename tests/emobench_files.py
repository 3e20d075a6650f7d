"""EmoBench's result files of 2024 for tests, made of invented items in the authors' own columns."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable, Sequence
from pathlib import Path

EMOTIONS = ["Delight", "Anger & Fear", "Pride", "Boredom", "Relief", "Shame"]
CAUSES = ["The train came early", "The train left without her", "She found her ticket", "It rained"]
GENERATIONS = range(1, 6)
Reply = Callable[[int, int], str]
"""(item from 0, generation from 1) to the reply."""


def _text(header: Sequence[str], rows: Sequence[dict[str, str]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, fieldnames=list(header))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _stored(reply: str, given: str | None) -> str:
    """What the authors would store: the place of the letter of `(a)`, -1 for other words, nothing for no reply."""
    if given is not None:
        return given
    return "" if not reply else str("abcdef".find(reply[1])) if reply[:1] == "(" and reply[2:] == ")" else "-1"


def eu_file(path: Path, *, emotion: Reply, cause: Reply, rows: int = 200, stored: str | None = None) -> Path:
    """An EU file: the emotion's gold is the first option, the cause's the second."""
    header = ["Emo Choices", "Emo Label", "Cause Choices", "Cause Label"]
    header += [f"{kind} {what} {n}" for n in GENERATIONS for kind in ("Emo", "Cause") for what in ("Res", "Pred")]
    table = []
    for item in range(rows):
        row = {"Emo Choices": repr(EMOTIONS), "Emo Label": "0", "Cause Choices": repr(CAUSES), "Cause Label": "1"}
        for n in GENERATIONS:
            row |= {f"Emo Res {n}": emotion(item, n), f"Cause Res {n}": cause(item, n)}
            row |= {f"Emo Pred {n}": _stored(emotion(item, n), stored)}
            row |= {f"Cause Pred {n}": _stored(cause(item, n), stored)}
        table.append(row)
    return _write(path, _text(header, table))


def ea_file(path: Path, *, answer: Reply, rows: int = 200, stored: str | None = None) -> Path:
    """An EA file; the gold is the third option."""
    header = ["Choices", "Label", *(f"{what} {n}" for n in GENERATIONS for what in ("Res", "Pred"))]
    table = []
    for item in range(rows):
        row = {"Choices": repr(CAUSES), "Label": "2"}
        row |= {f"Res {n}": answer(item, n) for n in GENERATIONS}
        row |= {f"Pred {n}": _stored(answer(item, n), stored) for n in GENERATIONS}
        table.append(row)
    return _write(path, _text(header, table))


def _write(path: Path, text: str) -> Path:
    raw = text.encode()
    path.write_bytes(gzip.compress(raw) if path.name.endswith(".gz") else raw)
    return path
