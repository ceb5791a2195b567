"""Run a converted model beside its original and say how far apart they are and what one run costs."""

import time
from pathlib import Path

import numpy as np
import onnxruntime as ort


def open_session(model: Path | bytes, *, weights: Path | None = None) -> ort.InferenceSession:
    """A CPU session set up as the program sets up its own: one thread, no spinning.

    `weights` is the folder of the file that holds the weights of a graph without its own, which comes as bytes then.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if weights is not None:
        options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(weights))
    source = model if isinstance(model, bytes) else str(model)
    return ort.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def cpu_ms(session: ort.InferenceSession, feeds: dict[str, np.ndarray], runs: int = 100) -> float:
    """Median CPU milliseconds of one run, after ten runs to warm up."""
    for _ in range(10):
        session.run(None, feeds)
    taken_s = []
    for _ in range(runs):
        started_s = time.process_time()
        session.run(None, feeds)
        taken_s.append(time.process_time() - started_s)
    return float(np.median(taken_s)) * 1e3


def worst_difference(ours: list[np.ndarray], theirs: list[np.ndarray]) -> float:
    """Largest absolute difference over all outputs, relative to the largest magnitude of each output (at least 1)."""
    return max(
        float(np.abs(a.reshape(b.shape) - b).max() / max(1.0, float(np.abs(b).max())))
        for a, b in zip(ours, theirs, strict=True)
    )
