"""The options of `judge trust ...`, with their help; nothing else is imported here, so that --help is quick."""

from __future__ import annotations

import argparse
import math
import re

from judge.cli import arguments_card, arguments_evidence
from judge.cli.arguments_pairs import pairs_options
from judge.cli.values import positive, whole

_NAMED = re.compile(r"([^=]{1,100})=(.{1,4000})", re.DOTALL)
_RANGE = re.compile(r"(-?\d{1,6})\s?(?:-|\.\.|:)\s?(-?\d{1,6})")


def named_file(text: str) -> tuple[str, str]:
    """NAME=FILE."""
    found = _NAMED.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} should be NAME=FILE, e.g. anna=anna.csv")
    return found[1].strip(), found[2]


def finite(text: str) -> float:
    """A number, and no nan or inf."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number")
    return value


def trait(text: str) -> tuple[str, str | None]:
    """NAME, or NAME=FILE."""
    name, sign, file = text.partition("=")
    if not name.strip() or len(name) > 100 or (sign and not file):
        raise argparse.ArgumentTypeError(f"{text!r} should be NAME or NAME=FILE, e.g. emotion=items.csv")
    return name.strip(), file or None


def bounds(text: str) -> tuple[int, int]:
    """LOW-HIGH, e.g. 1-5 or 0-2."""
    found = _RANGE.fullmatch(text.strip())
    if found is None or int(found[1]) >= int(found[2]):
        raise argparse.ArgumentTypeError(f"{text!r} should be LOW-HIGH, e.g. 1-5")
    return int(found[1]), int(found[2])


def share(text: str) -> float:
    """A number from 0 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 1")
    return value


def fill(parser: argparse.ArgumentParser) -> None:
    """how far a judge can be believed: its agreement with people, what moves it, and its card"""
    actions = parser.add_subparsers(dest="action", metavar="WHAT", parser_class=type(parser), required=True)
    for name, about, options in (
        ("agree", "a judge's ratings against people's, by criterion, beside people's own agreement", _agree),
        ("correct", "the mean of a judge's ratings, put right with a few human labels", _correct),
    ):
        child = actions.add_parser(name, help=about, description=about)
        child.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        _ratings(child)
        options(child)
        child.add_argument("--json", metavar="FILE", help="write everything as JSON, too")
    about = (pairs_options.__doc__ or "").strip()
    child = actions.add_parser("pairs", help=about, description=about)
    child.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    pairs_options(child)
    arguments_evidence.add(actions)
    arguments_card.fill(actions)


def _ratings(parser: argparse.ArgumentParser) -> None:
    human = parser.add_argument_group("people's ratings (at least one)").add_argument
    human(
        "--human", metavar="FILE", action="append", default=[], help="CSV of item,rater,criterion,score[,cluster][,...]"
    )
    human("--wide", metavar="RATER=FILE", type=named_file, action="append", default=[],
          help="one person's CSV: an id column, then one column for each criterion")  # fmt: skip
    judge = parser.add_argument_group("the judge's ratings").add_argument
    judge("--verdicts", metavar="FILE", action="append", default=[], help="recorded, as --human; rater is the judge")
    judge("--wide-judge", metavar="NAME=FILE", type=named_file, action="append", default=[], help="recorded, as --wide")
    judge("--judge", metavar="NAME", action="append", default=[], dest="judges", help="of a scored run: who judged it")
    judge("--rubric", metavar="FILE|NAME", help="of a scored run: by which rubric; gives the scales, too")
    judge("--run", metavar="RUN", help="the scored run's folder")
    judge("--data", metavar="FILE|DIR", help="where the run's data is now, if it moved")
    common = parser.add_argument_group("how they are read").add_argument
    common("--id", metavar="COLUMN", help="of wide files (item, conversation_id, conv_id or id)")
    common(
        "--cluster", metavar="COLUMN", default="cluster", help="items that belong together (cluster, if it is there)"
    )
    common("--criteria", metavar="LIST", help="only these, by comma")
    common("--range", metavar="LOW-HIGH", type=bounds, help="the scale's ends, e.g. 1-5; a rating outside is a fault")


def _agree(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--scale", choices=["full", "observed"], default="full",
        help="kappa over the whole scale, or over the levels that the two raters used (full)")  # fmt: skip
    add("--level", choices=["ordinal", "nominal"], default="ordinal", help="nominal: labels without order (ordinal)")
    add("--people", choices=["experts", "skilled", "crowd"], default="experts",
        help="who they are: the alt-test's epsilon is 0.2, 0.15 or 0.1 (experts)")  # fmt: skip
    more = parser.add_argument_group(
        "what items are", "NAME is a column of people's files; with =FILE of another CSV with the same ids; of a run a "
        "field of its items, or gold for its labels"
    ).add_argument  # fmt: skip
    more(
        "--by",
        metavar="NAME[=FILE]",
        type=trait,
        action="append",
        default=[],
        help="agreement within each group (an emotion, a genre), and whether the judge's leniency differs between them",
    )
    more(
        "--systems",
        metavar="NAME[=FILE]",
        type=trait,
        help="which model wrote each answer: the same by system, and whether the judge ranks systems as people do",
    )
    more(
        "--within",
        metavar="NAME[=FILE]",
        type=trait,
        help="with --systems: which question an answer is to; ranks systems within each question, too",
    )
    more("--length", metavar="NAME[=FILE]", type=trait, help="how long each answer is (of a run: its characters)")
    more("--family", metavar="NAME", default=None, help="the judge's family, where its name does not tell")
    add("--epsilon", metavar="X", type=share, help="in place of that")
    add("--resamples", metavar="N", type=positive, default=2000, help="of the bootstrap of systems and groups (2000)")
    add("--seed", metavar="N", type=whole, default=0, help="of the bootstrap (0)")
    add("--csv", metavar="FILE", help="write one row for each number, too")


def _correct(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--pass-at", metavar="SCORE", type=finite,
        help="count scores from here on as yes, and correct the share of yes")  # fmt: skip
