"""Memory for pictures that two processes share, a slot a call, wiped when the call ends."""

import mmap
import os
import tempfile

SLOT_BYTES = 16 << 20
"""Enough for 4K in YUV 4:2:0; only what is written to takes memory."""
SLOTS = 128


class FrameMemory:
    """Slots that are lent and given back in one of the two processes, and seen by both.

    It has no name: on Linux it is memory alone, elsewhere an unlinked temporary file, and gone with the last process
    that has it open.
    """

    def __init__(self, descriptor: int | None = None) -> None:
        """`descriptor` is that of the other process; without it, memory is made."""
        self.descriptor = _made() if descriptor is None else descriptor
        self._memory: mmap.mmap | None = mmap.mmap(self.descriptor, SLOTS * SLOT_BYTES)
        self._free = list(range(SLOTS))

    def lend(self) -> int | None:
        """A slot that nobody uses, or None where none is left."""
        return self._free.pop() if self._free else None

    def give_back(self, slot: int) -> None:
        """Wipes the slot, and lets the system have its memory where it can. Does nothing once all is closed."""
        if self._memory is None:
            return
        if hasattr(mmap, "MADV_REMOVE"):
            self._memory.madvise(mmap.MADV_REMOVE, slot * SLOT_BYTES, SLOT_BYTES)
        else:
            self._memory[slot * SLOT_BYTES : (slot + 1) * SLOT_BYTES] = bytes(SLOT_BYTES)
        self._free.append(slot)

    def view(self, slot: int, size_bytes: int) -> memoryview:
        """The first bytes of a slot, writable."""
        assert self._memory is not None
        return memoryview(self._memory)[slot * SLOT_BYTES : slot * SLOT_BYTES + size_bytes]

    def close(self) -> None:
        if self._memory is not None:
            self._memory.close()
            os.close(self.descriptor)
            self._memory = None


def _made() -> int:
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("camera frames")
    else:
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    os.ftruncate(descriptor, SLOTS * SLOT_BYTES)
    return descriptor
