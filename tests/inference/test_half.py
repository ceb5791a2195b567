"""Half precision is made once, keeps inputs and outputs as they are, and moves no output beyond its bound."""

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from agent.app.drawn_face import drawn_face
from agent.core.errors import ModelError
from agent.core.settings import ModelSettings
from agent.inference.half import half_precision
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.inference.sessions import Gpu

STAND_IN = Gpu(execution_provider="CPUExecutionProvider", memory="cpu", fault=lambda: None)
REGISTRY = Registry.load(ModelSettings().folder)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", [entry.name for entry in REGISTRY.entries if entry.half_error is not None])
def test_half_precision_is_as_exact_as_the_manifest_says(name: str) -> None:
    """On a drawn face, no output moves further than the bound that was measured on real ones."""
    runtime = Runtime(REGISTRY, "cuda", half=True, gpu=STAND_IN)
    model, full = runtime.open(name, warm_up=False), Runtime(REGISTRY, "cpu").open(name, warm_up=False)
    side = full.blank_input().shape[1]
    picture = cv2.resize(drawn_face(0)[40:440, 120:520], (side, side))[np.newaxis].astype(np.uint8)
    assert model.entry.half_error is not None
    moved = False
    for said, exact in zip(model.run(picture), full.run(picture), strict=True):
        assert (said.dtype, said.shape) == (exact.dtype, exact.shape)
        assert np.abs(said - exact).max() <= model.entry.half_error * max(1.0, np.abs(exact).max())
        moved |= not np.array_equal(said, exact)
    assert moved, "it did run in half precision"
    assert [opened.precision for opened in runtime.report()] == ["float16"]


def test_only_what_was_measured_runs_in_half() -> None:
    """A model without a bound keeps its precision, and so does every one on the processor."""
    runtime = Runtime(REGISTRY, "cpu", half=True)
    runtime.open("face_landmark", warm_up=False)
    runtime.open("hand_landmark_int8", warm_up=False)
    assert [opened.precision for opened in runtime.report()] == ["float32", "int8"]


def test_is_made_once(cache: Path) -> None:
    """The second start finds it; half a file is never left behind."""
    path, sha256 = REGISTRY.path("face_detection"), REGISTRY.entry("face_detection").files[0].sha256
    made = half_precision(path, sha256)
    before = made.stat().st_mtime_ns
    assert half_precision(path, sha256) == made and made.stat().st_mtime_ns == before
    assert made.stat().st_size < 0.6 * path.stat().st_size
    assert list(made.parent.iterdir()) == [made]


def test_says_what_is_missing(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    """Without the package, or without a folder to write to, the message says what to do."""
    path, sha256 = REGISTRY.path("face_detection"), "0" * 64
    with monkeypatch.context() as patched:
        patched.setitem(sys.modules, "onnx", None)
        with pytest.raises(ModelError, match="needs the package onnx: run `uv sync --extra cuda`"):
            half_precision(path, sha256)
    (cache / "attentive-agent").write_text("not a folder")
    with pytest.raises(ModelError, match="cannot be written.*XDG_CACHE_HOME"):
        half_precision(path, sha256)
