"""Mends a run's folder as its only writer: what is no record goes to a file beside, and nothing is deleted.

What was taken out is asked again by the next run, from the cache where it is there.
"""

from __future__ import annotations

from pathlib import Path

from judge.damage import Piece, aside, take_out
from judge.errors import ResultsError
from judge.shell import command
from judge.store import Folder, locked
from judge.verify.folder import verify
from judge.verify.found import Verified


def repair(folder: Folder) -> tuple[list[str], Verified]:
    """What was done, and what the folder is like now; raises Locked while another process writes it."""
    found = verify(folder)
    if found.left_alone:  # before the lock is taken: that writes a file, too
        return [], found
    with locked(folder.path):
        found = verify(folder)
        if found.left_alone:
            return [], found
        done = _mend(found)
        return done, verify(folder)


def _mend(found: Verified) -> list[str]:
    folder = found.folder
    done: list[str] = []
    for path, pieces in ((folder.answers_file, found.bad_answers), (folder.verdicts_file, found.bad_verdicts)):
        if pieces:
            done.append(_taken(path, pieces))
    if found.run is None and folder.run_file.exists():
        done.append(f"run.json is now {_set_aside(folder.run_file)}: the line that made the run writes it anew")
    done += [
        f"{path.name} is now {_set_aside(path)}: {command('score', folder.path)}  makes it again"
        for path in dict.fromkeys(found.derived)
        if path.exists()
    ]
    for path in found.strays:
        path.unlink(missing_ok=True)
        done.append(f"{path.name} is removed: a killed process had begun to write it")
    if found.run is not None and found.incomplete and found.run.state == "complete":
        reason = "answers were damaged or missing: doctor"
        folder.write_run(found.run.model_copy(update={"state": "incomplete", "reason": reason}))
        done.append("run.json says now that the run is incomplete: run the same line again")
    return done


def _taken(path: Path, pieces: list[Piece]) -> str:
    backup, taken = take_out(path, pieces)
    kept = sum(len(piece.rescued) for piece in pieces)
    saved = f", {kept} whole records in them kept" if kept else ""
    lines = "1 line" if len(pieces) == 1 else f"{len(pieces):,} lines"
    return f"{path.name}: {lines} moved to {taken.name}{saved}; the file as it was is {backup.name}"


def _set_aside(path: Path) -> str:
    target = aside(path, "damaged")
    try:
        path.rename(target)
    except OSError as error:
        raise ResultsError(f"{path}: could not be set aside: {error.strerror or error}") from error
    return target.name
