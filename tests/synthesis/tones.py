"""Tones and silences to try sound with."""

import numpy as np
from numpy.typing import NDArray

from agent.synthesis.sound import RATE_HZ


def tone(seconds: float, amplitude: float, *, hz: float = 200.0, rate_hz: int = RATE_HZ) -> NDArray[np.float32]:
    time_s = np.arange(round(seconds * rate_hz)) / rate_hz
    return (amplitude * np.sin(2 * np.pi * hz * time_s)).astype(np.float32)


def silence(seconds: float) -> NDArray[np.float32]:
    return np.zeros(round(seconds * RATE_HZ), np.float32)
