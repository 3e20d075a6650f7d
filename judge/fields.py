"""Where a value lies in a record: dotted paths and pieces of text, by a task's field references.

A field that is not there or not text is an error with its name; nothing is guessed.
"""

from __future__ import annotations

from typing import Any

from judge.entries import FieldRef, Ref
from judge.errors import nearest

MOST_PIECES = 1000
"""That a text is split into."""


class Wrong(Exception):
    """What is wrong with one record, and in which field."""

    def __init__(self, key: str, message: str) -> None:
        """Both are for a person."""
        super().__init__(message)
        self.key = key
        self.message = message


class Absent(Wrong):
    """The record has no such field."""


def text_of(value: Any, key: str) -> str:
    """Text, or a whole number as text."""
    if isinstance(value, str) and value.strip():
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    blank = value is None or (isinstance(value, str) and not value.strip())
    raise Wrong(key, "is empty" if blank else f"should be text, found {type(value).__name__}")


def name_of(ref: Ref) -> str:
    """The dotted path."""
    return ref if isinstance(ref, str) else ref.from_


def resolve(ref: Ref, record: dict[str, Any]) -> Any:
    """The value a Ref points at, with its piece of text cut out."""
    if isinstance(ref, str):
        return record[ref] if ref in record else _walk(ref, record)
    field = ref
    value = _walk(field.from_, record)
    if field.names and isinstance(value, str):
        value = field.names.get(value, value)
    if not _cuts(field):
        return value
    if not isinstance(value, str):
        raise Wrong(field.from_, "is not text, so no piece of it can be cut out")
    return _piece(field, value)


def _piece(field: FieldRef, value: str) -> Any:
    """The piece of a text that a reference keeps."""
    if field.after is not None:
        _, found, value = value.partition(field.after)
        if not found:
            raise Wrong(field.from_, f"does not hold {field.after!r}")
    if field.before is not None:
        value, found, _ = value.rpartition(field.before)
        if not found:
            raise Wrong(field.from_, f"does not hold {field.before!r}")
    value = _tidied(field, value)
    if field.split is None:
        return value
    pieces = value.split(field.split, MOST_PIECES)
    if len(pieces) > MOST_PIECES:
        raise Wrong(field.from_, f"has more than {MOST_PIECES:,} pieces")
    return pieces


def _cuts(field: FieldRef) -> bool:
    ways = (field.after, field.before, field.without, field.split, field.first_of)
    return field.strip or field.lower or any(way is not None for way in ways)


def _tidied(field: FieldRef, value: str) -> str:
    """Without a text, without the space around it, in lower case, or just the first of some texts."""
    value = value.replace(field.without, "") if field.without is not None else value
    value = value.strip() if field.strip else value
    value = value.lower() if field.lower else value
    if field.first_of is None:
        return value
    found = next((text for text in field.first_of if text in value), None)
    if found is None:
        raise Wrong(field.from_, f"holds none of {', '.join(field.first_of)}: {value[:80]!r}")
    return found


def _walk(path: str, record: dict[str, Any]) -> Any:
    if path in record:
        return record[path]
    value: Any = record
    for part in path.split("."):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdecimal() and len(part) < 10 and int(part) < len(value):
            value = value[int(part)]
        else:
            known = [str(key) for key in value] if isinstance(value, dict) else []
            raise Absent(path, f"is not a field of this record{nearest(part, known)}")
    return value
