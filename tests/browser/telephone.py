"""The microphone and ear of a page whose customer is a test; `telephone.js` is the page's side of it."""

import asyncio
import base64
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Page, expect

from tests.media_made import OwnVoice

PAUSE_S = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Telephone:
    """The page's microphone and ear, on the test's side of it."""

    page: Page
    voice: OwnVoice
    folder: Path

    async def say(self, line: str) -> None:
        wav = self.voice.write(self.folder / "line.wav", line).read_bytes()
        await self.page.evaluate("wav => telephone.say(wav)", base64.b64encode(wav).decode())

    async def hears_the_agent(self) -> None:
        await self.page.wait_for_function("() => telephone.hears()", timeout=60_000)

    async def hears_it_to_the_end(self) -> None:
        await self.hears_the_agent()
        await expect(self.page.locator("#call-state")).not_to_have_attribute("data-agent", "speaking", timeout=60_000)
        await asyncio.sleep(PAUSE_S)

    async def captions(self) -> list[tuple[str, str]]:
        """Speaker and words of each line on the page."""
        return [
            (await line.get_attribute("data-speaker") or "", await line.locator(".words").inner_text())
            for line in await self.page.locator("#captions .line").all()
        ]
