"""Says when a customer speaks: a probability for every 32 ms of sound, and a gate over it that does not flutter."""

import numpy as np
from numpy.typing import NDArray

from agent.inference.runtime import Model

WINDOW_SAMPLES = 512
"""32 ms at 16 kHz, the step that Silero VAD was trained with."""

_CONTEXT_SAMPLES = 64
_STATE_SHAPE = (1, 1, 128)

START_WINDOWS = 2
"""Voiced windows in a row that open the gate: 64 ms, so that a customer who interrupts is heard in time."""
_MARGIN_PROB = 0.1
"""A window so far above the opening probability is surely voiced, one so far below it may be."""
PAUSE_WINDOWS = 3
"""Windows without voice that close it: 96 ms, longer than the stop of a consonant. Words read after 64 ms lack last
sounds: on 13 recordings twice as many were wrong."""
_HOLD_PROB = 0.15
"""How far below the opening probability a window still counts as voice while the gate is open."""


class VoiceActivity:
    """The recurrent voice model on one stream. Streams of one thread may share a `Model`; each has its own state."""

    def __init__(self, model: Model) -> None:
        """`model` is the manifest's "voice_activity"."""
        self._model = model
        self.runs = 0
        """Windows that the model was asked about."""
        self._row = np.zeros((1, _CONTEXT_SAMPLES + WINDOW_SAMPLES), np.float32)
        self.reset()

    def reset(self) -> None:
        """Forgets what was heard; to be called after a gap."""
        self._row[:] = 0.0
        self._h = np.zeros(_STATE_SHAPE, np.float32)
        self._c = np.zeros(_STATE_SHAPE, np.float32)

    def probability(self, window: NDArray[np.float32]) -> float:
        """Probability of speech in the next (512,) float32 samples in [-1, 1].

        Raises `ArithmeticError` for samples that are no numbers: the model would take them, and all after, for silence.
        """
        if not np.isfinite(window).all():
            raise ArithmeticError("sound holds samples that are no numbers")
        self._row[0, :_CONTEXT_SAMPLES] = self._row[0, -_CONTEXT_SAMPLES:]
        self._row[0, _CONTEXT_SAMPLES:] = window
        self.runs += 1
        probs, self._h, self._c = self._model.run(self._row, self._h, self._c)
        return float(probs[0])


class VoiceGate:
    """Open while somebody speaks; opens after a surely voiced window or `START_WINDOWS` that may be, closes after
    `PAUSE_WINDOWS` without voice.

    In 12 minutes of noise and music it opens twice, and would once if it took two windows at the opening probability.
    Of 180 lines of people it hears the onset up to 32 ms earlier at the median and 30 to 60 ms at the 90th percentile.
    """

    def __init__(self, speech_prob: float) -> None:
        self.open = False
        self.voiced_windows = 0
        """Voiced windows in a row up to now."""
        self._speech_prob = speech_prob
        self._silent_windows = 0

    @property
    def voiced(self) -> bool:
        """Whether the last window belongs to speech for sure: the gate is open and the window was voiced."""
        return self.open and self._silent_windows == 0

    def step(self, prob: float) -> None:
        """Takes the probability of the next window."""
        if prob >= self._speech_prob - (_HOLD_PROB if self.open else _MARGIN_PROB):
            self.voiced_windows += 1
            self._silent_windows = 0
        else:
            self.voiced_windows = 0
            self._silent_windows += 1
        if self.voiced_windows >= START_WINDOWS or prob >= self._speech_prob + _MARGIN_PROB:
            self.open = True
        elif self._silent_windows >= PAUSE_WINDOWS:
            self.open = False
