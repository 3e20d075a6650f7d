"""`judge show` (one item of a run, from prompt to scores) and `judge ls` (runs at a glance)."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from judge import prompts
from judge.cli.main import COMPLETE
from judge.cli.placing import reopened
from judge.cli.progress import manifest_line
from judge.cli.terminal import dollars, say, say_text, table
from judge.errors import NothingDone, ResultsError, UsageError, nearest
from judge.items import Item
from judge.lines import read_lines
from judge.parse.reply import answer_text
from judge.parse.thinking import split_thinking
from judge.parse.turns import reply_text
from judge.records import UNREADABLE, Answer, AskReply, Score, Verdict
from judge.rubric import EXTRACT, SAID, Rubric
from judge.runs import Opened
from judge.score import asking_of, case_of, read_items
from judge.shell import command
from judge.standing import standing_of
from judge.store import Folder, runs_below
from judge.suite_folder import suites_below
from judge.summary import Summary, age, read_summary
from judge.thinking import as_scored


def show(options: argparse.Namespace) -> int:
    """Every draw of one item."""
    folder = Folder(Path(options.run))
    run = folder.read_run()
    opened = reopened(run, options.data, near=folder.path)
    samples = [sample for sample in opened.samples if sample.id == options.id]
    if not samples:
        known = [sample.id for sample in opened.samples]
        raise UsageError(f"{folder.path} expects no item {options.id!r}{nearest(options.id, known)}")
    answers = folder.read_answers()
    verdicts = [verdict for verdict in folder.read_verdicts() if verdict.sample_id == options.id]
    scores = [score for score in read_lines(folder.scores_file, Score) if score.sample_id == options.id]
    summary = read_summary(folder)
    if summary is not None:
        opened = as_scored(opened, summary.run["settings"])
        if age(summary.rule):
            say(f"  {age(summary.rule)}")
    specs = [block["rubric_spec"] for block in summary.run["judges"]] if summary else []
    rubrics = [Rubric.model_validate_json(json.dumps(spec)) for spec in specs]
    for item in read_items(opened.task, samples, run=run, answers=answers):
        _item(opened, item)
        case = case_of(opened.task, item, run)
        holding = {case.digest, *(case.digest_by(rubric) for rubric in rubrics)}
        own = [verdict for verdict in verdicts if verdict.key == item.key and verdict.answer in holding]
        _verdicts(verdict for verdict in own if _counts(verdict, summary))
        _scores(score for score in scores if score.draw == item.key.draw)
    return COMPLETE


def _counts(verdict: Verdict, summary: Summary | None) -> bool:
    """False for what a judge said when it was asked in another way than the one that the summary's numbers are of."""
    blocks = summary.run["judges"] if summary is not None else []
    same = [one for one in blocks if (one["name"], one["rubric_digest"]) == (verdict.judge, verdict.rubric_digest)]
    return not same or any(one["method"] == verdict.method for one in same)


def _heading(text: str) -> None:
    say()
    say(f"── {text} " + "─" * max(0, 66 - len(text)))


def _line(text: str) -> None:
    say(f"  {text}")


def _item(opened: Opened, item: Item) -> None:
    run, sample = opened.run, item.sample
    draw = f" · draw {item.key.draw}" if run.selection.repeats > 1 else ""
    say(f"{run.task} · {run.model} · {run.variant} · {sample.id}{draw}")
    replies = {reply.ask: reply for reply in item.answer.replies} if item.answer else {}
    how = asking_of(opened.task, run, system=run.system)
    earlier: dict[str, str] = {}
    for manifest in item.answer.media if item.answer else ():
        _line(f"[sent] {manifest_line(manifest)}")
    for ask in opened.task.asks:
        _heading(f"prompt: {ask.name}")
        for message in prompts.messages(ask, sample, how, earlier=earlier):
            _line(f"[{message.role}]")
            say_text(message.text)
        if ask.name not in replies:
            break
        _reply(replies[ask.name], own=reply_text(opened.task, sample, replies[ask.name]))
        earlier[ask.name] = answer_text(opened.task, sample, replies[ask.name])
    _reading(item)


def _reply(reply: AskReply, *, own: str) -> None:
    """The whole reply, and which part of it counts as the model's own."""
    details = [reply.finish, reply.model, f"{reply.seconds:.1f} s" if reply.seconds else ""]
    details += ["from the cache" if reply.cached else ""]
    _heading("reply (" + ", ".join(part for part in details if part) + ")")
    text, inner = split_thinking(reply.text)
    thinking = "\n".join(part for part in (reply.thinking, inner) if part)
    if thinking:
        _line("[thinking, kept apart]")
        say_text(thinking)
    beyond = text[len(own) :].strip() if own and text.startswith(own) else ""
    if beyond:
        say_text(own)
        _line("[not read: the reply goes on with a turn of its own making]")
        say_text(beyond)
    elif text:
        say_text(text)
    else:
        _line("(empty)")


