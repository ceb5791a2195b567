"""The supervisors' WebSocket survives garbage, keeps other sites out, and follows the watched call."""

import asyncio
import json

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from agent.transport.hub import EVENT_LANE, Hub
from agent.transport.messages import CallSummary, SupervisorNote

pytestmark = pytest.mark.usefixtures("unblocked_loop")

CALL = CallSummary(call_id="c", state="connected", started_at=1.0, locale="en", purposes=())


async def test_it_lists_calls_and_follows_the_one_watched(address: str, hub: Hub) -> None:
    """First the list; after `watch`, what happens in that call, text and pictures."""
    hub.put_call(CALL)
    async with connect(f"ws://{address}/ws/supervisor") as socket:
        assert json.loads(await socket.recv())["calls"][0]["call_id"] == "c"
        await socket.send('{"type":"watch","call_id":"c"}')
        async with asyncio.timeout(5):
            while not hub.pictured("c"):
                await asyncio.sleep(0.01)
        hub.publish_event("c", SupervisorNote(call_id="c", text="look"))
        hub.publish_picture("c", b"\x00\x00\x00\x02{}jpeg")
        assert json.loads(await socket.recv())["text"] == "look"
        assert await socket.recv() == b"\x00\x00\x00\x02{}jpeg"


@pytest.mark.parametrize(
    "garbage",
    ["", "{", '{"type":"delete"}', '{"type":"watch"}', '{"type":"watch","call_id":"nobody"}', b"\xff\x00", "x" * 5000],
)
async def test_garbage_gets_a_sentence_and_the_connection_goes_on(address: str, garbage: str | bytes) -> None:
    """Each mistake is answered with an error message; nothing is closed."""
    async with connect(f"ws://{address}/ws/supervisor") as socket:
        await socket.recv()
        await socket.send(garbage)
        fault = json.loads(await socket.recv())
        assert fault["type"] == "error" and fault["message"]
        await socket.send('{"type":"unwatch"}')
        await socket.ping()


async def test_pages_of_other_sites_are_kept_out(address: str) -> None:
    """A browser names the origin of its page; only our own may watch calls."""
    with pytest.raises(Exception, match="403"):
        async with connect(f"ws://{address}/ws/supervisor", origin="https://elsewhere.example"):  # type: ignore[arg-type]
            pass


async def test_one_that_does_not_read_is_closed_with_1013(address: str, hub: Hub) -> None:
    """A reader that stalls is let go with "try again later" once its lane is full."""
    hub.put_call(CALL)
    async with connect(f"ws://{address}/ws/supervisor", max_queue=1) as socket:
        await socket.recv()
        await socket.send('{"type":"watch","call_id":"c"}')
        async with asyncio.timeout(5):
            while not hub.pictured("c"):
                await asyncio.sleep(0.01)
        for _ in range(EVENT_LANE + 1):
            hub.publish_event("c", SupervisorNote(call_id="c", text="x" * 20_000))
        with pytest.raises(ConnectionClosed) as closed:
            async with asyncio.timeout(10):
                while True:
                    await socket.recv()
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1013
