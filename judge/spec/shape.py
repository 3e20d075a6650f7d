"""Holds a document against its pydantic model and says each difference in plain words, with its line."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from judge.errors import nearest
from judge.spec.source import Document, Path_

Model = TypeVar("Model", bound=BaseModel)

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
            path = _place(document, item["loc"])
            message = _message(document, path, dict(item), model)
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
    return [known[-1] for known in document.lines if len(known) == len(path) + 1 and known[:-1] == path]


def _at(document: Document, path: Path_) -> Any:
    value = document.value
    for part in path:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _message(document: Document, path: Path_, item: dict[str, Any], model: type[BaseModel]) -> str:
    kind = item["type"]
    loc = item["loc"]
    value = _at(document, path)
    if isinstance(value, dict) and loc and loc[-1] == "str":
        return ""  # the other branch of text-or-mapping says what is wrong
    if not isinstance(value, dict) and "FieldRef" in loc:
        return ""
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        return "unknown key" + nearest(str(path[-1]), _field_names(model, path[:-1]))
    if kind == "string_type" and (isinstance(value, bool | int | float) or value is None):
        written = document.written.get(path, "")
        return f'expected text, found {written or "nothing"}; write "{written}" with quotes' if written else "is empty"
    if kind == "literal_error":
        allowed = str(item["ctx"]["expected"]).replace("'", "")
        return f"{value!r} is not one of {allowed}" + nearest(str(value), allowed.replace(" or ", ", ").split(", "))
    if kind == "string_pattern_mismatch":
        return f"{value!r} may hold lower-case letters, digits, dots, dashes and underscores only"
    expected = _EXPECTED.get(kind)
    if expected:
        return f"expected {expected}, found {document.written.get(path, type(value).__name__)}"
    return str(item["msg"]).removeprefix("Value error, ")


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
    return None


def _first_model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        found = _first_model(inner)
        if found is not None:
            return found
    return None
