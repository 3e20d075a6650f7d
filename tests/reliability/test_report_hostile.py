"""Reports of hostile texts in a real browser: nothing runs, nothing is asked for, and every text is shown as it is."""

from __future__ import annotations

import asyncio
import itertools
import json
import shutil
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from chromium import BINARY, Seen, chromium
from command import Command
from figures import FULL, Figure, keep, size
from hostile_runs import MARK, hostile_run, poisoned
from hostile_texts import FAMILIES, PAYLOADS

from judge.visible import visible

pytestmark = pytest.mark.skipif(not BINARY, reason="Chromium is not installed (Debian: apt-get install chromium)")
TAGS = frozenset(
    "html head meta title style body h1 h2 h3 p div table caption thead tbody tr th td small span".split()  # noqa: SIM905
)
ATTRIBUTES = frozenset({"lang", "charset", "http-equiv", "content", "name", "class"})
TRIED = PAYLOADS[:: size(6, 1)]
PAGES = size(1, 11)
"""Pages into which the poisoned runs are divided."""
RUNS = size(12, len(PAYLOADS))
"""Poisoned runs: a payload moves on by one field from run to run, so that at full size each was in every field."""


def _open(pages: Sequence[Path], *, script: bool = True) -> list[Seen]:
    async def main() -> list[Seen]:
        async with chromium() as browser:
            return [await browser.open(page.resolve().as_uri(), script=script) for page in pages]

    return asyncio.run(main())


def _is_ours(seen: Seen) -> bool:
    """Only our own elements and attributes: a text that became an element is found even if it does nothing."""
    return set(seen.page["tags"]) <= TAGS and set(seen.page["attributes"]) <= ATTRIBUTES


def _harm(seen: Seen) -> Counter[str]:
    names = ("dialogs", "scripts", "console", "exceptions", "requests", "violations", "moves")
    found = Counter({name: len(getattr(seen, name)) for name in names})
    return found + Counter(connections=seen.connections, foreign=not _is_ours(seen))


def test_the_detector_sees_what_a_page_without_escaping_does(tmp_path: Path) -> None:
    """Without this a browser that reports nothing would prove nothing."""
    texts = [*FAMILIES["script"][:8], *FAMILIES["script"][22:24], *FAMILIES["event"][:9], *FAMILIES["load"][:7]]
    bare = "\n".join(f"<p>{text}</p>" for text in texts)
    policy = "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'\">"
    for name, head in (("bare", ""), ("held", policy)):
        page = f"<!doctype html><meta charset=utf-8>{head}<body>{bare}"
        (tmp_path / f"{name}.html").write_text(page, errors="replace")
    bare_, held = _open([tmp_path / "bare.html", tmp_path / "held.html"])
    assert bare_.dialogs
    assert bare_.scripts
    assert bare_.console
    assert bare_.exceptions
    assert [url for url in bare_.requests if "evil.example" in url]
    assert bare_.connections
    assert bare_.page["mark"] == "1"
    assert not _is_ours(bare_)
    ran = [address for address in held.scripts if not address.startswith("chrome-error:")]  # the browser's own page
    assert (held.dialogs, ran, held.page["mark"]) == ([], [], "undefined"), "the policy alone holds scripts back"
    assert held.violations
    assert not held.quiet


@pytest.mark.skipif(not FULL, reason="a page for each payload: make nightly")
def test_most_payloads_act_where_nothing_is_escaped(tmp_path: Path) -> None:
    """How sharp the payloads are: what each does in a page of its own without escaping and without a policy."""
    pages = []
    for number, payload in enumerate(PAYLOADS):
        page = f"<!doctype html><meta charset=utf-8><title>t</title><body><p>{payload}</p>"
        (tmp_path / f"{number}.html").write_text(page, errors="replace")
        pages.append(tmp_path / f"{number}.html")
    started = time.monotonic()
    active = [not seen.quiet or not _is_ours(seen) for seen in _open(pages)]
    keep(
        Figure(
            name="report_payloads_bare",
            test="each payload alone in a page without escaping and without a policy",
            asked="the payloads are real: over half run, load or become elements",
            tried=len(active),
            unit="payloads",
            failed=0,
            measured=f"{sum(active)} act or become elements",
            seconds=time.monotonic() - started,
        )
    )
    assert sum(active) > len(active) / 2


def _seed(judge: Command, folder: Path) -> Path:
    """A scored run that has something in every field of its summary."""
    folder.mkdir()
    return hostile_run(judge, folder, ["one", "two", "three", "four"], model="some-model")


