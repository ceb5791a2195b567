"""The latency benchmark's clock: barcodes tie a sender's RTP time to capture, or the measurement is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.errors import AgentError
from agent.media.barcode import BITS
from benchmarks.subscriber import RTP_WRAP, CaptureTie


def _ties(first_rtp: int, first_us: int, late_us: list[int]) -> list[tuple[int, int]]:
    """Frames 33 ms apart whose barcodes were written `late_us` after capture."""
    return [
        ((first_rtp + number * 3_000) % RTP_WRAP, first_us + round(number * 1e6 / 30) + late)
        for number, late in enumerate(late_us)
    ]


@given(
    st.integers(0, RTP_WRAP - 1),
    st.integers(1, 1 << 45),
    st.lists(st.integers(0, 2_000), min_size=3, max_size=30),
)
def test_capture_is_found_from_rtp_time(first_rtp: int, first_us: int, late_us: list[int]) -> None:
    """Whatever the offsets and wraps of both clocks, a later frame is right up to the earliest writing."""
    turn = 1 << BITS
    ties = [(rtp, us % turn) for rtp, us in _ties(first_rtp, first_us % turn, late_us)]
    if any(us < ties[0][1] for _, us in ties):
        return  # the barcode clock turned within the first second; the benchmark would refuse
    tie = CaptureTie.through(ties)
    later_us = first_us + 10_000_000
    found_ns = tie.captured_ns((first_rtp + 900_000) % RTP_WRAP, (later_us + 20_000) * 1_000)
    assert abs(found_ns / 1_000 - later_us - min(late_us)) <= 50


def test_barcodes_that_do_not_fit_are_refused() -> None:
    """When most barcodes lie far from the earliest, the sender was too busy for this to be a clock."""
    with pytest.raises(AgentError, match="do not fit"):
        CaptureTie.through(_ties(0, 1_000_000, [0, *[9_000] * 9]))
