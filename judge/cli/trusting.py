"""`judge trust ...`: one module for each of its actions, imported when it is asked for."""

from __future__ import annotations

import argparse
import importlib

ACTIONS = {
    "agree": ("judge.cli.trust_agree", "agree"),
    "correct": ("judge.cli.trust_correct", "correction"),
    "pairs": ("judge.cli.trust_pairs", "pairs"),
    "sufficiency": ("judge.cli.trust_sufficiency", "sufficiency"),
    "controls": ("judge.cli.trust_controls", "controls"),
    "card": ("judge.cli.trust_card", "card"),
    "probe": ("judge.cli.trust_probe", "probe"),
}
"""Each action's module and function."""


def trust(options: argparse.Namespace) -> int:
    """Carry out one action."""
    module, function = ACTIONS[options.action]
    return int(getattr(importlib.import_module(module), function)(options))
