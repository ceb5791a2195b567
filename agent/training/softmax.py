"""Softmax regression on NumPy alone: the linear classifier behind the heads that are trained on embeddings."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MEMORY = 12
"""Steps that L-BFGS remembers."""
TOLERANCE = 1e-5
"""Largest gradient entry at which fitting stops."""
OFFSET_PENALTY = 2e-3
"""Keeps the offsets of classes that hardly occur from running away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Linear:
    """Logits are `features @ weights + bias`."""

    weights: Floats
    """(features, classes)."""
    bias: Floats
    """(classes,)."""

    def logits(self, features: NDArray[np.floating]) -> Floats:
        return np.asarray(features @ self.weights + self.bias)


def softmax(logits: NDArray[np.floating]) -> Floats:
    """Rows that sum to one."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True))


def fit_linear(
    features: NDArray[np.floating],
    label: NDArray[np.integer],
    classes: int,
    *,
    penalty: float,
    weight: Floats | None = None,
    steps: int = 300,
) -> Linear:
    """The `Linear` with the least mean cross-entropy plus `penalty` / 2 times the squared weights (bias not counted).

    `weight` (n,) makes rows count more or less. Minimised by L-BFGS (Nocedal and Wright, Numerical Optimization, 7.2),
    in single precision where `features` are.
    """
    width = features.shape[1]
    precision = np.float32 if features.dtype == np.float32 else np.float64
    rows: NDArray[np.floating] = np.hstack([features, np.ones((len(features), 1), precision)], dtype=precision)
    target = np.eye(classes, dtype=precision)[label]
    share = np.full(len(rows), 1 / len(rows)) if weight is None else weight / weight.sum()
    share = share.astype(precision)
    ridge = np.full((width + 1, 1), penalty, precision)
    ridge[-1] = 0

    def loss_and_gradient(flat: Floats) -> tuple[float, Floats]:
        matrix = flat.reshape(width + 1, classes)
        prob = softmax(rows @ matrix)
        cross_entropy = -(share * np.log((prob * target).sum(axis=1) + np.finfo(precision).tiny)).sum()
        gradient = rows.T @ ((prob - target) * share[:, None]) + ridge * matrix
        return float(cross_entropy + 0.5 * (ridge * matrix * matrix).sum()), gradient.ravel()

    solution = _minimise(loss_and_gradient, np.zeros((width + 1) * classes, precision), steps)
    solution = solution.reshape(width + 1, classes).astype(np.float64)
    return Linear(weights=solution[:-1], bias=solution[-1])


def fit_temperature(logits: NDArray[np.floating], label: NDArray[np.integer]) -> float:
    """The number that logits are divided by so that probabilities fit `label` best (Guo et al., 2017)."""
    candidates = np.exp(np.linspace(np.log(0.1), np.log(10), 400))
    rows = np.arange(len(label))
    losses = [-np.log(softmax(logits / each)[rows, label] + 1e-12).mean() for each in candidates]
    return float(candidates[int(np.argmin(losses))])


def fit_vector_scale(logits: NDArray[np.floating], label: NDArray[np.integer]) -> tuple[float, Floats]:
    """A factor and (classes,) offsets with which `factor * logits + offsets` fits `label` best: probabilities that mean
    what they say, and classes as frequent as they are (vector scaling with one factor; Guo et al., 2017)."""
    rows, count = logits.astype(np.float64), len(label)
    target = np.eye(logits.shape[1])[label]

    def loss_and_gradient(flat: Floats) -> tuple[float, Floats]:
        factor, offsets = np.exp(flat[0]), flat[1:]
        prob = softmax(factor * rows + offsets)
        off = (prob - target) / count
        loss = -np.log((prob * target).sum(axis=1) + 1e-300).mean() + 0.5 * OFFSET_PENALTY * offsets @ offsets
        return float(loss), np.concatenate([[factor * (off * rows).sum()], off.sum(axis=0) + OFFSET_PENALTY * offsets])

    solution = _minimise(loss_and_gradient, np.zeros(logits.shape[1] + 1), 200)
    return float(np.exp(solution[0])), solution[1:] - solution[1:].mean()


def _minimise(loss_and_gradient, start: Floats, steps: int) -> Floats:  # type: ignore[no-untyped-def]
    point = start
    loss, gradient = loss_and_gradient(point)
    moves: list[tuple[Floats, Floats]] = []
    for _ in range(steps):
        if np.abs(gradient).max() < TOLERANCE:
            break
        direction = _direction(gradient, moves)
        slope = float(gradient @ direction)
        length = 1.0
        while True:
            candidate = point + length * direction
            new_loss, new_gradient = loss_and_gradient(candidate)
            if new_loss <= loss + 1e-4 * length * slope or length < 1e-8:
                break
            length /= 2
        moved, turned = candidate - point, new_gradient - gradient
        if moved @ turned > 1e-12:
            moves = [*moves[1 - MEMORY :], (moved, turned)]
        point, loss, gradient = candidate, new_loss, new_gradient
    return point


def _direction(gradient: Floats, moves: list[tuple[Floats, Floats]]) -> Floats:
    direction = -gradient
    scales = []
    for moved, turned in reversed(moves):
        scale = (moved @ direction) / (moved @ turned)
        direction = direction - scale * turned
        scales.append(scale)
    if moves:
        moved, turned = moves[-1]
        direction = direction * ((moved @ turned) / (turned @ turned))
    for (moved, turned), scale in zip(moves, reversed(scales), strict=True):
        direction = direction + moved * (scale - (turned @ direction) / (moved @ turned))
    return direction
