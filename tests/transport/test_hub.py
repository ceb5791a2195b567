"""A slow subscriber gets the latest of each state and all of the events, or is let go; nobody else notices."""

import asyncio
import json

import msgspec
import pytest

from agent.core.alerts import AlertKind
from agent.core.clock import FakeClock
from agent.core.signals import FaceValue, Finding, GestureValue, Signal, signal_from
from agent.transport.hub import Hub
from agent.transport.messages import Caption
from agent.transport.outbox import EVENT_LANE, Outbox, SubscriberTooSlow
from agent.transport.supervisor_messages import (
    Alert,
    CallSummary,
    Overlay,
    Served,
    Service,
)
from tests.fusion.readings import stamp

pytestmark = pytest.mark.usefixtures("unblocked_loop")


def _signal(value: FaceValue | GestureValue, seq: int) -> Signal:
    clock = FakeClock()
    finding = Finding(value=value, confidence=None, valid=True, stamp=stamp(0), sources=("test",))
    return signal_from(finding, call_id="c", seq=seq, now_ns=clock.now_ns(), wall_ns=clock.wall_ns())


def _call(call_id: str) -> CallSummary:
    return CallSummary(call_id=call_id, state="connected", started_at=1.0, locale="en", purposes=())


def _service(in_line: int) -> Service:
    nobody = Served(customers=0, in_time=0, given_up=0)
    return Service(
        rated=8,
        in_use=0,
        free_share=1.0,
        in_line=in_line,
        answered_within_s=20.0,
        last_hour=nobody,
        last_day=nobody,
    )


async def test_states_collapse_and_events_do_not() -> None:
    """Fifty faces and three gestures while nobody reads: the last face and all three gestures wait."""
    hub = Hub()
    hub.put_call(_call("c"))
    subscription = hub.subscribe()
    await subscription.outbox.take()
    subscription.watching = "c"
    for seq in range(50):
        hub.publish_signals("c", [_signal(FaceValue(faces=()), seq)])
        if seq % 20 == 0:
            hub.publish_signals("c", [_signal(GestureValue(name="ok"), 1000 + seq)])
    taken = [json.loads(await subscription.outbox.take())["signal"] for _ in range(4)]
    assert [(signal["kind"], signal["seq"]) for signal in taken] == [
        ("face", 49),
        ("gesture", 1000),
        ("gesture", 1020),
        ("gesture", 1040),
    ]


async def test_one_that_never_reads_is_let_go_and_others_are_served() -> None:
    """When the lane of events is full its owner is told to come again; the others lose nothing."""
    hub = Hub()
    hub.put_call(_call("c"))
    slow, quick = hub.subscribe(), hub.subscribe()
    slow.watching = quick.watching = "c"
    for seq in range(EVENT_LANE + 1):
        hub.publish_signals("c", [_signal(GestureValue(name="ok"), seq)])
        if seq == 0:
            await quick.outbox.take()
        await quick.outbox.take()
    with pytest.raises(SubscriberTooSlow):
        await slow.outbox.take()


async def test_only_those_who_watch_a_call_get_its_signals() -> None:
    """A supervisor of another call hears nothing of this one."""
    hub = Hub()
    hub.put_call(_call("c"))
    hub.put_call(_call("d"))
    subscription = hub.subscribe()
    await subscription.outbox.take()
    subscription.watching = "d"
    hub.publish_signals("c", [_signal(FaceValue(faces=()), 0)])
    hub.publish_picture("c", b"picture")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await subscription.outbox.take()


async def test_everyone_learns_how_long_the_line_is() -> None:
    """Who connects is told how customers are served; when the line moves everybody is told, once."""
    hub = Hub()
    hub.put_service(_service(in_line=0))
    subscription = hub.subscribe()
    await subscription.outbox.take()
    first = json.loads(await subscription.outbox.take())
    assert (first["type"], first["rated"], first["in_line"]) == ("service", 8, 0)
    hub.put_service(_service(in_line=2))
    hub.put_service(_service(in_line=2))
    assert json.loads(await subscription.outbox.take())["in_line"] == 2
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await subscription.outbox.take()


