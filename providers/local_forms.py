"""What a local model can be sent, read from its config.json; nothing is loaded or fetched for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from providers.local_hub import stored
from providers.records import Form

EVERYTHING: tuple[Form, ...] = ("text", "image", "frames", "audio")
_SEES = ("vision_config", "visual", "vision_tower", "mm_vision_tower", "image_token_id", "image_token_index")
_HEARS = ("audio_config", "audio_token_id", "audio_token_index")
_LONGEST = 2**20


def forms_of(model: str, revision: str | None) -> tuple[Form, ...]:
    """The forms; all of them where no copy is at hand, because then loading will tell."""
    config = _config(model, revision)
    if config is None:
        return EVERYTHING
    inner = config.get("thinker_config")
    layers = [config, inner] if isinstance(inner, dict) else [config]
    sees = any(name in layer for layer in layers for name in _SEES)
    hears = any(name in layer for layer in layers for name in _HEARS)
    forms: list[Form] = ["text"]
    forms += ["image", "frames"] if sees else []
    forms += ["audio"] if hears else []
    return tuple(forms)


def _config(model: str, revision: str | None) -> dict[str, Any] | None:
    folder = Path(model).expanduser()
    held = folder if folder.is_dir() else stored(model, revision)
    if held is None:
        return None
    try:
        with (held / "config.json").open("rb") as file:
            config = json.loads(file.read(_LONGEST))
    except (OSError, ValueError, RecursionError):
        return None
    return config if isinstance(config, dict) else None
