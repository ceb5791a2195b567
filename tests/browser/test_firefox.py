"""A customer's call and a supervisor's view of it in Firefox, with the real agent."""

from pathlib import Path

import pytest

from tests.browser.firefox import firefox
from tests.serving import RunningAgent

HEARD = """
    agentCall.peerConnection.getStats().then((reports) =>
        [...reports.values()].some(({ type, kind, totalAudioEnergy }) =>
            type === "inbound-rtp" && kind === "audio" && totalAudioEnergy > 0.01))
"""
pytestmark = pytest.mark.timeout(300)


async def test_a_customer_calls_and_a_supervisor_watches_from_firefox(agent: RunningAgent, artefacts: Path) -> None:
    """From the notice to goodbye: the face is found in the picture that Firefox sends, an answer comes in writing and
    is heard, and the supervisor sees picture and words.
    """
    async with firefox() as browser:
        customer = browser.page("customer")
        await customer.face_for_camera()
        await customer.goto(agent.url + "/")
        await customer.click("#choice-agree")
        await customer.until("document.querySelector('.preview video')?.videoWidth > 0")
        await customer.click("#start-call")
        await customer.until("/connected|speaking/.test(document.querySelector('#call-state')?.dataset.state)")
        await customer.shows("#captions .line[data-speaker=agent] .words")
        await customer.write("#chat-input", "What is your return policy?")
        await customer.shows("#captions .line[data-speaker=agent] .words", "return")
        await customer.until("document.querySelector('#call-state').dataset.agent === 'speaking'")
        await customer.until(HEARD)
        await customer.screenshot(artefacts / "firefox_customer.png")

        call = await customer.evaluate("JSON.parse(sessionStorage.getItem('agent-call')).call.callId")
        supervisor = browser.page("supervisor")
        await supervisor.goto(agent.supervisor_url)
        await supervisor.click(f".call-row[data-call-id='{call}']")
        await supervisor.shows("body", "return policy")
        await supervisor.shows(".facts", "yaw")
        await supervisor.screenshot(artefacts / "firefox_supervisor.png")

        await customer.click("#end-call")
        await supervisor.shows("body", "ended")
        assert await customer.evaluate("document.querySelector('#ended')?.dataset.reason") == "customer_left"
