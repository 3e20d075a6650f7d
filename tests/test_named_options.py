"""No message, help text or card names an option that no command has."""

from __future__ import annotations

import argparse
import ast
import re
from collections.abc import Iterator

from command import ROOT

from judge.cli.arguments import build

_OPTION = re.compile(r"(?<![\w-])--[a-z]+(?:-[a-z0-9]+)*(?![\w-])")
OTHERS = frozenset({"--require-hashes", "--no-deps", "--no-build-isolation", "--help", "--version", "--max-model-len"})
"""Options of other programs, and the dashes in the names of folders."""


def options_of(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        yield from action.option_strings
        if isinstance(action, argparse._SubParsersAction):
            for child in action.choices.values():
                yield from options_of(child)


def texts() -> Iterator[tuple[str, str]]:
    """Every string of the code but docstrings, style sheets and pages."""
    for path in sorted((ROOT / "judge").rglob("*.py")):
        if path.name in ("style.py", "html.py"):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
                yield str(path.relative_to(ROOT)), node.value


def test_every_option_that_is_named_exists() -> None:
    known = {*options_of(build()), *OTHERS}
    named = [(file, option) for file, text in texts() for option in _OPTION.findall(text)]
    assert len(named) > 300
    assert sorted({(file, option) for file, option in named if option not in known}) == []


def _trust() -> dict[str, set[str]]:
    """The options of each action of `judge trust`."""
    commands = next(one for one in build()._actions if isinstance(one, argparse._SubParsersAction)).choices
    actions = next(one for one in commands["trust"]._actions if isinstance(one, argparse._SubParsersAction)).choices
    return {name: set(options_of(parser)) for name, parser in actions.items()}


def test_an_option_that_a_card_names_belongs_to_the_action_that_it_names() -> None:
    """Where no action is named, to the one that made the card."""
    known = _trust()
    found = []
    for file, text in texts():
        if not file.startswith("judge/trust/card/"):
            continue
        for part in text.split(";"):
            named = re.search(r"trust ([a-z]+)", part)
            action = named[1] if named else "card"
            found += [(file, action, option) for option in _OPTION.findall(part)]
    assert found
    assert [one for one in found if one[2] not in known[one[1]]] == []
