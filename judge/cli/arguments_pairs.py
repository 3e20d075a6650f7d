"""The options of `judge trust pairs` and `judge compare`, with their help."""

from __future__ import annotations

import argparse

from judge.cli import arguments_judge
from judge.cli.values import positive, setting


def pairs_options(parser: argparse.ArgumentParser) -> None:
    """a judge compares the two answers of each item, in both orders; its verdicts against people's"""
    add = parser.add_argument
    add("task", help="a task whose items are two answers, e.g. tasks/llmbar/natural.yaml")
    add("--data", metavar="FILE|DIR", help="the task's data, or the folder below which its path lies ($JUDGE_DATA)")
    add("--set", metavar="KEY=VALUE", type=setting, action="append", default=[], dest="settings",
        help="a setting of the task")  # fmt: skip
    add("--limit", metavar="N", type=positive, help="the first N pairs")
    _judge(parser, "default: the task's, else pairwise")


def compare_options(parser: argparse.ArgumentParser) -> None:
    """two runs of one task: a judge compares their answers, in both orders"""
    add = parser.add_argument
    add("first", metavar="RUN_A", help="a run's folder")
    add("second", metavar="RUN_B", help="another run of the same task")
    add("--data", metavar="FILE|DIR", help="where the runs' data is now, if it moved")
    add("--limit", metavar="N", type=positive, help="the first N answers that both have")
    _judge(parser, "default: pairwise")


def _judge(parser: argparse.ArgumentParser, default: str) -> None:
    add = parser.add_argument
    add("--judge", metavar="PROVIDER[:MODEL]", action="append", default=[], dest="judges", help="may be given again")
    add("--rubric", metavar="FILE|NAME", help=f"one that compares ({default})")
    arguments_judge.which(parser, accepts=False)
    add("--judge-repeats", metavar="N", type=positive, default=1, help="times each order is asked (1)")
    arguments_judge.asked(parser, schema=False, weigh=False)
    arguments_judge.spent(parser)
    add("--out", metavar="DIR", default="results/pairs", help="where comparisons are kept (results/pairs)")
    add("--json", metavar="FILE", help="write everything as JSON, too")
    parser.set_defaults(accepts=None)
