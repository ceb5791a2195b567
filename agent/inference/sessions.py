"""Opens ONNX Runtime sessions that suit many small models on shared cores, and finds out whether there is a GPU."""

import contextlib
import ctypes
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import onnxruntime as ort

_ON_PROCESSOR = "CPUExecutionProvider"
_WEIGHTS_FOLDER = "session.model_external_initializers_file_folder_path"
"""ONNX Runtime's name of the setting, from onnxruntime_session_options_config_keys.h."""

_FATAL_ONLY = 4
"""ONNX Runtime's highest log level: its warnings about unused initialisers say nothing to who runs the agent."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """How sessions get onto a GPU; with the processor's own names it stands in for one where there is none."""

    execution_provider: str
    memory: str
    """ONNX Runtime's name of the device in `OrtValue`s."""
    fault: Callable[[], str | None]
    """Why it cannot be used, or None."""
    options: Mapping[str, str] = field(default_factory=dict)


CUDA = Gpu(
    execution_provider="CUDAExecutionProvider",
    memory="cuda",
    fault=cuda_fault,
    # A voice's every clause has another length, and an exhaustive search for each would be heard as a pause.
    options={"cudnn_conv_algo_search": "HEURISTIC"},
)


def open_session(path: Path, weights: Path | None = None, gpu: Gpu | None = None) -> ort.InferenceSession:
    """A session on the processor, or on `gpu` as far as that loads: ONNX Runtime falls back without a word, even when
    asked for one provider only, so that `get_providers` is to be looked at.

    `weights` is the file that a graph without weights of its own takes them from. Raises whatever ONNX Runtime raises.
    """
    options = _options()
    model: Path | bytes = path
    if weights is not None:
        # only a graph given as bytes may have its weights in another folder
        model = path.read_bytes()
        options.add_session_config_entry(_WEIGHTS_FOLDER, str(weights.parent))
    providers: list[str | tuple[str, dict[str, str]]] = [_ON_PROCESSOR]
    if gpu is not None and gpu.execution_provider != _ON_PROCESSOR:
        providers.insert(0, (gpu.execution_provider, dict(gpu.options)))
    return ort.InferenceSession(model, options, providers=providers)


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
