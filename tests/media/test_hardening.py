"""Loss, bursts and reordering on a real connection: the picture comes back soon, and sound keeps no delay."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable

import pytest
from aiortc import rtcpeerconnection

from agent.core.errors import MediaError
from agent.media import hardening
from agent.media.caller import Caller
from agent.media.hardening import PromptReceiver, harden_aiortc
from tests.media.conftest import Dial, Line, barcoded

Send = Callable[[bytes], Awaitable[None]]


class BadNetwork:
    """Stands between a caller's packets and the wire; keys, handshakes and control packets pass."""

    def __init__(self, caller: Caller) -> None:
        connection = caller._connection
        transport = connection.getTransceivers()[0].sender.transport.transport
        self._send: Send = transport._send
        self._video_ssrcs = {
            ssrc
            for transceiver in connection.getTransceivers()
            if transceiver.kind == "video"
            for ssrc in (transceiver.sender._ssrc, transceiver.sender._rtx_ssrc)
        }
        self.lose: Callable[[bool, bool], bool] = lambda is_video, is_rtx: False
        """Told whether a packet is of the video and whether it is sent again; True loses it."""
        self.held_back: list[bytes] = []
        self.swap_prob = 0.0
        self.lost = 0
        self._random = random.Random(7)
        self._rtx = {t.sender._rtx_ssrc for t in connection.getTransceivers()}
        transport._send = self._pass

    async def _pass(self, data: bytes) -> None:
        is_rtp = 127 < data[0] < 192 and not 192 <= data[1] <= 223
        if not is_rtp:
            await self._send(data)
            return
        ssrc = int.from_bytes(data[8:12], "big")
        if self.lose(ssrc in self._video_ssrcs, ssrc in self._rtx):
            self.lost += 1
            return
        if not self.held_back and self._random.random() < self.swap_prob:
            self.held_back.append(data)
            return
        await self._send(data)
        while self.held_back:
            await self._send(self.held_back.pop())


async def frame_gaps_s(line: Line, seconds: float) -> list[float]:
    """Times between frames that came out, the last until the end."""
    assert line.peer.frames is not None
    came = [time.monotonic()]
    end_s = came[0] + seconds
    try:
        async with asyncio.timeout(seconds):
            async for _ in line.peer.frames:
                came.append(time.monotonic())
    except TimeoutError:
        came.append(end_s)
    return [later - earlier for earlier, later in zip(came, came[1:], strict=False)]


async def test_one_lost_video_packet_is_repaired_by_nack(dial: Dial) -> None:
    """A packet lost once is sent again; no frame is lost and no keyframe needed."""
    async with dial(frames=barcoded()) as line:
        network = BadNetwork(line.caller)
        await frame_gaps_s(line, 1.0)
        before = line.peer.statistics.video
        once = iter([True])
        network.lose = lambda is_video, is_rtx: is_video and not is_rtx and next(once, False)
        await frame_gaps_s(line, 1.5)
        after = line.peer.statistics.video
        assert network.lost == 1
        assert after.skipped == before.skipped
        assert after.keyframes_requested == before.keyframes_requested
        assert after.frames > before.frames + 10


async def test_video_lost_for_good_comes_back_with_a_keyframe(dial: Dial) -> None:
    """When repairs are lost too, a keyframe is asked for and the picture is back, not after seconds."""
    async with dial(frames=barcoded()) as line:
        network = BadNetwork(line.caller)
        await frame_gaps_s(line, 1.0)
        before = line.peer.statistics.video.keyframes_requested
        budget = iter([True])
        network.lose = lambda is_video, is_rtx: is_video and (is_rtx or next(budget, False))
        gaps = await frame_gaps_s(line, 3.0)
        assert line.peer.statistics.video.keyframes_requested > before
        assert max(gaps) < 3
        assert line.peer.statistics.video.skipped >= 1


async def test_burst_of_loss_is_survived(dial: Dial) -> None:
    """After half a second of nothing at all, pictures and sound go on."""
    async with dial(frames=barcoded()) as line:
        network = BadNetwork(line.caller)
        await frame_gaps_s(line, 0.8)
        network.lose = lambda is_video, is_rtx: True
        await asyncio.sleep(0.5)
        network.lose = lambda is_video, is_rtx: False
        frames, sound = line.peer.statistics.video.frames, line.peer.statistics.audio.frames
        await frame_gaps_s(line, 2.0)
        assert line.peer.statistics.video.frames > frames + 5
        assert line.peer.statistics.audio.frames > sound + 10


async def test_reordering_is_put_right(dial: Dial) -> None:
    """Packets that overtake each other are put right, in picture and sound, but for a few on a slow machine."""
    async with dial(frames=barcoded()) as line:
        network = BadNetwork(line.caller)
        network.swap_prob = 0.2
        await frame_gaps_s(line, 2.0)
        statistics = line.peer.statistics
        assert statistics.audio.skipped <= statistics.audio.frames / 10
        assert statistics.video.frames > 20


async def test_lost_sound_leaves_a_gap_and_no_delay(dial: Dial) -> None:
    """Each lost audio packet is a gap of its length, and what comes afterwards is on time."""
    async with dial() as line:
        network = BadNetwork(line.caller)
        assert line.peer.windows is not None
        for _ in range(25):
            await line.peer.windows.get()
        one_in_ten = iter(range(10_000))
        network.lose = lambda is_video, is_rtx: next(one_in_ten) % 10 == 5
        windows = [await line.peer.windows.get() for _ in range(100)]
        gaps = [window.gap_samples for window in windows if window.gap_samples]
        assert 8 <= len(gaps) <= 14
        assert set(gaps) == {320}
        network.lose = lambda is_video, is_rtx: False
        for _ in range(25):
            await line.peer.windows.get()
        assert len(line.peer.windows) <= 2
        receiver = line.peer._connection.receivers["audio"]  # type: ignore[union-attr]
        assert not receiver.assembler._held


async def test_hardening_twice_changes_nothing() -> None:
    """It may be called before every call."""
    harden_aiortc()
    harden_aiortc()
    assert vars(rtcpeerconnection)["RTCRtpReceiver"] is PromptReceiver


def test_other_aiortc_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A release whose inside was not looked at is refused with the remedy."""
    monkeypatch.setattr(hardening, "version", lambda package: "1.17.2")
    with pytest.raises(MediaError, match=r"aiortc 1\.17\.2 .*uv sync"):
        harden_aiortc()
