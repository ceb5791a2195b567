"""Keeps the process from growing with the calls that have come and gone."""

import ctypes
import gc


def settle_garbage() -> None:
    """Takes what is there now, which stays, out of garbage collection.

    A full collection of some 160,000 objects held the interpreter, and so every call, for 110 ms; of what calls make it
    takes next to nothing, and comes so often that calls that have ended do not linger.
    """
    gc.collect()
    gc.freeze()


def give_memory_back() -> None:
    """Lets the allocator hand what it holds free to the system; takes some 3 ms, without the interpreter's lock.

    Buffers of every size come and go with a call in a dozen threads, and glibc keeps what it gets back in pieces: with
    each call 0.35 MB more that nothing was using. Other allocators are left alone.
    """
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError, TypeError):
        return
    trim(0)
