"""Options of the commands that ask no model: what is there, what it says, and where it comes from."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from judge.cli.arguments_rubrics import rubric_options
from judge.cli.values import positive, setting, size

DATA_HELP = (
    "the task's data, or the folder below which its path lies ($JUDGE_DATA, where it does not ship with the task)"
)


def _show(parser: argparse.ArgumentParser) -> None:
    """one item of a run: prompt, reply, how it was read, steps, verdicts, scores"""
    parser.add_argument("run", metavar="RUN", help="a run's folder")
    parser.add_argument("id", metavar="ID", help="an item's id")
    parser.add_argument("--data", metavar="FILE|DIR", help="where the run's data is now, if it moved ($JUDGE_DATA)")


def _ls(parser: argparse.ArgumentParser) -> None:
    """runs: state, answered, failed, scored, cost"""
    parser.add_argument("path", nargs="?", default="results", metavar="PATH", help="a folder of runs (results)")


def _catalogue(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", nargs="?", choices=["list", "show", "check"], default="list")
    parser.add_argument("name", nargs="?", metavar="NAME|FILE", help="for show and check")
    parser.set_defaults(sample=None, prompt=None, settings=[], data=None)


def _tasks(parser: argparse.ArgumentParser) -> None:
    """list, show or check tasks and suites"""
    _catalogue(parser)
    parser.add_argument("--sample", metavar="ID", help="show the prompt of this item")
    parser.add_argument("--prompt", choices=["qa", "cot"])
    parser.add_argument("--set", metavar="KEY=VALUE", type=setting, action="append", default=[], dest="settings")
    parser.add_argument("--data", metavar="FILE|DIR", help=DATA_HELP)


def _providers(parser: argparse.ArgumentParser) -> None:
    """list, show or check providers"""
    _catalogue(parser)


def _metrics(parser: argparse.ArgumentParser) -> None:
    """list metrics"""
    _catalogue(parser)


def _new(parser: argparse.ArgumentParser) -> None:
    """a commented task and its rubric, to begin from"""
    parser.add_argument("kind", choices=["task"])
    parser.add_argument("name", metavar="NAME", help="lower-case letters, digits, - and _")
    parser.add_argument("--dir", metavar="DIR", default=".", help="where tasks/ and rubrics/ lie (.)")


def _demo(parser: argparse.ArgumentParser) -> None:
    """run, judge, score and report the humor task offline, in about a second"""
    parser.add_argument("--out", metavar="DIR", default="results", help="where runs are kept (results)")


def _doctor(parser: argparse.ArgumentParser) -> None:
    """what is installed, which keys are set, what is missing, and the line that mends it"""
    add = parser.add_argument
    add("paths", nargs="*", metavar="PATH", help="with --deep: runs, or folders of runs (results, if it is there)")
    add("--deep", action="store_true", help="read every line of the runs and every row of the cache")
    add("--repair", action="store_true", help="with --deep: mend what can be mended; a backup stays beside each file")
    add("--cache", metavar="DIR|off", help="the cache to look at ($JUDGE_CACHE, else .judge-cache)")


def _cache(parser: argparse.ArgumentParser) -> None:
    """stored replies: what they are and cost, let some go, take them out"""
    add = parser.add_argument
    add("action", nargs="?", choices=["show", "prune", "export"], default="show", help="show, if none is given")
    add("--cache", metavar="DIR", help="which cache ($JUDGE_CACHE, else .judge-cache)")
    add("--model", metavar="NAME", action="append", default=[], dest="models", help="prune, export: only its replies")
    add("--older", metavar="DAYS", type=positive, help="prune: what was stored before that")
    add("--media", action="store_true", help="prune: only decoded media, which are made again when needed")
    add(
        "--to",
        metavar="SIZE",
        type=size,
        help="prune: no more than it takes to come down to, say, 500MB: media first, then the oldest replies",
    )
    add("--yes", action="store_true", help="prune: do it; without, it is only said what would go")
    add("--for", metavar="RUN", dest="of_run", help="export: only the replies of this run's answers")
    add("--out", metavar="FILE", help="export: where to (stdout)")


def _data(parser: argparse.ArgumentParser) -> None:
    """where a task's data comes from, its licence and layout; and whether what is there is what its authors state"""
    add = parser.add_argument
    add("name", metavar="NAME", help="a task, a suite, or a family (a folder of tasks)")
    add("--data", metavar="FILE|DIR", help=DATA_HELP)
    add("--media", metavar="DIR", help="where the clips lie, if not with the data")


def _references(parser: argparse.ArgumentParser) -> None:
    """the published numbers of a task or a suite, each with its source and what to beware of"""
    add = parser.add_argument
    add("name", metavar="NAME", help="a task or a suite")
    add("--format", choices=["text", "md", "json", "csv", "latex"], default="text", help="text, for the terminal")


FILLERS: dict[str, Callable[[argparse.ArgumentParser], None]] = {
    "show": _show,
    "ls": _ls,
    "tasks": _tasks,
    "rubrics": rubric_options,
    "providers": _providers,
    "metrics": _metrics,
    "new": _new,
    "demo": _demo,
    "doctor": _doctor,
    "cache": _cache,
    "data": _data,
    "references": _references,
}
