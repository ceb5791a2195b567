"""A clause that is computed in windows is the clause that would have been computed whole."""

from collections.abc import Iterator

import numpy as np
import onnxruntime as ort
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.synthesis import vits
from agent.synthesis.vits import FIRST_FRAMES, MOST_FRAMES, TEXT, Vits, windows

pytestmark = pytest.mark.timeout(120)

IDS = [1, 0, *(symbol for pair in zip(range(20, 50), [0] * 30, strict=True) for symbol in pair), 2]


@pytest.fixture(scope="module")
def model(registry: Registry) -> Vits:
    return Vits(Runtime(registry, "cpu"))


def without_chance(sound: Iterator[tuple[NDArray[np.float32], float]]) -> NDArray[np.float32]:
    return np.concatenate([samples for samples, _ in sound])


def test_windows_give_what_the_voice_gives_whole(model: Vits, registry: Registry) -> None:
    """Sample by sample, the joined windows are what the package's own uncut model computes, chance left out."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    whole = ort.InferenceSession(registry.weights(TEXT), options, providers=["CPUExecutionProvider"])
    scales = np.array([0.0, 1.5, 0.0], np.float32)
    feeds = {"input": np.array([IDS]), "input_lengths": np.array([len(IDS)]), "scales": scales}
    expected = whole.run(None, feeds)[0].reshape(-1)
    prior, durations = model.timed(IDS, noise=0.0, length=1.5, duration_noise=0.0)
    assert (len(durations), sum(durations)) == (len(IDS), prior.shape[2])
    pieces = list(model.sound(prior))
    assert len(pieces) >= 3
    assert [share for _, share in pieces][-1] == 1.0
    assert np.allclose(np.concatenate([samples for samples, _ in pieces]), expected, atol=1e-4)


def test_the_joints_are_seamless(model: Vits, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the voice's own chance in it, no joint is off by more than rounding; with less context it would be."""
    prior, _ = model.timed(IDS, noise=0.667, length=1.2, duration_noise=0.8)
    cut = without_chance(model.sound(prior))
    monkeypatch.setattr(vits, "DECODER_CONTEXT", 4)
    careless = without_chance(model.sound(prior))
    monkeypatch.setattr(vits, "windows", lambda frames: [(0, frames)])
    whole = without_chance(model.sound(prior))
    assert np.allclose(cut, whole, atol=1e-5)
    assert np.abs(careless - whole).max() > 1e-3


@given(st.integers(1, 5_000))
def test_windows_cover_every_frame_once(frames: int) -> None:
    """They follow one another to the end, the first short, none a splinter, none endless."""
    parts = list(windows(frames))
    assert [start for start, _ in parts] == [0, *(stop for _, stop in parts[:-1])]
    assert parts[-1][1] == frames
    sizes = [stop - start for start, stop in parts]
    assert sizes[0] < 2 * FIRST_FRAMES and max(sizes) < 2 * MOST_FRAMES
    assert len(sizes) == 1 or min(sizes) >= FIRST_FRAMES
