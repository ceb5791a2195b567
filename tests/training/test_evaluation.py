"""An evaluation gives figures, slices and what was left out; pictures that cannot be read do not end it."""

from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest

from agent.core.errors import DataRejected
from agent.training.evaluation import UNREADABLE, Stopwatch, evaluated, folder_counts, readable_pictures
from agent.training.progress import unheard
from agent.training.scores import Answers, score


def some_answers(count: int = 40) -> Answers:
    rng = np.random.default_rng(1)
    return Answers(prob=rng.dirichlet(np.ones(3), count), label=rng.integers(0, 3, count), names=("a", "b", "c"))


def test_slices_are_the_figures_of_their_items() -> None:
    """A slice has the figures of its items alone; one that is tiny or holds everything is not given."""
    answers = some_answers()
    first = np.arange(40) < 25
    made = evaluated(
        answers, ms_per_item=1.0, slices={"first": first, "few": np.arange(40) < 3, "all of them": np.ones(40, bool)}
    )
    assert set(made.slices) == {"first"}
    alone = score(answers.take(first))
    assert (made.slices["first"].n, made.slices["first"].accuracy) == (25, alone.accuracy)
    assert made.accuracy == score(answers).accuracy and np.sum(made.curves.confusion) == 40


def test_nothing_to_judge() -> None:
    """Without a single answer the reasons are named."""
    with pytest.raises(DataRejected, match="7 torn"):
        evaluated(some_answers(0), ms_per_item=0.0, left_out={"torn": 7})


def test_stopwatch_counts_processor_time() -> None:
    """Work is counted, the median is of single items, and without one it is 0."""
    stopwatch = Stopwatch()
    assert stopwatch.median_ms == 0
    for _ in range(3):
        with stopwatch.item():
            sum(range(200_000))
    assert stopwatch.median_ms > 0


def test_pictures_one_by_one(tmp_path: Path) -> None:
    """Pictures come in RGB with their folder's name, others are not looked at, torn ones are counted."""
    for name in ("ok", "left"):
        (tmp_path / name).mkdir()
    cv2.imwrite(str(tmp_path / "ok" / "red.png"), np.full((5, 4, 3), (0, 0, 255), np.uint8))
    cv2.imwrite(str(tmp_path / "left" / "grey.PNG"), np.full((5, 4), 7, np.uint8))
    (tmp_path / "ok" / "torn.jpg").write_bytes(b"no picture")
    (tmp_path / "ok" / "notes.txt").write_text("not looked at")
    assert folder_counts(tmp_path) == {"ok": 2, "left": 1}
    left_out, heard = Counter[str](), []
    pictures = readable_pictures(
        tmp_path, lambda name: name == "ok", left_out, lambda stage, share, note="": heard.append((stage, share))
    )
    assert [(name, picture[0, 0].tolist()) for name, picture in pictures] == [("ok", [255, 0, 0])]
    assert left_out == {UNREADABLE: 1}
    assert heard[0] == ("pictures", 0.0) and heard[-1] == ("pictures", 1.0)


def test_folder_without_pictures(tmp_path: Path) -> None:
    """Pictures that lie in no class folder, or none at all, are refused in words."""
    cv2.imwrite(str(tmp_path / "loose.png"), np.zeros((5, 4), np.uint8))
    with pytest.raises(DataRejected, match="named after their class"):
        folder_counts(tmp_path)
    assert not list(readable_pictures(tmp_path, lambda name: True, Counter(), unheard))
