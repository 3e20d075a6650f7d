"""The tables of `judge rubrics diff`: means, differences with interval and test, and the answers that move most."""

from __future__ import annotations

from collections.abc import Sequence

from judge.cli.terminal import plural, table
from judge.paired import Comparison
from judge.revision import Move

_HEAD = ["", "n", "A", "B", "B − A", "95% interval", "moved", "p", "p (Holm)", "test"]


def comparison_lines(rows: Sequence[Comparison]) -> list[str]:
    """One line each; where there is no test, why."""
    if not rows:
        return ["(none that both have)"]
    right = frozenset(range(1, 9))
    wide: dict[str, list[str]] = {}
    for row in rows:
        if row.interval:
            wide.setdefault(row.interval, []).append(row.name)
    below = [f"  interval: {note} ({', '.join(names)})" for note, names in wide.items()]
    return [*table([_HEAD, *(_row(row) for row in rows)], right=right), *below]


def _row(row: Comparison) -> list[str]:
    units = f" over {row.units} clusters" if row.units != row.n else ""
    return [
        row.name,
        str(row.n),
        _number(row.first),
        _number(row.second),
        _number(row.difference, sign=True),
        "–" if row.low is None or row.high is None else f"[{row.low:+.3f}, {row.high:+.3f}]",
        f"↑{row.up} ↓{row.down}",
        _p(row.p),
        _p(row.p_holm),
        row.reason or f"{row.test}{units}",
    ]


def _number(value: float | None, *, sign: bool = False) -> str:
    if value is None:
        return "–"
    return f"{value + 0.0:+.3f}" if sign else f"{value:.3f}"


def _p(value: float | None) -> str:
    if value is None:
        return "–"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def moved_lines(moved: Sequence[Move], scores: Sequence[Move], *, top: int) -> list[str]:
    """The ratings that move farthest, then the scores that do although no rating moves: their weights changed."""
    answers = {move.key for move in moved}
    lines = [f"{plural(len(answers), 'answer')} {'is' if len(answers) == 1 else 'are'} rated otherwise"]
    rows = [_move(move) for move in moved[:top]]
    lines += [f"  {line}" for line in table(rows)] if rows else []
    lines += [f"  and {len(moved) - top} more ratings (--top, --json)"] if len(moved) > top else []
    alone = [move for move in scores if move.key not in answers]
    if alone:
        count = len({move.key for move in alone})
        lines.append(f"{plural(count, 'answer')} scored otherwise, though no rating by a common criterion moved")
        lines += [f"  {line}" for line in table([_move(move) for move in alone[:top]])]
    return lines


def _move(move: Move) -> list[str]:
    name = move.key.sample_id if not move.key.draw else f"{move.key.sample_id}#{move.key.draw}"
    return [name, move.name, f"{move.first:.3g} → {move.second:.3g}", f"{move.by:+.3g}"]
