"""`make screens`: a picture of every state of the pages, in both themes and languages, on a phone and on a desk."""

import asyncio
import html
import logging
import re
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page

from tests.browser import customer_states, staff_states
from tests.browser.conftest import ARTEFACTS, chromium
from tests.browser.states import HEIGHT_PX, visiting
from tests.media_made import make_face_clip

SCREENS = ARTEFACTS / "screens"
SHOW_ALL = """
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("* { content-visibility: visible !important }");
    document.adoptedStyleSheets = [sheet];
"""
"""A picture of a whole page also shows what a browser would only draw once it is scrolled to."""
THEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")
GROUPS = (
    ("customer", "en", customer_states.WALKS),
    ("customer", "zh", customer_states.WALKS),
    ("staff", "en", staff_states.WALKS),
    ("staff", "zh", staff_states.WALKS),
)


@dataclass(frozen=True, slots=True)
class Album:
    """Pictures of one group of pages in one language, and where they are."""

    group: str
    language: str
    folder: Path
    states: list[str] = field(default_factory=list)

    async def take(self, page: Page, state: str) -> None:
        """Two widths and two themes of the same live page, which is left as it was."""
        self.states.append(state)
        usual = page.viewport_size
        assert usual is not None
        await page.evaluate(SHOW_ALL)
        for width_px, height_px in HEIGHT_PX.items():
            await page.set_viewport_size({"width": width_px, "height": height_px})
            for theme in THEMES:
                await page.emulate_media(color_scheme=theme, reduced_motion="reduce")
                await page.screenshot(path=self.folder / self.name(state, width_px, theme), full_page=True)
        await page.set_viewport_size(usual)
        await page.emulate_media(color_scheme="light", reduced_motion="reduce")

    def name(self, state: str, width_px: int, theme: str) -> str:
        words = f"{self.group} {self.language} {state} {width_px} {theme}"
        return "_".join(re.findall(r"[\w-]+", words)) + ".png"


async def take_all(folder: Path) -> tuple[list[Album], list[str]]:
    """Pictures of everything, in `folder`, and which walks did not get to their end."""
    albums, faults = [], []
    with tempfile.TemporaryDirectory() as media:
        async with chromium(make_face_clip(Path(media) / "face.mjpeg")) as browser:
            for group, language, walks in GROUPS:
                albums.append(Album(group, language, folder))
                for name, walk in walks.items():
                    try:
                        async with visiting(browser, albums[-1].take, chinese=language == "zh") as visit:
                            await walk(visit)
                    except* (PlaywrightError, AssertionError) as fault:
                        faults.append(f"{group} {language}, {name}: {fault.exceptions[0]}")
    return albums, faults


def index(albums: list[Album]) -> str:
    """A page that shows them all, a state a row."""
    rows = []
    for album in albums:
        for state in album.states:
            names = [album.name(state, width_px, theme) for width_px in HEIGHT_PX for theme in THEMES]
            pictures = "".join(f'<a href="{name}"><img src="{name}" loading="lazy" alt=""></a>' for name in names)
            rows.append(f"<h2>{html.escape(f'{album.group} · {album.language} · {state}')}</h2><p>{pictures}</p>")
    style = "body{font:16px system-ui;margin:24px}p{display:flex;gap:16px;align-items:flex-start}img{height:420px}"
    return f"<!doctype html><meta charset=utf-8><title>Screens</title><style>{style}</style>{''.join(rows)}"


def main() -> None:
    logging.getLogger("agent.storage").setLevel(logging.ERROR)
    began = time.monotonic()
    shutil.rmtree(SCREENS, ignore_errors=True)
    SCREENS.mkdir(parents=True)
    albums, faults = asyncio.run(take_all(SCREENS))
    (SCREENS / "index.html").write_text(index(albums))
    pictures = sum(len(album.states) for album in albums) * len(HEIGHT_PX) * len(THEMES)
    print(f"{pictures} pictures in {time.monotonic() - began:.0f} s: {SCREENS / 'index.html'}")
    if faults:
        sys.exit("states that could not be reached:\n" + "\n".join(faults))


if __name__ == "__main__":
    main()
