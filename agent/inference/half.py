"""Turns a model into half precision, once on each machine."""

import os
from pathlib import Path

from agent.core.errors import ModelError
from agent.core.folders import cache_folder


def half_precision(path: Path, sha256: str) -> Path:
    """The model at `path`, whose contents have this sha256, with weights and arithmetic in float16; inputs and outputs
    keep their types. Kept under the user's cache folder, by that sha256.

    Raises `ModelError` when the package `onnx` is missing or the folder cannot be written.
    """
    kept = cache_folder() / "models" / f"{sha256}.float16.onnx"
    if kept.is_file():
        return kept
    try:
        # Of the extra `cuda`: nobody else needs it, and it takes a while to load.
        import onnx  # noqa: PLC0415
        from onnxruntime.transformers.float16 import convert_float_to_float16  # noqa: PLC0415
    except ImportError as error:
        raise ModelError(f"`models.half` needs the package {error.name}: run `uv sync --extra cuda`") from None
    model = convert_float_to_float16(onnx.load(path), keep_io_types=True)
    writing = kept.with_name(f"{kept.name}.{os.getpid()}")
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        onnx.save(model, writing)
        # Another process may be at the same: whoever is last wins, and nobody reads half a file.
        writing.replace(kept)
    except OSError as error:
        raise ModelError(
            f"{kept} cannot be written: {error.strerror}; XDG_CACHE_HOME may name another folder"
        ) from None
    return kept
