"""Benchmark customers by the dozen in one process: each sends packets that were encoded before, and so costs little.

Run as `python -m benchmarks.load_caller URL MEDIA`, where MEDIA is a file of `benchmarks.encoded_media`. Standard input
takes one JSON command a line: `{"join": true, "speaks": false}` adds a customer, `{"leave": CALL_ID}` lets one hang up.
Each answer is one JSON line: the call's id with its tie of RTP time to capture, or why it was refused. All hang up when
standard input closes.
"""

import asyncio
import json
import sys
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

from aiortc import RTCRtpSender
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import Packet

from agent.app.customer import Customer, open_call
from agent.core.clock import NS_PER_S
from agent.core.consent import Choice
from agent.core.errors import AgentError, AtCapacity
from agent.media.caller import CLOCK_HZ, CameraTrack
from agent.media.clips import ArraySource
from benchmarks.encoded_media import PACKET_SAMPLES, SOUND_HZ, EncodedMedia, load
from benchmarks.face import face_picture

TIED_WITHIN_S = 10.0
SPREAD = 0.618
"""Callers begin at different places of the loops: each this share of them after the one before."""


class EncodedCamera(CameraTrack):
    """A camera whose pictures come encoded. Each is captured at the moment at which it is handed to the sender.

    `fps` and `width_px` may be lowered while it runs; what is sent changes with the next keyframe.
    """

    def __init__(self, media: EncodedMedia, start: float) -> None:
        """`start` is where in the loop to begin, 0 to 1."""
        self._media = media
        self._pictures = media.pictures[0]
        super().__init__(self._pictures)  # type: ignore[arg-type]
        self.tied = asyncio.Event()
        """Set when one frame has gone out, so that `tie` is known."""
        self.tie = (0, 0)
        """An RTP timestamp and the monotonic microsecond of its capture."""
        self._began_ns = 0
        self._captured_ns = 0
        self._place = self._keyframe_from(round(start * len(self._pictures.frames)))
        self._sender: RTCRtpSender | None = None

    def sent_by(self, sender: RTCRtpSender) -> None:
        """A request for a keyframe makes the loop go on from its next one."""
        self._sender = sender
        sender._send_keyframe = self._skip_to_keyframe  # type: ignore[method-assign]

    async def recv(self) -> "Packet[Any]":  # type: ignore[override]
        if self.readyState != "live":
            raise MediaStreamError
        self._note_tie()
        captured_ns = await self._beat()
        self._began_ns = self._began_ns or captured_ns
        self._captured_ns = captured_ns
        packet = Packet(self._pictures.frames[self._place])
        packet.pts, packet.time_base = (captured_ns - self._began_ns) * CLOCK_HZ // NS_PER_S, Fraction(1, CLOCK_HZ)
        self.frames += 1
        self._step()
        return packet

    async def _beat(self) -> int:
        """Waits until the next frame is due; when it was. A camera that is late leaves frames out."""
        now_ns = time.monotonic_ns()
        interval_ns = round(NS_PER_S / self._pictures.fps)
        if not self._due_ns or now_ns - self._due_ns > interval_ns:
            self._due_ns = now_ns
        elif self._due_ns > now_ns:
            await asyncio.sleep((self._due_ns - now_ns) / NS_PER_S)
        self._due_ns += interval_ns
        return time.monotonic_ns()

    def _step(self) -> None:
        self._place = (self._place + 1) % len(self._pictures.frames)
        wanted = self._media.closest(self.fps, self.width_px)
        if wanted is not self._pictures:
            self._place = _at_keyframe(wanted.keyframes, round(self._place / self._pictures.fps * wanted.fps))
            self._pictures = wanted

    def _skip_to_keyframe(self) -> None:
        self._place = self._keyframe_from(self._place)

    def _keyframe_from(self, place: int) -> int:
        return _at_keyframe(self._pictures.keyframes, place)

    def _note_tie(self) -> None:
        """aiortc adds a random offset to our times, and keeps the sum to itself."""
        if self._sender is not None and self._captured_ns and not self.tied.is_set():
            self.tie = self._sender._RTCRtpSender__rtp_timestamp, self._captured_ns // 1_000  # type: ignore[attr-defined]
            self.tied.set()


