"""Load callers: what they send is a real call to the agent, at next to no cost to them."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

from agent.core.errors import AtCapacity
from benchmarks.encoded_media import EncodedMedia, Pictures, encoded_face, encoded_sound, load, prepared
from benchmarks.face import WIDTH_PX
from benchmarks.latency import observe
from benchmarks.load import load_callers
from benchmarks.load_caller import EncodedCamera
from benchmarks.processes import running_agent
from benchmarks.subscriber import Subscriber


def media() -> EncodedMedia:
    loops = [
        Pictures(fps=fps, width_px=width_px, frames=[bytes([n]) for n in range(round(3 * fps))], keyframes=[0, 30])
        for width_px in (640, 480)
        for fps in (30, 15)
    ]
    return EncodedMedia(pictures=loops, speech=[b"s"], hush=[b"h"])


@pytest.mark.parametrize(
    ("fps", "width_px", "found"),
    [(30, None, (30, 640)), (20, 640, (15, 640)), (12, 640, (15, 480)), (30, 500, (30, 480)), (1, 160, (15, 480))],
)
def test_what_is_sent_is_never_more_than_wanted(fps: float, width_px: int | None, found: tuple[int, int]) -> None:
    """Of what was encoded, the best that fits; the least where nothing does."""
    chosen = media().closest(fps, width_px)
    assert (chosen.fps, chosen.width_px) == found


async def test_a_camera_goes_on_from_a_keyframe_when_asked() -> None:
    """A request for a keyframe makes the loop jump to the next; fewer pictures begin with one, too."""
    camera = EncodedCamera(media(), 0.0)
    first = [bytes(await camera.recv())[0] for _ in range(2)]
    camera._skip_to_keyframe()
    assert first == [0, 1] and bytes(await camera.recv())[0] == 30
    camera.fps = 15
    await camera.recv()
    assert bytes(await camera.recv())[0] in (0, 30)


def test_faces_and_sounds_are_encoded_whole() -> None:
    """Every frame of the loop is there, keyframes where they are said to be; a packet is 20 ms of sound."""
    loop = encoded_face(8, WIDTH_PX // 4)
    assert len(loop.frames) == 56 and loop.keyframes[0] == 0
    assert all(not loop.frames[place][0] & 1 for place in loop.keyframes)
    assert len(encoded_sound(np.zeros(48_000, np.float32))) == 50


@pytest.mark.timeout(180)
async def test_a_load_caller_is_seen_and_turned_away(tmp_path: Path) -> None:
    """One load caller's face is read on a real agent, with its capture times; a second finds the line taken."""
    assert load(await asyncio.to_thread(prepared)).pictures
    async with (
        running_agent(tmp_path, {"AGENT_SERVER__MAX_CALLS": "1"}) as (url, pid),
        load_callers(url) as callers,
    ):
        call_id = await callers.join(speaks=False)
        with pytest.raises(AtCapacity):
            await callers.join(speaks=False)
        subscribers = [Subscriber(call_id, callers.ties[call_id])]
        measured = await observe(url, pid, subscribers, warm_up_s=2, seconds=3, load=callers)
        await callers.leave(call_id)
    seen = measured.calls[0]
    assert seen.outcomes["analysed"] > 0 and seen.capture_to_signal_ms is not None
    assert 0 < seen.capture_to_signal_ms.p50 < 20_000
