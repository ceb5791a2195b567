"""Calibrates a trained expression network, quantises it, and writes it as the ONNX file that the program runs.

python -m agent.training.expression_export --data faces.npz --work folder --out models_onnx/vision/expression.onnx
"""

import argparse
import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from agent.training.expression import logits_of, new_run
from agent.training.expression_network import export_network
from agent.training.faces import Faces, load_faces, majority
from agent.training.pytorch import torch
from agent.training.scores import confident_prob
from agent.training.softmax import fit_temperature, softmax

WANTED_ACCURACY = 0.9
"""What the faces that count as sure should reach on the calibration half."""
RANGE_FACES = 400
"""Training faces from which the ranges of activations are taken."""
LARGEST_LOSS = 0.005
"""Accuracy that eight bits may cost before the file is refused."""


class _RangeFaces(CalibrationDataReader):
    """Hands training faces to the quantiser, one by one."""

    def __init__(self, pixels: NDArray[np.uint8]) -> None:
        self._faces: Iterator[NDArray[np.uint8]] = iter(pixels[:: max(len(pixels) // RANGE_FACES, 1), None, None])

    def get_next(self) -> dict[str, NDArray[np.uint8]] | None:
        face = next(self._faces, None)
        return None if face is None else {"face": face}


def calibration_rows(faces: Faces) -> NDArray[np.int64]:
    """Every other held-out face: temperatures and threshold come from these."""
    return np.arange(0, len(faces), 2)


def quantise(source: Path, target: Path, pixels: NDArray[np.uint8]) -> None:
    """Eight-bit activations and seven-bit weights, so that processors without VNNI do not overflow, for all
    convolutions but the first, which sees the contrast of single pixels; what comes before and after stays float."""
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
        nodes = list(onnx.load(str(prepared)).graph.node)
        first = next(place for place, node in enumerate(nodes) if node.op_type == "Conv")
        inner = [node.name for node in nodes[first + 1 :] if node.op_type in {"Conv", "Relu", "Add"}]
        quantize_static(
            str(prepared),
            str(target),
            _RangeFaces(pixels),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_quantize=inner,
        )


def shipped_prob(file: Path, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(n, 8) probabilities as ONNX Runtime gives them for (n, 48, 48) faces."""
    session = ort.InferenceSession(file, providers=["CPUExecutionProvider"])
    parts = [
        session.run(["ferplus_prob"], {"face": pixels[row : row + 64, None]})[0] for row in range(0, len(pixels), 64)
    ]
    return np.concatenate(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="npz with train_* and val_* arrays")
    parser.add_argument("--work", type=Path, required=True, help="folder with the checkpoint")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    run = new_run()
    run.load(arguments.work / "expression.pt")
    held_out = load_faces(arguments.data, "val_")
    faces = held_out.take(calibration_rows(held_out))
    assert faces.votes is not None and faces.fer7 is not None
    ferplus, fer7 = (logits.numpy().astype(np.float64) for logits in logits_of(run.average, faces.pixels))
    label = majority(faces.votes)
    kept = label >= 0
    temperatures = fit_temperature(ferplus[kept], label[kept]), fit_temperature(fer7, faces.fer7)
    plain = arguments.work / "float.onnx"
    export_network(run.average, temperatures, plain)
    quantise(plain, arguments.out, load_faces(arguments.data, "train_").pixels)
    before, after = softmax(ferplus / temperatures[0])[kept], shipped_prob(arguments.out, faces.pixels)[kept]
    right_before, right_after = ((prob.argmax(axis=1) == label[kept]).mean() for prob in (before, after))
    if right_after < right_before - LARGEST_LOSS:
        raise SystemExit(
            f"eight bits take FER+ accuracy from {right_before:.4f} to {right_after:.4f}; do not ship this"
        )
    print(f"epoch {run.epoch}, {run.spent_s / 60:.1f} CPU minutes; temperatures {temperatures}")
    print(f"FER+ on the calibration half: {right_before:.4f} in PyTorch, {right_after:.4f} as shipped")
    print(f"mean difference of probabilities {np.abs(before - after).mean():.4f}")
    print(f"confident_prob = {confident_prob(after, label[kept], WANTED_ACCURACY):.2f}")
    print(f"{arguments.out} sha256 {hashlib.sha256(arguments.out.read_bytes()).hexdigest()}")


if __name__ == "__main__":
    main()
