"""A customer's whole call, and a supervisor's whole work on it, without a mouse: by Tab, Enter and Space alone."""

import re
from dataclasses import dataclass

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import chromium
from tests.browser.test_taking_over import newest_call
from tests.serving import RunningAgent

pytestmark = pytest.mark.timeout(300)

MOST_PRESSES = 80
WITHIN_MS = 45_000
"""Several times what it takes, as machines that run tests have much else to do."""
FOCUSED = """
    () => {
        const { activeElement: at } = document;
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(at);
        const ring = (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2) || boxShadow !== "none";
        const box = at.getBoundingClientRect();
        const inside = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
        return { name: at.id || at.innerText, seen: at === document.body || (ring && inside && box.width > 0) };
    }
"""


@dataclass(frozen=True, slots=True)
class Keyboard:
    """Goes through a page as somebody does who cannot use a mouse. Each stop on the way must be seen to be one."""

    page: Page

    async def to(self, selector: str) -> None:
        """Presses Tab until what `selector` finds has the focus; once around the page at most."""
        wanted = self.page.locator(selector)
        await expect(wanted).to_be_visible(timeout=WITHIN_MS)
        for _ in range(MOST_PRESSES):
            if await wanted.evaluate("element => element === document.activeElement"):
                return
            await self.page.keyboard.press("Tab")
            stop = await self.page.evaluate(FOCUSED)
            assert stop["seen"], f"the focus on {stop['name']!r} cannot be seen"
        raise AssertionError(f"{selector} cannot be reached with Tab")

    async def press(self, selector: str, key: str = "Enter") -> None:
        await self.to(selector)
        await expect(self.page.locator(selector)).to_be_enabled()
        await self.page.keyboard.press(key)

    async def write(self, selector: str, words: str) -> None:
        await self.to(selector)
        await self.page.keyboard.type(words)
        await self.page.keyboard.press("Enter")


async def test_a_call_and_its_supervision_need_no_mouse(agent: RunningAgent) -> None:
    """The customer agrees, calls, writes, mutes, stops the analysis and hangs up; the supervisor watches, whispers,
    takes the call over and hands it back. No stop of the focus is hidden, and none is a trap.
    """
    async with chromium() as at_home, chromium() as in_office:
        customer = await at_home.new_page(viewport={"width": 390, "height": 844})
        await customer.goto(agent.url + "/")
        hands = Keyboard(customer)
        await hands.press("#choice-agree")
        await hands.press("#start-call")
        state = customer.locator("#call-state")
        await expect(state).to_have_attribute("data-state", re.compile("connected|speaking"), timeout=WITHIN_MS)
        await hands.write("#chat-input", "What is your return policy?")
        answers = customer.locator("#captions .line[data-speaker=agent] .words")
        await expect(answers.last).to_contain_text("return", timeout=WITHIN_MS)

        supervisor = await in_office.new_page(viewport={"width": 1440, "height": 900})
        await supervisor.goto(agent.supervisor_url)
        staff = Keyboard(supervisor)
        await staff.press(f"[data-call-id='{await newest_call(agent)}']")
        await staff.write("#staff-words", "say: One moment, please.")
        await expect(answers.last).to_contain_text("One moment, please.", timeout=WITHIN_MS)
        await staff.press("#take-over", "Space")
        await expect(state).to_have_attribute("data-state", "taken_over", timeout=WITHIN_MS)
        await staff.press("#hand-back")
        await expect(state).to_have_attribute("data-state", "speaking", timeout=WITHIN_MS)

        await hands.press("#analysis summary")
        await hands.press("#withdraw-emotion")
        await expect(customer.locator("#allow-emotion")).to_be_visible(timeout=WITHIN_MS)
        await hands.press("#mute", "Space")
        await hands.press("#camera")
        await hands.press("#end-call")
        await expect(customer.locator("#ended")).to_have_attribute("data-reason", "customer_left", timeout=WITHIN_MS)
        await hands.to("#call-again")
