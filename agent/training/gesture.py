"""Trains the gesture head on hand landmarks and writes it as ONNX.

python -m agent.training.gesture --hagrid hagrid.npz --angles kinivi.npz --out models_onnx/vision/gesture.onnx
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.core.types import GESTURES
from agent.perception.gesture import FEATURES, gesture_features
from agent.training.graphs import write_graph
from agent.training.hands import NONE, Hands, load_hands
from agent.training.perceptron import Floats, Perceptron, fit_perceptron
from agent.training.softmax import fit_temperature, softmax

HIDDEN = (128, 64)
MEMBERS = 3
EPOCHS = 180
FOLDS = 5
EARLY = 0.7
"""Share of the hands at odd angles that may be trained on: they were filmed one after another."""

TILT_RAD = 0.25
TILT_MORE_RAD = 0.5
SPIN_RAD = 0.12
SPIN_MORE_RAD = 0.35
JITTER = 0.015
"""Deviation of landmarks in palm lengths."""
WRONG_SIDE = 0.05
"""Share of hands that are shown as the other hand, as the side is sometimes read wrongly."""
ANY_ANGLE = tuple(GESTURES.index(name) for name in ("open_palm", "fist", "victory", "pointing", "ok"))
"""Signs that stay themselves however the hand is turned in the picture; a turned thumb says something else."""
MORE_TURNED, MORE_ANGLES = 500, 600
"""Hands added to each epoch: turned further than they were seen, and from the set of odd angles."""


def train_members(hands: Hands, angles: Hands | None, count: int = MEMBERS) -> list[Perceptron]:
    """Several perceptrons that differ in seed; their mean logits are the model."""
    sampler = _sampler(hands, angles)
    return [fit_perceptron(sampler, len(GESTURES), HIDDEN, epochs=EPOCHS, seed=seed) for seed in range(count)]


def held_out_logits(hands: Hands, angles: Hands | None) -> Floats:
    """(n, 9) logits for each hand by a single perceptron that saw no hand of its picture."""
    fold = np.random.default_rng(2026).integers(0, FOLDS, int(hands.source.max()) + 1)[hands.source]
    logits = np.zeros((len(hands), len(GESTURES)), dtype=np.float32)
    for turn in range(FOLDS):
        members = train_members(hands.take(fold != turn), angles, count=1)
        logits[fold == turn] = member_logits(members, hands.take(fold == turn))
    return logits


def member_logits(members: list[Perceptron], hands: Hands) -> Floats:
    """(n, 9) mean logits for the hands as they are; hands of unknown side are read as both."""
    sides = [hands.left] if hands.left is not None else [np.zeros(len(hands), bool), np.ones(len(hands), bool)]
    features = [gesture_features(hands.points[..., :2], side) for side in sides]
    return np.asarray(np.mean([member.logits(each) for member in members for each in features], axis=0))


def export_members(members: list[Perceptron], temperature: float, target: Path) -> str:
    """Writes `features` (n, 59) → `gesture_prob` (n, 9) as one perceptron of which each member is a block; returns the
    file's sha256."""
    first = members[0]
    widths = [len(members) * size for size in HIDDEN]
    text = f"""
    <ir_version: 10, opset_import: ["" : 17]>
    gesture (float[n, {FEATURES}] features) => (float[n, {len(GESTURES)}] gesture_prob)
    {{
        product1 = MatMul(features, weights1)
        sum1 = Add(product1, bias1)
        active1 = Relu(sum1)
        product2 = MatMul(active1, weights2)
        sum2 = Add(product2, bias2)
        active2 = Relu(sum2)
        product3 = MatMul(active2, weights3)
        sum3 = Add(product3, bias3)
        gesture_prob = Softmax <axis = 1> (sum3)
    }}
    """
    inner = np.zeros((widths[0], widths[1]))
    for place, member in enumerate(members):
        rows = slice(place * HIDDEN[0], (place + 1) * HIDDEN[0])
        inner[rows, place * HIDDEN[1] : (place + 1) * HIDDEN[1]] = member.weights[1]
    scaled = [member.weights[0] / member.deviation[:, None] for member in members]
    shifted = [m.biases[0] - m.mean @ each for m, each in zip(members, scaled, strict=True)]
    divisor = len(members) * temperature
    weights = {
        "weights1": np.concatenate(scaled, axis=1),
        "bias1": np.concatenate(shifted),
        "weights2": inner,
        "bias2": np.concatenate([member.biases[1] for member in members]),
        "weights3": np.concatenate([member.weights[2] for member in members]) / divisor,
        "bias3": np.sum([member.biases[2] for member in members], axis=0) / divisor,
    }
    assert len(first.weights) == 3
    return write_graph(text, weights, target)


