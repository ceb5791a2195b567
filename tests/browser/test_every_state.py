"""Whatever state a page is in, everyone can use it: by screen reader, in either theme, on a phone, without motion."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from agent.core.settings import REPOSITORY
from tests.browser import customer_states, staff_states
from tests.browser.conftest import chromium
from tests.browser.states import Walk, visiting

pytestmark = [pytest.mark.timeout(120), pytest.mark.asyncio(loop_scope="module")]

AXE = REPOSITORY / "webclient" / "node_modules" / "axe-core" / "axe.min.js"
WCAG_22_AA = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
FINDINGS = """
    async (options) => (await axe.run(document, options)).violations
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .flatMap(({ id, nodes }) => nodes.map(({ html, any }) => `${id}: ${any[0]?.message} ${html.slice(0, 99)}`))
"""
IN_MOTION = """
    document.getAnimations()
        .filter(({ playState, effect }) => playState === "running" && effect?.getComputedTiming().duration > 1)
        .map(({ animationName, transitionProperty, effect: { target } }) =>
            `${target.className}: ${animationName ?? transitionProperty}`)
"""
BAD = """
    <html lang="en"><title>Bad</title><style>
        @keyframes spin { to { rotate: 1turn } }
        .wheel { animation: spin 2s infinite; position: fixed; bottom: 0; width: 1em }
        .grey { color: #999; background: #aaa }
        .wide { width: 700px }
    </style><main><h1>Bad</h1><button></button>
    <p class="grey">Grey</p><p class="wheel">o</p><p class="wide">w</p></main>
"""
SETTLED_OVERHANG = """
async (withinMs) => {
    const overhang = () => Math.max(0, document.documentElement.scrollWidth - innerWidth);
    for (const late = performance.now() + withinMs; overhang() > 0 && performance.now() < late; )
        await new Promise((next) => setTimeout(next, 20));
    return overhang();
}
"""
UNTRANSLATED = r"""
    ({ quoted, known }) => {
        const own = (element) => element.closest("[lang]").lang.startsWith("zh") && !element.closest(quoted);
        const found = [];
        for (const element of document.querySelectorAll("body, body *:not(script, style, noscript)")) {
            if (!own(element)) continue;
            const texts = [...element.childNodes].filter(({ nodeType }) => nodeType === Node.TEXT_NODE);
            const named = ["aria-label", "aria-valuetext", "title", "placeholder", "alt", "data-name"];
            found.push(...texts.map(({ data }) => data), ...named.map((name) => element.getAttribute(name) ?? ""));
        }
        found.push(document.title);
        const foreign = (word) => !/^[0-9a-f]+$/.test(word) && !known.includes(word);
        return found.filter((text) => (text.match(/[A-Za-z]{3,}[A-Za-z0-9]*/g) ?? []).some(foreign));
    }
"""
"""Words of a Chinese page that are not: what it says itself, with the names that it gives to things."""
QUOTED = ".hit-text, code"
"""What somebody said, where its language is not told."""
KNOWN = [
    *("agent", "serve", "users", "add", "NAME", "role", "admin", "ada"),
    *("CSV", "JSON", "Parquet", "SubRip", "srt", "WebVTT", "API", "say", "thumbs"),
    *("drawn", "undraw", "undrawn", "unfelt", "orders", "find", "found"),
]
"""Commands, formats, examples, and names that the walks gave to people and calls."""
FITS_WITHIN_MS = 2_000
"""Charts are drawn anew for a narrower screen a frame or more after it became so."""
PHONE = {"width": 390, "height": 844}


@dataclass(frozen=True, slots=True)
class Inspector:
    """Looks at states of pages and writes down what is wrong."""

    in_the_dark: bool = True
    """Whether contrast is looked at in the dark theme, too; colours are the same in every language."""
    in_chinese: bool = False
    """Whether the page is to have no English of its own."""
    findings: list[str] = field(default_factory=list)
    looked_at: list[str] = field(default_factory=list)

    async def look(self, page: Page, state: str) -> None:
        self.looked_at.append(state)
        if not await page.evaluate("'axe' in window"):
            await page.evaluate(AXE.read_text())
        await self._note(page, state, "light", {"runOnly": WCAG_22_AA})
        if self.in_the_dark:
            await page.emulate_media(color_scheme="dark", reduced_motion="reduce")
            await self._note(page, state, "dark", {"runOnly": {"type": "rule", "values": ["color-contrast"]}})
            await page.emulate_media(color_scheme="light", reduced_motion="reduce")
        self.findings.extend(f"{state}: moves although it must not: {one}" for one in await page.evaluate(IN_MOTION))
        if self.in_chinese:
            words = await page.evaluate(UNTRANSLATED, {"quoted": QUOTED, "known": KNOWN})
            self.findings.extend(f"{state}: not in Chinese: {text.strip()}" for text in words)
        usual = page.viewport_size
        assert usual is not None
        await page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
        if overhang := await page.evaluate(SETTLED_OVERHANG, FITS_WITHIN_MS):
            self.findings.append(f"{state}: {overhang} px stick out of a phone's screen")
        await page.set_viewport_size(usual)

    async def _note(self, page: Page, state: str, theme: str, options: dict[str, Any]) -> None:
        self.findings.extend(f"{state}, {theme}: {one}" for one in await page.evaluate(FINDINGS, options))


def _walks(walks: dict[str, Walk], *, chinese: bool, staff: bool) -> list[Any]:
    language = "zh" if chinese else "en"
    return [pytest.param(walk, chinese, staff, id=f"{name}, {language}") for name, walk in walks.items()]


WALKS = [
    *_walks(customer_states.WALKS, chinese=False, staff=False),
    *_walks(customer_states.WALKS, chinese=True, staff=False),
    *_walks(staff_states.WALKS, chinese=False, staff=True),
    *_walks(staff_states.WALKS, chinese=True, staff=True),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(face_clip: Path) -> AsyncIterator[Browser]:
    async with chromium(face_clip) as running:
        yield running


@pytest.mark.parametrize(("walk", "chinese", "staff"), WALKS)
async def test_a_state_keeps_nobody_out(browser: Browser, walk: Walk, chinese: bool, staff: bool) -> None:
    """axe finds nothing serious against WCAG 2.2 AA, contrast holds in the dark, nothing moves or sticks out, and a
    page of staff has no English left in Chinese."""
    inspector = Inspector(in_the_dark=not chinese, in_chinese=chinese and staff)
    async with visiting(browser, inspector.look, chinese=chinese) as visit:
        await walk(visit)
    assert inspector.looked_at
    assert not inspector.findings, "\n".join(inspector.findings)


async def test_the_inspector_would_find_what_is_wrong(browser: Browser) -> None:
    """A button without a name, grey on grey, a spinning thing and a wide one are all reported."""
    inspector = Inspector()
    page = await browser.new_page(viewport={"width": 800, "height": 600})
    await page.set_content(BAD)
    await inspector.look(page, "bad")
    told = "\n".join(inspector.findings)
    for fault in ("button-name", "light: color-contrast", "dark: color-contrast", "spin", "stick out"):
        assert fault in told, told


FOREIGN = """
    <html lang="zh-Hans"><title>通话</title><main><h1>通话</h1><p title="Watch">查看</p><p>客户 upset</p>
    <p lang="en">asked twice</p><p class="hit-text">Where is it?</p><p>通话 4fbada，CSV</p></main></html>
"""


async def test_the_inspector_would_find_english_on_a_chinese_page(browser: Browser) -> None:
    """In a title and beside Chinese words; what is marked as English, was said by people, or is an id is none."""
    inspector = Inspector(in_chinese=True)
    page = await browser.new_page(viewport={"width": 800, "height": 600})
    await page.set_content(FOREIGN)
    await inspector.look(page, "half")
    assert inspector.findings == ["half: not in Chinese: Watch", "half: not in Chinese: 客户 upset"]
