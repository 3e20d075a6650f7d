"""Holds the house's floors and its rules on size; reads the source by `ast` only."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LONGEST_FILE = 400
LONGEST_FUNCTION = 60
MOST_ARGUMENTS = 6

# From the ground up; a module imports from its own floor (without circles) and from floors below it.
FLOORS: tuple[tuple[str, ...], ...] = (
    (
        "providers.errors",
        "providers.records",
        "judge.errors",
        "judge.distributions",
        "judge.stats",
        "judge.delta",
        "judge.paired",
        "judge.visible",
        "judge.shell",
        "judge.folding",
        "judge.metrics.names",
        "judge.regular",
        "judge.tables",
        "judge.cells",
        "judge.sweeping",
    ),
    (
        "judge.records",
        "judge.statuses",
        "judge.metrics",
        "judge.entries",
        "judge.protocol",
        "judge.roles",
        "judge.data_entries",
        "judge.wording",
        "judge.definitions",
        "judge.rubric",
        "judge.suite",
    ),
    (
        "judge.shipped",
        "judge.rows",
        "judge.fields",
        "judge.columns",
        "judge.gold",
        "judge.orderings",
        "judge.spec",
        "judge.joining",
        "judge.datafile",
        "judge.whereabouts",
        "judge.released_wording",
        "judge.dataset",
        "judge.replies",
        "judge.baselines",
        "judge.senses",
    ),
    (
        "judge.prompts",
        "judge.parse",
        "judge.pool",
        "judge.store",
        "judge.lines",
        "judge.standing",
        "judge.damage",
        "judge.importers",
        "judge.writing",
        "judge.check",
        "judge.runs",
        "judge.schema",
        "judge.media",
        "judge.holding",
    ),
    (
        "judge.run",
        "judge.forecast",
        "judge.case",
        "judge.masking",
        "judge.judged_schema",
        "judge.coverage",
        "judge.asking",
        "judge.agent",
        "judge.rules",
        "judge.items",
        "judge.ratings",
        "judge.stored",
        "judge.scores",
        "judge.measures",
        "judge.thinking",
        "judge.votes",
        "judge.rehearsal",
    ),
    (
        "judge.panels",
        "judge.estimates",
        "judge.evaluate",
        "judge.positions",
        "judge.pooling",
        "judge.composites",
        "judge.differing",
    ),
    ("judge.score", "judge.summary", "judge.summary_shape", "judge.suite_folder", "judge.suite_summary"),
    ("judge.report", "judge.verify", "judge.pages", "judge.pairwise", "judge.trust", "judge.revision"),
    ("judge.cli",),
    ("judge.__main__",),
)


def _modules() -> dict[str, Path]:
    found = {}
    for folder in ("judge", "providers"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = _modules()
PACKAGES = {name for name, path in MODULES.items() if path.name == "__init__.py"}


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _imports(path: Path) -> Iterator[str]:
    """Modules of the project that a file imports, those inside functions too."""
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module in MODULES:
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from ([name for name in inner if name in MODULES] or [node.module])


def _floor(module: str) -> int:
    fits = [
        (len(name), floor)
        for floor, names in enumerate(FLOORS)
        for name in names
        if module == name or module.startswith(name + ".")
    ]
    assert fits, f"{module} has no floor: give it one in FLOORS"
    return max(fits)[1]


def _functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for name, path in MODULES.items():
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{name}.{node.name}", node


def _in_judge() -> list[str]:
    return [name for name in MODULES if name.startswith("judge.") and name not in PACKAGES]


def test_a_module_of_judge_imports_only_from_its_own_floor_and_those_below() -> None:
    up = [
        f"{name} (floor {_floor(name)}) imports {other} (floor {_floor(other)})"
        for name in _in_judge()
        for other in _imports(MODULES[name])
        if other.startswith("judge.") and other not in PACKAGES and _floor(other) > _floor(name)
    ]
    assert not up, "\n".join(up)


def test_there_is_no_circle_of_imports() -> None:
    edges = {name: {other for other in _imports(path) if other not in PACKAGES} for name, path in MODULES.items()}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join([*trail, name])
        if name not in done:
            for other in edges[name] - {name}:
                visit(other, (*trail, name))
            done.add(name)

    for name in edges:
        visit(name, ())


def test_providers_know_nothing_of_judge() -> None:
    wrong = [
        f"{name} imports {other}"
        for name, path in MODULES.items()
        if name.startswith("providers")
        for other in _imports(path)
        if other.startswith("judge")
    ]
    assert not wrong


def test_judge_outside_its_command_line_sees_only_the_records_and_errors_of_providers() -> None:
    wrong = [
        f"{name} imports {other}"
        for name in _in_judge()
        if not name.startswith("judge.cli")
        for other in _imports(MODULES[name])
        if other.startswith("providers") and other not in ("providers.records", "providers.errors")
    ]
    assert not wrong


def test_only_the_command_line_prints_exits_or_reads_the_environment() -> None:
    wrong = []
    for name, path in MODULES.items():
        if name.startswith("judge.cli") or name == "judge.__main__":
            continue
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.Name) and node.id in ("print", "exit", "SystemExit"):
                wrong.append(f"{name}:{node.lineno}: {node.id}")
            if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv"):
                wrong.append(f"{name}:{node.lineno}: {node.attr}")
    # LiteLLM takes its switches from the environment only; the SDKs' own reading of proxies is replaced in one place
    allowed = ("providers.litellm_library:", "providers.proxy:")
    assert [line for line in wrong if not line.startswith(allowed)] == []


@pytest.mark.parametrize(
    "path", sorted([*MODULES.values(), *(ROOT / "tests").glob("*.py")]), ids=lambda path: path.name
)
def test_no_file_is_longer_than_400_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


def test_no_function_is_longer_than_60_lines_or_takes_more_than_6_arguments() -> None:
    wrong = []
    for name, node in _functions():
        arguments = [item.arg for item in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]]
        count = len([argument for argument in arguments if argument not in ("self", "cls")])
        length = (node.end_lineno or node.lineno) - node.lineno + 1
        if length > LONGEST_FUNCTION or count > MOST_ARGUMENTS:
            wrong.append(f"{name}: {length} lines, {count} arguments")
    assert not wrong


def test_a_function_of_four_or_more_takes_the_third_by_keyword() -> None:
    """Callbacks, which are called through one signature, may take all by position."""
    callbacks = {"mmla", "json_exact", "vote_2024", "stored_2024", "emobench_m", "emobench_m_labels"}
    wrong = []
    for name, node in _functions():
        positional = [item.arg for item in [*node.args.posonlyargs, *node.args.args] if item.arg not in ("self", "cls")]
        if len(positional) > 3 and node.name not in callbacks:
            wrong.append(f"{name}({', '.join(positional)})")
    assert not wrong


def test_every_module_says_what_it_is_for() -> None:
    assert [name for name, path in MODULES.items() if not ast.get_docstring(_tree(path))] == []


def test_a_package_face_defines_nothing_but_the_version() -> None:
    wrong = []
    for name in PACKAGES:
        for node in _tree(MODULES[name]).body:
            version = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__version__"
            docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            if not version and not docstring:
                wrong.append(f"{name}: {ast.unparse(node)[:60]}")
    assert not wrong


def test_no_file_is_a_drawer_for_odds_and_ends_or_named_after_a_library() -> None:
    stems = {path.stem for path in MODULES.values()}
    drawers = {"utils", "util", "common", "helpers", "misc", "tools"}
    libraries = {"litellm", "openai", "anthropic", "transformers", "tenacity", "nltk", "yaml", "pydantic", "aiohttp"}
    # a module inside a package cannot shadow the standard library: html and numbers here are ours, by their folder
    allowed = {"html", "numbers", "text", "errors", "run", "__init__", "__main__"}
    assert stems & (drawers | libraries | (set(sys.stdlib_module_names) - allowed)) == set()
