"""What is loaded and what is refused, adapters, and the identity that tells models apart."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from made import GREEDY, Studio, asks, opened, together

from providers.errors import NotInstalled, NotSupported, Permanent
from providers.local import Local
from providers.local_files import LocalSettings, arguments_of, digest_of, identity_of

Open = Callable[[str], Local]
Build = Callable[[str], Path]
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def _fault(model: Path | str, **settings: Any) -> Permanent:
    with pytest.raises(Permanent) as caught:
        opened(model, **settings)
    assert "\n" not in caught.value.message
    return caught.value


def test_a_model_that_is_nowhere_says_how_to_get_it() -> None:
    fault = _fault("some-org/some-model")
    assert fault.kind == "not_found"
    assert "hf download some-org/some-model" in fault.message
    assert "--model" in fault.message


def test_a_folder_that_is_not_there_is_said() -> None:
    assert "no such folder" in _fault("./nowhere").message
    assert _fault("a/b/c").kind == "not_found"


def test_weights_in_a_pickle_are_refused(build: Build, tmp_path: Path) -> None:
    folder = shutil.copytree(build("text"), tmp_path / "m")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    fault = _fault(folder)
    assert isinstance(fault, NotSupported)
    assert "only safetensors" in fault.message


def test_damaged_weights_end_in_one_line(build: Build, tmp_path: Path) -> None:
    folder = shutil.copytree(build("text"), tmp_path / "m")
    (folder / "model.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0garbage!")
    assert _fault(folder).kind == "model"


def test_a_config_that_names_no_known_model_ends_in_one_line(build: Build, tmp_path: Path) -> None:
    folder = shutil.copytree(build("text"), tmp_path / "m")
    (folder / "config.json").write_text('{"model_type": "no_such_model"}')
    assert "cannot be loaded" in _fault(folder).message


CODE = """
from transformers import LlamaConfig, LlamaForCausalLM
class OwnConfig(LlamaConfig):
    model_type = "own_llama"
class OwnModel(LlamaForCausalLM):
    config_class = OwnConfig
"""


def _with_code(build: Build, folder: Path) -> Path:
    shutil.copytree(build("text"), folder)
    config = json.loads((folder / "config.json").read_text())
    config |= {
        "model_type": "own_llama",
        "architectures": ["OwnModel"],
        "auto_map": {"AutoConfig": "own.OwnConfig", "AutoModelForCausalLM": "own.OwnModel"},
    }
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "own.py").write_text(CODE)
    return folder


def test_code_of_a_model_runs_only_where_it_is_allowed(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = _with_code(build, tmp_path / "own")
    fault = _fault(folder)
    assert isinstance(fault, NotSupported)
    assert "code of its own" in fault.message
    monkeypatch.setattr("transformers.dynamic_module_utils.HF_MODULES_CACHE", str(tmp_path / "modules"))
    local = opened(folder, trust_remote_code=True)
    assert type(local._prompter._loaded.model).__name__ == "OwnModel"
    assert together(local, [asks("What?")])[0].text


@pytest.mark.parametrize("revision", [None, "main", COMMIT[:12]])
def test_code_from_the_hub_runs_only_at_a_pinned_commit(revision: str | None) -> None:
    fault = _fault("some-org/some-model", trust_remote_code=True, revision=revision)
    assert "pinned commit" in fault.message
    pinned = _fault("some-org/some-model", trust_remote_code=True, revision=COMMIT)
    assert pinned.kind == "not_found"
    assert f"--revision {COMMIT}" in pinned.message


def test_a_missing_package_is_named_with_the_line_that_installs_it(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    fault = _fault(build("text"))
    assert isinstance(fault, NotInstalled)
    assert "pip install 'transformers>=5.23'" in fault.message


def test_a_missing_peft_is_named_only_where_an_adapter_is_asked_for(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = _adapter(build("text"), tmp_path / "adapter")
    monkeypatch.setitem(sys.modules, "peft", None)
    fault = _fault(build("text"), adapter=str(adapter))
    assert isinstance(fault, NotInstalled)
    assert "pip install 'peft>=0.21'" in fault.message
    assert opened(build("text"))


def test_model_arguments_are_read_as_what_they_are() -> None:
    given = {"a": "true", "b": "False", "c": "3", "d": "0.5", "e": "sdpa", "processor.size": "7"}
    assert arguments_of(LocalSettings(model_args=given)) == (
        {"a": True, "b": False, "c": 3, "d": 0.5, "e": "sdpa"},
        {"size": 7},
    )


@pytest.mark.parametrize("name", ["trust_remote_code", "use_safetensors", "weights_only"])
def test_safety_cannot_be_switched_off_by_a_model_argument(name: str) -> None:
    with pytest.raises(NotSupported, match="not a model argument"):
        arguments_of(LocalSettings(model_args={name: "true"}))


def test_model_arguments_and_dtype_reach_the_model(build: Build) -> None:
    local = opened(build("text"), dtype="bfloat16", model_args={"attn_implementation": "eager"})
    model = local._prompter._loaded.model
    assert str(model.dtype) == "torch.bfloat16"
    assert model.config._attn_implementation == "eager"


def test_the_speaking_models_load_their_thinker_only(build: Build, tmp_path: Path, studio: Studio) -> None:
    """A folder as the hub has it: config and weights of the whole, the thinker's under a prefix."""
    import torch
    from safetensors.torch import load_file, save_file
    from transformers import AutoConfig, Qwen2_5OmniConfig

    folder = shutil.copytree(build("qwen_omni"), tmp_path / "whole")
    thinker = AutoConfig.from_pretrained(folder)
    whole = Qwen2_5OmniConfig(thinker_config=thinker.to_dict(), enable_audio_output=False)
    whole.save_pretrained(folder)
    weights = {f"thinker.{name}": value for name, value in load_file(folder / "model.safetensors").items()}
    save_file(weights | {"talker.weight": torch.zeros(1)}, folder / "model.safetensors", {"format": "pt"})
    question = asks("What?", studio.image(), studio.sound())
    (reply,) = together(opened(folder), [question])
    assert reply.text == together(opened(build("qwen_omni")), [question])[0].text