def _poison_all(seed: Path, root: Path) -> tuple[list[Path], list[dict[int, tuple[str, str]]]]:
    """Folders of poisoned runs, and for each what its marks stand for."""
    summary = json.loads((seed / "summary.json").read_text())
    summary["run"] |= {"settings": {"lang": "en"}, "citation": "someone", "state": "stopped"}
    folders, marks, first = [], [], 0
    for number in range(RUNS):
        rotated = (TRIED[(number + step) % len(TRIED)] for step in itertools.count())
        body, found = poisoned(summary, rotated, first=first)
        first += len(found)
        folder = root / f"{number % PAGES}" / f"run-{number}"
        folder.mkdir(parents=True)
        shutil.copyfile(seed / "run.json", folder / "run.json")
        (folder / "summary.json").write_text(json.dumps(body))
        folders.append(folder)
        marks.append(found)
    return folders, marks


def _shown_wrong(text: str, marks: dict[int, tuple[str, str]]) -> tuple[set[str], list[str]]:
    """Which fields reached the text, and which of their payloads do not stand there letter for letter."""
    fields, wrong = set(), []
    for found in MARK.finditer(text):
        path, payload = marks[int(found[1])]
        fields.add(path)
        if not text[: found.start()].endswith(visible(payload)):
            wrong.append(f"{path}: {payload!r}")
    return fields, wrong


def test_a_report_of_hostile_texts_runs_nothing_and_asks_for_nothing(judge: Command, tmp_path: Path) -> None:
    started = time.monotonic()
    many = tmp_path / "many"
    many.mkdir()
    run = hostile_run(judge, many, TRIED, model=TRIED[3])
    _, marks = _poison_all(_seed(judge, tmp_path / "seed"), tmp_path / "poisoned")
    everything = {number: value for found in marks for number, value in found.items()}
    for number, payload in enumerate(text for text in TRIED if len(text.encode(errors="replace")) < 200):
        _unscored(run, tmp_path / "poisoned" / str(number % PAGES), payload)
    roots = [many / "runs", *(tmp_path / "poisoned" / str(number) for number in range(PAGES))]
    for root in roots:
        assert judge("report", root).code == 0
    pages = [root / "report.html" for root in roots]
    shown, plain = _open(pages), _open(pages, script=False)
    harm = sum((_harm(seen) for seen in [*shown, *plain]), Counter[str]())
    fields, wrong = set[str](), list[str]()
    for seen in shown:
        found, bad = _shown_wrong(seen.page["text"], everything)
        fields |= found
        wrong += bad
    real = [text for text in TRIED if text.strip() and visible(text) not in shown[0].page["text"]]
    keep(
        Figure(
            name="report_hostile",
            test="report.html of hostile texts in every field, opened in Chromium with and without JavaScript",
            asked="0 scripts run, 0 network requests, text shown literally",
            tried=len(TRIED),
            unit="payloads",
            failed=harm.total() + len(wrong) + len(real),
            measured=f"{len(fields)} fields, {len(everything)} places, {len(pages)} pages, each opened twice",
            seconds=time.monotonic() - started,
            details={"harm": dict(harm)},
        )
    )
    assert not harm
    assert not wrong[:5]
    assert not real[:5], "texts that came by task, data, replies and failures"
    assert {".run.model", ".run.about", ".run.references.source", ".run.judges.judge", ".estimates.group"} <= fields
    for with_script, without in zip(shown, plain, strict=True):
        assert with_script.quiet
        assert with_script.page["policy"].startswith("default-src 'none'; style-src 'sha256-")
        assert (with_script.page["html"], with_script.page["text"]) == (without.page["html"], without.page["text"])


def _unscored(run: Path, root: Path, payload: str) -> None:
    """A run without a summary whose folder has a hostile name, where the file system takes it."""
    name = payload.replace("/", "∕").replace("\0", "")
    try:
        folder = root / f"x{name}"
        folder.mkdir(parents=True)
    except (OSError, UnicodeEncodeError):
        return
    shutil.copyfile(run / "run.json", folder / "run.json")


def test_report_json_of_hostile_texts_is_plain_json_and_loses_nothing(judge: Command, tmp_path: Path) -> None:
    folders, _ = _poison_all(_seed(judge, tmp_path / "seed"), tmp_path / "p")
    judge("report", tmp_path / "p" / "0")
    raw = (tmp_path / "p" / "0" / "report.json").read_bytes()
    assert raw.isascii()

    def refuse(word: str) -> Any:
        raise AssertionError(f"{word} is no JSON")

    body = json.loads(raw, parse_constant=refuse)
    here = {json.loads((folder / "summary.json").read_text())["run"]["model"] for folder in folders[::PAGES]}
    assert {entry["run"]["model"] for entry in body["runs"]} == here
