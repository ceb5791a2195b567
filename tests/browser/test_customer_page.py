"""The customer's page, from the notice to goodbye, in a real browser against the real HTTP and WebRTC side."""

import asyncio

import pytest
from playwright.async_api import Page, expect

from agent.core.cards import Card, CardAction, CardRow
from agent.core.consent import Purpose
from agent.core.lifecycle import CallState, EndReason
from agent.transport.messages import (
    AgentSpeaking,
    CallStateChanged,
    Caption,
    Chat,
    ClockPing,
    ClockPong,
    DeviceState,
    SendLess,
    ShowCard,
    Welcome,
    WithdrawConsent,
)
from tests.browser.page_server import PageServer, ScriptedCall, opened_page, serving_pages

pytestmark = pytest.mark.timeout(60)

PHONE = {"width": 360, "height": 740}
COUNT_DEVICE_REQUESTS = """
    window.deviceRequests = 0;
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = (wish) => (window.deviceRequests++, ask(wish));
"""


async def call_from(
    page: Page, server: PageServer, *, choice: str = "#choice-agree", query: str = "", hears: str = "en"
) -> ScriptedCall:
    """Goes through notice and device check into a call that has begun."""
    await page.goto(server.url + "/" + query)
    await page.click(choice)
    await page.click("#start-call")
    call = await server.desk.connected_call()
    call.show(Welcome(call_id=call.ticket.call_id, analysis=call.ticket.purposes, hears=hears))
    call.show(CallStateChanged(state=CallState.CONNECTED))
    await expect(page.locator("#call-state")).to_have_attribute("data-state", "connected")
    return call


async def test_nothing_is_asked_of_camera_or_server_before_the_choice() -> None:
    """The notice comes first, and leaving it has touched no device and opened no call."""
    complaints: list[str] = []
    async with serving_pages() as server, opened_page(complaints=complaints) as page:
        await page.add_init_script(COUNT_DEVICE_REQUESTS)
        await page.goto(server.url)
        await expect(page.locator("#choice-agree")).to_be_visible()
        await expect(page.locator("#choice-without-emotion")).to_be_visible()
        await page.click("#choice-leave")
        await expect(page.get_by_role("heading", name="Goodbye")).to_be_visible()
        assert await page.evaluate("deviceRequests") == 0
        assert server.desk.calls_made == []
    assert complaints == []


@pytest.mark.parametrize(
    ("choice", "agreed"), [("#choice-agree", True), ("#choice-without-emotion", False)], ids=["agree", "without"]
)
async def test_the_choice_becomes_the_consent_of_the_call(choice: str, agreed: bool) -> None:
    """What the customer pressed on the notice is what the call may analyse, and the page says so."""
    async with serving_pages() as server, opened_page() as page:
        call = await call_from(page, server, choice=choice)
        assert call.consent.allows(Purpose.EXPRESSION) is agreed
        words = "Emotion analysis on" if agreed else "No emotion analysis"
        await expect(page.locator("#analysis summary")).to_have_text(words)


async def test_a_call_shows_captions_and_cards_and_sends_what_is_written() -> None:
    """Captions replace their earlier selves, a card's button speaks for the customer, and no policy is violated."""
    complaints: list[str] = []
    async with serving_pages() as server, opened_page(complaints=complaints) as page:
        call = await call_from(page, server)
        call.show(Caption(id="u1", speaker="customer", text="where is", final=False))
        call.show(Caption(id="u1", speaker="customer", text="Where is my order?"))
        call.show(Caption(id="a1", speaker="agent", text="On its way.", because=("you asked for an order",)))
        lines = page.locator("#captions .line")
        await expect(lines).to_have_count(2)
        await expect(lines.first).to_contain_text("Where is my order?")
        await expect(lines.last).to_contain_text("you asked for an order")

        rows, actions = (
            (CardRow(label="Status", value="on its way"),),
            (CardAction(label="Return it", say="return A1"),),
        )
        call.show(ShowCard(card=Card(id="k", title="Order A1", rows=rows, actions=actions)))
        await page.click("#cards >> text=Return it")
        assert await call.told(Chat) == Chat(text="return A1")
        await page.fill("#chat-input", "thank you")
        await page.press("#chat-input", "Enter")
        assert await call.told(Chat) == Chat(text="thank you")
        await expect(lines).to_have_count(4)

        call.show(AgentSpeaking(active=True))
        await expect(page.locator("#call-state")).to_have_text("Speaking")
        await page.click("#captions-toggle")
        await expect(lines).to_have_count(2)
    assert complaints == []


