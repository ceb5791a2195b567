"""What customers call for, from the first line to the row in the database, in a real browser: once by voice, once in
writing, with cards, their buttons and their forms.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.calling import called
from tests.browser.conftest import chromium
from tests.browser.telephone import Telephone
from tests.media_made import OwnVoice
from tests.serving import RunningAgent, running_agent

pytestmark = pytest.mark.timeout(240, func_only=True)

ANSWERED_WITHIN_MS = 20_000
"""Several times what it takes, as machines that run tests have much else to do."""
BY_VOICE, IN_WRITING = "by voice", "in writing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Somebody in a call, at their page."""

    page: Page
    telephone: Telephone | None
    """None for somebody who writes."""

    async def tells(self, line: str, *, hears: str) -> None:
        """Says or writes a line, and hears an answer with these words in it."""
        if self.telephone is None:
            await self.page.fill("#chat-input", line)
            await self.page.press("#chat-input", "Enter")
        else:
            await self.telephone.hears_it_to_the_end()
            await self.telephone.say(line)
        await self.hears(hears)

    async def taps(self, button: Locator) -> None:
        """Presses it; who talks lets the agent finish first, so that what is heard next is the answer."""
        if self.telephone is not None:
            await self.telephone.hears_it_to_the_end()
        await button.click()

    async def hears(self, words: str) -> None:
        answers = self.page.locator("#captions .line[data-speaker=agent] .words")
        await expect(answers.last).to_contain_text(words, timeout=ANSWERED_WITHIN_MS)

    async def sees(self, title: str) -> Locator:
        """The card of that title, on top of the others."""
        card = self.page.locator("#cards .card").first
        await expect(card.locator("h2")).to_have_text(title, timeout=ANSWERED_WITHIN_MS)
        return card

    async def sees_no_more(self, title: str) -> None:
        await expect(self.page.get_by_role("article", name=title)).to_have_count(0, timeout=ANSWERED_WITHIN_MS)

    async def agrees(self, *, to: str, hears: str) -> None:
        """Says yes, or presses the card's button that does."""
        card = await self.sees(to)
        if self.telephone is None:
            await card.locator(".button.primary").click()
            await self.hears(hears)
        else:
            await self.tells("Yes, please.", hears=hears)
        await self.sees_no_more(to)


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """One way through a call."""

    way: str
    voice: OwnVoice
    folder: Path
    picture: Path
    """Of the page at the end of the call, for people to look at its cards."""

    @asynccontextmanager
    async def calling(self, agent: RunningAgent, *, signed_in: bool = False) -> AsyncIterator[Customer]:
        """A customer in a call, who hangs up in the end."""
        async with chromium() as browser:
            by_voice = self.way == BY_VOICE
            page = await called(browser, agent, "#choice-without-emotion", telephone=by_voice, signed_in=signed_in)
            telephone = None
            if by_voice:
                await page.evaluate("telephone.record()")
                telephone = Telephone(page=page, voice=self.voice, folder=self.folder)
            yield Customer(page=page, telephone=telephone)
            await page.screenshot(path=self.picture)
            await page.click("#end-call")
            await expect(page.locator("#ended")).to_have_attribute("data-reason", "customer_left")


@pytest.fixture(params=[BY_VOICE, IN_WRITING])
def walk(request: pytest.FixtureRequest, voice: OwnVoice, tmp_path: Path, artefacts: Path) -> Walk:
    name = request.node.name.removeprefix("test_").replace(" ", "_")
    return Walk(way=request.param, voice=voice, folder=tmp_path, picture=artefacts / f"{name}.png")


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAgent]:
    with running_agent(tmp_path_factory.mktemp("bank"), AGENT_REPLY__DOMAIN="bank") as running:
        yield running


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAgent]:
    with running_agent(tmp_path_factory.mktemp("clinic"), AGENT_REPLY__DOMAIN="clinic") as running:
        yield running


async def test_a_customer_takes_advice_and_orders(agent: RunningAgent, walk: Walk) -> None:
    """Use and budget are asked for, products compared, one is ordered after a yes: a row, and one fewer in stock."""
    orders, stock = "SELECT count(*) FROM orders", "SELECT stock FROM products WHERE name = 'quiet headphones'"
    before = agent.holds(orders), agent.holds(stock)
    async with walk.calling(agent, signed_in=True) as dana:
        await dana.tells("Which headphones would you recommend?", hears="What do you need it for")
        await dana.tells("For travelling.", hears="at most")
        await dana.tells("Up to two hundred fifty dollars.", hears="quiet headphones at $199")
        compared = await dana.sees("Compared for you")
        assert await compared.locator("tbody th").count() >= 3
        await dana.tells("Yes please.", hears="$199 in all")
        await dana.agrees(to="Your order", hears="Your order number is F")
        number = agent.holds("SELECT max(id) FROM orders WHERE id LIKE 'F%'")
        await expect(await dana.sees(f"Order {number}")).to_contain_text("quiet headphones")
    assert (agent.holds(orders), agent.holds(stock)) == (before[0] + 1, before[1] - 1)


