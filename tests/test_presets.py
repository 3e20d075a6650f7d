"""Presets: our models are in LiteLLM's table, with a price; another is a few lines; a bad one gives one line."""

import datetime
import time
from pathlib import Path
from typing import Any

import pytest

from providers.catalog import Opening, describe
from providers.errors import NotSupported
from providers.preset import LARGEST, PRESETS, preset_names, read_preset
from providers.prices import facts_of

HOSTED = [name for name in preset_names() if read_preset(name).backend == "hosted" and read_preset(name).model]
OWN = """\
about: Mistral's eye through LiteLLM
backend: hosted
model: mistral/mistral-large-latest
key: MISTRAL_API_KEY
destination: Mistral
sampling: {temperature: 0}
"""


def test_there_is_a_preset_for_each_kind_of_hosted_model() -> None:
    assert {"gemini", "openai", "openai-audio", "anthropic"} <= set(HOSTED)


@pytest.mark.parametrize("name", HOSTED)
def test_the_model_is_in_the_table_with_a_price_and_its_source(name: str) -> None:
    info = describe(Opening(name=name))
    assert info.price is not None, info.model
    assert 0 < info.price.input <= info.price.output < 1000
    assert info.price.source.startswith("LiteLLM")


@pytest.mark.parametrize("name", HOSTED)
def test_the_model_is_not_withdrawn_within_three_months(name: str) -> None:
    """Fails by waiting, and is meant to: a preset of a model that is gone helps nobody."""
    facts = facts_of(str(read_preset(name).model))
    assert facts is not None
    last = datetime.datetime.now(tz=datetime.UTC).date() + datetime.timedelta(days=90)
    assert facts.ends is None or datetime.date.fromisoformat(facts.ends) > last, facts.ends


SENSES = {
    "gemini": {"text", "image", "frames", "audio", "video+sound"},
    "openai": {"text", "image", "frames"},
    "openai-audio": {"text", "audio"},
    "anthropic": {"text", "image", "frames"},
}


@pytest.mark.parametrize("name", SENSES)
def test_the_forms_are_the_vendors_less_what_the_model_cannot_see_or_hear(name: str) -> None:
    assert set(describe(Opening(name=name)).accepts) == SENSES[name]


@pytest.mark.parametrize("name", HOSTED)
def test_a_preset_sends_no_sampling_that_its_model_does_not_take(name: str) -> None:
    preset = read_preset(name)
    facts = facts_of(str(preset.model))
    assert facts is not None
    assert facts.sampled or preset.sampling.sent() == {}


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_names_a_key_and_holds_none(name: str) -> None:
    text = (PRESETS / f"{name}.yaml").read_text(encoding="utf-8")
    preset = read_preset(name)
    assert "sk-" not in text
    assert "://" not in text
    assert (preset.key or preset.optional_key or "A_KEY").isupper()


def own(folder: Path, content: str | bytes, name: str = "my.yaml") -> str:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def test_a_preset_of_ones_own_is_six_lines_and_is_given_by_its_path(tmp_path: Path) -> None:
    assert len(OWN.splitlines()) == 6
    info = describe(Opening(name=own(tmp_path, OWN)))
    assert (info.model, info.destination, info.kind) == ("mistral/mistral-large-latest", "Mistral", "paid")
    assert set(info.accepts) == {"text", "image", "frames"}
    assert info.sampling.temperature == 0
    assert info.price is not None


def test_a_price_and_forms_of_ones_own_hold_for_that_model_only(tmp_path: Path) -> None:
    more = "price: {input: 1, output: 2, source: the invoice}\naccepts: [text]\n"
    name = own(tmp_path, OWN.replace("mistral-large-latest", "mine") + more)
    info = describe(Opening(name=name))
    assert info.price is not None
    assert (info.price.input, info.price.source, info.accepts) == (1.0, "the invoice", ("text",))
    other = describe(Opening(name=name, model="another"))
    assert (other.price, "image" in other.accepts) == (None, True)


