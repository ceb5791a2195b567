"""One session on a GPU for all threads, in batches where the model can; after an error there, on the processor."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.capi.onnxruntime_pybind11_state import InvalidArgument

from agent.inference.batches import Batcher
from agent.inference.binding import BoundRuns
from agent.inference.registry import ModelEntry

logger = logging.getLogger(__name__)

Array = NDArray[Any]

MOST_ROWS = 8
"""In a batch. Each doubling is one more size to lay out and warm up; not measured on a GPU."""


class Session(Protocol):
    """What a model runs on: an ONNX Runtime session, or one that is shared."""

    def run(self, output_names: Sequence[str], feeds: Mapping[str, Array]) -> list[Array]: ...


class SharedSession:
    """Any threads may run it. Memory on a GPU is dear and one queue feeds it, so that threads share what is there."""

    def __init__(
        self,
        entry: ModelEntry,
        session: ort.InferenceSession,
        reopen: Callable[[], Session],
        *,
        on_moved: Callable[[], None],
        memory: str,
    ) -> None:
        """`reopen` opens the model on the processor, once, when the device fails; `on_moved` is called then.

        `memory` is ONNX Runtime's name of where inputs of batches are laid out.
        """
        self.most_rows = MOST_ROWS if entry.gpu == "batches" else 1
        self._name = entry.name
        self._session = session
        self._reopen = reopen
        self._on_moved = on_moved
        self._lock = threading.Lock()
        self._instead: Session | None = None
        self._input_names = [tensor.name for tensor in entry.inputs]
        self._sizes = [(tensor.shape[1:], tensor.dtype) for tensor in entry.inputs]
        self._bound = BoundRuns(session, entry.inputs, entry.outputs, most=MOST_ROWS, device=memory)
        self._batcher = Batcher(self._bound.run, most=MOST_ROWS)

    def warm_up(self, row: Sequence[Array], runs: int) -> None:
        """Runs every size of batch, so that no customer waits for its memory and algorithms; before it is shared.

        Raises whatever a GPU raises that cannot run the model.
        """
        if self.most_rows == 1:
            self._session.run(None, dict(zip(self._input_names, row, strict=True)))
            return
        for size in self._bound.sizes * runs:
            self._bound.run([row] * size)

    def run(self, output_names: Sequence[str], feeds: Mapping[str, Array]) -> list[Array]:
        """As a session's own `run`, of all outputs. Raises as it does for arrays that do not fit.

        Any other error means the device: out of memory, lost, or hanging. The model moves to the processor then, for
        good, and this run and those that wait are done there.
        """
        if self._instead is None:
            try:
                row = [feeds[name] for name in self._input_names]
                if self.most_rows > 1 and self._fits(row):
                    return self._batcher.run(row)
                return list(self._session.run(output_names, feeds))
            except (InvalidArgument, KeyError):
                raise
            except Exception as error:
                self._move(error)
        assert self._instead is not None
        return self._instead.run(output_names, feeds)

    def _fits(self, row: Sequence[Array]) -> bool:
        """Whether it may be joined with others; what may not runs alone, or is refused if it is wrong."""
        return all(
            array.dtype == dtype and array.shape == (1, *sizes)
            for array, (sizes, dtype) in zip(row, self._sizes, strict=True)
        )

    def _move(self, error: Exception) -> None:
        with self._lock:
            if self._instead is None:
                self._instead = self._reopen()
                logger.error("model %s fails on the GPU and runs on the processor now: %s", self._name, error)
                self._on_moved()
