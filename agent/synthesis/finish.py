"""What is done to synthesized sound while it arrives: silence cut, level set, peaks bent, ends faded, a pause added."""

import threading

import numpy as np
from numpy.typing import NDArray

_FRAME_S = 0.01
_QUIET_DB = -35.0
"""Frames this far below the voice's level are taken for silence."""
_QUIET_BESIDE_LOUDEST = 10 ** ((_QUIET_DB - 5.0) / 10)
"""The same as a ratio of powers, beside the loudest frame."""
_MARGIN_FRAMES = 3
"""Kept around the speech, so that soft consonants survive."""
_FADE_S = 0.005
_NOTHING = 1e-9
"""Mean power of what is silence by any measure, 90 dB below full scale."""

_HEARD_FIRST_FRAMES = 30
"""Frames of speech by which the level of a voice that was never heard is judged, before any of them leaves."""
_EXPECTED_FRAMES = 50
"""What is known of the voice weighs as much as this many frames of the clause itself."""
_REMEMBERED_FRAMES = 3_000
_LOUDEST_FRAME_DB = 12.0
"""No frame of speech is further above its level; one that seems to be shows that the level was judged too low."""

_LOUDEST_DB = -14.0
"""A louder level is not reached: peaks of speech are about 13 dB above it."""
_KNEE = 0.6
_PEAK = 0.89
"""-1 dB of full scale: no sample goes beyond; above the knee they come ever closer to it."""