async def test_a_customer_returns_an_order(agent: RunningAgent, walk: Walk) -> None:
    """A return is opened once, after a yes, and its slip has the number that the database has."""
    order, goods = {BY_VOICE: ("A1017", "headphones"), IN_WRITING: ("A0988", "toaster")}[walk.way]
    count = "SELECT count(*) FROM returns"
    before = agent.holds(count)
    async with walk.calling(agent, signed_in=True) as dana:
        if walk.way == BY_VOICE:
            await dana.tells("I'd like to return something.", hears="What is your order number?")
            await dana.tells("A one zero one seven.", hears="Shall I open a return for")
        else:
            await dana.tells("I want to send the toaster from A0988 back", hears="Shall I open a return for")
        await expect(await dana.sees("Please confirm")).to_contain_text(order)
        assert agent.holds(count) == before
        await dana.agrees(to="Please confirm", hears="Your return number is R")
        number = agent.holds("SELECT max(number) FROM returns")
        await expect(await dana.sees(f"Return R{number}")).to_contain_text(goods)
    assert agent.holds(count) == before + 1


async def test_a_customer_sees_what_a_loan_costs_month_by_month(bank: RunningAgent, walk: Walk) -> None:
    """Asked for in words or on a form, the table has every month, scrolls in itself and adds up; nothing is written."""
    writes = "SELECT (SELECT count(*) FROM disputes) + (SELECT count(*) FROM card_blocks)"
    before = bank.holds(writes)
    async with walk.calling(bank) as customer:
        if walk.way == BY_VOICE:
            line = "What would a loan of ten thousand dollars over five years cost me?"
            await customer.tells(line, hears="$197.54 a month")
        else:
            await customer.tells("I'm thinking about a loan", hears="How much")
            form = await customer.sees("A loan, worked out")
            await form.get_by_label("Amount in dollars").fill("10000")
            await form.get_by_label("Years").fill("5")
            await customer.page.keyboard.press("Enter")
            await customer.hears("$197.54 a month")
        card = await customer.sees("$10,000 over 5 years")
        await expect(card.locator("tbody tr")).to_have_count(60)
        await expect(card.locator("tbody tr").last).to_contain_text("$0.00")
        await expect(card.locator("tfoot")).to_contain_text("$10,000.00")
        table = card.locator(".card-table")
        head_top = (
            "table => table.querySelector('thead th').getBoundingClientRect().top - table.getBoundingClientRect().top"
        )
        await table.evaluate("table => table.scrollTo(0, table.scrollHeight)")
        assert await table.evaluate("table => table.scrollTop") > 500
        assert abs(await table.evaluate(head_top)) < 3
    assert bank.holds(writes) == before


async def test_a_patient_books_an_appointment(clinic: RunningAgent, walk: Walk) -> None:
    """Who it is and whether there are warning signs comes first; a time is tapped, and booked after a yes."""
    count = "SELECT count(*) FROM appointments WHERE cancelled_at IS NULL"
    before = clinic.holds(count)
    async with walk.calling(clinic) as patient:
        await patient.tells("I'd like an appointment, I have a rash.", hears="What is your patient number?")
        if walk.way == BY_VOICE:
            await patient.tells("It's six zero four two, one seven eight.", hears="date of birth")
            await patient.tells("May third, nineteen eighty-five.", hears="Before we go on")
        else:
            form = await patient.sees("Who is it for?")
            await form.get_by_label("Patient number").fill("6042178")
            await form.get_by_label("Date of birth").fill("1985-05-03")
            await form.get_by_text("Send").click()
            await patient.hears("Before we go on")
        await patient.sees("Before we go on")
        await patient.tells("No.", hears="Which one suits you?")
        times = await patient.sees("Free times")
        day = await times.locator(".group h3").first.inner_text()
        await patient.taps(times.locator(".group .button").first)
        await patient.hears("Shall I book")
        await patient.agrees(to="Please confirm", hears="Your number is C")
        appointment = await patient.sees("Your appointment")
        await expect(appointment.locator(".reference strong")).to_have_text(
            f"C{clinic.holds('SELECT max(number) FROM appointments')}"
        )
        assert day.split(",")[0] in await appointment.inner_text()
    assert clinic.holds(count) == before + 1
