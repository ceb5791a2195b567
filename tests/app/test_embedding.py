"""Help pages are embedded once for all starts, and nothing that a customer says is kept."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from agent.app.embedding import KeptEmbedding


class Counting:
    """An embedding that counts the sentences it was asked about."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked += len(texts)
        return np.array([[len(text), text.count("a")] for text in texts], np.float32)


PAGE = ("How long do I have to send something back?", "Thirty days.")


def test_a_page_is_embedded_once(tmp_path: Path) -> None:
    """The second start gives the same numbers without asking the model."""
    first, second = Counting(), Counting()
    made = KeptEmbedding(first, "model", tmp_path)(PAGE)
    again = KeptEmbedding(second, "model", tmp_path)(PAGE)
    np.testing.assert_array_equal(made, again)
    assert (first.asked, second.asked) == (2, 0)


def test_another_model_or_another_page_is_embedded_anew(tmp_path: Path) -> None:
    """What has become stale is never taken."""
    counting = Counting()
    KeptEmbedding(counting, "model", tmp_path)(PAGE)
    KeptEmbedding(counting, "another", tmp_path)(PAGE)
    KeptEmbedding(counting, "model", tmp_path)((PAGE[0], "Sixty days."))
    assert counting.asked == 6


def test_what_a_customer_says_is_not_kept(tmp_path: Path) -> None:
    """One sentence leaves nothing behind."""
    KeptEmbedding(Counting(), "model", tmp_path)(["My name is Dana Brown"])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("spoiled", [b"", b"no array", b"\x93NUMPY\x01\x00"])
def test_a_spoiled_file_is_made_anew(tmp_path: Path, spoiled: bytes) -> None:
    """A disk that was full costs a start some seconds, and no answer."""
    made = KeptEmbedding(Counting(), "model", tmp_path)(PAGE)
    (file,) = tmp_path.iterdir()
    file.write_bytes(spoiled)
    np.testing.assert_array_equal(KeptEmbedding(Counting(), "model", tmp_path)(PAGE), made)
    assert file.read_bytes() != spoiled


def test_a_folder_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    """A cache is no reason not to answer."""
    file = tmp_path / "file"
    file.write_text("")
    assert KeptEmbedding(Counting(), "model", file / "below")(PAGE).shape == (2, 2)
