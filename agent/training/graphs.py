"""Writes small trained heads as ONNX files from ONNX's textual syntax and NumPy arrays."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

try:
    import onnx
except ImportError as error:  # pragma: no cover
    raise ImportError("writing a model needs the onnx package; install it with `uv sync`") from error


def write_graph(text: str, weights: Mapping[str, NDArray[np.floating]], target: Path) -> str:
    """Writes the model that `text` describes (https://onnx.ai/onnx/repo-docs/Syntax.html), with `weights` as float32
    constants by name, and returns the file's sha256."""
    model = onnx.parser.parse_model(text)
    for name, values in weights.items():
        model.graph.initializer.append(onnx.numpy_helper.from_array(np.asarray(values, dtype=np.float32), name))
    onnx.checker.check_model(model, full_check=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    data: bytes = model.SerializeToString(deterministic=True)
    target.write_bytes(data)
    return hashlib.sha256(data).hexdigest()
