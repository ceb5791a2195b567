"""Weights of TensorFlow.js models come out as the numbers that they stand for."""

import json
from pathlib import Path

import numpy as np
import pytest

from agent.core.errors import DataRejected
from agent.training.tfjs import read_weights


def written(folder: Path, *, as_model: bool) -> Path:
    exact = np.arange(6, dtype=np.float32)
    (folder / "a.bin").write_bytes(exact.tobytes()[:10])
    (folder / "b.bin").write_bytes(exact.tobytes()[10:] + bytes([0, 128, 255]))
    group = {
        "paths": ["a.bin", "b.bin"],
        "weights": [
            {"name": "exact", "shape": [2, 3], "dtype": "float32"},
            {
                "name": "rough",
                "shape": [3],
                "dtype": "float32",
                "quantization": {"dtype": "uint8", "scale": 0.5, "min": -64},
            },
        ],
    }
    file = folder / "model.json"
    file.write_text(json.dumps({"weightsManifest": [group]} if as_model else [group]))
    return file


@pytest.mark.parametrize("as_model", [True, False])
def test_values(tmp_path: Path, *, as_model: bool) -> None:
    """Arrays that span several files and quantised ones are read in both forms of description."""
    arrays = read_weights(written(tmp_path, as_model=as_model))
    np.testing.assert_array_equal(arrays["exact"], np.arange(6, dtype=np.float32).reshape(2, 3))
    np.testing.assert_allclose(arrays["rough"], [-64, 0, 63.5])
    assert arrays["rough"].dtype == np.float32


def test_missing_file(tmp_path: Path) -> None:
    """A missing file of weights is named."""
    description = written(tmp_path, as_model=True)
    (tmp_path / "b.bin").unlink()
    with pytest.raises(DataRejected, match=r"b\.bin"):
        read_weights(description)


def test_short_file(tmp_path: Path) -> None:
    """A file that ends too early is refused rather than read as other numbers."""
    description = written(tmp_path, as_model=True)
    (tmp_path / "b.bin").write_bytes(b"")
    with pytest.raises(DataRejected, match="more weights"):
        read_weights(description)
