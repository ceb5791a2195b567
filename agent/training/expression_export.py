"""Calibrates a trained expression network, quantises it, and writes it as the ONNX file that the program runs."""

import hashlib
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from agent.core.errors import DataRejected
from agent.core.types import EXPRESSIONS
from agent.training.expression_network import Calibration, ExpressionNetwork, export_network, mirrored_logits
from agent.training.faces import FER7, Faces, majority
from agent.training.pytorch import torch
from agent.training.scores import Answers, confident_prob
from agent.training.softmax import fit_vector_scale

WANTED_ACCURACY = 0.96
"""What the held-out faces that count as sure should reach."""
RANGE_FACES = 400
"""Training faces from which the ranges of activations are taken."""
LARGEST_LOSS = 0.005
"""Accuracy that eight bits may cost before the file is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """A written file and what it answers to held-out faces."""

    sha256: str
    calibrated_on: int
    """Faces that calibration and threshold come from."""
    held_out: dict[str, Answers]
    ms_per_item: float
    """Median CPU milliseconds of one face, one thread."""
    notes: dict[str, str]


class _RangeFaces(CalibrationDataReader):
    """Hands training faces to the quantiser, one by one."""

    def __init__(self, pixels: NDArray[np.uint8]) -> None:
        self._faces: Iterator[NDArray[np.uint8]] = iter(pixels[:: max(len(pixels) // RANGE_FACES, 1), None, None])

    def get_next(self) -> dict[str, NDArray[np.uint8]] | None:
        face = next(self._faces, None)
        return None if face is None else {"face": face}


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


def export_calibrated(network: ExpressionNetwork, faces: Faces, held_out: Faces, out: Path) -> Exported:
    """Writes `network` to `out` in eight bits, and to `out` with `_float` in its name in full precision.

    Calibrations come from every other held-out face, the threshold of sure answers from all. Raises `DataRejected`
    when eight bits cost more than `LARGEST_LOSS`.
    """
    calibrating = np.arange(len(held_out)) % 2 == 0
    heads = _calibrations(network, held_out.take(np.flatnonzero(calibrating)))
    plain = out.with_stem(f"{out.stem}_float")
    export_network(network, heads, plain)
    quantise(plain, out, faces.pixels)
    exact, _ = _answers(plain, held_out)
    answers, fer7 = _answers(out, held_out)
    lost = float((exact.answer == exact.label).mean() - (answers.answer == answers.label).mean())
    if lost > LARGEST_LOSS:
        raise DataRejected(f"eight bits take {lost:.4f} of the FER+ accuracy; {out} should not be used")
    assert held_out.votes is not None
    untouched = ~calibrating[majority(held_out.votes) >= 0]
    # One number from all of them: half of the faces leave it uncertain by three hundredths.
    threshold = confident_prob(answers.prob, answers.label, WANTED_ACCURACY)
    return Exported(
        sha256=hashlib.sha256(out.read_bytes()).hexdigest(),
        calibrated_on=int(calibrating.sum()),
        held_out={
            "held out, the half that calibrated nothing": _with_threshold(answers.take(untouched), threshold),
            "held out, all": _with_threshold(answers, threshold),
            "held out, all, FER2013's labels": _with_threshold(fer7, threshold),
        },
        ms_per_item=_median_ms(out, held_out.pixels[:200]),
        notes={
            "factor on the logits of the FER+ head": f"{heads[0].factor:.3f}",
            "factor on the logits of the FER2013 head": f"{heads[1].factor:.3f}",
            "confident_prob": f"{threshold:.2f}",
            "accuracy that eight bits cost, all held-out faces": f"{lost:+.4f}",
        },
    )


def _calibrations(network: ExpressionNetwork, faces: Faces) -> tuple[Calibration, Calibration]:
    assert faces.votes is not None and faces.fer7 is not None
    with torch.inference_mode():
        ferplus, fer7 = (
            logits.numpy().astype(np.float64)
            for logits in mirrored_logits(network.eval(), torch.from_numpy(faces.pixels).float()[:, None])
        )
    label = majority(faces.votes)
    kept = label >= 0
    return _calibration(ferplus[kept], label[kept]), _calibration(fer7, faces.fer7)


def _calibration(logits: NDArray[np.float64], label: NDArray[np.int64]) -> Calibration:
    factor, offsets = fit_vector_scale(logits, label)
    return Calibration(factor=factor, offsets=offsets)


def _answers(file: Path, faces: Faces) -> tuple[Answers, Answers]:
    """What the file says of faces by FER+, those without an answer left out, and of all by FER2013."""
    assert faces.votes is not None and faces.fer7 is not None
    session = ort.InferenceSession(file, providers=["CPUExecutionProvider"])
    parts = [session.run(None, {"face": faces.pixels[row : row + 64, None]}) for row in range(0, len(faces), 64)]
    ferplus, fer7 = (np.concatenate([part[head] for part in parts]) for head in range(2))
    label = majority(faces.votes)
    kept = label >= 0
    return (
        Answers(prob=ferplus[kept], label=label[kept], names=EXPRESSIONS),
        Answers(prob=fer7, label=faces.fer7, names=FER7),
    )


def _with_threshold(answers: Answers, threshold: float) -> Answers:
    return Answers(prob=answers.prob, label=answers.label, names=answers.names, confident_prob=threshold)


def _median_ms(file: Path, pixels: NDArray[np.uint8]) -> float:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    spent = []
    for face in pixels:
        began = time.thread_time()
        session.run(None, {"face": face[None, None]})
        spent.append(1000 * (time.thread_time() - began))
    return float(np.median(spent))
