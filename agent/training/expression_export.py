"""Calibrates a trained expression network and writes it as the ONNX file that the program runs.

python -m agent.training.expression_export --data faces.npz --work folder --out models_onnx/vision/expression.onnx
"""

import argparse
import hashlib
from pathlib import Path

import cv2
import numpy as np
import onnxruntime as ort
import torch
from numpy.typing import NDArray

from agent.training.expression import accuracies, logits_of, new_run
from agent.training.expression_network import export_network
from agent.training.faces import Faces, load_faces, majority
from agent.training.softmax import fit_temperature, softmax

WANTED_ACCURACY = 0.9
"""What the covered faces should reach on the calibration half; sets the threshold of "sure enough"."""
LARGEST_DIFFERENCE = 1e-4
"""Accepted between PyTorch's and ONNX Runtime's probabilities."""


def calibration_rows(faces: Faces) -> NDArray[np.int64]:
    """Every other held-out face: temperatures and threshold come from these, figures from the others."""
    return np.arange(0, len(faces), 2)


def confident_prob(prob: NDArray[np.float64], label: NDArray[np.int64]) -> float:
    """The lowest highest-probability from which faces are right in `WANTED_ACCURACY` of the cases, or more."""
    highest, right = prob.max(axis=1), prob.argmax(axis=1) == label
    order = np.argsort(-highest)
    accuracy = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(accuracy >= WANTED_ACCURACY)
    return float(np.ceil(highest[order[enough[-1]]] * 100) / 100) if len(enough) else 1.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="npz with val_* arrays")
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
    threshold = confident_prob(softmax(ferplus[kept] / temperatures[0]), label[kept])
    export_network(run.average, temperatures, arguments.out)
    session = ort.InferenceSession(arguments.out, providers=["CPUExecutionProvider"])
    shipped = session.run(None, {"face": faces.pixels[:256, None]})[0]
    difference = float(np.abs(shipped - softmax(ferplus[:256] / temperatures[0])).max())
    if difference > LARGEST_DIFFERENCE:
        raise SystemExit(f"{arguments.out} differs from PyTorch by {difference:.2g}; do not ship it")
    print(f"epoch {run.epoch}, {run.spent_s / 60:.1f} CPU minutes")
    print("temperatures {:.3f} {:.3f}".format(*temperatures))
    print("all held-out faces: FER+ {:.4f}, FER2013 {:.4f}".format(*accuracies(run.average, held_out)))
    print(f"confident_prob = {threshold}; largest difference to PyTorch {difference:.1g}")
    print(f"{arguments.out} sha256 {hashlib.sha256(arguments.out.read_bytes()).hexdigest()}")


if __name__ == "__main__":
    main()
