"""Keeps perceptrons once they are trained, so that a run that was stopped goes on where it was."""

import hashlib
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from agent.training.perceptron import Perceptron
from agent.training.progress import Progress

Take = Callable[[str, Callable[[], Perceptron]], Perceptron]
"""Gives the perceptron of a name, trained by the function if it is not there yet."""

_KEY_LETTERS = 12


def at_once(name: str, fit: Callable[[], Perceptron]) -> Perceptron:
    """The `Take` that keeps nothing."""
    return fit()


class KeptPerceptrons:
    """A folder of trained perceptrons. What depends on other data, code or seed lies in another folder, so nothing that
    has become stale is ever taken."""

    def __init__(self, work: Path, *, files: Iterable[Path], settings: str, expected: int, progress: Progress) -> None:
        """`files` are all that the perceptrons depend on, data and code; `settings` is the rest, such as a seed.
        `progress` is told how many of those `expected` there are."""
        digest = hashlib.sha256(settings.encode())
        for file in files:
            digest.update(hashlib.sha256(file.read_bytes()).digest())
        self._folder = work / digest.hexdigest()[:_KEY_LETTERS]
        self._folder.mkdir(parents=True, exist_ok=True)
        self._expected, self._taken, self._progress = expected, 0, progress
        self.cpu_s = 0.0
        """Processor time that the perceptrons taken from here took to train."""

    def take(self, name: str, fit: Callable[[], Perceptron]) -> Perceptron:
        """The perceptron of this name, from the folder, or else from `fit` and then kept."""
        self._progress("perceptrons", self._taken / self._expected, name)
        file = self._folder / f"{name}.npz"
        if not file.exists():
            began_s = time.process_time()
            perceptron = fit()
            _save(perceptron, file, time.process_time() - began_s)
        self._taken += 1
        self._progress("perceptrons", self._taken / self._expected, name)
        with np.load(file) as arrays:
            self.cpu_s += float(arrays["cpu_s"])
            layers = range(int(arrays["layers"]))
            return Perceptron(
                mean=arrays["mean"],
                deviation=arrays["deviation"],
                weights=tuple(arrays[f"weight{layer}"] for layer in layers),
                biases=tuple(arrays[f"bias{layer}"] for layer in layers),
            )


def _save(perceptron: Perceptron, file: Path, cpu_s: float) -> None:
    """Writes beside `file` and moves it there, so that a crash never leaves half a file."""
    arrays: dict[str, Any] = {"mean": perceptron.mean, "deviation": perceptron.deviation, "cpu_s": cpu_s}
    arrays |= {f"weight{layer}": values for layer, values in enumerate(perceptron.weights)}
    arrays |= {f"bias{layer}": values for layer, values in enumerate(perceptron.biases)}
    scratch = file.with_suffix(".part.npz")
    np.savez(scratch, layers=len(perceptron.weights), **arrays)
    scratch.replace(file)