def _reading(item: Item) -> None:
    _heading("how it was read")
    answer: Answer | None = item.answer
    if answer is None:
        _line("not asked yet")
    elif answer.problem is not None:
        _line(f"call failed: {answer.problem.kind}: {answer.problem.message}")
    gold = "; ".join(f"{name}: {', '.join(values)}" for name, values in item.sample.target.values.items())
    rows = [["gold", gold or "–", ""]]
    for mode, parsed in item.parsed.items():
        read = "; ".join(f"{name}: {', '.join(values)}"[:200] for name, values in parsed.values.items())
        rows.append([mode, f"{parsed.state}  {read}".rstrip(), parsed.reason])
    for line in table(rows):
        _line(line)
    strict = item.parsed["strict"]
    if strict.region:
        _line(f"looked in: {strict.region[:200]}")
    if item.sample.target.reference:
        _line(f"reference: {item.sample.target.reference}")
    for clue in item.sample.target.clues:
        _line(f"clue ({clue.sense or 'evidence'}): {clue.cue}")


def _verdicts(verdicts: Iterable[Verdict]) -> None:
    groups: dict[tuple[str, str, str, int], list[Verdict]] = {}
    for item in verdicts:
        group = groups.setdefault((item.judge, item.rubric, item.rubric_digest, item.judge_draw), [])
        if group and group[0].attempt < item.attempt:
            group.clear()
        group.append(item)
    for (judge, rubric, digest, draw), group in groups.items():
        repeat = f", draw {draw}" if draw else ""
        _heading(f"verdicts of {judge} (rubric {rubric} {digest[:8]}{repeat})")
        for verdict in group:
            _verdict(verdict)


def _verdict(verdict: Verdict) -> None:
    step = f" {verdict.step}" if verdict.step is not None else ""
    if verdict.criterion == EXTRACT and verdict.problem is None:
        _line(f"step{step}: {verdict.claim}")
        return
    score = f"{verdict.score:g}" if verdict.score is not None else "no score"
    score += f" (weighted {verdict.expected:.2f})" if verdict.expected is not None else ""
    _line(f"{verdict.criterion}{step}: {score}" if verdict.criterion != SAID else "in the judge's own words:")
    reason = "said" if verdict.criterion == SAID else "reason"
    unreadable = verdict.problem is not None and verdict.problem.kind in UNREADABLE
    for name, text in (("evidence", verdict.evidence), (reason, verdict.reason)):
        if text and not unreadable:
            _line(f"    {name}: {text}")
    if verdict.problem is not None:
        _line(f"    problem: {verdict.problem.kind}: {verdict.problem.message}")
    if unreadable and verdict.reason:
        _line("    the judge said:")
        say_text(verdict.reason)


def _scores(scores: Iterable[Score]) -> None:
    rows = []
    for score in scores:
        kind = score.problem.kind if score.problem else ""
        value = (
            f"null: {kind or '?'}" if score.value is None else f"{score.value:.4f}" + (f" for {kind}" if kind else "")
        )
        rows.append([score.metric, value, score.mode, score.judge or ""])
    if rows:
        _heading("scores")
        for line in table(rows):
            _line(line)


def ls(options: argparse.Namespace) -> int:
    """One line for each run; a damaged one is said and does not hide the others."""
    path = Path(options.path)
    if not path.is_dir():
        raise NothingDone(
            f"{path} is not there yet. Make a run:  {command('run', 'tasks/humor.yaml', '--provider', 'majority')}"
        )
    rows = [["run", "state", "answered", "failed", "scored", "cost"]]
    for folder in runs_below(path):
        try:
            rows.append(_row(folder))
        except ResultsError as error:
            rows.append([str(folder.path), "damaged", "", "", "", str(error.faults[0])])
    if len(rows) == 1:
        say(f"no run below {path}")
    for line in table(rows, right=frozenset({2, 3})) if len(rows) > 1 else []:
        say(line)
    _suites(path)
    return COMPLETE


def _suites(path: Path) -> None:
    """One line for each suite below the runs: how many of its tasks have a run, and whether it is averaged."""
    rows = [["suite", "model", "tasks run", "averaged"]]
    for folder in suites_below(path):
        try:
            run = folder.read()
        except ResultsError as error:
            rows.append([str(folder.path), "damaged", "", str(error.faults[0])])
            continue
        known = run.suite_spec.get("tasks")
        total = len(known) if isinstance(known, dict) else len(run.members)
        count = sum(place.folder is not None for place in run.members.values())
        averaged = "yes" if folder.summary_file.is_file() else "no"
        rows.append([str(folder.path), run.model, f"{count} of {total}", averaged])
    if len(rows) > 1:
        say()
        for line in table(rows):
            say(line)


def _row(folder: Folder) -> list[str]:
    run = folder.read_run()
    answers = [answer for key, answer in folder.read_answers().items() if key.variant == run.variant]
    statuses = Counter(answer.status for answer in answers)
    summary = read_summary(folder)
    judges = ", ".join(block["judge"] for block in summary.run["judges"]) if summary else ""
    spent = standing_of(folder).cost + sum(verdict.cost or 0.0 for verdict in folder.read_verdicts())
    known = any(reply.usage.cost is not None for answer in answers for reply in answer.replies)
    if run.provider_kind in ("free", "imported") and not spent:
        cost = "free"
    else:
        cost = dollars(spent) if spent or known else "unknown" if run.provider_kind == "paid" else "–"
    scored = (judges or "yes") if summary else "no"
    scored += f" ({age(summary.rule)})" if summary and age(summary.rule) else ""
    answered = len(answers) - statuses["error"]
    return [str(folder.path), run.state, str(answered), str(statuses["error"]), scored, cost]
