"""`judge cache`: what is stored and what it cost, let some of it go, take it out as lines of JSON."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterable
from pathlib import Path

from judge.cli.main import COMPLETE
from judge.cli.providing import cache_folder
from judge.cli.terminal import dollars, plural, say, say_bytes, size_text, table, warn
from judge.errors import Fault, NothingDone, UsageError, nearest
from judge.shell import command
from judge.store import CannotWrite, Folder, make_folder
from providers import cache_stock
from providers.cache_check import size_of
from providers.cache_schema import REPLIES
from providers.cache_stock import Going, Kept, Wish


def cache(options: argparse.Namespace) -> int:
    """Show, prune or export."""
    folder = cache_folder(options.cache)
    if folder is None:
        raise UsageError("--cache off: there is no cache to look at")
    if not folder.is_dir():
        raise NothingDone(f"{folder}: no cache there yet; {command('run')} makes it (--cache DIR names another)")
    _refuse_misplaced(options)
    actions = {"show": _show, "prune": _prune, "export": _export}
    return actions[options.action](folder, options)


_BELONGS = {
    "older": ("prune",),
    "media": ("prune",),
    "to": ("prune",),
    "yes": ("prune",),
    "of_run": ("export",),
    "out": ("export",),
    "models": ("prune", "export"),
}


def _refuse_misplaced(options: argparse.Namespace) -> None:
    """An option that the action would ignore is a mistake worth saying."""
    for name, actions in _BELONGS.items():
        if getattr(options, name) not in (None, False, []) and options.action not in actions:
            shown = {"of_run": "for", "models": "model"}.get(name, name)
            raise UsageError(
                f"--{shown} belongs to {command('cache')} {' and '.join(actions)}, not to {options.action}"
            )


def _show(folder: Path, options: argparse.Namespace) -> int:
    del options
    parts = cache_stock.parts(folder)
    replies = list(cache_stock.kept(folder)) if size_of(folder / REPLIES) else []
    say(f"{folder} · {plural(len(replies), 'reply')} · {size_text(sum(parts.values()))}")
    for line in table([[name, size_text(size)] for name, size in parts.items()], right=frozenset({1})):
        say("  " + line)
    if replies:
        say()
        for line in table(_by_model(replies), right=frozenset({1, 2, 3})):
            say("  " + line)
        _dates(replies)
    return COMPLETE


def _by_model(replies: Iterable[Kept]) -> list[list[str]]:
    """A line for each model, the dearest first."""
    groups: dict[str, list[Kept]] = {}
    for reply in replies:
        groups.setdefault(reply.model or "(not named)", []).append(reply)
    ordered = sorted(groups.items(), key=lambda item: (-_cost(item[1]), -len(item[1]), item[0]))
    rows = []
    for model, own in ordered:
        unpriced = sum(reply.cost is None for reply in own)
        cost = "no price" if unpriced == len(own) else dollars(_cost(own))
        more = f"{unpriced:,} without a price" if 0 < unpriced < len(own) else ""
        rows.append([model, plural(len(own), "reply"), size_text(sum(reply.size for reply in own)), cost, more])
    return rows


def _cost(replies: Iterable[Kept]) -> float:
    return sum(reply.cost or 0.0 for reply in replies)


def _dates(replies: Iterable[Kept]) -> None:
    known = [reply.at for reply in replies if reply.at is not None]
    if known:
        first, last = (time.strftime("%Y-%m-%d", time.localtime(at)) for at in (min(known), max(known)))
        say()
        say(f"  stored from {first} to {last}")


def _prune(folder: Path, options: argparse.Namespace) -> int:
    wish = Wish(older=options.older, models=tuple(options.models), media=options.media, to=options.to)
    if wish == Wish():
        raise UsageError(
            f"{command('cache', 'prune')}: say what is to go: --older DAYS, --model NAME, --media or --to SIZE"
        )
    if options.media and options.models:
        raise UsageError("--media and --model: decoded media belong to no model")
    _refuse_unknown(folder, options.models)
    going = cache_stock.choose(folder, wish)
    if not going.keys and not going.media:
        say(f"{folder}: nothing has to go")
        return COMPLETE
    if options.yes:
        cache_stock.remove(folder, going)
    say(f"{folder}: {'gone' if options.yes else 'would go'}:")
    for line in table(_going_rows(going), right=frozenset({0, 1})):
        say("  " + line)
    say(f"{size_text(sum(cache_stock.parts(folder).values()))} are left" if options.yes
        else "nothing is removed yet: the same line with --yes does it")  # fmt: skip
    return COMPLETE


def _going_rows(going: Going) -> list[list[str]]:
    rows = []
    if going.keys:
        cost = f"had cost {dollars(going.cost)}" if going.unpriced < len(going.keys) else "had no known price"
        again = f"{cost}; asked again, they are paid again"
        rows.append([plural(len(going.keys), "reply"), size_text(going.size), again])
    if going.media:
        size = size_text(sum(entry.size for entry in going.media))
        rows.append([f"{len(going.media):,} decoded media", size, "made again from their files when needed"])
    return rows


def _refuse_unknown(folder: Path, models: list[str]) -> None:
    if models:
        known = {reply.model for reply in cache_stock.kept(folder)}
        for name in models:
            if name not in known:
                listed = ", ".join(sorted(known)) or "none"
                raise UsageError(f"--model {name}: no reply is of that model{nearest(name, known)} (there: {listed})")


def _export(folder: Path, options: argparse.Namespace) -> int:
    if not size_of(folder / REPLIES):
        raise NothingDone(f"{folder}: no replies are stored there")
    _refuse_unknown(folder, options.models)
    keys = _keys_of(Path(options.of_run)) if options.of_run else None
    lines = cache_stock.exported(folder, models=options.models, keys=keys)
    if options.out:
        count = _write(Path(options.out), lines)
    else:
        count = 0
        for line in lines:
            if not say_bytes(line):
                break
            count += 1
    missing = (
        f"; {plural(len(keys) - count, 'reply')} of the run not in this cache" if keys and count < len(keys) else ""
    )
    warn(f"{plural(count, 'reply')} exported{missing}")
    if options.out:
        say(options.out)
    return COMPLETE


def _keys_of(run: Path) -> frozenset[str]:
    """Of all answers, those that were replaced later, too."""
    folder = Folder(run)
    folder.read_run()
    keys = frozenset(reply.request for answer in folder.read_answers().values() for reply in answer.replies)
    if not keys - {""}:
        raise NothingDone(f"{run}: its answers came from no provider whose replies are stored")
    return keys - {""}


def _write(path: Path, lines: Iterable[bytes]) -> int:
    """Written beside its place and moved there whole."""
    make_folder(path.parent)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    count = 0
    try:
        with temporary.open("wb") as file:
            for line in lines:
                file.write(line)
                count += 1
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise CannotWrite(Fault(str(path), None, "", f"could not be written: {error.strerror or error}")) from error
    finally:
        temporary.unlink(missing_ok=True)
    return count
