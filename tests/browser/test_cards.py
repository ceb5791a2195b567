"""Cards on the customer's page: every part drawn as text, pressed, filled in, and taken away, on any screen."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Page, expect

from agent.core.cards import (
    Card,
    CardAction,
    CardField,
    CardForm,
    CardGroup,
    CardItem,
    CardRow,
    CardSource,
    CardTable,
)
from agent.transport.messages import (
    Caption,
    Chat,
    HideCard,
    ShowCard,
)
from tests.browser.page_server import ScriptedCall, opened_page, serving_pages
from tests.browser.test_customer_page import call_from, overhang

pytestmark = pytest.mark.timeout(60)

PHONE = {"width": 390, "height": 844}
MARKUP = "<img src=x onerror='window.broken = 1'><b>bold</b>"
QUESTION = Card(
    id="q",
    title="Please confirm",
    actions=(CardAction(label="Yes", say="Yes", primary=True), CardAction(label="No", say="No")),
)
LOAN = Card(
    id="loan",
    title="$10,000 over 5 years",
    table=CardTable(
        columns=("Month", "Payment", "Owed"),
        rows=tuple((f"{month}", "$197.54", f"${10_000 - month * 160:,.2f}") for month in range(1, 61)),
        total=("All", "$11,852.46", ""),
    ),
)
EVERYTHING = Card(
    id="all",
    title=MARKUP,
    text=MARKUP,
    reference="D70002",
    rows=(CardRow(label=MARKUP, value=MARKUP * 4),),
    items=(CardItem(title="A kettle", value="$59", text=MARKUP, actions=(CardAction(label="Order it", say="order"),)),),
    table=LOAN.table,
    groups=(CardGroup(label="Tuesday", actions=(CardAction(label="9:30 AM", say="Tuesday at 9:30"),)),),
    form=CardForm(
        fields=(
            CardField(name="number", label="Customer number", kind="digits", hint="7 digits"),
            CardField(name="born", label="Date of birth", kind="date"),
        ),
        say="My number is {number} and I was born on {born}",
    ),
    actions=(CardAction(label="Talk to a person", say="person"),),
    source=CardSource(title=MARKUP, url="javascript:window.broken=1"),
)


@asynccontextmanager
async def in_a_call(*, phone: bool = False) -> AsyncIterator[tuple[Page, ScriptedCall]]:
    """A page whose call has begun; complaints of the browser fail the test."""
    complaints: list[str] = []
    async with serving_pages() as server, opened_page(complaints=complaints) as page:
        if phone:
            await page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
        yield page, await call_from(page, server, choice="#choice-without-emotion")
    assert complaints == []


async def test_every_part_of_a_card_answers_and_nothing_on_it_is_read_as_markup() -> None:
    """Buttons, times and forms come back as chat lines; what looks like a tag, or like a script's address, is text."""
    async with in_a_call(phone=True) as (page, call):
        call.show(ShowCard(card=EVERYTHING))
        card = page.locator("#cards .card")
        await expect(card.locator("h2")).to_have_text(MARKUP)
        await expect(card.locator(".reference strong")).to_have_text("D70002")
        for label, said in (("Order it", "order"), ("9:30 AM", "Tuesday at 9:30"), ("Talk to a person", "person")):
            await card.get_by_role("button", name=label).click()
            assert await call.told(Chat) == Chat(text=said)
        await card.get_by_label("Customer number").fill("4710023")
        await card.get_by_label("Date of birth").fill("1985-05-03")
        await page.keyboard.press("Enter")
        assert await call.told(Chat) == Chat(text="My number is 4710023 and I was born on 1985-05-03")
        assert await page.evaluate("document.querySelectorAll('#cards img, #cards b, #cards a').length") == 0
        assert await page.evaluate("typeof window.broken") == "undefined"
        assert await overhang(page) == 0


async def test_a_form_is_not_sent_before_it_is_filled_in() -> None:
    """The browser says what is missing; a second press of the same button is no second line."""
    async with in_a_call() as (page, call):
        call.show(ShowCard(card=EVERYTHING))
        card = page.locator("#cards .card")
        await card.get_by_text("Send").click()
        await expect(card.locator("input:invalid")).to_have_count(2)
        person = card.get_by_role("button", name="Talk to a person")
        await person.dblclick()
        await page.fill("#chat-input", "that was all")
        await page.press("#chat-input", "Enter")
        assert [await call.told(Chat), await call.told(Chat)] == [Chat(text="person"), Chat(text="that was all")]


async def test_a_question_that_is_answered_goes_and_leaves_the_keyboards_place() -> None:
    """Hidden by the agent, its buttons are gone; the focus is not thrown back to the top of the page."""
    async with in_a_call() as (page, call):
        call.show(ShowCard(card=LOAN))
        call.show(ShowCard(card=QUESTION))
        await page.get_by_role("button", name="Yes").focus()
        await page.keyboard.press("Enter")
        assert await call.told(Chat) == Chat(text="Yes")
        call.show(HideCard(id="q"))
        await expect(page.locator("#cards .card")).to_have_count(1)
        await expect(page.locator("#cards")).to_be_focused()
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("button", name="Close $10,000 over 5 years")).to_be_focused()


async def test_a_source_on_the_web_opens_beside_the_call() -> None:
    """A press on it does not end the call, and the site is not told where the customer came from."""
    async with in_a_call() as (page, call):
        help_page = CardSource(title="Help", url="https://example.org/")
        call.show(ShowCard(card=Card(id="f", title="Gifts", source=help_page)))
        link = page.get_by_role("link", name="Help")
        await expect(link).to_have_attribute("target", "_blank")
        await expect(link).to_have_attribute("rel", "noopener noreferrer")


async def test_a_long_table_scrolls_in_itself_below_its_head() -> None:
    """By keyboard, too; the sum stays in view, and the card's other parts do not move away."""
    async with in_a_call(phone=True) as (page, call):
        call.show(ShowCard(card=LOAN))
        table = page.get_by_role("region", name="Table: $10,000 over 5 years")
        await table.focus()
        await page.keyboard.press("End")
        await expect(table.locator("tbody tr").last).to_be_in_viewport()
        for kept in (table.locator("thead th").first, table.locator("tfoot th")):
            await expect(kept).to_be_in_viewport(ratio=1)
        assert await overhang(page) == 0


async def test_the_newest_line_stays_in_view_when_cards_come_and_go() -> None:
    """On a phone cards take half the room of the conversation."""
    async with in_a_call(phone=True) as (page, call):
        for number in range(12):
            call.show(Caption(id=f"a{number}", speaker="agent", text=f"Line {number} of what there is to say."))
        for _ in range(3):
            call.show(HideCard(id="q"))
            call.show(ShowCard(card=LOAN))
            await expect(page.locator("#cards .card")).to_have_count(1)
            await expect(page.locator("#captions .line").last).to_be_in_viewport(ratio=1)
            call.show(HideCard(id="loan"))
            call.show(ShowCard(card=QUESTION))
            await expect(page.get_by_role("button", name="Yes")).to_be_visible()
            await expect(page.locator("#captions .line").last).to_be_in_viewport(ratio=1)