def _adapter(model: Path, folder: Path, **changes: Any) -> Path:
    """A LoRA adapter as a trainer saves it, with weights that matter."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoModelForMultimodalLM

    kind = AutoModelForCausalLM if changes.pop("text", True) else AutoModelForMultimodalLM
    torch.manual_seed(3)
    config = LoraConfig(r=4, target_modules=["q_proj", "v_proj"], init_lora_weights=False, **changes)
    get_peft_model(kind.from_pretrained(model), config).save_pretrained(folder)
    return folder


@pytest.mark.parametrize("family", ["text", "qwen_vl", "qwen_audio", "qwen_omni"])
def test_an_adapter_changes_the_replies_and_batches_stay_equal(
    family: str, build: Build, tmp_path: Path, studio: Studio
) -> None:
    adapter = _adapter(build(family), tmp_path / "adapter", text=family == "text")
    plain, adapted = opened(build(family)), opened(build(family), adapter=str(adapter))
    takes = plain._prompter._loaded.tokens
    media = [*([studio.image()] if "image" in takes else []), *([studio.sound()] if "audio" in takes else [])]
    questions = [asks("What?"), asks("What is this, if it is anything?", *media), asks("Who speaks here?", *media)]
    before = [reply.text for reply in together(plain, questions)]
    after = [reply.text for reply in together(adapted, questions)]
    assert all(one != other for one, other in zip(before, after, strict=True))
    assert [together(adapted, [question])[0].text for question in questions] == after


def test_an_adapter_that_does_not_fit_is_refused(build: Build, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    adapter = _adapter(build("text"), tmp_path / "adapter")
    weights = load_file(adapter / "adapter_model.safetensors")
    renamed = {name.replace("model.layers", "layers"): value for name, value in weights.items()}
    save_file(renamed, adapter / "adapter_model.safetensors", {"format": "pt"})
    assert "does not fit" in _fault(build("text"), adapter=str(adapter)).message


def test_an_adapter_in_a_pickle_is_refused(build: Build, tmp_path: Path) -> None:
    adapter = _adapter(build("text"), tmp_path / "adapter")
    (adapter / "adapter_model.safetensors").rename(adapter / "adapter_model.bin")
    assert "holds no adapter_model.safetensors" in _fault(build("text"), adapter=str(adapter)).message


def test_the_identity_follows_what_changes_replies_and_nothing_else(build: Build, tmp_path: Path) -> None:
    folder = shutil.copytree(build("text"), tmp_path / "m")
    (folder / "README.md").write_text("not part of it")
    plain = identity_of(str(folder), LocalSettings())
    same = LocalSettings(batch_size=2, device_map="cpu")
    assert identity_of(str(build("text")), same) == plain
    others = [
        identity_of(str(folder), LocalSettings(dtype="float16")),
        identity_of(str(folder), LocalSettings(adapter=str(build("qwen_vl")))),
        identity_of(str(folder), LocalSettings(model_args={"attn_implementation": "eager"})),
        identity_of(str(build("qwen_vl")), LocalSettings()),
        identity_of("org/name", LocalSettings()),
        identity_of("org/name", LocalSettings(revision=COMMIT)),
    ]
    assert len({plain, *others}) == 7
    assert "org/name@main" in others[-2]
    assert f"org/name@{COMMIT}" in others[-1]


def test_a_change_within_large_weights_changes_the_identity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("providers.local_files.READ_WHOLE", 1000)
    weights = tmp_path / "model.safetensors"
    weights.write_bytes((92).to_bytes(8, "little") + bytes(9_000_000))
    before = digest_of(tmp_path)
    with weights.open("r+b") as file:
        file.seek(4_000_000)
        file.write(b"\1" * 200_000)  # trained further: the size and the header stay
    assert digest_of(tmp_path) != before


def test_identity_and_settings_need_no_torch() -> None:
    program = (
        "import sys, providers.local, providers.local_files as f\n"
        "f.identity_of('org/name', f.LocalSettings())\n"
        "print(sorted({'torch', 'transformers', 'peft', 'PIL', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_loading_and_asking_prints_nothing(build: Build, studio: Studio) -> None:
    program = (
        "import sys; sys.path[:0] = ['.', 'tests/local']\n"
        "from made import *\n"
        "image = Media(kind='image', path=sys.argv[2], sha256=sys.argv[3])\n"
        "sampling = Sampling(temperature=0.5, max_tokens=4)\n"
        "assert together(opened(sys.argv[1]), [asks('What?', image, sampling=sampling)])\n"
    )
    image = studio.image()
    arguments = [str(build("qwen_vl")), image.path, image.sha256]
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_reply_says_how_long_its_batch_took_and_which_model_it_was(model: Open) -> None:
    replies = together(model("text"), [asks("a"), asks("b", sampling=GREEDY)])
    assert replies[0].seconds == replies[1].seconds > 0
    assert replies[0].model == model("text").info.model
    assert "/" not in replies[0].model


def test_no_failure_to_load_says_where_the_model_lies(build: Build, tmp_path: Path) -> None:
    folder = shutil.copytree(build("text"), tmp_path / "m")
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    fault = _fault(folder)
    assert fault.message.startswith("m cannot be loaded")
    assert str(tmp_path) not in f"{fault.message} {fault.model}"
