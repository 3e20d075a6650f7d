"""Every regular expression in the source, found by `ast`, and hostile texts made from its own pieces."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from re import _constants as kinds  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, NamedTuple

KINDS = ("final", "concluded", "stated", "doubt", "minor", "undecided", "corrected", "ranked")
ROOT = Path(__file__).resolve().parents[2]
CALLS = ("compile", "search", "match", "fullmatch", "sub", "subn", "split", "findall", "finditer")
LONG = 100_000
MADE_AT_RUN_TIME = {
    "judge/parse/cues.py": [f"cue {kind}" for kind in KINDS],
    "judge/parse/predicates.py": ["predicate final", "predicate doubt"],
    "judge/parse/refusals.py": ["refusal start", "refusal anywhere"],
    "judge/parse/letters.py": ["_ordinal"],
    "judge/masking.py": ["Mask"],
    "judge/parse/quoted.py": ["_begun", "_pairs_of"],
    "judge/parse/faithful_emobench_m.py": ["_any_of"],
    "judge/visible.py": ["_UNSEEN"],
    "judge/trust/families.py": ["family_of"],
}
"""Patterns that are put together from labels, options or keys; each has an instance in test_regexes."""


class Found(NamedTuple):
    """One call of re: where, and its pattern, or None where it is made at run time."""

    place: str
    pattern: str | None
    flags: int
    anchored: bool
    """Only ever used to match from the beginning of a text."""


def found_in_source() -> list[Found]:
    """Every call of re in judge/ and providers/."""
    found: list[Found] = []
    for folder in ("judge", "providers"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = str(path.relative_to(ROOT))
            source = path.read_text(encoding="utf-8")
            calls = [node for node in ast.walk(ast.parse(source)) if _is_call(node)]
            if calls:
                module = importlib.import_module(name[:-3].replace("/", "."))
                found += [_resolved(node, name, vars(module), source) for node in calls]
    return found


def _is_call(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "re"
        and node.func.attr in CALLS
    )


def _anchored(node: Any, source: str) -> bool:
    named = re.match(r"(\w{1,60})(?:: [^=]{1,60})? = ", source.splitlines()[node.lineno - 1])
    uses = re.findall(rf"\b{named[1]}\.(\w{{1,20}})\(", source) if named else [node.func.attr]
    return bool(uses) and set(uses) <= {"match", "fullmatch"}


def _resolved(node: Any, path: str, names: dict[str, Any], source: str) -> Found:
    place = f"{path}:{node.lineno}"
    flags = 0
    for argument in [*node.args[1:], *(keyword.value for keyword in node.keywords)]:
        for item in ast.walk(argument):
            if isinstance(item, ast.Attribute) and isinstance(getattr(re, item.attr, None), re.RegexFlag):
                flags |= getattr(re, item.attr)
    return Found(place, _text(node.args[0], names), flags, _anchored(node, source))


def _text(node: ast.expr, names: dict[str, Any]) -> str | None:
    """A literal, or one that holds constants of its module; None for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Constant) and isinstance(node.value, bytes):
        return node.value.decode("latin-1")
    if isinstance(node, ast.Name) and isinstance(names.get(node.id), str):
        return str(names[node.id])
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        sides = [_text(node.left, names), _text(node.right, names)]
        return None if None in sides else "".join(filter(None, sides))
    if isinstance(node, ast.JoinedStr):
        parts = [_text(part.value if isinstance(part, ast.FormattedValue) else part, names) for part in node.values]
        return None if None in parts else "".join(part for part in parts if part is not None)
    return None


def _inner(kind: Any, value: Any) -> list[Any]:
    """The patterns inside an item of a pattern."""
    if kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT, kinds.POSSESSIVE_REPEAT):
        return [value[2]]
    if kind is kinds.SUBPATTERN:
        return [value[3]]
    if kind is kinds.BRANCH:
        return list(value[1])
    return [value[1]] if kind in (kinds.ASSERT, kinds.ASSERT_NOT) else []


def _sample(tree: Any) -> Iterator[str]:
    """Pieces that match parts of a pattern: each literal run, and a member or two of each class."""
    run = ""
    for kind, value in [*tree, (None, None)]:
        if kind is kinds.LITERAL:
            run += chr(value)
            continue
        if run:
            yield run
        run = ""
        if kind is kinds.IN:
            yield from _members(value)
        for inner in _inner(kind, value):
            yield from _sample(inner)


def _members(items: Any) -> Iterator[str]:
    of = {kinds.CATEGORY_DIGIT: "1", kinds.CATEGORY_SPACE: " ", kinds.CATEGORY_WORD: "a"}
    for kind, value in items:
        if kind is kinds.LITERAL:
            yield chr(value)
        elif kind is kinds.RANGE:
            yield chr(value[0])
        elif kind is kinds.CATEGORY:
            yield of.get(value, "-")


def one_match(tree: Any) -> str:
    """A text that the pattern matches, or nearly: the first way at each turn, each repeat at least once."""
    parts: list[str] = []
    for kind, value in tree:
        if kind is kinds.LITERAL:
            parts.append(chr(value))
        elif kind is kinds.IN:
            parts.append(next(_members(value), "x"))
        elif kind is kinds.ANY:
            parts.append("x")
        elif kind not in (kinds.ASSERT, kinds.ASSERT_NOT) and _inner(kind, value):
            least = value[0] if kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT) else 1
            parts.append(one_match(_inner(kind, value)[0]) * max(1, least))
    return "".join(parts)


def attacks(pattern: str, flags: int, size: int = LONG) -> dict[str, str]:
    """Ten shapes of hostile text, each of `size` characters, made from the pattern itself."""
    tree = parser.parse(pattern, flags)
    pieces = list(dict.fromkeys(piece for piece in _sample(tree) if piece)) or ["a"]
    whole = one_match(tree) or "a"
    longest = max(pieces, key=len)
    classes = [piece for piece in pieces if len(piece) == 1] or pieces
    shapes = {
        "each piece, over and over": "".join(piece * (size // len(pieces) // len(piece) + 1) for piece in pieces),
        "all pieces in turn": "".join(pieces),
        "a match without its end": whole[:-1] or whole,
        "whole matches": whole,
        "first piece, then a flood": pieces[0] + classes[-1] * size,
        "two members in turn": classes[0] + classes[-1],
        "blanks": " \t\u00a0",
        "line ends": f"{pieces[0]}\n",
        "nested bait": f"{longest}a a1 ",
        "digits, marks and other scripts": "1,1.é不\u0301\ud800\x00\U0001f602",
    }
    return {name: _long(shape, size) + "\x01" for name, shape in shapes.items()}


def _long(text: str, size: int) -> str:
    return (text * (size // len(text) + 1))[:size]
