"""How a training run tells whoever started it how far it is, and what it hands back at the end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from agent.training.scores import Answers


class Progress(Protocol):
    """Told about a run while it goes on; any function with these arguments will do."""

    def __call__(self, stage: str, share: float, note: str = "") -> None:
        """`share` of `stage` is done, 0 to 1; `note` is a few words beside it, such as "loss 0.83".

        Stages come one after another and are over at 1. Called from the training thread, so it must be quick.
        """


def unheard(stage: str, share: float, note: str = "") -> None:
    """The `Progress` of a run that nobody watches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataUsed:
    """One file that a run read, and what for."""

    file: Path
    items: int
    use: str
    """Such as "trained on" or "calibrated on"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingReport:
    """What a run did, and its answers to items that it was not trained on, from which every figure is computed.

    A trainable model is a module of `agent.training` with a function

        train(data: Path, work: Path, out: Path, *, minutes: float, seed: int, progress: Progress) -> TrainingReport

    that keeps its checkpoint in the folder `work`, goes on from one that it finds there, and writes ONNX to `out`. A
    run without a checkpoint leaves `work` out, one of a fixed length `minutes`; one of more sets takes their paths as
    further keywords. It raises `DataRejected` for data that it cannot use.
    """

    model: str
    """Its name in the manifest."""
    out: Path
    sha256: str
    """Of `out`, for the manifest."""
    seed: int
    cpu_s: float
    """Processor time of the whole run, resumed parts included."""
    data: tuple[DataUsed, ...]
    held_out: Mapping[str, Answers]
    """By what was held out and how, the most telling first. Empty only when there was nothing to hold out."""
    ms_per_item: float | None = None
    """Median CPU milliseconds of one item through `out`, one thread."""
    notes: Mapping[str, str] = field(default_factory=dict)
    """Further facts of the run, such as a temperature, by their name."""
