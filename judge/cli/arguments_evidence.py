"""The options of `judge trust sufficiency` and `judge trust controls`; nothing else is imported here."""

from __future__ import annotations

import argparse
from typing import Any

from judge.cli import arguments_judge
from judge.cli.values import positive, whole


def add(actions: Any) -> None:
    """Both, as further actions of `judge trust`."""
    for name, about, options in (
        ("sufficiency", "do a run's reasons alone, with every label hidden, lead to its answers?", _sufficiency),
        ("controls", "a judge's ratings with another item's evidence, and with none", _controls),
    ):
        child = actions.add_parser(name, help=about, description=about)
        child.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        child.add_argument("run", metavar="RUN", help="the run's folder")
        options(child)
        _common(child)


def _sufficiency(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--judge", metavar="PROVIDER[:MODEL]", required=True, dest="judge", help="who reads the reasons"
    )


def _controls(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--judge", metavar="PROVIDER[:MODEL]", required=True, help="rules (offline), or any provider")
    add("--rubric", metavar="FILE|NAME", help="default: the task's")
    add("--hide-question", action="store_true", help="show no question, where it carries the evidence itself")


def _common(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    arguments_judge.which(parser)
    arguments_judge.asked(parser, weigh=False)
    add("--dry-run", action="store_true", help="say how much would be asked, ask nothing")
    add("--limit", metavar="N", type=positive, help="only the run's first N answers")
    add("--draw-seed", metavar="N", type=whole, default=0, help="of the draw of other items (0)")
    arguments_judge.spent(parser)
    add("--data", metavar="FILE|DIR", help="where the run's data is now, if it moved ($JUDGE_DATA)")
    add("--json", metavar="FILE", help="write everything as JSON, too")
