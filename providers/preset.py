"""presets/*.yaml and a user's own: which backend, model and key, in which forms, how hard it may be asked.

A preset holds the name of a key, never a key, and no address.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import yaml
from pydantic import ValidationError

from providers.errors import NotSupported
from providers.records import Form, Limits, Price, Record, Sampling

PRESETS = Path(__file__).parent / "presets"
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
        return Preset.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise NotSupported(f"{path}: cannot be read: {error}", kind="usage") from error
    except (yaml.YAMLError, RecursionError) as error:
        reason = str(error).splitlines()[0] if str(error) else "nested too deeply"
        raise NotSupported(f"{path}: is not YAML: {reason}", kind="usage") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise NotSupported(f"{path}: {place}: {first['msg'].lower()}", kind="usage") from error
