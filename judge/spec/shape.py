"""Holds a document against its pydantic model and says each difference in plain words, with its line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from judge.errors import Fault, nearest
from judge.spec.source import Document, Path_

Model = TypeVar("Model", bound=BaseModel)

MOST_FAULTS = 50
"""Of one file that are said."""
EMPTY = "is empty"
"""Of a value that was refused, this is no news."""
_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "tuple_type": "a list, e.g. [one, two]",
    "dict_type": "a mapping of keys to values",
    "model_type": "a mapping of keys to values",
    "model_attributes_type": "a mapping of keys to values",
}


def validate(document: Document, model: type[Model]) -> Model | None:
    """The model, or None with the faults in the document."""
    if not isinstance(document.value, dict):
        return None
    try:
        return model.model_validate(document.value)
    except ValidationError as error:
        said: set[tuple[Path_, str]] = set()
        for item in error.errors(include_url=False):
            if len(said) > MOST_FAULTS:
                break
            path = _place(document, item["loc"])
            message = _message(document, path, item=dict(item), model=model)
            if message and (path, message) not in said:
                said.add((path, message))
                document.add(path, message)
        return None


def _place(document: Document, loc: tuple[int | str, ...]) -> Path_:
    """The part of pydantic's location that stands in the file: names of union members are left out."""
    path: Path_ = ()
    for position, part in enumerate(loc):
        last = position == len(loc) - 1
        if (*path, part) in document.lines or (last and isinstance(part, str) and part not in _BRANCHES):
            path = (*path, part)
            continue
        number = next((key for key in _keys_below(document, path) if str(key) == str(part)), None)
        if number is not None:
            path = (*path, number)
    return path


_BRANCHES = {"str", "FieldRef", "[key]", "is-instance[FieldRef]"}


def _keys_below(document: Document, path: Path_) -> list[str | int | float]:
    value = _at(document, path)
    if isinstance(value, dict):
        return list(value)
    return [known[-1] for known in document.lines if len(known) == len(path) + 1 and known[:-1] == path]


def raised(faults: Iterable[Fault]) -> list[Fault]:
    """In the order of their lines; of very many the first ones, and that there are more."""
    given = list(faults)
    refused = {(fault.line, fault.key) for fault in given if fault.message != EMPTY}
    kept = [fault for fault in given if fault.message != EMPTY or (fault.line, fault.key) not in refused]
    ordered = sorted(kept, key=lambda fault: fault.line or 0)
    if len(ordered) <= MOST_FAULTS:
        return ordered
    return [*ordered[:MOST_FAULTS], Fault(ordered[0].file, None, "", "and more faults, which are not shown")]


def _at(document: Document, path: Path_) -> Any:
    value = document.value
    for part in path:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _message(document: Document, path: Path_, *, item: dict[str, Any], model: type[BaseModel]) -> str:
    """What is wrong, in words; empty where another error of pydantic's says it better."""
    if _other_branch(document, path, item["loc"]):
        return ""
    if item["loc"] and item["loc"][-1] == "[key]":
        return _wrong_key(item, str(path[-1]) if path else "")
    return _wrong_value(document, path, item=item, model=model)


def _other_branch(document: Document, path: Path_, loc: tuple[int | str, ...]) -> bool:
    """Text or mapping: pydantic reports both branches, and only the one that was meant is of use."""
    if loc and loc[-1] == "str":
        return isinstance(_at(document, path), dict)
    if "FieldRef" in loc:
        return not isinstance(_at(document, _place(document, loc[: loc.index("FieldRef")])), dict)
    return False


def _wrong_value(document: Document, path: Path_, *, item: dict[str, Any], model: type[BaseModel]) -> str:
    kind = item["type"]
    value = _at(document, path)
    if kind == "too_short":
        return EMPTY if value in ([], {}) else ""  # else what is wrong with its items is said
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        return "unknown key" + nearest(str(path[-1]), _field_names(model, path[:-1]))
    if kind == "string_type" and (isinstance(value, bool | int | float) or value is None):
        written = document.written.get(path, "")[:60]
        return f'expected text, found {written or "nothing"}; write "{written}" with quotes' if written else EMPTY
    if kind == "literal_error":
        allowed = str(item["ctx"]["expected"]).replace("'", "")
        return f"{_short(value)} is not one of {allowed}" + nearest(
            str(value), allowed.replace(" or ", ", ").split(", ")
        )
    if kind == "string_pattern_mismatch":
        return f"{_short(value)} may hold lower-case letters, digits, dots, dashes and underscores only"
    expected = _EXPECTED.get(kind)
    if expected:
        return f"expected {expected}, found {document.written.get(path, type(value).__name__)[:60]}"
    return str(item["msg"]).removeprefix("Value error, ")


def _short(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 80 else f"{shown[:80]}..."


def _wrong_key(item: dict[str, Any], word: str) -> str:
    if item["type"] == "literal_error":
        allowed = str(item["ctx"]["expected"]).replace("'", "")
        return f"{word!r} is not one of {allowed}" + nearest(word, allowed.replace(" or ", ", ").split(", "))
    expected = "a number" if item["type"].startswith("float") else "text"
    return f"expected {expected}, found {word}" + (f'; write "{word}" with quotes' if expected == "text" else "")


def _field_names(model: type[BaseModel], path: Path_) -> list[str]:
    """The keys that the model allows at a path, for the nearest-name hint."""
    known: type[BaseModel] | None = model
    for part in path:
        if isinstance(part, int) or known is None:
            continue
        known = _model_of(known, str(part)) or known
    fields = (known or model).model_fields
    return [field.alias or name for name, field in fields.items()]


def _model_of(model: type[BaseModel], name: str) -> type[BaseModel] | None:
    for own, field in model.model_fields.items():
        if name in (own, field.alias):
            return _first_model(field.annotation)
    further = getattr(model, "FURTHER", None)  # of a model that takes any other key, what lies below it
    return further if isinstance(further, type) and issubclass(further, BaseModel) else None


def _first_model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        found = _first_model(inner)
        if found is not None:
            return found
    return None