async def test_a_change_of_one_call_is_told_alone_and_as_it_stands() -> None:
    """Ten changes that nobody took are one; that of a call which ended meanwhile is none."""
    hub = Hub()
    hub.put_call(_call("c"))
    hub.put_call(_call("d"))
    subscription = hub.subscribe()
    await subscription.outbox.take()
    for number in range(10):
        hub.put_call(msgspec.structs.replace(_call("d"), last_intent="gone"))
        hub.put_call(msgspec.structs.replace(_call("c"), last_intent=f"intent {number}"))
    hub.drop_call("d")
    changed = json.loads(await subscription.outbox.take())
    assert (changed["type"], changed["call"]["last_intent"]) == ("call", "intent 9")
    assert [call["call_id"] for call in json.loads(await subscription.outbox.take())["calls"]] == ["c"]


async def test_alerts_go_with_their_call() -> None:
    """An alert that somebody sees to keeps that while it changes, and goes when its call does."""
    hub = Hub()
    hub.put_call(_call("c"))
    alert = Alert(id="c-1", call_id="c", kind=AlertKind.HELD, urgent=False, since=1.0, evidence=())
    hub.put_alerts("c", (alert,))
    hub.acknowledge("c-1", by="ada", at_s=2.0)
    hub.put_alerts("c", (msgspec.structs.replace(alert, urgent=True),))
    stands = hub.alert("c-1")
    assert stands is not None and stands.urgent and stands.acknowledged_by == "ada"
    hub.drop_call("c")
    assert hub.alert("c-1") is None
    hub.put_alerts("c", (alert,))
    again = hub.alert("c-1")
    assert again is not None and again.acknowledged_by is None


async def test_everyone_learns_of_calls_that_begin_and_end() -> None:
    """The list of calls is a state of its own: whoever is slow gets how it stands now."""
    hub = Hub()
    subscription = hub.subscribe()
    hub.put_call(_call("c"))
    hub.put_call(_call("d"))
    hub.drop_call("c")
    listed = json.loads(await subscription.outbox.take())
    assert [call["call_id"] for call in listed["calls"]] == ["d"]


async def test_a_taker_that_waits_is_woken() -> None:
    """A subscriber with nothing to read gets the next message when it comes."""
    outbox = Outbox()
    async with asyncio.TaskGroup() as tasks:
        taking = tasks.create_task(outbox.take())
        await asyncio.sleep(0)
        outbox.put_event("news")
    assert taking.result() == "news"


async def test_one_who_comes_late_gets_what_was_said() -> None:
    """On watching, a supervisor gets the call's captions as they stand now, each once and in order."""
    hub = Hub()
    hub.put_call(_call("c"))
    for text, number in (("Hel", 1), ("Hello.", 1), ("Where is it?", 2)):
        hub.publish_caption("c", Caption(id=f"{number}", speaker="agent", text=text))
    subscription = hub.subscribe()
    await subscription.outbox.take()
    hub.watch(subscription, "c", pictures=False, traces=False)
    texts = [json.loads(await subscription.outbox.take())["caption"]["text"] for _ in range(2)]
    assert texts == ["Hello.", "Where is it?"]


async def test_overlays_go_to_whoever_asked_for_them() -> None:
    """Who watches without overlays gets none, an engineer never, and of those that nobody took the last is left."""
    hub = Hub()
    hub.put_call(_call("c"))
    wants, watches, engineer = hub.subscribe(), hub.subscribe(), hub.subscribe(technical=True)
    hub.watch(watches, "c", pictures=True, traces=False)
    hub.watch(engineer, "c", pictures=False, traces=True, overlays=True)
    assert not hub.overlaid("c")
    hub.watch(wants, "c", pictures=False, traces=False, overlays=True)
    assert hub.overlaid("c")
    for one in (wants, watches, engineer):
        await one.outbox.take()
    for frame_id in (1, 2):
        hub.publish_overlay(_overlay(frame_id))
    assert json.loads(await wants.outbox.take())["frame_id"] == 2
    for other in (watches, engineer):
        other.outbox.put_event("nothing before this")
        assert await other.outbox.take() == "nothing before this"


def _overlay(frame_id: int) -> Overlay:
    return Overlay(
        call_id="c",
        frame_id=frame_id,
        rtp_timestamp=frame_id * 3_000,
        captured_at=0.0,
        media_ms=0.0,
        age_ms=0.0,
        width_px=640,
        height_px=480,
        faces=(),
        hands=(),
        stage_ms={},
    )
