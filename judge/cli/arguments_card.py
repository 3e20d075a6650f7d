"""The options of `judge trust card` and `judge trust probe`, with their help; nothing else is imported here."""

from __future__ import annotations

import argparse
from typing import Any

from judge.cli import arguments_judge
from judge.cli.values import positive, whole

PROBES = (
    "retest", "scale-order", "score-ids", "wording", "length", "style", "authority", "keys", "injection", "evidence",
    "swap", "family",
)  # fmt: skip


def fill(actions: Any) -> None:
    """Add the two to the actions of `judge trust`."""
    for name, about, options in (
        ("card", "ten measurements of a judge on one page, criterion by criterion, with a badge", _card),
        (
            "probe",
            "what moves a judge that should not: repeats, order, wording, length, style, authority, attacks",
            _probe,
        ),
    ):
        child = actions.add_parser(name, help=about, description=about)
        child.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        options(child)


def _card(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("runs", nargs="*", metavar="RUN", help="scored runs: coverage, repeats, and which model answered")
    add("--judge", metavar="NAME", help="whose card (default: of every judge that is found)")
    add("--rubric", metavar="NAME", help="of runs: by which rubric, where a judge went by several")
    add("--agree", metavar="FILE", action="append", default=[], help="people's ratings: trust agree --json FILE")
    add("--correct", metavar="FILE", action="append", default=[], help="what trust correct --json FILE wrote")
    add(
        "--pairs",
        metavar="FILE",
        action="append",
        default=[],
        help="of a judge that compares: pairs.json of trust pairs",
    )
    add("--probes", metavar="FILE", help="default: probes.json beside the card")
    told = parser.add_argument_group("what to say on the card").add_argument
    told("--title", metavar="TEXT", help="e.g. the data set's name; sets cards without a rubric apart")
    told("--data-set", metavar="TEXT", action="append", default=[], dest="data_sets",
         help='name and licence, e.g. "Lend an Ear (MIT)"')  # fmt: skip
    told("--people", metavar="TEXT", default="", help="who the people are, e.g. trained experts")
    told("--family", metavar="NAME", help="who makes the judge's model (default: by its name)")
    add("--data", metavar="FILE|DIR", help="where the runs' data is now, if it moved ($JUDGE_DATA)")
    add("--cards", metavar="DIR", help="where cards are kept (cards beside the first run, else results/cards)")


def _probe(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("run", metavar="RUN", help="a run whose answers are judged, as they are and changed")
    add("--judge", metavar="PROVIDER[:MODEL]", action="append", required=True, dest="judges",
        help="rules (offline), or any provider")  # fmt: skip
    add("--rubric", metavar="FILE|NAME", action="append", default=[], dest="rubrics", help="default: the task's")
    add("--probe", metavar="NAME", action="append", default=[], choices=PROBES, dest="probes",
        help=f"only these (default: all of {', '.join(PROBES)})")  # fmt: skip
    add("--limit", metavar="N", type=positive, default=50, help="so many answers, drawn by --seed (50)")
    add("--repeats", metavar="N", type=positive, default=5, help="ratings of each answer for test and retest (5)")
    add(
        "--seed", metavar="N", type=whole, default=0, dest="drawn", help="of the draw of answers, edits and attacks (0)"
    )
    add("--family", metavar="NAME", help="who makes the judge's model (default: by its name)")
    add("--dry-run", action="store_true", help="say how much would be asked, ask nothing")
    arguments_judge.which(parser)
    arguments_judge.asked(parser)
    arguments_judge.spent(parser)
    add("--data", metavar="FILE|DIR", help="where the run's data is now, if it moved ($JUDGE_DATA)")
    add("--cards", metavar="DIR", help="where cards are kept (cards beside the run)")
