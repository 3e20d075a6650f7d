"""What `judge trust pairs` and `judge compare` share: each judge hears every pair in both orders; what is printed."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import judge
from judge.cli import opening
from judge.cli.judges import Session, agent, release
from judge.cli.main import COMPLETE, ERRORS, INTERRUPTED, NOTHING, TERMINATED
from judge.cli.signals import catching
from judge.cli.terminal import Progress, plural, say, table, warn
from judge.entries import digest
from judge.errors import UsageError
from judge.lines import read_lines
from judge.pairwise.counting import LOW_N, NOT_DELIVERED, Outcome, counted, outcomes_of
from judge.pairwise.hearing import PairJudge, hear_pairs
from judge.pairwise.records import Comparison, Pair
from judge.pool import Stop
from judge.records import SCHEMA
from judge.rubric import Rubric
from judge.runs import SHORT, plain_name
from judge.store import Appender, locked, write_whole
from providers.limits import Budget

UNREAD = ("unreadable", "truncated", "refused")
LINES = "comparisons.jsonl"
MOST_NAMED = 8


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One judge's comparisons of all pairs, and where they are kept."""

    judge: PairJudge
    folder: Path
    outcomes: list[Outcome]
    stop: Stop


def rubric_of(name: str, near: Path | None) -> Rubric:
    """A rubric that compares."""
    rubric = opening.open_rubric(name, near)
    if rubric.pairwise is None:
        raise UsageError(f"the rubric {rubric.name} rates one answer; one with  rate: pair  compares two: pairwise")
    return rubric


def hear_all(
    pairs: Sequence[Pair], rubric: Rubric, options: argparse.Namespace, *, name: str, data: str
) -> list[Heard]:
    """Every judge in turn; each has its folder, in which what was said stands before it counts."""
    if not options.judges:
        raise UsageError("who is to compare them? --judge PROVIDER[:MODEL]")
    session = Session(options=options, budget=Budget(options.max_cost))
    try:
        found = []
        for given in dict.fromkeys(options.judges):
            if given == "rules":
                raise UsageError("--judge rules: the rules rate one answer and compare none; name a provider")
            own = agent(given, session)
            one = PairJudge(
                name=own.name,
                provider=own.provider,
                sampling=own.sampling,
                rubric=rubric,
                repeats=options.judge_repeats,
            )
            found.append(_hear(one, pairs, options, name=name, data=data))
            if found[-1].stop.kind:
                break
        return found
    finally:
        if session.store is not None:
            session.store.close()


def _hear(one: PairJudge, pairs: Sequence[Pair], options: argparse.Namespace, *, name: str, data: str) -> Heard:
    mark = digest([name, data, one.name, one.method, one.rubric.digest])[:SHORT]
    folder = Path(options.out) / "--".join([plain_name(name), plain_name(one.name), mark])
    with locked(folder):
        known = read_lines(folder / LINES, Comparison) if (folder / LINES).exists() else []
        log, progress = Appender(folder / LINES), Progress()

        async def main() -> tuple[list[Comparison], Stop]:
            stop = Stop()

            def show(done: int, total: int) -> None:
                progress.show(f"{one.name}: compared {done} of {total}")

            with catching(stop):
                said = await hear_pairs(one, pairs, known=known, log=log, stop=stop, on_progress=show)
            await release(one.provider)
            return said, stop

        try:
            said, stop = asyncio.run(main())
        finally:
            progress.clear()
            log.close()
    return Heard(judge=one, folder=folder, outcomes=outcomes_of(pairs, said, one.repeats), stop=stop)


def concluded(
    heard: Sequence[Heard],
    about: Mapping[str, Any],
    *,
    rows: Callable[[Mapping[str, Any]], Sequence[Sequence[str]]],
    also: str | None,
) -> int:
    """Write and print what each judge's comparisons came to; the exit code comes back."""
    for block in _report(heard, about, also=also):
        _print_block(block, rows(block))
    for one in heard:
        say(str(one.folder))
    return _ended(heard)


def _report(heard: Sequence[Heard], about: Mapping[str, Any], *, also: str | None) -> list[dict[str, Any]]:
    """Write pairs.json beside each judge's comparisons, and all of them where --json says; the blocks come back."""
    blocks = []
    for one in heard:
        block = {
            "schema": SCHEMA,
            "kind": "pairs",
            **about,
            **_named(one),
            **counted(one.outcomes),
            "flips": flips_of(one.outcomes),
        }
        write_whole(one.folder / "pairs.json", json.dumps(block, indent=1, ensure_ascii=True) + "\n")
        blocks.append(block)
    if also:
        write_whole(
            Path(also),
            json.dumps({"schema": SCHEMA, "kind": "pairs", "judges": blocks}, indent=1, ensure_ascii=True) + "\n",
        )
    return blocks


