"""The sections on what happened to every answer, and on who judged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from judge.panels import COMBINATIONS
from judge.report.naming import who
from judge.report.tables import Section, Table
from judge.roles import roles_of
from judge.statuses import STATUSES
from judge.statuses import kinds as kinds_of
from judge.summary import Summary

UNREAD = ("ambiguous", "unparsed", "out_of_range", "refused")


def states(members: Sequence[Summary]) -> Section:
    """How each expected answer ended, how it was read, and what it cost."""
    rows = []
    for summary in members:
        statuses = summary.run["statuses"]
        parse = summary.problems.get("parse", {})
        judged = summary.problems.get("judge", {})
        rows.append(
            (
                who(summary),
                str(summary.run["expected"]),
                *(str(statuses[name]) for name in STATUSES),
                str(summary.run["not_asked"]),
                kinds_of(summary.run["errors"]) or "–",
                *(str(parse.get(name, {}).get("n", 0)) for name in UNREAD),
                ", ".join(f"{entry['n']} {kind}" for kind, entry in sorted(judged.items())) or "0",
                _money(summary),
            )
        )
    header = (
        "model",
        "expected",
        *STATUSES,
        "not asked",
        "error by kind",
        *(f"read: {name}" for name in UNREAD),
        "judge",
        "cost",
    )
    caption = "How every expected answer ended (ok to not asked), and how many replies could not be read as an answer."
    return Section(
        title="What happened to every answer",
        level=3,
        tables=(Table(caption=caption, header=header, rows=tuple(rows)),),
        paragraphs=tuple(_examples(members)),
    )


def _money(summary: Summary) -> str:
    run = summary.run
    if run["kind"] in ("free", "imported") and not run["judge_cost"]:
        return "free"
    if not run["cost"] + run["judge_cost"] and run["tokens"]["output"] and run["kind"] in ("paid", "local"):
        return "unknown"
    return f"${run['cost'] + run['judge_cost']:.4f}"


def _examples(members: Sequence[Summary]) -> Iterable[str]:
    for summary in members:
        for stage, kinds in summary.problems.items():
            for kind, entry in kinds.items():
                named = ", ".join(entry["samples"])
                said = summary.run["messages"].get(f"{stage}.{kind}", "")
                yield f"{who(summary)} · {stage}: {kind} ({entry['n']}): {named}. {said}".rstrip()


def _two(name: str) -> str:
    """Who does what, of a judge that is two models; empty for any other."""
    roles = roles_of(name)
    if roles is None:
        return ""
    return f"two language models, {roles.extract} extracts the steps and {roles.rate} rates them"


def judges(members: Sequence[Summary]) -> Section:
    """Each judge with its rubric, and what is known of its validity."""
    found: dict[str, None] = {}
    links: dict[tuple[str, str], None] = {}
    for summary in members:
        for block in summary.run["judges"]:
            kind = "a heuristic that compares words, not meaning" if block["heuristic"] else "a language model"
            kind = f"ratings combined by {block['combine']}" if block.get("combine") in COMBINATIONS else kind
            kind = _two(block["name"]) or kind
            rubric = f"rubric {block['rubric']} v{block['rubric_version']} ({block['rubric_digest'][:8]})"
            times = f", asked {block['repeats']} times" if block["repeats"] > 1 else ""
            found[f"{block['judge']}: {kind}; {rubric}{times}; {block['validity']}."] = None
            found |= dict.fromkeys(f"Warning, {block['judge']}: {text}" for text in block.get("card_warnings", ()))
            if block.get("card_link"):
                links[f"Card of {block['judge']} by {block['rubric']}", block["card_link"]] = None
    return Section(title="Judges", level=3, paragraphs=tuple(found), links=tuple(links))
