"""What no line of this project may do, whoever writes it: by `ast` over judge, providers, bench, tests and samples.

Each rule is shown to catch what it forbids.
"""

# ruff: noqa: E501  tables of snippets

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("judge", "providers", "bench", "tests", "tasks")

IMPORTS = {
    "pickle", "_pickle", "cPickle", "dill", "marshal", "shelve", "joblib", "cloudpickle", "diskcache", "sqlitedict",
    "xml", "lxml", "mako", "chameleon", "pty", "telnetlib",
}  # fmt: skip
"""Modules that build objects from bytes, resolve entities, or render templates as code."""
BUILTINS = {"eval", "exec", "compile", "__import__"}
CALLS = {
    "os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput", "tempfile.mktemp",
    "shutil.unpack_archive", "ssl._create_unverified_context", "yaml.unsafe_load", "yaml.unsafe_load_all",
    "yaml.full_load", "yaml.full_load_all", "yaml.load_all", "jinja2.Template", "jinja2.Environment",
    "builtins.eval", "builtins.exec", "builtins.compile", "asyncio.create_subprocess_shell",
}  # fmt: skip
METHODS = {"extractall", "unpack_archive", "create_subprocess_shell"}
NAMES = {
    "yaml.Loader", "yaml.UnsafeLoader", "yaml.FullLoader", "yaml.CLoader", "yaml.CUnsafeLoader", "yaml.CFullLoader",
    "ssl.CERT_NONE",
}  # fmt: skip
SAFE_LOADERS = {"_Plain", "yaml.SafeLoader", "yaml.CSafeLoader"}
"""providers/preset.py's _Plain is a SafeLoader that refuses aliases, too."""
KEYWORDS = {
    "verify": False, "weights_only": False, "check_hostname": False, "ssl": False, "verify_ssl": False,
    "trust_remote_code": True, "allow_pickle": True, "shell": True, "resolve_entities": True,
}  # fmt: skip
"""Values that may not be written down; where one comes from a user's flag, the flag's code is what decides."""

OF_TESTS = (".format()", "trust_remote_code")
"""What tests may do: their templates are their own, and the flag has to be tried."""


def faults(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, what is forbidden there) of a module."""
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((line, text) for text in _import(node))
        elif isinstance(node, ast.Call):
            yield from ((line, text) for text in _call(node))
        elif isinstance(node, ast.Attribute) and _dotted(node) in NAMES:
            yield line, _dotted(node)


def _dotted(node: ast.expr) -> str:
    """a.b.c where an expression is no more than that, else an empty text; `ast.unparse` takes ten times as long."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def _import(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    named = [alias.name for alias in node.names]
    modules = named if isinstance(node, ast.Import) else [node.module or ""]
    yield from (f"import {module}" for module in modules if module.partition(".")[0] in IMPORTS)
    if isinstance(node, ast.ImportFrom):
        whole = [f"{node.module}.{name}" for name in named]
        yield from (f"from {name}" for name in whole if name in CALLS | NAMES or name == "builtins.__import__")


def _call(node: ast.Call) -> Iterator[str]:
    called = _dotted(node.func) or (f"().{node.func.attr}" if isinstance(node.func, ast.Attribute) else "")
    if isinstance(node.func, ast.Name) and called in BUILTINS:
        yield f"{called}()"
    if called in CALLS or (isinstance(node.func, ast.Attribute) and node.func.attr in METHODS):
        yield f"{called}()"
    keywords = {item.arg: item.value for item in node.keywords if item.arg is not None}
    for name, value in keywords.items():
        if name in KEYWORDS and isinstance(value, ast.Constant) and value.value is KEYWORDS[name]:
            yield f"{name}={value.value}"
    if called == "yaml.load" and ast.unparse(_loader(node, keywords)) not in SAFE_LOADERS:
        yield "yaml.load() without a safe loader"
    if called == "torch.load" and ast.unparse(keywords.get("weights_only", ast.Constant(None))) != "True":
        yield "torch.load() without weights_only=True"
    if isinstance(node.func, ast.Attribute) and node.func.attr in ("format", "format_map"):
        yield from _format(node.func)
    if "shell" in keywords and not isinstance(keywords["shell"], ast.Constant):
        yield "shell="