class Loudness:
    """How loud a voice is by itself, learnt while it speaks. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._power = 0.0
        self._frames = 0

    @property
    def power(self) -> float | None:
        """Mean power over frames that hold speech (as ITU-T P.56 measures it, simplified); None before any."""
        with self._lock:
            return self._power if self._frames else None

    def learn(self, total: float, frames: int) -> None:
        """Counts in `frames` frames of speech whose powers add up to `total`."""
        with self._lock:
            self._frames = min(self._frames + frames, _REMEMBERED_FRAMES)
            if self._frames:
                self._power += (total / max(1, frames) - self._power) * min(1.0, frames / self._frames)


class Finish:
    """Finishes one clause as it arrives. What comes out does not depend on how the clause was cut into pieces.

    The level is the voice's own, drawn slowly towards the clause's: nothing has to be known in advance, and no gain is
    ever heard to step.
    """

    def __init__(self, rate_hz: int, loudness: Loudness, *, level_db: float) -> None:
        self.cut = 0
        """Samples of silence that were left out before the first that came out."""
        self._frame = round(_FRAME_S * rate_hz)
        self._fade = round(_FADE_S * rate_hz)
        self._rate_hz = rate_hz
        self._target = 10 ** (min(level_db, _LOUDEST_DB) / 20)
        self._loudness = loudness
        self._expected = loudness.power
        self._rest = np.zeros(0, np.float32)
        """Less than a frame."""
        self._before = np.zeros((0, self._frame), np.float32)
        """All frames until speech has begun."""
        self._held: NDArray[np.float32] | None = None
        """The last frame of speech so far and all after it, which may be the end; None until speech has begun."""
        self._gain = 0.0
        self._total = self._loudest = 0.0
        self._spoken = 0

    def push(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """(m,) finished samples for (n,) more of the clause; what may be its end is held back."""
        samples = np.concatenate([self._rest, samples])
        whole = len(samples) // self._frame * self._frame
        self._rest = samples[whole:]
        return self._finished(samples[:whole].reshape(-1, self._frame))

    def end(self, pause_s: float) -> NDArray[np.float32]:
        """The end of the clause, faded, and `pause_s` of silence."""
        short = -len(self._rest) % self._frame
        parts = [self.push(np.zeros(short, np.float32))]
        if self._held is None and np.square(self._before).mean(axis=1).max(initial=0.0) > _NOTHING:
            self._expected = _level(self._before)
            parts.append(self._finished(self._before[:0]))
        if self._held is not None:
            tail = self._held[: 1 + _MARGIN_FRAMES].reshape(-1)
            tail[-self._fade :] *= np.linspace(1.0, 0.0, self._fade, dtype=np.float32)
            parts.append(tail)
        self._loudness.learn(self._total, self._spoken)
        parts.append(np.zeros(round(pause_s * self._rate_hz), np.float32))
        return np.concatenate(parts)

    def _finished(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        if self._held is None:
            frames = np.concatenate([self._before, frames])
            self._before = frames
            if self._expected is None:
                self._expected = _first_level(frames)
            if self._expected is None:
                return np.zeros(0, np.float32)
        assert self._expected is not None
        power = np.square(frames).mean(axis=1)
        audible = power > self._expected * 10 ** (_QUIET_DB / 10)
        if not audible.any():
            if self._held is not None:
                self._held = np.concatenate([self._held, self._levelled(frames, power, audible)])
            return np.zeros(0, np.float32)
        beginning = self._held is None
        if beginning:
            first = max(0, int(audible.argmax()) - _MARGIN_FRAMES)
            self.cut = first * self._frame
            frames, power, audible = frames[first:], power[first:], audible[first:]
            self._held = frames[:0]
            self._before = frames[:0]
        known = np.concatenate([self._held, self._levelled(frames, power, audible)])
        last = len(known) - 1 - int(audible[::-1].argmax())
        if beginning:
            known.reshape(-1)[: self._fade] *= np.linspace(0.0, 1.0, self._fade, dtype=np.float32)
        self._held = known[last:]
        return known[:last].reshape(-1)

    def _levelled(
        self, frames: NDArray[np.float32], power: NDArray[np.float32], audible: NDArray[np.bool_]
    ) -> NDArray[np.float32]:
        """Frames (n, samples) at the level asked for, by a gain that each frame moves on from where it was."""
        assert self._expected is not None
        if not len(frames):
            return frames
        totals = self._total + np.cumsum(np.where(audible, power, 0.0), dtype=np.float64)
        counts = self._spoken + np.cumsum(audible)
        loudest = np.maximum.accumulate(np.maximum(power, self._loudest))
        level = (_EXPECTED_FRAMES * self._expected + totals) / (_EXPECTED_FRAMES + counts)
        gains = self._target / np.sqrt(np.maximum(level, loudest / 10 ** (_LOUDEST_FRAME_DB / 10)))
        before = np.concatenate([[self._gain or self._target / np.sqrt(self._expected)], gains[:-1]])
        self._gain, self._total, self._spoken = float(gains[-1]), float(totals[-1]), int(counts[-1])
        self._loudest = float(loudest[-1])
        along = np.arange(1, self._frame + 1) / self._frame
        curve = before[:, None] + (gains - before)[:, None] * along
        return _bent(frames * curve.astype(np.float32))


def _first_level(frames: NDArray[np.float32]) -> float | None:
    """The level of as many of the frames (n, samples) as it takes to judge it; None when there are not enough."""
    power = np.square(frames).mean(axis=1)
    so_far = np.maximum.accumulate(power) if len(power) else power
    speech = np.cumsum(power > np.maximum(_NOTHING, so_far * _QUIET_BESIDE_LOUDEST))
    enough = int(np.searchsorted(speech, _HEARD_FIRST_FRAMES)) + 1
    return _level(frames[:enough]) if enough <= len(frames) else None


def _level(frames: NDArray[np.float32]) -> float:
    """Mean power of the frames (n, samples) that hold speech, judged by the loudest of them; some must."""
    power = np.square(frames).mean(axis=1)
    return float(power[power > power.max() * _QUIET_BESIDE_LOUDEST].mean())


def _bent(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same up to the knee; beyond, ever closer to the peak."""
    size = np.abs(samples)
    if size.max(initial=0.0) <= _KNEE:
        return samples
    room = np.float32(_PEAK - _KNEE)
    beyond = np.sign(samples) * (_KNEE + room * np.tanh((size - _KNEE) / room))
    return np.where(size > _KNEE, beyond, samples).astype(np.float32)
