"""`judge doctor --deep`: looks at every line of the runs and every row of the cache, and mends what can be mended."""

from __future__ import annotations

import argparse
import dataclasses
import shutil
from collections.abc import Sequence
from pathlib import Path

from judge.cli.comparing import replies_of, unlike
from judge.cli.main import COMPLETE, ERRORS, NOTHING
from judge.cli.providing import cache_folder
from judge.cli.terminal import plural, say, size_text, warn
from judge.errors import JudgeError, Locked, NothingDone
from judge.media.shelf_check import broken_entries, unfinished_entries
from judge.shell import command
from judge.store import Folder, runs_below
from judge.verify.folder import verify
from judge.verify.found import Verified
from judge.verify.repair import repair
from providers import cache_mend
from providers.cache_check import Checked, check_batches, check_replies, in_use
from providers.cache_schema import REPLIES
from providers.errors import CacheUnusable

MOST_SHOWN = 8
MOST_RUNS = 30
RESULTS = "results"


@dataclasses.dataclass(slots=True, kw_only=True)
class Outcome:
    """What the whole look came to."""

    runs: int = 0
    caches: int = 0
    wrong: list[str] = dataclasses.field(default_factory=list)
    """What is damaged and was not mended: paths."""
    refused: bool = False
    """Something is in use and was not mended."""


def deep(options: argparse.Namespace) -> int:
    """0 where all is sound, or was mended; 1 where something is wrong; 3 where it is in use and cannot be mended."""
    outcome = Outcome()
    cache = cache_folder(options.cache)
    stored = replies_of(cache)
    folders = _folders(options.paths)
    for folder in folders:
        outcome.runs += 1
        _run(folder, outcome, mending=options.repair, brief=len(folders) > MOST_RUNS)
        for line in unlike(folder, stored):
            say(f"  · {line}")
    if cache is not None and cache.is_dir():
        outcome.caches = 1
        _cache(cache, outcome, mending=options.repair)
    elif options.cache not in (None, "off"):
        raise NothingDone(f"{cache}: no cache there")
    if not outcome.runs and not outcome.caches:
        raise NothingDone("nothing to look at: no runs below results, and no cache. Name them: PATH, --cache DIR")
    _sum_up(outcome, options)
    if outcome.refused:
        return NOTHING
    return ERRORS if outcome.wrong else COMPLETE


def _folders(paths: Sequence[str]) -> list[Folder]:
    """Every run, and every folder with answers whose run.json is gone."""
    given = list(paths) or ([RESULTS] if Path(RESULTS).is_dir() else [])
    found: dict[Path, Folder] = {}
    for name in given:
        path = Path(name)
        folders = [] if (path / "answers.jsonl").is_file() else runs_below(path)
        for folder in [*folders, *_headless(path)]:
            found.setdefault(folder.path, folder)
    if paths and not found:
        raise NothingDone(f"no run below {', '.join(paths)}")
    return list(found.values())


def _headless(path: Path) -> list[Folder]:
    ignored = [file.parent for file in path.rglob(".judgeignore") if file.parent != path]
    return [
        Folder(file.parent)
        for file in sorted(path.rglob("answers.jsonl"))
        if not any(part.startswith(".") for part in file.relative_to(path).parts)
        and not any(file.is_relative_to(folder) for folder in ignored)
    ]


def _run(folder: Folder, outcome: Outcome, *, mending: bool, brief: bool) -> None:
    """One run; of many, those of which there is nothing to say are not named."""
    found = verify(folder)
    if found.findings or not brief:
        say(_title(found))
    _findings(found)
    if mending and (not found.sound or found.strays) and not found.left_alone:
        try:
            done, found = repair(folder)
        except Locked as error:
            warn(f"  not mended: {error.faults[0]}")
            outcome.refused = True
        except JudgeError as error:
            warn(f"  not mended: {error.faults[0]}")
        else:
            for line in done:
                say(f"  mended: {line}")
            if not found.sound:
                say("  what is left:")
                _findings(found)
    if not found.sound:
        outcome.wrong.append(str(folder.path))


def _title(found: Verified) -> str:
    parts = [plural(found.answers, "answer") + (f" ({found.failed:,} failed)" if found.failed else "")]
    parts += [plural(found.verdicts, "verdict")] if found.verdicts else []
    parts += ["scored"] if found.scored else []
    state = f"being written by {found.holder}" if found.holder else "sound" if found.sound else "damaged"
    return f"{found.folder.path}  {', '.join(parts)}: {state}"


