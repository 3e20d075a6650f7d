"""What is known of a local model before torch is imported: its name, its identity, what is missing, and what is said.

torch need not be installed for any of these.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import httpx2
import huggingface_hub
import pytest
from huggingface_hub import constants

from providers import local_files, local_hub, local_model
from providers.errors import NotInstalled, NotSupported, Permanent
from providers.local_files import LocalSettings, folder_of, identity_of, name_of, require
from providers.local_forms import forms_of
from providers.local_model import Loaded
from providers.local_prompt import Prompter
from providers.media import bytes_of
from providers.records import Media, Message, Request, Sampling

OLD, NEW = "0" * 39 + "a", "0" * 39 + "b"
NAME = "some-org/some-model"


@pytest.fixture(autouse=True)
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The hub's cache of this test, empty; the hub itself is away."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return tmp_path / "hub"


@pytest.fixture
def packages(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """What is installed, as far as `require` can see; a test may take something away."""
    installed = {"torch", "transformers", "accelerate", "peft"}
    monkeypatch.setattr(local_files, "find_spec", lambda name: object() if name in installed else None)
    monkeypatch.setattr(local_files, "version", lambda _: "5.23.1")
    return installed


def model(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"model_type": "llama"}))
    (folder / (files.pop("weights", "model.safetensors"))).write_bytes(b"weights")
    return folder


def snapshot(hub: Path, commit: str, *, ref: str = "main") -> Path:
    """A model in the hub's cache, as a download leaves it."""
    repository = hub / "models--some-org--some-model"
    (repository / "refs").mkdir(parents=True, exist_ok=True)
    (repository / "refs" / ref).write_text(commit)
    folder = repository / "snapshots" / commit
    return folder if folder.is_dir() else model(folder)


def refusal(name: Path | str, **settings: Any) -> Permanent:
    with pytest.raises(Permanent) as caught:
        require(str(name), LocalSettings(**settings))
    assert "\n" not in caught.value.message
    return caught.value


