"""Test media made from what packages carry: a real face that moves, and the project's own voice."""

import wave
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av import VideoFrame
from numpy.typing import NDArray

from agent.core.settings import Settings
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.synthesis.clauses import clauses
from agent.synthesis.voice import PiperVoice, Style
from benchmarks.face import FPS, HEIGHT_PX, WIDTH_PX, face_picture


def make_face_clip(path: Path, *, seconds: float = 7.0) -> Path:
    """A clip of the swaying face as motion JPEG, which Chromium takes for a camera."""
    with av.open(str(path), "w", format="mjpeg") as container:
        stream = container.add_stream("mjpeg", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = WIDTH_PX, HEIGHT_PX, "yuvj420p"
        stream.options = {"qscale": "3"}
        for index in range(round(seconds * FPS)):
            frame = VideoFrame.from_ndarray(face_picture(index), format="rgb24").reformat(format="yuvj420p")
            frame.pts, frame.time_base = index, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


class OwnVoice:
    """Speaks test sentences with the voice that the agent ships."""

    def __init__(self) -> None:
        settings = Settings()
        self._voice = PiperVoice(Runtime(Registry.load(settings.models.folder), "cpu"), settings.voice)
        self.rate_hz = self._voice.rate_hz

    def speak(self, text: str) -> NDArray[np.float32]:
        """(n,) float32 mono at `rate_hz`."""
        return np.concatenate([self._voice.synthesize(clause, Style()) for clause in clauses(text)])

    def write(self, path: Path, *parts: str | float) -> Path:
        """A WAV file of sentences and of silences in seconds, in order."""
        sound = [
            self.speak(part) if isinstance(part, str) else np.zeros(round(part * self.rate_hz), np.float32)
            for part in parts
        ]
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(self.rate_hz)
            file.writeframes((np.clip(np.concatenate(sound), -1, 1) * 32_767).astype("<i2").tobytes())
        return path
