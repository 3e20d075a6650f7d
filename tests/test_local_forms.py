"""What a local model can be sent, by its config.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from providers.catalog import Opening, describe
from providers.local_forms import EVERYTHING, forms_of


def model(folder: Path, config: Any) -> str:
    (folder / "config.json").write_text(config if isinstance(config, str) else json.dumps(config))
    return str(folder)


@pytest.mark.parametrize(
    ("config", "forms"),
    [
        ({"model_type": "llama"}, ("text",)),
        ({"model_type": "qwen2_5_vl", "vision_config": {}}, ("text", "image", "frames")),
        ({"model_type": "qwen2_audio", "audio_config": {}}, ("text", "audio")),
        ({"thinker_config": {"vision_config": {}, "audio_config": {}}}, ("text", "image", "frames", "audio")),
        ({"model_type": "gemma3", "vision_config": {}, "image_token_index": 3}, ("text", "image", "frames")),
    ],
)
def test_a_config_says_what_the_model_sees_and_hears(tmp_path: Path, config: Any, forms: tuple[str, ...]) -> None:
    assert forms_of(model(tmp_path, config), None) == forms


@pytest.mark.parametrize("config", ["", "[]", "{", "null", "[" * 100_000])
def test_a_config_that_cannot_be_read_leaves_the_question_to_loading(tmp_path: Path, config: str) -> None:
    assert forms_of(model(tmp_path, config), None) == EVERYTHING


def test_a_model_that_is_not_on_this_machine_may_be_anything() -> None:
    assert forms_of("nobody/has-this", None) == EVERYTHING


def test_the_presets_own_model_takes_what_the_preset_says_and_another_what_its_config_says(tmp_path: Path) -> None:
    assert describe(Opening(name="local")).accepts == ("text", "image", "frames")
    hears = model(tmp_path, {"audio_config": {}})
    assert describe(Opening(name="local", model=hears)).accepts == ("text", "audio")
    assert describe(Opening(name="local", model=hears, accepts=("image",))).accepts == ("text", "image")
