"""The agent's voice as an outgoing track: 48 kHz in frames of 20 ms on a steady beat, silence when there is nothing."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import AudioFrame, Packet
from av.stream import Stream
from numpy.typing import NDArray

from agent.core.clock import NS_PER_S
from agent.core.speech import SpeechChunk
from agent.media.clause import FRAME_SAMPLES, RATE_HZ, Clause, resampled_speech, samples_since_quiet, spoken_part
from agent.media.lips import Lips
from agent.media.opus import SILENCE, OpusEncoder, as_int16

FRAME_NS = NS_PER_S // 50
FADE_SAMPLES = RATE_HZ // 100
"""10 ms: short enough to stop at once, long enough not to click."""
AHEAD_S = 4.0
"""Speech that may wait to be spoken; beyond that `play` waits."""
LATE_NS = 3 * FRAME_NS
"""A beat missed by more than this is not caught up in a burst; the schedule moves."""
REWIND_SAMPLES = RATE_HZ * 4 // 10
"""How far back speech may be taken up again after a pause, so that it does not go on inside a word."""
UNFINISHED_S = 1.0
"""An utterance whose next clause does not come within this time is over."""
REST_AFTER_FRAMES = 10
"""Silence that is sent after speech before a speaker rests, for the listener's decoder to fade into."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """How far an utterance got before it was stopped."""

    text: str = field(repr=False)
    """What was said, cut at the last whole word that went out."""
    spoken_ms: float
    unspoken_ms: float