def _loader(node: ast.Call, keywords: dict[str, ast.expr]) -> ast.expr:
    return keywords.get("Loader") or (node.args[1] if len(node.args) > 1 else ast.Constant(None))


def _format(function: ast.Attribute) -> Iterator[str]:
    """A format string is a small program: `{0.__class__}` reads attributes, `{:>999999999}` takes a gigabyte."""
    if not (isinstance(function.value, ast.Constant) and isinstance(function.value.value, str)):
        yield f".{function.attr}() of a text that does not stand there"


@functools.cache
def _files() -> dict[Path, ast.Module]:
    found = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in found}


def test_nothing_that_is_forbidden_stands_in_this_project() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {what}"
        for path, tree in _files().items()
        for line, what in faults(tree)
        if not (path.is_relative_to(ROOT / "tests") and what.startswith(OF_TESTS))
    ]
    assert len(_files()) > 200
    assert not wrong, "\n".join(wrong)


FORBIDDEN = (
    "import pickle", "import dill as d", "import marshal", "import shelve", "from joblib import load", "import cloudpickle",
    "from pickle import loads", "import xml.etree.ElementTree as tree", "from xml.sax import parse", "import lxml.etree",
    "from mako.template import Template", "from jinja2 import Environment", "from jinja2 import Template",
    "eval(text)", "exec(text)", "compile(text, '', 'exec')", "__import__(name)", "import builtins; builtins.eval(x)",
    "yaml.load(text)", "yaml.load(text, Loader=yaml.Loader)", "yaml.load(text, yaml.FullLoader)", "yaml.unsafe_load(text)",
    "yaml.full_load(text)", "yaml.compose(text, Loader=yaml.UnsafeLoader)", "jinja2.Environment()", "jinja2.Template(text)",
    "subprocess.run(line, shell=True)", "subprocess.run(line, shell=wish)", "os.system(line)", "os.popen(line)",
    "subprocess.getoutput(line)", "asyncio.create_subprocess_shell(line)", "tar.extractall(folder)",
    "shutil.unpack_archive(name)", "tempfile.mktemp()", "from tempfile import mktemp", "requests.get(url, verify=False)",
    "session.get(url, ssl=False)", "context.verify_mode = ssl.CERT_NONE", "torch.load(path)",
    "torch.load(path, weights_only=False)", "load(path, weights_only=False)", "np.load(path, allow_pickle=True)",
    "AutoModel.from_pretrained(name, trust_remote_code=True)", "text.format(a=1)", "prompts['x'].format_map(record)",
    "f'{x}'.format(1)",
)  # fmt: skip
HARMLESS = (
    "re.compile(pattern)", "model.eval()", "'{:>5}'.format(1)", "yaml.load(text, Loader=_Plain)", "yaml.safe_load(text)",
    "yaml.compose(text, Loader=yaml.SafeLoader)", "load(path, weights_only=True)", "subprocess.run([program])",
    "from jinja2 import TemplateError", "from jinja2.sandbox import ImmutableSandboxedEnvironment", "tempfile.mkdtemp()",
    "load(name, trust_remote_code=settings.trust_remote_code)", "torch.load(path, weights_only=True)", "import html",
)  # fmt: skip


@pytest.mark.parametrize("snippet", FORBIDDEN)
def test_the_gate_catches(snippet: str) -> None:
    assert list(faults(ast.parse(snippet)))


@pytest.mark.parametrize("snippet", HARMLESS)
def test_the_gate_lets_pass(snippet: str) -> None:
    assert not list(faults(ast.parse(snippet)))


def test_remote_code_runs_by_its_flag_only_and_at_a_pinned_commit() -> None:
    """The one place where it is switched on is the flag, and a hub id without a commit is refused with it."""
    given = [
        f"{path.relative_to(ROOT)}: {ast.unparse(item)}"
        for path, tree in _files().items()
        if path.is_relative_to(ROOT / "providers") or path.is_relative_to(ROOT / "judge")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for item in node.keywords
        if item.arg == "trust_remote_code"
    ]
    assert given == ["judge/cli/providing.py: trust_remote_code=options.trust_remote_code"]