def turned(hands: Hands, rng: np.random.Generator, *, tilt_rad: float, spin_rad: float) -> Hands:
    """The hands seen from elsewhere: tilted in depth, spun in the picture, landmarks shaken, sides now and then wrong.
    Hands without depth tilt like a flat picture."""
    count = len(hands)
    placed = hands.points - hands.points[:, :1]
    placed = np.einsum("nij,npj->npi", _tilts(rng.normal(0, tilt_rad, (count, 2))), placed)
    angle = rng.normal(0, spin_rad, count)
    cosine, sine = np.cos(angle)[:, None], np.sin(angle)[:, None]
    x, y = placed[..., 0], placed[..., 1]
    points = np.stack([cosine * x - sine * y, sine * x + cosine * y, placed[..., 2]], axis=2)
    palm = np.linalg.norm(points[:, 9, :2], axis=1)[:, None, None]
    points = points + rng.normal(0, JITTER, points.shape) * palm
    known = hands.left if hands.left is not None else rng.random(count) < 0.5
    left = known ^ (rng.random(count) < WRONG_SIDE)
    return Hands(points=points.astype(np.float32), left=left, sign=hands.sign, source=hands.source)


def _sampler(hands: Hands, angles: Hands | None):  # type: ignore[no-untyped-def]
    any_angle = hands.take(np.isin(hands.sign, ANY_ANGLE))

    def sample(rng: np.random.Generator) -> tuple[Floats, NDArray[np.int64]]:
        parts = [turned(hands, rng, tilt_rad=TILT_RAD, spin_rad=SPIN_RAD)]
        more = any_angle.take(rng.integers(0, len(any_angle), MORE_TURNED))
        parts.append(turned(more, rng, tilt_rad=TILT_MORE_RAD, spin_rad=SPIN_MORE_RAD))
        if angles is not None:
            odd = angles.take(rng.integers(0, len(angles), MORE_ANGLES))
            parts.append(turned(odd, rng, tilt_rad=TILT_RAD, spin_rad=SPIN_RAD))
        features = [gesture_features(part.points[..., :2], part.left) for part in parts if part.left is not None]
        return np.concatenate(features), np.concatenate([part.sign for part in parts])

    return sample


def _tilts(angle_rad: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 3, 3) rotations about the upright and the level axis."""
    (cos_y, cos_x), (sin_y, sin_x) = np.cos(angle_rad).T, np.sin(angle_rad).T
    zero, one = np.zeros(len(angle_rad)), np.ones(len(angle_rad))
    upright = np.array([[cos_y, zero, sin_y], [zero, one, zero], [-sin_y, zero, cos_y]])
    level = np.array([[one, zero, zero], [zero, cos_x, -sin_x], [zero, sin_x, cos_x]])
    return np.asarray(np.moveaxis(upright, 2, 0) @ np.moveaxis(level, 2, 0))


def first_of_each(hands: Hands, share: float) -> NDArray[np.bool_]:
    """(n,) the first `share` of every sign's hands: the split for hands that were filmed one after another."""
    chosen = np.zeros(len(hands), dtype=bool)
    for sign in np.unique(hands.sign):
        rows = np.flatnonzero(hands.sign == sign)
        chosen[rows[: int(share * len(rows))]] = True
    return chosen


def _report(name: str, prob: NDArray[np.float64], sign: NDArray[np.int64]) -> None:
    none = sign == NONE
    for threshold in (0.5, 0.6, 0.7, 0.8, 0.9):
        best = prob[:, :NONE].argmax(axis=1)
        said = np.where(prob[:, :NONE].max(axis=1) >= threshold, best, NONE)
        false = (said[none] != NONE).mean() if none.any() else float("nan")
        right = said == sign
        print(f"{name}, named from {threshold}: {right.mean():.4f} right, {right[~none].mean():.4f} of signs found, "
              f"{false:.4f} of others taken for a sign")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hagrid", type=Path, required=True)
    parser.add_argument("--angles", type=Path, help="hands at odd angles, in the order of filming")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    hands = load_hands(arguments.hagrid)
    angles = load_hands(arguments.angles) if arguments.angles else None
    early = None if angles is None else angles.take(first_of_each(angles, EARLY))
    logits = held_out_logits(hands, early)
    temperature = fit_temperature(logits, hands.sign)
    print(
        f"temperature {temperature:.3f}; right without a threshold {(logits.argmax(axis=1) == hands.sign).mean():.4f}"
    )
    _report("each hand held out in turn", softmax(logits / temperature), hands.sign)
    members = train_members(hands, early)
    if angles is not None:
        late = angles.take(~first_of_each(angles, EARLY))
        _report("odd angles, held out", softmax(member_logits(members, late) / temperature), late.sign)
    print(f"{arguments.out} sha256 {export_members(members, temperature, arguments.out)}")


if __name__ == "__main__":
    main()