BOMB = "a: &a {x: 1}\n" + "".join(
    f"{after}: &{after} {{<<: [{', '.join([f'*{before}'] * 9)}]}}\n"
    for before, after in zip("abcdefghi", "bcdefghij", strict=True)
)
HOSTILE: dict[str, tuple[Any, str]] = {
    "a tag": ("about: !!python/object/apply:os.system [echo pwned]\nbackend: hosted\n", "tags (!name) are not allowed"),
    "a tag for a module": ("about: !!python/module:os\n", "tags (!name) are not allowed"),
    "an unknown tag": ("!preset {about: x}\n", "tags (!name) are not allowed"),
    "a bomb of merged keys": (BOMB, "aliases"),
    "an alias of itself": ("about: &a [*a]\nbackend: hosted\n", "aliases"),
    "a bomb of brackets": ("[" * 20_000, "nested too deeply"),
    "a large file": ("#" * (LARGEST + 1), "larger than 64 KiB"),
    "nothing": ("", "mapping"),
    "a list": ("- about\n", "mapping"),
    "a word": ("hosted", "mapping"),
    "two documents": ("about: x\n---\nabout: y\n", "another document"),
    "not YAML": ("about: [", "line 1"),
    "a tab": ("about:\n\tx: 1\n", "line 2"),
    "no text": (b"\xff\xfe\x00\x01", "not UTF-8"),
    "a control character": ("about: \x00\n", "not YAML"),
    "an impossible date": ("about: 2026-13-45\nbackend: hosted\n", "not YAML"),
    "an unhashable key": ("? [a]\n: b\n", "line 1"),
    "no backend": ("about: x\n", "backend: field required"),
    "an unknown backend": (OWN.replace("hosted", "hostd"), "backend: input should be 'hosted'"),
    "an unknown key": (OWN + "temperature: 0\n", "temperature: extra inputs are not permitted"),
    "a key with a line in it": (OWN + '"a\\nb": 0\n', "a b: extra inputs"),
    "a key that clears the screen": (OWN + '"\\e[2Jx": 0\n', "extra inputs"),
    "a key of great length": (OWN + f"{'k' * 500}: 0\n", "extra inputs"),
    "a key that is a number": (OWN + "3: 0\n", "3: "),
    "a number for a name": (OWN.replace("about: Mistral's eye through LiteLLM", "about: 3"), "about: input should be"),
    "a list for a model": (OWN.replace("mistral/mistral-large-latest", "[a]"), "model: input should be"),
    "an unknown form": (OWN + "accepts: [smell]\n", "accepts.0: input should be 'text'"),
    "a setting that is none": (OWN.replace("{temperature: 0}", "{warmth: 0}"), "sampling.warmth: extra inputs"),
    "a setting of another kind": (OWN.replace("temperature: 0", "temperature: warm"), "sampling.temperature: "),
    "a price in words": (OWN + "price: {input: cheap, output: 2}\n", "price.input: "),
    "no call at a time": (OWN + "limits: {concurrency: 0}\n", "concurrency should be above 0"),
    "no end of a wait": (OWN + "limits: {deadline: .inf}\n", "limits.deadline: input should be a finite number"),
    "a price below nothing": (OWN + "price: {input: -1, output: 2}\n", "input should be above 0"),
    "a price that is no number": (
        OWN + "price: {input: .nan, output: 2}\n",
        "price.input: input should be a finite",
    ),
    "limits in words": (OWN + "limits: {concurrency: many}\n", "limits.concurrency: "),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_bad_preset_gives_one_line_that_names_the_file_and_what_is_wrong(
    tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    content, said = HOSTILE[name]
    started = time.monotonic()
    path = own(tmp_path, content)
    with pytest.raises(NotSupported) as caught:
        describe(Opening(name=path))
    assert time.monotonic() - started < 10
    assert caught.value.kind == "usage"
    message = caught.value.message
    assert message.startswith(f"{path}: ")
    assert said in message
    assert message.isprintable(), repr(message)
    assert len(message) < len(path) + 350
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("make", [lambda path: None, Path.mkdir], ids=["not there", "a folder"])
def test_a_preset_that_cannot_be_read_gives_one_line(tmp_path: Path, make: Any) -> None:
    make(tmp_path / "my.yaml")
    with pytest.raises(NotSupported, match=r"my\.yaml: cannot be read: [A-Z][a-z ]+$"):
        describe(Opening(name=str(tmp_path / "my.yaml")))


def test_a_preset_without_end_is_not_read_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "my.yaml").symlink_to("/dev/zero")
    with pytest.raises(NotSupported, match="larger than"):
        describe(Opening(name=str(tmp_path / "my.yaml")))


@pytest.mark.parametrize("field", ["key", "optional_key"])
@pytest.mark.parametrize("value", ["sk-ant-123456", "my key", "", "lower_case"])
def test_a_key_that_was_pasted_in_is_refused_and_not_repeated(tmp_path: Path, field: str, value: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(f'about: a\nbackend: hosted\nmodel: openai/gpt-4o\n{field}: "{value}"\n')
    with pytest.raises(NotSupported, match="should name an environment variable") as caught:
        read_preset(str(path))
    assert not value or value not in caught.value.message
