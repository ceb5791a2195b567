"""Writes a classifier of scikit-learn as ONNX, with the entry that `models_onnx/manifest.toml` would have for it."""

import hashlib
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from agent.core.errors import ModelMismatch
from agent.core.understanding import Understanding

try:
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType
except ImportError as error:  # pragma: no cover
    raise ImportError("writing a selected model needs skl2onnx; install it with `uv sync --extra training`") from error

LEAST_AGREEMENT = 0.99
"""Share of the lines to which ONNX and the library must give the same answer: ties may fall to either side."""

_DTYPES = {"tensor(float)": "float32", "tensor(int64)": "int64"}


def write_selected(
    model: Any, features: NDArray[np.float32], understanding: Understanding, kind: str, target: Path
) -> tuple[float, str]:
    """Writes the fitted `model`, a `kind` of classifier, to `target`, and the entry to the same name with .toml.

    Returns the share of the (n, width) `features` to which the file gives the library's answer, and the file's sha256,
    which is its version: other examples or another kind of model give another. Raises `ModelMismatch` when the answers
    differ, and writes nothing then.
    """
    with warnings.catch_warnings():
        # skl2onnx asks scikit-learn for attributes that this version has announced to drop
        warnings.simplefilter("ignore", FutureWarning)
        options = {id(model): {"zipmap": False}} if hasattr(model, "predict_proba") else {}
        types = [("features", FloatTensorType([None, features.shape[1]]))]
        data: bytes = convert_sklearn(model, initial_types=types, options=options).SerializeToString()
    session = ort.InferenceSession(data, providers=["CPUExecutionProvider"])
    said = session.run([session.get_outputs()[0].name], {"features": features})[0]
    agreement = float((said == model.predict(features)).mean())
    if agreement < LEAST_AGREEMENT:
        raise ModelMismatch(f"as ONNX the {kind} answers only {agreement:.1%} of the lines as scikit-learn does")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    sha256 = hashlib.sha256(data).hexdigest()
    source = f"selected here: agent train intent --select, a {kind} on the examples of {understanding.name}"
    entry = f"""[[model]]
name = {_toml(target.stem)}
format = "onnx"
files = [{{ path = {_toml(f"text/{target.name}")}, sha256 = "{sha256}" }}]
source = {_toml(source)}
licence = "that of the examples"
commercial = false
classes = {_toml(understanding.intents)}
examples = "{understanding.digest}"
inputs = [{_tensors(session.get_inputs())}]
outputs = [{_tensors(session.get_outputs())}]
card = {_toml(f"cards/{target.stem}.md")}
"""
    target.with_suffix(".toml").write_text(entry, encoding="utf-8")
    return agreement, sha256


def _toml(value: str | tuple[str, ...]) -> str:
    """A string or a list of them, which JSON writes as TOML does: intents of anybody's lines may hold quotes."""
    return json.dumps(value, ensure_ascii=False)


def _tensors(described: list[ort.NodeArg]) -> str:
    parts = []
    for one in described:
        shape = ", ".join(str(size) if isinstance(size, int) else '"n"' for size in one.shape)
        parts.append(f'{{ name = "{one.name}", shape = [{shape}], dtype = "{_DTYPES.get(one.type, one.type)}" }}')
    return ", ".join(parts)
