"""Where a value lies in a record: dotted paths and pieces of text, by a task's field references.

A field that is not there or not text is an error with its name; nothing is guessed.
"""

from __future__ import annotations

import math
import re
from typing import Any

from judge.entries import FieldRef, Ref
from judge.errors import nearest
from judge.folding import composed

_WHOLE = re.compile(r"(-?(?:0|[1-9][0-9]{0,14}))(?:\.0)?")
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
    if isinstance(value, bool) or (isinstance(value, float) and math.isfinite(value)):
        word = forms_of(value)[-1 if isinstance(value, float) else 1]
        mend = f"give it a name: {{from: ..., names: {{{word}: ...}}}}"
        raise Wrong(key, f"should be text, found {type(value).__name__} {word[:40]}; {mend}")
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
    if field.names:
        value = [_named(field, item) for item in value] if isinstance(value, list) else _named(field, value)
    if not _cuts(field):
        return value
    if not isinstance(value, str):
        raise Wrong(field.from_, "is not text, so no piece of it can be cut out")
    return _piece(field, value)


def forms_of(value: Any) -> tuple[str, ...]:
    """The texts by which a task file may mean a value: true for a boolean, 0 and 0.0 for a number; () for others."""
    if isinstance(value, bool) or (isinstance(value, str) and value.casefold() in ("true", "false")):
        word = str(value)
        return tuple(dict.fromkeys((composed(word), word.casefold(), word.capitalize(), word.upper())))
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return repr(value), str(int(value))
    if isinstance(value, int):
        return str(value), f"{value}.0"
    if isinstance(value, str):
        whole = _WHOLE.fullmatch(value)  # pandas writes 1 as 1.0 where a cell of its column is empty
        return (value, whole[1], f"{whole[1]}.0") if whole else (composed(value),)
    return (repr(value),) if isinstance(value, float) else ()


def _named(field: FieldRef, value: Any) -> Any:
    return next((field.names[form] for form in forms_of(value) if form in field.names), value)


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
    text_there = composed(value)
    found = next((text for text in field.first_of if text in text_there), None)
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
            same = [key for key in value if composed(str(key)) == composed(part)] if isinstance(value, dict) else []
            if len(same) == 1:
                value = value[same[0]]
                continue
            known = [str(key) for key in value] if isinstance(value, dict) else []
            raise Absent(path, f"is not a field of this record{nearest(part, known)}")
    return value
