"""Two processes see the same slots, and what a call leaves in one is wiped."""

import os

from agent.perception.frame_memory import SLOTS, FrameMemory


def test_both_ends_see_the_same_bytes() -> None:
    """Through the descriptor alone, as another process would."""
    here = FrameMemory()
    there = FrameMemory(os.dup(here.descriptor))
    slot = here.lend()
    assert slot is not None
    here.view(slot, 5)[:] = b"hello"
    assert bytes(there.view(slot, 5)) == b"hello"
    here.give_back(slot)
    assert bytes(there.view(slot, 5)) == bytes(5)
    there.close()
    here.close()


def test_slots_are_lent_once_and_run_out() -> None:
    """No two calls get the same; a slot given back is lent again."""
    memory = FrameMemory()
    lent = [memory.lend() for _ in range(SLOTS)]
    assert len(set(lent)) == SLOTS and memory.lend() is None
    last = lent[-1]
    assert last is not None
    memory.give_back(last)
    assert memory.lend() == last
    memory.close()
    memory.give_back(last)
