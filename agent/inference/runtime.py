"""Opens models as ONNX Runtime sessions that suit many small models on shared cores, and says what runs where."""

import contextlib
import ctypes
import logging
import sys
import threading
import time
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from agent.core.clock import NS_PER_MS
from agent.core.errors import ModelError, ModelMismatch
from agent.inference.registry import ModelEntry, Registry, Tensor

logger = logging.getLogger(__name__)

Provider = Literal["cpu", "cuda"]
Array = NDArray[Any]

WARM_UP_RUNS = 3
WARM_UP_SIZES = {"tokens": 16, "phonemes": 60, "frames": 64}
"""Sizes of free dimensions while warming up, by their name in the manifest; 1 for all others."""

_WEIGHTS_FOLDER = "session.model_external_initializers_file_folder_path"
"""ONNX Runtime's name of the setting, from onnxruntime_session_options_config_keys.h."""

_FATAL_ONLY = 4
"""ONNX Runtime's highest log level: its warnings about unused initialisers say nothing to who runs the agent."""


class Opened(NamedTuple):
    """A model in use: where it runs, and how long its last warm-up run took."""

    name: str
    provider: Provider
    ms: float | None
    """None when it was opened without warming up."""


class Model:
    """A session of its own on one model. One thread at a time may run it."""

    def __init__(self, entry: ModelEntry, session: ort.InferenceSession, provider: Provider) -> None:
        self.entry = entry
        self.name = entry.name
        self.provider: Provider = provider
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
        outputs: list[Array] = self._session.run(self._output_names, dict(zip(self._input_names, arrays, strict=True)))
        return outputs


class Runtime:
    """Opens models on one provider. Safe to share between threads; each thread opens models of its own.

    `auto` takes CUDA where a GPU is there and CUDA really loads, and the processor otherwise.
    """

    def __init__(self, registry: Registry, provider: Literal["auto", "cpu", "cuda"] = "auto") -> None:
        """Raises `ModelError` when `cuda` is asked for and no GPU answers."""
        self.registry = registry
        self._asked = provider
        self._opened: dict[str, Opened] = {}
        self._models: list[Model] = []
        self._lock = threading.Lock()
        fault = None if provider == "cpu" else cuda_fault()
        if provider == "cuda" and fault is not None:
            raise ModelError(f"CUDA was asked for, but {fault}; set `models.provider` to auto or cpu to do without")
        self._wants_cuda = provider != "cpu" and fault is None

    @property
    def on_cuda(self) -> bool:
        """Whether models run on CUDA, as far as is known: with `auto`, the first model opened finds out."""
        return self._wants_cuda

    @property
    def demands_cuda(self) -> bool:
        """Whether a model that does not run on CUDA is an error."""
        return self._asked == "cuda"

    def open(self, name: str, *, warm_up: bool = True) -> Model:
        """A new session on the model `name`, its inputs and outputs compared with the manifest, and run a few times.

        Raises `ModelMissing` and `ModelMismatch` as `Registry.path` does; `ModelMismatch` too when the file's tensors
        are not those of the manifest; `ModelError` when it cannot be opened, or not on the CUDA that was asked for.
        """
        entry = self.registry.entry(name)
        if entry.format != "onnx":
            raise ModelError(f"model {name!r} is {entry.format}, which ONNX Runtime does not open; use its files")
        path = self.registry.path(name)
        session, provider = self._session(name, path, self.registry.weights(name))
        _compare(name, path, "input", entry.inputs, session.get_inputs())
        _compare(name, path, "output", entry.outputs, session.get_outputs())
        model = Model(entry, session, provider)
        ms = _warm_up(model) if warm_up else None
        with self._lock:
            self._opened[name] = Opened(name, provider, ms)
            self._models.append(model)
        return model

    def note(self, name: str, provider: Provider) -> None:
        """A model that another library has opened, so that `report` names it too."""
        with self._lock:
            self._opened[name] = Opened(name, provider, None)

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

    def _session(self, name: str, path: Path, weights: Path | None) -> tuple[ort.InferenceSession, Provider]:
        options = _options()
        try:
            model: Path | bytes = path
            if weights is not None:
                # only a graph given as bytes may have its weights in another folder
                model = path.read_bytes()
                options.add_session_config_entry(_WEIGHTS_FOLDER, str(weights.parent))
            if self._wants_cuda:
                session = ort.InferenceSession(
                    model, options, providers=["CUDAExecutionProvider", "CPUExecutionProvider"]
                )
                if "CUDAExecutionProvider" in session.get_providers():
                    return session, "cuda"
                self._cuda_did_not_load(name)
            return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"]), "cpu"
        except ModelError:
            raise
        except Exception as error:
            raise ModelError(f"model {name!r}: ONNX Runtime cannot open {path}: {error}") from error

    def _cuda_did_not_load(self, name: str) -> None:
        """ONNX Runtime falls back without a word, even when CUDA is the only provider asked for."""
        remedy = "its libraries are missing or of another version: run `uv sync --extra cuda`"
        if self._asked == "cuda":
            raise ModelError(f"model {name!r} was to run on CUDA, but CUDA does not load; {remedy}")
        logger.warning("a GPU is there, but CUDA does not load and models run on the processor; %s", remedy)
        self._wants_cuda = False


@lru_cache(maxsize=1)
def cuda_fault() -> str | None:
    """Why no GPU can be used, or None when one answers; loads CUDA's libraries then, from their packages if need be.

    Asks the driver itself, as ONNX Runtime complains only once a session is made; what `preload_dlls` prints is moved
    to standard error.
    """
    if "CUDAExecutionProvider" not in ort.get_available_providers():
        return "this build of ONNX Runtime has no CUDA"
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return "there is no CUDA driver on this machine"
    count = ctypes.c_int(0)
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0 or count.value == 0:
        return "the CUDA driver finds no GPU"
    with contextlib.redirect_stdout(sys.stderr):
        ort.preload_dlls()
    return None


def _options() -> ort.SessionOptions:
    """One thread a session and no spinning: with more sessions than cores the defaults are 2 to 3 times slower."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = _FATAL_ONLY
    return options


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
