"""A slot's source is swapped while someone waits for its next frame."""

import asyncio
from fractions import Fraction

import pytest
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import AudioFrame, Packet, VideoFrame
from av.stream import Stream

from agent.media.opus import SILENCE
from agent.media.slots import Slot


class Feed(MediaStreamTrack):
    """A source whose frames a test hands over; None ends it."""

    def __init__(self, kind: str = "audio") -> None:
        super().__init__()
        self.kind = kind
        self.queue: asyncio.Queue[AudioFrame | Packet[Stream] | VideoFrame | None] = asyncio.Queue()

    async def recv(self) -> "AudioFrame | Packet[Stream] | VideoFrame":
        frame = await self.queue.get()
        if frame is None:
            raise MediaStreamError
        return frame


def sound(pts: int) -> AudioFrame:
    frame = AudioFrame(format="s16", layout="mono", samples=960)
    frame.sample_rate = 48_000
    frame.time_base = Fraction(1, 48_000)
    frame.pts = pts
    return frame


async def test_times_move_on_across_sources() -> None:
    """Sources number their frames as they like; what leaves the slot is one timeline."""
    first, second = Feed(), Feed()
    slot = Slot("audio", first)
    for pts in (1_000_000, 1_000_960):
        first.queue.put_nowait(sound(pts))
    seen = [(await slot.recv()).pts for _ in range(2)]
    slot.switch(second)
    second.queue.put_nowait(sound(0))
    seen.append((await slot.recv()).pts)
    assert seen == [0, 960, 1_920]


async def test_encoded_sound_takes_its_place_in_time() -> None:
    """Packets that a source has encoded itself are 20 ms long and stand between frames."""
    source = Feed()
    slot = Slot("audio", source)
    for piece in (sound(0), Packet(SILENCE), Packet(SILENCE), sound(0)):
        source.queue.put_nowait(piece)
    assert [(await slot.recv()).pts for _ in range(4)] == [0, 960, 1_920, 2_880]


async def test_waiting_receiver_turns_to_the_new_source() -> None:
    """A receiver that waits on a silent source gets the frame of the one switched to."""
    silent, lively = Feed(), Feed()
    slot = Slot("audio", silent)
    lively.queue.put_nowait(sound(0))
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(slot.recv())
        await asyncio.sleep(0.01)
        slot.switch(lively)
        async with asyncio.timeout(1):
            assert isinstance(await waiting, AudioFrame)


async def test_ended_source_leaves_the_slot_empty() -> None:
    """Staff who leave do not take the slot with them."""
    staff, after = Feed(), Feed()
    slot = Slot("audio", staff)
    staff.queue.put_nowait(None)
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(slot.recv())
        await asyncio.sleep(0.01)
        assert not waiting.done()
        after.queue.put_nowait(sound(0))
        slot.switch(after)
        async with asyncio.timeout(1):
            await waiting
    assert slot.readyState == "live"


async def test_pictures_are_timed_by_when_they_pass() -> None:
    """Frames of a picture keep moving forward, even when they come at the same moment."""
    feed = Feed("video")
    slot = Slot("video", feed)
    for _ in range(3):
        feed.queue.put_nowait(VideoFrame(64, 48, "yuv420p"))
    times = [(await slot.recv()).pts or 0 for _ in range(3)]
    assert times == sorted(set(times))


async def test_stopped_slot_ends() -> None:
    """A slot that was stopped gives no more frames."""
    slot = Slot("audio", Feed())
    slot.stop()
    with pytest.raises(MediaStreamError):
        await slot.recv()