class Speaker(MediaStreamTrack):
    """Speaks `SpeechChunk`s in order. All methods belong to the event loop that sends the track."""

    kind = "audio"

    def __init__(self, *, encodes: bool = False) -> None:
        """`encodes` may be set at any time: sound goes out as packets of Opus, lasting silence as one that is ready.
        It is not left out: a browser's jitter buffer then waits 0.3 s longer before it plays what follows.
        """
        super().__init__()
        self.idle = asyncio.Event()
        """Set while there is nothing to say."""
        self.idle.set()
        self.on_speaking: Callable[[bool], None] | None = None
        """Told when speech begins and ends."""
        self.on_played: Callable[[NDArray[np.float32], int], None] | None = None
        """Told each block of (960,) samples and the monotonic time at which it is due, silence too unless at rest."""
        self.lips = Lips()
        self.first_sample_ns: int | None = None
        """Monotonic time at which the first sample of the present or last utterance was handed to the sender."""
        self.frames_sent = 0
        self.speech_frames_sent = 0
        self.underruns = 0
        """Times that a clause was not there when the one before it had been spoken."""
        self.beats_missed = 0
        self._clauses: deque[Clause] = deque()
        self._behind: Clause | None = None
        """What was sent last of the present utterance, in case that a word began in it."""
        self._said: list[str] = []
        self._said_samples = 0
        self._stops = 0
        self._room = asyncio.Event()
        self._room.set()
        self._paused = False
        self._fading: NDArray[np.float32] | None = None
        self._quiet = True
        """Whether the last sample sent was silence, so that the next speech must be faded in."""
        self._dry_frames: int | None = None
        """Frames of silence sent while more of the utterance is awaited; None when none is."""
        self._due_ns: int | None = None
        self.encodes = encodes
        self._encoder = OpusEncoder()
        self._silent_frames = 0
        """Of those sent last."""

    @property
    def speaking(self) -> bool:
        return not self.idle.is_set()

    @property
    def paused(self) -> bool:
        """Whether speech is held."""
        return self._paused

    @property
    def said(self) -> str:
        """What went out of the present or last utterance, cut at the last whole word."""
        parts = [*self._said, *(spoken_part(clause) for clause in list(self._clauses)[:1])]
        return " ".join(part for part in parts if part)

    @property
    def queued_s(self) -> float:
        """Seconds of speech that still wait to be sent."""
        return sum(len(clause.samples) - clause.sent for clause in self._clauses) / RATE_HZ

    async def play(self, chunk: SpeechChunk) -> None:
        """Queues `chunk`; waits while more than `AHEAD_S` of speech is queued, so that a synthesizer keeps its pace.

        A chunk that is still waiting when speech is stopped is dropped with the rest.
        """
        utterance = self._stops
        at_rate = chunk.rate_hz == RATE_HZ
        samples = chunk.samples if at_rate else await asyncio.to_thread(resampled_speech, chunk)
        while self.queued_s >= AHEAD_S and self._stops == utterance:
            self._room.clear()
            await self._room.wait()
        if self._stops != utterance or self.readyState != "live":
            return
        if self.idle.is_set():
            self._begin()
        self._dry_frames = None
        self._clauses.append(Clause(samples, chunk.text, chunk.last, chunk.visemes))

    def stop_speaking(self) -> Spoken:
        """Falls silent within 10 ms, drops what is queued, and says how far speech got."""
        text = self.said
        unspoken = sum(len(clause.samples) - clause.sent for clause in self._clauses)
        if self._clauses:
            current = self._clauses[0]
            if not self._quiet:
                self._fading = current.samples[current.sent : current.sent + FADE_SAMPLES]
        spoken = Spoken(
            text=text,
            spoken_ms=self._said_samples * 1_000 / RATE_HZ,
            unspoken_ms=unspoken * 1_000 / RATE_HZ,
        )
        self._drop()
        self._paused = False
        return spoken

    def pause(self) -> None:
        """Falls silent within 10 ms and keeps what is queued."""
        if self._clauses and not self._paused:
            current = self._clauses[0]
            if not self._quiet:
                self._fading = current.samples[current.sent : current.sent + FADE_SAMPLES]
        self._paused = True
        self.lips.follow(None)

    def resume(self) -> None:
        """Goes on where `pause` left off, from the beginning of the word that was cut."""
        if self._paused and self._clauses:
            current, behind = self._clauses[0], self._behind
            heard = current.samples[: current.sent]
            if behind is not None:
                heard = np.concatenate([behind.samples, heard])
            back = samples_since_quiet(heard[-REWIND_SAMPLES:])
            self._said_samples -= back
            if behind is not None and back > current.sent:
                behind.sent -= back - current.sent
                self._clauses.appendleft(behind)
                self._said.pop()
                back, self._behind = current.sent, None
            current.sent -= back
        self._paused = False

    def stop(self) -> None:
        """Ends the track."""
        super().stop()
        self._drop()

    async def recv(self) -> "AudioFrame | Packet[Stream]":
        """The next 20 ms, when they are due: (1, 960) int16 mono at 48 kHz, or a packet of Opus.

        Raises `MediaStreamError` once stopped.
        """
        await self._beat()
        if self.readyState != "live":
            raise MediaStreamError
        sound = self._next_packet() if self.encodes else self._next_frame()
        sound.time_base = Fraction(1, RATE_HZ)
        sound.pts = self.frames_sent * FRAME_SAMPLES
        self.frames_sent += 1
        return sound

    def _next_packet(self) -> "Packet[Stream]":
        if self._silent_frames >= REST_AFTER_FRAMES and self.idle.is_set():
            return Packet(SILENCE)
        return Packet(self._encoder.encode(self._played_block()))

    def _next_frame(self) -> AudioFrame:
        frame = AudioFrame.from_ndarray(as_int16(self._played_block()), format="s16", layout="mono")
        frame.sample_rate = RATE_HZ
        return frame

    def _played_block(self) -> NDArray[np.float32]:
        block = self._next_block()
        if self.on_played is not None and self._due_ns is not None:
            self.on_played(block, self._due_ns - FRAME_NS)
        return block

    async def _beat(self) -> None:
        now_ns = time.monotonic_ns()
        if self._due_ns is None or now_ns - self._due_ns > LATE_NS:
            self.beats_missed += self._due_ns is not None
            self._due_ns = now_ns
        elif self._due_ns > now_ns:
            await asyncio.sleep((self._due_ns - now_ns) / NS_PER_S)
        self._due_ns += FRAME_NS

    def _next_block(self) -> NDArray[np.float32]:
        block = np.zeros(FRAME_SAMPLES, np.float32)
        self._silent_frames += 1
        if self._fading is not None:
            self._silent_frames = 0
            tail, self._fading = self._fading, None
            block[: len(tail)] = tail * np.linspace(1, 0, len(tail), dtype=np.float32)
            self._quiet = True
        elif not self._paused and self._clauses:
            filled = self._fill(block)
            self._silent_frames = 0
            if self._quiet:
                fade = min(FADE_SAMPLES, filled)
                block[:fade] *= np.linspace(0, 1, fade, dtype=np.float32)
            self._quiet = not self._clauses
            if self._quiet:
                fade = min(FADE_SAMPLES, filled)
                block[filled - fade : filled] *= np.linspace(1, 0, fade, dtype=np.float32)
            self.speech_frames_sent += 1
            if self.first_sample_ns is None:
                self.first_sample_ns = time.monotonic_ns()
        elif self._dry_frames is not None:
            self._dry_frames += 1
            if self._dry_frames * FRAME_NS > UNFINISHED_S * NS_PER_S:
                self._end()
        return block

    def _fill(self, block: NDArray[np.float32]) -> int:
        """Moves speech into `block`, over clauses if need be; the count of samples filled."""
        filled = 0
        while self._clauses and filled < FRAME_SAMPLES:
            clause = self._clauses[0]
            self.lips.follow(clause)
            part = clause.samples[clause.sent : clause.sent + FRAME_SAMPLES - filled]
            block[filled : filled + len(part)] = part
            clause.sent += len(part)
            self._said_samples += len(part)
            filled += len(part)
            if clause.sent >= len(clause.samples):
                self._behind = self._clauses.popleft()
                self._said.append(clause.text)
                if not self._clauses:
                    self._ran_dry(clause)
        if self.queued_s < AHEAD_S:
            self._room.set()
        return filled

    def _drop(self) -> None:
        self._stops += 1
        self._clauses.clear()
        self._room.set()
        self._end()

    def _ran_dry(self, finished: Clause) -> None:
        if finished.last:
            self._end()
        else:
            self.underruns += 1
            self._dry_frames = 0

    def _begin(self) -> None:
        self._behind = None
        self._said = []
        self._said_samples = 0
        self.first_sample_ns = None
        self.idle.clear()
        if self.on_speaking is not None:
            self.on_speaking(True)

    def _end(self) -> None:
        self._dry_frames = None
        self.lips.follow(None)
        if not self.idle.is_set():
            self.idle.set()
            if self.on_speaking is not None:
                self.on_speaking(False)
