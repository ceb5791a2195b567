"""The supervisors' WebSocket survives garbage, keeps other sites out, and follows the watched call."""

import asyncio
import json

import msgspec
import pytest
from fastapi import FastAPI
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from agent.core.alerts import AlertKind
from agent.core.errors import StoreError
from agent.core.identity import Role
from agent.core.settings import Settings
from agent.transport.api import build_app
from agent.transport.hub import Hub
from agent.transport.messages import Caption
from agent.transport.metrics import Metrics
from agent.transport.outbox import EVENT_LANE
from agent.transport.supervisor_messages import (
    Alert,
    AlertEvidence,
    CallSummary,
    FrameTrace,
    HandoffRequested,
    SupervisorNote,
)
from benchmarks.fanout_worker import signal_of
from tests.transport.conftest import STAFF_KEYS, SUPERVISOR, ScriptedDesk, ScriptedScribe

pytestmark = pytest.mark.usefixtures("unblocked_loop")

ENGINEER = {"Authorization": f"Bearer {STAFF_KEYS[Role.ENGINEER]}"}
TRACE = FrameTrace(
    call_id="c",
    frame_id=7,
    rtp_timestamp=0,
    outcome="analysed",
    stage_ms={},
    spans=(),
    signals=(),
    captured_at=100.0,
    captured_error_ms=5,
    captured_from="sender",
    arrived_at=100.0,
    published_at=100.0,
    age_ms=20,
)
CALL = CallSummary(call_id="c", state="connected", started_at=1.0, locale="en", purposes=())


class AuditLog:
    """Stands for the audit log, which is full unless it `takes`."""

    def __init__(self) -> None:
        self.takes = True
        self.written: list[tuple[str, str, str]] = []
        """Who did what on which call."""

    async def __call__(self, actor: str, action: str, call_id: str) -> None:
        if not self.takes:
            raise StoreError("the disk is full")
        self.written.append((actor, action, call_id))


@pytest.fixture
def watched() -> AuditLog:
    return AuditLog()


@pytest.fixture
def app(
    desk: ScriptedDesk, hub: Hub, scribe: ScriptedScribe, metrics: Metrics, settings: Settings, watched: AuditLog
) -> FastAPI:
    return build_app(desk, hub, scribe, metrics, settings, record=watched)


async def test_it_lists_calls_and_follows_the_one_watched(address: str, hub: Hub) -> None:
    """First the list; after `watch`, what happens in that call, text and pictures."""
    hub.put_call(CALL)
    async with connect(f"ws://{address}/ws/supervisor", additional_headers=SUPERVISOR) as socket:
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
    async with connect(f"ws://{address}/ws/supervisor", additional_headers=SUPERVISOR) as socket:
        await socket.recv()
        await socket.send(garbage)
        fault = json.loads(await socket.recv())
        assert fault["type"] == "error" and fault["message"]
        await socket.send('{"type":"unwatch"}')
        await socket.ping()


async def test_pages_of_other_sites_are_kept_out(address: str) -> None:
    """A browser names the origin of its page; only our own may watch calls."""
    with pytest.raises(Exception, match="403"):
        async with connect(
            f"ws://{address}/ws/supervisor",
            origin="https://elsewhere.example",  # type: ignore[arg-type]
            additional_headers=SUPERVISOR,
        ):
            pass


async def test_one_that_does_not_read_is_closed_with_1013(address: str, hub: Hub) -> None:
    """A reader that stalls is let go with "try again later" once its lane is full."""
    hub.put_call(CALL)
    async with connect(f"ws://{address}/ws/supervisor", max_queue=1, additional_headers=SUPERVISOR) as socket:
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


async def test_engineers_get_times_and_nothing_that_anybody_showed_said_or_felt(address: str, hub: Hub) -> None:
    """Of a call that they follow frame by frame they see the traces; its picture is not even asked for."""
    hub.put_call(msgspec.structs.replace(CALL, affect="negative", last_intent="complain"))
    hub.publish_caption("c", Caption(id="u1", speaker="customer", text="said before"))
    async with connect(f"ws://{address}/ws/supervisor", additional_headers=ENGINEER) as socket:
        (call,) = json.loads(await socket.recv())["calls"]
        assert (call["call_id"], call["affect"], call["last_intent"]) == ("c", "unknown", None)
        await socket.send('{"type":"watch","call_id":"c","pictures":true,"traces":true}')
        async with asyncio.timeout(5):
            while not hub.traced("c"):
                await asyncio.sleep(0.01)
        assert not hub.pictured("c")
        hub.publish_event("c", SupervisorNote(call_id="c", text="look"))
        hub.publish_caption("c", Caption(id="u2", speaker="customer", text="said now"))
        hub.publish_signals("c", [signal_of(1)])
        hub.publish_picture("c", b"\x00\x00\x00\x02{}jpeg")
        hub.publish_alert(HandoffRequested(call_id="c", reason="asked twice", urgency="high"))
        hub.publish_trace(TRACE)
        assert json.loads(await socket.recv())["type"] == "trace"


