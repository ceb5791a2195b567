"""What comes into pages from outside and is not as it should be: devices that fail, and words that look like code."""

import pytest
from playwright.async_api import expect

from agent.transport.messages import Caption, Chat, DeviceState
from agent.transport.supervisor_messages import SupervisorCaption, SupervisorNote
from tests.browser.page_server import opened_page, serving_pages
from tests.browser.test_supervisor_page import CALL_ID, asks_for_a_person, summary, watch

pytestmark = pytest.mark.timeout(60)

MARKUP = "<img src=x onerror='window.broken = 1'><script>window.broken = 1</script><b>bold</b> & &amp; {{1+1}} ${1}"
READ_AS_MARKUP = "'broken' in window || document.querySelector('#app :is(b, script, [src=x])') !== null"
FAILING = """
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wish) => {
        if (wish.KIND) throw new DOMException("as tests have it", "ERROR");
        return ask(wish);
    };
"""


@pytest.mark.parametrize("error", ["NotFoundError", "NotAllowedError", "NotReadableError", "OverconstrainedError"])
@pytest.mark.parametrize("kind", ["video", "audio"])
async def test_a_call_goes_on_with_the_device_that_works(kind: str, error: str) -> None:
    """Whatever is wrong with camera or microphone: it is said, the other one is used, and writing works."""
    async with serving_pages() as server, opened_page() as page:
        await page.add_init_script(FAILING.replace("KIND", kind).replace("ERROR", error))
        await page.goto(server.url)
        await page.click("#choice-without-emotion")
        await expect(page.get_by_role("alert").first).to_be_visible()
        await page.click("#start-call")
        call = await server.desk.connected_call()
        assert await call.told(DeviceState) == DeviceState(camera=kind != "video", microphone=kind != "audio")
        await page.fill("#chat-input", "hello")
        await page.press("#chat-input", "Enter")
        assert await call.told(Chat) == Chat(text="hello")


async def test_words_that_look_like_code_stay_words() -> None:
    """On a supervisor's page: in the transcript, its translation and reasons, and in what is noted."""
    complaints: list[str] = []
    async with serving_pages() as server, opened_page(complaints=complaints) as page:
        await watch(page, server)
        said = Caption(id="u1", speaker="customer", text=MARKUP, translation=MARKUP, because=(MARKUP,))
        server.hub.publish_event(CALL_ID, SupervisorCaption(call_id=CALL_ID, caption=said))
        server.hub.publish_event(CALL_ID, SupervisorNote(call_id=CALL_ID, text=MARKUP))
        server.hub.put_alerts(CALL_ID, (asks_for_a_person(MARKUP),))
        await expect(page.locator(".alert .evidence")).to_have_text(MARKUP)
        server.hub.put_call(summary("77"))
        await expect(page.locator("#transcript")).to_contain_text(MARKUP)
        await expect(page.locator("[data-call-id='77']")).to_be_visible()
        assert not await page.evaluate(READ_AS_MARKUP)
    assert not [line for line in complaints if "Content Security Policy" in line]
