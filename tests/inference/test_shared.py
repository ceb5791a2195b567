"""A model on a GPU is shared by all threads and survives the GPU; the processor stands in for the GPU here."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest

from agent.core.errors import ModelError
from agent.core.settings import ModelSettings
from agent.inference import runtime as runtime_module
from agent.inference.registry import Registry
from agent.inference.runtime import Array, Model, Runtime
from agent.inference.sessions import Gpu, open_session

STAND_IN = Gpu(execution_provider="CPUExecutionProvider", memory="cpu", fault=lambda: None)
REGISTRY = Registry.load(ModelSettings().folder)


class Device:
    """A GPU's sessions, which can be made to fail from outside."""

    def __init__(self) -> None:
        self.opened = 0
        self.batches: list[int] = []
        self.error: Exception | None = None
        self.held: threading.Event | None = None
        self.began = threading.Semaphore(0)
        """A run that is held has begun."""

    def open(self, path: Path, weights: Path | None = None, gpu: Gpu | None = None) -> ort.InferenceSession:
        session = open_session(path, weights, gpu)
        if gpu is None:
            return session
        self.opened += 1
        return Fragile(session, self)


class Fragile:
    """A session that does what its device does."""

    def __init__(self, session: ort.InferenceSession, device: Device) -> None:
        self._session = session
        self._device = device

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def run(self, names: Sequence[str], feeds: Mapping[str, Array]) -> Any:
        self._fail()
        return self._session.run(names, feeds)

    def run_with_iobinding(self, binding: ort.IOBinding) -> None:
        self._fail()
        self._session.run_with_iobinding(binding)
        self._device.batches.append(len(binding.get_outputs()[0].numpy()))

    def _fail(self) -> None:
        if self._device.held is not None:
            self._device.began.release()
            assert self._device.held.wait(10)
        if self._device.error is not None:
            raise self._device.error


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> Iterator[Device]:
    made = Device()
    monkeypatch.setattr(runtime_module, "open_session", made.open)
    yield made


def crops(count: int) -> list[Array]:
    return list(np.random.default_rng(7).integers(0, 256, (count, 1, 192, 192, 3), dtype=np.uint8))


def expected(name: str, arrays: Sequence[Array]) -> list[list[Array]]:
    model = Runtime(REGISTRY, "cpu").open(name, warm_up=False)
    return [model.run(array) for array in arrays]


def agree(said: Sequence[list[Array]], wanted: Sequence[list[Array]]) -> None:
    for one, other in zip(said, wanted, strict=True):
        for output, right in zip(one, other, strict=True):
            np.testing.assert_allclose(output, right, atol=1e-3)


def test_threads_share_one_session(device: Device) -> None:
    """However many threads open a model, the GPU holds it once; each counts its own runs."""
    runtime = Runtime(REGISTRY, "cuda", gpu=STAND_IN)
    with ThreadPoolExecutor(4) as threads:
        models = list(threads.map(lambda _: runtime.open("face_landmark", warm_up=False), range(4)))
    assert device.opened == 1
    assert {1, 2, 4, 8} == set(device.batches), "each size has run before anybody waits for it"
    models[0].run(models[0].blank_input())
    assert runtime.runs() == {"face_landmark": 1}
    (opened,) = runtime.report()
    assert (opened.provider, opened.precision, opened.batch) == ("cuda", "float32", 8)


def test_frames_of_several_calls_go_together(device: Device) -> None:
    """What arrives while a batch runs goes into the next one, and every thread gets its own picture's answer."""
    runtime = Runtime(REGISTRY, "cuda", gpu=STAND_IN)
    pictures = crops(6)
    models = [runtime.open("face_landmark", warm_up=False) for _ in pictures]
    device.batches.clear()
    device.held = threading.Event()
    with ThreadPoolExecutor(len(models)) as threads:
        runs = [threads.submit(model.run, picture) for model, picture in zip(models, pictures, strict=True)]
        while len(runtime._shared["face_landmark"]._batcher._waiting) < len(models) - 1:
            threading.Event().wait(0.001)
        device.held.set()
        agree([run.result(timeout=15) for run in runs], expected("face_landmark", pictures))
    assert device.batches == [1, 8], "five that waited, padded to eight"


def test_what_gains_nothing_on_a_gpu_stays_on_the_processor(device: Device) -> None:
    """Models in int8 and tiny ones each have a session of their own on the processor, and that is no fault."""
    runtime = Runtime(REGISTRY, "cuda", gpu=STAND_IN)
    for name in ("hand_landmark_int8", "gesture"):
        runtime.open(name, warm_up=False)
    assert device.opened == 0
    assert [(opened.provider, opened.precision, opened.batch) for opened in runtime.report()] == [
        ("cpu", "int8", 1),
        ("cpu", "float32", 1),
    ]
    assert runtime.fault is None


