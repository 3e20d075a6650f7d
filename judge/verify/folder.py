"""Whether a run's folder is sound: every line a record, every record in its place, the scores of these answers.

It reads and says; nothing is written, and no model or network is asked.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections import Counter
from pathlib import Path

from judge.damage import Piece, read_marked
from judge.errors import JudgeError, ResultsError
from judge.records import Answer, Key, Score, Selection, Verdict
from judge.runs import Opened, reopen
from judge.shell import command
from judge.store import Folder
from judge.summary import Summary, answers_digest, read_summary
from judge.verify.found import Verified
from judge.verify.lines import check_answers, check_verdicts

_TEMPORARY = re.compile(r"\.(.+)\.(\d+)\.tmp")


def holder_of(folder: Path) -> str:
    """Who writes this run now, or nothing."""
    try:
        handle = os.open(folder / ".lock", os.O_RDONLY)
    except OSError:
        return ""
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return os.read(handle, 200).decode("ascii", "replace").strip() or "another process"
    finally:
        os.close(handle)
    return ""


def verify(folder: Folder) -> Verified:
    """Look at every file of one run."""
    found = Verified(folder=folder)
    for path in sorted(folder.path.iterdir()):
        if not _strange(path):
            continue
        what = "is a link, which may lead anywhere" if path.is_symlink() else "is no file"
        found.say(path, f"{what}: no run makes that, and no repair touches this folder")
        found.foreign = True
    if found.foreign:
        return found
    found.holder = holder_of(folder.path)
    try:
        found.run = folder.read_run()
    except ResultsError as error:
        text = "is missing" if not folder.run_file.exists() else error.faults[0].message
        found.say(folder.run_file, text.split(";")[0])
    opened = _opened(found)
    answers, found.bad_answers = read_marked(folder.answers_file, Answer)
    check_answers(found, answers, opened)
    verdicts, found.bad_verdicts = read_marked(folder.verdicts_file, Verdict)
    held = {answer.key for _, answer in answers}
    check_verdicts(found, verdicts, answered=held, opened=opened)
    for path, pieces in ((folder.answers_file, found.bad_answers), (folder.verdicts_file, found.bad_verdicts)):
        for piece in sorted(pieces):
            writing = piece.torn and bool(found.holder)
            found.say(path, piece.why + _kept(piece), line=piece.number, harm=not writing)
    found.answers, found.verdicts = len(held), len(verdicts)
    found.failed = len(held - {answer.key for _, answer in answers if answer.status != "error"})
    _scores(found, {answer.key: answer for _, answer in answers})
    _strays(found)
    return found


def _strange(path: Path) -> bool:
    """A link, a pipe, a device, or a folder in a file's place."""
    folder = path.is_dir() and not path.name.endswith((".json", ".jsonl"))
    return path.is_symlink() or not (path.is_file() or folder)


def _kept(piece: Piece) -> str:
    count = len(piece.rescued)
    return f" ({'a whole record' if count == 1 else f'{count} whole records'} in it can be kept)" if count else ""


def _opened(found: Verified) -> Opened | None:
    """The task and all its samples; None, and a remark, where they are not there any more."""
    run = found.run
    if run is None:
        return None
    if isinstance(run.task_spec.get("data"), dict) and run.task_spec["data"].get("hub"):
        found.say(found.folder.path, "its data is fetched from a hub: ids were not looked up", harm=False)
        return None
    try:
        return reopen(run.model_copy(update={"selection": Selection()}), near=found.folder.path)
    except JudgeError as error:
        found.say(found.folder.path, f"ids were not looked up: {error.faults[0]}", harm=False)
        return None


def _scores(found: Verified, answers: dict[Key, Answer]) -> None:
    """The summary and the scores are whole, and of the answers that are there now."""
    folder = found.folder
    again = command("score", folder.path)
    summary: Summary | None = None
    try:
        summary = read_summary(folder)
    except ResultsError as error:
        found.say(folder.summary_file, error.faults[0].message.split(";")[0], mend=again)
        found.derived.append(folder.summary_file)
    scores, pieces = read_marked(folder.scores_file, Score)
    if pieces:
        found.say(folder.scores_file, pieces[0].why, line=pieces[0].number, mend=again)
        found.derived += [folder.scores_file, folder.summary_file]
    if summary is None:
        return
    found.scored = True
    if not folder.scores_file.is_file():
        found.say(folder.scores_file, "is missing", mend=again)
        found.derived.append(folder.summary_file)
    elif _behind(found, summary, answers) or any(
        Key(score.sample_id, score.variant, score.draw) not in answers and score.value is not None
        for _, score in scores
    ):
        found.say(folder.summary_file, "was made before the latest answers", harm=False, mend=again)


def _behind(found: Verified, summary: Summary, answers: dict[Key, Answer]) -> bool:
    try:
        current = found.folder.read_answers()
    except ResultsError:
        current = answers
    variant = found.run.variant if found.run else None
    mine = {key: answer for key, answer in current.items() if variant in (None, key.variant)}
    if "answers" in summary.run:
        return bool(summary.run["answers"] != answers_digest(mine))
    statuses = Counter(answer.status for answer in mine.values())
    return bool(summary.run.get("statuses") != dict(sorted(statuses.items())))


def _strays(found: Verified) -> None:
    """What killed processes left, and what was cut off or set aside earlier."""
    for path in sorted(found.folder.path.iterdir()):
        temporary = _TEMPORARY.fullmatch(path.name)
        if temporary and not _alive(int(temporary[2])):
            found.strays.append(path)
            found.say(path, "was left by a process that was killed", harm=False)
        elif path.name.endswith(".torn"):
            found.say(path, "keeps what was cut off the end of the file after a crash", harm=False)
        elif path.name.endswith(".damaged") or re.search(r"\.(before|damaged)-\d", path.name):
            found.say(path, "was set aside by a repair", harm=False)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
