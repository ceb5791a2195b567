"""Tells the agent's own voice, come back through a customer's loudspeaker, from the customer's.

What the microphone heard last is correlated with what was played in the half second before. An echo looks like what was
played at some delay; another voice does not look like it at any. Measured on speech coded twice with Opus at 8 kHz over
128 ms: echoes correlate with 0.67 or more in 95 % of windows, in a reverberant room with about 0.5; of people's speech
over the agent's 95 % of windows stay below 0.29, and none reached 0.46.
"""

from collections import deque
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from agent.core.clock import NS_PER_MS, NS_PER_S
from agent.core.speech import MIC_RATE_HZ

PLAYED_RATE_HZ = 48_000
RATE_HZ = 8_000
COMPARED_SAMPLES = 1_024
"""128 ms."""
LONGEST_DELAY_MS = 500
"""Network, the player's buffer, the air and the way back."""
AHEAD_MS = 20
"""The two clocks may disagree so far that an echo seems to come before its sound."""
KEPT_BLOCKS = 64
"""Blocks of 20 ms, a little more than all of the above."""
AUDIBLE_RMS = 1e-3
SURE_CORRELATION = 0.5
"""From here on it is an echo at whatever delay."""
LIKELY_CORRELATION = 0.3
"""From here on it is one at the delay at which one was heard before."""
MOUTH_CORRELATION = 0.1
"""Added to both where the camera sees the customer's mouth talk, taken from both where it sees it still."""
DELAY_TOLERANCE_SAMPLES = 24
_EMPHASIS = 0.95
"""Takes the low tones down, in which all voices are alike."""
_FFT_SAMPLES = 8_192
_WAY_SAMPLES = (LONGEST_DELAY_MS + AHEAD_MS) * RATE_HZ // 1_000


class Playout:
    """What a call's speaker has played of late. Filled on the event loop, read by the ears."""

    def __init__(self, mouth_talks: Callable[[], bool | None] = lambda: None) -> None:
        """`mouth_talks` says, from any thread, whether the customer is seen to talk; None where that is not known."""
        self.mouth_talks = mouth_talks
        self._blocks: deque[tuple[int, NDArray[np.float32]]] = deque(maxlen=KEPT_BLOCKS)

    def put(self, block: NDArray[np.float32], due_ns: int) -> None:
        """Takes the next (n,) float32 samples at 48 kHz, which are due at this monotonic time.

        What lies between two blocks was silence.
        """
        lowered = _lower(block, PLAYED_RATE_HZ)
        if self._blocks:
            last_due_ns, last = self._blocks[-1]
            missing = round((due_ns - last_due_ns) * RATE_HZ / NS_PER_S) - len(last)
            if missing >= len(lowered) > 0:
                silence = np.zeros(min(missing, KEPT_BLOCKS * len(lowered)), np.float32)
                self._blocks.append((due_ns - round(len(silence) * NS_PER_S / RATE_HZ), silence))
        self._blocks.append((due_ns, lowered))

    def before(self, until_ns: int, samples: int) -> NDArray[np.float32] | None:
        """The last (`samples`,) samples at 8 kHz that were due before `until_ns`; None when they were silent."""
        blocks = list(self._blocks)
        if not blocks:
            return None
        sound = np.concatenate([block for _, block in blocks])
        last_due_ns, last = blocks[-1]
        end = len(sound) - len(last) + round((until_ns - last_due_ns) * RATE_HZ / NS_PER_S)
        wanted = np.zeros(samples, np.float32)
        begin = max(0, end - samples)
        known = sound[begin : max(0, end)]
        wanted[samples - (end - begin) : samples - (end - begin) + len(known)] = known
        return wanted if float(np.sqrt(np.mean(np.square(wanted)))) > AUDIBLE_RMS else None


class EchoGuard:
    """Compares one call's microphone with its playout. One thread at a time may use it."""

    def __init__(self, playout: Playout) -> None:
        self.found = 0
        """Frames that were taken for echo."""
        self._playout = playout
        self._heard = np.zeros(COMPARED_SAMPLES, np.float32)
        self._delay: int | None = None
        """At which an echo was heard last, in samples."""

    def hear(self, samples: NDArray[np.float32]) -> None:
        """Takes the next frame of the microphone, (n,) float32 at 16 kHz."""
        lower = _lower(samples, MIC_RATE_HZ)
        self._heard = np.concatenate((self._heard[len(lower) :], lower))

    def is_echo(self, end_ns: int) -> bool:
        """Whether what was heard last, up to `end_ns`, is what was played."""
        played = self._playout.before(end_ns + AHEAD_MS * NS_PER_MS, COMPARED_SAMPLES + _WAY_SAMPLES)
        if played is None:
            return False
        mouth = {True: MOUTH_CORRELATION, False: -MOUTH_CORRELATION, None: 0.0}[self._playout.mouth_talks()]
        alike = correlations(_emphasised(self._heard), _emphasised(played))
        delay = int(np.argmax(alike))
        echo = bool(alike[delay] >= SURE_CORRELATION + mouth)
        if not echo and self._delay is not None:
            near = alike[max(0, self._delay - DELAY_TOLERANCE_SAMPLES) : self._delay + DELAY_TOLERANCE_SAMPLES + 1]
            echo = bool(near.max() >= LIKELY_CORRELATION + mouth)
        elif echo:
            self._delay = delay
        self.found += echo
        return echo


def correlations(heard: NDArray[np.float32], played: NDArray[np.float32]) -> NDArray[np.float32]:
    """Magnitude of the normalised correlation of (n,) with each stretch of (m,) as long, m >= n: (m - n + 1,)."""
    count = len(played) - len(heard) + 1
    products = np.fft.irfft(np.fft.rfft(played, _FFT_SAMPLES) * np.conj(np.fft.rfft(heard, _FFT_SAMPLES)), _FFT_SAMPLES)
    energy = np.concatenate(([0.0], np.cumsum(np.square(played, dtype=np.float64))))
    stretches = energy[len(heard) :] - energy[: -len(heard)]
    floor = len(heard) * 1e-7
    scale = np.sqrt(np.maximum(stretches, floor) * max(float(np.sum(np.square(heard))), 1e-9))
    return np.asarray(np.abs(products[:count]) / scale, np.float32)


def _lower(samples: NDArray[np.float32], rate_hz: int) -> NDArray[np.float32]:
    """The same at 8 kHz, by averaging: what lies above 4 kHz and folds down does so alike in both."""
    step = rate_hz // RATE_HZ
    return np.asarray(samples[: len(samples) // step * step].reshape(-1, step).mean(axis=1), np.float32)


def _emphasised(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(samples[1:] - _EMPHASIS * samples[:-1], np.float32)
