"""The wording of a line is counted the same on every machine, in a vector of known width and length."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from agent.perception.wording import LONGEST_LINE, SHARE, WORDING_WIDTH, wording


@given(st.text())
def test_any_line_has_a_wording(text: str) -> None:
    """No text is too strange: finite numbers, at most as long as two parts can be."""
    counted = wording(text)
    assert counted.shape == (WORDING_WIDTH,) and counted.dtype == np.float32
    assert np.isfinite(counted).all() and np.linalg.norm(counted) <= 2 * SHARE + 1e-5


def test_like_wording_is_near() -> None:
    """Case does not count; a slip in a word leaves most of it; other words have nothing to do with it."""
    line = wording("Where is my parcel?")
    np.testing.assert_array_equal(line, wording("WHERE IS MY PARCEL?"))
    assert line @ wording("where is my parsel?") > 0.25 > line @ wording("Cancel both cards now") + 0.1
    assert wording("我的包裹在哪里") @ wording("我的包裹到哪了") > 0.05


def test_places_do_not_depend_on_the_process() -> None:
    """The heads that ship were fitted elsewhere: a feature has its place by a checksum, not by Python's hash."""
    counted = wording("a")
    assert np.flatnonzero(counted).tolist() == [127, 372, 512, 543] and counted[512] == -SHARE
    assert not wording("").any()


def test_the_end_of_a_very_long_line_is_not_counted() -> None:
    """A line of a megabyte takes no longer than one of some paragraphs."""
    start = "return " * (LONGEST_LINE // 7 + 1)
    np.testing.assert_array_equal(wording(start), wording(start + "refund " * 100_000))
