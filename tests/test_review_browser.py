"""The rating page in a real browser: by keys alone, by mouse in a small window, and with its server gone."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from chromium import BINARY, chromium
from command import lines_of
from paging import Tab
from review_runs import scored_run, served
from test_review_page import HOSTILE

pytestmark = pytest.mark.skipif(not BINARY, reason="needs chromium")
ASKS = "!document.querySelector('#main').hidden"
KEPT = "document.querySelector('#status').textContent === 'Kept'"


def _at(number: int, count: int) -> str:
    return f"document.querySelector('#place').textContent === '{number} of {count}'"


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return scored_run(tmp_path_factory.mktemp("scored"), {"c-001": HOSTILE})


def test_two_ratings_by_keys_alone_are_kept_as_they_are_made_and_a_reload_goes_on(scored: Path, tmp_path: Path) -> None:
    log = tmp_path / "ratings.jsonl"

    async def sit(address: str) -> None:
        async with chromium(served=True) as browser:
            tab = await Tab.open(browser, address)
            await tab.until("document.querySelector('#who').open")
            await tab.write("Ada")
            await tab.press("Enter")
            await tab.until(ASKS)
            await tab.press("Enter")  # nothing chosen yet
            await tab.until("document.querySelector('#status').textContent.startsWith('Choose a score')")
            await tab.press("5")
            await tab.until(KEPT)
            assert len(lines_of(log)) == 1
            await tab.press("n")
            await tab.write("the voice, 2 of 3")
            await tab.press("Escape")
            await tab.until(KEPT)
            await tab.press("Enter")
            await tab.until(_at(2, 3))
            await tab.press("x")
            await tab.until(KEPT)
            await tab.browser.call("Page.reload", tab.session)
            await tab.until(_at(3, 3))
            await tab.press("ArrowLeft")
            await tab.until(_at(2, 3))
            assert await tab.tell("document.querySelector('input:checked').value") == "none"
            await tab.press("ArrowLeft")
            await tab.until(_at(1, 3))
            assert await tab.tell("document.querySelector('#note').value") == "the voice, 2 of 3"
            assert browser._seen.violations == browser._seen.exceptions == browser._seen.dialogs == []

    with served(scored, "--all", "--out", log) as page:
        asyncio.run(sit(page.address))
        assert "2 ratings by 1 rater kept" in page.end()
    last: dict[str, dict[str, Any]] = {f"{line['criterion']}{line['step']}": line for line in lines_of(log)}
    first, second = last.values()
    assert (first["note"], first["cannot_judge"], first["rater"]) == ("the voice, 2 of 3", False, "Ada")
    assert (second["score"], second["cannot_judge"]) == (None, True)
    assert 0 < first["seconds"] < 60


def test_by_mouse_to_the_end_and_hostile_texts_stay_texts(scored: Path, tmp_path: Path) -> None:
    async def sit(address: str) -> None:
        async with chromium(served=True) as browser:
            tab = await Tab.open(browser, address, width=360, height=740)
            await tab.until(ASKS)
            shown = await tab.tell("document.querySelector('#answer').innerText")
            assert "<script>alert(1)</script> <img src=x onerror=alert(2)>" in shown
            await tab.until("document.querySelector('video').readyState >= 1")
            for number in (1, 2, 3):
                await tab.until(_at(number, 3))
                assert await tab.tell("document.documentElement.scrollWidth <= 360")
                await tab.click(".point:nth-child(2)")
                await tab.until(KEPT)
                await tab.click("#next")
            await tab.until("!document.querySelector('#done').hidden")
            assert "3 ratings by Ben are kept" in await tab.tell("document.body.innerText")
            seen = browser._seen
            assert seen.violations == seen.exceptions == seen.dialogs == []
            assert set(seen.moves) == {address}
            own = (address, address.split("/", 3)[0] + "//" + address.split("/")[2] + "/favicon.ico", "data:image/")
            assert [url for url in seen.requests if not url.startswith(own)] == []  # data: is the player's own buttons
            assert browser.canary.connections == 0

    with served(scored, "--all", "--rater", "Ben", "--out", tmp_path / "ratings.jsonl") as page:
        asyncio.run(sit(page.address))
    assert len(lines_of(tmp_path / "ratings.jsonl")) == 3


def test_a_server_that_is_gone_is_said_and_the_page_does_not_go_on(scored: Path, tmp_path: Path) -> None:
    log = tmp_path / "ratings.jsonl"

    async def sit(page: Any) -> None:
        async with chromium(served=True) as browser:
            tab = await Tab.open(browser, page.address)
            await tab.until(ASKS)
            await tab.press("0")
            await tab.until(KEPT)
            page.process.kill()
            page.process.wait()
            await tab.press("1")
            await tab.until("document.querySelector('#status').textContent === 'Not kept'")
            assert "The review has ended" in await tab.tell("document.querySelector('#banner').innerText")
            await tab.press("Enter")
            await asyncio.sleep(0.3)
            assert await tab.tell(_at(1, 3))

    with served(scored, "--all", "--rater", "Ada", "--out", log) as page:
        asyncio.run(sit(page))
    assert len(lines_of(log)) == 1