def _named(one: Heard) -> dict[str, Any]:
    rubric = one.judge.rubric
    models = {line.model for item in one.outcomes for line in (item.given, item.swapped) if line and line.model}
    return {
        "judge": one.judge.name,
        "method": one.judge.method,
        "returned_models": sorted(models),
        "rubric": {
            "name": rubric.name,
            "version": rubric.version,
            "digest": rubric.digest,
            "criterion": next((stage.name for stage in rubric.stages if stage.rate), "better"),
        },
        "judge_version": judge.__version__,
        "comparisons_file": str(one.folder / LINES),
    }


def flips_of(outcomes: Sequence[Outcome]) -> list[dict[str, str]]:
    """The pairs of which the orders disagree, each with the slot that both named."""
    return [{"pair": item.pair.id, "slot": item.slot} for item in outcomes if item.slot is not None]


def _print_block(block: Mapping[str, Any], rows: Sequence[Sequence[str]]) -> None:
    """The numbers as a table, then what of the order and of the failures is to know."""
    rubric = block["rubric"]
    say()
    say(f"{block['judge']} · rubric {rubric['name']} v{rubric['version']} ({rubric['digest'][:8]})")
    if block["both_orders"]:
        _print_numbers(block, rows)
    else:
        say(f"  no pair was read in both orders ({plural(block['comparisons'], 'comparison')} made)")
    if block["problems"]:
        told = ", ".join(f"{count} {kind}" for kind, count in block["problems"].items())
        lost = block["pairs"] * block["repeats"] - block["both_orders"]
        say(f"  {told}, of {plural(block['comparisons'], 'comparison')}: {lost:,} not read in both orders")
    if 0 < block["both_orders"] < LOW_N:
        say(f"  low n: fewer than {LOW_N} pairs")


def _print_numbers(block: Mapping[str, Any], rows: Sequence[Sequence[str]]) -> None:
    place = block["place"]
    place_rows = [
        number_row("consistency", block["consistency"], "both orders say the same"),
        number_row("first place named", place["first_share"], "50 where the place has no pull"),
    ]
    for line in table([*rows, *place_rows], right=frozenset({1})):
        say("  " + line)
    say(f"  {_place(place)}")
    again = block["repetition"]
    if again["flip_rate"] is not None:
        rate = f"{100 * again['flip_rate']:.1f}%"
        say(f"  {block['repeats']} repeats: {rate} of their pairs differ within one order (n {again['n']})")
    names = list(dict.fromkeys(item["pair"] for item in block["flips"]))
    if names:
        more = f", and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
        say(f"  flips: {', '.join(names[:MOST_NAMED])}{more} (all in {block['comparisons_file']})")


def _place(place: Mapping[str, Any]) -> str:
    if not place["inconsistent"]:
        return "no pair of which the orders disagree: the place decides nothing"
    p = f", sign test p {place['p']:.2g}" if place["p"] is not None else ""
    slots = f"{place['first_both']} to the first place, {place['second_both']} to the second"
    return f"{place['inconsistent']} flips: {slots}; preference {place['preference']:+.2f}{p}"


def number_row(name: str, number: Mapping[str, Any], note: str = "") -> list[str]:
    """name, value x 100, interval, n, note."""
    if number["value"] is None:
        return [name, f"null: {number['reason']}", "", "", note]
    ends = f"[{100 * number['low']:.2f}, {100 * number['high']:.2f}]" if number["low"] is not None else ""
    return [name, f"{100 * number['value']:.2f}", ends, f"n {number['n']}", note]


def _ended(heard: Sequence[Heard]) -> int:
    """The exit code: a signal, a halt, failed calls, or all is well."""
    last = heard[-1].stop
    if last.kind in ("SIGINT", "SIGTERM"):
        return INTERRUPTED if last.kind == "SIGINT" else TERMINATED
    lines = [line for one in heard for item in one.outcomes for line in (item.given, item.swapped) if line]
    if last.kind in ("halt", "budget"):
        warn(f"  stopped: {last.reason}. The same line goes on; what was said is kept.")
        return ERRORS if any(line.problem is None for line in lines) else NOTHING
    failed = [line for line in lines if line.problem and line.problem.kind not in NOT_DELIVERED]
    unread = [line for line in lines if line.problem and line.problem.kind in UNREAD]
    for line in failed[:1]:
        warn(f"  {plural(len(failed), 'call')} failed: {line.problem.message if line.problem else ''}")
    return ERRORS if failed or unread else COMPLETE
