"""Results folders of a stranger's: `score` shows nothing of another file, writes to none, and says what is wrong."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from figures import FULL, Figure, keep
from hostile_packs import item, rows, rubric, task
from hostile_results import CASES, STORE_CASES, Case
from watching import Seen, Watched

SECONDS = 2.0
BYTES = 200_000_000
PRECIOUS = "alias ls='ls --color'\n# not ours"
SECRETS = re.compile("root:|/bin/|nologin|alias|PATH=|HOME=")


def _sound(folder: Path, watched: Watched) -> Path:
    """A run of two items, scored."""
    (folder / "pack").mkdir(parents=True)
    (folder / "pack" / "task.yaml").write_text(task())
    (folder / "pack" / "rubric.yaml").write_text(rubric())
    (folder / "pack" / "items.jsonl").write_text(rows(item(), item(id="a-2", label="serious")))
    runs = folder / "work" / "runs"
    runs.mkdir(parents=True)
    for command in (
        ["run", "task.yaml", "--provider", "majority", "--out", str(runs), "--name", "run"],
        ["score", str(runs)],
    ):
        seen = watched.run(command, folder=folder / "pack", work=folder / "work")
        assert (seen.code, seen.faults) == (0, ()), seen
    return folder


def _tried(case: Case, sound: Path, place: Path, *, watched: Watched, seconds: int) -> tuple[Seen, list[str]]:
    """What `score` did with a changed copy, and what of that is wrong."""
    shutil.copytree(sound, place)
    (place / "precious.txt").write_text(PRECIOUS)
    runs = place / "work" / "runs"
    case.change(runs / "run")
    names = {"{runs}": str(runs), "{folder}": str(place / "pack")}
    command = [re.sub(r"\{\w+\}", lambda match: names[match[0]], part) for part in case.command]
    seen = watched.run(command, folder=place / "pack", work=place / "work", seconds=seconds)
    said = [line for line in seen.err.splitlines() if line]
    found = [f"touched {fault}" for fault in seen.faults if not case.may_hash or case.may_hash not in fault]
    if seen.code != case.code:
        found.append(f"ended with {seen.code}, not {case.code}: {seen.err[-300:]}")
    if case.says not in (seen.out if case.code == 0 else "".join(said[:1])):
        found.append(f"does not say {case.says!r}: {seen.err[:300]}")
    if case.code and len(said) != 1:
        found.append(f"says {len(said)} lines: {said[:4]}")
    if seen.cpu >= SECONDS or seen.peak >= BYTES:
        found.append(f"took {seen.cpu:.1f} s and {seen.peak:,} bytes")
    if SECRETS.search(seen.err + seen.out.replace(str(place), "")):
        found.append(f"shows another file: {seen.err}{seen.out}")
    if re.search("Traceback|of its own|\x1b", seen.err + seen.out):
        found.append(f"tells its own fault: {seen.err[-300:]}")
    if (place / "precious.txt").read_text() != PRECIOUS:
        found.append("wrote to a file outside of the run")
    if sorted(path.name for path in place.glob("[!r]*")) != ["pack", "precious.txt", "work"]:
        found.append("wrote beside the run")
    return seen, found


def _all(cases: Sequence[Case], tmp_path: Path, seconds: int = 60) -> dict[str, tuple[Seen, list[str]]]:
    with Watched(alone=FULL) as watched:
        sound = _sound(tmp_path / "sound", watched)
        return {
            case.name: _tried(case, sound, tmp_path / str(number), watched=watched, seconds=seconds)
            for number, case in enumerate(cases)
        }


def _said(outcomes: dict[str, tuple[Seen, list[str]]]) -> str:
    return "\n".join(f"{name}: {fault}" for name, (_, faults) in outcomes.items() for fault in faults)


def test_a_results_folder_of_a_stranger_fails_in_one_line_or_means_nothing(tmp_path: Path) -> None:
    outcomes = _all(CASES, tmp_path)
    bad = {name: faults for name, (_, faults) in outcomes.items() if faults}
    slowest = max(seen.cpu for seen, _ in outcomes.values())
    largest = max(seen.peak for seen, _ in outcomes.values())
    keep(
        Figure(
            name="hostile_results",
            test="hostile results folders, scored, reported and shown by the real command line under an audit hook",
            asked="0 code run, 0 files shown or written outside, 0 sockets, each < 2 s and < 200 MB, one clear line",
            tried=len(outcomes),
            unit="folders",
            failed=len(bad),
            measured=f"at most {slowest:.1f} s of CPU and {largest / 1e6:.0f} MB",
            seconds=sum(seen.cpu for seen, _ in outcomes.values()),
            details={"failed": sorted(bad)},
        )
    )
    assert not bad, _said(outcomes)


def test_the_files_of_a_run_are_regular_and_their_lines_bounded(tmp_path: Path) -> None:
    outcomes = _all(STORE_CASES, tmp_path, seconds=8)
    assert not any(faults for _, faults in outcomes.values()), _said(outcomes)
