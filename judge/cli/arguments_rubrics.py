"""The options of `judge rubrics ...`, with their help; nothing else is imported here, so that --help is quick."""

from __future__ import annotations

import argparse

from judge.cli import arguments_judge
from judge.cli.values import positive, whole

_DATA = "where the run's data is now, if it moved ($JUDGE_DATA)"


def rubric_options(parser: argparse.ArgumentParser) -> None:
    """list, show or check rubrics; try an edited one on a run, or compare two"""
    actions = parser.add_subparsers(dest="action", metavar="WHAT", parser_class=type(parser))
    parser.set_defaults(action="list", name=None)
    for name, about, fill in (
        ("list", "all rubrics, with their criteria", None),
        ("show", "one rubric: stages, scales, scores", _named),
        ("check", "every fault and every unwise choice of a file, with its line; a preview of its prompts", _check),
        ("try", "old and new verdicts of some answers side by side, and what the rest would cost", _try),
        ("diff", "which answers of a run move between two rubrics, by how much, with the paired test", _diff),
    ):
        child = actions.add_parser(name, help=about, description=about)
        child.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        if fill is not None:
            fill(child)


def _named(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME|FILE", help="a rubric's file, or the name of one in rubrics/")


def _check(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("names", nargs="+", metavar="NAME|FILE", help="rubrics' files, or names of those in rubrics/")
    add("--sample", metavar="RUN:ID", help="show every prompt that a judge would get for this answer of a run")
    add("--strict", action="store_true", help="end with 2 where something is unwise, too")
    add("--data", metavar="FILE|DIR", help=_DATA)


def _try(parser: argparse.ArgumentParser) -> None:
    _named(parser)
    add = parser.add_argument
    add("--on", metavar="RUN", dest="run", required=True, help="a run's folder; nothing is written into it")
    add("--limit", metavar="N", type=positive, default=10, help="how many answers (10)")
    add("--seed", metavar="N", type=whole, help="take random answers by this seed (the first ones)")
    add("--dry-run", action="store_true", help="say what it would cost, ask nothing")
    _judging(parser)


def _diff(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("first", metavar="A", help="a rubric's file, or the name of one in rubrics/")
    add("second", metavar="B", help="the other one")
    add("--on", metavar="RUN", dest="run", required=True, help="a run's folder; nothing is written into it")
    add("--ask", action="store_true", help="ask for the verdicts that are not stored yet (else they are counted)")
    add("--top", metavar="N", type=positive, default=10, help="how many of the answers that move are listed (10)")
    _judging(parser)


def _judging(parser: argparse.ArgumentParser) -> None:
    """As `score` has them."""
    add = parser.add_argument
    add("--judge", metavar="PROVIDER[:MODEL]", action="append", default=[], dest="judges",
        help="rules (offline), or any provider (default: the rubric's)")  # fmt: skip
    arguments_judge.which(parser)
    add("--judge-repeats", metavar="N", type=positive, help="ratings of each answer (as many as the run has, else 1)")
    arguments_judge.asked(parser)
    arguments_judge.spent(parser)
    add("--data", metavar="FILE|DIR", help=_DATA)
    add("--json", metavar="FILE", help="write everything as JSON, too")
