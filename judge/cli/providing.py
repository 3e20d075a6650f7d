"""From options and environment to providers, their sampling and the cache."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from pathlib import Path

from judge.errors import NothingDone, UsageError, nearest
from judge.records import Sampling
from judge.shell import all_of
from providers.cache import ReplyStore
from providers.local_files import LocalSettings
from providers.preset import preset_file, preset_names
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


ALSO_CALLED = {"claude": "anthropic"}
"""What people say for a preset."""


def known_provider(name: str) -> str:
    """The name of a preset, or the path of a user's own; a usage error with the nearest one."""
    name = ALSO_CALLED.get(name, name)
    names = preset_names()
    if name not in names and not (name.endswith((".yaml", ".yml")) and preset_file(name).is_file()):
        raise UsageError(f'unknown provider "{name}"{nearest(name, names)}   {all_of("providers")}')
    return name


def local_of(options: argparse.Namespace) -> LocalSettings:
    """How a model on this machine is loaded."""
    return LocalSettings(
        batch_size=options.batch_size,
        dtype=options.dtype,
        device_map=options.device_map,
        model_args=dict(options.model_args),
        adapter=options.adapter,
        revision=options.revision,
        trust_remote_code=options.trust_remote_code,
    )


def refuse_if_away(info: Info, *, local_only: bool) -> None:
    """--local-only."""
    if local_only and info.sends_out:
        raise NothingDone(f"--local-only: {info.name} sends data to {info.destination}. Nothing was sent.")


def cache_folder(given: str | None, environment: Mapping[str, str] = os.environ) -> Path | None:
    """--cache, else $JUDGE_CACHE, else .judge-cache; None for `off`."""
    folder = given or environment.get(CACHE_VARIABLE) or CACHE_DEFAULT
    return None if folder == "off" else Path(folder)


def open_store(given: str | None, environment: Mapping[str, str] = os.environ) -> ReplyStore | None:
    """The replies kept in the cache folder; None for `off`."""
    folder = cache_folder(given, environment)
    return None if folder is None else ReplyStore(folder)
