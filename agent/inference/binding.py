"""Runs a session on memory that is laid out once: inputs on its device, outputs where NumPy can read them."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from agent.inference.registry import Tensor

Array = NDArray[Any]


class BoundRun:
    """Runs of one size: so many rows at a time. One thread at a time may use it.

    With ONNX Runtime's `run`, each run allocates its outputs and its inputs' copies on the device anew.
    """

    def __init__(
        self,
        session: ort.InferenceSession,
        inputs: Sequence[Tensor],
        outputs: Sequence[Tensor],
        *,
        rows: int,
        device: str,
    ) -> None:
        """`device` is ONNX Runtime's name of where inputs are laid out, "cuda" or "cpu"."""
        self.rows = rows
        self._session = session
        self._binding = session.io_binding()
        self._staged = [_rows(tensor, rows) for tensor in inputs]
        self._on_device = [
            ort.OrtValue.ortvalue_from_shape_and_type(list(array.shape), array.dtype, device) for array in self._staged
        ]
        # An OrtValue made from an array on the processor shares its memory: results are read without another copy.
        self._results = [_rows(tensor, rows) for tensor in outputs]
        for tensor, value in zip(inputs, self._on_device, strict=True):
            self._binding.bind_ortvalue_input(tensor.name, value)
        for tensor, array in zip(outputs, self._results, strict=True):
            self._binding.bind_ortvalue_output(tensor.name, ort.OrtValue.ortvalue_from_numpy(array))

    def run(self, rows: Sequence[Sequence[Array]]) -> list[list[Array]]:
        """Outputs of each row, of first size 1 and the caller's to keep, for the inputs of each row.

        With fewer rows than `self.rows`, what the others held before is run again and thrown away.
        """
        for place, row in enumerate(rows):
            for staged, array in zip(self._staged, row, strict=True):
                staged[place] = array[0]
        for value, staged in zip(self._on_device, self._staged, strict=True):
            value.update_inplace(staged)
        self._binding.synchronize_inputs()
        self._session.run_with_iobinding(self._binding)
        self._binding.synchronize_outputs()
        return [[array[place : place + 1].copy() for array in self._results] for place in range(len(rows))]


class BoundRuns:
    """Runs of 1, 2, 4 … rows, each laid out when first needed: cuDNN chooses its algorithms anew for every size."""

    def __init__(
        self,
        session: ort.InferenceSession,
        inputs: Sequence[Tensor],
        outputs: Sequence[Tensor],
        *,
        most: int,
        device: str,
    ) -> None:
        """`most` is a power of two; inputs and outputs have a free first size and no other."""
        self.sizes = tuple(1 << power for power in range(most.bit_length()))
        self._make: Callable[[int], BoundRun] = lambda rows: BoundRun(
            session, inputs, outputs, rows=rows, device=device
        )
        self._runs: dict[int, BoundRun] = {}

    def run(self, rows: Sequence[Sequence[Array]]) -> list[list[Array]]:
        """As `BoundRun.run`, in the smallest size that fits."""
        size = next(size for size in self.sizes if size >= len(rows))
        if size not in self._runs:
            self._runs[size] = self._make(size)
        return self._runs[size].run(rows)


def _rows(tensor: Tensor, rows: int) -> Array:
    return np.zeros([rows, *(int(size) for size in tensor.shape[1:])], tensor.dtype)
