"""The made-up traffic is the real protocol's and always the same; a trace is shared out among frames."""

import json

import pytest

from agent.transport.hub import Hub, Subscription
from benchmarks.console import FRAME_MS, busy_by_frame
from benchmarks.console_traffic import WATCHED, Traffic


async def sent(ticks: int) -> tuple[Subscription, Traffic, list[str | bytes]]:
    """All that a page which watches and glances is sent."""
    hub = Hub()
    traffic = Traffic(hub, 4, began_s=1_000.0)
    subscription = hub.subscribe()
    hub.watch(subscription, WATCHED, pictures=True, traces=False)
    hub.glance(subscription, [call.call_id for call in hub.calls()])
    messages = []
    for _ in range(ticks):
        traffic.tick()
        while subscription.outbox._order:
            messages.append(await subscription.outbox.take())
    return subscription, traffic, messages


async def test_the_day_holds_everything_that_a_page_can_be_sent() -> None:
    """Within a minute: every kind of message that a wall and a watched call need, pictures large and small."""
    _, _, messages = await sent(620)
    kinds = {json.loads(message)["type"] for message in messages if isinstance(message, str)}
    assert kinds >= {"calls", "call", "signal", "supervisor_caption", "alerts", "service"}
    binary = [message for message in messages if isinstance(message, bytes)]
    assert any(b'"glimpse"' in message[:200] for message in binary)
    assert any(b'"picture"' in message[:200] for message in binary)
    signals = {
        json.loads(message)["signal"]["kind"]
        for message in messages
        if isinstance(message, str) and '"signal"' in message
    }
    assert signals >= {"face", "expression", "voice", "affect", "health", "turn", "gesture", "intent", "scene"}


async def test_the_same_seed_makes_the_same_day() -> None:
    """Two days are the same to the byte."""
    (_, _, first), (_, _, second) = await sent(80), await sent(80)
    assert first == second and len(first) > 200


def test_a_long_task_is_shared_out_among_the_frames_that_it_spans() -> None:
    """Busy time never exceeds a frame, adds up, and that of other threads does not count."""
    thread = {"name": "thread_name", "ph": "M", "pid": 1, "tid": 1, "ts": 0, "args": {"name": "CrRendererMain"}}
    frame_us = FRAME_MS * 1_000
    task = {"name": "RunTask", "ph": "X", "pid": 1, "tid": 1, "ts": 0, "dur": 2.5 * frame_us, "tdur": 1.25 * frame_us}
    other = {**task, "tid": 2, "dur": 9 * frame_us}
    busy, cpu = busy_by_frame([thread, task, other])
    assert busy == pytest.approx([FRAME_MS, FRAME_MS, FRAME_MS / 2], abs=0.01)
    assert sum(cpu) == pytest.approx(1.25 * FRAME_MS, abs=0.01)
