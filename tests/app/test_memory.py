"""A process keeps neither what calls leave in the allocator nor pauses for what never goes away."""

import gc
import platform

import psutil
import pytest

from agent.app.memory import give_memory_back, settle_garbage

PIECE_BYTES, PIECES = 60_000, 1_000
"""Smaller than what glibc takes from the system apart, as most of a call's buffers are."""


def test_what_stays_is_not_collected_again() -> None:
    """After settling, the collector has nothing to look through; what comes later, it has."""
    try:
        settle_garbage()
        settled = len(gc.get_objects())
        later = [[number] for number in range(1_000)]
        assert settled < 1_000 <= len(gc.get_objects())
        assert len(later) == 1_000
    finally:
        gc.unfreeze()


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other allocators are left alone")
def test_what_a_call_leaves_in_pieces_goes_back_to_the_system() -> None:
    """Memory that was freed below something still in use stays with the process until it is given back; what is in use
    is untouched, and giving back what is no longer there is no error."""
    pieces = [bytearray(PIECE_BYTES) for _ in range(PIECES)]
    kept = pieces[:: PIECES // 4] + pieces[-1:]
    kept[-1][:] = b"\x07" * PIECE_BYTES
    pieces.clear()
    held = _resident_bytes()
    give_memory_back()
    given = held - _resident_bytes()
    assert given > PIECES * PIECE_BYTES / 2
    assert kept[-1] == b"\x07" * PIECE_BYTES
    give_memory_back()


def _resident_bytes() -> int:
    return psutil.Process().memory_info().rss
