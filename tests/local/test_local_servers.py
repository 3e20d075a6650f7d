"""Our clients against real servers of others: `transformers serve` with a tiny model, and the LiteLLM proxy."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from made import Studio, asks, info, one_by_one

from providers.endpoint import Endpoint
from providers.hosted import Hosted
from providers.local import Local
from providers.records import Media, Provider, Reply, Request

SLOWEST_START = 120.0
Build = Callable[[str], Path]
Open = Callable[[str], Local]


def _free_port() -> int:
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        return int(chosen.getsockname()[1])


def _started(command: list[str], *, health: str, log: Path, **extra: str) -> subprocess.Popen[bytes]:
    """A server that answers at `health`; its own process, ended by whoever asked for it."""
    with log.open("wb") as file:
        server = subprocess.Popen(command, stdout=file, stderr=file, env=os.environ | extra, cwd=log.parent)
    began = time.monotonic()
    while time.monotonic() - began < SLOWEST_START:
        assert server.poll() is None, log.read_text(errors="replace")[-2000:]
        try:
            with urllib.request.urlopen(health, timeout=2):
                return server
        except OSError:
            time.sleep(0.3)
    server.kill()
    server.wait()
    pytest.fail(f"no answer at {health}: {log.read_text(errors='replace')[-2000:]}")


def _ended(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(15)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


@pytest.fixture(scope="module")
def served(build: Build, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """(base URL, model name) of `transformers serve` with the tiny omni model."""
    port = _free_port()
    model = str(build("qwen_omni"))
    program = str(Path(sys.executable).parent / "transformers")
    options = ["--device", "cpu", "--dtype", "float32", "--host", "127.0.0.1", "--port", str(port)]
    log = tmp_path_factory.mktemp("served") / "log"
    server = _started([program, "serve", model, *options], health=f"http://127.0.0.1:{port}/health", log=log)
    yield f"http://127.0.0.1:{port}/v1", model
    _ended(server)


MEDIA = {"text": (), "image": ("image",), "sound": ("sound",), "image and sound": ("image", "sound")}


def _media(kinds: tuple[str, ...], studio: Studio) -> list[Media]:
    made = {"image": studio.image, "sound": studio.sound}
    return [made[kind](1) for kind in kinds]


def _ask(provider: Provider, request: Request) -> Reply:
    async def run() -> Reply:
        try:
            return await provider.generate(request)
        finally:
            await provider.close()

    return asyncio.run(run())


@pytest.mark.parametrize("kinds", MEDIA.values(), ids=MEDIA)
def test_our_endpoint_gets_from_the_server_what_the_local_model_says(
    kinds: tuple[str, ...], served: tuple[str, str], model: Open, studio: Studio
) -> None:
    url, name = served
    request = asks("Who feels what?", *_media(kinds, studio))
    reply = _ask(Endpoint(info(name), base_url=url, key=None), request.model_copy(update={"model": name}))
    (ours,) = one_by_one(model("qwen_omni"), [request])
    assert (reply.text, reply.usage.input_tokens) == (ours.text, ours.usage.input_tokens)


@pytest.mark.parametrize("kinds", MEDIA.values(), ids=MEDIA)
def test_litellm_gets_from_the_server_what_the_local_model_says(
    kinds: tuple[str, ...], served: tuple[str, str], model: Open, studio: Studio
) -> None:
    url, name = served
    request = asks("Who feels what?", *_media(kinds, studio))
    named = f"openai/{name}"
    reply = _ask(Hosted(info(named), key="none", base_url=url), request.model_copy(update={"model": named}))
    (ours,) = one_by_one(model("qwen_omni"), [request])
    assert (reply.text, reply.usage.input_tokens) == (ours.text, ours.usage.input_tokens)


PROXY = """
model_list:
  - {model_name: gpt-mock, litellm_params: {model: openai/gpt-mock, api_key: none, mock_response: "an answer"}}
  - {model_name: claude-mock, litellm_params: {model: anthropic/claude-mock, api_key: none, mock_response: "an answer"}}
  - {model_name: gemini-mock, litellm_params: {model: gemini/gemini-mock, api_key: none, mock_response: "an answer"}}
"""


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """(URL, key) of a LiteLLM proxy whose models all say "an answer"."""
    folder = tmp_path_factory.mktemp("proxy")
    (folder / "config.yaml").write_text(PROXY, encoding="utf-8")
    port = _free_port()
    key = f"sk-{secrets.token_urlsafe(32)}"
    program = str(Path(sys.executable).parent / "litellm")
    options = ["--config", str(folder / "config.yaml"), "--host", "127.0.0.1", "--port", str(port)]
    server = _started(
        [program, *options],
        health=f"http://127.0.0.1:{port}/health/liveliness",
        log=folder / "log",
        LITELLM_MASTER_KEY=key,
        LITELLM_LOCAL_MODEL_COST_MAP="True",
    )
    yield f"http://127.0.0.1:{port}", key
    _ended(server)


def test_the_openai_client_and_our_endpoint_get_the_proxys_answer(proxy: tuple[str, str], studio: Studio) -> None:
    import openai

    url, key = proxy
    with openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0) as client:
        said = client.chat.completions.create(model="gpt-mock", messages=[{"role": "user", "content": "Hello?"}])
    assert said.choices[0].message.content == "an answer"
    request = asks("Hello?", studio.image()).model_copy(update={"model": "gpt-mock"})
    assert _ask(Endpoint(info("gpt-mock"), base_url=f"{url}/v1", key=key), request).text == "an answer"


def test_the_anthropic_client_gets_the_proxys_answer(proxy: tuple[str, str]) -> None:
    import anthropic

    url, key = proxy
    with anthropic.Anthropic(base_url=url, api_key=key, max_retries=0) as client:
        said = client.messages.create(
            model="claude-mock", max_tokens=9, messages=[{"role": "user", "content": "Hello?"}]
        )
    assert json.loads(said.model_dump_json())["content"][0]["text"] == "an answer"


def test_the_google_client_gets_the_proxys_answer(proxy: tuple[str, str]) -> None:
    from google import genai

    url, key = proxy
    options = genai.types.HttpOptions(base_url=url, api_version="v1beta")  # the newer v1 is unknown to the proxy
    with genai.Client(api_key=key, http_options=options) as client:
        said = client.models.generate_content(model="gemini-mock", contents="Hello?")
    assert said.text == "an answer"
