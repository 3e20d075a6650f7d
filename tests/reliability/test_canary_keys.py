"""Canary keys through every channel in; every channel out is searched for any trace of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from canaries import CANARIES, FORMS
from canary_runs import CASES, begin, kept, looked_at, searched, set_key, task_of
from command import Command
from fake_echo import HALTING, PLACES, Echo, echoing
from figures import FULL, size
from lane_runs import KEYS, LANES, run_process

NOISY = {"LITELLM_LOG": "DEBUG", "OPENAI_LOG": "debug", "ANTHROPIC_LOG": "debug", "PYTHONASYNCIODEBUG": "0"}
"""Every switch by which a library is made to talk."""
LOUD = ("openai", "gemini", "anthropic")


@pytest.fixture(scope="module", autouse=True)
def _figure() -> Iterator[None]:
    begin()
    yield
    places = len(PLACES) + len(HALTING)
    kept(
        "canary_keys", f"{len(CANARIES)} kinds of keys, echoed in {places} places and {len(FORMS)} forms, on both lanes"
    )


@pytest.fixture
def echo() -> Iterator[tuple[str, Echo]]:
    with echoing() as served:
        yield served


@pytest.mark.parametrize("kind", CANARIES)
def test_whatever_a_server_echoes_no_key_is_kept_or_shown(
    kind: str, tmp_path: Path, judge: Command, monkeypatch: pytest.MonkeyPatch, echo: tuple[str, Echo]
) -> None:
    key, (url, server) = CANARIES[kind], echo
    cases = CASES if FULL else CASES[list(CANARIES).index(kind) % 6 :: 6]
    task = task_of(tmp_path / "task", cases)
    set_key(monkeypatch, "endpoint", key)
    out = tmp_path / "out"
    done = judge("--debug", *LANES["endpoint"].line(url, task, out))
    assert done.code == 1, done.err
    assert server.seen == {key.strip()}, "the server did get the key"
    searched("on the fast lane", key, [done, *looked_at(judge, out)], out, len(cases))


HALTED = size((("quotes",), ("raw", "base64 within", "json", "over lines", "cut", "its end")), (CANARIES, FORMS))


@pytest.mark.parametrize("place", HALTING)
def test_a_server_that_stops_the_run_with_the_key_is_not_quoted_and_not_followed(
    place: str, tmp_path: Path, judge: Command, monkeypatch: pytest.MonkeyPatch, echo: tuple[str, Echo]
) -> None:
    url, server = echo
    for number, (kind, form) in enumerate(itertools.product(*HALTED)):
        out = tmp_path / str(number)
        task = task_of(out / "task", [(place, form)] * 2)
        set_key(monkeypatch, "endpoint", CANARIES[kind])
        done = judge("--debug", *LANES["endpoint"].line(url, task, out / "out"))
        assert (done.code, len(done.out.splitlines())) == (3, 5), done.out + done.err
        searched("that end a run", CANARIES[kind], [done], out / "out", 1)
    assert server.elsewhere == 0


SENT = ("openai", "special", "quotes", "hex")
LITELLM: list[tuple[str, str]] = size([("openai", "openai")], list(itertools.product(LOUD, SENT)))


@pytest.mark.parametrize(("lane", "kind"), LITELLM)
def test_litellm_and_the_sdks_at_their_loudest_tell_no_key(
    lane: str, kind: str, tmp_path: Path, echo: tuple[str, Echo]
) -> None:
    key, (url, server) = CANARIES[kind], echo
    cases = CASES if FULL else [*CASES[::5], ("redirect", "raw")]
    task, out = task_of(tmp_path / "task", cases), tmp_path / "out"
    done, _ = run_process(["--debug", *LANES[lane].line(url, task, out)], {KEYS[lane]: key, **NOISY})
    assert done.code == 1, done.err[-2000:]
    assert server.seen == {key.strip()}
    halted = []
    for place in size((), HALTING if kind == "quotes" else ("redirect",)):
        other = task_of(tmp_path / place, [(place, "raw")] * 2)
        halted.append(run_process([*LANES[lane].line(url, other, out / place)], {KEYS[lane]: key, **NOISY})[0])
        assert halted[-1].code == 3, halted[-1].err[-2000:]
    assert server.elsewhere == 0, "no key goes where a redirect points"
    searched("through LiteLLM", key, [done, *halted], out, len(cases) + len(halted))