async def test_the_clock_is_answered_and_the_picture_made_smaller_on_request() -> None:
    """A ping comes back with the page's wall clock; after `send_less` the camera really delivers fewer pixels."""
    async with serving_pages() as server, opened_page() as page:
        call = await call_from(page, server)
        call.show(ClockPing(id=77))
        pong = await call.told(ClockPong)
        assert isinstance(pong, ClockPong)
        assert pong.id == 77
        assert abs(pong.page_ms - await page.evaluate("Date.now()")) < 5_000
        call.show(SendLess(fps=5, width_px=320))
        await page.wait_for_function(
            "() => agentCall.peerConnection.getSenders().some((sender) =>"
            " sender.track?.kind === 'video' && sender.track.getSettings().width === 320"
            " && sender.getParameters().encodings[0].maxFramerate === 5)"
        )


async def test_devices_are_turned_off_for_real_and_the_agent_is_told() -> None:
    """A stopped camera leaves no track running, and muting is reported."""
    async with serving_pages() as server, opened_page() as page:
        call = await call_from(page, server)
        await page.click("#camera")
        while await call.told(DeviceState) != DeviceState(camera=False, microphone=True):
            pass
        assert await page.evaluate(
            "agentCall.peerConnection.getSenders().every((sender) => sender.track?.kind !== 'video')"
        )
        await page.click("#mute")
        while await call.told(DeviceState) != DeviceState(camera=False, microphone=False):
            pass
        await page.click("#camera")
        while await call.told(DeviceState) != DeviceState(camera=True, microphone=False):
            pass


async def test_emotion_analysis_can_be_stopped_during_the_call() -> None:
    """One button takes back the purposes that estimate emotion."""
    async with serving_pages() as server, opened_page() as page:
        call = await call_from(page, server)
        await page.click("#analysis summary")
        await page.click("#withdraw-emotion")
        withdrawn = await call.told(WithdrawConsent)
        assert isinstance(withdrawn, WithdrawConsent)
        assert set(withdrawn.purposes) == {Purpose.EXPRESSION, Purpose.VOICE_EMOTION, Purpose.TEXT_EMOTION}
        await expect(page.locator("#analysis summary")).to_have_text("No emotion analysis")


async def test_without_any_device_the_customer_still_calls_and_writes() -> None:
    """A browser that refuses camera and microphone leads to a call in writing that stays alive on silence."""
    async with serving_pages() as server, opened_page(devices_allowed=False) as page:
        await page.goto(server.url)
        await page.click("#choice-agree")
        await expect(page.get_by_role("alert").first).to_contain_text("blocked")
        await expect(page.locator("#start-call")).to_have_text("Start, in writing")
        await page.click("#start-call")
        call = await server.desk.connected_call()
        assert await call.told(DeviceState) == DeviceState(camera=False, microphone=False)
        await page.fill("#chat-input", "hello")
        await page.click("#chat-send")
        assert await call.told(Chat) == Chat(text="hello")
        assert call.peer is not None
        while call.peer.statistics.audio.packets == 0:
            await asyncio.sleep(0.05)


