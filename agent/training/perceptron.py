"""A small multilayer perceptron trained with NumPy alone, for heads on a few dozen features."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Sample = Callable[[np.random.Generator], tuple[Floats, NDArray[np.int64]]]
"""One epoch's features (n, width) and labels (n,), drawn and disturbed anew each time."""

BATCH = 128
SMOOTHING = 0.1
DROPOUT = 0.2
WEIGHT_DECAY = 0.1
PEAK_RATE = 3e-3
WARM_UP = 0.1
AVERAGE_DECAY = 0.99


@dataclass(frozen=True, slots=True, kw_only=True)
class Perceptron:
    """Linear layers with ReLU between them, on features brought to zero mean and unit deviation."""

    mean: Floats
    deviation: Floats
    weights: tuple[Floats, ...]
    biases: tuple[Floats, ...]

    def logits(self, features: NDArray[np.floating]) -> Floats:
        """(n, classes) for features (n, width)."""
        signal = ((features - self.mean) / self.deviation).astype(np.float32)
        for layer, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            signal = signal @ weight + bias
            if layer < len(self.weights) - 1:
                signal = np.maximum(signal, 0)
        return signal


def fit_perceptron(sample: Sample, classes: int, hidden: tuple[int, ...], *, epochs: int, seed: int) -> Perceptron:
    """Fits on `epochs` samples with Adam, decoupled weight decay, a warmed cosine rate, dropout, smoothed labels; gives
    the moving average of the weights."""
    rng = np.random.default_rng(seed)
    features, _ = sample(rng)
    mean, deviation = features.mean(axis=0), features.std(axis=0) + 1e-3
    sizes = [features.shape[1], *hidden, classes]
    weights = [rng.normal(0, np.sqrt(2 / a), (a, b)).astype(np.float32) for a, b in zip(sizes, sizes[1:], strict=False)]
    parameters = [*weights, *(np.zeros(size, np.float32) for size in sizes[1:])]
    average = [values.copy() for values in parameters]
    first = [np.zeros_like(values) for values in parameters]
    second = [np.zeros_like(values) for values in parameters]
    step = 0
    for epoch in range(epochs):
        features, label = sample(rng)
        features = ((features - mean) / deviation).astype(np.float32)
        order = rng.permutation(len(label))
        batches = range(0, len(order) - BATCH + 1, BATCH)
        for place, start in enumerate(batches):
            rows = order[start : start + BATCH]
            step += 1
            rate = _rate((epoch + place / len(batches)) / epochs)
            gradients = _gradients(parameters, features[rows], label[rows], rng)
            for values, slope, mean_slope, mean_square, smooth in zip(
                parameters, gradients, first, second, average, strict=True
            ):
                mean_slope += 0.1 * (slope - mean_slope)
                mean_square += 0.001 * (slope * slope - mean_square)
                unbiased = np.sqrt(mean_square / (1 - 0.999**step)) + 1e-8
                values -= rate * (mean_slope / (1 - 0.9**step) / unbiased)
                if values.ndim == 2:
                    values -= rate * WEIGHT_DECAY * values
                smooth += (1 - AVERAGE_DECAY) * (values - smooth)
    layers = len(sizes) - 1
    return Perceptron(mean=mean, deviation=deviation, weights=tuple(average[:layers]), biases=tuple(average[layers:]))


def _gradients(
    parameters: list[Floats], features: Floats, label: NDArray[np.int64], rng: np.random.Generator
) -> list[Floats]:
    """Slopes of the mean cross-entropy of one batch, by back-propagation, in the order of `parameters`."""
    layers = len(parameters) // 2
    weights, biases = parameters[:layers], parameters[layers:]
    inputs = [features]
    for weight, bias in zip(weights[:-1], biases[:-1], strict=True):
        active = np.maximum(inputs[-1] @ weight + bias, 0)
        kept = rng.random(active.shape, dtype=np.float32) >= DROPOUT
        inputs.append(active * kept / np.float32(1 - DROPOUT))
    logits = inputs[-1] @ weights[-1] + biases[-1]
    prob = np.exp(logits - logits.max(axis=1, keepdims=True))
    prob /= prob.sum(axis=1, keepdims=True)
    classes = prob.shape[1]
    target = np.eye(classes, dtype=np.float32)[label] * (1 - SMOOTHING) + SMOOTHING / classes
    error = (prob - target) / np.float32(len(label))
    slopes: list[Floats] = [np.empty(0, np.float32)] * len(parameters)
    for layer in reversed(range(layers)):
        slopes[layer], slopes[layers + layer] = inputs[layer].T @ error, error.sum(axis=0)
        if layer:
            error = (error @ weights[layer].T) * (inputs[layer] > 0) / np.float32(1 - DROPOUT)
    return slopes


def _rate(progress: float) -> float:
    if progress < WARM_UP:
        return PEAK_RATE * progress / WARM_UP
    return float(PEAK_RATE * 0.5 * (1 + np.cos(np.pi * (progress - WARM_UP) / (1 - WARM_UP))))
