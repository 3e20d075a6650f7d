"""presets/*.yaml and a user's own: which backend, model and key, in which forms, how hard it may be asked.

A preset holds the name of a key, never a key, and no address.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import ValidationError, field_validator

from providers.errors import NotSupported
from providers.records import Form, Limits, Price, Record, Sampling

PRESETS = Path(__file__).parent / "presets"
LARGEST = 65_536
"""Bytes of a preset."""
MOST_BRACKETS = 400
"""Opening ones; the loader takes the square of their number, and a preset has a handful."""
LONGEST_NAME = 80
LONGEST_REASON = 200
FREE = ("majority", "random", "replay")


class Preset(Record):
    """One YAML file below presets/."""

    about: str
    backend: Literal["hosted", "endpoint", "local", "majority", "random", "replay"]
    model: str | None = None
    """A LiteLLM name for hosted: vendor/model. With --model, the vendor may be left out."""
    accepts: tuple[Form, ...] | None = None
    """The forms in which it keeps what it is sent, where they are not its vendor's."""
    structured: bool | None = None
    key: str | None = None
    """Name of the environment variable that must hold the key."""
    optional_key: str | None = None
    destination: str = ""
    price: Price | None = None
    """Of `model` only, where LiteLLM's table has none."""
    sampling: Sampling = Sampling()
    limits: Limits = Limits()

    @field_validator("key", "optional_key")
    @classmethod
    def _a_name(cls, value: str | None) -> str | None:
        """A key that was pasted in is refused without being repeated."""
        if value is not None and not re.fullmatch(r"[A-Z][A-Z0-9_]{2,60}", value):
            raise ValueError("should name an environment variable, e.g. OPENAI_API_KEY; a key itself never stands here")
        return value

    @field_validator("sampling")
    @classmethod
    def _finite(cls, value: Sampling) -> Sampling:
        """What is no number could be neither sent nor kept."""
        if any(isinstance(number, float) and not math.isfinite(number) for _, number in value):
            raise ValueError("should hold finite numbers")
        return value

    @field_validator("limits", "price")
    @classmethod
    def _no_nonsense(cls, value: Limits | Price | None) -> Limits | Price | None:
        """Nothing may be asked with no call at once, and a price below nothing would fill a budget."""
        numbers = {} if value is None else {name: number for name, number in value if isinstance(number, int | float)}
        may_be_zero = ("input", "output", "audio", "batch")
        for name, number in numbers.items():
            if not (0 < number < math.inf or (number == 0 and name in may_be_zero)):
                raise ValueError(f"{name} should be above 0")
        return value


def preset_names() -> list[str]:
    """All that ship, sorted."""
    return sorted(path.stem for path in PRESETS.glob("*.yaml"))


def preset_file(name: str) -> Path:
    """Of a shipped name, or of a path that ends in .yaml."""
    return Path(name) if name.endswith((".yaml", ".yml")) else PRESETS / f"{name}.yaml"


def read_preset(name: str) -> Preset:
    """The preset of a shipped name or of any file; raises NotSupported with what is wrong in it."""
    path = preset_file(name)
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
        if len(raw) > LARGEST:
            raise NotSupported(f"{path}: is larger than {LARGEST // 1024} KiB: this is no preset", kind="usage")
        text = raw.decode("utf-8")
        if text.count("{") + text.count("[") > MOST_BRACKETS:
            raise NotSupported(f"{path}: is not YAML: nested too deeply, or too many brackets", kind="usage")
        return Preset.model_validate(_Plain(text).get_single_data())
    except OSError as error:
        raise NotSupported(f"{path}: cannot be read: {error.strerror}", kind="usage") from error
    except UnicodeDecodeError as error:
        raise NotSupported(f"{path}: is not UTF-8 text", kind="usage") from error
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError) as error:
        # without the cause: it quotes the file, and a key may have been pasted in there
        raise NotSupported(f"{path}: {_wrong(error)}", kind="usage") from None


class _Plain(yaml.SafeLoader):
    """YAML without aliases, tags, merges and repeated keys: a preset needs none of them.

    A few lines of aliases can fill the memory, a tag can make the loader itself fail, and of two keys one is lost.
    """

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Refuse an alias or a tag where it stands."""
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        alias = self.check_event(yaml.AliasEvent)
        if alias or getattr(event, "tag", None):
            what = "aliases (*name)" if alias else "tags (!name)"
            raise yaml.composer.ComposerError(None, None, f"{what} are not allowed here", event.start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        """Refuse a key that is given twice, and a merge."""
        seen: set[str] = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value == "<<" or key.value in seen:
                what = (
                    "merges (<<) are not allowed here" if key.value == "<<" else f"the key {key.value} is given twice"
                )
                raise yaml.constructor.ConstructorError(None, None, what, key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def _wrong(error: Exception) -> str:
    """What is wrong in a file, on one line."""
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])[:LONGEST_NAME]
        return _shown(f"{place}: {first['msg'].lower()}") if place else "should be a mapping, like the presets"
    if isinstance(error, RecursionError):
        return "is not YAML: nested too deeply"
    where = getattr(error, "problem_mark", None)
    reason = str(getattr(error, "problem", None) or error).partition("\n")[0]
    line = f"line {where.line + 1}: " if where is not None else ""
    reason = re.sub(r"'[^']{16,}'|\"[^\"]{16,}\"", "(...)", reason)  # it may be a key
    return f"is not YAML: {line}{_shown(reason)[:LONGEST_REASON]}"


def _shown(text: str) -> str:
    """On one line, with nothing in it that a terminal obeys."""
    return "".join(letter if letter.isprintable() else "?" for letter in " ".join(text.split()))