def _findings(found: Verified) -> None:
    """The damage first, the remarks below it."""
    harms = [item for item in found.findings if item.harm]
    for item in harms[:MOST_SHOWN]:
        say(f"  ✗ {item}" + (f"   ({item.mend})" if item.mend else ""))
    if len(harms) > MOST_SHOWN:
        say(f"  ✗ and {len(harms) - MOST_SHOWN:,} more like these")
    for item in [item for item in found.findings if not item.harm][:MOST_SHOWN]:
        say(f"  · {item}" + (f"   ({item.mend})" if item.mend else ""))


def _cache(folder: Path, outcome: Outcome, *, mending: bool) -> None:
    checked = [found for found in (check_replies(folder), check_batches(folder)) if found is not None]
    broken, unfinished = broken_entries(folder / "media"), unfinished_entries(folder / "media")
    holder = in_use(folder)
    _cache_title(folder, checked, holder=holder, broken=len(broken))
    for found in checked:
        for text in found.faults:
            say(f"  ✗ {found.path}: {text}")
        for text in found.notes:
            say(f"  · {found.path}: {text}")
    if broken:
        say(
            f"  ✗ {folder / 'media'}: {plural(len(broken), 'entry')} damaged, made again when needed ({broken[0].name})"
        )
    dead = [] if holder else [*unfinished, *_bodies(folder)]
    if dead:
        say(f"  · {plural(len(dead), 'file')} of killed processes ({dead[0].name})")
    for path in sorted(folder.glob("*.damaged-*")):
        say(f"  · {path}: was set aside by a repair ({size_text(path.stat().st_size)})")
    wrong = [found for found in checked if found.faults]
    if not mending or not (wrong or broken or dead):
        outcome.wrong += [str(folder)] if wrong or broken else []
        return
    if holder is not None:
        warn(f"  not mended: in use by {holder}")
        outcome.refused = True
        return
    _mend_cache(folder, outcome, wrong=wrong, strays=[*broken, *dead])


def _bodies(folder: Path) -> list[Path]:
    """Bodies of batches, and locks, whose process is gone: nobody holds a lock here."""
    empty = [path for path in folder.glob(".mending-*") if not (path / REPLIES).exists()]
    return sorted([*folder.glob("batch-judge-*.jsonl"), *folder.glob("batches-*.lock"), *empty])


def _cache_title(folder: Path, checked: Sequence[Checked], *, holder: str | None, broken: int) -> None:
    replies = next((found.rows for found in checked if found.path.name == REPLIES), 0)
    size = size_text(sum(found.size for found in checked))
    damaged = broken or any(found.faults for found in checked)
    state = f"in use by {holder}" if holder else "damaged" if damaged else "sound"
    say(f"{folder}  {plural(replies, 'stored reply')}, {size}: {state}")


def _mend_cache(folder: Path, outcome: Outcome, *, wrong: Sequence[Checked], strays: Sequence[Path]) -> None:
    for path in strays:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    if strays:
        say(f"  mended: {plural(len(strays), 'file')} removed that a killed process left, or that are made again")
    for found in wrong:
        if found.left_alone:
            outcome.wrong.append(str(found.path))
            continue
        replies = found.path.name == REPLIES
        try:
            mended = (cache_mend.mend_replies if replies else cache_mend.mend_batches)(folder)
        except (CacheUnusable, OSError) as error:
            warn(f"  not mended: {error}")
            outcome.wrong.append(str(found.path))
            continue
        what = plural(mended.kept, "reply" if replies else "job")
        lost = f", {mended.lost:,} lost and asked again when needed" if mended.lost else ""
        say(f"  mended: {found.path.name} is built anew with {what}{lost}; the damaged file is {mended.aside.name}")
        if not replies:
            say("  if a batch was under way, look at the vendor before it is sent again")


def _sum_up(outcome: Outcome, options: argparse.Namespace) -> None:
    looked = [plural(outcome.runs, "run")] if outcome.runs else []
    looked += ["the cache"] if outcome.caches else []
    wrong = list(dict.fromkeys(outcome.wrong))
    if not wrong:
        say()
        say(f"✓ {' and '.join(looked)}: nothing is wrong" + (" now" if options.repair else ""))
        return
    say()
    say(f"✗ {' and '.join(looked)}: damage in {', '.join(wrong[:3])}" + (", ..." if len(wrong) > 3 else ""))
    if not options.repair:
        cache = ["--cache", options.cache] if options.cache else []
        say(f"  mend it:  {command('doctor', '--deep', '--repair', *options.paths, *cache)}")
