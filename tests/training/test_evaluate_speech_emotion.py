"""Evaluation of emotion in the voice on a folder of recordings."""

import wave
from pathlib import Path

import numpy as np
import pytest

from agent.core.errors import DataRejected
from agent.core.settings import ModelSettings
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.training.evaluate_speech_emotion import evaluate_speech_emotion

RATE_HZ = 44_100


@pytest.fixture(scope="module")
def runtime() -> Runtime:
    return Runtime(Registry.load(ModelSettings().folder), "cpu")


def record(file: Path, seconds: float) -> None:
    """A buzz that swells like syllables, in stereo."""
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    buzz = np.sign(np.sin(2 * np.pi * 140 * time_s)) * (1 - np.cos(2 * np.pi * 4 * time_s))
    with wave.open(str(file), "wb") as sound:
        sound.setparams((2, 2, RATE_HZ, 0, "NONE", "not compressed"))
        sound.writeframes(np.repeat(np.int16(5_000 * buzz), 2).tobytes())


def test_every_recording_is_judged_or_counted(runtime: Runtime, tmp_path: Path) -> None:
    """Of five files two can be judged; the torn and the too short ones are counted; answers stay within the corpus."""
    record(tmp_path / "03-01-05-01-02-01-12.wav", 1.2)
    record(tmp_path / "emo_03a01La.wav", 2.0)
    record(tmp_path / "03a02Wa.wav", 0.1)
    record(tmp_path / "03a04Wa.wav", 0.002)
    (tmp_path / "03a03Wa.wav").write_bytes(b"torn")
    found = evaluate_speech_emotion(tmp_path, runtime)
    assert found.n == 2
    assert found.left_out == {"files that cannot be read": 1, "recordings with too little speech": 2}
    assert found.ms_per_item > 0 and 0 < found.confident_prob < 1


def test_a_folder_without_recordings_is_refused(runtime: Runtime, tmp_path: Path) -> None:
    """An empty folder is told apart from bad answers."""
    with pytest.raises(DataRejected, match="holds no sound named like"):
        evaluate_speech_emotion(tmp_path, runtime)
