"""A YAML file as plain values with the line of every key; a stranger's file cannot build objects here.

Refused: tags, aliases, duplicate keys, merges, dates, odd numbers; files over 1 MiB, with too many values or too deep.
"""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import yaml

from judge.errors import Fault, JudgeError
from judge.regular import is_file, read_regular

LARGEST = 2**20
DEEPEST = 40
MOST_VALUES = 10_000
ENDINGS = (".yaml", ".yml")
Path_ = tuple[str | int | float, ...]
_PLAIN = ("str", "int", "float", "bool", "null", "map", "seq", "timestamp", "merge", "value")
_PLAIN_TAGS = frozenset(f"tag:yaml.org,2002:{name}" for name in _PLAIN)
# libyaml's, where PyYAML was built with it, is ten times as fast. Its parser has no recursion, its composer has: what
# is nested some thousand levels deep would end the process, so that the depth is measured before anything is composed.
_FAST: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MOST_NESTING = 100
NAMED = ("names",)
"""The key of mappings from the values of records to names."""
_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?(0|[1-9][0-9]*)?\.[0-9]+([eE][-+]?[0-9]+)?\Z|[-+]?[0-9]+\.\Z")


@dataclasses.dataclass(slots=True, kw_only=True)
class Document:
    """A parsed file: its value, where each key stands, and what was wrong on the way."""

    file: str
    value: Any = None
    lines: dict[Path_, int] = dataclasses.field(default_factory=dict)
    faults: list[Fault] = dataclasses.field(default_factory=list)
    written: dict[Path_, str] = dataclasses.field(default_factory=dict)
    """How unquoted words and numbers stand in the file: yes, 012, 1e3."""

    def line(self, path: Path_) -> int | None:
        """The line of the key, or of the nearest key above it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)

    def add(self, path: Path_, message: str) -> None:
        """Note a fault at a key."""
        key = ".".join(str(part) for part in path)
        self.faults.append(Fault(self.file, self.line(path), key, message))


def load(path: Path, shown: str | None = None) -> Document:
    """Read a file; syntax faults are in the document, an unreadable file raises JudgeError."""
    document = Document(file=shown or str(path))
    text = _text_of(path, document)
    if text is None:
        return document
    try:
        if not _measured(text, document):
            return document
        node = yaml.compose(text, Loader=_FAST)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = mark.line + 1 if mark else None
        problem = str(error.problem or error.context)[:200]
        document.faults.append(Fault(document.file, line, "", f"is not YAML: {problem}"))
        return document
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        number = error.character if isinstance(error.character, int) else ord(str(error.character)[:1])
        message = f"is not YAML: the character U+{number:04X} is not allowed"
        document.faults.append(Fault(document.file, line, "", message))
        return document
    except (yaml.YAMLError, RecursionError, ValueError) as error:  # "\UFFFFFFFF" is a ValueError of chr
        document.add((), f"is not YAML: {str(error).splitlines()[0][:120]}")
        return document
    if not isinstance(node, yaml.MappingNode):
        document.add((), "should be a mapping of keys to values")
        return document
    _Reader(document).read(node)
    return document


def _text_of(path: Path, document: Document) -> str | None:
    """The file's text; what a link leads to must be called a YAML file, too: it is not for reading anything else."""
    try:
        if is_file(path) and path.resolve().suffix.lower() not in ENDINGS:
            raise JudgeError(Fault(document.file, None, "", f"is no YAML file: {' or '.join(ENDINGS)} is its ending"))
        if is_file(path) and path.stat().st_size > LARGEST:
            document.add((), f"is larger than {LARGEST // 2**20} MiB: no task or rubric needs that")
            return None
        return read_regular(path, LARGEST).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise JudgeError(Fault(document.file, None, "", f"cannot be read: {reason}")) from error


