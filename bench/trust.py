"""How long `judge trust agree` takes: 1,000 items x 10 criteria x 3 people and a judge, 2,000 resamples, as a process.

Then the same by seven emotions, and by ten systems within a hundred questions.

python -m bench.trust --runs 3
"""

from __future__ import annotations

import argparse
import csv
import random
import statistics
import tempfile
from pathlib import Path

from bench.process import Measured, judge, measure

ITEMS, CRITERIA, SYSTEMS = 1000, 10, 10
EMOTIONS = ("joy", "grief", "fear", "anger", "shame", "hope", "pride")
BOUND = 10.0
"""Seconds."""


def ratings(folder: Path) -> tuple[Path, Path]:
    draw = random.Random(1)
    people, verdicts = [], []
    for item in range(ITEMS):
        for criterion in range(CRITERIA):
            truth = draw.randint(1, 5)
            near = [min(5, max(1, truth + draw.randint(-1, 1))) for _ in range(4)]
            told = (EMOTIONS[item % len(EMOTIONS)], f"model-{item % SYSTEMS}", f"q{item // SYSTEMS}")
            people += [
                (f"i{item}", name, f"c{criterion}", score, *told) for name, score in zip("abc", near[:3], strict=True)
            ]
            verdicts.append((f"i{item}", "judge", f"c{criterion}", near[3], "", "", ""))
    paths = folder / "people.csv", folder / "judge.csv"
    for path, rows in zip(paths, (people, verdicts), strict=True):
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([("item", "rater", "criterion", "score", "emotion", "model", "question"), *rows])
    return paths


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        people, verdicts = ratings(Path(folder))
        line = judge("trust", "agree", "--human", str(people), "--verdicts", str(verdicts), "--range", "1-5")
        tell("trust agree", [measure(line) for _ in range(runs)], bound=f"; bound {BOUND:.0f} s")
        tell("the same --by emotion", [measure([*line, "--by", "emotion"]) for _ in range(runs)])
        more = ["--systems", "model", "--within", "question"]
        tell("the same --systems model --within question", [measure([*line, *more]) for _ in range(runs)])


def tell(name: str, found: list[Measured], *, bound: str = "") -> None:
    """The median, the range, the largest memory."""
    assert {item.code for item in found} == {0}
    seconds = sorted(item.seconds for item in found)
    print(
        f"{name}, {ITEMS:,} items x {CRITERIA} criteria, 3 people, 1 judge, 2,000 resamples: "
        f"{statistics.median(seconds):.1f} s ({seconds[0]:.1f}-{seconds[-1]:.1f}), "
        f"{max(item.megabytes for item in found):.0f} MB{bound}"
    )


if __name__ == "__main__":
    main()