def test_a_folder_is_called_by_its_own_last_name_and_a_hub_id_as_it_is(
    tmp_path: Path, hub: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = model(tmp_path / "my-model")
    monkeypatch.chdir(tmp_path)
    assert {name_of(form) for form in ("my-model", "./my-model/", f"{folder}/", "../x/../my-model/.")} >= {"my-model"}
    monkeypatch.chdir(folder)
    assert name_of(".") == "my-model"
    assert name_of(NAME) == name_of(str(snapshot(hub, OLD))) == NAME
    assert name_of(str(tmp_path / "nowhere" / "m")) == "m"  # it is refused later: until then no result holds its place


def test_a_folder_that_moves_stays_the_same_model(tmp_path: Path) -> None:
    one, other = model(tmp_path / "here" / "m"), model(tmp_path / "there" / "m")
    settings = [LocalSettings(path=str(folder)) for folder in (one, other)]
    assert identity_of(str(one), settings[0]) == identity_of(str(other), settings[1])
    assert name_of(str(one)) == name_of(str(other)) == "m"
    assert str(tmp_path) not in identity_of(str(one), settings[0])


def test_an_update_in_the_hubs_cache_is_another_identity(hub: Path) -> None:
    assert f"{NAME}@main" in identity_of(NAME, LocalSettings())
    snapshot(hub, OLD)
    assert f"{NAME}@{OLD}" in identity_of(NAME, LocalSettings())
    snapshot(hub, NEW)
    assert f"{NAME}@{NEW}" in identity_of(NAME, LocalSettings())
    assert identity_of(NAME, LocalSettings(revision=OLD)) == identity_of(NAME, LocalSettings()).replace(NEW, OLD)


def test_branches_and_adapters_are_known_by_their_commits_too(hub: Path) -> None:
    snapshot(hub, OLD)
    snapshot(hub, NEW, ref="v2")
    assert f"{NAME}@{NEW}" in identity_of(NAME, LocalSettings(revision="v2"))
    assert f"{NAME}@v3" in identity_of(NAME, LocalSettings(revision="v3"))
    assert f"adapter {NAME}@{OLD}" in identity_of("a/b", LocalSettings(adapter=NAME))


@pytest.mark.parametrize("ref", ["", "../../..", NEW, "\xff"])
def test_a_ref_without_a_snapshot_leaves_the_branchs_name(ref: str, hub: Path) -> None:
    snapshot(hub, OLD)
    (hub / "models--some-org--some-model" / "refs" / "main").write_text(ref, encoding="latin-1")
    assert f"{NAME}@main" in identity_of(NAME, LocalSettings())


def test_what_a_cached_model_takes_is_read_from_its_snapshot(hub: Path) -> None:
    (snapshot(hub, OLD) / "config.json").write_text(json.dumps({"audio_config": {}}))
    assert forms_of(NAME, None) == ("text", "audio")


def test_the_commit_of_the_identity_is_the_one_that_is_loaded(hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the hub's newest would come under the identity of the one before."""
    folder = snapshot(hub, OLD)
    asked = []

    def download(_name: str, *, revision: str | None, **_: object) -> str:
        asked.append(revision)
        return str(folder)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    assert folder_of(NAME, LocalSettings()) == folder
    assert asked == [OLD]


@pytest.mark.parametrize(
    "fault", [httpx.ConnectError("no network"), httpx2.ConnectError("no network"), ConnectionError("offline")]
)
def test_without_a_network_the_cache_is_used_and_else_said_to_be_empty(
    fault: Exception, hub: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr("huggingface_hub.HfApi.list_repo_tree", away)
    with pytest.raises(Permanent, match=f"hf download {NAME} --revision {NEW}"):
        folder_of(NAME, LocalSettings(revision=NEW))
    folder = snapshot(hub, OLD)
    assert folder_of(NAME, LocalSettings()).samefile(folder)


@pytest.mark.parametrize("package", ["torch", "transformers", "accelerate"])
def test_a_missing_package_is_found_before_anything_is_imported(
    package: str, tmp_path: Path, packages: set[str]
) -> None:
    packages.remove(package)
    fault = refusal(model(tmp_path / "m"))
    assert isinstance(fault, NotInstalled)
    assert fault.message.startswith(f"{package} is not installed. Install it:  pip install ")


def test_peft_is_required_only_where_an_adapter_is_wanted(tmp_path: Path, packages: set[str]) -> None:
    packages.remove("peft")
    require(str(model(tmp_path / "m")), LocalSettings())
    assert "pip install 'peft" in refusal(tmp_path / "m", adapter=NAME).message


def test_transformers_of_an_older_major_version_are_found(
    tmp_path: Path, packages: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_files, "version", lambda _: "4.57.1")
    assert "transformers 5 is not installed" in refusal(model(tmp_path / "m")).message


def test_what_cannot_be_loaded_is_refused_at_once(tmp_path: Path, packages: set[str]) -> None:
    good, pickled = model(tmp_path / "good"), model(tmp_path / "pickled", weights="pytorch_model.bin")
    assert "no such folder" in refusal("./nowhere").message
    assert refusal("a/b/c").kind == "not_found"
    assert "pickled holds no *.safetensors (its pytorch_model.bin is a pickle" in refusal(pickled).message
    assert "no such folder" in refusal(good, adapter="./nowhere").message
    assert refusal(good, adapter=str(good)).message == "the adapter good holds no adapter_config.json"
    assert "pinned commit" in refusal(NAME, trust_remote_code=True).message
    assert "not a model argument" in refusal(good, model_args={"weights_only": "false"}).message
    for fault in (refusal(pickled), refusal(good, adapter=str(good))):
        assert isinstance(fault, NotSupported)
        assert str(tmp_path) not in f"{fault.message} {fault.model}"


def test_nothing_is_said_of_what_can_be_loaded_or_may_be_fetched(tmp_path: Path, packages: set[str]) -> None:
    good = str(model(tmp_path / "good"))
    require(good, LocalSettings(trust_remote_code=True, model_args={"processor.size": "7"}, adapter="some-org/adapter"))
    require(NAME, LocalSettings())
    require(NAME, LocalSettings(trust_remote_code=True, revision=OLD))


def test_a_model_that_is_nowhere_is_said_before_torch_is_imported(
    packages: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_model, "_library", lambda: pytest.fail("torch would be imported"))
    for path in ("./nowhere", NAME):
        with pytest.raises(Permanent) as caught:
            local_model.load("m", LocalSettings(path=path))
        assert caught.value.kind == "not_found"


def test_require_imports_neither_torch_nor_transformers(tmp_path: Path, packages: set[str]) -> None:
    before = set(sys.modules)
    require(str(model(tmp_path / "m")), LocalSettings())
    assert not {"torch", "transformers", "peft", "accelerate"} & (set(sys.modules) - before)


class Words:
    """A tokenizer that counts letters: all that a prompt of text needs."""

    chat_template = "{{ messages }}"

    def apply_chat_template(self, turns: list[dict[str, str]], **_: object) -> str:
        return " ".join(turn["content"] for turn in turns)

    def __call__(self, text: str, **_: object) -> dict[str, Any]:
        return {"input_ids": list(text), "attention_mask": list(text)}


def notes(choices: tuple[str, ...] | None = None, **sampling: Any) -> tuple[str, ...]:
    words = Words()
    loaded = Loaded(name="m", model=None, processor=words, tokenizer=words, tokens={}, context=None, keeps_logits=False)
    message = Message(role="user", text="What?")
    request = Request(provider="local", model="m", messages=(message,), sampling=Sampling(**sampling), choices=choices)
    return Prompter(loaded).prepare(request).notes


def test_what_of_the_sampling_is_not_taken_is_said_in_the_notes() -> None:
    effort = "reasoning_effort is not taken by m: left out"
    top_p = "top_p changes nothing at temperature 0 of m: left out"
    greedy = "no temperature is given: m answers at temperature 0"
    assert notes(temperature=0) == notes(temperature=0.5, top_p=0.9, seed=1, max_tokens=3) == ()
    assert notes(temperature=0.5, reasoning_effort="high") == (effort,)
    assert notes(temperature=0, top_p=0.9) == (top_p,)
    assert notes() == (greedy,)
    assert notes(top_p=0.9, reasoning_effort="low") == (effort, greedy, top_p)
    assert notes(choices=("joy",)) == ()  # nothing is drawn
    assert notes(choices=("joy",), reasoning_effort="low") == (effort,)


Spoil = Callable[[Path], object]


@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_bytes(b"other")], ids=["gone", "changed"])
@pytest.mark.parametrize(
    ("fields", "name"),
    [({"kind": "image"}, "image"), ({"kind": "image", "frame_of": "c"}, "frame"), ({"kind": "video"}, "clip")],
)
def test_a_message_names_a_medium_by_its_digest_and_never_by_its_place(
    tmp_path: Path, fields: dict[str, Any], name: str, spoil: Spoil
) -> None:
    path = tmp_path / "joy.jpg"
    path.write_bytes(b"a picture")
    media = Media(path=str(path), sha256="3fa9c1d2" + "0" * 56, **fields)
    spoil(path)
    with pytest.raises(Permanent, match=rf"^the {name} 3fa9c1d2 (cannot be read|has changed)") as caught:
        bytes_of(media)
    assert "joy" not in caught.value.message
    assert local_hub.stored(str(path), None) is None
