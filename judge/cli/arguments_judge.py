"""The options that every command with a judge has, with their help; nothing else is imported here."""

from __future__ import annotations

import argparse

from judge.cli.values import dollars, number_or_none, positive, seconds


def which(parser: argparse.ArgumentParser, *, accepts: bool = True) -> None:
    """The judge's model and server."""
    add = parser.add_argument
    add("--model", help="the judge's model in place of its preset's")
    add("--base-url", metavar="URL", help="the judge's server (--judge endpoint), or a proxy")
    if accepts:
        add("--accepts", metavar="LIST", help="forms that the judge takes: text,frames,audio (its preset's)")
        add("--media", metavar="DIR", help="where the runs' clips are, for rubrics that show them to the judge")


def asked(parser: argparse.ArgumentParser, *, schema: bool = True, weigh: bool = True) -> None:
    """How it is asked."""
    add = parser.add_argument
    add("--temperature", metavar="T|none", type=number_or_none, help="the judge's; none: send none")
    if schema:
        add("--schema", choices=["auto", "on", "off"], default="auto",
            help="hold its replies to a JSON schema; auto: of vendors' models that are known to take one")  # fmt: skip
    if weigh:
        add("--weigh", choices=["logprobs"], help="ratings of answers by the judge's own probabilities (G-Eval)")


def spent(parser: argparse.ArgumentParser) -> None:
    """What it may take, and where its data may go."""
    add = parser.add_argument
    add("--concurrency", metavar="N", type=positive, help="judge calls in flight (the preset's)")
    add("--patience", metavar="S", type=seconds, help="stop after S seconds without any success (300; 0: do not wait)")
    add("--cache", metavar="DIR|off", help="stored replies ($JUDGE_CACHE, else .judge-cache)")
    add("--max-cost", metavar="USD", type=dollars, help="stop before more than this is spent")
    add("--local-only", action="store_true", help="refuse judges that send data out")
