"""Opens models where they run best, on the processor or on a GPU, and says what runs where."""

import logging
import threading
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from agent.core.clock import NS_PER_MS
from agent.core.errors import ModelError, ModelMismatch
from agent.core.sentences import tell
from agent.inference.half import half_precision
from agent.inference.registry import ModelEntry, Registry, Tensor
from agent.inference.sessions import CUDA, Gpu, open_session
from agent.inference.shared import Session, SharedSession

logger = logging.getLogger(__name__)

Provider = Literal["cpu", "cuda"]
Array = NDArray[Any]

WARM_UP_RUNS = 3
WARM_UP_SIZES = {"tokens": 16, "phonemes": 60, "frames": 64}
"""Sizes of free dimensions while warming up, by their name in the manifest; 1 for all others."""


class Opened(NamedTuple):
    """A model in use: where and how it runs, and how long its last warm-up run took."""

    name: str
    provider: Provider
    ms: float | None
    """None when it was opened without warming up."""
    precision: str
    batch: int
    """Rows of different threads that may run together; 1 for a model that runs them one by one."""


class Model:
    """One thread's way to run a model. Only that thread may run it."""

    def __init__(self, entry: ModelEntry, session: Session) -> None:
        self.entry = entry
        self.name = entry.name
        self.runs = 0
        """How often the model has run since it was opened, warm-up included."""
        self._session = session
        self._input_names = [tensor.name for tensor in entry.inputs]
        self._output_names = [tensor.name for tensor in entry.outputs]

    def blank_input(self) -> Array:
        """Zeros of the first input's shape and dtype, free sizes 1: memory to be filled before each run."""
        tensor = self.entry.inputs[0]
        return np.zeros([1 if isinstance(size, str) else size for size in tensor.shape], tensor.dtype)

    def run(self, *arrays: Array) -> list[Array]:
        """Outputs in the manifest's order for inputs in the manifest's order.

        Arrays must have the manifest's dtype and shape and be C-contiguous. Raises `ValueError` for another number of
        arrays, and whatever ONNX Runtime raises for arrays that do not fit.
        """
        self.runs += 1
        return self._session.run(self._output_names, dict(zip(self._input_names, arrays, strict=True)))