class EncodedMicrophone(MediaStreamTrack):
    """A microphone whose sound comes as a loop of Opus packets of 20 ms."""

    kind = "audio"

    def __init__(self, packets: list[bytes], start: float) -> None:
        super().__init__()
        self._packets = packets
        self._place = round(start * len(packets))
        self._sent = 0
        self._due_ns = 0

    async def recv(self) -> "Packet[Any]":
        if self.readyState != "live":
            raise MediaStreamError
        now_ns = time.monotonic_ns()
        self._due_ns = (self._due_ns or now_ns) + PACKET_SAMPLES * NS_PER_S // SOUND_HZ
        if self._due_ns > now_ns:
            await asyncio.sleep((self._due_ns - now_ns) / NS_PER_S)
        packet = Packet(self._packets[(self._place + self._sent) % len(self._packets)])
        packet.pts, packet.time_base = self._sent * PACKET_SAMPLES, Fraction(1, SOUND_HZ)
        self._sent += 1
        return packet


def _at_keyframe(keyframes: list[int], place: int) -> int:
    """The first keyframe at or after `place`, which may be beyond the loop's end."""
    return next((keyframe for keyframe in keyframes if keyframe >= place), keyframes[0])


class Crowd:
    """The customers of one process."""

    def __init__(self, url: str, media: EncodedMedia, tasks: asyncio.TaskGroup) -> None:
        self._url = url
        self._media = media
        self._tasks = tasks
        self._leaving: dict[str, asyncio.Event] = {}
        self._joined = 0

    def obey(self, command: dict[str, Any]) -> None:
        if command.get("join"):
            self._tasks.create_task(self._attend(speaks=bool(command.get("speaks"))))
        elif "leave" in command:
            self._leaving[command["leave"]].set()

    def disperse(self) -> None:
        """Lets everyone hang up."""
        for leaving in self._leaving.values():
            leaving.set()

    async def _attend(self, *, speaks: bool) -> None:
        try:
            await self._call(speaks=speaks)
        except AtCapacity as error:
            _print({"refused": str(error), "retry_after_s": error.retry_after_s})
        except (AgentError, TimeoutError, OSError) as error:
            _print({"failed": f"{type(error).__name__}: {error}"})

    async def _call(self, *, speaks: bool) -> None:
        start = self._joined * SPREAD % 1
        self._joined += 1
        ticket = await open_call(self._url, Choice.AGREE)
        camera = EncodedCamera(self._media, start)
        caller = Customer(self._url, ticket, frames=ArraySource(face_picture, fps=camera.fps), voice=False).caller
        caller.camera = camera
        caller.voice = EncodedMicrophone(self._media.speech if speaks else self._media.hush, start)  # type: ignore[assignment]
        leaving = self._leaving[ticket.call_id] = asyncio.Event()
        async with caller.call():
            for transceiver in caller.transceivers:
                # What the agent says is received and counted, but not decoded: that is the customer's processor time.
                transceiver.receiver._enabled = False
                if transceiver.kind == "video":
                    camera.sent_by(transceiver.sender)
            async with asyncio.timeout(TIED_WITHIN_S):
                await camera.tied.wait()
            rtp_timestamp, captured_us = camera.tie
            _print({"call_id": ticket.call_id, "rtp_timestamp": rtp_timestamp, "captured_us": captured_us})
            await leaving.wait()
        del self._leaving[ticket.call_id]
        _print({"left": ticket.call_id, "frames_sent": camera.frames})


def _print(line: dict[str, Any]) -> None:
    print(json.dumps(line), flush=True)


async def _run(url: str, media: Path) -> None:
    loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as tasks:
        crowd = Crowd(url, load(media), tasks)
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            crowd.obey(json.loads(line))
        crowd.disperse()


if __name__ == "__main__":
    asyncio.run(_run(sys.argv[1], Path(sys.argv[2])))
