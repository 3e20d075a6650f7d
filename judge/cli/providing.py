"""From options and environment to providers, their sampling and the cache."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from pathlib import Path

from judge.errors import NothingDone, UsageError, nearest
from judge.records import Sampling
from providers import catalog
from providers.cache import ReplyStore
from providers.records import Info

CACHE_VARIABLE = "JUDGE_CACHE"
CACHE_DEFAULT = ".judge-cache"


def sampling_of(info: Info, options: argparse.Namespace) -> Sampling:
    """The preset's sampling with what the options change; `none` sends nothing."""
    changes: dict[str, object] = {}
    for name in ("temperature", "top_p", "max_tokens", "reasoning_effort", "seed"):
        value = getattr(options, name, None)
        if value is not None:
            changes[name] = None if value == "none" else value
    return Sampling.model_validate(info.sampling.model_dump() | changes)


def known_provider(name: str) -> str:
    """The name of a preset, or a usage error with the nearest one."""
    names = catalog.preset_names()
    if name not in names:
        raise UsageError(f'unknown provider "{name}"{nearest(name, names)}   (all: judge providers list)')
    return name


def refuse_if_away(info: Info, *, local_only: bool) -> None:
    """--local-only."""
    if local_only and info.sends_out:
        raise NothingDone(f"--local-only: {info.name} sends data to {info.destination}. Nothing was sent.")


def open_store(given: str | None, environment: Mapping[str, str] = os.environ) -> ReplyStore | None:
    """The cache folder: --cache, else $JUDGE_CACHE, else .judge-cache; `off` for none."""
    folder = given or environment.get(CACHE_VARIABLE) or CACHE_DEFAULT
    return None if folder == "off" else ReplyStore(Path(folder))
