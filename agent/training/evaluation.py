"""What `agent evaluate` says of a model, and how its data is read and timed whatever the model."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from agent.core.clock import NS_PER_MS
from agent.core.errors import DataRejected
from agent.training.pictures import SUFFIXES, Picture, read_picture
from agent.training.progress import Progress
from agent.training.scores import Answers, Curves, Scores, curves, score

UNREADABLE = "pictures that cannot be read"
FEWEST_IN_SLICE = 10
"""Smaller slices say nothing and are not given."""


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of some of the items, as `Scores` describes them."""

    n: int
    accuracy: float
    accuracy_95: tuple[float, float]
    macro_f1: float
    ece: float
    coverage: float
    coverage_accuracy: float | None


class Evaluation(Scores, frozen=True, kw_only=True):
    """What `agent evaluate` prints of a classifier, as one JSON object."""

    ms_per_item: float
    """Median CPU time of one item on one thread after warming up: of the model on a face, from landmarks, picture or
    line to the answer otherwise."""
    slices: dict[str, Slice] = {}
    """Parts of the items by what they have in common."""
    left_out: dict[str, int] = {}
    """How many items were not judged, by the reason."""
    remarks: list[str] = []
    """What else a reader of the figures should know."""
    ferplus: Scores | None = None
    """Expressions: the figures by FER+'s labels, where the data has them. The top level holds the same ones then."""
    fer7: Scores | None = None
    """Expressions: the figures of the second head by FER2013's labels, where the data has them."""
    oos_auroc: float | None = None
    """Intents: how well lines that belong to none are told apart; None without such lines."""
    curves: Curves


def evaluated(
    answers: Answers,
    *,
    ms_per_item: float,
    slices: Mapping[str, NDArray[np.bool_]] | None = None,
    left_out: Mapping[str, int] | None = None,
) -> Evaluation:
    """The evaluation of answers; `slices` are (n,) rows by name. Raises `DataRejected` when there are no answers."""
    if not len(answers):
        reasons = ", ".join(f"{count} {reason}" for reason, count in (left_out or {}).items())
        raise DataRejected(f"the data holds no item that can be judged ({reasons or 'it is empty'})")
    parts = {name: answers.take(rows) for name, rows in (slices or {}).items() if rows.sum() >= FEWEST_IN_SLICE}
    return Evaluation(
        **msgspec.structs.asdict(score(answers)),
        ms_per_item=ms_per_item,
        slices={name: _slice(score(part)) for name, part in parts.items() if len(part) < len(answers)},
        left_out=dict(left_out or {}),
        curves=curves(answers),
    )


class Stopwatch:
    """CPU time of single items on the thread that measures."""

    def __init__(self) -> None:
        self._took_ns: list[int] = []

    @contextmanager
    def item(self) -> Iterator[None]:
        """Counts what the block takes as one item's time."""
        began_ns = time.thread_time_ns()
        yield
        self._took_ns.append(time.thread_time_ns() - began_ns)

    @property
    def median_ms(self) -> float:
        """0 when nothing was measured."""
        return float(np.median(self._took_ns)) / NS_PER_MS if self._took_ns else 0.0


def folder_counts(root: Path) -> Counter[str]:
    """Number of pictures in each folder of `root`. Raises `DataRejected` when there are none at all."""
    counts = Counter(file.parent.name for file in _picture_files(root))
    if not counts:
        raise DataRejected(
            f"{root} holds no pictures ({', '.join(sorted(SUFFIXES))}) in folders that are named after their class"
        )
    return counts


def readable_pictures(
    root: Path, wanted: Callable[[str], bool], left_out: Counter[str], progress: Progress
) -> Iterator[tuple[str, Picture]]:
    """Folder name and picture of each file in the folders of `root` that are `wanted`; one picture at a time is in
    memory, and those that cannot be read are counted in `left_out`."""
    files = [file for file in _picture_files(root) if wanted(file.parent.name)]
    for done, file in enumerate(files):
        progress("pictures", done / len(files), f"{done} of {len(files)}")
        try:
            picture = read_picture(file)
        except DataRejected:
            left_out[UNREADABLE] += 1
            continue
        yield file.parent.name, picture
    progress("pictures", 1.0)


def _picture_files(root: Path) -> list[Path]:
    return [file for file in sorted(root.glob("*/*")) if file.suffix.lower() in SUFFIXES]


def _slice(scores: Scores) -> Slice:
    return Slice(**{name: getattr(scores, name) for name in Slice.__struct_fields__})
