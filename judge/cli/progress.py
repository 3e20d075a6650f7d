"""What `run` says: its header, its progress, and how it ended."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence

from judge.cli.main import COMPLETE, ERRORS
from judge.cli.terminal import clock, dollars, plural, say, warn
from judge.definitions import Task
from judge.forecast import Forecast, forecast
from judge.records import Manifest, Run, Status
from judge.run import Plan, Tally, Todo
from judge.senses import described, said
from judge.shell import command
from judge.statuses import kinds as kinds_of
from judge.store import Folder
from judge.suite import Suite
from judge.suite_folder import Place, SuiteFolder
from judge.wording import sentence
from providers.records import Info


def header(plan: Plan, run: Run, *, items: int, lacking: Sequence[str] = ()) -> None:
    """What is asked of whom, under which licence the data goes where, and in whose words (see wording_text)."""
    sampling = [f"{name.replace('_', ' ')} {_short(value)}" for name, value in plan.sampling.sent().items()]
    draws = [plural(run.selection.repeats, "draw")] if run.selection.repeats > 1 else []
    chosen = [f"{name}={value}" for name, value in run.settings.items() if name != "media"]
    sent = described(plan.task, plan.how.senses)
    parts = [f"{run.task} v{run.task_version}", plural(items, "item"), sent, run.model]
    say(" · ".join([*parts, plan.variant, *chosen, *draws, *sampling]))
    info = plan.info
    where = f"sends data to {info.destination}" if info.sends_out else "nothing leaves this machine"
    where += f" ({info.route})" if info.route else ""
    say(f"licence {' '.join(run.licence.split())} · {where}")  # on one line, or a file could write the next one
    for text in said(plan.task, plan.how.senses, info) if info.reads_input else ():
        say(f"  {text}")
    words = wording_text(plan.task, run.wording, lacking=lacking, system=run.system is not None)
    if words:
        say(f"  {words}")


def wording_text(task: Task, wording: str, *, lacking: Sequence[str], system: bool = False) -> str:
    """Whose the prompts are, and which files of the authors are taken or lacking; empty where nothing is published."""
    text = sentence(wording, system=system)
    if task.wording is not None and task.wording.taken:
        text += f": {', '.join(sorted(task.wording.taken))}"
    return text + (f" (not in the data folder: {', '.join(lacking)})" if text and lacking else "")


def forecast_text(plan: Plan, todo: Sequence[Todo]) -> str:
    """Estimated 40 calls, 61k tokens, $0.02, at most $0.31 (LiteLLM 1.106.2's table of 2026-10-21)."""
    return told(forecast(plan.how, todo, info=plan.info, sampling=plan.sampling), plan.info)


def told(found: Forecast, info: Info) -> str:
    """A forecast as a person reads it, with the price table that it rests on."""
    parts = [plural(found.calls, "call"), f"{_thousands(found.input_tokens + found.output_tokens)} tokens"]
    if found.cost is None:
        return "estimated " + ", ".join(parts) + (", price unknown" if info.kind == "paid" else "")
    parts.append(dollars(found.cost))
    parts += [f"at most {dollars(found.most)}"] if found.most is not None else []
    source = info.price.source if info.price else ""
    return "estimated " + ", ".join(parts) + (f" (prices: {source})" if source else "")


def _thousands(count: int) -> str:
    return f"{count / 1000:.0f}k" if count >= 10_000 else f"{count:,}"


def manifest_line(item: Manifest) -> str:
    """Video as 8 frames (uniform 8, at most 768 px, jpeg 85), 0.00 to 4.97 s, 61,204 bytes, of 3fa9c1d2."""
    if item.form == "notes":
        return f"{item.sense} as notes in the prompt"
    count = f"{item.decoded} of {item.expected} frames" if item.form == "frames" else item.form
    times = f", {item.timestamps[0]:.2f} to {item.timestamps[-1]:.2f} s" if item.timestamps else ""
    late = f", {plural(item.skipped, 'picture')} before the first key frame passed over" if item.skipped else ""
    sent = f"{item.sense} as {count} ({item.policy}){times}{late}"
    return f"{sent}, {item.sent_bytes:,} bytes, of file {item.source[:8]}"


def _short(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def progress_text(tally: Tally, seconds: float) -> str:
    """Answered 31 · cached 6 · failed 0 · 4.2/s · 0:00:02 left · $0.01."""
    finished = tally.statuses.total()
    rate = finished / seconds if seconds > 0 else 0.0
    left = clock((tally.total - finished) / rate) if rate else "?"
    parts = [f"answered {tally.answered} of {tally.total}", f"cached {tally.cached}"]
    parts += [f"failed {tally.statuses['error']}", f"{rate:.1f}/s", f"{left} left"]
    return " · ".join([*parts, dollars(tally.cost)] if tally.cost else parts)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a run ended."""

    counts: Counter[Status]
    """Of all its answers, by how each ended."""
    errors: Counter[str]
    """Of those that failed, by kind."""
    not_asked: int
    """Expected answers that nobody was asked for."""
    tally: Tally | None = None
    """What was asked this time; None where nothing was left to ask."""
    kept: bool = True
    """False where no answer came and the folder goes."""
    seconds: float = 0.0


def report_end(folder: Folder, run: Run, ended: Ended, *, line: str) -> int:
    """The closing lines; returns 0 for a complete run and 1 otherwise. `line` goes on with it."""
    statuses, tally = ended.counts, ended.tally
    kinds = ", ".join(f"{count} {status}" for status, count in sorted(statuses.items()) if status != "error")
    answered = statuses.total() - statuses["error"]
    mark = "✓" if run.state == "complete" else "✗"
    failed = f", {statuses['error']} failed ({kinds_of(dict(ended.errors.most_common()))})" if statuses["error"] else ""
    failed += f", {ended.not_asked:,} not asked" if ended.not_asked else ""
    parts = [f"{mark} {answered} answered ({kinds or 'none'}){failed}"]
    if tally is None:
        parts[0] += "; nothing was left to ask"
    else:
        parts[0] += f" in {clock(ended.seconds)}"
        parts += [f"{tally.cached} from the cache"] if tally.cached else []
        unknown = bool(tally.unpriced) and not tally.cost
        parts += [dollars(tally.cost)] if tally.cost or (run.provider_kind == "paid" and not unknown) else []
        parts += (
            [plural(tally.unpriced, "call") + " of unknown price"]
            if tally.unpriced and run.provider_kind == "paid"
            else []
        )
    if tally is not None or run.extra_calls:
        parts += [_extra(run)]
    say(" · ".join(parts))
    _warnings(run, tally)
    if run.state == "complete":
        say(f"  next:  {command('score', folder.path)}")
    else:
        say(f"  {run.state}{': ' + run.reason if run.reason else ''}. To go on:  {line}")
    if ended.kept:
        say(str(folder.path))
    else:
        say("  no answer came: no folder is kept")
    return COMPLETE if run.state == "complete" else ERRORS


def _extra(run: Run) -> str:
    """3 extra calls (2 may have been charged, about $0.0041)."""
    text = plural(run.extra_calls, "extra call")
    if not run.doubtful_calls:
        return text
    cost = f", about {dollars(run.extra_cost)}" if run.extra_cost else ""
    unknown = ", at an unknown price" if run.extra_cost is None and run.provider_kind == "paid" else ""
    return f"{text} ({run.doubtful_calls:,} may have been charged{cost or unknown})"


def _warnings(run: Run, tally: Tally | None) -> None:
    if tally is not None:
        for text, count in (+tally.errors).most_common(3):
            warn(f"  {plural(count, 'answer')} failed: {text}")
    for note in run.notes:
        warn(f"  note: {note}")
    if len(run.returned_models) > 1:
        warn(f"  warning: the vendor's model id changed within this run: {', '.join(run.returned_models)}")


def suite_end(
    suite: Suite,
    places: Mapping[str, Place],
    *,
    folder: SuiteFolder | None,
    good: bool,
    to_go_on: tuple[str, Sequence[str]],
) -> None:
    """What of a suite was run, what was not and why, and what to type next; the last line is its folder."""
    ran = [key for key, place in places.items() if place.folder is not None]
    gone = [f"{key}: {place.reason}" for key, place in places.items() if place.folder is None]
    line, left = to_go_on
    count = f"{len(ran)} of {plural(len(suite.tasks), 'task')} run"
    say(f"{'✓' if good else '✗'} {suite.name}: {count}: {', '.join(ran) or 'none'}")
    for text in gone:
        say(f"  {text}")
    if left:
        say(f"  not finished: {', '.join(left)}. To go on:  {line}")
    if folder is not None and ran:
        say(f"  next:  {command('score', folder.path)}")
        say(str(folder.path))
