"""How long `judge trust agree` takes: 1,000 items x 10 criteria x 3 people and a judge, 2,000 resamples, as a process.

python -m bench.trust --runs 3
"""

from __future__ import annotations

import argparse
import csv
import random
import statistics
import tempfile
from pathlib import Path

from bench.process import judge, measure

ITEMS, CRITERIA = 1000, 10
BOUND = 10.0
"""Seconds."""


def ratings(folder: Path) -> tuple[Path, Path]:
    draw = random.Random(1)
    people, verdicts = [], []
    for item in range(ITEMS):
        for criterion in range(CRITERIA):
            truth = draw.randint(1, 5)
            near = [min(5, max(1, truth + draw.randint(-1, 1))) for _ in range(4)]
            people += [(f"i{item}", name, f"c{criterion}", score) for name, score in zip("abc", near[:3], strict=True)]
            verdicts.append((f"i{item}", "judge", f"c{criterion}", near[3]))
    paths = folder / "people.csv", folder / "judge.csv"
    for path, rows in zip(paths, (people, verdicts), strict=True):
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([("item", "rater", "criterion", "score"), *rows])
    return paths


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        people, verdicts = ratings(Path(folder))
        line = judge("trust", "agree", "--human", str(people), "--verdicts", str(verdicts), "--range", "1-5")
        found = [measure(line) for _ in range(runs)]
    assert {item.code for item in found} == {0}
    seconds = sorted(item.seconds for item in found)
    print(
        f"trust agree, {ITEMS:,} items x {CRITERIA} criteria, 3 people, 1 judge, 2,000 resamples: "
        f"{statistics.median(seconds):.1f} s ({seconds[0]:.1f}-{seconds[-1]:.1f}), "
        f"{max(item.megabytes for item in found):.0f} MB; bound {BOUND:.0f} s"
    )


if __name__ == "__main__":
    main()
