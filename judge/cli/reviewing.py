"""`judge review`: people rate what judges doubt, on a page served on this machine, or in a spreadsheet."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import signal
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from judge.cli.main import COMPLETE, TERMINATED
from judge.cli.signals import heard
from judge.cli.terminal import plural, say, warn
from judge.errors import NothingDone, UsageError
from judge.lines import read_lines
from judge.pages import clips, spreadsheet
from judge.pages.cards import KINDS, Card, cards_of
from judge.pages.choosing import Wish, choose
from judge.pages.ratings import FILE, Keeper, Rating, export, keeping
from judge.pages.review import Review, rater_of
from judge.regular import MIB, read_regular
from judge.runs import reopen
from judge.shell import command
from judge.store import Folder, runs_below, write_whole
from judge.summary import read_summary
from judge.whereabouts import Whereabouts

HOST = "127.0.0.1"
_DOUBTS = {"cannot_judge": "cannot be judged", "unsure": "unsure"}


class Opened(NamedTuple):
    """The scored runs below a path, and all their cards."""

    folders: list[Folder]
    cards: list[Card]

    def file(self, options: argparse.Namespace) -> Path:
        """Where the ratings of the one run are kept."""
        return Path(options.out) if options.out else self.folders[0].path / FILE


def review(options: argparse.Namespace) -> int:
    """Serve the page, or write and read spreadsheets."""
    ways = [name for name in ("csv_out", "csv_in", "export") if getattr(options, name)]
    if len(ways) > 1:
        raise UsageError(f"--{ways[0].replace('_', '-')} and --{ways[1].replace('_', '-')}: give one of them")
    options.rater = rater_of(options.rater or "")
    if options.csv_in and not options.rater:
        raise UsageError("--csv-in: whose ratings are they? Give --rater NAME")
    opened = _open(options)
    if len(opened.folders) > 1 and (ways or options.out):
        raise UsageError(f"{options.path} holds {len(opened.folders)} scored runs: name one of them")
    if options.export:
        return _export(opened, options)
    if options.csv_in:
        return _csv_in(opened, options)
    chosen = choose(opened.cards, _wish(options))
    if not chosen:
        raise NothingDone(
            f"no verdict of {options.path} is uncertain or disputed ({plural(len(opened.cards), 'rating')} "
            "on which the judges agree). Show a random share of them:  --all --limit 100"
        )
    return _csv_out(chosen, options) if options.csv_out else _serve(opened, chosen, options)


def _open(options: argparse.Namespace) -> Opened:
    folders: list[Folder] = []
    cards: list[Card] = []
    for folder in runs_below(Path(options.path)):
        summary = read_summary(folder)
        if summary is None or not summary.run["judges"]:
            warn(f"{folder.path}: no judge has rated it. To have it rated:  {command('score', folder.path)}")
            continue
        run = folder.read_run()
        given = Whereabouts(
            Path(options.data) if options.data else None, Path(options.media) if options.media else None
        )
        opened = reopen(run, given, near=folder.path)
        if opened.note:
            warn(opened.note)
        cards += cards_of(opened, folder, summary, home=len(folders))
        folders.append(folder)
    if not folders:
        raise NothingDone(f"nothing to review below {options.path}: a run is reviewed after judges have rated it")
    return Opened(folders, cards)


def _wish(options: argparse.Namespace) -> Wish:
    return Wish(
        everything=options.all,
        limit=options.limit,
        random=options.random or 0,
        seed=options.seed or 0,
        ids=_ids(Path(options.sample_ids)) if options.sample_ids else None,
    )


def _ids(path: Path) -> tuple[str, ...]:
    try:
        text = read_regular(path, 16 * MIB).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "is not UTF-8 text"
        raise UsageError(f"--sample-ids: {path} cannot be read: {reason}") from error
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _csv_out(chosen: Sequence[Card], options: argparse.Namespace) -> int:
    write_whole(Path(options.csv_out), spreadsheet.write(chosen))
    say(f"{plural(len(chosen), 'row')} to rate: fill in score, or yes in cannot_judge, and a note if you like")
    say(f"  next:  {command('review', options.path, '--csv-in', options.csv_out, '--rater', 'NAME')}")
    say(str(options.csv_out))
    return COMPLETE


def _csv_in(opened: Opened, options: argparse.Namespace) -> int:
    taken = spreadsheet.read(Path(options.csv_in), opened.cards, rater=options.rater)
    with keeping(opened.file(options)) as keeper:
        known = {name: rating.says() for name, rating in keeper.latest.items()}
        new = [rating for rating in taken.ratings if known.get((rating.rater, rating.row)) != rating.says()]
        keeper.keep(new)
    same = len(taken.ratings) - len(new)
    say(f"{plural(len(new), 'rating')} of {options.rater} kept, {same} as before, {plural(taken.empty, 'row')} empty")
    _next(opened, options)
    return COMPLETE


def _export(opened: Opened, options: argparse.Namespace) -> int:
    path = opened.file(options)
    ratings = read_lines(path, Rating)
    if not ratings:
        raise NothingDone(f"{path} holds no rating yet. To rate:  {command('review', options.path)}")
    found = export(ratings, opened.cards)
    write_whole(Path(options.export), found.text)
    abstained = f", {found.abstained} of them cannot judge" if found.abstained else ""
    old = f"; left out: {found.old} of answers or rubrics that have changed since" if found.old else ""
    say(f"{plural(found.rows, 'rating')} by {plural(found.raters, 'rater')}{abstained}{old}")
    for name, missing in found.other.items():
        warn(f"  {name} cut {missing} of the {plural(found.steps, 'step')} that people rated otherwise, or rated none:")
        warn("  steps are compared by their words (column claim), so these are left out of its comparison")
    _say_agree(opened.folders[0], options.export, first="next: ")
    say(str(options.export))
    return COMPLETE


def _next(opened: Opened, options: argparse.Namespace) -> None:
    """How to go on from ratings: the long CSV, then agreement."""
    for folder in opened.folders:
        table = folder.path / "ratings.csv"
        out = ("--out", options.out) if options.out else ()
        say(f"  next:  {command('review', folder.path, *out, '--export', table)}")
        _say_agree(folder, table, first="then: ")


def _say_agree(folder: Folder, table: object, *, first: str) -> None:
    """The line that compares people with the run's judges, one for each rubric."""
    summary = read_summary(folder)
    judges: dict[str, list[str]] = {}
    for block in summary.run["judges"] if summary else []:
        judges.setdefault(block["rubric"], []).extend(["--judge", block["name"]])
    for rubric, names in judges.items():
        where = ("--human", table, "--run", folder.path, "--rubric", rubric)
        say(f"  {first} {command('trust', 'agree', *where, *names)}")


