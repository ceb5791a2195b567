"""A process keeps neither what calls leave in the allocator nor pauses for what never goes away."""

import gc

from agent.app.memory import give_memory_back, settle_garbage


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


def test_giving_memory_back_is_harmless() -> None:
    """It may be called at any time, and again."""
    give_memory_back()
    give_memory_back()