async def test_hanging_up_ends_the_call_on_both_sides() -> None:
    """The page says who ended the call, lets go of the devices, and offers another one."""
    async with serving_pages() as server, opened_page() as page:
        call = await call_from(page, server)
        await page.click("#end-call")
        await expect(page.locator("#ended")).to_have_attribute("data-reason", "customer_left")
        while not call.hung_up:
            await asyncio.sleep(0.02)
        assert await page.evaluate("window.agentCall") is None
        await page.click("#call-again")
        await expect(page.locator("#start-call")).to_be_enabled()


@pytest.mark.parametrize("reason", [EndReason.AGENT_FINISHED, EndReason.SERVER_STOPPED])
async def test_the_agent_can_end_the_call_and_says_why(reason: EndReason) -> None:
    """The last state message decides what the customer reads."""
    async with serving_pages() as server, opened_page() as page:
        call = await call_from(page, server)
        call.show(CallStateChanged(state=CallState.ENDED, reason=reason))
        await expect(page.locator("#ended")).to_have_attribute("data-reason", reason)


async def test_a_call_that_is_gone_is_told_in_plain_words() -> None:
    """When the agent's side goes away without a word and knows nothing of the call, the customer reads so."""
    async with serving_pages() as server, opened_page() as page:
        call = await call_from(page, server)
        assert call.peer is not None
        await call.peer.close()
        await expect(page.locator("#ended")).to_have_attribute("data-reason", "not_resumed")


async def test_before_a_full_house_the_page_waits_in_line_by_itself() -> None:
    """It says which number the customer is as the line moves on, keeps the place, and calls when the turn has come."""
    async with serving_pages() as server, opened_page() as page:
        server.desk.full = True
        await page.goto(server.url)
        await page.click("#choice-agree")
        await page.click("#start-call")
        waiting = page.locator("#waiting [aria-live=polite]")
        await expect(waiting).to_have_text("You are number 2 in line.")
        server.desk.position = 1
        await expect(waiting).to_have_text("You are the next in line.")
        server.desk.full = False
        await server.desk.connected_call()
        await expect(page.locator("#call-state")).to_be_visible()
        assert server.desk.shown[0] is None
        assert set(server.desk.shown[1:]) == {"place-1"}


async def test_the_line_can_be_left_and_entered_again() -> None:
    """Leaving gives the place up at once, asks no more, and leads back to the device check."""
    async with serving_pages() as server, opened_page() as page:
        server.desk.full = True
        await page.goto(server.url)
        await page.click("#choice-agree")
        await page.click("#start-call")
        await page.click("#leave-line")
        await expect(page.get_by_role("heading", name="Ready to call?")).to_be_visible()
        while server.desk.left != ["place-1"]:
            await asyncio.sleep(0.05)
        asked = len(server.desk.shown)
        await asyncio.sleep(1.5)
        assert len(server.desk.shown) == asked
        server.desk.full = False
        await page.click("#start-call")
        await server.desk.connected_call()


async def test_the_way_into_a_call_needs_only_a_keyboard_and_a_phones_width() -> None:
    """Every step is reached with Tab and Enter, and nothing sticks out of a screen 360 pixels wide."""
    async with serving_pages() as server, opened_page() as page:
        await page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
        await page.goto(server.url)
        await expect(page.locator("#choice-agree")).to_be_visible()
        await _tab_to(page, "choice-agree")
        assert await overhang(page) == 0
        await page.keyboard.press("Enter")
        await expect(page.locator("#start-call")).to_be_enabled()
        await _tab_to(page, "start-call")
        assert await overhang(page) == 0
        await page.keyboard.press("Enter")
        await server.desk.connected_call()
        await expect(page.locator("#call-state")).to_be_visible()
        for control in ("chat-input", "mute", "camera", "end-call"):
            await _tab_to(page, control)
        assert await overhang(page) == 0


async def _tab_to(page: Page, element_id: str) -> None:
    for _ in range(20):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement?.id") == element_id:
            return
    raise AssertionError(f"#{element_id} cannot be reached with Tab")


async def overhang(page: Page) -> int:
    """Pixels by which the page is wider than the screen."""
    overhang: int = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return max(0, overhang)
