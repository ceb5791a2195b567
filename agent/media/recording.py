"""What a headless customer heard: the received sound, and when it was not silent."""

import asyncio
import time
import wave
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import AudioFrame, AudioResampler
from numpy.typing import NDArray

from agent.core.clock import NS_PER_MS

RATE_HZ = 48_000
KEPT_S = 600
AUDIBLE_RMS = 0.003
"""About -50 dB of full scale: above what coding makes of silence, below any speech."""
LONGEST_SILENCE_S = 5
"""A longer jump of the track's time is a new beginning rather than silence that was left out."""
PAUSE_NS = 300 * NS_PER_MS
"""Silence shorter than this is part of speech."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundSpan:
    """A stretch of audible sound, by the monotonic time at which it came out of the network."""

    first_ns: int
    last_ns: int


class Recording:
    """Received sound, (n,) int16 mono at 48 kHz, the last `KEPT_S` seconds of it."""

    def __init__(self) -> None:
        self.spans: list[SoundSpan] = []
        """Audible stretches in order; the last one may still be growing."""
        self.seconds = 0.0
        self.heard = asyncio.Event()
        """Set whenever a new audible stretch begins; for the listener to clear."""
        self.on_sound: Callable[[NDArray[np.int16]], None] | None = None
        """Told each piece of sound, (n,) at 48 kHz, when it comes out of the network."""
        self._parts: list[NDArray[np.int16]] = []
        self._resampler = AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
        self._expected_pts: int | None = None

    async def record(self, track: MediaStreamTrack) -> None:
        """Drains `track` until it ends."""
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            if isinstance(frame, AudioFrame):
                self._take(frame)

    def samples(self) -> NDArray[np.int16]:
        return np.concatenate(self._parts) if self._parts else np.zeros(0, np.int16)

    def save(self, path: Path) -> None:
        """Writes a mono 16-bit WAV file."""
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE_HZ)
            file.writeframes(self.samples().tobytes())

    def _take(self, frame: AudioFrame) -> None:
        now_ns = time.monotonic_ns()
        self._fill_silence(frame)
        frame.pts = None
        for part in self._resampler.resample(frame):
            samples = np.asarray(part.to_ndarray(), np.int16).reshape(-1)
            self._parts.append(samples)
            self.seconds += len(samples) / RATE_HZ
            if self.on_sound is not None:
                self.on_sound(samples)
            if float(np.sqrt(np.mean(np.square(samples / 32_768)))) > AUDIBLE_RMS:
                self._note_sound(now_ns)
        if len(self._parts) > KEPT_S * 50:
            del self._parts[: len(self._parts) // 2]

    def _fill_silence(self, frame: AudioFrame) -> None:
        """A sender may leave silence out; in the recording it has its length."""
        if frame.pts is None or frame.sample_rate != RATE_HZ:
            return
        missing = frame.pts - self._expected_pts if self._expected_pts is not None else 0
        self._expected_pts = frame.pts + frame.samples
        if 0 < missing <= LONGEST_SILENCE_S * RATE_HZ:
            self._parts.append(np.zeros(missing, np.int16))
            self.seconds += missing / RATE_HZ

    def _note_sound(self, now_ns: int) -> None:
        if self.spans and now_ns - self.spans[-1].last_ns < PAUSE_NS:
            self.spans[-1] = replace(self.spans[-1], last_ns=now_ns)
        else:
            self.spans.append(SoundSpan(first_ns=now_ns, last_ns=now_ns))
            self.heard.set()