def _measured(text: str, document: Document) -> bool:
    """True where the document is small enough to be composed: neither too deep nor of too many values."""
    depth = values = 0
    for event in yaml.parse(text, Loader=_FAST):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        values += isinstance(event, yaml.NodeEvent)
        line = event.start_mark.line + 1 if event.start_mark else None
        if depth > MOST_NESTING:
            document.faults.append(Fault(document.file, line, "", f"is nested more than {DEEPEST} levels deep"))
            return False
        if values > MOST_VALUES:
            text = f"has more than {MOST_VALUES:,} values: items belong into a data file"
            document.faults.append(Fault(document.file, line, "", text))
            return False
    return True


def _boolean(text: object) -> str:
    """The word true or false in small letters; empty for all else: yes, no, on and off are words, too."""
    word = str(text).lower()
    return word if word in ("true", "false") else ""


class _Reader:
    """Turns nodes into values, noting lines and faults."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.seen: set[int] = set()

    def read(self, node: yaml.Node) -> None:
        self.document.value = self._value(node, ())

    def _value(self, node: yaml.Node, path: Path_) -> Any:
        if id(node) in self.seen:  # its own line is where it was first written; the key's is where it is used
            self.document.add(path, "aliases (*name) are not allowed: write the value out")
            return None
        self.seen.add(id(node))
        self.document.lines.setdefault(path, node.start_mark.line + 1)
        if self._tagged(node, path):
            return None
        if len(path) > DEEPEST:
            self.document.add(path[:3], f"is nested more than {DEEPEST} levels deep")
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                if id(item) in self.seen:
                    self.document.lines[*path, index] = node.start_mark.line + 1
            return [self._value(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, path)

    def _mapping(self, node: yaml.MappingNode, path: Path_) -> dict[Any, Any]:
        result: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self.document.faults.append(Fault(self.document.file, line, "", "a key must be a single word"))
                continue
            if self._tagged(key_node, (*path, key_node.value)):
                continue
            if key_node.value == "<<" and not key_node.style:
                self.document.faults.append(Fault(self.document.file, line, "<<", "merge keys are not allowed"))
                continue
            key = self._key(key_node, path)
            if isinstance(key, bool) or key is None:
                self._unquoted((*path, key_node.value), key_node)
                key = key_node.value
            here = (*path, key)
            self.document.lines[here] = line
            truth = _boolean(key) if path[-1:] == NAMED else ""
            if key in result or (truth and truth in map(_boolean, result)):
                self.document.add(here, "stands twice; the second would silently replace the first")
            result[key] = self._value(value_node, here)
            self.document.lines[here] = line
        return result

    def _key(self, node: yaml.ScalarNode, path: Path_) -> Any:
        """A key; below `names`, where values of records stand, a number or true is the text by which it is written."""
        key = self._scalar(node, (*path, node.value))
        if path[-1:] != NAMED or key is None:
            return key
        if isinstance(key, bool):
            return _boolean(node.value) or key
        return str(key) if isinstance(key, int | float) else key

    def _tagged(self, node: yaml.Node, path: Path_) -> bool:
        if node.tag in _PLAIN_TAGS:
            return False
        self.document.lines.setdefault(path, node.start_mark.line + 1)
        self.document.add(path, f"the tag {node.tag} is not allowed: tags can build objects")
        return True

    def _unquoted(self, path: Path_, node: yaml.ScalarNode) -> None:
        self.document.lines.setdefault(path, node.start_mark.line + 1)
        word = node.value[:60]
        self.document.add(path, f'{word or "an empty key"} is not text in YAML; write "{word}" with quotes')

    def _scalar(self, node: yaml.Node, path: Path_) -> Any:
        text = str(node.value)
        kind = node.tag.rsplit(":", 1)[-1]
        if kind in ("str", "timestamp", "value", "merge"):
            return text
        self.document.written[path] = text
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() in ("yes", "true", "on", "y")
        if _INT.match(text) and len(text) < 19:
            return int(text)
        if _FLOAT.match(text) and len(text) < 40:
            return float(text)
        self.document.lines.setdefault(path, node.start_mark.line + 1)
        self.document.add(path, f"{text[:60]} is an odd way to write a number; write it plainly, or quote it as text")
        return None
