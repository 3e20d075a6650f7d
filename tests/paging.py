"""A tab of Chromium that a test drives as a person would: keys, clicks, a look at what is shown, a picture of it."""

from __future__ import annotations

import asyncio
import base64
import time
from typing import Any

from chromium import Chromium

CODES = {"Enter": 13, "Escape": 27, "Tab": 9, "ArrowLeft": 37, "ArrowRight": 39, "ArrowDown": 40, "ArrowUp": 38}
WITHIN = 10.0


class Tab:
    """One page; `seen` in the browser takes down what the page did."""

    def __init__(self, browser: Chromium, session: str) -> None:
        self.browser, self.session = browser, session

    @classmethod
    async def open(cls, browser: Chromium, address: str, *, width: int = 1280, height: int = 860) -> Tab:
        target = (await browser.call("Target.createTarget", url="about:blank"))["targetId"]
        session = (await browser.call("Target.attachToTarget", targetId=target, flatten=True))["sessionId"]
        tab = cls(browser, session)
        await browser._watch(session)
        await tab.size(width, height)
        await browser.call("Page.navigate", session, url=address)
        return tab

    async def size(self, width: int, height: int, *, scale: float = 1) -> None:
        await self.browser.call(
            "Emulation.setDeviceMetricsOverride",
            self.session,
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=False,
        )

    async def dark(self) -> None:
        features = [{"name": "prefers-color-scheme", "value": "dark"}]
        await self.browser.call("Emulation.setEmulatedMedia", self.session, features=features)

    async def tell(self, expression: str) -> Any:
        """The value of an expression in the page."""
        found = await self.browser.call(
            "Runtime.evaluate", self.session, expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    async def until(self, expression: str) -> None:
        """Wait until it is true."""
        end = time.monotonic() + WITHIN
        while not await self.tell(f"(() => {{ try {{ return Boolean({expression}); }} catch {{ return false; }} }})()"):
            assert time.monotonic() < end, (
                f"never true: {expression}; shown: {await self.tell('document.body.innerText')}"
            )
            await asyncio.sleep(0.03)

    async def press(self, key: str, *, modifiers: int = 0) -> None:
        pressed = {"key": key, "code": key, "windowsVirtualKeyCode": CODES.get(key, ord(key.upper()[0]))}
        text = {"text": key} if len(key) == 1 else {"text": "\r"} if key == "Enter" else {}
        for kind, more in (("keyDown", text), ("keyUp", {})):
            await self.browser.call(
                "Input.dispatchKeyEvent", self.session, type=kind, modifiers=modifiers, **pressed, **more
            )

    async def write(self, text: str) -> None:
        await self.browser.call("Input.insertText", self.session, text=text)

    async def click(self, selector: str) -> None:
        place = f"document.querySelector({selector!r})"
        await self.tell(f"{place}.scrollIntoView({{block: 'center'}})")
        box = await self.tell(f"(b => [b.x + b.width / 2, b.y + b.height / 2])({place}.getBoundingClientRect())")
        for kind in ("mousePressed", "mouseReleased"):
            await self.browser.call(
                "Input.dispatchMouseEvent", self.session, type=kind, x=box[0], y=box[1], button="left", clickCount=1
            )

    async def picture(self) -> bytes:
        """What is in sight, as a PNG."""
        taken = await self.browser.call("Page.captureScreenshot", self.session)
        return base64.b64decode(taken["data"])
