"""How long published results take to score: EmoBench's 32 files of one model, MME-Emotion with stored ratings.

python -m bench.families --data ../shared/data --runs 3. The reference reads the same files and votes, and nothing else.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import shutil
import statistics
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path

from bench.process import ROOT, Measured, judge, measure

EMOBENCH = ("EU-gpt-4-en", "EU-gpt-4-en_cot", "EA-gpt-4-en")
RUNS = 8
"""Of one model: two tasks, two languages, two modes; those that are not at hand are those that are, again."""
MME = ("ER_Wild", "Noise_ER", "FG_ER", "ML_ER", "SA", "FG_SA", "IR")
STEPS = "Step 1: The face is turned to the speaker. Step 2: The voice is calm. Step 3: The predicted label is"
RATED = "<score>Step 1: 1/1, Step 2: 1/1, Step 3:"


def _done(*arguments: str | Path) -> None:
    subprocess.run(judge(*map(str, arguments)), cwd=ROOT, check=True, capture_output=True)


def _files(data: Path, name: str) -> list[Path]:
    return [data / "emobench" / "released_outputs" / f"{name}{number}.csv.gz" for number in ("", 1, 2, 3)]


def emobench(data: Path, folder: Path) -> None:
    """Eight runs of 800 questions and five generations each, imported."""
    for number in range(RUNS):
        name = EMOBENCH[number % len(EMOBENCH)]
        task = ROOT / "tasks" / "emobench" / f"{name[:2].lower()}.yaml"
        where: list[str | Path] = ["--task", task, "--model", f"gpt-4-{number}", "--out", folder]
        _done("import", *_files(data, name), "--format", "emobench", *where)


def reference(data: Path) -> float:
    """Seconds to read the same files and vote on the predictions that are stored in them."""
    began = time.perf_counter()
    for number in range(RUNS):
        for path in _files(data, EMOBENCH[number % len(EMOBENCH)]):
            with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
                for row in csv.DictReader(file):
                    votes = Counter(value for name, value in row.items() if "Pred" in name and value)
                    votes.most_common(2)
    return time.perf_counter() - began


def mme(data: Path, folder: Path) -> int:
    """Seven runs whose ratings came with them, as the authors' evaluation files hold them; how many items there are."""
    count = 0
    for name in MME:
        items = json.loads((data / "mme_emotion" / f"{name}.question.json").read_text(encoding="utf-8"))
        rated = []
        for number, item in enumerate(items):
            gold = len(item["label"].split({"FG_ER": ";", "ML_ER": ","}.get(name, "\n")))
            right = f"{gold if number % 3 else 0}/{gold}"
            step = f"{STEPS} {item['label']}."
            body = {"video_id": item["video_id"], "ground_truth": item["label"], "label_set": item["label_set"]}
            rated.append(body | {"model_response": step, "step": step, "score": f"{RATED} {right}</score>"})
        count += len(rated)
        file = folder / f"{name}.json"
        file.write_text(json.dumps(rated), encoding="utf-8")
        task = ROOT / "tasks" / "mme_emotion" / f"{name.lower()}.yaml"
        _done("import", file, "--format", "mme-emotion", "--task", task, "--model", "m", "--out", folder / "runs")
    return count


def scored(folder: Path, runs: int) -> list[Measured]:
    found = [measure(judge("score", str(folder), "--fresh")) for _ in range(runs)]
    assert {item.code for item in found} == {0}, found
    return found


def _said(name: str, found: list[Measured], bound: str) -> None:
    seconds = sorted(item.seconds for item in found)
    peak = max(item.megabytes for item in found)
    print(f"{name}: {statistics.median(seconds):.2f} s ({seconds[0]:.2f}-{seconds[-1]:.2f}), {peak:.0f} MB; {bound}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds emobench/ and mme_emotion/")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    try:
        emobench(options.data, folder / "e")
        bare = statistics.median(reference(options.data) for _ in range(options.runs))
        found = scored(folder / "e", options.runs)
        ratio = statistics.median(item.seconds for item in found) / bare
        _said(f"EmoBench, {RUNS} runs of 4 files, {ratio:.1f} x reading and voting ({bare:.2f} s)", found, "bound 8 s")
        (folder / "m").mkdir()
        count = mme(options.data, folder / "m")
        found = scored(folder / "m" / "runs", options.runs)
        _said(f"MME-Emotion, {count:,} items with ratings", found, "bound 3 s of 6,500")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
