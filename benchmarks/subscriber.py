"""A supervisor that follows one call and notes when the signals of each frame came, on the clock of their capture."""

import json
import time
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import cv2
import numpy as np
from websockets.asyncio.client import ClientConnection, connect

from agent.core.errors import AgentError
from agent.media.barcode import BITS, read_barcode
from benchmarks.processes import KEY_HEADER

TIES_WANTED = 20
"""Barcodes that are read before measuring begins."""
TIE_ERROR_US = 5_000
"""How far the median barcode may lie behind the earliest: the time until a busy sender writes it, not more."""
TICKS_PER_SECOND = 90_000
RTP_WRAP = 1 << 32


@dataclass
class Subscriber:
    """One call's traces and signals as a supervisor gets them."""

    call_id: str
    tie: "CaptureTie | None" = None
    """Known beforehand of callers that tell it; of others it is read from the pictures while warming up."""
    measuring: bool = False
    captured_us_of_frame: dict[int, int] = field(default_factory=dict)
    """Capture time of frames whose barcode was read."""
    rtp_of_frame: dict[int, int] = field(default_factory=dict)
    signal_at_ns: dict[int, int] = field(default_factory=dict)
    """Monotonic time at which the expression signal of a frame arrived."""
    traces: list[dict[str, Any]] = field(default_factory=list)

    async def follow(self, url: str) -> None:
        """Reads until cancelled."""
        async with connect(url, max_size=None, compression=None, additional_headers=KEY_HEADER) as socket:
            if self.tie is None:
                await self._watch(socket, pictures=True)
                while len(self.ties()) < TIES_WANTED:
                    self._take(await socket.recv())
            await self._watch(socket, pictures=False)
            while True:
                self._take(await socket.recv())

    def begin(self) -> None:
        """Measuring begins, anew if it had begun before."""
        self.traces.clear()
        self.signal_at_ns.clear()
        self.measuring = True

    async def _watch(self, socket: ClientConnection, *, pictures: bool) -> None:
        wish = {"type": "watch", "call_id": self.call_id, "pictures": pictures, "traces": True}
        await socket.send(json.dumps(wish))

    def _take(self, message: str | bytes) -> None:
        now_ns = time.monotonic_ns()
        if isinstance(message, bytes):
            self._tie(message)
            return
        content = json.loads(message)
        if content["type"] == "trace":
            if self.tie is None:
                self.rtp_of_frame[content["frame_id"]] = content["rtp_timestamp"]
            if self.measuring:
                self.traces.append(content)
        elif content["type"] == "signal" and content["signal"]["kind"] == "expression":
            self.signal_at_ns[content["signal"]["frame_id"]] = now_ns

    def _tie(self, message: bytes) -> None:
        """Reads the barcode of a picture."""
        head_bytes = int.from_bytes(message[:4], "big")
        frame_id = json.loads(message[4 : 4 + head_bytes])["frame_id"]
        luma = cv2.imdecode(np.frombuffer(message[4 + head_bytes :], np.uint8), cv2.IMREAD_GRAYSCALE)
        captured_us = read_barcode(luma) if luma is not None else None
        if captured_us is not None:
            self.captured_us_of_frame[frame_id] = captured_us

    def ties(self) -> list[tuple[int, int]]:
        """RTP timestamp and capture in microseconds of the frames of which both are known."""
        known = self.captured_us_of_frame.keys() & self.rtp_of_frame.keys()
        return [(self.rtp_of_frame[frame_id], self.captured_us_of_frame[frame_id]) for frame_id in sorted(known)]

    def capture_clock(self) -> "CaptureTie":
        """Raises `AgentError` when too few barcodes could be read."""
        if self.tie is not None:
            return self.tie
        ties = self.ties()
        if len(ties) < TIES_WANTED:
            raise AgentError(f"only {len(ties)} barcodes could be read; is the picture too small or too coarse?")
        return CaptureTie.through(ties)


@dataclass(frozen=True)
class CaptureTie:
    """Maps a sender's RTP timestamps to its monotonic clock, which callers on this machine share with us."""

    rtp_timestamp: int
    captured_us: int

    @classmethod
    def through(cls, ties: list[tuple[int, int]]) -> "CaptureTie":
        """A barcode is written at or after the moment that the RTP time stands for, so the earliest is the truest.

        Raises `AgentError` when the barcodes do not lie on one line.
        """
        first_rtp, first_us = ties[0]
        errors = [us - first_us - _ticks_between(first_rtp, rtp) * 1e6 / TICKS_PER_SECOND for rtp, us in ties]
        earliest = min(errors)
        if median(errors) - earliest > TIE_ERROR_US:
            raise AgentError("the barcodes' times do not fit the RTP times; this measurement would not be one")
        return cls(first_rtp, round(first_us + earliest))

    def captured_ns(self, rtp_timestamp: int, now_ns: int) -> int:
        """Monotonic capture time; `now_ns` tells which turn of the 38-bit barcode clock it was."""
        turn = 1 << BITS
        captured_us = self.captured_us + _ticks_between(self.rtp_timestamp, rtp_timestamp) * 1e6 / TICKS_PER_SECOND
        turns = round((now_ns / 1_000 - captured_us) / turn)
        return round((captured_us + turns * turn) * 1_000)


def _ticks_between(earlier: int, later: int) -> int:
    """Signed difference of 32-bit RTP timestamps."""
    return (later - earlier + RTP_WRAP // 2) % RTP_WRAP - RTP_WRAP // 2
