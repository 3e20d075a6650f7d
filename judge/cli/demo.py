"""`judge demo`: the humor task offline, from run to report: recorded replies beside two baselines."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from judge.cli.main import COMPLETE, parsed
from judge.cli.reporting import report
from judge.cli.running import run
from judge.cli.scoring import score
from judge.cli.terminal import say
from judge.shell import NAME, command

PROVIDERS = ("replay", "majority", "random")


def demo(options: argparse.Namespace) -> int:
    """The same commands that a person would type, shown as they are carried out."""
    out = Path(options.out) / "demo"
    say("The replies of `replay` were written by hand for this demo: right and wrong, well and badly reasoned,")
    say("refused, truncated. No model was asked. The judge is `rules`, a heuristic that works offline.")
    worst = COMPLETE
    for name in PROVIDERS:
        line = ["run", "tasks/humor.yaml", "--provider", name, "--prompt", "cot", "--seed", "1", "--out", str(out)]
        _announce(line)
        worst = max(worst, run(parsed(line)))
    line = ["score", str(out)]
    _announce(line)
    worst = max(worst, score(parsed(line)))
    line = ["report", str(out)]
    _announce(line)
    worst = max(worst, report(parsed(line)))
    if Path(sys.prefix).name == ".venv" and "VIRTUAL_ENV" not in os.environ and command() != NAME:
        installed = " and the command judge" if (Path(sys.prefix) / "bin" / NAME).exists() else ""
        say()
        say(f"Below, python is the one of .venv; this brings it{installed}:  . .venv/bin/activate")
    say()
    say("One answer from prompt to scores:")
    say(f"  {command('show', _run_of(out, 'replay'), 'h-008')}")
    say("A real model, with its key set, or on your own server:")
    say(f"  export GEMINI_API_KEY=...  &&  {command('run', 'tasks/humor.yaml', '--provider', 'gemini')}")
    where = ["--base-url", "http://localhost:8000/v1", "--model", "NAME"]
    say(f"  {command('run', 'tasks/humor.yaml', '--provider', 'endpoint', *where)}")
    say(f"  {command('score', 'results/')}")
    say("A model as the judge:")
    say(f"  {command('score', 'results/', '--judge', 'gemini', '--rubric', 'rubrics/humor.yaml')}")
    return worst


def _announce(line: list[str]) -> None:
    say()
    say(f"$ {command(*line)}")


def _run_of(out: Path, provider: str) -> Path:
    return next(iter(sorted(out.glob(f"humor--{provider}--*"))))