async def test_a_call_is_watched_only_where_that_is_written_down(address: str, hub: Hub, watched: AuditLog) -> None:
    """While the log is full nobody watches, and is told so; then each call is written down once, with who it is."""
    watched.takes = False
    hub.put_call(CALL)
    async with connect(f"ws://{address}/ws/supervisor", additional_headers=SUPERVISOR) as socket:
        await socket.recv()
        await socket.send('{"type":"watch","call_id":"c"}')
        assert "written down" in json.loads(await socket.recv())["message"]
        assert not hub.pictured("c")
        watched.takes = True
        for _ in range(2):
            await socket.send('{"type":"watch","call_id":"c"}')
        async with asyncio.timeout(5):
            while not hub.pictured("c"):
                await asyncio.sleep(0.01)
        await socket.send('{"type":"watch","call_id":"nobody"}')
        await socket.recv()
    assert watched.written == [("key:supervisor", "call.watched", "c")]


ALERT = Alert(
    id="c-1",
    call_id="c",
    kind=AlertKind.SILENCE,
    urgent=False,
    since=5.0,
    evidence=(AlertEvidence(words="nobody spoke for 45 s", at=1.0),),
)


async def test_an_alert_is_seen_to_once_and_all_supervisors_learn_who(
    address: str, hub: Hub, watched: AuditLog
) -> None:
    """Who acknowledges is written down and named to another supervisor; a second one changes nothing."""
    hub.put_call(CALL)
    hub.put_alerts("c", (ALERT,))
    url = f"ws://{address}/ws/supervisor"
    async with (
        connect(url, additional_headers=SUPERVISOR) as first,
        connect(url, additional_headers=SUPERVISOR) as second,
    ):
        for socket in (first, second):
            kinds = [json.loads(await socket.recv())["type"] for _ in range(2)]
            assert kinds == ["calls", "alerts"]
        await first.send('{"type":"acknowledge","alert":"c-1"}')
        (told,) = json.loads(await second.recv())["alerts"]
        assert told["acknowledged_by"] == "key:supervisor" and told["acknowledged_at"] > 0
        await second.send('{"type":"acknowledge","alert":"c-1"}')
        await second.send('{"type":"acknowledge","alert":"nothing"}')
        assert "gone" in json.loads(await second.recv())["message"]
    assert watched.written == [("key:supervisor", "alert.acknowledged", "c")]


async def test_engineers_get_neither_alerts_nor_small_pictures(address: str, hub: Hub) -> None:
    """What was felt or seen is not theirs, and neither is seeing to an alert."""
    hub.put_call(CALL)
    hub.put_alerts("c", (ALERT,))
    async with connect(f"ws://{address}/ws/supervisor", additional_headers=ENGINEER) as socket:
        assert json.loads(await socket.recv())["type"] == "calls"
        await socket.send('{"type":"glance","call_ids":["c"]}')
        await socket.send('{"type":"acknowledge","alert":"c-1"}')
        assert "supervisors" in json.loads(await socket.recv())["message"]
        assert not hub.glanced("c")


async def test_small_pictures_are_of_calls_that_were_asked_for(address: str, hub: Hub, watched: AuditLog) -> None:
    """Each call that is newly glanced at is written down; one that is not asked for any more is not sent."""
    hub.put_call(CALL)
    hub.put_call(msgspec.structs.replace(CALL, call_id="d"))
    async with connect(f"ws://{address}/ws/supervisor", additional_headers=SUPERVISOR) as socket:
        await socket.recv()
        for wish in (["c", "gone"], ["c", "d"]):
            await socket.send(json.dumps({"type": "glance", "call_ids": wish}))
        async with asyncio.timeout(5):
            while not hub.glanced("d"):
                await asyncio.sleep(0.01)
        hub.publish_glimpse("d", b"small")
        while (message := await socket.recv()) != b"small":
            assert isinstance(message, str)
        await socket.send('{"type":"glance","call_ids":[]}')
        async with asyncio.timeout(5):
            while hub.glanced("c"):
                await asyncio.sleep(0.01)
    assert watched.written == [("key:supervisor", "call.watched", "c"), ("key:supervisor", "call.watched", "d")]


async def test_nobody_glances_at_more_than_a_wall_shows(address: str, hub: Hub) -> None:
    """More calls than the bound are refused in words."""
    async with connect(f"ws://{address}/ws/supervisor", additional_headers=SUPERVISOR) as socket:
        await socket.recv()
        await socket.send(json.dumps({"type": "glance", "call_ids": [str(number) for number in range(21)]}))
        assert json.loads(await socket.recv())["type"] == "error"


async def test_what_cannot_be_written_down_is_not_done(address: str, hub: Hub, watched: AuditLog) -> None:
    """With a full audit log no call is glanced at and no alert seen to."""
    watched.takes = False
    hub.put_call(CALL)
    hub.put_alerts("c", (ALERT,))
    async with connect(f"ws://{address}/ws/supervisor", additional_headers=SUPERVISOR) as socket:
        await socket.recv(), await socket.recv()
        for wish in ('{"type":"glance","call_ids":["c"]}', '{"type":"acknowledge","alert":"c-1"}'):
            await socket.send(wish)
            assert "written down" in json.loads(await socket.recv())["message"]
    alert = hub.alert("c-1")
    assert not hub.glanced("c") and alert is not None and alert.acknowledged_by is None
