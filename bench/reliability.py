"""Collects the figures of `make nightly` into bench/reliability.json and the README's table.

A row is replaced when its test ran again; its date is the day its test wrote it, not the day of collecting.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from pathlib import Path
from typing import Any

from bench.process import ROOT

KEPT = ROOT / "bench" / "reliability.json"
README = ROOT / "README.md"
FEWEST = 10
BEGIN, END = "<!-- reliability: made by make nightly -->", "<!-- /reliability -->"


def bound(tried: int, failed: int) -> str:
    """What no failure in so many tries says at 95%: the rule of three."""
    if failed:
        return f"{failed / tried:.2%} seen"
    if tried < FEWEST:
        return "too few to say"
    share = 3 / tried
    return f"< {share:.1%}" if share >= 0.001 else f"< {share:.4%}"


def collect(folder: Path) -> list[dict[str, Any]]:
    """Every known row, those of the folder put in the place of older ones."""
    rows = json.loads(KEPT.read_text())["figures"] if KEPT.exists() else []
    known = {row["name"]: row for row in rows}
    machine = (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}"
    )
    for path in sorted(folder.glob("*.json")):
        row = json.loads(path.read_text())
        ran = time.strftime("%Y-%m-%d", time.localtime(path.stat().st_mtime))
        row |= {"bound": bound(row["tried"], row["failed"]), "date": ran, "machine": machine}
        known[row["name"]] = row
    return [known[name] for name in sorted(known)]


def table(rows: list[dict[str, Any]]) -> str:
    """The README's table."""
    lines = ["| test | tried | failed | so, at 95% | measured | date |", "|---|---:|---:|---|---|---|"]
    for row in rows:
        tried = f"{row['tried']:,} {row['unit']}"
        cells = [row["test"], tried, f"{row['failed']:,}", row["bound"], row["measured"], row["date"]]
        lines.append("| " + " | ".join(cells) + " |")
    machines = sorted({row["machine"] for row in rows})
    return "\n".join([*lines, "", f"Machine: {'; '.join(machines)}."])


def main(folder: str) -> None:
    """Merge, write, and say what failed."""
    rows = collect(Path(folder))
    KEPT.write_text(json.dumps({"figures": rows}, indent=1) + "\n")
    text = README.read_text()
    if BEGIN in text:
        before, _, rest = text.partition(BEGIN)
        after = rest.partition(END)[2]
        README.write_text(f"{before}{BEGIN}\n{table(rows)}\n{END}{after}")
    print(table(rows))


if __name__ == "__main__":
    main(sys.argv[1])
