"""What expression networks learn from: faces with people's votes, or many views of them with a teacher's answers."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from agent.core.types import EXPRESSIONS
from agent.training.face_augmentation import augment
from agent.training.faces import FER7, Faces, vote_distribution
from agent.training.progress import Progress

SMOOTHING = 0.04
BALANCE = 0.4
"""Exponent by which rare expressions are drawn more often: 0 as they come, 1 all equally often."""
TEACHER_SHARE = 0.75
"""Of the teachers' answers in the student's targets; people's labels are the rest."""

Answerer = Callable[[NDArray[np.uint8]], tuple[NDArray[np.float32], NDArray[np.float32]]]
"""From (n, 48, 48) grey faces to (n, 8) and (n, 7) probabilities."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Faces, and what the two heads should say of them."""

    grey: NDArray[np.uint8]
    """(n, 48, 48)."""
    ferplus: NDArray[np.float32]
    """(n, 8) shares."""
    counted: NDArray[np.bool_]
    """(n,) whether `ferplus` says anything."""
    fer7: NDArray[np.float32]
    """(n, 7) shares."""


class Lessons(Protocol):
    """Where batches come from."""

    def __len__(self) -> int:
        """Faces of an epoch."""

    def plan(self, rng: np.random.Generator) -> NDArray[np.int64]:
        """The rows of an epoch, in order."""

    def batch(self, rows: NDArray[np.int64], rng: np.random.Generator) -> Batch:
        """Some of the rows, freshly disturbed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledFaces:
    """Faces with votes and labels, disturbed anew at every draw."""

    faces: Faces
    ferplus: NDArray[np.float32]
    counted: NDArray[np.bool_]
    fer7: NDArray[np.float32]
    draw_prob: NDArray[np.float64]
    """(n,) chance of each face at each draw."""

    @classmethod
    def of(cls, faces: Faces) -> "LabelledFaces":
        """Soft targets, and draws that show rare expressions more often than they occur."""
        assert faces.votes is not None and faces.fer7 is not None
        shares, usable = vote_distribution(faces.votes)
        label = np.where(usable, shares.argmax(axis=1), 0)
        counts = np.bincount(label[usable], minlength=len(EXPRESSIONS))
        weight = (counts[label].clip(min=1) / counts.max()) ** -BALANCE
        weight[~usable] = 0.3
        not_a_face = faces.votes.argmax(axis=1) == faces.votes.shape[1] - 1
        weight[not_a_face] = 0
        fer7 = np.eye(len(FER7), dtype=np.float32)[faces.fer7]
        return cls(
            faces=faces,
            ferplus=_smoothed(shares),
            counted=usable,
            fer7=_smoothed(fer7),
            draw_prob=weight / weight.sum(),
        )

    def __len__(self) -> int:
        return len(self.faces)

    def plan(self, rng: np.random.Generator) -> NDArray[np.int64]:
        return rng.choice(len(self), size=len(self), p=self.draw_prob)

    def batch(self, rows: NDArray[np.int64], rng: np.random.Generator) -> Batch:
        return Batch(
            grey=augment(self.faces.pixels[rows], rng),
            ferplus=self.ferplus[rows],
            counted=self.counted[rows],
            fer7=self.fer7[rows],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TaughtViews:
    """Disturbed views of the faces, made once, with what the teachers say of exactly these views (Beyer et al.,
    Knowledge distillation: a good teacher is patient and consistent, 2022)."""

    labelled: LabelledFaces
    grey: NDArray[np.uint8]
    """(views, n, 48, 48)."""
    ferplus: NDArray[np.float16]
    """(views, n, 8) probabilities."""
    fer7: NDArray[np.float16]
    """(views, n, 7) probabilities."""

    def __len__(self) -> int:
        return len(self.labelled)

    def plan(self, rng: np.random.Generator) -> NDArray[np.int64]:
        return self.labelled.plan(rng)

    def batch(self, rows: NDArray[np.int64], rng: np.random.Generator) -> Batch:
        view = rng.integers(0, len(self.grey), size=len(rows))
        grey = np.array(self.grey[view, rows])
        mirrored = rng.random(len(rows)) < 0.5
        grey[mirrored] = grey[mirrored, :, ::-1]
        labelled, counted = self.labelled, self.labelled.counted[rows, None]
        taught, taught7 = self.ferplus[view, rows].astype(np.float32), self.fer7[view, rows].astype(np.float32)
        voted = np.where(counted, labelled.ferplus[rows], taught)
        return Batch(
            grey=grey,
            ferplus=_blend(taught, voted),
            counted=np.ones(len(rows), dtype=np.bool_),
            fer7=_blend(taught7, labelled.fer7[rows]),
        )


def taught_views(
    labelled: LabelledFaces, answer: Answerer, folder: Path, *, views: int, seed: int, progress: Progress
) -> TaughtViews:
    """`views` views of every face with what `answer` says of each, kept in `folder`; those found there are not made
    again."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = []
    for view in range(views):
        file = folder / f"view_{seed}_{view}.npz"
        if not file.exists():
            grey = augment(labelled.faces.pixels, np.random.default_rng([seed, view]))
            ferplus, fer7 = (prob.astype(np.float16) for prob in answer(grey))
            scratch = file.with_suffix(".part.npz")
            np.savez(scratch, grey=grey, ferplus=ferplus, fer7=fer7)
            scratch.replace(file)
        with np.load(file) as stored:
            parts.append((stored["grey"], stored["ferplus"], stored["fer7"]))
        progress("views", (view + 1) / views, f"{view + 1} of {views}")
    grey, ferplus, fer7 = (np.stack(each) for each in zip(*parts, strict=True))
    return TaughtViews(labelled=labelled, grey=grey, ferplus=ferplus, fer7=fer7)


def _blend(taught: NDArray[np.float32], voted: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(TEACHER_SHARE * taught + (1 - TEACHER_SHARE) * voted, dtype=np.float32)


def _smoothed(shares: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(shares * (1 - SMOOTHING) + SMOOTHING / shares.shape[1], dtype=np.float32)