class Runtime:
    """Opens models on one machine. Safe to share between threads; each thread opens models of its own.

    On the processor each has a session of its own. On a GPU, threads share one session a model, and models that gain
    nothing there stay on the processor. `auto` takes CUDA where a GPU is there and CUDA really loads.
    """

    def __init__(
        self,
        registry: Registry,
        provider: Literal["auto", "cpu", "cuda"] = "auto",
        *,
        half: bool = False,
        gpu: Gpu = CUDA,
    ) -> None:
        """`half` runs models in half precision on a GPU, as far as the manifest says how exact they stay.

        Raises `ModelError` when `cuda` is asked for and no GPU answers.
        """
        self.registry = registry
        self._asked = provider
        self._half = half
        self._gpu = gpu
        self._opened: dict[str, Opened] = {}
        self._models: list[Model] = []
        self._shared: dict[str, SharedSession] = {}
        self._moved: list[str] = []
        self._lock = threading.Lock()
        self._opening = threading.Lock()
        """Held while a session on the GPU is opened and warmed up, so that it happens once."""
        fault = None if provider == "cpu" else gpu.fault()
        if provider == "cuda" and fault is not None:
            raise ModelError(f"CUDA was asked for, but {fault}; set `models.provider` to auto or cpu to do without")
        self._wants_cuda = provider != "cpu" and fault is None

    def __reduce__(self) -> tuple[Any, ...]:
        """In another process, one that opens models of its own the same way."""
        return partial(Runtime, half=self._half), (self.registry, self._asked)

    @property
    def on_cuda(self) -> bool:
        """Whether models run on CUDA, as far as is known: with `auto`, the first model opened finds out."""
        return self._wants_cuda

    @property
    def demands_cuda(self) -> bool:
        """Whether a model that was to run on CUDA and does not is an error."""
        return self._asked == "cuda"

    @property
    def fault(self) -> str | None:
        """What has gone wrong with the GPU since models were opened, in plain words."""
        with self._lock:
            names = ", ".join(self._moved)
        return tell("gpu_lost", models=names) if names else None

    def open(self, name: str, *, warm_up: bool = True) -> Model:
        """The model `name`, its inputs and outputs compared with the manifest, and run a few times.

        Raises `ModelMissing` and `ModelMismatch` as `Registry.path` does; `ModelMismatch` too when the file's tensors
        are not those of the manifest; `ModelError` when it cannot be opened, or not on the CUDA that was asked for.
        """
        entry = self.registry.entry(name)
        if entry.format != "onnx":
            raise ModelError(f"model {name!r} is {entry.format}, which ONNX Runtime does not open; use its files")
        shared = self._on_gpu(entry) if self._wants_cuda and entry.gpu is not None else None
        model = Model(entry, shared or self._session(entry))
        ms = _warm_up(model) if warm_up else None
        with self._lock:
            self._models.append(model)
            if shared is None or name in self._moved:
                self._opened[name] = Opened(name, "cpu", ms, entry.precision, 1)
            else:
                precision = "float16" if self._runs_half(entry) else entry.precision
                self._opened[name] = Opened(name, "cuda", ms, precision, shared.most_rows)
        return model

    def note(self, name: str, provider: Provider, precision: str) -> None:
        """A model that another library has opened, so that `report` names it too."""
        with self._lock:
            self._opened[name] = Opened(name, provider, None, precision, 1)

    def report(self) -> list[Opened]:
        """The models opened so far, a line a name, in order of opening."""
        with self._lock:
            return list(self._opened.values())

    def runs(self) -> Counter[str]:
        """How often each model has run, over all of its sessions."""
        with self._lock:
            counts: Counter[str] = Counter()
            for model in self._models:
                counts[model.name] += model.runs
            return counts

    def _runs_half(self, entry: ModelEntry) -> bool:
        return self._half and entry.half_error is not None

    def _session(self, entry: ModelEntry, gpu: Gpu | None = None) -> ort.InferenceSession:
        path, weights = self.registry.path(entry.name), self.registry.weights(entry.name)
        if gpu is not None and self._runs_half(entry):
            path = half_precision(path, entry.files[0].sha256)
        try:
            session = open_session(path, weights, gpu)
        except Exception as error:
            raise ModelError(f"model {entry.name!r}: ONNX Runtime cannot open {path}: {error}") from error
        _compare(entry.name, path, "input", entry.inputs, session.get_inputs())
        _compare(entry.name, path, "output", entry.outputs, session.get_outputs())
        return session

    def _on_gpu(self, entry: ModelEntry) -> SharedSession | None:
        """The one session of this model on the GPU, or None where the processor has to do."""
        with self._opening:
            if entry.name in self._shared or not self._wants_cuda:
                return self._shared.get(entry.name)
            session = self._session(entry, self._gpu)
            if self._gpu.execution_provider not in session.get_providers():
                self._cuda_does_not_load(entry.name, "its libraries are missing or of another version")
                return None
            shared = SharedSession(
                entry,
                session,
                reopen=lambda: self._session(entry),
                on_moved=lambda: self._note_moved(entry),
                memory=self._gpu.memory,
            )
            try:
                shared.warm_up([_sample(tensor) for tensor in entry.inputs], WARM_UP_RUNS)
            except Exception as error:
                # cuDNN, for one, is looked for only when the first convolution runs.
                self._cuda_does_not_load(entry.name, f"a first run fails ({error})")
                return None
            self._shared[entry.name] = shared
            return shared

    def _cuda_does_not_load(self, name: str, why: str) -> None:
        remedy = "run `uv sync --extra cuda`"
        if self.demands_cuda:
            raise ModelError(f"model {name!r} was to run on CUDA, but CUDA does not load: {why}; {remedy}")
        logger.warning("a GPU is there, but CUDA does not load and models run on the processor: %s; %s", why, remedy)
        self._wants_cuda = False

    def _note_moved(self, entry: ModelEntry) -> None:
        with self._lock:
            self._moved.append(entry.name)
            if entry.name in self._opened:
                self._opened[entry.name] = Opened(entry.name, "cpu", None, entry.precision, 1)


def _compare(name: str, path: Path, kind: str, said: tuple[Tensor, ...], found: list[ort.NodeArg]) -> None:
    """Raises `ModelMismatch` unless names, dtypes, ranks and fixed sizes of the file are those of the manifest."""
    described = [_describe(tensor.name, tensor.dtype, tensor.shape) for tensor in said]
    actual = [_describe(arg.name, _dtype(arg.type), _sizes(arg.shape)) for arg in found]
    if described != actual:
        raise ModelMismatch(
            f"model {name!r}: {path} has {kind}s {', '.join(actual) or 'none'}; the manifest says "
            f"{', '.join(described) or 'none'}. Get both from the same commit, then run `agent models verify`"
        )


def _describe(name: str, dtype: str, shape: tuple[int | str, ...]) -> str:
    sizes = ", ".join("?" if isinstance(size, str) else str(size) for size in shape)
    return f"{name} {dtype}[{sizes}]"


def _sizes(shape: list[int | str | None]) -> tuple[int | str, ...]:
    return tuple(size if isinstance(size, int) else "?" for size in shape)


def _dtype(onnx_type: str) -> str:
    """NumPy's name of ONNX Runtime's "tensor(float)"."""
    element = onnx_type.removeprefix("tensor(").removesuffix(")")
    return {"float": "float32", "double": "float64"}.get(element, element)


def _warm_up(model: Model) -> float:
    """Runs the model on made-up input until its memory is laid out; milliseconds of the last run."""
    arrays = [_sample(tensor) for tensor in model.entry.inputs]
    took_ms = 0.0
    for _ in range(WARM_UP_RUNS):
        started_ns = time.perf_counter_ns()
        model.run(*arrays)
        took_ms = (time.perf_counter_ns() - started_ns) / NS_PER_MS
    return took_ms


def _sample(tensor: Tensor) -> Array:
    shape = [WARM_UP_SIZES.get(size, 1) if isinstance(size, str) else size for size in tensor.shape]
    if tensor.sample is not None:
        return np.array(tensor.sample, tensor.dtype).reshape(shape)
    return np.ones(shape, tensor.dtype) if tensor.dtype == "int64" else np.zeros(shape, tensor.dtype)