@pytest.mark.parametrize("error", [RuntimeError("CUDA failure 2: out of memory"), OSError("device lost")])
def test_goes_on_on_the_processor_when_the_gpu_fails(device: Device, error: Exception) -> None:
    """The very run that met the error is answered, other threads' too, other models stay; the runtime says so."""
    runtime = Runtime(REGISTRY, "cuda", gpu=STAND_IN)
    pictures = crops(4)
    models = [runtime.open("face_landmark") for _ in pictures]
    device.error = error
    with ThreadPoolExecutor(len(models)) as threads:
        said = list(threads.map(Model.run, models, pictures))
    agree(said, expected("face_landmark", pictures))
    assert runtime.fault == "the GPU failed; now on the processor: face_landmark"
    device.error = None
    runtime.open("face_detection")
    assert {opened.name: (opened.provider, opened.batch) for opened in runtime.report()} == {
        "face_landmark": ("cpu", 1),
        "face_detection": ("cuda", 8),
    }
    runtime.open("face_landmark")
    assert runtime.report()[0].provider == "cpu", "a thread that comes later finds out, too"


def test_a_gpu_that_hangs_holds_one_thread_only(device: Device) -> None:
    """Who waits for the run that hangs is served by the processor after a while, and who comes later at once."""
    runtime = Runtime(REGISTRY, "cuda", gpu=STAND_IN)
    stuck, waiting = (runtime.open("face_landmark", warm_up=False) for _ in range(2))
    first, second = crops(2)
    device.held = threading.Event()
    with ThreadPoolExecutor(1) as threads:
        hung = threads.submit(stuck.run, first)
        assert device.began.acquire(timeout=10)
        try:
            agree([waiting.run(second), waiting.run(first)], expected("face_landmark", [second, first]))
            assert not hung.done()
            assert runtime.fault is not None
        finally:
            device.held.set()
        agree([hung.result(timeout=10)], expected("face_landmark", [first]))


def test_a_bad_array_is_the_callers_fault_not_the_gpus(device: Device) -> None:
    """It is refused as on the processor, and the model stays where it is."""
    runtime = Runtime(REGISTRY, "cuda", gpu=STAND_IN)
    model = runtime.open("face_landmark", warm_up=False)
    with pytest.raises(Exception, match="INVALID_ARGUMENT"):
        model.run(np.zeros((1, 10, 10, 3), np.uint8))
    with pytest.raises(Exception, match="INVALID_ARGUMENT"):
        model.run(np.zeros((1, 192, 192, 3), np.float32))
    assert model.run(model.blank_input())[0].shape == (1, 468, 3)
    assert runtime.fault is None


def test_several_rows_of_one_caller_run_as_they_are(device: Device) -> None:
    """A caller that brings its own batch gets it back whole."""
    model = Runtime(REGISTRY, "cuda", gpu=STAND_IN).open("face_landmark", warm_up=False)
    landmarks, presence = model.run(np.concatenate(crops(3)))
    assert landmarks.shape == (3, 468, 3) and presence.shape == (3, 1)


def test_cuda_that_does_not_load_is_found_out_at_once(device: Device, caplog: pytest.LogCaptureFixture) -> None:
    """ONNX Runtime falls back in silence: `auto` says so and uses the processor, `cuda` refuses to start."""
    absent = replace(STAND_IN, execution_provider="CUDAExecutionProvider")
    auto = Runtime(REGISTRY, "auto", gpu=absent)
    auto.open("face_landmark", warm_up=False)
    assert auto.report()[0].provider == "cpu" and not auto.on_cuda
    assert "CUDA does not load" in caplog.text and "uv sync --extra cuda" in caplog.text
    with pytest.raises(ModelError, match="'face_landmark' was to run on CUDA.*uv sync --extra cuda"):
        Runtime(REGISTRY, "cuda", gpu=absent).open("face_landmark")


def test_cuda_that_cannot_run_a_model_is_found_out_at_once(device: Device) -> None:
    """A library that is looked for at the first run, as cuDNN is, is missed at start-up and not in a call."""
    device.error = RuntimeError("CUDNN failure: cannot load")
    auto = Runtime(REGISTRY, "auto", gpu=STAND_IN)
    model = auto.open("face_landmark")
    assert model.run(model.blank_input())[0].shape == (1, 468, 3)
    assert auto.report()[0].provider == "cpu" and not auto.on_cuda
    with pytest.raises(ModelError, match="CUDNN failure"):
        Runtime(REGISTRY, "cuda", gpu=STAND_IN).open("face_landmark")
