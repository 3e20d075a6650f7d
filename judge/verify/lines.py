"""Whether each answer and verdict is in its place, once, and fits what it says; and which answers are not there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from judge.damage import Piece
from judge.records import Answer, Key, Run, Sample, Verdict
from judge.run import status_of
from judge.runs import Opened, select
from judge.verify.found import Verified
from judge.verify.requests import wrong_requests
from providers.records import dump_json

Record = TypeVar("Record", Answer, Verdict)


def check_answers(found: Verified, answers: Sequence[tuple[int, Answer]], opened: Opened | None) -> None:
    """Each in its place; then whether all are there."""
    samples = {sample.id: sample for sample in opened.samples} if opened else None
    for number, answer in answers:
        why = _misplaced(answer, found.run, samples) or _unfit(answer, opened)
        if why:
            found.bad_answers.append(_piece(number, why))
    found.bad_answers += _doubled([(number, answer) for number, answer in answers if answer.status != "error"])
    bad = {piece.number for piece in found.bad_answers}
    right = [(number, answer) for number, answer in answers if number not in bad]
    if found.run is not None and opened is not None:
        wrong, all_of = wrong_requests(found.run, opened, right)
        if all_of:
            text = "this version puts the questions otherwise: requests were not compared"
            found.say(found.folder.answers_file, text, harm=False)
        else:
            found.bad_answers += [_piece(number, "is not the answer to its item's question")
                                  for number, answer in wrong]  # fmt: skip
        _missing(found, opened, {answer.key for _, answer in right if answer.status != "error"})


def _piece(number: int, why: str) -> Piece:
    return Piece(number, why)


def _misplaced(answer: Answer | Verdict, run: Run | None, samples: dict[str, Sample] | None) -> str:
    if samples is not None and answer.sample_id not in samples:
        return f"is of an item that the data does not have: {answer.sample_id!r}"
    if run is not None and answer.variant != run.variant:
        return f"is of a {answer.variant} prompt, but this run is {run.variant}"
    if run is not None and not 0 <= answer.draw < run.selection.repeats:
        return f"is draw {answer.draw} of a run of {run.selection.repeats}"
    return ""


def _unfit(answer: Answer, opened: Opened | None) -> str:
    """Why the status cannot be that of these replies."""
    if answer.status == "error":
        return "" if answer.problem is not None else "is an error without a problem"
    if answer.problem is not None:
        return f"is {answer.status} and has a problem"
    if not answer.replies:
        return f"is {answer.status} without a reply"
    if status_of(answer.replies) != answer.status:
        return f"is called {answer.status}, but its replies are {status_of(answer.replies)}"
    asked = [reply.ask for reply in answer.replies]
    wanted = [ask.name for ask in opened.task.asks] if opened else asked
    if opened and opened.run.provider_kind == "imported":
        wanted = [name for name in wanted if name in asked]
    return "" if asked == wanted else f"answers {', '.join(asked)}, but asked was {', '.join(wanted)}"


def _doubled(records: Sequence[tuple[int, Record]]) -> list[Piece]:
    """The same record word for word a second time; one that was asked again differs at least in its seconds."""
    seen: dict[bytes, int] = {}
    doubled = []
    for number, record in records:
        text = dump_json(record)
        if text in seen and not (isinstance(record, Answer) and any(reply.cached for reply in record.replies)):
            doubled.append(_piece(number, f"stands in line {seen[text]} already, word for word"))
        seen.setdefault(text, number)
    return doubled


def _missing(found: Verified, opened: Opened, there: set[Key]) -> None:
    run = found.run
    if run is None:
        return
    expected = [
        Key(sample.id, run.variant, draw)
        for sample in select(opened.samples, run.selection)
        for draw in range(run.selection.repeats)
    ]
    gone = [key for key in expected if key not in there]
    found.incomplete = bool(gone)
    if not gone:
        return
    if run.state == "complete" and run.provider_kind != "imported":
        named = ", ".join(dict.fromkeys(key.sample_id for key in gone[:5])) + (", ..." if len(gone) > 5 else "")
        text = f"says that the run is complete, but {len(gone)} of its {len(expected)} answers are not there ({named})"
        found.say(found.folder.run_file, text, mend="run the same line again: it asks for those")
    else:
        text = f"{len(gone)} of {len(expected)} answers are still to come ({run.state})"
        quiet = found.holder or run.provider_kind == "imported"
        found.say(found.folder.path, text, harm=False, mend="" if quiet else "run the same line again")


def check_verdicts(
    found: Verified, verdicts: Sequence[tuple[int, Verdict]], *, answered: set[Key], opened: Opened | None
) -> None:
    """Each in its place, once; those of answers that are not there are a remark."""
    samples = {sample.id: sample for sample in opened.samples} if opened else None
    pieces = _doubled(verdicts)
    taken = {piece.number for piece in pieces}
    lone: list[int] = []
    for number, verdict in verdicts:
        why = _misplaced(verdict, found.run, samples)
        if why and number not in taken:
            pieces.append(_piece(number, why))
        elif verdict.key not in answered:
            lone.append(number)
    found.bad_verdicts += pieces
    if lone:
        text = f"{len(lone)} verdicts are of answers that are not there: they count again once those are answered"
        found.say(found.folder.verdicts_file, text, line=lone[0], harm=False)