def _serve(opened: Opened, chosen: Sequence[Card], options: argparse.Namespace) -> int:
    with contextlib.ExitStack() as stack:
        files = [opened.file(options)] if options.out else [folder.path / FILE for folder in opened.folders]
        keepers = [stack.enter_context(keeping(path)) for path in files]
        _say_chosen(chosen)
        page = Review(cards=chosen, keepers=keepers, rater=options.rater)
        ended = asyncio.run(_until_signalled(page, options.port or 0))
        _say_kept(keepers)
        if any(keeper.latest for keeper in keepers):
            _next(opened, options)
    return COMPLETE if ended == signal.SIGINT else TERMINATED


def _say_chosen(chosen: Sequence[Card]) -> None:
    counts = Counter(card.doubt.kind for card in chosen)
    kinds = ", ".join(f"{counts[kind]} {_DOUBTS.get(kind, kind)}" for kind in KINDS if counts[kind])
    say(f"{plural(len(chosen), 'rating')} to make ({kinds}); the page shows neither model nor judges")
    answers = {(card.home, *card.key): card for card in chosen}
    lost = [card for card in answers.values() if any(clip.kind == "missing" for clip in clips.clips_of(card))]
    if lost:
        text = (
            f"{plural(len(lost), 'answer')} will be shown without a clip that is not there or not the one that was sent"
        )
        warn(f"  {text} (--media DIR names their folder)")


def _say_kept(keepers: Sequence[Keeper]) -> None:
    for keeper in keepers:
        raters = {rater for rater, _ in keeper.latest}
        kept = f"{plural(len(keeper.latest), 'rating')} by {plural(len(raters), 'rater')}"
        say(f"{kept} kept in {keeper.path} ({keeper.new} written now)")


async def _until_signalled(page: Review, port: int) -> signal.Signals:
    """Serve until SIGINT, SIGTERM or SIGHUP."""
    logging.getLogger("aiohttp.server").addFilter(_no_request)
    runner = web.AppRunner(page.app(), access_log=None, shutdown_timeout=2.0)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, HOST, port).start()
        except OSError as error:
            raise NothingDone(
                f"--port {port} cannot be used: {error.strerror or error}. Leave it out for a free one"
            ) from error
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[signal.Signals] = loop.create_future()
        for number in heard():
            loop.add_signal_handler(number, _end, ended, number)
        say(f"  open   http://{HOST}:{runner.addresses[0][1]}/{page.token}/   (this machine only; ^C ends it)")
        sys.stdout.flush()
        if getattr(sys.stdout, "lost", None) is not None:  # nobody would learn where the page is
            raise NothingDone("stdout takes no line: the address of the page cannot be said")
        return await ended
    finally:
        await runner.cleanup()


def _no_request(record: logging.LogRecord) -> bool:
    """False for bytes that are no HTTP: whoever sent them gets a 400, and a person no traceback."""
    return HttpProcessingError.__module__ not in (record.exc_text or "")  # the text alone is left, without its secrets


def _end(ended: asyncio.Future[signal.Signals], number: signal.Signals) -> None:
    if not ended.done():
        ended.set_result(number)
