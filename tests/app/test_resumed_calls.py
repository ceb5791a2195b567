"""A call whose connection broke is kept for its customer and for nobody else, on the real agent, with its only line."""

import asyncio
from collections.abc import Iterator

import httpx
import msgspec
import pytest

from agent.app.customer import Customer, open_call
from agent.core.consent import Choice
from agent.core.errors import AtCapacity
from agent.media.clips import ArraySource
from agent.transport.messages import Recalled, ToPage
from benchmarks.face import face_picture
from tests.media.test_offer import page_offer
from tests.serving import STAFF, RunningAgent, running_agent, until

pytestmark = pytest.mark.timeout(120, func_only=True)


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAgent]:
    """With a single line."""
    with running_agent(tmp_path_factory.mktemp("agent"), AGENT_SERVER__MAX_CALLS="1") as running:
        yield running


class Returning(Customer):
    """A customer who notes what the agent tells who comes back."""

    recalled: Recalled | None = None

    def _take(self, text: str) -> str | None:
        message = msgspec.json.decode(text, type=ToPage)
        if isinstance(message, Recalled):
            self.recalled = message
        return super()._take(text)


async def offered(client: httpx.AsyncClient, token: str) -> int:
    """The status that an offer with this token gets."""
    headers = {"Content-Type": "application/sdp", "Authorization": f"Bearer {token}"}
    return (await client.post("/whip", content=await page_offer(), headers=headers)).status_code


async def test_a_lost_connection_keeps_the_call_its_place_and_its_talk(agent: RunningAgent) -> None:
    """Nobody else gets the line or the call meanwhile; its customer is told all that was said, and once it has ended
    the same token opens nothing."""
    ticket = await open_call(agent.url, Choice.AGREE)
    first = Customer(agent.url, ticket, frames=ArraySource(face_picture, fps=10))
    second = Returning(agent.url, ticket, frames=ArraySource(face_picture, fps=10))

    async def listed() -> list[dict[str, object]]:
        return list((await client.get("/api/calls", headers=STAFF)).json())

    async with httpx.AsyncClient(base_url=agent.url) as client, first.caller.call():
        await until(lambda: first.seen.captions, 30, "a greeting")
        greeting = first.seen.captions[-1][1]
        await first.caller._connection.close()
        async with asyncio.timeout(15):
            while not (await listed())[0]["away"]:
                await asyncio.sleep(0.1)
        with pytest.raises(AtCapacity):
            await open_call(agent.url, Choice.AGREE)
        assert await offered(client, ticket.token[:-1] + "?") == 401
        async with second.caller.call():
            await until(lambda: second.recalled, 15, "what was said")
            assert second.recalled is not None
            assert greeting.id in {caption.id for caption in second.recalled.captions}
            assert set(second.seen.analysis) == set(ticket.purposes)
            (call,) = await listed()
            assert (call["call_id"], call["away"]) == (ticket.call_id, False)
        async with asyncio.timeout(15):
            while await listed():
                await asyncio.sleep(0.1)
        assert await offered(client, ticket.token) == 401
