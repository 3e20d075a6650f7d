"""The network is off; the libraries' notices to each other are none of ours. The fixtures stand in fixtures.py."""

from __future__ import annotations

import os

import pytest

os.environ["HF_HUB_OFFLINE"] = "1"  # read at the import of huggingface_hub

from fixtures import build, model, studio  # noqa: F401


def pytest_configure(config: pytest.Config) -> None:
    """Warnings of libraries that meet in these tests only."""
    config.addinivalue_line("filterwarnings", "ignore::FutureWarning:transformers")
    config.addinivalue_line("filterwarnings", "ignore::UserWarning:peft")
