"""The fixtures of this folder: tiny models, built and loaded once, and a studio for media."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import tiny
from made import Studio, opened

from providers.local import Local

Build = Callable[[str], Path]


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """The folder of a tiny model, by its family."""
    import transformers

    transformers.logging.disable_progress_bar()
    folders: dict[str, Path] = {}

    def call(family: str) -> Path:
        if family not in folders:
            folders[family] = tiny.FAMILIES[family](tmp_path_factory.mktemp(family))
        return folders[family]

    return call


@pytest.fixture(scope="session")
def model(build: Build) -> Callable[[str], Local]:
    """A loaded tiny model, by its family."""
    loaded: dict[str, Local] = {}

    def call(family: str) -> Local:
        if family not in loaded:
            loaded[family] = opened(build(family))
        return loaded[family]

    return call


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    """Makes media in this test's folder."""
    return Studio(tmp_path)
