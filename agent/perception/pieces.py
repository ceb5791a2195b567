"""Cuts a long recording where nobody speaks, into pieces that speech recognition can hold; silence is left out."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from agent.core.speech import MIC_RATE_HZ
from agent.core.types import read_only
from agent.perception.activity import START_WINDOWS, WINDOW_SAMPLES, VoiceActivity, VoiceGate
from agent.perception.transcript import LONGEST_S

_LEAD_WINDOWS = 12
"""384 ms from before the first voiced window: soft consonants that the voice model misses."""
_TAIL_WINDOWS = 6
"""192 ms after the last voiced one."""
_PARTING_WINDOWS = 47
"""1.5 s of silence part two pieces, however short the first is."""
_MOST_WINDOWS = int((LONGEST_S - 1.0) * MIC_RATE_HZ) // WINDOW_SAMPLES
_QUIET_SEARCH_WINDOWS = 6 * MIC_RATE_HZ // WINDOW_SAMPLES
_QUIET_SPAN_WINDOWS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of a recording in which somebody speaks."""

    start_s: float
    """Of the first voiced sample."""
    end_s: float
    """Of the last one."""
    sound_start_s: float
    """Of the first of `samples`."""
    samples: NDArray[np.float32] = field(repr=False)
    """(n,) float32 at 16 kHz, read-only, with a margin around what is voiced; at most `LONGEST_S`."""


def pieces(
    runs: Iterable[NDArray[np.float32]], activity: VoiceActivity, *, speech_prob: float, enough_s: float
) -> Iterator[Piece]:
    """The pieces of a recording that comes in `runs` of (n,) float32 at 16 kHz, as they become known.

    A piece ends at the first pause after `enough_s`, at a long pause, and at last at its quietest place.
    """
    gate = VoiceGate(speech_prob)
    recent: deque[NDArray[np.float32]] = deque(maxlen=_LEAD_WINDOWS + START_WINDOWS)
    growing: _Growing | None = None
    enough_windows = round(enough_s * MIC_RATE_HZ) // WINDOW_SAMPLES
    for number, window in enumerate(_windows(runs)):
        prob = activity.probability(window)
        gate.step(prob)
        recent.append(window)
        if growing is not None:
            growing.add(window, prob, voiced=gate.voiced)
        elif gate.open:
            growing = _Growing(list(recent), voiced_from=number + 1 - START_WINDOWS)
        if growing is None:
            continue
        silent = 0 if gate.open else growing.silent_windows
        if silent >= _PARTING_WINDOWS or (silent >= _TAIL_WINDOWS and growing.voiced_to >= enough_windows):
            yield growing.piece()
            growing = None
        elif len(growing.windows) >= _MOST_WINDOWS:
            yield growing.cut()
    if growing is not None:
        yield growing.piece()


class _Growing:
    """The piece that is being heard."""

    def __init__(self, windows: list[NDArray[np.float32]], *, voiced_from: int) -> None:
        """The last `START_WINDOWS` of `windows` are voiced; the first of these is number `voiced_from`."""
        self.windows = windows
        self.voiced_to = len(windows)
        """Windows up to the last voiced one."""
        self._probs = [0.0] * len(windows)
        self._lead = len(windows) - START_WINDOWS
        self._voiced_from = voiced_from

    @property
    def silent_windows(self) -> int:
        return len(self.windows) - self.voiced_to

    def add(self, window: NDArray[np.float32], prob: float, *, voiced: bool) -> None:
        self.windows.append(window)
        self._probs.append(prob)
        if voiced:
            self.voiced_to = len(self.windows)

    def piece(self) -> Piece:
        """All of it, with little of the silence at its end."""
        return self._as_piece(self.voiced_to, self.voiced_to + _TAIL_WINDOWS)

    def cut(self) -> Piece:
        """What comes before the place, near the end, where speech is least probable; the rest goes on growing."""
        late = self._probs[-_QUIET_SEARCH_WINDOWS:]
        spans = np.convolve(late, np.ones(_QUIET_SPAN_WINDOWS), mode="valid")
        keep = len(self._probs) - len(late) + int(np.argmin(spans)) + _QUIET_SPAN_WINDOWS // 2 + 1
        piece = self._as_piece(keep, keep)
        self._voiced_from += keep - self._lead
        self._lead = 0
        self.windows, self._probs = self.windows[keep:], self._probs[keep:]
        self.voiced_to = max(0, self.voiced_to - keep)
        return piece

    def _as_piece(self, voiced_to: int, end: int) -> Piece:
        window_s = WINDOW_SAMPLES / MIC_RATE_HZ
        return Piece(
            start_s=self._voiced_from * window_s,
            end_s=(self._voiced_from - self._lead + voiced_to) * window_s,
            sound_start_s=(self._voiced_from - self._lead) * window_s,
            samples=read_only(np.concatenate(self.windows[:end])),
        )


def _windows(runs: Iterable[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
    """The same sound in windows of the voice model, the last one filled up with silence."""
    rest = np.zeros(0, np.float32)
    for run in runs:
        sound = np.concatenate([rest, run])
        whole = len(sound) // WINDOW_SAMPLES * WINDOW_SAMPLES
        yield from sound[:whole].reshape(-1, WINDOW_SAMPLES)
        rest = sound[whole:]
    if len(rest):
        yield np.pad(rest, (0, WINDOW_SAMPLES - len(rest)))
