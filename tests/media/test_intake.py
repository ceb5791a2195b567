"""Frames over a real connection with loss: each one of which anything arrived is accounted for, exactly."""

import asyncio
import random
from typing import Any

import pytest

from agent.core.frames import FrameLedger, FrameOutcome
from agent.core.types import CameraFrame
from agent.media.hardening import PromptReceiver
from tests.media.conftest import AGREED, Dial, barcoded
from tests.media.test_hardening import BadNetwork

pytestmark = pytest.mark.timeout(40)


@pytest.fixture
def arrived(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """RTP times of all frames of which a packet came in, noted before anything of ours sees it."""
    times: set[int] = set()
    handle = PromptReceiver._handle_rtp_packet

    async def noted(self: PromptReceiver, packet: Any, arrival_time_ms: int) -> None:
        if self._track is not None and self._track.kind == "video":
            times.add(packet.timestamp)
        await handle(self, packet, arrival_time_ms)

    monkeypatch.setattr(PromptReceiver, "_handle_rtp_packet", noted)
    return times


async def _analyse_slowly(frames: Any, ledger: FrameLedger, seen: list[CameraFrame]) -> None:
    async for frame in frames:
        seen.append(frame)
        await asyncio.sleep(0.05)
        ledger.settle(FrameOutcome.ANALYSED)


async def test_with_loss_and_a_slow_reader_every_frame_is_accounted_for(dial: Dial, arrived: set[int]) -> None:
    """Every frame that reached us was analysed, replaced by a newer one or given up; not one is missing or twice."""
    async with dial(frames=barcoded()) as line, asyncio.TaskGroup() as tasks:
        assert line.peer.frames is not None and line.caller.camera is not None
        ledger, seen = FrameLedger(line.peer.intake), list[CameraFrame]()
        line.peer.frames.on_drop = lambda frame: ledger.settle(FrameOutcome.NEWER_ARRIVED)
        reading = tasks.create_task(_analyse_slowly(line.peer.frames, ledger, seen))
        network, dice = BadNetwork(line.caller), random.Random(3)
        await asyncio.sleep(1)
        network.lose = lambda is_video, is_rtx: is_video and (is_rtx or dice.random() < 0.04)
        await asyncio.sleep(4)
        network.lose = lambda is_video, is_rtx: False
        await asyncio.sleep(2)
        line.caller.camera.stop()
        await asyncio.sleep(0.3)
        while ledger.in_flight:
            await asyncio.sleep(0.05)
        counts = ledger.counts()
        assert counts.pop("received") == sum(counts.values()) == len(arrived)
        assert counts["incomplete"] > 0 and counts["newer arrived"] > 0
        assert counts["analysed"] == len(seen)
        reading.cancel()


async def test_frames_know_how_they_came(dial: Dial) -> None:
    """First packet, last packet, decoder and picture follow one another, and the stamp's arrival is the last packet."""
    async with dial(frames=barcoded()) as line:
        assert line.peer.frames is not None
        for _ in range(5):
            frame = await line.peer.frames.get()
            passage = frame.passage
            assert passage is not None
            assert passage.first_packet_ns <= passage.whole_ns <= passage.decode_began_ns <= passage.decoded_ns
            assert frame.stamp.arrived_ns == passage.whole_ns


async def test_a_camera_that_may_not_be_looked_at_any_more_is_not_received(dial: Dial) -> None:
    """After consent is taken back frames are refused at the door, and those inside are accounted for."""
    async with dial(frames=barcoded()) as line:
        assert line.peer.frames is not None
        ledger = FrameLedger(line.peer.intake)
        line.peer.frames.on_drop = lambda frame: ledger.settle(FrameOutcome.NEWER_ARRIVED)
        await line.peer.frames.get()
        ledger.settle(FrameOutcome.ANALYSED)
        consent = AGREED
        line.peer.withdraw(consent.without(*consent.purposes))
        received = ledger.received
        await asyncio.sleep(0.5)
        assert ledger.received == received
        ledger.close()
        assert sum(ledger.outcomes.values()) == received
