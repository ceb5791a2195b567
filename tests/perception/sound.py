"""Sound for tests of hearing: our own voice, noises, the windows of a call, and a scripted voice model."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from agent.core.clock import NS_PER_S
from agent.core.settings import VoiceSettings
from agent.core.speech import MIC_RATE_HZ, MicWindow
from agent.core.types import CaptureOrigin, Stamp, read_only
from agent.inference.runtime import Runtime
from agent.perception.activity import WINDOW_SAMPLES as FRAME_SAMPLES
from agent.synthesis.sound import resampled
from agent.synthesis.voice import PiperVoice, Style

Say = Callable[[str], NDArray[np.float32]]
"""Speaks a line: (n,) float32 mono at 16 kHz."""

MIC_WINDOW_SAMPLES = 320
"""20 ms, as a microphone track brings."""


def open_say(runtime: Runtime) -> Say:
    """The voice that ships, saying the same line always in the same way."""
    ort.set_seed(7)
    voice = PiperVoice(runtime, VoiceSettings())
    said: dict[str, NDArray[np.float32]] = {}

    def say(text: str) -> NDArray[np.float32]:
        if text not in said:
            samples = voice.synthesize(text, Style())
            said[text] = resampled(samples, len(samples) * MIC_RATE_HZ // voice.rate_hz)
        return said[text]

    return say


def silence(seconds: float) -> NDArray[np.float32]:
    """A quiet room: noise at -74 dB."""
    count = round(seconds * MIC_RATE_HZ)
    return (np.random.default_rng(5).standard_normal(count) * 2e-4).astype(np.float32)


def noises(seconds: float) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Sound without words, by name: hiss, rumble, mains hum, clicks, a gliding tone, chords."""
    random = np.random.default_rng(11)
    count = round(seconds * MIC_RATE_HZ)
    at_s = np.arange(count) / MIC_RATE_HZ
    hiss = random.standard_normal(count)
    spectrum = np.fft.rfft(hiss) / np.sqrt(np.maximum(np.arange(count // 2 + 1), 50))
    rumble = np.fft.irfft(spectrum, count)
    clicks = np.zeros(count)
    for start in random.integers(0, count - 800, max(1, round(3 * seconds))):
        clicks[start : start + 800] += random.standard_normal(800) * np.exp(-np.arange(800) / 100)
    chords = sum(
        np.sin(2 * np.pi * base_hz * 2 ** (np.floor(2 * at_s) % 5 / 12) * at_s) * np.exp(-3 * (2 * at_s % 1))
        for base_hz in (220.0, 277.2, 329.6)
    )
    loudness = {
        "hiss": 0.05 * hiss,
        "rumble": 0.1 * rumble / rumble.std(),
        "hum": 0.1 * np.sin(2 * np.pi * 50 * at_s) + 0.05 * np.sin(2 * np.pi * 150 * at_s),
        "clicks": 0.3 * clicks,
        "glide": 0.2 * np.sin(2 * np.pi * (400 * at_s + 200 * np.sin(at_s))),
        "chords": 0.1 * np.asarray(chords),
    }
    for name, sound in loudness.items():
        yield name, np.clip(sound, -1, 1).astype(np.float32)


def stamp_at(sample: int, *, start_ns: int = 0) -> Stamp:
    """The stamp of a position in a track that began at `start_ns`."""
    captured_ns = start_ns + sample * NS_PER_S // MIC_RATE_HZ
    return Stamp(
        frame_id=sample // MIC_WINDOW_SAMPLES,
        rtp_timestamp=sample * 3,
        arrived_ns=captured_ns,
        captured_ns=captured_ns,
        captured_error_ns=0,
        captured_from=CaptureOrigin.ARRIVAL,
        media_ms=sample / 16,
    )


def windows(
    sound: NDArray[np.float32],
    *,
    call_id: str = "call",
    start_sample: int = 0,
    start_ns: int = 0,
    window_samples: int = MIC_WINDOW_SAMPLES,
) -> Iterator[MicWindow]:
    """The windows that a call would bring of `sound`; `start_ns` is when sample 0 of the track was captured."""
    for begin in range(0, len(sound), window_samples):
        position = start_sample + begin
        yield MicWindow(
            call_id=call_id,
            stamp=stamp_at(position, start_ns=start_ns),
            samples=read_only(sound[begin : begin + window_samples].copy()),
            start_sample=position,
        )


class ScriptedActivity:
    """A voice model that says what it is told: one probability a frame, silence afterwards."""

    def __init__(self, probs: Sequence[float], *, fails_at: int | None = None) -> None:
        self.resets = 0
        self._probs = list(probs)
        self._fails_at = fails_at
        self._frames = 0

    def probability(self, window: NDArray[np.float32]) -> float:
        assert window.shape == (FRAME_SAMPLES,)
        self._frames += 1
        if self._frames == self._fails_at:
            raise ArithmeticError("scripted")
        return self._probs.pop(0) if self._probs else 0.0

    def reset(self) -> None:
        self.resets += 1


def frames(count: int) -> NDArray[np.float32]:
    """Sound that fills this many frames of the voice model exactly."""
    return np.full(count * FRAME_SAMPLES, 0.1, np.float32)
