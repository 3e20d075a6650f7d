"""The options of `judge review`; nothing else is imported here, so that --help is quick."""

from __future__ import annotations

import argparse

from judge.cli.values import positive, whole


def review_options(parser: argparse.ArgumentParser) -> None:
    """people rate what judges doubt: on a page on this machine only, or in a spreadsheet"""
    add = parser.add_argument
    add("path", metavar="RUN", help="a scored run, or a folder of them")
    add("--rater", metavar="NAME", help="who rates (the page asks)")
    add("--all", action="store_true", help="every rating, in random order: with --limit, a random sample")
    add("--limit", metavar="N", type=positive, help="so many ratings at most, the most doubtful first")
    add("--random", metavar="N", type=positive, help="of them, ratings on which the judges agree, mixed in")
    add("--seed", metavar="N", type=whole, help="of everything random (0)")
    add("--sample-ids", metavar="FILE", help="only the items whose ids stand in the file, one per line")
    add("--csv-out", metavar="FILE", help="no page: write what is to be rated for a spreadsheet")
    add("--csv-in", metavar="FILE", help="no page: take the ratings of a filled-in one (with --rater)")
    add("--export", metavar="FILE", help="no page: all ratings as item,rater,criterion,score for trust agree")
    add("--out", metavar="FILE", help="where ratings are kept (ratings.jsonl in the run's folder)")
    add("--port", metavar="N", type=positive, help="of the page (a free one)")
    add("--data", metavar="FILE|DIR", help="where the run's data is now, if it moved")
    add("--media", metavar="DIR", help="where its clips are now, if they moved")
