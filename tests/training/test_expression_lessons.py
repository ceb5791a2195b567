"""What expression networks learn from: votes, and views with a teacher's answers."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from agent.training import expression_lessons
from agent.training.expression_lessons import LabelledFaces, taught_views
from agent.training.faces import Faces
from agent.training.progress import unheard

COUNT = 40


@pytest.fixture
def labelled() -> LabelledFaces:
    """Thirty neutral faces, nine sad ones, and one that voters call no face."""
    rng = np.random.default_rng(3)
    votes = np.zeros((COUNT, 10), dtype=np.int64)
    votes[:30, 0], votes[30:39, 3], votes[39, 9] = 10, 10, 10
    return LabelledFaces.of(
        Faces(
            pixels=rng.integers(0, 256, (COUNT, 48, 48), dtype=np.uint8),
            votes=votes,
            fer7=np.repeat([6, 4, 0], [30, 9, 1]).astype(np.int64),
        )
    )


def test_rare_expressions_are_drawn_more_often(labelled: LabelledFaces) -> None:
    """A sad face is drawn more often than a neutral one, what is no face never."""
    assert labelled.draw_prob[30] > labelled.draw_prob[0]
    assert labelled.draw_prob[39] == 0
    assert 39 not in labelled.plan(np.random.default_rng(1))


def test_targets_are_shares(labelled: LabelledFaces) -> None:
    """Both targets sum to one in every batch."""
    batch = labelled.batch(np.arange(COUNT), np.random.default_rng(1))
    np.testing.assert_allclose(batch.ferplus[batch.counted].sum(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(batch.fer7.sum(axis=1), 1, atol=1e-6)
    assert not batch.counted[39]


def certain_of_disgust(grey: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    ferplus, fer7 = np.zeros((len(grey), 8), np.float32), np.zeros((len(grey), 7), np.float32)
    ferplus[:, 5] = fer7[:, 1] = 1
    return ferplus, fer7


def test_views_carry_the_teachers_answer(labelled: LabelledFaces, tmp_path: Path) -> None:
    """A view's target is the teacher's answer and the people's, in the documented share; pixels are the stored view's
    or its mirror image."""
    views = taught_views(labelled, certain_of_disgust, tmp_path, views=2, seed=1, progress=unheard)
    rows = np.arange(COUNT)
    batch = views.batch(rows, np.random.default_rng(5))
    share = expression_lessons.TEACHER_SHARE
    expected = share + (1 - share) * labelled.ferplus[0, 5]
    np.testing.assert_allclose(batch.ferplus[0, 5], expected, atol=1e-3)
    np.testing.assert_allclose(batch.ferplus[39, 5], 1, atol=1e-3)
    stored = {each.tobytes() for row in rows for view in views.grey[:, row] for each in (view, view[:, ::-1])}
    assert all(each.tobytes() in stored for each in batch.grey)


def test_views_are_made_once(labelled: LabelledFaces, tmp_path: Path) -> None:
    """A run that is resumed asks the teachers only for the views that are missing."""
    asked = []

    def counted(grey: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        asked.append(len(grey))
        return certain_of_disgust(grey)

    first = taught_views(labelled, counted, tmp_path, views=2, seed=1, progress=unheard)
    again = taught_views(labelled, counted, tmp_path, views=3, seed=1, progress=unheard)
    assert asked == [COUNT] * 3
    np.testing.assert_array_equal(first.grey, again.grey[:2])
